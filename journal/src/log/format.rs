//! The log's bytes.
//!
//! ```text
//! segment file   | header (4096 bytes, of which 64 are used) | record | record | ... | never written or stale |
//! record         | header (40 bytes) | payload | zeros up to a multiple of 8 |
//! record header  | crc of the rest of the header | payload length | crc of the payload | start of the batch |
//!                | group | kind and 3 zeros | term | index |
//! ```
//!
//! All numbers are little-endian. Both checksums are CRC-32C seeded with the segment's sequence number, so that stale
//! records in a reused file do not look valid. A *batch* is what one fsync made durable: each record says where its
//! batch started, and the next batch is written only after the one before is durable. That is what tells a torn tail
//! from damage: if a valid record behind the damaged place belongs to a batch that started behind it, then the damaged
//! bytes were durable once.

/// The version that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;
/// Where the first record of a segment starts.
pub const DATA_START: u64 = 4096;
pub const RECORD_HEADER_BYTES: usize = 40;
/// No payload is longer (DESIGN 8: a transaction writes at most 64 MiB; keys and framing come on top).
pub const PAYLOAD_BYTES_MAX: usize = 256 << 20;
const SEGMENT_HEADER_BYTES: usize = 64;
const MAGIC: [u8; 8] = *b"QUORATEJ";

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// An entry of the group's log.
    Entry = 1,
    /// Entries of the group above `index` are void; `index` is [`NOTHING`] if all are.
    Truncate = 2,
    /// The group's vote: `term`, and in the payload whom for and whether it is committed.
    Vote = 3,
    /// Entries of the group up to `index` are no longer needed.
    Purged = 4,
    /// Entries of the group up to `index` are committed. A hint.
    Committed = 5,
    /// The group's latest snapshot, in the payload.
    Snapshot = 6,
    /// All groups' votes, purge positions and snapshots are repeated between the segment's start and here.
    Checkpoint = 7,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        Some(match byte {
            1 => Kind::Entry,
            2 => Kind::Truncate,
            3 => Kind::Vote,
            4 => Kind::Purged,
            5 => Kind::Committed,
            6 => Kind::Snapshot,
            7 => Kind::Checkpoint,
            _ => return None,
        })
    }
}

/// The index of a [`Kind::Truncate`] that keeps nothing.
pub const NOTHING: u64 = u64::MAX;

/// A record's header without its checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    pub payload_bytes: u32,
    pub payload_crc: u32,
    pub batch_start: u32,
    pub group: u32,
    pub kind: Kind,
    pub term: u64,
    pub index: u64,
}

/// The bytes that a record with this payload takes.
pub fn record_bytes(payload_bytes: usize) -> u64 {
    (RECORD_HEADER_BYTES + payload_bytes).next_multiple_of(8) as u64
}

/// The checksum of `bytes` in segment `sequence`.
pub fn checksum(sequence: u64, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&sequence.to_le_bytes()), bytes)
}

impl RecordHeader {
    pub fn encode(&self, sequence: u64) -> [u8; RECORD_HEADER_BYTES] {
        let mut bytes = [0; RECORD_HEADER_BYTES];
        bytes[4..8].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.payload_crc.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.batch_start.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.group.to_le_bytes());
        bytes[20] = self.kind as u8;
        bytes[24..32].copy_from_slice(&self.term.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.index.to_le_bytes());
        let crc = checksum(sequence, &bytes[4..]);
        bytes[0..4].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` unless the bytes begin with a valid header.
    pub fn decode(sequence: u64, bytes: &[u8]) -> Option<RecordHeader> {
        let bytes: &[u8; RECORD_HEADER_BYTES] = bytes.first_chunk()?;
        let payload_bytes = word(bytes, 4);
        // Cheap tests first: recovery tries this at every eighth byte of a segment.
        if payload_bytes as usize > PAYLOAD_BYTES_MAX || bytes[21..24] != [0; 3] {
            return None;
        }
        let kind = Kind::from_byte(bytes[20])?;
        if word(bytes, 0) != checksum(sequence, &bytes[4..]) {
            return None;
        }
        Some(RecordHeader {
            payload_bytes,
            payload_crc: word(bytes, 8),
            batch_start: word(bytes, 12),
            group: word(bytes, 16),
            kind,
            term: long(bytes, 24),
            index: long(bytes, 32),
        })
    }
}

/// What the start of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The log that the segment belongs to.
    pub identity: u64,
    pub sequence: u64,
    /// Where the records of the segment before end.
    pub previous_end: u64,
}

/// Why a segment's header was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub enum HeaderProblem {
    NotASegment,
    Newer { version: u32 },
    Damaged,
}

impl SegmentHeader {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; DATA_START as usize];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.identity.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.previous_end.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..SEGMENT_HEADER_BYTES - 4]);
        bytes[SEGMENT_HEADER_BYTES - 4..SEGMENT_HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<SegmentHeader, HeaderProblem> {
        let Some(bytes) = bytes.first_chunk::<SEGMENT_HEADER_BYTES>() else {
            return Err(HeaderProblem::NotASegment);
        };
        if bytes[0..8] != MAGIC {
            return Err(HeaderProblem::NotASegment);
        }
        let version = word(bytes, 8);
        if version > VERSION {
            return Err(HeaderProblem::Newer { version });
        }
        let crc = word(bytes, SEGMENT_HEADER_BYTES - 4);
        if version == 0 || crc != crc32c::crc32c(&bytes[..SEGMENT_HEADER_BYTES - 4]) {
            return Err(HeaderProblem::Damaged);
        }
        Ok(SegmentHeader {
            identity: long(bytes, 16),
            sequence: long(bytes, 24),
            previous_end: long(bytes, 32),
        })
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_the_round_trip_and_no_flipped_bit_does() {
        let header = RecordHeader {
            payload_bytes: 5,
            payload_crc: 6,
            batch_start: 4096,
            group: 3,
            kind: Kind::Entry,
            term: 9,
            index: 77,
        };
        let bytes = header.encode(12);
        assert_eq!(RecordHeader::decode(12, &bytes), Some(header));
        assert_eq!(RecordHeader::decode(13, &bytes), None, "another segment's record");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(RecordHeader::decode(12, &damaged), None, "bit {bit}");
        }
    }

    #[test]
    fn a_newer_a_foreign_and_a_damaged_segment_are_told_apart() {
        let header = SegmentHeader { identity: 1, sequence: 2, previous_end: 3 };
        let bytes = header.encode();
        assert_eq!(SegmentHeader::decode(&bytes), Ok(header));
        let mut newer = bytes.clone();
        newer[8] = 9;
        assert_eq!(SegmentHeader::decode(&newer), Err(HeaderProblem::Newer { version: 9 }));
        let mut damaged = bytes.clone();
        damaged[33] ^= 1;
        assert_eq!(SegmentHeader::decode(&damaged), Err(HeaderProblem::Damaged));
        assert_eq!(SegmentHeader::decode(b"hello"), Err(HeaderProblem::NotASegment));
    }
}
