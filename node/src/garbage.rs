//! Removes rows that no definition names any more: of dropped and rewritten tables, of dropped indexes, and of loads
//! that were rolled back.
//!
//! Rows are removed by ordinary small transactions, some time after they became garbage, because transactions that
//! began before may still read them. What a crash leaves is found by a look over the stored tables at the next start.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use protocol::TransactionId;
use protocol::key::{FIRST_USER_TABLE, PREFIX_BYTES, prefix_end};
use protocol::storage::{Direction, ScanRequest};
use protocol::transaction::{CommitRequest, Outcome, Write};
use query_processor::Services;
use tokio::sync::Notify;
use uuid::Uuid;

/// Nobody reads a snapshot older than the transaction age limit and its margin.
const DELAY: Duration = Duration::from_secs(400);
/// Keys removed by one transaction.
const BATCH_KEYS: usize = 5_000;

/// Ranges that wait to be emptied.
#[derive(Default)]
pub struct Garbage {
    waiting: Mutex<VecDeque<(Instant, Vec<u8>)>>,
    wake: Notify,
}

impl Garbage {
    pub fn add(&self, prefixes: Vec<Vec<u8>>) {
        let due = Instant::now() + DELAY;
        let mut waiting = self.waiting.lock();
        for prefix in prefixes {
            // The system's own tables are never garbage.
            let table = prefix
                .get(..4)
                .map(|bytes| u32::from_be_bytes(bytes.try_into().expect("four bytes")));
            if table.is_some_and(|table| table >= FIRST_USER_TABLE) {
                waiting.push_back((due, prefix));
            }
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Runs until the runtime ends; sleeps while there is nothing to do.
    pub async fn run(self: Arc<Self>, services: Arc<Services>) {
        self.find_leftovers(&services);
        loop {
            let next = self.waiting.lock().front().cloned();
            match next {
                None => self.wake.notified().await,
                Some((due, _)) if due > Instant::now() => {
                    tokio::time::sleep_until(due.into()).await;
                }
                Some((_, prefix)) => {
                    if self.still_garbage(&services, &prefix) && !remove(&services, &prefix).await {
                        tokio::time::sleep(Duration::from_secs(10)).await;
                        continue;
                    }
                    self.waiting.lock().pop_front();
                }
            }
        }
    }

    /// A definition may have come to name the range after all (a table made again under the same number never happens,
    /// but an index build that committed after a retry does).
    fn still_garbage(&self, services: &Services, prefix: &[u8]) -> bool {
        let Ok(catalog) = services.catalog_at(services.storage.watermark()) else { return false };
        let table = protocol::key::table_of(prefix).expect("checked when it was added");
        match catalog.relation_of_table(table) {
            None => true,
            Some(relation) => match prefix.get(4..PREFIX_BYTES) {
                Some(number) => {
                    let number = u16::from_be_bytes(number.try_into().expect("two bytes"));
                    number != protocol::key::PRIMARY_INDEX
                        && !relation.indexes.iter().any(|index| index.number == number)
                }
                None => false,
            },
        }
    }

    /// Tables in storage that the catalog does not know.
    fn find_leftovers(&self, services: &Services) {
        let tau = services.storage.watermark();
        let Ok(catalog) = services.catalog_at(tau) else { return };
        let mut start = Bytes::copy_from_slice(&FIRST_USER_TABLE.to_be_bytes());
        let mut found = Vec::new();
        loop {
            let request = ScanRequest {
                start: start.clone(),
                end: Bytes::from_static(&[0xFF; 8]),
                tau,
                direction: Direction::Ascending,
                filter: None,
                limit: Some(1),
            };
            let mut rows = Vec::new();
            let Ok(mut cursor) = services.storage.scan(request) else { return };
            if cursor.next_batch(&mut rows, 1).is_err() {
                return;
            }
            let Some(table) = rows.first().and_then(|row| protocol::key::table_of(&row.key)) else {
                break;
            };
            if catalog.relation_of_table(table).is_none() {
                found.push(table.0.to_be_bytes().to_vec());
            }
            match prefix_end(&table.0.to_be_bytes()) {
                Some(next) => start = Bytes::from(next),
                None => break,
            }
        }
        if !found.is_empty() {
            self.add(found);
        }
    }
}

/// Empties a range; `false` if it should be tried again later.
async fn remove(services: &Services, prefix: &[u8]) -> bool {
    let Some(end) = prefix_end(prefix) else { return true };
    loop {
        let tau = services.storage.watermark();
        let request = ScanRequest {
            start: Bytes::copy_from_slice(prefix),
            end: Bytes::copy_from_slice(&end),
            tau,
            direction: Direction::Ascending,
            filter: None,
            limit: Some(BATCH_KEYS as u64),
        };
        let mut rows = Vec::new();
        let Ok(mut cursor) = services.storage.scan(request) else { return false };
        loop {
            match cursor.next_batch(&mut rows, BATCH_KEYS) {
                Ok(true) if rows.len() < BATCH_KEYS => {}
                Ok(_) => break,
                Err(_) => return false,
            }
        }
        if rows.is_empty() {
            return true;
        }
        let writes =
            rows.into_iter().map(|row| Write { key: row.key, value: None, class: None }).collect();
        let request = CommitRequest {
            id: TransactionId(Uuid::now_v7()),
            tau_start: tau,
            writes,
            additions: Vec::new(),
            checks: Vec::new(),
            ranges: Vec::new(),
            schema: Vec::new(),
        };
        match services.commit.commit(request).await {
            Outcome::Committed { tau_commit } => {
                if services.storage.wait_for(tau_commit).await.is_err() {
                    return false;
                }
            }
            _ => return false,
        }
    }
}
