//! A client that shows what a server says, message by message.
//!
//! Drivers hide what is compared here: type OIDs of every column, command tags, notices, positions of errors, and bytes of
//! the binary format. So this speaks the protocol itself, over a plain socket and without a password.

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A server that says nothing for so long is as good as gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(40);
/// No message of the corpus is longer.
const LONGEST_MESSAGE: usize = 256 << 20;

/// Where a server listens, and as whom to connect.
#[derive(Clone, Debug)]
pub struct Address {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub database: String,
}

impl Address {
    /// Reads `postgresql://user@host:port/database`; each part may be missing.
    pub fn parse(url: &str) -> Result<Address, String> {
        let rest = url
            .strip_prefix("postgresql://")
            .or_else(|| url.strip_prefix("postgres://"))
            .ok_or_else(|| format!("{url}: has to begin with postgresql://"))?;
        let (place, database) = rest.split_once('/').unwrap_or((rest, "postgres"));
        let (user, place) = place.split_once('@').unwrap_or(("admin", place));
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "5432"));
        let port = port.parse().map_err(|_| format!("{url}: {port} is no port"))?;
        let database = database.split('?').next().unwrap_or(database);
        Ok(Address {
            host: if host.is_empty() { "127.0.0.1".to_owned() } else { host.to_owned() },
            port,
            user: user.to_owned(),
            database: database.to_owned(),
        })
    }
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub type_oid: u32,
    pub modifier: i32,
}

/// The fields of an error or a notice that are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    pub severity: String,
    pub code: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub position: Option<String>,
}

impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.severity, self.code, self.message)?;
        for (name, value) in
            [("DETAIL", &self.detail), ("HINT", &self.hint), ("at", &self.position)]
        {
            if let Some(value) = value {
                write!(out, "  {name} {value}")?;
            }
        }
        Ok(())
    }
}

pub type Row = Vec<Option<Vec<u8>>>;

/// What a server answered to one string of statements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub columns: Vec<Vec<Column>>,
    pub rows: Vec<Row>,
    pub tags: Vec<String>,
    pub notices: Vec<Complaint>,
    pub error: Option<Complaint>,
    pub copied: Vec<u8>,
    /// The transaction's state when the server was ready again: `I`, `T` or `E`.
    pub state: u8,
}

pub struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    pub fn open(address: &Address) -> io::Result<Connection> {
        let writer = TcpStream::connect((address.host.as_str(), address.port))?;
        writer.set_nodelay(true)?;
        writer.set_read_timeout(Some(SILENCE_LIMIT))?;
        let mut connection =
            Connection { reader: BufReader::with_capacity(1 << 16, writer.try_clone()?), writer };
        let mut parameters = 196_608_i32.to_be_bytes().to_vec();
        for text in
            ["user", &address.user, "database", &address.database, "client_encoding", "UTF8"]
        {
            parameters.extend_from_slice(text.as_bytes());
            parameters.push(0);
        }
        parameters.push(0);
        let mut packet = length_of(parameters.len()).to_vec();
        packet.extend_from_slice(&parameters);
        connection.writer.write_all(&packet)?;
        let answer = connection.read_answer(None)?;
        match answer.error {
            None => Ok(connection),
            Some(error) => Err(io::Error::other(error.to_string())),
        }
    }

    /// Runs statements through the simple protocol; `copy` is what a COPY FROM STDIN among them reads.
    pub fn simple(&mut self, sql: &str, copy: Option<&str>) -> io::Result<Answer> {
        let mut packet = Vec::new();
        message(&mut packet, b'Q', &[sql.as_bytes(), b"\0"].concat());
        self.writer.write_all(&packet)?;
        self.read_answer(copy)
    }

    /// Runs one statement without parameters through the extended protocol, with results in binary.
    pub fn binary(&mut self, sql: &str) -> io::Result<Answer> {
        let mut packet = Vec::new();
        message(&mut packet, b'P', &[b"\0", sql.as_bytes(), b"\0\0\0"].concat());
        message(&mut packet, b'B', b"\0\0\0\0\0\0\0\0\x01\0\x01");
        message(&mut packet, b'D', b"P\0");
        message(&mut packet, b'E', b"\0\0\0\0\0");
        message(&mut packet, b'S', b"");
        self.writer.write_all(&packet)?;
        self.read_answer(None)
    }

    fn read_answer(&mut self, mut copy: Option<&str>) -> io::Result<Answer> {
        let mut answer = Answer::default();
        loop {
            let (kind, body) = self.read_message()?;
            match kind {
                b'T' => answer.columns.push(columns(&body).ok_or_else(garbled)?),
                b'D' => answer.rows.push(fields(&body).ok_or_else(garbled)?),
                b'C' => answer.tags.push(text(&body)),
                b'I' => answer.tags.push(String::new()),
                b'N' => answer.notices.push(complaint(&body)),
                b'E' => {
                    // A second error is that of the connection's end.
                    let error = complaint(&body);
                    let is_fatal = error.severity == "FATAL";
                    answer.error.get_or_insert(error);
                    if is_fatal {
                        return Ok(answer);
                    }
                }
                b'G' => {
                    let mut packet = Vec::new();
                    match copy.take() {
                        Some(lines) => {
                            message(&mut packet, b'd', lines.as_bytes());
                            message(&mut packet, b'c', b"");
                        }
                        None => message(&mut packet, b'f', b"nothing to copy\0"),
                    }
                    self.writer.write_all(&packet)?;
                }
                b'd' => answer.copied.extend_from_slice(&body),
                b'Z' => {
                    answer.state = body.first().copied().unwrap_or(b'?');
                    return Ok(answer);
                }
                b'R' if body.starts_with(&[0, 0, 0, 0]) => {}
                b'R' => return Err(io::Error::other("the server wants a password")),
                _ => {}
            }
        }
    }

    fn read_message(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.reader.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if !(4..=LONGEST_MESSAGE).contains(&length) {
            return Err(garbled());
        }
        let mut body = vec![0; length - 4];
        self.reader.read_exact(&mut body)?;
        Ok((head[0], body))
    }
}

fn garbled() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message does not have its form")
}

/// The length field of a message whose body is so long: it counts itself.
fn length_of(body: usize) -> [u8; 4] {
    u32::try_from(body + 4).expect("statements are far below 4 GiB").to_be_bytes()
}

fn message(packet: &mut Vec<u8>, kind: u8, body: &[u8]) {
    packet.push(kind);
    packet.extend_from_slice(&length_of(body.len()));
    packet.extend_from_slice(body);
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(head)
}

fn take_i16(bytes: &mut &[u8]) -> Option<i16> {
    take(bytes, 2).map(|two| i16::from_be_bytes([two[0], two[1]]))
}

fn take_i32(bytes: &mut &[u8]) -> Option<i32> {
    take(bytes, 4).map(|four| i32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}

fn columns(mut body: &[u8]) -> Option<Vec<Column>> {
    let count = take_i16(&mut body)?;
    let mut columns = Vec::new();
    for _ in 0..count {
        let end = body.iter().position(|&byte| byte == 0)?;
        let name = String::from_utf8_lossy(take(&mut body, end)?).into_owned();
        take(&mut body, 1 + 6)?;
        let type_oid = take_i32(&mut body)?.cast_unsigned();
        take(&mut body, 2)?;
        let modifier = take_i32(&mut body)?;
        take(&mut body, 2)?;
        columns.push(Column { name, type_oid, modifier });
    }
    Some(columns)
}

fn fields(mut body: &[u8]) -> Option<Row> {
    let count = take_i16(&mut body)?;
    let mut row = Vec::new();
    for _ in 0..count {
        let length = take_i32(&mut body)?;
        row.push(match usize::try_from(length) {
            Ok(length) => Some(take(&mut body, length)?.to_vec()),
            Err(_) => None,
        });
    }
    Some(row)
}

fn complaint(body: &[u8]) -> Complaint {
    let mut complaint = Complaint::default();
    for field in body.split(|&byte| byte == 0).filter(|field| !field.is_empty()) {
        let value = String::from_utf8_lossy(&field[1..]).into_owned();
        match field[0] {
            b'S' => complaint.severity = value,
            b'C' => complaint.code = value,
            b'M' => complaint.message = value,
            b'D' => complaint.detail = Some(value),
            b'H' => complaint.hint = Some(value),
            b'P' => complaint.position = Some(value),
            _ => {}
        }
    }
    complaint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_leave_parts_out() {
        let address = Address::parse("postgresql://u@h:7/d?sslmode=disable").expect("well formed");
        assert_eq!((address.host.as_str(), address.port), ("h", 7));
        assert_eq!((address.user.as_str(), address.database.as_str()), ("u", "d"));
        let address = Address::parse("postgresql://127.0.0.1").expect("well formed");
        assert_eq!((address.port, address.database.as_str()), (5432, "postgres"));
        assert!(Address::parse("mysql://x").is_err());
    }

    #[test]
    fn messages_that_are_cut_short_are_refused() {
        assert_eq!(fields(&[0, 1, 0, 0, 0, 1, b'x']), Some(vec![Some(b"x".to_vec())]));
        assert_eq!(fields(&[0, 1, 255, 255, 255, 255]), Some(vec![None]));
        assert_eq!(fields(&[0, 1, 0, 0, 0, 9, b'x']), None);
        assert_eq!(columns(&[0, 1, b'a']), None);
    }
}
