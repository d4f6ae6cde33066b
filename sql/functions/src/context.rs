//! What a function may ask of the session it runs in.

pub use types::formats::{ByteaFormat, DateFormat, DateOrder, Formats, IntervalFormat};
use types::{Datum, Oid, Row, SqlError, SqlResult, sqlstate};

/// A call of a function that a user made.
pub struct RoutineCall<'a> {
    pub routine: Oid,
    pub arguments: &'a [Datum],
    /// What the arguments are where the function takes any type.
    pub argument_types: &'a [Oid],
    pub result: Oid,
    /// Types of the columns that the call is to answer with; empty for one value.
    pub columns: &'a [types::SqlType],
}

/// The session, transaction and statement around an expression. Every method has a default that suits a constant
/// expression outside of any session, so that tests and constant folding need no session.
pub trait EvalContext: Send + Sync {
    fn formats(&self) -> &Formats;

    /// `now()`: microseconds since 2000-01-01 UTC at the transaction's start.
    fn transaction_time(&self) -> i64 {
        0
    }

    fn statement_time(&self) -> i64 {
        self.transaction_time()
    }

    /// `clock_timestamp()`.
    fn clock_time(&self) -> i64 {
        self.transaction_time()
    }

    /// A uniformly random number; the session's own generator (`setseed`).
    fn random(&self) -> u64 {
        0
    }

    fn set_seed(&self, _seed: f64) -> SqlResult<()> {
        Ok(())
    }

    fn current_user(&self) -> String {
        String::new()
    }

    fn session_user(&self) -> String {
        String::new()
    }

    fn current_database(&self) -> String {
        "postgres".to_owned()
    }

    /// Schemas of `search_path` that exist; with the implicit `pg_catalog` first if asked for.
    fn search_path(&self, _with_implicit: bool) -> Vec<String> {
        vec!["public".to_owned()]
    }

    fn setting(&self, _name: &str) -> SqlResult<Option<String>> {
        Ok(None)
    }

    fn set_setting(&self, name: &str, _value: &str, _is_local: bool) -> SqlResult<String> {
        Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("parameter \"{name}\" cannot be set here"),
        ))
    }

    fn backend_pid(&self) -> i32 {
        0
    }

    /// Fails with 57014 once the statement was cancelled or ran out of time. Long loops call it.
    fn check_interrupts(&self) -> SqlResult<()> {
        Ok(())
    }

    /// The longest value a function may build, in bytes (PostgreSQL's 1 GiB − 1, or the query's memory).
    fn maximum_value_bytes(&self) -> usize {
        (1 << 30) - 1
    }

    /// Functions that ask the catalog or the session (sequences, descriptions, privileges, advisory locks, cancel …).
    fn catalog_function(&self, name: &str, _arguments: &[Datum]) -> SqlResult<Datum> {
        Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("function {name} is not available here"),
        ))
    }

    fn catalog_set_function(&self, name: &str, _arguments: &[Datum]) -> SqlResult<Vec<Row>> {
        Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("function {name} is not available here"),
        ))
    }

    /// Runs a query for a function that is given its text: the types of its columns, and its rows.
    fn query(&self, _sql: &str) -> SqlResult<(Vec<Oid>, Vec<Row>)> {
        Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "a function that runs a query cannot be called here",
        ))
    }

    /// Runs a function that a user made; each row has one datum per output column.
    fn call_routine(&self, call: &RoutineCall<'_>) -> SqlResult<Vec<Row>> {
        Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("function with OID {} cannot be called here", call.routine),
        ))
    }

    /// `'name'::regclass` and its like: the object of kind `reg_type` named by `text`.
    fn object_by_name(&self, _reg_type: Oid, text: &str) -> SqlResult<Oid> {
        Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("\"{text}\" does not exist")))
    }

    /// The text form of `oid::regclass` and its like; `None` if there is no such object (PostgreSQL then prints the
    /// number).
    fn object_name(&self, _reg_type: Oid, _object: Oid) -> Option<String> {
        None
    }

    /// For a type a user made (enum, domain, composite): its input function.
    fn user_type_input(&self, type_oid: Oid, _text: &str) -> SqlResult<Datum> {
        Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("type {type_oid} does not exist")))
    }

    /// As [`EvalContext::user_type_input`], of the binary form.
    fn user_type_receive(&self, type_oid: Oid, _bytes: &[u8]) -> SqlResult<Datum> {
        Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("type {type_oid} does not exist")))
    }

    /// Fails (23502, 23514) if a value of the type under a domain is none of the domain.
    fn check_domain(&self, _domain: Oid, _value: &Datum) -> SqlResult<()> {
        Ok(())
    }

    /// The labels of an enum (or a domain over one) with their sort positions; `None` if it is none.
    fn enum_labels(&self, _type_oid: Oid) -> Option<Vec<(String, f32)>> {
        None
    }

    /// The names of the fields of a composite type; `None` if it is `record` or not composite.
    fn field_names(&self, _type_oid: Oid) -> Option<Vec<String>> {
        None
    }

    /// A client message below an error: NOTICE, WARNING …
    /// Whether the current user may read a column, by its relation and number: then errors may show it.
    fn may_read(&self, _relation: types::Oid, _column: i16) -> bool {
        true
    }

    fn notice(&self, _notice: SqlError) {}
}

/// A context outside of any session.
#[derive(Debug, Default)]
pub struct NoSession {
    formats: Formats,
}

impl EvalContext for NoSession {
    fn formats(&self) -> &Formats {
        &self.formats
    }
}
