//! The settings of a session: SET, SHOW, RESET, and what they mean.
//!
//! A value is checked and brought into its canonical text when it is set, with PostgreSQL's messages, and kept as text
//! in [`session::SessionState`]. SET inside a transaction is undone by its rollback; SET LOCAL ends with it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use catalog::SettingRow;
use functions::context::{ByteaFormat, DateFormat, DateOrder, Formats, IntervalFormat};
use types::{SqlError, SqlResult, sqlstate};

use crate::date_style::DateStyle;
use crate::settings_table::SETTINGS;

/// What values a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Bool,
    Integer { minimum: i64, maximum: i64 },
    Real { minimum: f64, maximum: f64 },
    Enum(&'static [&'static str]),
    Text,
}

/// Who may change a setting, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    User,
    Superuser,
    Backend,
    SuperuserBackend,
    Sighup,
    Postmaster,
    Internal,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    pub context: Context,
    pub unit: &'static str,
    pub default: &'static str,
    pub category: &'static str,
}

/// The setting of that name, whatever its case.
pub fn find(name: &str) -> Option<&'static Setting> {
    let alias = match name {
        "time zone" => "TimeZone",
        "session authorization" => "session_authorization",
        _ => name,
    };
    let index = by_name();
    index.get(alias).or_else(|| index.get(alias.to_ascii_lowercase().as_str())).copied()
}

/// By canonical name and by lower-case name.
fn by_name() -> &'static HashMap<String, &'static Setting> {
    static INDEX: LazyLock<HashMap<String, &'static Setting>> = LazyLock::new(|| {
        let exact = SETTINGS.iter().map(|setting| (setting.name.to_owned(), setting));
        let lower = SETTINGS.iter().map(|setting| (setting.name.to_ascii_lowercase(), setting));
        exact.chain(lower).collect()
    });
    &INDEX
}

fn unknown(name: &str) -> SqlError {
    SqlError::new(
        sqlstate::UNDEFINED_OBJECT,
        format!("unrecognized configuration parameter \"{name}\""),
    )
}

/// A name with a dot that is nobody's: a setting the application makes up, as PostgreSQL allows.
pub fn is_custom(name: &str) -> bool {
    let mut parts = name.split('.');
    let valid = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    name.contains('.') && parts.all(valid)
}

/// Settings that clients are told about whenever they change.
pub const REPORTED: &[&str] = &[
    "application_name",
    "client_encoding",
    "DateStyle",
    "default_transaction_read_only",
    "in_hot_standby",
    "integer_datetimes",
    "IntervalStyle",
    "is_superuser",
    "scram_iterations",
    "server_encoding",
    "server_version",
    "session_authorization",
    "standard_conforming_strings",
    "TimeZone",
];

/// The values in force, over the defaults.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By canonical name.
    values: BTreeMap<String, String>,
    reset: BTreeMap<String, String>,
    formats: Arc<Formats>,
    statement_timeout_millis: u64,
    /// Grows with every change.
    epoch: u64,
}

impl Settings {
    pub fn new(values: BTreeMap<String, String>, reset: BTreeMap<String, String>) -> Settings {
        let mut settings = Settings { values, reset, ..Settings::default() };
        settings.refresh();
        settings
    }

    /// What [`session::SessionState`] keeps.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    pub fn formats(&self) -> &Arc<Formats> {
        &self.formats
    }

    pub fn statement_timeout_millis(&self) -> u64 {
        self.statement_timeout_millis
    }

    /// Differs whenever a setting differs.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The value in force as text; `None` if there is no such setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        match find(name) {
            Some(setting) => Some(
                self.values
                    .get(setting.name)
                    .or_else(|| self.reset.get(setting.name))
                    .map_or(setting.default, String::as_str),
            ),
            None => {
                let lower = name.to_ascii_lowercase();
                self.values.get(&lower).or_else(|| self.reset.get(&lower)).map(String::as_str)
            }
        }
    }

    /// What RESET would put in force.
    pub fn reset_value(&self, name: &str) -> &str {
        match self.reset.get(name) {
            Some(value) => value,
            None => find(name).map_or("", |setting| setting.default),
        }
    }

    /// The value as SHOW prints it: with its unit.
    pub fn show(&self, name: &str) -> SqlResult<String> {
        let value = self.get(name).ok_or_else(|| unknown(name))?;
        let Some(setting) = find(name) else { return Ok(value.to_owned()) };
        Ok(match setting.kind {
            Kind::Integer { .. } | Kind::Real { .. } => with_unit(value, setting.unit),
            _ => value.to_owned(),
        })
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some("on")
    }

    /// An integer setting in its own unit.
    pub fn integer(&self, name: &str) -> i64 {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// A value with what it leaves open as it is now: `SET datestyle = sql` keeps the order of day and month.
    pub fn completed(&self, name: &str, value: &str) -> String {
        let (true, Ok(style)) = (name.eq_ignore_ascii_case("DateStyle"), DateStyle::parse(value))
        else {
            return value.to_owned();
        };
        let current = self.get("DateStyle").unwrap_or("ISO, MDY");
        let (format, order) = current.split_once(", ").unwrap_or((current, "MDY"));
        let mut words: Vec<&str> = Vec::new();
        words.extend(style.format.is_none().then_some(if style.fills { "ISO" } else { format }));
        words.extend(Some(value.trim()).filter(|value| !value.is_empty()));
        words.extend(style.order.is_none().then_some(if style.fills { "MDY" } else { order }));
        words.join(", ")
    }

    /// Checks a value and returns the setting's canonical name and text; changes nothing.
    pub fn check(name: &str, value: &str, superuser: bool) -> SqlResult<(String, String)> {
        let Some(setting) = find(name) else {
            return match is_custom(name) {
                true => Ok((name.to_ascii_lowercase(), value.to_owned())),
                false => Err(unknown(name)),
            };
        };
        match setting.context {
            Context::User => {}
            Context::Superuser if superuser => {}
            Context::Superuser | Context::SuperuserBackend if !superuser => {
                return Err(SqlError::new(
                    sqlstate::INSUFFICIENT_PRIVILEGE,
                    format!("permission denied to set parameter \"{}\"", setting.name),
                ));
            }
            Context::Internal => {
                return Err(cannot_change(format!(
                    "parameter \"{}\" cannot be changed",
                    setting.name
                )));
            }
            Context::Postmaster => {
                return Err(cannot_change(format!(
                    "parameter \"{}\" cannot be changed without restarting the server",
                    setting.name
                )));
            }
            Context::Sighup => {
                return Err(cannot_change(format!(
                    "parameter \"{}\" cannot be changed now",
                    setting.name
                )));
            }
            Context::Backend | Context::SuperuserBackend | Context::Superuser => {
                return Err(cannot_change(format!(
                    "parameter \"{}\" cannot be set after connection start",
                    setting.name
                )));
            }
        }
        Ok((setting.name.to_owned(), canonical(setting, value)?))
    }

    /// Puts a checked value in force; returns what was set before (over the reset value).
    pub fn put(&mut self, name: &str, value: Option<String>) -> Option<String> {
        let before = match value {
            Some(value) => self.values.insert(name.to_owned(), value),
            None => self.values.remove(name),
        };
        self.refresh();
        before
    }

    /// RESET: the canonical name of a setting that may be reset.
    pub fn canonical_name(name: &str) -> SqlResult<String> {
        match find(name) {
            Some(setting) => Ok(setting.name.to_owned()),
            None if is_custom(name) => Ok(name.to_ascii_lowercase()),
            None => Err(unknown(name)),
        }
    }

    fn refresh(&mut self) {
        let text = |name: &str| self.get(name).unwrap_or_default().to_owned();
        let style = text("DateStyle");
        let (format, order) = DateStyle::parse(&style).unwrap_or_default().or_usual();
        self.formats = Arc::new(Formats {
            date_format: format,
            date_order: order,
            interval_format: match text("IntervalStyle").as_str() {
                "postgres_verbose" => IntervalFormat::PostgresVerbose,
                "sql_standard" => IntervalFormat::SqlStandard,
                "iso_8601" => IntervalFormat::Iso8601,
                _ => IntervalFormat::Postgres,
            },
            bytea_format: match text("bytea_output").as_str() {
                "escape" => ByteaFormat::Escape,
                _ => ByteaFormat::Hex,
            },
            extra_float_digits: text("extra_float_digits").parse().unwrap_or(1),
            time_zone: text("TimeZone"),
        });
        self.epoch += 1;
        self.statement_timeout_millis =
            u64::try_from(self.integer("statement_timeout")).unwrap_or(0);
    }
}

fn cannot_change(message: String) -> SqlError {
    SqlError::new(sqlstate::CANT_CHANGE_RUNTIME_PARAM, message)
}

fn invalid(setting: &Setting, value: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_PARAMETER_VALUE,
        format!("invalid value for parameter \"{}\": \"{value}\"", setting.name),
    )
}

/// A number whose unit is not one of the setting's.
fn invalid_number(setting: &Setting, value: &str) -> SqlError {
    let error = invalid(setting, value);
    let has_unit = value.trim().ends_with(|c: char| c.is_ascii_alphabetic())
        && value.trim().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    match unit_factor(setting.unit) {
        Some((true, _)) if has_unit => error
            .hint("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\"."),
        Some((false, _)) if has_unit => error.hint(
            "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".",
        ),
        _ => error,
    }
}

/// Six digits, as C's `%g` writes the bounds of a range.
fn short_number(number: f64) -> String {
    if number.abs() < 1e15 {
        return format!("{number}");
    }
    let text = format!("{number:.5e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            format!("{}e+{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        None => text,
    }
}

fn parse_bool(value: &str) -> Option<bool> {
    let lower = value.to_ascii_lowercase();
    let is_prefix = |word: &str, least: usize| lower.len() >= least && word.starts_with(&lower);
    if lower == "1" || lower == "on" || is_prefix("true", 1) || is_prefix("yes", 1) {
        Some(true)
    } else if lower == "0" || is_prefix("off", 2) || is_prefix("false", 1) || is_prefix("no", 1) {
        Some(false)
    } else {
        None
    }
}

/// Units of memory in bytes and of time in microseconds.
fn unit_factor(unit: &str) -> Option<(bool, f64)> {
    Some(match unit {
        "B" => (true, 1.0),
        "kB" => (true, 1024.0),
        "8kB" => (true, 8192.0),
        "MB" => (true, 1024.0 * 1024.0),
        "GB" => (true, 1024.0 * 1024.0 * 1024.0),
        "TB" => (true, 1024.0 * 1024.0 * 1024.0 * 1024.0),
        "us" => (false, 1.0),
        "ms" => (false, 1_000.0),
        "s" => (false, 1_000_000.0),
        "min" => (false, 60_000_000.0),
        "h" => (false, 3_600_000_000.0),
        "d" => (false, 86_400_000_000.0),
        _ => return None,
    })
}

/// A number with an optional unit, in the setting's own unit.
fn parse_number(setting: &Setting, value: &str) -> Option<f64> {
    let value = value.trim();
    let digits = value
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E' | 'x')))
        .unwrap_or(value.len());
    let (number, unit) = value.split_at(digits);
    let number = match number.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()? as f64,
        None => number.parse::<f64>().ok()?,
    };
    let unit = unit.trim();
    if unit.is_empty() {
        return Some(number);
    }
    let (is_memory, factor) = unit_factor(unit)?;
    let (base_memory, base) = unit_factor(setting.unit)?;
    (is_memory == base_memory).then_some(number * factor / base)
}

fn out_of_range(setting: &Setting, value: &str, low: &str, high: &str) -> SqlError {
    let unit = if setting.unit.is_empty() { String::new() } else { format!(" {}", setting.unit) };
    SqlError::new(
        sqlstate::INVALID_PARAMETER_VALUE,
        format!(
            "{value}{unit} is outside the valid range for parameter \"{}\" ({low} .. {high})",
            setting.name
        ),
    )
}

/// The value as PostgreSQL would keep it.
fn canonical(setting: &Setting, value: &str) -> SqlResult<String> {
    match setting.kind {
        Kind::Bool => match parse_bool(value) {
            Some(true) => Ok("on".to_owned()),
            Some(false) => Ok("off".to_owned()),
            None => Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("parameter \"{}\" requires a Boolean value", setting.name),
            )),
        },
        Kind::Integer { minimum, maximum } => {
            let number =
                parse_number(setting, value).ok_or_else(|| invalid_number(setting, value))?;
            let number = number.round();
            if number.abs() > f64::from(i32::MAX) {
                return Err(invalid(setting, value).hint("Value exceeds integer range."));
            }
            if number < minimum as f64 || number > maximum as f64 {
                return Err(out_of_range(
                    setting,
                    &format!("{number}"),
                    &minimum.to_string(),
                    &maximum.to_string(),
                ));
            }
            Ok(format!("{}", number as i64))
        }
        Kind::Real { minimum, maximum } => {
            let number =
                parse_number(setting, value).ok_or_else(|| invalid_number(setting, value))?;
            if !(minimum..=maximum).contains(&number) {
                return Err(out_of_range(
                    setting,
                    &format!("{number}"),
                    &short_number(minimum),
                    &short_number(maximum),
                ));
            }
            Ok(format!("{number}"))
        }
        Kind::Enum(values) => canonical_enum(setting, values, value),
        Kind::Text => canonical_text(setting, value),
    }
}

fn canonical_enum(setting: &Setting, values: &[&str], value: &str) -> SqlResult<String> {
    if let Some(found) = values.iter().find(|known| known.eq_ignore_ascii_case(value)) {
        return Ok((*found).to_owned());
    }
    // Enumerations that were booleans once still take their words.
    if let Some(on) = parse_bool(value) {
        let word = if on { "on" } else { "off" };
        if values.contains(&word) {
            return Ok(word.to_owned());
        }
        if setting.name == "backslash_quote" || setting.name == "constraint_exclusion" {
            return Ok(word.to_owned());
        }
    }
    Err(invalid(setting, value).hint(format!("Available values: {}.", values.join(", "))))
}

fn canonical_text(setting: &Setting, value: &str) -> SqlResult<String> {
    match setting.name {
        "client_encoding" => {
            let plain: String = value
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect();
            match plain.as_str() {
                "utf8" | "unicode" => Ok("UTF8".to_owned()),
                // ASCII is a subset of what is sent anyway.
                "sqlascii" => Ok("SQL_ASCII".to_owned()),
                "latin1" | "iso88591" | "win1252" | "windows1252" | "eucjp" | "sjis" | "gbk"
                | "big5" | "koi8r" | "win1251" => Err(SqlError::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("conversion between {} and UTF8 is not supported", value),
                )
                .hint("Quorate speaks UTF8 only: set client_encoding to UTF8.")),
                _ => Err(invalid(setting, value)),
            }
        }
        "default_text_search_config" => match value.trim_start_matches("pg_catalog.") {
            known @ ("simple" | "english") => Ok(format!("pg_catalog.{known}")),
            _ => Err(invalid(setting, value)),
        },
        "DateStyle" => {
            let (format, order) = DateStyle::parse(value)
                .map_err(|why| invalid(setting, value).detail(why))?
                .or_usual();
            let format = match format {
                DateFormat::Iso => "ISO",
                DateFormat::Sql => "SQL",
                DateFormat::Postgres => "Postgres",
                DateFormat::German => "German",
            };
            let order = match order {
                DateOrder::MonthDayYear => "MDY",
                DateOrder::DayMonthYear => "DMY",
                DateOrder::YearMonthDay => "YMD",
            };
            Ok(format!("{format}, {order}"))
        }
        "TimeZone" | "log_timezone" if is_plain_number(value) => {
            zone_of_hours(value).ok_or_else(|| invalid(setting, value))
        }
        "TimeZone" | "log_timezone" => types::datetime::Zone::parse(value)
            .map(|zone| zone.name().to_owned())
            .map_err(|_| invalid(setting, value)),
        "application_name" | "cluster_name" => {
            // PostgreSQL keeps printable ASCII and shows the rest as hexadecimal escapes, 63 bytes in all.
            let mut kept = String::new();
            for byte in value.bytes().take(63) {
                match byte {
                    32..=126 => kept.push(char::from(byte)),
                    _ => kept.push_str(&format!("\\x{byte:02x}")),
                }
            }
            Ok(kept)
        }
        _ => Ok(value.to_owned()),
    }
}

fn is_plain_number(value: &str) -> bool {
    value.trim().parse::<f64>().is_ok_and(f64::is_finite)
}

/// Hours to the east as the POSIX form PostgreSQL shows: `-3` is `<-03>+03`.
fn zone_of_hours(value: &str) -> Option<String> {
    let minutes = (value.trim().parse::<f64>().ok()? * 60.0).round() as i32;
    let size = minutes.unsigned_abs();
    let (hours, rest) = (size / 60, size % 60);
    if hours > 24 {
        return None;
    }
    let digits = if rest == 0 { format!("{hours:02}") } else { format!("{hours:02}:{rest:02}") };
    let (sign, opposite) = if minutes < 0 { ('-', '+') } else { ('+', '-') };
    Some(format!("<{sign}{digits}>{opposite}{digits}"))
}

/// A number in the largest unit that divides it, as SHOW prints.
fn with_unit(value: &str, unit: &str) -> String {
    let Ok(number) = value.parse::<i64>() else {
        return if unit.is_empty() { value.to_owned() } else { format!("{value}{unit}") };
    };
    let Some((is_memory, factor)) = unit_factor(unit) else { return value.to_owned() };
    if number <= 0 {
        return if number == 0 { "0".to_owned() } else { format!("{number}{}", plain(unit)) };
    }
    let units: &[&str] = if is_memory {
        &["TB", "GB", "MB", "kB", "B"]
    } else {
        &["d", "h", "min", "s", "ms", "us"]
    };
    let base = number as f64 * factor;
    for candidate in units {
        let (_, size) = unit_factor(candidate).expect("a known unit");
        if base >= size && (base / size).fract() == 0.0 {
            return format!("{}{candidate}", (base / size) as i64);
        }
    }
    format!("{number}{}", plain(unit))
}

/// `8kB` is a unit PostgreSQL counts in but does not print.
fn plain(unit: &str) -> &str {
    if unit == "8kB" { "kB" } else { unit }
}

/// What `pg_settings` shows.
pub fn rows(current: &Settings) -> Vec<SettingRow> {
    let context = |context| match context {
        Context::User => "user",
        Context::Superuser => "superuser",
        Context::Backend => "backend",
        Context::SuperuserBackend => "superuser-backend",
        Context::Sighup => "sighup",
        Context::Postmaster => "postmaster",
        Context::Internal => "internal",
    };
    SETTINGS
        .iter()
        .map(|setting| {
            let value = current.get(setting.name).unwrap_or(setting.default).to_owned();
            let (kind, minimum, maximum, values) = match setting.kind {
                Kind::Bool => ("bool", None, None, None),
                Kind::Integer { minimum, maximum } => {
                    ("integer", Some(minimum.to_string()), Some(maximum.to_string()), None)
                }
                Kind::Real { minimum, maximum } => {
                    ("real", Some(minimum.to_string()), Some(maximum.to_string()), None)
                }
                Kind::Enum(values) => (
                    "enum",
                    None,
                    None,
                    Some(values.iter().map(|value| (*value).to_owned()).collect()),
                ),
                Kind::Text => ("string", None, None, None),
            };
            let is_default = value == setting.default;
            SettingRow {
                name: setting.name.to_owned(),
                value,
                unit: setting.unit.to_owned(),
                category: setting.category.to_owned(),
                context: context(setting.context).to_owned(),
                kind: kind.to_owned(),
                source: if is_default { "default" } else { "session" }.to_owned(),
                minimum,
                maximum,
                values,
                boot_value: setting.default.to_owned(),
                reset_value: current.reset_value(setting.name).to_owned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> SqlResult<String> {
        Settings::check(name, value, false).map(|(_, value)| value)
    }

    #[test]
    fn values_are_canonical_and_shown_with_units() {
        assert_eq!(set("work_mem", "64MB").expect("valid"), "65536");
        assert_eq!(set("statement_timeout", "1min").expect("valid"), "60000");
        assert_eq!(set("enable_hashjoin", "F").expect("valid"), "off");
        assert_eq!(set("datestyle", "german").expect("valid"), "German, DMY");
        let mut sql = Settings::default();
        sql.put("DateStyle", Some("SQL, YMD".to_owned()));
        for (given, completed) in [
            ("german", "German, DMY"),
            ("iso", "ISO, YMD"),
            ("european", "SQL, DMY"),
            ("default", "ISO, MDY"),
            ("", "SQL, YMD"),
        ] {
            let completed_value = sql.completed("datestyle", given);
            assert_eq!(set("datestyle", &completed_value).expect("valid"), completed, "{given}");
        }
        assert_eq!(set("client_encoding", "utf-8").expect("valid"), "UTF8");
        let mut settings = Settings::default();
        settings.put("work_mem", Some("65536".to_owned()));
        assert_eq!(settings.show("WORK_MEM").expect("known"), "64MB");
        assert_eq!(settings.show("statement_timeout").expect("known"), "0");
    }

    #[test]
    fn mistakes_have_postgresqls_codes() {
        let code = |name, value| set(name, value).expect_err("refused").sqlstate();
        assert_eq!(code("nonsense", "1"), sqlstate::UNDEFINED_OBJECT);
        assert_eq!(code("work_mem", "1 parsec"), sqlstate::INVALID_PARAMETER_VALUE);
        assert_eq!(code("work_mem", "1"), sqlstate::INVALID_PARAMETER_VALUE);
        assert_eq!(code("server_version", "1"), sqlstate::CANT_CHANGE_RUNTIME_PARAM);
        assert_eq!(code("port", "1"), sqlstate::CANT_CHANGE_RUNTIME_PARAM);
        assert_eq!(code("log_statement", "all"), sqlstate::INSUFFICIENT_PRIVILEGE);
        assert!(set("my.own", "x").is_ok());
    }
}
