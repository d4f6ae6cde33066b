//! Ways to notice a wrong result without a second database.
//!
//! After SQLancer: a predicate splits rows in three, so the three parts together are all of them (TLP); a filter finds as
//! many rows as its condition is true for when it is merely computed (NoREC); a row that a condition holds for is found by
//! it (pivoted query). Rigger and Su: "Finding Bugs in Database Systems via Query Partitioning" (OOPSLA 2020), "Detecting
//! Optimization Bugs via Non-optimizing Reference Engine Construction" (FSE 2020), "Testing Database Engines via Pivoted
//! Query Synthesis" (OSDI 2020).

use std::io;

use super::generate::{Generator, Kind, Scope};
use super::normal_rows;
use crate::diff_postgres::wire::{Answer, Connection};

/// What an oracle has against an answer: the statement, and what is wrong.
pub struct Violation {
    pub sql: String,
    pub what: String,
}

/// Runs one of the oracles; counts its statements.
pub fn check(
    generator: &mut Generator,
    connection: &mut Connection,
    count: &mut u64,
) -> io::Result<Option<Violation>> {
    match generator.below(3) {
        0 => partitions(generator, connection, count),
        1 => unoptimized(generator, connection, count),
        _ => pivoted(generator, connection, count),
    }
}

fn ask(connection: &mut Connection, count: &mut u64, sql: &str) -> io::Result<Answer> {
    *count += 1;
    connection.simple(sql, None)
}

fn failed(sql: String, answer: &Answer) -> Option<Violation> {
    let error = answer.error.as_ref()?;
    Some(Violation { sql, what: error.to_string() })
}

fn partitions(
    generator: &mut Generator,
    connection: &mut Connection,
    count: &mut u64,
) -> io::Result<Option<Violation>> {
    let (from, scope) = generator.from_clause();
    let predicate = generator.predicate(&scope, 2);
    let item = generator.expression(&scope, Kind::Integer, 1);
    let all = format!("select {item}, {} from {from}", scope[0].0);
    let whole = ask(connection, count, &all)?;
    if let Some(violation) = failed(all.clone(), &whole) {
        return Ok(Some(violation));
    }
    let parts = [predicate.clone(), format!("not ({predicate})"), format!("({predicate}) is null")];
    let parts: Vec<String> = parts.iter().map(|part| format!("{all} where {part}")).collect();
    let sql = parts.join(" union all ");
    let together = ask(connection, count, &sql)?;
    if let Some(violation) = failed(sql.clone(), &together) {
        return Ok(Some(violation));
    }
    if normal_rows(&whole) == normal_rows(&together) {
        return Ok(None);
    }
    let (one, two) = (whole.rows.len(), together.rows.len());
    let what = format!("{one} rows without a condition, {two} in its three parts, or other ones");
    Ok(Some(Violation { sql, what }))
}

fn unoptimized(
    generator: &mut Generator,
    connection: &mut Connection,
    count: &mut u64,
) -> io::Result<Option<Violation>> {
    let (from, scope) = generator.from_clause();
    let predicate = generator.predicate(&scope, 2);
    let filtered = format!("select 1 from {from} where {predicate}");
    let found = ask(connection, count, &filtered)?;
    if let Some(violation) = failed(filtered.clone(), &found) {
        return Ok(Some(violation));
    }
    let computed = format!("select ({predicate}) is true from {from}");
    let values = ask(connection, count, &computed)?;
    if let Some(violation) = failed(computed, &values) {
        return Ok(Some(violation));
    }
    let is_true = |row: &&Vec<Option<Vec<u8>>>| row.first() == Some(&Some(b"t".to_vec()));
    let wanted = values.rows.iter().filter(is_true).count();
    if found.rows.len() == wanted {
        return Ok(None);
    }
    let what = format!("{} rows found, the condition is true for {wanted}", found.rows.len());
    Ok(Some(Violation { sql: filtered, what }))
}

fn pivoted(
    generator: &mut Generator,
    connection: &mut Connection,
    count: &mut u64,
) -> io::Result<Option<Violation>> {
    let table = format!("t{}", generator.below(3));
    let columns = ["a", "b", "c", "d", "e"];
    let types = ["int", "int", "text", "numeric(6,2)", "boolean"];
    let offset = generator.below(6);
    let sql =
        format!("select a, b, c, d, e from {table} order by 1, 2, 3, 4, 5 offset {offset} limit 1");
    let answer = ask(connection, count, &sql)?;
    if let Some(violation) = failed(sql, &answer) {
        return Ok(Some(violation));
    }
    let Some(row) = answer.rows.first() else { return Ok(None) };
    let constants: Vec<String> = row
        .iter()
        .zip(types)
        .map(|(field, name)| match field {
            Some(bytes) => {
                let text = String::from_utf8_lossy(bytes).replace('\'', "''");
                format!("'{text}'::{name}")
            }
            None => format!("null::{name}"),
        })
        .collect();
    let kinds = [Kind::Integer, Kind::Integer, Kind::Text, Kind::Numeric, Kind::Boolean];
    let scope: Scope =
        columns.iter().zip(kinds).map(|(name, kind)| (format!("p.{name}"), kind)).collect();
    let predicate = generator.predicate(&scope, 2);
    let list = columns.join(", ");
    let pivot = constants.join(", ");
    let evaluate = format!("select {predicate} from (values ({pivot})) p ({list})");
    let value = ask(connection, count, &evaluate)?;
    if let Some(violation) = failed(evaluate, &value) {
        return Ok(Some(violation));
    }
    // The condition is bent until it holds for the row, whatever it was.
    let holds = match value.rows.first().and_then(|row| row.first()) {
        Some(Some(text)) if text == b"t" => predicate,
        Some(Some(_)) => format!("not ({predicate})"),
        _ => format!("({predicate}) is null"),
    };
    let same: Vec<String> = columns
        .iter()
        .zip(&constants)
        .map(|(name, constant)| format!("p.{name} is not distinct from {constant}"))
        .collect();
    let sql = format!("select 1 from {table} p where {holds} and {}", same.join(" and "));
    let found = ask(connection, count, &sql)?;
    if let Some(violation) = failed(sql.clone(), &found) {
        return Ok(Some(violation));
    }
    let what = "a row that the condition holds for is not found".to_owned();
    Ok(found.rows.is_empty().then_some(Violation { sql, what }))
}
