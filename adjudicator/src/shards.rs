//! Commits of several shards: prepare, votes, the decision, go-aheads, and what happens when one of them is lost.
//!
//! Upholds: I1, I2, D2, F1, F2
//!
//! # Who must hold what, and for how long
//!
//! *A participant* checks its part and says yes for every `tau_commit` in `minimum..=tau_max`.
//!
//! - `minimum` is above everything that it has issued or heard of, so a writer comes after every reader that this shard
//!   has let pass (*later* in the table of classes).
//! - The fence keeps out everybody whose check would have to know the outcome. It may fall only when the outcome is
//!   recorded, or when assuming the worst: written at `tau_max`. The worst is always safe to assume, because whoever
//!   starts at or after `tau_max` has seen the transaction in its snapshot, and whoever started before is refused.
//! - `tau_max` is not above the participant's durable ceiling, and that is the successor's floor. So a crash of the
//!   participant is the worst case again, assumed by somebody who does not even know that there was a vote.
//! - The vote puts no limit on what the participant promises: the transaction will not be in its journal.
//!
//! *The leader* decides above its bar, which is above each of its promises, and from then on counts the transaction
//! among those on their way: no promise at or above `tau_commit` is made before the journal has taken the entry
//! ([`Adjudicator::first_not_durable`]). Before the decision nothing is owed: if a promise overtakes `min(tau_max)`, the
//! transaction is abandoned. A reader at τ waits for a promise of every journal, so it does not matter to it whose
//! journal has the transaction (I2).
//!
//! *Abandoned* takes down fences without a record, so it needs authority: it must be certain that no other adjudicator,
//! before or after, ever commits the transaction. `floor <= tau_start` rules out those before (whoever led this journal
//! before committed nothing above the floor), `tau_start < ceiling` those after (their floor is at least the ceiling).
//! A leader below whose floor a transaction is says *too old* to whoever asked and nothing to the participants: its
//! predecessor may have committed it, and they may be waiting for that go-ahead. A leader whose ceiling is too low raises
//! it first, which a deposed one cannot. The same holds for refusals of one shard, on which a client will rely.
//!
//! The go-ahead leaves with the append, not after it. If the append is then lost, participants hold keys for written
//! that are not: a needless refusal, never a wrong one. Whoever asks about the outcome is therefore sent to the leader.
//!
//! # A crash, step by step
//!
//! Shard 0 leads T over keys a (shard 0) and b (shard 1). Shard 1 votes yes up to 1.9 s and crashes. Its successor reads
//! the ceiling 1.9 s from the journal and starts with that floor. Shard 0 decides 1.2 s and appends. Another U, begun at
//! 1.0 s, wants b: refused, it is below the floor. V, begun at 2.0 s, has seen T. Had the vote been good for 2.1 s, W,
//! begun at 1.95 s and committed at 2.0 s, would have overwritten b unseen: that is what ignoring `tau_max` does.

use protocol::adjudication::{
    GoAhead, LeaderPart, Prepare, ShardMessage, Verdict, Vote, VoteAnswer,
};
use protocol::transaction::{DecidedTransaction, Outcome, Refusal};
use protocol::{ClockReading, ShardId, Timestamp, TransactionId};

use crate::adjudicator::{
    Adjudicator, Claims, Judgement, Obstacle, Output, Reach, Waiter, check_keys, reply, unavailable,
};
use crate::config::Mutation;
use crate::fences::{Hold, Leading, Phase, Prepared};
use crate::outcomes::Record;

impl Adjudicator {
    pub(crate) fn prepare(
        &mut self,
        now: ClockReading,
        prepare: Prepare,
        outputs: &mut Vec<Output>,
    ) {
        if self.prepared_again(&prepare, outputs) {
            return;
        }
        let room = self.fences.len() < self.config.max_prepared;
        let admitted = match self.admit(now, prepare.tau_start) {
            Ok(()) if !room => Err(unavailable("too many transactions are prepared")),
            other => other,
        };
        if let Err(refusal) = admitted {
            return self.answer_prepare(&prepare, VoteAnswer::No(refusal), outputs);
        }
        self.outcomes.begin(prepare.id);
        self.try_prepare(now, prepare, outputs);
    }

    /// Answers a prepare that is known already; `true` if there is nothing more to do.
    fn prepared_again(&mut self, prepare: &Prepare, outputs: &mut Vec<Output>) -> bool {
        if prepare.lead.is_some() {
            return self.answer_again(&prepare.id, outputs);
        }
        let answer = match self.outcomes.get(&prepare.id) {
            None => return false,
            Some(Record::Refused(refusal)) => VoteAnswer::No((**refusal).clone()),
            Some(Record::Running) => match self.fences.get(&prepare.id) {
                Some(prepared) => {
                    VoteAnswer::Yes { minimum: prepared.minimum, tau_max: prepared.tau_max }
                }
                None => return true,
            },
            Some(_) => return true,
        };
        self.answer_prepare(prepare, answer, outputs);
        true
    }

    /// Tells the leader, who may be this shard itself.
    pub(crate) fn answer_prepare(
        &mut self,
        prepare: &Prepare,
        answer: VoteAnswer,
        outputs: &mut Vec<Output>,
    ) {
        match (&prepare.lead, answer) {
            (Some(lead), VoteAnswer::No(refusal)) => {
                if self.has_authority(prepare.tau_start)
                    || self.config.broken(Mutation::AbandonWithoutAuthority)
                {
                    let record = Record::Refused(Box::new(refusal.clone()));
                    self.end(prepare.id, record, prepare.tau_start.next());
                    tell(&lead.participants, prepare.id, Verdict::Abandoned, outputs);
                }
                self.early_votes.remove(&prepare.id);
                reply(outputs, prepare.id, Outcome::Refused(refusal));
            }
            (Some(_), VoteAnswer::Yes { .. }) => {}
            (None, answer) => {
                let vote = Vote { id: prepare.id, from: self.shard, answer };
                let message = ShardMessage::Vote(vote);
                outputs.push(Output::Send { to: prepare.leader, message });
            }
        }
    }

    pub(crate) fn try_prepare(
        &mut self,
        now: ClockReading,
        prepare: Prepare,
        outputs: &mut Vec<Output>,
    ) {
        let claims = Claims {
            id: prepare.id,
            tau_start: prepare.tau_start,
            ranges: &prepare.part.ranges,
            schema: &prepare.part.schema,
            reach: Reach::SeveralShards,
        };
        match self.judge(&claims, check_keys(&prepare.part.keys)) {
            Judgement::Refuse(refusal) => {
                if prepare.lead.is_some() && self.must_gain_authority(prepare.tau_start, &refusal) {
                    let needed = now.latest.max(prepare.tau_start.next());
                    self.waiting.push_back((Obstacle::Ceiling, Waiter::Prepare(prepare)));
                    return self.raise(now, needed, outputs);
                }
                let record = Record::Refused(Box::new(refusal.clone()));
                self.end(prepare.id, record, prepare.tau_start.next());
                self.answer_prepare(&prepare, VoteAnswer::No(refusal), outputs);
            }
            Judgement::Wait(holder) => {
                self.waiting.push_back((Obstacle::Fence(holder), Waiter::Prepare(prepare)));
            }
            Judgement::Pass => {
                let minimum = now.earliest.max(prepare.tau_start.next()).max(self.bar.next());
                let needed = now.latest.max(minimum);
                if self.ceiling < needed.plus_nanos(self.config.minimum_room_nanos) {
                    self.waiting.push_back((Obstacle::Ceiling, Waiter::Prepare(prepare)));
                    return self.raise(now, needed, outputs);
                }
                self.hold(now, prepare, minimum, outputs);
            }
        }
    }

    fn hold(
        &mut self,
        now: ClockReading,
        prepare: Prepare,
        minimum: Timestamp,
        outputs: &mut Vec<Output>,
    ) {
        let (id, tau_max) = (prepare.id, self.ceiling);
        let hold = if self.config.broken(Mutation::DropFence) { Hold::Nothing } else { Hold::Keys };
        self.answer_prepare(&prepare, VoteAnswer::Yes { minimum, tau_max }, outputs);
        let lead = prepare.lead.map(|part| Leading {
            part,
            votes: [(self.shard, (minimum, tau_max))].into_iter().collect(),
        });
        let leads = lead.is_some();
        let prepared = Prepared {
            id,
            tau_start: prepare.tau_start,
            leader: prepare.leader,
            part: prepare.part,
            minimum,
            tau_max,
            phase: Phase::Held,
            lead,
        };
        self.fences.place(prepared, hold);
        if leads {
            for vote in self.early_votes.remove(&id).unwrap_or_default() {
                self.vote(now, vote, outputs);
            }
            self.decide_if_complete(now, id, outputs);
        }
    }

    // ----- the leader -----

    pub(crate) fn vote(&mut self, now: ClockReading, vote: Vote, outputs: &mut Vec<Output>) {
        if !self.leading {
            return;
        }
        let leads = self
            .fences
            .get_mut(&vote.id)
            .and_then(|prepared| prepared.lead.as_mut().map(|lead| (prepared.tau_start, lead)));
        let Some((tau_start, lead)) = leads else {
            return self.vote_without_prepare(vote, outputs);
        };
        if !lead.part.participants.contains(&vote.from) {
            return;
        }
        match vote.answer {
            VoteAnswer::Yes { minimum, tau_max } => {
                lead.votes.entry(vote.from).or_insert((minimum, tau_max));
                self.decide_if_complete(now, vote.id, outputs);
            }
            VoteAnswer::No(refusal) => self.abandon(now, vote.id, tau_start, refusal, outputs),
        }
    }

    /// The vote is early, or the voter has missed the decision.
    fn vote_without_prepare(&mut self, vote: Vote, outputs: &mut Vec<Output>) {
        let verdict = match self.outcomes.get(&vote.id) {
            Some(Record::Appending { tau_commit } | Record::Committed { tau_commit }) => {
                Verdict::Committed { tau_commit: *tau_commit }
            }
            // Below the floor it may have been committed by a predecessor.
            Some(Record::Refused(refusal)) if matches!(**refusal, Refusal::TooOld { .. }) => return,
            Some(Record::Refused(_)) => Verdict::Abandoned,
            Some(Record::Unknown { .. } | Record::Elsewhere { .. }) => return,
            Some(Record::Running) | None => {
                let known = self.early_votes.contains_key(&vote.id);
                if !known && self.early_votes.len() >= self.config.max_early_votes {
                    self.early_votes.pop_first();
                }
                let votes = self.early_votes.entry(vote.id).or_default();
                if votes.iter().all(|other| other.from != vote.from) {
                    votes.push(vote);
                }
                return;
            }
        };
        tell(&[vote.from], vote.id, verdict, outputs);
    }

    fn decide_if_complete(
        &mut self,
        now: ClockReading,
        id: TransactionId,
        outputs: &mut Vec<Output>,
    ) {
        let Some(prepared) = self.fences.get(&id) else { return };
        let Some(lead) = &prepared.lead else { return };
        if lead.votes.len() <= lead.part.participants.len() {
            return;
        }
        let tau_start = prepared.tau_start;
        let minimum = lead.votes.values().map(|(minimum, _)| *minimum).max().unwrap_or_default();
        let limit = lead.votes.values().map(|(_, tau_max)| *tau_max).min().unwrap_or_default();
        let before = self.bar;
        let tau_commit = self.issue(now, tau_start, minimum);
        if tau_commit > limit && !self.config.broken(Mutation::IgnoreTauMax) {
            self.bar = before;
            return self.abandon(now, id, tau_start, Refusal::Expired, outputs);
        }
        let Some(prepared) = self.fences.remove(&id) else { return };
        self.record_part(now, &prepared, tau_commit);
        let Some(lead) = prepared.lead else { return };
        let verdict = Verdict::Committed { tau_commit };
        tell(&lead.part.participants, id, verdict, outputs);
        let LeaderPart { writes, additions, .. } = lead.part;
        self.put(DecidedTransaction { id, tau_start, tau_commit, writes, additions }, outputs);
        self.release(now, Obstacle::Fence(id), outputs);
    }

    fn abandon(
        &mut self,
        now: ClockReading,
        id: TransactionId,
        tau_start: Timestamp,
        refusal: Refusal,
        outputs: &mut Vec<Output>,
    ) {
        if let Some(lead) = self.fences.remove(&id).and_then(|prepared| prepared.lead) {
            tell(&lead.part.participants, id, Verdict::Abandoned, outputs);
        }
        self.refuse(id, tau_start, refusal, outputs);
        self.release(now, Obstacle::Fence(id), outputs);
    }

    /// Leadership is lost: what this shard leads is off, and for what others lead the successor's floor stands in.
    pub(crate) fn abandon_all(&mut self, reason: &str, outputs: &mut Vec<Output>) {
        for prepared in self.fences.clear() {
            match prepared.lead {
                Some(lead) => {
                    tell(&lead.part.participants, prepared.id, Verdict::Abandoned, outputs);
                    let refusal = unavailable(reason);
                    self.refuse(prepared.id, prepared.tau_start, refusal, outputs);
                }
                None => {
                    let record = Record::Elsewhere { leader: prepared.leader };
                    self.end(prepared.id, record, Timestamp::ZERO);
                }
            }
        }
    }

    // ----- the participant -----

    pub(crate) fn go_ahead(
        &mut self,
        now: ClockReading,
        ahead: GoAhead,
        outputs: &mut Vec<Output>,
    ) {
        if !self.leading {
            return;
        }
        match self.fences.get(&ahead.id) {
            Some(prepared) if prepared.lead.is_some() => {}
            Some(_) => self.settle(now, ahead.id, ahead.verdict, outputs),
            None if ahead.verdict == Verdict::Abandoned => self.forestall(ahead.id),
            None => {}
        }
    }

    /// The transaction is off before this shard has voted: its prepare waits here or is yet to come.
    fn forestall(&mut self, id: TransactionId) {
        let waiting = self.waiting.iter().position(|(_, waiter)| match waiter {
            Waiter::Prepare(prepare) => prepare.id == id && prepare.lead.is_none(),
            Waiter::Commit(_) => false,
        });
        if let Some(index) = waiting {
            self.waiting.remove(index);
        } else if self.outcomes.get(&id).is_some() {
            return;
        }
        let record = Record::Refused(Box::new(Refusal::Expired));
        self.end(id, record, Timestamp::ZERO);
    }

    /// The outcome is known.
    fn settle(
        &mut self,
        now: ClockReading,
        id: TransactionId,
        verdict: Verdict,
        outputs: &mut Vec<Output>,
    ) {
        let Some(prepared) = self.fences.remove(&id) else { return };
        let record = match verdict {
            Verdict::Committed { tau_commit } => {
                self.bar = self.bar.max(tau_commit);
                self.record_part(now, &prepared, tau_commit);
                Record::Elsewhere { leader: prepared.leader }
            }
            Verdict::Abandoned => Record::Refused(Box::new(Refusal::Expired)),
        };
        self.end(id, record, prepared.tau_start.next());
        self.release(now, Obstacle::Fence(id), outputs);
    }

    fn record_part(&mut self, now: ClockReading, prepared: &Prepared, tau_commit: Timestamp) {
        let old = self.old(now);
        for check in &prepared.part.keys {
            let floor = self.memory.record(&check.key, check.class, tau_commit, prepared.id, old);
            self.floor = self.floor.max(floor.unwrap_or_default());
        }
        self.record_schema(&prepared.part.schema, tau_commit);
    }

    /// Deals with votes that are out of time.
    pub(crate) fn expire(&mut self, now: ClockReading, outputs: &mut Vec<Output>) {
        while let Some(id) = self.fences.overdue(now.earliest) {
            let Some(prepared) = self.fences.get(&id) else { return };
            let (tau_start, tau_max) = (prepared.tau_start, prepared.tau_max);
            if prepared.lead.is_some() {
                self.abandon(now, id, tau_start, Refusal::Expired, outputs);
            } else if self.config.broken(Mutation::TrustLostGoAhead) {
                self.settle(now, id, Verdict::Abandoned, outputs);
            } else if prepared.phase == Phase::Held {
                let keep_until = tau_max.plus_nanos(self.config.assumed_keep_nanos);
                self.fences.postpone(id, tau_max, keep_until);
                if let Some(prepared) = self.fences.get_mut(&id) {
                    prepared.phase = Phase::Assumed;
                }
                self.bar = self.bar.max(tau_max);
                self.release(now, Obstacle::Fence(id), outputs);
            } else {
                // Nobody has settled it: from now on it was written at `tau_max`.
                self.settle(now, id, Verdict::Committed { tau_commit: tau_max }, outputs);
            }
        }
    }

    /// What the journals say about transactions whose go-ahead may be lost.
    ///
    /// Deliveries may be missed while there is nothing to settle, so a transaction counts as absent only if what was
    /// seen covers every timestamp that it could have.
    pub(crate) fn seen(
        &mut self,
        now: ClockReading,
        after: Timestamp,
        up_to: Timestamp,
        committed: Vec<(TransactionId, Timestamp)>,
        outputs: &mut Vec<Output>,
    ) {
        for (id, tau_commit) in committed {
            self.settle_unknown(id, tau_commit);
            if self.fences.get(&id).is_some_and(|prepared| prepared.lead.is_none()) {
                self.settle(now, id, Verdict::Committed { tau_commit }, outputs);
            }
        }
        if after > self.seen_up_to || up_to < self.seen_after {
            self.seen_after = after;
            self.seen_up_to = up_to;
        } else {
            self.seen_after = self.seen_after.min(after);
            self.seen_up_to = self.seen_up_to.max(up_to);
        }
        let absent: Vec<TransactionId> = self
            .fences
            .all()
            .filter(|prepared| {
                prepared.lead.is_none()
                    && self.seen_after < prepared.minimum
                    && self.seen_up_to >= prepared.tau_max
            })
            .map(|prepared| prepared.id)
            .collect();
        for id in absent {
            self.settle(now, id, Verdict::Abandoned, outputs);
        }
    }
}

fn tell(participants: &[ShardId], id: TransactionId, verdict: Verdict, outputs: &mut Vec<Output>) {
    for to in participants {
        let message = ShardMessage::GoAhead(GoAhead { id, verdict });
        outputs.push(Output::Send { to: *to, message });
    }
}
