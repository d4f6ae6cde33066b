//! The crossbar's one thread: takes in what was delivered, asks for promises, merges, applies, wakes.
//!
//! It sleeps without a timer unless something failed and is to be tried again.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use protocol::adjudication::{BumpError, Promise, Promises};
use protocol::delivery::{ApplyError, Delivery, DeliverySink};
use protocol::journal::BoxFuture;
use protocol::{JournalId, Timestamp};
use runtime::mischief::{Mark, Site, fires, reached};

use crate::crossbar::{Input, MAX_BACKLOG_BYTES, Shared};
use crate::measure::Measure;
use crate::merge::{Merge, MergeError};

/// Pauses between attempts after a failure: doubled from the first to the last, which is part of the time that readers wait
/// when another node takes a journal over.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LAST_PAUSE: Duration = Duration::from_millis(100);

/// Wakes the driver's thread when a bump is answered.
struct DriverWaker(Arc<Shared>);

impl Wake for DriverWaker {
    fn wake(self: Arc<Self>) {
        self.0.signal();
    }
}

type BumpAnswer = Result<Promise, BumpError>;

/// What came of one attempt to do something.
enum Turn {
    Progress,
    Nothing,
    End(Result<(), String>),
}

/// Runs the crossbar. [`Driver::run`] on a thread of its own; [`Driver::drive`] in a task; [`Driver::step`] where a test decides when.
pub struct Driver {
    shared: Arc<Shared>,
    merge: Merge,
    promises: Arc<dyn Promises>,
    subscribers: Vec<Arc<dyn DeliverySink>>,
    bumps: BTreeMap<JournalId, BoxFuture<BumpAnswer>>,
    /// A delivery that some subscribers have not taken, and how many have.
    undelivered: Option<(Delivery, usize)>,
    pause: Option<Duration>,
    /// Journals that refused a promise. They are asked again after the pause, however often the driver is woken in
    /// between: the refusal itself wakes it, and without a rest the two would go round as fast as processors go.
    resting: BTreeSet<JournalId>,
    /// Adjudicators do not promise more than this now; who waits for more waits out the pause.
    cap: Option<Timestamp>,
    waker: Waker,
    measure: Measure,
}

impl Driver {
    pub(crate) fn new(
        shared: Arc<Shared>,
        merge: Merge,
        promises: Arc<dyn Promises>,
        subscribers: Vec<Arc<dyn DeliverySink>>,
    ) -> Driver {
        let waker = Waker::from(Arc::new(DriverWaker(shared.clone())));
        Driver {
            shared,
            merge,
            promises,
            subscribers,
            bumps: BTreeMap::new(),
            undelivered: None,
            pause: None,
            resting: BTreeSet::new(),
            cap: None,
            waker,
            measure: Measure::new(),
        }
    }

    /// Works until [`crate::Crossbar::stop`] or until going on would be wrong; the reason is then in the error.
    pub fn run(mut self) -> Result<(), String> {
        *self.shared.thread.lock() = Some(std::thread::current());
        let mut rested: Option<Instant> = None;
        let result = loop {
            if rested.is_some_and(|at| Instant::now() >= at) {
                self.resting.clear();
                rested = None;
            }
            match self.turn() {
                Turn::Progress => {}
                Turn::Nothing if self.resting.is_empty() => self.sleep(),
                Turn::Nothing => {
                    let now = Instant::now();
                    let at = *rested.get_or_insert(now + self.pause.unwrap_or(FIRST_PAUSE));
                    if !self.shared.signalled.load(Ordering::SeqCst) {
                        std::thread::park_timeout(at.saturating_duration_since(now));
                    }
                }
                Turn::End(result) => break result,
            }
        };
        self.end(result)
    }

    /// The same in a task instead of a thread; `sleep` waits for the time given. Subscribers are called in the task.
    pub async fn drive<S: Future<Output = ()>>(
        mut self,
        sleep: impl Fn(Duration) -> S,
    ) -> Result<(), String> {
        let mut rest = None;
        let result = loop {
            match self.turn() {
                Turn::Progress => {}
                Turn::Nothing => {
                    if !self.resting.is_empty() && rest.is_none() {
                        rest = Some(Box::pin(sleep(self.pause.unwrap_or(FIRST_PAUSE))));
                    }
                    let pause = self.pause.or(self.cap.map(|_| FIRST_PAUSE));
                    let mut pause = std::pin::pin!(pause.map(&sleep));
                    let shared = &self.shared;
                    poll_fn(|context| {
                        *shared.task.lock() = Some(context.waker().clone());
                        if shared.signalled.load(Ordering::SeqCst) {
                            return Poll::Ready(());
                        }
                        if let Some(running) = &mut rest
                            && running.as_mut().poll(context).is_ready()
                        {
                            rest = None;
                            self.resting.clear();
                            return Poll::Ready(());
                        }
                        match pause.as_mut().as_pin_mut() {
                            Some(pause) => pause.poll(context),
                            None => Poll::Pending,
                        }
                    })
                    .await;
                    if !self.shared.signalled.load(Ordering::SeqCst) {
                        self.cap = None;
                    }
                }
                Turn::End(result) => break result,
            }
        };
        self.end(result)
    }

    fn turn(&mut self) -> Turn {
        if self.shared.stop.load(Ordering::Acquire) {
            return Turn::End(Ok(()));
        }
        self.shared.signalled.store(false, Ordering::SeqCst);
        match catch_unwind(AssertUnwindSafe(|| self.advance())) {
            Ok(Ok(true)) => Turn::Progress,
            Ok(Ok(false)) => Turn::Nothing,
            Ok(Err(reason)) => Turn::End(Err(reason)),
            Err(panic) => Turn::End(Err(format!("panic: {}", panic_text(panic.as_ref())))),
        }
    }

    /// Tells those who wait.
    fn end(self, result: Result<(), String>) -> Result<(), String> {
        let reason = result.clone().err().unwrap_or_else(|| "the node is stopping".to_owned());
        let mut inbox = self.shared.inbox.lock();
        inbox.stopped = Some(reason);
        let mut wakers = inbox.waiters.take_all();
        wakers.append(&mut inbox.room);
        drop(inbox);
        wakers.into_iter().for_each(Waker::wake);
        result
    }

    fn sleep(&mut self) {
        if self.shared.signalled.load(Ordering::SeqCst) {
            return;
        }
        match self.pause.or(self.cap.map(|_| FIRST_PAUSE)) {
            None => std::thread::park(),
            Some(pause) => {
                std::thread::park_timeout(pause);
                if !self.shared.signalled.load(Ordering::SeqCst) {
                    self.cap = None;
                }
            }
        }
    }

    /// Does all that can be done now, as if every pause were over; `false` if that was nothing.
    pub fn step(&mut self) -> Result<bool, String> {
        self.resting.clear();
        self.advance()
    }

    fn advance(&mut self) -> Result<bool, String> {
        let wanted = self.take_inbox().map_err(|error| error.to_string())?;
        let mut progress = self.take_answers().map_err(|error| error.to_string())?;
        if self.undelivered.is_none() {
            progress |= self.ask(wanted).map_err(|error| error.to_string())?;
            self.undelivered = self.merge.release().map(|delivery| (delivery, 0));
        }
        progress |= self.hand_on()?;
        Ok(progress)
    }

    /// What came in; returns the timestamp that is wanted: by a waiter, or because something is delivered and not
    /// visible.
    fn take_inbox(&mut self) -> Result<Timestamp, MergeError> {
        let mut inbox = self.shared.inbox.lock();
        let inputs = std::mem::take(&mut inbox.inputs);
        let waited_for = inbox.waiters.highest();
        self.measure.waiters.set(inbox.waiters.len() as f64);
        drop(inbox);
        for input in inputs {
            match input {
                Input::Entries(journal, entries) => {
                    for (position, entry) in entries {
                        self.merge.deliver(journal, position, entry)?;
                    }
                }
                Input::Passed(journal, position) => self.merge.pass(journal, position)?,
                Input::Open(journal, position) => self.merge.open_journal(journal, position),
            }
        }
        let waited_for = waited_for.unwrap_or_default().min(self.cap.unwrap_or(Timestamp::MAX));
        Ok(self.merge.newest().max(waited_for))
    }

    fn take_answers(&mut self) -> Result<bool, MergeError> {
        let mut context = Context::from_waker(&self.waker);
        let mut answered = Vec::new();
        for (journal, bump) in &mut self.bumps {
            if let Poll::Ready(answer) = bump.as_mut().poll(&mut context) {
                answered.push((*journal, answer));
            }
        }
        for (journal, answer) in &answered {
            self.bumps.remove(journal);
            self.take_answer(*journal, answer.clone())?;
        }
        Ok(answered.iter().any(|(_, answer)| answer.is_ok()))
    }

    fn take_answer(&mut self, journal: JournalId, answer: BumpAnswer) -> Result<(), MergeError> {
        match answer {
            Ok(promise) => return self.merge.promise(promise),
            Err(BumpError::TooFarAhead { at_most }) => {
                self.cap = Some(self.cap.map_or(at_most, |cap| cap.min(at_most)));
                // Others may want less; they are asked for at once.
                self.shared.signalled.store(true, Ordering::SeqCst);
            }
            Err(error) => {
                reached(Mark::PromiseRefused);
                tracing::debug!(%error, "no promise");
                self.resting.insert(journal);
            }
        }
        self.measure.bump_failures.increment(1);
        self.back_off();
        Ok(())
    }

    fn back_off(&mut self) {
        self.pause = Some(self.pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LAST_PAUSE)));
    }

    /// Asks those journals that have not promised `wanted`, each once at a time.
    fn ask(&mut self, wanted: Timestamp) -> Result<bool, MergeError> {
        if wanted <= self.merge.watermark() {
            return Ok(false);
        }
        let is_free = |journal: &JournalId| {
            !self.bumps.contains_key(journal) && !self.resting.contains(journal)
        };
        let behind: Vec<JournalId> = self.merge.behind(wanted).filter(is_free).collect();
        let mut progress = false;
        for journal in behind {
            self.measure.bumps.increment(1);
            let mut bump = self.promises.bump(journal, wanted);
            // Within one process most answers are there at once.
            match bump.as_mut().poll(&mut Context::from_waker(&self.waker)) {
                Poll::Pending => {
                    self.bumps.insert(journal, bump);
                }
                Poll::Ready(answer) => {
                    let useful = answer.as_ref().is_ok_and(|promise| promise.up_to >= wanted);
                    self.take_answer(journal, answer)?;
                    if !useful && self.pause.is_none() {
                        self.back_off();
                    }
                    progress |= useful;
                }
            }
        }
        Ok(progress)
    }

    /// Offers the delivery to all subscribers, publishes the watermark, wakes those who waited for it.
    fn hand_on(&mut self) -> Result<bool, String> {
        let Some((delivery, taken)) = &mut self.undelivered else {
            return Ok(false);
        };
        if fires(Site::DeliveryLate) {
            self.back_off();
            return Ok(false);
        }
        for subscriber in self.subscribers.iter().skip(*taken) {
            match subscriber.apply(delivery) {
                Ok(()) => *taken += 1,
                Err(ApplyError::Fatal { reason }) => return Err(reason),
                Err(ApplyError::Retry { reason }) => {
                    if self.pause.is_none() {
                        tracing::warn!(%reason, "a delivery was not taken; trying again");
                    }
                    self.measure.retries.increment(1);
                    self.back_off();
                    return Ok(false);
                }
            }
        }
        let (delivery, _) = self.undelivered.take().expect("it was there above");
        self.pause = None;
        self.measure.deliveries.increment(1);
        self.measure.transactions.increment(delivery.transactions.len() as u64);
        self.measure.watermark_seconds.set(delivery.watermark.0 as f64 / 1e9);
        self.shared.watermark.store(delivery.watermark.0, Ordering::Release);
        self.weigh();
        let mut inbox = self.shared.inbox.lock();
        let mut wakers = inbox.waiters.take_up_to(delivery.watermark);
        if self.shared.backlog_bytes.load(Ordering::Acquire) < MAX_BACKLOG_BYTES {
            wakers.append(&mut inbox.room);
        }
        drop(inbox);
        wakers.into_iter().for_each(Waker::wake);
        Ok(true)
    }

    fn weigh(&mut self) {
        let freed = self.merge.take_freed_bytes();
        let before = self.shared.backlog_bytes.fetch_sub(freed, Ordering::AcqRel);
        self.measure.backlog_bytes.set((before - freed) as f64);
    }
}

/// What a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown").to_owned()
}
