//! What the interpreter asks of whoever runs its SQL.

use types::{Datum, Oid, Row, SqlError, SqlResult, SqlType};

use crate::tree::Direction;

/// A variable as a statement may name it.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Names that may stand before it with a dot.
    pub qualifiers: Vec<String>,
    /// Whether its name alone means it.
    pub bare: bool,
    pub name: String,
    pub ty: SqlType,
    pub value: Datum,
}

/// What a statement answered.
#[derive(Debug, Default)]
pub struct Rows {
    pub columns: Vec<(String, SqlType)>,
    pub rows: Vec<Row>,
    /// Rows returned or changed.
    pub count: u64,
}

/// A type by name; of a composite one also its fields.
#[derive(Clone, Debug)]
pub struct Shape {
    pub ty: SqlType,
    pub fields: Option<Vec<(String, SqlType)>>,
}

/// A place in the transaction to go back to.
pub type Mark = usize;

/// A cursor that OPEN makes.
#[derive(Debug)]
pub struct NewCursor {
    pub name: Option<String>,
    /// The query, as `pg_cursors` shows it.
    pub query: String,
    pub scrolls: bool,
    pub rows: Rows,
}

/// The session and transaction around a function.
pub trait Host {
    /// Runs one statement; at most `limit` rows are wanted.
    fn query(&self, sql: &str, variables: &[Binding], limit: usize) -> SqlResult<Rows>;

    /// A value as an assignment to a variable of another type makes it.
    fn coerce(&self, value: Datum, from: Oid, to: SqlType) -> SqlResult<Datum>;

    /// The text form of a value.
    fn text(&self, value: &Datum, ty: Oid) -> SqlResult<String>;

    fn type_named(&self, text: &str) -> SqlResult<Shape>;

    /// The element type of an array, or 0.
    fn element_type(&self, array: Oid) -> Oid;

    /// Makes a cursor of the rows; without a name it gets one that is free. Answers with its name.
    fn open_cursor(&self, cursor: NewCursor) -> SqlResult<String>;

    /// Rows of a cursor of the session; MOVE goes as far and gives only their number.
    fn fetch(&self, cursor: &str, direction: Direction, is_move: bool) -> SqlResult<Rows>;

    fn close_cursor(&self, cursor: &str) -> SqlResult<()>;

    /// A block with handlers begins.
    fn mark(&self) -> Mark;

    /// It failed: takes back what it did.
    fn roll_back_to(&self, mark: Mark) -> SqlResult<()>;

    /// Its statements are done, or taken back.
    fn forget_mark(&self);

    fn notice(&self, notice: SqlError);

    /// Fails once the statement was cancelled or ran out of time.
    fn check_interrupts(&self) -> SqlResult<()>;
}
