//! The crossbar as others see it: a sink for journals, and a wait for readers.
//!
//! Whoever calls here only leaves something in the inbox and wakes the driver; merging, bumping and applying happen on
//! the driver's thread. While that applies one batch, deliveries and waiters gather for the next, so under load one round
//! of bumps serves all of them.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::Thread;

use parking_lot::Mutex;
use protocol::adjudication::Promises;
use protocol::delivery::{DeliverySink, Reach, ReachError};
use protocol::journal::{BoxFuture, JournalEntry, JournalSink, Position};
use protocol::{JournalId, Timestamp};

use crate::driver::Driver;
use crate::merge::{Merge, size_of_entry};
use crate::waiters::{WaiterId, Waiters};

/// Bytes that may be delivered and not handed on before [`Crossbar::room`] makes journals wait.
pub const MAX_BACKLOG_BYTES: usize = 64 << 20;

/// Something for the driver.
pub(crate) enum Input {
    Entries(JournalId, Vec<(Position, Arc<JournalEntry>)>),
    Passed(JournalId, Position),
    Open(JournalId, Position),
}

#[derive(Default)]
pub(crate) struct Inbox {
    pub inputs: Vec<Input>,
    pub waiters: Waiters,
    /// Those who wait for room in the backlog.
    pub room: Vec<Waker>,
    pub stopped: Option<String>,
}

pub(crate) struct Shared {
    pub inbox: Mutex<Inbox>,
    pub watermark: AtomicU64,
    pub backlog_bytes: AtomicUsize,
    pub stop: AtomicBool,
    /// Set by whoever has something for the driver, cleared by the driver before it looks.
    pub signalled: AtomicBool,
    pub thread: Mutex<Option<Thread>>,
    /// Instead of the thread, if the driver is a task.
    pub task: Mutex<Option<Waker>>,
}

impl Shared {
    /// Wakes the driver if it is not awake already.
    pub fn signal(&self) {
        if self.signalled.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(thread) = self.thread.lock().as_ref() {
            thread.unpark();
            return;
        }
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.wake();
        }
    }

    pub fn watermark(&self) -> Timestamp {
        Timestamp(self.watermark.load(Ordering::Acquire))
    }
}

/// Merges all journals for all subscribers.
pub struct Crossbar {
    shared: Arc<Shared>,
}

impl Crossbar {
    /// `journals` and `watermark` are what the subscribers have applied. The driver has to be run for anything to
    /// happen; it holds its subscribers until it ends.
    pub fn new(
        journals: &BTreeMap<JournalId, Position>,
        watermark: Timestamp,
        promises: Arc<dyn Promises>,
        subscribers: Vec<Arc<dyn DeliverySink>>,
    ) -> (Arc<Crossbar>, Driver) {
        let shared = Arc::new(Shared {
            inbox: Mutex::new(Inbox::default()),
            watermark: AtomicU64::new(watermark.0),
            backlog_bytes: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            signalled: AtomicBool::new(true),
            thread: Mutex::new(None),
            task: Mutex::new(None),
        });
        let merge = Merge::new(journals, watermark);
        let driver = Driver::new(shared.clone(), merge, promises, subscribers);
        (Arc::new(Crossbar { shared }), driver)
    }

    /// All subscribers have applied everything up to this.
    pub fn watermark(&self) -> Timestamp {
        self.shared.watermark()
    }

    /// A journal that exists from now on and whose entries follow `position`.
    pub fn open_journal(&self, journal: JournalId, position: Position) {
        self.put(Input::Open(journal, position));
    }

    /// There is nothing left to deliver of `journal` at or before `position`. For positions that hold no entry (a
    /// replication group's own records), so that promises behind them take effect.
    pub fn passed(&self, journal: JournalId, position: Position) {
        self.put(Input::Passed(journal, position));
    }

    /// Bytes delivered and not yet handed on.
    pub fn backlog_bytes(&self) -> usize {
        self.shared.backlog_bytes.load(Ordering::Relaxed)
    }

    /// Resolves when the backlog is below [`MAX_BACKLOG_BYTES`]. Who delivers much at once (a replay after a restart)
    /// waits for this in between; commits need not, their number in flight is bounded by the adjudicators.
    pub fn room(&self) -> BoxFuture<()> {
        let shared = self.shared.clone();
        Box::pin(poll_fn(move |context| {
            let mut inbox = shared.inbox.lock();
            let backlog = shared.backlog_bytes.load(Ordering::Acquire);
            if backlog < MAX_BACKLOG_BYTES || inbox.stopped.is_some() {
                return Poll::Ready(());
            }
            inbox.room.push(context.waker().clone());
            Poll::Pending
        }))
    }

    /// Ends the driver after what it is doing; waiters are told.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.signal();
    }

    fn put(&self, input: Input) {
        self.shared.inbox.lock().inputs.push(input);
        self.shared.signal();
    }
}

impl JournalSink for Crossbar {
    fn deliver(&self, journal: JournalId, entries: Vec<(Position, Arc<JournalEntry>)>) {
        let bytes: usize = entries.iter().map(|(_, entry)| size_of_entry(entry)).sum();
        self.shared.backlog_bytes.fetch_add(bytes, Ordering::AcqRel);
        self.put(Input::Entries(journal, entries));
    }
}

impl Reach for Crossbar {
    fn reach(&self, tau: Timestamp) -> BoxFuture<Result<(), ReachError>> {
        if self.shared.watermark() >= tau {
            return Box::pin(std::future::ready(Ok(())));
        }
        Box::pin(Reaching { shared: self.shared.clone(), tau, waiter: None })
    }
}

/// One who waits.
struct Reaching {
    shared: Arc<Shared>,
    tau: Timestamp,
    waiter: Option<WaiterId>,
}

impl Future for Reaching {
    type Output = Result<(), ReachError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.shared.watermark() >= this.tau {
            return Poll::Ready(Ok(()));
        }
        let mut inbox = this.shared.inbox.lock();
        // The driver publishes the watermark before it takes the lock to find whom to wake.
        if this.shared.watermark() >= this.tau {
            return Poll::Ready(Ok(()));
        }
        if let Some(reason) = &inbox.stopped {
            return Poll::Ready(Err(ReachError::Stopped { reason: reason.clone() }));
        }
        if let Some(waiter) = this.waiter {
            inbox.waiters.replace(waiter, context.waker());
            return Poll::Pending;
        }
        match inbox.waiters.add(this.tau, context.waker().clone()) {
            None => return Poll::Ready(Err(ReachError::Overloaded)),
            Some(waiter) => this.waiter = Some(waiter),
        }
        drop(inbox);
        this.shared.signal();
        Poll::Pending
    }
}

impl Drop for Reaching {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            self.shared.inbox.lock().waiters.remove(waiter);
        }
    }
}
