//! What a checker has to say.

use std::collections::BTreeMap;
use std::fmt;

/// Kinds of anomalies, named as the literature names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A cycle of writes.
    G0,
    /// A read of something aborted.
    G1a,
    /// A read of something unfinished.
    G1b,
    /// A cycle of writes and reads.
    G1c,
    /// A cycle with one read that missed a write.
    GSingle,
    /// A cycle with several such reads, no two in a row.
    GNonadjacent,
    /// A cycle with several such reads in a row: legal under snapshot isolation.
    G2Item,
    Internal,
    FutureRead,
    GarbageRead,
    DuplicateElements,
    IncompatibleOrder,
    DirtyUpdate,
    LostUpdate,
    LostAppend,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Class::G0 => "G0",
            Class::G1a => "G1a",
            Class::G1b => "G1b",
            Class::G1c => "G1c",
            Class::GSingle => "G-single",
            Class::GNonadjacent => "G-nonadjacent",
            Class::G2Item => "G2-item",
            Class::Internal => "internal",
            Class::FutureRead => "future-read",
            Class::GarbageRead => "garbage-read",
            Class::DuplicateElements => "duplicate-elements",
            Class::IncompatibleOrder => "incompatible-order",
            Class::DirtyUpdate => "dirty-update",
            Class::LostUpdate => "lost-update",
            Class::LostAppend => "lost-append",
        }
    }
}

/// What else than reads and writes a cycle rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    Data,
    Process,
    RealTime,
}

/// One anomaly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub class: Class,
    pub basis: Basis,
    /// Positions in the history.
    pub transactions: Vec<usize>,
    /// The witness, in English.
    pub witness: String,
}

impl Finding {
    /// The class with the suffix that Elle would give it.
    pub fn name(&self) -> String {
        match self.basis {
            Basis::Data => self.class.name().to_owned(),
            Basis::Process => format!("{}-process", self.class.name()),
            Basis::RealTime => format!("{}-realtime", self.class.name()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name(), self.witness)
    }
}

/// How much a history could have shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub committed: u64,
    pub failed: u64,
    pub unknown: u64,
    /// Unknown ones of which something was read later.
    pub unknown_applied: u64,
    pub reads_with_content: u64,
    pub write_write: u64,
    pub write_read: u64,
    pub read_write: u64,
    /// Groups of transactions that no serial order explains: under snapshot isolation legal, and a sign of contention.
    pub skews: u64,
}

/// What a history must at least have shown for a verdict of *valid* to mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floors {
    pub committed: u64,
    pub reads_with_content: u64,
    pub write_write: u64,
    pub write_read: u64,
    pub read_write: u64,
    pub skews: u64,
    /// Conflicts, in thousandths of what ended for sure.
    pub failed_per_mille: u64,
}

/// How many findings of one class are kept; the others are counted.
const MAX_KEPT: u64 = 16;

/// The verdict.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub counters: Counters,
    found: BTreeMap<Class, u64>,
}

impl Report {
    pub fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }

    pub fn has(&self, class: Class) -> bool {
        self.found.contains_key(&class)
    }

    pub(crate) fn add(
        &mut self,
        class: Class,
        basis: Basis,
        transactions: &[usize],
        witness: impl FnOnce() -> String,
    ) {
        let count = self.found.entry(class).or_default();
        *count += 1;
        if *count <= MAX_KEPT {
            let transactions = transactions.to_vec();
            self.findings.push(Finding { class, basis, transactions, witness: witness() });
        }
    }

    /// What falls short of the floors, in English; empty if the verdict means something.
    pub fn vacuity(&self, floors: &Floors) -> Vec<String> {
        let counters = &self.counters;
        let ended = counters.committed + counters.failed;
        let failed = (counters.failed * 1_000).checked_div(ended).unwrap_or(0);
        [
            ("committed transactions", counters.committed, floors.committed),
            ("reads with content", counters.reads_with_content, floors.reads_with_content),
            ("write-write dependencies", counters.write_write, floors.write_write),
            ("write-read dependencies", counters.write_read, floors.write_read),
            ("read-write dependencies", counters.read_write, floors.read_write),
            ("write skews", counters.skews, floors.skews),
            ("conflicts per mille", failed, floors.failed_per_mille),
        ]
        .into_iter()
        .filter(|(_, found, floor)| found < floor)
        .map(|(what, found, floor)| format!("{found} {what}, at least {floor} are expected"))
        .collect()
    }
}
