//! A quick 128-bit hash for telling states apart. Not for anything that an adversary can choose.

use std::hash::Hasher;

/// Two lanes of multiply-and-fold with different multipliers.
#[derive(Clone, Debug)]
pub struct Digest {
    lanes: [u64; 2],
}

const MULTIPLIERS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

impl Default for Digest {
    fn default() -> Digest {
        Digest { lanes: [0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344] }
    }
}

impl Digest {
    #[inline]
    fn take(&mut self, word: u64) {
        for (lane, multiplier) in self.lanes.iter_mut().zip(MULTIPLIERS) {
            let product = u128::from(*lane ^ word) * u128::from(multiplier);
            *lane = (product as u64) ^ ((product >> 64) as u64) ^ lane.rotate_left(23);
        }
    }

    pub fn wide(&self) -> u128 {
        (u128::from(self.lanes[0]) << 64) | u128::from(self.lanes[1])
    }
}

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.take(u64::from_le_bytes(word) ^ ((chunk.len() as u64) << 56));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.take(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.take(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.take(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.take(number as u64);
    }

    fn finish(&self) -> u64 {
        self.lanes[0] ^ self.lanes[1].rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::Hash;

    #[test]
    fn digests_of_different_values_differ() {
        let mut seen = HashSet::new();
        for left in 0..300u64 {
            for right in 0..300u64 {
                let mut digest = Digest::default();
                (left, right).hash(&mut digest);
                assert!(seen.insert(digest.wide()));
            }
        }
    }
}
