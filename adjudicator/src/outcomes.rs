//! How transactions ended: the window in which a repeated request gets the same answer.
//!
//! Forgetting an end must not let the transaction run again, so each end says which floor its forgetting demands.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use protocol::transaction::Refusal;
use protocol::{ShardId, Timestamp, TransactionId};

/// What this shard knows about one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// Waits, or votes are being collected, or this shard has voted.
    Running,
    /// Decided; the append is under way.
    Appending {
        tau_commit: Timestamp,
    },
    Committed {
        tau_commit: Timestamp,
    },
    Refused(Box<Refusal>),
    /// The append may or may not survive.
    Unknown {
        tau_commit: Timestamp,
    },
    /// Another shard's decision; over as far as this shard is concerned.
    Elsewhere {
        leader: ShardId,
    },
}

/// The window.
#[derive(Clone, Debug)]
pub struct Outcomes {
    records: HashMap<TransactionId, Record>,
    /// Ended ones in the order of their ends, with the floor that forgetting them demands.
    ended: VecDeque<(TransactionId, Timestamp)>,
    maximum: usize,
}

impl Outcomes {
    pub fn new(maximum: usize) -> Outcomes {
        Outcomes { records: HashMap::new(), ended: VecDeque::new(), maximum }
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn get(&self, id: &TransactionId) -> Option<&Record> {
        self.records.get(id)
    }

    /// Notes that the transaction is under way.
    pub fn begin(&mut self, id: TransactionId) {
        self.records.insert(id, Record::Running);
    }

    pub fn appending(&mut self, id: TransactionId, tau_commit: Timestamp) {
        self.records.insert(id, Record::Appending { tau_commit });
    }

    /// Drops a transaction that is under way as if it had never come.
    pub fn withdraw(&mut self, id: &TransactionId) {
        self.records.remove(id);
    }

    /// Notes the end. Returns the floor that what had to be forgotten demands.
    pub fn end(
        &mut self,
        id: TransactionId,
        record: Record,
        floor: Timestamp,
    ) -> Option<Timestamp> {
        let again = matches!(
            self.records.insert(id, record),
            Some(
                Record::Committed { .. }
                    | Record::Refused(_)
                    | Record::Unknown { .. }
                    | Record::Elsewhere { .. }
            )
        );
        if again {
            return None;
        }
        self.ended.push_back((id, floor));
        if self.ended.len() <= self.maximum {
            return None;
        }
        let (forgotten, floor) = self.ended.pop_front()?;
        self.records.remove(&forgotten);
        Some(floor)
    }

    pub(crate) fn fingerprint(&self, hasher: &mut impl Hasher) {
        let sorted: BTreeMap<_, _> = self.records.iter().collect();
        sorted.hash(hasher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> TransactionId {
        TransactionId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn forgetting_an_end_demands_its_floor() {
        let mut outcomes = Outcomes::new(2);
        outcomes.begin(id(1));
        for number in 1..=2 {
            let record = Record::Committed { tau_commit: Timestamp(number) };
            assert_eq!(outcomes.end(id(number.into()), record, Timestamp(number)), None);
        }
        let record = Record::Elsewhere { leader: ShardId(1) };
        assert_eq!(outcomes.end(id(3), record, Timestamp::ZERO), Some(Timestamp(1)));
        assert_eq!(outcomes.get(&id(1)), None);
        assert_eq!(outcomes.len(), 2);
    }
}
