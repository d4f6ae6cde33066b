//! Functions that users made, as the rules of resolution see functions.
//!
//! Plans refer to functions by reference, built-in or not. So each distinct signature is kept for the life of the
//! process: a function replaced by one of the same signature adds nothing, only its body is looked up again.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use functions::definition::{FunctionBody, FunctionDef, FunctionKind, Volatility};
use types::{Oid, oid};

use crate::descriptor::Routine;
use crate::snapshot::Catalog;

/// All that a signature is made of.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Signature {
    oid: Oid,
    name: String,
    arguments: Vec<Oid>,
    argument_names: Vec<String>,
    defaults: Vec<String>,
    variadic: Oid,
    result: Oid,
    columns: Vec<(String, Oid)>,
    procedure: bool,
    set: bool,
    strict: bool,
    volatility: char,
}

/// The columns of a routine's rows: its output arguments, or the fields of the composite type it returns.
pub fn output_columns(catalog: &Catalog, routine: &Routine) -> Vec<(String, Oid)> {
    let named: Vec<(String, Oid)> = routine
        .outputs()
        .enumerate()
        .map(|(index, argument)| match argument.name.as_str() {
            "" => (format!("column{}", index + 1), argument.type_oid),
            name => (name.to_owned(), argument.type_oid),
        })
        .collect();
    if !named.is_empty() {
        return named;
    }
    crate::user_values::composite_fields(catalog, routine.result)
        .map(|fields| fields.into_iter().map(|(name, ty, ..)| (name, ty)).collect())
        .unwrap_or_default()
}

/// The routine as a call resolves to it.
pub fn definition(catalog: &Catalog, routine: &Routine) -> &'static FunctionDef {
    let columns = output_columns(catalog, routine);
    // A CALL gives something in the place of output arguments as well.
    let inputs: Vec<_> = match routine.procedure {
        true => routine.arguments.iter().collect(),
        false => routine.inputs().collect(),
    };
    let argument_names = if inputs.iter().any(|argument| !argument.name.is_empty()) {
        inputs.iter().map(|argument| argument.name.clone()).collect()
    } else {
        Vec::new()
    };
    let is_variadic = inputs.last().is_some_and(|argument| argument.mode == 'v');
    let variadic = match inputs.last() {
        Some(last) if is_variadic && last.type_oid == oid::ANYARRAY => oid::ANYELEMENT,
        Some(last) if is_variadic => functions::type_catalog::element_type(catalog, last.type_oid),
        _ => 0,
    };
    intern(Signature {
        oid: routine.oid,
        name: routine.name.clone(),
        arguments: inputs.iter().map(|argument| argument.type_oid).collect(),
        argument_names,
        defaults: inputs.iter().filter_map(|argument| argument.default.clone()).collect(),
        variadic,
        result: routine.result,
        columns,
        procedure: routine.procedure,
        set: routine.returns_set,
        strict: routine.strict,
        volatility: routine.volatility,
    })
}

/// The functions of a name in these schemas; one hides those of later schemas with the same arguments.
pub fn candidates(catalog: &Catalog, schemas: &[Oid], name: &str) -> Vec<&'static FunctionDef> {
    let mut found: Vec<&'static FunctionDef> = Vec::new();
    for schema in schemas {
        for routine in catalog.routines_named(*schema, name) {
            let made = definition(catalog, routine);
            if found.iter().all(|known| known.arguments != made.arguments) {
                found.push(made);
            }
        }
    }
    found
}

fn leak_names(names: &[String]) -> &'static [&'static str] {
    let names: Vec<&'static str> =
        names.iter().map(|name| &*Box::leak(name.clone().into_boxed_str())).collect();
    Box::leak(names.into_boxed_slice())
}

fn intern(signature: Signature) -> &'static FunctionDef {
    static KNOWN: OnceLock<Mutex<HashMap<Signature, &'static FunctionDef>>> = OnceLock::new();
    let mut known =
        KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(&signature) {
        return found;
    }
    let (column_names, column_types): (Vec<String>, Vec<Oid>) =
        signature.columns.iter().cloned().unzip();
    let columns: Vec<(&'static str, Oid)> =
        leak_names(&column_names).iter().copied().zip(column_types).collect();
    let made = Box::leak(Box::new(FunctionDef {
        oid: signature.oid,
        name: Box::leak(signature.name.clone().into_boxed_str()),
        arguments: Box::leak(signature.arguments.clone().into_boxed_slice()),
        argument_names: leak_names(&signature.argument_names),
        defaults: leak_names(&signature.defaults),
        variadic: signature.variadic,
        result: signature.result,
        columns: Box::leak(columns.into_boxed_slice()),
        kind: match (signature.procedure, signature.set) {
            (true, _) => FunctionKind::Procedure,
            (false, true) => FunctionKind::SetReturning,
            (false, false) => FunctionKind::Scalar,
        },
        strict: signature.strict,
        volatility: match signature.volatility {
            'i' => Volatility::Immutable,
            's' => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        body: FunctionBody::Routine { set: signature.set },
    }));
    known.insert(signature, made);
    made
}
