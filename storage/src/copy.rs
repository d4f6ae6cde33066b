//! A whole replica as a sequence of chunks, for a node that has none yet.
//!
//! ```text
//! chunk   pairs, one behind the other: u8 space │ u32 key length │ u32 value length │ key │ value     little endian
//! ```
//!
//! The copy is of one instant: rows, superseded versions, outcomes, and what is applied. The record of what is applied
//! comes last and alone, so an engine that holds it holds everything. Whoever takes a copy begins with an empty engine,
//! and with an empty one again if it breaks off.

use std::ops::Bound;

use protocol::storage::Direction;

use crate::engine::{EngineError, KvEngine, KvView, Pairs, Space, WriteBatch};
use crate::layout::{APPLIED_KEY, Applied};
use crate::storage::Storage;

const PAIR_HEADER_BYTES: usize = 9;

/// A copy being given.
pub struct CopyOut {
    view: Box<dyn KvView>,
    /// Spaces that are not begun; the last one is next.
    spaces: Vec<Space>,
    pairs: Option<(Space, Pairs)>,
    applied: Option<Applied>,
}

impl Storage {
    /// Begins a copy of this instant. Holds the engine's instant until it is dropped.
    pub fn copy_out(&self) -> CopyOut {
        let (view, applied) = self.instant();
        let spaces = Space::ALL.into_iter().rev().collect();
        CopyOut { view, spaces, pairs: None, applied: Some(applied) }
    }
}

fn put(chunk: &mut Vec<u8>, space: Space, key: &[u8], value: &[u8]) -> Result<(), EngineError> {
    let length = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len());
        length.map_err(|_| EngineError::Corrupt("a pair of 4 GiB".to_owned()))
    };
    chunk.push(space as u8);
    chunk.extend_from_slice(&length(key)?.to_le_bytes());
    chunk.extend_from_slice(&length(value)?.to_le_bytes());
    chunk.extend_from_slice(key);
    chunk.extend_from_slice(value);
    Ok(())
}

impl CopyOut {
    /// The next chunk, of about `bytes`; `None` at the end.
    pub fn next_chunk(&mut self, bytes: usize) -> Result<Option<Vec<u8>>, EngineError> {
        let mut chunk = Vec::new();
        while chunk.len() < bytes {
            let Some((space, pairs)) = &mut self.pairs else {
                let Some(space) = self.spaces.pop() else { break };
                let all = (Bound::Unbounded, Bound::Unbounded);
                let pairs = self.view.range(space, all.0, all.1, Direction::Ascending);
                self.pairs = Some((space, pairs));
                continue;
            };
            match pairs.next()? {
                None => self.pairs = None,
                Some((key, _)) if *space == Space::Meta && key == APPLIED_KEY => {}
                Some((key, value)) => put(&mut chunk, *space, key, value)?,
            }
        }
        if chunk.is_empty()
            && let Some(applied) = self.applied.take()
        {
            put(&mut chunk, Space::Meta, APPLIED_KEY, &applied.encode())?;
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

/// Takes a chunk of a copy into an engine.
pub fn copy_in(engine: &dyn KvEngine, mut chunk: &[u8]) -> Result<(), EngineError> {
    let broken = || EngineError::Corrupt("a chunk of a copy makes no sense".to_owned());
    let mut batch = WriteBatch::new();
    while !chunk.is_empty() {
        let (header, rest) = chunk.split_at_checked(PAIR_HEADER_BYTES).ok_or_else(broken)?;
        let space = Space::ALL.into_iter().find(|space| *space as u8 == header[0]);
        let length = |at: usize| {
            let four = header[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(four) as usize
        };
        let (key, rest) = rest.split_at_checked(length(1)).ok_or_else(broken)?;
        let (value, rest) = rest.split_at_checked(length(5)).ok_or_else(broken)?;
        batch.put(space.ok_or_else(broken)?, key, &[value]);
        chunk = rest;
    }
    engine.write(&batch)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use protocol::delivery::{DeliveredTransaction, Delivery, DeliverySink};
    use protocol::journal::{JournalEntry, Position};
    use protocol::storage::ReadStorage;
    use protocol::transaction::{DecidedTransaction, DecidedWrite};
    use protocol::{JournalId, Timestamp, TransactionId};

    use super::*;
    use crate::{MemoryEngine, StorageOptions};

    fn apply(storage: &Storage, tau: u64, value: &'static [u8]) {
        let key = Bytes::from_static(b"key");
        let entry = Arc::new(JournalEntry::Transactions(vec![DecidedTransaction {
            id: TransactionId(uuid::Uuid::from_u128(tau.into())),
            tau_start: Timestamp(tau - 1),
            tau_commit: Timestamp(tau),
            writes: vec![DecidedWrite { key, value: Some(Bytes::from_static(value)) }],
            additions: Vec::new(),
        }]));
        let transactions = DeliveredTransaction::new(JournalId(0), entry, 0).into_iter().collect();
        let positions = vec![(JournalId(0), Position(tau))];
        let delivery = Delivery { transactions, watermark: Timestamp(tau), positions };
        storage.apply(&delivery).expect("applied");
    }

    /// Checks: I2
    #[test]
    fn a_copy_is_the_instant_at_which_it_began() {
        let options = StorageOptions::default();
        let first = Storage::open(Arc::new(MemoryEngine::default()), options.clone());
        let first = first.expect("opens");
        apply(&first, 10, b"old");
        apply(&first, 20, b"new");
        let mut copy = first.copy_out();
        apply(&first, 30, b"later");
        let engine = Arc::new(MemoryEngine::default());
        let mut last = 0;
        while let Some(chunk) = copy.next_chunk(16).expect("readable") {
            let before = engine.get(Space::Meta, APPLIED_KEY).expect("readable");
            assert_eq!(before, None, "what is applied comes last");
            copy_in(engine.as_ref(), &chunk).expect("taken");
            assert!(copy_in(engine.as_ref(), &chunk[..chunk.len() - 1]).is_err(), "cut short");
            last = chunk.len();
        }
        assert!(last > 0);
        let second = Storage::open(engine, options).expect("opens");
        let applied = second.applied();
        assert_eq!(
            (applied.watermark, applied.positions[&JournalId(0)]),
            (Timestamp(20), Position(20))
        );
        for (tau, value) in [(10, &b"old"[..]), (20, b"new")] {
            let found = second.get(b"key", Timestamp(tau)).expect("readable");
            assert_eq!(found.as_deref(), Some(value));
            let id = TransactionId(uuid::Uuid::from_u128(tau.into()));
            assert_eq!(second.outcome(id).expect("readable"), Some(Timestamp(tau)));
        }
    }
}
