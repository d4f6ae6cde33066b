//! Expressions. Compound operands get parentheses, except along the left side of a chain of
//! operators of equal precedence, which would nest thousands deep.

use super::{Printer, quote_literal};
use crate::ast::*;

/// Left-associative precedence classes; `None` for comparisons, which do not associate.
fn chain_class(operator: &OperatorExpr) -> Option<u8> {
    operator.left.as_ref()?;
    if !operator.schema.is_empty() {
        return Some(0);
    }
    match operator.name.as_str() {
        "<" | ">" | "=" | "<=" | ">=" | "<>" => None,
        "+" | "-" => Some(1),
        "*" | "/" | "%" => Some(2),
        "^" => Some(3),
        _ => Some(0),
    }
}

impl Printer {
    /// With parentheses unless the expression is one by itself.
    pub fn operand(&mut self, expr: &Expr) {
        let simple = match expr {
            Expr::Literal(literal) => match &literal.value {
                LiteralValue::Integer(value) => *value >= 0,
                LiteralValue::Numeric(text) => !text.starts_with('-'),
                _ => true,
            },
            Expr::Function(call) => {
                call.syntax == CallSyntax::Ordinary
                    || !matches!(call.name.name(), "timezone" | "overlaps")
            }
            Expr::Subquery(subquery) => matches!(
                subquery.kind,
                SubqueryKind::Exists | SubqueryKind::Scalar | SubqueryKind::Array
            ),
            Expr::ColumnRef(_)
            | Expr::Parameter { .. }
            | Expr::TypeCast(_)
            | Expr::Array { .. }
            | Expr::Row { .. }
            | Expr::Case(_)
            | Expr::Coalesce { .. }
            | Expr::NullIf(_)
            | Expr::MinMax { .. }
            | Expr::SqlValue { .. }
            | Expr::Indirection(_)
            | Expr::Grouping { .. }
            | Expr::MergeAction { .. }
            | Expr::Xml(_)
            | Expr::Json(_)
            | Expr::Default { .. } => true,
            _ => false,
        };
        if simple {
            self.expression(expr);
        } else {
            self.push("(");
            self.expression(expr);
            self.push(")");
        }
    }

    fn arguments(&mut self, arguments: &[Expr]) {
        self.push("(");
        self.list(arguments, Printer::expression);
        self.push(")");
    }

    fn connective(&mut self, terms: &[Expr], word: &str) {
        for (index, term) in terms.iter().enumerate() {
            if index > 0 {
                self.push(word);
            }
            match term {
                Expr::Operator(_)
                | Expr::Is(_)
                | Expr::InList(_)
                | Expr::Like(_)
                | Expr::Quantified(_)
                | Expr::Between(_) => self.expression(term),
                _ => self.operand(term),
            }
        }
    }

    pub fn expression(&mut self, expr: &Expr) {
        match expr {
            Expr::ColumnRef(column) => {
                self.dotted(&column.fields);
                if column.star {
                    self.push(if column.fields.is_empty() { "*" } else { ".*" });
                }
            }
            Expr::Parameter { number, .. } => self.push(&format!("${number}")),
            Expr::Literal(literal) => self.literal(&literal.value),
            Expr::TypeCast(cast) => {
                self.operand(&cast.expr);
                self.push("::");
                self.type_name(&cast.type_name);
            }
            Expr::Operator(operator) => self.operator(operator),
            Expr::And(terms) => self.connective(terms, " AND "),
            Expr::Or(terms) => self.connective(terms, " OR "),
            Expr::Not(inner) => {
                self.push("NOT ");
                self.operand(inner);
            }
            Expr::Is(test) => self.is_test(test),
            Expr::IsDistinct(test) => {
                self.operand(&test.left);
                self.push(if test.negated {
                    " IS NOT DISTINCT FROM "
                } else {
                    " IS DISTINCT FROM "
                });
                self.operand(&test.right);
            }
            Expr::InList(list) => {
                self.operand(&list.expr);
                self.push(if list.negated { " NOT IN " } else { " IN " });
                self.arguments(&list.list);
            }
            Expr::Between(between) => {
                self.operand(&between.expr);
                self.push(if between.negated { " NOT BETWEEN " } else { " BETWEEN " });
                if between.symmetric {
                    self.push("SYMMETRIC ");
                }
                self.operand(&between.low);
                self.push(" AND ");
                self.operand(&between.high);
            }
            Expr::Like(like) => self.like(like),
            Expr::Quantified(quantified) => {
                self.operand(&quantified.left);
                self.infix_name(&quantified.schema, &quantified.operator);
                self.push(quantifier(quantified.quantifier));
                self.push("(");
                // A subquery as the array must not become the query form.
                if matches!(&quantified.array, Expr::Subquery(_)) {
                    self.push("(");
                    self.expression(&quantified.array);
                    self.push(")");
                } else {
                    self.expression(&quantified.array);
                }
                self.push(")");
            }
            Expr::Subquery(subquery) => self.subquery(subquery),
            Expr::Array { elements, .. } => {
                self.push("ARRAY[");
                self.array_elements(elements);
                self.push("]");
            }
            Expr::Row { fields, explicit, .. } => {
                if *explicit {
                    self.push("ROW");
                }
                self.arguments(fields);
            }
            Expr::Case(case) => self.case(case),
            Expr::Coalesce { arguments, .. } => {
                self.push("COALESCE");
                self.arguments(arguments);
            }
            Expr::NullIf(null_if) => {
                self.push("NULLIF(");
                self.expression(&null_if.left);
                self.push(", ");
                self.expression(&null_if.right);
                self.push(")");
            }
            Expr::MinMax { greatest, arguments, .. } => {
                self.push(if *greatest { "GREATEST" } else { "LEAST" });
                self.arguments(arguments);
            }
            Expr::Function(call) => self.function(call),
            Expr::SqlValue { function, precision, .. } => {
                self.push(sql_value(*function));
                if let Some(precision) = precision {
                    self.push(&format!("({precision})"));
                }
            }
            Expr::Indirection(indirection) => {
                match &indirection.base {
                    Expr::ColumnRef(_) | Expr::Parameter { .. } => {
                        let first_is_index = matches!(
                            indirection.steps.first(),
                            Some(IndirectionStep::Index(_) | IndirectionStep::Slice { .. })
                        );
                        if first_is_index || !matches!(&indirection.base, Expr::ColumnRef(_)) {
                            self.expression(&indirection.base);
                        } else {
                            self.push("(");
                            self.expression(&indirection.base);
                            self.push(")");
                        }
                    }
                    // A query or a row has its own parentheses.
                    Expr::Subquery(subquery) if matches!(subquery.kind, SubqueryKind::Scalar) => {
                        self.expression(&indirection.base);
                    }
                    base => {
                        self.push("(");
                        self.expression(base);
                        self.push(")");
                    }
                }
                self.steps(&indirection.steps);
            }
            Expr::Collate(collate) => {
                self.operand(&collate.expr);
                self.push(" COLLATE ");
                self.dotted(&collate.collation.parts);
            }
            Expr::Grouping { arguments, .. } => {
                self.push("GROUPING");
                self.arguments(arguments);
            }
            Expr::MergeAction { .. } => self.push("merge_action()"),
            Expr::Xml(xml) => self.xml(xml),
            Expr::Json(json) => self.json(json),
            Expr::Default { .. } => self.push("DEFAULT"),
            Expr::CurrentOf { cursor, .. } => {
                self.push("CURRENT OF ");
                self.identifier(cursor);
            }
        }
    }

    fn literal(&mut self, value: &LiteralValue) {
        match value {
            LiteralValue::Integer(value) => self.push(&value.to_string()),
            LiteralValue::Numeric(text) => self.push(text),
            LiteralValue::String(text) => self.push(&quote_literal(text)),
            LiteralValue::BitString(digits) => self.push(&format!("B'{digits}'")),
            LiteralValue::HexString(digits) => self.push(&format!("X'{digits}'")),
            LiteralValue::Boolean(true) => self.push("true"),
            LiteralValue::Boolean(false) => self.push("false"),
            LiteralValue::Null => self.push("NULL"),
        }
    }

    fn infix_name(&mut self, schema: &[String], name: &str) {
        self.push(" ");
        if schema.is_empty() {
            self.push(name);
        } else {
            self.push("OPERATOR(");
            self.operator_name(schema, name);
            self.push(")");
        }
        self.push(" ");
    }

    fn operator(&mut self, operator: &OperatorExpr) {
        let class = chain_class(operator);
        let mut spine = vec![operator];
        let mut left = operator.left.as_ref();
        while let (Some(Expr::Operator(inner)), Some(_)) = (left, class) {
            if chain_class(inner) != class {
                break;
            }
            spine.push(inner);
            left = inner.left.as_ref();
        }
        if let Some(left) = left {
            self.operand(left);
        }
        for operator in spine.iter().rev() {
            if operator.left.is_none() && operator.schema.is_empty() {
                self.push(&operator.name);
                self.push(" ");
            } else {
                self.infix_name(&operator.schema, &operator.name);
            }
            self.operand(&operator.right);
        }
    }

    fn is_test(&mut self, is: &IsExpr) {
        self.operand(&is.expr);
        self.push(if is.negated { " IS NOT " } else { " IS " });
        match &is.test {
            IsTest::Null => self.push("NULL"),
            IsTest::True => self.push("TRUE"),
            IsTest::False => self.push("FALSE"),
            IsTest::Unknown => self.push("UNKNOWN"),
            IsTest::Document => self.push("DOCUMENT"),
            IsTest::Normalized(form) => {
                if let Some(form) = form {
                    self.push(form);
                    self.push(" ");
                }
                self.push("NORMALIZED");
            }
            IsTest::Json { kind, unique_keys } => {
                self.push("JSON");
                if let Some(kind) = kind {
                    self.push(" ");
                    self.push(kind);
                }
                if *unique_keys {
                    self.push(" WITH UNIQUE KEYS");
                }
            }
        }
    }

    fn like(&mut self, like: &LikeExpr) {
        self.operand(&like.expr);
        if like.negated {
            self.push(" NOT");
        }
        self.push(match like.kind {
            LikeKind::Like => " LIKE ",
            LikeKind::ILike => " ILIKE ",
            LikeKind::SimilarTo => " SIMILAR TO ",
        });
        self.operand(&like.pattern);
        if let Some(escape) = &like.escape {
            self.push(" ESCAPE ");
            self.operand(escape);
        }
    }

    fn subquery(&mut self, subquery: &SubqueryExpr) {
        match &subquery.kind {
            SubqueryKind::Exists => self.push("EXISTS "),
            SubqueryKind::Scalar => {}
            SubqueryKind::Array => self.push("ARRAY"),
            SubqueryKind::In { expr, negated } => {
                self.operand(expr);
                self.push(if *negated { " NOT IN " } else { " IN " });
            }
            SubqueryKind::Quantified { left, schema, operator, quantifier: which } => {
                self.operand(left);
                self.infix_name(schema, operator);
                self.push(quantifier(*which));
            }
        }
        self.push("(");
        self.query(&subquery.query);
        self.push(")");
    }

    fn array_elements(&mut self, elements: &[Expr]) {
        self.list(elements, |printer, element| match element {
            Expr::Array { elements: inner, .. }
                if elements.iter().all(|e| matches!(e, Expr::Array { .. })) =>
            {
                printer.push("[");
                printer.array_elements(inner);
                printer.push("]");
            }
            other => printer.expression(other),
        });
    }

    fn case(&mut self, case: &CaseExpr) {
        self.push("CASE ");
        if let Some(operand) = &case.operand {
            self.operand(operand);
            self.push(" ");
        }
        for branch in &case.branches {
            self.push("WHEN ");
            self.expression(&branch.condition);
            self.push(" THEN ");
            self.expression(&branch.result);
            self.push(" ");
        }
        if let Some(otherwise) = &case.otherwise {
            self.push("ELSE ");
            self.expression(otherwise);
            self.push(" ");
        }
        self.push("END");
    }

    pub fn steps(&mut self, steps: &[IndirectionStep]) {
        for step in steps {
            match step {
                IndirectionStep::Field { name, .. } => {
                    self.push(".");
                    self.identifier(name);
                }
                IndirectionStep::Star { .. } => self.push(".*"),
                IndirectionStep::Index(index) => {
                    self.push("[");
                    self.expression(index);
                    self.push("]");
                }
                IndirectionStep::Slice { lower, upper } => {
                    self.push("[");
                    if let Some(lower) = lower {
                        self.expression(lower);
                    }
                    self.push(":");
                    if let Some(upper) = upper {
                        self.expression(upper);
                    }
                    self.push("]");
                }
            }
        }
    }

    fn function(&mut self, call: &FunctionCall) {
        if call.syntax == CallSyntax::Sql && self.sql_function(call) {
            return;
        }
        self.dotted(&call.name.parts);
        self.push("(");
        if call.star {
            self.push("*");
        }
        if call.distinct {
            self.push("DISTINCT ");
        }
        let last = call.arguments.len().saturating_sub(1);
        for (index, argument) in call.arguments.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            if call.variadic && index == last {
                self.push("VARIADIC ");
            }
            if let Some(name) = &argument.name {
                self.identifier(name);
                self.push(" => ");
            }
            self.expression(&argument.value);
        }
        if !call.order_by.is_empty() && !call.within_group {
            self.push(" ");
            self.order_by(&call.order_by);
        }
        self.push(")");
        if call.within_group {
            self.push(" WITHIN GROUP (");
            self.order_by(&call.order_by);
            self.push(")");
        }
        self.filter_and_over(call.filter.as_ref(), call.over.as_ref());
    }

    pub fn filter_and_over(&mut self, filter: Option<&Expr>, over: Option<&Over>) {
        if let Some(filter) = filter {
            self.push(" FILTER (WHERE ");
            self.expression(filter);
            self.push(")");
        }
        match over {
            None => {}
            Some(Over::Name { name, .. }) => {
                self.push(" OVER ");
                self.identifier(name);
            }
            Some(Over::Window(window)) => {
                self.push(" OVER ");
                self.window(window);
            }
        }
    }

    /// The SQL spelling; false if the call has none.
    fn sql_function(&mut self, call: &FunctionCall) -> bool {
        let arguments: Vec<&Expr> = call.arguments.iter().map(|argument| &argument.value).collect();
        match (call.name.name(), arguments.as_slice()) {
            ("timezone", [value]) => {
                self.operand(value);
                self.push(" AT LOCAL");
            }
            ("timezone", [zone, value]) => {
                self.operand(value);
                self.push(" AT TIME ZONE ");
                self.operand(zone);
            }
            ("overlaps", [a, b, c, d]) => {
                for (text, value) in [("(", a), (", ", b), (") OVERLAPS (", c), (", ", d)] {
                    self.push(text);
                    self.expression(value);
                }
                self.push(")");
            }
            ("position", [text, part]) => self.worded("POSITION", &[("", part), (" IN ", text)]),
            ("extract", [field, value]) => {
                self.worded("EXTRACT", &[("", field), (" FROM ", value)]);
            }
            ("substring", [text, from]) => {
                self.worded("SUBSTRING", &[("", text), (" FROM ", from)]);
            }
            ("substring", [text, from, length]) => {
                self.worded("SUBSTRING", &[("", text), (" FROM ", from), (" FOR ", length)]);
            }
            ("overlay", [text, new, from]) => {
                self.worded("OVERLAY", &[("", text), (" PLACING ", new), (" FROM ", from)]);
            }
            ("overlay", [text, new, from, length]) => self.worded(
                "OVERLAY",
                &[("", text), (" PLACING ", new), (" FROM ", from), (" FOR ", length)],
            ),
            (name @ ("btrim" | "ltrim" | "rtrim"), arguments) => {
                self.push(match name {
                    "btrim" => "TRIM(BOTH FROM ",
                    "ltrim" => "TRIM(LEADING FROM ",
                    _ => "TRIM(TRAILING FROM ",
                });
                self.list(arguments, |printer, value| printer.expression(value));
                self.push(")");
            }
            (
                "normalize",
                [value, Expr::Literal(Literal { value: LiteralValue::String(form), .. })],
            ) => {
                self.push("NORMALIZE(");
                self.expression(value);
                self.push(&format!(", {form})"));
            }
            ("normalize", [value]) => self.worded("NORMALIZE", &[("", value)]),
            ("pg_collation_for", [value]) => self.worded("COLLATION FOR ", &[("", value)]),
            _ => return false,
        }
        true
    }

    fn worded(&mut self, name: &str, parts: &[(&str, &Expr)]) {
        self.push(name);
        self.push("(");
        for (word, value) in parts {
            self.push(word);
            self.operand(value);
        }
        self.push(")");
    }

    fn xml(&mut self, xml: &XmlExpr) {
        self.push(&xml.function);
        self.push("(");
        let mut separator = "";
        if let Some(name) = &xml.name {
            self.push("NAME ");
            self.identifier(name);
            separator = ", ";
        }
        if !xml.attributes.is_empty() {
            self.push(separator);
            let wrapped = xml.function == "xmlelement";
            self.push(if wrapped { "xmlattributes(" } else { "" });
            self.select_items(&xml.attributes);
            self.push(if wrapped { ")" } else { "" });
            separator = ", ";
        }
        let (root, exists) = (xml.function == "xmlroot", xml.function == "xmlexists");
        let mut modifiers = xml.modifiers.as_slice();
        if matches!(xml.function.as_str(), "xmlparse" | "xmlserialize") {
            self.push(&format!("{} ", modifiers[0]));
            modifiers = &modifiers[1..];
        }
        for (index, argument) in xml.arguments.iter().enumerate() {
            self.push(match (index, root, exists) {
                (0, ..) => separator,
                (_, true, _) => ", version ",
                (_, _, true) => " PASSING ",
                _ => ", ",
            });
            self.operand(argument);
        }
        if let Some(type_name) = &xml.type_name {
            self.push(" AS ");
            self.type_name(type_name);
        }
        for modifier in modifiers {
            self.push(if root { ", " } else { " " });
            self.push(modifier);
        }
        self.push(")");
    }

    fn json(&mut self, json: &JsonExpr) {
        self.push(&json.function);
        self.push("(");
        if let Some(query) = &json.query {
            self.query(query);
        }
        self.list(&json.arguments, |printer, argument| {
            if let Some(key) = &argument.key {
                printer.operand(key);
                printer.push(" : ");
            }
            printer.expression(&argument.value);
            if argument.format_json {
                printer.push(" FORMAT JSON");
            }
        });
        if !json.order_by.is_empty() {
            self.push(" ");
            self.order_by(&json.order_by);
        }
        for modifier in &json.modifiers {
            self.push(" ");
            self.push(modifier);
        }
        if let Some(type_name) = &json.returning {
            self.push(" RETURNING ");
            self.type_name(type_name);
            if json.returning_format {
                self.push(" FORMAT JSON");
            }
        }
        self.push(")");
        self.filter_and_over(json.filter.as_ref(), json.over.as_ref());
    }
}

fn quantifier(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Any => "ANY ",
        Quantifier::All => "ALL ",
    }
}

fn sql_value(function: SqlValueFunction) -> &'static str {
    match function {
        SqlValueFunction::CurrentDate => "CURRENT_DATE",
        SqlValueFunction::CurrentTime => "CURRENT_TIME",
        SqlValueFunction::CurrentTimestamp => "CURRENT_TIMESTAMP",
        SqlValueFunction::LocalTime => "LOCALTIME",
        SqlValueFunction::LocalTimestamp => "LOCALTIMESTAMP",
        SqlValueFunction::CurrentRole => "CURRENT_ROLE",
        SqlValueFunction::CurrentUser => "CURRENT_USER",
        SqlValueFunction::User => "USER",
        SqlValueFunction::SessionUser => "SESSION_USER",
        SqlValueFunction::SystemUser => "SYSTEM_USER",
        SqlValueFunction::CurrentCatalog => "CURRENT_CATALOG",
        SqlValueFunction::CurrentSchema => "CURRENT_SCHEMA",
    }
}
