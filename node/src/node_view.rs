//! What query processors ask of the node: sizes, views of `sys`, the removal of dropped rows.

use std::sync::Arc;

use protocol::TableId;
use protocol::storage::ReadStorage;
use query_processor::NodeView;
use storage::Storage;
use types::Datum;

use crate::book::Book;
use crate::garbage::Garbage;

/// Rows looked at to estimate a table's size.
const SAMPLED_ROWS: usize = 1_000;
/// Tables above the sample are counted in steps of so many rows, up to this many.
const COUNTED_ROWS: usize = 200_000;

/// The node as its query processors see it.
pub struct View {
    pub storage: Arc<Storage>,
    pub garbage: Arc<Garbage>,
    pub book: Arc<Book>,
    pub journals: Arc<journal::Node>,
    pub adjudicators: u32,
}

impl View {
    /// All nodes of the address book; whether one runs is known of this one only.
    fn nodes(&self) -> Vec<Vec<Datum>> {
        let own = self.book.own();
        let rows = self.book.nodes().into_iter().map(|record| {
            let state = if record.node == own { "ready" } else { "member" };
            vec![
                Datum::Int4(record.node as i32),
                Datum::text(record.sql_addr),
                Datum::text(state),
                Datum::text(record.version),
            ]
        });
        rows.collect()
    }

    fn shard(&self, shard: u32) -> Vec<Datum> {
        let leader = self.journals.leader(protocol::JournalId(shard));
        let leader = leader.map_or(Datum::Null, |node| Datum::Int4(node as i32));
        vec![Datum::Int4(shard as i32), Datum::Int4(shard as i32), leader]
    }
}

impl NodeView for View {
    fn stored_bytes(&self, table: TableId, index: Option<u16>) -> u64 {
        let number = index.unwrap_or(protocol::key::PRIMARY_INDEX);
        let start = protocol::key::prefix(table, number).to_vec();
        let Some(end) = protocol::key::prefix_end(&start) else { return 0 };
        let request = protocol::storage::ScanRequest {
            start: start.into(),
            end: end.into(),
            tau: self.storage.watermark(),
            direction: protocol::storage::Direction::Ascending,
            filter: None,
            limit: Some(COUNTED_ROWS as u64),
        };
        let Ok(mut cursor) = self.storage.scan(request) else { return 0 };
        let mut bytes = 0u64;
        let mut rows = Vec::new();
        loop {
            let more = cursor.next_batch(&mut rows, SAMPLED_ROWS).unwrap_or(false);
            bytes += rows.iter().map(|row| (row.key.len() + row.value.len()) as u64).sum::<u64>();
            rows.clear();
            if !more {
                return bytes;
            }
        }
    }

    fn system_rows(&self, relation: &str) -> Option<Vec<Vec<Datum>>> {
        match relation {
            "nodes" => Some(self.nodes()),
            "shards" => Some((0..self.adjudicators).map(|shard| self.shard(shard)).collect()),
            _ => None,
        }
    }

    fn others_commit(&self) -> bool {
        self.book.several()
    }

    fn rows_dropped(&self, prefixes: Vec<Vec<u8>>) {
        self.garbage.add(prefixes);
    }
}
