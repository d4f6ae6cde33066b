//! The order of each key's versions, as the reads tell it, and the anomalies that need no graph.
//!
//! Every read shows the whole list, so the longest read of a key is the order of its versions. Appends of the last
//! seen writer follow at once; what nobody saw comes after, in no order.

use std::collections::{BTreeMap, HashMap};

use crate::history::{History, Operation, Status, Transaction};
use crate::report::{Basis, Class, Report};

/// One element of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version {
    pub value: u64,
    pub writer: u32,
}

/// One key.
#[derive(Debug, Default)]
pub(crate) struct KeyVersions {
    pub key: u64,
    pub order: Vec<Version>,
    /// Writers, other than failed ones, of what no read shows.
    pub unobserved: Vec<Version>,
}

/// What a committed transaction saw of a key before its own appends: so many versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadAt {
    pub reader: u32,
    pub key: u32,
    pub seen: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Versions {
    pub keys: Vec<KeyVersions>,
    pub reads: Vec<ReadAt>,
    /// Whether something of the transaction was read by another.
    pub applied: Vec<bool>,
}

#[derive(Clone, Copy)]
struct Writer {
    transaction: u32,
    /// The transaction's last append to the key.
    last: bool,
}

/// A read that agrees with its own transaction.
struct Seen<'h> {
    reader: u32,
    key: u64,
    list: &'h [u64],
    /// Elements before the reader's own.
    external: usize,
}

struct Reading<'h> {
    history: &'h History,
    writers: HashMap<(u64, u64), Writer>,
    report: &'h mut Report,
}

/// Finds the order of versions and reports what is wrong already.
pub(crate) fn infer(history: &History, strong: bool, report: &mut Report) -> Versions {
    let mut reading = Reading { history, writers: writers(history), report };
    let mut seen = Vec::new();
    for (index, one) in history.transactions.iter().enumerate() {
        if one.status == Status::Committed {
            reading.transaction(index as u32, one, &mut seen);
        }
    }
    let mut versions = reading.order(&seen);
    reading.compare(&seen, strong, &mut versions);
    reading.dirty(&versions);
    reading.lost_updates(&versions);
    if strong {
        reading.lost_appends(&versions);
    }
    versions
}

fn writers(history: &History) -> HashMap<(u64, u64), Writer> {
    let mut writers = HashMap::new();
    for (index, one) in history.transactions.iter().enumerate() {
        let transaction = index as u32;
        for (place, operation) in one.operations.iter().enumerate() {
            if let Operation::Append { key, value } = operation {
                let last = !one.operations[place + 1..].iter().any(
                    |later| matches!(later, Operation::Append { key: same, .. } if same == key),
                );
                writers.insert((*key, *value), Writer { transaction, last });
            }
        }
    }
    writers
}

impl<'h> Reading<'h> {
    fn add(&mut self, class: Class, transactions: &[usize], witness: impl FnOnce() -> String) {
        self.report.add(class, Basis::Data, transactions, witness);
    }

    /// One transaction by itself: does it agree with its own steps, and is what it read there to be read?
    fn transaction(&mut self, index: u32, one: &'h Transaction, seen: &mut Vec<Seen<'h>>) {
        let at = index as usize;
        let mut known: BTreeMap<u64, (Option<&[u64]>, Vec<u64>)> = BTreeMap::new();
        for (place, operation) in one.operations.iter().enumerate() {
            match operation {
                Operation::Append { key, value } => known.entry(*key).or_default().1.push(*value),
                Operation::Read { key, list } => {
                    let (base, own) = known.entry(*key).or_default();
                    let before = list.len().checked_sub(own.len());
                    let Some(external) = before.filter(|before| list[*before..] == own[..]) else {
                        self.add(Class::Internal, &[at], || {
                            format!("T{at} appended {own:?} to key {key} and then read {list:?}")
                        });
                        continue;
                    };
                    let future = one.operations[place..].iter().any(|later| {
                        matches!(later, Operation::Append { key: same, value }
                            if same == key && list.contains(value))
                    });
                    if future {
                        self.add(Class::FutureRead, &[at], || {
                            format!(
                                "T{at} read {list:?} of key {key} before it appended part of it"
                            )
                        });
                        continue;
                    }
                    match base {
                        Some(base) if *base != &list[..external] => {
                            let base = *base;
                            self.add(Class::Internal, &[at], || {
                                format!("T{at} read {base:?} of key {key} and later {list:?}")
                            });
                            continue;
                        }
                        Some(_) => continue,
                        None => *base = Some(&list[..external]),
                    }
                    if self.elements(index, *key, list, external) {
                        seen.push(Seen { reader: index, key: *key, list, external });
                    }
                }
            }
        }
    }

    /// `false` if the list cannot be any key's history.
    fn elements(&mut self, reader: u32, key: u64, list: &[u64], external: usize) -> bool {
        let at = reader as usize;
        self.report.counters.reads_with_content += u64::from(external > 0);
        let mut sound = true;
        if has_duplicates(list) {
            sound = false;
            self.add(Class::DuplicateElements, &[at], || {
                format!("T{at} read {list:?} of key {key}, with an element twice")
            });
        }
        for value in &list[..external] {
            let Some(writer) = self.writers.get(&(key, *value)).copied() else {
                sound = false;
                self.add(Class::GarbageRead, &[at], || {
                    format!("T{at} read {value} of key {key}, which nobody wrote")
                });
                continue;
            };
            let from = writer.transaction as usize;
            if self.history.transactions[from].status == Status::Failed {
                self.add(Class::G1a, &[at, from], || {
                    format!("T{at} read {value} of key {key}, which T{from} wrote, which failed")
                });
            }
        }
        let last = list[..external].last().and_then(|value| self.writers.get(&(key, *value)));
        if let Some(writer) = last.filter(|writer| !writer.last && writer.transaction != reader) {
            let from = writer.transaction as usize;
            self.add(Class::G1b, &[at, from], || {
                format!("T{at} read {list:?} of key {key}: T{from} appended more to it afterwards")
            });
        }
        sound
    }

    fn order(&mut self, seen: &[Seen<'h>]) -> Versions {
        let mut longest: BTreeMap<u64, &[u64]> = BTreeMap::new();
        for one in self.history.transactions.iter() {
            for operation in &one.operations {
                if let Operation::Append { key, .. } = operation {
                    longest.entry(*key).or_default();
                }
            }
        }
        for read in seen {
            let list = longest.entry(read.key).or_default();
            if read.list.len() > list.len() {
                *list = read.list;
            }
        }
        let mut keys: Vec<KeyVersions> = Vec::with_capacity(longest.len());
        let mut dense: HashMap<u64, u32> = HashMap::with_capacity(longest.len());
        for (key, list) in &longest {
            let order = list.iter().filter_map(|value| {
                let writer = self.writers.get(&(*key, *value))?;
                Some(Version { value: *value, writer: writer.transaction })
            });
            dense.insert(*key, keys.len() as u32);
            keys.push(KeyVersions { key: *key, order: order.collect(), unobserved: Vec::new() });
        }
        self.unobserved(&longest, &dense, &mut keys);
        let mut applied = vec![false; self.history.transactions.len()];
        let mut reads = Vec::with_capacity(seen.len());
        for read in seen {
            let key = dense[&read.key];
            for value in &read.list[..read.external] {
                if let Some(writer) = self.writers.get(&(read.key, *value)) {
                    applied[writer.transaction as usize] = true;
                }
            }
            reads.push(ReadAt { reader: read.reader, key, seen: read.external as u32 });
        }
        Versions { keys, reads, applied }
    }

    fn unobserved(
        &self,
        longest: &BTreeMap<u64, &[u64]>,
        dense: &HashMap<u64, u32>,
        keys: &mut [KeyVersions],
    ) {
        let observed: HashMap<(u64, u64), ()> = longest
            .iter()
            .flat_map(|(key, list)| list.iter().map(|value| ((*key, *value), ())))
            .collect();
        for (index, one) in self.history.transactions.iter().enumerate() {
            if one.status == Status::Failed {
                continue;
            }
            for operation in &one.operations {
                let Operation::Append { key, value } = operation else { continue };
                if observed.contains_key(&(*key, *value)) {
                    continue;
                }
                let versions = &mut keys[dense[key] as usize];
                let version = Version { value: *value, writer: index as u32 };
                // The last one seen goes on with what it appended after the read.
                let listed = longest[key].len();
                let continues = listed > 0
                    && versions
                        .order
                        .get(listed - 1)
                        .is_some_and(|last| last.writer == version.writer);
                if continues {
                    versions.order.push(version);
                } else {
                    versions.unobserved.push(version);
                }
            }
        }
    }

    /// Every read must be a beginning of the longest one; those that are not make no edges.
    fn compare(&mut self, seen: &[Seen<'h>], strong: bool, versions: &mut Versions) {
        let mut kept = Vec::with_capacity(seen.len());
        for (read, at) in seen.iter().zip(std::mem::take(&mut versions.reads)) {
            let order = &versions.keys[at.key as usize].order;
            let agrees = read.list.len() <= order.len()
                && read.list.iter().zip(order).all(|(value, version)| *value == version.value);
            if agrees {
                kept.push(at);
                continue;
            }
            let (reader, key, list) = (read.reader as usize, read.key, read.list);
            self.add(Class::IncompatibleOrder, &[reader], || {
                let longest: Vec<u64> = order.iter().map(|version| version.value).collect();
                format!("T{reader} read {list:?} of key {key}, which was also read as {longest:?}")
            });
            let invoked = self.history.transactions[reader].invoked;
            for version in order.iter().filter(|version| strong && !list.contains(&version.value)) {
                let one = &self.history.transactions[version.writer as usize];
                let before = one.completed.is_some_and(|completed| completed < invoked);
                if before && one.status == Status::Committed {
                    self.lost(reader, key, version);
                }
            }
        }
        versions.reads = kept;
    }

    fn dirty(&mut self, versions: &Versions) {
        for key in &versions.keys {
            for pair in key.order.windows(2) {
                let status =
                    |version: &Version| self.history.transactions[version.writer as usize].status;
                if status(&pair[0]) == Status::Failed && status(&pair[1]) != Status::Failed {
                    let (below, above) = (pair[0].writer as usize, pair[1].writer as usize);
                    let (key, value) = (key.key, pair[0].value);
                    self.add(Class::DirtyUpdate, &[below, above], || {
                        format!(
                            "T{above} wrote key {key} on top of {value} of T{below}, which failed"
                        )
                    });
                }
            }
        }
    }

    fn lost_updates(&mut self, versions: &Versions) {
        let mut first: HashMap<(u32, u32), u32> = HashMap::new();
        for read in &versions.reads {
            let one = &self.history.transactions[read.reader as usize];
            let key = versions.keys[read.key as usize].key;
            let writes = one
                .operations
                .iter()
                .any(|step| matches!(step, Operation::Append { key: same, .. } if *same == key));
            if !writes {
                continue;
            }
            let other = *first.entry((read.key, read.seen)).or_insert(read.reader);
            if other != read.reader {
                let (one, two) = (other as usize, read.reader as usize);
                self.add(Class::LostUpdate, &[one, two], || {
                    format!(
                        "T{one} and T{two} read the same version of key {key} and both wrote it"
                    )
                });
            }
        }
    }

    /// Acknowledged, and absent from a read that was sent afterwards.
    fn lost_appends(&mut self, versions: &Versions) {
        let acknowledged = |version: &Version| {
            let one = &self.history.transactions[version.writer as usize];
            one.completed.filter(|_| one.status == Status::Committed)
        };
        // For each key and each number of versions seen: the first acknowledgement among the others.
        let missing: Vec<Vec<Option<(u32, Version)>>> = versions
            .keys
            .iter()
            .map(|key| {
                let earlier = |found: Option<(u32, Version)>, version: &Version| match (
                    found,
                    acknowledged(version),
                ) {
                    (Some(found), Some(at)) if found.0 <= at => Some(found),
                    (_, Some(at)) => Some((at, *version)),
                    (found, None) => found,
                };
                let mut first = key.unobserved.iter().fold(None, earlier);
                let mut all = vec![first];
                for version in key.order.iter().rev() {
                    first = earlier(first, version);
                    all.push(first);
                }
                all.reverse();
                all
            })
            .collect();
        let mut lost = Vec::new();
        for read in &versions.reads {
            let invoked = self.history.transactions[read.reader as usize].invoked;
            match missing[read.key as usize][read.seen as usize] {
                Some((at, version)) if at < invoked && version.writer != read.reader => {
                    lost.push((*read, version));
                }
                _ => {}
            }
        }
        for (read, version) in lost {
            let key = versions.keys[read.key as usize].key;
            self.lost(read.reader as usize, key, &version);
        }
    }

    fn lost(&mut self, reader: usize, key: u64, version: &Version) {
        let (writer, value) = (version.writer as usize, version.value);
        self.report.add(Class::LostAppend, Basis::RealTime, &[reader, writer], || {
            format!(
                "{value} of key {key} was acknowledged to T{writer} before T{reader} was sent, \
                 which did not see it"
            )
        });
    }
}

fn has_duplicates(list: &[u64]) -> bool {
    if list.len() <= 16 {
        return (1..list.len()).any(|place| list[..place].contains(&list[place]));
    }
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}
