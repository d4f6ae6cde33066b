//! The statements of PL/pgSQL. Expressions and SQL stay text.

/// A block with its variables and exception handlers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub label: Option<String>,
    pub declarations: Vec<Declaration>,
    pub body: Vec<Statement>,
    pub handlers: Vec<Handler>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    pub name: String,
    pub constant: bool,
    pub type_name: String,
    pub not_null: bool,
    pub default: Option<String>,
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// SQLSTATEs, or classes ending in `000`; `None` is OTHERS.
    pub conditions: Vec<Option<String>>,
    pub body: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// 1-based, within the body.
    pub line: u32,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Destination {
    pub targets: Vec<Vec<String>>,
    pub strict: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Dynamic {
    pub text: String,
    pub using: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Sql(String),
    Dynamic(Dynamic),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Block(Block),
    Null,
    Assign {
        target: Vec<String>,
        value: String,
    },
    If {
        branches: Vec<(String, Vec<Statement>)>,
        otherwise: Vec<Statement>,
    },
    /// Conditions are complete: those of a CASE with an operand compare with it.
    Case {
        branches: Vec<(String, Vec<Statement>)>,
        otherwise: Option<Vec<Statement>>,
    },
    Loop {
        label: Option<String>,
        body: Vec<Statement>,
    },
    While {
        label: Option<String>,
        condition: String,
        body: Vec<Statement>,
    },
    ForInteger {
        label: Option<String>,
        variable: String,
        reverse: bool,
        from: String,
        to: String,
        step: Option<String>,
        body: Vec<Statement>,
    },
    ForQuery {
        label: Option<String>,
        targets: Vec<Vec<String>>,
        source: Source,
        body: Vec<Statement>,
    },
    Foreach {
        label: Option<String>,
        target: Vec<String>,
        array: String,
        body: Vec<Statement>,
    },
    /// EXIT, or CONTINUE.
    Leave {
        again: bool,
        label: Option<String>,
        condition: Option<String>,
    },
    Return(Option<String>),
    ReturnNext(Option<String>),
    ReturnQuery(Source),
    Perform(String),
    Execute {
        source: Dynamic,
        into: Option<Destination>,
    },
    Sql {
        text: String,
        into: Option<Destination>,
    },
    Raise(Raise),
    Assert {
        condition: String,
        message: Option<String>,
    },
    Diagnostics {
        stacked: bool,
        items: Vec<(Vec<String>, String)>,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raise {
    /// Lower case; `exception` if none was written.
    pub level: String,
    pub format: Option<String>,
    pub arguments: Vec<String>,
    /// A condition's name or SQLSTATE.
    pub condition: Option<String>,
    /// Option names in lower case with their expressions.
    pub options: Vec<(String, String)>,
    /// `RAISE;`.
    pub again: bool,
}
