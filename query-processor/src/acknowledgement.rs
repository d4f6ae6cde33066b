//! Waiting for a commit: decided, durable and visible, with one wake-up.
//!
//! A commit is decided on the node's own threads and becomes visible on the crossbar's. If the connection waited for the
//! one and then for the other, it would be woken twice, and waking it is among the dearest things in a short commit. So
//! whoever learns the decision goes on to wait for visibility in the connection's name, with the connection's waker.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;
use protocol::Timestamp;
use protocol::journal::BoxFuture;
use protocol::storage::{ReadError, ReadStorage};

use crate::services::CommitFailure;

enum State {
    /// Not decided; who is to be woken, if anybody has asked.
    Deciding(Option<Waker>),
    /// Committed, and perhaps not visible yet.
    Appearing(Timestamp, BoxFuture<Result<(), ReadError>>),
    Refused(CommitFailure),
    /// Told.
    Over,
}

/// The connection's side: resolves when the commit is visible, or refused, or its outcome unknown.
pub struct Acknowledgement {
    state: Arc<Mutex<State>>,
}

/// The other side: says what was decided.
pub struct Decision {
    /// `None` once it is said.
    state: Option<Arc<Mutex<State>>>,
}

pub fn channel() -> (Decision, Acknowledgement) {
    let state = Arc::new(Mutex::new(State::Deciding(None)));
    (Decision { state: Some(Arc::clone(&state)) }, Acknowledgement { state })
}

impl Decision {
    pub fn tell(mut self, result: Result<Timestamp, CommitFailure>, storage: &dyn ReadStorage) {
        if let Some(state) = self.state.take() {
            let visible = |tau| storage.wait_for(tau);
            tell(&state, result.map(|tau| (tau, visible(tau))));
        }
    }
}

type Visible = (Timestamp, BoxFuture<Result<(), ReadError>>);

fn tell(state: &Mutex<State>, result: Result<Visible, CommitFailure>) {
    let mut state = state.lock();
    let State::Deciding(waker) = std::mem::replace(&mut *state, State::Over) else { return };
    let (next, is_ready) = match result {
        Err(failure) => (State::Refused(failure), true),
        Ok((tau, mut visible)) => {
            let is_ready = waker.as_ref().is_some_and(|waker| {
                visible.as_mut().poll(&mut Context::from_waker(waker)).is_ready()
            });
            match is_ready {
                // Polled to its end: it must not be polled again.
                true => (State::Appearing(tau, Box::pin(std::future::ready(Ok(())))), true),
                false => (State::Appearing(tau, visible), false),
            }
        }
    };
    *state = next;
    drop(state);
    if is_ready && let Some(waker) = waker {
        waker.wake();
    }
}

impl Drop for Decision {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            let reason = "the commit's coordinator has stopped".to_owned();
            tell(&state, Err(CommitFailure::Unknown { reason }));
        }
    }
}

impl Future for Acknowledgement {
    type Output = Result<Timestamp, CommitFailure>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.state.lock();
        if let State::Deciding(waker) = &mut *state {
            match waker {
                Some(waker) => waker.clone_from(context.waker()),
                None => *waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        // The commit is durable: a storage that cannot follow is a problem of reads, told by them.
        if let State::Appearing(_, visible) = &mut *state
            && visible.as_mut().poll(context).is_pending()
        {
            return Poll::Pending;
        }
        match std::mem::replace(&mut *state, State::Over) {
            State::Appearing(tau, _) => Poll::Ready(Ok(tau)),
            State::Refused(failure) => Poll::Ready(Err(failure)),
            State::Deciding(_) | State::Over => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll(
        acknowledgement: &mut Acknowledgement,
        count: &Arc<Count>,
    ) -> Poll<Result<Timestamp, CommitFailure>> {
        let waker = Waker::from(Arc::clone(count));
        Pin::new(acknowledgement).poll(&mut Context::from_waker(&waker))
    }

    #[test]
    fn the_connection_is_woken_once() {
        let count = Arc::new(Count::default());
        let (decision, mut acknowledgement) = channel();
        assert!(poll(&mut acknowledgement, &count).is_pending());
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let visible: BoxFuture<Result<(), ReadError>> = Box::pin(async move {
            let _ = receiver.await;
            Ok(())
        });
        let mut decision = decision;
        tell(&decision.state.take().expect("not told"), Ok((Timestamp(7), visible)));
        assert_eq!(count.0.load(Ordering::Relaxed), 0, "decided, but not visible");
        sender.send(()).expect("somebody waits");
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(matches!(poll(&mut acknowledgement, &count), Poll::Ready(Ok(Timestamp(7)))));
    }

    #[test]
    fn a_decision_before_the_first_question_is_not_lost() {
        let count = Arc::new(Count::default());
        let (mut decision, mut acknowledgement) = channel();
        let visible = Box::pin(std::future::ready(Ok(())));
        tell(&decision.state.take().expect("not told"), Ok((Timestamp(7), visible)));
        assert!(matches!(poll(&mut acknowledgement, &count), Poll::Ready(Ok(Timestamp(7)))));
    }

    #[test]
    fn a_coordinator_that_ends_leaves_the_outcome_unknown() {
        let count = Arc::new(Count::default());
        let (decision, mut acknowledgement) = channel();
        assert!(poll(&mut acknowledgement, &count).is_pending());
        drop(decision);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        let told = poll(&mut acknowledgement, &count);
        assert!(matches!(told, Poll::Ready(Err(CommitFailure::Unknown { .. }))));
    }
}
