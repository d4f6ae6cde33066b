//! Cursors of SQL: DECLARE, FETCH, MOVE, CLOSE. Each is a portal with a name.

use std::collections::VecDeque;
use std::sync::Arc;

use syntax::ast::{self, Statement};
use types::{Row, SqlError, SqlResult, sqlstate};

use crate::client_session::Session;
use crate::portal::{BATCH_ROWS, Portal, PortalState};
use crate::utility::{Answer, tag, unsupported};

impl Session {
    pub async fn declare(
        &mut self,
        declare: &ast::DeclareCursor,
        text: &Arc<str>,
    ) -> SqlResult<Answer> {
        if declare.hold {
            return Err(unsupported("DECLARE CURSOR … WITH HOLD"));
        }
        self.require_block("DECLARE CURSOR")?;
        if self.portals.contains_key(&declare.name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_CURSOR,
                format!("cursor \"{}\" already exists", declare.name),
            ));
        }
        let statement = Arc::new(Statement::Query(Box::new(declare.query.clone())));
        let prepared =
            Arc::new(self.prepare(Arc::clone(text), Some(statement), Vec::new(), true).await?);
        let portal = Portal {
            prepared,
            parameters: Vec::new(),
            formats: vec![i16::from(declare.binary)],
            state: PortalState::Ready,
            created_at: self.services.now(),
            is_cursor: true,
            position: 0,
        };
        self.portals.insert(declare.name.clone(), portal);
        tag("DECLARE CURSOR")
    }

    pub async fn fetch(&mut self, fetch: &ast::Fetch) -> SqlResult<Answer> {
        let word = if fetch.is_move { "MOVE" } else { "FETCH" };
        let mut portal =
            self.portals.remove(&fetch.cursor).ok_or_else(|| no_cursor(&fetch.cursor))?;
        let columns = portal.prepared.columns.clone().unwrap_or_else(|| Arc::from([]));
        let (skip, take) = match fetch.direction {
            ast::FetchDirection::Forward(count) if count >= 0 => (0, count),
            ast::FetchDirection::Relative(count) if count > 0 => (count - 1, 1),
            ast::FetchDirection::Absolute(at)
                if u64::try_from(at).is_ok_and(|at| at > portal.position) =>
            {
                (at - 1 - portal.position as i64, 1)
            }
            _ => {
                self.portals.insert(fetch.cursor.clone(), portal);
                return Err(SqlError::new(
                    sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "cursor can only scan forward",
                )
                .hint("Declare it with SCROLL option to enable backward scan."));
            }
        };
        let result = self.fetch_forward(&mut portal, skip, take).await;
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
        let mut running = match std::mem::replace(&mut portal.state, PortalState::Finished) {
            PortalState::Ready => {
                let parameters = std::mem::take(&mut portal.parameters);
                self.start_planned(&Arc::clone(&portal.prepared), parameters, &portal.formats)
                    .await?
            }
            PortalState::Running(running) => running,
            PortalState::Finished => return Ok(VecDeque::new()),
        };
        let wanted = skip.saturating_add(take);
        let mut seen: i64 = 0;
        let mut rows = VecDeque::new();
        while seen < wanted {
            let limit = usize::try_from(wanted - seen).unwrap_or(usize::MAX).min(BATCH_ROWS);
            let step;
            (running, step) = self.step(running, limit, portal.position).await?;
            for row in step.rows {
                seen += 1;
                portal.position += 1;
                if seen > skip {
                    rows.push_back(row);
                }
            }
            if step.tag.is_some() {
                return Ok(rows);
            }
        }
        portal.state = PortalState::Running(running);
        Ok(rows)
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

pub fn no_cursor(name: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}
