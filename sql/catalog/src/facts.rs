//! PostgreSQL 16's facts as data: the columns of the system relations, and rows that never change.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use functions::context::NoSession;
use protocol::TableId;
use types::io::{InputContext, input};
use types::{Datum, Oid, Row, oid};

use crate::descriptor::{Column, Generated, Relation, RelationKind};
use crate::snapshot::{BOOTSTRAP_ROLE, INFORMATION_SCHEMA, PG_CATALOG, SYS};

/// `name oid kind row-type array-type column:type[/modifier][!]…`, one relation a line; `!` is NOT NULL.
const PG_CATALOG_COLUMNS: &str = include_str!("facts/pg_catalog.txt");
const INFORMATION_SCHEMA_COLUMNS: &str = include_str!("facts/information_schema.txt");
const SYS_COLUMNS: &str = include_str!("facts/sys.txt");
/// `@relation`, then its rows, tab-separated.
const ROWS: &str = include_str!("facts/rows.txt");
/// Number and name of functions that the rows above refer to by number.
const FUNCTION_NAMES: &str = include_str!("facts/function_names.txt");
/// `number name result argument…`: the functions that read and write the types.
const TYPE_FUNCTIONS: &str = include_str!("facts/type_functions.txt");

fn parse_relation(line: &str, schema: Oid) -> Option<Relation> {
    let mut words = line.split_ascii_whitespace();
    let name = words.next()?.to_owned();
    let mut number = || words.next()?.parse::<Oid>().ok();
    let relation_oid = number()?;
    let kind = match words.next()? {
        "r" => RelationKind::Virtual,
        _ => RelationKind::VirtualView,
    };
    let mut number = || words.next()?.parse::<Oid>().ok();
    let (type_oid, array_type_oid) = (number()?, number()?);
    let columns = words
        .zip(1..)
        .filter_map(|(word, number)| {
            let (name, type_name) = word.rsplit_once(':')?;
            let not_null = type_name.ends_with('!');
            let type_name = type_name.trim_end_matches('!');
            let (type_name, modifier) = type_name.split_once('/').unwrap_or((type_name, "-1"));
            Some(Column {
                number,
                name: name.to_owned(),
                type_oid: type_name.parse().ok()?,
                modifier: modifier.parse().ok()?,
                not_null,
                dropped: false,
                default: None,
                missing: None,
                generated: Generated::No,
                owned_sequence: None,
                collation: None,
                grants: None,
                comment: None,
                storage: None,
                statistics_target: None,
                options: Vec::new(),
            })
        })
        .collect();
    Some(Relation {
        oid: relation_oid,
        type_oid,
        array_type_oid,
        name,
        schema,
        owner: BOOTSTRAP_ROLE,
        kind,
        table_id: TableId(0),
        columns,
        indexes: Vec::new(),
        next_index: 1,
        constraints: Vec::new(),
        view: None,
        sequence: None,
        grants: None,
        comment: None,
        options: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
    })
}

/// All system relations, made once.
pub fn relations() -> &'static [Relation] {
    static RELATIONS: OnceLock<Vec<Relation>> = OnceLock::new();
    RELATIONS.get_or_init(|| {
        let schemas = [
            (PG_CATALOG_COLUMNS, PG_CATALOG),
            (INFORMATION_SCHEMA_COLUMNS, INFORMATION_SCHEMA),
            (SYS_COLUMNS, SYS),
        ];
        schemas
            .iter()
            .flat_map(|(text, schema)| {
                text.lines().filter_map(|line| parse_relation(line, *schema))
            })
            .collect()
    })
}

/// Rows of a relation of `pg_catalog` that are the same in every database.
pub fn rows(relation: &str) -> &'static [Row] {
    static TABLES: OnceLock<HashMap<&'static str, Vec<Row>>> = OnceLock::new();
    TABLES.get_or_init(parse_rows).get(relation).map_or(&[], Vec::as_slice)
}

fn parse_rows() -> HashMap<&'static str, Vec<Row>> {
    let session = NoSession::default();
    let formats = functions::EvalContext::formats(&session);
    let context = InputContext { formats, now: 0 };
    let mut tables: HashMap<&'static str, Vec<Row>> = HashMap::new();
    for block in ROWS.split('@').skip(1) {
        let mut lines = block.lines();
        let Some(name) = lines.next() else { continue };
        let Some(relation) = relations()
            .iter()
            .find(|relation| relation.schema == PG_CATALOG && relation.name == name)
        else {
            continue;
        };
        let rows = lines.map(|line| {
            line.split('\t')
                .zip(&relation.columns)
                .map(|(text, column)| match (text, column.type_oid) {
                    ("\\N", _) => Datum::Null,
                    (number, oid::REGPROC) => Datum::Oid(number.parse().unwrap_or(0)),
                    (text, type_oid) => input(type_oid, text, -1, &context).unwrap_or_default(),
                })
                .collect()
        });
        let mut rows: Vec<Row> = rows.collect();
        if name == "pg_collation" {
            rows.extend(icu_collations());
        }
        tables.insert(name, rows);
    }
    tables
}

/// Rows of `pg_collation` for what the library of collations knows.
fn icu_collations() -> impl Iterator<Item = Row> {
    functions::collations::icu().iter().map(|known| {
        Row::from([
            Datum::Oid(known.oid),
            Datum::text(known.name.as_str()),
            Datum::Oid(PG_CATALOG),
            Datum::Oid(BOOTSTRAP_ROLE),
            crate::scope::letter('i'),
            Datum::Bool(true),
            Datum::Int4(-1),
            Datum::Null,
            Datum::Null,
            Datum::text(known.locale),
            Datum::Null,
            Datum::text(functions::collations::VERSION),
        ])
    })
}

/// The name of a function that exists for PostgreSQL's tables only, such as `array_in`.
pub fn function_name(function: Oid) -> Option<&'static str> {
    names().0.get(&function).copied()
}

/// The number of such a function.
pub fn function_by_name(name: &str) -> Option<Oid> {
    names().1.get(name).copied()
}

/// A function that reads or writes a type; none can be called.
pub struct TypeFunction {
    pub oid: Oid,
    pub name: &'static str,
    pub result: Oid,
    pub arguments: Vec<Oid>,
}

pub fn type_functions() -> &'static [TypeFunction] {
    static FUNCTIONS: OnceLock<Vec<TypeFunction>> = OnceLock::new();
    FUNCTIONS.get_or_init(|| {
        TYPE_FUNCTIONS
            .lines()
            .filter_map(|line| {
                let mut words = line.split_ascii_whitespace();
                let oid = words.next()?.parse().ok()?;
                let name = words.next()?;
                let result = words.next()?.parse().ok()?;
                let arguments = words.filter_map(|word| word.parse().ok()).collect();
                Some(TypeFunction { oid, name, result, arguments })
            })
            .collect()
    })
}

type FunctionNames = (HashMap<Oid, &'static str>, HashMap<&'static str, Oid>);

fn names() -> &'static FunctionNames {
    static NAMES: OnceLock<FunctionNames> = OnceLock::new();
    NAMES.get_or_init(|| {
        let pairs = || {
            FUNCTION_NAMES.lines().filter_map(|line| {
                let (number, name) = line.split_once('\t')?;
                Some((number.parse::<Oid>().ok()?, name))
            })
        };
        (pairs().collect(), pairs().map(|(number, name)| (name, number)).collect())
    })
}

/// A string datum.
pub fn text(value: &str) -> Datum {
    Datum::Text(Arc::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        let lines = |text: &str| text.lines().count();
        let expected =
            lines(PG_CATALOG_COLUMNS) + lines(INFORMATION_SCHEMA_COLUMNS) + lines(SYS_COLUMNS);
        assert_eq!(relations().len(), expected);
        let class = relations().iter().find(|r| r.name == "pg_class").expect("pg_class");
        assert_eq!((class.oid, class.type_oid, class.columns.len()), (1_259, 83, 33));
        let mut oids: Vec<Oid> = relations().iter().map(|relation| relation.oid).collect();
        oids.sort_unstable();
        assert!(oids.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn fixed_rows_have_every_column_and_no_unread_value() {
        for line in ROWS.lines().filter(|line| line.starts_with('@')) {
            let name = &line[1..];
            let relation = relations().iter().find(|r| r.name == name).expect("a relation");
            assert!(!rows(name).is_empty(), "{name}");
            for row in rows(name) {
                assert_eq!(row.len(), relation.columns.len(), "{name}");
                for (datum, column) in row.iter().zip(&relation.columns) {
                    assert!(
                        !(column.not_null && datum.is_null()),
                        "{name}.{} {row:?}",
                        column.name
                    );
                }
            }
        }
        assert_eq!(function_name(750), Some("array_in"));
        assert_eq!(type_functions().len(), TYPE_FUNCTIONS.lines().count());
        let array_in = type_functions().iter().find(|f| f.oid == 750).expect("array_in");
        assert_eq!(array_in.arguments, [2_275, 26, 23]);
    }
}
