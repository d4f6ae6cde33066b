//! The black box of the ordinary test run: short, every workload, the faults that find most.
//! `cargo xtask blackbox` runs all of it for longer.
//!
//! Checks: L1, I1, I2, I3, D1, D2, A1, S2

#![allow(clippy::print_stdout, reason = "what a failing test prints is its report")]

use std::time::Duration;

use consistency::{Cluster, Nemesis, Plan, Workload, run};

const SECONDS: u64 = 4;
const NOTICED_TRIES: usize = 5;

fn plan(nemesis: Nemesis, workload: Workload) -> Plan {
    Plan {
        workload,
        nemesis,
        time: Duration::from_secs(SECONDS),
        clients: 8,
        seed: rand::random::<u32>().into(),
        histories: None,
    }
}

/// The same nodes for all workloads, under one nemesis.
fn under(nodes: usize, nemesis: Nemesis, workloads: &[Workload]) {
    let mut cluster = Cluster::start(nodes, nemesis.options());
    for workload in workloads {
        let plan = plan(nemesis, *workload);
        let (verdict, same) = run(&plan, cluster);
        cluster = same;
        println!("{verdict} seed {}", plan.seed);
        assert!(verdict.is_valid(), "{verdict}");
    }
}

#[test]
fn healthy_nodes_show_no_anomaly() {
    under(1, Nemesis::None, &Workload::ALL);
}

#[test]
fn killed_nodes_show_no_anomaly() {
    under(1, Nemesis::Kill, &[Workload::Append, Workload::Bank]);
}

#[test]
fn cut_connections_show_no_anomaly() {
    under(1, Nemesis::Cut, &[Workload::Append, Workload::Register, Workload::Unique]);
}

#[test]
fn recycled_query_processors_show_no_anomaly() {
    under(1, Nemesis::Recycle, &[Workload::Append, Workload::Index]);
}

#[test]
fn mixed_faults_show_no_anomaly() {
    under(1, Nemesis::Mixed, &[Workload::AppendSerializable, Workload::Index]);
}

#[test]
fn three_nodes_of_which_one_is_killed_show_no_anomaly() {
    under(3, Nemesis::Kill, &[Workload::Append]);
}

#[test]
fn three_nodes_of_which_some_do_not_hear_each_other_show_no_anomaly() {
    under(3, Nemesis::Part, &[Workload::Append]);
    under(3, Nemesis::OneWay, &[Workload::Bank]);
}

#[test]
fn clocks_that_are_off_and_disks_that_fail_show_no_anomaly() {
    under(3, Nemesis::Clock, &[Workload::Register]);
    under(1, Nemesis::FailingDisk, &[Workload::Append]);
    under(1, Nemesis::SlowDisk, &[Workload::Bank]);
}

/// The black box is not blind to clocks: a node that is not told how far its clock is behind reads stale, and it is seen.
#[test]
fn clocks_off_by_more_than_nodes_are_told_are_noticed() {
    let mut cluster = Cluster::start(3, Nemesis::None.options());
    for _ in 0..NOTICED_TRIES {
        let plan = plan(Nemesis::Behind, Workload::Append);
        let (verdict, same) = run(&plan, cluster);
        cluster = same;
        if verdict.findings.iter().any(|finding| finding.contains("did not see it")) {
            return;
        }
        println!("{verdict} seed {}", plan.seed);
    }
    panic!("no stale read in {NOTICED_TRIES} runs");
}
