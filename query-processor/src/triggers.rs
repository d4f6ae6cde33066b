//! Triggers' functions: what they are called with, and what becomes of the row they answer.

use std::sync::Arc;

use catalog::triggers::{BEFORE, INSTEAD, ROW};
use catalog::{Relation, RelationKind, Routine};
use executor::modify::triggers::{Event, Firing};
use procedures::{Argument, Binding, Host, Interpreter, Signature};
use types::{Array, Datum, Oid, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::environment::StatementEnvironment;
use crate::routine_statements::Call;
use crate::routines::{Settled, with_stack};

/// Transition tables have numbers that no relation gets.
const FIRST_TRANSITION: Oid = Oid::MAX - 1;

/// Rows of one statement that a trigger's function may read by a name.
#[derive(Clone)]
pub struct TransitionTable {
    pub relation: Arc<Relation>,
    pub rows: Arc<Vec<Row>>,
}

fn transition(name: &str, relation: &Relation, oid: Oid, rows: &Arc<Vec<Row>>) -> TransitionTable {
    let mut shown = relation.clone();
    shown.oid = oid;
    shown.kind = RelationKind::Virtual;
    name.clone_into(&mut shown.name);
    shown.indexes.clear();
    shown.constraints.clear();
    shown.triggers.clear();
    shown.referenced_by.clear();
    shown.grants = None;
    for column in &mut shown.columns {
        column.grants = None;
    }
    TransitionTable { relation: Arc::new(shown), rows: Arc::clone(rows) }
}

fn fields_of(relation: &Relation) -> Vec<(String, SqlType)> {
    let typed = |column: &catalog::Column| SqlType::with_modifier(column.type_oid, column.modifier);
    relation.live_columns().map(|column| (column.name.clone(), typed(column))).collect()
}

/// A row as the record that the function sees: without dropped columns.
fn record(relation: &Relation, row: Option<&Row>) -> Datum {
    let Some(row) = row else { return Datum::Null };
    let fields = relation
        .columns
        .iter()
        .zip(row)
        .filter(|(column, _)| !column.dropped)
        .map(|(column, value)| (column.type_oid, value.clone()));
    Datum::Record(fields.collect())
}

/// The function's record as a row of the table.
fn row_of(relation: &Relation, fields: Row) -> Row {
    let mut fields = fields.into_iter();
    let value = |column: &catalog::Column| match column.dropped {
        true => Datum::Null,
        false => fields.next().unwrap_or_default(),
    };
    relation.columns.iter().map(value).collect()
}

fn argument(name: &str, ty: Oid, value: Datum) -> Argument {
    Argument { name: name.to_owned(), ty: SqlType::new(ty), fields: None, value, output: false }
}

fn record_argument(name: &str, relation: &Relation, row: Option<&Row>) -> Argument {
    Argument {
        name: name.to_owned(),
        ty: SqlType::new(relation.type_oid),
        fields: Some(fields_of(relation)),
        value: record(relation, row),
        output: false,
    }
}

fn condition_holds(call: &Call, firing: &Firing<'_>, condition: &str) -> SqlResult<bool> {
    let mut bindings = Vec::new();
    for (name, row) in [("old", firing.old), ("new", firing.new)] {
        let Datum::Record(values) = record(firing.relation, row) else { continue };
        let fields = fields_of(firing.relation);
        for ((field, ty), value) in fields.into_iter().zip(values.iter()) {
            bindings.push(Binding {
                qualifiers: vec![name.to_owned()],
                bare: false,
                name: field,
                ty,
                value: value.1.clone(),
            });
        }
        bindings.push(Binding {
            qualifiers: Vec::new(),
            bare: true,
            name: name.to_owned(),
            ty: SqlType::new(firing.relation.type_oid),
            value: record(firing.relation, row),
        });
    }
    let answered = call.query(&format!("SELECT {condition}"), &bindings, 1)?;
    Ok(matches!(answered.rows.first().and_then(|row| row.first()), Some(Datum::Bool(true))))
}

/// Runs a trigger's function if its condition holds; for a trigger before a row, the row to go on with.
pub fn fire(environment: &StatementEnvironment, firing: &Firing<'_>) -> SqlResult<Option<Row>> {
    let trigger = firing.trigger;
    let unchanged = || firing.new.or(firing.old).cloned();
    if let Some(condition) = &trigger.when {
        let call = Call::new(Arc::new(environment.for_routine(None)), true, false);
        if !condition_holds(&call, firing, condition)? {
            return Ok(unchanged());
        }
    }
    let routine = environment.catalog.routine(trigger.function).cloned().ok_or_else(|| {
        SqlError::new(sqlstate::UNDEFINED_FUNCTION, "the trigger's function does not exist")
    })?;
    with_stack(environment, || run(environment, firing, &routine))
}

fn run(
    environment: &StatementEnvironment,
    firing: &Firing<'_>,
    routine: &Routine,
) -> SqlResult<Option<Row>> {
    let (relation, trigger) = (firing.relation, firing.trigger);
    let role = routine.security_definer.then_some(routine.owner);
    let _settings = Settled::new(environment, routine)?;
    let mut inner = environment.for_routine(role);
    inner.trigger_depth += 1;
    inner.transitions.clear();
    for (name, rows, oid) in [
        (&trigger.old_table, &firing.old_rows, FIRST_TRANSITION),
        (&trigger.new_table, &firing.new_rows, FIRST_TRANSITION - 1),
    ] {
        if let Some(name) = name {
            inner.transitions.push(transition(name, relation, oid, rows));
        }
    }
    let call = Call::new(Arc::new(inner), routine.volatility == 'v', true);
    let signature = Signature {
        name: routine.name.clone(),
        described: format!("PL/pgSQL function {}()", routine.name),
        result: SqlType::new(oid::TRIGGER),
        columns: fields_of(relation).into_iter().map(|field| field.1).collect(),
        returns_set: false,
        procedure: false,
        routine: routine.oid,
    };
    let schema = environment.catalog.schema(relation.schema);
    let text = |value: &str| Datum::text(value.to_owned());
    let before = trigger.kind & BEFORE != 0;
    let instead = trigger.kind & INSTEAD != 0;
    let by_row = trigger.kind & ROW != 0;
    let arguments: Vec<Datum> = trigger.arguments.iter().map(|value| text(value)).collect();
    let count = i32::try_from(arguments.len()).unwrap_or(i32::MAX);
    let given = match arguments.is_empty() {
        true => Datum::Null,
        false => {
            let mut array = Array::from_elements(oid::TEXT, arguments);
            for dimension in &mut array.dimensions {
                dimension.lower = 0;
            }
            Datum::Array(Arc::new(array))
        }
    };
    let declared = vec![
        record_argument("old", relation, firing.old),
        record_argument("new", relation, firing.new),
        argument("tg_name", oid::NAME, text(&trigger.name)),
        argument("tg_when", oid::TEXT, text(trigger.timing())),
        argument("tg_level", oid::TEXT, text(if by_row { "ROW" } else { "STATEMENT" })),
        argument("tg_op", oid::TEXT, text(firing.event.word())),
        argument("tg_relid", oid::OID, Datum::Oid(relation.oid)),
        argument("tg_relname", oid::NAME, text(&relation.name)),
        argument("tg_table_name", oid::NAME, text(&relation.name)),
        argument("tg_table_schema", oid::NAME, text(schema.map_or("", |found| &found.name))),
        argument("tg_nargs", oid::INT4, Datum::Int4(count)),
        argument(
            "tg_argv",
            functions::type_catalog::array_type(&*environment.catalog, oid::TEXT),
            given,
        ),
    ];
    let block = procedures::parse(&routine.body)?;
    let mut answered = Interpreter::new(&call, &signature, declared).run(&block)?;
    if !((before || instead) && by_row) {
        return Ok(None);
    }
    Ok(match answered.pop() {
        None => None,
        Some(_) if firing.event == Event::Delete => firing.old.cloned(),
        Some(fields) => Some(row_of(relation, fields)),
    })
}
