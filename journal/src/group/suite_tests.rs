//! openraft's own storage tests on the shared log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use protocol::JournalId;
use protocol::journal::{JournalEntry, JournalSink, Position};
use runtime::files::SimulatedFiles;

use super::machine::Machine;
use super::storage::GroupLog;
use super::types::JournalTypes;
use crate::log::{Log, LogConfig};

struct Nowhere;

impl JournalSink for Nowhere {
    fn deliver(&self, _journal: JournalId, _entries: Vec<(Position, Arc<JournalEntry>)>) {}
}

/// Each store is another group of one log.
struct Builder {
    log: Log,
    next: AtomicU32,
}

impl StoreBuilder<JournalTypes, GroupLog, Machine> for Builder {
    async fn build(&self) -> Result<((), GroupLog, Machine), StorageError<JournalTypes>> {
        let group = self.next.fetch_add(1, Ordering::Relaxed);
        let log = GroupLog { log: self.log.clone(), group };
        let machine =
            Machine::open(JournalId(group), log.clone(), Arc::new(Nowhere), Position(0), 1)
                .expect("a new group opens");
        Ok(((), log, machine))
    }
}

#[test]
fn the_log_passes_openrafts_storage_suite() {
    let config = LogConfig {
        directory: "/log".into(),
        identity: 1,
        segment_bytes: 64 << 10,
        cache_bytes: 1000,
    };
    let log = Log::open(Arc::new(SimulatedFiles::new()), config).expect("opens");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let builder = Builder { log: log.clone(), next: AtomicU32::new(0) };
    runtime.block_on(Suite::test_all(builder)).expect("the suite passes");
    log.close();
}
