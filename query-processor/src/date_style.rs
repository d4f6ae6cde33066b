//! The setting `DateStyle`: how its words are read, and what they leave open.

use functions::context::{DateFormat, DateOrder};

/// What a value of `DateStyle` says.
#[derive(Default)]
pub struct DateStyle {
    pub format: Option<DateFormat>,
    pub order: Option<DateOrder>,
    /// `default` stands for whatever the other words leave open.
    pub fills: bool,
}

impl DateStyle {
    /// Reads `ISO, MDY` and its many spellings. An error says why.
    pub fn parse(value: &str) -> Result<DateStyle, String> {
        let mut style = DateStyle::default();
        let conflicting = || "Conflicting \"datestyle\" specifications.".to_owned();
        let words = value.split(',').map(str::trim);
        for word in words.filter(|_| !value.trim().is_empty()) {
            if word.is_empty() || word.contains(char::is_whitespace) {
                return Err("List syntax is invalid.".to_owned());
            }
            let word = word.trim_matches('"').to_ascii_lowercase();
            let (format, order) = match word.as_str() {
                "default" => {
                    style.fills = true;
                    continue;
                }
                "iso" => (Some(DateFormat::Iso), None),
                "sql" => (Some(DateFormat::Sql), None),
                "german" => (Some(DateFormat::German), None),
                word if word.starts_with("postgres") => (Some(DateFormat::Postgres), None),
                "mdy" | "us" | "noneuro" | "noneuropean" => (None, Some(DateOrder::MonthDayYear)),
                "dmy" | "euro" | "european" => (None, Some(DateOrder::DayMonthYear)),
                "ymd" => (None, Some(DateOrder::YearMonthDay)),
                _ => return Err(format!("Unrecognized key word: \"{word}\".")),
            };
            if format.is_some() {
                if style.format.is_some() && style.format != format {
                    return Err(conflicting());
                }
                style.format = format;
            }
            if order.is_some() {
                if style.order.is_some() && style.order != order {
                    return Err(conflicting());
                }
                style.order = order;
            }
        }
        // German dates have their day first unless another order is asked for.
        if style.format == Some(DateFormat::German) && style.order.is_none() {
            style.order = Some(DateOrder::DayMonthYear);
        }
        Ok(style)
    }

    pub fn or_usual(&self) -> (DateFormat, DateOrder) {
        (self.format.unwrap_or(DateFormat::Iso), self.order.unwrap_or(DateOrder::MonthDayYear))
    }
}
