//! CREATE TRIGGER, and what ALTER and DROP do to triggers.

use catalog::triggers::{
    BEFORE, DEFERRED, DELETE, INSERT, INSTEAD, ROW, TRUNCATE, Trigger, UPDATE,
};
use catalog::{Relation, RelationKind};
use syntax::ast::{
    CreateTrigger, DropObjects, Expr, FiringMode, ObjectReference, RenameObject, TriggerEvent,
    TriggerSelector, TriggerTiming,
};
use types::{Oid, SqlError, SqlResult, oid, sqlstate};

use crate::dependents::Object;
use crate::names::written;
use crate::run::{Run, error, unsupported};
use crate::table::constraints::undefined_column;
use crate::walk::{self, Place};

/// 42P17.
const INVALID: &str = "42P17";

fn missing(name: &str, table: &str) -> SqlError {
    error(
        sqlstate::UNDEFINED_OBJECT,
        format!("trigger \"{name}\" for table \"{table}\" does not exist"),
    )
}

fn kind_of(create: &CreateTrigger) -> SqlResult<i16> {
    let mut kind = match create.timing {
        TriggerTiming::Before => BEFORE,
        TriggerTiming::After => 0,
        TriggerTiming::InsteadOf => INSTEAD,
    };
    if create.for_each_row {
        kind |= ROW;
    }
    for event in &create.events {
        let bit = match event {
            TriggerEvent::Insert => INSERT,
            TriggerEvent::Delete => DELETE,
            TriggerEvent::Update(_) => UPDATE,
            TriggerEvent::Truncate => TRUNCATE,
        };
        if kind & bit != 0 {
            return Err(error(sqlstate::SYNTAX_ERROR, "duplicate trigger events specified"));
        }
        kind |= bit;
    }
    if kind & (ROW | TRUNCATE) == ROW | TRUNCATE {
        return Err(unsupported("TRUNCATE FOR EACH ROW triggers are not supported"));
    }
    if kind & INSTEAD != 0 {
        let columns = |event: &TriggerEvent| matches!(event, TriggerEvent::Update(names) if !names.is_empty());
        if kind & ROW == 0 {
            return Err(unsupported("INSTEAD OF triggers must be FOR EACH ROW"));
        }
        if create.when.is_some() {
            return Err(unsupported("INSTEAD OF triggers cannot have WHEN conditions"));
        }
        if create.events.iter().any(columns) {
            return Err(unsupported("INSTEAD OF triggers cannot have column lists"));
        }
    }
    if create.initially_deferred {
        kind |= DEFERRED;
    }
    Ok(kind)
}

/// Where the condition names `old` or `new`.
fn names(when: &Expr, record: &str) -> Option<u32> {
    let mut found = None;
    walk::expression(&mut when.clone(), &mut |place| {
        if let Place::Expr(Expr::ColumnRef(reference)) = place
            && reference.fields.first().is_some_and(|first| first == record)
        {
            found.get_or_insert(reference.location);
        }
    });
    found
}

fn check_when(when: &Expr, kind: i16) -> SqlResult<()> {
    let (old, new) = (names(when, "old"), names(when, "new"));
    let rules = [
        (kind & ROW == 0, old.into_iter().chain(new).min(), "statement", "column"),
        (kind & INSERT != 0, old, "INSERT", "OLD"),
        (kind & DELETE != 0, new, "DELETE", "NEW"),
    ];
    for (holds, place, whose, values) in rules {
        if let (true, Some(place)) = (holds, place) {
            return Err(error(
                INVALID,
                format!("{whose} trigger's WHEN condition cannot reference {values} values"),
            )
            .at(place));
        }
    }
    Ok(())
}

impl Run<'_> {
    pub fn create_trigger(&mut self, create: &CreateTrigger) -> SqlResult<()> {
        self.tag("CREATE TRIGGER");
        let relation = self.relation(&create.table).map_err(|mut failure| {
            failure.fields_mut().location = None;
            failure
        })?;
        let wrong = |what: &str, detail: &str| {
            let message = format!("\"{}\" is a {what}", relation.name);
            Err(error(sqlstate::WRONG_OBJECT_TYPE, message).detail(detail))
        };
        let instead = create.timing == TriggerTiming::InsteadOf;
        match relation.kind {
            RelationKind::Table if instead => {
                return wrong("table", "Tables cannot have INSTEAD OF triggers.");
            }
            RelationKind::Table => {}
            RelationKind::View if !instead && create.for_each_row => {
                return wrong("view", "Views cannot have row-level BEFORE or AFTER triggers.");
            }
            RelationKind::View if create.events.contains(&TriggerEvent::Truncate) => {
                return wrong("view", "Views cannot have TRUNCATE triggers.");
            }
            RelationKind::View => {}
            _ => {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("relation \"{}\" cannot have triggers", relation.name),
                ));
            }
        }
        let kind = kind_of(create)?;
        let allowed =
            self.has_privilege(relation.grants.as_deref(), relation.owner, 't', self.role());
        if !allowed {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for table {}", relation.name),
            ));
        }
        if create.referenced_table.is_some() {
            return Err(unsupported("FROM in CREATE CONSTRAINT TRIGGER is not supported"));
        }
        let mut trigger = self.made_trigger(create, &relation, kind)?;
        let before = relation.triggers.iter().find(|known| known.name == create.name).cloned();
        match &before {
            Some(_) if !create.or_replace => {
                return Err(error(
                    sqlstate::DUPLICATE_OBJECT,
                    format!(
                        "trigger \"{}\" for relation \"{}\" already exists",
                        create.name, relation.name
                    ),
                ));
            }
            Some(before) => trigger.oid = before.oid,
            None => trigger.oid = self.allocate()?,
        }
        self.alter(relation.oid, |relation| {
            relation.triggers.retain(|known| known.name != trigger.name);
            relation.triggers.push(trigger);
            // Triggers fire in the order of their names.
            relation.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        })?;
        self.changes_definition(relation.oid, false);
        Ok(())
    }

    fn made_trigger(
        &self,
        create: &CreateTrigger,
        relation: &Relation,
        kind: i16,
    ) -> SqlResult<Trigger> {
        let function = self.trigger_function(create)?;
        let mut columns = Vec::new();
        for event in &create.events {
            let TriggerEvent::Update(names) = event else { continue };
            for name in names {
                let column =
                    relation.column(name).ok_or_else(|| undefined_column(name, &relation.name))?;
                if columns.contains(&column.number) {
                    return Err(error(
                        sqlstate::DUPLICATE_COLUMN,
                        format!("column \"{name}\" specified more than once"),
                    ));
                }
                columns.push(column.number);
            }
        }
        if let Some(when) = &create.when {
            check_when(when, kind)?;
        }
        let (mut old_table, mut new_table) = (None, None);
        if kind & TRUNCATE != 0 && !create.transitions.is_empty() {
            return Err(unsupported("TRUNCATE triggers with transition tables are not supported"));
        }
        for (is_new, is_table, name) in &create.transitions {
            if !is_table {
                return Err(unsupported(
                    "ROW variable naming in the REFERENCING clause is not supported",
                )
                .hint("Use OLD TABLE or NEW TABLE for naming transition tables."));
            }
            let events = (kind & (INSERT | DELETE | UPDATE)).count_ones();
            if kind & BEFORE != 0 {
                return Err(error(
                    INVALID,
                    "transition table name can only be specified for an AFTER trigger",
                ));
            }
            if events > 1 {
                return Err(unsupported(
                    "transition tables cannot be specified for triggers with more than one event",
                ));
            }
            if !columns.is_empty() {
                return Err(unsupported(
                    "transition tables cannot be specified for triggers with column lists",
                ));
            }
            let (word, allowed) = match is_new {
                true => (
                    "NEW TABLE can only be specified for an INSERT or UPDATE trigger",
                    INSERT | UPDATE,
                ),
                false => (
                    "OLD TABLE can only be specified for a DELETE or UPDATE trigger",
                    DELETE | UPDATE,
                ),
            };
            if kind & allowed == 0 {
                return Err(error(INVALID, word));
            }
            *(if *is_new { &mut new_table } else { &mut old_table }) = Some(name.clone());
        }
        Ok(Trigger {
            oid: 0,
            name: create.name.clone(),
            function,
            kind,
            columns,
            when: create.when.as_ref().map(ToString::to_string),
            arguments: create.arguments.clone(),
            enabled: 'O',
            constraint: create.constraint,
            deferrable: create.deferrable,
            old_table,
            new_table,
            comment: None,
        })
    }

    fn trigger_function(&self, create: &CreateTrigger) -> SqlResult<Oid> {
        let name = &create.function;
        let found = self.routines_called(name.schema(), name.name());
        let Some(function) = found.iter().find(|function| function.arguments.is_empty()) else {
            return Err(error(
                sqlstate::UNDEFINED_FUNCTION,
                format!("function {}() does not exist", written(name)),
            ));
        };
        if function.result != oid::TRIGGER {
            return Err(error(
                INVALID,
                format!("function {} must return type trigger", written(name)),
            ));
        }
        if let Some(routine) = self.catalog.routine(function.oid) {
            catalog::privileges::check_routine(&self.catalog, self.role(), routine)?;
        }
        Ok(function.oid)
    }

    /// The trigger that DROP names.
    pub fn trigger_target(
        &mut self,
        drop: &DropObjects,
        reference: &ObjectReference,
    ) -> SqlResult<Option<Object>> {
        let ObjectReference::OnTable { name, table } = reference else {
            return Err(unsupported("objects of this kind are not supported"));
        };
        let relation = match self.relation(table) {
            Ok(relation) => relation,
            Err(failure) if drop.if_exists => {
                let message = failure.message().to_owned();
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        self.require_relation_owner(&relation)?;
        match relation.triggers.iter().find(|trigger| trigger.name == *name) {
            Some(trigger) => Ok(Some(Object::Trigger(relation.oid, trigger.oid))),
            None if drop.if_exists => {
                let message = missing(name, &written(table)).message().to_owned();
                self.notice(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    message.replace("for table", "for relation") + ", skipping",
                );
                Ok(None)
            }
            None => Err(missing(name, &written(table))),
        }
    }

    pub fn rename_trigger(&mut self, rename: &RenameObject) -> SqlResult<()> {
        let ObjectReference::OnTable { name, table } = &rename.object else {
            return Err(unsupported("objects of this kind cannot be renamed"));
        };
        let relation = self.relation(table)?;
        self.require_relation_owner(&relation)?;
        let new = &rename.new_name;
        if !relation.triggers.iter().any(|trigger| trigger.name == *name) {
            return Err(missing(name, &relation.name));
        }
        if relation.triggers.iter().any(|trigger| trigger.name == *new) {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("trigger \"{new}\" for relation \"{}\" already exists", relation.name),
            ));
        }
        self.alter(relation.oid, |relation| {
            for trigger in relation.triggers.iter_mut().filter(|trigger| trigger.name == *name) {
                trigger.name.clone_from(new);
            }
            relation.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        })?;
        self.changes_definition(relation.oid, false);
        Ok(())
    }

    /// ALTER TABLE … ENABLE and DISABLE TRIGGER.
    pub fn set_firing(
        &mut self,
        oid: Oid,
        mode: FiringMode,
        target: &TriggerSelector,
    ) -> SqlResult<()> {
        let enabled = match mode {
            FiringMode::Enable => 'O',
            FiringMode::EnableAlways => 'A',
            FiringMode::EnableReplica => 'R',
            FiringMode::Disable => 'D',
        };
        let relation = self.known_relation(oid)?;
        if relation.kind == RelationKind::View {
            let word = match mode {
                FiringMode::Disable => "DISABLE",
                FiringMode::EnableAlways => "ENABLE ALWAYS",
                FiringMode::EnableReplica => "ENABLE REPLICA",
                FiringMode::Enable => "ENABLE",
            };
            let whose = match target {
                TriggerSelector::Name(_) => "",
                TriggerSelector::All => " ALL",
                TriggerSelector::User => " USER",
            };
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!(
                    "ALTER action {word} TRIGGER{whose} cannot be performed on relation \"{}\"",
                    relation.name
                ),
            )
            .detail("This operation is not supported for views."));
        }
        if let TriggerSelector::Name(name) = target
            && !relation.triggers.iter().any(|trigger| trigger.name == *name)
        {
            return Err(missing(name, &relation.name));
        }
        self.alter(oid, |relation| {
            for trigger in &mut relation.triggers {
                let meant = match target {
                    TriggerSelector::Name(name) => trigger.name == *name,
                    TriggerSelector::All | TriggerSelector::User => true,
                };
                if meant {
                    trigger.enabled = enabled;
                }
            }
        })
    }
}
