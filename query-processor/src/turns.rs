//! Turns on contended keys: a queue that keeps optimistic transactions from starving each other.
//!
//! Optimistic validation lets the first committer win, so of n transactions that keep writing one row n - 1 do their
//! work in vain. Once a commit has lost a conflict on a key, the key is *contended* for a while, and transactions of this
//! node that are about to write it take turns: one goes on, the others wait for its end and then move their snapshot
//! behind it (`Transaction::refresh`), so that they need not fail at all. This is adaptive transaction scheduling (Yoo
//! and Lee, SPAA 2008) per key instead of per program.
//!
//! Turns are advice, not locks: correctness rests on the adjudicators alone. A transaction that would wait too long, or
//! for itself, goes on without a turn; a holder that neither works nor ends loses its turn after [`LEASE`]. Turns are
//! known to one node only; conflicts between nodes are settled by the adjudicators as ever.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use protocol::TransactionId;
use tokio::sync::Notify;

/// How long a key stays contended after its last conflict or turn.
const CONTENDED_FOR: Duration = Duration::from_secs(2);
/// How long a holder keeps others waiting who does not itself wait for a turn.
const LEASE: Duration = Duration::from_secs(1);
/// How long a transaction waits for one turn before it goes on without it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Keys that are contended at the same time; further ones are settled at commit alone.
const MAXIMUM_LINES: usize = 4_096;
/// Transactions waiting for one key; further ones do not wait.
const MAXIMUM_WAITING: usize = 4_096;

/// All contended keys of a node.
#[derive(Default)]
pub struct Turns {
    lines: Mutex<Lines>,
    /// Number of lines, to be read without the lock: nearly always zero.
    contended: AtomicUsize,
}

#[derive(Default)]
struct Lines {
    by_key: HashMap<Bytes, Line>,
    /// What each waiting transaction waits for.
    waiting_for: HashMap<TransactionId, Bytes>,
}

struct Line {
    holder: Option<Holder>,
    waiting: VecDeque<(TransactionId, Arc<Notify>)>,
    used: Instant,
}

#[derive(Clone, Copy)]
struct Holder {
    transaction: TransactionId,
    since: Instant,
}

/// The right to write a contended key; ends when dropped.
pub struct Turn {
    turns: Arc<Turns>,
    key: Bytes,
    transaction: TransactionId,
}

impl Turn {
    pub fn key(&self) -> &Bytes {
        &self.key
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut lines = self.turns.lines.lock();
        let Some(line) = lines.by_key.get_mut(&self.key) else { return };
        if line.holder.is_some_and(|holder| holder.transaction == self.transaction) {
            line.holder = None;
            line.used = Instant::now();
            if let Some((_, next)) = line.waiting.front() {
                next.notify_one();
            }
        }
    }
}

/// A place in a line, given up when dropped.
struct Place<'a> {
    turns: &'a Turns,
    key: &'a Bytes,
    transaction: TransactionId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lines = self.turns.lines.lock();
        lines.waiting_for.remove(&self.transaction);
        let Some(line) = lines.by_key.get_mut(self.key) else { return };
        line.waiting.retain(|(transaction, _)| *transaction != self.transaction);
        if line.holder.is_none()
            && let Some((_, next)) = line.waiting.front()
        {
            next.notify_one();
        }
    }
}

enum Attempt {
    Taken,
    Wait,
    /// Waiting is of no use: the key is no longer contended, the line is full, or it leads back to the transaction.
    GoOn,
}

impl Turns {
    /// Whether any key is contended.
    pub fn any(&self) -> bool {
        self.contended.load(Ordering::Relaxed) > 0
    }

    /// A commit lost a conflict on `key`.
    pub fn lost(&self, key: &Bytes) {
        let now = Instant::now();
        let mut lines = self.lines.lock();
        if !lines.by_key.contains_key(key) && lines.by_key.len() >= MAXIMUM_LINES {
            lines.by_key.retain(|_, line| !line.is_over(now));
            if lines.by_key.len() >= MAXIMUM_LINES {
                return;
            }
        }
        lines
            .by_key
            .entry(key.clone())
            .or_insert(Line { holder: None, waiting: VecDeque::new(), used: now })
            .used = now;
        self.contended.store(lines.by_key.len(), Ordering::Relaxed);
    }

    /// Whether writers of `key` take turns now.
    pub fn is_contended(&self, key: &Bytes) -> bool {
        if !self.any() {
            return false;
        }
        let mut lines = self.lines.lock();
        let over = match lines.by_key.get(key) {
            None => return false,
            Some(line) => line.is_over(Instant::now()),
        };
        if over {
            lines.by_key.remove(key);
            self.contended.store(lines.by_key.len(), Ordering::Relaxed);
        }
        !over
    }

    /// Waits for the turn on `key`; `held` are the keys whose turn the transaction has already. `None`: it goes on
    /// without.
    pub async fn take(
        self: &Arc<Turns>,
        key: &Bytes,
        transaction: TransactionId,
        held: &[Bytes],
    ) -> Option<Turn> {
        let deadline = Instant::now() + PATIENCE;
        let wake = Arc::new(Notify::new());
        let mut place = None;
        loop {
            match self.attempt(key, transaction, held, &wake) {
                Attempt::Taken => {
                    return Some(Turn { turns: Arc::clone(self), key: key.clone(), transaction });
                }
                Attempt::GoOn => return None,
                Attempt::Wait => {
                    place.get_or_insert(Place { turns: self, key, transaction });
                }
            }
            let now = Instant::now();
            if now >= deadline {
                return None;
            }
            let _ = tokio::time::timeout(LEASE.min(deadline - now), wake.notified()).await;
        }
    }

    fn attempt(
        &self,
        key: &Bytes,
        transaction: TransactionId,
        held: &[Bytes],
        wake: &Arc<Notify>,
    ) -> Attempt {
        let now = Instant::now();
        let mut guard = self.lines.lock();
        let lines = &mut *guard;
        if leads_back(lines, key, transaction) {
            return Attempt::GoOn;
        }
        let Some(line) = lines.by_key.get_mut(key) else { return Attempt::GoOn };
        let first = line.waiting.front().is_none_or(|(waiting, _)| *waiting == transaction);
        let free = line.holder.is_none_or(|holder| {
            holder.since + LEASE <= now && !lines.waiting_for.contains_key(&holder.transaction)
        });
        if first && free {
            line.waiting.pop_front();
            line.holder = Some(Holder { transaction, since: now });
            line.used = now;
            lines.waiting_for.remove(&transaction);
            for key in held {
                if let Some(holder) = lines.by_key.get_mut(key).and_then(|l| l.holder.as_mut())
                    && holder.transaction == transaction
                {
                    holder.since = now;
                }
            }
            return Attempt::Taken;
        }
        if lines.waiting_for.contains_key(&transaction) {
            return Attempt::Wait;
        }
        if line.waiting.len() >= MAXIMUM_WAITING {
            return Attempt::GoOn;
        }
        line.waiting.push_back((transaction, Arc::clone(wake)));
        lines.waiting_for.insert(transaction, key.clone());
        Attempt::Wait
    }
}

impl Line {
    fn is_over(&self, now: Instant) -> bool {
        self.holder.is_none() && self.waiting.is_empty() && self.used + CONTENDED_FOR <= now
    }
}

/// Whether the holder of `key` waits, directly or through others, for a turn that `transaction` has.
fn leads_back(lines: &Lines, key: &Bytes, transaction: TransactionId) -> bool {
    let mut key = key;
    // Longer chains than there are waiting transactions are cycles of others, which have been told to go on.
    for _ in 0..=lines.waiting_for.len() {
        let Some(holder) = lines.by_key.get(key).and_then(|line| line.holder) else { return false };
        if holder.transaction == transaction {
            return true;
        }
        match lines.waiting_for.get(&holder.transaction) {
            Some(next) => key = next,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> TransactionId {
        TransactionId(Uuid::from_u128(number))
    }

    fn key(name: &'static str) -> Bytes {
        Bytes::from_static(name.as_bytes())
    }

    #[tokio::test]
    async fn turns_come_in_order_of_arrival() {
        let turns = Arc::new(Turns::default());
        assert!(!turns.is_contended(&key("k")));
        assert!(turns.take(&key("k"), id(1), &[]).await.is_none(), "nobody lost on the key");
        turns.lost(&key("k"));
        assert!(turns.is_contended(&key("k")));
        let first = turns.take(&key("k"), id(1), &[]).await.expect("free");
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for number in 2..6 {
            let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let turn = turns.take(&key("k"), id(number), &[]).await.expect("in turn");
                order.lock().push(number);
                drop(turn);
            }));
            tokio::task::yield_now().await;
        }
        assert!(order.lock().is_empty());
        drop(first);
        for task in tasks {
            task.await.expect("no panic");
        }
        assert_eq!(*order.lock(), [2, 3, 4, 5]);
    }

    #[tokio::test]
    async fn who_would_wait_for_itself_goes_on() {
        let turns = Arc::new(Turns::default());
        turns.lost(&key("a"));
        turns.lost(&key("b"));
        let a = turns.take(&key("a"), id(1), &[]).await.expect("free");
        let _b = turns.take(&key("b"), id(2), &[]).await.expect("free");
        let waiting = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.take(&key("a"), id(2), &[key("b")]).await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(turns.take(&key("b"), id(1), &[key("a")]).await.is_none());
        drop(a);
        assert!(waiting.await.expect("no panic"));
    }

    #[tokio::test]
    async fn a_holder_that_does_nothing_loses_its_turn() {
        let turns = Arc::new(Turns::default());
        turns.lost(&key("k"));
        let idle = turns.take(&key("k"), id(1), &[]).await.expect("free");
        let second = turns.take(&key("k"), id(2), &[]).await.expect("after the lease");
        // The late end of the first must not end the second's turn.
        drop(idle);
        let contended = key("k");
        let third = turns.take(&contended, id(3), &[]);
        assert!(tokio::time::timeout(Duration::from_millis(100), third).await.is_err());
        drop(second);
        assert!(turns.take(&key("k"), id(3), &[]).await.is_some(), "the given-up place is gone");
    }
}
