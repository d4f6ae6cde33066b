//! CREATE FUNCTION and CREATE PROCEDURE.

use catalog::{Descriptor, Routine, RoutineArgument};
use syntax::ast::{
    CreateFunction, FunctionOption, FunctionParameter, FunctionReturns, ParameterMode, SqlBody,
};
use types::{Oid, SqlError, SqlResult, oid, sqlstate};

use crate::run::{Run, error, unsupported};

/// PostgreSQL's limit of arguments.
const MAXIMUM_ARGUMENTS: usize = 100;
/// 42P13.
pub(crate) const INVALID_FUNCTION_DEFINITION: &str = "42P13";
/// 42723.
pub(crate) const DUPLICATE_FUNCTION: &str = "42723";

pub(crate) fn invalid(message: impl Into<String>) -> SqlError {
    error(INVALID_FUNCTION_DEFINITION, message)
}

/// What the options of a definition say.
pub(crate) struct Options {
    language: Option<String>,
    body: Option<String>,
    /// Where in the statement the body begins; 0 if that is not known.
    body_start: u32,
    strict: bool,
    volatility: char,
    security_definer: bool,
    leakproof: bool,
    parallel: char,
    cost: Option<f32>,
    rows: Option<f32>,
    settings: Vec<(String, String)>,
}

impl Options {
    fn read(create: &CreateFunction) -> SqlResult<Options> {
        let mut options = Options {
            language: None,
            body: None,
            body_start: 0,
            strict: false,
            volatility: 'v',
            security_definer: false,
            leakproof: false,
            parallel: 'u',
            cost: None,
            rows: None,
            settings: Vec::new(),
        };
        for option in &create.options {
            options.set(option)?;
        }
        Ok(options)
    }

    /// The options that a routine has.
    pub fn of(routine: &Routine) -> Options {
        Options {
            language: None,
            body: None,
            body_start: 0,
            strict: routine.strict,
            volatility: routine.volatility,
            security_definer: routine.security_definer,
            leakproof: routine.leakproof,
            parallel: routine.parallel,
            cost: Some(routine.cost),
            rows: routine.returns_set.then_some(routine.rows),
            settings: routine.settings.clone(),
        }
    }

    /// Puts all but language and body into a routine.
    pub fn apply(self, routine: &mut Routine) {
        routine.strict = self.strict;
        routine.volatility = self.volatility;
        routine.security_definer = self.security_definer;
        routine.leakproof = self.leakproof;
        routine.parallel = self.parallel;
        routine.cost = self.cost.unwrap_or(100.0);
        let rows = if routine.returns_set { 1_000.0 } else { 0.0 };
        routine.rows = self.rows.unwrap_or(rows);
        routine.settings = self.settings;
    }

    pub fn set(&mut self, option: &FunctionOption) -> SqlResult<()> {
        let number = |text: &str, word: &str| match text.parse::<f32>() {
            Ok(number) if number > 0.0 => Ok(number),
            _ => Err(error(sqlstate::INVALID_PARAMETER_VALUE, format!("{word} must be positive"))),
        };
        match option {
            FunctionOption::As(texts, start) => match texts.as_slice() {
                [body] => {
                    self.body = Some(body.clone());
                    self.body_start = *start;
                }
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
            FunctionOption::Set(setting) => {
                crate::settings::change(&mut self.settings, setting)?;
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
        let default = match &parameter.default {
            Some(expr) => Some(self.argument_default(expr, ty)?),
            None => None,
        };
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
        let mut options = Options::read(create)?;
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
        let schema = self.creation_schema(&create.name).map_err(|mut failure| {
            failure.fields_mut().location = None;
            failure
        })?;
        let arguments = self.parameters(create)?;
        let (result, returns_set) = self.returned(create, &arguments)?;
        let body = match (&create.sql_body, options.body.take()) {
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
        require_rows_of_set(&options, returns_set)?;
        let mut routine = Routine {
            oid: 0,
            name: create.name.name().to_owned(),
            schema,
            owner: self.role(),
            procedure: create.procedure,
            language,
            body,
            standard_body: create.sql_body.as_ref().map(|body| match body {
                SqlBody::Return(_) => 'r',
                SqlBody::Atomic(_) => 'a',
            }),
            arguments,
            result,
            returns_set,
            strict: false,
            volatility: 'v',
            security_definer: false,
            leakproof: false,
            parallel: 'u',
            cost: 0.0,
            rows: 0.0,
            depends_on: Vec::new(),
            settings: Vec::new(),
            grants: None,
            comment: None,
        };
        let body_start = options.body_start;
        options.apply(&mut routine);
        self.check_body(&mut routine, body_start)?;
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
}

/// ROWS says something of sets only.
pub(crate) fn require_rows_of_set(options: &Options, returns_set: bool) -> SqlResult<()> {
    if options.rows.is_some() && !returns_set {
        return Err(error(
            sqlstate::INVALID_PARAMETER_VALUE,
            "ROWS is not applicable when function does not return a set",
        ));
    }
    Ok(())
}
