//! What definitions do to rows: building indexes, rewriting tables, validating constraints.

use std::sync::Arc;

use bytes::Bytes;
use catalog::{DescriptorChange, Relation};
use definition::{Definition, Work};
use executor::environment::ReadRequest;
use executor::{Environment, Execution, InsertPipeline, RowCodec};
use planner::plan::StatementKind;
use protocol::key::{NAME_TABLE, PRIMARY_INDEX, prefix, prefix_end};
use protocol::storage::{Direction, StoredRow};
use protocol::transaction::{ConflictClass, Write};
use types::{Datum, Oid, Row, SqlError, SqlResult, SqlType, sqlstate};

use crate::block::dropped_prefixes;
use crate::client_session::Session;
use crate::environment::StatementEnvironment;
use crate::errors;
use crate::sequences;
use crate::vector_indexes;

/// The command tag that does not count the rows of the query.
const REFRESHED: &str = "REFRESH MATERIALIZED VIEW";
/// Rows handled at a time.
const BATCH_ROWS: usize = 1_000;

/// Writes a definition's changes, does its work, and makes the transaction see both; returns the command tag.
pub async fn apply(
    session: &mut Session,
    environment: Arc<StatementEnvironment>,
    made: Definition,
) -> SqlResult<String> {
    for notice in made.notices {
        session.cell.notice(notice);
    }
    let transaction = Arc::clone(&environment.transaction);
    write_descriptors(&environment, &made.changes)?;
    for schema in &made.schema {
        transaction.schema_use(*schema);
    }
    let changed: Vec<Oid> = made
        .changes
        .iter()
        .map(|change| match change {
            DescriptorChange::Put(descriptor) => descriptor.oid(),
            DescriptorChange::Remove(oid) => *oid,
        })
        .collect();
    let catalog = Arc::new(environment.catalog.with_changes(&made.changes));
    let block = session.block.as_mut().expect("a definition runs in a block");
    block.catalog = Some(Arc::clone(&catalog));
    block.drops.extend(dropped_prefixes(&made.work));
    block.sequences_changed.extend(changed);
    // From here on the new definitions are in force.
    transaction.finish_statement();
    let environment = session.environment().await?;
    let mut tag = made.tag.clone();
    for item in made.work {
        let context = Arc::clone(&environment);
        match item {
            Work::SetSequence { sequence, .. } => {
                session.services.sequences.forget(sequence);
            }
            Work::FreshTable { table } => transaction.add_fresh_table(table),
            _ => {}
        }
        let inserted = session.run_blocking(move || perform(&item, &context)).await?;
        // A relation made from a query is answered as the query would be.
        if let (Some(rows), true) = (inserted, made.tag != REFRESHED) {
            tag = crate::statement::tag(StatementKind::Select, rows);
        }
        transaction.finish_statement();
    }
    Ok(tag)
}

/// Puts descriptors and the names they hold into the transaction.
fn write_descriptors(
    environment: &StatementEnvironment,
    changes: &[DescriptorChange],
) -> SqlResult<()> {
    let write = |key: Bytes, value: Option<Bytes>| {
        environment.transaction.write(Write { key, value, class: Some(ConflictClass::Exclusive) })
    };
    for change in changes {
        let (oid, after) = match change {
            DescriptorChange::Put(descriptor) => (descriptor.oid(), Some(descriptor)),
            DescriptorChange::Remove(oid) => (*oid, None),
        };
        let before = environment.catalog.descriptor(oid);
        let names_before = before.as_ref().map(|old| old.name_keys()).unwrap_or_default();
        let names_after = after.map(|new| new.name_keys()).unwrap_or_default();
        for name in names_before.iter().filter(|name| !names_after.contains(name)) {
            write(name.clone(), None)?;
        }
        for name in names_after.iter().filter(|name| !names_before.contains(name)) {
            write(name.clone(), Some(Bytes::copy_from_slice(&oid.to_be_bytes())))?;
        }
        write(catalog::descriptor_key(oid), after.map(|descriptor| descriptor.encode()))?;
        if after.is_none()
            && let Some(catalog::Descriptor::Relation(relation)) = &before
            && relation.sequence.is_some()
        {
            environment.transaction.write(sequences::counter_removal(oid))?;
        }
    }
    debug_assert!(prefix(NAME_TABLE, PRIMARY_INDEX).len() == protocol::key::PREFIX_BYTES);
    Ok(())
}

fn missing(oid: Oid) -> SqlError {
    SqlError::new(sqlstate::INTERNAL_ERROR, format!("relation {oid} is not in the catalog"))
}

fn relation(environment: &StatementEnvironment, oid: Oid) -> SqlResult<Arc<Relation>> {
    environment.catalog.relation(oid).cloned().ok_or_else(|| missing(oid))
}

/// Does one piece of work, on a thread that may block; the number of a query's rows if it was to insert them.
fn perform(work: &Work, environment: &Arc<StatementEnvironment>) -> SqlResult<Option<u64>> {
    match work {
        Work::Populate { table, query } => return populate(environment, *table, query).map(Some),
        Work::BuildIndex { table, index } => build_index(environment, *table, *index),
        Work::Rewrite { old, table, columns } => rewrite(environment, old, *table, columns),
        Work::ValidateCheck { table, constraint } => {
            validate_check(environment, *table, *constraint)
        }
        Work::ValidateNotNull { table, column } => validate_not_null(environment, *table, *column),
        Work::ValidateForeignKey { table, constraint } => {
            validate_foreign_key(environment, *table, *constraint)
        }
        Work::SetSequence { sequence, next } => {
            environment.transaction.write(sequences::counter_write(*sequence, *next, false))
        }
        Work::DropRows { .. } | Work::DropIndexRows { .. } | Work::FreshTable { .. } => Ok(()),
    }?;
    Ok(None)
}

/// Reads all rows of a table as the transaction sees them, a batch at a time.
pub fn each_row(
    environment: &Arc<StatementEnvironment>,
    relation: &Relation,
    mut take: impl FnMut(&[StoredRow]) -> SqlResult<()>,
) -> SqlResult<()> {
    let start = prefix(relation.table_id, PRIMARY_INDEX).to_vec();
    let end = prefix_end(&start).expect("not the last table");
    let mut cursor = environment.scan(ReadRequest {
        start: start.into(),
        end: end.into(),
        direction: Direction::Ascending,
        filter: None,
        limit: None,
    })?;
    let mut more = true;
    while more {
        let mut rows = Vec::new();
        more = cursor.next_batch(&mut rows, BATCH_ROWS).map_err(errors::from_read)?;
        environment.check_interrupts_now()?;
        take(&rows)?;
    }
    Ok(())
}

fn build_index(environment: &Arc<StatementEnvironment>, table: Oid, index: Oid) -> SqlResult<()> {
    let relation = relation(environment, table)?;
    let position = relation
        .indexes
        .iter()
        .position(|candidate| candidate.oid == index)
        .ok_or_else(|| missing(index))?;
    environment.transaction.add_fresh_index(relation.table_id, relation.indexes[position].number);
    if relation.indexes[position].is_vector() {
        vector_indexes::train(environment, &relation, position)?;
    }
    let target = environment.target(table)?;
    let codec = RowCodec::new(&relation)?;
    each_row(environment, &relation, |stored| {
        let mut rows = Vec::with_capacity(stored.len());
        for row in stored {
            rows.push((row.key.clone(), codec.decode(&row.value)?));
        }
        let writes = executor::build_index_entries(
            &**environment,
            &codec,
            position,
            target.indexes.get(position),
            &rows,
        )?;
        for write in writes {
            let unique = write.class == Some(ConflictClass::Exclusive);
            if unique && environment.get_latest(&write.key)?.is_some() {
                return Err(could_not_create_unique(&relation.indexes[position].name));
            }
            environment.write(write)?;
        }
        Ok(())
    })
    .map_err(|error| match error.sqlstate() {
        sqlstate::UNIQUE_VIOLATION => {
            let detail = error
                .fields()
                .detail
                .clone()
                .map(|detail| detail.replace(" already exists.", " is duplicated."));
            let mut created = could_not_create_unique(&relation.indexes[position].name);
            created.fields_mut().detail = detail;
            created
        }
        _ => error,
    })
}

fn could_not_create_unique(index: &str) -> SqlError {
    SqlError::new(sqlstate::UNIQUE_VIOLATION, format!("could not create unique index \"{index}\""))
        .constraint(index)
}

fn rewrite(
    environment: &Arc<StatementEnvironment>,
    old: &Relation,
    table: Oid,
    columns: &[Option<String>],
) -> SqlResult<()> {
    let old = &Arc::new(old.clone());
    let target = environment.target(table)?;
    let new = relation(environment, table)?;
    let texts = columns.iter().map(Option::as_ref).chain(std::iter::repeat(None));
    let bound = new
        .columns
        .iter()
        .zip(texts)
        .map(|(column, text)| match text {
            Some(text) => {
                let ty = SqlType::with_modifier(column.type_oid, column.modifier);
                planner::bind_expression_for_relation(old, text, Some(ty), &**environment).map(Some)
            }
            None => Ok(None),
        })
        .collect::<SqlResult<Vec<_>>>()?;
    let codec = RowCodec::new(old)?;
    let added = RowCodec::new(&new)?;
    vector_indexes::carry_over(environment, old, &new)?;
    let mut pipeline = InsertPipeline::new(Arc::clone(environment) as Arc<dyn Environment>, target);
    each_row(environment, old, |stored| {
        let mut rows: Vec<Row> = Vec::with_capacity(stored.len());
        for row in stored {
            let before = codec.decode(&row.value)?;
            let after = bound
                .iter()
                .enumerate()
                .map(|(position, expression)| match expression {
                    Some(expression) => crate::binding::value(expression, &before, &**environment),
                    None => Ok(before
                        .get(position)
                        .or_else(|| added.missing(position))
                        .cloned()
                        .unwrap_or(Datum::Null)),
                })
                .collect::<SqlResult<Row>>()?;
            rows.push(after);
        }
        pipeline.insert(rows)
    })?;
    pipeline.finish().map(|_| ())
}

/// Plans and runs a query of the system's own; all its rows.
pub fn query(environment: &Arc<StatementEnvironment>, text: &str) -> SqlResult<(Vec<Row>, u64)> {
    let parsed = syntax::parse(text).map_err(|error| errors::from_syntax(error, text))?;
    let mut rows = Vec::new();
    let mut affected = 0;
    for one in parsed {
        let options = planner::PlanOptions::default();
        let plan = planner::plan_statement(&one.statement, &**environment, &options)?;
        affected += execute(environment, plan, |batch| rows.extend(batch))?;
    }
    Ok((rows, affected))
}

/// Runs a plan to its end; how many rows it changed.
fn execute(
    environment: &Arc<StatementEnvironment>,
    plan: planner::plan::Statement,
    mut take: impl FnMut(Vec<Row>),
) -> SqlResult<u64> {
    let context = Arc::clone(environment) as Arc<dyn Environment>;
    let mut execution = Execution::start(Arc::new(plan), Vec::new(), context)?;
    while let Some(batch) = execution.next_batch(BATCH_ROWS)? {
        take(batch);
    }
    execution.finish()?;
    Ok(execution.affected_rows())
}

fn qualified(environment: &StatementEnvironment, relation: &Relation) -> String {
    let schema = environment.catalog.schema(relation.schema);
    catalog::qualified(schema.map_or("public", |schema| schema.name.as_str()), &relation.name)
}

fn constraint(relation: &Relation, oid: Oid) -> SqlResult<&catalog::Constraint> {
    relation.constraints.iter().find(|one| one.oid == oid).ok_or_else(|| missing(oid))
}

fn validate_check(environment: &Arc<StatementEnvironment>, table: Oid, oid: Oid) -> SqlResult<()> {
    let relation = relation(environment, table)?;
    let constraint = constraint(&relation, oid)?;
    let catalog::ConstraintKind::Check { sql, .. } = &constraint.kind else {
        return Err(missing(oid));
    };
    let text =
        format!("SELECT 1 FROM {} WHERE NOT ({sql}) LIMIT 1", qualified(environment, &relation));
    if query(environment, &text)?.0.is_empty() {
        return Ok(());
    }
    Err(SqlError::new(
        sqlstate::CHECK_VIOLATION,
        format!(
            "check constraint \"{}\" of relation \"{}\" is violated by some row",
            constraint.name, relation.name
        ),
    )
    .constraint(&constraint.name))
}

fn validate_not_null(
    environment: &Arc<StatementEnvironment>,
    table: Oid,
    number: catalog::AttributeNumber,
) -> SqlResult<()> {
    let relation = relation(environment, table)?;
    let column = relation.column_by_number(number).ok_or_else(|| missing(table))?;
    let text = format!(
        "SELECT 1 FROM {} WHERE {} IS NULL LIMIT 1",
        qualified(environment, &relation),
        catalog::quote_identifier(&column.name)
    );
    if query(environment, &text)?.0.is_empty() {
        return Ok(());
    }
    Err(SqlError::new(
        sqlstate::NOT_NULL_VIOLATION,
        format!(
            "column \"{}\" of relation \"{}\" contains null values",
            column.name, relation.name
        ),
    )
    .column(&column.name))
}

fn validate_foreign_key(
    environment: &Arc<StatementEnvironment>,
    table: Oid,
    oid: Oid,
) -> SqlResult<()> {
    let child = relation(environment, table)?;
    let constraint = constraint(&child, oid)?;
    let catalog::ConstraintKind::ForeignKey(key) = &constraint.kind else {
        return Err(missing(oid));
    };
    let parent = relation(environment, key.parent)?;
    let name = |relation: &Relation, number: catalog::AttributeNumber| {
        relation
            .column_by_number(number)
            .map(|column| catalog::quote_identifier(&column.name))
            .ok_or_else(|| missing(relation.oid))
    };
    let mut present = Vec::new();
    let mut equal = Vec::new();
    let mut selected = Vec::new();
    for (own, theirs) in key.columns.iter().zip(&key.parent_columns) {
        let (own, theirs) = (name(&child, *own)?, name(&parent, *theirs)?);
        present.push(format!("c.{own} IS NOT NULL"));
        equal.push(format!("p.{theirs} = c.{own}"));
        selected.push(format!("c.{own}::text"));
    }
    let text = format!(
        "SELECT {} FROM {} c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {}) LIMIT 1",
        selected.join(", "),
        qualified(environment, &child),
        present.join(" AND "),
        qualified(environment, &parent),
        equal.join(" AND ")
    );
    let (rows, _) = query(environment, &text)?;
    let Some(row) = rows.first() else { return Ok(()) };
    let values: Vec<String> = row
        .iter()
        .map(|value| match value {
            Datum::Text(text) => text.to_string(),
            _ => "null".to_owned(),
        })
        .collect();
    let names: Vec<String> = key
        .columns
        .iter()
        .filter_map(|number| child.column_by_number(*number).map(|column| column.name.clone()))
        .collect();
    Err(SqlError::new(
        sqlstate::FOREIGN_KEY_VIOLATION,
        format!(
            "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
            child.name, constraint.name
        ),
    )
    .detail(format!(
        "Key ({})=({}) is not present in table \"{}\".",
        names.join(", "),
        values.join(", "),
        parent.name
    ))
    .constraint(&constraint.name))
}

/// Inserts the rows of a query that its user may read; how many there were.
fn populate(environment: &Arc<StatementEnvironment>, table: Oid, text: &str) -> SqlResult<u64> {
    let relation = relation(environment, table)?;
    let text = format!("INSERT INTO {} {text}", qualified(environment, &relation));
    let parsed = syntax::parse(&text).map_err(|error| errors::from_syntax(error, &text))?;
    let mut rows = 0;
    for one in parsed {
        let options = planner::PlanOptions { fills: true, ..planner::PlanOptions::default() };
        let plan = planner::plan_statement(&one.statement, &**environment, &options)?;
        crate::privileges::check(&plan, environment)?;
        rows += execute(environment, plan, drop)?;
    }
    Ok(rows)
}
