//! PL/pgSQL's grammar. SQL inside of it is cut out, not parsed: it ends at a key word or semicolon outside parentheses.

use types::{SqlError, sqlstate};

use crate::conditions;
use crate::scanner::{Piece, scan};
use crate::tree::{Block, Declaration, Destination, Dynamic, Handler, Kind, Source, Statement};

/// Statements may be nested this deep.
const MAXIMUM_DEPTH: usize = 100;

/// Why a body is none.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    pub sqlstate: &'static str,
    pub message: String,
    pub line: u32,
}

impl From<ParseError> for SqlError {
    fn from(error: ParseError) -> SqlError {
        SqlError::new(error.sqlstate, error.message)
    }
}

pub(crate) type Parse<T> = Result<T, ParseError>;

/// Parses the body of a function or of DO.
pub fn parse(body: &str) -> Parse<Block> {
    let mut parser = Parser { body, pieces: scan(body), at: 0, depth: 0, cursors: Vec::new() };
    let label = parser.label()?;
    let block = parser.block(label)?;
    parser.accept(";");
    if parser.at < parser.pieces.len() {
        return Err(parser.unexpected());
    }
    Ok(block)
}

pub(crate) struct Parser<'a> {
    pub(crate) body: &'a str,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) at: usize,
    depth: usize,
    /// Variables that are bound to queries, and whether those have parameters.
    pub(crate) cursors: Vec<(String, bool)>,
}

impl Parser<'_> {
    pub(crate) fn peek(&self, ahead: usize) -> &str {
        self.pieces.get(self.at + ahead).map_or("", |piece| piece.text.as_str())
    }

    pub(crate) fn line(&self) -> u32 {
        self.pieces.get(self.at).or(self.pieces.last()).map_or(1, |piece| piece.line)
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError { sqlstate: sqlstate::SYNTAX_ERROR, message: message.into(), line: self.line() }
    }

    pub(crate) fn unexpected(&self) -> ParseError {
        match self.pieces.get(self.at) {
            Some(piece) => self.error(format!(
                "syntax error at or near \"{}\"",
                &self.body[piece.start..piece.end]
            )),
            None => self.error("syntax error at end of input"),
        }
    }

    fn unsupported(&self, what: &str) -> ParseError {
        ParseError {
            sqlstate: sqlstate::FEATURE_NOT_SUPPORTED,
            message: format!("{what} is not supported in PL/pgSQL"),
            line: self.line(),
        }
    }

    pub(crate) fn accept(&mut self, text: &str) -> bool {
        let matches = self
            .pieces
            .get(self.at)
            .is_some_and(|piece| piece.text == text && (piece.word || !piece.name));
        self.at += usize::from(matches);
        matches
    }

    pub(crate) fn expect(&mut self, text: &str) -> Parse<()> {
        if self.accept(text) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(crate) fn name(&mut self) -> Parse<String> {
        match self.pieces.get(self.at) {
            Some(piece) if piece.name => {
                self.at += 1;
                Ok(self.pieces[self.at - 1].text.clone())
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(crate) fn target(&mut self) -> Parse<Vec<String>> {
        let mut parts = vec![self.alias()?];
        while self.accept(".") {
            parts.push(self.name()?);
        }
        Ok(parts)
    }

    /// `[1][2]` after a target.
    fn subscripts(&mut self) -> Parse<Vec<String>> {
        let mut subscripts = Vec::new();
        while self.accept("[") {
            subscripts.push(self.until(&["]", ":"])?);
            if self.peek(0) == ":" {
                return Err(self.unsupported("assignment to a slice of an array"));
            }
            self.expect("]")?;
        }
        Ok(subscripts)
    }

    pub(crate) fn targets(&mut self) -> Parse<Vec<Vec<String>>> {
        let mut targets = vec![self.target()?];
        while self.accept(",") {
            targets.push(self.target()?);
        }
        Ok(targets)
    }

    /// SQL up to one of these words or symbols, outside parentheses and CASE; the end is not consumed.
    pub(crate) fn until(&mut self, ends: &[&str]) -> Parse<String> {
        let start = self.at;
        let (mut depth, mut cases) = (0usize, 0usize);
        while let Some(piece) = self.pieces.get(self.at) {
            if depth == 0
                && cases == 0
                && (piece.word || !piece.name)
                && ends.contains(&piece.text.as_str())
            {
                break;
            }
            match piece.text.as_str() {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "case" if piece.word => cases += 1,
                "end" if piece.word => cases = cases.saturating_sub(1),
                ";" => return Err(self.unexpected()),
                _ => {}
            }
            self.at += 1;
        }
        if self.at >= self.pieces.len() {
            return Err(self.unexpected());
        }
        if self.at == start {
            return Err(self.error("missing expression"));
        }
        Ok(self.text(start, self.at))
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.body[self.pieces[from].start..self.pieces[to - 1].end].to_owned()
    }

    /// An expression and the word or symbol that ends it.
    pub(crate) fn through(&mut self, end: &str) -> Parse<String> {
        let text = self.until(&[end])?;
        self.expect(end)?;
        Ok(text)
    }

    fn label(&mut self) -> Parse<Option<String>> {
        if !self.accept("<<") {
            return Ok(None);
        }
        let label = self.name()?;
        self.expect(">>")?;
        Ok(Some(label))
    }

    fn block(&mut self, label: Option<String>) -> Parse<Block> {
        let mut block = Block { label, ..Block::default() };
        while self.accept("declare") {
            while self.peek(0) != "begin" && self.peek(0) != "declare" {
                let declaration = self.declaration()?;
                if block.declarations.iter().any(|known| known.name == declaration.name) {
                    return Err(self.error(format!(
                        "duplicate declaration at or near \"{}\"",
                        declaration.name
                    )));
                }
                block.declarations.push(declaration);
            }
        }
        self.expect("begin")?;
        block.body = self.statements(&["end", "exception"])?;
        if self.accept("exception") {
            while self.accept("when") {
                let mut conditions = vec![self.condition()?];
                while self.accept("or") {
                    conditions.push(self.condition()?);
                }
                self.expect("then")?;
                let body = self.statements(&["when", "end"])?;
                block.handlers.push(Handler { conditions, body });
            }
        }
        self.expect("end")?;
        self.end_label()?;
        Ok(block)
    }

    fn end_label(&mut self) -> Parse<()> {
        if !matches!(self.peek(0), ";" | "") {
            self.name()?;
        }
        Ok(())
    }

    fn condition(&mut self) -> Parse<Option<String>> {
        let name = self.name()?;
        match name.as_str() {
            "others" => Ok(None),
            "sqlstate" => self.sqlstate_text().map(Some),
            name => match conditions::state_of(name) {
                Some(state) => Ok(Some(state.to_owned())),
                None => Err(ParseError {
                    sqlstate: sqlstate::UNDEFINED_OBJECT,
                    message: format!("unrecognized exception condition \"{name}\""),
                    line: self.line(),
                }),
            },
        }
    }

    pub(crate) fn sqlstate_text(&mut self) -> Parse<String> {
        let text = self.peek(0).trim_matches('\'').to_owned();
        if text.len() != 5 || !text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
            return Err(self.error("invalid SQLSTATE code"));
        }
        self.at += 1;
        Ok(text)
    }

    fn declaration(&mut self) -> Parse<Declaration> {
        let line = self.line();
        let name = self.name()?;
        if matches!(self.peek(0), "cursor" | "no" | "scroll") {
            return self.cursor_declaration(name, line);
        }
        self.cursors.retain(|known| known.0 != name);
        if self.accept("alias") {
            self.expect("for")?;
            let alias = Some(self.alias()?);
            self.expect(";")?;
            return Ok(Declaration { name, alias, line, ..Declaration::default() });
        }
        let constant = self.accept("constant");
        let type_name = self.until(&[";", ":=", "=", "default", "not", "collate"])?;
        if self.accept("collate") {
            self.name()?;
        }
        let not_null = self.accept("not");
        if not_null {
            self.expect("null")?;
        }
        let has_default = self.accept(":=") || self.accept("=") || self.accept("default");
        let default = if has_default { Some(self.until(&[";"])?) } else { None };
        self.expect(";")?;
        if not_null && default.is_none() {
            return Err(ParseError {
                sqlstate: "22004",
                message: format!(
                    "variable \"{name}\" must have a default value, since it's declared NOT NULL"
                ),
                line,
            });
        }
        Ok(Declaration {
            name,
            constant,
            type_name,
            not_null,
            default,
            line,
            ..Declaration::default()
        })
    }

    fn statements(&mut self, ends: &[&str]) -> Parse<Vec<Statement>> {
        if self.depth >= MAXIMUM_DEPTH {
            return Err(ParseError {
                sqlstate: sqlstate::STATEMENT_TOO_COMPLEX,
                message: "stack depth limit exceeded".to_owned(),
                line: self.line(),
            });
        }
        self.depth += 1;
        let mut statements = Vec::new();
        while !ends.contains(&self.peek(0)) {
            if self.at >= self.pieces.len() {
                return Err(self.unexpected());
            }
            statements.push(self.statement()?);
        }
        self.depth -= 1;
        Ok(statements)
    }

    fn statement(&mut self) -> Parse<Statement> {
        let line = self.line();
        let label = self.label()?;
        let start = self.at;
        let word = self.pieces.get(self.at).filter(|piece| piece.word).map(|p| p.text.clone());
        self.at += 1;
        let kind = match word.as_deref() {
            Some("declare" | "begin") => {
                self.at = start;
                Kind::Block(self.block(label)?)
            }
            Some("null") if self.peek(0) == ";" => Kind::Null,
            Some("if") => self.if_statement()?,
            Some("case") => self.case_statement()?,
            Some("loop") => Kind::Loop { label, body: self.loop_body()? },
            Some("while") => {
                let condition = self.through("loop")?;
                Kind::While { label, condition, body: self.loop_body()? }
            }
            Some("for") => self.for_statement(label)?,
            Some("foreach") => {
                let target = self.target()?;
                let slice = if self.accept("slice") { self.number()? } else { 0 };
                self.expect("in")?;
                self.expect("array")?;
                let array = self.through("loop")?;
                Kind::Foreach { label, target, slice, array, body: self.loop_body()? }
            }
            Some(word @ ("exit" | "continue")) => {
                let again = word == "continue";
                let label = match self.peek(0) {
                    ";" | "when" => None,
                    _ => Some(self.name()?),
                };
                let condition = if self.accept("when") { Some(self.until(&[";"])?) } else { None };
                Kind::Leave { again, label, condition }
            }
            Some("return") => self.return_statement()?,
            Some("perform") => Kind::Perform(self.until(&[";"])?),
            Some("execute") => self.execute_statement()?,
            Some("raise") => Kind::Raise(self.raise_statement()?),
            Some("assert") => {
                let condition = self.until(&[",", ";"])?;
                let message = if self.accept(",") { Some(self.until(&[";"])?) } else { None };
                Kind::Assert { condition, message }
            }
            Some("get") => self.diagnostics_statement()?,
            Some("open") => self.open_statement()?,
            Some(word @ ("fetch" | "move")) => self.fetch_statement(word == "move")?,
            Some("close") => Kind::Close { cursor: self.target()? },
            _ => self.assignment_or_sql(start)?,
        };
        self.expect(";")?;
        Ok(Statement { line, kind })
    }

    pub(crate) fn loop_body(&mut self) -> Parse<Vec<Statement>> {
        let body = self.statements(&["end"])?;
        self.expect("end")?;
        self.expect("loop")?;
        self.end_label()?;
        Ok(body)
    }

    fn if_statement(&mut self) -> Parse<Kind> {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let condition = self.through("then")?;
            let body = self.statements(&["elsif", "elseif", "else", "end"])?;
            branches.push((condition, body));
            if self.accept("elsif") || self.accept("elseif") {
                continue;
            }
            if self.accept("else") {
                otherwise = self.statements(&["end"])?;
            }
            self.expect("end")?;
            self.expect("if")?;
            return Ok(Kind::If { branches, otherwise });
        }
    }

    fn case_statement(&mut self) -> Parse<Kind> {
        let operand = if self.peek(0) == "when" { None } else { Some(self.until(&["when"])?) };
        let mut branches = Vec::new();
        while self.accept("when") {
            let values = self.through("then")?;
            let condition = match &operand {
                Some(operand) => format!("({operand}) IN ({values})"),
                None => values,
            };
            branches.push((condition, self.statements(&["when", "else", "end"])?));
        }
        let otherwise = if self.accept("else") { Some(self.statements(&["end"])?) } else { None };
        self.expect("end")?;
        self.expect("case")?;
        Ok(Kind::Case { branches, otherwise })
    }

    fn for_statement(&mut self, label: Option<String>) -> Parse<Kind> {
        let targets = self.targets()?;
        self.expect("in")?;
        if self.accept("execute") {
            let source = Source::Dynamic(self.dynamic(&["loop"])?);
            self.expect("loop")?;
            return Ok(Kind::ForQuery { label, targets, source, body: self.loop_body()? });
        }
        if let [variable] = targets.as_slice()
            && let [variable] = variable.as_slice()
            && self.cursors.iter().any(|known| known.0 == self.peek(0))
            && matches!(self.peek(1), "loop" | "(")
        {
            return self.for_cursor(label, variable.clone());
        }
        let reverse = self.accept("reverse");
        let from = self.until(&["..", "loop"])?;
        if !self.accept("..") {
            self.expect("loop")?;
            let source = Source::Sql(from);
            return Ok(Kind::ForQuery { label, targets, source, body: self.loop_body()? });
        }
        let [variable] = targets.as_slice() else {
            return Err(self.error("integer FOR loop must have only one target variable"));
        };
        let variable = variable.join(".");
        let to = self.until(&["by", "loop"])?;
        let step = if self.accept("by") { Some(self.until(&["loop"])?) } else { None };
        self.expect("loop")?;
        let body = self.loop_body()?;
        Ok(Kind::ForInteger { label, variable, reverse, from, to, step, body })
    }

    fn return_statement(&mut self) -> Parse<Kind> {
        if self.accept("next") {
            let value = if self.peek(0) == ";" { None } else { Some(self.until(&[";"])?) };
            return Ok(Kind::ReturnNext(value));
        }
        if self.accept("query") {
            let source = match self.accept("execute") {
                true => Source::Dynamic(self.dynamic(&[";"])?),
                false => Source::Sql(self.until(&[";"])?),
            };
            return Ok(Kind::ReturnQuery(source));
        }
        Ok(Kind::Return(if self.peek(0) == ";" { None } else { Some(self.until(&[";"])?) }))
    }

    pub(crate) fn dynamic(&mut self, ends: &[&str]) -> Parse<Dynamic> {
        let mut stops = vec!["using"];
        stops.extend(ends);
        let text = self.until(&stops)?;
        Ok(Dynamic { text, using: self.using(ends)? })
    }

    fn using(&mut self, ends: &[&str]) -> Parse<Vec<String>> {
        let mut using = Vec::new();
        if self.accept("using") {
            let mut stops = vec![","];
            stops.extend(ends);
            loop {
                using.push(self.until(&stops)?);
                if !self.accept(",") {
                    break;
                }
            }
        }
        Ok(using)
    }

    fn into(&mut self) -> Parse<Destination> {
        let strict = self.accept("strict");
        Ok(Destination { strict, targets: self.targets()? })
    }

    fn execute_statement(&mut self) -> Parse<Kind> {
        let text = self.until(&["into", "using", ";"])?;
        let mut into = None;
        let mut using = Vec::new();
        loop {
            match self.peek(0) {
                "into" if into.is_none() => {
                    self.at += 1;
                    into = Some(self.into()?);
                }
                "using" if using.is_empty() => using = self.using(&["into", ";"])?,
                _ => break,
            }
        }
        Ok(Kind::Execute { source: Dynamic { text, using }, into })
    }

    fn diagnostics_statement(&mut self) -> Parse<Kind> {
        let stacked = self.accept("stacked");
        if !stacked {
            self.accept("current");
        }
        self.expect("diagnostics")?;
        let mut items = Vec::new();
        loop {
            let target = self.target()?;
            if !self.accept(":=") {
                self.expect("=")?;
            }
            let item = self.name()?;
            self.check_item(stacked, &item)?;
            items.push((target, item));
            if !self.accept(",") {
                return Ok(Kind::Diagnostics { stacked, items });
            }
        }
    }

    fn assignment_or_sql(&mut self, start: usize) -> Parse<Kind> {
        self.at = start;
        let numbered = self.peek(0) == "$";
        if numbered || self.pieces.get(start).is_some_and(|piece| piece.name) {
            let mut end = start + 1 + usize::from(numbered);
            while self.pieces.get(end).is_some_and(|piece| piece.text == ".") {
                end += 2;
            }
            let next = self.pieces.get(end).map_or("", |piece| piece.text.as_str());
            if matches!(next, ":=" | "=" | "[") {
                let target = self.target()?;
                let subscripts = self.subscripts()?;
                if !self.accept(":=") {
                    self.expect("=")?;
                }
                return Ok(Kind::Assign { target, subscripts, value: self.until(&[";"])? });
            }
        }
        // INTO of INSERT and MERGE is their own.
        let own_into = matches!(self.peek(0), "insert" | "merge");
        let first = self.until(&["into", ";"])?;
        if !self.accept("into") {
            return Ok(Kind::Sql { text: first, into: None });
        }
        if own_into {
            let second = self.until(&["into", ";"])?;
            let text = format!("{first} INTO {second}");
            let into = if self.accept("into") { Some(self.into()?) } else { None };
            return Ok(Kind::Sql { text, into });
        }
        let into = self.into()?;
        let rest = if self.peek(0) == ";" { String::new() } else { self.until(&[";"])? };
        Ok(Kind::Sql { text: format!("{first} {rest}"), into: Some(into) })
    }
}
