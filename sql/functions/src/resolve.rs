//! Which function or operator a call means, and what its arguments must become.
//!
//! The binder asks [`resolve_function`] and [`resolve_operator`] with the types of the arguments ([`types::oid::UNKNOWN`]
//! for literals whose type is not known yet) and then coerces each argument to the type it is told. Nothing here looks at
//! values.

use types::{Oid, SqlError, SqlType, oid, sqlstate};

use crate::candidates::{matching, select};
use crate::coercion::find_cast;
use crate::definition::{CastContext, FunctionDef, FunctionKind, OperatorDef};
use crate::polymorphism::{Bindings, bind};
use crate::tables;
use crate::type_catalog::{
    TypeCatalog, TypeKind, base_type, builtin_type_by_name, category, is_polymorphic, name_of,
};

/// Why a name could not be resolved; [`SqlError::from`] words it as PostgreSQL does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// The call as PostgreSQL prints it: `f(integer, b => text)`.
    UndefinedFunction {
        signature: String,
    },
    AmbiguousFunction {
        signature: String,
    },
    /// `integer = text`, `- text`.
    UndefinedOperator {
        signature: String,
        operands: usize,
    },
    AmbiguousOperator {
        signature: String,
    },
    /// Arguments of a polymorphic function do not go together.
    Polymorphic {
        message: String,
        detail: Option<String>,
    },
    NoCommonType {
        construct: String,
        first: String,
        second: String,
    },
}

impl ResolveError {
    /// The error as PostgreSQL reports it for a call at `location`. It points at nothing when polymorphic types do not go
    /// together: that is found out after the call is parsed.
    pub fn located(self, location: u32) -> SqlError {
        match self {
            ResolveError::Polymorphic { .. } => self.into(),
            error => SqlError::from(error).at(location),
        }
    }
}

impl From<ResolveError> for SqlError {
    fn from(error: ResolveError) -> SqlError {
        match error {
            ResolveError::UndefinedFunction { signature } => SqlError::new(
                sqlstate::UNDEFINED_FUNCTION,
                format!("function {signature} does not exist"),
            )
            .hint(
                "No function matches the given name and argument types. You might need to add \
                 explicit type casts.",
            ),
            ResolveError::AmbiguousFunction { signature } => SqlError::new(
                sqlstate::AMBIGUOUS_FUNCTION,
                format!("function {signature} is not unique"),
            )
            .hint(
                "Could not choose a best candidate function. You might need to add explicit type \
                 casts.",
            ),
            ResolveError::UndefinedOperator { signature, operands } => SqlError::new(
                sqlstate::UNDEFINED_FUNCTION,
                format!("operator does not exist: {signature}"),
            )
            .hint(if operands == 1 {
                "No operator matches the given name and argument type. You might need to add an \
                 explicit type cast."
            } else {
                "No operator matches the given name and argument types. You might need to add \
                 explicit type casts."
            }),
            ResolveError::AmbiguousOperator { signature } => SqlError::new(
                sqlstate::AMBIGUOUS_FUNCTION,
                format!("operator is not unique: {signature}"),
            )
            .hint(
                "Could not choose a best candidate operator. You might need to add explicit type \
                 casts.",
            ),
            ResolveError::Polymorphic { message, detail } => {
                let error = SqlError::new(sqlstate::DATATYPE_MISMATCH, message);
                match detail {
                    Some(detail) => error.detail(detail),
                    None => error,
                }
            }
            ResolveError::NoCommonType { construct, first, second } => SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!("{construct} types {first} and {second} cannot be matched"),
            ),
        }
    }
}

/// A call as written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    pub name: &'a str,
    /// Types of all arguments in the order written.
    pub arguments: &'a [Oid],
    /// Names of the last arguments, if written `name => value`.
    pub names: &'a [&'a str],
    /// The last argument was written `VARIADIC array`.
    pub variadic: bool,
    /// Functions of this name that users made, those of earlier schemas first.
    pub routines: &'a [&'static FunctionDef],
    /// The name was qualified: built-in functions are not meant.
    pub routines_only: bool,
}

/// Where one argument of the function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentSource {
    /// The call's argument with this index.
    Given(usize),
    /// The declared default, as SQL text.
    Default(&'static str),
}

/// A function call with every choice made.
#[derive(Clone)]
pub struct ResolvedFunction {
    pub definition: &'static FunctionDef,
    /// For each argument (before packing): where it comes from.
    pub sources: Vec<ArgumentSource>,
    /// For each of `sources`: the type to coerce it to. `oid::ANY` is never among them: such an argument keeps its type,
    /// an unknown literal becomes text.
    pub argument_types: Vec<Oid>,
    /// Pack the arguments from this index on into one array with this element type. `None` too for VARIADIC "any",
    /// whose function takes them one by one.
    pub pack: Option<(usize, Oid)>,
    pub result: SqlType,
    /// Output columns if the function returns several, polymorphic types replaced.
    pub columns: Vec<(&'static str, Oid)>,
}

/// What a name with arguments means.
#[derive(Clone)]
pub enum Resolution {
    Function(ResolvedFunction),
    /// `text(x)`, `int4('42')`: a cast written as a function.
    Coercion {
        target: Oid,
    },
}

/// An operator with every choice made.
#[derive(Clone)]
pub struct ResolvedOperator {
    pub definition: &'static OperatorDef,
    /// The type to coerce the left operand to; 0 for a prefix operator.
    pub left: Oid,
    pub right: Oid,
    pub result: SqlType,
}

struct Candidate {
    definition: &'static FunctionDef,
    sources: Vec<ArgumentSource>,
    declared: Vec<Oid>,
    /// The first packed argument.
    packed_from: Option<usize>,
}

/// Resolves a call of a built-in function.
pub fn resolve_function(
    types: &dyn TypeCatalog,
    call: &Call<'_>,
) -> Result<Resolution, ResolveError> {
    let mut found: Vec<Candidate> = Vec::new();
    let built_in: &[&'static FunctionDef] =
        if call.routines_only { &[] } else { tables::functions_named(call.name) };
    for &definition in built_in.iter().chain(call.routines) {
        for candidate in candidates_of(definition, call) {
            insert_candidate(&mut found, candidate);
        }
    }
    let given: Vec<Vec<Oid>> = found.iter().map(|candidate| given_types(candidate, call)).collect();
    if let Some(position) =
        found.iter().enumerate().position(|(index, candidate)| candidate.declared == given[index])
    {
        return finish(types, call, found.swap_remove(position)).map(Resolution::Function);
    }
    if let Some(target) = coercion_target(types, call) {
        return Ok(Resolution::Coercion { target });
    }
    let declared: Vec<&[Oid]> =
        found.iter().map(|candidate| candidate.declared.as_slice()).collect();
    // Without names and defaults every candidate sees the same given types.
    let mut fitting: Vec<usize> = Vec::new();
    for index in 0..found.len() {
        if !matching(types, &given[index], &declared[index..=index]).is_empty() {
            fitting.push(index);
        }
    }
    if fitting.is_empty() {
        return Err(ResolveError::UndefinedFunction { signature: signature(types, call) });
    }
    let chosen = if fitting.len() == 1 {
        fitting[0]
    } else {
        let shortest = fitting.iter().map(|&index| declared[index].len()).min().unwrap_or(0);
        let given_here = given[fitting[0]][..shortest.min(given[fitting[0]].len())].to_vec();
        let cut: Vec<&[Oid]> = declared
            .iter()
            .map(|declared| &declared[..declared.len().min(given_here.len())])
            .collect();
        select(types, &given_here, &cut, fitting)
            .ok_or_else(|| ResolveError::AmbiguousFunction { signature: signature(types, call) })?
    };
    finish(types, call, found.swap_remove(chosen)).map(Resolution::Function)
}

/// Types given for each declared argument; a default brings its own declared type.
fn given_types(candidate: &Candidate, call: &Call<'_>) -> Vec<Oid> {
    candidate
        .sources
        .iter()
        .zip(&candidate.declared)
        .map(|(source, &declared)| match source {
            ArgumentSource::Given(index) => call.arguments[*index],
            ArgumentSource::Default(_) if is_polymorphic(declared) => oid::UNKNOWN,
            ArgumentSource::Default(_) => declared,
        })
        .collect()
}

/// The ways this function could be meant by the call: as declared, or with its variadic part spread out.
fn candidates_of(definition: &'static FunctionDef, call: &Call<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    if let Some(candidate) = plain_candidate(definition, call) {
        found.push(candidate);
    }
    let fixed = definition.arguments.len().saturating_sub(1);
    if definition.variadic != 0
        && !call.variadic
        && call.names.is_empty()
        && call.arguments.len() > fixed
    {
        let spread = call.arguments.len() - fixed;
        let mut declared = definition.arguments[..fixed].to_vec();
        declared.extend(std::iter::repeat_n(definition.variadic, spread));
        if definition.variadic == oid::ANY {
            found.clear();
        }
        found.push(Candidate {
            definition,
            sources: (0..call.arguments.len()).map(ArgumentSource::Given).collect(),
            declared,
            packed_from: (definition.variadic != oid::ANY).then_some(fixed),
        });
    }
    found
}

fn plain_candidate(definition: &'static FunctionDef, call: &Call<'_>) -> Option<Candidate> {
    let wanted = definition.arguments.len();
    let given = call.arguments.len();
    let required = wanted - definition.defaults.len();
    if given > wanted || given < required {
        return None;
    }
    if call.variadic && definition.variadic == 0 {
        return None;
    }
    let mut sources: Vec<Option<ArgumentSource>> = vec![None; wanted];
    let positional = given - call.names.len();
    for (index, source) in sources.iter_mut().enumerate().take(positional) {
        *source = Some(ArgumentSource::Given(index));
    }
    for (offset, name) in call.names.iter().enumerate() {
        let position = definition.argument_names.iter().position(|known| known == name)?;
        let slot = sources.get_mut(position)?;
        if slot.is_some() {
            return None;
        }
        *slot = Some(ArgumentSource::Given(positional + offset));
    }
    for (index, source) in sources.iter_mut().enumerate() {
        if source.is_none() {
            let default = index.checked_sub(required)?;
            *source = Some(ArgumentSource::Default(definition.defaults[default]));
        }
    }
    Some(Candidate {
        definition,
        sources: sources.into_iter().flatten().collect(),
        declared: definition.arguments.to_vec(),
        packed_from: None,
    })
}

/// Of two candidates that look alike to this call the one that is not spread out and needs fewer defaults wins.
fn insert_candidate(found: &mut Vec<Candidate>, candidate: Candidate) {
    fn visible(candidate: &Candidate) -> Vec<(usize, Oid)> {
        let mut list: Vec<(usize, Oid)> = candidate
            .sources
            .iter()
            .zip(&candidate.declared)
            .filter_map(|(source, &declared)| match source {
                ArgumentSource::Given(index) => Some((*index, declared)),
                ArgumentSource::Default(_) => None,
            })
            .collect();
        list.sort_unstable();
        list
    }
    let rank = |candidate: &Candidate| (candidate.packed_from.is_some(), candidate.declared.len());
    let key = visible(&candidate);
    match found.iter().position(|other| visible(other) == key) {
        Some(index) if rank(&candidate) < rank(&found[index]) => found[index] = candidate,
        Some(index) if rank(&candidate) == rank(&found[index]) => found.push(candidate),
        Some(_) => {}
        None => found.push(candidate),
    }
}

/// A function call whose name is a type and whose one argument can be cast to it is a cast.
fn coercion_target(types: &dyn TypeCatalog, call: &Call<'_>) -> Option<Oid> {
    let [source] = call.arguments else { return None };
    if !call.names.is_empty() || call.variadic {
        return None;
    }
    let target = builtin_type_by_name(call.name)?;
    if types.facts(target).is_none_or(|facts| facts.kind == TypeKind::Pseudo) {
        return None;
    }
    if *source == oid::UNKNOWN {
        return Some(target);
    }
    use crate::coercion::CastPath;
    match find_cast(types, *source, target, CastContext::Explicit)? {
        CastPath::Relabel { .. } => Some(target),
        CastPath::InputOutput { .. } => {
            let composite = *source == oid::RECORD
                || types.facts(*source).is_some_and(|facts| facts.kind == TypeKind::Composite);
            (!(composite && category(types, target) == 'S')).then_some(target)
        }
        CastPath::Function { .. } | CastPath::Array { .. } | CastPath::Domain { .. } => None,
    }
}

fn finish(
    types: &dyn TypeCatalog,
    call: &Call<'_>,
    candidate: Candidate,
) -> Result<ResolvedFunction, ResolveError> {
    let definition = candidate.definition;
    let given = given_types(&candidate, call);
    let bindings = bind(types, &given, &candidate.declared, false)?;
    let argument_types: Vec<Oid> = candidate
        .declared
        .iter()
        .zip(&given)
        .map(|(&declared, &given)| match declared {
            // The one function that tells a literal from a text.
            oid::ANY if given == oid::UNKNOWN && definition.name == "pg_typeof" => given,
            oid::ANY if given == oid::UNKNOWN => oid::TEXT,
            oid::ANY => given,
            declared => bindings.apply(declared),
        })
        .collect();
    let pack = candidate.packed_from.map(|from| {
        (from, argument_types.get(from).copied().unwrap_or(bindings.apply(definition.variadic)))
    });
    let columns = definition
        .columns
        .iter()
        .map(|&(name, column)| (name, column_type(&bindings, column)))
        .collect();
    let result = SqlType::new(bindings.apply(definition.result));
    Ok(ResolvedFunction {
        definition,
        sources: candidate.sources,
        argument_types,
        pack,
        result,
        columns,
    })
}

fn column_type(bindings: &Bindings, declared: Oid) -> Oid {
    bindings.apply(declared)
}

/// The call as an error message prints it.
pub fn signature(types: &dyn TypeCatalog, call: &Call<'_>) -> String {
    let positional = call.arguments.len() - call.names.len().min(call.arguments.len());
    let parts: Vec<String> = call
        .arguments
        .iter()
        .enumerate()
        .map(|(index, &argument)| match index.checked_sub(positional) {
            Some(named) => format!("{} => {}", call.names[named], name_of(types, argument)),
            None => name_of(types, argument),
        })
        .collect();
    format!("{}({})", call.name, parts.join(", "))
}

/// Resolves an operator; `left` is `None` for a prefix operator.
pub fn resolve_operator(
    types: &dyn TypeCatalog,
    name: &str,
    left: Option<Oid>,
    right: Oid,
) -> Result<ResolvedOperator, ResolveError> {
    let given: Vec<Oid> = left.into_iter().chain(Some(right)).collect();
    let operators: Vec<&'static OperatorDef> = tables::operators_named(name)
        .iter()
        .copied()
        .filter(|operator| (operator.left == 0) == left.is_none())
        .collect();
    let declared: Vec<Vec<Oid>> = operators
        .iter()
        .map(|operator| match left {
            Some(_) => vec![operator.left, operator.right],
            None => vec![operator.right],
        })
        .collect();
    let chosen = match exact_operator(types, &given, &declared) {
        Some(index) => index,
        None => {
            let lists: Vec<&[Oid]> = declared.iter().map(Vec::as_slice).collect();
            let fitting = matching(types, &given, &lists);
            if fitting.is_empty() {
                return Err(ResolveError::UndefinedOperator {
                    signature: operator_signature(types, name, left, right),
                    operands: given.len(),
                });
            }
            select(types, &given, &lists, fitting).ok_or_else(|| {
                ResolveError::AmbiguousOperator {
                    signature: operator_signature(types, name, left, right),
                }
            })?
        }
    };
    let definition = operators[chosen];
    let bindings = bind(types, &given, &declared[chosen], false)?;
    let coerced = |declared: Oid, given: Oid| match declared {
        oid::ANY if given == oid::UNKNOWN => oid::TEXT,
        oid::ANY => given,
        declared => bindings.apply(declared),
    };
    Ok(ResolvedOperator {
        definition,
        left: left.map_or(0, |left| coerced(definition.left, left)),
        right: coerced(definition.right, right),
        result: SqlType::new(bindings.apply(definition.result)),
    })
}

/// An operator on exactly these types; an unknown literal is first taken for the type of the other side.
fn exact_operator(types: &dyn TypeCatalog, given: &[Oid], declared: &[Vec<Oid>]) -> Option<usize> {
    let find = |wanted: &[Oid]| declared.iter().position(|declared| declared == wanted);
    if let [left, right] = *given {
        let was_unknown = (left == oid::UNKNOWN) != (right == oid::UNKNOWN);
        let (left, right) = match (left, right) {
            (oid::UNKNOWN, right) => (right, right),
            (left, oid::UNKNOWN) => (left, left),
            both => both,
        };
        if left == oid::UNKNOWN {
            return None;
        }
        if let Some(found) = find(&[left, right]) {
            return Some(found);
        }
        if was_unknown {
            let base = base_type(types, left);
            if base != left {
                return find(&[base, base]);
            }
        }
        return None;
    }
    if given[0] == oid::UNKNOWN { None } else { find(given) }
}

/// `integer = text`, as error messages print it.
pub fn operator_signature(
    types: &dyn TypeCatalog,
    name: &str,
    left: Option<Oid>,
    right: Oid,
) -> String {
    match left {
        Some(left) => format!("{} {name} {}", name_of(types, left), name_of(types, right)),
        None => format!("{name} {}", name_of(types, right)),
    }
}

/// Whether this name has an aggregate, a window function or only others: the binder words its errors by it.
pub fn kinds_of(name: &str) -> Vec<FunctionKind> {
    let mut kinds: Vec<FunctionKind> = Vec::new();
    for definition in tables::functions_named(name) {
        if !kinds.contains(&definition.kind) {
            kinds.push(definition.kind);
        }
    }
    kinds
}

#[cfg(test)]
mod tests;
