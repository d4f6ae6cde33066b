//! The protocol by hand: messages that no driver would send, and every byte that comes back.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::server::Server;

/// No answer takes longer than this, unless the test says so.
const READ_LIMIT: Duration = Duration::from_secs(60);
const LARGEST_MESSAGE: usize = 64 << 20;

pub const PROTOCOL_3_0: u32 = 0x0003_0000;
pub const PROTOCOL_3_2: u32 = 0x0003_0002;

/// One message of the server.
#[derive(Clone, Debug)]
pub struct Message {
    pub kind: char,
    pub body: Vec<u8>,
}

impl Message {
    /// The fields of an error or notice.
    pub fn fields(&self) -> HashMap<char, String> {
        let mut fields = HashMap::new();
        for field in self.body.split(|byte| *byte == 0).filter(|field| !field.is_empty()) {
            let text = String::from_utf8_lossy(&field[1..]).into_owned();
            fields.insert(char::from(field[0]), text);
        }
        fields
    }

    /// The columns of a row; NULL is `None`.
    pub fn columns(&self) -> Vec<Option<Vec<u8>>> {
        assert_eq!(self.kind, 'D', "a row");
        let mut rest = &self.body[2..];
        let mut columns = Vec::new();
        while !rest.is_empty() {
            let (length, after) = rest.split_at(4);
            let length = i32::from_be_bytes(length.try_into().expect("four bytes"));
            rest = after;
            match usize::try_from(length) {
                Ok(length) => {
                    columns.push(Some(rest[..length].to_vec()));
                    rest = &rest[length..];
                }
                Err(_) => columns.push(None),
            }
        }
        columns
    }

    /// Text up to the first zero byte: a command tag, for example.
    pub fn text(&self) -> String {
        let end = self.body.iter().position(|byte| *byte == 0).unwrap_or(self.body.len());
        String::from_utf8_lossy(&self.body[..end]).into_owned()
    }
}

/// The kinds of messages in order, a run of rows as one `D`, without notices and changed settings.
pub fn shape(messages: &[Message]) -> String {
    let mut shape = String::new();
    for message in messages {
        let repeated = message.kind == 'D' && shape.ends_with('D');
        if !repeated && !matches!(message.kind, 'N' | 'S') {
            shape.push(message.kind);
        }
    }
    shape
}

/// The SQLSTATEs of all errors in order, separated by spaces.
pub fn errors(messages: &[Message]) -> String {
    let errors = messages.iter().filter(|message| message.kind == 'E');
    let codes: Vec<String> =
        errors.map(|error| error.fields().remove(&'C').unwrap_or_default()).collect();
    codes.join(" ")
}

/// The first column of every row as text.
pub fn values(messages: &[Message]) -> Vec<String> {
    let rows = messages.iter().filter(|message| message.kind == 'D');
    rows.map(|row| match row.columns().into_iter().next() {
        Some(Some(value)) => String::from_utf8_lossy(&value).into_owned(),
        _ => "NULL".to_owned(),
    })
    .collect()
}

/// The transaction state that ReadyForQuery tells: `I`, `T` or `E`.
pub fn state(messages: &[Message]) -> char {
    match messages.last() {
        Some(last) if last.kind == 'Z' => char::from(last.body[0]),
        other => panic!("ReadyForQuery expected, found {other:?}"),
    }
}

/// A connection whose messages the test writes itself.
pub struct Wire {
    pub stream: TcpStream,
    pub process_id: u32,
    pub secret: Vec<u8>,
    pub settings: HashMap<String, String>,
}

impl Wire {
    /// A TCP connection, and nothing sent.
    pub fn open(server: &Server) -> Wire {
        let stream = TcpStream::connect(server.sql_address()).expect("the node listens");
        stream.set_read_timeout(Some(READ_LIMIT)).expect("a limit can be set");
        stream.set_nodelay(true).expect("an option can be set");
        Wire { stream, process_id: 0, secret: Vec::new(), settings: HashMap::new() }
    }

    /// A session of role `admin` on a node without passwords.
    pub fn start(server: &Server) -> Wire {
        let mut wire = Wire::open(server);
        let messages = wire.start_up(PROTOCOL_3_0, &[("user", "admin"), ("database", "postgres")]);
        assert_eq!(errors(&messages), "", "the session starts");
        wire
    }

    /// Sends the start-up message and reads up to ReadyForQuery or the end.
    pub fn start_up(&mut self, protocol: u32, parameters: &[(&str, &str)]) -> Vec<Message> {
        self.send(&frontend::start_up(protocol, parameters));
        self.until_ready()
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).expect("the connection takes bytes");
    }

    pub fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next message; `None` at the end of the connection.
    pub fn receive(&mut self) -> Option<Message> {
        let mut head = [0; 5];
        match self.stream.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if is_end(&error) => return None,
            Err(error) => panic!("no message in {READ_LIMIT:?}: {error}"),
        }
        let length = u32::from_be_bytes(head[1..].try_into().expect("four bytes")) as usize;
        assert!((4..LARGEST_MESSAGE).contains(&length), "a message of {length} bytes");
        let mut body = vec![0; length - 4];
        match self.stream.read_exact(&mut body) {
            Ok(()) => {}
            Err(error) if is_end(&error) => return None,
            Err(error) => panic!("half a message: {error}"),
        }
        let message = Message { kind: char::from(head[0]), body };
        self.note(&message);
        Some(message)
    }

    fn note(&mut self, message: &Message) {
        match message.kind {
            'K' => {
                let (process, secret) = message.body.split_at(4);
                self.process_id = u32::from_be_bytes(process.try_into().expect("four bytes"));
                self.secret = secret.to_vec();
            }
            'S' => {
                let text = String::from_utf8_lossy(&message.body).into_owned();
                let mut parts = text.split('\0');
                if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                    self.settings.insert(name.to_owned(), value.to_owned());
                }
            }
            _ => {}
        }
    }

    /// All messages up to and with one of this kind, or up to the end of the connection.
    pub fn until(&mut self, kind: char) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(message) = self.receive() {
            let last = message.kind == kind;
            messages.push(message);
            if last {
                break;
            }
        }
        messages
    }

    pub fn until_ready(&mut self) -> Vec<Message> {
        self.until('Z')
    }

    /// Reads like [`Wire::until_ready`] but keeps no rows; returns their number too.
    pub fn drain(&mut self) -> (usize, Vec<Message>) {
        let mut rows = 0;
        let mut messages = Vec::new();
        while let Some(message) = self.receive() {
            match message.kind {
                'D' | 'd' => rows += 1,
                kind => {
                    messages.push(message);
                    if kind == 'Z' {
                        break;
                    }
                }
            }
        }
        (rows, messages)
    }

    /// Sends, then reads up to ReadyForQuery.
    pub fn exchange(&mut self, parts: &[Vec<u8>]) -> Vec<Message> {
        self.send(&parts.concat());
        self.until_ready()
    }

    /// A simple query.
    pub fn query(&mut self, sql: &str) -> Vec<Message> {
        self.exchange(&[frontend::query(sql)])
    }

    /// A simple query that must succeed.
    pub fn run(&mut self, sql: &str) -> Vec<Message> {
        let messages = self.query(sql);
        let shown: Vec<_> =
            messages.iter().filter(|m| m.kind == 'E').map(Message::fields).collect();
        assert!(shown.is_empty(), "{sql}: {shown:?}");
        assert_eq!(messages.last().map(|m| m.kind), Some('Z'), "{sql}: the connection ended");
        messages
    }

    /// Everything until the server closes; fails if it does not within the limit.
    pub fn until_closed(&mut self, limit: Duration) -> Vec<u8> {
        self.stream.set_read_timeout(Some(limit)).expect("a limit can be set");
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => bytes,
            Err(error) if is_end(&error) => bytes,
            Err(error) => panic!("not closed in {limit:?} ({error}); got {bytes:?}"),
        }
    }

    /// Asks the server on a connection of its own to cancel what this session does.
    pub fn cancel(&self, server: &Server) {
        let mut other = Wire::open(server);
        other.send(&frontend::cancel(self.process_id, &self.secret));
        other.until_closed(READ_LIMIT);
    }

    /// Whether something can be read, within the limit.
    pub fn has_answer(&self, limit: Duration) -> bool {
        self.stream.set_read_timeout(Some(limit)).expect("a limit can be set");
        let found = self.stream.peek(&mut [0]).is_ok();
        self.stream.set_read_timeout(Some(READ_LIMIT)).expect("a limit can be set");
        found
    }

    pub fn close(self) {
        // The other side may have closed first.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

/// The messages of a client.
pub mod frontend {
    /// Any message: kind, length, body.
    pub fn message(kind: char, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(kind).expect("kinds are ASCII")];
        bytes.extend(length(body.len() + 4));
        bytes.extend(body);
        bytes
    }

    fn length(bytes: usize) -> [u8; 4] {
        u32::try_from(bytes).expect("messages are small").to_be_bytes()
    }

    fn count(number: usize) -> [u8; 2] {
        u16::try_from(number).expect("counts are small").to_be_bytes()
    }

    fn text(text: &str) -> Vec<u8> {
        [text.as_bytes(), &[0]].concat()
    }

    /// A message without a kind, as they are before the session starts.
    pub fn untyped(code: u32, body: &[u8]) -> Vec<u8> {
        [&length(body.len() + 8)[..], &code.to_be_bytes(), body].concat()
    }

    pub fn start_up(protocol: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in parameters {
            body.extend(text(name));
            body.extend(text(value));
        }
        body.push(0);
        untyped(protocol, &body)
    }

    pub fn ssl_request() -> Vec<u8> {
        untyped(80_877_103, &[])
    }

    pub fn gss_request() -> Vec<u8> {
        untyped(80_877_104, &[])
    }

    pub fn cancel(process_id: u32, secret: &[u8]) -> Vec<u8> {
        untyped(80_877_102, &[&process_id.to_be_bytes(), secret].concat())
    }

    pub fn query(sql: &str) -> Vec<u8> {
        message('Q', &text(sql))
    }

    pub fn parse(name: &str, sql: &str, types: &[u32]) -> Vec<u8> {
        let mut body = [text(name), text(sql)].concat();
        body.extend(count(types.len()));
        for oid in types {
            body.extend(oid.to_be_bytes());
        }
        message('P', &body)
    }

    /// Bind with all that can be told: formats of parameters, parameters, formats of results.
    pub fn bind_as(
        portal: &str,
        statement: &str,
        formats: &[u16],
        parameters: &[Option<&[u8]>],
        results: &[u16],
    ) -> Vec<u8> {
        let mut body = [text(portal), text(statement)].concat();
        let codes = |body: &mut Vec<u8>, codes: &[u16]| {
            body.extend(count(codes.len()));
            for code in codes {
                body.extend(code.to_be_bytes());
            }
        };
        codes(&mut body, formats);
        body.extend(count(parameters.len()));
        for parameter in parameters {
            match parameter {
                Some(value) => {
                    body.extend(length(value.len()));
                    body.extend(*value);
                }
                None => body.extend((-1_i32).to_be_bytes()),
            }
        }
        codes(&mut body, results);
        message('B', &body)
    }

    /// Bind with text parameters and text results.
    pub fn bind(portal: &str, statement: &str, parameters: &[&str]) -> Vec<u8> {
        let parameters: Vec<Option<&[u8]>> =
            parameters.iter().map(|value| Some(value.as_bytes())).collect();
        bind_as(portal, statement, &[], &parameters, &[])
    }

    /// `kind` is `S` for a statement, `P` for a portal.
    pub fn describe(kind: char, name: &str) -> Vec<u8> {
        message('D', &target(kind, name))
    }

    pub fn close(kind: char, name: &str) -> Vec<u8> {
        message('C', &target(kind, name))
    }

    pub fn execute(portal: &str, most: i32) -> Vec<u8> {
        message('E', &[text(portal), most.to_be_bytes().to_vec()].concat())
    }

    pub fn sync() -> Vec<u8> {
        message('S', &[])
    }

    pub fn flush() -> Vec<u8> {
        message('H', &[])
    }

    pub fn terminate() -> Vec<u8> {
        message('X', &[])
    }

    pub fn copy_data(bytes: &[u8]) -> Vec<u8> {
        message('d', bytes)
    }

    pub fn copy_done() -> Vec<u8> {
        message('c', &[])
    }

    pub fn copy_fail(reason: &str) -> Vec<u8> {
        message('f', &text(reason))
    }

    /// Parse, Bind, Describe, Execute of one statement; the caller adds Sync.
    pub fn extended(sql: &str, parameters: &[&str]) -> Vec<u8> {
        [parse("", sql, &[]), bind("", "", parameters), describe('P', ""), execute("", 0)].concat()
    }

    fn target(kind: char, name: &str) -> Vec<u8> {
        let mut body = vec![u8::try_from(kind).expect("kinds are ASCII")];
        body.extend(text(name));
        body
    }
}
