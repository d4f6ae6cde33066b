//! The binary form of numbers.

use super::digits::{Digits, GROUP_BASE, GroupVec};
use super::{Form, MAX_SCALE, Numeric};
use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;
/// What PostgreSQL sends as the scale of an infinity; it has no meaning.
const INFINITE_SCALE: u16 = 0x20;

fn malformed(what: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_BINARY_REPRESENTATION,
        format!("invalid {what} in external \"numeric\" value"),
    )
}

impl Numeric {
    /// Appends the binary form.
    pub fn to_wire(&self, out: &mut Vec<u8>) {
        let mut header = |count: u16, weight: i16, sign: u16, scale: u16| {
            out.extend_from_slice(&count.to_be_bytes());
            out.extend_from_slice(&weight.to_be_bytes());
            out.extend_from_slice(&sign.to_be_bytes());
            out.extend_from_slice(&scale.to_be_bytes());
        };
        match self.form() {
            Form::NaN => header(0, 0, NAN, 0),
            Form::Infinity => header(0, 0, INFINITY, INFINITE_SCALE),
            Form::NegativeInfinity => header(0, 0, NEGATIVE_INFINITY, INFINITE_SCALE),
            Form::Small { .. } | Form::Large(_) => {
                let digits = self.digits().unwrap_or_else(|| Digits::zero(0));
                let sign = if digits.negative { NEGATIVE } else { POSITIVE };
                header(digits.groups.len() as u16, digits.weight as i16, sign, digits.scale);
                for group in digits.groups {
                    out.extend_from_slice(&group.to_be_bytes());
                }
            }
        }
    }

    /// Reads the binary form, all of `bytes`.
    pub fn from_wire(bytes: &[u8]) -> SqlResult<Numeric> {
        let field = |index: usize| -> SqlResult<u16> {
            let pair = bytes.get(index * 2..index * 2 + 2).ok_or_else(|| {
                SqlError::new(sqlstate::PROTOCOL_VIOLATION, "insufficient data left in message")
            })?;
            Ok(u16::from_be_bytes([pair[0], pair[1]]))
        };
        let (count, weight, sign, scale) =
            (usize::from(field(0)?), field(1)? as i16, field(2)?, field(3)?);
        if bytes.len() > 8 + 2 * count {
            return Err(SqlError::new(
                sqlstate::INVALID_BINARY_REPRESENTATION,
                "incorrect binary data format",
            ));
        }
        match sign {
            NAN => return Ok(Numeric::nan()),
            INFINITY => return Ok(Numeric::infinity()),
            NEGATIVE_INFINITY => return Ok(Numeric::negative_infinity()),
            POSITIVE | NEGATIVE => {}
            _ => return Err(malformed("sign")),
        }
        if i32::from(scale) > MAX_SCALE {
            return Err(malformed("scale"));
        }
        let mut groups = GroupVec::new();
        for index in 0..count {
            let group = field(4 + index)?;
            if u32::from(group) >= GROUP_BASE {
                return Err(malformed("digit"));
            }
            groups.push(group);
        }
        let mut digits =
            Digits { negative: sign == NEGATIVE, weight: weight.into(), scale, groups };
        // Digits beyond the scale are cut, as nothing would ever show them.
        digits.cut(scale.into());
        Numeric::checked(digits)
    }
}
