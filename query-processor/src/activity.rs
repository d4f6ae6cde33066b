//! What each session is doing: `pg_stat_activity`.

use std::sync::Arc;

use catalog::SessionActivity;
use parking_lot::Mutex;

/// Bytes of a statement's text that are shown (`track_activity_query_size`).
const SHOWN_QUERY_BYTES: usize = 1_024;

/// A session as others see it; cheap to update with every statement.
pub struct LiveSession {
    fixed: SessionActivity,
    changing: Mutex<Changing>,
}

struct Changing {
    state: &'static str,
    query: Arc<str>,
    application_name: String,
    transaction_started_at: Option<i64>,
    query_started_at: Option<i64>,
    state_changed_at: i64,
}

impl LiveSession {
    pub fn new(fixed: SessionActivity) -> LiveSession {
        let now = fixed.started_at;
        LiveSession {
            changing: Mutex::new(Changing {
                state: "idle",
                query: Arc::from(""),
                application_name: fixed.application_name.clone(),
                transaction_started_at: None,
                query_started_at: None,
                state_changed_at: now,
            }),
            fixed,
        }
    }

    pub fn statement_started(&self, query: &Arc<str>, now: i64, transaction_started_at: i64) {
        let mut changing = self.changing.lock();
        changing.state = "active";
        changing.query = Arc::clone(query);
        changing.query_started_at = Some(now);
        changing.state_changed_at = now;
        changing.transaction_started_at = Some(transaction_started_at);
    }

    /// The text of the statement that runs or ran last.
    #[cfg(debug_assertions)]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.changing.lock().query)
    }

    pub fn became(&self, state: &'static str, now: i64) {
        let mut changing = self.changing.lock();
        if changing.state != state {
            changing.state = state;
            changing.state_changed_at = now;
        }
        if state == "idle" {
            changing.transaction_started_at = None;
        }
    }

    pub fn set_application_name(&self, name: &str) {
        let mut changing = self.changing.lock();
        if changing.application_name != name {
            changing.application_name = name.to_owned();
        }
    }

    pub fn shown(&self) -> SessionActivity {
        let changing = self.changing.lock();
        let mut end = SHOWN_QUERY_BYTES.min(changing.query.len());
        while !changing.query.is_char_boundary(end) {
            end -= 1;
        }
        SessionActivity {
            state: changing.state.to_owned(),
            query: changing.query[..end].to_owned(),
            application_name: changing.application_name.clone(),
            transaction_started_at: changing.transaction_started_at,
            query_started_at: changing.query_started_at,
            state_changed_at: changing.state_changed_at,
            ..self.fixed.clone()
        }
    }
}
