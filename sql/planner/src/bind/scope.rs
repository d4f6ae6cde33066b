//! What names mean: relations and columns in scope, at each level of nested queries.

use functions::CastPath;
use syntax::ast;
use types::{Oid, SqlError, SqlResult, SqlType, sqlstate};

use super::{Binder, error};
use crate::expression::{Aggregate, Cast, ExecParameter, Expr};
use crate::logical::ColumnId;
use crate::plan::SetCall;
use crate::walk;

/// Where in a query an expression stands: what may be used there, and what errors call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    Select,
    /// A query in FROM: its own level's aggregates are another matter.
    From,
    JoinCondition,
    FromFunction,
    Where,
    GroupBy,
    Having,
    OrderBy,
    DistinctOn,
    Limit,
    Offset,
    Values,
    UpdateSet,
    Returning,
    Filter,
    WindowPartition,
    WindowOrder,
    MergeWhen,
    Check,
    Default,
    IndexExpression,
    IndexPredicate,
    Generated,
    /// A constant outside of any query (EXECUTE's arguments and the like).
    Other,
}

impl Clause {
    pub fn name(self) -> &'static str {
        match self {
            Clause::Select => "SELECT",
            Clause::From => "FROM clause of their own query level",
            Clause::JoinCondition => "JOIN conditions",
            Clause::FromFunction => "functions in FROM",
            Clause::Where => "WHERE",
            Clause::GroupBy => "GROUP BY",
            Clause::Having => "HAVING",
            Clause::OrderBy => "ORDER BY",
            Clause::DistinctOn => "DISTINCT ON",
            Clause::Limit => "LIMIT",
            Clause::Offset => "OFFSET",
            Clause::Values => "VALUES",
            Clause::UpdateSet => "UPDATE",
            Clause::Returning => "RETURNING",
            Clause::Filter => "FILTER",
            Clause::WindowPartition => "window PARTITION BY",
            Clause::WindowOrder => "window ORDER BY",
            Clause::MergeWhen => "MERGE WHEN conditions",
            Clause::Check => "check constraints",
            Clause::Default => "DEFAULT expressions",
            Clause::IndexExpression => "index expressions",
            Clause::IndexPredicate => "index predicates",
            Clause::Generated => "column generation expressions",
            Clause::Other => "this context",
        }
    }

    pub fn allows_aggregates(self) -> bool {
        matches!(self, Clause::Select | Clause::Having | Clause::OrderBy | Clause::DistinctOn)
            || matches!(self, Clause::WindowPartition | Clause::WindowOrder)
    }

    pub fn allows_windows(self) -> bool {
        matches!(self, Clause::Select | Clause::OrderBy | Clause::DistinctOn)
    }

    pub fn allows_sets(self) -> bool {
        matches!(self, Clause::Select | Clause::OrderBy | Clause::GroupBy | Clause::DistinctOn)
    }

    pub fn allows_subqueries(self) -> bool {
        !matches!(
            self,
            Clause::Check
                | Clause::Default
                | Clause::IndexExpression
                | Clause::IndexPredicate
                | Clause::Generated
        )
    }
}

/// A column that a name can mean; the expression is a column, or COALESCE of two after FULL JOIN USING.
#[derive(Clone)]
pub struct ScopeColumn {
    pub name: String,
    pub expr: Expr,
}

/// A relation of FROM.
#[derive(Clone)]
pub struct Item {
    /// What qualifies its columns: the alias, or the relation's name.
    pub name: String,
    /// Of a relation without alias.
    pub schema: Option<Oid>,
    /// The relation's own name if an alias hides it: for a hint.
    pub hidden_name: Option<String>,
    pub columns: Vec<ScopeColumn>,
    /// The row type of a plain relation, for whole-row references.
    pub row_type: Oid,
    /// First column of a stored table, its number of attributes and its oid: for `ctid` and `tableoid`.
    pub stored: Option<(ColumnId, usize)>,
    /// A function that returns one column: its alias also means the value.
    pub scalar: bool,
    /// An outer join may have no row of it: then the whole row is NULL, not a row of NULLs.
    pub may_be_missing: bool,
}

/// How values pass from outside into a level.
pub enum Boundary {
    /// A derived table: columns of the query around it are used directly (LATERAL).
    Open,
    /// A subquery of an expression: outer values come in as execution parameters.
    SubPlan(Vec<(ExecParameter, Expr)>),
}

/// One query under analysis.
pub struct Level {
    pub items: Vec<Item>,
    pub columns: Vec<ScopeColumn>,
    /// Relations that exist but may not be referenced from where we are.
    pub unreachable: Vec<String>,
    /// Relations left of a RIGHT or FULL join, which its right side may not use.
    pub not_lateral: Vec<String>,
    /// The FROM list is being bound for something that is not LATERAL.
    pub hidden: bool,
    pub boundary: Boundary,
    /// The level is that of a WITH query, not of a subquery in an expression.
    pub of_with: bool,
    /// Its FROM names the recursive query it is a term of.
    pub self_reference: bool,
    pub clause: Clause,
    pub aggregates: Vec<(ColumnId, Aggregate)>,
    pub windows: Vec<super::window::BoundWindow>,
    pub named_windows: Vec<(String, super::window::WindowSpecification)>,
    pub sets: Vec<(ColumnId, SetCall)>,
    /// Where the last of `sets` stands.
    pub last_set: u32,
    /// GROUPING() calls: their columns with the arguments and where these stand.
    pub groupings: Vec<(ColumnId, Vec<(Expr, u32)>)>,
    pub in_aggregate: bool,
    pub in_window: bool,
    /// Columns used outside of aggregates with where they stand.
    pub references: Vec<(ColumnId, u32)>,
}

impl Level {
    pub fn new(boundary: Boundary) -> Level {
        Level {
            items: Vec::new(),
            columns: Vec::new(),
            unreachable: Vec::new(),
            not_lateral: Vec::new(),
            hidden: false,
            boundary,
            of_with: false,
            self_reference: false,
            clause: Clause::Select,
            aggregates: Vec::new(),
            windows: Vec::new(),
            named_windows: Vec::new(),
            sets: Vec::new(),
            last_set: 0,
            groupings: Vec::new(),
            in_aggregate: false,
            in_window: false,
            references: Vec::new(),
        }
    }
}

impl Binder<'_> {
    pub fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::new(Boundary::Open));
        }
        self.levels.last_mut().expect("a level was just made")
    }

    /// Runs with the clause set, and sets it back.
    pub fn in_clause<T>(
        &mut self,
        clause: Clause,
        run: impl FnOnce(&mut Self) -> SqlResult<T>,
    ) -> SqlResult<T> {
        let before = std::mem::replace(&mut self.level().clause, clause);
        let result = run(self);
        self.level().clause = before;
        result
    }

    /// Makes a column of level `found` usable at the innermost level.
    pub fn bring_in(&mut self, found: usize, expr: Expr, location: u32) -> Expr {
        for (level, innermost) in &mut self.aggregate_levels {
            if found <= *level {
                *innermost = Some(innermost.map_or(found, |known| known.max(found)));
            }
        }
        if let Expr::Column { index, .. } = &expr {
            if !self.levels[found].in_aggregate {
                self.levels[found].references.push((*index, location));
            }
            let (table, attribute) =
                (self.columns.facts[*index].table, self.columns.facts[*index].attribute);
            self.uses_column(table, attribute);
        }
        let mut expr = expr;
        for level in found + 1..self.levels.len() {
            if let Boundary::SubPlan(parameters) = &mut self.levels[level].boundary {
                let ty = walk::type_of(&expr);
                let known = parameters.iter().find(|known| walk::same(&known.1, &expr));
                let id = match known {
                    Some(known) => known.0,
                    None => {
                        let id = self.columns.exec_parameters;
                        self.columns.exec_parameters += 1;
                        parameters.push((id, expr));
                        id
                    }
                };
                expr = Expr::ExecParameter { id, ty };
            }
        }
        expr
    }

    pub fn column_ref(&mut self, reference: &ast::ColumnRef) -> SqlResult<Expr> {
        if self.variables.is_empty() {
            return self.table_column(reference);
        }
        let mut variable = self.variable(&reference.fields);
        if variable.is_none() {
            variable = self.field_of_variable(reference)?;
        }
        match (self.table_column(reference), variable) {
            (Ok(column), Some((_, false))) | (Ok(column), None) => Ok(column),
            (Ok(_), Some((_, true))) => Err(error(
                sqlstate::AMBIGUOUS_COLUMN,
                format!("column reference \"{}\" is ambiguous", reference.fields.join(".")),
                reference.location,
            )
            .detail("It could refer to either a PL/pgSQL variable or a table column.")),
            (Err(_), Some((variable, _))) => Ok(variable),
            (Err(failure), None) => Err(failure),
        }
    }

    /// The variable that a name may mean, and whether a column of that name conflicts with it.
    fn variable(&self, fields: &[String]) -> Option<(Expr, bool)> {
        let found = self.variables.iter().rev().find(|variable| match fields {
            [name] => variable.bare && variable.name == *name,
            [qualifier, name] => variable.name == *name && variable.qualifiers.contains(qualifier),
            _ => false,
        })?;
        let parameter = Expr::Parameter { number: found.parameter, ty: found.ty };
        Some((parameter, found.conflicts))
    }

    /// `p.f`: a field of a variable of a composite type.
    fn field_of_variable(&mut self, reference: &ast::ColumnRef) -> SqlResult<Option<(Expr, bool)>> {
        let [rest @ .., field] = reference.fields.as_slice() else { return Ok(None) };
        let Some((record, conflicts)) = self.variable(rest) else { return Ok(None) };
        let known = self.composite_fields(crate::walk::type_of(&record).oid);
        if !known.is_some_and(|known| known.iter().any(|known| known.0 == *field)) {
            return Ok(None);
        }
        self.field(record, field, reference.location).map(|field| Some((field, conflicts)))
    }

    fn table_column(&mut self, reference: &ast::ColumnRef) -> SqlResult<Expr> {
        let location = reference.location;
        match reference.fields.as_slice() {
            [column] => self.unqualified(column, location),
            [relation, column] => self.qualified(None, relation, column, location),
            [schema, relation, column] => self.qualified(Some(schema), relation, column, location),
            [_, schema, relation, column] => {
                self.check_database(&reference.fields, location)?;
                self.qualified(Some(schema), relation, column, location)
            }
            _ => Err(error(
                sqlstate::SYNTAX_ERROR,
                "improper qualified name (too many dotted names)",
                location,
            )),
        }
    }

    /// The first of several names has to be this database.
    pub fn check_database(&self, names: &[String], location: u32) -> SqlResult<()> {
        if names.first().is_some_and(|first| *first == self.catalog.database_name()) {
            return Ok(());
        }
        Err(super::unsupported(
            format!("cross-database references are not implemented: {}", names.join(".")),
            location,
        ))
    }

    fn unqualified(&mut self, name: &str, location: u32) -> SqlResult<Expr> {
        if name == "value"
            && let Some(value) = &self.domain_value
        {
            return Ok(value.clone());
        }
        for index in (0..self.levels.len()).rev() {
            if self.levels[index].hidden {
                continue;
            }
            let mut matches =
                self.levels[index].columns.iter().filter(|column| column.name == name);
            if let Some(first) = matches.next() {
                if matches.next().is_some() {
                    return Err(error(
                        sqlstate::AMBIGUOUS_COLUMN,
                        format!("column reference \"{name}\" is ambiguous"),
                        location,
                    ));
                }
                let expr = first.expr.clone();
                return Ok(self.bring_in(index, expr, location));
            }
            if let Some(expr) = self.system_column(index, name, None, location)? {
                return Ok(expr);
            }
        }
        for index in (0..self.levels.len()).rev() {
            if self.levels[index].hidden {
                continue;
            }
            let position = self.levels[index].items.iter().position(|item| item.name == name);
            if let Some(position) = position {
                return self.whole_row(index, position, location);
            }
        }
        Err(error(
            sqlstate::UNDEFINED_COLUMN,
            format!("column \"{name}\" does not exist"),
            location,
        ))
    }

    fn system_column(
        &mut self,
        level: usize,
        name: &str,
        item: Option<usize>,
        location: u32,
    ) -> SqlResult<Option<Expr>> {
        let offset = match name {
            "ctid" => 0,
            "tableoid" => 1,
            _ => return Ok(None),
        };
        let mut stored = self.levels[level]
            .items
            .iter()
            .enumerate()
            .filter(|(index, _)| item.is_none_or(|item| item == *index))
            .filter_map(|(_, item)| item.stored);
        let Some((first, attributes)) = stored.next() else {
            return Ok(None);
        };
        if stored.next().is_some() {
            return Err(error(
                sqlstate::AMBIGUOUS_COLUMN,
                format!("column reference \"{name}\" is ambiguous"),
                location,
            ));
        }
        // Computed relations have no rows of their own to point at, and one oid for all.
        let relation = self.columns.facts[first + attributes + offset].table;
        if self.catalog.relation_by_oid(relation).is_some_and(|relation| relation.is_virtual()) {
            if name == "ctid" {
                return Ok(None);
            }
            let value = types::Datum::Oid(relation);
            return Ok(Some(Expr::Constant { value, ty: SqlType::new(types::oid::OID) }));
        }
        let expr = self.columns.column(first + attributes + offset);
        Ok(Some(self.bring_in(level, expr, location)))
    }

    fn whole_row(&mut self, level: usize, item: usize, location: u32) -> SqlResult<Expr> {
        let (columns, row_type, scalar, missing, stored) = {
            let item = &self.levels[level].items[item];
            let missing = item.may_be_missing;
            (item.columns.clone(), item.row_type, item.scalar, missing, item.stored)
        };
        if scalar && let Some(only) = columns.first() {
            return Ok(self.bring_in(level, only.expr.clone(), location));
        }
        let ty = match row_type {
            0 => functions::record_shapes::row_type(
                columns.iter().map(|column| column.name.to_string()).collect(),
            ),
            row_type => SqlType::new(row_type),
        };
        let fields: Vec<Expr> =
            columns.into_iter().map(|column| self.bring_in(level, column.expr, location)).collect();
        if !missing {
            return Ok(Expr::Row { fields, ty });
        }
        // A stored row that is there has a place; of a computed row it is enough that a column has a value.
        let stored = stored.filter(|(first, attributes)| {
            let relation = self.columns.facts[first + attributes].table;
            self.catalog.relation_by_oid(relation).is_some_and(|relation| !relation.is_virtual())
        });
        let signs = match stored {
            Some((first, attributes)) => {
                let place = self.columns.column(first + attributes);
                vec![self.bring_in(level, place, location)]
            }
            None => fields.clone(),
        };
        let present = signs
            .into_iter()
            .map(|sign| Expr::IsNull { operand: Box::new(sign), negated: true })
            .collect();
        Ok(Expr::Case {
            branches: vec![(Expr::Or(present), Expr::Row { fields, ty })],
            otherwise: None,
            ty,
        })
    }

    /// The level and position of a relation by its qualifier.
    pub fn find_item(&self, schema: Option<&str>, name: &str) -> Option<(usize, usize)> {
        let schema = match schema {
            Some(schema) => Some(self.catalog.schema_by_name(schema)?),
            None => None,
        };
        for index in (0..self.levels.len()).rev() {
            if self.levels[index].hidden {
                continue;
            }
            let found = self.levels[index]
                .items
                .iter()
                .position(|item| item.name == name && (schema.is_none() || item.schema == schema));
            if let Some(found) = found {
                return Some((index, found));
            }
        }
        None
    }

    pub fn missing_relation(&self, name: &str, location: u32) -> SqlError {
        let hidden = |level: &Level| {
            level.unreachable.iter().any(|known| known == name)
                || level.hidden && level.items.iter().any(|item| item.name == name)
        };
        let can_be_lateral = self
            .levels
            .iter()
            .any(|level| level.hidden && level.items.iter().any(|item| item.name == name));
        if self.levels.iter().any(hidden) {
            let failure = error(
                sqlstate::UNDEFINED_TABLE,
                format!("invalid reference to FROM-clause entry for table \"{name}\""),
                location,
            )
            .detail(format!(
                "There is an entry for table \"{name}\", but it cannot be referenced from this \
                 part of the query."
            ));
            return match can_be_lateral {
                true => failure
                    .hint("To reference that table, you must mark this subquery with LATERAL."),
                false => failure,
            };
        }
        let refused = |level: &Level| level.not_lateral.iter().any(|known| known == name);
        if self.levels.iter().any(refused) {
            return error(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!("invalid reference to FROM-clause entry for table \"{name}\""),
                location,
            )
            .detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
        }
        for level in self.levels.iter().rev() {
            let aliased = level.items.iter().find(|item| item.hidden_name.as_deref() == Some(name));
            if let Some(item) = aliased {
                return error(
                    sqlstate::UNDEFINED_TABLE,
                    format!("invalid reference to FROM-clause entry for table \"{name}\""),
                    location,
                )
                .hint(format!(
                    "Perhaps you meant to reference the table alias \"{}\".",
                    item.name
                ));
            }
        }
        error(
            sqlstate::UNDEFINED_TABLE,
            format!("missing FROM-clause entry for table \"{name}\""),
            location,
        )
    }

    fn qualified(
        &mut self,
        schema: Option<&str>,
        relation: &str,
        column: &str,
        location: u32,
    ) -> SqlResult<Expr> {
        let Some((level, item)) = self.find_item(schema, relation) else {
            return Err(self.missing_relation(relation, location));
        };
        let found = &self.levels[level].items[item];
        let mut matches = found.columns.iter().filter(|known| known.name == column);
        if let Some(first) = matches.next() {
            if matches.next().is_some() {
                return Err(error(
                    sqlstate::AMBIGUOUS_COLUMN,
                    format!("column reference \"{column}\" is ambiguous"),
                    location,
                ));
            }
            let expr = first.expr.clone();
            return Ok(self.bring_in(level, expr, location));
        }
        if let Some(expr) = self.system_column(level, column, Some(item), location)? {
            return Ok(expr);
        }
        Err(error(
            sqlstate::UNDEFINED_COLUMN,
            format!("column {relation}.{column} does not exist"),
            location,
        ))
    }

    /// Changes only what type an expression is said to have.
    pub fn relabel(&self, expr: Expr, ty: SqlType, location: u32) -> Expr {
        let collation = walk::type_of(&expr).collation;
        Expr::Cast(Box::new(Cast {
            operand: expr,
            path: CastPath::Relabel { target: ty.oid },
            ty: SqlType::new(ty.oid).collated(collation),
            explicit: false,
            location,
        }))
    }
}
