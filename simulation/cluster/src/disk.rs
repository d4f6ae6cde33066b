//! What survives of a machine: the log's files, and storage's engine with what it has made durable.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use runtime::files::{File, Files, SimulatedFiles};
use storage::engine::memory::MemoryEngine;
use storage::engine::{EngineError, KvEngine, KvView, Space, WriteBatch};

/// An engine in memory that remembers what a crash must leave: everything persisted, and of the batches since then the
/// first ones, as many as luck has it.
#[derive(Clone, Default)]
pub struct SimulatedEngine {
    memory: MemoryEngine,
    saved: Arc<Mutex<Saved>>,
}

#[derive(Default)]
struct Saved {
    rows: BTreeMap<(Space, Vec<u8>), Bytes>,
    pending: Vec<WriteBatch>,
}

impl Saved {
    fn keep(&mut self, count: usize) {
        let kept = count.min(self.pending.len());
        for batch in self.pending.drain(..kept) {
            for write in batch.writes() {
                let key = (write.space, write.key.to_vec());
                match write.value {
                    Some(value) => self.rows.insert(key, Bytes::copy_from_slice(value)),
                    None => self.rows.remove(&key),
                };
            }
        }
    }
}

impl SimulatedEngine {
    /// Batches that a loss of power may take.
    pub fn unsaved(&self) -> usize {
        self.saved.lock().pending.len()
    }

    /// The engine after a loss of power that left the first `keep` batches.
    pub fn after_crash(&self, keep: usize) -> SimulatedEngine {
        let mut saved = self.saved.lock();
        saved.keep(keep);
        let rows = saved.rows.clone();
        let mut batch = WriteBatch::new();
        for ((space, key), value) in &rows {
            batch.put(*space, key, &[value]);
        }
        let memory = MemoryEngine::new();
        memory.write(&batch).expect("memory takes every batch");
        SimulatedEngine { memory, saved: Arc::new(Mutex::new(Saved { rows, pending: Vec::new() })) }
    }

    /// Broken on purpose: the first pair of a space is gone.
    pub fn remove_first(&self, space: Space) {
        if let Some((key, _)) = self.pairs(space).first() {
            let mut batch = WriteBatch::new();
            batch.remove(space, key);
            self.write(&batch).expect("memory takes every batch");
        }
    }

    /// All pairs of a space.
    pub fn pairs(&self, space: Space) -> Vec<(Bytes, Bytes)> {
        let view = self.memory.view();
        let mut all = view.range(
            space,
            Bound::Unbounded,
            Bound::Unbounded,
            protocol::storage::Direction::Ascending,
        );
        let mut pairs = Vec::new();
        while let Ok(Some((key, value))) = all.next() {
            pairs.push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)));
        }
        pairs
    }
}

impl KvEngine for SimulatedEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        self.memory.get(space, key)
    }

    fn view(&self) -> Box<dyn KvView> {
        self.memory.view()
    }

    fn write(&self, batch: &WriteBatch) -> Result<(), EngineError> {
        self.memory.write(batch)?;
        self.saved.lock().pending.push(batch.clone());
        Ok(())
    }

    fn persist(&self) -> Result<(), EngineError> {
        self.memory.persist()?;
        self.saved.lock().keep(usize::MAX);
        Ok(())
    }

    fn approximate_bytes(&self) -> u64 {
        self.memory.approximate_bytes()
    }

    fn free_bytes(&self) -> Option<u64> {
        self.memory.free_bytes()
    }

    fn name(&self) -> &'static str {
        "simulated"
    }
}

/// Broken on purpose: files whose syncs do nothing and say that they have.
pub struct LyingFiles(pub SimulatedFiles);

struct LyingFile(Arc<dyn File>);

impl Files for LyingFiles {
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.0.create_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(LyingFile(self.0.create(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        Ok(Arc::new(LyingFile(self.0.open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.0.list(directory)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        self.0.sync_directory(directory)
    }

    fn available_bytes(&self, directory: &Path) -> io::Result<u64> {
        self.0.available_bytes(directory)
    }
}

impl File for LyingFile {
    fn write_vectored_at(&self, slices: &[io::IoSlice<'_>], offset: u64) -> io::Result<()> {
        self.0.write_vectored_at(slices, offset)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn preallocate(&self, bytes: u64) -> io::Result<()> {
        self.0.preallocate(bytes)
    }

    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_leaves_what_is_persisted_and_a_prefix_of_the_rest() {
        let engine = SimulatedEngine::default();
        let put = |value: u8| {
            let mut batch = WriteBatch::new();
            batch.put(Space::Latest, &[value], &[&[value]]);
            engine.write(&batch).expect("written");
        };
        put(1);
        engine.persist().expect("persisted");
        put(2);
        put(3);
        assert_eq!(engine.unsaved(), 2);
        let keys = |engine: &SimulatedEngine| {
            engine.pairs(Space::Latest).iter().map(|(key, _)| key[0]).collect::<Vec<_>>()
        };
        assert_eq!(keys(&engine.after_crash(1)), [1, 2]);
        let again = engine.after_crash(0);
        assert_eq!(keys(&again.after_crash(9)), [1, 2], "a second crash takes nothing more");
    }
}
