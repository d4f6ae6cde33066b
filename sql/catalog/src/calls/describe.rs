//! `pg_describe_object`: what an entry of `pg_depend` is, in words.

use types::{Oid, oid};

use crate::descriptor::Relation;
use crate::names::{qualified, quote_identifier};
use crate::objects;
use crate::pg_catalog::constraints::{
    ATTRDEF_CATALOG, AUTHID_CATALOG, CLASS_CATALOG, CONSTRAINT_CATALOG, DATABASE_CATALOG,
    EXTENSION_CATALOG, NAMESPACE_CATALOG, PROC_CATALOG, STATISTICS_CATALOG, TRIGGER_CATALOG,
    TYPE_CATALOG,
};
use crate::privileges::kind_word;
use crate::scope::{Scope, part_oid};

/// `None` for what is not there.
pub(super) fn object(scope: &Scope<'_>, class: Oid, object: Oid, part: i64) -> Option<String> {
    let catalog = scope.catalog;
    let named = |of| objects::object_name(catalog, scope.context, of, object);
    let relations = || catalog.relations();
    Some(match class {
        CLASS_CATALOG => {
            let Some(relation) = catalog.relation(object) else {
                catalog.table_of_index(object)?;
                return Some(format!("index {}", named(oid::REGCLASS)?));
            };
            match i16::try_from(part).ok().filter(|number| *number > 0) {
                Some(number) => {
                    let column = relation.column_by_number(number)?;
                    format!("column {} of {}", column.name, whole(scope, relation)?)
                }
                None => whole(scope, relation)?,
            }
        }
        TYPE_CATALOG => format!("type {}", named(oid::REGTYPE)?),
        PROC_CATALOG => format!("function {}", named(oid::REGPROCEDURE)?),
        NAMESPACE_CATALOG => format!("schema {}", named(oid::REGNAMESPACE)?),
        AUTHID_CATALOG => format!("role {}", named(oid::REGROLE)?),
        DATABASE_CATALOG => {
            let database = catalog.databases().find(|database| database.oid == object)?;
            format!("database {}", quote_identifier(&database.name))
        }
        EXTENSION_CATALOG => {
            let extension = catalog.extensions().find(|extension| extension.oid == object)?;
            format!("extension {}", quote_identifier(&extension.name))
        }
        STATISTICS_CATALOG => {
            let statistics = catalog.statistics(object)?;
            let name = qualified(&scope.schema_name(statistics.schema), &statistics.name);
            format!("statistics object {name}")
        }
        CONSTRAINT_CATALOG => relations().find_map(|relation| {
            let found = relation.constraints.iter().find(|known| known.oid == object)?;
            Some(format!("constraint {} on {}", found.name, whole(scope, relation)?))
        })?,
        TRIGGER_CATALOG => relations().find_map(|relation| {
            let found = relation.triggers.iter().find(|known| known.oid == object)?;
            Some(format!("trigger {} on {}", found.name, whole(scope, relation)?))
        })?,
        ATTRDEF_CATALOG => relations().find_map(|relation| {
            let column = relation
                .live_columns()
                .find(|column| part_oid(relation.oid, column.number as u32) == object)?;
            let table = whole(scope, relation)?;
            Some(format!("default value for column {} of {table}", column.name))
        })?,
        _ => return None,
    })
}

fn whole(scope: &Scope<'_>, relation: &Relation) -> Option<String> {
    let name = objects::relation_name(scope.catalog, scope.context, relation.oid)?;
    Some(format!("{} {name}", kind_word(relation.kind)))
}
