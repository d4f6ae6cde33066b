//! Transactions that this shard has voted for, and the holds on their keys until the outcome is known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use bytes::Bytes;
use protocol::adjudication::{LeaderPart, Part};
use protocol::transaction::{ConflictClass, RangeCheck, SchemaUse};
use protocol::{ShardId, Timestamp, TransactionId};
use smallvec::SmallVec;

use crate::classes::{Relation, relation};
use crate::schema;

/// Whether the outcome may still arrive in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nobody else passes.
    Held,
    /// The go-ahead did not come by `tau_max`: the keys count as written at `tau_max`.
    Assumed,
}

/// What the leader of a transaction keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leading {
    pub part: LeaderPart,
    /// `minimum` and `tau_max` of those who said yes, this shard among them.
    pub votes: BTreeMap<ShardId, (Timestamp, Timestamp)>,
}

/// A transaction that this shard voted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Prepared {
    pub id: TransactionId,
    pub tau_start: Timestamp,
    pub leader: ShardId,
    pub part: Part,
    pub minimum: Timestamp,
    pub tau_max: Timestamp,
    pub phase: Phase,
    pub lead: Option<Leading>,
}

/// A fence in somebody's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    pub holder: TransactionId,
    pub relation: Relation,
    /// The key or the start of the range; empty for a table's definition.
    pub key: Bytes,
}

/// All fences of one shard.
#[derive(Clone, Debug, Default, Hash)]
pub struct Fences {
    prepared: BTreeMap<TransactionId, Prepared>,
    keys: BTreeMap<Bytes, SmallVec<[(TransactionId, ConflictClass); 2]>>,
    ranges: Vec<(TransactionId, RangeCheck)>,
    schema: Vec<(TransactionId, SchemaUse)>,
    deadlines: BTreeSet<(Timestamp, TransactionId)>,
}

impl Fences {
    pub fn len(&self) -> usize {
        self.prepared.len()
    }

    pub fn is_empty(&self) -> bool {
        self.prepared.is_empty()
    }

    pub fn get(&self, id: &TransactionId) -> Option<&Prepared> {
        self.prepared.get(id)
    }

    pub fn get_mut(&mut self, id: &TransactionId) -> Option<&mut Prepared> {
        self.prepared.get_mut(id)
    }

    pub fn all(&self) -> impl Iterator<Item = &Prepared> {
        self.prepared.values()
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The transaction whose deadline is over for the longest time.
    pub fn overdue(&self, earliest: Timestamp) -> Option<TransactionId> {
        self.deadlines.first().filter(|(deadline, _)| *deadline < earliest).map(|(_, id)| *id)
    }

    pub fn postpone(&mut self, id: TransactionId, from: Timestamp, to: Timestamp) {
        self.deadlines.remove(&(from, id));
        self.deadlines.insert((to, id));
    }

    pub fn clear(&mut self) -> Vec<Prepared> {
        std::mem::take(self).prepared.into_values().collect()
    }

    /// Puts the fences up, unless only the vote shall be remembered (`hold` is false).
    pub fn place(&mut self, prepared: Prepared, hold: Hold) {
        let id = prepared.id;
        if hold == Hold::Keys {
            for check in &prepared.part.keys {
                self.keys.entry(check.key.clone()).or_default().push((id, check.class));
            }
            self.ranges.extend(prepared.part.ranges.iter().map(|range| (id, range.clone())));
            self.schema.extend(prepared.part.schema.iter().map(|used| (id, *used)));
        }
        self.deadlines.insert((prepared.tau_max, id));
        self.prepared.insert(id, prepared);
    }

    /// Takes the fences down.
    pub fn remove(&mut self, id: &TransactionId) -> Option<Prepared> {
        let prepared = self.prepared.remove(id)?;
        for check in &prepared.part.keys {
            if let Some(holders) = self.keys.get_mut(&check.key) {
                holders.retain(|(holder, _)| holder != id);
                if holders.is_empty() {
                    self.keys.remove(&check.key);
                }
            }
        }
        if !prepared.part.ranges.is_empty() {
            self.ranges.retain(|(holder, _)| holder != id);
        }
        if !prepared.part.schema.is_empty() {
            self.schema.retain(|(holder, _)| holder != id);
        }
        self.deadlines.retain(|(_, holder)| holder != id);
        Some(prepared)
    }

    /// Fences that `class` on `key` meets.
    pub fn meet_key(&self, key: &Bytes, class: ConflictClass, found: &mut Vec<Blocker>) {
        for (holder, theirs) in self.keys.get(key).into_iter().flatten() {
            add(found, *holder, relation(class, *theirs), key);
        }
        if self.ranges.is_empty() {
            return;
        }
        for (holder, range) in &self.ranges {
            if *key >= range.start && *key < range.end {
                add(found, *holder, relation(class, ConflictClass::Read), key);
            }
        }
    }

    /// Fences that a read of a range meets.
    pub fn meet_range(&self, range: &RangeCheck, found: &mut Vec<Blocker>) {
        if range.start >= range.end {
            return;
        }
        let bounds = (Bound::Included(&range.start), Bound::Excluded(&range.end));
        for (key, holders) in self.keys.range::<Bytes, _>(bounds) {
            for (holder, theirs) in holders {
                add(found, *holder, relation(ConflictClass::Read, *theirs), key);
            }
        }
    }

    /// Fences that the use of a table's definition meets.
    pub fn meet_schema(&self, used: SchemaUse, found: &mut Vec<Blocker>) {
        for (holder, theirs) in &self.schema {
            add(found, *holder, schema::relation(used, *theirs), &Bytes::new());
        }
    }
}

fn add(found: &mut Vec<Blocker>, holder: TransactionId, relation: Relation, key: &Bytes) {
    if relation != Relation::Free {
        found.push(Blocker { holder, relation, key: key.clone() });
    }
}

/// What [`Fences::place`] puts up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    Keys,
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::transaction::Check;

    fn id(number: u128) -> TransactionId {
        TransactionId(uuid::Uuid::from_u128(number))
    }

    fn prepared(number: u128, key: &'static [u8], class: ConflictClass, tau_max: u64) -> Prepared {
        Prepared {
            id: id(number),
            tau_start: Timestamp(1),
            leader: ShardId(0),
            part: Part {
                keys: vec![Check { key: Bytes::from_static(key), class }],
                ranges: vec![RangeCheck {
                    start: Bytes::from_static(b"m"),
                    end: Bytes::from_static(b"p"),
                }],
                schema: vec![],
            },
            minimum: Timestamp(2),
            tau_max: Timestamp(tau_max),
            phase: Phase::Held,
            lead: None,
        }
    }

    #[test]
    fn fences_block_by_class_and_are_gone_when_removed() {
        let mut fences = Fences::default();
        fences.place(prepared(1, b"a", ConflictClass::KeyShare, 9), Hold::Keys);
        fences.place(prepared(2, b"b", ConflictClass::Exclusive, 5), Hold::Keys);
        let mut found = Vec::new();
        fences.meet_key(&Bytes::from_static(b"a"), ConflictClass::NonKeyUpdate, &mut found);
        assert!(found.is_empty());
        fences.meet_key(&Bytes::from_static(b"a"), ConflictClass::Exclusive, &mut found);
        fences.meet_key(&Bytes::from_static(b"n"), ConflictClass::Exclusive, &mut found);
        let relations: Vec<_> = found.iter().map(|blocker| blocker.relation).collect();
        assert_eq!(relations, [Relation::Conflict, Relation::Later, Relation::Later]);
        found.clear();
        let range = RangeCheck { start: Bytes::from_static(b"a"), end: Bytes::from_static(b"z") };
        fences.meet_range(&range, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].holder, id(2));
        assert_eq!(fences.overdue(Timestamp(6)), Some(id(2)));
        fences.remove(&id(2));
        fences.remove(&id(1));
        assert!(fences.is_empty() && fences.keys.is_empty() && fences.ranges.is_empty());
        assert_eq!(fences.next_deadline(), None);
    }
}
