//! The timestamp oracle: replays commits in order of `tau_commit` into a plain map and compares every read.
//!
//! It needs what clients do not see, so it is exact: rows, scans and absences alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A committed transaction, as a journal holds it.
#[derive(Clone, Debug)]
pub struct Commit {
    pub transaction: u64,
    pub tau_start: u64,
    pub tau_commit: u64,
    /// `None` deletes.
    pub writes: Vec<(u64, Option<u64>)>,
    /// Amounts by which keys grew, whatever they were by then.
    pub additions: Vec<(u64, i64)>,
    /// Keys that under SERIALIZABLE must not have changed since `tau_start`.
    pub reads: Vec<u64>,
}

/// What somebody read as of `tau`: all keys of a range with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    pub transaction: u64,
    pub tau: u64,
    /// Inclusive.
    pub first: u64,
    /// Inclusive; the same as `first` for a single key.
    pub last: u64,
    pub rows: Vec<(u64, u64)>,
}

/// Beginnings and acknowledgements in the order in which one observer saw them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Began { transaction: u64, tau_start: u64 },
    Acknowledged { transaction: u64, tau_commit: u64 },
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A commit at or before its own snapshot.
    Backwards { transaction: u64, tau_start: u64, tau_commit: u64 },
    /// Two commits wrote a key and neither began after the other had committed.
    Overlap { key: u64, first: u64, second: u64 },
    /// A key that a serializable transaction read was written between its snapshot and its commit.
    ReadOverwritten { key: u64, reader: u64, writer: u64 },
    /// A read that the model does not confirm.
    WrongRead { observation: Observation, expected: Vec<(u64, u64)> },
    /// Acknowledged at `tau_commit` before the other began at a lower `tau_start`.
    NotSeen { acknowledged: u64, tau_commit: u64, began: u64, tau_start: u64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Backwards { transaction, tau_start, tau_commit } => write!(
                formatter,
                "T{transaction} began at {tau_start} and committed at {tau_commit}, not after it"
            ),
            Fault::Overlap { key, first, second } => write!(
                formatter,
                "T{first} and T{second} both wrote key {key}, and T{second} began before T{first} committed"
            ),
            Fault::ReadOverwritten { key, reader, writer } => write!(
                formatter,
                "T{reader} read key {key} under SERIALIZABLE, and T{writer} changed it before T{reader} committed"
            ),
            Fault::WrongRead { observation, expected } => write!(
                formatter,
                "T{} read keys {} to {} as of {} as {:?}, but the commits say {expected:?}",
                observation.transaction,
                observation.first,
                observation.last,
                observation.tau,
                observation.rows
            ),
            Fault::NotSeen { acknowledged, tau_commit, began, tau_start } => write!(
                formatter,
                "T{acknowledged} was acknowledged at {tau_commit}, and then T{began} began at {tau_start}"
            ),
        }
    }
}

/// All versions of all keys.
#[derive(Debug, Default)]
pub struct Model {
    /// Of each key, in order: `tau_commit`, value, writer.
    versions: BTreeMap<u64, Vec<Version>>,
}

#[derive(Clone, Copy, Debug)]
struct Version {
    tau_commit: u64,
    tau_start: u64,
    change: Change,
    writer: u64,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Set(Option<u64>),
    Add(i64),
}

impl Model {
    pub fn new(commits: &[Commit]) -> Model {
        let mut versions: BTreeMap<u64, Vec<Version>> = BTreeMap::new();
        for commit in commits {
            let sets = commit.writes.iter().map(|(key, value)| (*key, Change::Set(*value)));
            let adds = commit.additions.iter().map(|(key, amount)| (*key, Change::Add(*amount)));
            for (key, change) in sets.chain(adds) {
                versions.entry(key).or_default().push(Version {
                    tau_commit: commit.tau_commit,
                    tau_start: commit.tau_start,
                    change,
                    writer: commit.transaction,
                });
            }
        }
        for of_key in versions.values_mut() {
            of_key.sort_by_key(|version| (version.tau_commit, version.writer));
        }
        Model { versions }
    }

    /// The value of a key as of `tau`.
    pub fn read(&self, key: u64, tau: u64) -> Option<u64> {
        let of_key = self.versions.get(&key)?;
        let count = of_key.partition_point(|version| version.tau_commit <= tau);
        let mut grown = 0u64;
        for version in of_key[..count].iter().rev() {
            match version.change {
                Change::Set(value) => return value.map(|value| value.wrapping_add(grown)),
                Change::Add(amount) => grown = grown.wrapping_add_signed(amount),
            }
        }
        None
    }

    /// All rows of a range, bounds included, as of `tau`.
    pub fn scan(&self, first: u64, last: u64, tau: u64) -> Vec<(u64, u64)> {
        let keys = self.versions.range(first..=last).map(|(key, _)| *key);
        keys.filter_map(|key| Some((key, self.read(key, tau)?))).collect()
    }
}

/// Commits by themselves: time goes forward, and of two writers of a key the second began after the first.
pub fn check_commits(commits: &[Commit]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for commit in commits.iter().filter(|commit| commit.tau_commit <= commit.tau_start) {
        let Commit { transaction, tau_start, tau_commit, .. } = *commit;
        faults.push(Fault::Backwards { transaction, tau_start, tau_commit });
    }
    let model = Model::new(commits);
    for (key, of_key) in &model.versions {
        // Additions do not conflict with each other, and with everything else.
        let mut last_set: Option<&Version> = None;
        for (place, version) in of_key.iter().enumerate() {
            let is_set = matches!(version.change, Change::Set(_));
            let before = if is_set { place.checked_sub(1).map(|at| &of_key[at]) } else { last_set };
            if let Some(before) = before
                && version.tau_start < before.tau_commit
                && version.writer != before.writer
            {
                let (first, second) = (before.writer, version.writer);
                faults.push(Fault::Overlap { key: *key, first, second });
            }
            if is_set {
                last_set = Some(version);
            }
        }
    }
    for commit in commits {
        for key in commit.reads.iter().copied().collect::<BTreeSet<u64>>() {
            let of_key = model.versions.get(&key).map_or(&[][..], Vec::as_slice);
            let from = of_key.partition_point(|version| version.tau_commit <= commit.tau_start);
            let up_to = of_key.partition_point(|version| version.tau_commit < commit.tau_commit);
            let between = of_key.get(from..up_to).unwrap_or_default();
            faults.extend(between.iter().map(|version| Fault::ReadOverwritten {
                key,
                reader: commit.transaction,
                writer: version.writer,
            }));
        }
    }
    faults
}

/// Every read against the model.
pub fn check_reads(commits: &[Commit], observations: &[Observation]) -> Vec<Fault> {
    let model = Model::new(commits);
    observations
        .iter()
        .filter_map(|observation| {
            let expected = model.scan(observation.first, observation.last, observation.tau);
            (expected != observation.rows)
                .then(|| Fault::WrongRead { observation: observation.clone(), expected })
        })
        .collect()
}

/// What is acknowledged is seen by whatever begins afterwards.
pub fn check_moments(moments: &[Moment]) -> Vec<Fault> {
    let mut newest: Option<(u64, u64)> = None;
    let mut faults = Vec::new();
    for moment in moments {
        match *moment {
            Moment::Acknowledged { transaction, tau_commit } => {
                if newest.is_none_or(|(_, tau)| tau < tau_commit) {
                    newest = Some((transaction, tau_commit));
                }
            }
            Moment::Began { transaction, tau_start } => {
                if let Some((acknowledged, tau_commit)) = newest.filter(|(_, tau)| *tau > tau_start)
                {
                    let began = transaction;
                    faults.push(Fault::NotSeen { acknowledged, tau_commit, began, tau_start });
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(transaction: u64, tau_start: u64, tau_commit: u64, key: u64, value: u64) -> Commit {
        let writes = vec![(key, Some(value))];
        Commit { transaction, tau_start, tau_commit, writes, additions: vec![], reads: vec![] }
    }

    fn adding(transaction: u64, tau_start: u64, tau_commit: u64, key: u64, amount: i64) -> Commit {
        let additions = vec![(key, amount)];
        Commit { additions, writes: vec![], ..commit(transaction, tau_start, tau_commit, key, 0) }
    }

    #[test]
    fn additions_sum_up_conflict_with_sets_and_not_with_each_other() {
        let commits = [
            commit(1, 0, 10, 5, 50),
            adding(2, 10, 20, 5, 7),
            adding(3, 10, 20, 5, -9),
            adding(4, 12, 30, 5, 1),
        ];
        assert_eq!(check_commits(&commits), []);
        let model = Model::new(&commits);
        assert_eq!(
            [9, 10, 20, 30].map(|tau| model.read(5, tau)),
            [None, Some(50), Some(48), Some(49)]
        );
        let late = adding(5, 9, 40, 5, 1);
        let overlap = check_commits(&[&commits[..], &[late]].concat());
        assert_eq!(overlap, [Fault::Overlap { key: 5, first: 1, second: 5 }]);
        let set = commit(6, 29, 50, 5, 1);
        let overlap = check_commits(&[&commits[..], &[set]].concat());
        assert_eq!(overlap, [Fault::Overlap { key: 5, first: 4, second: 6 }]);
    }

    #[test]
    fn reads_are_compared_with_the_state_at_their_timestamp() {
        let commits = [commit(1, 0, 10, 5, 50), commit(2, 10, 20, 5, 51)];
        let read = |tau, rows: &[(u64, u64)]| Observation {
            transaction: 9,
            tau,
            first: 0,
            last: 9,
            rows: rows.to_vec(),
        };
        let right =
            [read(9, &[]), read(10, &[(5, 50)]), read(19, &[(5, 50)]), read(20, &[(5, 51)])];
        assert_eq!(check_reads(&commits, &right), []);
        assert_eq!(check_reads(&commits, &[read(20, &[(5, 50)])]).len(), 1);
        assert_eq!(check_reads(&commits, &[read(20, &[])]).len(), 1);
    }

    #[test]
    fn overlapping_writers_overwritten_reads_and_unseen_acknowledgements_are_faults() {
        assert_eq!(check_commits(&[commit(1, 0, 10, 5, 1), commit(2, 10, 20, 5, 2)]), []);
        let overlap = check_commits(&[commit(1, 0, 10, 5, 1), commit(2, 9, 20, 5, 2)]);
        assert_eq!(overlap, [Fault::Overlap { key: 5, first: 1, second: 2 }]);
        let mut reader = commit(2, 9, 20, 6, 2);
        reader.reads.push(5);
        let overwritten = check_commits(&[commit(1, 0, 10, 5, 1), reader]);
        assert_eq!(overwritten, [Fault::ReadOverwritten { key: 5, reader: 2, writer: 1 }]);
        let acknowledged = Moment::Acknowledged { transaction: 1, tau_commit: 10 };
        let began = |tau_start| Moment::Began { transaction: 2, tau_start };
        assert_eq!(check_moments(&[began(3), acknowledged, began(10)]), []);
        assert_eq!(check_moments(&[acknowledged, began(9)]).len(), 1);
    }
}
