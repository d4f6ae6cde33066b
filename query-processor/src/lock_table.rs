//! LOCK TABLE.
//!
//! Rows are never locked here. What LOCK TABLE asks for is had in two ways. At COMMIT: the transaction is refused
//! (40001) if another one has since its snapshot done what the mode forbids, and so is that other one if it comes
//! later. And before, as advice: transactions of this node that lock the same table in modes that exclude each other
//! take turns, and whoever waited moves its snapshot behind the one it waited for, so that it need not fail at all.
//!
//! | mode | at COMMIT | turns |
//! | --- | --- | --- |
//! | ACCESS SHARE, ROW SHARE | nothing: a snapshot does not change | none |
//! | ROW EXCLUSIVE | as a writer: no other definition of the table | none |
//! | SHARE UPDATE EXCLUSIVE | no other definition of the table | exclusive |
//! | SHARE | no writer, no other definition | shared |
//! | SHARE ROW EXCLUSIVE, EXCLUSIVE, ACCESS EXCLUSIVE | no writer, no other definition | exclusive |

use std::sync::Arc;

use catalog::system::TABLE_PART;
use catalog::{AdvisoryKey, Relation, RelationKind};
use protocol::TableId;
use protocol::transaction::SchemaUse;
use syntax::ast::{LockMode, LockTable};
use types::{SqlError, SqlResult, sqlstate};

use crate::advisory::{Mode, Wanted};
use crate::client_session::Session;
use crate::environment::StatementEnvironment;
use crate::utility::{Answer, tag};

/// How transactions take turns on a table.
fn turn(mode: LockMode) -> Option<(Mode, &'static str)> {
    Some(match mode {
        LockMode::AccessShare | LockMode::RowShare | LockMode::RowExclusive => return None,
        LockMode::ShareUpdateExclusive => (Mode::Exclusive, "ShareUpdateExclusiveLock"),
        LockMode::Share => (Mode::Shared, "ShareLock"),
        LockMode::ShareRowExclusive => (Mode::Exclusive, "ShareRowExclusiveLock"),
        LockMode::Exclusive => (Mode::Exclusive, "ExclusiveLock"),
        LockMode::AccessExclusive => (Mode::Exclusive, "AccessExclusiveLock"),
    })
}

/// What the adjudicators are told.
fn schema_use(mode: LockMode, table: TableId) -> Option<SchemaUse> {
    Some(match mode {
        LockMode::AccessShare | LockMode::RowShare => return None,
        LockMode::RowExclusive => SchemaUse::Rows(table),
        LockMode::ShareUpdateExclusive => SchemaUse::Definition(table),
        LockMode::Share
        | LockMode::ShareRowExclusive
        | LockMode::Exclusive
        | LockMode::AccessExclusive => SchemaUse::DefinitionAndRows(table),
    })
}

/// Any of these privileges allows the mode.
fn privileges(mode: LockMode) -> &'static str {
    match mode {
        LockMode::AccessShare => "rawdD",
        LockMode::RowShare | LockMode::RowExclusive => "awdD",
        _ => "wdD",
    }
}

fn check(environment: &StatementEnvironment, relation: &Relation, mode: LockMode) -> SqlResult<()> {
    match relation.kind {
        RelationKind::Table | RelationKind::View | RelationKind::Virtual => {}
        RelationKind::VirtualView => {}
        RelationKind::MaterializedView | RelationKind::Sequence => {
            let what = match relation.kind {
                RelationKind::Sequence => "sequences",
                _ => "materialized views",
            };
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("cannot lock relation \"{}\"", relation.name),
            )
            .detail(format!("This operation is not supported for {what}.")));
        }
    }
    let (catalog, role) = (&environment.catalog, environment.current_role);
    let allowed = privileges(mode).chars().any(|privilege| {
        catalog::privileges::has_relation_privilege(catalog, role, relation, privilege, false)
    });
    match allowed {
        true => Ok(()),
        false => Err(SqlError::new(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            format!(
                "permission denied for {} {}",
                if relation.kind == RelationKind::View { "view" } else { "table" },
                relation.name
            ),
        )),
    }
}

/// Takes the turn, on a thread that may block.
fn take_turn(
    environment: &StatementEnvironment,
    relation: &Relation,
    lock: (Mode, &'static str),
    waits: bool,
) -> SqlResult<()> {
    let (mode, word) = lock;
    let key = AdvisoryKey { class: relation.oid, object: 0, part: TABLE_PART };
    let wanted = Wanted { mode, word, ..environment.wanted(key, mode) };
    let held = environment.with_waiter(|waiter| {
        environment.services.advisory.acquire_held(&wanted, waits.then_some(waiter))
    })?;
    match held {
        Some(held) => environment.transaction.locked(Some(held)),
        None => {
            return Err(SqlError::new(
                sqlstate::LOCK_NOT_AVAILABLE,
                format!("could not obtain lock on relation \"{}\"", relation.name),
            ));
        }
    }
    Ok(())
}

impl Session {
    pub async fn lock_tables(&mut self, lock: &LockTable) -> SqlResult<Answer> {
        if self.acting_role.is_none() {
            self.require_block("LOCK TABLE")?;
        }
        let environment = self.environment().await?;
        for table in &lock.tables {
            let name = &table.name;
            let missing = || {
                SqlError::new(
                    sqlstate::UNDEFINED_TABLE,
                    match name.schema() {
                        Some(schema) => {
                            format!("relation \"{schema}.{}\" does not exist", name.name())
                        }
                        None => format!("relation \"{}\" does not exist", name.name()),
                    },
                )
            };
            let found: Option<Arc<Relation>> =
                planner::CatalogView::relation(&*environment, name.schema(), name.name())?;
            let relation = found.ok_or_else(missing)?;
            check(&environment, &relation, lock.mode)?;
            // The tables under a view are checked by whoever writes them.
            if relation.kind != RelationKind::Table {
                continue;
            }
            if let Some(used) = schema_use(lock.mode, relation.table_id) {
                environment.transaction.schema_use(used);
            }
            // Nodes do not know each other's turns: there the check at COMMIT is all.
            if let Some(turn) = turn(lock.mode)
                && !self.services.node.others_commit()
            {
                let (environment, waits) = (Arc::clone(&environment), !lock.no_wait);
                self.run_blocking(move || take_turn(&environment, &relation, turn, waits)).await?;
            }
        }
        tag("LOCK TABLE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_excludes_writers_excludes_other_locks() {
        use LockMode::*;
        let table = TableId(1_000);
        for mode in [AccessShare, RowShare, RowExclusive] {
            assert!(turn(mode).is_none(), "{mode:?} waits for nobody");
        }
        for mode in [Share, ShareRowExclusive, Exclusive, AccessExclusive] {
            assert_eq!(schema_use(mode, table), Some(SchemaUse::DefinitionAndRows(table)));
            assert!(turn(mode).is_some(), "{mode:?}");
        }
        assert_eq!(turn(Share), Some((Mode::Shared, "ShareLock")));
        assert_eq!(schema_use(AccessShare, table), None);
        assert_eq!(schema_use(RowExclusive, table), Some(SchemaUse::Rows(table)));
    }
}
