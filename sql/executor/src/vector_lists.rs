//! Approximate indexes on vectors: every row is in the list of the centre that is nearest to its vector.
//!
//! ```text
//! centre  prefix(table, n) ‖ 0 ‖ list (4 bytes)            → its numbers, 4 bytes each, little-endian
//! entry   prefix(table, n) ‖ 1 ‖ list (4 bytes) ‖ suffix   → suffix length ‖ suffix
//! ```
//!
//! A search looks at the lists whose centres are nearest to what is sought. The centres are made once, when the index is
//! built, from a sample of the rows, and never change: so a row's list follows from its vector alone, an entry is written
//! and removed with its row as in any index, and writers of different rows have nothing in common. Without centres, as
//! when the table was empty, all rows are in list 0.
//!
//! The centres are those of k-means (Lloyd 1982), begun with rows far apart (k-means++, Arthur and Vassilvitskii 2007);
//! lists around them are the inverted file of Sivic and Zisserman (2003), which pgvector calls `ivfflat`.

use bytes::Bytes;
use functions::vector_index::VectorClass;
use protocol::key::{PREFIX_BYTES, prefix_end};
use protocol::storage::{Direction, ScanCursor};
use types::{SqlError, SqlResult, sqlstate};

use crate::context::read_error;
use crate::environment::ReadRequest;

const CENTRE: u8 = 0;
const ENTRY: u8 = 1;
/// Rounds of k-means: it moves little after these.
const ROUNDS: usize = 10;
/// Rows of the sample for each list.
pub const SAMPLE_PER_LIST: usize = 30;
/// Rows of the sample at most, and what they may occupy together.
pub const SAMPLE_ROWS_MAX: usize = 20_000;
pub const SAMPLE_BYTES_MAX: usize = 64 << 20;
const READ_ROWS: usize = 256;

/// The centres of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Lists {
    class: VectorClass,
    dimensions: usize,
    /// One after the other, prepared.
    centres: Vec<f32>,
}

impl Lists {
    /// No centres: one list.
    pub fn one(class: VectorClass) -> Lists {
        Lists { class, dimensions: 0, centres: Vec::new() }
    }

    /// How many lists there are; at least one.
    pub fn count(&self) -> usize {
        self.centres().len().max(1)
    }

    /// What the centres occupy.
    pub fn bytes(&self) -> usize {
        self.centres.len() * size_of::<f32>()
    }

    fn centres(&self) -> std::slice::ChunksExact<'_, f32> {
        self.centres.chunks_exact(self.dimensions.max(1))
    }

    /// The list in which a row with this vector is; `None` if it is in none.
    pub fn list_of(&self, vector: &[f32]) -> Option<u32> {
        let prepared = self.class.prepared(vector)?;
        if prepared.len() != self.dimensions {
            return Some(0);
        }
        nearest(self.class.gathers_by(), self.centres(), &prepared).map(|found| found.0 as u32)
    }

    /// All lists, the nearest first.
    pub fn by_distance(&self, vector: &[f32]) -> Vec<u32> {
        let prepared = self.class.prepared(vector).unwrap_or_else(|| vector.to_vec());
        if prepared.len() != self.dimensions {
            return vec![0];
        }
        let distances = self.centres().map(|centre| self.class.distance(&prepared, centre));
        let mut lists: Vec<(f32, u32)> = distances.zip(0..).collect();
        lists.sort_by(|left, right| left.0.total_cmp(&right.0));
        lists.into_iter().map(|(_, list)| list).collect()
    }

    /// Centres for a sample of vectors. The same sample and seed make the same centres. `check` is asked now and then and
    /// may stop it with an error.
    pub fn train(
        class: VectorClass,
        sample: &[Vec<f32>],
        count: usize,
        seed: u64,
        check: &dyn Fn() -> SqlResult<()>,
    ) -> SqlResult<Lists> {
        let sample: Vec<Vec<f32>> =
            sample.iter().filter_map(|vector| class.prepared(vector)).collect();
        let Some(dimensions) = sample.first().map(Vec::len) else {
            return Ok(Lists::one(class));
        };
        let mut centres = first_centres(&sample, count, seed, check)?;
        for _ in 0..ROUNDS {
            let mut sums = vec![vec![0.0_f64; dimensions]; centres.len()];
            let mut sizes = vec![0_usize; centres.len()];
            for (at, vector) in sample.iter().enumerate() {
                if at % 256 == 0 {
                    check()?;
                }
                let chosen = nearest(class.gathers_by(), centres.iter().map(Vec::as_slice), vector);
                let Some((list, _)) = chosen else { continue };
                sizes[list] += 1;
                for (sum, value) in sums[list].iter_mut().zip(vector) {
                    *sum += f64::from(*value);
                }
            }
            let before = centres.clone();
            for ((centre, sum), size) in centres.iter_mut().zip(&sums).zip(&sizes) {
                // One that no row is nearest to stays where it is.
                if *size == 0 {
                    continue;
                }
                let mean: Vec<f32> = sum.iter().map(|sum| (sum / *size as f64) as f32).collect();
                if let Some(mean) = class.prepared(&mean) {
                    *centre = mean;
                }
            }
            if centres == before {
                break;
            }
        }
        Ok(Lists { class, dimensions, centres: centres.concat() })
    }

    /// Keys and values of the centres of the index with this prefix.
    pub fn rows(&self, index: &[u8; PREFIX_BYTES]) -> Vec<(Bytes, Bytes)> {
        let value = |centre: &[f32]| -> Bytes {
            centre.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>().into()
        };
        self.centres()
            .zip(0_u32..)
            .map(|(centre, list)| (key(index, CENTRE, list), value(centre)))
            .collect()
    }

    /// Reads the centres of the index with this prefix.
    pub fn read(
        class: VectorClass,
        index: &[u8; PREFIX_BYTES],
        scan: impl FnOnce(ReadRequest) -> SqlResult<Box<dyn ScanCursor>>,
    ) -> SqlResult<Lists> {
        let start = [&index[..], &[CENTRE]].concat();
        let end = [&index[..], &[ENTRY]].concat();
        let mut cursor = scan(ReadRequest {
            start: start.into(),
            end: end.into(),
            direction: Direction::Ascending,
            filter: None,
            limit: None,
        })?;
        let mut lists = Lists::one(class);
        let mut more = true;
        while more {
            let mut rows = Vec::new();
            more = cursor.next_batch(&mut rows, READ_ROWS).map_err(read_error)?;
            for row in rows {
                let numbers = row.value.chunks_exact(4);
                let numbers =
                    numbers.map(|part| f32::from_le_bytes([part[0], part[1], part[2], part[3]]));
                let before = lists.centres.len();
                lists.centres.extend(numbers);
                let dimensions = lists.centres.len() - before;
                if before == 0 {
                    lists.dimensions = dimensions;
                }
                if dimensions != lists.dimensions || dimensions * 4 != row.value.len() {
                    return Err(SqlError::new(
                        sqlstate::INDEX_CORRUPTED,
                        "the centres of an index on vectors have different lengths",
                    ));
                }
            }
        }
        Ok(lists)
    }
}

/// What all entries of a list start with.
pub fn list_prefix(index: &[u8; PREFIX_BYTES], list: u32) -> Bytes {
    key(index, ENTRY, list)
}

/// First and last key of a list's entries, the last excluded.
pub fn list_range(index: &[u8; PREFIX_BYTES], list: u32) -> (Bytes, Bytes) {
    let start = list_prefix(index, list);
    let end = prefix_end(&start).unwrap_or_default();
    (start, end.into())
}

fn key(index: &[u8; PREFIX_BYTES], kind: u8, list: u32) -> Bytes {
    [&index[..], &[kind], &list.to_be_bytes()].concat().into()
}

/// The nearest centre and how far it is; the first of several that are as near.
fn nearest<'c>(
    class: VectorClass,
    centres: impl Iterator<Item = &'c [f32]>,
    vector: &[f32],
) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (place, centre) in centres.enumerate() {
        let distance = class.distance(vector, centre);
        if best.is_none_or(|known| distance < known.1) {
            best = Some((place, distance));
        }
    }
    best
}

/// Rows of the sample, each chosen with a chance that grows with the square of its distance from those chosen before.
fn first_centres(
    sample: &[Vec<f32>],
    count: usize,
    seed: u64,
    check: &dyn Fn() -> SqlResult<()>,
) -> SqlResult<Vec<Vec<f32>>> {
    let mut random = Random(seed);
    let away = |left: &[f32], right: &[f32]| {
        f64::from(VectorClass::Euclidean.distance(left, right)).max(0.0)
    };
    let first = (random.unit() * sample.len() as f64) as usize;
    let mut centres = vec![sample[first.min(sample.len() - 1)].clone()];
    let mut distances: Vec<f64> = sample.iter().map(|vector| away(vector, &centres[0])).collect();
    while centres.len() < count.min(sample.len()) {
        check()?;
        let total: f64 = distances.iter().sum();
        if total <= 0.0 || !total.is_finite() {
            // Fewer different vectors than lists.
            break;
        }
        let mut left = random.unit() * total;
        let chosen = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        let Some(chosen) = chosen.or_else(|| distances.iter().position(|found| *found > 0.0))
        else {
            break;
        };
        let centre = sample[chosen].clone();
        for (distance, vector) in distances.iter_mut().zip(sample) {
            *distance = distance.min(away(vector, &centre));
        }
        distances[chosen] = 0.0;
        centres.push(centre);
    }
    Ok(centres)
}

/// Numbers that are the same on every machine (SplitMix64, Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least 0 and below 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A sample of a stream in which every element is with the same chance (Vitter's algorithm R).
pub struct Reservoir {
    kept: Vec<Vec<f32>>,
    room: usize,
    seen: u64,
    random: Random,
}

impl Reservoir {
    pub fn new(room: usize, seed: u64) -> Reservoir {
        Reservoir { kept: Vec::new(), room, seen: 0, random: Random(seed) }
    }

    pub fn offer(&mut self, vector: &[f32]) {
        let size = vector.len() * 4;
        let room = self.room.min(SAMPLE_BYTES_MAX / size.max(1)).max(1);
        self.seen += 1;
        if self.kept.len() < room {
            self.kept.push(vector.to_vec());
            return;
        }
        let place = (self.random.unit() * self.seen as f64) as usize;
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = vector.to_vec();
        }
    }

    pub fn seen(&self) -> u64 {
        self.seen
    }

    pub fn into_sample(self) -> Vec<Vec<f32>> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: [u8; PREFIX_BYTES] = [7; PREFIX_BYTES];

    fn cloud(centre: f32, count: u64) -> Vec<Vec<f32>> {
        let mut random = Random(centre.to_bits().into());
        let mut vector =
            || vec![centre + random.unit() as f32, -centre + random.unit() as f32, 1.0];
        (0..count).map(|_| vector()).collect()
    }

    fn trained(class: VectorClass, count: usize) -> (Lists, Vec<Vec<f32>>) {
        let sample = [cloud(-50.0, 40), cloud(3.0, 40), cloud(90.0, 40)].concat();
        (Lists::train(class, &sample, count, 1, &|| Ok(())).expect("trained"), sample)
    }

    #[test]
    fn clouds_are_told_apart() {
        let (lists, sample) = trained(VectorClass::Euclidean, 3);
        assert_eq!(lists.count(), 3);
        let found: Vec<u32> = sample.iter().filter_map(|vector| lists.list_of(vector)).collect();
        for part in found.chunks(40) {
            assert!(part.iter().all(|list| *list == part[0]), "{found:?}");
        }
        let different: std::collections::HashSet<_> = found.into_iter().collect();
        assert_eq!(different.len(), 3);
    }

    #[test]
    fn a_row_is_in_the_list_that_is_nearest_to_it() {
        for class in ["vector_l2_ops", "vector_cosine_ops", "vector_l1_ops"] {
            let class = VectorClass::named(class).expect("a class");
            let (lists, sample) = trained(class, 7);
            for vector in &sample {
                let order = lists.by_distance(vector);
                assert_eq!(Some(order[0]), lists.list_of(vector), "{class:?}");
                let mut sorted = order.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..lists.count() as u32).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_same_sample_makes_the_same_centres_and_they_are_read_as_written() {
        let (lists, _) = trained(VectorClass::Cosine, 5);
        assert_eq!(lists, trained(VectorClass::Cosine, 5).0);
        let rows = lists.rows(&INDEX);
        assert_eq!(rows.len(), lists.count());
        struct Rows(Vec<(Bytes, Bytes)>);
        impl ScanCursor for Rows {
            fn next_batch(
                &mut self,
                rows: &mut Vec<protocol::storage::StoredRow>,
                limit: usize,
            ) -> Result<bool, protocol::storage::ReadError> {
                for (key, value) in self.0.drain(..limit.min(self.0.len())) {
                    rows.push(protocol::storage::StoredRow { key, value });
                }
                Ok(!self.0.is_empty())
            }
            fn split(
                self: Box<Self>,
                _parts: usize,
            ) -> Result<Vec<Box<dyn ScanCursor>>, protocol::storage::ReadError> {
                Ok(vec![self])
            }
        }
        let read = Lists::read(VectorClass::Cosine, &INDEX, |request| {
            assert!(rows.iter().all(|row| row.0 >= request.start && row.0 < request.end));
            Ok(Box::new(Rows(rows.clone())))
        });
        assert_eq!(read.expect("readable"), lists);
        let (start, end) = list_range(&INDEX, 3);
        assert!(start > rows[4].0 && end > start);
    }

    #[test]
    fn few_rows_make_few_lists() {
        let class = VectorClass::Euclidean;
        let train =
            |sample: &[Vec<f32>]| Lists::train(class, sample, 100, 1, &|| Ok(())).expect("trained");
        assert_eq!(train(&[]).count(), 1);
        assert_eq!(train(&[]).list_of(&[1.0]), Some(0));
        assert_eq!(train(&vec![vec![1.0, 2.0]; 50]).count(), 1);
        assert_eq!(train(&[vec![1.0], vec![2.0]]).count(), 2);
        assert_eq!(Lists::one(VectorClass::Cosine).list_of(&[0.0]), None);
    }

    #[test]
    fn every_element_of_a_stream_has_a_chance() {
        let mut reservoir = Reservoir::new(100, 1);
        for number in 0..10_000_u16 {
            reservoir.offer(&[f32::from(number)]);
        }
        assert_eq!(reservoir.seen(), 10_000);
        let sample = reservoir.into_sample();
        assert_eq!(sample.len(), 100);
        let late = sample.iter().filter(|vector| vector[0] >= 5_000.0).count();
        assert!((30..=70).contains(&late), "{late}");
    }
}
