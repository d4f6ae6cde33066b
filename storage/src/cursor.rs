//! A scan as of a timestamp.
//!
//! The cursor walks `Latest`: in the row cache where that has the rows, elsewhere in a view of the engine, which it then
//! copies for the cache. Every key that has a version has one there, so a row that is too new is looked up in `History`
//! by itself; rows that are old enough, nearly all, cost nothing more. The view makes the scan one instant: what is
//! applied or collected meanwhile is not seen. The parts of a scan that is cut share it.

use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use protocol::Timestamp;
use protocol::key::PREFIX_BYTES;
use protocol::storage::{
    Direction, Filtered, ReadError, RowFilter, ScanCursor, StoredRow, Visited, Visitor,
};

use crate::engine::{EngineError, KvView, Pairs, Space};
use crate::instant::Instant;
use crate::layout::{history_range, split_history, split_latest};
use crate::measure::Measure;
use crate::row_cache::{Copy, Next, Span, successor};

/// Rows looked at before the caller is asked whether it still wants more.
const LOOKED_AT_MAX: usize = 16 << 10;
/// Bytes of a key by which a range is cut.
const CUT_BYTES: usize = 8;

impl From<EngineError> for ReadError {
    fn from(error: EngineError) -> ReadError {
        match error {
            EngineError::Corrupt(what) => ReadError::Corrupt(what),
            other => ReadError::Engine(other.to_string()),
        }
    }
}

/// The version of `key` committed last at or before `tau`, all from one instant. A look-up in `Latest` outside of the
/// view may have seen a batch that is being written, whose part in `History` the view does not have yet; in the view the
/// older version is then still the newest.
pub fn as_of(view: &dyn KvView, key: &[u8], tau: Timestamp) -> Result<Option<Bytes>, EngineError> {
    let Some(stored) = view.get(Space::Latest, key)? else {
        return Ok(None);
    };
    let (written_at, value) = split_latest(&stored)?;
    if written_at <= tau {
        Ok(value.map(|value| stored.slice_ref(value)))
    } else {
        superseded(view, key, tau)
    }
}

/// The version of `key` committed last at or before `tau` that has been superseded.
fn superseded(view: &dyn KvView, key: &[u8], tau: Timestamp) -> Result<Option<Bytes>, EngineError> {
    let (start, end) = history_range(key, tau);
    let mut versions = view.range(
        Space::History,
        Bound::Included(&start),
        Bound::Included(&end),
        Direction::Ascending,
    );
    match versions.next()? {
        Some((_, stored)) => Ok(split_history(stored)?.map(Bytes::copy_from_slice)),
        None => Ok(None),
    }
}

/// Where the next rows come from.
enum Source {
    /// To be found out at the beginning of what is left.
    Unknown,
    /// Rows `at..until` of a span, from either end.
    Span { span: Arc<Span>, at: usize, until: usize },
    /// The engine's, up to where the cache has more, or to the end.
    Engine { pairs: Pairs, until: Bytes },
}

/// See the module.
pub struct Cursor {
    instant: Arc<Instant>,
    source: Source,
    copy: Option<Copy>,
    /// Rows of the engine seen by a scan that copies none yet; `None` if it never will.
    before_copy: Option<usize>,
    direction: Direction,
    filter: Option<Arc<dyn RowFilter>>,
    /// What is left, the present source included.
    start: Bytes,
    end: Bytes,
    /// The key looked at last; empty before the first.
    at: Vec<u8>,
    /// Rows that may still be returned, if that is limited.
    left: Option<u64>,
    done: bool,
    measure: Arc<Measure>,
}

impl Cursor {
    pub fn new(
        instant: Arc<Instant>,
        request: protocol::storage::ScanRequest,
        measure: Arc<Measure>,
    ) -> Cursor {
        let is_long = request.start.len() <= PREFIX_BYTES;
        let copies = request.direction == Direction::Ascending && request.limit.is_none();
        let after = if is_long { 0 } else { instant.cache().options().copy_after_rows };
        Cursor {
            instant,
            source: Source::Unknown,
            copy: None,
            before_copy: copies.then_some(after),
            direction: request.direction,
            filter: request.filter,
            start: request.start,
            end: request.end,
            at: Vec::new(),
            left: request.limit,
            done: false,
            measure,
        }
    }

    /// The part between two keys, both of them within this scan's range.
    fn part(&self, start: Bytes, end: Bytes) -> Box<dyn ScanCursor> {
        let request = protocol::storage::ScanRequest {
            start,
            end,
            tau: self.instant.tau(),
            direction: self.direction,
            filter: self.filter.clone(),
            limit: None,
        };
        let mut part = Cursor::new(Arc::clone(&self.instant), request, Arc::clone(&self.measure));
        part.before_copy = part.before_copy.map(|_| 0);
        Box::new(part)
    }

    /// The first key of a range, from either end.
    fn outermost(
        &self,
        start: &[u8],
        end: &[u8],
        direction: Direction,
    ) -> Result<Vec<u8>, ReadError> {
        let (start, end) = (Bound::Included(start), Bound::Excluded(end));
        let mut pairs = self.instant.view()?.range(Space::Latest, start, end, direction);
        Ok(pairs.next()?.map(|(key, _)| key.to_vec()).unwrap_or_default())
    }

    /// Finds out where what is left begins; `false` if nothing is left.
    fn open_source(&mut self) -> Result<bool, ReadError> {
        if self.start >= self.end {
            self.done = true;
            return Ok(false);
        }
        self.source = match self.next_of_cache()? {
            Next::Span(span) => {
                let first = span.first_at(&self.start);
                let behind = span.first_at(&self.end);
                match self.direction {
                    Direction::Ascending => Source::Span { span, at: first, until: behind },
                    Direction::Descending => Source::Span { span, at: behind, until: first },
                }
            }
            Next::Gap(nearest) => {
                let view = self.instant.view()?;
                let (start, end, until) = match self.direction {
                    Direction::Ascending => {
                        let until = nearest.unwrap_or_else(|| self.end.clone());
                        (self.start.clone(), until.clone(), until)
                    }
                    Direction::Descending => {
                        let until = nearest.unwrap_or_else(|| self.start.clone());
                        (until.clone(), self.end.clone(), until)
                    }
                };
                let bounds = (Bound::Included(&start[..]), Bound::Excluded(&end[..]));
                let pairs = view.range(Space::Latest, bounds.0, bounds.1, self.direction);
                if let Some(copy) = &mut self.copy {
                    copy.skip_to(&start);
                } else if self.before_copy == Some(0) {
                    self.before_copy = None;
                    self.copy = self.instant.cache().copy(&start, &self.end, &self.instant);
                }
                Source::Engine { pairs, until }
            }
        };
        Ok(true)
    }

    fn next_of_cache(&self) -> Result<Next, ReadError> {
        let cache = self.instant.cache();
        let mut next = cache.next(&self.start, &self.end, self.direction);
        let counts = self.before_copy.is_some_and(|rows| rows > 0);
        if matches!(next, Next::Gap(_)) && counts && cache.missed(&self.start) {
            cache.load(&self.instant, &self.start)?;
            next = cache.next(&self.start, &self.end, self.direction);
        }
        // What was collected before a span was copied, this read might need.
        let is_kept = matches!(next, Next::Span(_));
        Ok(if is_kept && self.instant.is_below_horizon() { Next::Gap(None) } else { next })
    }

    /// The present source has no more rows: what is left begins behind it.
    fn end_source(&mut self) {
        let behind = match std::mem::replace(&mut self.source, Source::Unknown) {
            Source::Unknown => return,
            Source::Span { span, .. } => match self.direction {
                Direction::Ascending => span.end().clone(),
                Direction::Descending => span.start().clone(),
            },
            Source::Engine { until, .. } => {
                if let Some(copy) = &mut self.copy {
                    copy.end(&until);
                }
                until
            }
        };
        match self.direction {
            Direction::Ascending => self.start = behind.max(self.start.clone()),
            Direction::Descending => self.end = behind.min(self.end.clone()),
        }
    }
}

/// Keys that cut a range whose first and last key these are into parts of about the same size, if the keys in between are
/// spread evenly over the bytes behind what the two have in common. Ascending; fewer than asked for if that is too few.
fn cuts(first: &[u8], last: &[u8], parts: usize) -> Vec<Bytes> {
    let common = first.iter().zip(last).take_while(|(left, right)| left == right).count();
    let number = |key: &[u8]| {
        let mut bytes = [0; CUT_BYTES];
        let behind = &key[common..];
        let length = behind.len().min(CUT_BYTES);
        bytes[..length].copy_from_slice(&behind[..length]);
        u64::from_be_bytes(bytes)
    };
    let (low, high) = (number(first), number(last));
    let mut cuts: Vec<Bytes> = (1..parts as u128)
        .map(|part| {
            let within = u128::from(high.saturating_sub(low)) * part / parts as u128;
            let cut = low + u64::try_from(within).expect("less than the whole");
            Bytes::from([&first[..common], &cut.to_be_bytes()].concat())
        })
        .filter(|cut| first < &cut[..] && &cut[..] <= last)
        .collect();
    cuts.dedup();
    cuts
}

impl ScanCursor for Cursor {
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError> {
        let before = rows.len();
        loop {
            let visited = self.visit(limit, &mut |key, value| {
                let (key, value) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
                rows.push(StoredRow { key, value });
                Ok(())
            })?;
            if !visited.more || rows.len() > before || limit == 0 {
                return Ok(visited.more);
            }
        }
    }

    fn visit(&mut self, limit: usize, visitor: Visitor<'_>) -> Result<Visited, ReadError> {
        let mut progress = Progress { limit, taken: 0, looked_at: 0, read_bytes: 0 };
        let result = loop {
            if self.done || self.left == Some(0) {
                break Ok(false);
            }
            if progress.is_enough() {
                break Ok(true);
            }
            if matches!(self.source, Source::Unknown) {
                match self.open_source() {
                    Ok(true) => {}
                    other => break other,
                }
            }
            match self.visit_source(&mut progress, visitor) {
                Ok(true) => self.end_source(),
                Ok(false) => {}
                Err(error) => break Err(error),
            }
        };
        self.measure.read_bytes.increment(progress.read_bytes);
        result.map(|more| Visited { more, looked_at: progress.looked_at })
    }

    fn split(self: Box<Self>, parts: usize) -> Result<Vec<Box<dyn ScanCursor>>, ReadError> {
        if self.done || self.left.is_some() || parts < 2 {
            return Ok(vec![self]);
        }
        let (mut start, mut end) = (self.start.clone(), self.end.clone());
        if !self.at.is_empty() {
            match self.direction {
                Direction::Ascending => start = [&self.at[..], &[0]].concat().into(),
                Direction::Descending => end = Bytes::copy_from_slice(&self.at),
            }
        }
        let first = self.outermost(&start, &end, Direction::Ascending)?;
        let last = self.outermost(&start, &end, Direction::Descending)?;
        if first >= last {
            return Ok(vec![self]);
        }
        let mut bounds = vec![start];
        bounds.extend(cuts(&first, &last, parts));
        bounds.push(end);
        let mut scans: Vec<Box<dyn ScanCursor>> =
            bounds.windows(2).map(|pair| self.part(pair[0].clone(), pair[1].clone())).collect();
        if self.direction == Direction::Descending {
            scans.reverse();
        }
        Ok(scans)
    }
}

/// How far a visit is.
struct Progress {
    limit: usize,
    taken: usize,
    looked_at: usize,
    read_bytes: u64,
}

impl Progress {
    fn is_enough(&self) -> bool {
        self.taken >= self.limit || self.looked_at >= LOOKED_AT_MAX
    }
}

impl Cursor {
    /// Shows rows of the present source; `true` when it has no more.
    fn visit_source(
        &mut self,
        progress: &mut Progress,
        visitor: Visitor<'_>,
    ) -> Result<bool, ReadError> {
        let instant = self.instant.as_ref();
        let filter = self.filter.as_deref();
        match &mut self.source {
            Source::Unknown => Ok(true),
            Source::Span { span, at, until } => {
                let mut last = None;
                let result = loop {
                    if at == until {
                        break Ok(true);
                    }
                    if progress.is_enough() || self.left == Some(0) {
                        break Ok(false);
                    }
                    let index = match self.direction {
                        Direction::Ascending => *at,
                        Direction::Descending => *at - 1,
                    };
                    match self.direction {
                        Direction::Ascending => *at += 1,
                        Direction::Descending => *at -= 1,
                    }
                    last = Some(index);
                    let (key, stored) = span.row(index);
                    progress.looked_at += 1;
                    progress.read_bytes += (key.len() + stored.len()) as u64;
                    match show(instant, key, stored, filter, visitor) {
                        Err(error) => break Err(error),
                        Ok(false) => {}
                        Ok(true) => {
                            progress.taken += 1;
                            self.left = self.left.map(|left| left - 1);
                        }
                    }
                };
                if let Some(index) = last {
                    self.at.clear();
                    self.at.extend_from_slice(span.row(index).0);
                }
                result
            }
            Source::Engine { pairs, .. } => loop {
                if progress.is_enough() || self.left == Some(0) {
                    return Ok(false);
                }
                let Some((key, stored)) = pairs.next()? else {
                    return Ok(true);
                };
                progress.looked_at += 1;
                progress.read_bytes += (key.len() + stored.len()) as u64;
                self.at.clear();
                self.at.extend_from_slice(key);
                if let Some(copy) = &mut self.copy {
                    copy.push(key, stored);
                } else if let Some(rows) = &mut self.before_copy {
                    match rows.checked_sub(1) {
                        Some(fewer) => *rows = fewer,
                        None => {
                            self.before_copy = None;
                            let behind = successor(key);
                            self.copy = instant.cache().copy(&behind, &self.end, instant);
                        }
                    }
                }
                if show(instant, key, stored, filter, visitor)? {
                    progress.taken += 1;
                    self.left = self.left.map(|left| left - 1);
                }
            },
        }
    }
}

/// Shows the version of a row as of the instant's `tau` if there is one and the filter wants it.
fn show(
    instant: &Instant,
    key: &[u8],
    stored: &[u8],
    filter: Option<&dyn RowFilter>,
    visitor: Visitor<'_>,
) -> Result<bool, ReadError> {
    let (written_at, value) = split_latest(stored)?;
    let older;
    let value = if written_at <= instant.tau() {
        value
    } else {
        older = as_of(instant.view()?, key, instant.tau())?;
        older.as_deref()
    };
    let Some(value) = value else {
        return Ok(false);
    };
    let replaced;
    let value = match filter {
        None => value,
        Some(filter) => match filter.apply(key, value).map_err(ReadError::Filter)? {
            Filtered::Drop => return Ok(false),
            Filtered::Keep => value,
            Filtered::Replace(other) => {
                replaced = other;
                &replaced
            }
        },
    };
    visitor(key, value).map_err(ReadError::Filter)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_lie_between_the_first_and_the_last_key_in_order() {
        let key = |number: u32| [b"table".as_slice(), &number.to_be_bytes()].concat();
        let found = cuts(&key(10), &key(1010), 4);
        let expected: Vec<u32> = vec![260, 510, 760];
        let numbers: Vec<u32> = found
            .iter()
            .map(|cut| u32::from_be_bytes(cut[5..9].try_into().expect("four bytes")))
            .collect();
        assert_eq!(numbers, expected);
        assert!(found.is_sorted());
        assert!(cuts(&key(1), &key(1), 8).is_empty());
        assert!(
            cuts(b"a", b"a\0", 8).iter().all(|cut| cut[..] > b"a"[..] && cut[..] <= b"a\0"[..])
        );
        assert!(cuts(b"", &[0xFF; 12], 64).len() == 63);
    }
}
