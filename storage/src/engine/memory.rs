//! The engine in memory: a map from key to the few values that some view can still see.
//!
//! Every batch has a number. A view is a number too; it sees the last value at or before it. A value that has been
//! replaced stays only as long as a view is older than its replacement, so without views this is a plain map and taking
//! a view costs the same whatever the size.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use protocol::storage::Direction;

use super::{EngineError, KvEngine, KvView, Pair, PairStream, Pairs, Space, WriteBatch};

/// Pairs that an iterator fetches under one lock.
const FETCH: usize = 64;

/// What an entry costs beside its key and value.
const ENTRY_BYTES: u64 = 96;

/// The values of one key that can still be seen, oldest first. Nearly always one.
type Values = Vec<(u64, Option<Bytes>)>;

#[derive(Default)]
struct Tables {
    spaces: [BTreeMap<Bytes, Values>; Space::ALL.len()],
    /// The number of the last batch.
    last_batch: u64,
    /// Keys with more than one value, and the batch that added the last of them.
    replaced: VecDeque<(u64, Space, Bytes)>,
    size_bytes: u64,
}

#[derive(Default)]
struct Shared {
    tables: RwLock<Tables>,
    /// How many views are open at each batch.
    views: Mutex<BTreeMap<u64, usize>>,
}

/// See the module.
#[derive(Clone, Default)]
pub struct MemoryEngine {
    shared: Arc<Shared>,
}

impl MemoryEngine {
    pub fn new() -> MemoryEngine {
        MemoryEngine::default()
    }
}

fn visible(values: &Values, at: u64) -> Option<&Bytes> {
    values.iter().rev().find(|(batch, _)| *batch <= at)?.1.as_ref()
}

impl Tables {
    fn space(&self, space: Space) -> &BTreeMap<Bytes, Values> {
        &self.spaces[space as usize - 1]
    }

    fn space_mut(&mut self, space: Space) -> &mut BTreeMap<Bytes, Values> {
        &mut self.spaces[space as usize - 1]
    }

    /// `newest_view`: no view is newer.
    fn set(
        &mut self,
        space: Space,
        key: &[u8],
        value: Option<&[u8]>,
        batch: u64,
        newest_view: Option<u64>,
    ) {
        let value = value.map(Bytes::copy_from_slice);
        let (added, mut freed) = (value.as_ref().map_or(0, |value| value.len() as u64), 0);
        if let Some(values) = self.space_mut(space).get_mut(key) {
            let last = values.last_mut().expect("a key has at least one value");
            if last.0 == batch || newest_view.is_none_or(|view| view < last.0) {
                // Nobody can see the value that is being replaced.
                freed = last.1.as_ref().map_or(0, |value| value.len() as u64);
                *last = (batch, value);
                if values.len() > 1 {
                    self.replaced.push_back((batch, space, Bytes::copy_from_slice(key)));
                } else if values[0].1.is_none() {
                    self.space_mut(space).remove(key);
                    freed += key.len() as u64 + ENTRY_BYTES;
                }
            } else {
                values.push((batch, value));
                self.replaced.push_back((batch, space, Bytes::copy_from_slice(key)));
            }
        } else if value.is_some() {
            self.space_mut(space).insert(Bytes::copy_from_slice(key), vec![(batch, value)]);
            self.size_bytes += key.len() as u64 + ENTRY_BYTES;
        }
        self.size_bytes = (self.size_bytes + added).saturating_sub(freed);
    }

    /// Forgets values that no view can see.
    fn forget(&mut self, oldest_view: u64) {
        while self.replaced.front().is_some_and(|(batch, ..)| *batch <= oldest_view) {
            let (_, space, key) = self.replaced.pop_front().expect("there is a front");
            let Some(values) = self.space_mut(space).get_mut(&key) else {
                continue;
            };
            let keep_from = values.iter().rposition(|(at, _)| *at <= oldest_view).unwrap_or(0);
            let gone = values.drain(..keep_from);
            let mut freed: u64 =
                gone.filter_map(|(_, value)| value).map(|value| value.len() as u64).sum();
            if values.len() == 1 && values[0].1.is_none() {
                self.space_mut(space).remove(&key);
                freed += key.len() as u64 + ENTRY_BYTES;
            }
            self.size_bytes = self.size_bytes.saturating_sub(freed);
        }
    }
}

impl Shared {
    /// The oldest view (the far future if there is none) and the newest.
    fn views_from_to(&self) -> (u64, Option<u64>) {
        let views = self.views.lock();
        let oldest = views.first_key_value().map_or(u64::MAX, |(at, _)| *at);
        (oldest, views.last_key_value().map(|(at, _)| *at))
    }
}

impl KvEngine for MemoryEngine {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let tables = self.shared.tables.read();
        let values = tables.space(space).get(key);
        Ok(values.and_then(|values| visible(values, u64::MAX)).cloned())
    }

    fn view(&self) -> Box<dyn KvView> {
        Box::new(MemoryView::open(&self.shared))
    }

    fn write(&self, batch: &WriteBatch) -> Result<(), EngineError> {
        let mut tables = self.shared.tables.write();
        // Views are opened under the read lock, so none appears while this runs.
        let (oldest_view, newest_view) = self.shared.views_from_to();
        let number = tables.last_batch + 1;
        for write in batch.writes() {
            tables.set(write.space, write.key, write.value, number, newest_view);
        }
        tables.last_batch = number;
        tables.forget(oldest_view);
        Ok(())
    }

    fn persist(&self) -> Result<(), EngineError> {
        Ok(())
    }

    fn approximate_bytes(&self) -> u64 {
        self.shared.tables.read().size_bytes
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

/// Keeps what was there at one batch.
struct MemoryView {
    shared: Arc<Shared>,
    at: u64,
}

impl MemoryView {
    fn open(shared: &Arc<Shared>) -> MemoryView {
        let tables = shared.tables.read();
        let at = tables.last_batch;
        *shared.views.lock().entry(at).or_default() += 1;
        MemoryView { shared: shared.clone(), at }
    }

    fn again(&self) -> MemoryView {
        *self.shared.views.lock().entry(self.at).or_default() += 1;
        MemoryView { shared: self.shared.clone(), at: self.at }
    }
}

impl Drop for MemoryView {
    fn drop(&mut self) {
        let mut views = self.shared.views.lock();
        let count = views.get_mut(&self.at).expect("an open view is counted");
        *count -= 1;
        if *count == 0 {
            views.remove(&self.at);
        }
    }
}

impl KvView for MemoryView {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let tables = self.shared.tables.read();
        let values = tables.space(space).get(key);
        Ok(values.and_then(|values| visible(values, self.at)).cloned())
    }

    fn range(
        &self,
        space: Space,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        direction: Direction,
    ) -> Pairs {
        Box::new(MemoryPairs {
            view: self.again(),
            space,
            start: start.map(Bytes::copy_from_slice),
            end: end.map(Bytes::copy_from_slice),
            direction,
            fetched: VecDeque::new(),
            current: None,
            exhausted: false,
        })
    }
}

struct MemoryPairs {
    view: MemoryView,
    space: Space,
    start: Bound<Bytes>,
    end: Bound<Bytes>,
    direction: Direction,
    fetched: VecDeque<(Bytes, Bytes)>,
    /// The pair shown last.
    current: Option<(Bytes, Bytes)>,
    exhausted: bool,
}

fn is_empty_range(start: Bound<&[u8]>, end: Bound<&[u8]>) -> bool {
    match (start, end) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (
            Bound::Included(start) | Bound::Excluded(start),
            Bound::Included(end) | Bound::Excluded(end),
        ) => start >= end,
    }
}

impl MemoryPairs {
    fn fetch(&mut self) {
        let start = self.start.as_ref().map(|key| key.as_ref());
        let end = self.end.as_ref().map(|key| key.as_ref());
        if is_empty_range(start, end) {
            self.exhausted = true;
            return;
        }
        let tables = self.view.shared.tables.read();
        let range = tables.space(self.space).range::<[u8], _>((start, end));
        let at = self.view.at;
        let mut last = None;
        let mut looked_at = 0;
        let mut take = |(key, values): (&Bytes, &Values)| {
            looked_at += 1;
            last = Some(key.clone());
            if let Some(value) = visible(values, at) {
                self.fetched.push_back((key.clone(), value.clone()));
            }
        };
        match self.direction {
            Direction::Ascending => range.take(FETCH).for_each(&mut take),
            Direction::Descending => range.rev().take(FETCH).for_each(&mut take),
        }
        self.exhausted = looked_at < FETCH;
        if let Some(last) = last {
            match self.direction {
                Direction::Ascending => self.start = Bound::Excluded(last),
                Direction::Descending => self.end = Bound::Excluded(last),
            }
        }
    }
}

impl PairStream for MemoryPairs {
    fn next(&mut self) -> Result<Option<Pair<'_>>, EngineError> {
        while self.fetched.is_empty() && !self.exhausted {
            self.fetch();
        }
        self.current = self.fetched.pop_front();
        Ok(self.current.as_ref().map(|(key, value)| (&key[..], &value[..])))
    }
}
