//! The address book: which nodes the cluster has, where they are, where they stand.
//!
//! It is rows of a system table, one a node, changed by transactions like any other and so delivered to every node in the
//! same order. A node follows it as a subscriber of the crossbar and tells its transport the addresses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::RwLock;
use protocol::Timestamp;
use protocol::delivery::{ApplyError, Delivery, DeliverySink};
use protocol::key::{NODE_TABLE, PREFIX_BYTES, PRIMARY_INDEX, prefix, prefix_end};
use protocol::storage::{Direction, ReadError, ReadStorage, ScanRequest};
use protocol::transaction::{ConflictClass, Write};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use transport::{Caller, Class, Network, Route, Service, Transport};

const RECORD_VERSION: u8 = 1;
/// Nodes of one cluster.
pub const NODES_MAX: usize = 64;

/// Where a node stands, as `--locality region=..,zone=..` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Locality {
    pub region: String,
    pub zone: String,
}

impl std::fmt::Display for Locality {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "region={},zone={}", self.region, self.zone)
    }
}

impl std::str::FromStr for Locality {
    type Err = String;

    fn from_str(text: &str) -> Result<Locality, String> {
        let mut locality = Locality::default();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let field = match pair.split_once('=') {
                Some(("region", value)) if !value.is_empty() => (&mut locality.region, value),
                Some(("zone", value)) if !value.is_empty() => (&mut locality.zone, value),
                _ => return Err(format!("\"{pair}\": expected region=NAME,zone=NAME")),
            };
            *field.0 = field.1.to_owned();
        }
        Ok(locality)
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub node: u32,
    pub node_addr: String,
    pub sql_addr: String,
    pub http_addr: String,
    pub locality: Locality,
    pub version: String,
}

impl NodeRecord {
    pub fn key(node: u32) -> Bytes {
        let mut key = prefix(NODE_TABLE, PRIMARY_INDEX).to_vec();
        key.extend_from_slice(&node.to_be_bytes());
        key.into()
    }

    /// The row as a transaction writes it.
    pub fn write(&self) -> Write {
        let value = postcard::to_extend(self, vec![RECORD_VERSION]).expect("plain data");
        let class = Some(ConflictClass::Exclusive);
        Write { key: NodeRecord::key(self.node), value: Some(value.into()), class }
    }

    fn decode(value: &[u8]) -> Option<NodeRecord> {
        match value.split_first() {
            Some((&RECORD_VERSION, rest)) => postcard::from_bytes(rest).ok(),
            _ => None,
        }
    }
}

/// All nodes as of a timestamp that storage has reached.
pub fn read(storage: &dyn ReadStorage, tau: Timestamp) -> Result<Vec<NodeRecord>, ReadError> {
    let start = prefix(NODE_TABLE, PRIMARY_INDEX).to_vec();
    let end = prefix_end(&start).expect("not the last table");
    let request = ScanRequest {
        start: start.into(),
        end: end.into(),
        tau,
        direction: Direction::Ascending,
        filter: None,
        limit: None,
    };
    let mut cursor = storage.scan(request)?;
    let mut rows = Vec::new();
    while cursor.next_batch(&mut rows, NODES_MAX)? {}
    let unknown = || ReadError::Corrupt("a node's record is of another version".to_owned());
    rows.iter().map(|row| NodeRecord::decode(&row.value).ok_or_else(unknown)).collect()
}

/// The nodes as this one knows them now.
pub struct Book {
    own: u32,
    network: Network,
    nodes: RwLock<BTreeMap<u32, NodeRecord>>,
    several: AtomicBool,
    changed: watch::Sender<u64>,
}

impl Book {
    pub fn new(own: u32, network: Network, known: Vec<NodeRecord>) -> Arc<Book> {
        let book = Book {
            own,
            network,
            nodes: RwLock::default(),
            several: AtomicBool::new(false),
            changed: watch::Sender::new(0),
        };
        known.into_iter().for_each(|record| book.put(record));
        Arc::new(book)
    }

    fn put(&self, record: NodeRecord) {
        if record.node != self.own {
            self.network.set_address(u64::from(record.node), record.node_addr.clone());
            self.several.store(true, Ordering::SeqCst);
        }
        self.nodes.write().insert(record.node, record);
        self.changed.send_modify(|version| *version += 1);
    }

    /// Whether there is, or ever was, another node than this one.
    pub fn several(&self) -> bool {
        self.several.load(Ordering::SeqCst)
    }

    pub fn own(&self) -> u32 {
        self.own
    }

    pub fn nodes(&self) -> Vec<NodeRecord> {
        self.nodes.read().values().cloned().collect()
    }

    pub fn get(&self, node: u32) -> Option<NodeRecord> {
        self.nodes.read().get(&node).cloned()
    }

    /// Why a node cannot be reached; `None` if it can, or nobody has tried.
    pub fn problem(&self, node: u32) -> Option<String> {
        let node = u64::from(node);
        let classes = [Class::Control, Class::Journal];
        classes.into_iter().find_map(|class| self.network.problem(node, class))
    }

    /// All numbers but this node's own.
    pub fn others(&self) -> Vec<u64> {
        let nodes = self.nodes.read();
        nodes.keys().filter(|node| **node != self.own).map(|node| u64::from(*node)).collect()
    }

    /// Grows with every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

/// The number of the service that hears where nodes are.
pub const ADDRESS_SERVICE: u16 = 5;
/// Between two times that a starting node tells where it is.
const TELL_AGAIN: Duration = Duration::from_millis(300);

/// A node that starts at another address than before tells the others directly: until they reach it, it does not get the
/// journals, and without them it cannot change its row.
pub async fn tell_address(book: Arc<Book>, address: String, is_told: impl Fn() -> bool) {
    let body = Bytes::from(address);
    while !is_told() {
        for node in book.others() {
            let route = Route { node, class: Class::Control, service: ADDRESS_SERVICE };
            // Whoever cannot be reached now is told in the next round.
            let _ = book.network.notify(route, body.clone());
        }
        tokio::time::sleep(TELL_AGAIN).await;
    }
}

/// Hears where nodes are.
pub struct Addresses(pub Arc<Book>);

impl Service for Addresses {
    fn notice(&self, caller: Caller, body: Bytes) {
        let Ok(address) = std::str::from_utf8(&body) else { return };
        if self.0.nodes.read().contains_key(&u32::try_from(caller.node).unwrap_or(0)) {
            self.0.network.set_address(caller.node, address);
        }
    }
}

impl DeliverySink for Book {
    fn apply(&self, delivery: &Delivery) -> Result<(), ApplyError> {
        let table = prefix(NODE_TABLE, PRIMARY_INDEX);
        let writes = delivery.transactions.iter().flat_map(|one| one.writes.iter());
        for write in writes.filter(|write| write.key.starts_with(&table)) {
            let Some(record) = write.value.as_deref().and_then(NodeRecord::decode) else {
                tracing::error!(key = ?&write.key[PREFIX_BYTES..], "a node's record is unreadable");
                continue;
            };
            self.put(record);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localities_are_named_or_refused() {
        let locality: Locality = "region=eu-west,zone=a".parse().expect("well formed");
        assert_eq!((locality.region.as_str(), locality.zone.as_str()), ("eu-west", "a"));
        assert_eq!(locality.to_string().parse(), Ok(locality));
        for wrong in ["zone", "zone=", "rack=3", "region=a,zone"] {
            assert!(wrong.parse::<Locality>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_record_survives_its_bytes() {
        let record = NodeRecord {
            node: 7,
            node_addr: "10.0.0.7:7432".to_owned(),
            sql_addr: "10.0.0.7:5432".to_owned(),
            http_addr: "10.0.0.7:8432".to_owned(),
            locality: Locality { region: "r".to_owned(), zone: "z".to_owned() },
            version: "0.1.0".to_owned(),
        };
        let written = record.write();
        assert_eq!(written.key, NodeRecord::key(7));
        assert_eq!(NodeRecord::decode(&written.value.expect("a value")), Some(record));
        assert_eq!(NodeRecord::decode(&[9, 1, 2]), None);
    }
}
