//! Cycles, told in English.

use std::fmt::Write as _;

use crate::graph::{Graph, Reason, Step};
use crate::isolation::{Layout, Level};
use crate::report::{Basis, Class, Report};
use crate::versions::Versions;

/// From one transaction to another.
#[derive(Clone, Copy, Debug)]
struct Hop {
    from: u32,
    to: u32,
    reason: Reason,
    key: u32,
}

/// Adds a finding for each component, with a shortest cycle as its witness.
pub(crate) fn explain(
    graph: &Graph,
    layout: &Layout,
    components: &[Vec<u32>],
    versions: &Versions,
    level: Level,
    report: &mut Report,
) {
    /// Components that are searched for a short cycle.
    const MAX_SEARCHED: usize = 32;
    for component in components.iter().take(MAX_SEARCHED) {
        let hops = hops(&graph.shortest_cycle(component), layout);
        let transactions: Vec<usize> = hops.iter().map(|hop| hop.from as usize).collect();
        let class = classify(&hops);
        report.add(class, basis(&hops), &transactions, || tell(&hops, versions, level));
    }
}

/// Leaves out events and hubs.
fn hops(steps: &[Step], layout: &Layout) -> Vec<Hop> {
    let Some(first) = steps.iter().position(|step| layout.transaction(step.from).is_some()) else {
        return Vec::new();
    };
    let mut hops = Vec::new();
    let mut open: Option<(u32, Reason, u32)> = None;
    for step in steps[first..].iter().chain(&steps[..first]) {
        if let Some(from) = layout.transaction(step.from) {
            open = Some((from, step.edge.reason, step.edge.key));
        }
        if let (Some((from, reason, key)), Some(to)) = (open, layout.transaction(step.edge.to)) {
            if reason != Reason::Own {
                hops.push(Hop { from, to, reason, key });
            }
            open = None;
        }
    }
    hops
}

fn classify(hops: &[Hop]) -> Class {
    let is = |hop: &Hop, reason| hop.reason == reason;
    let missed = hops.iter().filter(|hop| is(hop, Reason::ReadWrite)).count();
    let adjacent = hops
        .iter()
        .zip(hops.iter().cycle().skip(1))
        .any(|(one, two)| is(one, Reason::ReadWrite) && is(two, Reason::ReadWrite));
    match missed {
        0 if hops.iter().any(|hop| is(hop, Reason::WriteRead)) => Class::G1c,
        0 => Class::G0,
        1 => Class::GSingle,
        _ if adjacent => Class::G2Item,
        _ => Class::GNonadjacent,
    }
}

fn basis(hops: &[Hop]) -> Basis {
    if hops.iter().any(|hop| hop.reason == Reason::RealTime) {
        Basis::RealTime
    } else if hops.iter().any(|hop| hop.reason == Reason::Process) {
        Basis::Process
    } else {
        Basis::Data
    }
}

fn tell(hops: &[Hop], versions: &Versions, level: Level) -> String {
    let mut text = String::new();
    for (place, hop) in hops.iter().enumerate() {
        let Hop { from, to, .. } = *hop;
        let key = versions.keys.get(hop.key as usize).map_or(0, |key| key.key);
        let because = match hop.reason {
            Reason::WriteWrite => format!("T{to} appended to key {key} after T{from}"),
            Reason::WriteRead => format!("T{to} read what T{from} appended to key {key}"),
            Reason::ReadWrite => format!("T{from} did not see what T{to} appended to key {key}"),
            Reason::Process => format!("the process that ran T{to} had run T{from} before"),
            Reason::RealTime | Reason::Own => {
                format!("T{from} was acknowledged before T{to} was sent")
            }
        };
        let therefore = match hop.reason {
            _ if level.one_point() => format!("T{from} came before T{to}"),
            Reason::ReadWrite => format!("T{from} began before T{to} committed"),
            _ => format!("T{from} committed before T{to} began"),
        };
        let start = if place == 0 { "" } else { "; " };
        let _ = write!(text, "{start}{because}, so {therefore}");
    }
    text.push_str(": a circle, so no order of beginnings and commits explains it");
    text
}
