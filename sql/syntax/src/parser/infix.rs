//! Operators by PostgreSQL's precedence table, lowest first:
//!
//! ```text
//! OR < AND < NOT < IS < (< > = <= >= <>) < (BETWEEN IN LIKE ILIKE SIMILAR) < ESCAPE
//!    < other operators < (+ -) < (* / %) < ^ < AT TIME ZONE < COLLATE < unary +- < [] < ::
//! ```
//!
//! Comparison, LIKE and its kin, and IS do not associate: `a = b = c` is a syntax error.

use super::{Parse, Parser};
use crate::ast::*;
use crate::lexer::TokenKind;

pub const OR: u8 = 1;
pub const AND: u8 = 2;
pub const NOT: u8 = 3;
pub const IS: u8 = 4;
pub const COMPARISON: u8 = 5;
pub const LIKE: u8 = 6;
pub const OPERATOR: u8 = 8;
pub const SUM: u8 = 9;
pub const PRODUCT: u8 = 10;
pub const POWER: u8 = 11;
pub const AT_ZONE: u8 = 12;
pub const COLLATE: u8 = 13;
pub const SIGN: u8 = 14;
pub const CAST: u8 = 16;

/// How many operators a cast, test or collation counts for in a chain.
const OTHER_CHAIN_COST: u32 = 8;

/// Which of PostgreSQL's two expression grammars: `b_expr` has no AND, IN, LIKE, IS NULL, ...
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    Full,
    Restricted,
}

pub fn operator_precedence(operator: &str) -> u8 {
    match operator {
        "<" | ">" | "=" | "<=" | ">=" | "<>" => COMPARISON,
        "+" | "-" => SUM,
        "*" | "/" | "%" => PRODUCT,
        "^" => POWER,
        _ => OPERATOR,
    }
}

impl Parser<'_> {
    /// PostgreSQL's a_expr.
    pub fn expression(&mut self) -> Parse<Expr> {
        self.climb(0, Grammar::Full)
    }

    /// PostgreSQL's b_expr.
    pub fn restricted_expression(&mut self) -> Parse<Expr> {
        self.climb(0, Grammar::Restricted)
    }

    pub fn climb(&mut self, minimum: u8, grammar: Grammar) -> Parse<Expr> {
        self.deeper(|parser| {
            let left = parser.prefix(grammar)?;
            parser.climb_from(left, minimum, grammar)
        })
    }

    fn prefix(&mut self, grammar: Grammar) -> Parse<Expr> {
        let location = self.location();
        if self.kind() == TokenKind::Keyword {
            if self.at("not") && grammar == Grammar::Full {
                self.skip(1);
                return Ok(Expr::Not(Box::new(self.climb(NOT, grammar)?)));
            }
            if self.at("operator") && self.symbol_ahead(1, "(") {
                let (schema, name) = self.qualified_operator()?;
                let right = self.climb(OPERATOR + 1, grammar)?;
                return Ok(operator(schema, name, None, right, location));
            }
            if self.at("default") && grammar == Grammar::Full {
                self.skip(1);
                return Ok(Expr::Default { location });
            }
        }
        if self.kind() == TokenKind::Operator {
            let name = &*self.token().text;
            match name {
                "+" | "-" => {
                    let negative = name == "-";
                    self.skip(1);
                    let right = self.climb(SIGN, grammar)?;
                    if negative {
                        return Ok(negate(right, location));
                    }
                    return Ok(operator(Vec::new(), "+".to_owned(), None, right, location));
                }
                _ if operator_precedence(name) == OPERATOR && name != "=>" => {
                    let name = self.take_text();
                    let right = self.climb(OPERATOR + 1, grammar)?;
                    return Ok(operator(Vec::new(), name, None, right, location));
                }
                _ => return Err(self.unexpected()),
            }
        }
        self.primary()
    }

    /// Continues an expression whose first operand is known.
    pub fn climb_from(&mut self, mut left: Expr, minimum: u8, grammar: Grammar) -> Parse<Expr> {
        let mut chain = 0;
        while let Some(precedence) = self.infix_precedence(grammar, &left) {
            if precedence < minimum {
                break;
            }
            if !matches!(left, Expr::And(_) | Expr::Or(_)) {
                self.lengthen(&mut chain)?;
            }
            left = self.infix(left, precedence, grammar)?;
            // Only chains of operators are cloned in a loop; others may be shorter.
            if !matches!(left, Expr::Operator(_) | Expr::And(_) | Expr::Or(_)) {
                chain += OTHER_CHAIN_COST - 1;
            }
        }
        Ok(left)
    }

    /// The precedence of the operator at the current token, if there is one.
    fn infix_precedence(&self, grammar: Grammar, left: &Expr) -> Option<u8> {
        let token = self.token();
        let full = grammar == Grammar::Full;
        match token.kind {
            TokenKind::Operator if token.text != "=>" => Some(operator_precedence(&token.text)),
            TokenKind::Symbol => match &*token.text {
                "::" => Some(CAST),
                _ => None,
            },
            TokenKind::Keyword => match &*token.text {
                "operator" if self.symbol_ahead(1, "(") => Some(OPERATOR),
                "is" if full => Some(IS),
                "is" => {
                    let ahead = 1 + usize::from(self.at_ahead(1, "not"));
                    let restricted =
                        self.at_ahead(ahead, "distinct") || self.at_ahead(ahead, "document");
                    restricted.then_some(IS)
                }
                _ if !full => None,
                "or" => Some(OR),
                "and" => Some(AND),
                "isnull" | "notnull" => Some(IS),
                "between" | "in" | "like" | "ilike" => Some(LIKE),
                "similar" if self.at_ahead(1, "to") => Some(LIKE),
                "not" if self.token_at(1).kind == TokenKind::Keyword => matches!(
                    &*self.token_at(1).text,
                    "between" | "in" | "like" | "ilike" | "similar"
                )
                .then_some(LIKE),
                "at" if self.at_ahead(1, "time") && self.at_ahead(2, "zone")
                    || self.at_ahead(1, "local") =>
                {
                    Some(AT_ZONE)
                }
                "collate" => Some(COLLATE),
                "overlaps" if matches!(left, Expr::Row { .. }) => Some(u8::MAX),
                _ => None,
            },
            _ => None,
        }
    }

    /// The right operand of a non-associative operator.
    fn right_operand(&mut self, precedence: u8, grammar: Grammar) -> Parse<Expr> {
        let right = self.climb(precedence + 1, grammar)?;
        // The probe's left side matters only for OVERLAPS, which does not have this precedence.
        if self.infix_precedence(grammar, &right) == Some(precedence) {
            return Err(self.unexpected());
        }
        Ok(right)
    }

    fn infix(&mut self, left: Expr, precedence: u8, grammar: Grammar) -> Parse<Expr> {
        let location = self.location();
        if self.kind() == TokenKind::Operator || self.at("operator") {
            return self.infix_operator(left, precedence, grammar);
        }
        if self.accept_symbol("::") {
            let type_name = self.type_name()?;
            return Ok(Expr::TypeCast(Box::new(TypeCast { expr: left, type_name, location })));
        }
        let word = self.token().text.clone();
        match &*word {
            "or" => self.connective(left, "or", OR),
            "and" => self.connective(left, "and", AND),
            "is" => self.is_test(left, grammar),
            "isnull" | "notnull" => {
                self.skip(1);
                let negated = word == "notnull";
                Ok(Expr::Is(Box::new(IsExpr { expr: left, test: IsTest::Null, negated, location })))
            }
            "at" => {
                self.skip(1);
                if self.accept("local") {
                    return Ok(sql_call("timezone", vec![left], location));
                }
                self.skip(2);
                let zone = self.climb(AT_ZONE + 1, grammar)?;
                Ok(sql_call("timezone", vec![zone, left], location))
            }
            "collate" => {
                self.skip(1);
                let collation = self.object_name()?;
                Ok(Expr::Collate(Box::new(CollateExpr { expr: left, collation, location })))
            }
            "overlaps" => self.overlaps(left),
            _ => self.membership(left, grammar),
        }
    }

    /// `AND` and `OR` chains become one flat node.
    fn connective(&mut self, left: Expr, word: &str, precedence: u8) -> Parse<Expr> {
        let mut terms = vec![left];
        while self.accept(word) {
            terms.push(self.climb(precedence + 1, Grammar::Full)?);
        }
        Ok(if precedence == OR {
            Expr::Or(flatten_or(terms))
        } else {
            Expr::And(flatten_and(terms))
        })
    }

    fn infix_operator(&mut self, left: Expr, precedence: u8, grammar: Grammar) -> Parse<Expr> {
        let location = self.location();
        let (schema, name) = if self.at("operator") {
            self.qualified_operator()?
        } else {
            (Vec::new(), self.take_text())
        };
        if grammar == Grammar::Full && self.at_any(&["any", "some", "all"]) {
            return self.quantified(left, schema, name, location);
        }
        let right = if precedence == COMPARISON {
            self.right_operand(precedence, grammar)?
        } else {
            self.climb(precedence + 1, grammar)?
        };
        Ok(operator(schema, name, Some(left), right, location))
    }

    /// `OPERATOR(s.op)`.
    pub fn qualified_operator(&mut self) -> Parse<(Vec<String>, String)> {
        self.expect("operator")?;
        let mut name = self.parenthesized(Self::any_operator)?.parts;
        let operator = name.pop().unwrap_or_default();
        Ok((name, operator))
    }

    fn quantified(
        &mut self,
        left: Expr,
        schema: Vec<String>,
        operator: String,
        location: Location,
    ) -> Parse<Expr> {
        let quantifier = if self.expect_any(&["any", "some", "all"])? == "all" {
            Quantifier::All
        } else {
            Quantifier::Any
        };
        if !self.at_symbol("(") {
            return Err(self.unexpected());
        }
        match self.parenthesized_contents()? {
            super::expression::Contents::Query(query) => {
                let kind = SubqueryKind::Quantified { left, schema, operator, quantifier };
                Ok(Expr::Subquery(Box::new(SubqueryExpr { kind, query, location })))
            }
            super::expression::Contents::List(mut list) => {
                if list.len() != 1 {
                    self.position -= 1;
                    return Err(self.unexpected());
                }
                let array = list.remove(0);
                let quantified =
                    QuantifiedExpr { left, schema, operator, quantifier, array, location };
                Ok(Expr::Quantified(Box::new(quantified)))
            }
        }
    }

    fn is_test(&mut self, expr: Expr, grammar: Grammar) -> Parse<Expr> {
        let location = self.location();
        self.skip(1);
        let negated = self.accept("not");
        if self.accept("distinct") {
            self.expect("from")?;
            let right = self.right_operand(IS, grammar)?;
            let test = IsDistinctExpr { left: expr, right, negated, location };
            return Ok(Expr::IsDistinct(Box::new(test)));
        }
        let test = if self.accept("normalized") {
            IsTest::Normalized(None)
        } else if self.at_any(&["nfc", "nfd", "nfkc", "nfkd"]) && self.at_ahead(1, "normalized") {
            let form = self.take_text().to_ascii_uppercase();
            self.skip(1);
            IsTest::Normalized(Some(form))
        } else if self.accept("json") {
            let kind = self.accept_any(&["value", "array", "object", "scalar"]).map(str::to_owned);
            let unique_keys = self.accept_words(&["with", "unique"]);
            if unique_keys || self.accept_words(&["without", "unique"]) {
                self.accept("keys");
            }
            IsTest::Json { kind, unique_keys }
        } else {
            match self.expect_any(&["null", "true", "false", "unknown", "document"])? {
                "null" => IsTest::Null,
                "true" => IsTest::True,
                "false" => IsTest::False,
                "unknown" => IsTest::Unknown,
                _ => IsTest::Document,
            }
        };
        Ok(Expr::Is(Box::new(IsExpr { expr, test, negated, location })))
    }

    fn overlaps(&mut self, left: Expr) -> Parse<Expr> {
        let location = self.location();
        self.skip(1);
        let right_location = self.location();
        let right = self.primary()?;
        let (Expr::Row { fields: left, .. }, Expr::Row { fields: right, .. }) = (left, right)
        else {
            return Err(self.error_at("42601", "syntax error", right_location));
        };
        for (side, fields) in [("left", &left), ("right", &right)] {
            if fields.len() != 2 {
                let message =
                    format!("wrong number of parameters on {side} side of OVERLAPS expression");
                return Err(self.error_at("42601", &message, location));
            }
        }
        Ok(sql_call("overlaps", left.into_iter().chain(right).collect(), location))
    }

    /// `[NOT] BETWEEN`, `IN`, `LIKE`, `ILIKE`, `SIMILAR TO`.
    fn membership(&mut self, expr: Expr, grammar: Grammar) -> Parse<Expr> {
        let location = self.location();
        let negated = self.accept("not");
        match self.expect_any(&["between", "in", "like", "ilike", "similar"])? {
            "between" => {
                let symmetric = self.accept("symmetric");
                if !symmetric {
                    self.accept("asymmetric");
                }
                let low = self.restricted_expression()?;
                self.expect("and")?;
                let high = self.right_operand(LIKE, grammar)?;
                Ok(Expr::Between(Box::new(BetweenExpr {
                    expr,
                    low,
                    high,
                    negated,
                    symmetric,
                    location,
                })))
            }
            "in" => {
                if !self.at_symbol("(") {
                    return Err(self.unexpected());
                }
                match self.parenthesized_contents()? {
                    super::expression::Contents::Query(query) => {
                        let kind = SubqueryKind::In { expr, negated };
                        Ok(Expr::Subquery(Box::new(SubqueryExpr { kind, query, location })))
                    }
                    super::expression::Contents::List(list) => {
                        Ok(Expr::InList(Box::new(InListExpr { expr, list, negated, location })))
                    }
                }
            }
            word => {
                let kind = match word {
                    "like" => LikeKind::Like,
                    "ilike" => LikeKind::ILike,
                    _ => {
                        self.expect("to")?;
                        LikeKind::SimilarTo
                    }
                };
                if kind != LikeKind::SimilarTo && self.at_any(&["any", "some", "all"]) {
                    let operator = match (kind, negated) {
                        (LikeKind::Like, false) => "~~",
                        (LikeKind::Like, true) => "!~~",
                        (_, false) => "~~*",
                        (_, true) => "!~~*",
                    };
                    return self.quantified(expr, Vec::new(), operator.to_owned(), location);
                }
                let pattern = self.right_operand(LIKE, grammar)?;
                let escape = if self.accept("escape") {
                    Some(self.right_operand(LIKE, grammar)?)
                } else {
                    None
                };
                Ok(Expr::Like(Box::new(LikeExpr {
                    kind,
                    expr,
                    pattern,
                    escape,
                    negated,
                    location,
                })))
            }
        }
    }
}

fn flatten_or(terms: Vec<Expr>) -> Vec<Expr> {
    let mut flat = Vec::with_capacity(terms.len());
    for term in terms {
        match term {
            Expr::Or(inner) if flat.is_empty() => flat = inner,
            other => flat.push(other),
        }
    }
    flat
}

fn flatten_and(terms: Vec<Expr>) -> Vec<Expr> {
    let mut flat = Vec::with_capacity(terms.len());
    for term in terms {
        match term {
            Expr::And(inner) if flat.is_empty() => flat = inner,
            other => flat.push(other),
        }
    }
    flat
}

pub fn operator(
    schema: Vec<String>,
    name: String,
    left: Option<Expr>,
    right: Expr,
    location: Location,
) -> Expr {
    Expr::Operator(Box::new(OperatorExpr { schema, name, left, right, location }))
}

/// `- constant` is a constant, as in PostgreSQL.
fn negate(expr: Expr, location: Location) -> Expr {
    match expr {
        Expr::Literal(Literal { value: LiteralValue::Integer(value), .. }) => {
            let value = LiteralValue::Integer(value.wrapping_neg());
            Expr::Literal(Literal { value, location })
        }
        Expr::Literal(Literal { value: LiteralValue::Numeric(text), .. }) => {
            let text = match text.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{text}"),
            };
            // 2147483648 is no integer, but its negative is.
            let value = match text.parse() {
                Ok(integer) => LiteralValue::Integer(integer),
                Err(_) => LiteralValue::Numeric(text),
            };
            Expr::Literal(Literal { value, location })
        }
        other => operator(Vec::new(), "-".to_owned(), None, other, location),
    }
}

/// A call that SQL has its own syntax for.
pub fn sql_call(name: &str, arguments: Vec<Expr>, location: Location) -> Expr {
    let mut call = FunctionCall::new(
        ObjectName { parts: vec!["pg_catalog".to_owned(), name.to_owned()], location },
        arguments,
    );
    call.syntax = CallSyntax::Sql;
    Expr::Function(Box::new(call))
}

impl FunctionCall {
    /// A plain call with positional arguments.
    pub fn new(name: ObjectName, arguments: Vec<Expr>) -> FunctionCall {
        FunctionCall {
            location: name.location,
            name,
            arguments: arguments
                .into_iter()
                .map(|value| FunctionArgument { name: None, value })
                .collect(),
            star: false,
            distinct: false,
            variadic: false,
            order_by: Vec::new(),
            within_group: false,
            filter: None,
            over: None,
            syntax: CallSyntax::Ordinary,
        }
    }
}
