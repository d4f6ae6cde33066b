//! Type names.

use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// PostgreSQL's Typename.
    pub fn type_name(&mut self) -> Parse<TypeName> {
        let set_of = self.accept("setof");
        let mut type_name = self.simple_type(true)?;
        type_name.set_of = set_of;
        self.array_bounds(&mut type_name)?;
        Ok(type_name)
    }

    fn array_bounds(&mut self, type_name: &mut TypeName) -> Parse<()> {
        if self.accept("array") {
            let bound = if self.accept_symbol("[") {
                let bound = self.unsigned()?;
                self.expect_symbol("]")?;
                Some(bound)
            } else {
                None
            };
            type_name.array_bounds.push(bound);
            return Ok(());
        }
        while self.accept_symbol("[") {
            let bound =
                if self.kind() == TokenKind::Integer { Some(self.unsigned()?) } else { None };
            self.expect_symbol("]")?;
            type_name.array_bounds.push(bound);
        }
        Ok(())
    }

    /// A type in a function's signature: also `t.c%TYPE`.
    pub fn function_type(&mut self) -> Parse<TypeName> {
        let set_of = self.at("setof");
        let ahead = usize::from(set_of);
        let mut end = ahead;
        while self.is_label(end) && self.symbol_ahead(end + 1, ".") {
            end += 2;
        }
        if end > ahead && self.is_label(end) && self.symbol_ahead(end + 1, "%") {
            self.skip(ahead);
            let location = self.location();
            let name = self.object_name()?;
            self.expect_symbol("%")?;
            self.expect("type")?;
            let mut type_name = TypeName::system("", location);
            type_name.names = name.parts;
            type_name.percent_type = true;
            type_name.set_of = set_of;
            return Ok(type_name);
        }
        self.type_name()
    }

    /// Whether the current key word begins a type with SQL's own spelling.
    pub fn at_sql_type(&self) -> bool {
        self.at_any(&[
            "int",
            "integer",
            "smallint",
            "bigint",
            "real",
            "float",
            "decimal",
            "dec",
            "numeric",
            "boolean",
            "bit",
            "character",
            "char",
            "varchar",
            "national",
            "nchar",
            "timestamp",
            "time",
            "interval",
        ]) || self.at_words(&["double", "precision"])
    }

    /// A type without array bounds. `default_length`: whether `char` means `char(1)`.
    pub fn simple_type(&mut self, default_length: bool) -> Parse<TypeName> {
        let location = self.location();
        if self.at_sql_type() {
            return self.sql_type(default_length);
        }
        let mut names = Vec::new();
        if self.symbol_ahead(1, ".") {
            names.push(self.type_or_function_name()?);
            while self.accept_symbol(".") {
                names.push(self.label()?);
            }
        } else {
            names.push(self.type_or_function_name()?);
        }
        let mut type_name = TypeName::system("", location);
        type_name.names = names;
        type_name.modifiers = self.type_modifiers()?;
        Ok(type_name)
    }

    fn type_modifiers(&mut self) -> Parse<Vec<Expr>> {
        if self.at_symbol("(") { self.parenthesized_list(Self::expression) } else { Ok(Vec::new()) }
    }

    fn sql_type(&mut self, default_length: bool) -> Parse<TypeName> {
        let location = self.location();
        let word = self.advance().text.into_owned();
        let system = |name: &str| TypeName::system(name, location);
        Ok(match word.as_str() {
            "int" | "integer" => system("int4"),
            "smallint" => system("int2"),
            "bigint" => system("int8"),
            "real" => system("float4"),
            "boolean" => system("bool"),
            "double" => {
                self.expect("precision")?;
                system("float8")
            }
            "float" => {
                if !self.accept_symbol("(") {
                    return Ok(system("float8"));
                }
                let at = self.location();
                let bits = self.integer()?;
                self.expect_symbol(")")?;
                match bits {
                    ..1 => {
                        let message = "precision for type float must be at least 1 bit";
                        return Err(self.error_at("22023", message, at));
                    }
                    1..=24 => system("float4"),
                    25..=53 => system("float8"),
                    _ => {
                        let message = "precision for type float must be less than 54 bits";
                        return Err(self.error_at("22023", message, at));
                    }
                }
            }
            "decimal" | "dec" | "numeric" => {
                let mut type_name = system("numeric");
                type_name.modifiers = self.type_modifiers()?;
                type_name
            }
            "bit" => {
                let varying = self.accept("varying");
                let mut type_name = system(if varying { "varbit" } else { "bit" });
                type_name.modifiers = self.type_modifiers()?;
                if !varying && type_name.modifiers.is_empty() && default_length {
                    type_name.modifiers.push(one());
                }
                type_name
            }
            "character" | "char" | "varchar" | "nchar" | "national" => {
                if word == "national" {
                    self.expect_any(&["character", "char"])?;
                }
                let varying = word == "varchar" || self.accept("varying");
                let mut type_name = system(if varying { "varchar" } else { "bpchar" });
                if self.at_symbol("(") {
                    let length = self.parenthesized(|parser| {
                        let location = parser.location();
                        let value = LiteralValue::Integer(parser.integer()?);
                        Ok(Expr::Literal(Literal { value, location }))
                    })?;
                    type_name.modifiers.push(length);
                } else if !varying && default_length {
                    type_name.modifiers.push(one());
                }
                type_name
            }
            "timestamp" | "time" => {
                let modifiers =
                    if self.at_symbol("(") { self.precision_modifier()? } else { Vec::new() };
                let zone = if self.accept_words(&["with", "time", "zone"]) {
                    "tz"
                } else {
                    self.accept_words(&["without", "time", "zone"]);
                    ""
                };
                let mut type_name = system(&format!("{word}{zone}"));
                type_name.modifiers = modifiers;
                type_name
            }
            _ => {
                let mut type_name = system("interval");
                if self.at_symbol("(") {
                    type_name.modifiers = self.precision_modifier()?;
                } else {
                    self.interval_fields(&mut type_name)?;
                }
                type_name
            }
        })
    }

    fn precision_modifier(&mut self) -> Parse<Vec<Expr>> {
        self.parenthesized(|parser| {
            let location = parser.location();
            let value = LiteralValue::Integer(parser.integer()?);
            Ok(vec![Expr::Literal(Literal { value, location })])
        })
    }

    /// `YEAR TO MONTH`, `SECOND(3)`, ... if there.
    pub fn interval_fields(&mut self, type_name: &mut TypeName) -> Parse<()> {
        use IntervalFields::*;
        let Some(first) = self.accept_any(&["year", "month", "day", "hour", "minute", "second"])
        else {
            return Ok(());
        };
        let last = if self.at("to") && first != "month" && first != "second" {
            self.skip(1);
            self.expect_any(&["month", "hour", "minute", "second"])?
        } else {
            first
        };
        type_name.interval_fields = Some(match (first, last) {
            ("year", "year") => Year,
            ("month", _) => Month,
            ("day", "day") => Day,
            ("hour", "hour") => Hour,
            ("minute", "minute") => Minute,
            ("second", _) => Second,
            ("year", "month") => YearToMonth,
            ("day", "hour") => DayToHour,
            ("day", "minute") => DayToMinute,
            ("day", "second") => DayToSecond,
            ("hour", "minute") => HourToMinute,
            ("hour", "second") => HourToSecond,
            ("minute", "second") => MinuteToSecond,
            _ => {
                self.position -= 1;
                return Err(self.unexpected());
            }
        });
        if last == "second" && self.at_symbol("(") {
            type_name.modifiers = self.precision_modifier()?;
        }
        Ok(())
    }
}

fn one() -> Expr {
    // PostgreSQL gives the implied length no location either.
    Expr::Literal(Literal { value: LiteralValue::Integer(1), location: u32::MAX })
}
