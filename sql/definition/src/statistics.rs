//! CREATE, ALTER and DROP STATISTICS.

use std::collections::BTreeMap;

use catalog::statistics::ExtendedStatistics;
use catalog::{AttributeNumber, Descriptor, Relation, RelationKind};
use syntax::ast::{AlterStatistics, CreateStatistics, DropObjects, Expr, FromItem, ObjectName};
use types::{Oid, SqlError, SqlResult, oid, sqlstate};

use crate::dependents::Object;
use crate::names::{joined, written};
use crate::privileges::must_be_owner;
use crate::run::{Run, error, unsupported};

const COLUMNS_MAX: usize = 8;
const TARGET_MAX: i32 = 10_000;
const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"];

fn missing(name: &ObjectName) -> SqlError {
    let message = format!("statistics object \"{}\" does not exist", written(name));
    error(sqlstate::UNDEFINED_OBJECT, message)
}

/// The letters of `pg_statistic_ext.stxkind`; all if none is named.
fn kinds_of(words: &[String]) -> SqlResult<String> {
    let known = [("ndistinct", 'd'), ("dependencies", 'f'), ("mcv", 'm')];
    for word in words {
        if !known.iter().any(|(known, _)| known == word) {
            let message = format!("unrecognized statistics kind \"{word}\"");
            return Err(error(sqlstate::SYNTAX_ERROR, message));
        }
    }
    let asked = |word: &str| words.is_empty() || words.iter().any(|known| known == word);
    Ok(known.iter().filter(|(word, _)| asked(word)).map(|(_, kind)| *kind).collect())
}

impl Run<'_> {
    pub fn create_statistics(&mut self, create: &CreateStatistics) -> SqlResult<()> {
        self.tag("CREATE STATISTICS");
        let Some(FromItem::Table(table)) = create.from.first() else {
            return Err(unsupported(
                "CREATE STATISTICS only supports relation names in the FROM clause",
            ));
        };
        if create.from.len() > 1 {
            return Err(unsupported("only a single relation is allowed in CREATE STATISTICS"));
        }
        let relation = self.relation(&table.relation.name).map_err(|mut failure| {
            failure.fields_mut().location = None;
            failure
        })?;
        self.require_statistics_are_possible(&relation)?;
        let (schema, name) = match &create.name {
            Some(name) => {
                let schema = self.creation_schema(name).map_err(|mut failure| {
                    failure.fields_mut().location = None;
                    failure
                })?;
                (schema, name.name().to_owned())
            }
            None => {
                if let Some(schema) = self.catalog.schema(relation.schema) {
                    self.require_create(schema)?;
                }
                let names: Vec<String> = create.expressions.iter().map(column_name).collect();
                (relation.schema, self.choose_statistics_name(&relation, &joined(&names)))
            }
        };
        if self.catalog.statistics_by_name(schema, &name).is_some() {
            let message = format!("statistics object \"{name}\" already exists");
            if create.if_not_exists {
                self.notice(sqlstate::DUPLICATE_OBJECT, format!("{message}, skipping"));
                return Ok(());
            }
            return Err(error(sqlstate::DUPLICATE_OBJECT, message));
        }
        let columns = self.statistics_columns(create, &relation)?;
        let kinds = kinds_of(&create.kinds)?;
        let mut sorted = columns;
        sorted.sort_unstable();
        if sorted.len() < 2 {
            return Err(error(
                sqlstate::INVALID_OBJECT_DEFINITION,
                "extended statistics require at least 2 columns",
            ));
        }
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(error(
                sqlstate::DUPLICATE_COLUMN,
                "duplicate column name in statistics definition",
            ));
        }
        let statistics = ExtendedStatistics {
            oid: self.allocate()?,
            name,
            schema,
            owner: self.role(),
            table: relation.oid,
            columns: sorted,
            kinds,
            target: -1,
            comment: None,
        };
        self.put(Descriptor::Statistics(statistics));
        self.changes_definition(relation.oid, false);
        Ok(())
    }

    /// Those of a table that `LIKE … INCLUDING STATISTICS` names, for columns of other numbers.
    pub fn copy_statistics(
        &mut self,
        table: &Relation,
        copied: &ExtendedStatistics,
        numbers: &BTreeMap<AttributeNumber, AttributeNumber>,
        with_comment: bool,
    ) -> SqlResult<()> {
        let mut columns: Vec<AttributeNumber> =
            copied.columns.iter().filter_map(|number| numbers.get(number)).copied().collect();
        columns.sort_unstable();
        let named = columns.iter().filter_map(|number| table.column_by_number(*number));
        let names: Vec<String> = named.map(|column| column.name.clone()).collect();
        let statistics = ExtendedStatistics {
            oid: self.allocate()?,
            name: self.choose_statistics_name(table, &joined(&names)),
            schema: table.schema,
            owner: self.role(),
            table: table.oid,
            columns,
            kinds: copied.kinds.clone(),
            target: -1,
            comment: copied.comment.clone().filter(|_| with_comment),
        };
        self.put(Descriptor::Statistics(statistics));
        Ok(())
    }

    fn require_statistics_are_possible(&self, relation: &Relation) -> SqlResult<()> {
        let kind = match relation.kind {
            RelationKind::Table | RelationKind::MaterializedView | RelationKind::Virtual => {
                return self.require_relation_owner(relation);
            }
            RelationKind::Sequence => "sequences",
            RelationKind::View | RelationKind::VirtualView => "views",
        };
        let message = format!("cannot define statistics for relation \"{}\"", relation.name);
        Err(error(sqlstate::WRONG_OBJECT_TYPE, message)
            .detail(format!("This operation is not supported for {kind}.")))
    }

    fn statistics_columns(
        &self,
        create: &CreateStatistics,
        relation: &Relation,
    ) -> SqlResult<Vec<AttributeNumber>> {
        if create.expressions.len() > COLUMNS_MAX {
            return Err(error(
                sqlstate::TOO_MANY_COLUMNS,
                format!("cannot have more than {COLUMNS_MAX} columns in statistics"),
            ));
        }
        let one = |expression: &Expr| {
            let Expr::ColumnRef(reference) = expression else {
                return Err(unsupported("statistics on expressions are not supported"));
            };
            let [name] = reference.fields.as_slice() else {
                return Err(unsupported("statistics on expressions are not supported"));
            };
            let Some(column) = relation.column(name) else {
                if SYSTEM_COLUMNS.contains(&name.as_str()) {
                    return Err(unsupported(
                        "statistics creation on system columns is not supported",
                    ));
                }
                let message = format!("column \"{name}\" does not exist");
                return Err(error(sqlstate::UNDEFINED_COLUMN, message));
            };
            if column.type_oid == oid::XID || self.require_ordered(column.type_oid).is_err() {
                return Err(unsupported(format!(
                    "column \"{name}\" cannot be used in statistics because its type {} has no \
                     default btree operator class",
                    self.type_name(column.type_oid)
                )));
            }
            Ok(column.number)
        };
        create.expressions.iter().map(one).collect()
    }

    /// The object by name, along the search path if no schema is given; it must be the role's own.
    fn owned_statistics(&self, name: &ObjectName) -> SqlResult<ExtendedStatistics> {
        let (schema, last) = self.split(name)?;
        let schemas = match schema {
            Some(schema) => vec![self.schema_named(schema)?.oid],
            None => self.path(),
        };
        let mut found = schemas.iter();
        let found = found.find_map(|schema| self.catalog.statistics_by_name(*schema, last));
        let found = found.ok_or_else(|| missing(name))?;
        if !self.owns(found.owner) {
            return Err(must_be_owner("statistics object", &written(name)));
        }
        Ok((**found).clone())
    }

    pub fn alter_statistics(&mut self, alter: &AlterStatistics) -> SqlResult<()> {
        self.tag("ALTER STATISTICS");
        if alter.target < -1 {
            return Err(error(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("statistics target {} is too low", alter.target),
            ));
        }
        if alter.target > TARGET_MAX {
            self.warning(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("lowering statistics target to {TARGET_MAX}"),
            );
        }
        let mut statistics = match self.owned_statistics(&alter.name) {
            Err(failure) if alter.if_exists && failure.sqlstate() == sqlstate::UNDEFINED_OBJECT => {
                let message = format!("{}, skipping", failure.message());
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, message);
                return Ok(());
            }
            found => found?,
        };
        statistics.target = alter.target.min(TARGET_MAX);
        self.put(Descriptor::Statistics(statistics));
        Ok(())
    }

    fn require_statistics_name_is_free(&self, schema: Oid, name: &str) -> SqlResult<()> {
        if self.catalog.statistics_by_name(schema, name).is_none() {
            return Ok(());
        }
        let message = format!(
            "statistics object \"{name}\" already exists in schema \"{}\"",
            self.schema_name(schema)
        );
        Err(error(sqlstate::DUPLICATE_OBJECT, message))
    }

    pub fn rename_statistics(&mut self, name: &ObjectName, new: &str) -> SqlResult<()> {
        let mut statistics = self.owned_statistics(name)?;
        self.require_statistics_name_is_free(statistics.schema, new)?;
        new.clone_into(&mut statistics.name);
        self.put(Descriptor::Statistics(statistics));
        Ok(())
    }

    pub fn set_statistics_owner(&mut self, name: &ObjectName, owner: Oid) -> SqlResult<()> {
        let mut statistics = self.owned_statistics(name)?;
        self.require_may_give_to(owner)?;
        statistics.owner = owner;
        self.put(Descriptor::Statistics(statistics));
        Ok(())
    }

    pub fn set_statistics_schema(&mut self, name: &ObjectName, schema: &str) -> SqlResult<()> {
        let mut statistics = self.owned_statistics(name)?;
        let schema = self.schema_named(schema)?;
        self.require_create(&schema)?;
        if statistics.schema != schema.oid {
            self.require_statistics_name_is_free(schema.oid, &statistics.name)?;
            statistics.schema = schema.oid;
            self.put(Descriptor::Statistics(statistics));
        }
        Ok(())
    }

    pub fn comment_statistics(&mut self, name: &ObjectName, text: Option<String>) -> SqlResult<()> {
        let mut statistics = self.owned_statistics(name)?;
        statistics.comment = text;
        self.put(Descriptor::Statistics(statistics));
        Ok(())
    }

    /// The object that DROP names.
    pub fn statistics_target(
        &mut self,
        drop: &DropObjects,
        name: &ObjectName,
    ) -> SqlResult<Option<Object>> {
        match self.owned_statistics(name) {
            Err(failure)
                if drop.if_exists
                    && [sqlstate::UNDEFINED_OBJECT, sqlstate::INVALID_SCHEMA_NAME]
                        .contains(&failure.sqlstate()) =>
            {
                let message = format!("{}, skipping", failure.message());
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, message);
                Ok(None)
            }
            found => Ok(Some(Object::Statistics(found?.oid))),
        }
    }
}

/// As it goes into a name that nobody chose.
fn column_name(expression: &Expr) -> String {
    match expression {
        Expr::ColumnRef(reference) => reference.fields.last().cloned().unwrap_or_default(),
        _ => "expr".to_owned(),
    }
}
