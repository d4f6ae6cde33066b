//! Triggers of TRUNCATE, around the definition that gives tables new rows.

use std::sync::Arc;

use catalog::Relation;
use catalog::triggers::TRUNCATE;
use executor::modify::triggers::{Event, TriggerQueue, after_statement, before_statement};
use planner::CatalogView;
use syntax::ast::{DropBehavior, Truncate};
use types::{Oid, SqlResult};

use crate::environment::StatementEnvironment;

/// The tables with such triggers that a statement empties. Names that are wrong are the definition's to refuse.
pub fn fires(truncate: &Truncate, environment: &StatementEnvironment) -> Vec<Oid> {
    let mut tables: Vec<Arc<Relation>> = Vec::new();
    for table in &truncate.tables {
        let named = CatalogView::relation(environment, table.name.schema(), table.name.name());
        tables.extend(named.ok().flatten());
    }
    let mut next = 0;
    while truncate.behavior == DropBehavior::Cascade && next < tables.len() {
        for child in tables[next].referenced_by.clone() {
            if !tables.iter().any(|known| known.oid == child) {
                tables.extend(environment.catalog.relation(child).cloned());
            }
        }
        next += 1;
    }
    let has =
        |table: &&Arc<Relation>| table.triggers.iter().any(|trigger| trigger.kind & TRUNCATE != 0);
    let mut numbers: Vec<Oid> = tables.iter().filter(has).map(|table| table.oid).collect();
    numbers.dedup();
    numbers
}

fn each(
    environment: &StatementEnvironment,
    tables: &[Oid],
    fire: impl Fn(&Arc<Relation>) -> SqlResult<()>,
) -> SqlResult<()> {
    let found = tables.iter().filter_map(|table| environment.catalog.relation(*table));
    found.into_iter().try_for_each(fire)?;
    environment.transaction.finish_statement();
    Ok(())
}

pub fn before(environment: &StatementEnvironment, tables: &[Oid]) -> SqlResult<()> {
    each(environment, tables, |table| before_statement(environment, table, Event::Truncate, &[]))
}

pub fn after(environment: &StatementEnvironment, tables: &[Oid]) -> SqlResult<()> {
    each(environment, tables, |table| {
        let mut queue = TriggerQueue::default();
        queue.statement(table, Event::Truncate, &[]);
        after_statement(environment, queue)
    })
}
