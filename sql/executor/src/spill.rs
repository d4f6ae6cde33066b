//! Rows on disk: append-only spill files, partitions of them, and buffers that overflow into one.
//!
//! A spill file has no name: it is unlinked before the first byte is written, so a crash leaves
//! nothing behind. A row is `length (4 bytes) ‖ column count (2 bytes) ‖ datums`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use encoding::{read_datum, write_datum};
use types::{Row, SqlError, SqlResult, sqlstate};

use crate::context::Context;
use crate::counted::Reads;
use crate::memory::{Reservation, row_bytes};

const BLOCK_BYTES: usize = 64 * 1024;
/// How many files a hash operator splits its input into.
pub const PARTITIONS: usize = 16;
/// How often a partition is split again before the operator gives up.
pub const MAXIMUM_PARTITION_DEPTH: u32 = 8;

fn spill_error(action: &str, error: &io::Error) -> SqlError {
    let state = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => sqlstate::DISK_FULL,
        _ => sqlstate::IO_ERROR,
    };
    let mut text = error.to_string();
    if let Some(cut) = text.find(" (os error") {
        text.truncate(cut);
    }
    SqlError::new(state, format!("could not {action} temporary file: {text}"))
}

/// A file being written.
pub struct SpillWriter {
    file: Arc<File>,
    buffer: Vec<u8>,
    flushed: u64,
    rows: u64,
    /// Counts what is written.
    reads: Option<Arc<Reads>>,
}

impl SpillWriter {
    pub fn create(context: &Context) -> SqlResult<SpillWriter> {
        let file = tempfile::tempfile_in(context.env().spill_directory())
            .map_err(|error| spill_error("create", &error))?;
        let reads = context.reads();
        Ok(SpillWriter { file: Arc::new(file), buffer: Vec::new(), flushed: 0, rows: 0, reads })
    }

    pub fn append(&mut self, row: &Row) -> SqlResult<()> {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&[0; 4]);
        let columns = u16::try_from(row.len())
            .map_err(|_| SqlError::new(sqlstate::TOO_MANY_COLUMNS, "too many columns"))?;
        self.buffer.extend_from_slice(&columns.to_le_bytes());
        for datum in row {
            write_datum(datum, &mut self.buffer);
        }
        let length = u32::try_from(self.buffer.len() - start - 4)
            .map_err(|_| SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "row is too large"))?;
        self.buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.rows += 1;
        if self.buffer.len() >= BLOCK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> SqlResult<()> {
        self.file
            .write_all_at(&self.buffer, self.flushed)
            .map_err(|error| spill_error("write to", &error))?;
        self.flushed += self.buffer.len() as u64;
        if let Some(reads) = &self.reads {
            reads.spill(self.buffer.len() as u64);
        }
        self.buffer.clear();
        Ok(())
    }

    pub fn finish(mut self) -> SqlResult<SpillFile> {
        if !self.buffer.is_empty() {
            self.flush()?;
        }
        Ok(SpillFile { file: self.file, length: self.flushed, rows: self.rows })
    }
}

/// A file that is complete; may be read any number of times.
#[derive(Clone)]
pub struct SpillFile {
    file: Arc<File>,
    length: u64,
    rows: u64,
}

impl SpillFile {
    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn reader(&self) -> SpillReader {
        SpillReader {
            file: Arc::clone(&self.file),
            offset: 0,
            length: self.length,
            buffer: Vec::new(),
            position: 0,
        }
    }
}

/// Reads a file from its start.
pub struct SpillReader {
    file: Arc<File>,
    offset: u64,
    length: u64,
    buffer: Vec<u8>,
    position: usize,
}

impl SpillReader {
    pub fn next_row(&mut self) -> SqlResult<Option<Row>> {
        if !self.fill(4)? {
            return Ok(None);
        }
        let mut length = [0; 4];
        length.copy_from_slice(&self.buffer[self.position..self.position + 4]);
        let length = u32::from_le_bytes(length) as usize;
        if !self.fill(4 + length)? {
            return Err(truncated());
        }
        let start = self.position + 4;
        let mut bytes = &self.buffer[start..start + length];
        self.position = start + length;
        let Some((count, rest)) = bytes.split_first_chunk::<2>() else {
            return Err(truncated());
        };
        bytes = rest;
        let count = usize::from(u16::from_le_bytes(*count));
        let mut row = Vec::with_capacity(count);
        for _ in 0..count {
            row.push(read_datum(&mut bytes)?);
        }
        Ok(Some(row))
    }

    /// Makes `wanted` bytes available behind the position; `false` at the end of the file.
    fn fill(&mut self, wanted: usize) -> SqlResult<bool> {
        if self.buffer.len() - self.position >= wanted {
            return Ok(true);
        }
        self.buffer.drain(..self.position);
        self.position = 0;
        let have = self.buffer.len();
        let left = usize::try_from(self.length - self.offset).unwrap_or(usize::MAX);
        let take = (wanted - have).max(BLOCK_BYTES).min(left);
        self.buffer.resize(have + take, 0);
        self.file
            .read_exact_at(&mut self.buffer[have..], self.offset)
            .map_err(|error| spill_error("read from", &error))?;
        self.offset += take as u64;
        Ok(self.buffer.len() >= wanted)
    }
}

fn truncated() -> SqlError {
    SqlError::new(sqlstate::DATA_CORRUPTED, "temporary file ends too early")
}

/// Rows cut by hash into [`PARTITIONS`] files, each made when its first row comes.
pub struct Partitions {
    writers: Vec<Option<SpillWriter>>,
    depth: u32,
}

impl Partitions {
    /// `depth` chooses which bits of the hash count; a partition of a partition uses the next.
    pub fn new(depth: u32) -> Partitions {
        Partitions { writers: (0..PARTITIONS).map(|_| None).collect(), depth }
    }

    pub fn depth(&self) -> u32 {
        self.depth
    }

    pub fn append(&mut self, context: &Context, hash: u64, row: &Row) -> SqlResult<()> {
        let number = ((hash >> (60 - 4 * self.depth)) & 15) as usize;
        if self.writers[number].is_none() {
            self.writers[number] = Some(SpillWriter::create(context)?);
        }
        match &mut self.writers[number] {
            Some(writer) => writer.append(row),
            None => Ok(()),
        }
    }

    pub fn finish(self) -> SqlResult<Vec<Option<SpillFile>>> {
        self.writers.into_iter().map(|writer| writer.map(SpillWriter::finish).transpose()).collect()
    }
}

/// Rows to be read again: in memory as far as the budget goes, then on disk.
pub struct RowBuffer {
    memory: Vec<Row>,
    reservation: Reservation,
    writer: Option<SpillWriter>,
    file: Option<SpillFile>,
    rows: u64,
}

/// A place in a [`RowBuffer`].
#[derive(Default)]
pub struct BufferCursor {
    index: usize,
    reader: Option<SpillReader>,
}

impl BufferCursor {
    /// Behind the last row.
    pub fn at_end(buffer: &RowBuffer) -> BufferCursor {
        let reader = buffer.file.as_ref().map(|file| {
            let mut reader = file.reader();
            reader.offset = reader.length;
            reader
        });
        BufferCursor { index: buffer.memory.len(), reader }
    }
}

impl RowBuffer {
    pub fn new(context: &Context) -> RowBuffer {
        RowBuffer {
            memory: Vec::new(),
            reservation: Reservation::new(context.memory()),
            writer: None,
            file: None,
            rows: 0,
        }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn push(&mut self, context: &Context, row: Row) -> SqlResult<()> {
        self.rows += 1;
        if let Some(writer) = &mut self.writer {
            return writer.append(&row);
        }
        self.reservation.grow(row_bytes(&row));
        if self.reservation.should_spill() {
            let mut writer = SpillWriter::create(context)?;
            writer.append(&row)?;
            self.writer = Some(writer);
            return Ok(());
        }
        self.memory.push(row);
        Ok(())
    }

    /// No more rows follow; must be called before reading.
    pub fn finish(&mut self) -> SqlResult<()> {
        if let Some(writer) = self.writer.take() {
            self.file = Some(writer.finish()?);
        }
        Ok(())
    }

    /// Up to `limit` rows; `None` at the end.
    pub fn read(&self, cursor: &mut BufferCursor, limit: usize) -> SqlResult<Option<Vec<Row>>> {
        if cursor.index < self.memory.len() {
            let end = (cursor.index + limit).min(self.memory.len());
            let rows = self.memory[cursor.index..end].to_vec();
            cursor.index = end;
            return Ok(Some(rows));
        }
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let reader = cursor.reader.get_or_insert_with(|| file.reader());
        let mut rows = Vec::new();
        while rows.len() < limit {
            match reader.next_row()? {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        Ok(if rows.is_empty() { None } else { Some(rows) })
    }
}
