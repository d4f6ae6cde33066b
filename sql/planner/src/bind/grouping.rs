//! GROUP BY: keys, grouping sets, and what may stand beside aggregates.

use syntax::ast;
use types::{Datum, SqlResult, SqlType, oid, sqlstate};

use super::expressions::{constant, location_of};
use super::scope::Clause;
use super::select::{Target, has_equality, position};
use super::{Binder, error};
use crate::expression::Expr;
use crate::logical::{Aggregation, ColumnId, Logical};
use crate::walk::{self, type_of};

/// Keys with the sets they form.
#[derive(Default)]
pub struct Groups {
    pub keys: Vec<(ColumnId, Expr)>,
    pub sets: Vec<Vec<usize>>,
}

/// Grouping sets may multiply; PostgreSQL's bound.
const MAXIMUM_SETS: usize = 4_096;

impl Binder<'_> {
    pub fn group_by(&mut self, select: &ast::Select, targets: &[Target]) -> SqlResult<Groups> {
        let mut groups = Groups::default();
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        for item in &select.group_by {
            let alternatives = self.group_item(item, targets, &mut groups)?;
            let mut product = Vec::with_capacity(sets.len() * alternatives.len());
            for set in &sets {
                for alternative in &alternatives {
                    let mut combined = set.clone();
                    for key in alternative {
                        if !combined.contains(key) {
                            combined.push(*key);
                        }
                    }
                    product.push(combined);
                }
            }
            if product.len() > MAXIMUM_SETS {
                return Err(error(
                    sqlstate::STATEMENT_TOO_COMPLEX,
                    "too many grouping sets present (maximum 4096)",
                    select.location,
                ));
            }
            sets = product;
        }
        if select.group_distinct {
            for set in &mut sets {
                set.sort_unstable();
            }
            let mut seen: Vec<Vec<usize>> = Vec::new();
            sets.retain(|set| {
                let new = !seen.contains(set);
                if new {
                    seen.push(set.clone());
                }
                new
            });
        }
        groups.sets = sets;
        Ok(groups)
    }

    fn group_item(
        &mut self,
        item: &ast::GroupItem,
        targets: &[Target],
        groups: &mut Groups,
    ) -> SqlResult<Vec<Vec<usize>>> {
        match item {
            ast::GroupItem::Expr(expr) => Ok(vec![self.group_keys(expr, targets, groups)?]),
            ast::GroupItem::Empty { .. } => Ok(vec![Vec::new()]),
            ast::GroupItem::Rollup { items, .. } => {
                let mut parts = Vec::with_capacity(items.len());
                for item in items {
                    parts.push(self.group_keys(item, targets, groups)?);
                }
                Ok((0..=parts.len()).rev().map(|count| parts[..count].concat()).collect())
            }
            ast::GroupItem::Cube { items, location } => {
                if items.len() > 12 {
                    return Err(error(
                        sqlstate::TOO_MANY_COLUMNS,
                        "CUBE is limited to 12 elements",
                        *location,
                    ));
                }
                let mut parts = Vec::with_capacity(items.len());
                for item in items {
                    parts.push(self.group_keys(item, targets, groups)?);
                }
                let count = parts.len();
                Ok((0..1usize << count)
                    .rev()
                    .map(|mask| {
                        (0..count)
                            .filter(|index| mask >> (count - 1 - index) & 1 == 1)
                            .flat_map(|index| parts[index].clone())
                            .collect()
                    })
                    .collect())
            }
            ast::GroupItem::GroupingSets { sets, .. } => {
                let mut all = Vec::new();
                for set in sets {
                    all.extend(self.group_item(set, targets, groups)?);
                }
                Ok(all)
            }
        }
    }

    /// One expression, or `(a, b)` as several.
    fn group_keys(
        &mut self,
        expr: &ast::Expr,
        targets: &[Target],
        groups: &mut Groups,
    ) -> SqlResult<Vec<usize>> {
        if let ast::Expr::Row { fields, explicit: false, .. } = expr {
            let mut keys = Vec::new();
            for field in fields {
                keys.extend(self.group_keys(field, targets, groups)?);
            }
            return Ok(keys);
        }
        let sets = self.level().sets.len();
        let bound = self.group_expression(expr, targets)?;
        let bound = self.known_set(bound, sets);
        let location = location_of(expr);
        let bound = self.settle(bound, location)?;
        self.check_key(&bound, location)?;
        if let Some(known) = groups.keys.iter().position(|key| walk::same(&key.1, &bound)) {
            return Ok(vec![known]);
        }
        let id = match &bound {
            Expr::Column { index, .. } => *index,
            _ => self.columns.add("?column?", type_of(&bound)),
        };
        groups.keys.push((id, bound));
        Ok(vec![groups.keys.len() - 1])
    }

    /// A call that makes rows and stands in the select list too is one call.
    fn known_set(&mut self, bound: Expr, before: usize) -> Expr {
        let Expr::Column { index, .. } = &bound else {
            return bound;
        };
        let sets = &mut self.level().sets;
        if sets.len() != before + 1 || sets.last().is_none_or(|last| last.0 != *index) {
            return bound;
        }
        let same = |(_, call): &&(ColumnId, crate::plan::SetCall)| {
            let last = &sets[before].1;
            std::ptr::eq(call.function, last.function)
                && call.arguments.len() == last.arguments.len()
                && call.arguments.iter().zip(&last.arguments).all(|(a, b)| walk::same(a, b))
        };
        let Some(known) = sets[..before].iter().find(same).map(|known| known.0) else {
            return bound;
        };
        sets.pop();
        self.columns.column(known)
    }

    fn check_key(&mut self, key: &Expr, location: u32) -> SqlResult<()> {
        let level = self.level();
        let uses = |ids: Vec<ColumnId>| !walk::all_columns(key, &|id| !ids.contains(&id));
        if uses(level.aggregates.iter().map(|call| call.0).collect()) {
            return Err(error(
                sqlstate::GROUPING_ERROR,
                "aggregate functions are not allowed in GROUP BY",
                location,
            ));
        }
        if uses(level.windows.iter().map(|window| window.id).collect()) {
            return Err(error(
                sqlstate::WINDOWING_ERROR,
                "window functions are not allowed in GROUP BY",
                location,
            ));
        }
        let ty = type_of(key).oid;
        if !has_equality(ty) {
            return Err(error(
                sqlstate::UNDEFINED_FUNCTION,
                format!("could not identify an equality operator for type {}", self.type_name(ty)),
                location,
            ));
        }
        Ok(())
    }

    fn group_expression(&mut self, expr: &ast::Expr, targets: &[Target]) -> SqlResult<Expr> {
        if let ast::Expr::ColumnRef(reference) = expr
            && let [name] = reference.fields.as_slice()
            && !reference.star
            && !self.level().columns.iter().any(|column| column.name == *name)
        {
            let mut matches = targets.iter().filter(|target| target.name == *name);
            if let Some(first) = matches.next() {
                if matches.any(|other| !walk::same(&other.expr, &first.expr)) {
                    return Err(error(
                        sqlstate::AMBIGUOUS_COLUMN,
                        format!("GROUP BY \"{name}\" is ambiguous"),
                        reference.location,
                    ));
                }
                return Ok(first.expr.clone());
            }
        }
        if let Some(target) = position(expr, targets, "GROUP BY")? {
            return Ok(targets[target].expr.clone());
        }
        self.in_clause(Clause::GroupBy, |binder| binder.expr(expr))
    }

    /// Puts the aggregation above `input` and makes `all` (everything evaluated above it) refer to its columns.
    pub fn aggregated(
        &mut self,
        input: Logical,
        groups: &mut Groups,
        all: Vec<&mut Expr>,
    ) -> SqlResult<Logical> {
        let aggregates = std::mem::take(&mut self.level().aggregates);
        let groupings = std::mem::take(&mut self.level().groupings);
        let mut keys = std::mem::take(&mut groups.keys);
        let mut sets = std::mem::take(&mut groups.sets);
        for (argument, location) in groupings.iter().flat_map(|grouping| &grouping.1) {
            if !keys.iter().any(|key| walk::same(&key.1, argument)) {
                return Err(error(
                    sqlstate::GROUPING_ERROR,
                    "arguments to GROUPING must be grouping expressions of the associated query \
                     level",
                    *location,
                ));
            }
        }
        for expr in all {
            walk::replace(expr, &mut |part| {
                keys.iter().find(|key| walk::same(&key.1, part)).map(|key| {
                    let column = self.columns.column(key.0);
                    super::collations::collated(column, walk::type_of(part).collation)
                })
            });
            let mut used = Vec::new();
            walk::columns(expr, &mut |id| used.push(id));
            for id in used {
                let known = keys.iter().any(|key| key.0 == id)
                    || aggregates.iter().any(|call| call.0 == id)
                    || groupings.iter().any(|grouping| grouping.0 == id);
                if known || !input.makes(id) {
                    continue;
                }
                if self.depends_on_keys(id, &keys, &sets) {
                    for set in &mut sets {
                        set.push(keys.len());
                    }
                    keys.push((id, self.columns.column(id)));
                    continue;
                }
                return Err(self.ungrouped(id));
            }
        }
        let several = sets.len() > 1 || sets.first().is_some_and(|set| set.len() < keys.len());
        let mask = (several && !groupings.is_empty())
            .then(|| self.columns.add("grouping", SqlType::new(oid::INT4)));
        let mut items = Vec::with_capacity(groupings.len());
        for (id, arguments) in groupings {
            let value = self.grouping_value(&arguments, &keys, mask)?;
            items.push((id, value));
        }
        let aggregation = Aggregation { input, keys, sets, aggregates, mask };
        Ok(Logical::Aggregate(Box::new(aggregation)).projected(items))
    }

    fn grouping_value(
        &mut self,
        arguments: &[(Expr, u32)],
        keys: &[(ColumnId, Expr)],
        mask: Option<ColumnId>,
    ) -> SqlResult<Expr> {
        let int = |value: i32| constant(Datum::Int4(value), oid::INT4);
        let mut value: Option<Expr> = None;
        for (argument, _) in arguments {
            let key = keys.iter().position(|key| walk::same(&key.1, argument));
            let (Some(key), Some(mask)) = (key, mask) else {
                continue;
            };
            let shift = (keys.len() - 1 - key).min(31) as i32;
            let mask = self.columns.column(mask);
            let shifted = self.operator(">>", Some(mask), int(shift), 0)?;
            let bit = self.operator("&", Some(shifted), int(1), 0)?;
            value = Some(match value {
                None => bit,
                Some(before) => {
                    let before = self.operator("<<", Some(before), int(1), 0)?;
                    self.operator("|", Some(before), bit, 0)?
                }
            });
        }
        Ok(value.unwrap_or_else(|| int(0)))
    }

    /// Whether all columns of the primary key of the column's table are keys of every set.
    fn depends_on_keys(
        &self,
        id: ColumnId,
        keys: &[(ColumnId, Expr)],
        sets: &[Vec<usize>],
    ) -> bool {
        let facts = &self.columns.facts[id];
        if facts.table == 0 {
            return false;
        }
        let Some(relation) = self.catalog.relation_by_oid(facts.table) else {
            return false;
        };
        let first = match facts.attribute {
            attribute if attribute > 0 => id - (attribute as usize - 1),
            _ => return false,
        };
        let Some(primary) = relation.primary_key() else {
            return false;
        };
        primary.columns.iter().all(|column| match &column.key {
            catalog::IndexKey::Column(number) => {
                let wanted = first + *number as usize - 1;
                keys.iter().enumerate().any(|(position, key)| {
                    matches!(key.1, Expr::Column { index, .. } if index == wanted)
                        && sets.iter().all(|set| set.contains(&position))
                })
            }
            catalog::IndexKey::Expression { .. } => false,
        })
    }

    fn ungrouped(&mut self, id: ColumnId) -> types::SqlError {
        let location =
            self.level().references.iter().find(|known| known.0 == id).map(|known| known.1);
        let item = self
            .level()
            .items
            .iter()
            .find(|item| {
                item.columns
                    .iter()
                    .any(|column| matches!(column.expr, Expr::Column { index, .. } if index == id))
            })
            .map(|item| item.name.clone());
        let name = match item {
            Some(item) => format!("{item}.{}", self.columns.facts[id].name),
            None => self.columns.facts[id].name.clone(),
        };
        error(
            sqlstate::GROUPING_ERROR,
            format!(
                "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate \
                 function"
            ),
            location.unwrap_or(0),
        )
    }
}
