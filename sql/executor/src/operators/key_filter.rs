//! What a hash join tells a scan below it: which keys can find a partner.
//!
//! Rows that a join would drop are then dropped where they are read, before they are taken apart, and by the threads that
//! read them. The keys are held as a Bloom filter, so that some rows pass that the join still drops; none is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use encoding::RowView;
use planner::plan::ScanColumn;
use smallvec::SmallVec;
use types::{Datum, SqlResult};

use crate::keys::hash_all;
use crate::rows::RowCodec;

/// Two bits are set for each key: about one row in sixty passes without a partner.
const BITS_PER_KEY: usize = 16;
/// More keys than this drop too little for what the filter occupies (2 MiB).
pub const KEYS_MAX: usize = 1 << 20;
/// After so many rows it is clear whether the filter is worth its time.
const TRIAL_ROWS: u32 = 8192;

/// The hashes of the keys on a join's right side.
pub struct KnownKeys {
    words: Vec<u64>,
    tested: AtomicU32,
    passed: AtomicU32,
}

impl KnownKeys {
    pub fn new(count: usize, hashes: impl Iterator<Item = u64>) -> KnownKeys {
        let words = (count * BITS_PER_KEY / 64).next_power_of_two().max(1);
        let mut words = vec![0u64; words];
        for hash in hashes {
            for bit in KnownKeys::bits(hash, words.len()) {
                words[bit / 64] |= 1 << (bit % 64);
            }
        }
        KnownKeys { words, tested: AtomicU32::new(0), passed: AtomicU32::new(0) }
    }

    fn bits(hash: u64, words: usize) -> [usize; 2] {
        let mask = words * 64 - 1;
        [hash as usize & mask, (hash >> 32) as usize & mask]
    }

    fn may_have(&self, hash: u64) -> bool {
        let has = |bit: usize| self.words[bit / 64] >> (bit % 64) & 1 == 1;
        KnownKeys::bits(hash, self.words.len()).into_iter().all(has)
    }

    /// Whether it drops at least a quarter of the rows, or has not seen enough of them.
    fn is_worth_it(&self) -> bool {
        let tested = self.tested.load(Ordering::Relaxed);
        tested < TRIAL_ROWS || self.passed.load(Ordering::Relaxed) < tested - tested / 4
    }

    fn count(&self, passes: bool) {
        // The ratio matters, not the sums: no more is counted than fits.
        if self.tested.load(Ordering::Relaxed) < TRIAL_ROWS {
            self.tested.fetch_add(1, Ordering::Relaxed);
            self.passed.fetch_add(u32::from(passes), Ordering::Relaxed);
        }
    }
}

/// The known keys of a join, and where a node below it has the columns that they are compared with.
#[derive(Clone)]
pub struct KeyFilter {
    pub keys: Arc<KnownKeys>,
    pub columns: Vec<usize>,
}

impl KeyFilter {
    /// The same for an input whose columns are found by `place`; `None` if it does not have all of them.
    pub fn through(&self, place: impl Fn(usize) -> Option<usize>) -> Option<KeyFilter> {
        let columns = self.columns.iter().map(|&column| place(column)).collect::<Option<_>>()?;
        Some(KeyFilter { keys: Arc::clone(&self.keys), columns })
    }

    /// Whether a stored row may have a partner. The filter's columns are positions among `columns`.
    pub fn passes(
        &self,
        columns: &[ScanColumn],
        codec: &RowCodec,
        view: &RowView<'_>,
    ) -> SqlResult<bool> {
        if !self.keys.is_worth_it() {
            return Ok(true);
        }
        let mut values: SmallVec<[Datum; 4]> = SmallVec::new();
        for &column in &self.columns {
            match columns.get(column) {
                Some(ScanColumn::Attribute(attribute)) => {
                    values.push(codec.column(view, *attribute)?);
                }
                _ => return Ok(true),
            }
        }
        // NULL equals nothing.
        let passes =
            !values.iter().any(Datum::is_null) && self.keys.may_have(hash_all(values.iter()));
        self.keys.count(passes);
        Ok(passes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_are_never_missed_and_few_others_are_found() {
        let hash = |number: i64| hash_all([&Datum::Int8(number)]);
        for count in [0, 1, 100, 10_000] {
            let keys = KnownKeys::new(count as usize, (0..count).map(hash));
            assert!((0..count).all(|number| keys.may_have(hash(number))));
            let wrong = (count..count + 10_000).filter(|number| keys.may_have(hash(*number)));
            assert!(wrong.count() < 400, "of {count}");
        }
    }

    #[test]
    fn a_filter_that_drops_nothing_is_given_up() {
        let keys = KnownKeys::new(1, [7].into_iter());
        for _ in 0..TRIAL_ROWS {
            assert!(keys.is_worth_it());
            keys.count(true);
        }
        assert!(!keys.is_worth_it());
    }
}
