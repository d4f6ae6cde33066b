//! `triggers` and `triggered_update_columns`.

use types::Datum;

use super::{Builder, shown_relations};
use crate::descriptor::Relation;
use crate::facts::text;
use crate::scope::opt_text;
use crate::triggers::{self, BEFORE, DELETE, INSERT, INSTEAD, ROW, Trigger, UPDATE};

const EVENTS: [(i16, &str); 3] = [(INSERT, "INSERT"), (DELETE, "DELETE"), (UPDATE, "UPDATE")];

/// The place of a trigger among those of the same event, level and time; they are sorted by their names.
fn order(relation: &Relation, trigger: &Trigger, event: i16) -> i32 {
    let alike = |known: &&Trigger| {
        known.kind & event != 0
            && known.kind & (ROW | BEFORE | INSTEAD) == trigger.kind & (ROW | BEFORE | INSTEAD)
    };
    let before = relation.triggers.iter().filter(alike);
    before.take_while(|known| known.name < trigger.name).count() as i32 + 1
}

pub(super) fn triggers(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for relation in shown_relations(scope) {
        for trigger in &relation.triggers {
            let definition = triggers::definition(scope, trigger.oid, false).unwrap_or_default();
            let at = definition.find("EXECUTE FUNCTION").unwrap_or(0);
            let (head, statement) = definition.split_at(at);
            let condition = head
                .split_once(" WHEN (")
                .and_then(|(_, condition)| condition.trim_end().strip_suffix(')'));
            for (event, word) in EVENTS.iter().filter(|event| trigger.kind & event.0 != 0) {
                builder.row(&[
                    ("trigger_catalog", builder.database()),
                    ("trigger_schema", builder.schema(relation.schema)),
                    ("trigger_name", text(&trigger.name)),
                    ("event_manipulation", text(word)),
                    ("event_object_catalog", builder.database()),
                    ("event_object_schema", builder.schema(relation.schema)),
                    ("event_object_table", text(&relation.name)),
                    ("action_order", Datum::Int4(order(relation, trigger, *event))),
                    ("action_condition", opt_text(condition)),
                    ("action_statement", text(statement)),
                    (
                        "action_orientation",
                        text(if trigger.kind & ROW != 0 { "ROW" } else { "STATEMENT" }),
                    ),
                    ("action_timing", text(trigger.timing())),
                    ("action_reference_old_table", opt_text(trigger.old_table.as_deref())),
                    ("action_reference_new_table", opt_text(trigger.new_table.as_deref())),
                ]);
            }
        }
    }
}

pub(super) fn triggered_update_columns(builder: &mut Builder<'_>) {
    for relation in shown_relations(builder.scope) {
        for trigger in &relation.triggers {
            let columns = trigger.columns.iter();
            for column in columns.filter_map(|number| relation.column_by_number(*number)) {
                builder.row(&[
                    ("trigger_catalog", builder.database()),
                    ("trigger_schema", builder.schema(relation.schema)),
                    ("trigger_name", text(&trigger.name)),
                    ("event_object_catalog", builder.database()),
                    ("event_object_schema", builder.schema(relation.schema)),
                    ("event_object_table", text(&relation.name)),
                    ("event_object_column", text(&column.name)),
                ]);
            }
        }
    }
}
