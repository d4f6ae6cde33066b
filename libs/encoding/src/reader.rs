//! Bytes read from the front, and variable-length integers.

use crate::EncodingError;

/// Cuts `count` bytes off the front.
pub(crate) fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], EncodingError> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or(EncodingError::Truncated)?;
    *bytes = rest;
    Ok(taken)
}

pub(crate) fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], EncodingError> {
    take(bytes, N)?.try_into().map_err(|_| EncodingError::Truncated)
}

pub(crate) fn take_byte(bytes: &mut &[u8]) -> Result<u8, EncodingError> {
    take_array::<1>(bytes).map(|[byte]| byte)
}

/// Seven bits a byte, the lowest first.
pub(crate) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn take_varint(bytes: &mut &[u8]) -> Result<u64, EncodingError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(bytes)?;
        let part = u64::from(byte & 0x7f);
        if shift == 63 && part > 1 {
            break;
        }
        value |= part << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(EncodingError::Corrupt("variable-length integer"))
}

/// A length that cannot be more than the bytes that follow.
pub(crate) fn take_length(bytes: &mut &[u8]) -> Result<usize, EncodingError> {
    let length = usize::try_from(take_varint(bytes)?).map_err(|_| EncodingError::Truncated)?;
    if length > bytes.len() {
        return Err(EncodingError::Truncated);
    }
    Ok(length)
}

pub(crate) fn text(bytes: &[u8]) -> Result<&str, EncodingError> {
    std::str::from_utf8(bytes).map_err(|_| EncodingError::Corrupt("text is not UTF-8"))
}
