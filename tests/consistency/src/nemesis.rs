//! Which faults, and when.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::Options;

use crate::cluster::Cluster;
use crate::network::{Way, Ways};
use crate::proxy::Switches;

/// Between two faults, in milliseconds.
const GAP_MS: std::ops::Range<u64> = 150..900;
/// Much longer than a message between nodes takes, so that a bound that is not waited for shows.
const CLOCK_BOUND: Duration = Duration::from_millis(20);
/// So late hears a node whose clock is behind by more than that.
const LATE: Duration = Duration::from_millis(100);
const BEHIND: Duration = Duration::from_millis(250);

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Nemesis {
    /// Healthy nodes: most bugs need no fault.
    None,
    /// `kill -9` and a new start.
    Kill,
    /// A write is done in part, the process ends at the next.
    Torn,
    /// SIGTERM and a new start.
    Terminate,
    /// SIGSTOP for up to two seconds.
    Pause,
    /// Query processors are replaced every second.
    Recycle,
    /// Connections are reset, half of them after their answers were held back.
    Cut,
    /// Requests or answers are held back.
    Stall,
    /// Statements are cancelled at random.
    Cancel,
    /// One node and the others do not hear of each other for some seconds.
    Part,
    /// One node hears the others and is not heard, or the other way round.
    OneWay,
    /// Two nodes do not hear of each other, and the rest hears both.
    Bridge,
    /// The ways between nodes take up to 150 ms, each its own time.
    Slow,
    /// Clocks jump, within what nodes are told of them.
    Clock,
    /// Syncs take up to two seconds.
    SlowDisk,
    /// Syncs fail, and the node has to end.
    FailingDisk,
    /// All of them in turn.
    Mixed,
    /// One node hears late and its clock is behind by more than it is told: stale reads must follow, and be noticed. Shows
    /// that checks are not blind; no promise holds under it.
    #[value(skip)]
    Behind,
}

impl Nemesis {
    pub const ALL: [Nemesis; 17] = [
        Nemesis::None,
        Nemesis::Kill,
        Nemesis::Torn,
        Nemesis::Terminate,
        Nemesis::Pause,
        Nemesis::Recycle,
        Nemesis::Cut,
        Nemesis::Stall,
        Nemesis::Cancel,
        Nemesis::Part,
        Nemesis::OneWay,
        Nemesis::Bridge,
        Nemesis::Slow,
        Nemesis::Clock,
        Nemesis::SlowDisk,
        Nemesis::FailingDisk,
        Nemesis::Mixed,
    ];

    /// Whether it needs nodes whose processes are ours.
    pub fn needs_processes(self) -> bool {
        // Faults on the way from clients to nodes reach nodes of others as well.
        !matches!(self, Nemesis::None | Nemesis::Cut | Nemesis::Stall | Nemesis::Cancel)
    }

    /// Whether it needs several nodes whose ways to each other are ours.
    pub fn needs_ways(self) -> bool {
        use Nemesis::{Behind, Bridge, OneWay, Part, Slow};
        matches!(self, Part | OneWay | Bridge | Slow | Behind)
    }

    /// Whether query processors live for a second only.
    fn recycles(self) -> bool {
        matches!(self, Nemesis::Recycle | Nemesis::Mixed)
    }

    /// What nodes that it disturbs are started with.
    pub fn options(self) -> Options {
        let mut options = Options::adjudicators(4);
        if self.recycles() {
            options = options.with(&["--qp-max-age", "1s"]);
        }
        if matches!(self, Nemesis::Clock | Nemesis::Mixed) {
            let bound = format!("{}ms", CLOCK_BOUND.as_millis());
            options = options.with(&["--max-clock-offset", &bound]);
        }
        options
    }

    pub fn cancels(self) -> bool {
        matches!(self, Nemesis::Cancel | Nemesis::Mixed)
    }
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Deeds {
    pub faults: u64,
    pub torn: u64,
    /// What a node did that no fault excuses.
    pub findings: Vec<String>,
}

/// Disturbs until told to stop, then heals everything. Blocks: it has a thread of its own.
pub fn disturb(
    nemesis: Nemesis,
    seed: u64,
    mut cluster: Cluster,
    switches: &[Switches],
    stop: &AtomicBool,
) -> (Deeds, Cluster) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut deeds = Deeds::default();
    let ways = cluster.ways();
    let mut kinds = vec![
        Nemesis::Kill,
        Nemesis::Torn,
        Nemesis::Terminate,
        Nemesis::Pause,
        Nemesis::Cut,
        Nemesis::Stall,
        Nemesis::SlowDisk,
        Nemesis::FailingDisk,
        Nemesis::Clock,
    ];
    if ways.is_some() {
        kinds.extend([Nemesis::Part, Nemesis::OneWay, Nemesis::Bridge, Nemesis::Slow]);
    }
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(random.random_range(GAP_MS)));
        let kind = match nemesis {
            Nemesis::Mixed => kinds[random.random_range(0..kinds.len())],
            other => other,
        };
        match kind {
            Nemesis::Kill => cluster.kill(&mut random),
            Nemesis::Torn => deeds.torn += u64::from(cluster.tear(&mut random)),
            Nemesis::Terminate => {
                deeds.findings.extend(cluster.terminate(&mut random).err());
            }
            Nemesis::Pause => {
                let length = Duration::from_millis(random.random_range(50..2_000));
                cluster.pause(&mut random, length);
            }
            Nemesis::Cut | Nemesis::Stall => network(kind, &mut random, switches),
            Nemesis::Part | Nemesis::OneWay | Nemesis::Bridge | Nemesis::Slow => match &ways {
                Some(ways) => between_nodes(kind, &mut random, ways),
                // The floor on faults tells that nothing happened.
                None => continue,
            },
            Nemesis::Clock => cluster.clocks(&mut random, CLOCK_BOUND),
            Nemesis::Behind => match &ways {
                Some(ways) => behind(&mut random, &cluster, ways),
                None => continue,
            },
            Nemesis::SlowDisk => cluster.slow_disk(&mut random),
            Nemesis::FailingDisk => {
                deeds.findings.extend(cluster.failing_disk(&mut random).err());
            }
            // These work on their own; here they only count as time under the fault.
            Nemesis::None | Nemesis::Recycle | Nemesis::Cancel | Nemesis::Mixed => {}
        }
        if kind != Nemesis::None {
            deeds.faults += 1;
        }
    }
    for switches in switches {
        switches.stall_answers(false);
        switches.stall_requests(false);
    }
    cluster.heal();
    // Each node talks to each other one.
    if let Some(ways) = ways.filter(|ways| ways.opened() < ways.nodes() as u64) {
        deeds.findings.push(format!("only {} connections between nodes", ways.opened()));
    }
    if !cluster.all_run() {
        deeds.findings.push("a node ended that nobody ended".to_owned());
    }
    (deeds, cluster)
}

/// Disturbs the ways between nodes for a while: shorter than an election takes, or so long that others are elected.
fn between_nodes(kind: Nemesis, random: &mut StdRng, ways: &Ways) {
    let nodes = ways.nodes();
    let one = random.random_range(0..nodes);
    let other = (one + random.random_range(1..nodes)) % nodes;
    let others = (0..nodes).filter(|index| *index != one);
    let blocked = Way { blocked: true, ..Way::default() };
    let is_heard = random.random_bool(0.5);
    match kind {
        Nemesis::Part => others.for_each(|index| {
            ways.set(one, index, blocked);
            ways.set(index, one, blocked);
        }),
        Nemesis::OneWay => others.for_each(|index| match is_heard {
            true => ways.set(index, one, blocked),
            false => ways.set(one, index, blocked),
        }),
        Nemesis::Bridge => {
            ways.set(one, other, blocked);
            ways.set(other, one, blocked);
        }
        _ => {
            for from in 0..nodes {
                for to in (0..nodes).filter(|to| *to != from) {
                    let delay = Duration::from_millis(random.random_range(0..150));
                    ways.set(from, to, Way { delay, ..Way::default() });
                }
            }
        }
    }
    std::thread::sleep(Duration::from_millis(random.random_range(200..4_000)));
    // Half of the time connections do not survive: what was held back is lost.
    if random.random_bool(0.5) {
        (0..nodes).filter(|index| *index != one).for_each(|index| ways.cut(one, index));
    }
    ways.heal();
}

/// One node hears late, and takes an early time for the present, for a while.
fn behind(random: &mut StdRng, cluster: &Cluster, ways: &Ways) {
    let nodes = ways.nodes();
    let one = random.random_range(0..nodes);
    for other in (0..nodes).filter(|index| *index != one) {
        ways.set(other, one, Way { delay: LATE, ..Way::default() });
    }
    cluster.clock_behind(one, BEHIND);
    std::thread::sleep(Duration::from_secs(1));
    ways.heal();
    cluster.clock_behind(one, Duration::ZERO);
}

fn network(kind: Nemesis, random: &mut StdRng, all: &[Switches]) {
    let switches = &all[random.random_range(0..all.len())];
    let answers = random.random_bool(0.5);
    let length = Duration::from_millis(random.random_range(20..600));
    if kind == Nemesis::Stall && !answers {
        switches.stall_requests(true);
        std::thread::sleep(length);
        switches.stall_requests(false);
        return;
    }
    if answers {
        switches.stall_answers(true);
        std::thread::sleep(length);
    }
    if kind == Nemesis::Cut {
        switches.cut();
    }
    // Only after the cut, so that what was held back is lost.
    switches.stall_answers(false);
}
