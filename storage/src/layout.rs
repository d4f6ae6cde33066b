//! How versions lie in the engine.
//!
//! | space | key | value |
//! | --- | --- | --- |
//! | `Meta` | `applied` | format, watermark, last change of the catalog, position of each journal |
//! | `Meta` | `horizon` | timestamp below which versions may be missing |
//! | `Latest` | the key | `tau_commit` (8 bytes), kind (1), value |
//! | `History` | escaped key, inverted `tau_commit` (8) | kind (1), value |
//! | `Garbage` | timestamp (8), number (4) | what nobody needs once the horizon has reached that timestamp |
//! | `Outcomes` | outcome table's prefix, transaction id (16) | `tau_commit` (8) |
//! | `OutcomeTimes` | timestamp (8), number (4) | transaction ids of at most that timestamp |
//!
//! All integers are big endian. Keys are any bytes and one may begin with another, so behind them in `History` there is
//! a terminator: zero bytes are written as `00 FF` and the key ends with `00 00`. The order stays that of the keys, and
//! the versions of one key are a range of their own, newest first because the timestamp is inverted.

use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::journal::Position;
use protocol::key::{OUTCOME_TABLE, PREFIX_BYTES, PRIMARY_INDEX, prefix};
use protocol::{JournalId, Timestamp, TransactionId};

use crate::engine::EngineError;

pub const APPLIED_KEY: &[u8] = b"applied";
pub const HORIZON_KEY: &[u8] = b"horizon";

/// The layout's version; an engine written by another is refused.
const FORMAT: u8 = 1;

const KIND_VALUE: u8 = 0;
const KIND_TOMBSTONE: u8 = 1;
const TAU_BYTES: usize = 8;
/// What stands before the value in `Latest`.
pub const LATEST_HEADER_BYTES: usize = TAU_BYTES + 1;

fn corrupt(what: &str) -> EngineError {
    EngineError::Corrupt(what.to_owned())
}

pub fn kind_of(value: Option<&Bytes>) -> u8 {
    if value.is_some() { KIND_VALUE } else { KIND_TOMBSTONE }
}

/// The header of a version in `Latest`.
pub fn latest_header(tau: Timestamp, value: Option<&Bytes>) -> [u8; LATEST_HEADER_BYTES] {
    let mut header = [0; LATEST_HEADER_BYTES];
    header[..TAU_BYTES].copy_from_slice(&tau.0.to_be_bytes());
    header[TAU_BYTES] = kind_of(value);
    header
}

/// A version from `Latest`: its timestamp and its value, `None` for a deletion.
pub fn split_latest(stored: &[u8]) -> Result<(Timestamp, Option<&[u8]>), EngineError> {
    let tau = timestamp_at(stored, 0).ok_or_else(|| corrupt("a version without a timestamp"))?;
    Ok((tau, split_kind(stored, TAU_BYTES)?))
}

/// A version from `History`.
pub fn split_history(stored: &[u8]) -> Result<Option<&[u8]>, EngineError> {
    split_kind(stored, 0)
}

fn split_kind(stored: &[u8], at: usize) -> Result<Option<&[u8]>, EngineError> {
    match stored.get(at) {
        Some(&KIND_VALUE) => Ok(stored.get(at + 1..)),
        Some(&KIND_TOMBSTONE) if stored.len() == at + 1 => Ok(None),
        _ => Err(corrupt("a version of an unknown kind")),
    }
}

fn timestamp_at(bytes: &[u8], at: usize) -> Option<Timestamp> {
    let eight = bytes.get(at..at + TAU_BYTES)?.try_into().ok()?;
    Some(Timestamp(u64::from_be_bytes(eight)))
}

/// Appends the escaped key with its terminator.
fn escape_into(key: &[u8], escaped: &mut Vec<u8>) {
    for &byte in key {
        escaped.push(byte);
        if byte == 0 {
            escaped.push(0xFF);
        }
    }
    escaped.extend_from_slice(&[0, 0]);
}

/// Where the version of `key` at `tau` lies in `History`.
pub fn history_key(key: &[u8], tau: Timestamp) -> Vec<u8> {
    let mut placed = Vec::with_capacity(key.len() + 8 + TAU_BYTES);
    escape_into(key, &mut placed);
    placed.extend_from_slice(&(!tau.0).to_be_bytes());
    placed
}

/// The range of the versions of `key` at or before `tau`, newest first; both ends belong to it.
pub fn history_range(key: &[u8], tau: Timestamp) -> (Vec<u8>, Vec<u8>) {
    let start = history_key(key, tau);
    let mut end = start.clone();
    let tau_at = end.len() - TAU_BYTES;
    end[tau_at..].fill(0xFF);
    (start, end)
}

/// Where a record of the `number`-th part of a batch lies that ends at `tau`, in `Garbage` and `OutcomeTimes`.
pub fn timed_key(tau: Timestamp, number: u32) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&tau.0.to_be_bytes());
    key[8..].copy_from_slice(&number.to_be_bytes());
    key
}

/// The timestamp of a [`timed_key`].
pub fn timed_key_tau(key: &[u8]) -> Result<Timestamp, EngineError> {
    timestamp_at(key, 0).ok_or_else(|| corrupt("a queue record without a timestamp"))
}

/// Where a transaction's outcome lies.
pub fn outcome_key(id: TransactionId) -> [u8; PREFIX_BYTES + 16] {
    let mut key = [0; PREFIX_BYTES + 16];
    key[..PREFIX_BYTES].copy_from_slice(&prefix(OUTCOME_TABLE, PRIMARY_INDEX));
    key[PREFIX_BYTES..].copy_from_slice(id.0.as_bytes());
    key
}

pub fn encode_timestamp(tau: Timestamp) -> [u8; TAU_BYTES] {
    tau.0.to_be_bytes()
}

pub fn decode_timestamp(bytes: &[u8]) -> Result<Timestamp, EngineError> {
    timestamp_at(bytes, 0)
        .filter(|_| bytes.len() == TAU_BYTES)
        .ok_or_else(|| corrupt("a timestamp of a wrong length"))
}

/// Something to be collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Garbage {
    /// The version of `key` at `tau`, which has been superseded.
    Version { key: Bytes, tau: Timestamp },
    /// The deletion of `key` at `tau`, if it is still the newest version.
    Tombstone { key: Bytes, tau: Timestamp },
}

const GARBAGE_VERSION: u8 = 0;
const GARBAGE_TOMBSTONE: u8 = 1;

/// Appends one piece to a `Garbage` record.
pub fn encode_garbage(is_tombstone: bool, key: &[u8], tau: Timestamp, record: &mut Vec<u8>) {
    record.push(if is_tombstone { GARBAGE_TOMBSTONE } else { GARBAGE_VERSION });
    record.extend_from_slice(&tau.0.to_be_bytes());
    let length = u32::try_from(key.len()).expect("keys are at most a KiB");
    record.extend_from_slice(&length.to_be_bytes());
    record.extend_from_slice(key);
}

/// The pieces of a `Garbage` record.
pub fn decode_garbage(record: &[u8]) -> Result<Vec<Garbage>, EngineError> {
    let broken = || corrupt("a garbage record");
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < record.len() {
        let tau = timestamp_at(record, at + 1).ok_or_else(broken)?;
        let length = record.get(at + 9..at + 13).ok_or_else(broken)?;
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let end = at + 13 + length;
        if end > record.len() {
            return Err(broken());
        }
        let key = Bytes::copy_from_slice(&record[at + 13..end]);
        pieces.push(match record[at] {
            GARBAGE_VERSION => Garbage::Version { key, tau },
            GARBAGE_TOMBSTONE => Garbage::Tombstone { key, tau },
            _ => return Err(broken()),
        });
        at = end;
    }
    Ok(pieces)
}

/// What has been applied: written in the same batch as the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub watermark: Timestamp,
    /// The last commit that changed the catalog.
    pub catalog_changed_at: Timestamp,
    /// For each journal the last entry that is completely applied.
    pub positions: BTreeMap<JournalId, Position>,
}

impl Applied {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(17 + 12 * self.positions.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.watermark.0.to_be_bytes());
        bytes.extend_from_slice(&self.catalog_changed_at.0.to_be_bytes());
        for (journal, position) in &self.positions {
            bytes.extend_from_slice(&journal.0.to_be_bytes());
            bytes.extend_from_slice(&position.0.to_be_bytes());
        }
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Applied, EngineError> {
        let broken = || corrupt("the record of what is applied");
        if bytes.first() != Some(&FORMAT) {
            return Err(corrupt("written by another version of the storage layout"));
        }
        let watermark = timestamp_at(bytes, 1).ok_or_else(broken)?;
        let catalog_changed_at = timestamp_at(bytes, 9).ok_or_else(broken)?;
        let rest = &bytes[17..];
        if !rest.len().is_multiple_of(12) {
            return Err(broken());
        }
        let positions = rest.chunks_exact(12).map(|pair| {
            let journal = u32::from_be_bytes(pair[..4].try_into().expect("four bytes"));
            let position = u64::from_be_bytes(pair[4..].try_into().expect("eight bytes"));
            (JournalId(journal), Position(position))
        });
        Ok(Applied { watermark, catalog_changed_at, positions: positions.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_keeps_the_order_of_keys_and_puts_newer_versions_first() {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        let alphabet = [0u8, 1, 0x61, 0xFE, 0xFF];
        for first in alphabet {
            keys.push(vec![first]);
            for second in alphabet {
                keys.push(vec![first, second]);
                keys.extend(alphabet.map(|third| vec![first, second, third]));
            }
        }
        keys.push(Vec::new());
        keys.sort();
        let placed: Vec<Vec<u8>> = keys
            .iter()
            .flat_map(|key| [u64::MAX, 7, 5, 0].map(|tau| history_key(key, Timestamp(tau))))
            .collect();
        assert!(placed.is_sorted());
        for key in &keys {
            let (start, end) = history_range(key, Timestamp(6));
            let inside = placed.iter().filter(|one| (&start..=&end).contains(one)).count();
            assert_eq!(inside, 2, "the versions at 5 and 0 of this key and of no other");
        }
    }

    #[test]
    fn records_survive_the_round_trip_and_broken_ones_are_refused() {
        let applied = Applied {
            watermark: Timestamp(9),
            catalog_changed_at: Timestamp(4),
            positions: BTreeMap::from([(JournalId(1), Position(2)), (JournalId(3), Position(4))]),
        };
        let bytes = applied.encode();
        assert_eq!(Applied::decode(&bytes), Ok(applied));
        for length in (0..17).chain([18, 28, bytes.len() - 1]) {
            assert!(Applied::decode(&bytes[..length]).is_err());
        }
        let mut record = Vec::new();
        encode_garbage(false, b"key", Timestamp(3), &mut record);
        encode_garbage(true, b"", Timestamp(4), &mut record);
        assert_eq!(
            decode_garbage(&record),
            Ok(vec![
                Garbage::Version { key: Bytes::from_static(b"key"), tau: Timestamp(3) },
                Garbage::Tombstone { key: Bytes::new(), tau: Timestamp(4) },
            ])
        );
        assert_eq!(decode_garbage(&record[..0]), Ok(Vec::new()));
        for length in [1, 9, 13, 15, record.len() - 1] {
            assert!(decode_garbage(&record[..length]).is_err());
        }
        assert!(split_latest(b"1234567").is_err());
        assert!(split_latest(b"12345678\x02").is_err());
    }
}
