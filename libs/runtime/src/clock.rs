//! The clock: the only place where time comes from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use protocol::{ClockReading, Timestamp};

/// Tells an interval that contains true time.
///
/// Contract: `earliest` and `latest` never go back between two calls on one clock object.
pub trait Clock: Send + Sync {
    fn now(&self) -> ClockReading;
}

/// The operating system's clock with a fixed bound on its error; never runs backwards.
#[derive(Debug)]
pub struct SystemClock {
    error_nanos: u64,
    last: AtomicU64,
}

impl SystemClock {
    /// `error_nanos`: how far the clock may be from true time, either way. Zero for a process that compares only with
    /// itself.
    pub fn new(error_nanos: u64) -> SystemClock {
        SystemClock { error_nanos, last: AtomicU64::new(0) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> ClockReading {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let nanos = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX / 2);
        let now = self.last.fetch_max(nanos, Ordering::Relaxed).max(nanos);
        ClockReading {
            earliest: Timestamp(now.saturating_sub(self.error_nanos)),
            latest: Timestamp(now.saturating_add(self.error_nanos)),
        }
    }
}

/// A clock that a test moves by hand.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicU64,
    error_nanos: AtomicU64,
}

impl ManualClock {
    pub fn new(now: Timestamp) -> ManualClock {
        ManualClock { now: AtomicU64::new(now.0), error_nanos: AtomicU64::new(0) }
    }

    pub fn advance_nanos(&self, nanos: u64) {
        self.now.fetch_add(nanos, Ordering::SeqCst);
    }

    pub fn set_error_nanos(&self, nanos: u64) {
        self.error_nanos.store(nanos, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> ClockReading {
        let now = self.now.load(Ordering::SeqCst);
        let error = self.error_nanos.load(Ordering::SeqCst);
        ClockReading {
            earliest: Timestamp(now.saturating_sub(error)),
            latest: Timestamp(now.saturating_add(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_never_runs_backwards() {
        let clock = SystemClock::new(5);
        let mut last = clock.now();
        for _ in 0..1_000 {
            let now = clock.now();
            assert!(now.earliest >= last.earliest && now.latest.nanos_since(now.earliest) == 10);
            last = now;
        }
    }
}
