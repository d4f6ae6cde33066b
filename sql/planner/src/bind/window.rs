//! Window functions: OVER, the WINDOW clause, frames.

use functions::{FunctionKind, resolve_operator, tables};
use syntax::ast;
use types::{SqlResult, oid, sqlstate};

use super::calls::Ready;
use super::expressions::location_of;
use super::scope::Clause;
use super::{Binder, error};
use crate::expression::{
    Expr, Frame, FrameBound, FrameExclusion, FrameMode, RangeOffset, SortKey, WindowCall,
};
use crate::logical::{ColumnId, Logical};
use crate::walk::{self, type_of};

/// PARTITION BY, ORDER BY and frame of a window.
#[derive(Clone)]
pub struct WindowSpecification {
    pub partition: Vec<Expr>,
    pub order: Vec<SortKey>,
    pub frame: Option<ast::WindowFrame>,
    pub location: u32,
}

pub struct BoundWindow {
    pub id: ColumnId,
    pub partition: Vec<Expr>,
    pub order: Vec<SortKey>,
    pub call: WindowCall,
}

impl Binder<'_> {
    pub fn name_windows(&mut self, windows: &[ast::NamedWindow]) -> SqlResult<()> {
        for window in windows {
            if self.level().named_windows.iter().any(|known| known.0 == window.name) {
                return Err(error(
                    sqlstate::WINDOWING_ERROR,
                    format!("window \"{}\" is already defined", window.name),
                    window.definition.location,
                ));
            }
            let specification = self.window_specification(&window.definition)?;
            self.level().named_windows.push((window.name.clone(), specification));
        }
        Ok(())
    }

    fn named(&mut self, name: &str, location: u32) -> SqlResult<WindowSpecification> {
        let found = self.level().named_windows.iter().find(|known| known.0 == name).cloned();
        found.map(|known| known.1).ok_or_else(|| {
            error(sqlstate::UNDEFINED_OBJECT, format!("window \"{name}\" does not exist"), location)
        })
    }

    fn window_specification(
        &mut self,
        definition: &ast::WindowDefinition,
    ) -> SqlResult<WindowSpecification> {
        let location = definition.location;
        let mut partition = Vec::new();
        for item in &definition.partition_by {
            let bound = self.in_clause(Clause::WindowPartition, |binder| binder.expr(item))?;
            partition.push(self.settle(bound, location)?);
        }
        let mut order = Vec::new();
        for item in &definition.order_by {
            let bound = self.in_clause(Clause::WindowOrder, |binder| binder.expr(&item.expr))?;
            let key = self.sort_key(bound, item)?;
            order.push(SortKey { expression: self.ordered(key.expression, location)?, ..key });
        }
        let Some(base) = &definition.base else {
            let frame = definition.frame.clone();
            return Ok(WindowSpecification { partition, order, frame, location });
        };
        let inherited = self.named(base, location)?;
        let refuse = |what: String| Err(error(sqlstate::WINDOWING_ERROR, what, location));
        if !partition.is_empty() {
            return refuse(format!("cannot override PARTITION BY clause of window \"{base}\""));
        }
        if !order.is_empty() && !inherited.order.is_empty() {
            return refuse(format!("cannot override ORDER BY clause of window \"{base}\""));
        }
        if inherited.frame.is_some() {
            return refuse(format!("cannot copy window \"{base}\" because it has a frame clause"));
        }
        Ok(WindowSpecification {
            partition: inherited.partition,
            order: if order.is_empty() { inherited.order } else { order },
            frame: definition.frame.clone(),
            location,
        })
    }

    pub fn window_call(&mut self, call: &ast::FunctionCall) -> SqlResult<Expr> {
        let location = call.location;
        let name = call.name.name();
        let level = self.level();
        if level.in_window {
            return Err(error(
                sqlstate::WINDOWING_ERROR,
                "window function calls cannot be nested",
                location,
            ));
        }
        if !level.clause.allows_windows() || level.in_aggregate {
            let clause = level.clause.name();
            return Err(error(
                sqlstate::WINDOWING_ERROR,
                format!("window functions are not allowed in {clause}"),
                location,
            ));
        }
        if call.within_group {
            return Err(super::unsupported(
                format!("OVER is not supported for ordered-set aggregate {name}"),
                location,
            ));
        }
        level.in_window = true;
        let kinds = functions::resolve::kinds_of(name);
        if kinds.iter().all(|kind| *kind == FunctionKind::Aggregate) && !kinds.is_empty() {
            self.level().in_window = false;
            if call.within_group {
                return Err(super::unsupported(
                    format!("OVER is not supported for ordered-set aggregate {name}"),
                    location,
                ));
            }
            if !call.order_by.is_empty() {
                return Err(super::unsupported(
                    "aggregate ORDER BY is not implemented for window functions",
                    location,
                ));
            }
            self.level().in_window = true;
        }
        let bound = self.window_call_inner(call);
        self.level().in_window = false;
        let (specification, mut window) = bound?;
        if window.0.kind == FunctionKind::Aggregate && call.distinct {
            return Err(super::unsupported(
                "DISTINCT is not implemented for window functions",
                location,
            ));
        }
        if window.0.kind == FunctionKind::Aggregate && !call.order_by.is_empty() {
            return Err(super::unsupported(
                "aggregate ORDER BY is not implemented for window functions",
                location,
            ));
        }
        if !matches!(window.0.kind, FunctionKind::Aggregate | FunctionKind::Window) {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!(
                    "OVER specified, but {name} is not a window function nor an aggregate function"
                ),
                location,
            ));
        }
        window.1.frame = self.frame(&specification)?;
        let id = self.columns.add(window.0.name, window.1.ty);
        let below = super::collations::type_below(&window.1.arguments);
        self.level().windows.push(BoundWindow {
            id,
            partition: specification.partition,
            order: specification.order,
            call: window.1,
        });
        Ok(self.uncollated(self.columns.column(id), window.0, below, location))
    }

    fn window_call_inner(
        &mut self,
        call: &ast::FunctionCall,
    ) -> SqlResult<(WindowSpecification, (&'static functions::FunctionDef, WindowCall))> {
        let location = call.location;
        let (arguments, names) = self.call_arguments(call)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut ready = match self.ready_call(
            call.name.name(),
            arguments,
            &names,
            &super::calls::argument_places(call),
            call.variadic,
            location,
        )? {
            Ready::Call(ready) => ready,
            Ready::Cast(_) => {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!(
                        "OVER specified, but {} is not a window function nor an aggregate \
                             function",
                        call.name.name()
                    ),
                    location,
                ));
            }
        };
        self.collated_aggregate(&mut ready, location)?;
        let filter = match &call.filter {
            Some(filter) => {
                let condition = self.in_clause(Clause::Filter, |binder| binder.expr(filter))?;
                Some(self.boolean(condition, "FILTER", location)?)
            }
            None => None,
        };
        let specification = match &call.over {
            Some(ast::Over::Name { name, location }) => self.named(name, *location)?,
            Some(ast::Over::Window(definition)) => self.window_specification(definition)?,
            None => WindowSpecification {
                partition: Vec::new(),
                order: Vec::new(),
                frame: None,
                location,
            },
        };
        let function = ready.resolved.definition;
        let window = WindowCall {
            function,
            arguments: ready.arguments,
            argument_types: ready.argument_types,
            filter,
            ignore_nulls: false,
            frame: default_frame(),
            ty: ready.resolved.result,
        };
        Ok((specification, (function, window)))
    }

    fn frame(&mut self, specification: &WindowSpecification) -> SqlResult<Frame> {
        let location = specification.location;
        let Some(frame) = &specification.frame else {
            return Ok(default_frame());
        };
        let mode = match frame.unit {
            ast::FrameUnit::Range => FrameMode::Range,
            ast::FrameUnit::Rows => FrameMode::Rows,
            ast::FrameUnit::Groups => FrameMode::Groups,
        };
        let current = ast::FrameBound::CurrentRow;
        let end = frame.end.as_ref().unwrap_or(&current);
        let refuse = |message: &str| Err(error(sqlstate::WINDOWING_ERROR, message, location));
        match (&frame.start, end) {
            (ast::FrameBound::UnboundedFollowing, _) => {
                return refuse("frame start cannot be UNBOUNDED FOLLOWING");
            }
            (_, ast::FrameBound::UnboundedPreceding) => {
                return refuse("frame end cannot be UNBOUNDED PRECEDING");
            }
            (ast::FrameBound::CurrentRow, ast::FrameBound::Preceding(_)) => {
                return refuse("frame starting from current row cannot have preceding rows");
            }
            (ast::FrameBound::Following(_), ast::FrameBound::Preceding(_)) => {
                return refuse("frame starting from following row cannot have preceding rows");
            }
            (ast::FrameBound::Following(_), ast::FrameBound::CurrentRow) => {
                return refuse("frame starting from following row cannot end with current row");
            }
            _ => {}
        }
        if mode == FrameMode::Groups && specification.order.is_empty() {
            return refuse("GROUPS mode requires an ORDER BY clause");
        }
        let start = self.frame_bound(&frame.start, mode, specification, location)?;
        let end = self.frame_bound(end, mode, specification, location)?;
        let exclusion = match frame.exclusion {
            ast::FrameExclusion::NoOthers => FrameExclusion::NoOthers,
            ast::FrameExclusion::CurrentRow => FrameExclusion::CurrentRow,
            ast::FrameExclusion::Group => FrameExclusion::Group,
            ast::FrameExclusion::Ties => FrameExclusion::Ties,
        };
        Ok(Frame { mode, start, end, exclusion })
    }

    fn frame_bound(
        &mut self,
        bound: &ast::FrameBound,
        mode: FrameMode,
        specification: &WindowSpecification,
        location: u32,
    ) -> SqlResult<FrameBound> {
        let (offset, preceding) = match bound {
            ast::FrameBound::UnboundedPreceding => return Ok(FrameBound::UnboundedPreceding),
            ast::FrameBound::UnboundedFollowing => return Ok(FrameBound::UnboundedFollowing),
            ast::FrameBound::CurrentRow => return Ok(FrameBound::CurrentRow),
            ast::FrameBound::Preceding(offset) => (offset, true),
            ast::FrameBound::Following(offset) => (offset, false),
        };
        let offset_location = location_of(offset);
        let offset = self.expr(offset)?;
        let (offset, range) = if mode == FrameMode::Range {
            let [key] = specification.order.as_slice() else {
                return Err(error(
                    sqlstate::WINDOWING_ERROR,
                    "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
                    location,
                ));
            };
            let ty = type_of(&key.expression).oid;
            let mut offset = offset;
            if type_of(&offset).oid == oid::UNKNOWN {
                let wanted = match ty {
                    oid::DATE | oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ => oid::INTERVAL,
                    other => other,
                };
                offset = self.coerce(offset, wanted, offset_location)?;
            }
            // These know offsets of one type only, which others become.
            let only = match ty {
                oid::INT8 | oid::NUMERIC => ty,
                oid::FLOAT4 | oid::FLOAT8 => oid::FLOAT8,
                _ => 0,
            };
            if only != 0
                && let Some(cast) = self.try_coerce(
                    offset.clone(),
                    types::SqlType::new(only),
                    functions::CastContext::Implicit,
                    offset_location,
                )?
            {
                offset = cast;
            }
            let other = type_of(&offset).oid;
            let find = |name: &str| {
                resolve_operator(self.catalog.types(), name, Some(ty), other)
                    .ok()
                    .and_then(|found| tables::function(found.definition.function))
                    .filter(|function| function.arguments == [ty, other])
            };
            let (Some(add), Some(subtract)) = (find("+"), find("-")) else {
                let column = self.type_name(ty);
                let message = format!(
                    "RANGE with offset PRECEDING/FOLLOWING is not supported for column type \
                     {column}"
                );
                if !takes_offsets(ty) {
                    return Err(super::unsupported(message, offset_location));
                }
                let other = self.type_name(other);
                return Err(super::unsupported(
                    format!("{message} and offset type {other}"),
                    offset_location,
                )
                .hint("Cast the offset value to an appropriate type."));
            };
            (offset, Some(RangeOffset { add, subtract, result: add.result }))
        } else {
            let word = if mode == FrameMode::Rows { "ROWS" } else { "GROUPS" };
            let source = type_of(&offset).oid;
            let ty = types::SqlType::new(oid::INT8);
            let context = functions::CastContext::Implicit;
            let offset =
                self.try_coerce(offset, ty, context, offset_location)?.ok_or_else(|| {
                    error(
                        sqlstate::DATATYPE_MISMATCH,
                        format!(
                            "argument of {word} must be type bigint, not type {}",
                            self.type_name(source)
                        ),
                        offset_location,
                    )
                })?;
            (offset, None)
        };
        Ok(if preceding {
            FrameBound::Preceding(offset, range)
        } else {
            FrameBound::Following(offset, range)
        })
    }
}

impl Binder<'_> {
    /// Computes below the windows the keys that have subqueries: a key is used twice, to sort and to find where a
    /// partition ends, and a subquery is planned in one place only.
    pub fn window_keys(&mut self, input: Logical, windows: &mut [BoundWindow]) -> Logical {
        let mut items: Vec<(ColumnId, Expr)> = Vec::new();
        for window in windows {
            let order = window.order.iter_mut().map(|key| &mut key.expression);
            for key in window.partition.iter_mut().chain(order) {
                if !walk::has_subplan(key) {
                    continue;
                }
                let id = match items.iter().find(|item| walk::same(&item.1, key)) {
                    Some(item) => item.0,
                    None => {
                        let id = self.columns.add("key", type_of(key));
                        items.push((id, key.clone()));
                        id
                    }
                };
                *key = self.columns.column(id);
            }
        }
        input.projected(items)
    }
}

/// Types whose windows may be bounded by a distance.
fn takes_offsets(ty: types::Oid) -> bool {
    matches!(
        ty,
        oid::INT2
            | oid::INT4
            | oid::INT8
            | oid::FLOAT4
            | oid::FLOAT8
            | oid::NUMERIC
            | oid::DATE
            | oid::TIME
            | oid::TIMETZ
            | oid::TIMESTAMP
            | oid::TIMESTAMPTZ
            | oid::INTERVAL
    )
}

fn default_frame() -> Frame {
    Frame {
        mode: FrameMode::Range,
        start: FrameBound::UnboundedPreceding,
        end: FrameBound::CurrentRow,
        exclusion: FrameExclusion::NoOthers,
    }
}

/// Puts a level's windows above `input`: calls with the same partition and order share a node.
pub fn stack_windows(input: Logical, windows: Vec<BoundWindow>) -> Logical {
    let mut groups: Vec<(Vec<Expr>, Vec<SortKey>, Vec<(ColumnId, WindowCall)>)> = Vec::new();
    for window in windows {
        let fits = groups.iter_mut().find(|group| {
            group.0.len() == window.partition.len()
                && group.0.iter().zip(&window.partition).all(|(a, b)| walk::same(a, b))
                && same_order(&group.1, &window.order)
        });
        match fits {
            Some(group) => group.2.push((window.id, window.call)),
            None => groups.push((window.partition, window.order, vec![(window.id, window.call)])),
        }
    }
    // Windows with more keys first: what they sort for may serve the others.
    groups.sort_by_key(|group| std::cmp::Reverse(group.0.len() + group.1.len()));
    groups.into_iter().fold(input, |input, (partition, order, calls)| Logical::Window {
        input: Box::new(input),
        partition,
        order,
        calls,
    })
}

pub fn same_order(left: &[SortKey], right: &[SortKey]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(a, b)| {
            a.descending == b.descending
                && a.nulls_first == b.nulls_first
                && walk::same(&a.expression, &b.expression)
        })
}
