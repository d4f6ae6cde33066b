//! Approximate indexes on vectors, with the options, classes and errors of pgvector, and REINDEX.
//!
//! REINDEX builds anew what depends on the rows that were there: the lists of indexes on vectors. Other indexes are as they
//! would be if they were built now.

use catalog::{IndexKey, Relation, RelationKind};
use functions::vector_index::VectorClass;
use syntax::ast::{CreateIndex, ObjectType, Reindex};
use types::{Oid, SqlResult, oid, sqlstate};

use crate::Work;
use crate::index::known_options;
use crate::names::Found;
use crate::run::{Run, error, unsupported};
use crate::sequence::option_text;

/// More numbers are not indexed, as in pgvector.
const MAXIMUM_DIMENSIONS: i32 = 2_000;
const USUAL_M: i64 = 16;
const USUAL_EF_CONSTRUCTION: i64 = 64;

/// The options of `USING ivfflat`.
pub(crate) fn check_lists(create: &CreateIndex) -> SqlResult<()> {
    known_options(create, &["lists"])?;
    option(create, "lists", 1, 32_768).map(|_| ())
}

/// The options of `USING hnsw`.
pub(crate) fn check_graph(create: &CreateIndex) -> SqlResult<()> {
    known_options(create, &["m", "ef_construction"])?;
    let m = option(create, "m", 2, 100)?.unwrap_or(USUAL_M);
    let breadth = option(create, "ef_construction", 4, 1_000)?.unwrap_or(USUAL_EF_CONSTRUCTION);
    if breadth < 2 * m {
        return Err(error(
            sqlstate::INVALID_PARAMETER_VALUE,
            "ef_construction must be greater than or equal to 2 * m",
        ));
    }
    Ok(())
}

fn option(create: &CreateIndex, name: &str, least: i64, most: i64) -> SqlResult<Option<i64>> {
    let options = option_text(&create.options);
    let Some((_, text)) = options.iter().find(|(known, _)| known == name) else {
        return Ok(None);
    };
    let Ok(value) = text.parse::<i64>() else {
        return Err(error(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("invalid value for integer option \"{name}\": {text}"),
        ));
    };
    if !(least..=most).contains(&value) {
        return Err(error(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("value {value} out of bounds for option \"{name}\""),
        )
        .detail(format!("Valid values are between \"{least}\" and \"{most}\".")));
    }
    Ok(Some(value))
}

impl Run<'_> {
    /// The operator class of the one column of an index on vectors.
    pub(crate) fn vector_class(
        &self,
        table: &Relation,
        key: &IndexKey,
        method: &str,
        named: Option<&str>,
    ) -> SqlResult<String> {
        let IndexKey::Column(number) = key else {
            return Err(unsupported(format!(
                "access method \"{method}\" takes columns, not expressions"
            )));
        };
        let (type_oid, modifier) = table
            .column_by_number(*number)
            .map_or((0, -1), |found| (found.type_oid, found.modifier));
        let is_vector = functions::type_catalog::base_type(&self.catalog, type_oid) == oid::VECTOR;
        let name = match named {
            Some(name) => name.rsplit('.').next().unwrap_or(name),
            None if is_vector && method == "ivfflat" => "vector_l2_ops",
            None => return Err(self.no_default_class(type_oid, method)),
        };
        let class = VectorClass::named(name)
            .filter(|class| method == "hnsw" || *class != VectorClass::Taxicab);
        if class.is_none() {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("operator class \"{name}\" does not exist for access method \"{method}\""),
            ));
        }
        if !is_vector {
            return Err(error(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "operator class \"{name}\" does not accept data type {}",
                    self.type_name(type_oid)
                ),
            ));
        }
        if modifier < 0 {
            return Err(error(
                sqlstate::INVALID_PARAMETER_VALUE,
                "column does not have dimensions",
            ));
        }
        if modifier > MAXIMUM_DIMENSIONS {
            return Err(error(
                sqlstate::PROGRAM_LIMIT_EXCEEDED,
                format!(
                    "column cannot have more than {MAXIMUM_DIMENSIONS} dimensions for {method} index"
                ),
            ));
        }
        Ok(name.to_owned())
    }

    pub fn reindex(&mut self, reindex: &Reindex) -> SqlResult<()> {
        self.tag("REINDEX");
        match (reindex.object_type, &reindex.name) {
            (ObjectType::Index, Some(name)) => match self.find(name)? {
                Some(Found::Index(table, index)) => {
                    self.require_relation_owner(&table)?;
                    self.rebuild(table.oid, Some(index))
                }
                Some(Found::Relation(_)) => Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("\"{}\" is not an index", name.name()),
                )),
                None => Err(error(
                    sqlstate::UNDEFINED_TABLE,
                    format!("relation \"{}\" does not exist", name.name()),
                )),
            },
            (ObjectType::Table, Some(name)) => {
                let table = self.relation_elsewhere(name)?;
                if !matches!(table.kind, RelationKind::Table | RelationKind::MaterializedView) {
                    return Err(error(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!("\"{}\" is not a table or materialized view", table.name),
                    ));
                }
                self.require_relation_owner(&table)?;
                self.rebuild(table.oid, None)
            }
            (ObjectType::Schema, Some(name)) => {
                let schema = self.schema_named(name.name())?;
                if !self.owns(schema.owner) {
                    return Err(crate::privileges::must_be_owner("schema", name.name()));
                }
                self.rebuild_all(Some(schema.oid))
            }
            _ => self.rebuild_all(None),
        }
    }

    /// All that the role owns, in one schema or in every one.
    fn rebuild_all(&mut self, schema: Option<Oid>) -> SqlResult<()> {
        let tables: Vec<Oid> = self
            .catalog
            .relations()
            .filter(|table| schema.is_none_or(|schema| table.schema == schema))
            .filter(|table| self.owns(table.owner))
            .map(|table| table.oid)
            .collect();
        tables.into_iter().try_for_each(|table| self.rebuild(table, None))
    }

    /// The lists of one index on vectors, or of all of the table. The new ones lie elsewhere, so whoever reads as of
    /// before finds the old.
    fn rebuild(&mut self, table: Oid, only: Option<Oid>) -> SqlResult<()> {
        let mut table = (*self.known_relation(table)?).clone();
        let mut is_changed = false;
        for at in 0..table.indexes.len() {
            let index = &table.indexes[at];
            if !index.is_vector() || only.is_some_and(|only| only != index.oid) {
                continue;
            }
            let (oid, old) = (index.oid, index.number);
            table.indexes[at].number = table.next_index;
            table.next_index = table.next_index.checked_add(1).ok_or_else(|| {
                error(sqlstate::PROGRAM_LIMIT_EXCEEDED, "the table has had too many indexes")
            })?;
            self.work(Work::BuildIndex { table: table.oid, index: oid });
            self.work(Work::DropIndexRows { table: table.table_id, index: old });
            is_changed = true;
        }
        if is_changed {
            self.changes_definition(table.oid, true);
            self.put_relation(table);
        }
        Ok(())
    }
}
