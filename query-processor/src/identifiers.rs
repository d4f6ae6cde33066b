//! Numbers for new objects: taken from a stored counter in blocks, never used twice.

use bytes::Bytes;
use parking_lot::Mutex;
use protocol::key::{PRIMARY_INDEX, SEQUENCE_TABLE, prefix};
use protocol::transaction::{ConflictClass, Write};
use types::oid::FIRST_USER_OID;
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::services::Services;

/// Numbers reserved at a time; what is left when the process ends is lost.
const BLOCK: u32 = 64;

/// The block in hand.
#[derive(Default)]
pub struct ObjectIdentifiers {
    block: Mutex<(Oid, Oid)>,
}

/// Where the counter is stored: below every sequence's own.
fn key() -> Bytes {
    let mut key = prefix(SEQUENCE_TABLE, PRIMARY_INDEX).to_vec();
    key.push(0);
    Bytes::from(key)
}

/// A number that no object has, had or will have.
pub fn allocate(services: &Services) -> SqlResult<Oid> {
    let held = &services.identifiers.block;
    let mut block = match held.try_lock() {
        Some(guard) => guard,
        // Whoever holds it waits for a commit, which needs the runtime's workers.
        None => tokio::task::block_in_place(|| held.lock()),
    };
    if block.0 == block.1 {
        let first = services.block_on(services.run_small(|tau| {
            let next = match services.read_row(&key(), tau)? {
                Some(bytes) => {
                    <[u8; 4]>::try_from(&bytes[..]).map(u32::from_be_bytes).map_err(|_| {
                        SqlError::new(sqlstate::DATA_CORRUPTED, "the object counter is corrupt")
                    })?
                }
                None => FIRST_USER_OID,
            };
            let after = next.checked_add(BLOCK).ok_or_else(|| {
                SqlError::new(
                    sqlstate::PROGRAM_LIMIT_EXCEEDED,
                    "all object identifiers are used up",
                )
            })?;
            let write = Write {
                key: key(),
                value: Some(Bytes::copy_from_slice(&after.to_be_bytes())),
                class: Some(ConflictClass::Exclusive),
            };
            Ok((vec![write], next))
        }))?;
        *block = (first, first + BLOCK);
    }
    let oid = block.0;
    block.0 += 1;
    Ok(oid)
}
