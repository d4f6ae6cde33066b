//! One transaction's commit, from the first message to the outcome.

use protocol::ShardId;
use protocol::adjudication::{ShardMessage, ShardStatus, StatusQuestion};
use protocol::key::ShardMap;
use protocol::transaction::{CommitRequest, Outcome, Refusal};

use crate::route::Route;

/// Attempts before the outcome is looked up.
pub const MAX_ATTEMPTS: u32 = 3;
/// Look-ups before the outcome is given up as unknown.
pub const MAX_QUESTIONS: u32 = 3;
/// The first wait for an answer; each later one is twice as long. Longer than votes are good for, so that most
/// transactions are over before they are sent again.
pub const FIRST_WAIT_NANOS: u64 = 2_000_000_000;

/// What happens to a coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The leader's answer.
    Reply(Outcome),
    /// The leader's answer to a question.
    Status(ShardStatus),
    /// The wait that was asked for is over.
    Timeout,
}

/// What it wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Send {
        to: ShardId,
        message: ShardMessage,
    },
    /// Call again with [`Event::Timeout`] unless something happens before. Replaces an earlier wait.
    Wait {
        nanos: u64,
    },
    /// The end.
    Done(Outcome),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    /// So many attempts are sent.
    Sent(u32),
    /// So many questions are asked.
    Asking(u32),
    Done,
}

/// Takes one transaction through its commit.
#[derive(Clone, Debug)]
pub struct Coordinator {
    request: CommitRequest,
    route: Option<Route>,
    state: State,
    /// A refusal that says nothing about earlier copies of the request.
    refusal: Option<Refusal>,
}

/// Whether a refusal settles all copies of a request, not only the one it answers.
fn is_final(refusal: &Refusal) -> bool {
    !matches!(refusal, Refusal::Unavailable { .. } | Refusal::TooOld { .. })
}

impl Coordinator {
    pub fn new(request: CommitRequest, map: &ShardMap, nearest: Option<ShardId>) -> Coordinator {
        let route = Route::new(&request, map, nearest);
        Coordinator { request, route, state: State::Sent(0), refusal: None }
    }

    /// The shard whose word counts.
    pub fn leader(&self) -> Option<ShardId> {
        self.route.as_ref().map(|route| route.leader)
    }

    /// Where it stands: all that changes over its life.
    pub fn fingerprint(&self, hasher: &mut impl std::hash::Hasher) {
        std::hash::Hash::hash(&(self.state, &self.refusal), hasher);
    }

    /// Sends the first attempt.
    pub fn start(&mut self, actions: &mut Vec<Action>) {
        if self.route.is_none() {
            // Nothing is written and nothing is checked: it is as it was at its start.
            let tau_commit = self.request.tau_start;
            return self.finish(Outcome::Committed { tau_commit }, actions);
        }
        self.send(1, actions);
    }

    /// Takes one event.
    pub fn step(&mut self, event: Event, actions: &mut Vec<Action>) {
        match (self.state, event) {
            (State::Done, _) => {}
            (State::Sent(attempts), Event::Reply(outcome)) => {
                self.reply(attempts, outcome, actions)
            }
            (State::Asking(_), Event::Reply(outcome)) => match outcome {
                Outcome::Unknown { .. } => {}
                Outcome::Refused(refusal) if !is_final(&refusal) => self.refusal = Some(refusal),
                known => self.finish(known, actions),
            },
            (State::Sent(attempts), Event::Timeout) if attempts < MAX_ATTEMPTS => {
                self.send(attempts + 1, actions);
            }
            (State::Sent(_), Event::Timeout) => self.ask(1, actions),
            (State::Asking(questions), Event::Timeout) if questions < MAX_QUESTIONS => {
                self.ask(questions + 1, actions);
            }
            (State::Asking(_), Event::Timeout) => {
                let reason = "the adjudicators did not answer".to_owned();
                self.finish(Outcome::Unknown { reason }, actions);
            }
            (State::Asking(questions), Event::Status(status)) => {
                self.status(questions, status, actions);
            }
            (State::Sent(_), Event::Status(_)) => {}
        }
    }

    fn reply(&mut self, attempts: u32, outcome: Outcome, actions: &mut Vec<Action>) {
        match outcome {
            Outcome::Unknown { .. } => self.ask(1, actions),
            // Another copy of the request may still be under way and find the leader in a better state; or the leader
            // is a successor that cannot know what its predecessor did with an earlier copy.
            Outcome::Refused(refusal) if attempts > 1 && !is_final(&refusal) => {
                self.refusal = Some(refusal);
                self.ask(1, actions);
            }
            known => self.finish(known, actions),
        }
    }

    fn status(&mut self, questions: u32, status: ShardStatus, actions: &mut Vec<Action>) {
        match status {
            ShardStatus::Committed { tau_commit } => {
                self.finish(Outcome::Committed { tau_commit }, actions);
            }
            ShardStatus::NotCommitted => {
                let refusal = self.refusal.take().unwrap_or_else(|| Refusal::Unavailable {
                    reason: "the commit did not reach its adjudicator in time".to_owned(),
                });
                self.finish(Outcome::Refused(refusal), actions);
            }
            // Ask again after a while.
            ShardStatus::InProgress if questions <= MAX_QUESTIONS => {}
            ShardStatus::InProgress | ShardStatus::ElsewhereBy { .. } | ShardStatus::Unknown => {
                let reason = "the connection to the adjudicator was lost during commit".to_owned();
                self.finish(Outcome::Unknown { reason }, actions);
            }
        }
    }

    fn send(&mut self, attempt: u32, actions: &mut Vec<Action>) {
        let Some(route) = &self.route else { return };
        self.state = State::Sent(attempt);
        let messages = route.messages(&self.request);
        actions.extend(messages.into_iter().map(|(to, message)| Action::Send { to, message }));
        actions.push(Action::Wait { nanos: FIRST_WAIT_NANOS << (attempt - 1) });
    }

    fn ask(&mut self, question: u32, actions: &mut Vec<Action>) {
        let Some(route) = &self.route else { return };
        self.state = State::Asking(question);
        let asked = StatusQuestion { id: self.request.id, tau_start: Some(self.request.tau_start) };
        actions.push(Action::Send { to: route.leader, message: ShardMessage::Status(asked) });
        actions.push(Action::Wait { nanos: FIRST_WAIT_NANOS << (question - 1) });
    }

    fn finish(&mut self, outcome: Outcome, actions: &mut Vec<Action>) {
        self.state = State::Done;
        actions.push(Action::Done(outcome));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use protocol::transaction::{ConflictClass, Write};
    use protocol::{Timestamp, TransactionId};

    fn started() -> (Coordinator, Vec<Action>) {
        let request = CommitRequest {
            id: TransactionId(uuid::Uuid::from_u128(1)),
            tau_start: Timestamp(5),
            writes: vec![Write {
                key: Bytes::from_static(b"key"),
                value: None,
                class: Some(ConflictClass::Exclusive),
            }],
            additions: Vec::new(),
            checks: vec![],
            ranges: vec![],
            schema: vec![],
        };
        let mut coordinator = Coordinator::new(request, &ShardMap::new(1), None);
        let mut actions = Vec::new();
        coordinator.start(&mut actions);
        (coordinator, actions)
    }

    fn step(coordinator: &mut Coordinator, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        coordinator.step(event, &mut actions);
        actions
    }

    fn unavailable() -> Outcome {
        Outcome::Refused(Refusal::Unavailable { reason: "test".into() })
    }

    fn unknown() -> Outcome {
        Outcome::Unknown { reason: "test".into() }
    }

    #[test]
    fn the_leaders_word_is_the_outcome_and_later_words_change_nothing() {
        let (mut coordinator, actions) = started();
        assert!(matches!(actions[..], [Action::Send { .. }, Action::Wait { .. }]));
        let outcome = Outcome::Committed { tau_commit: Timestamp(9) };
        let done = step(&mut coordinator, Event::Reply(outcome.clone()));
        assert_eq!(done, [Action::Done(outcome)]);
        assert_eq!(step(&mut coordinator, Event::Reply(unavailable())), []);
    }

    /// Checks: A1
    #[test]
    fn unavailable_is_final_only_if_the_request_was_sent_once() {
        let (mut once, _) = started();
        let done = step(&mut once, Event::Reply(unavailable()));
        assert_eq!(done, [Action::Done(unavailable())]);
        let (mut twice, _) = started();
        step(&mut twice, Event::Timeout);
        let asks = step(&mut twice, Event::Reply(unavailable()));
        assert!(matches!(&asks[0], Action::Send { message: ShardMessage::Status(_), .. }));
        let done = step(&mut twice, Event::Status(ShardStatus::NotCommitted));
        assert!(matches!(&done[..], [Action::Done(Outcome::Refused(_))]));
    }

    /// A successor below whose floor the transaction is cannot know whether its predecessor committed it.
    ///
    /// Checks: A1
    #[test]
    fn too_old_after_a_second_attempt_is_unknown_unless_the_leader_knows() {
        let too_old = Outcome::Refused(Refusal::TooOld { floor: Timestamp(9) });
        let (mut moved, _) = started();
        step(&mut moved, Event::Timeout);
        step(&mut moved, Event::Reply(too_old.clone()));
        let done = step(&mut moved, Event::Status(ShardStatus::Unknown));
        assert!(matches!(&done[..], [Action::Done(Outcome::Unknown { .. })]));
        let (mut knows, _) = started();
        step(&mut knows, Event::Timeout);
        step(&mut knows, Event::Reply(too_old.clone()));
        let done = step(&mut knows, Event::Status(ShardStatus::NotCommitted));
        assert_eq!(done, [Action::Done(too_old)]);
    }

    /// Checks: A1
    #[test]
    fn unknown_stays_unknown_unless_the_leader_settles_it() {
        let (mut lost, _) = started();
        step(&mut lost, Event::Reply(unknown()));
        let done = step(&mut lost, Event::Status(ShardStatus::Unknown));
        assert!(matches!(&done[..], [Action::Done(Outcome::Unknown { .. })]));
        let (mut found, _) = started();
        step(&mut found, Event::Reply(unknown()));
        let committed = ShardStatus::Committed { tau_commit: Timestamp(7) };
        let done = step(&mut found, Event::Status(committed));
        assert_eq!(done, [Action::Done(Outcome::Committed { tau_commit: Timestamp(7) })]);
    }

    #[test]
    fn silence_ends_after_a_bounded_number_of_attempts_as_unknown() {
        let (mut coordinator, _) = started();
        let mut timeouts = 0;
        loop {
            timeouts += 1;
            let actions = step(&mut coordinator, Event::Timeout);
            if let [Action::Done(outcome)] = &actions[..] {
                assert!(matches!(outcome, Outcome::Unknown { .. }));
                break;
            }
        }
        assert_eq!(timeouts, MAX_ATTEMPTS + MAX_QUESTIONS);
    }
}
