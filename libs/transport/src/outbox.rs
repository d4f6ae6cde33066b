//! What waits to be written to a connection: frames, encoded one behind the other, so that one write takes them all.

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::config::{OUTBOX_BYTES_MAX, OUTBOX_SLACK_BYTES};
use crate::frame::Frame;

#[derive(Default)]
struct State {
    waiting: BytesMut,
    closed: bool,
}

/// Why a frame was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    Full,
    Closed,
}

#[derive(Default)]
pub struct Outbox {
    state: Mutex<State>,
    /// For the writer.
    filled: Notify,
    /// For those who wait for room.
    emptied: Notify,
}

impl Outbox {
    fn push_below(&self, frame: &Frame, limit: usize) -> Result<(), NotTaken> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(NotTaken::Closed);
        }
        if state.waiting.len() >= limit {
            return Err(NotTaken::Full);
        }
        let was_empty = state.waiting.is_empty();
        frame.encode(&mut state.waiting);
        drop(state);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Takes the frame if there is room.
    pub fn push(&self, frame: &Frame) -> Result<(), NotTaken> {
        self.push_below(frame, OUTBOX_BYTES_MAX)
    }

    /// Takes a small frame that keeps the connection in order, somewhat beyond the limit.
    pub fn push_urgent(&self, frame: &Frame) -> Result<(), NotTaken> {
        self.push_below(frame, OUTBOX_BYTES_MAX + OUTBOX_SLACK_BYTES)
    }

    /// Waits for room; false if the connection closed.
    pub async fn push_waiting(&self, frame: &Frame) -> bool {
        loop {
            let mut emptied = std::pin::pin!(self.emptied.notified());
            // Before looking: a wake-up between the look and the wait is not lost.
            emptied.as_mut().enable();
            match self.push(frame) {
                Ok(()) => return true,
                Err(NotTaken::Closed) => return false,
                Err(NotTaken::Full) => emptied.await,
            }
        }
    }

    /// Waits for something to write and takes it all; `None` when closed.
    pub async fn take(&self, spare: BytesMut) -> Option<BytesMut> {
        let mut spare = Some(spare);
        loop {
            {
                let mut state = self.state.lock();
                if state.closed {
                    return None;
                }
                if !state.waiting.is_empty() {
                    let spare = spare.take().unwrap_or_default();
                    let taken = std::mem::replace(&mut state.waiting, spare);
                    drop(state);
                    self.emptied.notify_waiters();
                    return Some(taken);
                }
            }
            self.filled.notified().await;
        }
    }

    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.waiting = BytesMut::new();
        drop(state);
        self.filled.notify_one();
        self.emptied.notify_waiters();
    }
}
