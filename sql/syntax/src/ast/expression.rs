//! Expressions. [`Expr`] is small: large nodes are boxed. `AND` and `OR` chains are flat vectors,
//! so 100,000 terms are one level deep; other left-deep chains are bounded by the parser, and
//! the clone of an operator chain walks its left spine in a loop.

use super::{Location, ObjectName, OrderBy, Query, TypeName};

/// A scalar expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// `a`, `t.a`, `s.t.*`, `*`.
    ColumnRef(ColumnRef),
    /// `$1`.
    Parameter {
        number: u32,
        location: Location,
    },
    Literal(Literal),
    /// `expr::type`, `CAST(expr AS type)`, `type 'text'`.
    TypeCast(Box<TypeCast>),
    /// Any operator, prefix (no left side) or infix.
    Operator(Box<OperatorExpr>),
    /// At least two terms.
    And(Vec<Expr>),
    /// At least two terms.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// `IS [NOT] NULL | TRUE | ...`.
    Is(Box<IsExpr>),
    /// `a IS [NOT] DISTINCT FROM b`.
    IsDistinct(Box<IsDistinctExpr>),
    InList(Box<InListExpr>),
    Between(Box<BetweenExpr>),
    /// `LIKE`, `ILIKE`, `SIMILAR TO`.
    Like(Box<LikeExpr>),
    /// `a op ANY (array)`, `a op ALL (array)`.
    Quantified(Box<QuantifiedExpr>),
    /// `EXISTS`, scalar, `ARRAY(query)`, `IN (query)`, `op ANY (query)`.
    Subquery(Box<SubqueryExpr>),
    /// `ARRAY[...]`; inner `[...]` of a multi-dimensional one are `Array` too.
    Array {
        elements: Vec<Expr>,
        location: Location,
    },
    /// `ROW(...)` or `(a, b)`.
    Row {
        fields: Vec<Expr>,
        explicit: bool,
        location: Location,
    },
    Case(Box<CaseExpr>),
    /// `COALESCE`.
    Coalesce {
        arguments: Vec<Expr>,
        location: Location,
    },
    NullIf(Box<NullIfExpr>),
    /// `GREATEST` or `LEAST`.
    MinMax {
        greatest: bool,
        arguments: Vec<Expr>,
        location: Location,
    },
    Function(Box<FunctionCall>),
    /// `CURRENT_DATE`, `CURRENT_USER`, ... written without parentheses.
    SqlValue {
        function: SqlValueFunction,
        precision: Option<u32>,
        location: Location,
    },
    /// `expr[1].field.*`: array elements, slices, field selection.
    Indirection(Box<Indirection>),
    /// `expr COLLATE name`.
    Collate(Box<CollateExpr>),
    /// `GROUPING(a, b)`.
    Grouping {
        arguments: Vec<Expr>,
        location: Location,
    },
    /// `MERGE_ACTION()`.
    MergeAction {
        location: Location,
    },
    /// `XMLELEMENT`, `XMLFOREST`, ...: parsed so that the error can be precise.
    Xml(Box<XmlExpr>),
    /// `JSON_VALUE`, `JSON_OBJECT(k: v)`, ... of the SQL standard.
    Json(Box<JsonExpr>),
    /// `DEFAULT`, valid only as an inserted or assigned value.
    Default {
        location: Location,
    },
    /// `CURRENT OF cursor`, valid only as a whole WHERE clause.
    CurrentOf {
        cursor: String,
        location: Location,
    },
}

/// A column reference: `fields` and, if `star`, a trailing `*`.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRef {
    pub fields: Vec<String>,
    pub star: bool,
    pub location: Location,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    pub value: LiteralValue,
    pub location: Location,
}

/// The value of a constant, still text where its type is not yet known.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    /// An integer that fits `int4`, never negative (a sign is an operator, except for `- 1`
    /// which PostgreSQL's grammar folds as well).
    Integer(i32),
    /// Any other number, decimal digits as written without `_`: too large for `int4`, or with a
    /// fraction or exponent. May begin with `-`.
    Numeric(String),
    String(String),
    /// `B'0101'`, digits only.
    BitString(String),
    /// `X'1FF'`, digits only.
    HexString(String),
    Boolean(bool),
    Null,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TypeCast {
    pub expr: Expr,
    pub type_name: TypeName,
    /// Of `::`, `CAST` or the type.
    pub location: Location,
}

/// `left op right` or `op right`.
#[derive(Debug, PartialEq)]
pub struct OperatorExpr {
    /// Qualifiers of `OPERATOR(s.op)`; empty for a bare operator.
    pub schema: Vec<String>,
    pub name: String,
    pub left: Option<Expr>,
    pub right: Expr,
    pub location: Location,
}

impl OperatorExpr {
    fn clone_without_left(&self) -> OperatorExpr {
        OperatorExpr {
            schema: self.schema.clone(),
            name: self.name.clone(),
            left: None,
            right: self.right.clone(),
            location: self.location,
        }
    }
}

impl Clone for OperatorExpr {
    // A loop over the left spine: a chain of thousands of terms must not use a frame for each.
    fn clone(&self) -> OperatorExpr {
        let mut spine = vec![self];
        let mut bottom = None;
        let mut left = self.left.as_ref();
        while let Some(expr) = left {
            match expr {
                Expr::Operator(operator) => {
                    spine.push(operator);
                    left = operator.left.as_ref();
                }
                other => {
                    bottom = Some(other.clone());
                    break;
                }
            }
        }
        let mut built = bottom;
        for operator in spine.iter().skip(1).rev() {
            let mut copy = operator.clone_without_left();
            copy.left = built.take();
            built = Some(Expr::Operator(Box::new(copy)));
        }
        let mut copy = self.clone_without_left();
        copy.left = built;
        copy
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct IsExpr {
    pub expr: Expr,
    pub test: IsTest,
    pub negated: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum IsTest {
    Null,
    True,
    False,
    Unknown,
    Document,
    /// `NFC` unless written.
    Normalized(Option<String>),
    /// `IS JSON [VALUE|ARRAY|OBJECT|SCALAR] [WITH UNIQUE KEYS]`.
    Json {
        kind: Option<String>,
        unique_keys: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct IsDistinctExpr {
    pub left: Expr,
    pub right: Expr,
    pub negated: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct InListExpr {
    pub expr: Expr,
    pub list: Vec<Expr>,
    pub negated: bool,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct BetweenExpr {
    pub expr: Expr,
    pub low: Expr,
    pub high: Expr,
    pub negated: bool,
    pub symmetric: bool,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LikeKind {
    Like,
    ILike,
    SimilarTo,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LikeExpr {
    pub kind: LikeKind,
    pub expr: Expr,
    pub pattern: Expr,
    pub escape: Option<Expr>,
    pub negated: bool,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    Any,
    All,
}

/// An operator used with ANY/ALL; `LIKE ANY` has the operator `~~`.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantifiedExpr {
    pub left: Expr,
    pub schema: Vec<String>,
    pub operator: String,
    pub quantifier: Quantifier,
    pub array: Expr,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SubqueryExpr {
    pub kind: SubqueryKind,
    pub query: Query,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SubqueryKind {
    Exists,
    Scalar,
    Array,
    /// `expr [NOT] IN (query)`.
    In {
        expr: Expr,
        negated: bool,
    },
    /// `left op ANY (query)`; SOME is ANY.
    Quantified {
        left: Expr,
        schema: Vec<String>,
        operator: String,
        quantifier: Quantifier,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct CaseExpr {
    pub operand: Option<Expr>,
    pub branches: Vec<CaseBranch>,
    pub otherwise: Option<Expr>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CaseBranch {
    pub condition: Expr,
    pub result: Expr,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NullIfExpr {
    pub left: Expr,
    pub right: Expr,
    pub location: Location,
}

/// How a call was written, where PostgreSQL's deparser cares. The tree is the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallSyntax {
    /// `name(arguments)`.
    #[default]
    Ordinary,
    /// `EXTRACT(f FROM x)`, `x AT TIME ZONE z`, ...: the name is in `pg_catalog`.
    Sql,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    pub name: ObjectName,
    pub arguments: Vec<FunctionArgument>,
    /// `count(*)`.
    pub star: bool,
    pub distinct: bool,
    /// The last argument is `VARIADIC`.
    pub variadic: bool,
    /// `agg(x ORDER BY y)`, or the `WITHIN GROUP` ordering.
    pub order_by: Vec<OrderBy>,
    pub within_group: bool,
    pub filter: Option<Expr>,
    pub over: Option<Over>,
    pub syntax: CallSyntax,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionArgument {
    /// `name => value`.
    pub name: Option<String>,
    pub value: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// `OVER w`.
    Name { name: String, location: Location },
    /// `OVER (...)`.
    Window(WindowDefinition),
}

#[derive(Debug, Clone, PartialEq)]
pub struct WindowDefinition {
    /// `(w ...)`: the window this one extends.
    pub base: Option<String>,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderBy>,
    pub frame: Option<WindowFrame>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WindowFrame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    /// `None`: only the start was written, the end is CURRENT ROW.
    pub end: Option<FrameBound>,
    pub exclusion: FrameExclusion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    Range,
    Rows,
    Groups,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Expr),
    CurrentRow,
    Following(Expr),
    UnboundedFollowing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FrameExclusion {
    #[default]
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlValueFunction {
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentRole,
    CurrentUser,
    User,
    SessionUser,
    SystemUser,
    CurrentCatalog,
    CurrentSchema,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Indirection {
    pub base: Expr,
    pub steps: Vec<IndirectionStep>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum IndirectionStep {
    Field {
        name: String,
        location: Location,
    },
    /// `.*`.
    Star {
        location: Location,
    },
    Index(Expr),
    Slice {
        lower: Option<Expr>,
        upper: Option<Expr>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct CollateExpr {
    pub expr: Expr,
    pub collation: ObjectName,
    pub location: Location,
}

/// One of the XML constructors, with its parts in the order written.
#[derive(Debug, Clone, PartialEq)]
pub struct XmlExpr {
    /// Lower-case keyword: `xmlelement`, `xmlconcat`, `xmlforest`, `xmlpi`, `xmlparse`,
    /// `xmlserialize`, `xmlroot`, `xmlexists`.
    pub function: String,
    /// The `NAME x` part.
    pub name: Option<String>,
    /// `XMLATTRIBUTES(...)`, or the fields of `XMLFOREST`.
    pub attributes: Vec<SelectItem>,
    pub arguments: Vec<Expr>,
    /// `DOCUMENT` or `CONTENT`, and other trailing keywords, lower case.
    pub modifiers: Vec<String>,
    pub type_name: Option<TypeName>,
    pub location: Location,
}

use super::SelectItem;

/// One of the SQL/JSON constructors and query functions.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonExpr {
    /// Lower-case keyword: `json_value`, `json_query`, `json_exists`, `json_object`, `json_array`,
    /// `json_objectagg`, `json_arrayagg`, `json`, `json_scalar`, `json_serialize`.
    pub function: String,
    pub arguments: Vec<JsonArgument>,
    /// `PASSING value AS name`.
    pub passing: Vec<(Expr, String)>,
    pub returning: Option<TypeName>,
    /// `FORMAT JSON` after the returned type.
    pub returning_format: bool,
    /// Lower-case: `with wrapper`, `keep quotes`, `absent on null`, `with unique keys`, ...
    pub modifiers: Vec<String>,
    pub on_empty: Option<JsonBehavior>,
    pub on_error: Option<JsonBehavior>,
    /// `JSON_ARRAY(SELECT ...)`.
    pub query: Option<Query>,
    pub order_by: Vec<OrderBy>,
    pub filter: Option<Expr>,
    pub over: Option<Over>,
    pub location: Location,
}

/// A value or a `key: value` pair.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonArgument {
    pub key: Option<Expr>,
    pub value: Expr,
    pub format_json: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JsonBehavior {
    Error,
    Null,
    True,
    False,
    Unknown,
    EmptyArray,
    EmptyObject,
    Default(Expr),
}
