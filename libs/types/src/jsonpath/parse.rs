//! The grammar of `jsonpath`, by precedence climbing.

use super::lexer::{Lexeme, Token, syntax_error, tokens};
use super::{Accessor, Arithmetic, Comparison, JsonPath, LAST_LEVEL, Method, Node, RegexFlags};
use crate::error::{SqlError, SqlResult};
use crate::numeric::Numeric;
use crate::sqlstate;

/// Parentheses, filters and operators may contain each other this deep.
const MAX_DEPTH: usize = 400;

pub(super) fn parse(text: &str) -> SqlResult<JsonPath> {
    if text.chars().all(|character| character.is_ascii_whitespace()) {
        return Err(crate::io::invalid_syntax("jsonpath", text));
    }
    let mut parser =
        Parser { text, tokens: tokens(text)?, next: 0, depth: 0, in_filter: 0, in_subscript: 0 };
    let lax = if parser.word_is("strict") {
        parser.next += 1;
        false
    } else {
        if parser.word_is("lax") {
            parser.next += 1;
        }
        true
    };
    let root = parser.any()?;
    if parser.peek() != &Token::End {
        return Err(parser.unexpected());
    }
    Ok(JsonPath { lax, root })
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Lexeme>,
    next: usize,
    depth: usize,
    in_filter: usize,
    in_subscript: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].token
    }

    fn symbol_is(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn word_is(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.symbol_is(symbol);
        self.next += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word_is(word);
        self.next += usize::from(found);
        found
    }

    fn expect_symbol(&mut self, symbol: &str) -> SqlResult<()> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> SqlError {
        self.unexpected_at(self.next)
    }

    fn unexpected_at(&self, position: usize) -> SqlError {
        let lexeme = &self.tokens[position];
        syntax_error(self.text, self.text.get(lexeme.start..lexeme.end), "syntax error")
    }

    fn deeper(&mut self) -> SqlResult<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SqlError::new(
                sqlstate::STATEMENT_TOO_COMPLEX,
                "stack depth limit exceeded",
            ));
        }
        Ok(())
    }

    /// An expression or a predicate.
    fn any(&mut self) -> SqlResult<Node> {
        self.deeper()?;
        let mut left = self.conjunction()?;
        while self.symbol_is("||") {
            let at = self.next;
            self.next += 1;
            let right = self.conjunction()?;
            left = Node::Or(self.predicate(left, at)?, self.predicate(right, at)?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn predicate(&self, node: Node, at: usize) -> SqlResult<Box<Node>> {
        if node.is_predicate() { Ok(Box::new(node)) } else { Err(self.unexpected_at(at)) }
    }

    fn expression(&self, node: Node, at: usize) -> SqlResult<Box<Node>> {
        if node.is_predicate() { Err(self.unexpected_at(at)) } else { Ok(Box::new(node)) }
    }

    fn conjunction(&mut self) -> SqlResult<Node> {
        let mut left = self.comparison()?;
        while self.symbol_is("&&") {
            let at = self.next;
            self.next += 1;
            let right = self.comparison()?;
            left = Node::And(self.predicate(left, at)?, self.predicate(right, at)?);
        }
        Ok(left)
    }

    fn comparison(&mut self) -> SqlResult<Node> {
        if self.take_symbol("!") {
            let at = self.next;
            if !self.symbol_is("(") && !self.word_is("exists") {
                return Err(self.unexpected());
            }
            let inner = self.primary()?;
            return Ok(Node::Not(self.predicate(inner, at)?));
        }
        let left = self.sum()?;
        let at = self.next;
        let operator = match self.peek() {
            Token::Symbol("==") => Comparison::Equal,
            Token::Symbol("!=" | "<>") => Comparison::NotEqual,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::LessOrEqual,
            Token::Symbol(">") => Comparison::Greater,
            Token::Symbol(">=") => Comparison::GreaterOrEqual,
            Token::Word(word) if word.eq_ignore_ascii_case("starts") => {
                self.next += 1;
                if !self.take_word("with") {
                    return Err(self.unexpected());
                }
                let prefix = match self.peek().clone() {
                    Token::Quoted(text) => Node::String(text),
                    Token::Variable(name) => Node::Variable(name),
                    _ => return Err(self.unexpected()),
                };
                self.next += 1;
                return Ok(Node::StartsWith(self.expression(left, at)?, Box::new(prefix)));
            }
            Token::Word(word) if word.eq_ignore_ascii_case("like_regex") => {
                self.next += 1;
                return self.like_regex(left, at);
            }
            _ => return Ok(left),
        };
        self.next += 1;
        let right = self.sum()?;
        Ok(Node::Compare(operator, self.expression(left, at)?, self.expression(right, at)?))
    }

    fn like_regex(&mut self, subject: Node, at: usize) -> SqlResult<Node> {
        let Token::Quoted(pattern) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        let mut flags = RegexFlags::default();
        if self.take_word("flag") {
            let Token::Quoted(letters) = self.peek().clone() else {
                return Err(self.unexpected());
            };
            self.next += 1;
            for letter in letters.chars() {
                match letter {
                    'i' => flags.ignore_case = true,
                    's' => flags.dot_all = true,
                    'm' => flags.multi_line = true,
                    'q' => flags.quote = true,
                    'x' => {
                        return Err(SqlError::new(
                            sqlstate::FEATURE_NOT_SUPPORTED,
                            "XQuery \"x\" flag (expanded regular expressions) is not implemented",
                        ));
                    }
                    other => {
                        return Err(SqlError::new(
                            sqlstate::SYNTAX_ERROR,
                            "invalid input syntax for type jsonpath",
                        )
                        .detail(format!(
                            "Unrecognized flag character \"{other}\" in LIKE_REGEX predicate."
                        )));
                    }
                }
            }
        }
        Ok(Node::LikeRegex { subject: self.expression(subject, at)?, pattern, flags })
    }

    fn sum(&mut self) -> SqlResult<Node> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Token::Symbol("+") => Arithmetic::Add,
                Token::Symbol("-") => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            let at = self.next;
            self.next += 1;
            let right = self.product()?;
            left =
                Node::Arithmetic(operator, self.expression(left, at)?, self.expression(right, at)?);
        }
    }

    fn product(&mut self) -> SqlResult<Node> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.peek() {
                Token::Symbol("*") => Arithmetic::Multiply,
                Token::Symbol("/") => Arithmetic::Divide,
                Token::Symbol("%") => Arithmetic::Modulo,
                _ => return Ok(left),
            };
            let at = self.next;
            self.next += 1;
            let right = self.unary()?;
            left =
                Node::Arithmetic(operator, self.expression(left, at)?, self.expression(right, at)?);
        }
    }

    fn unary(&mut self) -> SqlResult<Node> {
        let at = self.next;
        if self.take_symbol("+") {
            self.deeper()?;
            let inner = self.unary()?;
            self.depth -= 1;
            return Ok(match inner {
                Node::Number(number) => Node::Number(number),
                inner => Node::Plus(self.expression(inner, at)?),
            });
        }
        if self.take_symbol("-") {
            self.deeper()?;
            let inner = self.unary()?;
            self.depth -= 1;
            return Ok(match inner {
                Node::Number(number) => Node::Number(number.neg()),
                inner => Node::Minus(self.expression(inner, at)?),
            });
        }
        self.primary()
    }

    fn primary(&mut self) -> SqlResult<Node> {
        let token = self.peek().clone();
        let at = self.next;
        self.next += 1;
        let start = match token {
            Token::Symbol("(") => {
                let inner = self.any()?;
                self.expect_symbol(")")?;
                if inner.is_predicate() && self.word_is("is") {
                    self.next += 1;
                    if !self.take_word("unknown") {
                        return Err(self.unexpected());
                    }
                    return Ok(Node::IsUnknown(Box::new(inner)));
                }
                inner
            }
            Token::Symbol("$") => Node::Root,
            Token::Symbol("@") if self.in_filter > 0 => Node::Current,
            Token::Symbol("@") => {
                return Err(SqlError::new(
                    sqlstate::SYNTAX_ERROR,
                    "@ is not allowed in root expressions",
                ));
            }
            Token::Number(digits) => Node::Number(Numeric::parse(&digits)?),
            Token::Quoted(text) => Node::String(text),
            Token::Variable(name) => Node::Variable(name),
            Token::Word(word) => match word.as_str() {
                "null" => Node::Null,
                "true" => Node::Bool(true),
                "false" => Node::Bool(false),
                word if word.eq_ignore_ascii_case("last") => {
                    if self.in_subscript == 0 {
                        return Err(SqlError::new(
                            sqlstate::SYNTAX_ERROR,
                            "LAST is allowed only in array subscripts",
                        ));
                    }
                    Node::Last
                }
                word if word.eq_ignore_ascii_case("exists") => {
                    self.expect_symbol("(")?;
                    let inner = self.any()?;
                    let inner = self.expression(inner, self.next)?;
                    self.expect_symbol(")")?;
                    return Ok(Node::Exists(inner));
                }
                _ => return Err(self.unexpected_at(at)),
            },
            _ => return Err(self.unexpected_at(at)),
        };
        let accessors = self.accessors()?;
        Ok(if accessors.is_empty() { start } else { Node::Path(Box::new(start), accessors) })
    }

    fn accessors(&mut self) -> SqlResult<Vec<Accessor>> {
        let mut list = Vec::new();
        loop {
            if self.take_symbol(".") {
                list.push(self.member()?);
            } else if self.take_symbol("[") {
                list.push(self.subscripts()?);
            } else if self.symbol_is("?") {
                self.next += 1;
                self.expect_symbol("(")?;
                self.in_filter += 1;
                let condition = self.any()?;
                self.in_filter -= 1;
                let condition = self.predicate(condition, self.next)?;
                self.expect_symbol(")")?;
                list.push(Accessor::Filter(*condition));
            } else {
                return Ok(list);
            }
        }
    }

    fn member(&mut self) -> SqlResult<Accessor> {
        let token = self.peek().clone();
        let at = self.next;
        self.next += 1;
        match token {
            Token::Symbol("*") => Ok(Accessor::AnyKey),
            Token::Symbol("**") => self.levels(),
            Token::Quoted(key) => Ok(Accessor::Key(key)),
            Token::Variable(name) => Ok(Accessor::Key(format!("${name}"))),
            Token::Word(word) => {
                if !self.symbol_is("(") {
                    return Ok(Accessor::Key(word));
                }
                let method = match word.to_ascii_lowercase().as_str() {
                    "type" => Method::Type,
                    "size" => Method::Size,
                    "abs" => Method::Abs,
                    "floor" => Method::Floor,
                    "ceiling" => Method::Ceiling,
                    "double" => Method::Double,
                    "keyvalue" => Method::KeyValue,
                    "datetime" => {
                        self.next += 1;
                        let template = match self.peek().clone() {
                            Token::Quoted(text) => {
                                self.next += 1;
                                Some(text)
                            }
                            _ => None,
                        };
                        self.expect_symbol(")")?;
                        return Ok(Accessor::Datetime(template));
                    }
                    _ => return Err(self.unexpected()),
                };
                self.next += 1;
                self.expect_symbol(")")?;
                Ok(Accessor::Method(method))
            }
            _ => Err(self.unexpected_at(at)),
        }
    }

    fn level(&mut self) -> SqlResult<u32> {
        if self.take_word("last") {
            return Ok(LAST_LEVEL);
        }
        let Token::Number(digits) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        let level = digits.parse().map_err(|_| self.unexpected())?;
        self.next += 1;
        Ok(level)
    }

    fn levels(&mut self) -> SqlResult<Accessor> {
        if !self.take_symbol("{") {
            return Ok(Accessor::Levels(0, LAST_LEVEL));
        }
        let first = self.level()?;
        let last = if self.take_word("to") { self.level()? } else { first };
        self.expect_symbol("}")?;
        Ok(Accessor::Levels(first, last))
    }

    fn subscripts(&mut self) -> SqlResult<Accessor> {
        if self.symbol_is("*") {
            self.next += 1;
            self.expect_symbol("]")?;
            return Ok(Accessor::AnyElement);
        }
        self.in_subscript += 1;
        let mut list = Vec::new();
        loop {
            let at = self.next;
            let from = self.any()?;
            let from = *self.expression(from, at)?;
            let to = if self.take_word("to") {
                let at = self.next;
                let to = self.any()?;
                Some(*self.expression(to, at)?)
            } else {
                None
            };
            list.push((from, to));
            if !self.take_symbol(",") {
                break;
            }
        }
        self.expect_symbol("]")?;
        self.in_subscript -= 1;
        Ok(Accessor::Elements(list))
    }
}
