//! The SQL standard's JSON and XML constructors.

use super::{Parse, Parser};
use crate::ast::*;

impl Parser<'_> {
    pub fn xml_function(&mut self) -> Parse<Expr> {
        let location = self.location();
        let function = self.take_text();
        let mut xml = XmlExpr {
            function,
            name: None,
            attributes: Vec::new(),
            arguments: Vec::new(),
            modifiers: Vec::new(),
            type_name: None,
            location,
        };
        self.expect_symbol("(")?;
        match xml.function.as_str() {
            "xmlelement" | "xmlpi" => {
                self.expect("name")?;
                xml.name = Some(self.label()?);
                if self.accept_symbol(",") {
                    if self.accept("xmlattributes") {
                        xml.attributes = self.parenthesized_list(Self::labelled_expression)?;
                        if self.accept_symbol(",") {
                            xml.arguments = self.comma_list(Self::expression)?;
                        }
                    } else {
                        xml.arguments = self.comma_list(Self::expression)?;
                    }
                }
            }
            "xmlforest" => xml.attributes = self.comma_list(Self::labelled_expression)?,
            "xmlconcat" => xml.arguments = self.comma_list(Self::expression)?,
            "xmlparse" | "xmlserialize" => {
                let kind = self.expect_any(&["document", "content"])?;
                xml.modifiers.push(kind.to_owned());
                xml.arguments.push(self.expression()?);
                if xml.function == "xmlserialize" {
                    self.expect("as")?;
                    xml.type_name = Some(self.simple_type(true)?);
                }
                for words in [
                    &["no", "indent"][..],
                    &["indent"],
                    &["preserve", "whitespace"],
                    &["strip", "whitespace"],
                ] {
                    if self.accept_words(words) {
                        xml.modifiers.push(words.join(" "));
                    }
                }
            }
            "xmlroot" => {
                xml.arguments.push(self.expression()?);
                self.expect_symbol(",")?;
                self.expect("version")?;
                if self.accept_words(&["no", "value"]) {
                    xml.modifiers.push("version no value".to_owned());
                } else {
                    xml.arguments.push(self.expression()?);
                }
                if self.accept_symbol(",") {
                    self.expect("standalone")?;
                    for words in [&["no", "value"][..], &["no"], &["yes"]] {
                        if self.accept_words(words) {
                            xml.modifiers.push(format!("standalone {}", words.join(" ")));
                            break;
                        }
                    }
                }
            }
            "xmlexists" => {
                xml.arguments.push(self.primary()?);
                self.expect("passing")?;
                if self.accept("by") {
                    self.expect_any(&["ref", "value"])?;
                }
                xml.arguments.push(self.primary()?);
                if self.accept("by") {
                    self.expect_any(&["ref", "value"])?;
                }
            }
            _ => return Err(self.unsupported("XMLTABLE", location)),
        }
        self.expect_symbol(")")?;
        Ok(Expr::Xml(Box::new(xml)))
    }

    fn labelled_expression(&mut self) -> Parse<SelectItem> {
        let location = self.location();
        let expr = self.expression()?;
        let alias = if self.accept("as") { Some(self.label()?) } else { None };
        Ok(SelectItem { expr, alias, location })
    }

    /// `JSON_OBJECT`, `JSON_ARRAY` and their aggregates. `json_object(a, b)` with commas only is
    /// the plain function of that name.
    pub fn json_function(&mut self, word: &str) -> Parse<Expr> {
        let location = self.location();
        self.skip(2);
        let mut json = JsonExpr {
            function: word.to_owned(),
            arguments: Vec::new(),
            passing: Vec::new(),
            returning: None,
            returning_format: false,
            modifiers: Vec::new(),
            on_empty: None,
            on_error: None,
            query: None,
            order_by: Vec::new(),
            filter: None,
            over: None,
            location,
        };
        let ends = self.at_symbol(")") || self.at_any(&["returning", "absent"]);
        if word == "json_array" && super::starts_query(self.token()) {
            json.query = Some(self.query()?);
        } else if !ends && !self.at_words(&["null", "on"]) {
            json.arguments = self.comma_list(Self::json_argument)?;
        }
        let positional = word == "json_object"
            && !json.arguments.is_empty()
            && json.arguments.iter().all(|argument| argument.key.is_none());
        if positional {
            self.expect_symbol(")")?;
            let name = ObjectName { parts: vec![word.to_owned()], location };
            let values = json.arguments.into_iter().map(|argument| argument.value).collect();
            return Ok(Expr::Function(Box::new(FunctionCall::new(name, values))));
        }
        if word == "json_arrayagg" && self.at("order") {
            json.order_by = self.order_by()?;
        }
        for words in [
            &["null", "on", "null"][..],
            &["absent", "on", "null"],
            &["with", "unique"],
            &["without", "unique"],
        ] {
            if self.accept_words(words) {
                if words.contains(&"unique") {
                    self.accept("keys");
                }
                json.modifiers.push(words.join(" "));
            }
        }
        if self.accept("returning") {
            json.returning = Some(self.type_name()?);
            json.returning_format = self.accept_words(&["format", "json"]);
        }
        self.expect_symbol(")")?;
        if word.ends_with("agg") {
            (json.filter, json.over) = self.filter_and_over()?;
        }
        Ok(Expr::Json(Box::new(json)))
    }

    fn json_argument(&mut self) -> Parse<JsonArgument> {
        let mut value = self.expression()?;
        let mut key = None;
        if self.accept_symbol(":") || self.accept("value") {
            key = Some(value);
            value = self.expression()?;
        }
        let format_json = self.accept_words(&["format", "json"]);
        Ok(JsonArgument { key, value, format_json })
    }
}
