//! What a client is told when a row breaks a constraint, in PostgreSQL's words.

use catalog::{Index, IndexKey, Relation};
use functions::{EvalContext, input_output};
use planner::plan::Target;
use types::{Datum, Oid, SqlError, SqlResult, oid, sqlstate};

/// Values in messages are cut to this many bytes.
const SHOWN_VALUE_BYTES: usize = 64;

/// Says which table the error is about, in the fields that programs read.
pub fn name_table(error: &mut SqlError, session: &dyn EvalContext, relation: &Relation) {
    let fields = error.fields_mut();
    fields.schema = session.object_name(oid::REGNAMESPACE, relation.schema);
    fields.table = Some(relation.name.clone());
}

pub fn value_text(session: &dyn EvalContext, type_oid: Oid, value: &Datum) -> SqlResult<String> {
    if value.is_null() {
        return Ok("null".to_owned());
    }
    input_output::output(session, type_oid, value)
}

/// `Failing row contains (1, null).`, or `(a) = (1)` if the user may read but some of the columns.
pub fn failing_row(session: &dyn EvalContext, target: &Target, row: &[Datum]) -> SqlResult<String> {
    let relation = &target.relation;
    let readable = |number| session.may_read(relation.oid, number);
    let all = relation.live_columns().all(|column| readable(column.number));
    let mut texts = Vec::with_capacity(row.len());
    let mut names = Vec::new();
    for (column, value) in relation.columns.iter().zip(row) {
        if column.dropped || !all && !readable(column.number) {
            continue;
        }
        names.push(column.name.as_str());
        let mut text = value_text(session, column.type_oid, value)?;
        if text.len() > SHOWN_VALUE_BYTES {
            let cut = (0..=SHOWN_VALUE_BYTES)
                .rev()
                .find(|&place| text.is_char_boundary(place))
                .unwrap_or(0);
            text.truncate(cut);
            text.push_str("...");
        }
        texts.push(text);
    }
    Ok(match all {
        true => format!("Failing row contains ({}).", texts.join(", ")),
        false => format!("Failing row contains ({}) = ({}).", names.join(", "), texts.join(", ")),
    })
}

pub fn not_null(
    session: &dyn EvalContext,
    target: &Target,
    position: usize,
    row: &[Datum],
) -> SqlResult<SqlError> {
    let relation = &target.relation;
    let column = relation.columns.get(position).map_or("", |column| column.name.as_str());
    let mut error = SqlError::new(
        sqlstate::NOT_NULL_VIOLATION,
        format!(
            "null value in column \"{column}\" of relation \"{}\" violates not-null constraint",
            relation.name
        ),
    )
    .detail(failing_row(session, target, row)?)
    .column(column);
    name_table(&mut error, session, relation);
    Ok(error)
}

pub fn check(
    session: &dyn EvalContext,
    target: &Target,
    constraint: &str,
    row: &[Datum],
) -> SqlResult<SqlError> {
    let relation = &target.relation;
    let mut error = SqlError::new(
        sqlstate::CHECK_VIOLATION,
        format!(
            "new row for relation \"{}\" violates check constraint \"{constraint}\"",
            relation.name
        ),
    )
    .detail(failing_row(session, target, row)?)
    .constraint(constraint);
    name_table(&mut error, session, relation);
    Ok(error)
}

/// `Key (a, b)=(1, 2) already exists.`
pub fn duplicate(
    session: &dyn EvalContext,
    relation: &Relation,
    index: &Index,
    values: &[Datum],
) -> SqlResult<SqlError> {
    let mut names = Vec::with_capacity(values.len());
    let mut texts = Vec::with_capacity(values.len());
    for (column, value) in index.columns.iter().zip(values) {
        let (name, type_oid) = match &column.key {
            IndexKey::Column(number) => match relation.column_by_number(*number) {
                Some(column) => (column.name.clone(), column.type_oid),
                None => (String::new(), 0),
            },
            IndexKey::Expression { sql, type_oid, .. } => (sql.clone(), *type_oid),
        };
        names.push(name);
        texts.push(value_text(session, type_oid, value)?);
    }
    // An expression may read any column.
    let is_shown = index.columns.iter().all(|column| match &column.key {
        IndexKey::Column(number) => session.may_read(relation.oid, *number),
        IndexKey::Expression { .. } => {
            relation.live_columns().all(|column| session.may_read(relation.oid, column.number))
        }
    });
    let mut error = SqlError::new(
        sqlstate::UNIQUE_VIOLATION,
        format!("duplicate key value violates unique constraint \"{}\"", index.name),
    )
    .constraint(index.name.as_str());
    if is_shown {
        let (names, texts) = (names.join(", "), texts.join(", "));
        error = error.detail(format!("Key ({names})=({texts}) already exists."));
    }
    name_table(&mut error, session, relation);
    Ok(error)
}

/// `Key (a)=(1)` of these columns of a relation, or only `Key` if the user may not read them.
pub fn key_text(
    session: &dyn EvalContext,
    relation: &Relation,
    columns: &[usize],
    values: &[Datum],
) -> SqlResult<String> {
    let mut names = Vec::with_capacity(columns.len());
    let mut texts = Vec::with_capacity(columns.len());
    for (&position, value) in columns.iter().zip(values) {
        let Some(column) = relation.columns.get(position) else {
            continue;
        };
        if !session.may_read(relation.oid, column.number) {
            return Ok("Key".to_owned());
        }
        names.push(column.name.as_str());
        texts.push(value_text(session, column.type_oid, value)?);
    }
    Ok(format!("Key ({})=({})", names.join(", "), texts.join(", ")))
}
