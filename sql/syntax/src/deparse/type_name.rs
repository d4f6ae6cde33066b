//! Types by the names that PostgreSQL's `format_type` gives them.

use super::Printer;
use crate::ast::*;

impl Printer {
    pub fn type_name(&mut self, type_name: &TypeName) {
        if type_name.set_of {
            self.push("SETOF ");
        }
        if type_name.percent_type {
            self.dotted(&type_name.names);
            self.push("%TYPE");
            return;
        }
        let system = match type_name.names.as_slice() {
            [schema, name] if schema == "pg_catalog" => Some(name.as_str()),
            _ => None,
        };
        let bare = type_name.modifiers.is_empty();
        let (before, after) = match system {
            Some("int2") => ("smallint", ""),
            Some("int4") => ("integer", ""),
            Some("int8") => ("bigint", ""),
            Some("float4") => ("real", ""),
            Some("float8") => ("double precision", ""),
            Some("bool") => ("boolean", ""),
            Some("numeric") => ("numeric", ""),
            Some("varchar") => ("character varying", ""),
            Some("bpchar") if !bare => ("character", ""),
            Some("bit") if !bare => ("bit", ""),
            Some("varbit") => ("bit varying", ""),
            Some("timestamp") => ("timestamp", " without time zone"),
            Some("timestamptz") => ("timestamp", " with time zone"),
            Some("time") => ("time", " without time zone"),
            Some("timetz") => ("time", " with time zone"),
            Some("interval") => ("interval", ""),
            _ => ("", ""),
        };
        if before.is_empty() {
            self.dotted(&type_name.names);
        } else {
            self.push(before);
        }
        if let Some(fields) = type_name.interval_fields {
            self.push(interval_words(fields));
        }
        if !bare {
            self.push("(");
            self.list(&type_name.modifiers, Printer::expression);
            self.push(")");
        }
        self.push(after);
        for bound in &type_name.array_bounds {
            match bound {
                Some(bound) => self.push(&format!("[{bound}]")),
                None => self.push("[]"),
            }
        }
    }
}

fn interval_words(fields: IntervalFields) -> &'static str {
    match fields {
        IntervalFields::Year => " year",
        IntervalFields::Month => " month",
        IntervalFields::Day => " day",
        IntervalFields::Hour => " hour",
        IntervalFields::Minute => " minute",
        IntervalFields::Second => " second",
        IntervalFields::YearToMonth => " year to month",
        IntervalFields::DayToHour => " day to hour",
        IntervalFields::DayToMinute => " day to minute",
        IntervalFields::DayToSecond => " day to second",
        IntervalFields::HourToMinute => " hour to minute",
        IntervalFields::HourToSecond => " hour to second",
        IntervalFields::MinuteToSecond => " minute to second",
    }
}
