//! Snapshot isolation and serializability from what clients saw, in linear time.
//!
//! The rules of edges are in the crate's chapter; here they are laid. Failed transactions lay none. Unknown ones may have
//! happened: what they wrote has edges in, and out once it was read; what they read is not looked at, and nobody waited
//! for them in real time.

use crate::graph::{Builder, Graph, Reason};
use crate::history::{History, Status};
use crate::report::Report;
use crate::versions::{KeyVersions, Versions, infer};
use crate::witness;

/// What a history is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Plain snapshot isolation: what remains when clocks are beyond their bound.
    Snapshot,
    /// A process sees what it did before.
    SessionSnapshot,
    /// What is acknowledged is seen by all that begin afterwards.
    StrongSnapshot,
    Serializable,
    StrictSerializable,
}

impl Level {
    pub(crate) fn one_point(self) -> bool {
        matches!(self, Level::Serializable | Level::StrictSerializable)
    }

    fn real_time(self) -> bool {
        matches!(self, Level::StrongSnapshot | Level::StrictSerializable)
    }

    /// The level without real time.
    fn plain(self) -> Level {
        if self.one_point() { Level::Serializable } else { Level::Snapshot }
    }
}

/// Where things are among the nodes of a graph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    one_point: bool,
    transactions: u32,
    hubs: u32,
    end: u32,
}

impl Layout {
    fn new(history: &History, keys: usize, level: Level) -> Layout {
        let transactions = history.transactions.len() as u32;
        let points = if level.one_point() { transactions } else { transactions * 2 };
        let hubs = points + if level.real_time() { history.events } else { 0 };
        Layout { one_point: level.one_point(), transactions, hubs, end: hubs + keys as u32 * 2 }
    }

    fn start(&self, transaction: u32) -> u32 {
        if self.one_point { transaction } else { transaction * 2 }
    }

    fn commit(&self, transaction: u32) -> u32 {
        if self.one_point { transaction } else { transaction * 2 + 1 }
    }

    fn event(&self, event: u32) -> u32 {
        self.start(self.transactions) + event
    }

    /// The transaction that a node belongs to, unless it is an event or a hub.
    pub fn transaction(&self, node: u32) -> Option<u32> {
        let transaction = if self.one_point { node } else { node / 2 };
        (transaction < self.transactions).then_some(transaction)
    }
}

/// Judges a history.
pub fn check(history: &History, level: Level) -> Report {
    let mut report = Report::default();
    let versions = infer(history, level.real_time(), &mut report);
    count(history, &versions, &mut report);
    let (layout, graph) = lay(history, &versions, level.plain(), &mut report);
    let components = graph.components();
    if level.one_point() {
        report.counters.skews = components.len() as u64;
    } else {
        let mut ignored = Report::default();
        let (_, serial) = lay(history, &versions, Level::Serializable, &mut ignored);
        report.counters.skews = serial.components().len() as u64;
    }
    witness::explain(&graph, &layout, &components, &versions, level, &mut report);
    drop(graph);
    if level != level.plain() {
        let mut ignored = Report::default();
        let (layout, graph) = lay(history, &versions, level, &mut ignored);
        let all = graph.components();
        // What is a cycle without real time has its witness already.
        let more: Vec<Vec<u32>> = if components.is_empty() { all } else { Vec::new() };
        witness::explain(&graph, &layout, &more, &versions, level, &mut report);
    }
    report
}

fn count(history: &History, versions: &Versions, report: &mut Report) {
    let counters = &mut report.counters;
    for (one, applied) in history.transactions.iter().zip(&versions.applied) {
        match one.status {
            Status::Committed => counters.committed += 1,
            Status::Failed => counters.failed += 1,
            Status::Unknown => {
                counters.unknown += 1;
                counters.unknown_applied += u64::from(*applied);
            }
        }
    }
}

fn lay(
    history: &History,
    versions: &Versions,
    level: Level,
    report: &mut Report,
) -> (Layout, Graph) {
    let layout = Layout::new(history, versions.keys.len(), level);
    let mut builder = Builder::default();
    for index in 0..layout.transactions {
        builder.add(layout.start(index), layout.commit(index), Reason::Own, 0);
    }
    for (number, key) in versions.keys.iter().enumerate() {
        lay_writes(history, key, number as u32, &layout, &mut builder, report);
    }
    lay_reads(history, versions, &layout, &mut builder, report);
    if level.real_time() {
        lay_real_time(history, &layout, &mut builder);
    }
    if level == Level::SessionSnapshot {
        lay_sessions(history, &layout, &mut builder);
    }
    (layout, builder.freeze(layout.end as usize))
}

fn counts(history: &History, writer: u32) -> bool {
    history.transactions[writer as usize].status != Status::Failed
}

/// The hub through which whoever comes before all unobserved appends of a key reaches them.
fn hub_of_writes(layout: &Layout, key: u32) -> u32 {
    layout.hubs + key * 2
}

fn hub_of_reads(layout: &Layout, key: u32) -> u32 {
    layout.hubs + key * 2 + 1
}

fn lay_writes(
    history: &History,
    key: &KeyVersions,
    number: u32,
    layout: &Layout,
    builder: &mut Builder,
    report: &mut Report,
) {
    let mut before: Option<u32> = None;
    for version in key.order.iter().filter(|version| counts(history, version.writer)) {
        if let Some(writer) = before.filter(|writer| *writer != version.writer) {
            let (from, to) = (layout.commit(writer), layout.start(version.writer));
            builder.add(from, to, Reason::WriteWrite, number);
            report.counters.write_write += 1;
        }
        before = Some(version.writer);
    }
    if let Some(writer) = before.filter(|_| !key.unobserved.is_empty()) {
        let hub = hub_of_writes(layout, number);
        builder.add(layout.commit(writer), hub, Reason::WriteWrite, number);
    }
    for version in &key.unobserved {
        let (start, commit) = (layout.start(version.writer), layout.commit(version.writer));
        builder.add(hub_of_writes(layout, number), start, Reason::Own, number);
        builder.add(hub_of_reads(layout, number), commit, Reason::Own, number);
    }
}

fn lay_reads(
    history: &History,
    versions: &Versions,
    layout: &Layout,
    builder: &mut Builder,
    report: &mut Report,
) {
    for read in &versions.reads {
        let key = &versions.keys[read.key as usize];
        let (seen, missed) = key.order.split_at(read.seen as usize);
        let start = layout.start(read.reader);
        let last = seen.iter().rev().find(|version| counts(history, version.writer));
        if let Some(version) = last.filter(|version| version.writer != read.reader) {
            builder.add(layout.commit(version.writer), start, Reason::WriteRead, read.key);
            report.counters.write_read += 1;
        }
        match missed.iter().find(|version| counts(history, version.writer)) {
            Some(next) if next.writer != read.reader => {
                builder.add(start, layout.commit(next.writer), Reason::ReadWrite, read.key);
                report.counters.read_write += 1;
            }
            Some(_) => {}
            None if key.unobserved.iter().any(|version| version.writer == read.reader) => {
                // Through the hub it would come after itself.
                for version in &key.unobserved {
                    if version.writer != read.reader {
                        let commit = layout.commit(version.writer);
                        builder.add(start, commit, Reason::ReadWrite, read.key);
                    }
                }
            }
            None if !key.unobserved.is_empty() => {
                let hub = hub_of_reads(layout, read.key);
                builder.add(start, hub, Reason::ReadWrite, read.key);
                report.counters.read_write += 1;
            }
            None => {}
        }
    }
}

fn lay_real_time(history: &History, layout: &Layout, builder: &mut Builder) {
    for event in 1..history.events {
        builder.add(layout.event(event - 1), layout.event(event), Reason::RealTime, 0);
    }
    for (index, one) in history.transactions.iter().enumerate() {
        let index = index as u32;
        if let Some(completed) = one.completed.filter(|_| one.status == Status::Committed) {
            builder.add(layout.commit(index), layout.event(completed), Reason::RealTime, 0);
        }
        if one.status != Status::Failed {
            builder.add(layout.event(one.invoked), layout.start(index), Reason::RealTime, 0);
        }
    }
}

fn lay_sessions(history: &History, layout: &Layout, builder: &mut Builder) {
    let mut last: std::collections::HashMap<u32, u32> = std::collections::HashMap::new();
    for (index, one) in history.transactions.iter().enumerate() {
        if one.status == Status::Failed {
            continue;
        }
        let index = index as u32;
        if let Some(before) = last.get(&one.process) {
            builder.add(layout.commit(*before), layout.start(index), Reason::Process, 0);
        }
        if one.status == Status::Committed {
            last.insert(one.process, index);
        }
    }
}
