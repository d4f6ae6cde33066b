//! Messages to the client, and parameters from it.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use executor::Environment;
use functions::EvalContext;
use pgwire::messages::Message;
use pgwire::messages::data::{FieldDescription, RowDescription};
use pgwire::messages::response::{
    CommandComplete, ErrorResponse, NoticeResponse, NotificationResponse, ReadyForQuery,
};
use planner::plan::OutputColumn;
use types::{Datum, Oid, Severity, SqlError, SqlResult, sqlstate};

pub use pgwire::messages::response::TransactionStatus;

/// Text or binary, per column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Text,
    Binary,
}

impl Format {
    pub fn from_code(code: i16) -> SqlResult<Format> {
        match code {
            0 => Ok(Format::Text),
            1 => Ok(Format::Binary),
            other => Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("invalid format code: {other}"),
            )),
        }
    }
}

/// One format for each of `count` columns from the list a client sent: none is all text, one is for all.
pub fn expand_formats(codes: &[i16], count: usize, what: &str) -> SqlResult<Vec<Format>> {
    match codes {
        [] => Ok(vec![Format::Text; count]),
        [one] => Ok(vec![Format::from_code(*one)?; count]),
        many if many.len() == count => many.iter().map(|code| Format::from_code(*code)).collect(),
        many => Err(SqlError::new(
            sqlstate::PROTOCOL_VIOLATION,
            format!("bind message has {} {what} formats but {count} {what}s", many.len()),
        )),
    }
}

/// Encodes a message whose encoding cannot fail: all lengths are checked before.
pub fn put(output: &mut BytesMut, message: &impl Message) {
    let before = output.len();
    if message.encode(output).is_err() {
        // Longer than the codec allows: what was half written must not reach the client.
        output.truncate(before);
    }
}

/// A notification for a channel that the session listens on.
pub fn notification(output: &mut BytesMut, notification: crate::notifications::Notification) {
    let crate::notifications::Notification { process_id, channel, payload } = notification;
    put(output, &NotificationResponse::new(process_id, channel, payload));
}

pub fn ready(output: &mut BytesMut, status: TransactionStatus) {
    put(output, &ReadyForQuery::new(status));
}

pub fn command_complete(output: &mut BytesMut, tag: &str) {
    put(output, &CommandComplete::new(tag.to_owned()));
}

/// The width of a type as RowDescription tells it; −1 is variable.
fn type_size(oid: Oid) -> i16 {
    use types::oid::*;
    match oid {
        BOOL | CHAR => 1,
        INT2 => 2,
        INT4 | OID | FLOAT4 | DATE | REGCLASS | REGTYPE | REGPROC | REGPROCEDURE | REGOPER
        | REGOPERATOR | REGNAMESPACE | REGROLE | REGCOLLATION | XID | CID => 4,
        INT8 | FLOAT8 | TIME | TIMESTAMP | TIMESTAMPTZ | MONEY | PG_LSN | XID8 => 8,
        TIMETZ => 12,
        INTERVAL | UUID => 16,
        NAME => 64,
        CSTRING => -2,
        _ => -1,
    }
}

/// The columns as clients are told of them: a domain is the type under it.
pub fn client_columns(
    columns: &Arc<[OutputColumn]>,
    catalog: &catalog::Catalog,
) -> Arc<[OutputColumn]> {
    if columns.iter().all(|column| column.ty.oid < types::oid::FIRST_USER_OID) {
        return Arc::clone(columns);
    }
    let shown = |column: &OutputColumn| {
        let mut column = column.clone();
        while let Some(user_type) = catalog.user_type(column.ty.oid)
            && let catalog::UserTypeKind::Domain { base, modifier, .. } = &user_type.kind
        {
            column.ty = types::SqlType::with_modifier(*base, *modifier);
        }
        column
    };
    columns.iter().map(shown).collect()
}

pub fn row_description(output: &mut BytesMut, columns: &[OutputColumn], formats: &[Format]) {
    let fields = columns
        .iter()
        .enumerate()
        .map(|(position, column)| {
            let format = formats.get(position).copied().unwrap_or_default();
            FieldDescription::new(
                column.name.clone(),
                column.table as i32,
                column.attribute,
                column.ty.oid,
                type_size(column.ty.oid),
                // That of a row says which names its fields have, here only.
                if column.ty.oid == types::oid::RECORD { -1 } else { column.ty.modifier },
                match format {
                    Format::Text => 0,
                    Format::Binary => 1,
                },
            )
        })
        .collect();
    put(output, &RowDescription::new(fields));
}

/// Appends one DataRow. On an error nothing is appended.
pub fn data_row(
    output: &mut BytesMut,
    row: &[Datum],
    columns: &[OutputColumn],
    formats: &[Format],
    environment: &dyn EvalContext,
    scratch: &mut String,
) -> SqlResult<()> {
    let start = output.len();
    output.put_u8(b'D');
    output.put_i32(0);
    output.put_i16(i16::try_from(columns.len()).unwrap_or(i16::MAX));
    for (position, column) in columns.iter().enumerate() {
        let datum = row.get(position).unwrap_or(&Datum::Null);
        if datum.is_null() {
            output.put_i32(-1);
            continue;
        }
        let length_at = output.len();
        output.put_i32(0);
        let result = match formats.get(position).copied().unwrap_or_default() {
            Format::Text => {
                scratch.clear();
                write_text(scratch, column.ty.oid, datum, environment).map(|()| {
                    output.extend_from_slice(scratch.as_bytes());
                })
            }
            Format::Binary => functions::input_output::sendable(environment, column.ty.oid, datum)
                .and_then(|sendable| {
                    let datum = sendable.as_ref().unwrap_or(datum);
                    types::io::send(column.ty.oid, datum, environment.formats(), output)
                }),
        };
        if let Err(error) = result {
            output.truncate(start);
            return Err(error);
        }
        let length = output.len() - length_at - 4;
        output[length_at..length_at + 4].copy_from_slice(&(length as i32).to_be_bytes());
    }
    let length = output.len() - start - 1;
    let Ok(length) = i32::try_from(length) else {
        output.truncate(start);
        return Err(SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "a row is too large to send"));
    };
    output[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// The text form of a value; the commonest types without a detour.
pub fn write_text(
    out: &mut String,
    type_oid: Oid,
    datum: &Datum,
    environment: &dyn EvalContext,
) -> SqlResult<()> {
    match datum {
        Datum::Int2(value) => write!(out, "{value}").map_err(unwritable),
        Datum::Int4(value) => write!(out, "{value}").map_err(unwritable),
        Datum::Int8(value) => write!(out, "{value}").map_err(unwritable),
        Datum::Text(text) if type_oid != types::oid::CHAR => {
            out.push_str(text);
            Ok(())
        }
        _ => {
            out.push_str(&functions::input_output::output(environment, type_oid, datum)?);
            Ok(())
        }
    }
}

fn unwritable(_: std::fmt::Error) -> SqlError {
    SqlError::new(sqlstate::INTERNAL_ERROR, "a value could not be written")
}

/// The fields of an error in the order PostgreSQL sends them. `text` is the statement that locations point into.
fn error_fields(error: &SqlError, text: &str) -> Vec<(u8, String)> {
    let fields = error.fields();
    let mut out = vec![
        (b'S', fields.severity.as_str().to_owned()),
        (b'V', fields.severity.as_str().to_owned()),
        (b'C', fields.sqlstate.to_owned()),
        (b'M', fields.message.clone()),
    ];
    let mut optional = |code: u8, value: &Option<String>| {
        if let Some(value) = value {
            out.push((code, value.clone()));
        }
    };
    optional(b'D', &fields.detail);
    optional(b'H', &fields.hint);
    let position = fields.location.and_then(|offset| {
        let head = text.get(..offset as usize)?;
        Some((head.chars().count() + 1).to_string())
    });
    optional(b'P', &position);
    optional(b'W', &fields.context);
    optional(b's', &fields.schema);
    optional(b't', &fields.table);
    optional(b'c', &fields.column);
    optional(b'd', &fields.data_type);
    optional(b'n', &fields.constraint);
    // A C string ends at its first zero byte.
    for (_, value) in &mut out {
        if value.contains('\0') {
            *value = value.replace('\0', "\u{fffd}");
        }
    }
    out
}

pub fn error(output: &mut BytesMut, error: &SqlError, text: &str) {
    put(output, &ErrorResponse::new(error_fields(error, text)));
}

/// NOTICE, WARNING and the like, if `client_min_messages` lets them through.
pub fn notice(output: &mut BytesMut, notice: &SqlError, least: &str) {
    let rank = |severity: Severity| match severity {
        Severity::Debug => 0,
        Severity::Log => 1,
        Severity::Notice => 2,
        Severity::Warning => 3,
        Severity::Info => 5,
        _ => 4,
    };
    let least = match least {
        "log" => 1,
        "notice" => 2,
        "warning" => 3,
        "error" => 4,
        _ => 0,
    };
    if rank(notice.fields().severity) >= least {
        put(output, &NoticeResponse::new(error_fields(notice, "")));
    }
}

/// A parameter of a Bind message as a value of its type.
pub fn parameter(
    environment: &dyn Environment,
    number: usize,
    ty: types::SqlType,
    format: Format,
    bytes: Option<&[u8]>,
) -> SqlResult<Datum> {
    let Some(bytes) = bytes else { return Ok(Datum::Null) };
    let result = match format {
        Format::Text => {
            let text = utf8(bytes)?;
            functions::input_output::input(environment, ty.oid, text, ty.modifier)
        }
        Format::Binary => functions::input_output::receive(environment, ty.oid, bytes, ty.modifier),
    };
    result.map_err(|error| {
        let context = format!("unnamed portal parameter ${}", number + 1);
        if error.fields().context.is_none() { error.context(context) } else { error }
    })
}

/// Text from the client: UTF-8 without zero bytes, or 22021 in PostgreSQL's words.
pub fn utf8(bytes: &[u8]) -> SqlResult<&str> {
    let invalid = |sequence: &[u8]| {
        let shown: Vec<String> = sequence.iter().map(|byte| format!("0x{byte:02x}")).collect();
        SqlError::new(
            sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
            format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" ")),
        )
    };
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err(invalid(&[0])),
        Ok(text) => Ok(text),
        Err(error) => {
            let rest = &bytes[error.valid_up_to()..];
            let expected = match rest[0] {
                0xC0..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF7 => 4,
                _ => 1,
            };
            Err(invalid(&rest[..expected.min(rest.len())]))
        }
    }
}
