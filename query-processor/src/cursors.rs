//! Cursors of SQL: DECLARE, FETCH, MOVE, CLOSE. Each is a portal with a name.
//!
//! A plain cursor goes forward only and keeps nothing. A SCROLL cursor keeps the rows it has given, to go back to them. A
//! WITH HOLD cursor reads all its rows where it is declared, so that it owes nothing to its transaction, which it outlives.

use std::collections::VecDeque;
use std::sync::Arc;

use executor::memory::{out_of_memory, row_bytes};
use planner::plan::OutputColumn;
use procedures::{NewCursor, Rows};
use syntax::ast::{self, LockStrength, Statement};
use types::{Row, SqlError, SqlResult, SqlType, sqlstate};

use crate::client_session::Session;
use crate::portal::{BATCH_ROWS, Kept, Portal, PortalState};
use crate::statement::Prepared;
use crate::utility::{Answer, tag};

impl Session {
    pub async fn declare(
        &mut self,
        declare: &ast::DeclareCursor,
        text: &Arc<str>,
    ) -> SqlResult<Answer> {
        if !declare.hold {
            self.require_block("DECLARE CURSOR")?;
        }
        check_read_only(declare)?;
        if self.portals.contains_key(&declare.name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_CURSOR,
                format!("cursor \"{}\" already exists", declare.name),
            ));
        }
        let statement = Arc::new(Statement::Query(Box::new(declare.query.clone())));
        let prepared =
            Arc::new(self.prepare(Arc::clone(text), Some(statement), Vec::new(), true).await?);
        let scrolls = declare.scroll == Some(true);
        let mut portal = Portal {
            prepared,
            parameters: Vec::new(),
            formats: vec![i16::from(declare.binary)],
            state: PortalState::Ready,
            created_at: self.services.now(),
            is_cursor: true,
            position: 0,
            kept: (scrolls || declare.hold).then(|| Kept {
                scrolls,
                hold: declare.hold,
                ..Kept::default()
            }),
        };
        if declare.hold {
            self.keep_up_to(&mut portal, i64::MAX).await?;
        }
        self.portals.insert(declare.name.clone(), portal);
        tag("DECLARE CURSOR")
    }

    pub async fn fetch(&mut self, fetch: &ast::Fetch) -> SqlResult<Answer> {
        let word = if fetch.is_move { "MOVE" } else { "FETCH" };
        let mut portal =
            self.portals.remove(&fetch.cursor).ok_or_else(|| no_cursor(&fetch.cursor))?;
        let columns = portal.prepared.columns.clone().unwrap_or_else(|| Arc::from([]));
        let result = match portal.kept.as_ref().is_some_and(|kept| kept.scrolls) {
            true => self.fetch_scrolling(&mut portal, fetch.direction).await,
            false => match forward_only(fetch.direction, portal.position) {
                Ok((skip, take)) => self.fetch_forward(&mut portal, skip, take).await,
                Err(error) => Err(error),
            },
        };
        self.portals.insert(fetch.cursor.clone(), portal);
        let rows = result?;
        let count = rows.len();
        if fetch.is_move {
            return Ok(Answer::Tag(format!("{word} {count}")));
        }
        Ok(Answer::Rows { columns, rows, tag: format!("{word} {count}"), counts: false })
    }

    async fn fetch_forward(
        &mut self,
        portal: &mut Portal,
        skip: i64,
        take: i64,
    ) -> SqlResult<VecDeque<Row>> {
        if let Some(kept) = &portal.kept {
            let first = usize::try_from(portal.position as i64 + skip).unwrap_or(usize::MAX);
            let take = usize::try_from(take).unwrap_or(usize::MAX);
            let rows: VecDeque<Row> = kept.rows.iter().skip(first).take(take).cloned().collect();
            portal.position += skip as u64 + rows.len() as u64;
            return Ok(rows);
        }
        let wanted = skip.saturating_add(take);
        let mut seen: i64 = 0;
        let mut rows = VecDeque::new();
        while seen < wanted {
            let limit = usize::try_from(wanted - seen).unwrap_or(usize::MAX).min(BATCH_ROWS);
            let Some(batch) = self.cursor_batch(portal, limit).await? else { break };
            for row in batch {
                seen += 1;
                if seen > skip {
                    rows.push_back(row);
                }
            }
        }
        Ok(rows)
    }

    /// The next rows of a cursor's query; `None` at its end.
    async fn cursor_batch(
        &mut self,
        portal: &mut Portal,
        limit: usize,
    ) -> SqlResult<Option<Vec<Row>>> {
        let running = match std::mem::replace(&mut portal.state, PortalState::Finished) {
            PortalState::Ready => {
                let parameters = std::mem::take(&mut portal.parameters);
                self.start_planned(&Arc::clone(&portal.prepared), parameters, &portal.formats)
                    .await?
            }
            PortalState::Running(running) => running,
            PortalState::Finished => return Ok(None),
        };
        let (running, step) = self.step(running, limit, portal.position).await?;
        let given = step.rows.len() as u64;
        if portal.kept.is_none() {
            portal.position += given;
        }
        if step.tag.is_none() {
            portal.state = PortalState::Running(running);
        } else if given == 0 {
            return Ok(None);
        }
        Ok(Some(step.rows))
    }

    /// Reads until a cursor that keeps its rows has `count` of them or all.
    async fn keep_up_to(&mut self, portal: &mut Portal, count: i64) -> SqlResult<()> {
        let budget = self.services.config.query_memory;
        loop {
            let have = portal.kept.as_ref().map_or(0, |kept| kept.rows.len() as i64);
            if have >= count {
                return Ok(());
            }
            let limit = usize::try_from(count - have).unwrap_or(usize::MAX).min(BATCH_ROWS);
            let Some(batch) = self.cursor_batch(portal, limit).await? else { return Ok(()) };
            let kept = portal.kept.as_mut().expect("only called for cursors that keep rows");
            kept.bytes += batch.iter().map(row_bytes).sum::<usize>();
            if kept.bytes > budget {
                return Err(out_of_memory(budget));
            }
            kept.rows.extend(batch);
        }
    }

    async fn fetch_scrolling(
        &mut self,
        portal: &mut Portal,
        direction: ast::FetchDirection,
    ) -> SqlResult<VecDeque<Row>> {
        let position = portal.position as i64;
        let needed = match direction {
            ast::FetchDirection::Forward(count) | ast::FetchDirection::Relative(count) => {
                position.saturating_add(count)
            }
            ast::FetchDirection::Backward(count) => position.saturating_sub(count),
            ast::FetchDirection::Absolute(at) if at < 0 => i64::MAX,
            ast::FetchDirection::Absolute(at) => at,
        };
        self.keep_up_to(portal, needed).await?;
        let kept = portal.kept.as_ref().expect("a scrolling cursor keeps its rows");
        let (places, position) = walk(direction, position, kept.rows.len() as i64);
        let rows = places.map(|place| kept.rows[place as usize - 1].clone()).collect();
        portal.position = position as u64;
        Ok(rows)
    }

    /// OPEN of a function, which has read the rows. The name is that of the only column in the answer.
    pub fn open_inner(&mut self, opened: NewCursor) -> SqlResult<Rows> {
        let name = match opened.name {
            Some(name) => name,
            None => loop {
                self.unnamed_cursors += 1;
                let name = format!("<unnamed portal {}>", self.unnamed_cursors);
                if !self.portals.contains_key(&name) {
                    break name;
                }
            },
        };
        if self.portals.contains_key(&name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_CURSOR,
                format!("cursor \"{name}\" already in use"),
            ));
        }
        let bytes = opened.rows.rows.iter().map(row_bytes).sum::<usize>();
        let budget = self.services.config.query_memory;
        if bytes > budget {
            return Err(out_of_memory(budget));
        }
        let column = |(name, ty)| OutputColumn { name, ty, table: 0, attribute: 0 };
        let columns: Arc<[OutputColumn]> = opened.rows.columns.into_iter().map(column).collect();
        let now = self.services.now();
        let text = Arc::from(opened.query.as_str());
        let mut prepared = Prepared::new(text, None, Vec::new(), true, now);
        prepared.columns = Some(columns);
        let kept = Kept {
            rows: opened.rows.rows,
            bytes,
            scrolls: opened.scrolls,
            hold: false,
            committed: false,
        };
        let portal = Portal {
            prepared: Arc::new(prepared),
            parameters: Vec::new(),
            formats: vec![0],
            state: PortalState::Finished,
            created_at: now,
            is_cursor: true,
            position: 0,
            kept: Some(kept),
        };
        self.portals.insert(name.clone(), portal);
        let columns = vec![(name, SqlType::new(types::oid::REFCURSOR))];
        Ok(Rows { columns, ..Rows::default() })
    }

    /// FETCH and MOVE of a function, from whatever cursor the session has.
    pub async fn fetch_inner(
        &mut self,
        cursor: String,
        direction: ast::FetchDirection,
        is_move: bool,
    ) -> SqlResult<Rows> {
        let fetch = ast::Fetch { is_move: false, cursor, direction, location: 0 };
        let Answer::Rows { columns, rows, .. } = self.fetch(&fetch).await? else {
            return Ok(Rows::default());
        };
        let columns = columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
        let count = rows.len() as u64;
        let rows = if is_move { Vec::new() } else { rows.into() };
        Ok(Rows { columns, rows, count })
    }

    /// What a transaction's end does to portals: only cursors WITH HOLD outlive it, and if it is taken back, only those
    /// that an earlier one has declared.
    pub fn end_portals(&mut self, committed: bool) {
        self.portals.retain(|_, portal| match &mut portal.kept {
            Some(kept) if kept.hold && (committed || kept.committed) => {
                kept.committed = true;
                true
            }
            _ => false,
        });
    }

    pub fn close_cursor(&mut self, name: Option<&str>) -> SqlResult<Answer> {
        match name {
            None => {
                self.portals.retain(|_, portal| !portal.is_cursor);
                tag("CLOSE CURSOR ALL")
            }
            Some(name) => match self.portals.remove(name) {
                Some(_) => tag("CLOSE CURSOR"),
                None => Err(no_cursor(name)),
            },
        }
    }
}

/// Row locks belong to the transaction and to rows as they are now; a cursor that keeps rows has neither.
fn check_read_only(declare: &ast::DeclareCursor) -> SqlResult<()> {
    let Some(locking) = declare.query.locking.first() else { return Ok(()) };
    let strength = match locking.strength {
        LockStrength::KeyShare => "FOR KEY SHARE",
        LockStrength::Share => "FOR SHARE",
        LockStrength::NoKeyUpdate => "FOR NO KEY UPDATE",
        LockStrength::Update => "FOR UPDATE",
    };
    let (what, kind) = match (declare.hold, declare.scroll) {
        (true, _) => ("CURSOR WITH HOLD", "Holdable"),
        (false, Some(true)) => ("SCROLL CURSOR", "Scrollable"),
        _ => return Ok(()),
    };
    Err(SqlError::new(
        sqlstate::FEATURE_NOT_SUPPORTED,
        format!("DECLARE {what} ... {strength} is not supported"),
    )
    .detail(format!("{kind} cursors must be READ ONLY.")))
}

/// How many rows to pass over and how many to give, for a cursor that cannot go back.
fn forward_only(direction: ast::FetchDirection, position: u64) -> SqlResult<(i64, i64)> {
    match direction {
        ast::FetchDirection::Forward(count) if count > 0 => Ok((0, count)),
        ast::FetchDirection::Relative(count) if count > 0 => Ok((count - 1, 1)),
        ast::FetchDirection::Absolute(at) if u64::try_from(at).is_ok_and(|at| at > position) => {
            Ok((at - 1 - position as i64, 1))
        }
        _ => Err(SqlError::new(
            sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
            "cursor can only scan forward",
        )
        .hint("Declare it with SCROLL option to enable backward scan.")),
    }
}

/// The rows, counted from 1, that a step gives in its order, and where the cursor stands then: 0 is before the first of
/// `count` known rows, `count + 1` behind the last.
fn walk(
    direction: ast::FetchDirection,
    position: i64,
    count: i64,
) -> (Box<dyn Iterator<Item = i64>>, i64) {
    let end = count + 1;
    let one = |place: i64| -> (Box<dyn Iterator<Item = i64>>, i64) {
        let place = place.clamp(0, end);
        (Box::new((place..=place).filter(move |place| (1..end).contains(place))), place)
    };
    match direction {
        ast::FetchDirection::Forward(0)
        | ast::FetchDirection::Backward(0)
        | ast::FetchDirection::Relative(0) => one(position),
        ast::FetchDirection::Forward(steps) if steps > 0 => {
            let last = position.saturating_add(steps).min(end);
            (Box::new(position + 1..=last.min(count)), last)
        }
        ast::FetchDirection::Forward(steps) => {
            walk(ast::FetchDirection::Backward(steps.saturating_neg()), position, count)
        }
        ast::FetchDirection::Backward(steps) if steps > 0 => {
            let last = position.saturating_sub(steps).max(0);
            (Box::new((last.max(1)..position).rev()), last)
        }
        ast::FetchDirection::Backward(steps) => {
            walk(ast::FetchDirection::Forward(steps.saturating_neg()), position, count)
        }
        ast::FetchDirection::Absolute(at) if at < 0 => one(end.saturating_add(at)),
        ast::FetchDirection::Absolute(at) => one(at),
        ast::FetchDirection::Relative(steps) => one(position.saturating_add(steps)),
    }
}

pub fn no_cursor(name: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}

#[cfg(test)]
mod tests {
    use syntax::ast::FetchDirection::{self, Absolute, Backward, Forward, Relative};

    use super::*;

    #[test]
    fn a_cursor_of_three_rows_goes_where_postgresql_goes() {
        // From, step, rows given, where it stands then.
        let cases: &[(i64, FetchDirection, &[i64], i64)] = &[
            (0, Forward(2), &[1, 2], 2),
            (2, Forward(1), &[3], 3),
            (3, Forward(1), &[], 4),
            (0, Forward(i64::MAX), &[1, 2, 3], 4),
            (4, Backward(1), &[3], 3),
            (4, Backward(i64::MAX), &[3, 2, 1], 0),
            (1, Backward(1), &[], 0),
            (0, Backward(5), &[], 0),
            (2, Forward(0), &[2], 2),
            (4, Relative(0), &[], 4),
            (2, Forward(-1), &[1], 1),
            (1, Backward(-2), &[2, 3], 3),
            (0, Absolute(2), &[2], 2),
            (3, Absolute(0), &[], 0),
            (0, Absolute(9), &[], 4),
            (0, Absolute(-1), &[3], 3),
            (0, Absolute(-4), &[], 0),
            (1, Relative(2), &[3], 3),
            (3, Relative(-2), &[1], 1),
            (3, Relative(i64::MAX), &[], 4),
            (0, Forward(i64::MIN), &[], 0),
        ];
        for (from, step, rows, to) in cases {
            let (places, position) = walk(*step, *from, 3);
            assert_eq!(
                (places.collect::<Vec<_>>(), position),
                (rows.to_vec(), *to),
                "{from} {step:?}"
            );
        }
    }
}
