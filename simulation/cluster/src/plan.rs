//! What a seed stands for: the size of the cluster, rates of faults, bounds, drawn from a mix that is data
//! (`simulation/plans/*.toml`).

use adjudicator::{Config, Mutation};
use serde::Deserialize;
use simulation_core::plan::{MILLI, SECOND};
use simulation_core::random::Random;
use simulation_core::request::Omission;

/// The mixes that come with the program. A seed without a named mix takes the one whose turn it is.
pub const MIXES: [(&str, &str); 6] = [
    ("calm", include_str!("../../plans/calm.toml")),
    ("processes", include_str!("../../plans/processes.toml")),
    ("network", include_str!("../../plans/network.toml")),
    ("disks", include_str!("../../plans/disks.toml")),
    ("clocks", include_str!("../../plans/clocks.toml")),
    ("storm", include_str!("../../plans/storm.toml")),
];

/// From the first to the second, both included; the seed decides.
type Range = [u64; 2];

/// A mix of faults. Rates are in thousandths of the chances, of which there is one every ten milliseconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    pub nodes: Range,
    pub shards: Range,
    pub clients: Range,
    pub storm_seconds: Range,
    /// Longest usual way of a segment.
    pub delay_ms: Range,
    /// Segments in a thousand that have to be sent again.
    pub loss: Range,
    /// Longest usual write to the log.
    pub sync_ms: Range,
    pub clock_bound_ms: Range,
    /// Killed processes, whose machine goes on.
    pub kills: Range,
    /// Machines without power; unsynced writes are lost, torn, reordered.
    pub power_losses: Range,
    /// Power that goes a few writes later.
    pub torn_writes: Range,
    pub all_lose_power: Range,
    pub pauses: Range,
    pub failing_syncs: Range,
    pub slow_disks: Range,
    /// One way between two nodes.
    pub one_way_cuts: Range,
    /// A node and all others.
    pub isolations: Range,
    /// Each node reaches its two neighbours only (of three: one pair is cut).
    pub rings: Range,
    /// Nodes are cut off one after the other and healed in another order.
    pub swizzles: Range,
    /// A disk has no room for a while.
    pub full_disks: Range,
    pub slow_links: Range,
    pub resets: Range,
    pub leader_moves: Range,
    pub clock_steps: Range,
    /// In a thousand seeds, clocks beyond their bound.
    pub clocks_beyond: u64,
}

impl Default for Mix {
    fn default() -> Mix {
        let never = [0, 0];
        Mix {
            nodes: [3, 3],
            shards: [1, 3],
            clients: [3, 8],
            storm_seconds: [4, 12],
            delay_ms: [1, 20],
            loss: never,
            sync_ms: [1, 8],
            clock_bound_ms: [1, 30],
            kills: never,
            power_losses: never,
            torn_writes: never,
            all_lose_power: never,
            pauses: never,
            failing_syncs: never,
            slow_disks: never,
            one_way_cuts: never,
            isolations: never,
            rings: never,
            swizzles: never,
            full_disks: never,
            slow_links: never,
            resets: never,
            leader_moves: never,
            clock_steps: never,
            clocks_beyond: 0,
        }
    }
}

/// A part that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A rule of the adjudicator is left out.
    Adjudicator(Mutation),
    /// M17: a transaction begins as of whatever storage here has.
    LocalSnapshot,
    /// M16: a replica that comes back loses an entry of the replay.
    SkipAfterRestart,
    /// M7: the disk says that it has synced and has not.
    DiskLies,
    /// M8, M15, M19: a part of each request.
    Request(Omission),
    /// M6: the last journal is taken to have promised what the others have.
    IgnoreOneJournal,
    /// M18: no journal is waited for, so they are merged as they arrive.
    MergeByArrival,
    /// M12: the collector removes a version that reads still need.
    CollectTooMuch,
    /// M14: a commit whose outcome is unknown is sent again as a new transaction.
    RetryUnknown,
    /// M20: a scan loses a row where a page ends.
    SkipAtPage,
    /// What a node had applied before it came back is applied again: additions count twice.
    ApplyAgain,
}

/// Those that campaigns try: name in the test plan, what is broken, how.
///
/// Not among them, and left to simulator A and the model check: M5 with a lost go-ahead that counts as an abandoned transaction,
/// which 300 seeds did not notice; a reader that is told before its snapshot is past, which 250 did not; and M10, an append of a deposed leader, which openraft does not let anybody make.
pub const MUTANTS: [(&str, &str, Mutant); 22] = [
    (
        "M1",
        "a commit is told before its append is durable",
        Mutant::Adjudicator(Mutation::AcknowledgeBeforeDurable),
    ),
    ("M2", "written keys are not checked", Mutant::Adjudicator(Mutation::SkipWriteCheck)),
    (
        "M3",
        "promises are made over appends under way",
        Mutant::Adjudicator(Mutation::PromiseOverInFlight),
    ),
    ("M3", "votes hold no keys", Mutant::Adjudicator(Mutation::DropFence)),
    ("M4", "a new leader forgets the floor", Mutant::Adjudicator(Mutation::ForgetFloor)),
    ("M5", "commits above what votes are good for", Mutant::Adjudicator(Mutation::IgnoreTauMax)),
    ("M6", "replicas do not wait for the last journal", Mutant::IgnoreOneJournal),
    ("M7", "the disk says that it has synced and has not", Mutant::DiskLies),
    ("M8", "keys of unique names are not adjudicated", Mutant::Request(Omission::UniqueKeys)),
    ("M9", "adjudicators forget what they decided", Mutant::Adjudicator(Mutation::ForgetOutcomes)),
    ("M11", "timestamps are issued twice", Mutant::Adjudicator(Mutation::ReuseTimestamp)),
    ("M12", "the collector removes a version that reads still need", Mutant::CollectTooMuch),
    ("M14", "an unknown commit is sent again as a new one", Mutant::RetryUnknown),
    (
        "M15",
        "requests do not say which definitions they depend on",
        Mutant::Request(Omission::Definitions),
    ),
    ("M16", "a replica that comes back skips an entry", Mutant::SkipAfterRestart),
    ("M17", "transactions begin as of what storage here has", Mutant::LocalSnapshot),
    ("M18", "journals are merged by arrival", Mutant::MergeByArrival),
    ("M19", "checked keys are not sent", Mutant::Request(Omission::Checks)),
    ("M20", "a scan loses a row where a page ends", Mutant::SkipAtPage),
    (
        "delta",
        "setting a counter does not conflict with adding to it",
        Mutant::Request(Omission::Sets),
    ),
    ("delta", "what a node had applied is applied again when it comes back", Mutant::ApplyAgain),
    (
        "F2",
        "promises go beyond the durable ceiling",
        Mutant::Adjudicator(Mutation::PromiseAboveCeiling),
    ),
];

/// How often each fault happens.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    pub kills: u64,
    pub power_losses: u64,
    pub torn_writes: u64,
    pub all_lose_power: u64,
    pub pauses: u64,
    pub failing_syncs: u64,
    pub slow_disks: u64,
    pub one_way_cuts: u64,
    pub isolations: u64,
    pub rings: u64,
    pub swizzles: u64,
    pub full_disks: u64,
    pub slow_links: u64,
    pub resets: u64,
    pub leader_moves: u64,
    pub clock_steps: u64,
}

/// Everything about a run but its random choices.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub mix: String,
    pub mutant: Option<Mutant>,
    pub node_count: u64,
    pub shards: u32,
    pub clients: usize,
    /// For so long there are faults.
    pub storm: u64,
    pub delay: u64,
    pub loss: u64,
    pub sync: u64,
    pub clock_bound: u64,
    pub clocks_beyond: bool,
    pub rates: Rates,
    pub segment_bytes: u64,
    pub cache_bytes: u64,
    /// For so long storage keeps versions that were superseded; reads of the past go back half a second.
    pub retention: u64,
    pub config: Config,
}

impl Plan {
    /// Draws from a mix by name or from a file; without one, from the mix whose turn it is.
    pub fn new(seed: u64, mix: Option<&str>, mutant: Option<Mutant>) -> Result<Plan, String> {
        let (name, text) = match mix {
            None => {
                let (name, text) = MIXES[(seed % MIXES.len() as u64) as usize];
                (name.to_owned(), text.to_owned())
            }
            Some(wanted) => match MIXES.iter().find(|(name, _)| *name == wanted) {
                Some((name, text)) => ((*name).to_owned(), (*text).to_owned()),
                None => {
                    let text = std::fs::read_to_string(wanted)
                        .map_err(|error| format!("{wanted}: no such plan ({error})"))?;
                    (wanted.to_owned(), text)
                }
            },
        };
        let mix: Mix = toml::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
        Plan::draw(seed, name, &mix, mutant)
    }

    fn draw(seed: u64, name: String, mix: &Mix, mutant: Option<Mutant>) -> Result<Plan, String> {
        if mix.nodes[0] < 1 || mix.nodes[1] > 7 || mix.shards[0] < 1 || mix.shards[1] > 8 {
            return Err(format!("{name}: 1 to 7 nodes and 1 to 8 shards"));
        }
        let mut random = Random::new(seed);
        let mut draw = |range: Range| random.between(range[0], range[1].max(range[0]));
        let rates = Rates {
            kills: draw(mix.kills),
            power_losses: draw(mix.power_losses),
            torn_writes: draw(mix.torn_writes),
            all_lose_power: draw(mix.all_lose_power),
            pauses: draw(mix.pauses),
            failing_syncs: draw(mix.failing_syncs),
            slow_disks: draw(mix.slow_disks),
            one_way_cuts: draw(mix.one_way_cuts),
            isolations: draw(mix.isolations),
            rings: draw(mix.rings),
            swizzles: draw(mix.swizzles),
            full_disks: draw(mix.full_disks),
            slow_links: draw(mix.slow_links),
            resets: draw(mix.resets),
            leader_moves: draw(mix.leader_moves),
            clock_steps: draw(mix.clock_steps),
        };
        let (node_count, shards, clients) =
            (draw(mix.nodes), draw(mix.shards) as u32, draw(mix.clients) as usize);
        let (storm, delay, loss) =
            (draw(mix.storm_seconds) * SECOND, draw(mix.delay_ms) * MILLI, draw(mix.loss));
        let (sync, clock_bound) = (draw(mix.sync_ms) * MILLI, draw(mix.clock_bound_ms) * MILLI);
        let stride = random.pick(&[100, 300, 1_000]) * MILLI;
        let config = Config {
            stride_nanos: stride,
            minimum_room_nanos: stride / 4,
            memory_age_nanos: random.pick(&[20, 360]) * SECOND,
            assumed_keep_nanos: random.pick(&[2, 10]) * SECOND,
            max_in_flight: random.pick(&[1, 2, 8]),
            mutation: match mutant {
                Some(Mutant::Adjudicator(mutation)) => Some(mutation),
                _ => None,
            },
            ..Config::default()
        };
        Ok(Plan {
            seed,
            mix: name,
            mutant,
            node_count,
            shards,
            clients,
            storm,
            delay,
            loss,
            sync,
            clock_bound,
            clocks_beyond: random.per_mille(mix.clocks_beyond),
            rates,
            segment_bytes: random.pick(&[32, 64, 256]) << 10,
            cache_bytes: random.pick(&[2 << 10, 1 << 20]),
            retention: random.pick(&[2, 330]) * SECOND,
            config,
        })
    }

    /// What requests lack.
    pub fn omission(&self) -> Option<Omission> {
        match self.mutant {
            Some(Mutant::Request(omission)) => Some(omission),
            _ => None,
        }
    }

    pub fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Their numbers.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = u64> + use<> {
        1..=self.node_count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mix_can_be_drawn_from_and_its_numbers_are_within_bounds() {
        for (name, _) in MIXES {
            for seed in 0..50 {
                let plan = Plan::new(seed, Some(name), None).expect("a plan");
                assert!((1..=7).contains(&plan.node_count) && plan.clients > 0, "{plan:?}");
            }
        }
        assert!(Plan::new(1, Some("no such file"), None).is_err());
        assert!(toml::from_str::<Mix>("kill = [1, 2]").is_err(), "a word that is not known");
    }
}
