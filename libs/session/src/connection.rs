//! The client's socket with what was read from it and what is still to be sent.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A plain or TLS stream.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// The largest message a client may send after authentication: 64 MiB.
pub const MAXIMUM_MESSAGE_BYTES: usize = 64 << 20;
/// The largest message of those that are always short.
pub const SHORT_MESSAGE_BYTES: usize = 10_000;
/// A read buffer above this is given back once it is empty.
const KEPT_BUFFER_BYTES: usize = 64 << 10;
/// Output is sent when this much has gathered, or when the client waits for it.
pub const FLUSH_BYTES: usize = 64 << 10;
/// Bytes asked of the socket at a time.
const READ_BYTES: usize = 16 << 10;

/// A client's connection.
pub struct ClientConnection {
    stream: Box<dyn ByteStream>,
    input: BytesMut,
    /// Messages to the client, encoded, not yet sent.
    pub output: BytesMut,
}

/// One message from the client: its type byte and its body.
#[derive(Debug, Clone)]
pub struct Frame {
    pub kind: u8,
    pub body: BytesMut,
}

/// Why no frame could be read.
#[derive(Debug)]
pub enum FrameError {
    Io(io::Error),
    /// 08P01: the declared length is impossible.
    InvalidLength {
        kind: u8,
        length: i64,
    },
}

/// The longest message of a kind: those that carry no text, values or rows are short, as PostgreSQL has it.
fn maximum_bytes(kind: u8) -> usize {
    match kind {
        b'Q' | b'P' | b'B' | b'F' | b'd' => MAXIMUM_MESSAGE_BYTES,
        _ => SHORT_MESSAGE_BYTES,
    }
}

impl ClientConnection {
    pub fn new(stream: Box<dyn ByteStream>, input: BytesMut) -> ClientConnection {
        ClientConnection { stream, input, output: BytesMut::new() }
    }

    /// Takes one whole message out of the buffer, if there is one.
    pub fn buffered_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(header) = self.input.get(..5) else { return Ok(None) };
        let kind = header[0];
        let length = i32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let size = match usize::try_from(length) {
            Ok(size) if (4..=maximum_bytes(kind)).contains(&size) => size,
            _ => return Err(FrameError::InvalidLength { kind, length: i64::from(length) }),
        };
        if self.input.len() <= size {
            return Ok(None);
        }
        let mut body = self.input.split_to(size + 1);
        bytes::Buf::advance(&mut body, 5);
        if self.input.is_empty() && self.input.capacity() > KEPT_BUFFER_BYTES {
            self.input = BytesMut::new();
        }
        Ok(Some(Frame { kind, body }))
    }

    /// Whether the client has sent something that was not taken yet.
    pub fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// Reads more bytes from the socket; `false` at its end. Cancel-safe: bytes are never lost. The buffer grows only as bytes come.
    pub async fn read_more(&mut self) -> io::Result<bool> {
        if self.input.capacity() - self.input.len() < READ_BYTES / 4 {
            self.input.reserve(READ_BYTES);
        }
        Ok(self.stream.read_buf(&mut self.input).await? > 0)
    }

    /// The next message; `None` when the client closed the connection. Cancel-safe.
    pub async fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        loop {
            if let Some(frame) = self.buffered_frame()? {
                return Ok(Some(frame));
            }
            if !self.read_more().await.map_err(FrameError::Io)? {
                return Ok(None);
            }
        }
    }

    /// Sends all output.
    pub async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all_buf(&mut self.output).await?;
            if self.output.capacity() > 2 * FLUSH_BYTES {
                self.output = BytesMut::new();
            }
        }
        self.stream.flush().await
    }

    /// Sends output if much has gathered.
    pub async fn flush_if_large(&mut self) -> io::Result<()> {
        if self.output.len() >= FLUSH_BYTES {
            return self.flush().await;
        }
        Ok(())
    }

    /// Sends what is left and closes the stream in order.
    pub async fn close(mut self: Box<Self>) {
        // The client may be gone already: there is nobody to tell.
        if self.flush().await.is_ok() {
            let _ = self.stream.shutdown().await;
        }
    }

    /// Bytes held for this connection.
    pub fn buffered_bytes(&self) -> usize {
        self.input.capacity() + self.output.capacity()
    }
}
