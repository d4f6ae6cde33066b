//! CREATE VIEW, CREATE MATERIALIZED VIEW, CREATE TABLE AS, SELECT INTO, REFRESH.

use catalog::{Column, Relation, RelationKind, View};
use syntax::ast::{
    CheckOption, CreateTableAs, CreateView, Expr, Persistence, Query, QueryBody,
    RefreshMaterializedView, SelectItem, Statement,
};
use types::{Oid, SqlResult, sqlstate};

use crate::Work;
use crate::analysis::collations::stored_name;
use crate::analysis::{Analysis, Clause, Output};
use crate::names::temporary_tables;
use crate::run::{Run, error, unsupported};
use crate::sequence::{new_column, new_relation, option_text};

/// A query made fit to be stored.
pub(crate) struct StoredQuery {
    pub text: String,
    pub outputs: Vec<Output>,
    /// Relations it reads, sequences included.
    pub depends_on: Vec<Oid>,
    /// Columns that are columns of the one relation read, if rows can be written through the query.
    pub updatable: Vec<i16>,
    /// A collation that does not order by bytes occurs.
    pub meets_collation: bool,
}

impl Run<'_> {
    pub fn stored_form(&self, query: &Query) -> SqlResult<StoredQuery> {
        let mut query = query.clone();
        let mut analysis = Analysis::new(self, Clause::Query);
        let outputs = analysis.query(&mut query)?;
        let mut depends_on: Vec<Oid> =
            analysis.uses.iter().map(|(relation, _)| *relation).collect();
        depends_on.dedup();
        let updatable = self.updatable_columns(&query, &depends_on);
        let meets_collation = analysis.meets_collation;
        Ok(StoredQuery { text: query.to_string(), outputs, depends_on, updatable, meets_collation })
    }

    fn updatable_columns(&self, query: &Query, reads: &[Oid]) -> Vec<i16> {
        let below = reads.first().and_then(|relation| self.catalog.relation(*relation));
        let writable = below.is_some_and(|below| match below.kind {
            RelationKind::Table => true,
            RelationKind::View => {
                below.view.as_ref().is_some_and(|view| !view.updatable.is_empty())
            }
            _ => false,
        });
        let QueryBody::Select(select) = &query.body else { return Vec::new() };
        if !writable || planner::bind::view_writes::not_updatable(query).is_some() {
            return Vec::new();
        }
        let is_column = |item: &SelectItem| matches!(item.expr, Expr::ColumnRef(_));
        (1..).zip(&select.items).filter(|(_, item)| is_column(item)).map(|(n, _)| n).collect()
    }

    /// Columns for the outputs, with other names if given.
    fn output_columns(&self, outputs: &[Output], names: &[String]) -> SqlResult<Vec<Column>> {
        if outputs.len() > crate::table::MAXIMUM_COLUMNS {
            return Err(crate::table::too_many_columns());
        }
        let mut columns: Vec<Column> = Vec::new();
        for (number, output) in (1_i16..).zip(outputs) {
            let name = names.get(columns.len()).unwrap_or(&output.name);
            if columns.iter().any(|column| column.name == *name) {
                return Err(error(
                    sqlstate::DUPLICATE_COLUMN,
                    format!("column \"{name}\" specified more than once"),
                ));
            }
            if output.ty.oid == 0 {
                return Err(error(
                    sqlstate::INDETERMINATE_DATATYPE,
                    format!("could not determine data type of column \"{name}\""),
                )
                .hint("Use an explicit cast."));
            }
            self.require_storable(output.ty.oid, name)?;
            columns.push(Column {
                collation: stored_name(output.ty),
                ..new_column(number, name, output.ty)
            });
        }
        Ok(columns)
    }

    pub fn create_view(&mut self, create: &CreateView) -> SqlResult<()> {
        self.tag("CREATE VIEW");
        if create.persistence == Persistence::Temporary {
            return Err(unsupported("temporary views are not supported"));
        }
        if has_into(&create.query) {
            return Err(error(sqlstate::SYNTAX_ERROR, "views must not contain SELECT INTO"));
        }
        let schema = self.creation_schema(&create.name)?;
        let name = create.name.name();
        let stored = match create.recursive {
            true => self.stored_form(&recursive_query(create)?)?,
            false => self.stored_form(&create.query)?,
        };
        if create.columns.len() > stored.outputs.len() {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "CREATE VIEW specifies more column names than columns",
            ));
        }
        let columns = self.output_columns(&stored.outputs, &create.columns)?;
        let options = option_text(&create.options);
        let is_on = |wanted: &str| {
            options.iter().any(|(name, value)| {
                name == wanted && matches!(value.as_str(), "true" | "on" | "1" | "yes")
            })
        };
        let check_option = match create.check_option {
            Some(CheckOption::Local) => Some("local".to_owned()),
            Some(CheckOption::Cascaded) => Some("cascaded".to_owned()),
            None => options
                .iter()
                .find(|(name, _)| name == "check_option")
                .map(|(_, value)| value.clone()),
        };
        if check_option.is_some()
            && let Some(detail) = planner::bind::view_writes::not_updatable(&create.query)
        {
            return Err(unsupported(
                "WITH CHECK OPTION is supported only on automatically updatable views",
            )
            .hint(detail));
        }
        let view = View {
            updatable: stored.updatable,
            query: stored.text,
            check_option,
            security_barrier: is_on("security_barrier"),
            security_invoker: is_on("security_invoker"),
            depends_on: stored.depends_on,
        };
        let old = self.catalog.relation_by_name(schema, name).cloned();
        if let (Some(old), true) = (&old, create.or_replace) {
            return self.replace_view(old, columns, view, options);
        }
        self.require_free(schema, name)?;
        let relation = Relation {
            type_oid: self.allocate()?,
            array_type_oid: self.allocate()?,
            columns,
            view: Some(view),
            options,
            ..new_relation(self.allocate()?, schema, name, self.role(), RelationKind::View)
        };
        self.put_relation(relation);
        Ok(())
    }

    fn replace_view(
        &mut self,
        old: &Relation,
        columns: Vec<Column>,
        view: View,
        options: Vec<(String, String)>,
    ) -> SqlResult<()> {
        if old.kind != RelationKind::View {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("\"{}\" is not a view", old.name),
            ));
        }
        self.require_relation_owner(old)?;
        let invalid = |message: String| Err(error(sqlstate::INVALID_TABLE_DEFINITION, message));
        if columns.len() < old.columns.len() {
            return invalid("cannot drop columns from view".to_owned());
        }
        let mut merged = columns;
        for (new, known) in merged.iter_mut().zip(&old.columns) {
            if new.name != known.name {
                return Err(error(
                    sqlstate::INVALID_TABLE_DEFINITION,
                    format!(
                        "cannot change name of view column \"{}\" to \"{}\"",
                        known.name, new.name
                    ),
                )
                .hint(
                    "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.",
                ));
            }
            if (new.type_oid, new.modifier) != (known.type_oid, known.modifier) {
                return invalid(format!(
                    "cannot change data type of view column \"{}\" from {} to {}",
                    known.name,
                    self.type_name(known.type_oid),
                    self.type_name(new.type_oid)
                ));
            }
            *new = known.clone();
        }
        if view.depends_on.contains(&old.oid) {
            return Err(error(
                sqlstate::INVALID_OBJECT_DEFINITION,
                format!("infinite recursion detected in rules for relation \"{}\"", old.name),
            ));
        }
        self.alter(old.oid, |relation| {
            relation.columns = merged;
            relation.view = Some(view);
            relation.options = options;
        })?;
        self.changes_definition(old.oid, false);
        Ok(())
    }

    pub fn create_table_as(&mut self, create: &CreateTableAs) -> SqlResult<()> {
        let Statement::Query(query) = create.source.as_ref() else {
            return Err(unsupported("CREATE TABLE AS EXECUTE is not supported"));
        };
        self.tag(if create.materialized_view {
            "CREATE MATERIALIZED VIEW"
        } else {
            "CREATE TABLE AS"
        });
        if create.persistence == Persistence::Temporary {
            return Err(temporary_tables());
        }
        let schema = self.creation_schema(&create.name)?;
        let name = create.name.name();
        if create.if_not_exists && self.catalog.relation_name_taken(schema, name) {
            self.notice(
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{name}\" already exists, skipping"),
            );
            return Ok(());
        }
        self.require_free(schema, name)?;
        let stored = self.stored_form(query)?;
        if create.columns.len() > stored.outputs.len() {
            return Err(error(sqlstate::SYNTAX_ERROR, "too many column names were specified"));
        }
        if stored.meets_collation {
            crate::analysis::collations::require_known(self, &stored.outputs)?;
        }
        let columns = self.output_columns(&stored.outputs, &create.columns)?;
        let kind = match create.materialized_view {
            true => RelationKind::MaterializedView,
            false => RelationKind::Table,
        };
        let view = create.materialized_view.then(|| View {
            query: stored.text.clone(),
            check_option: None,
            security_barrier: false,
            security_invoker: false,
            depends_on: stored.depends_on,
            updatable: Vec::new(),
        });
        let relation = Relation {
            type_oid: self.allocate()?,
            array_type_oid: self.allocate()?,
            columns,
            view,
            options: option_text(&create.options),
            ..new_relation(self.allocate()?, schema, name, self.role(), kind)
        };
        self.work(Work::FreshTable { table: relation.table_id });
        if create.with_data {
            self.work(Work::Populate { table: relation.oid, query: stored.text });
        }
        self.put_relation(relation);
        Ok(())
    }

    /// SELECT INTO: the query without its target, as CREATE TABLE AS.
    pub fn select_into(&mut self, query: &Query) -> SqlResult<()> {
        let mut query = query.clone();
        let QueryBody::Select(select) = &mut query.body else {
            return Err(error(sqlstate::SYNTAX_ERROR, "this is no SELECT INTO"));
        };
        let Some(into) = select.into.take() else {
            return Err(error(sqlstate::SYNTAX_ERROR, "this is no SELECT INTO"));
        };
        let location = into.name.location;
        self.create_table_as(&CreateTableAs {
            name: into.name,
            materialized_view: false,
            persistence: into.persistence,
            if_not_exists: false,
            columns: Vec::new(),
            access_method: None,
            options: Vec::new(),
            on_commit: None,
            tablespace: None,
            source: Box::new(Statement::Query(Box::new(query))),
            with_data: true,
            location,
        })
    }

    pub fn refresh(&mut self, refresh: &RefreshMaterializedView) -> SqlResult<()> {
        self.tag("REFRESH MATERIALIZED VIEW");
        let relation = self.relation(&refresh.name)?;
        let query = match (&relation.view, relation.kind) {
            (Some(view), RelationKind::MaterializedView) => view.query.clone(),
            _ => {
                return Err(unsupported(format!(
                    "\"{}\" is not a materialized view",
                    relation.name
                )));
            }
        };
        self.require_relation_owner(&relation)?;
        if refresh.concurrently && !refresh.with_data {
            return Err(error(
                sqlstate::SYNTAX_ERROR,
                "REFRESH options CONCURRENTLY and WITH NO DATA cannot be used together",
            ));
        }
        self.replace_rows(relation.oid)?;
        if refresh.with_data {
            self.work(Work::Populate { table: relation.oid, query });
        }
        Ok(())
    }

    /// The relation's rows are garbage; it gets an empty table.
    pub fn replace_rows(&mut self, relation: Oid) -> SqlResult<()> {
        let fresh = protocol::TableId(self.allocate()?);
        let old = self.known_relation(relation)?.table_id;
        self.alter(relation, |relation| relation.table_id = fresh)?;
        self.changes_definition(relation, true);
        self.work(Work::FreshTable { table: fresh });
        self.work(Work::DropRows { table: old });
        Ok(())
    }
}

/// Whether the query is SELECT INTO.
pub(crate) fn has_into(query: &Query) -> bool {
    matches!(&query.body, QueryBody::Select(select) if select.into.is_some())
}

/// `CREATE RECURSIVE VIEW v (a) AS q` means `CREATE VIEW v AS WITH RECURSIVE v (a) AS (q) SELECT a FROM v`.
fn recursive_query(create: &CreateView) -> SqlResult<Query> {
    let name = catalog::quote_identifier(create.name.name());
    let columns: Vec<_> =
        create.columns.iter().map(|name| catalog::quote_identifier(name)).collect();
    let columns = columns.join(", ");
    let query = &create.query;
    let text =
        format!("WITH RECURSIVE {name} ({columns}) AS ({query}) SELECT {columns} FROM {name}");
    let parsed = syntax::parse(&text).ok().and_then(|mut statements| statements.pop());
    match parsed.map(|parsed| parsed.statement) {
        Some(Statement::Query(query)) => Ok(*query),
        _ => Err(error(sqlstate::INTERNAL_ERROR, "a recursive view's query is not one")),
    }
}
