//! What clients were told against what the journals hold in the end.

use std::collections::BTreeMap;
use std::fmt;

/// What a client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Committed {
        tau_commit: u64,
    },
    Refused,
    /// Unknown, or nothing at all.
    Unknown,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Acknowledged and in no journal.
    Lost { transaction: u64, tau_commit: u64 },
    /// Acknowledged at another time than it has.
    Moved { transaction: u64, acknowledged: u64, held: u64 },
    /// Refused and in a journal.
    Refused { transaction: u64, tau_commit: u64 },
    /// In the journals more than once.
    Twice { transaction: u64 },
    /// In a journal, and nobody sent it.
    Unsent { transaction: u64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Lost { transaction, tau_commit } => {
                write!(formatter, "T{transaction} was acknowledged at {tau_commit} and is nowhere")
            }
            Fault::Moved { transaction, acknowledged, held } => {
                write!(
                    formatter,
                    "T{transaction} was acknowledged at {acknowledged} and is at {held}"
                )
            }
            Fault::Refused { transaction, tau_commit } => {
                write!(formatter, "T{transaction} was refused and is in a journal at {tau_commit}")
            }
            Fault::Twice { transaction } => {
                write!(formatter, "T{transaction} is in the journals more than once")
            }
            Fault::Unsent { transaction } => {
                write!(formatter, "T{transaction} is in a journal and nobody sent it")
            }
        }
    }
}

/// `held`: every transaction in every journal with its `tau_commit`. Read-only transactions are in none: leave them out.
pub fn check(told: &BTreeMap<u64, Told>, held: &[(u64, u64)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for (transaction, tau_commit) in held.iter().copied() {
        if found.insert(transaction, tau_commit).is_some() {
            faults.push(Fault::Twice { transaction });
        }
        if !told.contains_key(&transaction) {
            faults.push(Fault::Unsent { transaction });
        }
    }
    for (transaction, told) in told {
        let transaction = *transaction;
        match (told, found.get(&transaction).copied()) {
            (Told::Committed { tau_commit }, None) => {
                faults.push(Fault::Lost { transaction, tau_commit: *tau_commit });
            }
            (Told::Committed { tau_commit }, Some(held)) if held != *tau_commit => {
                faults.push(Fault::Moved { transaction, acknowledged: *tau_commit, held });
            }
            (Told::Refused, Some(tau_commit)) => {
                faults.push(Fault::Refused { transaction, tau_commit });
            }
            _ => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks: D1, D2, A1
    #[test]
    fn each_way_to_differ_is_a_fault_and_unknown_is_none() {
        let told = BTreeMap::from([
            (1, Told::Committed { tau_commit: 10 }),
            (2, Told::Refused),
            (3, Told::Unknown),
        ]);
        assert_eq!(check(&told, &[(1, 10)]), []);
        assert_eq!(check(&told, &[(1, 10), (3, 11)]), []);
        assert_eq!(check(&told, &[]), [Fault::Lost { transaction: 1, tau_commit: 10 }]);
        let moved = Fault::Moved { transaction: 1, acknowledged: 10, held: 11 };
        assert_eq!(check(&told, &[(1, 11)]), [moved]);
        let refused = Fault::Refused { transaction: 2, tau_commit: 12 };
        assert_eq!(check(&told, &[(1, 10), (2, 12)]), [refused]);
        assert_eq!(check(&told, &[(1, 10), (1, 10)]), [Fault::Twice { transaction: 1 }]);
        assert_eq!(check(&told, &[(1, 10), (4, 12)]), [Fault::Unsent { transaction: 4 }]);
    }
}
