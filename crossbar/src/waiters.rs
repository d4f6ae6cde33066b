//! Those who wait for the watermark, in order of what they wait for.

use std::collections::BTreeMap;
use std::task::Waker;

use protocol::Timestamp;

/// Waiters at a time; more are told to come again. Ten times the connections a node accepts.
pub const MAX_WAITERS: usize = 100_000;

/// Names one waiter.
pub type WaiterId = (Timestamp, u64);

#[derive(Debug, Default)]
pub struct Waiters {
    waiting: BTreeMap<WaiterId, Waker>,
    last_number: u64,
}

impl Waiters {
    /// `None` if there are too many.
    pub fn add(&mut self, tau: Timestamp, waker: Waker) -> Option<WaiterId> {
        if self.waiting.len() >= MAX_WAITERS {
            return None;
        }
        self.last_number += 1;
        let id = (tau, self.last_number);
        self.waiting.insert(id, waker);
        Some(id)
    }

    /// The waiter has been polled by somebody else; does nothing if it is not waiting any more.
    pub fn replace(&mut self, id: WaiterId, waker: &Waker) {
        if let Some(present) = self.waiting.get_mut(&id) {
            present.clone_from(waker);
        }
    }

    pub fn remove(&mut self, id: WaiterId) {
        self.waiting.remove(&id);
    }

    /// The highest timestamp that somebody waits for.
    pub fn highest(&self) -> Option<Timestamp> {
        self.waiting.last_key_value().map(|((tau, _), _)| *tau)
    }

    /// Those whose wait ends with `watermark`. They are to be woken when the lock is released.
    pub fn take_up_to(&mut self, watermark: Timestamp) -> Vec<Waker> {
        let later = self.waiting.split_off(&(watermark.next(), 0));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    pub fn take_all(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}
