//! RAISE: its grammar, and the error or notice that it makes.

use types::{Severity, SqlError};

use crate::conditions;
use crate::parser::{Parse, Parser};
use crate::tree::Raise;

impl Parser<'_> {
    pub(crate) fn raise_statement(&mut self) -> Parse<Raise> {
        let mut raise = Raise { level: "exception".to_owned(), ..Raise::default() };
        let levels = ["exception", "warning", "notice", "info", "log", "debug"];
        if let Some(level) = levels.iter().find(|level| self.accept(level)) {
            raise.level = (*level).to_owned();
        } else if self.pieces.get(self.at).is_some_and(|piece| piece.text == ";") {
            raise.again = true;
            return Ok(raise);
        }
        let next = self.pieces.get(self.at).cloned();
        match next {
            Some(piece) if piece.text.starts_with(['\'', 'e', 'E', '$']) && !piece.name => {
                self.at += 1;
                raise.format = Some(unquote(&piece.text));
                while self.accept(",") {
                    raise.arguments.push(self.until(&[",", "using", ";"])?);
                }
                let written = raise.format.as_deref().unwrap_or_default().replace("%%", "");
                let places = written.matches('%').count();
                if places > raise.arguments.len() {
                    return Err(self.error("too few parameters specified for RAISE"));
                }
                if places < raise.arguments.len() {
                    return Err(self.error("too many parameters specified for RAISE"));
                }
            }
            Some(piece) if piece.text == "sqlstate" => {
                self.at += 1;
                raise.condition = Some(self.sqlstate_text()?);
            }
            Some(piece) if piece.name && piece.text != "using" => {
                let name = self.name()?;
                if conditions::state_of(&name).is_none() {
                    return Err(self.error(format!("unrecognized exception condition \"{name}\"")));
                }
                raise.condition = Some(name);
            }
            _ => {}
        }
        if self.accept("using") {
            loop {
                let option = self.name()?;
                if !self.accept("=") {
                    self.expect(":=")?;
                }
                raise.options.push((option, self.until(&[",", ";"])?));
                if !self.accept(",") {
                    break;
                }
            }
        }
        Ok(raise)
    }
}

/// The value of a string as written.
fn unquote(written: &str) -> String {
    if let Some(rest) = written.strip_prefix('$') {
        let tag = rest.find('$').map_or(0, |at| at + 2);
        return written[tag..written.len().saturating_sub(tag).max(tag)].to_owned();
    }
    let escapes = written.starts_with(['e', 'E']);
    let inside = written.trim_start_matches(['e', 'E']);
    let text = inside[1..inside.len().max(2) - 1].replace("''", "'");
    if escapes { text.replace("\\n", "\n").replace("\\t", "\t").replace("\\'", "'") } else { text }
}

/// The message with its places filled.
pub(crate) fn fill(format: &str, arguments: &[String]) -> String {
    let mut message = String::new();
    let mut arguments = arguments.iter();
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '%' if characters.next_if_eq(&'%').is_some() => message.push('%'),
            '%' => message.push_str(arguments.next().map_or("", String::as_str)),
            other => message.push(other),
        }
    }
    message
}

/// What is raised; `options` are evaluated.
pub(crate) fn made(
    raise: &Raise,
    message: Option<String>,
    options: &[(String, String)],
) -> SqlError {
    let mut state = raise.condition.clone();
    let mut message = message;
    for (name, value) in options {
        match name.as_str() {
            "message" => message = Some(value.clone()),
            "errcode" => state = Some(value.clone()),
            _ => {}
        }
    }
    let named = state.as_deref();
    let code = match named {
        None => "P0001",
        Some(name) => conditions::state_of(name).unwrap_or_else(|| conditions::lasting(name)),
    };
    let message = message.unwrap_or_else(|| named.unwrap_or(code).to_owned());
    let severity = match raise.level.as_str() {
        "warning" => Severity::Warning,
        "notice" => Severity::Notice,
        "info" => Severity::Info,
        "log" => Severity::Log,
        "debug" => Severity::Debug,
        _ => Severity::Error,
    };
    let code = match severity {
        Severity::Error => code,
        Severity::Warning if named.is_none() => "01000",
        _ if named.is_none() => "00000",
        _ => code,
    };
    let mut error = SqlError::new(code, message).severity(severity);
    let (mut schema, mut table) = (None, None);
    for (name, value) in options {
        error = match name.as_str() {
            "detail" => error.detail(value),
            "hint" => error.hint(value),
            "column" => error.column(value),
            "constraint" => error.constraint(value),
            "datatype" => error.data_type(value),
            "schema" => {
                schema = Some(value.clone());
                error
            }
            "table" => {
                table = Some(value.clone());
                error
            }
            _ => error,
        };
    }
    if schema.is_some() || table.is_some() {
        error = error.relation(schema.unwrap_or_default(), table.unwrap_or_default());
    }
    error
}
