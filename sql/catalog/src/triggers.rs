//! Triggers as their tables keep them, and as PostgreSQL shows them.

use serde::{Deserialize, Serialize};
use types::{Datum, Oid, Row};

use crate::definitions;
use crate::descriptor::{AttributeNumber, Relation};
use crate::facts::text;
use crate::names::{qualified, quote_identifier, quote_literal};
use crate::objects;
use crate::scope::{Scope, int2_vector, letter, opt_text};

/// The bits of `pg_trigger.tgtype`.
pub const ROW: i16 = 1;
pub const BEFORE: i16 = 2;
pub const INSERT: i16 = 4;
pub const DELETE: i16 = 8;
pub const UPDATE: i16 = 16;
pub const TRUNCATE: i16 = 32;
pub const INSTEAD: i16 = 64;
/// INITIALLY DEFERRED; not a bit of PostgreSQL's.
pub const DEFERRED: i16 = 256;

/// A function that runs when rows of a table change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    pub oid: Oid,
    pub name: String,
    pub function: Oid,
    /// As `pg_trigger.tgtype`.
    pub kind: i16,
    /// `UPDATE OF` these; empty is any column.
    pub columns: Vec<AttributeNumber>,
    /// SQL text over `old` and `new`.
    pub when: Option<String>,
    pub arguments: Vec<String>,
    /// As `pg_trigger.tgenabled`: `O`, `D`, `R`, `A`.
    pub enabled: char,
    /// Made by CREATE CONSTRAINT TRIGGER.
    pub constraint: bool,
    pub deferrable: bool,
    /// Names of transition tables.
    pub old_table: Option<String>,
    pub new_table: Option<String>,
    pub comment: Option<String>,
}

impl Trigger {
    /// Whether the trigger is to run at this time (bits without the event) for this event.
    pub fn is_for(&self, event: i16, before: bool, row: bool) -> bool {
        matches!(self.enabled, 'O' | 'A')
            && self.kind & event != 0
            && self.kind & INSTEAD == 0
            && (self.kind & BEFORE != 0) == before
            && (self.kind & ROW != 0) == row
    }

    /// Whether the trigger runs in place of this event on a view's rows.
    pub fn is_instead(&self, event: i16) -> bool {
        matches!(self.enabled, 'O' | 'A') && self.kind & INSTEAD != 0 && self.kind & event != 0
    }

    /// As [`Trigger::is_instead`], even while it is disabled.
    pub fn is_instead_of(&self, event: i16) -> bool {
        self.kind & INSTEAD != 0 && self.kind & event != 0
    }

    pub fn timing(&self) -> &'static str {
        match self.kind {
            kind if kind & BEFORE != 0 => "BEFORE",
            kind if kind & INSTEAD != 0 => "INSTEAD OF",
            _ => "AFTER",
        }
    }

    pub fn initially_deferred(&self) -> bool {
        self.kind & DEFERRED != 0
    }
}

pub fn pg_trigger(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for relation in scope.user_relations() {
        for trigger in &relation.triggers {
            let mut arguments = Vec::new();
            for argument in &trigger.arguments {
                arguments.extend_from_slice(argument.as_bytes());
                arguments.push(0);
            }
            let condition = trigger.when.as_ref().map(|when| when_text(scope, relation, when));
            rows.push(vec![
                Datum::Oid(trigger.oid),
                Datum::Oid(relation.oid),
                Datum::Oid(0),
                text(&trigger.name),
                Datum::Oid(trigger.function),
                Datum::Int2(trigger.kind & !DEFERRED),
                letter(trigger.enabled),
                Datum::Bool(false),
                Datum::Oid(0),
                Datum::Oid(0),
                Datum::Oid(0),
                Datum::Bool(trigger.deferrable),
                Datum::Bool(trigger.initially_deferred()),
                Datum::Int2(trigger.arguments.len() as i16),
                int2_vector(trigger.columns.iter().copied()),
                Datum::Bytea(arguments.into()),
                opt_text(condition.as_deref()),
                opt_text(trigger.old_table.as_deref()),
                opt_text(trigger.new_table.as_deref()),
            ]);
        }
    }
    rows
}

fn when_text(scope: &Scope<'_>, relation: &Relation, when: &str) -> String {
    definitions::expression(scope, Some(relation), when, false)
}

/// What `pg_get_triggerdef` answers.
pub fn definition(scope: &Scope<'_>, oid: Oid, pretty: bool) -> Option<String> {
    let (relation, trigger) = scope.user_relations().find_map(|relation| {
        let trigger = relation.triggers.iter().find(|trigger| trigger.oid == oid)?;
        Some((relation, trigger))
    })?;
    let mut out = String::from("CREATE ");
    if trigger.constraint {
        out.push_str("CONSTRAINT ");
    }
    let timing = trigger.timing();
    out.push_str(&format!("TRIGGER {} {timing} ", quote_identifier(&trigger.name)));
    let mut events = Vec::new();
    let words =
        [(INSERT, "INSERT"), (DELETE, "DELETE"), (UPDATE, "UPDATE"), (TRUNCATE, "TRUNCATE")];
    for (bit, word) in words {
        if trigger.kind & bit == 0 {
            continue;
        }
        let mut event = word.to_owned();
        if bit == UPDATE && !trigger.columns.is_empty() {
            let names: Vec<String> = trigger
                .columns
                .iter()
                .filter_map(|number| relation.column_by_number(*number))
                .map(|column| quote_identifier(&column.name))
                .collect();
            event.push_str(&format!(" OF {}", names.join(", ")));
        }
        events.push(event);
    }
    let schema = scope.schema_name(relation.schema);
    let table = match pretty {
        true => objects::relation_name(scope.catalog, scope.context, relation.oid)?,
        false => qualified(&schema, &relation.name),
    };
    out.push_str(&format!("{} ON {table} ", events.join(" OR ")));
    if trigger.constraint {
        out.push_str(if trigger.deferrable { "DEFERRABLE" } else { "NOT DEFERRABLE" });
        out.push_str(match trigger.initially_deferred() {
            true => " INITIALLY DEFERRED ",
            false => " INITIALLY IMMEDIATE ",
        });
    }
    if trigger.old_table.is_some() || trigger.new_table.is_some() {
        out.push_str("REFERENCING ");
        for (word, name) in [("OLD", &trigger.old_table), ("NEW", &trigger.new_table)] {
            if let Some(name) = name {
                out.push_str(&format!("{word} TABLE AS {} ", quote_identifier(name)));
            }
        }
    }
    out.push_str("FOR EACH ");
    out.push_str(if trigger.kind & ROW != 0 { "ROW " } else { "STATEMENT " });
    if let Some(when) = &trigger.when {
        let shown = when_text(scope, relation, when);
        let shown = match shown.starts_with('(') {
            true => shown,
            false => format!("({shown})"),
        };
        out.push_str(&format!("WHEN ({shown}) "));
    }
    let function = objects::routine_name(scope.catalog, scope.context, trigger.function, false)?;
    let arguments: Vec<String> =
        trigger.arguments.iter().map(|argument| quote_literal(argument)).collect();
    out.push_str(&format!("EXECUTE FUNCTION {function}({})", arguments.join(", ")));
    Some(out)
}
