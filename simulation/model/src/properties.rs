//! What must hold in every state.

use std::fmt;

use adjudicator::classes::{Relation, relation};
use protocol::journal::JournalEntry;
use protocol::transaction::{CommitRequest, ConflictClass, Outcome, Refusal};

use crate::world::World;

/// The properties of DESIGN 9 that the model checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// What was acknowledged is in a journal.
    D1,
    /// A transaction is in one entry of one journal, whole, or nowhere.
    D2,
    /// Conflicting transactions do not overlap.
    I1,
    /// What was complete up to a timestamp stays so.
    I2,
    /// Only one adjudicator appends at a time.
    F1,
    /// No successor breaks a promise.
    F2,
    /// Who was told *refused* has not committed.
    A1,
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub property: Property,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.property, self.what)
    }
}

/// Checks: I1, I2, D1, D2, F1, F2, A1
pub fn check(world: &World) -> Result<(), Violation> {
    check_journals(world)?;
    check_outcomes(world)?;
    check_conflicts(world)
}

fn violation<T>(property: Property, what: String) -> Result<T, Violation> {
    Err(Violation { property, what })
}

/// Timestamps grow, promises are kept, terms grow.
fn check_journals(world: &World) -> Result<(), Violation> {
    for (number, shard) in world.shards.iter().enumerate() {
        let mut last = None;
        let mut last_term = 0;
        for (index, durable) in shard.journal.iter().enumerate() {
            if durable.term < last_term {
                return violation(
                    Property::F1,
                    format!("journal {number}: a deposed leader appended"),
                );
            }
            last_term = durable.term;
            let JournalEntry::Transactions(all) = durable.entry.as_ref() else { continue };
            let position = index as u64 + 1;
            for one in all {
                if last.is_some_and(|last| one.tau_commit <= last) {
                    let what = format!(
                        "journal {number}: {:?} is not above the one before",
                        one.tau_commit
                    );
                    return violation(Property::I2, what);
                }
                last = Some(one.tau_commit);
                for heard in &world.promises {
                    let promise = &heard.promise;
                    if promise.journal.0 as usize == number
                        && promise.after.0 < position
                        && promise.up_to >= one.tau_commit
                    {
                        let property =
                            if heard.term < durable.term { Property::F2 } else { Property::I2 };
                        let what = format!(
                            "journal {number}: {:?} at {position} after a promise up to {:?} behind {}",
                            one.tau_commit, promise.up_to, promise.after.0
                        );
                        return violation(property, what);
                    }
                }
            }
        }
    }
    Ok(())
}

/// What was told agrees with the journals.
fn check_outcomes(world: &World) -> Result<(), Violation> {
    for one in &world.transactions {
        let id = one.request.id;
        let mut found = world.committed().filter(|(_, decided)| decided.id == id);
        let first = found.next();
        if found.next().is_some() {
            return violation(Property::D2, format!("{id} is in the journals twice"));
        }
        if first.is_some_and(|(_, decided)| decided.writes.len() != one.request.writes.len()) {
            return violation(Property::D2, format!("{id} is in its journal in part"));
        }
        let durable = first.map(|(_, decided)| decided.tau_commit);
        let told = one.told.iter().map(|outcome| (outcome, Audience::Client));
        let replied = one.replied.iter().map(|outcome| (outcome, Audience::Coordinator));
        for (outcome, audience) in replied.chain(told) {
            match outcome {
                Outcome::Committed { tau_commit } if durable != Some(*tau_commit) => {
                    return violation(
                        Property::D1,
                        format!("{id} was acknowledged and is not durable"),
                    );
                }
                Outcome::Refused(Refusal::Unavailable { .. }) => {}
                // Of a successor, this says nothing about copies that its predecessor had. The coordinator knows which
                // copies it has sent, unless the transport makes some of its own.
                Outcome::Refused(Refusal::TooOld { .. })
                    if audience == Audience::Coordinator || world.copied => {}
                Outcome::Refused(_) if durable.is_some() => {
                    return violation(
                        Property::A1,
                        format!("{id} was refused and is in a journal"),
                    );
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    Client,
    Coordinator,
}

fn classes(request: &CommitRequest) -> impl Iterator<Item = (&bytes::Bytes, ConflictClass)> {
    let written = request.writes.iter().filter_map(|write| Some((&write.key, write.class?)));
    written.chain(request.checks.iter().map(|check| (&check.key, check.class)))
}

/// No conflicting class on a key was committed between a transaction's start and its commit.
fn check_conflicts(world: &World) -> Result<(), Violation> {
    let request = |id| world.transactions.iter().find(|one| one.request.id == id);
    for (_, mine) in world.committed() {
        for (_, other) in world.committed() {
            let inside = other.tau_commit > mine.tau_start && other.tau_commit <= mine.tau_commit;
            if mine.id == other.id || !inside {
                continue;
            }
            let (Some(my), Some(their)) = (request(mine.id), request(other.id)) else { continue };
            for (key, class) in classes(&my.request) {
                let conflicts = classes(&their.request).any(|(same, theirs)| {
                    same == key && relation(class, theirs) == Relation::Conflict
                });
                if conflicts {
                    let what = format!(
                        "{} ({:?}..{:?}) and {} ({:?}..{:?}) overlap on {key:?}",
                        mine.id,
                        mine.tau_start,
                        mine.tau_commit,
                        other.id,
                        other.tau_start,
                        other.tau_commit
                    );
                    return violation(Property::I1, what);
                }
            }
        }
    }
    Ok(())
}
