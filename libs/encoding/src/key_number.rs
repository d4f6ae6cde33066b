//! Ordered bytes of floats and exact numbers.

use types::numeric::Numeric;

use crate::EncodingError;
use crate::reader::{take_array, take_byte};

/// Classes of numbers, in their order.
const NEGATIVE_INFINITY: u8 = 0;
const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;
const INFINITY: u8 = 4;
const NAN: u8 = 5;
/// Added to a weight so that it is not negative.
const WEIGHT_BIAS: i32 = 0x8000;

pub(crate) fn encode_float(value: f64, out: &mut Vec<u8>) {
    let value = if value.is_nan() {
        f64::NAN.abs()
    } else if value == 0.0 {
        0.0
    } else {
        value
    };
    let bits = value.to_bits();
    // Negative numbers sort the other way round.
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    out.extend_from_slice(&ordered.to_be_bytes());
}

pub(crate) fn decode_float(bytes: &mut &[u8]) -> Result<f64, EncodingError> {
    let ordered = u64::from_be_bytes(take_array(bytes)?);
    let bits = if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered };
    Ok(f64::from_bits(bits))
}

pub(crate) fn encode_numeric(value: &Numeric, out: &mut Vec<u8>) {
    let Some((negative, weight, groups)) = value.groups() else {
        out.push(match value.signum() {
            0 => NAN,
            1 => INFINITY,
            _ => NEGATIVE_INFINITY,
        });
        return;
    };
    if groups.is_empty() {
        out.push(ZERO);
        return;
    }
    out.push(if negative { NEGATIVE } else { POSITIVE });
    let mask: u16 = if negative { 0xffff } else { 0 };
    let biased = (weight + WEIGHT_BIAS) as u16;
    out.extend_from_slice(&(biased ^ mask).to_be_bytes());
    for group in groups {
        out.extend_from_slice(&((group + 1) ^ mask).to_be_bytes());
    }
    out.extend_from_slice(&mask.to_be_bytes());
}

pub(crate) fn decode_numeric(bytes: &mut &[u8]) -> Result<Numeric, EncodingError> {
    let negative = match take_byte(bytes)? {
        NEGATIVE_INFINITY => return Ok(Numeric::negative_infinity()),
        ZERO => return Ok(Numeric::zero()),
        INFINITY => return Ok(Numeric::infinity()),
        NAN => return Ok(Numeric::nan()),
        NEGATIVE => true,
        POSITIVE => false,
        _ => return Err(EncodingError::Corrupt("class of a number")),
    };
    let mask: u16 = if negative { 0xffff } else { 0 };
    let weight = i32::from(u16::from_be_bytes(take_array(bytes)?) ^ mask) - WEIGHT_BIAS;
    let mut groups = Vec::new();
    loop {
        match u16::from_be_bytes(take_array(bytes)?) ^ mask {
            0 => break,
            group => groups.push(group - 1),
        }
    }
    Numeric::from_groups(negative, weight, &groups)
        .ok_or(EncodingError::Corrupt("digits of a number"))
}
