//! CREATE INDEX.

use catalog::{Index, IndexColumn, IndexKey, IndexState, Relation, RelationKind};
use functions::inverted::InvertedClass;
use syntax::ast::{CreateIndex, Expr, IndexElement, NullsOrder, SortDirection};
use types::{Oid, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::analysis::queries::name_of;
use crate::analysis::{Analysis, Clause};
use crate::names::joined;
use crate::run::{Run, error, unsupported};
use crate::sequence::option_text;
use crate::table::constraints::{MAXIMUM_INDEX_COLUMNS, too_many_index_columns};

impl Run<'_> {
    pub fn create_index(&mut self, create: &CreateIndex) -> SqlResult<()> {
        self.tag("CREATE INDEX");
        let method = create.method.as_deref().unwrap_or("btree");
        let relation = self.relation_elsewhere(&create.table.name)?;
        if !matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView) {
            let kind = crate::names::kind_word(relation.kind);
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("cannot create index on relation \"{}\"", relation.name),
            )
            .detail(format!("This operation is not supported for {kind}s.")));
        }
        self.require_relation_owner(&relation)?;
        require_method(method, create)?;
        let mut table = (*relation).clone();
        if create.elements.len() + create.including.len() > MAXIMUM_INDEX_COLUMNS {
            return Err(too_many_index_columns());
        }
        if let Some(name) = &create.name
            && self.catalog.relation_name_taken(table.schema, name)
        {
            if create.if_not_exists {
                self.notice(
                    sqlstate::DUPLICATE_TABLE,
                    format!("relation \"{name}\" already exists, skipping"),
                );
                return Ok(());
            }
            return Err(error(
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{name}\" already exists"),
            ));
        }
        let mut columns = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for element in &create.elements {
            let (column, name) = self.index_column(&table, method, element)?;
            columns.push(column);
            names.push(unused(&names, name));
        }
        let mut include = Vec::new();
        for element in &create.including {
            let (column, name) = self.included_column(&table, element)?;
            include.push(column);
            names.push(unused(&names, name));
        }
        let predicate = match &create.predicate {
            Some(predicate) => Some(self.index_predicate(&table, predicate)?),
            None => None,
        };
        let name = match &create.name {
            Some(name) => name.clone(),
            None => {
                let second = joined(&names);
                self.choose_relation_name(table.schema, None, &table.name, &second, "idx", false)
            }
        };
        let index = Index {
            oid: self.allocate()?,
            name,
            number: 0,
            columns,
            include,
            unique: create.unique,
            nulls_not_distinct: create.nulls_not_distinct,
            primary: false,
            predicate,
            // It is filled by this very transaction: whoever sees the index sees all its entries.
            state: IndexState::Valid,
            method: method.to_owned(),
            comment: None,
            options: option_text(&create.options),
        };
        self.changes_definition(table.oid, true);
        self.add_index(&mut table, index, false)?;
        self.put_relation(table);
        Ok(())
    }

    fn index_column(
        &self,
        table: &Relation,
        method: &str,
        element: &IndexElement,
    ) -> SqlResult<(IndexColumn, String)> {
        let (descending, nulls_first) = order(method, element)?;
        let (key, ty, name) = match &element.expr {
            Expr::ColumnRef(reference) if reference.fields.len() == 1 && !reference.star => {
                let name = &reference.fields[0];
                let column = table.column(name).ok_or_else(|| {
                    error(sqlstate::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"))
                })?;
                (IndexKey::Column(column.number), column.type_oid, name.clone())
            }
            expr => {
                let mut expr = expr.clone();
                let mut analysis = Analysis::over(self, Clause::IndexExpression, table);
                let mut ty = analysis.expression(&mut expr)?;
                if ty.oid == oid::UNKNOWN {
                    ty = SqlType::new(oid::TEXT);
                }
                if !analysis.is_immutable() {
                    return Err(error(
                        sqlstate::INVALID_OBJECT_DEFINITION,
                        "functions in index expression must be marked IMMUTABLE",
                    ));
                }
                if ty.oid == 0 {
                    return Err(unsupported("the type of the index expression is not known"));
                }
                let name = match &expr {
                    Expr::Function(_) | Expr::Coalesce { .. } | Expr::NullIf(_) => name_of(&expr),
                    _ => None,
                };
                let key = IndexKey::Expression {
                    sql: expr.to_string(),
                    type_oid: ty.oid,
                    modifier: ty.modifier,
                };
                (key, ty.oid, name.unwrap_or_else(|| "expr".to_owned()))
            }
        };
        let named = element.operator_class.as_ref().map(crate::names::written);
        let operator_class = if method == "gin" {
            Some(self.inverted_class(ty, named.as_deref())?)
        } else if matches!(method, "ivfflat" | "hnsw") {
            Some(self.vector_class(table, &key, method, named.as_deref())?)
        } else {
            self.require_ordered(ty)?;
            named
        };
        let column = IndexColumn {
            key,
            descending,
            nulls_first,
            collation: self.collation(element.collation.as_ref(), ty)?,
            operator_class,
        };
        Ok((column, name))
    }

    /// The operator class of a column of an inverted index, by the name given or by its type.
    pub(crate) fn inverted_class(&self, type_oid: Oid, named: Option<&str>) -> SqlResult<String> {
        let base = functions::type_catalog::base_type(&self.catalog, type_oid);
        let is_array = functions::type_catalog::element_type(&self.catalog, base) != 0;
        let Some(name) = named else {
            return match InvertedClass::default_of(base, is_array) {
                Some(InvertedClass::Jsonb) => Ok("jsonb_ops".to_owned()),
                Some(InvertedClass::TextSearch) => Ok("tsvector_ops".to_owned()),
                Some(_) => Ok("array_ops".to_owned()),
                None => Err(self.no_default_class(type_oid, "gin")),
            };
        };
        let plain = name.rsplit('.').next().unwrap_or(name);
        let Some((_, accepted)) = InvertedClass::named(plain) else {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("operator class \"{name}\" does not exist for access method \"gin\""),
            ));
        };
        let fits = match accepted {
            oid::ANYARRAY => is_array,
            oid::TEXT => matches!(base, oid::TEXT | oid::VARCHAR),
            accepted => accepted == base,
        };
        if !fits {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "operator class \"{name}\" does not accept data type {}",
                    self.type_name(type_oid)
                ),
            ));
        }
        Ok(plain.to_owned())
    }

    pub(crate) fn no_default_class(&self, type_oid: Oid, method: &str) -> SqlError {
        error(
            sqlstate::UNDEFINED_OBJECT,
            format!(
                "data type {} has no default operator class for access method \"{method}\"",
                self.type_name(type_oid)
            ),
        )
        .hint(
            "You must specify an operator class for the index or define a default operator class \
             for the data type.",
        )
    }

    fn included_column(
        &self,
        table: &Relation,
        element: &IndexElement,
    ) -> SqlResult<(i16, String)> {
        let Expr::ColumnRef(reference) = &element.expr else {
            return Err(unsupported("expressions are not supported in included columns"));
        };
        let name = reference.fields.last().cloned().unwrap_or_default();
        let column = table.column(&name).ok_or_else(|| {
            error(sqlstate::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"))
        })?;
        Ok((column.number, name))
    }

    fn index_predicate(&self, table: &Relation, predicate: &Expr) -> SqlResult<String> {
        let mut predicate = predicate.clone();
        let mut analysis = Analysis::over(self, Clause::IndexPredicate, table);
        let ty = analysis.expression(&mut predicate)?;
        analysis.require_boolean(&predicate, ty, "WHERE")?;
        if !analysis.is_immutable() {
            return Err(error(
                sqlstate::INVALID_OBJECT_DEFINITION,
                "functions in index predicate must be marked IMMUTABLE",
            ));
        }
        Ok(predicate.to_string())
    }
}

/// Whether there is such an access method, and whether it can do what the statement asks of it.
fn require_method(method: &str, create: &CreateIndex) -> SqlResult<()> {
    let refused = |what: &str| {
        Err(unsupported(format!("access method \"{method}\" does not support {what}")))
    };
    match method {
        "btree" => Ok(()),
        "hash" | "gin" if create.unique => refused("unique indexes"),
        "hash" | "gin" if !create.including.is_empty() => refused("included columns"),
        "hash" if create.elements.len() > 1 => refused("multicolumn indexes"),
        "hash" => Ok(()),
        "gin" => known_options(create, &["fastupdate", "gin_pending_list_limit"]),
        "gist" | "spgist" | "brin" => {
            Err(unsupported(format!("access method \"{method}\" is not supported")))
        }
        "ivfflat" | "hnsw" if create.unique => refused("unique indexes"),
        "ivfflat" | "hnsw" if !create.including.is_empty() => refused("included columns"),
        "ivfflat" | "hnsw" if create.elements.len() > 1 => refused("multicolumn indexes"),
        "ivfflat" => crate::vector_index::check_lists(create),
        "hnsw" => crate::vector_index::check_graph(create),
        _ => Err(error(
            sqlstate::UNDEFINED_OBJECT,
            format!("access method \"{method}\" does not exist"),
        )),
    }
}

pub(crate) fn known_options(create: &CreateIndex, known: &[&str]) -> SqlResult<()> {
    match option_text(&create.options).iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(error(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("unrecognized parameter \"{name}\""),
        )),
        None => Ok(()),
    }
}

/// Descending, and NULLs first: by default they come last ascending and first descending.
fn order(method: &str, element: &IndexElement) -> SqlResult<(bool, bool)> {
    if method != "btree" {
        if !matches!(element.direction, SortDirection::Default) {
            return Err(unsupported(format!(
                "access method \"{method}\" does not support ASC/DESC options"
            )));
        }
        if !matches!(element.nulls, NullsOrder::Default) {
            return Err(unsupported(format!(
                "access method \"{method}\" does not support NULLS FIRST/LAST options"
            )));
        }
    }
    let descending = match element.direction {
        SortDirection::Default | SortDirection::Ascending => false,
        SortDirection::Descending => true,
        SortDirection::Using(_) => {
            return Err(unsupported("USING is not allowed in an index"));
        }
    };
    let nulls_first = match element.nulls {
        NullsOrder::Default => descending,
        NullsOrder::First => true,
        NullsOrder::Last => false,
    };
    Ok((descending, nulls_first))
}

/// The name, with a number if another column of the index has it.
fn unused(names: &[String], name: String) -> String {
    let mut number = 0_u32;
    let mut candidate = name.clone();
    while names.contains(&candidate) {
        number += 1;
        candidate = format!("{name}{number}");
    }
    candidate
}
