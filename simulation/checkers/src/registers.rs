//! Registers: reads show the last value only, so the order of versions has to come from elsewhere, `tau_commit`.
//!
//! A register whose versions are in a known order is a list: reading a value is reading all versions up to it.

use std::collections::BTreeMap;

use crate::history::{History, Operation, Status, Transaction};

/// One step. Values are unique for each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    Write { key: u64, value: u64 },
    Read { key: u64, value: Option<u64> },
}

/// One transaction over registers.
#[derive(Clone, Debug)]
pub struct RegisterTransaction {
    pub process: u32,
    pub status: Status,
    pub invoked: u32,
    pub completed: Option<u32>,
    pub accesses: Vec<Access>,
    /// Where it stands in the order of versions, if it is known to have committed.
    pub tau_commit: Option<u64>,
}

/// The history of lists that says the same.
pub fn as_lists(transactions: &[RegisterTransaction], events: u32) -> History {
    let mut versions: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    for one in transactions {
        let Some(tau_commit) = one.tau_commit else { continue };
        for access in &one.accesses {
            if let Access::Write { key, value } = access {
                versions.entry(*key).or_default().push((tau_commit, *value));
            }
        }
    }
    for of_key in versions.values_mut() {
        // Stable: several writes of one transaction stay in their order.
        of_key.sort_by_key(|(tau_commit, _)| *tau_commit);
    }
    let transactions = transactions.iter().map(|one| {
        let mut own: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let operations = one.accesses.iter().map(|access| match access {
            Access::Write { key, value } => {
                own.entry(*key).or_default().push(*value);
                Operation::Append { key: *key, value: *value }
            }
            Access::Read { key, value } => {
                let list = list(versions.get(key), own.get(key), *value);
                Operation::Read { key: *key, list: list.into() }
            }
        });
        Transaction {
            process: one.process,
            status: one.status,
            invoked: one.invoked,
            completed: one.completed,
            operations: operations.collect(),
        }
    });
    History { transactions: transactions.collect(), events }
}

fn list(
    versions: Option<&Vec<(u64, u64)>>,
    own: Option<&Vec<u64>>,
    value: Option<u64>,
) -> Vec<u64> {
    let Some(value) = value else { return Vec::new() };
    let all = versions.map_or(&[][..], Vec::as_slice);
    match all.iter().position(|(_, version)| *version == value) {
        Some(place) => all[..=place].iter().map(|(_, version)| *version).collect(),
        None => own.filter(|own| own.contains(&value)).cloned().unwrap_or_else(|| vec![value]),
    }
}
