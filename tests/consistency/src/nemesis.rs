//! Which faults, and when.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::cluster::Cluster;
use crate::proxy::Switches;

/// Between two faults, in milliseconds.
const GAP_MS: std::ops::Range<u64> = 150..900;

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
    /// All of them in turn.
    Mixed,
}

impl Nemesis {
    pub const ALL: [Nemesis; 10] = [
        Nemesis::None,
        Nemesis::Kill,
        Nemesis::Torn,
        Nemesis::Terminate,
        Nemesis::Pause,
        Nemesis::Recycle,
        Nemesis::Cut,
        Nemesis::Stall,
        Nemesis::Cancel,
        Nemesis::Mixed,
    ];

    /// Whether it needs nodes whose processes are ours.
    pub fn needs_processes(self) -> bool {
        use Nemesis::{Kill, Mixed, Pause, Recycle, Terminate, Torn};
        matches!(self, Kill | Torn | Terminate | Pause | Recycle | Mixed)
    }

    /// Whether query processors live for a second only.
    pub fn recycles(self) -> bool {
        matches!(self, Nemesis::Recycle | Nemesis::Mixed)
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
    let kinds = [
        Nemesis::Kill,
        Nemesis::Torn,
        Nemesis::Terminate,
        Nemesis::Pause,
        Nemesis::Cut,
        Nemesis::Stall,
    ];
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
    if !cluster.all_run() {
        deeds.findings.push("a node ended that nobody ended".to_owned());
    }
    (deeds, cluster)
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
