//! `inet`, `cidr`, `macaddr` and `macaddr8`.

use std::cmp::Ordering;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

/// A network address with the length of its network's prefix. Whether it is an `inet` or a `cidr` its type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inet {
    /// The address in the first 4 or all 16 bytes; the others are zero.
    pub address: [u8; 16],
    pub is_v6: bool,
    /// The prefix: 0 to 32 or 128.
    pub bits: u8,
}

impl Inet {
    pub fn v4(octets: [u8; 4], bits: u8) -> Inet {
        let mut address = [0; 16];
        address[..4].copy_from_slice(&octets);
        Inet { address, is_v6: false, bits }
    }

    pub fn max_bits(&self) -> u8 {
        if self.is_v6 { 128 } else { 32 }
    }

    /// The bytes that the family has.
    pub fn bytes(&self) -> &[u8] {
        if self.is_v6 { &self.address } else { &self.address[..4] }
    }

    pub fn bit(&self, position: u8) -> bool {
        self.address[usize::from(position / 8)] >> (7 - position % 8) & 1 == 1
    }

    /// The mask of the first `bits`.
    pub fn mask(&self, bits: u8) -> [u8; 16] {
        let mut mask = [0; 16];
        for position in 0..bits.min(128) {
            mask[usize::from(position / 8)] |= 0x80 >> (position % 8);
        }
        mask
    }

    /// The address with bits outside of the prefix set to zero.
    pub fn network(&self) -> Inet {
        let mask = self.mask(self.bits);
        let mut made = *self;
        made.address.iter_mut().zip(mask).for_each(|(byte, mask)| *byte &= mask);
        made
    }

    /// The address with bits outside of the prefix set to one.
    pub fn broadcast(&self) -> Inet {
        let mask = self.mask(self.bits);
        let count = self.bytes().len();
        let mut made = *self;
        made.address[..count].iter_mut().zip(mask).for_each(|(byte, mask)| *byte |= !mask);
        made
    }

    /// Whether nothing is set right of the prefix, as `cidr` demands.
    pub fn is_network(&self) -> bool {
        self.network() == *self
    }

    /// Whether the first `bits` of both are the same.
    pub fn shares_prefix(&self, other: &Inet, bits: u8) -> bool {
        let mask = self.mask(bits);
        self.is_v6 == other.is_v6
            && (0..16).all(|at| (self.address[at] ^ other.address[at]) & mask[at] == 0)
    }

    /// `>>=`: the other is this network or inside of it.
    pub fn contains_or_equals(&self, other: &Inet) -> bool {
        self.is_v6 == other.is_v6 && self.bits <= other.bits && self.shares_prefix(other, self.bits)
    }

    /// As a number of 128 bits.
    pub fn number(&self) -> u128 {
        let number = u128::from_be_bytes(self.address);
        if self.is_v6 { number } else { number >> 96 }
    }

    /// The address plus a number; `None` if it leaves the family.
    pub fn plus(&self, offset: i64) -> Option<Inet> {
        let number = self.number().checked_add_signed(offset.into())?;
        let mut made = *self;
        if self.is_v6 {
            made.address = number.to_be_bytes();
        } else {
            let octets = u32::try_from(number).ok()?.to_be_bytes();
            made.address[..4].copy_from_slice(&octets);
        }
        Some(made)
    }

    /// `192.168.1.5/24`; without the prefix if it is the whole address and not demanded.
    pub fn write(&self, always_bits: bool, out: &mut String) {
        self.write_address(out);
        if always_bits || self.bits != self.max_bits() {
            // Writing to a string cannot fail.
            let _ = write!(out, "/{}", self.bits);
        }
    }

    pub fn write_address(&self, out: &mut String) {
        if !self.is_v6 {
            let [a, b, c, d, ..] = self.address;
            let _ = write!(out, "{}", Ipv4Addr::new(a, b, c, d));
            return;
        }
        let address = Ipv6Addr::from(self.address);
        let segments = address.segments();
        // Addresses with six leading zero groups carry an IPv4 address.
        if segments[..6] == [0; 6] && segments[6] != 0 {
            let [a, b, c, d] = [12, 13, 14, 15].map(|at| self.address[at]);
            let _ = write!(out, "::{}", Ipv4Addr::new(a, b, c, d));
        } else {
            let _ = write!(out, "{address}");
        }
    }

    fn parse_v4(body: &str, bits: Option<&str>, is_cidr: bool) -> Option<Inet> {
        let mut octets = [0; 4];
        let mut count = 0;
        for part in body.split('.') {
            if part.is_empty() || part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit())
            {
                return None;
            }
            *octets.get_mut(count)? = part.parse().ok()?;
            count += 1;
        }
        let bits = match bits {
            Some(bits) => parse_bits(bits, 32)?,
            None if count == 4 => 32,
            None if !is_cidr => return None,
            // The old classes, widened to what is written.
            None => {
                let class = match octets[0] {
                    240.. => 32,
                    224.. => 8,
                    192.. => 24,
                    128.. => 16,
                    _ => 8,
                };
                let written = count as u8 * 8;
                if class == 8 && octets[0] == 224 && written <= 8 { 4 } else { class.max(written) }
            }
        };
        if !is_cidr && usize::from(bits / 8) > count {
            return None;
        }
        Some(Inet::v4(octets, bits))
    }

    /// Reads an `inet` or a `cidr`.
    pub fn parse(text: &str, is_cidr: bool) -> SqlResult<Inet> {
        let name = if is_cidr { "cidr" } else { "inet" };
        let (body, bits) = match text.split_once('/') {
            Some((body, bits)) => (body, Some(bits)),
            None => (text, None),
        };
        let parsed = if body.contains(':') {
            let address: Option<Ipv6Addr> = body.parse().ok();
            let bits = match bits {
                Some(bits) => parse_bits(bits, 128),
                None => Some(128),
            };
            address.zip(bits).map(|(address, bits)| Inet {
                address: address.octets(),
                is_v6: true,
                bits,
            })
        } else {
            Inet::parse_v4(body, bits, is_cidr)
        };
        let parsed = parsed.ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_TEXT_REPRESENTATION,
                format!("invalid input syntax for type {name}: \"{text}\""),
            )
        })?;
        if is_cidr && !parsed.is_network() {
            return Err(SqlError::new(
                sqlstate::INVALID_TEXT_REPRESENTATION,
                format!("invalid cidr value: \"{text}\""),
            )
            .detail("Value has bits set to right of mask."));
        }
        Ok(parsed)
    }
}

fn parse_bits(text: &str, most: u8) -> Option<u8> {
    let plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten().filter(|&bits| bits <= most)
}

impl Ord for Inet {
    /// By family, network, length of the prefix, then the whole address.
    fn cmp(&self, other: &Inet) -> Ordering {
        let common = self.bits.min(other.bits);
        let masked = |inet: &Inet| {
            let mut cut = *inet;
            cut.bits = common;
            cut.network().address
        };
        self.is_v6
            .cmp(&other.is_v6)
            .then_with(|| masked(self).cmp(&masked(other)))
            .then(self.bits.cmp(&other.bits))
            .then(self.address.cmp(&other.address))
    }
}

impl PartialOrd for Inet {
    fn partial_cmp(&self, other: &Inet) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reads a hardware address of 6 or 8 bytes as a number; `macaddr8` widens 6 bytes by `ff:fe` in the middle.
pub fn parse_macaddr(text: &str, is_long: bool) -> SqlResult<u64> {
    let name = if is_long { "macaddr8" } else { "macaddr" };
    let wrong = || {
        SqlError::new(
            sqlstate::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type {name}: \"{text}\""),
        )
    };
    let body = text.trim_matches(|character: char| character.is_ascii_whitespace());
    let separator = body.chars().find(|character| matches!(character, ':' | '-' | '.'));
    let parts: Vec<&str> = match separator {
        Some(separator) => body.split(separator).collect(),
        None => vec![body],
    };
    let digits: String = parts.concat();
    let regular = match parts.len() {
        1 => true,
        // Bytes one by one; `macaddr` takes single digits.
        6 | 8 if parts.iter().all(|part| part.len() <= 2) => {
            let mut value: u64 = 0;
            for part in &parts {
                if part.is_empty() || part.len() == 1 && is_long {
                    return Err(wrong());
                }
                value = value << 8 | u64::from_str_radix(part, 16).map_err(|_| wrong())?;
            }
            return match (parts.len(), is_long) {
                (6, true) => Ok(widened(value)),
                (6, false) | (8, true) => Ok(value),
                _ => Err(wrong()),
            };
        }
        count => {
            let length = parts[0].len();
            length * count == digits.len()
                && parts.iter().all(|part| part.len() == length)
                && length.is_multiple_of(2)
        }
    };
    if !regular || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let value = u64::from_str_radix(&digits, 16).map_err(|_| wrong())?;
    match (digits.len(), is_long) {
        (12, false) | (16, true) => Ok(value),
        (12, true) => Ok(widened(value)),
        _ => Err(wrong()),
    }
}

/// 6 bytes as 8, with `ff:fe` in the middle.
pub fn widened(value: u64) -> u64 {
    (value & 0xffff_ff00_0000) << 16 | 0xff_fe00_0000 | value & 0xff_ffff
}

pub fn write_macaddr(value: u64, is_long: bool, out: &mut String) {
    let count = if is_long { 8 } else { 6 };
    for position in (0..count).rev() {
        let byte = value >> (8 * position) & 0xff;
        let _ = write!(out, "{byte:02x}{}", if position > 0 { ":" } else { "" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, is_cidr: bool) -> String {
        let mut out = String::new();
        match Inet::parse(text, is_cidr) {
            Ok(inet) => inet.write(is_cidr, &mut out),
            Err(error) => out.push_str(&error.fields().message),
        }
        out
    }

    #[test]
    fn addresses_are_read_and_written() {
        for (text, expected) in [
            ("192.168.1.5", "192.168.1.5"),
            ("192.168.1.5/24", "192.168.1.5/24"),
            ("10/8", "10.0.0.0/8"),
            ("::1", "::1"),
            ("::2", "::2"),
            ("::1.2.3.4", "::1.2.3.4"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("1::2/64", "1::2/64"),
        ] {
            assert_eq!(shown(text, false), expected);
        }
        for (text, expected) in [
            ("10", "10.0.0.0/8"),
            ("192.168.1", "192.168.1.0/24"),
            ("224.1", "224.1.0.0/16"),
            ("10.1.2.3/32", "10.1.2.3/32"),
            ("10.1.2.3/8", "invalid cidr value: \"10.1.2.3/8\""),
        ] {
            assert_eq!(shown(text, true), expected);
        }
        assert!(Inet::parse("10.1", false).is_err());
        assert!(Inet::parse("1.2.3.256", false).is_err());
    }

    #[test]
    fn order_is_by_network_first() {
        let inet = |text: &str| Inet::parse(text, false).expect("valid");
        let sorted = ["10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/16", "10.1.0.0/16", "11.0.0.0", "::1"];
        assert!(sorted.windows(2).all(|pair| inet(pair[0]) < inet(pair[1])));
        assert!(inet("10.0.0.0/8").contains_or_equals(&inet("10.2.0.0/16")));
    }

    #[test]
    fn hardware_addresses_have_many_forms() {
        for text in ["08:00:2b:01:02:03", "08-00-2b-01-02-03", "08002b:010203", "0800.2b01.0203"] {
            assert_eq!(parse_macaddr(text, false).expect("valid"), 0x0800_2b01_0203, "{text}");
        }
        assert_eq!(parse_macaddr("08002b010203", true).expect("valid"), 0x0800_2bff_fe01_0203);
        assert!(parse_macaddr("08002b01020", false).is_err());
        let mut out = String::new();
        write_macaddr(0x0800_2b01_0203, false, &mut out);
        assert_eq!(out, "08:00:2b:01:02:03");
    }
}
