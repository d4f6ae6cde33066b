//! Walks over the syntax tree: every expression, query, table and type name below a node.

use syntax::ast::*;

/// A place that a walk comes by, before what is below it.
pub(crate) enum Place<'n> {
    Expr(&'n mut Expr),
    Table(&'n mut TableReference),
    Type(&'n mut TypeName),
}

pub(crate) type Visit<'v> = &'v mut dyn FnMut(Place<'_>);

/// Visits the expression and all below it, subqueries too.
pub(crate) fn expression(expr: &mut Expr, visit: Visit<'_>) {
    visit(Place::Expr(expr));
    match expr {
        Expr::ColumnRef(_)
        | Expr::Parameter { .. }
        | Expr::Literal(_)
        | Expr::SqlValue { .. }
        | Expr::MergeAction { .. }
        | Expr::Default { .. }
        | Expr::CurrentOf { .. } => {}
        Expr::TypeCast(cast) => {
            expression(&mut cast.expr, visit);
            type_name(&mut cast.type_name, visit);
        }
        Expr::Operator(operator) => {
            optional(operator.left.as_mut(), visit);
            expression(&mut operator.right, visit);
        }
        Expr::And(terms) | Expr::Or(terms) => all(terms, visit),
        Expr::Not(operand) => expression(operand, visit),
        Expr::Is(is) => expression(&mut is.expr, visit),
        Expr::IsDistinct(is) => {
            expression(&mut is.left, visit);
            expression(&mut is.right, visit);
        }
        Expr::InList(list) => {
            expression(&mut list.expr, visit);
            all(&mut list.list, visit);
        }
        Expr::Between(between) => {
            expression(&mut between.expr, visit);
            expression(&mut between.low, visit);
            expression(&mut between.high, visit);
        }
        Expr::Like(like) => {
            expression(&mut like.expr, visit);
            expression(&mut like.pattern, visit);
            optional(like.escape.as_mut(), visit);
        }
        Expr::Quantified(quantified) => {
            expression(&mut quantified.left, visit);
            expression(&mut quantified.array, visit);
        }
        Expr::Subquery(subquery) => {
            match &mut subquery.kind {
                SubqueryKind::In { expr, .. } => expression(expr, visit),
                SubqueryKind::Quantified { left, .. } => expression(left, visit),
                SubqueryKind::Exists | SubqueryKind::Scalar | SubqueryKind::Array => {}
            }
            query(&mut subquery.query, visit);
        }
        Expr::Array { elements, .. } => all(elements, visit),
        Expr::Row { fields, .. } => all(fields, visit),
        Expr::Case(case) => {
            optional(case.operand.as_mut(), visit);
            for branch in &mut case.branches {
                expression(&mut branch.condition, visit);
                expression(&mut branch.result, visit);
            }
            optional(case.otherwise.as_mut(), visit);
        }
        Expr::Coalesce { arguments, .. }
        | Expr::MinMax { arguments, .. }
        | Expr::Grouping { arguments, .. } => all(arguments, visit),
        Expr::NullIf(pair) => {
            expression(&mut pair.left, visit);
            expression(&mut pair.right, visit);
        }
        Expr::Function(call) => {
            for argument in &mut call.arguments {
                expression(&mut argument.value, visit);
            }
            order(&mut call.order_by, visit);
            optional(call.filter.as_mut(), visit);
            over(call.over.as_mut(), visit);
        }
        Expr::Indirection(indirection) => {
            expression(&mut indirection.base, visit);
            for step in &mut indirection.steps {
                match step {
                    IndirectionStep::Index(index) => expression(index, visit),
                    IndirectionStep::Slice { lower, upper } => {
                        optional(lower.as_mut(), visit);
                        optional(upper.as_mut(), visit);
                    }
                    IndirectionStep::Field { .. } | IndirectionStep::Star { .. } => {}
                }
            }
        }
        Expr::Collate(collate) => expression(&mut collate.expr, visit),
        Expr::Xml(xml) => {
            for item in &mut xml.attributes {
                expression(&mut item.expr, visit);
            }
            all(&mut xml.arguments, visit);
            if let Some(name) = &mut xml.type_name {
                type_name(name, visit);
            }
        }
        Expr::Json(json) => json_expression(json, visit),
    }
}

fn json_expression(json: &mut JsonExpr, visit: Visit<'_>) {
    for argument in &mut json.arguments {
        optional(argument.key.as_mut(), visit);
        expression(&mut argument.value, visit);
    }
    for (value, _) in &mut json.passing {
        expression(value, visit);
    }
    if let Some(name) = &mut json.returning {
        type_name(name, visit);
    }
    for behavior in [&mut json.on_empty, &mut json.on_error].into_iter().flatten() {
        if let JsonBehavior::Default(value) = behavior {
            expression(value, visit);
        }
    }
    if let Some(inner) = &mut json.query {
        query(inner, visit);
    }
    order(&mut json.order_by, visit);
    optional(json.filter.as_mut(), visit);
    over(json.over.as_mut(), visit);
}

fn optional(expr: Option<&mut Expr>, visit: Visit<'_>) {
    if let Some(expr) = expr {
        expression(expr, visit);
    }
}

fn all(exprs: &mut [Expr], visit: Visit<'_>) {
    for expr in exprs {
        expression(expr, visit);
    }
}

fn type_name(name: &mut TypeName, visit: Visit<'_>) {
    visit(Place::Type(name));
}

fn order(items: &mut [OrderBy], visit: Visit<'_>) {
    for item in items {
        expression(&mut item.expr, visit);
    }
}

fn over(over: Option<&mut Over>, visit: Visit<'_>) {
    if let Some(Over::Window(definition)) = over {
        window(definition, visit);
    }
}

fn window(definition: &mut WindowDefinition, visit: Visit<'_>) {
    all(&mut definition.partition_by, visit);
    order(&mut definition.order_by, visit);
    if let Some(frame) = &mut definition.frame {
        for bound in [Some(&mut frame.start), frame.end.as_mut()].into_iter().flatten() {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                expression(offset, visit);
            }
        }
    }
}

/// Visits the query and all below it.
pub(crate) fn query(whole: &mut Query, visit: Visit<'_>) {
    if let Some(with) = &mut whole.with {
        for table in &mut with.tables {
            if let Statement::Query(inner) = table.statement.as_mut() {
                query(inner, visit);
            }
        }
    }
    body(&mut whole.body, visit);
    order(&mut whole.order_by, visit);
    if let Some(limit) = &mut whole.limit {
        optional(limit.count.as_mut(), visit);
    }
    optional(whole.offset.as_mut(), visit);
}

fn body(part: &mut QueryBody, visit: Visit<'_>) {
    match part {
        QueryBody::Select(select) => {
            if let Distinct::On(exprs) = &mut select.distinct {
                all(exprs, visit);
            }
            for item in &mut select.items {
                expression(&mut item.expr, visit);
            }
            for item in &mut select.from {
                from_item(item, visit);
            }
            optional(select.as_of.as_mut(), visit);
            optional(select.filter.as_mut(), visit);
            group(&mut select.group_by, visit);
            optional(select.having.as_mut(), visit);
            for named in &mut select.windows {
                window(&mut named.definition, visit);
            }
        }
        QueryBody::Values { rows, .. } => rows.iter_mut().for_each(|row| all(row, visit)),
        QueryBody::SetOperation(operation) => {
            body(&mut operation.left, visit);
            body(&mut operation.right, visit);
        }
        QueryBody::Nested(inner) => query(inner, visit),
    }
}

fn group(items: &mut [GroupItem], visit: Visit<'_>) {
    for item in items {
        match item {
            GroupItem::Expr(expr) => expression(expr, visit),
            GroupItem::Empty { .. } => {}
            GroupItem::Rollup { items, .. } | GroupItem::Cube { items, .. } => all(items, visit),
            GroupItem::GroupingSets { sets, .. } => group(sets, visit),
        }
    }
}

fn from_item(item: &mut FromItem, visit: Visit<'_>) {
    match item {
        FromItem::Table(table) => {
            visit(Place::Table(table));
            if let Some(sample) = &mut table.sample {
                all(&mut sample.arguments, visit);
                optional(sample.repeatable.as_mut(), visit);
            }
        }
        FromItem::Subquery(subquery) => query(&mut subquery.query, visit),
        FromItem::Function(function) => {
            for item in &mut function.functions {
                expression(&mut item.function, visit);
            }
        }
        FromItem::Join(join) => {
            from_item(&mut join.left, visit);
            from_item(&mut join.right, visit);
            if let JoinConstraint::On(condition) = &mut join.constraint {
                expression(condition, visit);
            }
        }
    }
}

/// Names of the columns of its own table that a stored expression reads.
pub(crate) fn columns_of(expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    let mut copy = expr.clone();
    expression(&mut copy, &mut |place| {
        if let Place::Expr(Expr::ColumnRef(reference)) = place
            && let Some(name) = reference.fields.last()
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    });
    names
}
