//! A machine's clock: true time, and how far off it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use protocol::{ClockReading, Timestamp};
use runtime::Clock;
use simulation_core::plan::SECOND;

/// The beginning of time.
pub const START: u64 = 1_000 * SECOND;

/// Set from outside; survives restarts of the process.
#[derive(Debug)]
pub struct Skew {
    /// Nanoseconds that the clock is ahead.
    pub offset: AtomicI64,
    /// Millionths that it is too fast.
    pub drift: AtomicI64,
    pub bound: u64,
}

/// One process's clock.
pub struct SimulatedClock {
    skew: Arc<Skew>,
    /// True time, and the runtime's at the same moment.
    begun: u64,
    base: tokio::time::Instant,
    last: AtomicU64,
}

impl SimulatedClock {
    /// To be called in the process's runtime.
    pub fn new(skew: Arc<Skew>, begun: u64) -> SimulatedClock {
        let base = tokio::time::Instant::now();
        SimulatedClock { skew, begun, base, last: AtomicU64::new(0) }
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> ClockReading {
        let elapsed = u64::try_from(self.base.elapsed().as_nanos()).unwrap_or(u64::MAX / 2);
        let run = self.begun + elapsed;
        let drift = (run / 1_000_000) as i64 * self.skew.drift.load(Ordering::SeqCst);
        let off = self.skew.offset.load(Ordering::SeqCst) + drift;
        let local = (START + run).saturating_add_signed(off);
        let local = self.last.fetch_max(local, Ordering::SeqCst).max(local);
        ClockReading {
            earliest: Timestamp(local.saturating_sub(self.skew.bound)),
            latest: Timestamp(local + self.skew.bound),
        }
    }
}
