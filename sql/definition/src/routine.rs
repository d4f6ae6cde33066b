//! CREATE FUNCTION and CREATE PROCEDURE, and which routine a DROP means.

use catalog::{Descriptor, Routine, RoutineArgument};
use syntax::ast::{
    CreateFunction, DropObjects, Expr, FunctionOption, FunctionParameter, FunctionReturns,
    ObjectName, ObjectReference, ObjectType, ParameterMode, SqlBody, Statement,
};
use types::{Oid, SqlError, SqlResult, oid, sqlstate};

use crate::dependents::Object;
use crate::names::written;
use crate::privileges::must_be_owner;
use crate::rename::type_word;
use crate::run::{Run, error, unsupported};

/// PostgreSQL's limit of arguments.
const MAXIMUM_ARGUMENTS: usize = 100;
/// 42P13.
const INVALID_FUNCTION_DEFINITION: &str = "42P13";
/// 42723.
const DUPLICATE_FUNCTION: &str = "42723";

fn invalid(message: impl Into<String>) -> SqlError {
    error(INVALID_FUNCTION_DEFINITION, message)
}

/// What the options of a definition say.
struct Options {
    language: Option<String>,
    body: Option<String>,
    strict: bool,
    volatility: char,
    security_definer: bool,
    leakproof: bool,
    parallel: char,
    cost: Option<f32>,
    rows: Option<f32>,
}

impl Options {
    fn read(create: &CreateFunction) -> SqlResult<Options> {
        let mut options = Options {
            language: None,
            body: None,
            strict: false,
            volatility: 'v',
            security_definer: false,
            leakproof: false,
            parallel: 'u',
            cost: None,
            rows: None,
        };
        for option in &create.options {
            options.set(option)?;
        }
        Ok(options)
    }

    fn set(&mut self, option: &FunctionOption) -> SqlResult<()> {
        let number = |text: &str, word: &str| match text.parse::<f32>() {
            Ok(number) if number > 0.0 => Ok(number),
            _ => Err(error(sqlstate::INVALID_PARAMETER_VALUE, format!("{word} must be positive"))),
        };
        match option {
            FunctionOption::As(texts) => match texts.as_slice() {
                [body] => self.body = Some(body.clone()),
                _ => return Err(invalid("only one AS item needed for this language")),
            },
            FunctionOption::Language(name) => self.language = Some(name.to_lowercase()),
            FunctionOption::Volatility(word) => {
                self.volatility = word.chars().next().unwrap_or('v');
            }
            FunctionOption::Strict(strict) => self.strict = *strict,
            FunctionOption::LeakProof(on) => self.leakproof = *on,
            FunctionOption::SecurityDefiner(on) => self.security_definer = *on,
            FunctionOption::Parallel(word) => {
                self.parallel = match word.to_lowercase().as_str() {
                    "safe" => 's',
                    "restricted" => 'r',
                    "unsafe" => 'u',
                    _ => {
                        return Err(error(
                            sqlstate::SYNTAX_ERROR,
                            "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE",
                        ));
                    }
                }
            }
            FunctionOption::Cost(text) => self.cost = Some(number(text, "COST")?),
            FunctionOption::Rows(text) => self.rows = Some(number(text, "ROWS")?),
            FunctionOption::Window => {
                return Err(unsupported("window functions in this language are not supported"));
            }
            FunctionOption::Transform(_) => return Err(unsupported("TRANSFORM is not supported")),
            FunctionOption::Support(_) => return Err(unsupported("SUPPORT is not supported")),
            FunctionOption::Set(_) => {
                return Err(unsupported("SET clauses of functions are not supported"));
            }
        }
        Ok(())
    }
}

/// The statements of a body written in standard form.
fn standard_body(body: &SqlBody) -> SqlResult<String> {
    let untold = || unsupported("this statement in a SQL-standard function body is not supported");
    match body {
        SqlBody::Return(expr) => Ok(format!("SELECT {expr}")),
        SqlBody::Atomic(statements) => {
            let texts: Option<Vec<String>> = statements.iter().map(syntax::deparse).collect();
            Ok(texts.ok_or_else(untold)?.join(";\n"))
        }
    }
}

impl Run<'_> {
    fn parameters(&self, create: &CreateFunction) -> SqlResult<Vec<RoutineArgument>> {
        let mut arguments: Vec<RoutineArgument> = Vec::new();
        let mut defaulted = false;
        for parameter in &create.parameters {
            let argument = self.parameter(parameter, create.procedure)?;
            let is_input = argument.mode != 'o';
            if is_input && arguments.iter().any(|known| known.mode == 'v') {
                return Err(invalid("VARIADIC parameter must be the last input parameter"));
            }
            if is_input && defaulted && argument.default.is_none() {
                return Err(invalid(
                    "input parameters after one with a default value must also have defaults",
                ));
            }
            if !is_input && argument.default.is_some() {
                return Err(invalid("only input parameters can have default values"));
            }
            defaulted |= argument.default.is_some();
            let clash = arguments.iter().any(|known| {
                !argument.name.is_empty()
                    && known.name == argument.name
                    && (known.mode == 'o') == (argument.mode == 'o')
            });
            if clash {
                return Err(invalid(format!(
                    "parameter name \"{}\" used more than once",
                    argument.name
                )));
            }
            arguments.push(argument);
        }
        if let Some(FunctionReturns::Table(columns)) = &create.returns {
            if arguments.iter().any(|argument| matches!(argument.mode, 'o' | 'b')) {
                return Err(error(
                    sqlstate::SYNTAX_ERROR,
                    "OUT and INOUT arguments aren't allowed in TABLE functions",
                ));
            }
            for (name, type_name) in columns {
                if arguments.iter().any(|known| known.name == *name) {
                    return Err(invalid(format!("parameter name \"{name}\" used more than once")));
                }
                let type_oid = self.resolve_type(&mut type_name.clone())?.oid;
                arguments.push(RoutineArgument {
                    name: name.clone(),
                    mode: 't',
                    type_oid,
                    default: None,
                });
            }
        }
        if arguments.len() > MAXIMUM_ARGUMENTS {
            return Err(error(
                "54023",
                format!("functions cannot have more than {MAXIMUM_ARGUMENTS} arguments"),
            ));
        }
        Ok(arguments)
    }

    fn parameter(
        &self,
        parameter: &FunctionParameter,
        procedure: bool,
    ) -> SqlResult<RoutineArgument> {
        let mut type_name = parameter.type_name.clone();
        if type_name.set_of {
            return Err(invalid(if procedure {
                "procedures cannot accept set arguments"
            } else {
                "functions cannot accept set arguments"
            }));
        }
        let ty = self.resolve_type(&mut type_name)?;
        let mode = match parameter.mode {
            ParameterMode::Default | ParameterMode::In => 'i',
            ParameterMode::Out => 'o',
            ParameterMode::InOut => 'b',
            ParameterMode::Variadic => 'v',
        };
        if mode == 'v'
            && ty.oid != oid::ANYARRAY
            && functions::type_catalog::element_type(&self.catalog, ty.oid) == 0
        {
            return Err(invalid("VARIADIC parameter must be an array"));
        }
        let default = parameter.default.as_ref().map(|expr| default_text(expr, &type_name));
        Ok(RoutineArgument {
            name: parameter.name.clone().unwrap_or_default(),
            mode,
            type_oid: ty.oid,
            default,
        })
    }

    /// What it returns, and whether it returns a set.
    fn returned(
        &self,
        create: &CreateFunction,
        arguments: &[RoutineArgument],
    ) -> SqlResult<(Oid, bool)> {
        let outputs: Vec<&RoutineArgument> =
            arguments.iter().filter(|argument| matches!(argument.mode, 'o' | 'b' | 't')).collect();
        let of_outputs = match outputs.as_slice() {
            [] => None,
            [only] if !create.procedure => Some(only.type_oid),
            _ => Some(oid::RECORD),
        };
        match &create.returns {
            Some(FunctionReturns::Table(_)) => Ok((of_outputs.unwrap_or(oid::RECORD), true)),
            Some(FunctionReturns::Type(name)) => {
                let mut name = name.clone();
                let set = std::mem::take(&mut name.set_of);
                let ty = self.resolve_type(&mut name)?.oid;
                match of_outputs {
                    Some(wanted) if wanted != ty => Err(invalid(format!(
                        "function result type must be {} because of OUT parameters",
                        self.type_name(wanted)
                    ))),
                    _ => Ok((ty, set)),
                }
            }
            None if create.procedure => Ok((of_outputs.unwrap_or(oid::VOID), false)),
            None => match of_outputs {
                Some(ty) => Ok((ty, false)),
                None => Err(invalid("function result type must be specified")),
            },
        }
    }

    pub fn create_function(&mut self, create: &CreateFunction) -> SqlResult<()> {
        self.tag(if create.procedure { "CREATE PROCEDURE" } else { "CREATE FUNCTION" });
        if create.procedure {
            return Err(unsupported("CREATE PROCEDURE is not supported"));
        }
        let options = Options::read(create)?;
        let language = match (&options.language, &create.sql_body) {
            (Some(language), _) => language.clone(),
            (None, Some(_)) => "sql".to_owned(),
            (None, None) => return Err(invalid("no language specified")),
        };
        match language.as_str() {
            "sql" | "plpgsql" => {}
            "internal" | "c" => {
                return Err(error(
                    sqlstate::INSUFFICIENT_PRIVILEGE,
                    format!("permission denied for language {language}"),
                ));
            }
            _ => {
                return Err(error(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("language \"{language}\" does not exist"),
                ));
            }
        }
        let schema = self.creation_schema(&create.name)?;
        let arguments = self.parameters(create)?;
        let (result, returns_set) = self.returned(create, &arguments)?;
        let body = match (&create.sql_body, options.body) {
            (Some(_), Some(_)) => {
                return Err(invalid("duplicate function body specified"));
            }
            (Some(_), None) if language != "sql" => {
                return Err(invalid("inline SQL function body only valid for language SQL"));
            }
            (Some(body), None) => standard_body(body)?,
            (None, Some(body)) => body,
            (None, None) => return Err(invalid("no function body specified")),
        };
        check_body(&language, &body, create.name.name())?;
        if options.rows.is_some() && !returns_set {
            return Err(error(
                sqlstate::INVALID_PARAMETER_VALUE,
                "ROWS is not applicable when function does not return a set",
            ));
        }
        let routine = Routine {
            oid: 0,
            name: create.name.name().to_owned(),
            schema,
            owner: self.role(),
            procedure: create.procedure,
            language,
            body,
            standard_body: create.sql_body.is_some(),
            arguments,
            result,
            returns_set,
            strict: options.strict,
            volatility: options.volatility,
            security_definer: options.security_definer,
            leakproof: options.leakproof,
            parallel: options.parallel,
            cost: options.cost.unwrap_or(100.0),
            rows: options.rows.unwrap_or(if returns_set { 1_000.0 } else { 0.0 }),
            settings: Vec::new(),
            grants: None,
            comment: None,
        };
        self.put_routine(routine, create.or_replace)
    }

    fn put_routine(&mut self, mut routine: Routine, or_replace: bool) -> SqlResult<()> {
        let inputs = routine.input_types();
        let before = self
            .catalog
            .routines_named(routine.schema, &routine.name)
            .into_iter()
            .find(|known| known.input_types() == inputs)
            .cloned();
        match before {
            None => routine.oid = self.allocate()?,
            Some(_) if !or_replace => {
                return Err(error(
                    DUPLICATE_FUNCTION,
                    format!(
                        "function \"{}\" already exists with same argument types",
                        routine.name
                    ),
                ));
            }
            Some(before) => {
                self.require_routine_owner(&before)?;
                if before.procedure != routine.procedure {
                    let kind = if before.procedure { "procedure" } else { "function" };
                    return Err(error(sqlstate::WRONG_OBJECT_TYPE, "cannot change routine kind")
                        .detail(format!("\"{}\" is a {kind}.", routine.name)));
                }
                let hint = format!(
                    "Use DROP {} {} first.",
                    if routine.procedure { "PROCEDURE" } else { "FUNCTION" },
                    self.routine_text(&before)
                );
                let same_result =
                    before.result == routine.result && before.returns_set == routine.returns_set;
                if !same_result {
                    return Err(
                        invalid("cannot change return type of existing function").hint(hint)
                    );
                }
                let renamed = before
                    .inputs()
                    .zip(routine.inputs())
                    .find(|(old, new)| !old.name.is_empty() && old.name != new.name);
                if let Some((old, _)) = renamed {
                    return Err(invalid(format!(
                        "cannot change name of input parameter \"{}\"",
                        old.name
                    ))
                    .hint(hint));
                }
                routine.oid = before.oid;
                routine.owner = before.owner;
                routine.grants.clone_from(&before.grants);
                routine.comment.clone_from(&before.comment);
            }
        }
        self.put(Descriptor::Routine(Box::new(routine)));
        Ok(())
    }

    fn require_routine_owner(&self, routine: &Routine) -> SqlResult<()> {
        if self.owns(routine.owner) {
            return Ok(());
        }
        let kind = if routine.procedure { "procedure" } else { "function" };
        Err(must_be_owner(kind, &routine.name))
    }

    /// `f(integer,text)`, as messages name a routine.
    pub fn routine_text(&self, routine: &Routine) -> String {
        let types: Vec<String> =
            routine.input_types().into_iter().map(|ty| self.type_name(ty)).collect();
        format!("{}({})", routine.name, types.join(","))
    }

    /// The routine that DROP names.
    pub fn routine_target(
        &mut self,
        drop: &DropObjects,
        reference: &ObjectReference,
    ) -> SqlResult<Option<Object>> {
        let ObjectReference::Routine { name, arguments, .. } = reference else {
            return Err(unsupported("objects of this kind are not supported"));
        };
        match self.find_routine(drop.object_type, name, arguments.as_deref())? {
            Ok(found) => Ok(Some(Object::Routine(found))),
            Err(message) if drop.if_exists => {
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
                Ok(None)
            }
            Err(message) => Err(error(sqlstate::UNDEFINED_FUNCTION, message)),
        }
    }

    /// A routine's oid, or why there is none.
    fn find_routine(
        &self,
        kind: ObjectType,
        name: &ObjectName,
        arguments: Option<&[FunctionParameter]>,
    ) -> SqlResult<Result<Oid, String>> {
        let word = match kind {
            ObjectType::Routine => "routine",
            other => type_word(other),
        };
        let (schema, last) = self.split(name)?;
        let schemas = match schema {
            Some(schema) => vec![self.schema_named(schema)?.oid],
            None => self.path(),
        };
        let mut wanted = None;
        if let Some(arguments) = arguments {
            let mut types = Vec::new();
            for argument in arguments {
                if argument.mode != ParameterMode::Out {
                    types.push(self.resolve_type(&mut argument.type_name.clone())?.oid);
                }
            }
            wanted = Some(types);
        }
        let shown = written(name);
        for schema in schemas {
            let found: Vec<_> = self
                .catalog
                .routines_named(schema, last)
                .into_iter()
                .filter(|known| wanted.as_ref().is_none_or(|types| known.input_types() == *types))
                .cloned()
                .collect();
            if found.len() > 1 {
                return Err(error(
                    sqlstate::AMBIGUOUS_FUNCTION,
                    format!("{word} name \"{shown}\" is not unique"),
                )
                .hint(format!("Specify the argument list to select the {word} unambiguously.")));
            }
            let Some(found) = found.first() else { continue };
            let fits = match kind {
                ObjectType::Function => !found.procedure,
                ObjectType::Procedure => found.procedure,
                _ => true,
            };
            if !fits {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("{} is not a {word}", self.routine_text(found)),
                ));
            }
            self.require_routine_owner(found)?;
            return Ok(Ok(found.oid));
        }
        Ok(Err(match wanted {
            None => format!("could not find a {word} named \"{shown}\""),
            Some(types) => {
                let types: Vec<String> = types.iter().map(|ty| self.type_name(*ty)).collect();
                format!("{word} {shown}({}) does not exist", types.join(","))
            }
        }))
    }
}

/// A default is coerced to its parameter's type where it is used.
fn default_text(expr: &Expr, _type_name: &syntax::ast::TypeName) -> String {
    expr.to_string()
}

/// Errors of the body's own grammar, found when it is defined.
fn check_body(language: &str, body: &str, name: &str) -> SqlResult<()> {
    if language == "plpgsql" {
        procedures::parse(body).map_err(|failure| {
            let line = failure.line;
            SqlError::from(failure)
                .context(format!("compilation of PL/pgSQL function \"{name}\" near line {line}"))
        })?;
        return Ok(());
    }
    let parsed = syntax::parse(body).map_err(|failure| error(failure.sqlstate, failure.message))?;
    for statement in parsed {
        if matches!(statement.statement, Statement::Transaction(_)) {
            return Err(unsupported("transaction commands are not allowed in a SQL function"));
        }
    }
    Ok(())
}
