//! Triggers: which fire when, and the rows that wait for those after the statement.
//!
//! A row trigger that fires before sees one row and may change it or leave it out. Those after, of rows and of the
//! statement, wait in the queue of events until the statement with all its foreign keys is done; what they do is a
//! statement of its own.

use std::sync::Arc;

use catalog::Relation;
use catalog::triggers::{DELETE, INSERT, TRUNCATE, Trigger, UPDATE};
use types::{Row, SqlError, SqlResult};

use crate::environment::{DeferredCheck, DeferredTrigger, Environment};
use crate::memory::row_bytes;

/// Rows that may wait for triggers of one statement.
const MAXIMUM_WAITING_ROWS: usize = 4_000_000;
/// Bytes of such rows.
const MAXIMUM_WAITING_BYTES: usize = 512 << 20;

/// What happened, as a bit of `pg_trigger.tgtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Insert,
    Update,
    Delete,
    Truncate,
}

impl Event {
    pub fn bit(self) -> i16 {
        match self {
            Event::Insert => INSERT,
            Event::Update => UPDATE,
            Event::Delete => DELETE,
            Event::Truncate => TRUNCATE,
        }
    }

    /// As TG_OP says it.
    pub fn word(self) -> &'static str {
        match self {
            Event::Insert => "INSERT",
            Event::Update => "UPDATE",
            Event::Delete => "DELETE",
            Event::Truncate => "TRUNCATE",
        }
    }
}

/// One call of a trigger's function.
pub struct Firing<'a> {
    pub relation: &'a Arc<Relation>,
    pub trigger: &'a Trigger,
    pub event: Event,
    pub old: Option<&'a Row>,
    pub new: Option<&'a Row>,
    /// Transition tables, if the trigger names them.
    pub old_rows: Arc<Vec<Row>>,
    pub new_rows: Arc<Vec<Row>>,
}

/// A row that was changed.
struct Waiting {
    old: Option<Row>,
    new: Option<Row>,
}

/// All that one statement did to a table in one way.
struct Group {
    relation: Arc<Relation>,
    event: Event,
    /// Columns that UPDATE set, 1-based.
    columns: Vec<i16>,
    rows: Vec<Waiting>,
}

/// What waits for the end of the statement.
#[derive(Default)]
pub struct TriggerQueue {
    groups: Vec<Group>,
    rows: usize,
    bytes: usize,
}

/// Whether the table has triggers at all for the event.
pub fn any(relation: &Relation, event: Event) -> bool {
    relation.triggers.iter().any(|trigger| trigger.kind & event.bit() != 0)
}

fn names_columns(trigger: &Trigger, event: Event, columns: &[i16]) -> bool {
    event != Event::Update
        || trigger.columns.is_empty()
        || trigger.columns.iter().any(|column| columns.contains(column))
}

fn wanted<'r>(
    relation: &'r Relation,
    event: Event,
    columns: &'r [i16],
    before: bool,
    row: bool,
) -> impl Iterator<Item = &'r Trigger> {
    relation.triggers.iter().filter(move |trigger| {
        trigger.is_for(event.bit(), before, row) && names_columns(trigger, event, columns)
    })
}

fn none() -> Arc<Vec<Row>> {
    Arc::new(Vec::new())
}

/// BEFORE … FOR EACH STATEMENT.
pub fn before_statement(
    env: &dyn Environment,
    relation: &Arc<Relation>,
    event: Event,
    columns: &[i16],
) -> SqlResult<()> {
    for trigger in wanted(relation, event, columns, true, false) {
        let firing = Firing {
            relation,
            trigger,
            event,
            old: None,
            new: None,
            old_rows: none(),
            new_rows: none(),
        };
        env.fire_trigger(&firing)?;
    }
    Ok(())
}

/// BEFORE … FOR EACH ROW: the row to go on with; `None` leaves the row as it is.
pub fn before_row(
    env: &dyn Environment,
    relation: &Arc<Relation>,
    event: Event,
    columns: &[i16],
    old: Option<&Row>,
    new: Option<Row>,
) -> SqlResult<Option<Row>> {
    let triggers = wanted(relation, event, columns, true, true);
    in_turn(env, relation, event, triggers, old, new)
}

/// INSTEAD OF: what the triggers say became of the row of a view; `None` if nothing did.
pub fn instead_of_row(
    env: &dyn Environment,
    relation: &Arc<Relation>,
    event: Event,
    old: Option<&Row>,
    new: Option<Row>,
) -> SqlResult<Option<Row>> {
    let triggers = relation.triggers.iter().filter(|trigger| trigger.is_instead(event.bit()));
    in_turn(env, relation, event, triggers, old, new)
}

/// Each trigger gets the row that the one before it answered.
fn in_turn<'r>(
    env: &dyn Environment,
    relation: &Arc<Relation>,
    event: Event,
    triggers: impl Iterator<Item = &'r Trigger>,
    old: Option<&Row>,
    new: Option<Row>,
) -> SqlResult<Option<Row>> {
    let mut current = new;
    for trigger in triggers {
        let firing = Firing {
            relation,
            trigger,
            event,
            old,
            new: current.as_ref(),
            old_rows: none(),
            new_rows: none(),
        };
        match env.fire_trigger(&firing)? {
            Some(row) if event == Event::Delete => drop(row),
            Some(row) => current = Some(row),
            None => return Ok(None),
        }
    }
    Ok(Some(current.or_else(|| old.cloned()).unwrap_or_default()))
}

impl TriggerQueue {
    fn group(&mut self, relation: &Arc<Relation>, event: Event, columns: &[i16]) -> &mut Group {
        let known = self
            .groups
            .iter()
            .position(|group| group.relation.oid == relation.oid && group.event == event);
        let position = known.unwrap_or_else(|| {
            self.groups.push(Group {
                relation: Arc::clone(relation),
                event,
                columns: columns.to_vec(),
                rows: Vec::new(),
            });
            self.groups.len() - 1
        });
        &mut self.groups[position]
    }

    /// The statement does this to the table, if perhaps to no row.
    pub fn statement(&mut self, relation: &Arc<Relation>, event: Event, columns: &[i16]) {
        if any(relation, event) {
            self.group(relation, event, columns);
        }
    }

    /// A row was changed.
    pub fn row(
        &mut self,
        relation: &Arc<Relation>,
        event: Event,
        columns: &[i16],
        old: Option<&[types::Datum]>,
        new: Option<&Row>,
    ) -> SqlResult<()> {
        let after = wanted(relation, event, columns, false, true).next().is_some()
            || wanted(relation, event, columns, false, false)
                .any(|trigger| trigger.old_table.is_some() || trigger.new_table.is_some());
        if !after {
            return Ok(());
        }
        let waiting = Waiting { old: old.map(<[_]>::to_vec), new: new.cloned() };
        self.rows += 1;
        self.bytes +=
            waiting.old.as_ref().map_or(0, row_bytes) + waiting.new.as_ref().map_or(0, row_bytes);
        if self.rows > MAXIMUM_WAITING_ROWS || self.bytes > MAXIMUM_WAITING_BYTES {
            return Err(SqlError::new("54000", "too many rows wait for triggers of one statement")
                .hint("Change fewer rows at a time."));
        }
        self.group(relation, event, columns).rows.push(waiting);
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

/// Fires all that waits.
pub fn after_statement(env: &dyn Environment, queue: TriggerQueue) -> SqlResult<()> {
    let mut statements = Vec::new();
    for group in &queue.groups {
        let Group { relation, event, columns, rows } = group;
        let all = |row: bool| wanted(relation, *event, columns, false, row);
        let gathered = |names: fn(&Trigger) -> bool, pick: fn(&Waiting) -> Option<&Row>| {
            let named = all(true).chain(all(false)).any(names);
            let rows = rows.iter().filter(|_| named).filter_map(pick);
            Arc::new(rows.cloned().collect::<Vec<Row>>())
        };
        let old_rows = gathered(|trigger| trigger.old_table.is_some(), |row| row.old.as_ref());
        let new_rows = gathered(|trigger| trigger.new_table.is_some(), |row| row.new.as_ref());
        let firing = |trigger| Firing {
            relation,
            trigger,
            event: *event,
            old: None,
            new: None,
            old_rows: Arc::clone(&old_rows),
            new_rows: Arc::clone(&new_rows),
        };
        for waiting in rows {
            for trigger in all(true) {
                env.check_interrupts()?;
                let deferrable = trigger.constraint && trigger.deferrable;
                if deferrable && env.is_deferred(trigger.oid, trigger.initially_deferred()) {
                    env.defer(deferred(relation, trigger, *event, waiting))?;
                    continue;
                }
                env.fire_trigger(&fired(firing(trigger), waiting))?;
            }
        }
        statements.extend(all(false).map(firing));
    }
    // Those of the statement come after those of all its rows.
    for firing in &statements {
        env.fire_trigger(firing)?;
    }
    Ok(())
}

/// A constraint trigger that waits for the end of the transaction.
fn deferred(
    relation: &Arc<Relation>,
    trigger: &Trigger,
    event: Event,
    waiting: &Waiting,
) -> DeferredCheck {
    DeferredCheck {
        constraint: trigger.oid,
        child: relation.oid,
        values: Row::new(),
        row_key: bytes::Bytes::new(),
        trigger: Some(Arc::new(DeferredTrigger {
            event,
            old: waiting.old.clone(),
            new: waiting.new.clone(),
        })),
    }
}

/// Fires a deferred trigger, unless it was dropped since.
pub fn run_deferred(
    env: &dyn Environment,
    relation: &Arc<Relation>,
    oid: types::Oid,
    waiting: &DeferredTrigger,
) -> SqlResult<()> {
    let Some(trigger) = relation.triggers.iter().find(|trigger| trigger.oid == oid) else {
        return Ok(());
    };
    env.fire_trigger(&Firing {
        relation,
        trigger,
        event: waiting.event,
        old: waiting.old.as_ref(),
        new: waiting.new.as_ref(),
        old_rows: none(),
        new_rows: none(),
    })?;
    Ok(())
}

fn fired<'a>(firing: Firing<'a>, waiting: &'a Waiting) -> Firing<'a> {
    Firing { old: waiting.old.as_ref(), new: waiting.new.as_ref(), ..firing }
}
