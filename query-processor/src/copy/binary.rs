//! The binary form of COPY.

use types::{SqlError, SqlResult, sqlstate};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// The largest field, in bytes.
const MAXIMUM_FIELD_BYTES: usize = 64 << 20;

/// The header before the first row.
pub fn header() -> Vec<u8> {
    let mut header = SIGNATURE.to_vec();
    header.extend_from_slice(&[0; 8]);
    header
}

/// The trailer after the last row.
pub fn trailer() -> [u8; 2] {
    (-1i16).to_be_bytes()
}

fn bad(message: &str) -> SqlError {
    SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, message)
}

/// Cuts incoming bytes into rows of raw fields.
#[derive(Default)]
pub struct BinaryReader {
    buffer: Vec<u8>,
    start: usize,
    header_read: bool,
    finished: bool,
}

impl BinaryReader {
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next row; `None` if more bytes are needed, or after the trailer.
    pub fn next_row(&mut self, last: bool) -> SqlResult<Option<Vec<Option<Vec<u8>>>>> {
        if !self.header_read && !self.read_header(last)? {
            return Ok(None);
        }
        if self.finished {
            self.start = self.buffer.len();
            return Ok(None);
        }
        let rest = &self.buffer[self.start..];
        match parse_row(rest)? {
            Parsed::Row(fields, used) => {
                self.start += used;
                Ok(Some(fields))
            }
            Parsed::End => {
                self.finished = true;
                self.start = self.buffer.len();
                Ok(None)
            }
            Parsed::Short if last && !rest.is_empty() => Err(bad("unexpected EOF in COPY data")),
            Parsed::Short => Ok(None),
        }
    }

    fn read_header(&mut self, last: bool) -> SqlResult<bool> {
        let rest = &self.buffer[self.start..];
        let compared = rest.len().min(SIGNATURE.len());
        if rest[..compared] != SIGNATURE[..compared] || (last && rest.len() < SIGNATURE.len() + 8) {
            return Err(bad("COPY file signature not recognized"));
        }
        let Some(head) = rest.get(SIGNATURE.len()..SIGNATURE.len() + 8) else { return Ok(false) };
        let flags = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        if flags >> 16 != 0 {
            return Err(bad("unrecognized critical flags in COPY file header"));
        }
        let extension = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if extension > MAXIMUM_FIELD_BYTES {
            return Err(bad("invalid COPY file header (wrong length)"));
        }
        let total = SIGNATURE.len() + 8 + extension;
        if rest.len() < total {
            return Ok(false);
        }
        self.start += total;
        self.header_read = true;
        Ok(true)
    }
}

enum Parsed {
    Row(Vec<Option<Vec<u8>>>, usize),
    End,
    Short,
}

fn parse_row(bytes: &[u8]) -> SqlResult<Parsed> {
    let Some(count) = bytes.get(..2) else { return Ok(Parsed::Short) };
    let count = i16::from_be_bytes([count[0], count[1]]);
    if count == -1 {
        return Ok(Parsed::End);
    }
    let count = usize::try_from(count).map_err(|_| bad("invalid field count in COPY data"))?;
    let mut position = 2;
    let mut fields = Vec::new();
    for _ in 0..count {
        let Some(length) = bytes.get(position..position + 4) else { return Ok(Parsed::Short) };
        let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        position += 4;
        if length == -1 {
            fields.push(None);
            continue;
        }
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= MAXIMUM_FIELD_BYTES)
            .ok_or_else(|| bad("invalid field size"))?;
        let Some(value) = bytes.get(position..position + length) else {
            return Ok(Parsed::Short);
        };
        fields.push(Some(value.to_vec()));
        position += length;
    }
    Ok(Parsed::Row(fields, position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_however_they_are_cut_and_nonsense_is_refused() {
        let mut bytes = header();
        bytes.extend_from_slice(&[0, 2, 0, 0, 0, 1, b'x', 255, 255, 255, 255]);
        bytes.extend_from_slice(&trailer());
        let mut reader = BinaryReader::default();
        let mut rows = Vec::new();
        for byte in bytes {
            reader.push(&[byte]);
            while let Some(row) = reader.next_row(false).expect("valid") {
                rows.push(row);
            }
        }
        assert_eq!(rows, [vec![Some(b"x".to_vec()), None]]);
        let mut reader = BinaryReader::default();
        reader.push(b"hello");
        assert!(reader.next_row(false).is_err());
    }
}
