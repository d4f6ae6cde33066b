//! Functions of a session towards others: advisory locks, notifications, cancelling and terminating.

use types::{Datum, Severity, SqlError, SqlResult, oid, sqlstate};

use super::Arguments;
use crate::facts::text;
use crate::scope::{Scope, array};
use crate::system::{AdvisoryKey, AdvisoryRequest, SystemContext};

/// The most bytes of a notification's payload, and of a channel's name, and one more.
const PAYLOAD_BYTES: usize = 8_000;
const NAME_BYTES: usize = 64;

pub(super) fn call(
    scope: &Scope<'_>,
    name: &str,
    arguments: &Arguments<'_>,
) -> Option<SqlResult<Datum>> {
    let context = scope.context;
    Some(match name {
        "pg_advisory_unlock" => unlock(context, key(arguments), false),
        "pg_advisory_unlock_shared" => unlock(context, key(arguments), true),
        "pg_advisory_unlock_all" => {
            context.advisory_unlock_all();
            Ok(text(""))
        }
        "pg_blocking_pids" => {
            let found = context.blocking_sessions(arguments.integer(0) as i32);
            Ok(array(oid::INT4, found.into_iter().map(Datum::Int4).collect()))
        }
        "pg_notify" => notify(context, arguments.text(0), arguments.text(1)).map(|()| text("")),
        "pg_notification_queue_usage" => Ok(Datum::Float8(context.notification_queue_usage())),
        "pg_cancel_backend" => {
            let process_id = arguments.integer(0) as i32;
            signalled(scope, process_id, &CANCEL)
                .and_then(|found| Ok(Datum::Bool(found && context.cancel_session(process_id)?)))
        }
        "pg_terminate_backend" => {
            let process_id = arguments.integer(0) as i32;
            signalled(scope, process_id, &TERMINATE)
                .and_then(|found| Ok(Datum::Bool(found && context.terminate_session(process_id)?)))
        }
        _ => return lock_request(name, key(arguments)).map(|request| lock(context, request)),
    })
}

/// One number of eight bytes, or two of four.
fn key(arguments: &Arguments<'_>) -> AdvisoryKey {
    let first = arguments.integer(0);
    match arguments.len() {
        2 => {
            let second = arguments.integer(1);
            AdvisoryKey { class: first as i32 as u32, object: second as i32 as u32, part: 2 }
        }
        _ => AdvisoryKey { class: (first >> 32) as u32, object: first as u32, part: 1 },
    }
}

/// What a function of the family `pg_[try_]advisory_[xact_]lock[_shared]` asks for.
fn lock_request(name: &str, key: AdvisoryKey) -> Option<AdvisoryRequest> {
    let (waits, rest) = match name.strip_prefix("pg_try_advisory_") {
        Some(rest) => (false, rest),
        None => (true, name.strip_prefix("pg_advisory_")?),
    };
    let (for_transaction, rest) = match rest.strip_prefix("xact_") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let is_shared = match rest {
        "lock" => false,
        "lock_shared" => true,
        _ => return None,
    };
    Some(AdvisoryRequest { key, is_shared, for_transaction, waits })
}

fn lock(context: &dyn SystemContext, request: AdvisoryRequest) -> SqlResult<Datum> {
    let taken = context.advisory_lock(request)?;
    Ok(if request.waits { text("") } else { Datum::Bool(taken) })
}

fn unlock(context: &dyn SystemContext, key: AdvisoryKey, is_shared: bool) -> SqlResult<Datum> {
    let had = context.advisory_unlock(key, is_shared)?;
    if !had {
        let mode = if is_shared { "ShareLock" } else { "ExclusiveLock" };
        let message = format!("you don't own a lock of type {mode}");
        context.notice(SqlError::new(sqlstate::WARNING, message).severity(Severity::Warning));
    }
    Ok(Datum::Bool(had))
}

/// `NOTIFY` and `pg_notify`.
pub fn notify(context: &dyn SystemContext, channel: &str, payload: &str) -> SqlResult<()> {
    let refused = |message: &str| Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message));
    if channel.is_empty() {
        return refused("channel name cannot be empty");
    }
    if channel.len() >= NAME_BYTES {
        return refused("channel name too long");
    }
    if payload.len() >= PAYLOAD_BYTES {
        return refused("payload string too long");
    }
    context.notify(channel, payload)
}

/// Words of the refusal to signal a session.
struct Words {
    denied: &'static str,
    superuser: &'static str,
    others: &'static str,
}

const CANCEL: Words = Words {
    denied: "permission denied to cancel query",
    superuser: "Only roles with the SUPERUSER attribute may cancel queries of roles with the SUPERUSER attribute.",
    others: "Only roles with privileges of the role whose query is being canceled or with privileges of the \"pg_signal_backend\" role may cancel this query.",
};
const TERMINATE: Words = Words {
    denied: "permission denied to terminate process",
    superuser: "Only roles with the SUPERUSER attribute may terminate processes of roles with the SUPERUSER attribute.",
    others: "Only roles with privileges of the role whose process is being terminated or with privileges of the \"pg_signal_backend\" role may terminate this process.",
};

/// Whether there is such a session; an error if the role may not signal it.
fn signalled(scope: &Scope<'_>, process_id: i32, words: &Words) -> SqlResult<bool> {
    let sessions = scope.context.sessions();
    let Some(session) = sessions.into_iter().find(|session| session.process_id == process_id)
    else {
        let message = format!("PID {process_id} is not a PostgreSQL backend process");
        let warning = SqlError::new(sqlstate::WARNING, message);
        scope.context.notice(warning.severity(Severity::Warning));
        return Ok(false);
    };
    let catalog = scope.catalog;
    let own = scope.context.current_role();
    let is_superuser = |role| catalog.role(role).is_some_and(|role| role.superuser);
    if is_superuser(own) {
        return Ok(true);
    }
    let denied = |detail: &str| {
        Err(SqlError::new(sqlstate::INSUFFICIENT_PRIVILEGE, words.denied).detail(detail))
    };
    let owner = catalog.role_by_name(&session.user).map(|role| role.oid);
    // Of a role that is no more, nobody but superusers can tell what it was.
    if owner.is_none_or(is_superuser) {
        return denied(words.superuser);
    }
    let signals = catalog.role_by_name("pg_signal_backend").map(|role| role.oid);
    match [owner, signals].into_iter().flatten().any(|role| catalog.is_member(own, role)) {
        true => Ok(true),
        false => denied(words.others),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_asked_for() {
        let key = AdvisoryKey::default();
        let request = |name| {
            let request = lock_request(name, key)?;
            Some((request.waits, request.for_transaction, request.is_shared))
        };
        assert_eq!(request("pg_advisory_lock"), Some((true, false, false)));
        assert_eq!(request("pg_try_advisory_lock_shared"), Some((false, false, true)));
        assert_eq!(request("pg_advisory_xact_lock_shared"), Some((true, true, true)));
        assert_eq!(request("pg_try_advisory_xact_lock"), Some((false, true, false)));
        assert_eq!(request("pg_advisory_lox"), None);
        assert_eq!(request("pg_sleep"), None);
    }

    #[test]
    fn one_number_and_two_are_different_locks() {
        let one = key(&Arguments(&[Datum::Int8(-2)]));
        assert_eq!(one, AdvisoryKey { class: u32::MAX, object: u32::MAX - 1, part: 1 });
        let two = key(&Arguments(&[Datum::Int4(-1), Datum::Int4(7)]));
        assert_eq!(two, AdvisoryKey { class: u32::MAX, object: 7, part: 2 });
    }
}
