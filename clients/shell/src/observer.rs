//! What the server said besides rows: command tags, column types, transaction status.
//!
//! The driver turns a command tag into a bare row count and keeps the transaction status to itself,
//! but a shell must show that a COMMIT was answered with ROLLBACK. So the shell looks at the byte
//! stream as it passes: every message is one type byte and a four-byte length, which makes it cheap
//! to find the three kinds of interest and to skip all others.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The longest message body that is looked at. A RowDescription of PostgreSQL's 1,600 columns with
/// 63-byte names is below 140 KB.
const MAXIMUM_BODY_BYTES: usize = 256 * 1024;

/// How many notes may wait. A statement makes two; more come only if nobody reads them.
const MAXIMUM_NOTES: usize = 64;

/// One message of interest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// A statement ended with this command tag.
    Tag(String),
    /// Rows follow, of these type numbers.
    ColumnTypes(Vec<u32>),
}

/// The state of the session's transaction, from ReadyForQuery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TransactionStatus {
    #[default]
    Idle,
    InTransaction,
    Failed,
}

#[derive(Default)]
struct Observed {
    notes: VecDeque<Note>,
    status: TransactionStatus,
    ready_count: u64,
    closed: bool,
}

/// Where the reader of the stream leaves what it saw.
#[derive(Default)]
pub(crate) struct Observer {
    observed: Mutex<Observed>,
    changed: Notify,
}

impl Observer {
    /// Takes the notes made since the last call, in order.
    pub(crate) fn take_notes(&self) -> Vec<Note> {
        self.observed.lock().notes.drain(..).collect()
    }

    /// Removes and returns the oldest note.
    pub(crate) fn next_note(&self) -> Option<Note> {
        self.observed.lock().notes.pop_front()
    }

    pub(crate) fn status(&self) -> TransactionStatus {
        self.observed.lock().status
    }

    /// How often the server said that it is ready.
    pub(crate) fn ready_count(&self) -> u64 {
        self.observed.lock().ready_count
    }

    /// Waits until the server was ready more than `count` times, or the connection is closed.
    pub(crate) async fn wait_ready_after(&self, count: u64) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let observed = self.observed.lock();
                if observed.closed || observed.ready_count > count {
                    return;
                }
            }
            changed.await;
        }
    }

    fn note(&self, note: Note) {
        let mut observed = self.observed.lock();
        if observed.notes.len() == MAXIMUM_NOTES {
            observed.notes.pop_front();
        }
        observed.notes.push_back(note);
    }

    fn ready(&self, status: TransactionStatus) {
        let mut observed = self.observed.lock();
        observed.status = status;
        observed.ready_count += 1;
        drop(observed);
        self.changed.notify_waiters();
    }

    /// The connection ended; nobody may wait for it any longer.
    pub(crate) fn close(&self) {
        self.observed.lock().closed = true;
        self.changed.notify_waiters();
    }
}

/// Finds message boundaries in the bytes from the server, wherever reads happen to cut them.
#[derive(Default)]
pub(crate) struct MessageReader {
    header: Vec<u8>,
    body: Vec<u8>,
    remaining_bytes: usize,
    kept: Option<u8>,
}

impl MessageReader {
    /// Takes the next bytes of the stream and tells the observer what they hold.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], observer: &Observer) {
        while !bytes.is_empty() {
            if self.remaining_bytes == 0 {
                let missing = 5 - self.header.len();
                let taken = missing.min(bytes.len());
                self.header.extend_from_slice(&bytes[..taken]);
                bytes = &bytes[taken..];
                if self.header.len() < 5 {
                    return;
                }
                self.start_body();
                if self.remaining_bytes == 0 {
                    self.finish(observer);
                }
                continue;
            }
            let taken = self.remaining_bytes.min(bytes.len());
            if self.kept.is_some() {
                self.body.extend_from_slice(&bytes[..taken]);
            }
            self.remaining_bytes -= taken;
            bytes = &bytes[taken..];
            if self.remaining_bytes == 0 {
                self.finish(observer);
            }
        }
    }

    fn start_body(&mut self) {
        let length =
            u32::from_be_bytes([self.header[1], self.header[2], self.header[3], self.header[4]])
                as usize;
        // The length counts itself. The driver refuses a shorter one, so here it only must not trap.
        self.remaining_bytes = length.saturating_sub(4);
        let kind = self.header[0];
        let wanted = matches!(kind, b'C' | b'T' | b'Z');
        self.kept = (wanted && self.remaining_bytes <= MAXIMUM_BODY_BYTES).then_some(kind);
        self.body.clear();
        self.header.clear();
    }

    fn finish(&mut self, observer: &Observer) {
        match self.kept.take() {
            Some(b'C') => {
                let text = self.body.split(|&byte| byte == 0).next().unwrap_or_default();
                observer.note(Note::Tag(String::from_utf8_lossy(text).into_owned()));
            }
            Some(b'T') => {
                if let Some(types) = column_types(&self.body) {
                    observer.note(Note::ColumnTypes(types));
                }
            }
            Some(b'Z') => observer.ready(match self.body.first() {
                Some(b'T') => TransactionStatus::InTransaction,
                Some(b'E') => TransactionStatus::Failed,
                _ => TransactionStatus::Idle,
            }),
            _ => {}
        }
        self.body.clear();
    }
}

/// Reads the type numbers out of a RowDescription's body.
fn column_types(body: &[u8]) -> Option<Vec<u32>> {
    let count = u16::from_be_bytes(body.get(..2)?.try_into().ok()?);
    let mut rest = &body[2..];
    let mut types = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let name_end = rest.iter().position(|&byte| byte == 0)?;
        // After the name: table (4), column (2), type (4), size (2), modifier (4), format (2).
        let fields = rest.get(name_end + 1..name_end + 19)?;
        types.push(u32::from_be_bytes(fields[6..10].try_into().ok()?));
        rest = &rest[name_end + 19..];
    }
    Some(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    fn row_description(columns: &[(&str, u32)]) -> Vec<u8> {
        let mut body = (columns.len() as u16).to_be_bytes().to_vec();
        for (name, type_number) in columns {
            body.extend_from_slice(name.as_bytes());
            body.push(0);
            body.extend_from_slice(&[0; 6]);
            body.extend_from_slice(&type_number.to_be_bytes());
            body.extend_from_slice(&[0; 8]);
        }
        message(b'T', &body)
    }

    fn conversation() -> Vec<u8> {
        let mut bytes = row_description(&[("id", 20), ("name", 25)]);
        bytes.extend(message(b'D', b"\0\x01\0\0\0\x02CC"));
        bytes.extend(message(b'C', b"SELECT 1\0"));
        bytes.extend(message(b'I', b""));
        bytes.extend(message(b'Z', b"T"));
        bytes
    }

    #[test]
    fn notes_are_the_same_wherever_the_stream_is_cut() {
        let bytes = conversation();
        for piece in 1..=bytes.len() {
            let observer = Observer::default();
            let mut reader = MessageReader::default();
            for part in bytes.chunks(piece) {
                reader.feed(part, &observer);
            }
            let expected = vec![Note::ColumnTypes(vec![20, 25]), Note::Tag("SELECT 1".to_owned())];
            assert_eq!(observer.take_notes(), expected, "pieces of {piece}");
            assert_eq!(observer.status(), TransactionStatus::InTransaction);
            assert_eq!(observer.ready_count(), 1);
        }
    }

    #[test]
    fn a_broken_row_description_is_left_out() {
        let observer = Observer::default();
        MessageReader::default().feed(&message(b'T', b"\0\x09short"), &observer);
        assert!(observer.take_notes().is_empty());
    }

    #[test]
    fn notes_nobody_reads_do_not_pile_up() {
        let observer = Observer::default();
        let mut reader = MessageReader::default();
        for _ in 0..1_000 {
            reader.feed(&message(b'C', b"BEGIN\0"), &observer);
        }
        assert_eq!(observer.take_notes().len(), MAXIMUM_NOTES);
    }
}
