//! Gives every part of an expression its type.

use functions::{common_type, resolve_operator};
use syntax::ast::{
    CaseExpr, ColumnRef, Expr, InListExpr, IndirectionStep, IsTest, LikeKind, LiteralValue,
    Quantifier, SqlValueFunction,
};
use types::{Oid, oid};

use super::nodes::{Connective, Node};
use super::{Deparser, Typed, constant};
use crate::quote_identifier;

fn typed(node: Node, type_oid: Oid) -> Typed {
    Typed { node, type_oid }
}

fn boolean(node: Node) -> Typed {
    typed(node, oid::BOOL)
}

impl Deparser<'_> {
    pub fn analyze(&mut self, expr: &Expr) -> Option<Typed> {
        Some(match expr {
            Expr::ColumnRef(column) => self.column(column)?,
            Expr::Literal(literal) => self.literal(&literal.value),
            Expr::TypeCast(cast) => {
                let (target, shown) = self.written_type(&cast.type_name)?;
                let operand = self.analyze(&cast.expr)?;
                let plain = cast.type_name.modifiers.is_empty();
                let node = match operand.node {
                    Node::Unknown(text) => constant(&text, target, &shown),
                    Node::Null => Node::Closed(format!("NULL::{shown}")),
                    node if operand.type_oid == target && plain => node,
                    node => Node::Cast { operand: Box::new(node), type_text: shown },
                };
                typed(node, target)
            }
            Expr::Operator(operator) => {
                if operator.schema.iter().any(|schema| schema != "pg_catalog") {
                    return None;
                }
                let left = match &operator.left {
                    Some(left) => Some(self.analyze(left)?),
                    None => None,
                };
                let right = self.analyze(&operator.right)?;
                self.operator(&operator.name, left, right)?
            }
            Expr::And(terms) => self.boolean(Connective::And, terms)?,
            Expr::Or(terms) => self.boolean(Connective::Or, terms)?,
            Expr::Not(operand) => {
                let operand = self.analyze(operand)?;
                not(self.coerce(operand, oid::BOOL).node)
            }
            Expr::Is(is) => {
                let not = if is.negated { "NOT " } else { "" };
                let (word, target) = match &is.test {
                    IsTest::Null => ("NULL", 0),
                    IsTest::True => ("TRUE", oid::BOOL),
                    IsTest::False => ("FALSE", oid::BOOL),
                    IsTest::Unknown => ("UNKNOWN", oid::BOOL),
                    _ => return None,
                };
                let operand = self.analyze(&is.expr)?;
                let operand = if target == 0 { operand } else { self.coerce(operand, target) };
                boolean(Node::Test {
                    operand: Box::new(operand.node),
                    suffix: format!("IS {not}{word}"),
                })
            }
            Expr::IsDistinct(test) => {
                let (left, right) = (self.analyze(&test.left)?, self.analyze(&test.right)?);
                let (left, right) = self.compared(left, right)?;
                let node = Node::Distinct { left: Box::new(left), right: Box::new(right) };
                if test.negated { not(node) } else { boolean(node) }
            }
            Expr::InList(list) => self.in_list(list)?,
            Expr::Between(between) => {
                if between.symmetric {
                    return None;
                }
                let (below, above) = if between.negated { ("<", ">") } else { (">=", "<=") };
                let mut terms = Vec::new();
                for (name, bound) in [(below, &between.low), (above, &between.high)] {
                    let (left, right) = (self.analyze(&between.expr)?, self.analyze(bound)?);
                    terms.push(self.operator(name, Some(left), right)?.node);
                }
                let kind = if between.negated { Connective::Or } else { Connective::And };
                boolean(Node::Boolean { kind, terms })
            }
            Expr::Like(like) => {
                let name = match (like.kind, like.negated) {
                    (LikeKind::Like, false) => "~~",
                    (LikeKind::Like, true) => "!~~",
                    (LikeKind::ILike, false) => "~~*",
                    (LikeKind::ILike, true) => "!~~*",
                    (LikeKind::SimilarTo, _) => return None,
                };
                let (text, mut pattern) = (self.analyze(&like.expr)?, self.analyze(&like.pattern)?);
                if let Some(escape) = &like.escape {
                    let escape = self.analyze(escape)?;
                    pattern = self.resolved("like_escape", vec![pattern, escape])?;
                }
                self.operator(name, Some(text), pattern)?
            }
            Expr::Quantified(quantified) => {
                let left = self.analyze(&quantified.left)?;
                let mut array = self.analyze(&quantified.array)?;
                if array.type_oid == oid::UNKNOWN {
                    let target = self.array_of(left.type_oid)?;
                    array = self.coerce(array, target);
                }
                self.quantified(left, &quantified.operator, quantified.quantifier, array)?
            }
            Expr::Array { elements, .. } => self.array(elements)?,
            Expr::Row { fields, .. } => {
                let fields = self.each(fields)?;
                let fields: Vec<String> =
                    fields.iter().map(|field| field.node.print(self.pretty)).collect();
                typed(Node::Closed(format!("ROW({})", fields.join(", "))), oid::RECORD)
            }
            Expr::Case(case) => self.case(case)?,
            Expr::Coalesce { arguments, .. } => self.common("COALESCE", arguments)?,
            Expr::MinMax { greatest, arguments, .. } => {
                self.common(if *greatest { "GREATEST" } else { "LEAST" }, arguments)?
            }
            Expr::NullIf(null_if) => {
                let (left, right) = (self.analyze(&null_if.left)?, self.analyze(&null_if.right)?);
                let result = if left.type_oid == oid::UNKNOWN { oid::TEXT } else { left.type_oid };
                let (left, right) = self.compared(left, right)?;
                let shown =
                    format!("NULLIF({}, {})", left.print(self.pretty), right.print(self.pretty));
                typed(Node::Closed(shown), result)
            }
            Expr::Function(call) => self.call(call)?,
            Expr::Subquery(subquery) => self.subquery(subquery)?,
            Expr::SqlValue { function, precision, .. } => {
                let (word, type_oid) = match function {
                    SqlValueFunction::CurrentDate => ("CURRENT_DATE", oid::DATE),
                    SqlValueFunction::CurrentTime => ("CURRENT_TIME", oid::TIMETZ),
                    SqlValueFunction::CurrentTimestamp => ("CURRENT_TIMESTAMP", oid::TIMESTAMPTZ),
                    SqlValueFunction::LocalTime => ("LOCALTIME", oid::TIME),
                    SqlValueFunction::LocalTimestamp => ("LOCALTIMESTAMP", oid::TIMESTAMP),
                    SqlValueFunction::CurrentRole => ("CURRENT_ROLE", oid::NAME),
                    SqlValueFunction::CurrentUser => ("CURRENT_USER", oid::NAME),
                    SqlValueFunction::User => ("USER", oid::NAME),
                    SqlValueFunction::SessionUser => ("SESSION_USER", oid::NAME),
                    SqlValueFunction::CurrentCatalog => ("CURRENT_CATALOG", oid::NAME),
                    SqlValueFunction::CurrentSchema => ("CURRENT_SCHEMA", oid::NAME),
                    SqlValueFunction::SystemUser => ("SYSTEM_USER", oid::TEXT),
                };
                let precision = precision.map_or_else(String::new, |p| format!("({p})"));
                typed(Node::Closed(format!("{word}{precision}")), type_oid)
            }
            Expr::Indirection(indirection) => {
                let base = self.analyze(&indirection.base)?;
                let Node::Closed(mut shown) = base.node else { return None };
                for step in &indirection.steps {
                    let IndirectionStep::Index(index) = step else { return None };
                    let index = self.analyze(index)?;
                    let index = self.coerce(index, oid::INT4);
                    shown.push_str(&format!("[{}]", index.node.print(self.pretty)));
                }
                let element =
                    functions::type_catalog::element_type(self.scope.catalog, base.type_oid);
                if element == 0 {
                    return None;
                }
                typed(Node::Closed(shown), element)
            }
            Expr::Collate(collate) => {
                let operand = self.analyze(&collate.expr)?;
                let target =
                    if operand.type_oid == oid::UNKNOWN { oid::TEXT } else { operand.type_oid };
                let operand = self.coerce(operand, target);
                let collation = quote_identifier(collate.collation.name());
                typed(Node::Collate { operand: Box::new(operand.node), collation }, target)
            }
            _ => return None,
        })
    }

    fn column(&self, column: &ColumnRef) -> Option<Typed> {
        if column.star {
            return None;
        }
        let (table, name) = match column.fields.as_slice() {
            [name] => (None, name),
            [table, name] | [_, table, name] => (Some(table), name),
            _ => return None,
        };
        if let (Some(value), None, "value") = (self.value, table, name.as_str()) {
            return Some(typed(Node::Closed("VALUE".to_owned()), value));
        }
        let mut entries =
            self.range.iter().filter(|entry| table.is_none_or(|table| *table == entry.name));
        let (entry, type_oid) = entries.find_map(|entry| {
            let (_, type_oid) = entry.columns.iter().find(|(column, _)| column == name)?;
            Some((entry, *type_oid))
        })?;
        let shown = quote_identifier(name);
        let shown =
            if self.prefix { format!("{}.{shown}", quote_identifier(&entry.name)) } else { shown };
        Some(typed(Node::Closed(shown), type_oid))
    }

    fn literal(&self, value: &LiteralValue) -> Typed {
        match value {
            LiteralValue::Integer(value) if *value < 0 => {
                typed(Node::Closed(format!("'{value}'::integer")), oid::INT4)
            }
            LiteralValue::Integer(value) => typed(Node::Closed(value.to_string()), oid::INT4),
            LiteralValue::Numeric(digits) => {
                if digits.parse::<i64>().is_ok() {
                    return typed(Node::Closed(format!("'{digits}'::bigint")), oid::INT8);
                }
                let shown = digits
                    .parse::<types::numeric::Numeric>()
                    .map_or_else(|_| digits.clone(), |value| value.to_string());
                let bare = shown.starts_with(|c: char| c.is_ascii_digit()) && shown.contains('.');
                let shown = if bare { shown } else { format!("'{shown}'::numeric") };
                typed(Node::Closed(shown), oid::NUMERIC)
            }
            LiteralValue::String(text) => typed(Node::Unknown(text.clone()), oid::UNKNOWN),
            LiteralValue::BitString(digits) => {
                typed(Node::Closed(format!("'{digits}'::\"bit\"")), oid::BIT)
            }
            LiteralValue::HexString(digits) => {
                typed(Node::Closed(format!("'x{digits}'::\"bit\"")), oid::BIT)
            }
            LiteralValue::Boolean(value) => boolean(Node::Closed(value.to_string())),
            LiteralValue::Null => typed(Node::Null, oid::UNKNOWN),
        }
    }

    pub fn each(&mut self, expressions: &[Expr]) -> Option<Vec<Typed>> {
        expressions.iter().map(|expr| self.analyze(expr)).collect()
    }

    fn boolean(&mut self, kind: Connective, terms: &[Expr]) -> Option<Typed> {
        let terms = self.each(terms)?;
        let terms = terms.into_iter().map(|term| self.coerce(term, oid::BOOL).node).collect();
        Some(boolean(Node::Boolean { kind, terms }))
    }

    pub fn operator(&self, name: &str, left: Option<Typed>, right: Typed) -> Option<Typed> {
        let left_type = left.as_ref().map(|left| left.type_oid);
        let found = resolve_operator(self.scope.catalog, name, left_type, right.type_oid).ok()?;
        let left = left.map(|left| Box::new(self.coerce(left, found.left).node));
        let right = Box::new(self.coerce(right, found.right).node);
        Some(typed(Node::Operator { name: name.to_owned(), left, right }, found.result.oid))
    }

    /// Both sides as the equality of their types takes them.
    fn compared(&self, left: Typed, right: Typed) -> Option<(Node, Node)> {
        let found =
            resolve_operator(self.scope.catalog, "=", Some(left.type_oid), right.type_oid).ok()?;
        Some((self.coerce(left, found.left).node, self.coerce(right, found.right).node))
    }

    pub fn array_of(&self, element: Oid) -> Option<Oid> {
        let facts = functions::TypeCatalog::facts(self.scope.catalog, element)?;
        (facts.array != 0).then_some(facts.array)
    }

    fn quantified(
        &self,
        left: Typed,
        operator: &str,
        quantifier: Quantifier,
        array: Typed,
    ) -> Option<Typed> {
        let element = functions::type_catalog::element_type(self.scope.catalog, array.type_oid);
        let found =
            resolve_operator(self.scope.catalog, operator, Some(left.type_oid), element).ok()?;
        let array = if found.right == element {
            array
        } else {
            let target = self.array_of(found.right)?;
            self.coerce(array, target)
        };
        let word = if quantifier == Quantifier::Any { "ANY" } else { "ALL" };
        Some(boolean(Node::Quantified {
            left: Box::new(self.coerce(left, found.left).node),
            operator: format!("{operator} {word}"),
            array: Box::new(array.node),
        }))
    }

    fn in_list(&mut self, list: &InListExpr) -> Option<Typed> {
        let left = self.analyze(&list.expr)?;
        let name = if list.negated { "<>" } else { "=" };
        let members = self.each(&list.list)?;
        if members.len() == 1 {
            return self.operator(name, Some(left), members.into_iter().next()?);
        }
        // Members that are columns make comparisons of their own.
        if list.list.iter().any(|member| !is_constant(member)) {
            let mut terms = Vec::new();
            for member in members {
                let left = self.analyze(&list.expr)?;
                terms.push(self.operator(name, Some(left), member)?.node);
            }
            let kind = if list.negated { Connective::And } else { Connective::Or };
            return Some(boolean(Node::Boolean { kind, terms }));
        }
        let mut all: Vec<Oid> = members.iter().map(|member| member.type_oid).collect();
        all.insert(0, left.type_oid);
        let element = common_type(self.scope.catalog, &all, "IN").ok()?;
        let array = self.elements(members, element)?;
        let quantifier = if list.negated { Quantifier::All } else { Quantifier::Any };
        self.quantified(left, name, quantifier, array)
    }

    fn elements(&self, members: Vec<Typed>, element: Oid) -> Option<Typed> {
        let shown: Vec<String> = members
            .into_iter()
            .map(|member| self.coerce(member, element).node.print(self.pretty))
            .collect();
        let facts = functions::TypeCatalog::facts(self.scope.catalog, element)?;
        let array = if facts.category == 'A' { element } else { self.array_of(element)? };
        Some(typed(Node::Closed(format!("ARRAY[{}]", shown.join(", "))), array))
    }

    fn array(&mut self, elements: &[Expr]) -> Option<Typed> {
        if elements.is_empty() {
            return None;
        }
        let members = self.each(elements)?;
        let all: Vec<Oid> = members.iter().map(|member| member.type_oid).collect();
        let element = common_type(self.scope.catalog, &all, "ARRAY").ok()?;
        self.elements(members, element)
    }

    fn common(&mut self, word: &str, arguments: &[Expr]) -> Option<Typed> {
        let members = self.each(arguments)?;
        let all: Vec<Oid> = members.iter().map(|member| member.type_oid).collect();
        let result = common_type(self.scope.catalog, &all, word).ok()?;
        let shown: Vec<String> = members
            .into_iter()
            .map(|member| self.coerce(member, result).node.print(self.pretty))
            .collect();
        Some(typed(Node::Closed(format!("{word}({})", shown.join(", "))), result))
    }

    /// Each part of a CASE is on a line of its own.
    fn case(&mut self, case: &CaseExpr) -> Option<Typed> {
        let outer = self.indent;
        self.indent += 4;
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        for branch in &case.branches {
            let condition = self.analyze(&branch.condition)?;
            conditions.push(match &case.operand {
                Some(operand) => {
                    let operand = self.analyze(operand)?;
                    self.compared(operand, condition)?.1
                }
                None => self.coerce(condition, oid::BOOL).node,
            });
            results.push(self.analyze(&branch.result)?);
        }
        let otherwise = match &case.otherwise {
            Some(otherwise) => self.analyze(otherwise)?,
            None => typed(Node::Null, oid::UNKNOWN),
        };
        // PostgreSQL looks at the last result first.
        let mut all = vec![otherwise.type_oid];
        all.extend(results.iter().map(|result| result.type_oid));
        let result_type = common_type(self.scope.catalog, &all, "CASE").ok()?;
        self.indent = outer;
        let (outer, inner) = (" ".repeat(outer), " ".repeat(outer + 4));
        let mut out = format!("\n{outer}CASE");
        if let Some(operand) = &case.operand {
            let operand = self.analyze(operand)?;
            out.push_str(&format!(" {}", operand.node.print(self.pretty)));
        }
        for (condition, result) in conditions.iter().zip(results) {
            let result = self.coerce(result, result_type);
            out.push_str(&format!(
                "\n{inner}WHEN {} THEN {}",
                condition.print(self.pretty),
                result.node.print(self.pretty)
            ));
        }
        let otherwise = self.coerce(otherwise, result_type);
        out.push_str(&format!("\n{inner}ELSE {}\n{outer}END", otherwise.node.print(self.pretty)));
        Some(typed(Node::Closed(out), result_type))
    }
}

pub(super) fn not(node: Node) -> Typed {
    boolean(Node::Boolean { kind: Connective::Not, terms: vec![node] })
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_) => true,
        Expr::TypeCast(cast) => is_constant(&cast.expr),
        Expr::Operator(operator) => {
            operator.left.as_ref().is_none_or(is_constant) && is_constant(&operator.right)
        }
        _ => false,
    }
}
