//! Functions about the session and the system. Functions are named as `pg_proc.prosrc`.

use types::{Array, Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::aggregates_collect::datum_bytes;
use crate::bodies::arguments::{boolean, float8, int4, integer, invalid_parameter, numeric, text};
use crate::context::EvalContext;

/// What `version()` says.
pub const VERSION: &str = concat!("PostgreSQL 16.10 (Quorate ", env!("CARGO_PKG_VERSION"), ")");

macro_rules! system_functions {
    ($($name:ident($context:ident, $arguments:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name($context: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            let _ = ($context, $arguments);
            $result
        }
    )*};
}

system_functions! {
    pgsql_version(c, a) => Ok(Datum::text(format!(
        "{VERSION} on {}-{}, 64-bit", std::env::consts::ARCH, std::env::consts::OS
    )));
    current_user(c, a) => Ok(Datum::text(c.current_user()));
    session_user(c, a) => Ok(Datum::text(c.session_user()));
    current_database(c, a) => Ok(Datum::text(c.current_database()));
    current_schema(c, a) => {
        Ok(c.search_path(false).into_iter().next().map_or(Datum::Null, Datum::text))
    };
    current_schemas(c, a) => {
        let schemas = c.search_path(boolean(a, 0)?).into_iter().map(Datum::text).collect();
        Ok(Datum::Array(Array::from_elements(oid::NAME, schemas).into()))
    };
    pg_backend_pid(c, a) => Ok(Datum::Int4(c.backend_pid()));
    pg_is_in_recovery(c, a) => Ok(Datum::Bool(false));
    pg_client_encoding(c, a) => Ok(Datum::text("UTF8"));
    getdatabaseencoding(c, a) => Ok(Datum::text("UTF8"));
    pg_encoding_to_char(c, a) => Ok(Datum::text(match int4(a, 0)? {
        0 => "SQL_ASCII",
        6 => "UTF8",
        8 => "LATIN1",
        _ => "",
    }));
    pg_char_to_encoding(c, a) => {
        let name = text(a, 0)?.to_ascii_lowercase().replace(['-', '_'], "");
        Ok(Datum::Int4(match name.as_str() {
            "sqlascii" => 0,
            "utf8" | "unicode" => 6,
            "latin1" | "iso88591" => 8,
            _ => -1,
        }))
    };
    pg_jit_available(c, a) => Ok(Datum::Bool(false));
    pg_my_temp_schema(c, a) => Ok(Datum::Oid(0));
    pg_is_other_temp_schema(c, a) => Ok(Datum::Bool(false));
    pg_sleep(c, a) => sleep(c, float8(a, 0)?);
    pg_sleep_for(c, a) => {
        let span = types::datetime::interval_span(&crate::bodies::arguments::interval(a, 0)?);
        sleep(c, span as f64 / 1_000_000.0)
    };
    pg_sleep_until(c, a) => {
        let until = crate::bodies::arguments::timestamptz(a, 0)?;
        sleep(c, (until as f64 - c.clock_time() as f64) / 1_000_000.0)
    };
    show_config_by_name(c, a) => {
        let name = text(a, 0)?;
        c.setting(name)?.map(Datum::text).ok_or_else(|| unknown_setting(name))
    };
    show_config_by_name_missing_ok(c, a) => {
        let name = text(a, 0)?;
        match c.setting(name) {
            Ok(Some(value)) => Ok(Datum::text(value)),
            Ok(None) if boolean(a, 1)? => Ok(Datum::Null),
            Ok(None) => Err(unknown_setting(name)),
            Err(error) if error.sqlstate() == sqlstate::UNDEFINED_OBJECT && boolean(a, 1)? => {
                Ok(Datum::Null)
            }
            Err(error) => Err(error),
        }
    };
    set_config_by_name(c, a) => {
        if a[0].is_null() {
            return Err(SqlError::new(
                sqlstate::NULL_VALUE_NOT_ALLOWED,
                "SET requires parameter name",
            ));
        }
        let value = if a[1].is_null() { "" } else { text(a, 1)? };
        let local = !a[2].is_null() && boolean(a, 2)?;
        c.set_setting(text(a, 0)?, value, local).map(Datum::text)
    };
    gen_random_uuid(c, a) => {
        let mut bytes = [0u8; 16];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
        let made = uuid::Builder::from_random_bytes(bytes).into_uuid();
        Ok(Datum::Uuid(made.into()))
    };
    uuidv7(c, a) => {
        let mut bytes = [0u8; 10];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
        // Microseconds since 2000 to milliseconds since 1970.
        let milliseconds = u64::try_from(c.clock_time() / 1000 + 946_684_800_000).unwrap_or(0);
        let made = uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid();
        Ok(Datum::Uuid(made.into()))
    };
    pg_size_pretty(c, a) => Ok(Datum::text(pretty_size(i128::from(integer(&a[0])?))));
    pg_size_pretty_numeric(c, a) => {
        Ok(Datum::text(pretty_size(numeric(a, 0)?.trunc(0).to_i128()?)))
    };
    pg_size_bytes(c, a) => parse_size(text(a, 0)?).map(Datum::Int8);
    pg_column_size(c, a) => {
        crate::bodies::arguments::int4_result(match &a[0] {
            Datum::Null => return Ok(Datum::Null),
            Datum::Bool(_) | Datum::Char(_) => 1,
            Datum::Int2(_) => 2,
            Datum::Int4(_) | Datum::Float4(_) | Datum::Oid(_) | Datum::Date(_) => 4,
            Datum::Int8(_) | Datum::Float8(_) | Datum::Time(_) | Datum::Timestamp(_)
            | Datum::TimestampTz(_) => 8,
            Datum::TimeTz(..) => 12,
            Datum::Uuid(_) | Datum::Interval(_) => 16,
            Datum::Text(text) => text.len() + if text.len() < 127 { 1 } else { 4 },
            Datum::Bytea(bytes) => bytes.len() + if bytes.len() < 127 { 1 } else { 4 },
            other => datum_bytes(other),
        })
    };
    format_type(c, a) => {
        if a[0].is_null() {
            return Ok(Datum::Null);
        }
        let type_oid = integer(&a[0])? as Oid;
        let modifier = if a[1].is_null() { -1 } else { int4(a, 1)? };
        if type_oid == 0 {
            return Ok(Datum::text("-"));
        }
        let known = types::builtin::format_type(type_oid, modifier)
            .or_else(|| c.object_name(oid::REGTYPE, type_oid));
        Ok(Datum::text(known.unwrap_or_else(|| "???".to_owned())))
    };
}

pub(crate) fn pg_typeof(
    context: &dyn EvalContext,
    _: &[Datum],
    types: &[Oid],
    _: Oid,
) -> SqlResult<Datum> {
    let _ = context;
    Ok(Datum::Oid(types.first().copied().unwrap_or(oid::UNKNOWN)))
}

fn unknown_setting(name: &str) -> SqlError {
    SqlError::new(
        sqlstate::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}

/// Sleeps in short naps, so that a cancel is seen soon.
fn sleep(context: &dyn EvalContext, seconds: f64) -> SqlResult<Datum> {
    const NAP_SECONDS: f64 = 0.01;
    let start = context.clock_time();
    let mut left = seconds;
    while left > 0.0 {
        context.check_interrupts()?;
        std::thread::sleep(std::time::Duration::from_secs_f64(left.min(NAP_SECONDS)));
        left -= NAP_SECONDS;
        // A clock that moves decides; one that stands still (no session) leaves it to the count of naps.
        let passed = context.clock_time().saturating_sub(start) as f64 / 1_000_000.0;
        if passed >= seconds {
            break;
        }
    }
    Ok(Datum::text(""))
}

const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/// As `pg_size_pretty`: up to 10 units of one kind before the next is used, rounded half away from zero.
fn pretty_size(bytes: i128) -> String {
    let mut value = bytes;
    // One bit more than shown is kept below the point for rounding.
    let mut doubled = false;
    for (index, unit) in UNITS.iter().enumerate() {
        let limit = if doubled { 20 * 1024 - 1 } else { 10 * 1024 };
        if value.abs() < limit || index == UNITS.len() - 1 {
            let shown = if doubled { (value + value.signum()) / 2 } else { value };
            return format!("{shown} {unit}");
        }
        value /= if doubled { 1024 } else { 512 };
        doubled = true;
    }
    String::new()
}

fn parse_size(size: &str) -> SqlResult<i64> {
    let invalid = || invalid_parameter(format!("invalid size: \"{size}\""));
    let trimmed = size.trim();
    let split =
        trimmed.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let number = types::numeric::Numeric::parse(trimmed[..split].trim()).map_err(|_| invalid())?;
    let unit = trimmed[split..].trim().to_ascii_lowercase();
    let power = match unit.as_str() {
        "" | "bytes" | "b" => 0,
        "kb" => 1,
        "mb" => 2,
        "gb" => 3,
        "tb" => 4,
        "pb" => 5,
        _ => {
            return Err(invalid()
                .detail(format!("Invalid size unit: \"{}\".", trimmed[split..].trim()))
                .hint(
                    "Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".",
                ));
        }
    };
    number.mul(&types::numeric::Numeric::from(1i64 << (10 * power)))?.to_i64()
}
