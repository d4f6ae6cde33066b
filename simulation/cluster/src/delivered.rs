//! What the journals delivered, on all nodes in all their lives: one list of entries for each journal, or a violation.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use protocol::JournalId;
use protocol::journal::{JournalEntry, Position};

use crate::trace::Trace;

/// Clones share it.
#[derive(Clone)]
pub struct Delivered(Arc<Mutex<State>>);

struct State {
    trace: Trace,
    entries: BTreeMap<(JournalId, Position), Arc<JournalEntry>>,
    /// The last position that a process has had.
    last: BTreeMap<(u64, u64, JournalId), Position>,
    /// Which node led a journal in a term.
    leaders: BTreeMap<(JournalId, u64), u64>,
}

impl Delivered {
    pub fn new(trace: Trace) -> Delivered {
        let (entries, last, leaders) = Default::default();
        Delivered(Arc::new(Mutex::new(State { trace, entries, last, leaders })))
    }

    /// A process was given entries. They follow each other, and at a position everybody is given the same.
    pub fn take(
        &self,
        node: u64,
        life: u64,
        journal: JournalId,
        entries: &[(Position, Arc<JournalEntry>)],
    ) {
        let state = &mut *self.0.lock();
        for (position, entry) in entries {
            let count = match &**entry {
                JournalEntry::Transactions(all) => all.len(),
                JournalEntry::Ceiling(_) => 0,
            };
            let at = position.0;
            state
                .trace
                .line(format_args!("node {node} delivers {journal}@{at}, {count} transactions"));
            let last = state.last.insert((node, life, journal), *position);
            if last.is_some_and(|last| last.0 + 1 != at) {
                let last = last.map_or(0, |last| last.0);
                state.trace.fault(format!(
                    "Logs: node {node} was given entry {at} of journal {journal} after entry {last}"
                ));
            }
            let first = state.entries.entry((journal, *position)).or_insert_with(|| entry.clone());
            if first != entry {
                state.trace.fault(format!(
                    "Logs: node {node} has another entry {at} of journal {journal} than others"
                ));
            }
        }
    }

    /// A node says that it leads a journal.
    pub fn lead(&self, node: u64, journal: JournalId, term: u64) {
        let state = &mut *self.0.lock();
        let known = state.leaders.insert((journal, term), node);
        match known {
            None => {
                state.trace.line(format_args!("node {node} leads {journal} in term {term}"));
                if term > 1 {
                    state.trace.mark("leader changed");
                }
            }
            Some(known) if known != node => {
                state.trace.fault(format!(
                    "Election: nodes {known} and {node} both lead journal {journal} in term {term}"
                ));
            }
            Some(_) => {}
        }
    }

    /// All entries, in order of journal and position.
    pub fn entries(&self) -> Vec<Arc<JournalEntry>> {
        self.0.lock().entries.values().cloned().collect()
    }
}
