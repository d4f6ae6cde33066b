//! The options of COPY.

use syntax::ast::{OptionItem, OptionValue};
use types::{SqlError, SqlResult, sqlstate};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    Text,
    Csv,
    Binary,
}

/// What is done with a first line of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    No,
    Yes,
    /// The names must be those of the columns.
    Match,
}

/// Which columns a list option names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    None,
    All,
    Some(Vec<String>),
}

impl Columns {
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Columns::None => false,
            Columns::All => true,
            Columns::Some(names) => names.iter().any(|listed| listed == name),
        }
    }
}

/// All options with their defaults filled in.
#[derive(Clone, Debug)]
pub struct CopyOptions {
    pub format: CopyFormat,
    pub delimiter: u8,
    pub null: String,
    pub header: Header,
    pub quote: u8,
    pub escape: u8,
    pub force_quote: Columns,
    pub force_not_null: Columns,
    pub force_null: Columns,
    pub default: Option<String>,
    /// Rows that cannot be read are left out instead of failing the statement.
    pub ignore_errors: bool,
}

fn invalid(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

fn word(item: &OptionItem) -> SqlResult<String> {
    match &item.value {
        Some(OptionValue::Word(text) | OptionValue::String(text) | OptionValue::Number(text)) => {
            Ok(text.clone())
        }
        _ => Err(SqlError::new(
            sqlstate::SYNTAX_ERROR,
            format!("{} requires a parameter", item.name),
        )
        .at(item.location)),
    }
}

fn boolean(item: &OptionItem) -> SqlResult<bool> {
    match &item.value {
        None => Ok(true),
        Some(_) => match word(item)?.to_ascii_lowercase().as_str() {
            "true" | "on" | "1" => Ok(true),
            "false" | "off" | "0" => Ok(false),
            _ => Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                format!("{} requires a Boolean value", item.name),
            )
            .at(item.location)),
        },
    }
}

fn columns(item: &OptionItem) -> SqlResult<Columns> {
    match &item.value {
        Some(OptionValue::Star) => Ok(Columns::All),
        Some(OptionValue::List(items)) => Ok(Columns::Some(
            items
                .iter()
                .filter_map(|value| match value {
                    OptionValue::Word(text) | OptionValue::String(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
        )),
        Some(OptionValue::Word(text) | OptionValue::String(text)) => {
            Ok(Columns::Some(vec![text.clone()]))
        }
        _ => Err(invalid(format!(
            "argument to option \"{}\" must be a list of column names",
            item.name
        ))),
    }
}

fn single_byte(item: &OptionItem, what: &str) -> SqlResult<u8> {
    let text = word(item)?;
    match text.as_bytes() {
        [one] => Ok(*one),
        _ => Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("COPY {what} must be a single one-byte character"),
        )),
    }
}

impl CopyOptions {
    pub fn read(items: &[OptionItem], is_from: bool) -> SqlResult<CopyOptions> {
        for (index, item) in items.iter().enumerate() {
            if items[..index].iter().any(|earlier| earlier.name == item.name) {
                let message = "conflicting or redundant options";
                return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(item.location));
            }
        }
        let mut format = CopyFormat::Text;
        for item in items.iter().filter(|item| item.name == "format") {
            format = match word(item)?.as_str() {
                "text" => CopyFormat::Text,
                "csv" => CopyFormat::Csv,
                "binary" => CopyFormat::Binary,
                other => {
                    return Err(invalid(format!("COPY format \"{other}\" not recognized"))
                        .at(item.location));
                }
            };
        }
        let csv = format == CopyFormat::Csv;
        let mut options = CopyOptions {
            format,
            delimiter: if csv { b',' } else { b'\t' },
            null: if csv { String::new() } else { "\\N".to_owned() },
            header: Header::No,
            quote: b'"',
            escape: b'"',
            force_quote: Columns::None,
            force_not_null: Columns::None,
            force_null: Columns::None,
            default: None,
            ignore_errors: false,
        };
        let mut escape = None;
        for item in items {
            match item.name.as_str() {
                "format" => {}
                "delimiter" => options.delimiter = single_byte(item, "delimiter")?,
                "null" => options.null = word(item)?,
                "default" => options.default = Some(word(item)?),
                "header" => {
                    let matches = item.value.is_some() && word(item)?.eq_ignore_ascii_case("match");
                    options.header = match matches {
                        true if is_from => Header::Match,
                        true => {
                            return Err(invalid("cannot use \"match\" with HEADER in COPY TO"));
                        }
                        false if boolean(item)? => Header::Yes,
                        false => Header::No,
                    };
                }
                "quote" => options.quote = single_byte(item, "quote")?,
                "escape" => escape = Some(single_byte(item, "escape")?),
                "force_quote" => options.force_quote = columns(item)?,
                "force_not_null" => options.force_not_null = columns(item)?,
                "force_null" => options.force_null = columns(item)?,
                "on_error" => {
                    options.ignore_errors = match word(item)?.as_str() {
                        "stop" => false,
                        "ignore" => true,
                        other => {
                            return Err(invalid(format!(
                                "COPY ON_ERROR \"{other}\" not recognized"
                            )));
                        }
                    }
                }
                // What it promises holds anyway: rows become visible with the transaction.
                "freeze" => {
                    boolean(item)?;
                }
                "encoding" => {
                    let name = word(item)?;
                    crate::settings::Settings::check("client_encoding", &name, false)?;
                }
                "log_verbosity" => {
                    word(item)?;
                }
                other => {
                    return Err(SqlError::new(
                        sqlstate::SYNTAX_ERROR,
                        format!("option \"{other}\" not recognized"),
                    )
                    .at(item.location));
                }
            }
        }
        options.escape = escape.unwrap_or(options.quote);
        options.check(items, csv)?;
        Ok(options)
    }

    fn check(&self, items: &[OptionItem], csv: bool) -> SqlResult<()> {
        let given = |name: &str| items.iter().any(|item| item.name == name);
        if self.format == CopyFormat::Binary {
            for name in ["delimiter", "null", "header", "default"] {
                if given(name) {
                    return Err(SqlError::new(
                        sqlstate::SYNTAX_ERROR,
                        format!("cannot specify {} in BINARY mode", name.to_uppercase()),
                    ));
                }
            }
        }
        if !csv {
            for name in ["quote", "escape", "force_quote", "force_not_null", "force_null"] {
                if given(name) {
                    let shown = name.replace('_', " ");
                    return Err(SqlError::new(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        format!("COPY {shown} available only in CSV mode"),
                    ));
                }
            }
            if b"\\.abcdefghijklmnopqrstuvwxyz0123456789".contains(&self.delimiter) {
                return Err(invalid(format!(
                    "COPY delimiter cannot be \"{}\"",
                    char::from(self.delimiter)
                )));
            }
        }
        if matches!(self.delimiter, b'\n' | b'\r') {
            return Err(invalid("COPY delimiter cannot be newline or carriage return"));
        }
        if csv && self.delimiter == self.quote {
            return Err(invalid("COPY delimiter and quote must be different"));
        }
        if self.null.contains(['\n', '\r']) {
            return Err(invalid("COPY null representation cannot use newline or carriage return"));
        }
        Ok(())
    }
}
