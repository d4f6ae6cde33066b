//! How a session is reached from outside: cancelled, terminated, or asked to move.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use dashmap::DashMap;
use tokio::sync::Notify;

/// The secret that a CancelRequest must carry: 4 bytes in protocol 3.0, 32 in 3.2.
#[derive(Clone, PartialEq, Eq)]
pub struct CancelKey(pub Vec<u8>);

/// Why a session is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StopReason {
    None = 0,
    /// The node shuts down, or `pg_terminate_backend`: 57P01 at once.
    Terminate = 2,
    /// The node drains: 57P01 at the next transaction boundary.
    Drain = 1,
}

struct Signals {
    /// The running statement is to be cancelled (57014).
    cancel: AtomicBool,
    stop: AtomicU8,
    /// Wakes the session's task after `stop` was set.
    wake: Notify,
}

/// One live session.
#[derive(Clone)]
pub struct SessionHandle {
    pub process_id: i32,
    key: Arc<CancelKey>,
    signals: Arc<Signals>,
}

impl SessionHandle {
    pub fn key(&self) -> &CancelKey {
        &self.key
    }

    /// Asks the running statement, if there is one, to fail with 57014.
    pub fn cancel_statement(&self) {
        self.signals.cancel.store(true, Ordering::SeqCst);
        self.signals.wake.notify_waiters();
    }

    /// Forgets a cancellation that came while no statement ran.
    pub fn clear_cancel(&self) {
        self.signals.cancel.store(false, Ordering::SeqCst);
    }

    pub fn is_cancelled(&self) -> bool {
        self.signals.cancel.load(Ordering::Relaxed)
    }

    pub fn stop(&self, reason: StopReason) {
        self.signals.stop.fetch_max(reason as u8, Ordering::SeqCst);
        if reason == StopReason::Terminate {
            self.signals.cancel.store(true, Ordering::SeqCst);
        }
        self.signals.wake.notify_waiters();
    }

    pub fn stop_reason(&self) -> StopReason {
        match self.signals.stop.load(Ordering::Relaxed) {
            2 => StopReason::Terminate,
            1 => StopReason::Drain,
            _ => StopReason::None,
        }
    }

    /// Resolves when somebody cancels or stops the session after this call.
    pub async fn signalled(&self) {
        self.signals.wake.notified().await;
    }
}

/// All live sessions of a node by process id.
#[derive(Default)]
pub struct CancelRegistry {
    sessions: DashMap<i32, SessionHandle>,
}

impl CancelRegistry {
    /// Registers a session; process ids are handed out by the caller. `None` if the id is taken.
    pub fn register(&self, process_id: i32, key: CancelKey) -> Option<SessionHandle> {
        let handle = SessionHandle {
            process_id,
            key: Arc::new(key),
            signals: Arc::new(Signals {
                cancel: AtomicBool::new(false),
                stop: AtomicU8::new(0),
                wake: Notify::new(),
            }),
        };
        match self.sessions.entry(process_id) {
            dashmap::Entry::Occupied(_) => None,
            dashmap::Entry::Vacant(entry) => {
                entry.insert(handle.clone());
                Some(handle)
            }
        }
    }

    pub fn remove(&self, process_id: i32) {
        self.sessions.remove(&process_id);
    }

    /// Whether the session lives.
    pub fn contains(&self, process_id: i32) -> bool {
        self.sessions.contains_key(&process_id)
    }

    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// A CancelRequest: the key is compared in constant time, and nothing tells the caller whether it fitted.
    pub fn cancel(&self, process_id: i32, key: &[u8]) {
        if let Some(session) = self.sessions.get(&process_id) {
            let expected = &session.key.0;
            let same_length = expected.len() == key.len();
            let difference = expected.iter().zip(key).fold(0u8, |sum, (a, b)| sum | (a ^ b));
            if same_length && difference == 0 {
                session.cancel_statement();
            }
        }
    }

    /// `pg_cancel_backend`; whether there is such a session.
    pub fn cancel_by_process(&self, process_id: i32) -> bool {
        self.sessions.get(&process_id).is_some_and(|session| {
            session.cancel_statement();
            true
        })
    }

    /// `pg_terminate_backend`; whether there is such a session.
    pub fn terminate_by_process(&self, process_id: i32) -> bool {
        self.sessions.get(&process_id).is_some_and(|session| {
            session.stop(StopReason::Terminate);
            true
        })
    }

    pub fn stop_all(&self, reason: StopReason) {
        let handles: HashMap<i32, SessionHandle> =
            self.sessions.iter().map(|entry| (*entry.key(), entry.value().clone())).collect();
        for handle in handles.values() {
            handle.stop(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_key_cancels() {
        let registry = CancelRegistry::default();
        let handle = registry.register(7, CancelKey(vec![1, 2, 3, 4])).expect("free id");
        assert!(registry.register(7, CancelKey(vec![0; 4])).is_none());
        registry.cancel(7, &[1, 2, 3, 5]);
        registry.cancel(7, &[1, 2, 3]);
        registry.cancel(8, &[1, 2, 3, 4]);
        assert!(!handle.is_cancelled());
        registry.cancel(7, &[1, 2, 3, 4]);
        assert!(handle.is_cancelled());
    }
}
