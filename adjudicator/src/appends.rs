//! Entries on their way to the journal, and what happens when leadership is gained or lost.
//!
//! Upholds: D2, F1, F2, A1
//!
//! A batch of decisions is one entry. Several entries may be in flight, in the order of their numbers. Until an entry's
//! result is known its transactions count as written for every conflict and as not durable for every answer and promise.

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::adjudication::VoteAnswer;
use protocol::journal::{JournalEntry, JournalError, Leadership, Position};
use protocol::transaction::Outcome;
use protocol::{ClockReading, Timestamp, TransactionId};

use crate::adjudicator::{
    Adjudicator, Cargo, Obstacle, Output, Waiter, reply, unavailable, unknown,
};
use crate::config::Mutation;
use crate::elsewhere::NOT_LEADING;
use crate::outcomes::Record;

/// Appends of an earlier leadership whose results are still of interest.
const MAX_ORPHANS: usize = 64;

impl Adjudicator {
    pub(crate) fn flush(&mut self, outputs: &mut Vec<Output>) {
        if self.batch.is_empty()
            || !self.leading
            || self.in_flight.len() >= self.config.max_in_flight
        {
            return;
        }
        self.batch_bytes = 0;
        let entry = JournalEntry::Transactions(std::mem::take(&mut self.batch));
        let cargo = Cargo::Transactions(std::mem::take(&mut self.batch_travelling));
        self.append(entry, cargo, outputs);
    }

    pub(crate) fn append(&mut self, entry: JournalEntry, cargo: Cargo, outputs: &mut Vec<Output>) {
        let number = self.next_number;
        self.next_number += 1;
        self.in_flight.push_back((number, cargo));
        outputs.push(Output::Append { number, entry: Arc::new(entry) });
    }

    /// The lowest timestamp that is issued and not known to be durable.
    pub(crate) fn first_not_durable(&self) -> Option<Timestamp> {
        let flying = self.in_flight.iter().find_map(|(_, cargo)| match cargo {
            Cargo::Transactions(all) => all.first().map(|one| one.tau_commit),
            Cargo::Ceiling(_) => None,
        });
        flying.or_else(|| self.batch.first().map(|one| one.tau_commit))
    }

    pub(crate) fn appended(
        &mut self,
        now: ClockReading,
        number: u64,
        result: Result<Position, JournalError>,
        outputs: &mut Vec<Output>,
    ) {
        let Some(index) = self.in_flight.iter().position(|(other, _)| *other == number) else {
            return self.orphan_appended(number, result.is_ok());
        };
        match result {
            Ok(position) => {
                let (_, cargo) = self.in_flight.remove(index).expect("the index was just found");
                self.last_position = self.last_position.max(position);
                self.durable(now, cargo, outputs);
            }
            Err(JournalError::Full) => {
                let (_, cargo) = self.in_flight.remove(index).expect("the index was just found");
                self.not_appended(cargo, "no space is left for the journal (53100)", outputs);
            }
            Err(JournalError::Overloaded) => {
                let (_, cargo) = self.in_flight.remove(index).expect("the index was just found");
                self.not_appended(cargo, "the journal's queue is full", outputs);
            }
            Err(JournalError::NotLeader { .. }) => {
                let (_, cargo) = self.in_flight.remove(index).expect("the index was just found");
                self.not_appended(cargo, NOT_LEADING, outputs);
                self.lost(NOT_LEADING, outputs);
            }
            Err(JournalError::Unknown { reason } | JournalError::Closed { reason }) => {
                self.lost(&reason, outputs);
            }
        }
        self.flush(outputs);
        self.answer_bumps(now, outputs);
    }

    fn durable(&mut self, now: ClockReading, cargo: Cargo, outputs: &mut Vec<Output>) {
        match cargo {
            Cargo::Ceiling(ceiling) => {
                self.ceiling = self.ceiling.max(ceiling);
                self.raising = false;
                self.release(now, Obstacle::Ceiling, outputs);
            }
            Cargo::Transactions(all) => {
                for one in all {
                    let tau_commit = one.tau_commit;
                    self.end(one.id, Record::Committed { tau_commit }, tau_commit);
                    reply(outputs, one.id, Outcome::Committed { tau_commit });
                }
            }
        }
    }

    /// The journal took nothing. The keys stay in the memory as if written: nobody is harmed by that.
    fn not_appended(&mut self, cargo: Cargo, reason: &str, outputs: &mut Vec<Output>) {
        match cargo {
            Cargo::Ceiling(_) => {
                self.raising = false;
                self.fail_bumps(reason, outputs);
                self.fail_waiting(|obstacle| obstacle == Obstacle::Ceiling, reason, outputs);
            }
            Cargo::Transactions(all) => {
                for one in all {
                    let refusal = unavailable(reason);
                    self.end(
                        one.id,
                        Record::Refused(Box::new(refusal.clone())),
                        one.floor_if_refused,
                    );
                    reply(outputs, one.id, Outcome::Refused(refusal));
                }
            }
        }
    }

    fn orphan_appended(&mut self, number: u64, durable: bool) {
        let Some(index) = self.orphans.iter().position(|(other, _)| *other == number) else {
            return;
        };
        let (_, all) = self.orphans.remove(index).expect("the index was just found");
        if durable {
            for one in all {
                self.settle_unknown(one.id, one.tau_commit);
            }
        }
    }

    /// An end that could not be known has become known.
    pub(crate) fn settle_unknown(&mut self, id: TransactionId, tau_commit: Timestamp) {
        if matches!(self.outcomes.get(&id), Some(Record::Unknown { .. })) {
            self.end(id, Record::Committed { tau_commit }, tau_commit);
        }
    }

    pub(crate) fn gained(&mut self, leadership: Leadership) {
        if leadership.term < self.last_term || (self.leading && leadership.term == self.last_term) {
            return;
        }
        let same_term = leadership.term == self.last_term;
        // In the same term an append without a result may still land: whatever this node has issued, promised or voted
        // for stays below the floor, and no promise is made before the journal has taken a new ceiling behind it.
        let known = leadership.ceiling.max(leadership.last_commit);
        self.floor = self.floor.max(known);
        if same_term {
            self.floor = self.floor.max(self.bar).max(self.ceiling);
        }
        self.bar = self.floor;
        self.ceiling = if same_term { Timestamp::ZERO } else { leadership.ceiling };
        if self.config.broken(Mutation::ForgetFloor) {
            self.floor = Timestamp::ZERO;
            self.bar = Timestamp::ZERO;
        }
        self.last_term = leadership.term;
        self.last_position = self.last_position.max(leadership.position);
        self.leading = true;
    }

    /// Everything that was not durable is undecided for good or unknown; nothing that was said needs to be remembered,
    /// because it is all below the floor of whoever leads next.
    pub(crate) fn lost(&mut self, reason: &str, outputs: &mut Vec<Output>) {
        if !self.leading {
            return;
        }
        self.leading = false;
        self.raising = false;
        let batch = Cargo::Transactions(std::mem::take(&mut self.batch_travelling));
        self.batch.clear();
        self.batch_bytes = 0;
        self.not_appended(batch, reason, outputs);
        for (number, cargo) in std::mem::take(&mut self.in_flight) {
            if let Cargo::Transactions(all) = cargo {
                for one in &all {
                    let tau_commit = one.tau_commit;
                    self.end(one.id, Record::Unknown { tau_commit }, tau_commit);
                    reply(outputs, one.id, unknown());
                }
                self.orphans.push_back((number, all));
            }
        }
        while self.orphans.len() > MAX_ORPHANS {
            self.orphans.pop_front();
        }
        self.abandon_all(reason, outputs);
        self.fail_waiting(|_| true, reason, outputs);
        self.fail_bumps(reason, outputs);
        self.early_votes.clear();
        self.memory.clear();
        self.schema.clear();
        outputs.push(Output::Relead);
    }

    fn fail_waiting(
        &mut self,
        which: impl Fn(Obstacle) -> bool,
        reason: &str,
        outputs: &mut Vec<Output>,
    ) {
        let (fail, still): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(obstacle, _)| which(*obstacle));
        self.waiting = still;
        for (_, waiter) in fail {
            // Nothing was done for it: it leaves no trace.
            self.outcomes.withdraw(&waiter.id());
            match waiter {
                Waiter::Commit(request) => {
                    reply(outputs, request.id, Outcome::Refused(unavailable(reason)));
                }
                Waiter::Prepare(prepare) => {
                    self.answer_prepare(&prepare, VoteAnswer::No(unavailable(reason)), outputs);
                }
            }
        }
    }
}
