//! List-append: every value is appended once, so a read tells the whole history of its key.
//!
//! One text column holds the list, and every append rewrites it, so that appends conflict as they must. Reads go by
//! primary key, by secondary index, by range and by join. Keys retire after a number of appends, so lists stay short.

use std::cell::RefCell;
use std::collections::BTreeMap;

use checkers::{Counters, Floors, History, Level, Operation, Recorder, Report, Status, check};
use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::Client;

use crate::session::{Failure, Outcome, Row, Session, number, rows};

/// Keys in use at one time.
const KEYS: u64 = 8;
/// So many appends on average, then a key retires.
const APPENDS_PER_KEY: u64 = 12;
const MOST_OPERATIONS: usize = 4;
/// Keys read by one transaction in the end.
const FINAL_KEYS: u64 = 200;

/// What SQL is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    Snapshot,
    Serializable,
}

impl Isolation {
    pub fn begin(self) -> &'static str {
        match self {
            Isolation::Snapshot => "begin isolation level repeatable read",
            Isolation::Serializable => "begin isolation level serializable",
        }
    }

    fn level(self) -> Level {
        match self {
            Isolation::Snapshot => Level::StrongSnapshot,
            Isolation::Serializable => Level::StrictSerializable,
        }
    }
}

pub const SCHEMA: &str = "drop table if exists lists;
    create table lists (k bigint primary key, g bigint not null, v text not null);
    create index lists_g on lists (g)";

/// How a read is put into SQL.
#[derive(Clone, Copy)]
enum Way {
    Key,
    Index,
    Range,
    Join,
}

/// The workload and its log.
pub struct Lists {
    isolation: Isolation,
    recorder: RefCell<Recorder>,
    values: RefCell<u64>,
}

impl Lists {
    pub fn new(isolation: Isolation) -> Lists {
        Lists { isolation, recorder: RefCell::default(), values: RefCell::new(0) }
    }

    fn first_key(&self) -> u64 {
        *self.values.borrow() / (KEYS * APPENDS_PER_KEY) * KEYS
    }

    fn plan(&self, random: &mut StdRng) -> Vec<Operation> {
        let count = random.random_range(1..=MOST_OPERATIONS);
        let first = self.first_key();
        let mut steps = Vec::new();
        for _ in 0..count {
            // Some keys are asked for more than others.
            let key = first + random.random_range(0..KEYS).min(random.random_range(0..KEYS));
            if random.random_bool(0.5) {
                let mut values = self.values.borrow_mut();
                *values += 1;
                steps.push(Operation::Append { key, value: *values });
            } else {
                steps.push(Operation::Read { key, list: Box::default() });
            }
        }
        steps
    }

    pub async fn step(&self, session: &mut Session, random: &mut StdRng) {
        let plan = self.plan(random);
        let ways: Vec<Way> = plan
            .iter()
            .map(|_| [Way::Key, Way::Index, Way::Range, Way::Join][random.random_range(0..4)])
            .collect();
        let alone = plan.len() == 1 && random.random_bool(0.5);
        let noted = self.recorder.borrow_mut().invoke(session.process, plan.clone());
        let (outcome, seen) = if alone && self.isolation == Isolation::Snapshot {
            let (outcome, found) = session.alone(&statement(&plan[0], ways[0])).await;
            (outcome, found.map(|found| understood(&plan[0], ways[0], &found)))
        } else {
            let body = async |client: &Client| {
                let mut seen = Vec::new();
                for (step, way) in plan.iter().zip(&ways) {
                    let found = rows(client, &statement(step, *way)).await?;
                    seen.extend(understood(step, *way, &found));
                }
                Ok::<_, Failure>(seen)
            };
            session.transact(self.isolation.begin(), body).await
        };
        let (status, steps) = match (outcome, seen) {
            (Outcome::Committed, Some(seen)) => (Status::Committed, seen),
            (Outcome::Failed(_), _) => (Status::Failed, plan),
            (Outcome::Committed | Outcome::Unknown, _) => (Status::Unknown, plan),
        };
        self.recorder.borrow_mut().complete(noted, status, steps);
    }

    /// Reads every key, so that every append has its place.
    pub async fn finish(&self, session: &mut Session) -> Result<(), String> {
        let end = self.first_key() + KEYS;
        for first in (0..end).step_by(FINAL_KEYS as usize) {
            let keys = first..(first + FINAL_KEYS).min(end);
            let plan: Vec<Operation> =
                keys.clone().map(|key| Operation::Read { key, list: Box::default() }).collect();
            let noted = self.recorder.borrow_mut().invoke(session.process, plan.clone());
            let sql = format!(
                "select k, v from lists where k between {} and {}",
                keys.start,
                keys.end - 1
            );
            let (outcome, found) = session
                .transact(self.isolation.begin(), async |client| rows(client, &sql).await)
                .await;
            let (Outcome::Committed, Some(found)) = (outcome, found) else {
                return Err(format!("the keys {keys:?} cannot be read in the end"));
            };
            let mut lists = by_key(&found);
            let steps = keys
                .map(|key| Operation::Read { key, list: lists.remove(&key).unwrap_or_default() })
                .collect();
            self.recorder.borrow_mut().complete(noted, Status::Committed, steps);
        }
        Ok(())
    }

    pub fn judge(self, seconds: u64) -> (History, Report, Vec<String>) {
        let history = self.recorder.into_inner().finish();
        let report = check(&history, self.isolation.level());
        let floors = floors(seconds, self.isolation);
        let short = report.vacuity(&floors);
        (history, report, short)
    }
}

/// What a run must have shown, so that its silence means something.
fn floors(seconds: u64, isolation: Isolation) -> Floors {
    Floors {
        committed: seconds * 10,
        reads_with_content: seconds * 5,
        write_write: seconds * 2,
        write_read: seconds * 2,
        read_write: seconds * 2,
        // Under SERIALIZABLE there must be none; that is judged, not counted.
        skews: if isolation == Isolation::Snapshot && seconds >= 10 { 1 } else { 0 },
        failed_per_mille: 5,
    }
}

/// Adds the counters of registers and lists alike to a line of the report.
pub fn told(counters: &Counters) -> String {
    format!(
        "{} ww, {} wr, {} rw, {} skews, {} of {} unknown seen",
        counters.write_write,
        counters.write_read,
        counters.read_write,
        counters.skews,
        counters.unknown_applied,
        counters.unknown
    )
}

fn statement(step: &Operation, way: Way) -> String {
    match (step, way) {
        (Operation::Append { key, value }, _) => format!(
            "insert into lists as t values ({key}, {key}, '{value}') \
             on conflict (k) do update set v = t.v || ',' || excluded.v"
        ),
        (Operation::Read { key, .. }, Way::Key) => {
            format!("select k, v from lists where k = {key}")
        }
        (Operation::Read { key, .. }, Way::Index) => {
            format!("select k, v from lists where g = {key}")
        }
        (Operation::Read { key, .. }, Way::Range) => {
            format!("select k, v from lists where k between {key} and {} order by k desc", key + 1)
        }
        (Operation::Read { key, .. }, Way::Join) => format!(
            "select one.k, other.v from lists one join lists other on other.g = one.k where one.k = {key}"
        ),
    }
}

/// What a statement did and saw. A range saw two keys.
fn understood(step: &Operation, way: Way, found: &[Row]) -> Vec<Operation> {
    match step {
        Operation::Append { .. } => vec![step.clone()],
        Operation::Read { key, .. } => {
            let mut lists = by_key(found);
            let last = if matches!(way, Way::Range) { key + 1 } else { *key };
            let read = |key| Operation::Read { key, list: lists.remove(&key).unwrap_or_default() };
            (*key..=last).map(read).collect()
        }
    }
}

fn by_key(found: &[Row]) -> BTreeMap<u64, Box<[u64]>> {
    let list = |row: &Row| -> Box<[u64]> {
        let text = row[1].as_deref().unwrap_or_default();
        text.split(',').map(|value| value.parse().expect("only numbers are appended")).collect()
    };
    let lists: BTreeMap<u64, Box<[u64]>> =
        found.iter().map(|row| (number(row, 0), list(row))).collect();
    assert_eq!(lists.len(), found.len(), "a key was read twice: {found:?}");
    lists
}
