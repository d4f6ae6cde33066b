//! What the names in an expression or a query mean: types, dependencies, and a text that stays right.
//!
//! A stored text must mean the same under any search path and after columns are added. So analysis rewrites the tree
//! in place: relations and users' types get their schemas, `*` becomes the columns of today, and in queries every column
//! gets the name of its table. What it cannot know it leaves as it is.

mod calls;
pub(crate) mod collations;
pub(crate) mod expressions;
mod from;
pub(crate) mod queries;

use std::collections::BTreeSet;

use catalog::{AttributeNumber, Relation};
use functions::{CastContext, Volatility};
use syntax::ast::Expr;
use types::{Oid, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::run::{Run, error};

/// Where an expression stands, for what is allowed in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    Default,
    Check,
    Generated,
    IndexExpression,
    IndexPredicate,
    Transform,
    Query,
}

impl Clause {
    fn plural(self) -> &'static str {
        match self {
            Clause::Default => "DEFAULT expressions",
            Clause::Check => "check constraints",
            Clause::Generated => "column generation expressions",
            Clause::IndexExpression => "index expressions",
            Clause::IndexPredicate => "index predicates",
            Clause::Transform => "transform expressions",
            Clause::Query => "queries",
        }
    }

    fn singular(self) -> &'static str {
        self.plural().strip_suffix('s').unwrap_or("expression")
    }
}

/// A column that a name may mean.
#[derive(Clone, Debug)]
pub(crate) struct VisibleColumn {
    pub name: String,
    pub ty: SqlType,
    /// The table reference it belongs to; `None` if only its bare name means it (merged by USING).
    pub qualifier: Option<String>,
    /// The stored columns it is.
    pub origins: Vec<(Oid, AttributeNumber)>,
}

/// A table reference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub name: String,
    pub schema: Option<String>,
    pub columns: Vec<VisibleColumn>,
    /// All columns are known.
    pub complete: bool,
    pub row_type: Oid,
}

/// The table references of one query, and what bare names and `*` mean.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub sources: Vec<Source>,
    pub visible: Vec<VisibleColumn>,
}

/// An output column of a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub name: String,
    pub ty: SqlType,
}

/// Analysis of one expression or query.
pub(crate) struct Analysis<'a, 'c> {
    pub run: &'a Run<'c>,
    pub clause: Clause,
    pub scopes: Vec<Scope>,
    pub tables: Vec<(String, Vec<Output>)>,
    /// Columns read: 0 is the relation as such.
    pub uses: BTreeSet<(Oid, AttributeNumber)>,
    pub types_used: BTreeSet<Oid>,
    pub sequences: BTreeSet<Oid>,
    /// Functions that users made.
    pub routines: BTreeSet<Oid>,
    pub volatility: Volatility,
    /// Columns may not be named at all.
    pub no_columns: bool,
    /// A collation that does not order by bytes occurs.
    pub meets_collation: bool,
    depth: usize,
}

/// How deep expressions and queries may nest.
const MAXIMUM_DEPTH: usize = 400;

impl<'a, 'c> Analysis<'a, 'c> {
    pub fn new(run: &'a Run<'c>, clause: Clause) -> Analysis<'a, 'c> {
        Analysis {
            run,
            clause,
            scopes: Vec::new(),
            tables: Vec::new(),
            uses: BTreeSet::new(),
            types_used: BTreeSet::new(),
            sequences: BTreeSet::new(),
            routines: BTreeSet::new(),
            volatility: Volatility::Immutable,
            no_columns: false,
            meets_collation: false,
            depth: 0,
        }
    }

    /// An expression over one row of the relation, whose columns are named alone.
    pub fn over(run: &'a Run<'c>, clause: Clause, relation: &Relation) -> Analysis<'a, 'c> {
        let mut analysis = Analysis::new(run, clause);
        let columns: Vec<VisibleColumn> = relation
            .live_columns()
            .map(|column| VisibleColumn {
                name: column.name.clone(),
                ty: collations::column_type(run, column),
                qualifier: None,
                origins: vec![(relation.oid, column.number)],
            })
            .collect();
        let source = Source {
            name: relation.name.clone(),
            schema: Some(run.schema_name(relation.schema)),
            columns: columns.clone(),
            complete: true,
            row_type: relation.type_oid,
        };
        analysis.scopes.push(Scope { sources: vec![source], visible: columns });
        analysis
    }

    fn nested<T>(&mut self, run: impl FnOnce(&mut Self) -> SqlResult<T>) -> SqlResult<T> {
        if self.depth >= MAXIMUM_DEPTH {
            return Err(error(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    pub(crate) fn raise(&mut self, volatility: Volatility) {
        let rank = |volatility| match volatility {
            Volatility::Immutable => 0,
            Volatility::Stable => 1,
            Volatility::Volatile => 2,
        };
        if rank(volatility) > rank(self.volatility) {
            self.volatility = volatility;
        }
    }

    /// The expression as a value of `target` by assignment; the error is PostgreSQL's for a column.
    pub fn require_assignable(
        &self,
        expr: &Expr,
        given: SqlType,
        target: SqlType,
        message: impl Fn(&str, &str) -> String,
    ) -> SqlResult<()> {
        if given.oid == oid::UNKNOWN || given.oid == 0 {
            return self.check_literal(expr, target);
        }
        if functions::find_cast(&self.run.catalog, given.oid, target.oid, CastContext::Assignment)
            .is_some()
            || functions::coercion::can_coerce(
                &self.run.catalog,
                &[given.oid],
                &[target.oid],
                CastContext::Assignment,
            )
        {
            return Ok(());
        }
        Err(error(
            sqlstate::DATATYPE_MISMATCH,
            message(&self.run.type_name(target.oid), &self.run.type_name(given.oid)),
        )
        .hint("You will need to rewrite or cast the expression."))
    }

    /// A literal of no type must be a text form of the type.
    fn check_literal(&self, expr: &Expr, target: SqlType) -> SqlResult<()> {
        use syntax::ast::LiteralValue;
        let Expr::Literal(literal) = expr else {
            return Ok(());
        };
        let LiteralValue::String(text) = &literal.value else {
            return Ok(());
        };
        let base = functions::type_catalog::base_type(&self.run.catalog, target.oid);
        // Types made by this very statement are not in the session's catalog yet; they are checked when used.
        if base >= oid::FIRST_USER_OID && self.run.context.catalog().user_type(base).is_none() {
            return Ok(());
        }
        let context = self.run.context.evaluation();
        functions::input_output::input(context, base, text, -1)
            .map(drop)
            .map_err(|failure: SqlError| failure.at(literal.location))
    }

    pub fn require_boolean(&self, expr: &Expr, given: SqlType, what: &str) -> SqlResult<()> {
        let base = functions::type_catalog::base_type(&self.run.catalog, given.oid);
        if matches!(base, oid::BOOL | 0) {
            return Ok(());
        }
        if base == oid::UNKNOWN {
            return self.check_literal(expr, SqlType::new(oid::BOOL));
        }
        Err(error(
            sqlstate::DATATYPE_MISMATCH,
            format!(
                "argument of {what} must be type boolean, not type {}",
                self.run.type_name(given.oid)
            ),
        )
        .at(expressions::location_of(expr)))
    }
}

impl Run<'_> {
    /// Reads a stored expression.
    pub fn stored_expression(&self, text: &str) -> SqlResult<Expr> {
        syntax::parse_expression(text).map_err(|failure| {
            error(sqlstate::DATA_CORRUPTED, format!("a stored expression is broken: {failure}"))
        })
    }

    /// Reads a stored query.
    pub fn stored_query(&self, text: &str) -> SqlResult<syntax::ast::Query> {
        let broken = |message: String| {
            error(sqlstate::DATA_CORRUPTED, format!("a stored query is broken: {message}"))
        };
        let mut statements = syntax::parse(text).map_err(|failure| broken(failure.to_string()))?;
        match statements.pop().map(|parsed| parsed.statement) {
            Some(syntax::ast::Statement::Query(query)) => Ok(*query),
            _ => Err(broken("it is no query".to_owned())),
        }
    }
}
