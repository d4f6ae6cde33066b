//! A long scan read by several threads.
//!
//! The scan is cut into parts (`ScanCursor::split`). Helpers, threads that the environment lends, take one part after
//! the other, read and decode it, and leave its batches for the statement's own thread, which yields them in the order of
//! the parts: what comes out is what one thread alone would have read. The statement never waits for a helper that does
//! not come: a part that nobody works on it reads itself. Helpers stop when they are [`AHEAD_BYTES`] ahead.

use std::collections::VecDeque;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use encoding::RowView;
use planner::plan::ScanColumn;
use protocol::storage::ScanCursor;
use types::{Datum, Row, SqlError, SqlResult};

use crate::context::{Context, internal, read_error};
use crate::environment::Environment;
use crate::memory::Reservation;
use crate::node::Batch;
use crate::operators::key_filter::KeyFilter;
use crate::operators::partial_aggregate::{PartialGroup, PartialProgram};
use crate::operators::scan::column_of;
use crate::rows::RowCodec;

/// Parts for each thread: enough that all have work to the end although parts differ in size.
const PARTS_PER_THREAD: usize = 16;
/// How much helpers may have read that the statement has not asked for.
const AHEAD_BYTES: usize = 8 << 20;
/// A batch is closed above this size.
const BATCH_BYTES: usize = 256 << 10;
/// Rows in a full batch of a part.
const PART_ROWS: usize = 1024;
/// After so many rows, wanted or not, it is time to look whether anybody still wants them.
const LOOKED_AT_MAX: usize = 32 << 10;
/// How often the statement looks for a cancellation while it waits for a helper.
const PATIENCE: Duration = Duration::from_millis(20);

/// How the rows of a scan are made from what is stored.
#[derive(Clone)]
pub struct RowReader {
    pub codec: Arc<RowCodec>,
    pub columns: Arc<[ScanColumn]>,
    /// What joins above know of the rows they will drop.
    pub key_filters: Arc<[KeyFilter]>,
    /// What an aggregation above makes of batches.
    pub partial: Option<Arc<PartialProgram>>,
}

/// A batch of a part, as helpers leave it.
pub enum PartBatch {
    Rows(Batch),
    /// Made of so many rows.
    Groups(Vec<PartialGroup>, usize),
}

impl RowReader {
    /// A row's columns, unless a join above would drop it.
    pub fn row(&self, key: &[u8], value: &[u8]) -> SqlResult<Option<Row>> {
        let view = RowView::new(value)?;
        for filter in &*self.key_filters {
            if !filter.passes(&self.columns, &self.codec, &view)? {
                return Ok(None);
            }
        }
        let column = |&column| column_of(column, &self.codec, &view, key);
        self.columns.iter().map(column).collect::<SqlResult<Row>>().map(Some)
    }

    /// The next rows of a cursor and their size; whether there is more.
    fn read(&self, cursor: &mut dyn ScanCursor) -> SqlResult<(Batch, usize, bool)> {
        let (mut batch, mut bytes, mut looked_at) = (Vec::new(), 0, 0);
        // A few rows at a time, because a row may be as large as a batch should be.
        while batch.len() < PART_ROWS && bytes < BATCH_BYTES && looked_at < LOOKED_AT_MAX {
            let wanted = (PART_ROWS - batch.len()).min(128);
            let visited = cursor
                .visit(wanted, &mut |key, value| {
                    if let Some(row) = self.row(key, value).map_err(boxed)? {
                        bytes += value.len() + std::mem::size_of_val::<[Datum]>(&row);
                        batch.push(row);
                    }
                    Ok(())
                })
                .map_err(read_error)?;
            if !visited.more {
                return Ok((batch, bytes, false));
            }
            looked_at += visited.looked_at;
        }
        Ok((batch, bytes, true))
    }
}

pub(crate) fn boxed(error: SqlError) -> Box<dyn Error + Send + Sync> {
    Box::new(error)
}

/// See the module.
pub struct ParallelScan {
    shared: Arc<Shared>,
    /// Helpers wanted.
    helpers: usize,
    /// What helpers may hold.
    _held: Reservation,
}

struct Shared {
    reader: RowReader,
    env: Arc<dyn Environment>,
    parts: Vec<Part>,
    /// The part that is being yielded.
    at: AtomicUsize,
    ahead_bytes: AtomicUsize,
    helpers: AtomicUsize,
    /// No part is without a reader.
    all_taken: AtomicBool,
    stopped: AtomicBool,
}

#[derive(Default)]
struct Part {
    state: Mutex<PartState>,
    changed: Condvar,
}

#[derive(Default)]
struct PartState {
    /// Absent while somebody reads, and at the end.
    cursor: Option<Box<dyn ScanCursor>>,
    being_read: bool,
    batches: VecDeque<(SqlResult<PartBatch>, usize)>,
}

impl Part {
    fn lock(&self) -> MutexGuard<'_, PartState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ParallelScan {
    /// Goes on with a scan in parallel; gives the cursor back if there is nobody to help or nothing to cut.
    pub fn start(
        cursor: Box<dyn ScanCursor>,
        reader: &RowReader,
        context: &Context,
    ) -> SqlResult<Result<ParallelScan, Box<dyn ScanCursor>>> {
        let helpers = context.env().helpers();
        let mut held = Reservation::new(context.memory());
        held.grow(AHEAD_BYTES);
        if helpers == 0 || held.should_spill() {
            return Ok(Err(cursor));
        }
        let mut cursors = cursor.split((helpers + 1) * PARTS_PER_THREAD).map_err(read_error)?;
        if cursors.len() == 1
            && let Some(cursor) = cursors.pop()
        {
            return Ok(Err(cursor));
        }
        let parts = cursors
            .into_iter()
            .map(|cursor| Part {
                state: Mutex::new(PartState { cursor: Some(cursor), ..PartState::default() }),
                changed: Condvar::new(),
            })
            .collect();
        let shared = Arc::new(Shared {
            reader: reader.clone(),
            env: Arc::clone(context.shared_env()),
            parts,
            at: AtomicUsize::new(0),
            ahead_bytes: AtomicUsize::new(0),
            helpers: AtomicUsize::new(0),
            all_taken: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let scan = ParallelScan { shared, helpers, _held: held };
        scan.call_helpers();
        Ok(Ok(scan))
    }

    /// Asks for help if there is something to do for helpers.
    fn call_helpers(&self) {
        let shared = &self.shared;
        if shared.all_taken.load(Ordering::Relaxed)
            || shared.ahead_bytes.load(Ordering::Relaxed) > AHEAD_BYTES / 2
        {
            return;
        }
        while shared.helpers.load(Ordering::Relaxed) < self.helpers {
            shared.helpers.fetch_add(1, Ordering::Relaxed);
            let helping = Arc::clone(shared);
            let task = Box::new(move || {
                helping.help();
                helping.helpers.fetch_sub(1, Ordering::Relaxed);
            });
            if !shared.env.help(task) {
                shared.helpers.fetch_sub(1, Ordering::Relaxed);
                return;
            }
        }
    }

    /// The next batch, in the order of the keys; it has rows or groups.
    pub fn next(&mut self, context: &Context) -> SqlResult<Option<PartBatch>> {
        let shared = &self.shared;
        loop {
            context.check_interrupts()?;
            let at = shared.at.load(Ordering::Relaxed);
            let Some(part) = shared.parts.get(at) else {
                return Ok(None);
            };
            let mut state = part.lock();
            if let Some((batch, bytes)) = state.batches.pop_front() {
                drop(state);
                shared.ahead_bytes.fetch_sub(bytes, Ordering::Relaxed);
                self.call_helpers();
                return batch.map(Some);
            }
            if state.being_read {
                let waiting = part.changed.wait_timeout(state, PATIENCE);
                drop(waiting.unwrap_or_else(PoisonError::into_inner));
                continue;
            }
            let Some(mut cursor) = state.cursor.take() else {
                drop(state);
                shared.at.store(at + 1, Ordering::Relaxed);
                continue;
            };
            drop(state);
            let (batch, _, more) = shared.reader.read(&mut *cursor)?;
            if more {
                part.lock().cursor = Some(cursor);
            }
            self.call_helpers();
            if !batch.is_empty() {
                return Ok(Some(PartBatch::Rows(batch)));
            }
        }
    }
}

impl Drop for ParallelScan {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn should_rest(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
            || self.ahead_bytes.load(Ordering::Relaxed) >= AHEAD_BYTES
    }

    /// Reads parts that nobody reads until there are none, or until it is far enough ahead.
    fn help(&self) {
        while !self.should_rest() {
            // The statement's own thread is at the first of them unless a helper was there before.
            let from = self.at.load(Ordering::Relaxed);
            let free = self.parts.iter().skip(from).find_map(|part| {
                let mut state = part.lock();
                let cursor = state.cursor.take()?;
                state.being_read = true;
                Some((part, cursor))
            });
            let Some((part, cursor)) = free else {
                self.all_taken.store(true, Ordering::Relaxed);
                return;
            };
            self.fill(part, cursor);
        }
    }

    fn fill(&self, part: &Part, mut cursor: Box<dyn ScanCursor>) {
        loop {
            let read = catch_unwind(AssertUnwindSafe(|| {
                self.env.check_interrupts()?;
                let (rows, bytes, more) = self.reader.read(&mut *cursor)?;
                let groups = match &self.reader.partial {
                    Some(partial) => partial.groups(&rows)?,
                    None => None,
                };
                let batch = match groups {
                    Some(groups) => PartBatch::Groups(groups, rows.len()),
                    None if rows.is_empty() => return Ok((None, 0, more)),
                    None => PartBatch::Rows(rows),
                };
                Ok((Some(batch), bytes, more))
            }));
            let read = read.unwrap_or_else(|_| Err(internal("reading rows panicked")));
            let mut state = part.lock();
            let more = match read {
                Ok((batch, bytes, more)) => {
                    if let Some(batch) = batch {
                        self.ahead_bytes.fetch_add(bytes, Ordering::Relaxed);
                        state.batches.push_back((Ok(batch), bytes));
                    }
                    more
                }
                Err(error) => {
                    state.batches.push_back((Err(error), 0));
                    false
                }
            };
            if !more || self.should_rest() {
                state.being_read = false;
                if more {
                    state.cursor = Some(cursor);
                    self.all_taken.store(false, Ordering::Relaxed);
                }
                part.changed.notify_all();
                return;
            }
            part.changed.notify_all();
        }
    }
}
