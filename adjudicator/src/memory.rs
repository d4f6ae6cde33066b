//! Which keys were committed last, and when: the conflict memory.
//!
//! A check is one probe of an open-addressing table (linear probing, 32 bits of the hash beside each index, deletion by
//! shifting back) and one comparison of the key. Entries live in a slab and form a list from the one that was touched
//! longest ago to the latest; when there is no room the oldest goes, and whoever owns the memory raises its floor to
//! that entry's last commit. So the memory may forget but never lie.
//!
//! Checks of ranges need order. A sorted index is built from the slab at the first of them, kept up to date from then
//! on, and dropped when nobody has asked for long, so that a database without `SERIALIZABLE` never pays for it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use protocol::transaction::ConflictClass;
use protocol::{Timestamp, TransactionId};

use crate::classes::{REMEMBERED, conflicting, remembered};

const NOBODY: u32 = u32::MAX;
const FIRST_SLOTS: usize = 64;
/// Records without a range check after which the sorted index is dropped.
const ORDERED_PATIENCE: u64 = 200_000;
/// Old entries that one record may push out on top of its own.
const AGE_STEP: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Slot {
    tag: u32,
    entry: u32,
}

const EMPTY: Slot = Slot { tag: 0, entry: NOBODY };

#[derive(Clone, Debug)]
struct Entry {
    key: Box<[u8]>,
    hash: u64,
    /// Last commit per remembered class.
    taus: [Timestamp; REMEMBERED],
    writer: TransactionId,
    older: u32,
    newer: u32,
}

impl Entry {
    fn latest(&self) -> Timestamp {
        self.taus.iter().copied().max().unwrap_or_default()
    }
}

/// A commit that stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub tau_commit: Timestamp,
    pub writer: TransactionId,
}

/// The conflict memory of one shard.
#[derive(Clone, Debug)]
pub struct ConflictMemory {
    slots: Vec<Slot>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    count: usize,
    oldest: u32,
    newest: u32,
    maximum: usize,
    seed: u64,
    ordered: Option<BTreeMap<Box<[u8]>, u32>>,
    records_since_range: u64,
}

impl ConflictMemory {
    pub fn new(maximum: usize, seed: u64) -> ConflictMemory {
        assert!(maximum > 0 && maximum < NOBODY as usize, "the memory holds some keys");
        ConflictMemory {
            slots: Vec::new(),
            entries: Vec::new(),
            free: Vec::new(),
            count: 0,
            oldest: NOBODY,
            newest: NOBODY,
            maximum,
            seed,
            ordered: None,
            records_since_range: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Forgets everything; the owner's floor must cover it.
    pub fn clear(&mut self) {
        *self = ConflictMemory::new(self.maximum, self.seed);
    }

    /// The latest commit after `tau_start` that conflicts with `class` on `key`.
    #[inline]
    pub fn check(&self, key: &[u8], class: ConflictClass, tau_start: Timestamp) -> Option<Found> {
        if self.count == 0 {
            return None;
        }
        let entry = &self.entries[self.find(key, self.hash(key))? as usize];
        conflict(entry, class, tau_start)
    }

    /// A key in `start..end` that was committed after `tau_start` so that a read of it conflicts.
    pub fn check_range(
        &mut self,
        start: &[u8],
        end: &[u8],
        tau_start: Timestamp,
    ) -> Option<(Box<[u8]>, Found)> {
        self.records_since_range = 0;
        if start >= end {
            return None;
        }
        if self.ordered.is_none() {
            let mut sorted = BTreeMap::new();
            let mut at = self.oldest;
            while at != NOBODY {
                let entry = &self.entries[at as usize];
                sorted.insert(entry.key.clone(), at);
                at = entry.newer;
            }
            self.ordered = Some(sorted);
        }
        let ordered = self.ordered.as_ref()?;
        let bounds = (std::ops::Bound::Included(start), std::ops::Bound::Excluded(end));
        for (key, index) in ordered.range::<[u8], _>(bounds) {
            let entry = &self.entries[*index as usize];
            if let Some(found) = conflict(entry, ConflictClass::Read, tau_start) {
                return Some((key.clone(), found));
            }
        }
        None
    }

    /// Remembers that `key` was committed. Returns the floor that what had to be forgotten demands: nothing at or below
    /// `old` is kept longer than there is work to push it out.
    pub fn record(
        &mut self,
        key: &[u8],
        class: ConflictClass,
        tau_commit: Timestamp,
        writer: TransactionId,
        old: Timestamp,
    ) -> Option<Timestamp> {
        let place = remembered(class)?;
        self.forget_ordered_if_unused();
        let hash = self.hash(key);
        if let Some(index) = self.find(key, hash) {
            let entry = &mut self.entries[index as usize];
            if tau_commit >= entry.latest() {
                entry.writer = writer;
            }
            entry.taus[place] = entry.taus[place].max(tau_commit);
            self.unlink(index);
            self.link_newest(index);
            return self.forget_old(old);
        }
        let mut floor = None;
        if self.count >= self.maximum {
            floor = self.forget_oldest();
        }
        self.insert(key, hash, place, tau_commit, writer);
        floor.max(self.forget_old(old))
    }

    fn insert(
        &mut self,
        key: &[u8],
        hash: u64,
        place: usize,
        tau_commit: Timestamp,
        writer: TransactionId,
    ) {
        if (self.count + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let mut taus = [Timestamp::ZERO; REMEMBERED];
        taus[place] = tau_commit;
        let entry = Entry { key: key.into(), hash, taus, writer, older: NOBODY, newer: NOBODY };
        let index = match self.free.pop() {
            Some(index) => {
                self.entries[index as usize] = entry;
                index
            }
            None => {
                self.entries.push(entry);
                u32::try_from(self.entries.len() - 1).expect("bounded by the maximum")
            }
        };
        self.place(hash, index);
        self.link_newest(index);
        self.count += 1;
        if let Some(ordered) = &mut self.ordered {
            ordered.insert(key.into(), index);
        }
    }

    fn forget_ordered_if_unused(&mut self) {
        if self.ordered.is_some() {
            self.records_since_range += 1;
            if self.records_since_range > ORDERED_PATIENCE {
                self.ordered = None;
            }
        }
    }

    /// Pushes out a few entries that are older than anybody may ask for.
    fn forget_old(&mut self, old: Timestamp) -> Option<Timestamp> {
        let mut floor = None;
        for _ in 0..AGE_STEP {
            if self.oldest == NOBODY || self.entries[self.oldest as usize].latest() >= old {
                break;
            }
            floor = floor.max(self.forget_oldest());
        }
        floor
    }

    fn forget_oldest(&mut self) -> Option<Timestamp> {
        let index = self.oldest;
        if index == NOBODY {
            return None;
        }
        self.unlink(index);
        self.displace(index);
        let entry = &mut self.entries[index as usize];
        let latest = entry.latest();
        let key = std::mem::take(&mut entry.key);
        if let Some(ordered) = &mut self.ordered {
            ordered.remove(&key);
        }
        self.free.push(index);
        self.count -= 1;
        Some(latest)
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
        fn fold(left: u64, right: u64) -> u64 {
            let product = u128::from(left) * u128::from(right);
            (product as u64) ^ ((product >> 64) as u64)
        }
        let mut state = self.seed ^ (key.len() as u64).wrapping_mul(MULTIPLIER);
        let mut chunks = key.chunks_exact(8);
        for chunk in &mut chunks {
            let word = u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
            state = fold(state ^ word, MULTIPLIER | 1);
        }
        let mut last = [0u8; 8];
        let rest = chunks.remainder();
        last[..rest.len()].copy_from_slice(rest);
        state = fold(state ^ u64::from_le_bytes(last), 0xD6E8_FEB8_6659_FD93);
        fold(state ^ self.seed.rotate_left(32), MULTIPLIER)
    }

    #[inline]
    fn find(&self, key: &[u8], hash: u64) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let tag = (hash >> 32) as u32;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.entry == NOBODY {
                return None;
            }
            if slot.tag == tag && *self.entries[slot.entry as usize].key == *key {
                return Some(slot.entry);
            }
            at = (at + 1) & mask;
        }
    }

    fn place(&mut self, hash: u64, entry: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at].entry != NOBODY {
            at = (at + 1) & mask;
        }
        self.slots[at] = Slot { tag: (hash >> 32) as u32, entry };
    }

    /// Takes the entry out of the table and moves those behind it back, so that no probe meets a gap.
    fn displace(&mut self, entry: u32) {
        let mask = self.slots.len() - 1;
        let mut gap = self.entries[entry as usize].hash as usize & mask;
        while self.slots[gap].entry != entry {
            gap = (gap + 1) & mask;
        }
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let slot = self.slots[at];
            if slot.entry == NOBODY {
                break;
            }
            let home = self.entries[slot.entry as usize].hash as usize & mask;
            // It may move back if its home is not between the gap and where it stands.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(gap) & mask) {
                self.slots[gap] = slot;
                gap = at;
            }
        }
        self.slots[gap] = EMPTY;
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(FIRST_SLOTS);
        self.slots = vec![EMPTY; size];
        let mut at = self.oldest;
        while at != NOBODY {
            let (hash, newer) = {
                let entry = &self.entries[at as usize];
                (entry.hash, entry.newer)
            };
            self.place(hash, at);
            at = newer;
        }
    }

    fn unlink(&mut self, index: u32) {
        let (older, newer) = {
            let entry = &self.entries[index as usize];
            (entry.older, entry.newer)
        };
        match older {
            NOBODY => self.oldest = newer,
            other => self.entries[other as usize].newer = newer,
        }
        match newer {
            NOBODY => self.newest = older,
            other => self.entries[other as usize].older = older,
        }
    }

    fn link_newest(&mut self, index: u32) {
        let newest = self.newest;
        let entry = &mut self.entries[index as usize];
        entry.older = newest;
        entry.newer = NOBODY;
        match newest {
            NOBODY => self.oldest = index,
            other => self.entries[other as usize].newer = index,
        }
        self.newest = index;
    }

    /// Feeds what matters, in an order that does not depend on the past.
    pub(crate) fn fingerprint(&self, hasher: &mut impl Hasher) {
        let mut all = BTreeMap::new();
        let mut at = self.oldest;
        while at != NOBODY {
            let entry = &self.entries[at as usize];
            all.insert(&entry.key, (entry.taus, entry.writer));
            at = entry.newer;
        }
        all.hash(hasher);
    }
}

#[inline]
fn conflict(entry: &Entry, class: ConflictClass, tau_start: Timestamp) -> Option<Found> {
    let mut tau_commit = Timestamp::ZERO;
    for (place, counts) in conflicting(class).into_iter().enumerate() {
        if counts {
            tau_commit = tau_commit.max(entry.taus[place]);
        }
    }
    (tau_commit > tau_start).then_some(Found { tau_commit, writer: entry.writer })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    const CLASSES: [ConflictClass; 5] = [
        ConflictClass::Exclusive,
        ConflictClass::NonKeyUpdate,
        ConflictClass::Delta,
        ConflictClass::KeyShare,
        ConflictClass::Read,
    ];

    fn somebody(number: u128) -> TransactionId {
        TransactionId(uuid::Uuid::from_u128(number))
    }

    /// Against a list of everything that was ever recorded: the memory never misses a conflict above the floor that it
    /// asked for, and never invents one.
    #[test]
    fn memory_agrees_with_a_list_of_all_commits() {
        let mut random = StdRng::seed_from_u64(7);
        for maximum in [1, 3, 50, 1_000] {
            let mut memory = ConflictMemory::new(maximum, random.random());
            let mut all: Vec<(Vec<u8>, ConflictClass, Timestamp)> = Vec::new();
            let mut floor = Timestamp::ZERO;
            for tau in 1..3_000u64 {
                let mut key = vec![0u8; random.random_range(0..12)];
                key.push(random.random_range(0..40));
                let class = CLASSES[random.random_range(0..5)];
                let old = Timestamp(tau.saturating_sub(500));
                floor = floor.max(
                    memory
                        .record(&key, class, Timestamp(tau), somebody(1), old)
                        .unwrap_or_default(),
                );
                all.push((key, class, Timestamp(tau)));
                assert!(memory.len() <= maximum);
                let start = Timestamp(random.random_range(0..=tau)).max(floor);
                let (key, mine) = (
                    all[random.random_range(0..all.len())].0.clone(),
                    CLASSES[random.random_range(0..5)],
                );
                let wanted = all.iter().any(|(other, theirs, at)| {
                    *other == key
                        && *at > start
                        && crate::classes::relation(mine, *theirs)
                            == crate::classes::Relation::Conflict
                });
                assert_eq!(memory.check(&key, mine, start).is_some(), wanted);
                if tau % 7 == 0 {
                    let end = all[random.random_range(0..all.len())].0.clone();
                    let wanted = all.iter().any(|(other, theirs, at)| {
                        *other >= key
                            && *other < end
                            && *at > start
                            && crate::classes::relation(ConflictClass::Read, *theirs)
                                == crate::classes::Relation::Conflict
                    });
                    assert_eq!(memory.check_range(&key, &end, start).is_some(), wanted);
                }
            }
        }
    }

    #[test]
    fn sorted_index_is_dropped_when_nobody_asks() {
        let mut memory = ConflictMemory::new(8, 1);
        memory.record(b"a", ConflictClass::Exclusive, Timestamp(5), somebody(1), Timestamp::ZERO);
        assert!(memory.check_range(b"a", b"b", Timestamp(4)).is_some());
        for _ in 0..=ORDERED_PATIENCE {
            memory.record(
                b"b",
                ConflictClass::Exclusive,
                Timestamp(6),
                somebody(1),
                Timestamp::ZERO,
            );
        }
        assert!(memory.ordered.is_none());
        assert!(memory.check_range(b"b", b"c", Timestamp(5)).is_some());
    }
}
