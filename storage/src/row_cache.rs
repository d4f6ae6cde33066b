//! Rows that have not changed for a while, kept in memory as they lie in `Latest`.
//!
//! The engine merges several sorted files for each row it shows, and searches in each of them for each key it looks up. Most
//! rows are read far more often than they are written, so a stretch of neighbouring rows is copied into one buffer, a
//! [`Span`], and read from there until one of its keys is written.
//!
//! ```text
//!  spans    [a ───── f)      [k ── p)[p ──── t)          a key within a span that is not in it does not exist
//!  Latest   a b   d e  g h    k l  o  p q  s   u v
//! ```
//!
//! # Why a span is right at every τ
//!
//! Before a batch is written, every span that holds or would hold one of its keys is thrown away. A reader at τ comes when
//! everything up to τ is applied; a span that it still finds was therefore not touched by anything up to τ since it was
//! copied, and has all of it. What it has from after τ shows by its timestamp and is looked up in the engine. What was
//! collected before it was copied is needed only by reads below the horizon, and those do not use it.
//!
//! # How a span comes to be
//!
//! A long scan copies what it reads from the engine. It reads one instant of the engine, so a span is kept only if no batch
//! has begun to write within it since: the cache notes which keys are written while somebody copies. A look-up that had to
//! ask the engine is counted, and each [`RowCacheOptions::misses_per_load`]-th one of an index pays for loading the
//! neighbourhood of its key.
//!
//! What is written all the time is not worth loading: each span thrown away puts the count of its index back by
//! [`RowCacheOptions::misses_per_drop`]. A load takes about a hundred times as long as a look-up, so loads in vain cost a few
//! per cent at most. When there is no room, spans that were not used since the clock's hand came by last give way (the CLOCK policy, Corbató 1968);
//! if there are none nearby, the new span is not kept, so that a scan of more than the whole cache does not empty it.
//!
//! The idea of a cache of rows that knows between which of them there is nothing else is ScyllaDB's ("continuity").

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use bytes::Bytes;
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use parking_lot::RwLock;
use protocol::key::{PREFIX_BYTES, prefix_end};
use protocol::storage::Direction;

use crate::engine::{EngineError, Space, WriteBatch};
use crate::instant::Instant;

/// Indexes whose misses are counted apart; others share a count.
const COUNTERS: usize = 256;
/// Drops of an index beyond this do not make it worse.
const DROPS_MAX: i32 = 1_000;
/// Keys that are written while somebody copies, remembered at most.
const NOTED_MAX: usize = 4 << 10;
/// Spans looked at to make room for one.
const VICTIMS: usize = 8;

type Prefix = [u8; PREFIX_BYTES];

/// What is kept, and when.
#[derive(Clone, Debug)]
pub struct RowCacheOptions {
    /// Most bytes of rows; zero turns it off.
    pub bytes: usize,
    pub span_rows: usize,
    pub span_bytes: usize,
    /// Rows of the engine that a scan passes before it begins to copy them. Scans of whole indexes begin at once.
    pub copy_after_rows: usize,
    pub misses_per_load: i32,
    /// Misses that do not count after a span was thrown away because of a write.
    pub misses_per_drop: i32,
}

impl Default for RowCacheOptions {
    fn default() -> RowCacheOptions {
        RowCacheOptions {
            bytes: 256 << 20,
            span_rows: 2_048,
            span_bytes: 512 << 10,
            copy_after_rows: 512,
            misses_per_load: 16,
            misses_per_drop: 4_000,
        }
    }
}

/// All pairs of `Latest` from one key, inclusive, to another, exclusive.
pub struct Span {
    start: Bytes,
    end: Bytes,
    rows: Rows,
    used: AtomicBool,
}

/// Pairs, one behind the other.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    /// Where each key and its value begin.
    places: Vec<(u32, u32)>,
}

impl Rows {
    fn push(&mut self, key: &[u8], stored: &[u8]) {
        let offset = |bytes: &Vec<u8>| u32::try_from(bytes.len()).expect("a span is small");
        let key_at = offset(&self.bytes);
        self.bytes.extend_from_slice(key);
        self.places.push((key_at, offset(&self.bytes)));
        self.bytes.extend_from_slice(stored);
    }

    fn key(&self, index: usize) -> &[u8] {
        let (key_at, value_at) = self.places[index];
        &self.bytes[key_at as usize..value_at as usize]
    }

    fn stored(&self, index: usize) -> &[u8] {
        let end =
            self.places.get(index + 1).map_or(self.bytes.len(), |(key_at, _)| *key_at as usize);
        &self.bytes[self.places[index].1 as usize..end]
    }

    /// The index of the first key at or behind `key`.
    fn first_at(&self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.places.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.key(middle) < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn size_bytes(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<(u32, u32)>()
    }
}

impl Span {
    pub fn start(&self) -> &Bytes {
        &self.start
    }

    pub fn end(&self) -> &Bytes {
        &self.end
    }

    /// What `Latest` has under `key`, which lies within.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let index = self.rows.first_at(key);
        (index < self.rows.places.len() && self.rows.key(index) == key)
            .then(|| self.rows.stored(index))
    }

    /// The index of the first key at or behind `key`.
    pub fn first_at(&self, key: &[u8]) -> usize {
        self.rows.first_at(key)
    }

    /// The key and what `Latest` has under it.
    pub fn row(&self, index: usize) -> (&[u8], &[u8]) {
        (self.rows.key(index), self.rows.stored(index))
    }

    fn size_bytes(&self) -> usize {
        self.rows.size_bytes() + self.start.len() + self.end.len()
    }
}

/// What is next for a reader.
pub enum Next {
    Span(Arc<Span>),
    /// No span; up to this key, where one begins (or ends, seen from above), or to the end of what is asked for.
    Gap(Option<Bytes>),
}

#[derive(Default)]
struct State {
    /// By their first keys; they do not overlap.
    spans: BTreeMap<Bytes, Arc<Span>>,
    bytes: usize,
    /// The sequence of the last batch that wrote to an index.
    written: HashMap<Prefix, u64>,
    /// Keys written while somebody copies, with the sequence of their batch.
    noted: VecDeque<(u64, Bytes)>,
    /// Up to this sequence notes are missing.
    forgotten: u64,
    copying: usize,
    hand: Bytes,
}

struct Measure {
    bytes: Gauge,
    loaded: Counter,
    dropped: Counter,
}

/// See the module.
pub struct RowCache {
    options: RowCacheOptions,
    /// Odd while a batch is being written.
    sequence: AtomicU64,
    spans: AtomicU64,
    misses: [AtomicI32; COUNTERS],
    state: RwLock<State>,
    measure: Measure,
}

/// The batch that is being written; dropped when it has been.
pub struct Writing<'a>(&'a RowCache);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.sequence.fetch_add(1, Ordering::SeqCst);
    }
}

impl RowCache {
    pub fn new(options: RowCacheOptions) -> RowCache {
        describe_gauge!("quorate_storage_row_cache_bytes", "Bytes of rows kept in memory");
        describe_counter!("quorate_storage_row_cache_spans_total", "Stretches of rows kept");
        describe_counter!("quorate_storage_row_cache_dropped_total", "Stretches of rows let go");
        RowCache {
            options,
            sequence: AtomicU64::new(0),
            spans: AtomicU64::new(0),
            misses: [const { AtomicI32::new(0) }; COUNTERS],
            state: RwLock::default(),
            measure: Measure {
                bytes: gauge!("quorate_storage_row_cache_bytes"),
                loaded: counter!("quorate_storage_row_cache_spans_total"),
                dropped: counter!("quorate_storage_row_cache_dropped_total"),
            },
        }
    }

    pub fn options(&self) -> &RowCacheOptions {
        &self.options
    }

    /// Where the engine stands, for [`RowCache::copy`]; taken before a view of it is opened.
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::SeqCst)
    }

    fn is_empty(&self) -> bool {
        self.spans.load(Ordering::Acquire) == 0
    }

    /// To be called before a batch is written, and held until it has been.
    pub fn write(&self, batch: &WriteBatch) -> Writing<'_> {
        let sequence = self.sequence.fetch_add(1, Ordering::SeqCst) + 1;
        if self.options.bytes > 0 {
            let mut state = self.state.write();
            let mut last: Option<Prefix> = None;
            for write in batch.writes().filter(|write| write.space == Space::Latest) {
                let prefix = prefix_of(write.key);
                if prefix != last
                    && let Some(prefix) = prefix
                {
                    state.written.insert(prefix, sequence);
                }
                last = prefix;
                if state.copying > 0 {
                    state.note(sequence, write.key);
                }
                if let Some(span) = state.holding(write.key) {
                    let start = span.start.clone();
                    state.remove(&start);
                    self.measure.dropped.increment(1);
                    let counter = self.counter(write.key);
                    if counter.load(Ordering::Relaxed) > -DROPS_MAX * self.options.misses_per_drop {
                        counter.fetch_sub(self.options.misses_per_drop, Ordering::Relaxed);
                    }
                }
            }
            self.count(&state);
        }
        Writing(self)
    }

    fn count(&self, state: &State) {
        self.spans.store(state.spans.len() as u64, Ordering::Release);
        self.measure.bytes.set(state.bytes as f64);
    }

    /// The span that holds or would hold `key`.
    pub fn find(&self, key: &[u8]) -> Option<Arc<Span>> {
        if self.is_empty() {
            return None;
        }
        let span = self.state.read().holding(key)?.clone();
        span.used.store(true, Ordering::Relaxed);
        Some(span)
    }

    /// What is next for a reader of a range from one of its ends.
    pub fn next(&self, start: &[u8], end: &[u8], direction: Direction) -> Next {
        if self.is_empty() {
            return Next::Gap(None);
        }
        let state = self.state.read();
        let (found, nearest) = match direction {
            Direction::Ascending => {
                let later = (Bound::Excluded(start), Bound::Excluded(end));
                let later = state.spans.range::<[u8], _>(later).next();
                (state.holding(start), later.map(|(start, _)| start.clone()))
            }
            Direction::Descending => {
                let before = state.spans.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(end)));
                match before.into_iter().next_back() {
                    Some((_, span)) if &span.end[..] >= end => (Some(span), None),
                    Some((_, span)) if &span.end[..] > start => (None, Some(span.end.clone())),
                    _ => (None, None),
                }
            }
        };
        match found {
            None => Next::Gap(nearest),
            Some(span) => {
                span.used.store(true, Ordering::Relaxed);
                Next::Span(span.clone())
            }
        }
    }

    /// Counts a look-up that the engine had to answer. Whether its neighbourhood should be loaded now.
    pub fn missed(&self, key: &[u8]) -> bool {
        if self.options.bytes == 0 {
            return false;
        }
        let counter = self.counter(key);
        if counter.fetch_add(1, Ordering::Relaxed) < self.options.misses_per_load {
            return false;
        }
        counter.store(0, Ordering::Relaxed);
        true
    }

    fn counter(&self, key: &[u8]) -> &AtomicI32 {
        let prefix = prefix_of(key).unwrap_or_default();
        let number = prefix.iter().fold(0_usize, |sum, byte| sum * 31 + usize::from(*byte));
        &self.misses[number % COUNTERS]
    }

    /// Loads the rows around `key`: a span of them, or what there is between two spans.
    pub fn load(self: &Arc<Self>, instant: &Instant, key: &[u8]) -> Result<(), EngineError> {
        let Some(prefix) = prefix_of(key) else { return Ok(()) };
        let Some(end) = prefix_end(&prefix) else { return Ok(()) };
        let Next::Gap(later) = self.next(key, &end, Direction::Ascending) else { return Ok(()) };
        let end = later.unwrap_or_else(|| end.into());
        let earlier = match self.next(&prefix, key, Direction::Descending) {
            Next::Span(span) => Some(span.end().clone()),
            Next::Gap(earlier) => earlier,
        };
        let start = earlier.unwrap_or_else(|| Bytes::copy_from_slice(&prefix));
        let start = self.half_a_span_before(instant, start, key)?;
        let Some(mut copy) = self.copy(&start, &end, instant) else {
            return Ok(());
        };
        let (from, to) = (Bound::Included(&start[..]), Bound::Excluded(&end[..]));
        let mut pairs = instant.opened().range(Space::Latest, from, to, Direction::Ascending);
        while let Some((key, stored)) = pairs.next()? {
            if copy.push(key, stored) {
                return Ok(());
            }
        }
        copy.end(&end);
        Ok(())
    }

    /// The key so many rows before `key`, or `start` if there are fewer in between.
    fn half_a_span_before(
        &self,
        instant: &Instant,
        start: Bytes,
        key: &[u8],
    ) -> Result<Bytes, EngineError> {
        let (from, to) = (Bound::Included(&start[..]), Bound::Excluded(key));
        let mut pairs = instant.opened().range(Space::Latest, from, to, Direction::Descending);
        for row in 1..=self.options.span_rows / 2 {
            match pairs.next()? {
                None => return Ok(start),
                Some((key, _)) if row == self.options.span_rows / 2 => {
                    return Ok(Bytes::copy_from_slice(key));
                }
                Some(_) => {}
            }
        }
        Ok(Bytes::copy_from_slice(key))
    }

    /// Begins to copy what a view shows from `start` on, at most up to `end`; `None` if some of it may have been written
    /// since, or is not of one index.
    pub fn copy(self: &Arc<Self>, start: &[u8], end: &[u8], instant: &Instant) -> Option<Copy> {
        let seen = instant.sequence();
        let prefix = prefix_of(start)?;
        let is_one_index = prefix_end(&prefix).is_some_and(|last| end <= &last[..]);
        if self.options.bytes == 0 || seen % 2 == 1 || !is_one_index {
            return None;
        }
        let mut state = self.state.write();
        if state.written.get(&prefix).is_some_and(|written| *written > seen) {
            return None;
        }
        state.copying += 1;
        // Counted from now on; nothing of this index was written between then and now.
        let from = self.sequence();
        Some(Copy {
            cache: Arc::clone(self),
            start: Bytes::copy_from_slice(start),
            rows: Rows::default(),
            seen,
            from,
        })
    }

    fn install(&self, span: Span, seen: u64, from: u64) -> bool {
        let mut state = self.state.write();
        let is_within = |key: &[u8]| &span.start[..] <= key && key < &span.end[..];
        // Noted before this copy began are batches that its view has, and one that it may not have.
        let is_written = state.forgotten > from
            || state.noted.iter().any(|(sequence, key)| *sequence > seen && is_within(key));
        if is_written || state.overlaps(&span) || !state.make_room(&span, &self.options) {
            self.count(&state);
            return false;
        }
        state.bytes += span.size_bytes();
        state.spans.insert(span.start.clone(), Arc::new(span));
        self.measure.loaded.increment(1);
        self.count(&state);
        true
    }
}

impl State {
    fn holding(&self, key: &[u8]) -> Option<&Arc<Span>> {
        let up_to = (Bound::Unbounded, Bound::Included(key));
        let (_, span) = self.spans.range::<[u8], _>(up_to).next_back()?;
        (key < &span.end[..]).then_some(span)
    }

    fn overlaps(&self, span: &Span) -> bool {
        let before = (Bound::Unbounded, Bound::Excluded(&span.end[..]));
        let before = self.spans.range::<[u8], _>(before).next_back();
        before.is_some_and(|(_, other)| other.end > span.start)
    }

    fn remove(&mut self, start: &[u8]) {
        if let Some(span) = self.spans.remove(start) {
            self.bytes -= span.size_bytes();
        }
    }

    fn note(&mut self, sequence: u64, key: &[u8]) {
        if self.noted.len() >= NOTED_MAX {
            self.noted.clear();
            self.forgotten = sequence;
        }
        self.noted.push_back((sequence, Bytes::copy_from_slice(key)));
    }

    fn make_room(&mut self, span: &Span, options: &RowCacheOptions) -> bool {
        for _ in 0..VICTIMS {
            if self.bytes + span.size_bytes() <= options.bytes {
                return true;
            }
            let behind = (Bound::Excluded(&self.hand[..]), Bound::Unbounded);
            let next = self.spans.range::<[u8], _>(behind).next();
            let Some((start, victim)) = next.or_else(|| self.spans.first_key_value()) else {
                return false;
            };
            let (start, was_used) = (start.clone(), victim.used.swap(false, Ordering::Relaxed));
            if !was_used {
                self.remove(&start);
            }
            self.hand = start;
        }
        self.bytes + span.size_bytes() <= options.bytes
    }
}

fn prefix_of(key: &[u8]) -> Option<Prefix> {
    key.get(..PREFIX_BYTES)?.try_into().ok()
}

/// The smallest key behind `key`.
pub fn successor(key: &[u8]) -> Bytes {
    [key, &[0]].concat().into()
}

/// Copies what somebody reads from a view.
pub struct Copy {
    cache: Arc<RowCache>,
    start: Bytes,
    rows: Rows,
    /// The sequence of the view.
    seen: u64,
    /// The sequence from which on keys are noted.
    from: u64,
}

impl Copy {
    /// The next pair of the view. `true`: a span is complete with it.
    pub fn push(&mut self, key: &[u8], stored: &[u8]) -> bool {
        self.rows.push(key, stored);
        let options = &self.cache.options;
        let is_full = self.rows.places.len() >= options.span_rows
            || self.rows.bytes.len() >= options.span_bytes;
        if is_full {
            self.end(&successor(key));
        }
        is_full
    }

    /// There is nothing more before `end`. The next pair begins a new span there.
    pub fn end(&mut self, end: &Bytes) {
        let start = std::mem::replace(&mut self.start, end.clone());
        let mut rows = std::mem::take(&mut self.rows);
        if start >= *end {
            return;
        }
        rows.bytes.shrink_to_fit();
        rows.places.shrink_to_fit();
        let span = Span { start, end: end.clone(), rows, used: AtomicBool::new(true) };
        self.cache.install(span, self.seen, self.from);
    }

    /// What comes next lies behind other spans.
    pub fn skip_to(&mut self, start: &Bytes) {
        self.rows = Rows::default();
        self.start = start.clone();
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let mut state = self.cache.state.write();
        state.copying -= 1;
        if state.copying == 0 {
            state.noted.clear();
        }
    }
}
