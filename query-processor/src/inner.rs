//! Statements of functions that only the session can run: definitions, SET, and the COMMIT of a procedure.
//!
//! A function runs on a thread of its own while the session's task waits for it. So the function sends the statement to
//! that task, which runs it and answers with the catalog and the transaction that hold from then on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use catalog::Catalog;
use procedures::Rows;
use syntax::ast::{FetchDirection, Statement, Transaction as Control};
use tokio::sync::mpsc;
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::block::{Block, BlockKind};
use crate::client_session::Session;
use crate::environment::StatementEnvironment;
use crate::transaction::Transaction;
use crate::utility::Answer;

/// How often a waiting function looks whether it was cancelled.
const PATIENCE: Duration = Duration::from_millis(50);

/// What holds after a statement of a function changed it.
#[derive(Clone)]
pub struct Changed {
    pub catalog: Arc<Catalog>,
    pub transaction: Arc<Transaction>,
    /// How much of what the transaction drops was known then.
    pub drops: usize,
}

/// What a function wants.
pub enum Wanted {
    Run {
        statement: Arc<Statement>,
        role: (Oid, Arc<str>),
    },
    Open(procedures::NewCursor),
    Fetch {
        cursor: String,
        direction: FetchDirection,
        is_move: bool,
    },
    Close {
        cursor: String,
    },
    /// An exception handler takes back definitions.
    Restore {
        catalog: Arc<Catalog>,
        drops: usize,
    },
}

pub struct Request {
    wanted: Wanted,
    reply: SyncSender<SqlResult<Rows>>,
}

pub type Requests = mpsc::Receiver<Request>;
pub type Requester = mpsc::Sender<Request>;

pub fn channel() -> (Requester, Requests) {
    mpsc::channel(1)
}

/// Called on the function's thread. Only cursors answer with rows; OPEN with its name as their only column.
pub fn ask(environment: &StatementEnvironment, wanted: Wanted) -> SqlResult<Rows> {
    let gone = || SqlError::new(sqlstate::QUERY_CANCELED, "the session of the function has ended");
    let (reply, answer): (_, Receiver<SqlResult<Rows>>) = sync_channel(1);
    let requester = environment.session.requester().ok_or_else(gone)?;
    let mut request = Request { wanted, reply };
    loop {
        match requester.try_send(request) {
            Ok(()) => break,
            Err(mpsc::error::TrySendError::Full(back)) => {
                environment.check_interrupts_now()?;
                request = back;
                std::thread::park_timeout(PATIENCE);
            }
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(gone()),
        }
    }
    loop {
        match answer.recv_timeout(PATIENCE) {
            Ok(answered) => return answered,
            Err(RecvTimeoutError::Timeout) => environment.check_interrupts_now()?,
            Err(RecvTimeoutError::Disconnected) => return Err(gone()),
        }
    }
}

/// Whether a function may have the session run the statement.
pub fn check(statement: &Statement) -> SqlResult<()> {
    let refused = |what: &str| {
        Err(SqlError::new(
            sqlstate::ACTIVE_SQL_TRANSACTION,
            format!("{what} cannot be executed from a function"),
        ))
    };
    match statement {
        Statement::Set(set) if matches!(set.name.as_str(), "role" | "session_authorization") => {
            Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("parameter \"{}\" cannot be set in functions", set.name),
            ))
        }
        Statement::Set(_)
        | Statement::SetConstraints(_)
        | Statement::Listen(_)
        | Statement::Unlisten(_)
        | Statement::Notify(_)
        | Statement::Lock(_) => Ok(()),
        Statement::Transaction(Control::Commit { .. } | Control::Rollback { .. }) => Ok(()),
        Statement::Transaction(_) => Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "unsupported transaction command in PL/pgSQL",
        )),
        Statement::Vacuum(_) => refused("VACUUM"),
        Statement::Checkpoint => refused("CHECKPOINT"),
        other if definition::is_definition(other) => Ok(()),
        _ => Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "this statement is not supported in functions",
        )),
    }
}

impl Session {
    /// Serves one request of a function, between two steps of waiting for it.
    pub fn serve(&mut self, request: Request) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let Request { wanted, reply } = request;
            let answered = match wanted {
                Wanted::Run { statement, role } => {
                    self.run_inner(&statement, role).await.map(|()| Rows::default())
                }
                Wanted::Restore { catalog, drops } => {
                    self.restore(catalog, drops).await.map(|()| Rows::default())
                }
                Wanted::Open(cursor) => self.open_inner(cursor),
                Wanted::Fetch { cursor, direction, is_move } => {
                    self.fetch_inner(cursor, direction, is_move).await
                }
                Wanted::Close { cursor } => {
                    self.close_cursor(Some(&cursor)).map(|_| Rows::default())
                }
            };
            // A function that no longer waits was cancelled.
            let _ = reply.send(answered);
        })
    }

    async fn run_inner(&mut self, statement: &Statement, role: (Oid, Arc<str>)) -> SqlResult<()> {
        let result = match statement {
            Statement::Transaction(Control::Commit { .. }) => self.end_inner(true).await,
            Statement::Transaction(Control::Rollback { .. }) => self.end_inner(false).await,
            other => {
                let before = self.acting_role.replace(role);
                let text: Arc<str> = Arc::from("");
                let answered = self.utility(other, &text).await;
                self.acting_role = before;
                answered.map(|_: Answer| ())
            }
        };
        if result.is_ok() {
            self.publish_change().await?;
        }
        result
    }

    /// The transaction of a procedure ends and the next begins.
    async fn end_inner(&mut self, commit: bool) -> SqlResult<()> {
        let modes = self.block.as_ref().map(|block| (block.serializable, block.read_only));
        if commit {
            self.commit().await?;
        } else {
            self.roll_back();
        }
        let (serializable, read_only) = modes.unwrap_or_default();
        let now = self.services.now();
        self.block = Some(Block::new(BlockKind::Implicit, serializable, read_only, now));
        Ok(())
    }

    async fn restore(&mut self, catalog: Arc<Catalog>, drops: usize) -> SqlResult<()> {
        if let Some(block) = &mut self.block {
            block.catalog = Some(catalog);
            block.drops.truncate(drops);
        }
        self.publish_change().await
    }

    async fn publish_change(&mut self) -> SqlResult<()> {
        let environment = self.environment().await?;
        let drops = self.block.as_ref().map_or(0, |block| block.drops.len());
        self.cell.set_changed(Changed {
            catalog: Arc::clone(&environment.catalog),
            transaction: Arc::clone(&environment.transaction),
            drops,
        });
        Ok(())
    }
}
