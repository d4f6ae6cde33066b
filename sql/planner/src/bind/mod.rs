//! From syntax tree to logical tree: PostgreSQL's analysis.

pub mod aggregate;
mod call_statement;
pub mod calls;
pub mod coerce;
pub mod collations;
pub mod cte;
pub mod deltas;
mod expressions;
pub mod from;
pub mod grouping;
pub mod insert;
pub mod json;
pub mod lists;
pub mod merge;
pub mod operators;
mod record_names;
mod sample;
pub mod scope;
pub mod search_cycle;
mod select;
pub mod setops;
pub mod subqueries;
pub mod target;
pub mod type_names;
pub mod update;
pub mod values;
pub mod view_writes;
pub mod views;
pub mod window;

use std::sync::Arc;

use catalog::{AttributeNumber, Relation};
use syntax::ast;
use types::{Oid, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::catalog_view::CatalogView;
use crate::expression::Expr;
use crate::logical::{Bound, Columns};
use crate::plan::{Access, RelationUse};
use scope::Level;

/// How deep expressions and queries may nest.
pub const MAXIMUM_DEPTH: usize = 400;

/// What one level of nesting needs at most, and by how much the stack grows when less is left.
const STACK_RESERVE_BYTES: usize = 128 << 10;
const STACK_SEGMENT_BYTES: usize = 1 << 20;

/// A name that WITH made, visible while its statement is bound.
#[derive(Clone)]
pub struct VisibleCte {
    pub name: String,
    pub kind: cte::CteKind,
}

/// The state of one statement's analysis.
pub struct Binder<'a> {
    pub catalog: &'a dyn CatalogView,
    pub columns: Columns,
    /// `None` until the context of a use says what type it is.
    pub parameters: Vec<Option<SqlType>>,
    pub levels: Vec<Level>,
    pub ctes: Vec<VisibleCte>,
    /// Names of the same WITH that come later, and mean nothing yet.
    pub coming_ctes: Vec<String>,
    pub depth: usize,
    /// The owner of the view whose text is being bound.
    pub check_as: Option<Oid>,
    /// VALUE of a domain's conditions.
    pub domain_value: Option<Expr>,
    /// The qualifier of the call that is resolved next.
    pub routine_schema: Option<String>,
    /// What names mean that no table explains: the variables of a function.
    pub variables: &'a [Variable],
    /// The statement is CALL: its function is a procedure.
    pub calls_procedure: bool,
    /// The column that MERGE_ACTION() reads.
    pub merge_action: Option<usize>,
    /// A materialized view may be written to.
    pub fills: bool,
    /// What is bound was stored with a table: whoever writes to the table need not read its columns.
    pub of_table: bool,
    /// No parameter may be named.
    pub without_parameters: bool,
    /// Aggregate calls whose arguments are being bound: their level, and the innermost level used so far.
    pub aggregate_levels: Vec<(usize, Option<usize>)>,
    /// Sides of outer joins that may be missing, around what is being bound.
    pub nullable_joins: usize,
    /// INTERSECT ALL and right arms of EXCEPT around it: a recursive reference may stand in neither.
    pub intersections: usize,
    pub exceptions: usize,
}

/// A variable of a function, as its statements may name it.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The function, block or record that may qualify it; empty if it may not be qualified.
    pub qualifiers: Vec<String>,
    /// Whether the name alone means it too.
    pub bare: bool,
    pub name: String,
    /// Which parameter holds its value, 0-based.
    pub parameter: usize,
    pub ty: SqlType,
    /// A column of the same name is no choice but a conflict, as in PL/pgSQL.
    pub conflicts: bool,
}

pub(crate) fn error(state: &'static str, message: impl Into<String>, location: u32) -> SqlError {
    let failure = SqlError::new(state, message);
    // The first byte is where a statement begins: that is not worth pointing at, nor does PostgreSQL.
    if location == 0 { failure } else { failure.at(location) }
}

pub(crate) fn unsupported(what: impl Into<String>, location: u32) -> SqlError {
    error(sqlstate::FEATURE_NOT_SUPPORTED, what, location)
}

impl<'a> Binder<'a> {
    pub fn new(catalog: &'a dyn CatalogView, parameter_types: &[Oid]) -> Binder<'a> {
        Binder {
            catalog,
            columns: Columns::default(),
            parameters: parameter_types
                .iter()
                .map(|&ty| (ty != 0 && ty != oid::UNKNOWN).then(|| SqlType::new(ty)))
                .collect(),
            levels: Vec::new(),
            ctes: Vec::new(),
            coming_ctes: Vec::new(),
            depth: 0,
            check_as: None,
            domain_value: None,
            routine_schema: None,
            variables: &[],
            calls_procedure: false,
            merge_action: None,
            fills: false,
            of_table: false,
            without_parameters: false,
            aggregate_levels: Vec::new(),
            nullable_joins: 0,
            intersections: 0,
            exceptions: 0,
        }
    }

    /// Counts one level of nesting for as long as `run` runs.
    pub fn nested<T>(&mut self, run: impl FnOnce(&mut Self) -> SqlResult<T>) -> SqlResult<T> {
        if self.depth >= MAXIMUM_DEPTH {
            return Err(SqlError::new(
                sqlstate::STATEMENT_TOO_COMPLEX,
                "stack depth limit exceeded",
            ));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(STACK_RESERVE_BYTES, STACK_SEGMENT_BYTES, || run(self));
        self.depth -= 1;
        result
    }

    pub fn statement(&mut self, statement: &ast::Statement) -> SqlResult<Bound> {
        match statement {
            ast::Statement::Query(query) => {
                let bound = self.query(query, false)?;
                Ok(Bound::Query { input: bound.input, outputs: bound.outputs })
            }
            ast::Statement::Insert(insert) => self.with_ctes(insert.with.as_ref(), |binder| {
                Ok(Bound::Insert(Box::new(binder.insert(insert)?)))
            }),
            ast::Statement::Update(update) => self.with_ctes(update.with.as_ref(), |binder| {
                Ok(Bound::Update(Box::new(binder.update(update)?)))
            }),
            ast::Statement::Delete(delete) => self.with_ctes(delete.with.as_ref(), |binder| {
                Ok(Bound::Delete(Box::new(binder.delete(delete)?)))
            }),
            ast::Statement::Merge(merge) => self.with_ctes(merge.with.as_ref(), |binder| {
                Ok(Bound::Merge(Box::new(binder.merge(merge)?)))
            }),
            ast::Statement::Explain(explain) => self.statement(&explain.statement),
            ast::Statement::CreateTableAs(create) => self.created_as(create),
            ast::Statement::Declare(declare) => {
                let bound = self.query(&declare.query, false)?;
                Ok(Bound::Query { input: bound.input, outputs: bound.outputs })
            }
            ast::Statement::Copy(copy) => match &copy.source {
                ast::CopySource::Statement(inner) => self.statement(inner),
                ast::CopySource::Table { .. } => {
                    Err(unsupported("COPY of a table is not planned as a query", copy.location))
                }
            },
            ast::Statement::Call(call) => self.call_statement(call),
            _ => Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, "this statement has no plan")),
        }
    }

    /// Types of all parameters; fails with 42P18 if one is undetermined.
    pub fn parameter_types(&self) -> SqlResult<Vec<SqlType>> {
        self.parameters
            .iter()
            .enumerate()
            .map(|(number, ty)| {
                ty.ok_or_else(|| {
                    SqlError::new(
                        sqlstate::INDETERMINATE_DATATYPE,
                        format!("could not determine data type of parameter ${}", number + 1),
                    )
                })
            })
            .collect()
    }

    pub fn type_name(&self, ty: Oid) -> String {
        functions_type_name(self.catalog, ty)
    }

    /// Notes that the statement uses a relation in this way.
    pub fn uses(&mut self, relation: &Arc<Relation>, access: Access) -> usize {
        let check_as = self.check_as;
        let relations = &mut self.columns.relations;
        let known = relations.iter().position(|known| {
            known.relation.oid == relation.oid
                && known.access == access
                && known.check_as == check_as
        });
        known.unwrap_or_else(|| {
            relations.push(RelationUse {
                relation: relation.clone(),
                access,
                columns: Vec::new(),
                check_as,
            });
            relations.len() - 1
        })
    }

    /// Notes that columns of the relation, by position, are written.
    pub fn writes_columns(&mut self, table: Oid, access: Access, positions: &[usize]) {
        let relations = &mut self.columns.relations;
        for known in relations
            .iter_mut()
            .filter(|known| known.relation.oid == table && known.access == access)
        {
            for number in positions.iter().map(|position| *position as AttributeNumber + 1) {
                if !known.columns.contains(&number) {
                    known.columns.push(number);
                }
            }
        }
    }

    /// Notes that a column of the relation is read, if the statement reads the relation.
    pub fn uses_column(&mut self, table: Oid, attribute: AttributeNumber) {
        if table == 0 || attribute == 0 || self.of_table {
            return;
        }
        let check_as = self.check_as;
        for known in &mut self.columns.relations {
            if known.relation.oid == table
                && known.access == Access::Select
                && known.check_as == check_as
                && !known.columns.contains(&attribute)
            {
                known.columns.push(attribute);
            }
        }
    }
}

fn functions_type_name(catalog: &dyn CatalogView, ty: Oid) -> String {
    if ty >= oid::FIRST_USER_OID
        && let Ok(name) = functions::input_output::output(
            catalog.evaluation(),
            oid::REGTYPE,
            &types::Datum::Oid(ty),
        )
        && !name.starts_with(|first: char| first.is_ascii_digit())
    {
        // As the search path makes it visible.
        return name.to_string();
    }
    functions::type_catalog::name_of(catalog.types(), ty)
}
