//! Registers: read, write, compare and set. Each row counts its versions, so the order of values is known.
//!
//! With the order known, a register is a list: reading version *n* is reading the values of versions 1 to *n*. So the
//! judge of lists judges registers, and finds lost updates, stale reads and versions written twice.

use std::cell::RefCell;
use std::collections::BTreeMap;

use checkers::{Floors, History, Level, Operation, Recorder, Report, Status, check};
use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::Client;

use crate::lists::Isolation;
use crate::session::{Failure, Outcome, Row, Session, number, rows};

const KEYS: u64 = 6;
const WRITES_PER_KEY: u64 = 12;

pub const SCHEMA: &str = "drop table if exists registers;
    create table registers (k bigint primary key, v bigint not null, version bigint not null)";

/// What a transaction did to a register, as it was told.
#[derive(Clone, Copy, Debug)]
enum Access {
    Wrote {
        key: u64,
        value: u64,
        version: u64,
    },
    /// Version 0 is the absence of the row.
    Saw {
        key: u64,
        value: u64,
        version: u64,
    },
}

#[derive(Debug)]
struct Done {
    noted: usize,
    status: Status,
    accesses: Vec<Access>,
}

/// The workload and its log.
#[derive(Default)]
pub struct Registers {
    recorder: RefCell<Recorder>,
    /// In the order in which they ended; `noted` is their place in the log.
    done: RefCell<Vec<Done>>,
    values: RefCell<u64>,
}

impl Registers {
    fn first_key(&self) -> u64 {
        *self.values.borrow() / (KEYS * WRITES_PER_KEY) * KEYS
    }

    pub async fn step(&self, session: &mut Session, random: &mut StdRng) {
        let first = self.first_key();
        let mut steps = Vec::new();
        for _ in 0..random.random_range(1..=3) {
            let value = {
                let mut values = self.values.borrow_mut();
                *values += 1;
                *values
            };
            steps.push((first + random.random_range(0..KEYS), random.random_range(0..3), value));
        }
        let noted = self.recorder.borrow_mut().invoke(session.process, Vec::new());
        let told = RefCell::new(Vec::new());
        let body = async |client: &Client| {
            for (key, kind, value) in &steps {
                let access = match kind {
                    0 => see(client, *key).await?,
                    1 => write(client, *key, *value, "").await?,
                    _ => {
                        let seen = see(client, *key).await?;
                        told.borrow_mut().push(seen);
                        let Access::Saw { value: old, version, .. } = seen else { continue };
                        let only =
                            if version > 0 { format!("where t.v = {old}") } else { String::new() };
                        write(client, *key, *value, &only).await?
                    }
                };
                told.borrow_mut().push(access);
            }
            Ok::<_, Failure>(())
        };
        let (outcome, _) = session.transact(Isolation::Snapshot.begin(), body).await;
        let status = match outcome {
            Outcome::Committed => Status::Committed,
            Outcome::Failed(_) => Status::Failed,
            Outcome::Unknown => Status::Unknown,
        };
        self.end(noted, status, told.into_inner());
    }

    fn end(&self, noted: usize, status: Status, accesses: Vec<Access>) {
        self.recorder.borrow_mut().complete(noted, status, Vec::new());
        self.done.borrow_mut().push(Done { noted, status, accesses });
    }

    pub async fn finish(&self, session: &mut Session) -> Result<(), String> {
        let noted = self.recorder.borrow_mut().invoke(session.process, Vec::new());
        let sql = "select k, v, version from registers";
        let body = async |client: &Client| rows(client, sql).await;
        match session.transact(Isolation::Snapshot.begin(), body).await {
            (Outcome::Committed, Some(found)) => {
                let seen: BTreeMap<u64, Access> =
                    found.iter().map(|row| (number(row, 0), saw(row))).collect();
                let keys = 0..self.first_key() + KEYS;
                let absent = |key| Access::Saw { key, value: 0, version: 0 };
                let all = keys.map(|key| seen.get(&key).copied().unwrap_or(absent(key))).collect();
                self.end(noted, Status::Committed, all);
                Ok(())
            }
            other => Err(format!("the registers cannot be read in the end: {:?}", other.0)),
        }
    }

    pub fn judge(self, seconds: u64) -> (History, Report, Vec<String>) {
        let mut findings = Vec::new();
        let mut history = self.recorder.into_inner().finish();
        let done = self.done.into_inner();
        let orders = orders(&done, &mut findings);
        for one in done {
            let of_reads = |key: u64, value: u64, version: u64| {
                let order = orders.get(&key);
                // Versions that nobody told of are those of unknown ends; theirs is a value nobody wrote.
                let mut list: Vec<u64> = (1..version)
                    .filter_map(|version| order.and_then(|order| order.get(&version)).copied())
                    .collect();
                if version > 0 {
                    list.push(value);
                }
                Operation::Read { key, list: list.into() }
            };
            let operations = one.accesses.iter().map(|access| match *access {
                Access::Wrote { key, value, .. } => Operation::Append { key, value },
                Access::Saw { key, value, version } => of_reads(key, value, version),
            });
            history.transactions[one.noted].operations = operations.collect();
            history.transactions[one.noted].status = one.status;
        }
        let report = check(&history, Level::StrongSnapshot);
        let floors = Floors {
            committed: seconds * 10,
            reads_with_content: seconds * 5,
            write_write: seconds * 2,
            write_read: seconds * 2,
            read_write: seconds * 2,
            failed_per_mille: 5,
            ..Floors::default()
        };
        findings.extend(report.vacuity(&floors));
        (history, report, findings)
    }
}

/// The values of each key by version, as the writers of committed and unknown transactions were told.
fn orders(done: &[Done], findings: &mut Vec<String>) -> BTreeMap<u64, BTreeMap<u64, u64>> {
    let mut orders: BTreeMap<u64, BTreeMap<u64, u64>> = BTreeMap::new();
    let all =
        || done.iter().flat_map(|one| one.accesses.iter().map(move |access| (one.status, access)));
    for (status, access) in all() {
        if let Access::Wrote { key, value, version } = *access
            && status == Status::Committed
            && let Some(other) = orders.entry(key).or_default().insert(version, value)
        {
            findings.push(format!("version {version} of register {key} is {other} and {value}"));
        }
    }
    // What readers saw of unknown writers fills the holes.
    for (status, access) in all() {
        if let Access::Saw { key, value, version } = *access
            && status == Status::Committed
            && version > 0
        {
            let held = *orders.entry(key).or_default().entry(version).or_insert(value);
            if held != value {
                findings.push(format!(
                    "register {key} was read as {value}, its version {version} is {held}"
                ));
            }
        }
    }
    fill_holes(&mut orders, done);
    orders
}

/// A version below a known one existed. If no committed transaction wrote it and nobody read it, one whose end is unknown
/// did: the only one that says so, or the only one of these of which something else was seen.
fn fill_holes(orders: &mut BTreeMap<u64, BTreeMap<u64, u64>>, done: &[Done]) {
    let unknown: Vec<Vec<(u64, u64, u64)>> = done
        .iter()
        .filter(|one| one.status == Status::Unknown)
        .map(|one| {
            let wrote = one.accesses.iter().filter_map(|access| match *access {
                Access::Wrote { key, value, version } => Some((key, version, value)),
                Access::Saw { .. } => None,
            });
            wrote.collect()
        })
        .collect();
    loop {
        let mut candidates: BTreeMap<(u64, u64), Vec<(bool, u64)>> = BTreeMap::new();
        for wrote in &unknown {
            let held = |(key, version, value): &(u64, u64, u64)| {
                orders.get(key).and_then(|order| order.get(version)) == Some(value)
            };
            let seen = wrote.iter().any(held);
            for (key, version, value) in wrote {
                let order = orders.get(key);
                let last = order.and_then(|order| order.keys().next_back()).copied().unwrap_or(0);
                if *version < last && order.is_some_and(|order| !order.contains_key(version)) {
                    candidates.entry((*key, *version)).or_default().push((seen, *value));
                }
            }
        }
        let mut filled = false;
        for ((key, version), of_it) in candidates {
            let seen: Vec<u64> =
                of_it.iter().filter(|(seen, _)| *seen).map(|(_, value)| *value).collect();
            let value = match (of_it.as_slice(), seen.as_slice()) {
                ([(_, only)], _) | (_, [only]) => *only,
                _ => continue,
            };
            orders.entry(key).or_default().insert(version, value);
            filled = true;
        }
        if !filled {
            return;
        }
    }
}

async fn see(client: &Client, key: u64) -> Result<Access, Failure> {
    let found =
        rows(client, &format!("select k, v, version from registers where k = {key}")).await?;
    Ok(found.first().map_or(Access::Saw { key, value: 0, version: 0 }, saw))
}

fn saw(row: &Row) -> Access {
    Access::Saw { key: number(row, 0), value: number(row, 1), version: number(row, 2) }
}

async fn write(client: &Client, key: u64, value: u64, only: &str) -> Result<Access, Failure> {
    let sql = format!(
        "insert into registers as t values ({key}, {value}, 1) on conflict (k) do update \
         set v = excluded.v, version = t.version + 1 {only} returning version"
    );
    let found = rows(client, &sql).await?;
    match found.first() {
        Some(row) => Ok(Access::Wrote { key, value, version: number(row, 0) }),
        None => Err(Failure::Given("the value that was just read is not there to be replaced")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(noted: usize, status: Status, accesses: Vec<Access>) -> Done {
        Done { noted, status, accesses }
    }

    #[test]
    fn the_only_writer_of_a_version_wrote_it_even_if_its_end_is_unknown() {
        let wrote = |key, value, version| Access::Wrote { key, value, version };
        let all = [
            done(0, Status::Unknown, vec![wrote(1, 10, 1), wrote(2, 11, 1)]),
            done(1, Status::Committed, vec![wrote(1, 12, 2)]),
            done(2, Status::Committed, vec![wrote(2, 13, 2)]),
            done(3, Status::Unknown, vec![wrote(2, 14, 1)]),
        ];
        let mut findings = Vec::new();
        let orders = orders(&all, &mut findings);
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(orders[&1], BTreeMap::from([(1, 10), (2, 12)]));
        // Two say that they wrote it: the one of which something was seen.
        assert_eq!(orders[&2], BTreeMap::from([(1, 11), (2, 13)]));
    }

    #[test]
    fn a_version_of_two_writers_is_a_finding() {
        let wrote = |value| vec![Access::Wrote { key: 1, value, version: 1 }];
        let all = [done(0, Status::Committed, wrote(5)), done(1, Status::Committed, wrote(6))];
        let mut findings = Vec::new();
        orders(&all, &mut findings);
        assert_eq!(findings, ["version 1 of register 1 is 5 and 6"]);
    }
}
