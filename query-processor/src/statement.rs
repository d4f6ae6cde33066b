//! Prepared statements: parsed text, inferred parameters, and the plan as long as it fits the catalog.

use std::sync::{Arc, Weak};

use catalog::Catalog;
use parking_lot::Mutex;
use planner::plan::OutputColumn;
use syntax::ast::Statement;
use types::{Oid, SqlResult, SqlType};

use crate::environment::StatementEnvironment;

/// A statement that can be bound and executed.
pub struct Prepared {
    /// The text that error positions point into.
    pub text: Arc<str>,
    /// `None` is the empty statement.
    pub statement: Option<Arc<Statement>>,
    /// As the client gave them; 0 is unknown.
    pub given_types: Vec<Oid>,
    /// Given or inferred.
    pub parameters: Vec<SqlType>,
    /// What it returns; `None` if it returns no rows.
    pub columns: Option<Arc<[OutputColumn]>>,
    pub from_sql: bool,
    pub prepared_at: i64,
    without_parameters: bool,
    plan: Mutex<Option<CachedPlan>>,
}

struct CachedPlan {
    /// Weak: an idle session keeps no old catalog alive.
    catalog: Weak<Catalog>,
    settings_epoch: u64,
    statistics_epoch: u64,
    role: Oid,
    statement: Arc<planner::plan::Statement>,
}

impl Prepared {
    /// Whether a client is told of columns, even of none: a query without columns has rows nevertheless.
    pub fn answers_rows(&self) -> bool {
        let is_query = matches!(self.statement.as_deref(), Some(Statement::Query(_)));
        self.columns.as_ref().is_some_and(|columns| is_query || !columns.is_empty())
    }

    pub fn new(
        text: Arc<str>,
        statement: Option<Arc<Statement>>,
        given_types: Vec<Oid>,
        from_sql: bool,
        prepared_at: i64,
    ) -> Prepared {
        Prepared {
            text,
            statement,
            parameters: given_types.iter().map(|oid| SqlType::new(*oid)).collect(),
            given_types,
            columns: None,
            from_sql,
            prepared_at,
            without_parameters: false,
            plan: Mutex::new(None),
        }
    }

    /// For a statement of a simple query, which has no parameters.
    pub fn without_parameters(mut self) -> Prepared {
        self.without_parameters = true;
        self
    }

    /// The plan for this catalog, role, statistics and these settings; made again when one of them changed.
    pub fn plan(
        &self,
        environment: &StatementEnvironment,
    ) -> SqlResult<Arc<planner::plan::Statement>> {
        let epoch = environment.session.settings_epoch();
        let statistics_epoch = environment.services.kept_statistics.epoch();
        if let Some(cached) = &*self.plan.lock()
            && std::ptr::eq(cached.catalog.as_ptr(), Arc::as_ptr(&environment.catalog))
            && cached.settings_epoch == epoch
            && cached.statistics_epoch == statistics_epoch
            && cached.role == environment.current_role
        {
            return Ok(Arc::clone(&cached.statement));
        }
        let statement = self.statement.as_ref().expect("only statements are planned");
        let planned =
            Arc::new(plan(statement, &self.given_types, self.without_parameters, environment)?);
        *self.plan.lock() = Some(CachedPlan {
            catalog: Arc::downgrade(&environment.catalog),
            settings_epoch: epoch,
            statistics_epoch,
            role: environment.current_role,
            statement: Arc::clone(&planned),
        });
        Ok(planned)
    }
}

/// Analyzes, plans and checks privileges.
pub fn plan(
    statement: &Statement,
    parameter_types: &[Oid],
    without_parameters: bool,
    environment: &StatementEnvironment,
) -> SqlResult<planner::plan::Statement> {
    let options = planner::PlanOptions {
        parameter_types,
        without_parameters,
        ..planner::PlanOptions::default()
    };
    let planned = planner::plan_statement(statement, environment, &options)?;
    crate::privileges::check(&planned, environment)?;
    Ok(planned)
}

/// Whether the planner takes the statement: it reads or changes rows.
pub fn is_planned(statement: &Statement) -> bool {
    // SELECT INTO is a definition.
    !definition::is_definition(statement)
        && matches!(
            statement,
            Statement::Query(_)
                | Statement::Insert(_)
                | Statement::Update(_)
                | Statement::Delete(_)
                | Statement::Merge(_)
                | Statement::Call(_)
        )
}

/// The command tag of a planned statement.
pub fn tag(kind: planner::plan::StatementKind, rows: u64) -> String {
    use planner::plan::StatementKind;
    match kind {
        StatementKind::Select => format!("SELECT {rows}"),
        StatementKind::Insert => format!("INSERT 0 {rows}"),
        StatementKind::Update => format!("UPDATE {rows}"),
        StatementKind::Delete => format!("DELETE {rows}"),
        StatementKind::Merge => format!("MERGE {rows}"),
        StatementKind::Call => "CALL".to_owned(),
    }
}
