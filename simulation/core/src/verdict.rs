//! The end of a run: everything that was recorded goes to the checkers.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use checkers::counts::{self, Change, Look};
use checkers::durability::{self, Told};
use checkers::oracle::{self, Commit, Moment, Observation};
use checkers::registers::{Access, RegisterTransaction, as_lists};
use checkers::{Class, Counters, History, Level, Operation, Status, invariants};
use protocol::Timestamp;
use protocol::journal::JournalEntry;

use crate::plan::Plan;
use crate::work::{self, Intents, Kind, Step};
use crate::world::{Marks, World};

/// Who has found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Checker {
    /// Lists as clients saw them.
    Lists,
    /// Registers as clients saw them.
    Registers,
    /// Conflicts between commits.
    Commits,
    /// Reads against the model.
    Reads,
    /// What is acknowledged is seen.
    Moments,
    Durability,
    Bank,
    Duty,
    /// Counters as clients saw them.
    Counts,
    /// The crossbar's own: an entry below what its journal had promised.
    Promises,
    Replicas,
    Liveness,
}

/// A violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub checker: Checker,
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.checker, self.what)
    }
}

/// What is written down during a run.
#[derive(Debug)]
pub(crate) struct Record {
    start: Timestamp,
    pub moments: Vec<Moment>,
    pub observations: Vec<Observation>,
    pub faults: Vec<Fault>,
    pub finals_begun: bool,
    pub finals_open: usize,
    events: u32,
}

impl Record {
    pub fn new(start: Timestamp) -> Record {
        Record {
            start,
            moments: Vec::new(),
            observations: Vec::new(),
            faults: Vec::new(),
            finals_begun: false,
            finals_open: 0,
            events: 0,
        }
    }

    pub fn event(&mut self) -> u32 {
        self.events += 1;
        self.events - 1
    }

    pub fn final_reads_done(&self) -> bool {
        self.finals_begun && self.finals_open == 0
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    pub steps: u64,
    pub digest: u64,
    pub faults: Vec<Fault>,
    pub marks: Marks,
    /// How much the lists and registers could have shown.
    pub counters: Counters,
}

/// Runs a plan to its end and judges it.
pub fn run(plan: Plan, trace: bool) -> Outcome {
    let seed = plan.seed;
    let mut world = World::new(plan, trace);
    world.run();
    let mut counters = Counters::default();
    let mut faults = std::mem::take(&mut world.record.faults);
    if let Some(what) = world.fault.take() {
        let checker = if what.starts_with('L') { Checker::Liveness } else { Checker::Promises };
        faults.push(Fault { checker, what });
    }
    world.judge(&mut faults, &mut counters);
    faults.sort_by_key(|fault| fault.checker);
    let (steps, digest) = (world.steps(), world.digest());
    Outcome { seed, steps, digest, faults, marks: world.marks, counters }
}

/// A transaction as its client knows it.
pub struct Ran<'a> {
    pub client: u32,
    pub kind: &'a Kind,
    pub seen: &'a BTreeMap<u64, Bytes>,
    pub intents: &'a Intents,
    pub told: Told,
    pub status: Status,
    pub invoked: u32,
    pub completed: Option<u32>,
}

/// What a run left behind, for the checkers.
pub struct Evidence<'a> {
    /// When the opening rows were there.
    pub start: Timestamp,
    /// The number of a transaction is its place here, and its identifier in the journals.
    pub ran: Vec<Ran<'a>>,
    /// All entries of all journals.
    pub entries: Vec<&'a JournalEntry>,
    pub observations: &'a [Observation],
    pub moments: &'a [Moment],
    /// How many events the clients' invocations and completions are numbered by.
    pub events: u32,
    /// Whether what is acknowledged must be seen by all that begins afterwards.
    pub strong: bool,
}

impl Evidence<'_> {
    /// Asks all checkers of what clients saw and what journals hold.
    pub fn judge(&self, faults: &mut Vec<Fault>, counters: &mut Counters) {
        let mut commits = self.commits();
        let held: Vec<(u64, u64)> = commits
            .iter()
            .filter(|commit| commit.transaction != OPENING)
            .map(|commit| (commit.transaction, commit.tau_commit))
            .collect();
        let told: BTreeMap<u64, Told> = self
            .ran
            .iter()
            .enumerate()
            .filter(|(_, one)| !one.intents.only_reads())
            .map(|(number, one)| (number as u64, one.told))
            .collect();
        let mut add = |checker, what: String| faults.push(Fault { checker, what });
        for fault in durability::check(&told, &held) {
            add(Checker::Durability, fault.to_string());
        }
        for fault in oracle::check_commits(&commits) {
            add(Checker::Commits, fault.to_string());
        }
        commits.iter_mut().for_each(|commit| commit.reads.clear());
        for fault in oracle::check_reads(&commits, self.observations) {
            add(Checker::Reads, fault.to_string());
        }
        if self.strong {
            for fault in oracle::check_moments(self.moments) {
                add(Checker::Moments, fault.to_string());
            }
        }
        let (changes, looks) = self.counts();
        for fault in counts::check(work::OPENING_COUNT, &changes, &looks, self.strong) {
            add(Checker::Counts, fault.to_string());
        }
        let level = if self.strong { Level::StrongSnapshot } else { Level::Snapshot };
        let lists = self.lists();
        let registers = self.registers(&held);
        for (checker, history) in [(Checker::Lists, lists), (Checker::Registers, registers)] {
            let report = checkers::check(&history, level);
            add_counters(counters, &report.counters);
            for finding in &report.findings {
                // Registers of transactions whose end is unknown are in no client's history; the oracle has them.
                if !(checker == Checker::Registers && finding.class == Class::GarbageRead) {
                    add(checker, finding.to_string());
                }
            }
        }
    }

    /// What the journals hold, and what was there before.
    fn commits(&self) -> Vec<Commit> {
        let opening = work::opening_rows();
        let writes = opening.iter().map(|(key, value)| (*key, Some(work::decode(*key, value))));
        let start = self.start.0;
        let mut commits = vec![Commit {
            transaction: OPENING,
            tau_start: start - 1,
            tau_commit: start,
            writes: writes.collect(),
            additions: Vec::new(),
            reads: Vec::new(),
        }];
        for entry in &self.entries {
            let JournalEntry::Transactions(all) = entry else { continue };
            for one in all {
                let number = one.id.0.as_u128() as usize;
                let writes = one.writes.iter().map(|write| {
                    let key = work::decode_key(&write.key);
                    (key, write.value.as_ref().map(|value| work::decode(key, value)))
                });
                let additions = one.additions.iter().flat_map(|addition| {
                    let key = work::decode_key(&addition.key);
                    addition.deltas.iter().map(move |delta| (key, delta.amount))
                });
                commits.push(Commit {
                    transaction: number as u64,
                    tau_start: one.tau_start.0,
                    tau_commit: one.tau_commit.0,
                    writes: writes.collect(),
                    additions: additions.collect(),
                    reads: self
                        .ran
                        .get(number)
                        .map_or_else(Vec::new, |ran| ran.intents.dependencies()),
                });
            }
        }
        commits
    }

    /// What clients did to counters, and what they saw of them. Reads of the past show less than others and are left out.
    fn counts(&self) -> (Vec<Change>, Vec<Look>) {
        let (mut changes, mut looks) = (Vec::new(), Vec::new());
        for (number, one) in self.ran.iter().enumerate() {
            let transaction = number as u64;
            let (status, invoked) = (one.status, one.invoked);
            let completed = one.completed.unwrap_or(u32::MAX);
            let mut change = |key, amount| {
                changes.push(Change { transaction, key, amount, status, invoked, completed })
            };
            match one.kind {
                Kind::Add { amounts, .. } => {
                    amounts.iter().for_each(|(key, amount)| change(*key, *amount));
                }
                Kind::Settle { key, amount } => change(*key, *amount),
                Kind::ReadAll { age } if *age > 0 => continue,
                _ => {}
            }
            for (key, value) in one.seen.range(work::COUNTERS.0..=work::COUNTERS.1) {
                let (key, value) = (*key, work::decode(*key, value) as i64);
                looks.push(Look { transaction, key, value, invoked, completed });
            }
        }
        (changes, looks)
    }

    fn lists(&self) -> History {
        let transactions = self.ran.iter().filter_map(|one| {
            let Kind::Lists(steps) = one.kind else { return None };
            let mut lists: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
            for (key, value) in one.seen {
                lists.insert(*key, work::elements(value));
            }
            let operations = steps.iter().map(|step| match step {
                Step::Read { key } => {
                    let list = lists.get(key).cloned().unwrap_or_default();
                    Operation::Read { key: *key, list: list.into() }
                }
                Step::Write { key, value } => {
                    lists.entry(*key).or_default().push(*value);
                    Operation::Append { key: *key, value: *value }
                }
            });
            Some(checkers::Transaction {
                process: one.client,
                status: one.status,
                invoked: one.invoked,
                completed: one.completed,
                operations: operations.collect(),
            })
        });
        History { transactions: transactions.collect(), events: self.events }
    }

    fn registers(&self, held: &[(u64, u64)]) -> History {
        let taus: BTreeMap<u64, u64> = held.iter().copied().collect();
        let transactions: Vec<RegisterTransaction> = self
            .ran
            .iter()
            .enumerate()
            .filter_map(|(number, one)| {
                let Kind::Registers(steps) = one.kind else { return None };
                let mut own: BTreeMap<u64, u64> = BTreeMap::new();
                let mut last: BTreeMap<u64, u64> = BTreeMap::new();
                for step in steps {
                    if let Step::Write { key, value } = step {
                        last.insert(*key, *value);
                    }
                }
                let accesses = steps.iter().filter_map(|step| match step {
                    // Only the last write of a key is a version; a read of an earlier own one shows nothing.
                    Step::Write { key, value } if last.get(key) == Some(value) => {
                        own.insert(*key, *value);
                        Some(Access::Write { key: *key, value: *value })
                    }
                    Step::Write { .. } => None,
                    Step::Read { key } if own.contains_key(key) => None,
                    Step::Read { key } => Some(Access::Read {
                        key: *key,
                        value: one.seen.get(key).map(|value| work::decode(*key, value)),
                    }),
                });
                Some(RegisterTransaction {
                    process: one.client,
                    status: one.status,
                    invoked: one.invoked,
                    completed: one.completed,
                    accesses: accesses.collect(),
                    tau_commit: taus.get(&(number as u64)).copied(),
                })
            })
            .collect();
        as_lists(&transactions, self.events)
    }
}

impl World {
    fn judge(&mut self, faults: &mut Vec<Fault>, counters: &mut Counters) {
        let evidence = Evidence {
            start: self.record.start,
            ran: self.transactions.iter().map(crate::client::Transaction::ran).collect(),
            entries: self.journals.iter().flat_map(|journal| &journal.log).map(|e| &**e).collect(),
            observations: &self.record.observations,
            moments: &self.record.moments,
            events: self.record.events,
            strong: self.plan.strong(),
        };
        evidence.judge(faults, counters);
        self.compare_replicas(faults);
    }

    fn compare_replicas(&self, faults: &mut Vec<Fault>) {
        let Some(tau) = self.nodes.iter().map(|node| node.replica.watermark).min() else { return };
        let first = self.nodes[0].replica.contents(tau);
        for (number, node) in self.nodes.iter().enumerate().skip(1) {
            if node.replica.contents(tau) != first {
                let what = format!("the replicas of nodes 0 and {number} differ at {tau}");
                faults.push(Fault { checker: Checker::Replicas, what });
            }
        }
    }
}

/// Money and duties in what one read showed.
pub fn judge_snapshot(observation: &Observation, faults: &mut Vec<Fault>) {
    let part = |(first, last): (u64, u64)| {
        let rows = observation.rows.iter().filter(move |(key, _)| (first..=last).contains(key));
        rows.copied().collect::<Vec<(u64, u64)>>()
    };
    let covers = |keys: (u64, u64)| observation.first <= keys.0 && observation.last >= keys.1;
    if covers(work::ACCOUNTS) {
        let accounts = work::ACCOUNTS.1 - work::ACCOUNTS.0 + 1;
        let total = accounts * work::OPENING_BALANCE;
        if let Err(what) = invariants::bank(&part(work::ACCOUNTS), accounts, total) {
            faults.push(Fault { checker: Checker::Bank, what });
        }
    }
    if covers(work::DUTIES) {
        let rows = part(work::DUTIES);
        let pairs: Vec<_> = rows.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        if let Err(what) = invariants::on_duty(&pairs) {
            faults.push(Fault { checker: Checker::Duty, what });
        }
    }
}

/// Stands for what was there before anybody wrote.
const OPENING: u64 = u64::MAX;

fn add_counters(sum: &mut Counters, one: &Counters) {
    sum.committed += one.committed;
    sum.failed += one.failed;
    sum.unknown += one.unknown;
    sum.unknown_applied += one.unknown_applied;
    sum.reads_with_content += one.reads_with_content;
    sum.write_write += one.write_write;
    sum.write_read += one.write_read;
    sum.read_write += one.read_write;
    sum.skews += one.skews;
}
