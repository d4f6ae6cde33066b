//! What a transaction asks the adjudicators for, and what a broken one leaves out.

use protocol::transaction::{Addition, Check, CommitRequest, ConflictClass, Delta, Write};
use protocol::{Timestamp, TransactionId};
use uuid::Uuid;

use crate::work::{COUNTERS, Intents, NAMES, encode_key};

/// A part of a request that is left out on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omission {
    /// M19: keys that are only checked.
    Checks,
    /// M8: keys of unique names are written without being adjudicated.
    UniqueKeys,
    /// M15: which definitions it depends on.
    Definitions,
    /// A counter that is set is sent with the class of an addition.
    Sets,
}

impl Intents {
    /// The request of the transaction with this number.
    pub fn request(
        &self,
        number: usize,
        tau_start: Timestamp,
        omission: Option<Omission>,
    ) -> CommitRequest {
        let left_out = |what| omission == Some(what);
        let is_within = |key: u64, keys: (u64, u64)| (keys.0..=keys.1).contains(&key);
        let class = |key: u64, class: ConflictClass| match class {
            _ if left_out(Omission::UniqueKeys) && is_within(key, NAMES) => None,
            _ if left_out(Omission::Sets) && is_within(key, COUNTERS) => Some(ConflictClass::Delta),
            class => Some(class),
        };
        let writes = self.writes.iter().map(|(key, (value, written))| Write {
            key: encode_key(*key),
            value: value.clone(),
            class: class(*key, *written),
        });
        let additions = self.additions.iter().map(|(key, amount)| Addition {
            key: encode_key(*key),
            deltas: vec![Delta { column: 0, amount: *amount }],
        });
        let checks =
            self.checks.iter().map(|(key, class)| Check { key: encode_key(*key), class: *class });
        CommitRequest {
            id: TransactionId(Uuid::from_u128(number as u128)),
            tau_start,
            writes: writes.collect(),
            additions: additions.collect(),
            checks: if left_out(Omission::Checks) { Vec::new() } else { checks.collect() },
            ranges: Vec::new(),
            schema: if left_out(Omission::Definitions) { Vec::new() } else { self.schema.clone() },
        }
    }
}
