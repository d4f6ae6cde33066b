//! The statements of PL/pgSQL. Expressions and SQL stay text.

/// A block with its variables and exception handlers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    pub label: Option<String>,
    pub declarations: Vec<Declaration>,
    pub body: Vec<Statement>,
    pub handlers: Vec<Handler>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    pub name: String,
    pub constant: bool,
    pub type_name: String,
    pub not_null: bool,
    pub default: Option<String>,
    pub line: u32,
    /// `name ALIAS FOR this`.
    pub alias: Option<String>,
    /// `name CURSOR FOR …`.
    pub cursor: Option<std::sync::Arc<Cursor>>,
}

/// A cursor variable that is bound to its query.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    pub name: String,
    pub scrolls: bool,
    /// Names and types.
    pub parameters: Vec<(String, String)>,
    pub query: String,
}

/// A cursor's arguments, by position or name.
pub type CursorArguments = Vec<(Option<String>, String)>;

/// Where FETCH and MOVE go; as far as possible is `i64::MAX`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Direction {
    Forward(i64),
    Backward(i64),
    Absolute(i64),
    Relative(i64),
}

/// A direction whose number is yet to be computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub direction: Direction,
    pub count: Option<String>,
}

/// What OPEN names.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    Bound(CursorArguments),
    Query { source: Source, scrolls: bool },
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

impl Source {
    /// The statement, or the expression that makes it.
    pub fn text(&self) -> &str {
        match self {
            Source::Sql(text) => text,
            Source::Dynamic(dynamic) => &dynamic.text,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Block(Block),
    Null,
    Assign {
        target: Vec<String>,
        /// `a[1][2] := …`.
        subscripts: Vec<String>,
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
    /// A loop over the rows of a bound cursor.
    ForCursor {
        label: Option<String>,
        variable: String,
        cursor: String,
        arguments: CursorArguments,
        body: Vec<Statement>,
    },
    Open {
        cursor: Vec<String>,
        what: Opened,
    },
    Fetch {
        cursor: Vec<String>,
        step: Step,
        /// `None` is MOVE.
        into: Option<Vec<Vec<String>>>,
    },
    Close {
        cursor: Vec<String>,
    },
    Foreach {
        label: Option<String>,
        target: Vec<String>,
        /// Dimensions of what the target is given: 0 are elements.
        slice: usize,
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

/// A piece of SQL in a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Text<'a> {
    Expression(&'a str),
    Statement(&'a str),
}

impl Block {
    /// Hands every piece of SQL to `visit`, with its line, until that fails.
    pub fn each_text<E>(
        &self,
        visit: &mut dyn FnMut(Text<'_>, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        for declaration in &self.declarations {
            if let Some(default) = &declaration.default {
                visit(Text::Expression(default), declaration.line)?;
            }
            if let Some(cursor) = &declaration.cursor {
                visit(Text::Statement(&cursor.query), declaration.line)?;
            }
        }
        each(&self.body, visit)?;
        self.handlers.iter().try_for_each(|handler| each(&handler.body, visit))
    }
}

type Visit<'v, E> = &'v mut dyn FnMut(Text<'_>, u32) -> Result<(), E>;

fn each<E>(statements: &[Statement], visit: Visit<'_, E>) -> Result<(), E> {
    for statement in statements {
        let line = statement.line;
        let mut expressions: Vec<&String> = Vec::new();
        let mut bodies: Vec<&[Statement]> = Vec::new();
        let dynamic = |source: &Source| match source {
            Source::Sql(_) => Vec::new(),
            Source::Dynamic(dynamic) => {
                [&dynamic.text].into_iter().chain(&dynamic.using).cloned().collect()
            }
        };
        let mut used: Vec<String> = Vec::new();
        match &statement.kind {
            Kind::Block(block) => block.each_text(visit)?,
            Kind::Null | Kind::Diagnostics { .. } | Kind::Close { .. } => {}
            Kind::Assign { value, subscripts, .. } => {
                expressions.push(value);
                expressions.extend(subscripts);
            }
            Kind::Perform(value) => expressions.push(value),
            Kind::If { branches, otherwise } => {
                expressions.extend(branches.iter().map(|branch| &branch.0));
                bodies.extend(branches.iter().map(|branch| branch.1.as_slice()));
                bodies.push(otherwise);
            }
            Kind::Case { branches, otherwise } => {
                expressions.extend(branches.iter().map(|branch| &branch.0));
                bodies.extend(branches.iter().map(|branch| branch.1.as_slice()));
                bodies.extend(otherwise.as_deref());
            }
            Kind::Loop { body, .. } => bodies.push(body),
            Kind::While { condition, body, .. } => {
                expressions.push(condition);
                bodies.push(body);
            }
            Kind::ForInteger { from, to, step, body, .. } => {
                expressions.extend([from, to].into_iter().chain(step));
                bodies.push(body);
            }
            Kind::ForQuery { source, body, .. } => {
                if let Source::Sql(text) = source {
                    visit(Text::Statement(text), line)?;
                }
                used = dynamic(source);
                bodies.push(body);
            }
            Kind::ForCursor { arguments, body, .. } => {
                expressions.extend(arguments.iter().map(|argument| &argument.1));
                bodies.push(body);
            }
            Kind::Open { what: Opened::Bound(arguments), .. } => {
                expressions.extend(arguments.iter().map(|argument| &argument.1));
            }
            Kind::Open { what: Opened::Query { source, .. }, .. } => {
                if let Source::Sql(text) = source {
                    visit(Text::Statement(text), line)?;
                }
                used = dynamic(source);
            }
            Kind::Fetch { step, .. } => expressions.extend(&step.count),
            Kind::Foreach { array, body, .. } => {
                expressions.push(array);
                bodies.push(body);
            }
            Kind::Leave { condition, .. } => expressions.extend(condition),
            Kind::Return(value) | Kind::ReturnNext(value) => expressions.extend(value),
            Kind::ReturnQuery(source) => {
                if let Source::Sql(text) = source {
                    visit(Text::Statement(text), line)?;
                }
                used = dynamic(source);
            }
            Kind::Execute { source, .. } => {
                expressions.push(&source.text);
                expressions.extend(&source.using);
            }
            Kind::Sql { text, .. } => visit(Text::Statement(text), line)?,
            Kind::Raise(raise) => {
                expressions.extend(&raise.arguments);
                expressions.extend(raise.options.iter().map(|option| &option.1));
            }
            Kind::Assert { condition, message } => {
                expressions.push(condition);
                expressions.extend(message);
            }
        }
        for text in expressions.into_iter().chain(&used) {
            visit(Text::Expression(text), line)?;
        }
        for body in bodies {
            each(body, visit)?;
        }
    }
    Ok(())
}
