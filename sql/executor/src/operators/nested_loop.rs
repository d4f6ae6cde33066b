//! Nested loop joins: the right side runs once per left row.

use planner::plan::{JoinKind, NestedLoop};
use types::{Datum, Row, SqlResult};

use crate::context::Context;
use crate::evaluate::{evaluate, evaluate_borrowed};
use crate::node::{BATCH_ROWS, Batch, Input};
use crate::spill::{BufferCursor, RowBuffer};

pub struct NestedLoopState {
    left: Input,
    right: Input,
    /// The left row whose right side is running, and whether it has met a match.
    current: Option<(Row, bool)>,
    right_is_fresh: bool,
    kept: Option<KeptRight>,
}

/// The right side of a RIGHT or FULL join, with a mark per row.
struct KeptRight {
    rows: RowBuffer,
    matched: Vec<bool>,
    cursor: BufferCursor,
    position: usize,
    pending: std::vec::IntoIter<Row>,
    left_is_done: bool,
}

/// What the condition said of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    Unknown,
}

impl NestedLoopState {
    pub fn new(join: &NestedLoop) -> NestedLoopState {
        NestedLoopState {
            left: Input::new(&join.left),
            right: Input::new(&join.right),
            current: None,
            right_is_fresh: true,
            kept: None,
        }
    }

    pub fn rescan(&mut self, join: &NestedLoop, changed: bool) {
        self.left.rescan(&join.left, changed);
        self.right.rescan(&join.right, changed);
        self.right_is_fresh = true;
        self.current = None;
        self.kept = None;
    }

    pub fn next(&mut self, join: &NestedLoop, context: &Context) -> SqlResult<Option<Batch>> {
        if matches!(join.kind, JoinKind::Right | JoinKind::Full) {
            return self.next_kept(join, context);
        }
        let width = join.right.columns.len();
        let mut output = Vec::new();
        let mut steps = 0usize;
        while output.len() < BATCH_ROWS {
            if self.current.is_none() {
                let Some(row) = self.left.next_row(&join.left, context)? else {
                    break;
                };
                self.start_right(join, &row, context)?;
                self.current = Some((row, false));
            }
            let Some((left, matched)) = &mut self.current else {
                break;
            };
            steps += 1;
            if steps.is_multiple_of(1024) {
                context.check_interrupts()?;
            }
            let finished = match self.right.next_row(&join.right, context)? {
                Some(right) => {
                    let mut row = Vec::with_capacity(left.len() + width);
                    row.extend_from_slice(left);
                    row.extend(right);
                    let verdict = judge(join, &row, context)?;
                    match join.kind {
                        JoinKind::NullAwareAnti => *matched |= verdict != Verdict::No,
                        _ => *matched |= verdict == Verdict::Yes,
                    }
                    if verdict == Verdict::Yes
                        && matches!(join.kind, JoinKind::Inner | JoinKind::Left)
                    {
                        output.push(row);
                    }
                    // Of the others one match decides.
                    *matched && !matches!(join.kind, JoinKind::Inner | JoinKind::Left)
                }
                None => true,
            };
            if finished && let Some((mut left, matched)) = self.current.take() {
                match (join.kind, matched) {
                    (JoinKind::Left, false) => {
                        left.resize(left.len() + width, Datum::Null);
                        output.push(left);
                    }
                    (JoinKind::Semi, true) | (JoinKind::Anti | JoinKind::NullAwareAnti, false) => {
                        output.push(left)
                    }
                    _ => {}
                }
            }
        }
        Ok(if output.is_empty() { None } else { Some(output) })
    }

    fn start_right(&mut self, join: &NestedLoop, left: &Row, context: &Context) -> SqlResult<()> {
        let scope = context.scope();
        for (id, expression) in &join.parameters {
            let value = evaluate(expression, left, &scope)?;
            context.set_exec_parameter(*id, value);
        }
        if !self.right_is_fresh {
            self.right.rescan(&join.right, !join.parameters.is_empty());
        }
        self.right_is_fresh = false;
        Ok(())
    }

    fn next_kept(&mut self, join: &NestedLoop, context: &Context) -> SqlResult<Option<Batch>> {
        if self.kept.is_none() {
            let mut rows = RowBuffer::new(context);
            while let Some(row) = self.right.next_row(&join.right, context)? {
                rows.push(context, row)?;
            }
            rows.finish()?;
            let count = usize::try_from(rows.rows()).unwrap_or(usize::MAX);
            self.kept = Some(KeptRight {
                rows,
                matched: vec![false; count],
                cursor: BufferCursor::default(),
                position: 0,
                pending: Vec::new().into_iter(),
                left_is_done: false,
            });
        }
        let Some(kept) = &mut self.kept else {
            return Ok(None);
        };
        let left_width = join.left.columns.len();
        let right_width = join.right.columns.len();
        let mut output = Vec::new();
        let mut steps = 0usize;
        while output.len() < BATCH_ROWS {
            steps += 1;
            if steps.is_multiple_of(1024) {
                context.check_interrupts()?;
            }
            if self.current.is_none() && !kept.left_is_done {
                kept.restart();
                match self.left.next_row(&join.left, context)? {
                    Some(row) => self.current = Some((row, false)),
                    None => kept.left_is_done = true,
                }
            }
            let next = kept.next_row()?;
            match (&mut self.current, next) {
                (Some((left, matched)), Some((number, right))) => {
                    let mut row = Vec::with_capacity(left_width + right_width);
                    row.extend_from_slice(left);
                    row.extend(right);
                    if judge(join, &row, context)? == Verdict::Yes {
                        *matched = true;
                        kept.matched[number] = true;
                        output.push(row);
                    }
                }
                (Some(_), None) => {
                    if let Some((mut left, false)) = self.current.take()
                        && join.kind == JoinKind::Full
                    {
                        left.resize(left.len() + right_width, Datum::Null);
                        output.push(left);
                    }
                }
                (None, Some((number, right))) => {
                    if !kept.matched[number] {
                        let mut row = vec![Datum::Null; left_width];
                        row.extend(right);
                        output.push(row);
                    }
                }
                (None, None) => break,
            }
        }
        Ok(if output.is_empty() { None } else { Some(output) })
    }
}

impl KeptRight {
    fn restart(&mut self) {
        self.cursor = BufferCursor::default();
        self.pending = Vec::new().into_iter();
        self.position = 0;
    }

    fn next_row(&mut self) -> SqlResult<Option<(usize, Row)>> {
        loop {
            if let Some(row) = self.pending.next() {
                self.position += 1;
                return Ok(Some((self.position - 1, row)));
            }
            match self.rows.read(&mut self.cursor, BATCH_ROWS)? {
                Some(batch) => self.pending = batch.into_iter(),
                None => return Ok(None),
            }
        }
    }
}

fn judge(join: &NestedLoop, row: &Row, context: &Context) -> SqlResult<Verdict> {
    let Some(condition) = &join.condition else {
        return Ok(Verdict::Yes);
    };
    Ok(match *evaluate_borrowed(condition, row, &context.scope())? {
        Datum::Bool(true) => Verdict::Yes,
        Datum::Bool(false) => Verdict::No,
        _ => Verdict::Unknown,
    })
}
