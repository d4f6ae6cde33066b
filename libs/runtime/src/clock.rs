//! The clock: the only place where time comes from.

mod kernel;

pub use kernel::kernel_clock_error;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::{ClockReading, Timestamp};

/// Tells an interval that contains true time.
///
/// Contract: `earliest` and `latest` never go back between two calls on one clock object.
pub trait Clock: Send + Sync {
    fn now(&self) -> ClockReading;
}

/// The operating system's clock with a bound on its error; never runs backwards.
#[derive(Debug)]
pub struct SystemClock {
    error_nanos: AtomicU64,
    earliest: AtomicU64,
    latest: AtomicU64,
}

impl SystemClock {
    /// `error_nanos`: how far the clock may be from true time, either way. Zero for a process that compares only with
    /// itself.
    pub fn new(error_nanos: u64) -> SystemClock {
        SystemClock {
            error_nanos: AtomicU64::new(error_nanos),
            earliest: AtomicU64::new(0),
            latest: AtomicU64::new(0),
        }
    }

    /// What is known of the error from now on.
    pub fn set_error(&self, error: Duration) {
        let nanos = u64::try_from(error.as_nanos()).unwrap_or(u64::MAX);
        self.error_nanos.store(nanos, Ordering::Relaxed);
    }

    pub fn error(&self) -> Duration {
        Duration::from_nanos(self.error_nanos.load(Ordering::Relaxed))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> ClockReading {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX / 2);
        let error = self.error_nanos.load(Ordering::Relaxed);
        // Both limits that an earlier reading gave are still true: that time has passed the earliest, and a latest that is
        // too late only makes the interval wider.
        let (earliest, latest) = (now.saturating_sub(error), now.saturating_add(error));
        ClockReading {
            earliest: Timestamp(self.earliest.fetch_max(earliest, Ordering::Relaxed).max(earliest)),
            latest: Timestamp(self.latest.fetch_max(latest, Ordering::Relaxed).max(latest)),
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

    #[test]
    fn neither_limit_goes_back_when_the_error_changes() {
        let clock = SystemClock::new(0);
        let sharp = clock.now();
        clock.set_error(Duration::from_secs(1));
        let vague = clock.now();
        assert!(vague.earliest >= sharp.earliest && vague.latest > sharp.latest);
        clock.set_error(Duration::ZERO);
        let again = clock.now();
        assert!(again.earliest > vague.earliest && again.latest >= vague.latest);
    }
}
