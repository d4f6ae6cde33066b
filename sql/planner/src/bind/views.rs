//! Views: the stored query in place of the name, with the owner's privileges. CREATE TABLE AS.

use std::sync::Arc;

use catalog::{Relation, View};
use syntax::ast;
use types::{Oid, SqlResult, sqlstate};

use super::coerce::parse_one;
use super::select::BoundQuery;
use super::{Binder, error};
use crate::logical::Bound;
use crate::plan::Access;

impl Binder<'_> {
    pub fn view_query(&mut self, relation: &Arc<Relation>, view: &View) -> SqlResult<BoundQuery> {
        self.uses(relation, Access::Select);
        let statement = parse_one(&view.query)?;
        let ast::Statement::Query(query) = statement else {
            return Err(error(sqlstate::INTERNAL_ERROR, "a view's text is no query", 0));
        };
        let owner = if view.security_invoker { self.check_as } else { Some(relation.owner) };
        let mut bound = self.apart(&query, owner)?;
        for (output, column) in bound.outputs.iter_mut().zip(relation.live_columns()) {
            output.name.clone_from(&column.name);
        }
        Ok(bound)
    }

    /// What `SELECT ... FROM` a sequence reads: its one row. How many values are fetched ahead is not kept there.
    pub fn sequence_query(&mut self, relation: &Arc<Relation>) -> SqlResult<BoundQuery> {
        self.uses(relation, Access::Select);
        let text = format!(
            "SELECT last_value, 0::pg_catalog.int8 AS log_cnt, is_called FROM \
             pg_catalog.pg_get_sequence_data({}::pg_catalog.oid)",
            relation.oid
        );
        let ast::Statement::Query(query) = parse_one(&text)? else {
            return Err(error(sqlstate::INTERNAL_ERROR, "a sequence's text is no query", 0));
        };
        self.apart(&query, self.check_as)
    }

    /// Binds the text behind a name of FROM, which sees nothing of the statement around it.
    fn apart(&mut self, query: &ast::Query, owner: Option<Oid>) -> SqlResult<BoundQuery> {
        let levels = std::mem::take(&mut self.levels);
        let ctes = std::mem::take(&mut self.ctes);
        let aggregate_levels = std::mem::take(&mut self.aggregate_levels);
        let check_as = std::mem::replace(&mut self.check_as, owner);
        let bound = self.nested(|binder| binder.query(query, false));
        self.levels = levels;
        self.ctes = ctes;
        self.aggregate_levels = aggregate_levels;
        self.check_as = check_as;
        bound.map_err(|mut failure| {
            // Its positions are in another text.
            failure.fields_mut().location = None;
            failure
        })
    }

    pub fn created_as(&mut self, create: &ast::CreateTableAs) -> SqlResult<Bound> {
        match &*create.source {
            ast::Statement::Query(query) => {
                let bound = self.query(query, false)?;
                Ok(Bound::Query { input: bound.input, outputs: bound.outputs })
            }
            _ => Err(super::unsupported("CREATE TABLE AS EXECUTE is not planned", create.location)),
        }
    }
}
