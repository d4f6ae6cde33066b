//! The key space: which table and which shard a key belongs to.
//!
//! A key is `table (4 bytes, big endian) ‖ index (2 bytes, big endian) ‖ encoded columns`. Index 1 is always the primary
//! one, whose values are rows; others are secondary indexes. Order of bytes is the order of everything.

use crate::identity::{ShardId, TableId};

/// Length of the table and index prefix.
pub const PREFIX_BYTES: usize = 6;
/// The index number of the rows themselves.
pub const PRIMARY_INDEX: u16 = 1;
/// Tables below this number hold the system's own rows (catalog descriptors, outcomes, sequences).
pub const FIRST_USER_TABLE: u32 = 1_000;
/// Descriptors of schemas, relations and roles: one row each.
pub const DESCRIPTOR_TABLE: TableId = TableId(1);
/// Names: (parent, kind, name) → descriptor.
pub const NAME_TABLE: TableId = TableId(2);
/// Transaction id → commit timestamp, kept for [`crate::transaction::OUTCOME_RETENTION_NANOS`].
pub const OUTCOME_TABLE: TableId = TableId(3);
/// Sequences: the next block to hand out.
pub const SEQUENCE_TABLE: TableId = TableId(4);
/// Statistics of relations and columns.
pub const STATISTICS_TABLE: TableId = TableId(5);
/// The cluster's nodes and where they are.
pub const NODE_TABLE: TableId = TableId(6);
/// Notifications of transactions that committed a short while ago.
pub const NOTIFICATION_TABLE: TableId = TableId(7);

/// The prefix that starts every key of `index` of `table`.
pub fn prefix(table: TableId, index: u16) -> [u8; PREFIX_BYTES] {
    let mut prefix = [0; PREFIX_BYTES];
    prefix[..4].copy_from_slice(&table.0.to_be_bytes());
    prefix[4..].copy_from_slice(&index.to_be_bytes());
    prefix
}

/// The table a key belongs to; `None` for a key shorter than a prefix.
pub fn table_of(key: &[u8]) -> Option<TableId> {
    let bytes: [u8; 4] = key.get(..4)?.try_into().ok()?;
    Some(TableId(u32::from_be_bytes(bytes)))
}

/// The first key that does not start with `prefix`; `None` if there is none.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            return Some(end);
        }
        end.pop();
    }
    None
}

/// Which shard adjudicates which keys: the key space is cut into stripes of neighbouring keys, and the stripes are
/// dealt out to the shards.
///
/// A stripe is a contiguous range: all keys of one index that share the first [`STRIPE_BITS`] bits after the prefix,
/// so 4,096 consecutive integers are one stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardMap {
    shards: u32,
}

/// Leading bits of the encoded columns that name a stripe. An encoded integer is one tag byte and eight bytes, so the
/// stripe ends 12 bits before the end of an 8-byte integer.
pub const STRIPE_BITS: u32 = 60;

impl ShardMap {
    /// # Panics
    /// If `shards` is zero: a database without an adjudicator cannot commit.
    pub fn new(shards: u32) -> ShardMap {
        assert!(shards > 0, "at least one adjudicator shard");
        ShardMap { shards }
    }

    pub fn shard_count(&self) -> u32 {
        self.shards
    }

    pub fn shards(&self) -> impl Iterator<Item = ShardId> + use<> {
        (0..self.shards).map(ShardId)
    }

    /// The shard that owns `key`.
    pub fn shard_of(&self, key: &[u8]) -> ShardId {
        if self.shards == 1 {
            return ShardId(0);
        }
        let table = table_of(key).map_or(0, |table| table.0);
        let columns = key.get(PREFIX_BYTES..).unwrap_or_default();
        let mut window = [0u8; 9];
        let taken = columns.len().min(window.len());
        window[..taken].copy_from_slice(&columns[..taken]);
        // Nine bytes, less the low twelve bits: the tag byte and the upper 52 bits of an integer.
        let tag = u64::from(window[0]);
        let rest = u64::from_be_bytes(window[1..].try_into().expect("eight bytes")) >> 12;
        let index = u64::from(key.get(5).copied().unwrap_or_default());
        let mixed = (rest ^ (tag << 52) ^ (u64::from(table) << 20) ^ (index << 56))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ShardId(((mixed >> 32) as u32) % self.shards)
    }

    /// The shards that may own a key in `start..end`. Stripes of one range are dealt to all shards, so a range that is
    /// not inside one stripe is everybody's.
    pub fn shards_of_range(&self, start: &[u8], end: &[u8]) -> Vec<ShardId> {
        let stripe = PREFIX_BYTES + 7;
        if start.len() > stripe && end.len() > stripe && start[..stripe] == end[..stripe] {
            let (low, high) = (start[stripe] >> 4, end[stripe] >> 4);
            if low == high {
                return vec![self.shard_of(start)];
            }
        }
        self.shards().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer_key(table: u32, value: i64) -> Vec<u8> {
        let mut key = prefix(TableId(table), PRIMARY_INDEX).to_vec();
        key.push(1);
        key.extend_from_slice(&((value as u64) ^ (1 << 63)).to_be_bytes());
        key
    }

    #[test]
    fn stripes_are_contiguous_and_spread_over_all_shards() {
        let map = ShardMap::new(4);
        let mut used = std::collections::BTreeSet::new();
        for value in 0..100_000i64 {
            let shard = map.shard_of(&integer_key(2_000, value));
            assert_eq!(shard, map.shard_of(&integer_key(2_000, value & !0xFFF)));
            used.insert(shard);
        }
        assert_eq!(used.len(), 4);
    }

    #[test]
    fn a_range_names_every_shard_that_owns_a_key_in_it() {
        let map = ShardMap::new(16);
        let (start, end) = (integer_key(7, -20_000), integer_key(7, 20_000));
        let named = map.shards_of_range(&start, &end);
        for value in -20_000..20_000 {
            assert!(named.contains(&map.shard_of(&integer_key(7, value))));
        }
        let (start, end) = (integer_key(7, 4096), integer_key(7, 4100));
        assert_eq!(map.shards_of_range(&start, &end), vec![map.shard_of(&start)]);
    }

    #[test]
    fn the_end_of_a_prefix_follows_all_its_keys() {
        assert_eq!(prefix_end(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(prefix_end(&[1, 255]), Some(vec![2]));
        assert_eq!(prefix_end(&[255, 255]), None);
    }
}
