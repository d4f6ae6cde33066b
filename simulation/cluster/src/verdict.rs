//! The end of a run: everything that was recorded goes to the checkers.

use std::collections::BTreeMap;

use checkers::Counters;
use protocol::Timestamp;
use protocol::storage::{Direction, ReadStorage, ScanRequest};
use simulation_core::verdict::{Evidence, Fault, judge_snapshot};
use simulation_core::work;
use storage::Storage;

use crate::plan::Plan;
use crate::world::{OPENED, World};

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub seed: u64,
    pub mix: String,
    /// Each begins with the name of the checker.
    pub faults: Vec<String>,
    pub marks: BTreeMap<String, u64>,
    pub digest: u64,
    pub lines: u64,
    pub simulated_nanos: u64,
    pub committed: u64,
    pub skews: u64,
}

/// Runs a plan to its end and judges it. One run for each process: what libraries keep in statics would make a second one
/// another.
pub fn run(plan: Plan, print: bool) -> Outcome {
    crate::entropy::seed(plan.seed);
    let (seed, mix, strong) = (plan.seed, plan.mix.clone(), !plan.clocks_beyond);
    let mut world = World::new(plan, print);
    world.run();
    let mut faults: Vec<Fault> = Vec::new();
    let mut counters = Counters::default();
    let entries = world.entries();
    {
        let record = world.record.lock();
        let evidence = Evidence {
            start: OPENED,
            ran: record.ran(),
            entries: entries.iter().map(AsRef::as_ref).collect(),
            observations: &record.observations,
            moments: &record.moments,
            events: record.events,
            strong,
        };
        evidence.judge(&mut faults, &mut counters);
        record.observations.iter().for_each(|one| judge_snapshot(one, &mut faults));
    }
    for fault in faults {
        world.trace.fault(fault.to_string());
    }
    compare_replicas(&world);
    let marks = world.trace.marks().into_iter();
    Outcome {
        seed,
        mix,
        faults: world.trace.faults(),
        marks: marks.map(|(name, count)| (name.to_owned(), count)).collect(),
        digest: world.trace.digest(),
        lines: world.trace.lines(),
        simulated_nanos: world.simulated(),
        committed: counters.committed,
        skews: counters.skews,
    }
}

/// Everything that a replica holds as of a timestamp.
fn contents(storage: &Storage, tau: Timestamp) -> Result<Vec<(u64, u64)>, String> {
    let request = ScanRequest {
        start: work::encode_key(0),
        end: work::encode_key(1_000),
        tau,
        direction: Direction::Ascending,
        filter: None,
        limit: None,
    };
    let mut cursor = storage.scan(request).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    while cursor.next_batch(&mut rows, 256).map_err(|error| error.to_string())? {}
    let rows = rows.iter().map(|row| (work::decode_key(&row.key), &row.value));
    Ok(rows.map(|(key, value)| (key, work::decode(key, value))).collect())
}

fn compare_replicas(world: &World) {
    let storages = world.storages();
    let Some(tau) = storages.iter().map(|(_, storage)| storage.watermark()).min() else { return };
    let all: Vec<_> =
        storages.iter().map(|(node, storage)| (*node, contents(storage, tau))).collect();
    for (node, held) in &all {
        if let Err(error) = held {
            world.trace.fault(format!("Replicas: node {node} cannot be read at {tau}: {error}"));
        } else if held != &all[0].1 {
            let first = all[0].0;
            world.trace.fault(format!("Replicas: nodes {first} and {node} differ at {tau}"));
        }
    }
}
