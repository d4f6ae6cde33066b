//! Startup packets, decoded strictly. No I/O.

use types::{SqlError, sqlstate};

use crate::config::{MAXIMUM_CANCEL_KEY_BYTES, MAXIMUM_NAME_BYTES};
use crate::error::{fatal, violation};

const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
/// The newest minor version of protocol 3 that we speak.
pub const NEWEST_MINOR: u16 = 2;

/// What the first packets of a connection can be.
#[derive(Debug, PartialEq, Eq)]
pub enum Packet {
    SslRequest,
    GssRequest,
    Cancel { process_id: i32, key: Vec<u8> },
    Startup(Startup),
}

/// A StartupMessage that we can serve.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Startup {
    /// What we speak with this client: 0 or 2.
    pub minor: u16,
    /// The client asked for a newer version than we speak.
    pub newer: bool,
    pub user: String,
    pub database: Option<String>,
    /// In the order in which they apply; not checked yet.
    pub settings: Vec<(String, String)>,
    /// `_pq_.` options that we do not know: all.
    pub unknown_options: Vec<String>,
}

/// Why a packet is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Not the protocol at all: no answer would be understood.
    Foreign(&'static str),
    /// Protocol 2.0 or older, which reads errors in another form.
    TooOld(SqlError),
    Refused(SqlError),
}

impl From<SqlError> for Malformed {
    fn from(error: SqlError) -> Malformed {
        Malformed::Refused(error)
    }
}

fn unsupported(code: u32) -> SqlError {
    fatal(
        sqlstate::FEATURE_NOT_SUPPORTED,
        format!(
            "unsupported frontend protocol {}.{}: server supports 3.0 to 3.{NEWEST_MINOR}",
            code >> 16,
            code & 0xffff
        ),
    )
}

/// Decodes what follows the length. A request for encryption that is not allowed (any more) is an unsupported version,
/// as in PostgreSQL.
pub fn decode(body: &[u8], ssl_allowed: bool, gss_allowed: bool) -> Result<Packet, Malformed> {
    let Some((code, rest)) = body.split_first_chunk::<4>() else {
        return Err(Malformed::Foreign("startup packet too short"));
    };
    match u32::from_be_bytes(*code) {
        SSL_REQUEST | GSS_REQUEST if !rest.is_empty() => {
            Err(Malformed::Foreign("invalid length of an encryption request"))
        }
        SSL_REQUEST if ssl_allowed => Ok(Packet::SslRequest),
        GSS_REQUEST if gss_allowed => Ok(Packet::GssRequest),
        CANCEL_REQUEST => {
            let Some((process_id, key)) = rest.split_first_chunk::<4>() else {
                return Err(Malformed::Foreign("cancel request too short"));
            };
            if key.is_empty() || key.len() > MAXIMUM_CANCEL_KEY_BYTES {
                return Err(Malformed::Foreign("invalid length of a cancel key"));
            }
            Ok(Packet::Cancel { process_id: i32::from_be_bytes(*process_id), key: key.to_vec() })
        }
        code if code >> 16 == 3 => Ok(Packet::Startup(decode_startup(code, rest)?)),
        code if code >> 16 < 3 => Err(Malformed::TooOld(unsupported(code))),
        code => Err(Malformed::Refused(unsupported(code))),
    }
}

fn decode_startup(code: u32, body: &[u8]) -> Result<Startup, SqlError> {
    let asked = u16::try_from(code & 0xffff).expect("masked");
    let mut startup = Startup {
        // 3.1 was never released; a client that asks for it gets 3.0.
        minor: if asked >= NEWEST_MINOR { NEWEST_MINOR } else { 0 },
        newer: asked > NEWEST_MINOR,
        ..Startup::default()
    };
    let mut options = None;
    let mut settings = Vec::new();
    let mut rest = body;
    loop {
        let name = c_string(&mut rest)?;
        if name.is_empty() {
            break;
        }
        let value = c_string(&mut rest)?;
        match name {
            "user" => startup.user = cut(value),
            "database" => startup.database = Some(cut(value)).filter(|name| !name.is_empty()),
            "options" => options = Some(value),
            "replication" => refuse_replication(value)?,
            _ if name.starts_with("_pq_.") => startup.unknown_options.push(name.to_owned()),
            _ => settings.push((name.to_owned(), value.to_owned())),
        }
    }
    if !rest.is_empty() {
        return Err(violation("invalid startup packet layout: expected terminator as last byte"));
    }
    if startup.user.is_empty() {
        return Err(fatal(
            sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
            "no PostgreSQL user name specified in startup packet",
        ));
    }
    startup.settings = parse_options(options.unwrap_or_default())?;
    startup.settings.extend(settings);
    Ok(startup)
}

fn c_string<'a>(rest: &mut &'a [u8]) -> Result<&'a str, SqlError> {
    let bytes: &'a [u8] = rest;
    let Some(end) = bytes.iter().position(|byte| *byte == 0) else {
        return Err(violation("invalid startup packet layout: expected terminator as last byte"));
    };
    *rest = &bytes[end + 1..];
    std::str::from_utf8(&bytes[..end]).map_err(|error| {
        let wrong = bytes[error.valid_up_to()];
        fatal(
            sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
            format!("invalid byte sequence for encoding \"UTF8\": 0x{wrong:02x}"),
        )
    })
}

/// A name as PostgreSQL would store it.
fn cut(name: &str) -> String {
    name[..name.floor_char_boundary(MAXIMUM_NAME_BYTES)].to_owned()
}

fn refuse_replication(value: &str) -> Result<(), SqlError> {
    match value.to_ascii_lowercase().as_str() {
        "false" | "off" | "no" | "0" => Ok(()),
        "true" | "on" | "yes" | "1" | "database" => {
            Err(fatal(sqlstate::FEATURE_NOT_SUPPORTED, "replication connections are not supported"))
        }
        _ => Err(fatal(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("invalid value for parameter \"replication\": \"{value}\""),
        )
        .hint("Valid values are: \"false\", 0, \"true\", 1, \"database\".")),
    }
}

/// `-c name=value` and `--name=value`, separated by blanks; a backslash takes the next character as it is.
pub fn parse_options(options: &str) -> Result<Vec<(String, String)>, SqlError> {
    let mut words = split_words(options).into_iter();
    let mut settings = Vec::new();
    while let Some(word) = words.next() {
        let assignment = if word == "-c" {
            words.next().ok_or_else(|| invalid_argument(&word))?
        } else if let Some(long) = word.strip_prefix("--") {
            long.to_owned()
        } else if let Some(short) = word.strip_prefix("-c") {
            short.to_owned()
        } else {
            return Err(invalid_argument(&word));
        };
        let Some((name, value)) = assignment.split_once('=') else {
            let dashes = if word.starts_with("--") { "--" } else { "-c " };
            return Err(syntax(format!("{dashes}{assignment} requires a value")));
        };
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

fn invalid_argument(word: &str) -> SqlError {
    syntax(format!("invalid command-line argument for server process: {word}"))
}

fn syntax(message: String) -> SqlError {
    fatal(sqlstate::SYNTAX_ERROR, message)
}

fn split_words(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = options.chars();
    while let Some(character) = characters.next() {
        match character {
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(characters.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
#[path = "startup_tests.rs"]
mod tests;
