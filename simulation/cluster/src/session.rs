//! Clients' sessions on a node: a snapshot, reads, and a commit, over a connection of the simulated network.
//!
//! The rules are those of the query processor: a transaction waits at its beginning until storage here has passed the
//! clock's latest and the last commit in its snapshot is certainly past, and a commit is told once it is visible here.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocol::Timestamp;
use protocol::storage::{Direction, HoldGuard, ReadStorage, ScanRequest};
use protocol::transaction::{CommitRequest, Outcome};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::clock::START;
use crate::net::{Net, Port, Socket};
use crate::node::Node;
use crate::plan::Mutant;

/// As the query processor has it.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(10);
/// Rows that are asked of storage at once.
const PAGE_ROWS: usize = 8;
const MESSAGE_BYTES_MAX: u32 = 16 << 20;

/// From client to node.
#[derive(Serialize, Deserialize, Debug)]
pub enum Ask {
    /// A snapshot of now, or of so many nanoseconds ago.
    Begin { ago: u64 },
    /// All rows between two keys, both included, as of the snapshot.
    Scan { first: Bytes, last: Bytes },
    /// As of the snapshot, whatever the request says.
    Commit(CommitRequest),
}

/// From node to client.
#[derive(Serialize, Deserialize, Debug)]
pub enum Answer {
    /// With the last commit of the snapshot, or something later.
    Began {
        tau: Timestamp,
        last: Timestamp,
    },
    Rows(Vec<(Bytes, Bytes)>),
    Ended(Outcome),
    /// Nothing was done.
    Refused(String),
}

/// Writes one message.
pub async fn send(socket: &mut Socket, message: &impl Serialize) -> io::Result<()> {
    let body = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend_from_slice(&body);
    socket.write_all(&bytes).await
}

/// Reads one message.
pub async fn receive<T: DeserializeOwned>(socket: &mut Socket) -> io::Result<T> {
    let length = socket.read_u32_le().await?;
    if length > MESSAGE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length as usize];
    socket.read_exact(&mut body).await?;
    postcard::from_bytes(&body).map_err(io::Error::other)
}

/// Serves clients until the process ends.
pub async fn listen(node: Arc<Node>, net: Net) {
    node.become_ready().await;
    node.trace.line(format_args!("node {} serves", node.number));
    while let Ok(socket) = net.accept(node.number, Port::Clients).await {
        tokio::spawn(serve(node.clone(), socket));
    }
}

async fn serve(node: Arc<Node>, mut socket: Socket) {
    let mut snapshot = None;
    while let Ok(ask) = receive(&mut socket).await {
        let answer = answer(&node, &mut snapshot, ask).await;
        if send(&mut socket, &answer).await.is_err() {
            return;
        }
    }
}

/// What an open transaction holds.
struct Snapshot {
    tau: Timestamp,
    _hold: HoldGuard,
}

async fn answer(node: &Node, snapshot: &mut Option<Snapshot>, ask: Ask) -> Answer {
    let answered = match ask {
        Ask::Begin { ago } => begin(node, snapshot, ago).await,
        Ask::Scan { first, last } => scan(node, snapshot, &first, &last),
        Ask::Commit(request) => match snapshot.take() {
            Some(snapshot) => {
                Ok(commit(node, CommitRequest { tau_start: snapshot.tau, ..request }).await)
            }
            None => Err("there is no transaction".to_owned()),
        },
    };
    answered.unwrap_or_else(Answer::Refused)
}

async fn begin(node: &Node, open: &mut Option<Snapshot>, ago: u64) -> Result<Answer, String> {
    let storage = &node.storage;
    let least = node.clock.now().latest;
    if storage.watermark() < least && !node.plan.is(Mutant::LocalSnapshot) {
        match tokio::time::timeout(SNAPSHOT_PATIENCE, storage.wait_for(least)).await {
            Ok(reached) => reached.map_err(|error| error.to_string())?,
            Err(_) => return Err("no fresh snapshot in time".to_owned()),
        }
    }
    let watermark = storage.watermark();
    let tau = match ago {
        0 => watermark,
        ago => Timestamp(watermark.minus_nanos(ago).0.max(START)),
    };
    *open = Some(Snapshot { tau, _hold: storage.hold(tau) });
    let last = tau.min(storage.changed_at());
    let earliest = node.clock.now().earliest;
    if earliest <= last {
        tokio::time::sleep(Duration::from_nanos(last.next().nanos_since(earliest))).await;
    }
    Ok(Answer::Began { tau, last })
}

fn scan(
    node: &Node,
    open: &Option<Snapshot>,
    first: &Bytes,
    last: &Bytes,
) -> Result<Answer, String> {
    let tau = open.as_ref().ok_or("there is no transaction")?.tau;
    // The next key after the last.
    let mut end = last.to_vec();
    end.push(0);
    let request = ScanRequest {
        start: first.clone(),
        end: end.into(),
        tau,
        direction: Direction::Ascending,
        filter: None,
        limit: None,
    };
    let mut cursor = node.storage.scan(request).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    while cursor.next_batch(&mut rows, PAGE_ROWS).map_err(|error| error.to_string())? {
        if node.plan.is(Mutant::SkipAtPage) && rows.len() >= PAGE_ROWS {
            // Broken on purpose: where a page ends, a row is lost.
            rows.pop();
        }
    }
    Ok(Answer::Rows(rows.into_iter().map(|row| (row.key, row.value)).collect()))
}

async fn commit(node: &Node, request: CommitRequest) -> Answer {
    let outcome = node.commit(request).await;
    if let Outcome::Committed { tau_commit } = outcome
        && let Err(error) = node.storage.wait_for(tau_commit).await
    {
        return Answer::Ended(Outcome::Unknown { reason: error.to_string() });
    }
    Answer::Ended(outcome)
}
