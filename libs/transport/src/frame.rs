//! The bytes of a frame.
//!
//! ```text
//! u32 length of what follows │ u8 kind │ u64 id │ the rest, by kind
//! ```
//!
//! All numbers are little-endian. A kind that is not known ends the connection: versions are agreed on in the hello, so
//! it cannot come from an honest peer. Golden bytes of every kind are in `frame_tests.rs`; a change there is a change of
//! the protocol's version.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Length, kind and id.
pub const HEADER_BYTES: usize = 4 + 1 + 8;
/// The longest reason that is sent.
const REASON_BYTES_MAX: usize = 512;

/// What is said over an open connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Answer within the time or not at all.
    Request {
        id: u64,
        service: u16,
        timeout_ms: u32,
        body: Bytes,
    },
    Response {
        id: u64,
        body: Bytes,
    },
    Failure {
        id: u64,
        code: FailureCode,
        reason: String,
    },
    /// Needs no answer.
    Notice {
        service: u16,
        body: Bytes,
    },
    Ping {
        id: u64,
    },
    Pong {
        id: u64,
    },
    Open {
        id: u64,
        service: u16,
        body: Bytes,
    },
    /// One message of a stream.
    Data {
        id: u64,
        body: Bytes,
    },
    /// The sender of this has nothing more to say on the stream.
    End {
        id: u64,
    },
    /// The stream is over for both sides.
    Reset {
        id: u64,
        reason: String,
    },
    /// So many more bytes may be sent on the stream.
    Window {
        id: u64,
        bytes: u32,
    },
}

/// How a request ended without a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCode {
    /// The service failed.
    Failed,
    /// Not carried out: too much is being done.
    Overloaded,
    /// Not carried out: no such service.
    NoService,
    /// The time was over; it may have been carried out.
    Deadline,
}

/// Why bytes are not a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameError {
    TooLarge { bytes: usize, max: usize },
    Malformed { kind: u8 },
    UnknownKind { kind: u8 },
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FrameError::TooLarge { bytes, max } => {
                write!(formatter, "a frame of {bytes} bytes, {max} are allowed")
            }
            FrameError::Malformed { kind } => write!(formatter, "a malformed frame of kind {kind}"),
            FrameError::UnknownKind { kind } => write!(formatter, "a frame of unknown kind {kind}"),
        }
    }
}

mod kind {
    pub const REQUEST: u8 = 1;
    pub const RESPONSE: u8 = 2;
    pub const FAILURE: u8 = 3;
    pub const NOTICE: u8 = 4;
    pub const PING: u8 = 5;
    pub const PONG: u8 = 6;
    pub const OPEN: u8 = 7;
    pub const DATA: u8 = 8;
    pub const END: u8 = 9;
    pub const RESET: u8 = 10;
    pub const WINDOW: u8 = 11;
}

impl FailureCode {
    fn from_byte(byte: u8) -> Option<FailureCode> {
        Some(match byte {
            1 => FailureCode::Failed,
            2 => FailureCode::Overloaded,
            3 => FailureCode::NoService,
            4 => FailureCode::Deadline,
            _ => return None,
        })
    }

    fn to_byte(self) -> u8 {
        match self {
            FailureCode::Failed => 1,
            FailureCode::Overloaded => 2,
            FailureCode::NoService => 3,
            FailureCode::Deadline => 4,
        }
    }
}

fn shortened(reason: &str) -> &str {
    let mut end = reason.len().min(REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

impl Frame {
    /// Bytes of the variable part.
    pub fn body_bytes(&self) -> usize {
        match self {
            Frame::Request { body, .. }
            | Frame::Response { body, .. }
            | Frame::Notice { body, .. }
            | Frame::Open { body, .. }
            | Frame::Data { body, .. } => body.len(),
            Frame::Failure { reason, .. } | Frame::Reset { reason, .. } => reason.len(),
            _ => 0,
        }
    }

    pub fn encode(&self, into: &mut BytesMut) {
        let start = into.len();
        into.reserve(HEADER_BYTES + 8 + self.body_bytes());
        into.put_u32_le(0);
        let mut header = |kind: u8, id: u64| {
            into.put_u8(kind);
            into.put_u64_le(id);
        };
        match self {
            Frame::Request { id, service, timeout_ms, body } => {
                header(kind::REQUEST, *id);
                into.put_u16_le(*service);
                into.put_u32_le(*timeout_ms);
                into.put_slice(body);
            }
            Frame::Response { id, body } => {
                header(kind::RESPONSE, *id);
                into.put_slice(body);
            }
            Frame::Failure { id, code, reason } => {
                header(kind::FAILURE, *id);
                into.put_u8(code.to_byte());
                into.put_slice(shortened(reason).as_bytes());
            }
            Frame::Notice { service, body } => {
                header(kind::NOTICE, 0);
                into.put_u16_le(*service);
                into.put_slice(body);
            }
            Frame::Ping { id } => header(kind::PING, *id),
            Frame::Pong { id } => header(kind::PONG, *id),
            Frame::Open { id, service, body } => {
                header(kind::OPEN, *id);
                into.put_u16_le(*service);
                into.put_slice(body);
            }
            Frame::Data { id, body } => {
                header(kind::DATA, *id);
                into.put_slice(body);
            }
            Frame::End { id } => header(kind::END, *id),
            Frame::Reset { id, reason } => {
                header(kind::RESET, *id);
                into.put_slice(shortened(reason).as_bytes());
            }
            Frame::Window { id, bytes } => {
                header(kind::WINDOW, *id);
                into.put_u32_le(*bytes);
            }
        }
        let length = u32::try_from(into.len() - start - 4).expect("bodies are limited far below");
        into[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// Takes one frame off the front; `None` if it is not all there yet. `max` bounds the length.
    pub fn decode(from: &mut BytesMut, max: usize) -> Result<Option<Frame>, FrameError> {
        let Some(prefix) = from.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_le_bytes(*prefix) as usize;
        if length > max {
            return Err(FrameError::TooLarge { bytes: length, max });
        }
        if length < HEADER_BYTES - 4 {
            return Err(FrameError::Malformed { kind: 0 });
        }
        if from.len() < 4 + length {
            return Ok(None);
        }
        let mut frame = from.split_to(4 + length);
        frame.advance(4);
        let kind = frame.get_u8();
        let id = frame.get_u64_le();
        Frame::decode_rest(kind, id, frame.freeze()).map(Some)
    }

    fn decode_rest(kind: u8, id: u64, mut rest: Bytes) -> Result<Frame, FrameError> {
        let malformed = || FrameError::Malformed { kind };
        let fixed = match kind {
            kind::REQUEST => 6,
            kind::FAILURE => 1,
            kind::NOTICE | kind::OPEN => 2,
            kind::WINDOW => 4,
            _ => 0,
        };
        if rest.len() < fixed {
            return Err(malformed());
        }
        let text = |rest: Bytes| String::from_utf8_lossy(&rest).into_owned();
        let frame = match kind {
            kind::REQUEST => {
                let service = rest.get_u16_le();
                let timeout_ms = rest.get_u32_le();
                return Ok(Frame::Request { id, service, timeout_ms, body: rest });
            }
            kind::RESPONSE => return Ok(Frame::Response { id, body: rest }),
            kind::FAILURE => {
                let code = FailureCode::from_byte(rest.get_u8()).ok_or_else(malformed)?;
                return Ok(Frame::Failure { id, code, reason: text(rest) });
            }
            kind::NOTICE => {
                let service = rest.get_u16_le();
                return Ok(Frame::Notice { service, body: rest });
            }
            kind::OPEN => {
                let service = rest.get_u16_le();
                return Ok(Frame::Open { id, service, body: rest });
            }
            kind::DATA => return Ok(Frame::Data { id, body: rest }),
            kind::RESET => return Ok(Frame::Reset { id, reason: text(rest) }),
            kind::PING => Frame::Ping { id },
            kind::PONG => Frame::Pong { id },
            kind::END => Frame::End { id },
            kind::WINDOW => Frame::Window { id, bytes: rest.get_u32_le() },
            kind => return Err(FrameError::UnknownKind { kind }),
        };
        if rest.is_empty() { Ok(frame) } else { Err(malformed()) }
    }
}
