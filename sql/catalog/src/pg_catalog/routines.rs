//! `pg_proc`, `pg_operator`, `pg_cast`, `pg_aggregate`.

use functions::definition::{FunctionBody, FunctionDef, FunctionKind, OperatorDef, Volatility};
use functions::tables;
use types::{Datum, Oid, Row, oid};

use crate::descriptor::Routine;
use crate::facts::{self, TypeFunction, text};
use crate::scope::{Scope, array, letter, oid_vector, opt_acl, opt_text, text_array};
use crate::snapshot::{BOOTSTRAP_ROLE, PG_CATALOG, SYS};

/// `pg_language`: internal.
const INTERNAL_LANGUAGE: Oid = 12;
const SQL_LANGUAGE: Oid = 14;
const PLPGSQL_LANGUAGE: Oid = 12_760;
/// The extension that every database has from the beginning.
pub const PLPGSQL_EXTENSION: Oid = 12_756;

pub fn function_schema(function: &FunctionDef) -> Oid {
    if function.name == "transaction_status" { SYS } else { PG_CATALOG }
}

fn function_row(function: &FunctionDef) -> Row {
    let kind = match function.kind {
        FunctionKind::Scalar | FunctionKind::SetReturning => 'f',
        FunctionKind::Aggregate => 'a',
        FunctionKind::Window => 'w',
        FunctionKind::Procedure => 'p',
    };
    let is_set = matches!(function.body, FunctionBody::Set(_) | FunctionBody::CatalogSet)
        || function.kind == FunctionKind::SetReturning;
    let volatility = match function.volatility {
        Volatility::Immutable => 'i',
        Volatility::Stable => 's',
        Volatility::Volatile => 'v',
    };
    let (all_types, modes, names) = outputs(function);
    vec![
        Datum::Oid(function.oid),
        text(function.name),
        Datum::Oid(function_schema(function)),
        Datum::Oid(BOOTSTRAP_ROLE),
        Datum::Oid(INTERNAL_LANGUAGE),
        Datum::Float4(1.0),
        Datum::Float4(if is_set { 1_000.0 } else { 0.0 }),
        Datum::Oid(function.variadic),
        Datum::Oid(0),
        letter(kind),
        Datum::Bool(false),
        Datum::Bool(false),
        Datum::Bool(function.strict),
        Datum::Bool(is_set),
        letter(volatility),
        letter('s'),
        Datum::Int2(function.arguments.len() as i16),
        Datum::Int2(function.defaults.len() as i16),
        Datum::Oid(function.result),
        oid_vector(function.arguments.iter().copied()),
        all_types,
        modes,
        names,
        if function.defaults.is_empty() {
            Datum::Null
        } else {
            text(&function.defaults.join(", "))
        },
        Datum::Null,
        text(if kind == 'a' { "aggregate_dummy" } else { function.name }),
        Datum::Null,
        Datum::Null,
        Datum::Null,
        Datum::Null,
    ]
}

/// `proallargtypes`, `proargmodes`, `proargnames`.
fn outputs(function: &FunctionDef) -> (Datum, Datum, Datum) {
    let inputs = function.arguments.len();
    let name = |position: usize| function.argument_names.get(position).copied().unwrap_or("");
    if function.columns.is_empty() && function.variadic == 0 {
        let names = if function.argument_names.is_empty() {
            Datum::Null
        } else {
            text_array(oid::TEXT, (0..inputs).map(name))
        };
        return (Datum::Null, Datum::Null, names);
    }
    let types = function.arguments.iter().copied().chain(function.columns.iter().map(|c| c.1));
    let mode = |position: usize| {
        if position >= inputs {
            b'o'
        } else if function.variadic != 0 && position + 1 == inputs {
            b'v'
        } else {
            b'i'
        }
    };
    let total = inputs + function.columns.len();
    let has_names = !function.columns.is_empty() || !function.argument_names.is_empty();
    (
        array(oid::OID, types.map(Datum::Oid).collect()),
        array(oid::CHAR, (0..total).map(|position| Datum::Char(mode(position))).collect()),
        if has_names {
            let columns = function.columns.iter().map(|column| column.0);
            text_array(oid::TEXT, (0..inputs).map(name).chain(columns))
        } else {
            Datum::Null
        },
    )
}

/// A function that reads or writes a type; joins with `pg_type` look for it.
fn type_function_row(function: &TypeFunction) -> Row {
    let shown = FunctionDef {
        oid: function.oid,
        name: function.name,
        arguments: &[],
        argument_names: &[],
        defaults: &[],
        variadic: 0,
        result: function.result,
        columns: &[],
        kind: FunctionKind::Scalar,
        strict: true,
        volatility: Volatility::Stable,
        body: FunctionBody::Catalog,
    };
    let mut row = function_row(&shown);
    row[16] = Datum::Int2(function.arguments.len() as i16);
    row[19] = oid_vector(function.arguments.iter().copied());
    row
}

/// A function that a user made.
fn routine_row(scope: &Scope<'_>, routine: &Routine) -> Row {
    let inputs: Vec<Oid> = routine.input_types();
    let has_modes = routine.arguments.iter().any(|argument| argument.mode != 'i');
    let has_names = routine.arguments.iter().any(|argument| !argument.name.is_empty());
    let defaults: Vec<String> = routine
        .inputs()
        .filter_map(|argument| argument.default.as_deref())
        .map(|default| crate::definitions::expression(scope, None, default, false))
        .collect();
    let variadic = routine.arguments.iter().find(|argument| argument.mode == 'v');
    let language = if routine.language == "sql" { SQL_LANGUAGE } else { PLPGSQL_LANGUAGE };
    let mut row = vec![Datum::Null; 30];
    row[0] = Datum::Oid(routine.oid);
    row[1] = text(&routine.name);
    row[2] = Datum::Oid(routine.schema);
    row[3] = Datum::Oid(routine.owner);
    row[4] = Datum::Oid(language);
    row[5] = Datum::Float4(routine.cost);
    row[6] = Datum::Float4(routine.rows);
    row[7] = Datum::Oid(variadic.map_or(0, |argument| {
        functions::type_catalog::element_type(scope.catalog, argument.type_oid)
    }));
    row[8] = Datum::Oid(0);
    row[9] = letter(if routine.procedure { 'p' } else { 'f' });
    row[10] = Datum::Bool(routine.security_definer);
    row[11] = Datum::Bool(routine.leakproof);
    row[12] = Datum::Bool(routine.strict);
    row[13] = Datum::Bool(routine.returns_set);
    row[14] = letter(routine.volatility);
    row[15] = letter(routine.parallel);
    row[16] = Datum::Int2(inputs.len() as i16);
    row[17] = Datum::Int2(defaults.len() as i16);
    row[18] = Datum::Oid(routine.result);
    row[19] = oid_vector(inputs);
    if has_modes {
        let arguments = routine.arguments.iter();
        row[20] = array(oid::OID, arguments.map(|each| Datum::Oid(each.type_oid)).collect());
        let arguments = routine.arguments.iter();
        row[21] = array(oid::CHAR, arguments.map(|each| Datum::Char(each.mode as u8)).collect());
    }
    if has_names {
        row[22] = text_array(oid::TEXT, routine.arguments.iter().map(|each| each.name.as_str()));
    }
    if !defaults.is_empty() {
        row[23] = text(&defaults.join(", "));
    }
    row[25] = text(if routine.standard_body.is_some() { "" } else { &routine.body });
    if routine.standard_body.is_some() {
        row[27] = text(&routine.body);
    }
    if !routine.settings.is_empty() {
        let settings = routine.settings.iter().map(|(name, value)| format!("{name}={value}"));
        row[28] = text_array(oid::TEXT, settings);
    }
    row[29] = opt_acl(scope.catalog, routine.grants.as_ref());
    row
}

pub fn pg_proc(scope: &Scope<'_>) -> Vec<Row> {
    let others = |wanted: &dyn Fn(&TypeFunction) -> bool| -> Vec<Row> {
        facts::type_functions()
            .iter()
            .filter(|function| tables::function(function.oid).is_none() && wanted(function))
            .map(type_function_row)
            .collect()
    };
    let mut rows: Vec<Row>;
    if let Some(wanted) = scope.equal_oid("oid") {
        rows = tables::function(wanted).map(function_row).into_iter().collect();
        rows.extend(others(&|function| function.oid == wanted));
    } else if let Some(name) = scope.equal_text("proname") {
        rows =
            tables::functions_named(name).iter().map(|function| function_row(function)).collect();
        rows.extend(others(&|function| function.name == name));
    } else {
        rows = tables::all_functions().map(function_row).collect();
        rows.extend(others(&|_| true));
    }
    let wanted_oid = scope.equal_oid("oid");
    let wanted_name = scope.equal_text("proname");
    let made = scope.catalog.routines().filter(|routine| {
        wanted_oid.is_none_or(|wanted| routine.oid == wanted)
            && wanted_name.is_none_or(|wanted| routine.name == wanted)
    });
    rows.extend(made.map(|routine| routine_row(scope, routine)));
    rows
}

fn operator_row(operator: &OperatorDef) -> Row {
    vec![
        Datum::Oid(operator.oid),
        text(operator.name),
        Datum::Oid(PG_CATALOG),
        Datum::Oid(BOOTSTRAP_ROLE),
        letter(if operator.left == 0 { 'l' } else { 'b' }),
        Datum::Bool(operator.merges),
        Datum::Bool(operator.hashes),
        Datum::Oid(operator.left),
        Datum::Oid(operator.right),
        Datum::Oid(operator.result),
        Datum::Oid(operator.commutator),
        Datum::Oid(operator.negator),
        Datum::Oid(operator.function),
        Datum::Oid(0),
        Datum::Oid(0),
    ]
}

pub fn pg_operator(scope: &Scope<'_>) -> Vec<Row> {
    match scope.equal_oid("oid") {
        Some(wanted) => tables::operator(wanted).map(operator_row).into_iter().collect(),
        None => tables::all_operators().map(operator_row).collect(),
    }
}

/// PostgreSQL's rows of the casts that exist here.
pub fn pg_cast(_scope: &Scope<'_>) -> Vec<Row> {
    let exists = |row: &&Row| match row.get(1..3) {
        Some([Datum::Oid(source), Datum::Oid(target)]) => tables::cast(*source, *target).is_some(),
        _ => false,
    };
    facts::rows("pg_cast").iter().filter(exists).cloned().collect()
}

/// PostgreSQL's rows of the aggregates that exist here.
pub fn pg_aggregate(_scope: &Scope<'_>) -> Vec<Row> {
    let exists = |row: &&Row| match row.first() {
        Some(Datum::Oid(function)) => tables::function(*function).is_some(),
        _ => false,
    };
    facts::rows("pg_aggregate").iter().filter(exists).cloned().collect()
}

pub fn pg_extension(scope: &Scope<'_>) -> Vec<Row> {
    let row = |oid, name: &str, schema, is_relocatable, version: &str| {
        vec![
            Datum::Oid(oid),
            text(name),
            Datum::Oid(BOOTSTRAP_ROLE),
            Datum::Oid(schema),
            Datum::Bool(is_relocatable),
            text(version),
            Datum::Null,
            Datum::Null,
        ]
    };
    let created = scope.catalog.extensions().filter(|extension| extension.name != "plpgsql");
    std::iter::once(row(PLPGSQL_EXTENSION, "plpgsql", PG_CATALOG, false, "1.0"))
        .chain(created.map(|known| row(known.oid, &known.name, known.schema, true, &known.version)))
        .collect()
}

/// Extensions whose functions are built in; CREATE EXTENSION only records that they were asked for.
pub const AVAILABLE_EXTENSIONS: &[(&str, &str, &str)] = &[
    ("citext", "1.6", "data type for case-insensitive character strings"),
    ("pg_trgm", "1.6", "text similarity measurement and index searching based on trigrams"),
    ("pgcrypto", "1.3", "cryptographic functions"),
    ("plpgsql", "1.0", "PL/pgSQL procedural language"),
    ("uuid-ossp", "1.1", "generate universally unique identifiers (UUIDs)"),
    ("vector", "0.8.0", "vector data type, searched exactly"),
];

pub fn pg_available_extensions(scope: &Scope<'_>) -> Vec<Row> {
    AVAILABLE_EXTENSIONS
        .iter()
        .map(|(name, version, comment)| {
            let installed = scope.catalog.extensions().find(|extension| extension.name == *name);
            vec![
                text(name),
                text(version),
                match *name {
                    "plpgsql" => text(version),
                    _ => opt_text(installed.map(|extension| extension.version.as_str())),
                },
                text(comment),
            ]
        })
        .collect()
}
