//! Free space on the data directory's disk: commits are refused before any part runs out.
//!
//! Storage needs room to sort out what it was given, and an engine that meets a full disk half-way has to be opened
//! again. So commits stop (53100) while there is still twice the room that storage itself insists on; reads go on, and
//! commits go on by themselves when there is space again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Milliseconds between two looks at the file system.
const LOOK_MS: u64 = 20;
/// A transaction is written to the journal, to the engine's log, and once more when the engine sorts it out.
const COPIES: u64 = 4;

/// Watches one disk.
pub struct SpaceGuard {
    path: PathBuf,
    reserve_bytes: u64,
    looked_at_ms: AtomicU64,
    free_bytes: AtomicU64,
    full: AtomicBool,
}

impl SpaceGuard {
    pub fn new(path: PathBuf, reserve_bytes: u64) -> SpaceGuard {
        SpaceGuard {
            path,
            reserve_bytes,
            looked_at_ms: AtomicU64::new(0),
            free_bytes: AtomicU64::new(u64::MAX),
            full: AtomicBool::new(false),
        }
    }

    /// Whether a transaction of so many bytes may be written. `now_ms` only has to grow.
    pub fn admits(&self, bytes: u64, now_ms: u64) -> bool {
        let looked_at = self.looked_at_ms.load(Ordering::Relaxed);
        let large = bytes > self.reserve_bytes / 64;
        if large || now_ms >= looked_at.saturating_add(LOOK_MS) {
            self.looked_at_ms.store(now_ms, Ordering::Relaxed);
            // A file system that does not answer is told by the writes themselves.
            if let Ok(facts) = rustix::fs::statvfs(&self.path) {
                let free = facts.f_bavail.saturating_mul(facts.f_frsize);
                self.free_bytes.store(free, Ordering::Relaxed);
            }
        }
        let needed = self.reserve_bytes.saturating_add(bytes.saturating_mul(COPIES));
        let admitted = self.free_bytes.load(Ordering::Relaxed) >= needed;
        self.full.store(!admitted, Ordering::Relaxed);
        admitted
    }

    /// Whether the last transaction was refused.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_refused_below_the_reserve_only() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let roomy = SpaceGuard::new(folder.path().to_owned(), 1);
        assert!(roomy.admits(1, 1_000) && !roomy.is_full());
        let tight = SpaceGuard::new(folder.path().to_owned(), u64::MAX / 2);
        assert!(!tight.admits(1, 1_000) && tight.is_full());
    }
}
