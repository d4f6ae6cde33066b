//! How a statement changes rows that others want too: it waits for its turn on each contended key.
//!
//! The reasons are in `docs/decisions/2026-11-22-turns-on-contended-keys.md`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use types::{SqlError, SqlResult};

use crate::client_session::{READ_AHEAD_BYTES, Ready, Session};
use crate::environment::StatementEnvironment;
use crate::errors;
use crate::portal::{PortalState, Running};
use crate::read_set::Comparison;

/// Turns that one statement waits for; after that it runs on optimistically.
const MAXIMUM_TURNS: usize = 16;
/// How often a statement that waits for its turn looks at its deadline.
const WAITING_TICK: Duration = Duration::from_millis(100);

impl Session {
    /// Runs a statement that changes rows while keys are contended: each time it is about to write one, it is undone,
    /// waits for its turn, moves the snapshot behind the transactions it waited for, and runs again. Nothing of it has
    /// been sent before it ends.
    pub async fn run_in_turn(&mut self, ready: Ready) -> SqlResult<Box<Running>> {
        // Rows of an open cursor come from the old snapshot.
        let cursors = self.portals.values().any(|p| matches!(p.state, PortalState::Running(_)));
        let transaction = Arc::clone(&ready.environment.transaction);
        for _ in 0..MAXIMUM_TURNS {
            transaction.wait_for_turns(&self.services.turns);
            let result = self.run_ready(ready.clone()).await;
            transaction.do_not_wait();
            let Some(key) = transaction.take_contended() else { return result };
            transaction.abandon_statement();
            if !self.take_turn(&ready.environment, &key).await? {
                break;
            }
            let (moved, stale) = {
                let (transaction, key) = (Arc::clone(&transaction), key.clone());
                self.run_blocking(move || {
                    let moved = match cursors {
                        true => Comparison::Unknown,
                        false => transaction.refresh()?,
                    };
                    let stale = moved != Comparison::Same && transaction.is_stale(&key)?;
                    Ok((moved, stale))
                })
                .await?
            };
            self.services.until_certain(transaction.tau_start()).await;
            // A row that the transaction has changed on its way here is contended as well.
            if let Comparison::Changed(read) = &moved
                && transaction.has_written(read)
            {
                self.services.turns.lost(read);
            }
            if stale {
                return Err(self.conflict_on(&ready.environment, key));
            }
        }
        self.run_ready(ready).await
    }

    /// Waits for the turn on a contended key, unless that is in vain; whether the transaction has it now.
    async fn take_turn(
        &mut self,
        environment: &StatementEnvironment,
        key: &bytes::Bytes,
    ) -> SqlResult<bool> {
        let transaction = Arc::clone(&environment.transaction);
        let turns = Arc::clone(&self.services.turns);
        let held = transaction.turn_keys();
        let handle = self.handle.clone();
        let taking = turns.take(key, transaction.id, &held);
        tokio::pin!(taking);
        loop {
            environment.check_interrupts_now()?;
            let may_read = !self.client_gone && self.connection.buffered_bytes() < READ_AHEAD_BYTES;
            tokio::select! {
                biased;
                turn = &mut taking => {
                    let taken = turn.is_some();
                    turn.into_iter().for_each(|turn| transaction.add_turn(turn));
                    return Ok(taken);
                }
                () = handle.signalled() => {}
                () = tokio::time::sleep(WAITING_TICK) => {}
                read = self.connection.read_more(), if may_read => {
                    if !matches!(read, Ok(true)) {
                        self.client_gone = true;
                        self.handle.cancel_statement();
                    }
                }
            }
        }
    }

    /// The error of a transaction that would lose a conflict on `key` at commit.
    fn conflict_on(&mut self, environment: &StatementEnvironment, key: bytes::Bytes) -> SqlError {
        metrics::counter!("quorate_txn_conflicts_total", "kind" => "early").increment(1);
        let table = protocol::key::table_of(&key);
        let detail = table.and_then(|table| environment.describe_key(table, &key));
        self.lost = Some((key, Instant::now()));
        match detail {
            Some(detail) => errors::conflict().detail(detail),
            None => errors::conflict(),
        }
    }
}
