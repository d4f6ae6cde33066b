//! Sequences: numbers handed out in order on this node, in blocks that one small transaction reserves.
//!
//! A value is never given twice. A block that a crash or a recycle interrupts leaves a gap, as PostgreSQL's own log-ahead of
//! 32 values does. The stored row is the first value that is not reserved yet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use catalog::Sequence;
use dashmap::DashMap;
use parking_lot::{Mutex, MutexGuard};
use protocol::Timestamp;
use protocol::key::{PRIMARY_INDEX, SEQUENCE_TABLE, prefix};
use protocol::transaction::{ConflictClass, Write};
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::services::Services;

/// The first block of a sequence on a node, and the largest.
const SMALLEST_BLOCK: i64 = 32;
const LARGEST_BLOCK: i64 = 8_192;
/// Blocks grow while one lasts less than this.
const BLOCK_TIME: Duration = Duration::from_secs(1);

/// What is stored for a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counter {
    /// The next value to reserve; with `exhausted`, there is none.
    next: i64,
    exhausted: bool,
    /// What `last_value` shows before anything was handed out.
    is_called: bool,
}

#[derive(Debug)]
struct Block {
    /// The next value to hand out.
    next: i64,
    left: i64,
    last: Option<i64>,
    size: i64,
    taken_at: Instant,
    generation: u64,
}

/// The blocks this node holds.
#[derive(Default)]
pub struct Sequences {
    blocks: DashMap<Oid, Arc<Mutex<Option<Block>>>>,
}

/// Whoever holds the lock may be waiting for a commit, which needs the runtime's workers: none of them may wait here.
fn lock(slot: &Mutex<Option<Block>>) -> MutexGuard<'_, Option<Block>> {
    match slot.try_lock() {
        Some(guard) => guard,
        None => tokio::task::block_in_place(|| slot.lock()),
    }
}

fn key(sequence: Oid) -> Bytes {
    let mut key = prefix(SEQUENCE_TABLE, PRIMARY_INDEX).to_vec();
    key.push(1);
    key.extend_from_slice(&(u64::from(sequence) ^ (1 << 63)).to_be_bytes());
    Bytes::from(key)
}

fn encode(counter: Counter) -> Bytes {
    let mut bytes = vec![1];
    bytes.extend_from_slice(&counter.next.to_be_bytes());
    bytes.push(u8::from(counter.exhausted) | (u8::from(counter.is_called) << 1));
    Bytes::from(bytes)
}

fn decode(bytes: &[u8]) -> SqlResult<Counter> {
    let corrupt = || SqlError::new(sqlstate::DATA_CORRUPTED, "a sequence's counter is corrupt");
    if bytes.len() != 10 || bytes[0] != 1 {
        return Err(corrupt());
    }
    let next = i64::from_be_bytes(bytes[1..9].try_into().map_err(|_| corrupt())?);
    Ok(Counter { next, exhausted: bytes[9] & 1 != 0, is_called: bytes[9] & 2 != 0 })
}

/// The write that sets a sequence's counter, for definitions that are part of a transaction.
pub fn counter_write(sequence: Oid, next: i64, is_called: bool) -> Write {
    Write {
        key: key(sequence),
        value: Some(encode(Counter { next, exhausted: false, is_called })),
        class: Some(ConflictClass::Exclusive),
    }
}

/// Removes a sequence's counter.
pub fn counter_removal(sequence: Oid) -> Write {
    Write { key: key(sequence), value: None, class: Some(ConflictClass::Exclusive) }
}

fn limit_error(definition: &Sequence, name: &str) -> SqlError {
    let (word, bound) = if definition.increment > 0 {
        ("maximum", definition.maximum)
    } else {
        ("minimum", definition.minimum)
    };
    SqlError::new(
        sqlstate::SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
        format!("nextval: reached {word} value of sequence \"{name}\" ({bound})"),
    )
}

/// Reserves up to `wanted` values from `counter`: the first, how many, and the counter after.
fn reserve(counter: Counter, definition: &Sequence, wanted: i64) -> Option<(i64, i64, Counter)> {
    if counter.exhausted {
        return None;
    }
    let first = counter.next;
    let room = if definition.increment > 0 {
        (i128::from(definition.maximum) - i128::from(first)) / i128::from(definition.increment)
    } else {
        (i128::from(first) - i128::from(definition.minimum)) / -i128::from(definition.increment)
    };
    if room < 0 {
        return None;
    }
    let count = i64::try_from((room + 1).min(i128::from(wanted))).unwrap_or(wanted);
    let after = i128::from(first) + i128::from(count) * i128::from(definition.increment);
    let outside = after > i128::from(definition.maximum) || after < i128::from(definition.minimum);
    let wrapped = if definition.increment > 0 { definition.minimum } else { definition.maximum };
    let counter = match (outside, definition.cycle) {
        (false, _) => Counter {
            next: i64::try_from(after).unwrap_or(wrapped),
            exhausted: false,
            is_called: true,
        },
        (true, true) => Counter { next: wrapped, exhausted: false, is_called: true },
        (true, false) => Counter { next: first, exhausted: true, is_called: true },
    };
    Some((first, count, counter))
}

impl Sequences {
    /// The next value. Runs on a thread that may wait for a commit.
    pub fn next_value(
        &self,
        services: &Services,
        oid: Oid,
        name: &str,
        definition: &Sequence,
    ) -> SqlResult<i64> {
        let slot = Arc::clone(&self.blocks.entry(oid).or_default());
        let mut block = lock(&slot);
        let size = match &*block {
            Some(held) if held.generation == definition.generation => {
                if held.left > 0 {
                    let held = block.as_mut().expect("just matched");
                    let value = held.next;
                    held.left -= 1;
                    held.next = value.wrapping_add(definition.increment);
                    held.last = Some(value);
                    return Ok(value);
                }
                match held.taken_at.elapsed() < BLOCK_TIME {
                    true => (held.size * 2).min(LARGEST_BLOCK),
                    false => held.size.max(SMALLEST_BLOCK),
                }
            }
            _ => SMALLEST_BLOCK,
        };
        let wanted = size.max(definition.cache);
        let (first, count) = services.block_on(services.run_small(|tau| {
            let stored = services.read_row(&key(oid), tau)?;
            let counter = match stored {
                Some(bytes) => decode(&bytes)?,
                None => Counter { next: definition.start, exhausted: false, is_called: false },
            };
            let (first, count, counter) = reserve(counter, definition, wanted)
                .ok_or_else(|| limit_error(definition, name))?;
            let write = Write {
                key: key(oid),
                value: Some(encode(counter)),
                class: Some(ConflictClass::Exclusive),
            };
            Ok((vec![write], (first, count)))
        }))?;
        *block = Some(Block {
            next: first.wrapping_add(definition.increment),
            left: count - 1,
            last: Some(first),
            size,
            taken_at: Instant::now(),
            generation: definition.generation,
        });
        Ok(first)
    }

    /// `setval`: takes effect at once and for everybody, whether or not the transaction commits, as in PostgreSQL.
    pub fn set_value(
        &self,
        services: &Services,
        oid: Oid,
        name: &str,
        definition: &Sequence,
        value: i64,
        is_called: bool,
    ) -> SqlResult<()> {
        if !(definition.minimum..=definition.maximum).contains(&value) {
            return Err(SqlError::new(
                sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                format!(
                    "setval: value {value} is out of bounds for sequence \"{name}\" ({}..{})",
                    definition.minimum, definition.maximum
                ),
            ));
        }
        let slot = Arc::clone(&self.blocks.entry(oid).or_default());
        let mut block = lock(&slot);
        let start = Counter { next: value, exhausted: false, is_called };
        let counter = match is_called {
            false => start,
            true => reserve(start, definition, 1).map_or(start, |(_, _, after)| after),
        };
        services.block_on(services.run_small(|_| {
            let write = Write {
                key: key(oid),
                value: Some(encode(counter)),
                class: Some(ConflictClass::Exclusive),
            };
            Ok((vec![write], ()))
        }))?;
        *block = Some(Block {
            next: 0,
            left: 0,
            // Otherwise the stored counter says what comes next.
            last: is_called.then_some(value),
            size: SMALLEST_BLOCK,
            taken_at: Instant::now(),
            generation: definition.generation,
        });
        Ok(())
    }

    /// `last_value` and `is_called`.
    pub fn state(
        &self,
        services: &Services,
        oid: Oid,
        definition: &Sequence,
        tau: Timestamp,
    ) -> SqlResult<(i64, bool)> {
        if let Some(slot) = self.blocks.get(&oid).map(|slot| Arc::clone(&slot))
            && let Some(Block { last: Some(last), generation, .. }) = &*lock(&slot)
            && *generation == definition.generation
        {
            return Ok((*last, true));
        }
        Ok(match services.read_row(&key(oid), tau)? {
            None => (definition.start, false),
            Some(bytes) => {
                let counter = decode(&bytes)?;
                match counter.is_called {
                    true if counter.exhausted => (counter.next, true),
                    true => (counter.next.wrapping_sub(definition.increment), true),
                    false => (counter.next, false),
                }
            }
        })
    }

    /// Forgets a block, so that the next value comes from the stored counter.
    pub fn forget(&self, oid: Oid) {
        self.blocks.remove(&oid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(increment: i64, minimum: i64, maximum: i64, cycle: bool) -> Sequence {
        Sequence {
            type_oid: types::oid::INT8,
            start: minimum,
            increment,
            minimum,
            maximum,
            cache: 1,
            cycle,
            owned_by: None,
            generation: 0,
        }
    }

    #[test]
    fn blocks_end_at_the_limit_and_cycle_only_if_asked() {
        let start = Counter { next: 8, exhausted: false, is_called: true };
        let (first, count, after) =
            reserve(start, &definition(1, 1, 10, false), 32).expect("three left");
        assert_eq!((first, count, after.exhausted), (8, 3, true));
        assert!(reserve(after, &definition(1, 1, 10, false), 32).is_none());
        let (_, _, after) = reserve(start, &definition(1, 1, 10, true), 32).expect("three left");
        assert_eq!((after.next, after.exhausted), (1, false));
        let down = Counter { next: -8, exhausted: false, is_called: true };
        let (first, count, _) = reserve(down, &definition(-3, -10, -1, false), 32).expect("one");
        assert_eq!((first, count), (-8, 1));
    }

    #[test]
    fn extremes_do_not_overflow() {
        let start = Counter { next: i64::MAX, exhausted: false, is_called: true };
        let (first, count, after) =
            reserve(start, &definition(1, 1, i64::MAX, false), 32).expect("one left");
        assert_eq!((first, count, after.exhausted), (i64::MAX, 1, true));
        assert_eq!(decode(&encode(after)).expect("round trip"), after);
    }
}
