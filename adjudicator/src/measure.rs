//! Metrics of one shard.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use protocol::ShardId;
use protocol::transaction::{Outcome, Refusal};

use crate::adjudicator::Sizes;

/// Handles, made once.
pub(crate) struct Measure {
    commits: Counter,
    unknown: Counter,
    data: Counter,
    schema: Counter,
    too_old: Counter,
    fenced: Counter,
    expired: Counter,
    unavailable: Counter,
    promises: Counter,
    entries: Counter,
    keys: Gauge,
    outcomes: Gauge,
    fences: Gauge,
    waiting: Gauge,
}

impl Measure {
    pub fn new(shard: ShardId) -> Measure {
        describe_counter!("quorate_adjudicator_commits_total", "Commits made durable");
        describe_counter!("quorate_adjudicator_refusals_total", "Commits refused, by reason");
        describe_counter!("quorate_adjudicator_unknown_total", "Commits whose outcome is unknown");
        describe_counter!("quorate_adjudicator_promises_total", "Promises made");
        describe_counter!("quorate_adjudicator_entries_total", "Entries appended");
        describe_gauge!("quorate_adjudicator_memory_keys", "Keys in the conflict memory");
        describe_gauge!("quorate_adjudicator_outcomes", "Transactions whose ends are remembered");
        describe_gauge!("quorate_adjudicator_fences", "Transactions voted for and not settled");
        describe_gauge!("quorate_adjudicator_waiting", "Transactions waiting for a fence");
        let shard = shard.to_string();
        let refusals = |reason: &'static str| counter!("quorate_adjudicator_refusals_total", "shard" => shard.clone(), "reason" => reason);
        Measure {
            commits: counter!("quorate_adjudicator_commits_total", "shard" => shard.clone()),
            unknown: counter!("quorate_adjudicator_unknown_total", "shard" => shard.clone()),
            data: refusals("data"),
            schema: refusals("schema"),
            too_old: refusals("too_old"),
            fenced: refusals("fenced"),
            expired: refusals("expired"),
            unavailable: refusals("unavailable"),
            promises: counter!("quorate_adjudicator_promises_total", "shard" => shard.clone()),
            entries: counter!("quorate_adjudicator_entries_total", "shard" => shard.clone()),
            keys: gauge!("quorate_adjudicator_memory_keys", "shard" => shard.clone()),
            outcomes: gauge!("quorate_adjudicator_outcomes", "shard" => shard.clone()),
            fences: gauge!("quorate_adjudicator_fences", "shard" => shard.clone()),
            waiting: gauge!("quorate_adjudicator_waiting", "shard" => shard),
        }
    }

    pub fn outcome(&self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Committed { .. } => &self.commits,
            Outcome::Unknown { .. } => &self.unknown,
            Outcome::Refused(Refusal::Data { .. }) => &self.data,
            Outcome::Refused(Refusal::Schema { .. }) => &self.schema,
            Outcome::Refused(Refusal::TooOld { .. }) => &self.too_old,
            Outcome::Refused(Refusal::Fenced { .. }) => &self.fenced,
            Outcome::Refused(Refusal::Expired) => &self.expired,
            Outcome::Refused(Refusal::Unavailable { .. }) => &self.unavailable,
        };
        counter.increment(1);
    }

    pub fn promise(&self) {
        self.promises.increment(1);
    }

    pub fn entry(&self) {
        self.entries.increment(1);
    }

    pub fn sizes(&self, sizes: Sizes) {
        self.keys.set(sizes.keys as f64);
        self.outcomes.set(sizes.outcomes as f64);
        self.fences.set(sizes.fences as f64);
        self.waiting.set(sizes.waiting as f64);
    }
}
