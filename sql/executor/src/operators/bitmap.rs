//! Which rows inverted indexes name for a condition.
//!
//! An entry's rows are one range of keys, in the order of the rows. For AND the shortest of them is
//! read first and the others are asked for its rows only, if those are few. Rows are kept as the
//! suffixes of their keys; if they need more memory than the statement has, the table is read as a
//! whole instead: the condition is tested on each row anyway.

use bytes::Bytes;
use functions::inverted::EntryQuery;
use planner::plan::{BitmapSource, Scan};
use protocol::key::{PREFIX_BYTES, prefix, prefix_end};
use protocol::storage::{Direction, StoredRow};
use types::SqlResult;

use crate::context::{Context, internal, read_error};
use crate::environment::ReadRequest;
use crate::evaluate::evaluate;
use crate::memory::Reservation;
use crate::node::BATCH_ROWS;
use crate::ranges::{KeyRange, whole};
use crate::rows::{RowCodec, entry_bytes, entry_prefix_bytes, split_entry};

/// What a `Bytes` costs beside what it holds.
const SUFFIX_OVERHEAD_BYTES: usize = 48;

/// Rows by the suffixes of their keys, sorted; `None` is all of them.
type Rows = Option<Vec<Bytes>>;

/// The keys of the rows that a scan's bitmap names, in their order, holding their memory.
pub(crate) fn bitmap_ranges(
    scan: &Scan,
    source: &BitmapSource,
    codec: &RowCodec,
    context: &Context,
) -> SqlResult<(Vec<KeyRange>, Reservation)> {
    let mut reader =
        Reader { scan, codec, context, memory: Reservation::new(context.memory()), beyond: false };
    let rows = reader.source(source)?;
    let ranges = match rows {
        Some(rows) if !reader.beyond => rows
            .into_iter()
            .map(|suffix| KeyRange::Point(codec.row_key_from_suffix(&suffix)))
            .collect(),
        _ => {
            reader.memory.clear();
            vec![whole(codec, protocol::key::PRIMARY_INDEX)]
        }
    };
    Ok((ranges, reader.memory))
}

struct Reader<'a> {
    scan: &'a Scan,
    codec: &'a RowCodec,
    context: &'a Context,
    memory: Reservation,
    /// There was not enough memory: the answer is all rows.
    beyond: bool,
}

/// What was read of one entry's rows.
struct Posting {
    rows: Vec<Bytes>,
    complete: bool,
}

impl Reader<'_> {
    fn source(&mut self, source: &BitmapSource) -> SqlResult<Rows> {
        match source {
            BitmapSource::Index { index, column, class, operator, argument, .. } => {
                let value = evaluate(argument, &[], &self.context.scope())?;
                let query = class.query(operator, &value)?;
                self.query(*index, *column, &query)
            }
            BitmapSource::And(sources) => {
                let mut found = None;
                for source in sources {
                    let rows = self.source(source)?;
                    found = intersection(found, rows);
                    if found.as_ref().is_some_and(Vec::is_empty) {
                        break;
                    }
                }
                Ok(found)
            }
            BitmapSource::Or(sources) => {
                let mut found = Vec::new();
                for source in sources {
                    match self.source(source)? {
                        Some(rows) => found.extend(rows),
                        None => return Ok(None),
                    }
                }
                Ok(Some(sorted(found)))
            }
        }
    }

    fn query(&mut self, index: usize, column: usize, query: &EntryQuery) -> SqlResult<Rows> {
        if self.beyond {
            return Ok(None);
        }
        match query {
            EntryQuery::All => Ok(None),
            EntryQuery::Nothing => Ok(Some(Vec::new())),
            EntryQuery::Entry(entry) => {
                let start = self.key(index, entry_bytes(column, entry)?)?;
                self.posting(start, usize::MAX).map(|posting| Some(posting.rows))
            }
            EntryQuery::Prefix(beginning) => {
                let start = self.key(index, entry_prefix_bytes(column, beginning)?)?;
                Ok(Some(sorted(self.posting(start, usize::MAX)?.rows)))
            }
            EntryQuery::Or(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    match self.query(index, column, part)? {
                        Some(rows) => found.extend(rows),
                        None => return Ok(None),
                    }
                }
                Ok(Some(sorted(found)))
            }
            EntryQuery::And(parts) => self.all_of(index, column, parts),
        }
    }

    fn all_of(&mut self, index: usize, column: usize, parts: &[EntryQuery]) -> SqlResult<Rows> {
        let mut first: Vec<(Bytes, Posting)> = Vec::new();
        let mut others = Vec::new();
        for part in parts {
            match part {
                EntryQuery::Entry(entry) => {
                    let start = self.key(index, entry_bytes(column, entry)?)?;
                    let posting = self.posting(start.clone(), BATCH_ROWS)?;
                    if posting.complete && posting.rows.is_empty() {
                        return Ok(Some(Vec::new()));
                    }
                    first.push((start, posting));
                }
                other => others.push(other),
            }
        }
        // Complete ones first, and of those the shortest.
        first.sort_by_key(|(_, posting)| (!posting.complete, posting.rows.len()));
        let mut found: Rows = None;
        for (start, posting) in first {
            let rows = match found {
                Some(known) if !posting.complete && known.len() <= BATCH_ROWS => {
                    found = Some(self.among(&start, known)?);
                    continue;
                }
                _ if posting.complete => posting.rows,
                _ => self.posting(start, usize::MAX)?.rows,
            };
            found = intersection(found, Some(rows));
        }
        for part in others {
            if found.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
            let rows = self.query(index, column, part)?;
            found = intersection(found, rows);
        }
        Ok(found)
    }

    /// Those of the rows that an entry has.
    fn among(&self, start: &Bytes, rows: Vec<Bytes>) -> SqlResult<Vec<Bytes>> {
        let keys: Vec<Bytes> =
            rows.iter().map(|suffix| Bytes::from([&start[..], &suffix[..]].concat())).collect();
        let values = self.context.multi_get(&keys)?;
        Ok(rows
            .into_iter()
            .zip(values)
            .filter_map(|(row, value)| value.is_some().then_some(row))
            .collect())
    }

    fn key(&self, index: usize, entry: Vec<u8>) -> SqlResult<Bytes> {
        let number = self.codec.index(index)?.number;
        let mut start = Vec::with_capacity(PREFIX_BYTES + entry.len());
        start.extend_from_slice(&prefix(self.scan.relation.table_id, number));
        start.extend_from_slice(&entry);
        Ok(start.into())
    }

    /// The rows of the entries whose keys start so, at least so many if there are.
    fn posting(&mut self, start: Bytes, wanted: usize) -> SqlResult<Posting> {
        let end = prefix_end(&start).ok_or_else(|| internal("an index entry without end"))?;
        let mut cursor = self.context.scan(ReadRequest {
            start,
            end: end.into(),
            direction: Direction::Ascending,
            filter: None,
            limit: None,
        })?;
        let mut rows = Vec::new();
        let mut stored: Vec<StoredRow> = Vec::with_capacity(BATCH_ROWS);
        loop {
            self.context.check_interrupts()?;
            stored.clear();
            let more = cursor.next_batch(&mut stored, BATCH_ROWS).map_err(read_error)?;
            let mut bytes = 0;
            for entry in &stored {
                let suffix = split_entry(&entry.value)?.0;
                bytes += suffix.len() + SUFFIX_OVERHEAD_BYTES;
                rows.push(Bytes::copy_from_slice(suffix));
            }
            self.memory.grow(bytes);
            if self.memory.should_spill() {
                self.beyond = true;
                self.memory.clear();
                return Ok(Posting { rows: Vec::new(), complete: false });
            }
            if !more || rows.len() >= wanted {
                return Ok(Posting { rows, complete: !more });
            }
        }
    }
}

fn sorted(mut rows: Vec<Bytes>) -> Vec<Bytes> {
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Both are sorted.
fn intersection(left: Rows, right: Rows) -> Rows {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (one, None) | (None, one) => return one,
    };
    let mut right = right.into_iter().peekable();
    Some(
        left.into_iter()
            .filter(|row| {
                while right.next_if(|other| other < row).is_some() {}
                right.peek() == Some(row)
            })
            .collect(),
    )
}
