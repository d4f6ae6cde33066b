//! What happened to the transactions: latencies, conflicts, errors.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

/// Three significant digits, from a microsecond to ten minutes.
const HIGHEST_MICROSECONDS: u64 = 600_000_000;

fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, HIGHEST_MICROSECONDS, 3)
        .expect("bounds and digits are constants within the library's range")
}

/// How a transaction ended, all its tries together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was acknowledged.
    Committed,
    /// Every try ended in a conflict.
    GaveUp,
    /// It failed for another reason, with this SQLSTATE or `connection`.
    Failed(String),
    /// The connection broke while it committed.
    Unknown,
    /// It ended in ROLLBACK, as it was meant to.
    RolledBack,
}

/// One client's counts; those of all clients are merged for the report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// By kind of operation, in microseconds.
    pub(crate) latencies: BTreeMap<&'static str, Histogram<u64>>,
    pub(crate) committed: u64,
    /// Tries that ended in 40001 or 40P01.
    pub(crate) conflicts: u64,
    /// Tries after the first.
    pub(crate) retries: u64,
    pub(crate) gave_up: u64,
    pub(crate) unknown: u64,
    /// Failed transactions and conflicting tries by SQLSTATE.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) reconnects: u64,
}

impl Record {
    /// `conflicts` has the SQLSTATE of every try that conflicted.
    pub(crate) fn add(
        &mut self,
        operation: &'static str,
        microseconds: u64,
        conflicts: &[String],
        ending: &Ending,
    ) {
        let conflict_count = conflicts.len() as u64;
        self.conflicts += conflict_count;
        for code in conflicts {
            *self.errors.entry(code.clone()).or_default() += 1;
        }
        // The last conflict of one that gave up was not followed by another try.
        self.retries += match ending {
            Ending::GaveUp => conflict_count.saturating_sub(1),
            _ => conflict_count,
        };
        match ending {
            Ending::Committed | Ending::RolledBack => {
                self.committed += u64::from(*ending == Ending::Committed);
                self.latencies
                    .entry(operation)
                    .or_insert_with(new_histogram)
                    .saturating_record(microseconds.max(1));
            }
            Ending::GaveUp => self.gave_up += 1,
            Ending::Unknown => self.unknown += 1,
            Ending::Failed(code) => *self.errors.entry(code.clone()).or_default() += 1,
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (operation, histogram) in &other.latencies {
            self.latencies
                .entry(operation)
                .or_insert_with(new_histogram)
                .add(histogram)
                .expect("all histograms have the same bounds");
        }
        self.committed += other.committed;
        self.conflicts += other.conflicts;
        self.retries += other.retries;
        self.gave_up += other.gave_up;
        self.unknown += other.unknown;
        self.reconnects += other.reconnects;
        for (code, count) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_retries_and_endings_are_counted_apart() {
        let conflict = || "40001".to_owned();
        let mut record = Record::default();
        record.add("transfer", 1_000, &[], &Ending::Committed);
        record.add("transfer", 3_000, &[conflict(), conflict()], &Ending::Committed);
        record.add("transfer", 9_000, &[conflict(), conflict(), conflict()], &Ending::GaveUp);
        record.add("transfer", 5, &[], &Ending::Failed("23505".to_owned()));
        record.add("transfer", 5, &[], &Ending::Unknown);
        record.add("undone", 7, &[], &Ending::RolledBack);
        assert_eq!(record.latencies["undone"].len(), 1, "but it is not committed:");
        assert_eq!((record.committed, record.gave_up, record.unknown), (2, 1, 1));
        assert_eq!((record.conflicts, record.retries), (5, 4));
        assert_eq!(record.errors["40001"], 5);
        assert_eq!(record.errors["23505"], 1);
        let histogram = &record.latencies["transfer"];
        assert_eq!(histogram.len(), 2, "only what was acknowledged has a latency");
    }

    #[test]
    fn merging_adds_up() {
        let mut left = Record::default();
        left.add("read", 10, &[], &Ending::Committed);
        let mut right = Record::default();
        right.add("read", HIGHEST_MICROSECONDS * 2, &[], &Ending::Committed);
        right.add("write", 20, &["40001".to_owned()], &Ending::Committed);
        left.merge(&right);
        assert_eq!(left.committed, 3);
        assert_eq!(left.latencies["read"].len(), 2);
        assert_eq!(left.latencies["write"].len(), 1);
        assert_eq!(left.errors["40001"], 1);
    }
}
