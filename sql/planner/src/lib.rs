//! From syntax tree to physical plan: name and type resolution, rewriting, costs.
//!
//! The result is a [`plan::Plan`]: a tree of operators over typed expressions that the executor runs without asking the
//! catalog again. Plans are immutable and shared between executions and sessions.
//!
//! ```text
//! syntax tree ── bind ──▶ logical tree ── fold, sublinks, push ──▶ logical tree ── physical, joins, access ──▶ plan
//! ```

pub mod bind;
pub mod catalog_view;
pub mod explain;
pub mod expression;
pub mod logical;
pub mod optimize;
pub mod plan;
pub mod walk;

use std::sync::Arc;

use catalog::Relation;
use types::{Oid, SqlError, SqlResult, SqlType, sqlstate};

pub use bind::type_names::resolve_type;
pub use catalog_view::{CatalogView, ColumnStatistics, Statistics};
pub use explain::{ExplainFormat, ExplainOptions, NodeActuals, explain};

/// What the caller knows about a statement.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanOptions<'a> {
    /// Declared types of `$1` …; 0 is undeclared.
    pub parameter_types: &'a [Oid],
    /// The statement fills a materialized view, which nothing else may change.
    pub fills: bool,
    /// Variables of the function that the statement is in.
    pub variables: &'a [bind::Variable],
    /// There are no parameters: one that is named is an error, not one to be declared.
    pub without_parameters: bool,
}

/// Analyzes and plans a statement that reads or writes rows.
pub fn plan_statement(
    statement: &syntax::ast::Statement,
    catalog: &dyn CatalogView,
    options: &PlanOptions<'_>,
) -> SqlResult<plan::Statement> {
    let mut binder = bind::Binder::new(catalog, options.parameter_types);
    binder.fills = options.fills;
    binder.variables = options.variables;
    binder.without_parameters = options.without_parameters;
    let bound = binder.statement(statement)?;
    let mut planned = optimize::modify::plan_statement(binder, bound)?;
    if matches!(statement, syntax::ast::Statement::Call(_)) {
        planned.kind = plan::StatementKind::Call;
        planned.is_trivial = false;
    }
    Ok(planned)
}

/// A table with everything that writes to it must check: for the executor's cascades.
pub fn bind_target(relation: Oid, catalog: &dyn CatalogView) -> SqlResult<plan::Target> {
    let relation = catalog.relation_by_oid(relation).ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_TABLE,
            format!("relation with OID {relation} does not exist"),
        )
    })?;
    bind::Binder::new(catalog, &[]).target(&relation)
}

/// Binds an expression kept as SQL text (a check, a default, an index key) over the full row of a relation. With
/// `target`, the result is coerced as for an assignment.
pub fn bind_expression_for_relation(
    relation: &Arc<Relation>,
    sql: &str,
    target: Option<SqlType>,
    catalog: &dyn CatalogView,
) -> SqlResult<expression::Expr> {
    let parsed = bind::coerce::parse_expression(sql)?;
    bind_syntax_for_relation(relation, &parsed, target, bind::scope::Clause::Other, catalog)
}

/// As [`bind_expression_for_relation`], from a syntax tree, with the clause that errors name.
pub fn bind_syntax_for_relation(
    relation: &Arc<Relation>,
    expr: &syntax::ast::Expr,
    target: Option<SqlType>,
    clause: bind::scope::Clause,
    catalog: &dyn CatalogView,
) -> SqlResult<expression::Expr> {
    let mut binder = bind::Binder::new(catalog, &[]);
    let (first, _) = binder.open_row(relation);
    let bound = binder.in_clause(clause, |binder| binder.expr(expr))?;
    let mut bound = match target {
        Some(ty) => binder.assign(bound, ty, &relation.name, 0)?,
        None => binder.settle(bound, 0)?,
    };
    bind::target::shift_columns(&mut bound, first);
    optimize::fold::fold(&mut bound, catalog.evaluation());
    Ok(bound)
}

/// Binds the conditions of a domain over a row of one value of the type under it.
pub fn bind_domain_check(domain: Oid, catalog: &dyn CatalogView) -> SqlResult<expression::Expr> {
    let base = functions::type_catalog::base_type(catalog.types(), domain);
    let mut binder = bind::Binder::new(catalog, &[]);
    let value = expression::Expr::Column { index: 0, ty: SqlType::new(base) };
    let mut bound = binder.explicit_cast(value, SqlType::new(domain), 0)?;
    optimize::fold::fold(&mut bound, catalog.evaluation());
    Ok(bound)
}

fn parse(text: &str) -> SqlResult<Vec<syntax::ast::Statement>> {
    match syntax::parse(text) {
        Ok(statements) => Ok(statements.into_iter().map(|parsed| parsed.statement).collect()),
        Err(failure) => Err(SqlError::new(failure.sqlstate, failure.message)),
    }
}
