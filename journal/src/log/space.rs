//! Room for entries, set aside before they are offered to the group.
//!
//! Once an entry is in a Raft group's hands its append must not fail: that would stop the group. So room is set aside
//! first. It is granted if everything set aside fits into what is left of the current segment or into the prepared one,
//! with a reserve on top for votes, purge positions and snapshots. If not, a segment is prepared; if that fails for lack
//! of space, the caller hears [`NoRoom::Full`] and nothing has been appended. The next caller tries again, so the log
//! recovers by itself as soon as there is space.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime::mischief::{Mark, Site, fires, reached};

use super::format::{DATA_START, record_bytes};
use super::{Log, Shared};
use crate::error::LogFailure;

/// No reservation is larger.
const ROOM_BYTES_MAX: u64 = 512 << 20;

/// Room set aside; given back when the entry is written, or when dropped.
pub struct Room {
    bytes: u64,
    returned: AtomicBool,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Room {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Room({})", self.bytes)
    }
}

/// Why no room was granted.
#[derive(Debug)]
pub enum NoRoom {
    /// No segment could be prepared.
    Full { reason: String },
    /// The log has stopped.
    Failed(LogFailure),
}

impl Room {
    /// The room as the writer gives it back, under its own lock.
    pub(crate) fn take_back(&self) -> u64 {
        if self.returned.swap(true, Ordering::AcqRel) { 0 } else { self.bytes }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if !*self.returned.get_mut() {
            self.shared.state.lock().space.reserved -= self.bytes;
            self.shared.room.notify_waiters();
        }
    }
}

enum Answer {
    Granted,
    /// Others hold the room: wait until they are written.
    Wait,
    /// A segment must be prepared; the number of the attempt to wait for.
    Prepare(u64),
}

impl Log {
    /// Sets room aside for an entry with a payload of this size. Waits while entries before it are being written.
    pub async fn reserve(&self, payload_bytes: usize) -> Result<Room, NoRoom> {
        self.reserve_together([payload_bytes]).await
    }

    /// The same for several entries that are appended together. Never piece by piece: who holds some room while waiting
    /// for more can wait for ever. Very much at once is granted as if it were less; the writer then waits for space.
    pub async fn reserve_together(
        &self,
        payloads: impl IntoIterator<Item = usize>,
    ) -> Result<Room, NoRoom> {
        let shared = &self.shared;
        let bytes: u64 = payloads.into_iter().map(record_bytes).sum();
        let bytes = bytes.min(ROOM_BYTES_MAX);
        let mut asked = None;
        loop {
            let notified = shared.room.notified();
            tokio::pin!(notified);
            // From here on no notification is missed.
            notified.as_mut().enable();
            match shared.ask_for_room(bytes, asked)? {
                Answer::Granted => {
                    let shared = shared.clone();
                    return Ok(Room { bytes, returned: AtomicBool::new(false), shared });
                }
                Answer::Wait => asked = None,
                Answer::Prepare(attempt) => asked = Some(attempt),
            }
            notified.await;
        }
    }
}

fn full(reason: String) -> NoRoom {
    reached(Mark::LogFull);
    NoRoom::Full { reason }
}

impl Shared {
    fn ask_for_room(&self, bytes: u64, asked: Option<u64>) -> Result<Answer, NoRoom> {
        let state = &mut *self.state.lock();
        if let Some(failure) = &state.failure {
            return Err(NoRoom::Failed(failure.clone()));
        }
        if state.closing {
            return Err(NoRoom::Failed(LogFailure::Closed));
        }
        if fires(Site::LogNoRoom) {
            return Err(full("no room, on purpose".to_owned()));
        }
        let space = &mut state.space;
        let reserve = self.config.reserve_bytes();
        let needed = space.reserved + bytes + reserve;
        let spare_room = space.spare.as_ref().map(|spare| spare.bytes - DATA_START);
        if needed <= space.current_left || spare_room.is_some_and(|room| needed <= room) {
            space.reserved += bytes;
            return Ok(Answer::Granted);
        }
        if spare_room.is_some_and(|room| bytes + reserve <= room) {
            return Ok(Answer::Wait);
        }
        if let Some(attempt) = asked
            && space.attempts >= attempt
            && let Some(reason) = &space.problem
        {
            return Err(full(reason.to_string()));
        }
        let wanted = (bytes + 2 * reserve + DATA_START).max(self.config.segment_bytes);
        space.wanted = Some(space.wanted.unwrap_or(0).max(wanted));
        self.housekeeping.notify_all();
        // An attempt may be under way for less: only one that begins after now counts.
        let attempt = asked.unwrap_or(space.attempts + 1 + u64::from(space.preparing));
        Ok(Answer::Prepare(attempt))
    }
}
