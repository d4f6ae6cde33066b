//! Advisory locks: `pg_advisory_lock` and its like.
//!
//! They protect nothing by themselves: programs agree on numbers and wait for each other. The table of who holds what
//! belongs to the node, so a session keeps its locks when another query processor of the node goes on with it; what it
//! still holds ends with the session, and those for a transaction end with that.
//!
//! Waiters are served in the order they came. Whoever begins to wait looks first whether that would close a circle of
//! sessions that wait for each other, and fails with 40P01 instead. A wait ends early by `lock_timeout` (55P03), by a
//! cancel and by the client's departure.
//!
//! The table knows the sessions of one node only. Where several nodes commit, a lock here would exclude nobody there,
//! so the functions are refused (0A000) instead. Callers see [`AdvisoryLocks`] and [`HeldLock`] only: leases of a whole
//! cluster fit behind them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::system::TABLE_PART;
use catalog::{AdvisoryKey, AdvisoryLock};
use parking_lot::{Condvar, Mutex};
use session::CancelRegistry;
use types::{Oid, SqlError, SqlResult, sqlstate};

/// How often a waiter looks whether it was cancelled.
const WAITING_TICK: Duration = Duration::from_millis(50);
/// Locks held on a node at the same time.
const MAXIMUM_LOCKS: usize = 100_000;
/// Sessions waiting at the same time: each keeps a thread.
const MAXIMUM_WAITING: usize = 256;

/// A lock's name: programs of different databases do not meet.
type Name = (Oid, AdvisoryKey);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Shared,
    Exclusive,
}

impl Mode {
    fn conflicts(self, other: Mode) -> bool {
        self == Mode::Exclusive || other == Mode::Exclusive
    }

    pub fn word(self) -> &'static str {
        match self {
            Mode::Shared => "ShareLock",
            Mode::Exclusive => "ExclusiveLock",
        }
    }
}

/// How often a session holds a lock in one mode.
struct Held {
    process_id: i32,
    mode: Mode,
    word: &'static str,
    session: u32,
    transaction: u32,
}

struct Waiting {
    process_id: i32,
    name: Name,
    mode: Mode,
    word: &'static str,
    since: i64,
}

#[derive(Default)]
struct Table {
    held: HashMap<Name, Vec<Held>>,
    /// In the order they came.
    waiting: Vec<Waiting>,
}

/// Who holds and who waits, on this node.
#[derive(Default)]
pub struct AdvisoryLocks {
    table: Mutex<Table>,
    changed: Condvar,
}

/// What a session asks for.
#[derive(Clone, Copy)]
pub struct Wanted {
    pub process_id: i32,
    pub database: Oid,
    pub key: AdvisoryKey,
    pub mode: Mode,
    /// What `pg_locks` calls the mode.
    pub word: &'static str,
}

impl Wanted {
    fn name(&self) -> Name {
        (self.database, self.key)
    }
}

/// A lock of a transaction; ends when dropped.
pub struct HeldLock {
    locks: Arc<AdvisoryLocks>,
    wanted: Wanted,
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.locks.release(&self.wanted, |held| held.transaction = held.transaction.max(1) - 1);
    }
}

impl Table {
    /// The sessions that keep `process_id` from having the lock; `ahead`: how many waiters came before it.
    fn blockers(&self, process_id: i32, name: &Name, mode: Mode, ahead: usize) -> Vec<i32> {
        let held = self.held.get(name).map_or(&[][..], Vec::as_slice);
        let own = held.iter().any(|held| held.process_id == process_id);
        let mut found: Vec<i32> = held
            .iter()
            .filter(|held| held.process_id != process_id && held.mode.conflicts(mode))
            .map(|held| held.process_id)
            .collect();
        // Who has it already need not queue behind others for more of it.
        if !own {
            let earlier = self.waiting.iter().take(ahead);
            found.extend(
                earlier
                    .filter(|other| other.name == *name && other.mode.conflicts(mode))
                    .map(|other| other.process_id),
            );
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn blockers_of(&self, process_id: i32) -> Vec<i32> {
        match self.waiting.iter().position(|waiting| waiting.process_id == process_id) {
            Some(place) => {
                let waiting = &self.waiting[place];
                self.blockers(process_id, &waiting.name, waiting.mode, place)
            }
            None => Vec::new(),
        }
    }

    /// The sessions from `process_id` on that wait for each other in a circle.
    fn circle(&self, process_id: i32) -> Option<Vec<i32>> {
        let mut path = vec![process_id];
        let mut open = vec![self.blockers_of(process_id)];
        let mut seen = Vec::new();
        while let Some(candidates) = open.last_mut() {
            match candidates.pop() {
                Some(next) if next == process_id => return Some(path),
                Some(next) if seen.contains(&next) => {}
                Some(next) => {
                    seen.push(next);
                    path.push(next);
                    open.push(self.blockers_of(next));
                }
                None => {
                    open.pop();
                    path.pop();
                }
            }
        }
        None
    }

    fn deadlock(&self, circle: &[i32]) -> SqlError {
        let lines: Vec<String> = circle
            .iter()
            .enumerate()
            .filter_map(|(place, process_id)| {
                let waiting = self.waiting.iter().find(|one| one.process_id == *process_id)?;
                let (database, AdvisoryKey { class, object, part }) = waiting.name;
                let what = match part {
                    TABLE_PART => format!("relation {class} of database {database}"),
                    _ => format!("advisory lock [{database},{class},{object},{part}]"),
                };
                Some(format!(
                    "Process {process_id} waits for {} on {what}; blocked by process {}.",
                    waiting.word,
                    circle[(place + 1) % circle.len()]
                ))
            })
            .collect();
        SqlError::new(sqlstate::DEADLOCK_DETECTED, "deadlock detected").detail(lines.join("\n"))
    }

    fn hold(&mut self, wanted: &Wanted, for_transaction: bool) -> SqlResult<()> {
        let full = self.held.len() >= MAXIMUM_LOCKS;
        let locks = match self.held.get_mut(&wanted.name()) {
            None if full => {
                return Err(SqlError::new(sqlstate::OUT_OF_MEMORY, "out of shared memory")
                    .hint(format!("A node keeps at most {MAXIMUM_LOCKS} advisory locks.")));
            }
            Some(locks) => locks,
            None => self.held.entry(wanted.name()).or_default(),
        };
        let same =
            |held: &&mut Held| held.process_id == wanted.process_id && held.mode == wanted.mode;
        let counts = match locks.iter_mut().find(same) {
            Some(held) => held,
            None => {
                let Wanted { process_id, mode, word, .. } = *wanted;
                locks.push(Held { process_id, mode, word, session: 0, transaction: 0 });
                locks.last_mut().expect("just put there")
            }
        };
        match for_transaction {
            true => counts.transaction += 1,
            false => counts.session += 1,
        }
        Ok(())
    }
}

impl AdvisoryLocks {
    /// Takes the lock if nobody keeps the session from it.
    fn take(&self, wanted: &Wanted, for_transaction: bool) -> SqlResult<bool> {
        let mut table = self.table.lock();
        let ahead = table.waiting.len();
        let blockers = table.blockers(wanted.process_id, &wanted.name(), wanted.mode, ahead);
        if !blockers.is_empty() {
            return Ok(false);
        }
        table.hold(wanted, for_transaction).map(|()| true)
    }

    /// Waits for the lock on a thread that may block. `interrupted` fails if the wait is to end.
    fn wait(&self, wanted: &Wanted, for_transaction: bool, patience: Waiter<'_>) -> SqlResult<()> {
        let name = wanted.name();
        let deadline = patience.timeout.map(|timeout| Instant::now() + timeout);
        let mut table = self.table.lock();
        if table.waiting.len() >= MAXIMUM_WAITING {
            return Err(SqlError::new(
                sqlstate::CONFIGURATION_LIMIT_EXCEEDED,
                format!("more than {MAXIMUM_WAITING} sessions wait for advisory locks"),
            ));
        }
        table.waiting.push(Waiting {
            process_id: wanted.process_id,
            name,
            mode: wanted.mode,
            word: wanted.word,
            since: patience.now,
        });
        let mut first = true;
        let result = loop {
            let place = table
                .waiting
                .iter()
                .position(|waiting| waiting.process_id == wanted.process_id)
                .expect("put there above, and removed below only");
            if table.blockers(wanted.process_id, &name, wanted.mode, place).is_empty() {
                break table.hold(wanted, for_transaction);
            }
            if std::mem::take(&mut first)
                && let Some(circle) = table.circle(wanted.process_id)
            {
                break Err(table.deadlock(&circle));
            }
            self.changed.wait_for(&mut table, WAITING_TICK);
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break Err(SqlError::new(
                    sqlstate::LOCK_NOT_AVAILABLE,
                    "canceling statement due to lock timeout",
                ));
            }
            if let Err(error) = (patience.interrupted)() {
                break Err(error);
            }
            // A session that went without saying so, as when its connection was cut off, holds nothing any more.
            let registry = patience.registry;
            if let Some(held) = table.held.get_mut(&name) {
                held.retain(|held| registry.contains(held.process_id));
            }
        };
        table.waiting.retain(|waiting| waiting.process_id != wanted.process_id);
        drop(table);
        self.changed.notify_all();
        result
    }

    /// Takes a lock; `None` for the waiter: only if that is possible at once. Whether the session has it now.
    pub fn acquire(&self, wanted: &Wanted, waiter: Option<Waiter<'_>>) -> SqlResult<bool> {
        if self.take(wanted, false)? {
            return Ok(true);
        }
        match waiter {
            Some(waiter) => self.wait(wanted, false, waiter).map(|()| true),
            None => Ok(false),
        }
    }

    /// As [`AdvisoryLocks::acquire`], until the answer is dropped.
    pub fn acquire_held(
        self: &Arc<Self>,
        wanted: &Wanted,
        waiter: Option<Waiter<'_>>,
    ) -> SqlResult<Option<HeldLock>> {
        if !self.take(wanted, true)? {
            match waiter {
                Some(waiter) => self.wait(wanted, true, waiter)?,
                None => return Ok(None),
            }
        }
        Ok(Some(HeldLock { locks: Arc::clone(self), wanted: *wanted }))
    }

    fn release(&self, wanted: &Wanted, lower: impl FnOnce(&mut Held)) {
        let mut table = self.table.lock();
        let Some(locks) = table.held.get_mut(&wanted.name()) else { return };
        let same =
            |held: &&mut Held| held.process_id == wanted.process_id && held.mode == wanted.mode;
        let Some(held) = locks.iter_mut().find(same) else { return };
        lower(held);
        if held.session == 0 && held.transaction == 0 {
            locks.retain(|held| held.session > 0 || held.transaction > 0);
            if locks.is_empty() {
                table.held.remove(&wanted.name());
            }
            drop(table);
            self.changed.notify_all();
        }
    }

    /// Gives up one lock of the session; whether it had it.
    pub fn release_one(&self, wanted: &Wanted) -> bool {
        let mut had = false;
        self.release(wanted, |held| {
            had = held.session > 0;
            held.session = held.session.saturating_sub(1);
        });
        had
    }

    /// Gives up all locks that the session, not a transaction of it, holds.
    pub fn release_session(&self, process_id: i32) {
        let mut table = self.table.lock();
        if table.held.is_empty() {
            return;
        }
        for locks in table.held.values_mut() {
            for held in locks.iter_mut().filter(|held| held.process_id == process_id) {
                held.session = 0;
            }
            locks.retain(|held| held.session > 0 || held.transaction > 0);
        }
        table.held.retain(|_, locks| !locks.is_empty());
        drop(table);
        self.changed.notify_all();
    }

    /// The sessions that a waiting one waits for.
    pub fn blockers_of(&self, process_id: i32) -> Vec<i32> {
        self.table.lock().blockers_of(process_id)
    }

    /// What `pg_locks` shows.
    pub fn shown(&self) -> Vec<AdvisoryLock> {
        let table = self.table.lock();
        let shown = |process_id, (database, key), mode, waiting_since| AdvisoryLock {
            process_id,
            database,
            key,
            mode,
            waiting_since,
        };
        let mut locks: Vec<AdvisoryLock> = table
            .held
            .iter()
            .flat_map(|(name, locks)| {
                locks.iter().map(|held| shown(held.process_id, *name, held.word, None))
            })
            .collect();
        locks.sort_by_key(|lock| (lock.process_id, lock.database, lock.key));
        locks.extend(table.waiting.iter().map(|waiting| {
            shown(waiting.process_id, waiting.name, waiting.word, Some(waiting.since))
        }));
        locks
    }
}

/// A session that would wait.
pub struct Waiter<'a> {
    /// `lock_timeout`.
    pub timeout: Option<Duration>,
    pub interrupted: &'a dyn Fn() -> SqlResult<()>,
    pub registry: &'a CancelRegistry,
    /// Microseconds since 2000-01-01 UTC.
    pub now: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(process_id: i32, object: u32, mode: Mode) -> Wanted {
        let key = AdvisoryKey { class: 0, object, part: 1 };
        Wanted { process_id, database: 5, key, mode, word: mode.word() }
    }

    fn registry() -> Arc<CancelRegistry> {
        let registry = CancelRegistry::default();
        for process_id in 1..=3 {
            registry.register(process_id, session::CancelKey(vec![0; 4])).expect("free");
        }
        Arc::new(registry)
    }

    fn waiter(registry: &CancelRegistry, millis: u64) -> Waiter<'_> {
        let timeout = Some(Duration::from_millis(millis));
        Waiter { timeout, interrupted: &|| Ok(()), registry, now: 0 }
    }

    #[test]
    fn a_lock_excludes_others_until_every_taking_is_given_up() {
        let locks = AdvisoryLocks::default();
        let (one, two) = (wanted(1, 7, Mode::Exclusive), wanted(2, 7, Mode::Shared));
        assert!(locks.acquire(&one, None).expect("no error"));
        assert!(locks.acquire(&one, None).expect("no error"));
        assert!(!locks.acquire(&two, None).expect("no error"));
        assert!(locks.release_one(&one));
        assert!(!locks.acquire(&two, None).expect("no error"));
        assert!(locks.release_one(&one));
        assert!(!locks.release_one(&one), "nothing is left to give up");
        assert!(locks.acquire(&two, None).expect("no error"));
        assert!(locks.acquire(&wanted(3, 7, Mode::Shared), None).expect("no error"));
        assert!(!locks.acquire(&one, None).expect("no error"));
        assert_eq!(locks.shown().len(), 2);
    }

    #[test]
    fn a_transactions_lock_ends_with_its_guard_and_not_with_the_sessions_locks() {
        let locks = Arc::new(AdvisoryLocks::default());
        let one = wanted(1, 7, Mode::Exclusive);
        let held = locks.acquire_held(&one, None).expect("no error").expect("free");
        assert!(!locks.release_one(&one), "it is the transaction's");
        locks.release_session(1);
        assert!(!locks.acquire(&wanted(2, 7, Mode::Exclusive), None).expect("no error"));
        drop(held);
        assert!(locks.acquire(&wanted(2, 7, Mode::Exclusive), None).expect("no error"));
    }

    #[test]
    fn a_wait_ends_by_the_timeout_by_release_and_by_the_holders_end() {
        let (locks, registry) = (Arc::new(AdvisoryLocks::default()), registry());
        let (one, two) = (wanted(1, 7, Mode::Exclusive), wanted(2, 7, Mode::Exclusive));
        locks.acquire(&one, None).expect("no error");
        let late = locks.acquire(&two, Some(waiter(&registry, 1))).expect_err("held");
        assert_eq!(late.sqlstate(), sqlstate::LOCK_NOT_AVAILABLE);
        let waits = {
            let (locks, registry) = (Arc::clone(&locks), Arc::clone(&registry));
            std::thread::spawn(move || locks.acquire(&two, Some(waiter(&registry, 60_000))))
        };
        while locks.blockers_of(2) != [1] {
            std::thread::yield_now();
        }
        // A newcomer does not pass who waits already.
        assert!(!locks.acquire(&wanted(3, 7, Mode::Shared), None).expect("no error"));
        locks.release_one(&one);
        assert!(waits.join().expect("no panic").expect("released"));
        registry.remove(2);
        assert!(locks.acquire(&one, Some(waiter(&registry, 60_000))).expect("its holder is gone"));
    }

    #[test]
    fn who_would_close_a_circle_is_told() {
        let (locks, registry) = (Arc::new(AdvisoryLocks::default()), registry());
        locks.acquire(&wanted(1, 7, Mode::Exclusive), None).expect("no error");
        locks.acquire(&wanted(2, 8, Mode::Exclusive), None).expect("no error");
        let waits = {
            let (locks, registry) = (Arc::clone(&locks), Arc::clone(&registry));
            let wanted = wanted(1, 8, Mode::Exclusive);
            std::thread::spawn(move || locks.acquire(&wanted, Some(waiter(&registry, 60_000))))
        };
        while locks.blockers_of(1) != [2] {
            std::thread::yield_now();
        }
        let closing = wanted(2, 7, Mode::Shared);
        let told = locks.acquire(&closing, Some(waiter(&registry, 60_000))).expect_err("a circle");
        assert_eq!(told.sqlstate(), sqlstate::DEADLOCK_DETECTED);
        let detail = told.fields().detail.clone().expect("who waits for whom");
        assert!(detail.starts_with("Process 2 waits for ShareLock on advisory lock [5,0,7,1]"));
        locks.release_session(2);
        assert!(waits.join().expect("no panic").expect("released"));
    }
}
