//! The crossbar with its thread: bumps exactly those journals that are behind, wakes waiters, survives failures.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{JoinHandle, Thread};

use crossbar::Crossbar;
use parking_lot::Mutex;
use protocol::adjudication::{BumpError, Promise, Promises};
use protocol::delivery::{ApplyError, Delivery, DeliverySink, Reach, ReachError};
use protocol::journal::{BoxFuture, JournalEntry, JournalSink, Position};
use protocol::transaction::DecidedTransaction;
use protocol::{JournalId, Timestamp, TransactionId};
use uuid::Uuid;

/// Promises whatever is asked for; counts who is asked.
#[derive(Default)]
struct Adjudicators {
    asked: Mutex<BTreeMap<JournalId, usize>>,
    delivered: Mutex<BTreeMap<JournalId, Position>>,
    failures: AtomicUsize,
    /// No promise beyond this; zero for no such limit.
    at_most: AtomicU64,
}

impl Promises for Adjudicators {
    fn bump(
        &self,
        journal: JournalId,
        at_least: Timestamp,
    ) -> BoxFuture<Result<Promise, BumpError>> {
        *self.asked.lock().entry(journal).or_default() += 1;
        let fails = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok();
        let after = self.delivered.lock().get(&journal).copied().unwrap_or_default();
        let promise = Promise { journal, up_to: at_least, after };
        let at_most = Timestamp(self.at_most.load(Ordering::SeqCst));
        Box::pin(async move {
            if fails {
                Err(refused())
            } else if at_most > Timestamp::ZERO && at_least > at_most {
                Err(BumpError::TooFarAhead { at_most })
            } else {
                Ok(promise)
            }
        })
    }
}

fn refused() -> BumpError {
    BumpError::Unavailable { reason: "no leader".to_owned() }
}

#[derive(Default)]
struct Sink {
    taus: Mutex<Vec<u64>>,
    watermark: AtomicU64,
    failures: Mutex<Vec<ApplyError>>,
}

impl DeliverySink for Sink {
    fn apply(&self, delivery: &Delivery) -> Result<(), ApplyError> {
        if let Some(error) = self.failures.lock().pop() {
            return Err(error);
        }
        self.taus.lock().extend(delivery.transactions.iter().map(|one| one.tau_commit.0));
        self.watermark.store(delivery.watermark.0, Ordering::SeqCst);
        Ok(())
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        std::thread::park();
    }
}

struct World {
    crossbar: Arc<Crossbar>,
    adjudicators: Arc<Adjudicators>,
    sink: Arc<Sink>,
    thread: JoinHandle<Result<(), String>>,
}

fn world(journals: u32) -> World {
    let (adjudicators, sink) = (Arc::new(Adjudicators::default()), Arc::new(Sink::default()));
    let positions = (0..journals).map(|journal| (JournalId(journal), Position(0))).collect();
    let (crossbar, driver) = Crossbar::new(
        &positions,
        Timestamp(100),
        adjudicators.clone(),
        vec![sink.clone() as Arc<dyn DeliverySink>],
    );
    let thread = std::thread::spawn(move || driver.run());
    World { crossbar, adjudicators, sink, thread }
}

impl World {
    fn commit(&self, journal: u32, position: u64, tau: u64) {
        let transaction = DecidedTransaction {
            id: TransactionId(Uuid::from_u128(u128::from(tau))),
            tau_start: Timestamp(tau - 1),
            tau_commit: Timestamp(tau),
            writes: Vec::new(),
            additions: Vec::new(),
        };
        let entry = Arc::new(JournalEntry::Transactions(vec![transaction]));
        self.adjudicators.delivered.lock().insert(JournalId(journal), Position(position));
        self.crossbar.deliver(JournalId(journal), vec![(Position(position), entry)]);
    }

    fn reach(&self, tau: u64) -> Result<(), ReachError> {
        block_on(self.crossbar.reach(Timestamp(tau)))
    }

    fn stop(self) -> Result<(), String> {
        self.crossbar.stop();
        self.thread.join().expect("the driver does not panic")
    }
}

#[test]
fn a_commit_becomes_visible_after_one_bump_to_each_other_journal() {
    let world = world(4);
    world.commit(2, 1, 150);
    world.reach(150).expect("reached");
    assert_eq!(*world.sink.taus.lock(), vec![150]);
    assert!(world.crossbar.watermark() >= Timestamp(150));
    let expected = BTreeMap::from([0, 1, 3].map(|journal| (JournalId(journal), 1)));
    assert_eq!(*world.adjudicators.asked.lock(), expected);
    // Already there: nobody is asked.
    world.reach(140).expect("reached");
    assert_eq!(*world.adjudicators.asked.lock(), expected);
    assert_eq!(world.crossbar.backlog_bytes(), 0);
    world.stop().expect("ends well");
}

#[test]
fn refused_promises_and_a_full_disk_only_delay() {
    let world = world(2);
    world.adjudicators.failures.store(3, Ordering::SeqCst);
    *world.sink.failures.lock() = vec![
        ApplyError::Retry { reason: "full".to_owned() },
        ApplyError::Retry { reason: "full".to_owned() },
    ];
    world.commit(0, 1, 150);
    world.reach(150).expect("reached");
    assert_eq!(*world.sink.taus.lock(), vec![150]);
    world.stop().expect("ends well");
}

#[test]
fn one_who_waits_for_the_far_future_holds_up_nobody() {
    let world = world(2);
    world.adjudicators.at_most.store(200, Ordering::SeqCst);
    let mut far = world.crossbar.reach(Timestamp(10_000));
    assert!(far.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    world.reach(190).expect("reached");
    world.commit(0, 1, 1_000);
    world.adjudicators.at_most.store(1_005, Ordering::SeqCst);
    world.reach(1_000).expect("reached");
    world.adjudicators.at_most.store(20_000, Ordering::SeqCst);
    block_on(far).expect("its time comes");
    world.stop().expect("ends well");
}

#[test]
fn a_fatal_failure_ends_all_waits() {
    let world = world(2);
    *world.sink.failures.lock() = vec![ApplyError::Fatal { reason: "broken".to_owned() }];
    assert_eq!(world.reach(200), Err(ReachError::Stopped { reason: "broken".to_owned() }));
    assert_eq!(world.reach(300), Err(ReachError::Stopped { reason: "broken".to_owned() }));
    assert_eq!(world.stop(), Err("broken".to_owned()));
}

#[test]
fn stopping_tells_those_who_wait_and_a_dropped_wait_is_forgotten() {
    let world = world(2);
    world.adjudicators.failures.store(usize::MAX / 2, Ordering::SeqCst);
    let mut dropped = world.crossbar.reach(Timestamp(900));
    let waker = Waker::noop();
    assert!(dropped.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    drop(dropped);
    let waiting = world.crossbar.clone();
    let mut wait = waiting.reach(Timestamp(500));
    assert!(wait.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    world.stop().expect("ends well");
    assert!(matches!(block_on(wait), Err(ReachError::Stopped { .. })));
}

/// Many committers in all journals: everything arrives once, in order, and is visible to whoever comes after. Checks: I2, L1.
#[test]
fn concurrent_committers_all_see_their_own_commits() {
    const EACH: u64 = 400;
    let world = world(4);
    // Journals issue their timestamps above what they have promised, as adjudicators do.
    let clock = AtomicU64::new(1_000);
    let journals: Vec<Mutex<u64>> = (0..4).map(|_| Mutex::new(0)).collect();
    let turn = Mutex::new(());
    std::thread::scope(|scope| {
        for committer in 0..8u32 {
            let (world, clock, journals, turn) = (&world, &clock, &journals, &turn);
            scope.spawn(move || {
                for _ in 0..EACH / 8 {
                    let journal = committer % 4;
                    let tau = {
                        // A commit and a promise exclude each other, as in an adjudicator: promises go up to what is
                        // wanted, and that is at most the newest commit.
                        let _turn = turn.lock();
                        let tau = clock.fetch_add(1, Ordering::SeqCst);
                        let mut position = journals[journal as usize].lock();
                        *position += 1;
                        world.commit(journal, *position, tau);
                        tau
                    };
                    world.reach(tau).expect("reached");
                    assert!(world.sink.watermark.load(Ordering::SeqCst) >= tau);
                }
            });
        }
    });
    let taus = world.sink.taus.lock().clone();
    assert_eq!(taus.len() as u64, EACH);
    assert!(taus.is_sorted());
    world.stop().expect("ends well");
}
