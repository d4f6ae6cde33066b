//! What a seed stands for: size of the cluster, rates of faults, bounds of the adjudicators, mix of work.

use adjudicator::{Config, Mutation};

use crate::random::Random;
use crate::request::Omission;

pub const MICRO: u64 = 1_000;
pub const MILLI: u64 = 1_000_000;
pub const SECOND: u64 = 1_000_000_000;

/// How transactions get their snapshot and when they are acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Of several nodes (DESIGN 3): `tau_start` is the clock's latest, reads wait for the watermark, a commit is told
    /// once the clock's earliest is past it.
    Clock,
    /// Of one process: `tau_start` is the watermark, a commit is told once it is applied.
    Watermark,
}

/// A part that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A rule of the adjudicator is left out.
    Adjudicator(Mutation),
    /// M1, M7: an append is told as durable before it is.
    AcknowledgeBeforeQuorum,
    /// M6: a replica does not wait for the last journal.
    IgnoreOneJournal,
    /// M8, M15, M19: a part of each request.
    Request(Omission),
    /// M10: what a deposed leader still sends is appended.
    FencedLeaderAppends,
    /// M14: a commit whose outcome is unknown is sent again as a new transaction.
    RetryUnknown,
    /// M16: a replica that comes back skips an entry.
    SkipAfterRestart,
    /// M17: read-only transactions use an old `tau_start`.
    CachedSnapshot,
    /// M18: transactions are applied as they arrive.
    MergeByArrival,
    /// What is applied survives a crash and the watermark that says so does not: additions are applied twice.
    ApplyAgain,
    /// A commit is told without waiting for the clock.
    TellEarly,
    /// A read-only transaction is told as soon as it has read.
    TellReadersEarly,
}

/// Everything about a run but its random choices.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub mutant: Option<Mutant>,
    pub rule: Rule,
    pub nodes: usize,
    pub shards: u32,
    pub clients: usize,
    pub transactions: usize,
    /// Longest way of a message.
    pub delay: u64,
    /// Longest wait for the disk.
    pub sync: u64,
    pub loss: u64,
    pub duplication: u64,
    /// Chance that the result of an append is unknown.
    pub doubt: u64,
    pub crashes: u64,
    pub elections: u64,
    pub cuts: u64,
    pub clock_steps: u64,
    pub clock_bound: u64,
    /// Clocks are further off than they say.
    pub clocks_beyond: bool,
    /// No faults but those of clocks.
    pub calm: bool,
    /// For so long there are faults.
    pub storm: u64,
    pub config: Config,
}

impl Plan {
    pub fn new(seed: u64, mutant: Option<Mutant>) -> Plan {
        let mut random = Random::new(seed);
        let rule = if random.per_mille(250) { Rule::Watermark } else { Rule::Clock };
        let nodes = if rule == Rule::Watermark { 1 } else { random.between(2, 4) as usize };
        let calm = random.per_mille(150);
        let mut rate =
            |most: u64| if calm || random.per_mille(300) { 0 } else { random.below(most) };
        let (loss, duplication, doubt) = (rate(120), rate(150), rate(100));
        let (crashes, elections, cuts, clock_steps) = (rate(5), rate(6), rate(5), rate(4));
        let stride = random.pick(&[40, 150, 1_000]) * MILLI;
        let config = Config {
            stride_nanos: stride,
            minimum_room_nanos: stride / 4,
            lead_nanos: random.pick(&[0, 0, 20]) * MILLI,
            memory_age_nanos: random.pick(&[2, 30]) * SECOND,
            assumed_keep_nanos: random.pick(&[1, 10]) * SECOND,
            max_keys: random.pick(&[64, 4_096]),
            max_outcomes: 4_096,
            max_tables: 64,
            max_in_flight: random.pick(&[1, 2, 8]),
            mutation: match mutant {
                Some(Mutant::Adjudicator(mutation)) => Some(mutation),
                _ => None,
            },
            ..Config::default()
        };
        Plan {
            seed,
            mutant,
            rule,
            nodes,
            calm,
            shards: random.between(1, 4) as u32,
            clients: random.between(3, 8) as usize,
            transactions: random.between(20, 60) as usize,
            delay: random.pick(&[1, 10, 80]) * MILLI,
            sync: random.pick(&[1, 5, 50]) * MILLI,
            loss: if rule == Rule::Watermark { 0 } else { loss },
            duplication,
            doubt,
            crashes,
            elections,
            cuts: if rule == Rule::Watermark { 0 } else { cuts },
            clock_steps,
            clock_bound: random.pick(&[1, 10, 100]) * MILLI,
            clocks_beyond: random.per_mille(120),
            storm: random.between(1, 4) * SECOND,
            config,
        }
    }

    pub fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// What requests lack.
    pub fn omission(&self) -> Option<Omission> {
        match self.mutant {
            Some(Mutant::Request(omission)) => Some(omission),
            _ => None,
        }
    }

    /// Whether what is acknowledged must be seen by all that begins afterwards.
    pub fn strong(&self) -> bool {
        self.rule == Rule::Watermark || !self.clocks_beyond
    }
}
