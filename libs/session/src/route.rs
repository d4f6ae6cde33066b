//! Which query processor serves a session next.

use std::sync::Arc;

use crate::QueryProcessor;

/// Where a gateway sends its sessions.
///
/// Contract: `current` never blocks, and answers a query processor that takes sessions; between two calls the answer
/// may change.
pub trait Route: Send + Sync {
    fn current(&self) -> Arc<dyn QueryProcessor>;

    /// A session that this query processor served ended in a panic.
    fn crashed(&self, _processor: &Arc<dyn QueryProcessor>) {}
}

/// A query processor as the supervisor sees it.
///
/// Contract: no call blocks. After `drain` every session is given back at its next transaction boundary, and a session
/// that arrives later is greeted and given back at once.
pub trait ManagedProcessor: QueryProcessor {
    fn drain(&self);

    /// Sessions that it serves now.
    fn sessions(&self) -> usize;

    /// Ends the sessions that this query processor still serves, and no others.
    fn terminate(&self);
}
