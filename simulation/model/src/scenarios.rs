//! What is explored: transactions over a few keys, and how many faults of each kind.

use adjudicator::Mutation;
use bytes::Bytes;
use protocol::key::{PRIMARY_INDEX, ShardMap, prefix};
use protocol::transaction::{Check, CommitRequest, ConflictClass, Write};
use protocol::{ShardId, TableId, Timestamp, TransactionId};

use crate::world::{Budget, START, World, config};

pub const SHARDS: u32 = 3;

/// A set of transactions with a budget of faults.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub requests: Vec<CommitRequest>,
    pub budget: Budget,
    pub clock_error: u64,
}

impl Scenario {
    /// The state it begins in.
    pub fn world(&self, mutation: Option<Mutation>) -> World {
        let map = ShardMap::new(SHARDS);
        World::new(&self.requests, &map, self.budget, self.clock_error, config(mutation))
    }
}

/// A key that `shard` owns.
fn key(shard: u32) -> Bytes {
    let map = ShardMap::new(SHARDS);
    for stripe in 0u64..1_000 {
        let mut key = prefix(TableId(2_000), PRIMARY_INDEX).to_vec();
        key.push(1);
        key.extend_from_slice(&(stripe << 12).to_be_bytes());
        if map.shard_of(&key) == ShardId(shard) {
            return key.into();
        }
    }
    unreachable!("every shard owns one of a thousand stripes")
}

/// Transaction `number`, begun `offset` after [`START`], writing the keys of these shards.
fn writes(number: u128, offset: i64, shards: &[u32], class: ConflictClass) -> CommitRequest {
    let write = |shard: &u32| Write { key: key(*shard), value: None, class: Some(class) };
    CommitRequest {
        id: TransactionId(uuid::Uuid::from_u128(number)),
        tau_start: Timestamp(START.saturating_add_signed(offset)),
        writes: shards.iter().map(write).collect(),
        additions: Vec::new(),
        checks: vec![],
        ranges: vec![],
        schema: vec![],
    }
}

fn reads(mut request: CommitRequest, shards: &[u32]) -> CommitRequest {
    let check = |shard: &u32| Check { key: key(*shard), class: ConflictClass::Read };
    request.checks.extend(shards.iter().map(check));
    request
}

const EXCLUSIVE: ConflictClass = ConflictClass::Exclusive;
const SHARE: ConflictClass = ConflictClass::KeyShare;
const NO_FAULTS: Budget = Budget {
    time: 0,
    crashes: 0,
    ghosts: 0,
    duplicates: 0,
    clocks: 0,
    bumps: 0,
    doubts: 0,
    timeouts: 0,
    seen: 0,
};

/// Two transactions over two shards that conflict, and one that comes later.
fn ring() -> Vec<CommitRequest> {
    vec![
        writes(1, -1, &[0, 1], EXCLUSIVE),
        writes(2, 0, &[1, 2], EXCLUSIVE),
        writes(3, 5, &[1], EXCLUSIVE),
    ]
}

/// A transaction of two shards against one of the participant's alone, now and later.
fn pair() -> Vec<CommitRequest> {
    vec![
        writes(1, -1, &[0, 1], EXCLUSIVE),
        writes(2, 0, &[1], EXCLUSIVE),
        writes(3, 5, &[1], EXCLUSIVE),
    ]
}

/// Begun so late that nobody's ceiling covers them at first.
fn late() -> Vec<CommitRequest> {
    vec![
        writes(1, 5, &[0, 1], EXCLUSIVE),
        writes(2, 5, &[0], EXCLUSIVE),
        writes(3, 5, &[1], EXCLUSIVE),
    ]
}

/// Shares of one key, which do not conflict, so that several commit in one journal.
fn shares() -> Vec<CommitRequest> {
    vec![writes(1, -1, &[1], SHARE), writes(2, -1, &[1], SHARE), writes(3, 5, &[0, 1], SHARE)]
}

/// Write skew over two shards: each reads what the other writes.
fn skew() -> Vec<CommitRequest> {
    vec![
        reads(writes(1, -1, &[0], EXCLUSIVE), &[1]),
        reads(writes(2, 0, &[1], EXCLUSIVE), &[0]),
        writes(3, 1, &[0, 1], EXCLUSIVE),
    ]
}

/// All scenarios that are exhausted in every run.
pub fn all() -> Vec<Scenario> {
    let scenario = |name, requests, budget| Scenario { name, requests, budget, clock_error: 0 };
    vec![
        scenario("ring, time", ring(), Budget { time: 2, ..NO_FAULTS }),
        scenario("ring, crash", ring(), Budget { crashes: 1, time: 2, ..NO_FAULTS }),
        scenario("ring, duplicate", ring(), Budget { duplicates: 1, time: 2, ..NO_FAULTS }),
        scenario("ring, bump", ring(), Budget { bumps: 1, time: 1, ..NO_FAULTS }),
        scenario("pair, crash", pair(), Budget { crashes: 1, time: 2, ..NO_FAULTS }),
        scenario("pair, ghost", pair(), Budget { ghosts: 1, time: 2, ..NO_FAULTS }),
        scenario("pair, clock", pair(), Budget { clocks: 1, time: 2, ..NO_FAULTS }),
        scenario("pair, doubt", pair(), Budget { doubts: 1, time: 2, ..NO_FAULTS }),
        scenario("shares, doubt, bump", shares(), Budget { doubts: 1, bumps: 1, ..NO_FAULTS }),
        scenario("pair, delivery", pair(), Budget { seen: 1, time: 2, bumps: 1, ..NO_FAULTS }),
        scenario("pair, retry", pair(), Budget { timeouts: 1, crashes: 1, time: 1, ..NO_FAULTS }),
        scenario("pair, retry, ghost", pair(), Budget { timeouts: 1, ghosts: 1, ..NO_FAULTS }),
        scenario(
            "late, retry, ghost",
            late(),
            Budget { timeouts: 1, ghosts: 1, time: 2, ..NO_FAULTS },
        ),
        scenario(
            "shares, crash, bump",
            shares(),
            Budget { crashes: 1, bumps: 1, time: 1, ..NO_FAULTS },
        ),
        scenario(
            "shares, ghost, bump",
            shares(),
            Budget { ghosts: 1, bumps: 1, time: 1, ..NO_FAULTS },
        ),
        scenario(
            "late, crash, bump",
            late(),
            Budget { crashes: 1, bumps: 1, time: 2, ..NO_FAULTS },
        ),
        scenario("shares, duplicate", shares(), Budget { duplicates: 2, time: 1, ..NO_FAULTS }),
        scenario("skew, time", skew(), Budget { time: 2, ..NO_FAULTS }),
        scenario("skew, clock", skew(), Budget { clocks: 1, time: 1, ..NO_FAULTS }),
        Scenario {
            name: "pair, clock error, crash",
            requests: pair(),
            budget: Budget { crashes: 1, clocks: 1, time: 1, ..NO_FAULTS },
            clock_error: 1,
        },
    ]
}

/// Everything at once: too much to exhaust, right for random walks and long searches.
pub fn large() -> Vec<Scenario> {
    let budget = Budget {
        time: 6,
        crashes: 2,
        ghosts: 1,
        duplicates: 3,
        clocks: 3,
        bumps: 4,
        doubts: 2,
        timeouts: 3,
        seen: 3,
    };
    let all = [("ring", ring()), ("pair", pair()), ("shares", shares()), ("skew", skew())];
    let scenario = |(name, requests)| Scenario { name, requests, budget, clock_error: 1 };
    all.into_iter().map(scenario).collect()
}
