//! DROP, and TRUNCATE with what refers to it.

use std::collections::BTreeMap;

use catalog::{
    Column, ConstraintKind, DescriptorChange, Generated, Relation, RelationKind, UserTypeKind,
};
use syntax::ast::{DropBehavior, DropObjects, ObjectName, ObjectType, Truncate};
use types::{Oid, SqlResult, sqlstate};

use crate::Work;
use crate::comment::name_in;
use crate::dependents::Object;
use crate::names::{Found, is_system_schema, written};
use crate::rename::{tag_word, type_word, wrong_kind};
use crate::run::{Run, error, unsupported};
use crate::table::constraints::constraint_index;

/// How many dependents a message lists.
const MAXIMUM_LISTED: usize = 100;

fn joined_lines(lines: &[String], action: &str) -> String {
    let mut text = lines[..lines.len().min(MAXIMUM_LISTED)].join("\n");
    if lines.len() > MAXIMUM_LISTED {
        text.push_str(&format!(
            "\nand {} other objects{action} (see server log for list)",
            lines.len() - MAXIMUM_LISTED
        ));
    }
    text
}

impl Run<'_> {
    pub fn drop(&mut self, drop: &DropObjects) -> SqlResult<()> {
        self.tag(&format!("DROP {}", tag_word(drop.object_type)));
        let mut targets = Vec::new();
        for object in &drop.objects {
            let target = match drop.object_type {
                ObjectType::Function | ObjectType::Procedure | ObjectType::Routine => {
                    self.routine_target(drop, object)?
                }
                ObjectType::Trigger => self.trigger_target(drop, object)?,
                ObjectType::Statistics => self.statistics_target(drop, &name_in(object)?)?,
                _ => self.target(drop, &name_in(object)?)?,
            };
            if let Some(target) = target
                && !targets.contains(&target)
            {
                targets.push(target);
            }
        }
        self.drop_all(targets, drop.behavior)
    }

    fn missing(
        &mut self,
        drop: &DropObjects,
        message: String,
        state: &'static str,
    ) -> SqlResult<()> {
        if drop.if_exists {
            self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
            return Ok(());
        }
        Err(error(state, message))
    }

    fn target(&mut self, drop: &DropObjects, name: &ObjectName) -> SqlResult<Option<Object>> {
        let word = type_word(drop.object_type);
        match drop.object_type {
            ObjectType::Table
            | ObjectType::View
            | ObjectType::MaterializedView
            | ObjectType::Sequence
            | ObjectType::Index => self.relation_target(drop, name),
            ObjectType::Schema => {
                let Some(schema) = self.catalog.schema_by_name(name.name()).cloned() else {
                    let message = format!("schema \"{}\" does not exist", name.name());
                    self.missing(drop, message, sqlstate::INVALID_SCHEMA_NAME)?;
                    return Ok(None);
                };
                self.require_schema_owner(&schema)?;
                if is_system_schema(schema.oid) {
                    return Err(error(
                        sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                        format!(
                            "cannot drop schema {} because it is required by the database system",
                            schema.name
                        ),
                    ));
                }
                Ok(Some(Object::Schema(schema.oid)))
            }
            ObjectType::Type | ObjectType::Domain => {
                if let (Some(schema), _) = self.split(name)?
                    && drop.if_exists
                    && self.catalog.schema_by_name(schema).is_none()
                {
                    let message = format!("schema \"{schema}\" does not exist");
                    self.missing(drop, message, sqlstate::INVALID_SCHEMA_NAME)?;
                    return Ok(None);
                }
                let (schema, last) = self.split(name)?;
                let Some(found) = self.user_type(schema, last)? else {
                    let message = format!("type \"{}\" does not exist", written(name));
                    self.missing(drop, message, sqlstate::UNDEFINED_OBJECT)?;
                    return Ok(None);
                };
                let is_domain = matches!(found.kind, UserTypeKind::Domain { .. });
                if drop.object_type == ObjectType::Domain && !is_domain {
                    return Err(error(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!("\"{}\" is not a domain", written(name)),
                    ));
                }
                self.require_type_owner(&found)?;
                Ok(Some(Object::Type(found.oid)))
            }
            ObjectType::Extension => {
                let found = self.catalog.extensions().find(|known| known.name == name.name());
                let found = found.map(|extension| extension.oid);
                if found.is_none() {
                    let message = format!("extension \"{}\" does not exist", name.name());
                    self.missing(drop, message, sqlstate::UNDEFINED_OBJECT)?;
                }
                Ok(found.map(Object::Extension))
            }
            _ if drop.if_exists => {
                self.notice(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("{word} \"{}\" does not exist, skipping", written(name)),
                );
                Ok(None)
            }
            _ => Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("{word} \"{}\" does not exist", written(name)),
            )),
        }
    }

    fn relation_target(
        &mut self,
        drop: &DropObjects,
        name: &ObjectName,
    ) -> SqlResult<Option<Object>> {
        let word = type_word(drop.object_type);
        if let (Some(schema), _) = self.split(name)?
            && drop.if_exists
            && self.catalog.schema_by_name(schema).is_none()
        {
            let message = format!("schema \"{schema}\" does not exist");
            self.missing(drop, message, sqlstate::INVALID_SCHEMA_NAME)?;
            return Ok(None);
        }
        match self.find(name)? {
            None => {
                let message = format!("{word} \"{}\" does not exist", written(name));
                let state = match drop.object_type {
                    ObjectType::Index => sqlstate::UNDEFINED_OBJECT,
                    _ => sqlstate::UNDEFINED_TABLE,
                };
                self.missing(drop, message, state)?;
                Ok(None)
            }
            Some(Found::Relation(relation)) => {
                wrong_kind(drop.object_type, &relation)?;
                self.require_relation_owner(&relation)?;
                if let Some((table, number)) = self.identity_of(&relation) {
                    let column = self.described(Object::Column(table, number));
                    return Err(error(
                        sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                        format!(
                            "cannot drop {} because {column} requires it",
                            self.described(Object::Relation(relation.oid))
                        ),
                    )
                    .hint(format!("You can drop {column} instead.")));
                }
                Ok(Some(Object::Relation(relation.oid)))
            }
            Some(Found::Index(table, index)) => {
                if drop.object_type != ObjectType::Index {
                    return Err(error(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!("\"{}\" is not a {word}", name.name()),
                    )
                    .hint("Use DROP INDEX to remove an index."));
                }
                if !self.owns(table.owner) {
                    return Err(crate::privileges::must_be_owner("index", name.name()));
                }
                let behind = table
                    .constraints
                    .iter()
                    .find(|constraint| constraint_index(constraint) == Some(index));
                if let Some(constraint) = behind {
                    let constraint = self.described(Object::Constraint(table.oid, constraint.oid));
                    return Err(error(
                        sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                        format!(
                            "cannot drop {} because {constraint} requires it",
                            self.described(Object::Index(table.oid, index))
                        ),
                    )
                    .hint(format!("You can drop {constraint} instead.")));
                }
                Ok(Some(Object::Index(table.oid, index)))
            }
        }
    }

    /// Drops the objects with all that depends on them, if the behavior allows it.
    pub fn drop_all(&mut self, targets: Vec<Object>, behavior: DropBehavior) -> SqlResult<()> {
        let mut all = targets.clone();
        let mut asked: Vec<(Object, Object)> = Vec::new();
        let mut automatic: Vec<Object> = Vec::new();
        let mut next = 0;
        while let Some(object) = all.get(next).copied() {
            next += 1;
            for (dependent, is_automatic) in self.dependents(object)? {
                if is_automatic {
                    automatic.push(dependent);
                } else if !targets.contains(&dependent)
                    && !asked.iter().any(|(known, _)| *known == dependent)
                {
                    asked.push((dependent, object));
                }
                if !all.contains(&dependent) {
                    all.push(dependent);
                }
            }
        }
        // What goes with its table, or goes in any case, is not worth a word.
        asked.retain(|(object, _)| {
            !automatic.contains(object)
                && !object.table().is_some_and(|table| {
                    all.contains(&Object::Relation(table))
                        || automatic.contains(&Object::Relation(table))
                })
        });
        if !asked.is_empty() && behavior == DropBehavior::Restrict {
            return Err(self.still_needed(&targets, &asked));
        }
        match asked.as_slice() {
            [] => {}
            [(only, _)] => {
                let message = format!("drop cascades to {}", self.described(*only));
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, message);
            }
            several => {
                let lines: Vec<String> = several
                    .iter()
                    .map(|(object, _)| format!("drop cascades to {}", self.described(*object)))
                    .collect();
                self.notice(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("drop cascades to {} other objects", several.len()),
                );
                if let Some(notice) = self.done.notices.pop() {
                    self.done.notices.push(notice.detail(joined_lines(&lines, "")));
                }
            }
        }
        self.remove(&all)
    }

    fn still_needed(&self, targets: &[Object], asked: &[(Object, Object)]) -> types::SqlError {
        let what = match targets {
            [only] => self.described(*only),
            _ => "desired object(s)".to_owned(),
        };
        let lines: Vec<String> = asked
            .iter()
            .map(|(object, on)| {
                let on = match on {
                    // A key is known by its index.
                    Object::Constraint(table, constraint) => self
                        .catalog
                        .relation(*table)
                        .and_then(|table| {
                            table.constraints.iter().find(|known| known.oid == *constraint)
                        })
                        .and_then(constraint_index)
                        .map_or(*on, |index| Object::Index(*table, index)),
                    other => *other,
                };
                format!("{} depends on {}", self.described(*object), self.described(on))
            })
            .collect();
        error(
            sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
            format!("cannot drop {what} because other objects depend on it").replace(
                "(s) because other objects depend on it",
                "(s) because other objects depend on them",
            ),
        )
        .detail(joined_lines(&lines, ""))
        .hint("Use DROP ... CASCADE to drop the dependent objects too.")
    }

    fn remove(&mut self, all: &[Object]) -> SqlResult<()> {
        let is_gone = |oid: Oid| all.contains(&Object::Relation(oid));
        let mut changes = Vec::new();
        let mut tables: BTreeMap<Oid, Vec<Object>> = BTreeMap::new();
        let mut dropped_columns = Vec::new();
        for object in all {
            match *object {
                Object::Relation(oid) => {
                    let relation = self.known_relation(oid)?;
                    if catalog::is_stored(relation.kind) {
                        self.work(Work::DropRows { table: relation.table_id });
                    }
                    self.changes_definition(oid, false);
                    changes.push(DescriptorChange::Remove(oid));
                    for constraint in &relation.constraints {
                        if let ConstraintKind::ForeignKey(key) = &constraint.kind
                            && !is_gone(key.parent)
                        {
                            tables.entry(key.parent).or_default();
                        }
                    }
                }
                Object::Type(oid)
                | Object::Schema(oid)
                | Object::Extension(oid)
                | Object::Statistics(oid)
                | Object::Routine(oid) => {
                    changes.push(DescriptorChange::Remove(oid));
                }
                part => {
                    if let Some(table) = part.table()
                        && !is_gone(table)
                    {
                        tables.entry(table).or_default().push(part);
                    }
                    if let Object::Column(table, number) = part
                        && !is_gone(table)
                    {
                        let relation = self.known_relation(table)?;
                        let place =
                            relation.live_columns().position(|known| known.number == number);
                        dropped_columns.extend(place.map(|place| (table, number, place)));
                    }
                }
            }
        }
        let views_first: Vec<(Oid, usize)> = {
            dropped_columns.sort_by_key(|(table, number, _)| (*table, std::cmp::Reverse(*number)));
            dropped_columns.iter().map(|(table, _, place)| (*table, *place)).collect()
        };
        self.apply(changes);
        for (table, place) in views_first {
            self.drop_column_in_views(table, place)?;
        }
        for (table, parts) in tables {
            self.remove_parts(table, &parts)?;
        }
        Ok(())
    }

    /// Takes parts out of a table, and references to tables that are gone.
    fn remove_parts(&mut self, oid: Oid, parts: &[Object]) -> SqlResult<()> {
        let old = (*self.known_relation(oid)?).clone();
        let mut table = old.clone();
        let mut indexes: Vec<Oid> = Vec::new();
        for part in parts {
            match *part {
                Object::Index(_, index) => indexes.push(index),
                Object::Trigger(_, trigger) => {
                    table.triggers.retain(|known| known.oid != trigger);
                }
                Object::Constraint(_, constraint) => {
                    let found = old.constraints.iter().find(|known| known.oid == constraint);
                    indexes.extend(found.and_then(constraint_index));
                    table.constraints.retain(|known| known.oid != constraint);
                }
                Object::Column(_, number) => {
                    for column in &mut table.columns {
                        if column.number == number {
                            mark_dropped(column);
                        }
                    }
                }
                Object::Default(_, number) => {
                    for column in &mut table.columns {
                        if column.number == number {
                            column.default = None;
                            column.owned_sequence = None;
                        }
                    }
                }
                _ => {}
            }
        }
        let loses_primary = old.primary_key().is_some_and(|key| indexes.contains(&key.oid));
        table.indexes.retain(|index| !indexes.contains(&index.oid));
        let catalog = &self.catalog;
        table.referenced_by.retain(|child| *child == oid || catalog.relation(*child).is_some());
        let children_of: Vec<Oid> = old
            .constraints
            .iter()
            .filter(|known| !table.constraints.iter().any(|kept| kept.oid == known.oid))
            .filter_map(|constraint| match &constraint.kind {
                ConstraintKind::ForeignKey(key) => Some(key.parent),
                _ => None,
            })
            .collect();
        if loses_primary {
            let columns = vec![None; table.columns.len()];
            self.rewrite(&mut table, old.clone(), columns)?;
        } else {
            for index in old.indexes.iter().filter(|index| indexes.contains(&index.oid)) {
                self.work(Work::DropIndexRows { table: old.table_id, index: index.number });
            }
        }
        self.changes_definition(oid, false);
        let refers = |parent: Oid| {
            table.constraints.iter().any(|constraint| {
                matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if key.parent == parent)
            })
        };
        let freed: Vec<Oid> = children_of.into_iter().filter(|parent| !refers(*parent)).collect();
        if freed.contains(&oid) {
            table.referenced_by.retain(|child| *child != oid);
        }
        self.put_relation(table);
        for parent in freed.into_iter().filter(|parent| *parent != oid) {
            if self.catalog.relation(parent).is_some() {
                self.changes_definition(parent, false);
                self.alter(parent, |parent| parent.referenced_by.retain(|child| *child != oid))?;
            }
        }
        Ok(())
    }

    pub fn truncate(&mut self, truncate: &Truncate) -> SqlResult<()> {
        self.tag("TRUNCATE TABLE");
        let mut tables: Vec<Oid> = Vec::new();
        for name in &truncate.tables {
            let relation = self.relation(&name.name)?;
            if relation.kind != RelationKind::Table {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("\"{}\" is not a table", relation.name),
                ));
            }
            self.require_truncate(&relation)?;
            if !tables.contains(&relation.oid) {
                tables.push(relation.oid);
            }
        }
        let mut next = 0;
        while let Some(table) = tables.get(next).copied() {
            next += 1;
            let relation = self.known_relation(table)?;
            for child in relation.referenced_by.clone() {
                if tables.contains(&child) {
                    continue;
                }
                let child = self.known_relation(child)?;
                if truncate.behavior == DropBehavior::Restrict {
                    return Err(unsupported(
                        "cannot truncate a table referenced in a foreign key constraint",
                    )
                    .detail(format!("Table \"{}\" references \"{}\".", child.name, relation.name))
                    .hint(format!(
                        "Truncate table \"{}\" at the same time, or use TRUNCATE ... CASCADE.",
                        child.name
                    )));
                }
                self.notice(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("truncate cascades to table \"{}\"", child.name),
                );
                self.require_truncate(&child)?;
                tables.push(child.oid);
            }
        }
        for table in tables {
            self.replace_rows(table)?;
            if truncate.restart_identity {
                let owned: Vec<Oid> = self
                    .catalog
                    .relations()
                    .filter(|relation| {
                        relation.sequence.as_ref().is_some_and(|sequence| {
                            sequence.owned_by.is_some_and(|(owner, _)| owner == table)
                        })
                    })
                    .map(|relation| relation.oid)
                    .collect();
                for sequence in owned {
                    let restart = [syntax::ast::SequenceOption::Restart(None)];
                    self.set_sequence_options(sequence, &restart)?;
                }
            }
        }
        Ok(())
    }

    fn require_truncate(&self, relation: &Relation) -> SqlResult<()> {
        if self.has_privilege(relation.grants.as_deref(), relation.owner, 'D', self.role()) {
            return Ok(());
        }
        Err(error(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            format!("permission denied for table {}", relation.name),
        ))
    }
}

/// The column keeps its number and its type, so that old rows can still be read.
fn mark_dropped(column: &mut Column) {
    column.dropped = true;
    column.name = format!("........pg.dropped.{}........", column.number);
    column.not_null = false;
    column.default = None;
    column.generated = Generated::No;
    column.owned_sequence = None;
    column.comment = None;
    column.grants = None;
}
