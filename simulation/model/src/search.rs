//! The search: breadth-first over all states, and random walks beyond.

use std::collections::{HashMap, VecDeque};

use crate::properties::{Violation, check};
use crate::world::{Action, World};

/// What a search has found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Different states.
    pub states: usize,
    /// Steps, including those to states known already.
    pub steps: usize,
    /// Whether there was nothing left to explore.
    pub exhausted: bool,
    pub found: Option<(Violation, Vec<Action>)>,
}

impl Report {
    /// The counter-example as text.
    pub fn trace(&self) -> String {
        match &self.found {
            None => "no violation".to_owned(),
            Some((violation, path)) => {
                let steps: Vec<String> =
                    path.iter().map(|action| format!("  {action:?}")).collect();
                format!("{violation}\n{}", steps.join("\n"))
            }
        }
    }
}

/// Explores everything that can happen from `start`, up to `max_states` different states.
pub fn explore(start: &World, max_states: usize) -> Report {
    let mut parents: HashMap<u128, Option<(u128, Action)>> = HashMap::new();
    let mut frontier = VecDeque::new();
    let mut steps = 0;
    let mut actions = Vec::new();
    parents.insert(start.fingerprint(), None);
    frontier.push_back((start.clone(), start.fingerprint()));
    while let Some((world, fingerprint)) = frontier.pop_front() {
        actions.clear();
        world.actions(&mut actions);
        for action in &actions {
            let mut next = world.clone();
            steps += 1;
            if !next.perform(action) {
                continue;
            }
            let reached = next.fingerprint();
            if parents.contains_key(&reached) {
                continue;
            }
            parents.insert(reached, Some((fingerprint, action.clone())));
            if let Err(violation) = check(&next) {
                let path = path(&parents, reached);
                let found = Some((violation, path));
                return Report { states: parents.len(), steps, exhausted: false, found };
            }
            if parents.len() >= max_states {
                return Report { states: parents.len(), steps, exhausted: false, found: None };
            }
            frontier.push_back((next, reached));
        }
    }
    Report { states: parents.len(), steps, exhausted: true, found: None }
}

fn path(parents: &HashMap<u128, Option<(u128, Action)>>, mut at: u128) -> Vec<Action> {
    let mut path = Vec::new();
    while let Some(Some((parent, action))) = parents.get(&at) {
        path.push(action.clone());
        at = *parent;
    }
    path.reverse();
    path
}

/// A small generator of random numbers (xorshift); the same seed walks the same way.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below
    }
}

/// One random walk of at most `length` steps.
pub fn walk(start: &World, seed: u64, length: usize) -> Report {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..4 {
        random.next(2);
    }
    let mut world = start.clone();
    let mut path = Vec::new();
    let mut actions = Vec::new();
    for _ in 0..length {
        actions.clear();
        world.actions(&mut actions);
        if actions.is_empty() {
            break;
        }
        // Ordinary steps are taken more often than faults, or most walks would be nothing but faults.
        let mut action = &actions[random.next(actions.len())];
        for _ in 0..2 {
            if !is_fault(action) {
                break;
            }
            action = &actions[random.next(actions.len())];
        }
        world.perform(action);
        path.push(action.clone());
        if let Err(violation) = check(&world) {
            let steps = path.len();
            return Report {
                states: steps,
                steps,
                exhausted: false,
                found: Some((violation, path)),
            };
        }
    }
    Report { states: path.len(), steps: path.len(), exhausted: false, found: None }
}

fn is_fault(action: &Action) -> bool {
    !matches!(
        action,
        Action::Deliver { stays: false, .. } | Action::Accept { .. } | Action::Result { .. }
    )
}
