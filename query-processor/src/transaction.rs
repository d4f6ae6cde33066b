//! A transaction in the query processor's memory: its snapshot, what it wrote, what it must check at commit.
//!
//! Writes stay here until COMMIT. They live in two layers: `earlier` holds what finished statements wrote, `statement`
//! what the running one has written so far. A statement reads the snapshot under `earlier`, so that it never sees its
//! own effects; uniqueness checks read through both. A statement that fails drops its layer and leaves no trace.
//! Savepoints remember the length of an undo log over `earlier`.
//!
//! *Fresh* tables and indexes are those that this transaction created: nobody else can see them before it commits, so
//! large amounts of their rows go straight to the journal in commits of their own (`Transaction::take_bulk`), and are
//! read back as of the last of these. If the transaction rolls back, a sweep removes them.
//!
//! Upholds: S1 (nothing here is durable), I1 (every write and check carries its class to the adjudicator).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use executor::environment::{DeferredCheck, ReadRequest};
use parking_lot::Mutex;
use protocol::key::{PREFIX_BYTES, PRIMARY_INDEX};
use protocol::storage::{
    Direction, Filtered, HoldGuard, ReadError, ReadStorage, ScanCursor, ScanRequest, StoredRow,
};
use protocol::transaction::{
    Addition, Check, CommitRequest, ConflictClass, RangeCheck, SchemaUse, Write,
};
use protocol::{TableId, Timestamp, TransactionId};
use types::{SqlError, SqlResult, sqlstate};

use crate::advisory::HeldLock;
use crate::buffered_write::BufferedWrite;
use crate::errors;
use crate::read_set::{Comparison, ReadSet};
use crate::turns::{Turn, Turns};

/// Bounds on one transaction (DESIGN section 8).
#[derive(Clone, Copy, Debug)]
pub struct TransactionLimits {
    pub written_bytes: usize,
    pub written_keys: usize,
    /// Ranges remembered under SERIALIZABLE; above it the whole table counts as read.
    pub ranges: usize,
}

impl Default for TransactionLimits {
    fn default() -> TransactionLimits {
        TransactionLimits { written_bytes: 64 << 20, written_keys: 1_000_000, ranges: 10_000 }
    }
}

/// What a buffered write costs beyond its key and value.
const WRITE_OVERHEAD_BYTES: usize = 64;
/// Rows of a fresh table gather up to this before they are committed ahead.
pub const BULK_BYTES: usize = 8 << 20;

type Layer = BTreeMap<Bytes, BufferedWrite>;

struct Inner {
    earlier: Layer,
    statement: Layer,
    undo: Vec<Undo>,
    checks: BTreeMap<Bytes, ConflictClass>,
    statement_checks: Vec<Check>,
    ranges: Vec<RangeCheck>,
    read_keys: BTreeMap<Bytes, ()>,
    schema: Vec<SchemaUse>,
    deferred: Vec<DeferredCheck>,
    statement_deferred: Vec<DeferredCheck>,
    /// Prefixes of tables (4 bytes) and indexes (6 bytes) that only this transaction can see, with the timestamp of the
    /// last commit ahead.
    fresh: HashMap<Vec<u8>, Timestamp>,
    bytes: usize,
    statement_bytes: usize,
    bulk_bytes: usize,
    /// Prefixes that hold rows committed ahead: garbage if the transaction does not commit.
    flushed: Vec<Vec<u8>>,
    reads: ReadSet,
    /// Turns on contended keys that the transaction has.
    turns: Vec<Turn>,
    /// Advisory locks until its end.
    locks: Vec<HeldLock>,
    /// The snapshot is to move behind the transactions that were waited for.
    refreshes: bool,
    /// Set while a statement may stop before a contended key to wait for its turn.
    waits_for_turns: Option<Arc<Turns>>,
    /// The key that the statement stopped before.
    contended: Option<Bytes>,
}

enum Undo {
    Write(Bytes, Option<BufferedWrite>),
    Schema,
    Fresh(Vec<u8>),
    Check(Bytes, Option<ConflictClass>),
    Deferred,
}

/// A place in the transaction that it can go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    undo: usize,
    bytes: usize,
    locks: usize,
}

/// An open transaction.
pub struct Transaction {
    pub id: TransactionId,
    tau_start: AtomicU64,
    pub serializable: bool,
    storage: Arc<dyn ReadStorage>,
    limits: TransactionLimits,
    inner: Mutex<Inner>,
    hold: Mutex<HoldGuard>,
}

impl Transaction {
    /// Opens a transaction that reads as of `tau_start`, which storage has reached. `long` if more than one statement is
    /// expected in it.
    pub fn new(
        id: TransactionId,
        tau_start: Timestamp,
        serializable: bool,
        long: bool,
        storage: Arc<dyn ReadStorage>,
        limits: TransactionLimits,
    ) -> Transaction {
        let hold = storage.hold(tau_start);
        Transaction {
            id,
            tau_start: AtomicU64::new(tau_start.0),
            serializable,
            storage,
            limits,
            inner: Mutex::new(Inner {
                earlier: Layer::new(),
                statement: Layer::new(),
                undo: Vec::new(),
                checks: BTreeMap::new(),
                statement_checks: Vec::new(),
                ranges: Vec::new(),
                read_keys: BTreeMap::new(),
                schema: Vec::new(),
                deferred: Vec::new(),
                statement_deferred: Vec::new(),
                fresh: HashMap::new(),
                bytes: 0,
                statement_bytes: 0,
                bulk_bytes: 0,
                flushed: Vec::new(),
                reads: ReadSet::new(long),
                turns: Vec::new(),
                locks: Vec::new(),
                refreshes: false,
                waits_for_turns: None,
                contended: None,
            }),
            hold: Mutex::new(hold),
        }
    }

    pub fn storage(&self) -> &Arc<dyn ReadStorage> {
        &self.storage
    }

    /// The snapshot. It moves between statements only, see [`Transaction::refresh`].
    pub fn tau_start(&self) -> Timestamp {
        Timestamp(self.tau_start.load(Ordering::Relaxed))
    }

    /// Moves the snapshot to now, if nothing that the client has been told differs there. No statement runs meanwhile.
    pub fn refresh(&self) -> SqlResult<Comparison> {
        let inner = self.inner.lock();
        let (before, after) = (self.tau_start(), self.storage.watermark());
        if before == after {
            return Ok(Comparison::Same);
        }
        if !inner.fresh.is_empty() || self.storage.catalog_changed_at() > before {
            return Ok(Comparison::Unknown);
        }
        let hold = self.storage.hold(after);
        let result =
            inner.reads.compare(&*self.storage, before, after).map_err(errors::from_read)?;
        if result == Comparison::Same {
            *self.hold.lock() = hold;
            self.tau_start.store(after.0, Ordering::Relaxed);
        }
        Ok(result)
    }

    /// An advisory lock was taken, for this transaction if `held`: what follows shall see what its holders before did.
    pub fn locked(&self, held: Option<HeldLock>) {
        let mut inner = self.inner.lock();
        inner.locks.extend(held);
        inner.refreshes = true;
    }

    /// Whether an advisory lock was taken since this was asked last.
    pub fn take_refreshes(&self) -> bool {
        std::mem::take(&mut self.inner.lock().refreshes)
    }

    /// Takes back the writes of finished statements under `prefix`; their values in the order of keys.
    pub fn take_written(&self, prefix: &[u8]) -> Vec<Bytes> {
        let mut inner = self.inner.lock();
        let start = Bytes::copy_from_slice(prefix);
        let keys: Vec<Bytes> = inner
            .earlier
            .range(start..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        keys.iter().filter_map(|key| inner.earlier.remove(key)?.value).collect()
    }

    /// Whether finished statements write `key`.
    pub fn has_written(&self, key: &[u8]) -> bool {
        self.inner.lock().earlier.contains_key(key)
    }

    /// Whether `key` has changed since the snapshot: to write it now would lose at commit.
    pub fn is_stale(&self, key: &[u8]) -> SqlResult<bool> {
        let at = |tau| self.storage.get(key, tau).map_err(errors::from_read);
        Ok(at(self.tau_start())? != at(self.storage.watermark())?)
    }

    /// From now on a statement that is about to write a contended key stops before it, without effect, to be run again in
    /// its turn.
    pub fn wait_for_turns(&self, turns: &Arc<Turns>) {
        self.inner.lock().waits_for_turns = Some(Arc::clone(turns));
    }

    /// From now on contended keys are written at once.
    pub fn do_not_wait(&self) {
        self.inner.lock().waits_for_turns = None;
    }

    /// The contended key that the statement stopped before.
    pub fn take_contended(&self) -> Option<Bytes> {
        self.inner.lock().contended.take()
    }

    pub fn add_turn(&self, turn: Turn) {
        self.inner.lock().turns.push(turn);
    }

    /// Keys whose turn the transaction has.
    pub fn turn_keys(&self) -> Vec<Bytes> {
        self.inner.lock().turns.iter().map(|turn| turn.key().clone()).collect()
    }

    /// The transaction has ended: whoever waits for it may go on.
    pub fn end_turns(&self) {
        let mut inner = self.inner.lock();
        let ended = (std::mem::take(&mut inner.turns), std::mem::take(&mut inner.locks));
        drop(inner);
        drop(ended);
    }

    /// The timestamp that `key` is read at: later than `tau_start` only where this transaction alone has written.
    fn read_at(&self, inner: &Inner, key: &[u8]) -> Timestamp {
        if inner.fresh.is_empty() {
            return self.tau_start();
        }
        let by_table = key.get(..4).and_then(|prefix| inner.fresh.get(prefix));
        let found = by_table.or_else(|| key.get(..PREFIX_BYTES).and_then(|p| inner.fresh.get(p)));
        found.copied().unwrap_or_default().max(self.tau_start())
    }

    pub fn get(&self, key: &[u8]) -> SqlResult<Option<Bytes>> {
        let mut inner = self.inner.lock();
        if !inner.earlier.is_empty()
            && let Some(write) = inner.earlier.get(key)
        {
            return Ok(write.value.clone());
        }
        if self.serializable {
            inner.read_keys.insert(Bytes::copy_from_slice(key), ());
        }
        inner.reads.add_key(key);
        let tau = self.read_at(&inner, key);
        drop(inner);
        self.storage.get(key, tau).map_err(errors::from_read)
    }

    pub fn multi_get(&self, keys: &[Bytes]) -> SqlResult<Vec<Option<Bytes>>> {
        let simple = {
            let mut inner = self.inner.lock();
            let simple = inner.earlier.is_empty() && inner.fresh.is_empty() && !self.serializable;
            if simple {
                keys.iter().for_each(|key| inner.reads.add_key(key));
            }
            simple
        };
        if simple {
            return self.storage.multi_get(keys, self.tau_start()).map_err(errors::from_read);
        }
        keys.iter().map(|key| self.get(key)).collect()
    }

    pub fn get_latest(&self, key: &[u8]) -> SqlResult<Option<Bytes>> {
        if let Some(write) = self.inner.lock().statement.get(key) {
            return Ok(write.value.clone());
        }
        self.get(key)
    }

    pub fn written_by_statement(&self, key: &[u8]) -> bool {
        self.inner.lock().statement.contains_key(key)
    }

    /// Reads a range; `latest` includes the running statement's writes.
    pub fn scan(&self, request: ReadRequest, latest: bool) -> SqlResult<Box<dyn ScanCursor>> {
        if request.start >= request.end {
            return Ok(Box::new(Empty));
        }
        let mut inner = self.inner.lock();
        if self.serializable {
            self.remember_range(&mut inner, &request.start, &request.end);
            if let Some((start, end)) = rows_behind_index(&request.start) {
                self.remember_range(&mut inner, &start, &end);
            }
        }
        inner.reads.add_range(&request.start, &request.end);
        let mut own: Vec<(Bytes, Option<Bytes>)> = Vec::new();
        let range = request.start.clone()..request.end.clone();
        if latest && !inner.statement.is_empty() {
            let mut merged: BTreeMap<Bytes, Option<Bytes>> = inner
                .earlier
                .range(range.clone())
                .map(|(key, write)| (key.clone(), write.value.clone()))
                .collect();
            for (key, write) in inner.statement.range(range) {
                merged.insert(key.clone(), write.value.clone());
            }
            own.extend(merged);
        } else if !inner.earlier.is_empty() {
            own.extend(
                inner.earlier.range(range).map(|(key, write)| (key.clone(), write.value.clone())),
            );
        }
        let tau = self.read_at(&inner, &request.start);
        drop(inner);
        if request.direction == Direction::Descending {
            own.reverse();
        }
        let limit = request.limit.map(|limit| limit.saturating_add(own.len() as u64));
        let stored = self
            .storage
            .scan(ScanRequest {
                start: request.start.clone(),
                end: request.end.clone(),
                tau,
                direction: request.direction,
                filter: request.filter.clone(),
                limit,
            })
            .map_err(errors::from_read)?;
        if own.is_empty() {
            return Ok(stored);
        }
        Ok(Box::new(Overlay {
            stored,
            pending: Vec::new(),
            exhausted: false,
            own: own.into_iter().peekable(),
            request,
            yielded: 0,
        }))
    }

    fn remember_range(&self, inner: &mut Inner, start: &Bytes, end: &Bytes) {
        let covered =
            inner.ranges.iter().rev().take(16).any(|r| r.start <= *start && *end <= r.end);
        if covered {
            return;
        }
        if inner.ranges.len() < self.limits.ranges {
            inner.ranges.push(RangeCheck { start: start.clone(), end: end.clone() });
            return;
        }
        // Too many to keep apart: the whole tables they are in count as read.
        let mut tables: Vec<Vec<u8>> = inner
            .ranges
            .iter()
            .map(|range| &range.start)
            .chain([start])
            .filter_map(|key| key.get(..4).map(<[u8]>::to_vec))
            .collect();
        tables.sort();
        tables.dedup();
        inner.ranges = tables
            .into_iter()
            .map(|table| {
                let end = protocol::key::prefix_end(&table).unwrap_or_else(|| vec![u8::MAX; 8]);
                RangeCheck { start: table.into(), end: end.into() }
            })
            .collect();
    }

    /// Buffers a write of the running statement.
    pub fn write(&self, write: Write) -> SqlResult<()> {
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        let size =
            write.key.len() + write.value.as_ref().map_or(0, Bytes::len) + WRITE_OVERHEAD_BYTES;
        if !inner.fresh.is_empty() && write.value.is_some() && is_fresh(inner, &write.key) {
            // Invisible to everybody else: may be committed ahead in bulk.
            inner.bulk_bytes += size;
            inner
                .statement
                .insert(write.key.clone(), BufferedWrite::whole(write.value, write.class));
            return Ok(());
        }
        if let Some(turns) = &inner.waits_for_turns
            && matches!(write.class, Some(ConflictClass::Exclusive | ConflictClass::NonKeyUpdate))
            && turns.is_contended(&write.key)
            && !inner.turns.iter().any(|turn| turn.key() == &write.key)
        {
            inner.contended = Some(write.key);
            return Err(errors::conflict());
        }
        self.buffer(inner, write.key, BufferedWrite::whole(write.value, write.class), size)
    }

    /// Buffers an addition of the running statement; `value` is the row with it. Nobody takes turns for one.
    pub fn add(&self, addition: Addition, value: Bytes) -> SqlResult<()> {
        let Addition { key, deltas } = addition;
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        if self.serializable || is_fresh(inner, &key) {
            // Under SERIALIZABLE what was read must hold, and the row was read. A fresh row is nobody else's.
            drop(guard);
            let class = Some(ConflictClass::NonKeyUpdate);
            return self.write(Write { key, value: Some(value), class });
        }
        let size = key.len() + value.len() + WRITE_OVERHEAD_BYTES;
        let class = Some(ConflictClass::Delta);
        self.buffer(inner, key, BufferedWrite { value: Some(value), class, deltas }, size)
    }

    fn buffer(
        &self,
        inner: &mut Inner,
        key: Bytes,
        write: BufferedWrite,
        size: usize,
    ) -> SqlResult<()> {
        inner.statement_bytes += size;
        let (bytes, keys) =
            (inner.bytes + inner.statement_bytes, inner.earlier.len() + inner.statement.len());
        if bytes > self.limits.written_bytes {
            return Err(errors::transaction_too_large(bytes, self.limits.written_bytes));
        }
        if keys >= self.limits.written_keys {
            return Err(errors::too_many_keys(self.limits.written_keys));
        }
        let write = write.after(inner.statement.get(&key));
        inner.statement.insert(key, write);
        Ok(())
    }

    /// Takes what a fresh table's statement has gathered, if it is worth a commit of its own. Every key must be new to
    /// this transaction, which holds for COPY and index builds into fresh tables.
    pub fn take_bulk(&self, at_least: usize) -> Option<CommitRequest> {
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        if inner.bulk_bytes < at_least.max(1) || inner.fresh.is_empty() {
            return None;
        }
        let mut taken = Vec::new();
        let mut kept = Layer::new();
        let mut prefixes: Vec<Vec<u8>> = Vec::new();
        for (key, write) in std::mem::take(&mut inner.statement) {
            if write.value.is_some() && is_fresh(inner, &key) && !inner.earlier.contains_key(&key) {
                let prefix = key[..4.min(key.len())].to_vec();
                if prefixes.last() != Some(&prefix) {
                    prefixes.push(prefix);
                }
                taken.push(Write { key, value: write.value, class: None });
            } else {
                kept.insert(key, write);
            }
        }
        inner.statement = kept;
        inner.statement_bytes = inner
            .statement
            .iter()
            .map(|(key, write)| {
                key.len() + write.value.as_ref().map_or(0, Bytes::len) + WRITE_OVERHEAD_BYTES
            })
            .sum();
        inner.bulk_bytes = 0;
        if taken.is_empty() {
            return None;
        }
        inner.flushed.extend(prefixes);
        Some(CommitRequest {
            id: TransactionId(uuid::Uuid::now_v7()),
            tau_start: self.storage.watermark(),
            writes: taken,
            additions: Vec::new(),
            checks: Vec::new(),
            ranges: Vec::new(),
            schema: Vec::new(),
        })
    }

    /// The commit ahead of [`Transaction::take_bulk`] became visible at `tau`.
    pub fn bulk_committed(&self, tau: Timestamp) {
        for seen in self.inner.lock().fresh.values_mut() {
            *seen = (*seen).max(tau);
        }
    }

    /// Declares a table that nobody else can see before this transaction commits.
    pub fn add_fresh_table(&self, table: TableId) {
        self.add_fresh(table.0.to_be_bytes().to_vec());
    }

    /// Declares an index that nobody else can see before this transaction commits.
    pub fn add_fresh_index(&self, table: TableId, number: u16) {
        self.add_fresh(protocol::key::prefix(table, number).to_vec());
    }

    fn add_fresh(&self, prefix: Vec<u8>) {
        let mut inner = self.inner.lock();
        if inner.fresh.insert(prefix.clone(), self.tau_start()).is_none() {
            inner.undo.push(Undo::Fresh(prefix));
        }
    }

    pub fn is_fresh_table(&self, table: TableId) -> bool {
        self.inner.lock().fresh.contains_key(table.0.to_be_bytes().as_slice())
    }

    pub fn check(&self, check: Check) {
        self.inner.lock().statement_checks.push(check);
    }

    pub fn schema_use(&self, schema: SchemaUse) {
        let mut inner = self.inner.lock();
        if !inner.schema.contains(&schema) {
            inner.schema.push(schema);
            inner.undo.push(Undo::Schema);
        }
    }

    pub fn defer(&self, check: DeferredCheck) {
        self.inner.lock().statement_deferred.push(check);
    }

    /// Takes the deferred checks that `wanted` chooses.
    pub fn take_deferred(&self, wanted: impl Fn(&DeferredCheck) -> bool) -> Vec<DeferredCheck> {
        let mut inner = self.inner.lock();
        let all = std::mem::take(&mut inner.deferred);
        let (taken, kept) = all.into_iter().partition(|check| wanted(check));
        inner.deferred = kept;
        taken
    }

    /// The running statement succeeded: its writes join those of earlier ones.
    pub fn finish_statement(&self) {
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        inner.bytes += std::mem::take(&mut inner.statement_bytes);
        inner.bulk_bytes = 0;
        inner.reads.finish_statement();
        for (key, write) in std::mem::take(&mut inner.statement) {
            let before = inner.earlier.get(&key).cloned();
            let write = write.after(before.as_ref());
            inner.undo.push(Undo::Write(key.clone(), before));
            inner.earlier.insert(key, write);
        }
        for check in std::mem::take(&mut inner.statement_checks) {
            let before = inner.checks.get(&check.key).copied();
            let class = before.map_or(check.class, |before| before.min(check.class));
            inner.undo.push(Undo::Check(check.key.clone(), before));
            inner.checks.insert(check.key, class);
        }
        for check in std::mem::take(&mut inner.statement_deferred) {
            inner.deferred.push(check);
            inner.undo.push(Undo::Deferred);
        }
    }

    /// The running statement failed: it leaves no trace.
    pub fn abandon_statement(&self) {
        let mut inner = self.inner.lock();
        inner.reads.abandon_statement();
        inner.statement.clear();
        inner.statement_checks.clear();
        inner.statement_deferred.clear();
        inner.statement_bytes = 0;
        inner.bulk_bytes = 0;
    }

    pub fn mark(&self) -> Mark {
        let inner = self.inner.lock();
        Mark { undo: inner.undo.len(), bytes: inner.bytes, locks: inner.locks.len() }
    }

    /// Goes back to a mark: everything after it never happened.
    pub fn roll_back_to(&self, mark: Mark) {
        self.abandon_statement();
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        while inner.undo.len() > mark.undo {
            match inner.undo.pop().expect("longer than the mark") {
                Undo::Write(key, Some(before)) => {
                    inner.earlier.insert(key, before);
                }
                Undo::Write(key, None) => {
                    inner.earlier.remove(&key);
                }
                Undo::Schema => {
                    inner.schema.pop();
                }
                Undo::Fresh(prefix) => {
                    inner.fresh.remove(&prefix);
                }
                Undo::Check(key, Some(before)) => {
                    inner.checks.insert(key, before);
                }
                Undo::Check(key, None) => {
                    inner.checks.remove(&key);
                }
                Undo::Deferred => {
                    inner.deferred.pop();
                }
            }
        }
        inner.bytes = mark.bytes;
        inner.locks.truncate(mark.locks);
    }

    /// Whether there is anything to commit; read-only transactions ask nobody.
    pub fn has_effects(&self) -> bool {
        let inner = self.inner.lock();
        !inner.earlier.is_empty() || !inner.checks.is_empty() || !inner.schema.is_empty()
    }

    /// Prefixes with rows committed ahead; garbage unless the transaction commits.
    pub fn flushed_prefixes(&self) -> Vec<Vec<u8>> {
        self.inner.lock().flushed.clone()
    }

    /// Everything the adjudicators need. The statement layer is empty by now.
    pub fn commit_request(&self) -> CommitRequest {
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        let mut checks: Vec<Check> = Vec::new();
        for (key, class) in std::mem::take(&mut inner.checks) {
            let written = inner.earlier.get(&key).and_then(|write| write.class);
            if written.is_none_or(|written| written > class) {
                checks.push(Check { key, class });
            }
        }
        let mut writes: Vec<Write> = Vec::with_capacity(inner.earlier.len());
        let mut additions = Vec::new();
        for (key, write) in std::mem::take(&mut inner.earlier) {
            if write.deltas.is_empty() {
                writes.push(Write { key, value: write.value, class: write.class });
            } else {
                additions.push(Addition { key, deltas: write.deltas });
            }
        }
        let mut ranges = Vec::new();
        if self.serializable && !writes.is_empty() {
            for (key, ()) in std::mem::take(&mut inner.read_keys) {
                checks.push(Check { key, class: ConflictClass::Read });
            }
            ranges = std::mem::take(&mut inner.ranges);
        }
        CommitRequest {
            id: self.id,
            tau_start: self.tau_start(),
            writes,
            additions,
            checks,
            ranges,
            schema: std::mem::take(&mut inner.schema),
        }
    }
}

fn is_fresh(inner: &Inner, key: &[u8]) -> bool {
    key.get(..4).is_some_and(|prefix| inner.fresh.contains_key(prefix))
        || key.get(..PREFIX_BYTES).is_some_and(|prefix| inner.fresh.contains_key(prefix))
}

/// All rows of the table, if the key is one of a secondary index. Entries of such an index are not adjudicated (the key of
/// their row is), so that a row that comes into a range of the index is noticed by its own key alone, which can be
/// anywhere in the table.
fn rows_behind_index(key: &[u8]) -> Option<(Bytes, Bytes)> {
    let prefix = key.get(..PREFIX_BYTES)?;
    let table = TableId(u32::from_be_bytes(prefix.get(..4)?.try_into().ok()?));
    let rows = protocol::key::prefix(table, PRIMARY_INDEX);
    if prefix == rows {
        return None;
    }
    let end = protocol::key::prefix_end(&rows)?;
    Some((Bytes::copy_from_slice(&rows), end.into()))
}

struct Empty;

impl ScanCursor for Empty {
    fn next_batch(&mut self, _: &mut Vec<StoredRow>, _: usize) -> Result<bool, ReadError> {
        Ok(false)
    }

    fn split(self: Box<Self>, _: usize) -> Result<Vec<Box<dyn ScanCursor>>, ReadError> {
        Ok(vec![self])
    }
}

/// A scan of storage under the transaction's own writes: where both have a key, the transaction's counts.
struct Overlay {
    stored: Box<dyn ScanCursor>,
    /// Rows read from storage and not yet yielded, last one first.
    pending: Vec<StoredRow>,
    exhausted: bool,
    own: std::iter::Peekable<std::vec::IntoIter<(Bytes, Option<Bytes>)>>,
    request: ReadRequest,
    yielded: u64,
}

impl Overlay {
    fn fill(&mut self, limit: usize) -> Result<(), ReadError> {
        while self.pending.is_empty() && !self.exhausted {
            self.exhausted = !self.stored.next_batch(&mut self.pending, limit)?;
            self.pending.reverse();
        }
        Ok(())
    }

    fn own_row(&self, key: Bytes, value: Bytes) -> Result<Option<StoredRow>, ReadError> {
        let Some(filter) = &self.request.filter else { return Ok(Some(StoredRow { key, value })) };
        Ok(match filter.apply(&key, &value).map_err(ReadError::Filter)? {
            Filtered::Drop => None,
            Filtered::Keep => Some(StoredRow { key, value }),
            Filtered::Replace(value) => Some(StoredRow { key, value }),
        })
    }
}

impl ScanCursor for Overlay {
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError> {
        let wanted = rows.len() + limit;
        while rows.len() < wanted {
            if self.request.limit.is_some_and(|limit| self.yielded >= limit) {
                return Ok(false);
            }
            self.fill(limit)?;
            let order = match (self.pending.last(), self.own.peek()) {
                (None, None) => return Ok(false),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(stored), Some((own, _))) => match self.request.direction {
                    Direction::Ascending => stored.key.cmp(own),
                    Direction::Descending => own.cmp(&stored.key),
                },
            };
            let row = if order.is_lt() {
                self.pending.pop()
            } else {
                if order.is_eq() {
                    self.pending.pop();
                }
                match self.own.next() {
                    Some((key, Some(value))) => self.own_row(key, value)?,
                    _ => None,
                }
            };
            if let Some(row) = row {
                rows.push(row);
                self.yielded += 1;
            }
        }
        Ok(true)
    }

    /// What a transaction has written itself is little, but lies anywhere: such a scan stays whole.
    fn split(self: Box<Self>, _: usize) -> Result<Vec<Box<dyn ScanCursor>>, ReadError> {
        Ok(vec![self])
    }
}

/// Refuses what a read-only transaction may not do.
pub fn read_only_error(statement: &str) -> SqlError {
    SqlError::new(
        sqlstate::READ_ONLY_SQL_TRANSACTION,
        format!("cannot execute {statement} in a read-only transaction"),
    )
}
