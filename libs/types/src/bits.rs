//! `bit` and `varbit`: strings of bits.

use std::cmp::Ordering;
use std::fmt;

use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// Longest bit string, in bits.
const MAX_BITS: usize = i32::MAX as usize - 7;

/// A string of bits, the first in the highest bit of the first byte. Bits behind the end are zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct BitString {
    length: usize,
    bytes: Vec<u8>,
}

fn too_large() -> SqlError {
    SqlError::new(
        sqlstate::PROGRAM_LIMIT_EXCEEDED,
        format!("bit string length exceeds the maximum allowed ({MAX_BITS})"),
    )
}

fn different_sizes(verb: &str) -> SqlError {
    SqlError::new(
        sqlstate::STRING_DATA_LENGTH_MISMATCH,
        format!("cannot {verb} bit strings of different sizes"),
    )
}

impl BitString {
    /// `length` zeros.
    pub fn zeros(length: usize) -> SqlResult<BitString> {
        if length > MAX_BITS {
            return Err(too_large());
        }
        Ok(BitString { length, bytes: vec![0; length.div_ceil(8)] })
    }

    /// From bytes of which the first `length` bits count; `None` if there are too few or too many.
    pub fn from_bytes(length: usize, bytes: &[u8]) -> Option<BitString> {
        if length > MAX_BITS || bytes.len() != length.div_ceil(8) {
            return None;
        }
        let mut made = BitString { length, bytes: bytes.to_vec() };
        made.clear_tail();
        Some(made)
    }

    fn clear_tail(&mut self) {
        let used = self.length % 8;
        if used > 0
            && let Some(last) = self.bytes.last_mut()
        {
            *last &= 0xff << (8 - used);
        }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `101`, `b101` or `x1F`.
    pub fn parse(text: &str) -> SqlResult<BitString> {
        let wrong = |character: char, base: &str| {
            SqlError::new(
                sqlstate::INVALID_TEXT_REPRESENTATION,
                format!("\"{character}\" is not a valid {base} digit"),
            )
        };
        let (body, width) = match text.as_bytes().first() {
            Some(b'b' | b'B') => (&text[1..], 1),
            Some(b'x' | b'X') => (&text[1..], 4),
            _ => (text, 1),
        };
        let mut made = BitString::zeros(body.len().saturating_mul(width))?;
        let mut position = 0;
        for character in body.chars() {
            let value = match width {
                1 => character.to_digit(2).ok_or_else(|| wrong(character, "binary"))?,
                _ => character.to_digit(16).ok_or_else(|| wrong(character, "hexadecimal"))?,
            };
            for bit in (0..width).rev() {
                made.set(position, value >> bit & 1 == 1);
                position += 1;
            }
        }
        Ok(made)
    }

    /// The lowest `length` bits of a number, its sign repeated to the left.
    pub fn from_integer(value: i64, length: usize) -> SqlResult<BitString> {
        let mut made = BitString::zeros(length)?;
        for position in 0..length {
            let shift = (length - 1 - position).min(63);
            made.set(position, value >> shift & 1 == 1);
        }
        Ok(made)
    }

    /// The number whose lowest bits these are; `None` if there are more than `width`.
    pub fn to_integer(&self, width: usize) -> Option<i64> {
        if self.length > width {
            return None;
        }
        let value = (0..self.length)
            .fold(0u64, |value, position| value << 1 | u64::from(self.get(position)));
        Some(value as i64)
    }

    pub fn get(&self, position: usize) -> bool {
        self.bytes.get(position / 8).is_some_and(|byte| byte >> (7 - position % 8) & 1 == 1)
    }

    /// Sets a bit inside the string.
    pub fn set(&mut self, position: usize, value: bool) {
        let mask = 0x80 >> (position % 8);
        if position < self.length
            && let Some(byte) = self.bytes.get_mut(position / 8)
        {
            *byte = if value { *byte | mask } else { *byte & !mask };
        }
    }

    pub fn count_ones(&self) -> i64 {
        self.bytes.iter().map(|byte| i64::from(byte.count_ones())).sum()
    }

    /// Bits from `start` (0 is the first), as many as there are.
    pub fn slice(&self, start: usize, length: usize) -> BitString {
        let start = start.min(self.length);
        let length = length.min(self.length - start);
        if start.is_multiple_of(8) {
            let bytes = self.bytes[start / 8..start / 8 + length.div_ceil(8)].to_vec();
            let mut made = BitString { length, bytes };
            made.clear_tail();
            return made;
        }
        let mut made = BitString { length, bytes: vec![0; length.div_ceil(8)] };
        for position in 0..length {
            made.set(position, self.get(start + position));
        }
        made
    }

    /// SQL's `substring`: positions from 1, a negative length is an error.
    pub fn substring(&self, start: i32, length: Option<i32>) -> SqlResult<BitString> {
        let first = i64::from(start) - 1;
        let end = match length {
            None => self.length as i64,
            Some(length) if length < 0 => {
                return Err(SqlError::new(
                    sqlstate::SUBSTRING_ERROR,
                    "negative substring length not allowed",
                ));
            }
            Some(length) => (first + i64::from(length)).min(self.length as i64),
        };
        let first = first.max(0);
        if end <= first {
            return Ok(BitString::default());
        }
        Ok(self.slice(first as usize, (end - first) as usize))
    }

    pub fn concat(&self, other: &BitString) -> SqlResult<BitString> {
        let length = self.length + other.length;
        if length > MAX_BITS {
            return Err(too_large());
        }
        let mut bytes = self.bytes.clone();
        if self.length.is_multiple_of(8) {
            bytes.extend_from_slice(&other.bytes);
            return Ok(BitString { length, bytes });
        }
        bytes.resize(length.div_ceil(8), 0);
        let mut made = BitString { length, bytes };
        for position in 0..other.length {
            made.set(self.length + position, other.get(position));
        }
        Ok(made)
    }

    /// `overlay(self placing other from start for length)`.
    pub fn overlay(&self, other: &BitString, start: i32, length: i32) -> SqlResult<BitString> {
        if start <= 0 {
            return Err(SqlError::new(
                sqlstate::SUBSTRING_ERROR,
                "negative substring length not allowed",
            ));
        }
        let end = start.checked_add(length).ok_or_else(|| {
            SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range")
        })?;
        let head = self.substring(1, Some(start - 1))?;
        let tail = self.substring(end, None)?;
        head.concat(other)?.concat(&tail)
    }

    /// Where `needle` is, from 1; 0 if nowhere.
    pub fn position(&self, needle: &BitString) -> usize {
        if needle.length == 0 {
            return usize::from(self.length > 0);
        }
        if needle.length > self.length {
            return 0;
        }
        (0..=self.length - needle.length)
            .find(|&start| (0..needle.length).all(|at| self.get(start + at) == needle.get(at)))
            .map_or(0, |start| start + 1)
    }

    /// Bit by bit, of strings as long as each other.
    pub fn combine(
        &self,
        other: &BitString,
        verb: &str,
        with: fn(u8, u8) -> u8,
    ) -> SqlResult<BitString> {
        if self.length != other.length {
            return Err(different_sizes(verb));
        }
        let bytes = self.bytes.iter().zip(&other.bytes).map(|(a, b)| with(*a, *b)).collect();
        Ok(BitString { length: self.length, bytes })
    }

    pub fn complement(&self) -> BitString {
        let bytes = self.bytes.iter().map(|byte| !byte).collect();
        let mut made = BitString { length: self.length, bytes };
        made.clear_tail();
        made
    }

    /// To the left by `count`, to the right if negative; the length stays, zeros come in.
    pub fn shift_left(&self, count: i64) -> BitString {
        let mut made = BitString { length: self.length, bytes: vec![0; self.bytes.len()] };
        for position in 0..self.length {
            let from = (position as i64).saturating_add(count);
            if (0..self.length as i64).contains(&from) {
                made.set(position, self.get(from as usize));
            }
        }
        made
    }

    /// Cut or filled with zeros at the right.
    pub fn resized(&self, length: usize) -> SqlResult<BitString> {
        if length <= self.length {
            return Ok(self.slice(0, length));
        }
        let mut made = BitString::zeros(length)?;
        made.bytes[..self.bytes.len()].copy_from_slice(&self.bytes);
        Ok(made)
    }
}

impl fmt::Display for BitString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..self.length).try_for_each(|position| {
            formatter.write_str(if self.get(position) { "1" } else { "0" })
        })
    }
}

impl Ord for BitString {
    /// By bytes, then by length, as `bit_cmp` does.
    fn cmp(&self, other: &BitString) -> Ordering {
        let common = self.bytes.len().min(other.bytes.len());
        self.bytes[..common].cmp(&other.bytes[..common]).then(self.length.cmp(&other.length))
    }
}

impl PartialOrd for BitString {
    fn partial_cmp(&self, other: &BitString) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> BitString {
        BitString::parse(text).expect("valid")
    }

    #[test]
    fn texts_and_numbers_are_read_and_written() {
        assert_eq!(bits("x1F").to_string(), "00011111");
        assert_eq!(bits("101").to_string(), "101");
        assert_eq!(BitString::from_integer(-3, 4).expect("short").to_string(), "1101");
        assert_eq!(BitString::from_integer(44, 10).expect("short").to_string(), "0000101100");
        assert_eq!(bits("101").to_integer(32), Some(5));
        assert!(BitString::parse("12").is_err());
        assert!(BitString::parse("xg").is_err());
    }

    #[test]
    fn parts_and_shifts_are_as_in_postgres() {
        let long = bits("1100110011");
        assert_eq!(long.substring(2, Some(4)).expect("fits").to_string(), "1001");
        assert_eq!(long.substring(-2, Some(5)).expect("fits").to_string(), "11");
        assert_eq!(long.shift_left(3).to_string(), "0110011000");
        assert_eq!(long.shift_left(-3).to_string(), "0001100110");
        assert_eq!(long.concat(&bits("01")).expect("fits").to_string(), "110011001101");
        assert_eq!(long.position(&bits("0011")), 3);
        assert_eq!(long.overlay(&bits("000"), 2, 3).expect("fits").to_string(), "1000110011");
        assert_eq!(bits("101").complement().to_string(), "010");
        assert!(bits("1") < bits("10"));
        assert!(bits("0001") < bits("1"));
    }
}
