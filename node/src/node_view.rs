//! What query processors ask of the node: sizes, views of `sys`, the removal of dropped rows.

use std::sync::Arc;

use protocol::TableId;
use protocol::storage::ReadStorage;
use query_processor::NodeView;
use storage::Storage;
use types::Datum;

use crate::garbage::Garbage;

/// Rows looked at to estimate a table's size.
const SAMPLED_ROWS: usize = 1_000;
/// Tables above the sample are counted in steps of so many rows, up to this many.
const COUNTED_ROWS: usize = 200_000;

/// The node as its query processors see it.
pub struct View {
    pub storage: Arc<Storage>,
    pub garbage: Arc<Garbage>,
    pub node_id: u32,
    pub sql_addr: String,
    pub adjudicators: u32,
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
            "nodes" => Some(vec![vec![
                Datum::Int4(self.node_id as i32),
                Datum::text(self.sql_addr.clone()),
                Datum::text("ready"),
                Datum::text(env!("CARGO_PKG_VERSION")),
            ]]),
            "shards" => Some(
                (0..self.adjudicators)
                    .map(|shard| {
                        vec![
                            Datum::Int4(shard as i32),
                            Datum::Int4(shard as i32),
                            Datum::Int4(self.node_id as i32),
                        ]
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    fn rows_dropped(&self, prefixes: Vec<Vec<u8>>) {
        self.garbage.add(prefixes);
    }
}
