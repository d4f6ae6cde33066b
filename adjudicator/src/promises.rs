//! Promises and the ceiling over them (DESIGN 4.3).
//!
//! Upholds: I2, F2
//!
//! A promise up to H after position P says: whatever this journal holds behind P is above H. Three things make it true.
//! The bar: this adjudicator issues nothing at or below what it has promised. The position: what it had issued at or
//! below H before is durable, so it is at or before P; until then the promise waits. The ceiling: H is not above the
//! highest ceiling in the journal, which is where a successor starts.
//!
//! To ask is to raise the bar at once, also for an answer that has to wait: otherwise commits that keep coming could
//! keep the answer waiting for ever.
//!
//! The ceiling is raised when somebody needs it: at once when a promise or a vote does not fit under it, and ahead of
//! time when a promise has used up half of the stride, so that steady traffic never waits. An idle adjudicator raises
//! nothing.

use protocol::adjudication::{BumpError, Promise};
use protocol::journal::JournalEntry;
use protocol::{ClockReading, Timestamp};

use crate::adjudicator::{Adjudicator, Cargo, Output};
use crate::config::Mutation;
use crate::elsewhere::NOT_LEADING;

impl Adjudicator {
    pub(crate) fn bump(
        &mut self,
        now: ClockReading,
        token: u64,
        at_least: Timestamp,
        outputs: &mut Vec<Output>,
    ) {
        let at_most = now.latest.plus_nanos(self.config.max_ahead_nanos).max(self.ceiling);
        let error = if !self.leading {
            Some(unavailable(NOT_LEADING))
        } else if at_least > at_most {
            Some(BumpError::TooFarAhead { at_most })
        } else if self.bumps.len() >= self.config.max_bumps {
            Some(unavailable("too many wait for promises"))
        } else {
            None
        };
        if let Some(error) = error {
            return outputs.push(Output::Promised { token, answer: Err(error) });
        }
        if !self.config.broken(Mutation::PromiseOverInFlight) {
            self.bar = self.bar.max(at_least);
        }
        self.bumps.push((token, at_least));
        self.answer_bumps(now, outputs);
    }

    /// Answers whoever can be answered now.
    pub(crate) fn answer_bumps(&mut self, now: ClockReading, outputs: &mut Vec<Output>) {
        if self.bumps.is_empty() {
            return;
        }
        let mut first_not_durable = self.first_not_durable();
        if self.config.broken(Mutation::PromiseOverInFlight) {
            first_not_durable = None;
        }
        let over = self.config.broken(Mutation::PromiseAboveCeiling);
        let mut needed = None;
        let mut still = Vec::new();
        for (token, at_least) in std::mem::take(&mut self.bumps) {
            if at_least > self.ceiling && !over {
                needed = needed.max(Some(at_least));
                still.push((token, at_least));
                continue;
            }
            if first_not_durable.is_some_and(|first| first <= at_least) {
                still.push((token, at_least));
                continue;
            }
            // More than was asked for costs nothing as long as the clock is past it.
            let mut up_to = at_least.max(now.earliest.previous().min(self.ceiling));
            if let Some(first) = first_not_durable {
                up_to = up_to.min(first.previous());
            }
            self.bar = self.bar.max(up_to);
            let promise = Promise { journal: self.journal(), up_to, after: self.last_position };
            outputs.push(Output::Promised { token, answer: Ok(promise) });
            if up_to.plus_nanos(self.config.stride_nanos / 2) > self.ceiling {
                needed = needed.max(Some(up_to));
            }
        }
        self.bumps = still;
        if let Some(needed) = needed {
            self.raise(now, needed, outputs);
        }
    }

    /// Makes a ceiling durable that is a stride above what is needed. One at a time: when it has come, those for whom
    /// it is too low ask again.
    pub(crate) fn raise(
        &mut self,
        now: ClockReading,
        needed: Timestamp,
        outputs: &mut Vec<Output>,
    ) {
        if self.raising {
            return;
        }
        self.raising = true;
        let ceiling = needed.max(now.latest).plus_nanos(self.config.stride_nanos).max(self.ceiling);
        self.append(JournalEntry::Ceiling(ceiling), Cargo::Ceiling(ceiling), outputs);
    }

    pub(crate) fn fail_bumps(&mut self, reason: &str, outputs: &mut Vec<Output>) {
        for (token, _) in std::mem::take(&mut self.bumps) {
            outputs.push(Output::Promised { token, answer: Err(unavailable(reason)) });
        }
    }
}

fn unavailable(reason: &str) -> BumpError {
    BumpError::Unavailable { reason: reason.to_owned() }
}
