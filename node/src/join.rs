//! Joining a cluster: what a new node asks, what a member does for it.
//!
//! ```text
//!  new node ── knock: addresses, locality, version ──▶ any member ── commits its row of the address book
//!                                                          │ waits until every journal has the new node as a member:
//!                                                          ▼ from here on nobody trims what it needs
//!  new node ◀── cluster, its number, shards, address book ─┘
//!  new node ── opens a stream to the member ──▶ a copy of the member's storage, as of later than all that
//!  new node ── opens its journals behind what the copy has; their leaders send the rest
//! ```
//!
//! Its number is the one of its certificate; without TLS the member gives it the next free one. A node that stops half-way
//! asks again under the number it was given and begins the copy anew.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use journal::Node as Journals;
use protocol::adjudication::Commit;
use protocol::key::ShardMap;
use protocol::storage::ReadStorage;
use protocol::transaction::{CommitRequest, Outcome};
use protocol::{JournalId, TransactionId};
use runtime::Clock;
use serde::{Deserialize, Serialize};
use storage::copy::copy_in;
use storage::{DiskEngine, DiskOptions, KvEngine, Storage};
use transport::{
    Caller, Class, Network, Route, Security, Service, Stream, Transport, TransportConfig, knock,
};
use uuid::Uuid;

use crate::book::{self, Book, Locality, NODES_MAX, NodeRecord};
use crate::data_directory::{DataDirectory, FORMAT};
use crate::exit::{Code, Exit, from_io};

/// The number of the service that gives copies.
pub const COPY_SERVICE: u16 = 4;
const WIRE_VERSION: u8 = 1;
/// A member needs a moment for its part.
const KNOCK_TIMEOUT: Duration = Duration::from_secs(30);
const MEMBERSHIP_LIMIT: Duration = Duration::from_secs(25);
const POLL: Duration = Duration::from_millis(20);
/// Between two rounds through the addresses.
const RETRY: Duration = Duration::from_millis(300);
const CHUNK_BYTES: usize = 256 << 10;
const CONFLICTS_MAX: usize = 50;

/// What a new node says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    pub format: u32,
    pub version: String,
    pub secure: bool,
    /// The number that it was given before, or that its certificate has.
    pub node: Option<u32>,
    pub node_addr: String,
    pub sql_addr: String,
    pub http_addr: String,
    pub locality: Locality,
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub cluster_id: Uuid,
    pub node: u32,
    pub adjudicators: u32,
    pub nodes: Vec<NodeRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Reply {
    Welcome(Welcome),
    /// Ask again.
    NotYet(String),
    /// Asking again will not help.
    Never(String),
}

fn encode(message: &impl Serialize) -> Bytes {
    postcard::to_extend(message, vec![WIRE_VERSION]).expect("plain data").into()
}

fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match bytes.split_first() {
        Some((&WIRE_VERSION, rest)) => {
            postcard::from_bytes(rest).map_err(|error| error.to_string())
        }
        _ => Err("of another version".to_owned()),
    }
}

/// What a member needs to take others in.
pub struct Member {
    pub cluster_id: Uuid,
    pub secure: bool,
    pub shards: ShardMap,
    pub storage: Arc<Storage>,
    pub journals: Arc<Journals>,
    pub book: Arc<Book>,
    pub clock: Arc<dyn Clock>,
    /// Set when this node can commit.
    pub commits: OnceLock<Arc<dyn Commit>>,
}

impl Member {
    async fn admit(&self, caller: Caller, application: Application) -> Reply {
        if application.format != FORMAT {
            return Reply::Never(format!(
                "this cluster's data has format {FORMAT}, version {} of the program writes {}",
                application.version, application.format
            ));
        }
        if application.secure != self.secure {
            let wanted = if self.secure { "without" } else { "with" };
            return Reply::Never(format!("this cluster's nodes are started {wanted} --insecure"));
        }
        let Some(commits) = self.commits.get() else {
            return Reply::NotYet("the node is starting".to_owned());
        };
        let wanted = match self.secure {
            true => u32::try_from(caller.node).ok(),
            false => application.node,
        };
        let record = match self.enter(commits.as_ref(), wanted, application).await {
            Ok(record) => record,
            Err(reply) => return reply,
        };
        if tokio::time::timeout(MEMBERSHIP_LIMIT, self.has_journals(record.node)).await.is_err() {
            return Reply::NotYet("a journal has no leader now".to_owned());
        }
        Reply::Welcome(Welcome {
            cluster_id: self.cluster_id,
            node: record.node,
            adjudicators: self.shards.shard_count(),
            nodes: self.book.nodes(),
        })
    }

    /// Writes the node's row and waits until it is in this node's book.
    async fn enter(
        &self,
        commits: &dyn Commit,
        wanted: Option<u32>,
        application: Application,
    ) -> Result<NodeRecord, Reply> {
        let mut record = NodeRecord {
            node: 0,
            node_addr: application.node_addr,
            sql_addr: application.sql_addr,
            http_addr: application.http_addr,
            locality: application.locality,
            version: application.version,
        };
        for _ in 0..CONFLICTS_MAX {
            let tau_start = self.storage.watermark();
            let nodes = book::read(self.storage.as_ref(), tau_start)
                .map_err(|error| Reply::NotYet(error.to_string()))?;
            let next = nodes.iter().map(|known| known.node).max().unwrap_or(0) + 1;
            record.node = wanted.unwrap_or(next);
            let is_known = nodes.iter().any(|known| known.node == record.node);
            if record.node == self.book.own() {
                return Err(Reply::Never(format!("node {} is here", record.node)));
            }
            if nodes.len() >= NODES_MAX && !is_known {
                return Err(Reply::Never(format!("a cluster has at most {NODES_MAX} nodes")));
            }
            match commit_record(commits, self.storage.as_ref(), tau_start, &record).await {
                Ok(()) => return Ok(record),
                Err(Some(reason)) => return Err(Reply::NotYet(reason)),
                Err(None) => {}
            }
        }
        Err(Reply::NotYet("too many nodes join at once".to_owned()))
    }

    async fn has_journals(&self, node: u32) {
        let node = u64::from(node);
        for shard in self.shards.shards() {
            let is_member = || {
                let status = self.journals.status(JournalId(shard.0));
                status.is_ok_and(|status| status.members.iter().any(|member| member.node == node))
            };
            while !is_member() {
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

/// Commits a node's row, visibly here. `Err(None)`: it lost a conflict.
pub async fn commit_record(
    commits: &dyn Commit,
    storage: &dyn ReadStorage,
    tau_start: protocol::Timestamp,
    record: &NodeRecord,
) -> Result<(), Option<String>> {
    let request = CommitRequest {
        id: TransactionId(Uuid::now_v7()),
        tau_start,
        writes: vec![record.write()],
        additions: Vec::new(),
        checks: Vec::new(),
        ranges: Vec::new(),
        schema: Vec::new(),
    };
    match commits.commit(request).await {
        Outcome::Committed { tau_commit } => {
            let visible = storage.wait_for(tau_commit).await;
            visible.map_err(|error| Some(error.to_string()))
        }
        Outcome::Refused(_) => Err(None),
        Outcome::Unknown { reason } => Err(Some(reason)),
    }
}

/// Hears strangers.
pub struct Door(pub Arc<Member>);

impl Service for Door {
    fn request(
        &self,
        caller: Caller,
        body: Bytes,
    ) -> futures::future::BoxFuture<'static, Result<Bytes, String>> {
        let member = self.0.clone();
        Box::pin(async move {
            let application = decode::<Application>(&body)
                .map_err(|problem| format!("the application to join is unreadable: {problem}"))?;
            Ok(encode(&member.admit(caller, application).await))
        })
    }
}

/// Gives copies of storage.
pub struct Copies(pub Arc<Member>);

impl Service for Copies {
    fn stream(
        &self,
        caller: Caller,
        _body: Bytes,
        stream: Stream,
    ) -> futures::future::BoxFuture<'static, ()> {
        let member = self.0.clone();
        Box::pin(async move {
            if let Err(reason) = give_copy(&member, stream).await {
                tracing::warn!(node = caller.node, reason, "a copy of storage was not completed");
            }
        })
    }
}

async fn give_copy(member: &Member, mut stream: Stream) -> Result<(), String> {
    // Everything that was in a journal before the new node became its member is delivered here by then.
    let now = member.clock.now().latest;
    member.storage.wait_for(now).await.map_err(|error| error.to_string())?;
    let (sender, mut chunks) = tokio::sync::mpsc::channel::<Result<Vec<u8>, String>>(2);
    let storage = member.storage.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let mut copy = storage.copy_out();
        loop {
            let chunk = copy.next_chunk(CHUNK_BYTES).map_err(|error| error.to_string());
            let is_last = !matches!(chunk, Ok(Some(_)));
            if let Some(chunk) = chunk.transpose()
                && sender.blocking_send(chunk).is_err()
            {
                return;
            }
            if is_last {
                return;
            }
        }
    });
    while let Some(chunk) = chunks.recv().await {
        stream.sender.send(chunk?.into()).await.map_err(|ended| ended.reason)?;
    }
    reading.await.map_err(|error| error.to_string())?;
    stream.sender.finish();
    // The receiver says when it has everything; until then the stream must not be dropped.
    let _ = stream.receiver.next().await;
    Ok(())
}

/// Asks the addresses in turn until one lets this node in. `founded` is asked between rounds: an operator may make this
/// node found the cluster instead.
pub async fn ask(
    addresses: &[String],
    application: &Application,
    security: &Security,
    mut founded: impl FnMut() -> bool,
) -> Result<Option<(u64, Welcome)>, Exit> {
    let number = u64::from(application.node.unwrap_or(0));
    let config = TransportConfig::new([0; 16], number, security.clone());
    let body = encode(application);
    let mut told = String::new();
    loop {
        for address in addresses {
            let reason = match knock(&config, address, body.clone(), KNOCK_TIMEOUT).await {
                Ok((member, answer)) => match decode::<Reply>(&answer) {
                    Ok(Reply::Welcome(welcome)) => return Ok(Some((member, welcome))),
                    Ok(Reply::NotYet(reason)) => reason,
                    Ok(Reply::Never(reason)) => {
                        let message = format!("{address} does not let this node join: {reason}");
                        return Err(Exit::new(Code::DataDirectory, message));
                    }
                    Err(problem) => format!("the answer is unreadable: {problem}"),
                },
                Err(reason) => reason,
            };
            if told != reason {
                tracing::warn!(address, reason, "not joined yet; trying on");
                told = reason;
            }
        }
        if founded() {
            return Ok(None);
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Removes what an earlier attempt to join may have left.
pub fn begin_anew(directory: &DataDirectory) -> Result<(), Exit> {
    for name in ["storage", "journal"] {
        let folder = directory.file(name);
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(from_io(&folder, "remove", &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Fills an empty storage folder with a copy of a member's.
pub async fn take_copy(
    network: &Network,
    member: u64,
    folder: &std::path::Path,
    disk: &DiskOptions,
) -> Result<(), Exit> {
    let failed = |reason: String| {
        Exit::failure(format!("the copy of node {member}'s storage broke off: {reason}"))
    };
    let route = Route { node: member, class: Class::Bulk, service: COPY_SERVICE };
    let opened = network.open(route, Bytes::new(), KNOCK_TIMEOUT).await;
    let mut stream = opened.map_err(|error| failed(error.to_string()))?;
    let (folder, disk) = (folder.to_owned(), disk.clone());
    let opening = tokio::task::spawn_blocking(move || DiskEngine::open(&folder, &disk));
    let engine = opening.await.map_err(|error| failed(error.to_string()))?;
    let engine = Arc::new(engine.map_err(|error| failed(error.to_string()))?);
    while let Some(chunk) = stream.receiver.next().await.map_err(|ended| failed(ended.reason))? {
        let engine = engine.clone();
        let taking = tokio::task::spawn_blocking(move || copy_in(engine.as_ref(), &chunk));
        let taken = taking.await.map_err(|error| failed(error.to_string()))?;
        taken.map_err(|error| failed(error.to_string()))?;
    }
    stream.sender.finish();
    let persisting = tokio::task::spawn_blocking(move || engine.persist());
    let persisted = persisting.await.map_err(|error| failed(error.to_string()))?;
    persisted.map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_another_version_are_refused() {
        let reply = Reply::NotYet("later".to_owned());
        let bytes = encode(&reply);
        assert_eq!(decode::<Reply>(&bytes), Ok(reply));
        assert!(decode::<Reply>(&bytes[..1]).is_err());
        assert!(decode::<Reply>(&[9, 1]).is_err());
        assert!(decode::<Reply>(&[]).is_err());
    }
}
