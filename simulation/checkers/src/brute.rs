//! The same verdict by trying every order: for histories of a handful of transactions, to check the checker.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, Operation, Status, Transaction};
use crate::isolation::Level;

/// More would take for ever.
pub const MAX_TRANSACTIONS: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    Waiting,
    /// Has its snapshot.
    Begun,
    Done,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    stages: Vec<Stage>,
    lists: BTreeMap<u64, Vec<u64>>,
    /// Keys written since the transaction began.
    written: Vec<BTreeSet<u64>>,
}

/// Whether some order of beginnings and commits explains the history.
///
/// # Panics
/// If there are more than [`MAX_TRANSACTIONS`].
pub fn explainable(history: &History, level: Level) -> bool {
    let all = &history.transactions;
    assert!(all.len() <= MAX_TRANSACTIONS, "too many transactions for trying every order");
    let state = State {
        stages: vec![Stage::Waiting; all.len()],
        lists: BTreeMap::new(),
        written: vec![BTreeSet::new(); all.len()],
    };
    search(all, level, state, &mut BTreeSet::new())
}

fn search(all: &[Transaction], level: Level, state: State, visited: &mut BTreeSet<State>) -> bool {
    let finished =
        |index: usize| state.stages[index] == Stage::Done || all[index].status != Status::Committed;
    if (0..all.len()).all(finished) {
        return true;
    }
    if !visited.insert(state.clone()) {
        return false;
    }
    for (index, one) in all.iter().enumerate() {
        match state.stages[index] {
            Stage::Waiting if one.status != Status::Failed => {
                let after_all_before = (0..all.len()).all(|other| {
                    state.stages[other] == Stage::Done || !precedes(&all[other], one, level)
                });
                if !after_all_before || !explains(one, &state.lists) {
                    continue;
                }
                let mut next = state.clone();
                next.stages[index] = Stage::Begun;
                if level.one_point() {
                    commit(all, index, &mut next);
                }
                if search(all, level, next, visited) {
                    return true;
                }
            }
            Stage::Begun => {
                let overlaps = appends(one).any(|(key, _)| state.written[index].contains(&key));
                if overlaps {
                    continue;
                }
                let mut next = state.clone();
                commit(all, index, &mut next);
                if search(all, level, next, visited) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

fn appends(one: &Transaction) -> impl Iterator<Item = (u64, u64)> + '_ {
    one.operations.iter().filter_map(|operation| match operation {
        Operation::Append { key, value } => Some((*key, *value)),
        Operation::Read { .. } => None,
    })
}

fn commit(all: &[Transaction], index: usize, state: &mut State) {
    state.stages[index] = Stage::Done;
    for (key, value) in appends(&all[index]) {
        state.lists.entry(key).or_default().push(value);
        for (other, written) in state.written.iter_mut().enumerate() {
            if state.stages[other] == Stage::Begun {
                written.insert(key);
            }
        }
    }
}

/// Whether `one` must have committed before `two` may begin.
fn precedes(one: &Transaction, two: &Transaction, level: Level) -> bool {
    let acknowledged = one.status == Status::Committed;
    let before = one.completed.is_some_and(|completed| completed < two.invoked);
    match level {
        Level::Snapshot | Level::Serializable => false,
        Level::SessionSnapshot => acknowledged && before && one.process == two.process,
        Level::StrongSnapshot | Level::StrictSerializable => acknowledged && before,
    }
}

/// Whether the reads of a committed transaction are what the snapshot and its own appends show.
fn explains(one: &Transaction, lists: &BTreeMap<u64, Vec<u64>>) -> bool {
    if one.status != Status::Committed {
        return true;
    }
    let mut own: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    one.operations.iter().all(|operation| match operation {
        Operation::Append { key, value } => {
            own.entry(*key).or_default().push(*value);
            true
        }
        Operation::Read { key, list } => {
            let nothing = Vec::new();
            let base = lists.get(key).unwrap_or(&nothing);
            let added = own.get(key).unwrap_or(&nothing);
            base.iter().chain(added).eq(list.iter())
        }
    })
}
