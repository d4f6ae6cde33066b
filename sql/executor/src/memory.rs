//! How many bytes a statement holds, and when that is too many.
//!
//! One [`MemoryAccount`] is shared by all operators of a statement. Operators that can spill ask
//! [`MemoryAccount::is_exhausted`] and give memory back; the others ask [`Reservation::require`],
//! which fails with 53200.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use types::{Datum, Row, SqlError, SqlResult, sqlstate};

/// An operator may hold this much before it spills even if others used the budget up, so that it
/// makes progress.
pub const MINIMUM_OPERATOR_BYTES: usize = 16 * 1024;

/// The bytes held by one statement.
#[derive(Debug)]
pub struct MemoryAccount {
    used: AtomicUsize,
    budget: usize,
}

impl MemoryAccount {
    pub fn new(budget: usize) -> Arc<MemoryAccount> {
        Arc::new(MemoryAccount { used: AtomicUsize::new(0), budget })
    }

    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub fn budget(&self) -> usize {
        self.budget
    }

    pub fn is_exhausted(&self) -> bool {
        self.used() > self.budget
    }
}

/// What one operator holds; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    account: Arc<MemoryAccount>,
    bytes: usize,
}

impl Reservation {
    pub fn new(account: &Arc<MemoryAccount>) -> Reservation {
        Reservation { account: Arc::clone(account), bytes: 0 }
    }

    /// Holds more, without asking: the caller looks at [`Reservation::should_spill`].
    pub fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.account.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Holds more; fails with 53200 if the statement then holds more than it may.
    pub fn require(&mut self, bytes: usize) -> SqlResult<()> {
        self.grow(bytes);
        if self.should_spill() { Err(out_of_memory(self.account.budget)) } else { Ok(()) }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the statement is above its budget and this operator holds enough to matter.
    pub fn should_spill(&self) -> bool {
        self.account.is_exhausted() && self.bytes > MINIMUM_OPERATOR_BYTES
    }

    /// As [`Reservation::should_spill`], for memory that cannot be given back: twice the budget.
    pub fn is_beyond_hope(&self) -> bool {
        self.should_spill() && self.bytes > self.account.budget.saturating_mul(2)
    }

    pub fn budget(&self) -> usize {
        self.account.budget
    }

    pub fn clear(&mut self) {
        self.account.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.clear();
    }
}

pub fn out_of_memory(budget: usize) -> SqlError {
    SqlError::new(sqlstate::OUT_OF_MEMORY, "out of memory").detail(format!(
        "The statement needs more than its budget of {budget} bytes for an operation that cannot \
         use disk."
    ))
}

/// About how many bytes a row occupies in memory.
pub fn row_bytes(row: &Row) -> usize {
    std::mem::size_of::<Row>() + row.iter().map(datum_bytes).sum::<usize>()
}

pub fn datum_bytes(datum: &Datum) -> usize {
    let outside = match datum {
        Datum::Text(text) | Datum::Citext(text) => 16 + text.len(),
        Datum::Bytea(bytes) => 16 + bytes.len(),
        Datum::Numeric(_) => 48,
        Datum::Uuid(_) | Datum::Interval(_) => 32,
        Datum::Array(array) => 64 + array.elements.iter().map(datum_bytes).sum::<usize>(),
        Datum::Record(fields) => {
            16 + fields.iter().map(|(_, value)| 8 + datum_bytes(value)).sum::<usize>()
        }
        Datum::Jsonb(json) => json_bytes(json),
        Datum::Inet(_) => 48,
        Datum::Vector(values) => 16 + 4 * values.len(),
        Datum::Bits(bits) => 48 + bits.bytes().len(),
        Datum::Range(range) => range_bytes(range),
        Datum::Multirange(multirange) => {
            64 + multirange.ranges.iter().map(range_bytes).sum::<usize>()
        }
        _ => 0,
    };
    std::mem::size_of::<Datum>() + outside
}

fn range_bytes(range: &types::range::Range) -> usize {
    let bounds = [&range.lower, &range.upper].into_iter().filter_map(|bound| bound.value.as_ref());
    std::mem::size_of::<types::range::Range>() + bounds.map(datum_bytes).sum::<usize>()
}

fn json_bytes(json: &types::json::Json) -> usize {
    use types::json::Json;
    match json {
        Json::Null | Json::Bool(_) => 32,
        Json::Number(_) => 64,
        Json::String(text) => 32 + text.len(),
        Json::Array(items) => 32 + items.iter().map(json_bytes).sum::<usize>(),
        Json::Object(pairs) => {
            32 + pairs.iter().map(|(key, value)| 32 + key.len() + json_bytes(value)).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_reservation_gives_its_bytes_back() {
        let account = MemoryAccount::new(100_000);
        let mut first = Reservation::new(&account);
        first.grow(60_000);
        let mut second = Reservation::new(&account);
        second.grow(60_000);
        assert!(first.should_spill() && second.should_spill());
        drop(first);
        assert!(!second.should_spill());
        assert_eq!(account.used(), 60_000);
        assert!(second.require(60_000).is_err_and(|error| error.sqlstate() == "53200"));
    }
}
