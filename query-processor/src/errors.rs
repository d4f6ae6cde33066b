//! Errors of other parts in the words a client gets.

use protocol::storage::ReadError;
use protocol::transaction::Refusal;
use types::{SqlError, sqlstate};

/// A read that failed.
pub fn from_read(error: ReadError) -> SqlError {
    match error {
        ReadError::Filter(inner) => match inner.downcast::<SqlError>() {
            Ok(error) => *error,
            Err(other) => SqlError::new(sqlstate::INTERNAL_ERROR, other.to_string()),
        },
        ReadError::TooOld { .. } => SqlError::new(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            "transaction age limit of 300s exceeded",
        )
        .hint("Versions that the transaction would have to read are no longer kept."),
        ReadError::NotYet { .. } => {
            SqlError::new(sqlstate::CANNOT_CONNECT_NOW, "storage has not caught up yet")
        }
        ReadError::Corrupt(what) => SqlError::new(sqlstate::DATA_CORRUPTED, what),
        ReadError::Engine(what) => SqlError::new(sqlstate::IO_ERROR, what),
    }
}

/// Another transaction has changed, or is about to change, what this one writes.
pub fn conflict() -> SqlError {
    SqlError::new(
        sqlstate::SERIALIZATION_FAILURE,
        "change conflicts with another transaction (OC000)",
    )
    .hint("The transaction did not happen. Retry it from its beginning.")
}

/// A commit that was refused; `describe` names a table and a key for the DETAIL.
pub fn from_refusal(
    refusal: Refusal,
    describe: impl Fn(protocol::TableId, &[u8]) -> Option<String>,
) -> SqlError {
    match refusal {
        Refusal::Data { table, key, .. } | Refusal::Fenced { table, key, .. } => {
            match describe(table, &key) {
                Some(detail) => conflict().detail(detail),
                None => conflict(),
            }
        }
        Refusal::TooOld { .. } => {
            conflict().detail("The transaction began before the adjudicator's memory.")
        }
        Refusal::Expired => conflict().detail("The transaction could not be decided in time."),
        Refusal::Schema { table } => {
            let error = SqlError::new(
                sqlstate::SERIALIZATION_FAILURE,
                "schema has been updated by another transaction (OC001)",
            )
            .hint("The transaction did not happen. Retry it from its beginning.");
            match describe(table, &[]) {
                Some(detail) => error.detail(detail),
                None => error,
            }
        }
        Refusal::Unavailable { reason } if reason.contains("53100") => {
            SqlError::new(sqlstate::DISK_FULL, "could not write to the journal: no space left")
                .detail("The transaction did not happen.")
                .hint("Free space on the disk of the data directory; writes go on by themselves.")
        }
        Refusal::Unavailable { reason } => SqlError::new(
            sqlstate::CANNOT_CONNECT_NOW,
            format!("the commit could not be decided: {reason}"),
        )
        .detail("The transaction did not happen."),
    }
}

/// Some journal has no leader, so nobody can say what has been committed.
pub fn no_fresh_snapshot() -> SqlError {
    SqlError::new(
        sqlstate::CANNOT_CONNECT_NOW,
        "the cluster cannot say now what has been committed",
    )
    .hint("A majority of the nodes must run and reach each other: quorate node ls shows them.")
}

/// The journal cannot say whether the commit survived.
pub fn outcome_unknown(id: protocol::TransactionId, reason: &str) -> SqlError {
    SqlError::new(
        sqlstate::TRANSACTION_RESOLUTION_UNKNOWN,
        format!("the outcome of the transaction is unknown: {reason}"),
    )
    .detail(format!("Transaction {id} may or may not have been committed."))
    .hint(format!("Ask with SELECT sys.transaction_status('{id}')."))
}

pub fn transaction_too_large(bytes: usize, limit: usize) -> SqlError {
    let mebibytes = limit >> 20;
    SqlError::new(
        sqlstate::PROGRAM_LIMIT_EXCEEDED,
        format!("transaction size limit {mebibytes}mb exceeded"),
    )
    .detail(format!("Current transaction size {}mb {mebibytes}mb", bytes.div_ceil(1 << 20)))
}

pub fn transaction_too_old(limit: std::time::Duration) -> SqlError {
    SqlError::new(
        sqlstate::PROGRAM_LIMIT_EXCEEDED,
        format!("transaction age limit of {}s exceeded", limit.as_secs()),
    )
}

pub fn too_many_keys(limit: usize) -> SqlError {
    SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "transaction row limit exceeded")
        .detail(format!("A transaction may write at most {limit} rows and index entries."))
}

/// The statement's text is wrong.
pub fn from_syntax(error: syntax::SyntaxError, text: &str) -> SqlError {
    let mut sql = SqlError::new(error.sqlstate, error.message);
    if let Some(hint) = error.hint {
        sql = sql.hint(hint);
    }
    // Positions come as 1-based characters; errors carry byte offsets.
    match error.position {
        0 => sql,
        position => {
            let offset = text
                .char_indices()
                .nth(position as usize - 1)
                .map_or(text.len(), |(offset, _)| offset);
            sql.at(u32::try_from(offset).unwrap_or(u32::MAX))
        }
    }
}

/// DETAIL of a conflict: which table, and the key as text if it can be told.
pub fn table_detail(name: &str, key: Option<String>) -> String {
    match key {
        Some(key) => format!("Table \"{name}\", key {key}."),
        None => format!("Table \"{name}\"."),
    }
}
