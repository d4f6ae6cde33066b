//! Filters that run in storage, where the rows are.
//!
//! A filter is a list of steps that must all hold. Most of them compare a column with constants or with another column:
//! such a step reads the values where they lie, and comes before the others, which it cannot fail in the place of. Those
//! are evaluated over a row that holds what steps have looked at so far.

use std::cmp::Ordering;
use std::error::Error;
use std::sync::Arc;

use encoding::RowView;
use planner::expression::Expr;
use planner::plan::{Scan, ScanColumn};
use protocol::storage::{Filtered, RowFilter};
use smallvec::SmallVec;
use types::{Datum, Oid, SqlResult, oid};

use crate::context::Context;
use crate::environment::Environment;
use crate::evaluate::direct::{self, Test};
use crate::evaluate::{InSet, Scope, constant_set, is_true};
use crate::inspect::{is_pushable, mark_columns, walk};
use crate::keys::{FastMap, normalize};
use crate::operators::parallel_scan::boxed;
use crate::operators::scan::column_of;
use crate::rows::RowCodec;

/// A filter fit to run in storage, made once per scan node.
pub struct PushedProgram {
    steps: Vec<Step>,
    columns: Vec<ScanColumn>,
    sets: FastMap<usize, Arc<InSet>>,
    codec: Arc<RowCodec>,
}

struct Step {
    condition: Expr,
    /// The same, if it is a comparison of what is found without a row.
    comparison: Option<Comparison>,
    /// The scan columns that the condition looks at and no condition evaluated over the row before it did.
    columns: Vec<usize>,
}

enum Comparison {
    Pair {
        left: Operand,
        test: Test,
        right: Operand,
    },
    /// Equal to one of several values, none of them NULL.
    Among {
        operand: Operand,
        values: Vec<Datum>,
    },
}

/// What is compared. Blanks at the end of a `char(n)` do not count.
enum Operand {
    Attribute { position: usize, type_oid: Oid },
    Value(Datum),
    Parameter(usize),
}

/// The comparison that a function is, also of `char(n)`, whose values [`Operand`] cuts.
fn test_of(function: Oid) -> Option<Test> {
    match function {
        1048 => Some(Test::Equal),
        1053 => Some(Test::NotEqual),
        other => direct::test_of(other),
    }
}

/// A constant as operands compare it.
fn constant_of(expression: &Expr) -> Option<Datum> {
    match expression {
        Expr::Constant { value, ty } => Some(normalize(value.clone(), ty.oid)),
        _ => None,
    }
}

impl Operand {
    fn of(expression: &Expr, columns: &[ScanColumn], codec: &RowCodec) -> Option<Operand> {
        match expression {
            Expr::Column { index, .. } => {
                let ScanColumn::Attribute(position) = *columns.get(*index)? else {
                    return None;
                };
                let type_oid = *codec.types().get(position)?;
                let is_number = [oid::INT4, oid::INT8, oid::DATE, oid::NUMERIC].contains(&type_oid);
                (is_number || is_text(type_oid))
                    .then_some(Operand::Attribute { position, type_oid })
            }
            Expr::Parameter { number, ty } if ty.oid != oid::BPCHAR => {
                Some(Operand::Parameter(*number))
            }
            other => constant_of(other).map(Operand::Value),
        }
    }
}

fn is_text(type_oid: Oid) -> bool {
    [oid::TEXT, oid::VARCHAR, oid::BPCHAR].contains(&type_oid)
}

impl Comparison {
    fn of(condition: &Expr, columns: &[ScanColumn], codec: &RowCodec) -> Option<Comparison> {
        match condition {
            Expr::Call(call) => {
                let ([left, right], Some(test)) =
                    (call.arguments.as_slice(), test_of(call.function.oid))
                else {
                    return None;
                };
                let left = Operand::of(left, columns, codec)?;
                Some(Comparison::Pair { left, test, right: Operand::of(right, columns, codec)? })
            }
            Expr::InList { operand, list, equal, negated: false }
                if test_of(equal.oid) == Some(Test::Equal) && list.len() <= LIST_MAX =>
            {
                let operand = Operand::of(operand, columns, codec)?;
                let values: Option<Vec<Datum>> = list.iter().map(constant_of).collect();
                let values = values.filter(|values| !values.iter().any(Datum::is_null))?;
                Some(Comparison::Among { operand, values })
            }
            _ => None,
        }
    }
}

impl PushedProgram {
    /// `None` if there is no filter, or if it must not run there.
    pub fn new(scan: &Scan, codec: &Arc<RowCodec>) -> Option<PushedProgram> {
        let filter = scan.filter.as_ref().filter(|filter| is_pushable(filter))?;
        let conditions = match filter {
            Expr::And(conditions) => conditions.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut seen = vec![false; scan.columns.len()];
        let mut sets = FastMap::default();
        let mut steps = Vec::with_capacity(conditions.len());
        for condition in conditions.iter().cloned() {
            let comparison = Comparison::of(&condition, &scan.columns, codec);
            let mut columns = Vec::new();
            if comparison.is_none() {
                let before = seen.clone();
                mark_columns(&condition, &mut seen);
                columns = (0..seen.len()).filter(|&at| seen[at] && !before[at]).collect();
            }
            steps.push(Step { condition, comparison, columns });
        }
        steps.sort_by_key(|step| step.comparison.is_none());
        for step in &steps {
            walk(&step.condition, &mut |part| {
                if let Expr::InList { list, .. } = part
                    && let Some(set) = constant_set(list)
                {
                    sets.insert(list.as_ptr() as usize, Arc::new(set));
                }
            });
        }
        Some(PushedProgram { steps, columns: scan.columns.clone(), sets, codec: Arc::clone(codec) })
    }
}

/// A [`PushedProgram`] with the parameters of one run.
pub struct PushedFilter {
    program: Arc<PushedProgram>,
    env: Arc<dyn Environment>,
    parameters: Arc<[Datum]>,
    exec: Vec<Datum>,
}

/// Longer lists are looked up by hash.
const LIST_MAX: usize = 8;

type PartialRow = SmallVec<[Datum; 12]>;

impl PushedFilter {
    pub fn new(program: &Arc<PushedProgram>, context: &Context) -> PushedFilter {
        PushedFilter {
            program: Arc::clone(program),
            env: Arc::clone(context.shared_env()),
            parameters: Arc::clone(context.parameters()),
            exec: context.exec_parameters.borrow().clone(),
        }
    }

    fn holds(&self, key: &[u8], value: &[u8]) -> SqlResult<bool> {
        let program = &*self.program;
        let view = RowView::new(value)?;
        let mut row = PartialRow::new();
        for step in &program.steps {
            let known = match &step.comparison {
                Some(comparison) => self.compare(comparison, &view)?,
                None => None,
            };
            let holds = match known {
                Some(holds) => holds,
                None => self.evaluate(step, &mut row, &view, key)?,
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a comparison holds; `None` if it must be evaluated after all.
    fn compare(&self, comparison: &Comparison, view: &RowView<'_>) -> SqlResult<Option<bool>> {
        match comparison {
            Comparison::Pair { left, test, right } => {
                let (Some(left), Some(right)) = (self.found(left, view)?, self.found(right, view)?)
                else {
                    return Ok(None);
                };
                Ok(match left.order(&right) {
                    Order::Known(order) => Some(test.accepts(order)),
                    Order::Unknown => Some(false),
                    Order::NotHere => None,
                })
            }
            Comparison::Among { operand, values } => {
                let Some(found) = self.found(operand, view)? else {
                    return Ok(None);
                };
                for value in values {
                    match found.order(&Found::Value(value)) {
                        Order::Known(Ordering::Equal) => return Ok(Some(true)),
                        Order::Known(_) => {}
                        Order::Unknown => return Ok(Some(false)),
                        Order::NotHere => return Ok(None),
                    }
                }
                Ok(Some(false))
            }
        }
    }

    /// An operand's value; `None` for a column that the row was written without.
    fn found<'a>(
        &'a self,
        operand: &'a Operand,
        view: &RowView<'a>,
    ) -> SqlResult<Option<Found<'a>>> {
        Ok(match operand {
            Operand::Value(value) => Some(Found::Value(value)),
            Operand::Parameter(number) => self.parameters.get(*number).map(Found::Value),
            Operand::Attribute { position, .. } if !view.has(*position) => None,
            Operand::Attribute { position, type_oid } if is_text(*type_oid) => {
                let Some(mut text) = view.raw(*position)? else {
                    return Ok(Some(Found::Own(Datum::Null)));
                };
                if *type_oid == oid::BPCHAR {
                    let end = text.iter().rposition(|byte| *byte != b' ');
                    text = &text[..end.map_or(0, |last| last + 1)];
                }
                Some(Found::Text(text))
            }
            Operand::Attribute { position, type_oid } => {
                Some(Found::Own(view.get(*position, *type_oid)?))
            }
        })
    }

    fn evaluate(
        &self,
        step: &Step,
        row: &mut PartialRow,
        view: &RowView<'_>,
        key: &[u8],
    ) -> SqlResult<bool> {
        let program = &*self.program;
        row.resize(program.columns.len(), Datum::Null);
        let mut fill = |column: usize| -> SqlResult<()> {
            row[column] = column_of(program.columns[column], &program.codec, view, key)?;
            Ok(())
        };
        for &column in &step.columns {
            fill(column)?;
        }
        if step.comparison.is_some() {
            // Not expected to get here, so its columns are not kept.
            let mut used = vec![false; program.columns.len()];
            mark_columns(&step.condition, &mut used);
            (0..used.len()).filter(|&column| used[column]).try_for_each(fill)?;
        }
        let scope =
            Scope::detached(&*self.env, &self.parameters, &self.exec).with_sets(&program.sets);
        is_true(&step.condition, row, &scope)
    }
}

/// A value that is compared.
enum Found<'a> {
    Own(Datum),
    Value(&'a Datum),
    /// Text where it lies.
    Text(&'a [u8]),
}

enum Order {
    Known(Ordering),
    /// One of them is NULL.
    Unknown,
    NotHere,
}

impl Found<'_> {
    fn order(&self, other: &Found<'_>) -> Order {
        fn datum<'a>(found: &'a Found<'_>) -> Option<&'a Datum> {
            match found {
                Found::Own(value) => Some(value),
                Found::Value(value) => Some(value),
                Found::Text(_) => None,
            }
        }
        let text = |found| match found {
            &Found::Text(bytes) => Some(bytes),
            other => match datum(other) {
                Some(Datum::Text(text)) => Some(text.as_bytes()),
                _ => None,
            },
        };
        let is_null = |found| matches!(datum(found), Some(Datum::Null));
        if is_null(self) || is_null(other) {
            return Order::Unknown;
        }
        let order = match (datum(self), datum(other)) {
            (Some(left), Some(right)) => direct::order(left, right),
            _ => text(self).zip(text(other)).map(|(left, right)| left.cmp(right)),
        };
        order.map_or(Order::NotHere, Order::Known)
    }
}

impl RowFilter for PushedFilter {
    fn apply(&self, key: &[u8], value: &[u8]) -> Result<Filtered, Box<dyn Error + Send + Sync>> {
        Ok(match self.holds(key, value).map_err(boxed)? {
            true => Filtered::Keep,
            false => Filtered::Drop,
        })
    }
}
