//! Settings that change how values are read and written.

/// How dates are written: the first word of `DateStyle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DateFormat {
    #[default]
    Iso,
    Sql,
    Postgres,
    German,
}

/// The order of day, month and year: the second word of `DateStyle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DateOrder {
    #[default]
    MonthDayYear,
    DayMonthYear,
    YearMonthDay,
}

/// `IntervalStyle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IntervalFormat {
    #[default]
    Postgres,
    PostgresVerbose,
    SqlStandard,
    Iso8601,
}

/// `bytea_output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ByteaFormat {
    #[default]
    Hex,
    Escape,
}

/// Settings that change how values are read and written; copied out of the session once per statement.
#[derive(Clone, Debug)]
pub struct Formats {
    pub date_format: DateFormat,
    pub date_order: DateOrder,
    pub interval_format: IntervalFormat,
    pub bytea_format: ByteaFormat,
    /// 1 and above is the shortest exact form; 0 and below PostgreSQL's old rounding.
    pub extra_float_digits: i32,
    /// The zone as named by `TimeZone`: an IANA name or a POSIX form.
    pub time_zone: String,
}

impl Default for Formats {
    fn default() -> Formats {
        Formats {
            date_format: DateFormat::default(),
            date_order: DateOrder::default(),
            interval_format: IntervalFormat::default(),
            bytea_format: ByteaFormat::default(),
            extra_float_digits: 1,
            time_zone: "UTC".to_owned(),
        }
    }
}
