//! The horizon: reads below it are refused, so what only they would need can be collected.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use protocol::Timestamp;
use protocol::storage::HoldGuard;

#[derive(Debug)]
struct Shared {
    horizon: AtomicU64,
    /// How many hold each timestamp.
    holds: Mutex<BTreeMap<Timestamp, usize>>,
}

/// Moves forward only, and never past a live hold.
#[derive(Clone, Debug)]
pub struct Horizon {
    shared: Arc<Shared>,
}

impl Horizon {
    pub fn new(horizon: Timestamp) -> Horizon {
        let horizon = AtomicU64::new(horizon.0);
        Horizon { shared: Arc::new(Shared { horizon, holds: Mutex::default() }) }
    }

    pub fn get(&self) -> Timestamp {
        Timestamp(self.shared.horizon.load(Ordering::SeqCst))
    }

    /// A hold below the horizon holds nothing that is there: reads are refused all the same.
    pub fn hold(&self, tau: Timestamp) -> HoldGuard {
        *self.shared.holds.lock().entry(tau).or_default() += 1;
        let shared = self.shared.clone();
        HoldGuard::new(move || {
            let mut holds = shared.holds.lock();
            let count = holds.get_mut(&tau).expect("a live hold is counted");
            *count -= 1;
            if *count == 0 {
                holds.remove(&tau);
            }
        })
    }

    /// Moves towards `wanted` as far as holds allow. From then on readers below are refused, so the caller may remove what
    /// they needed. Returns where the horizon is.
    pub fn advance(&self, wanted: Timestamp) -> Timestamp {
        let holds = self.shared.holds.lock();
        let oldest = holds.first_key_value().map_or(Timestamp::MAX, |(tau, _)| *tau);
        let target = wanted.min(oldest);
        let before = self.shared.horizon.fetch_max(target.0, Ordering::SeqCst);
        Timestamp(before).max(target)
    }

    pub fn holds(&self) -> usize {
        self.shared.holds.lock().values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_stops_at_the_oldest_hold_and_never_goes_back() {
        let horizon = Horizon::new(Timestamp(10));
        let (older, newer) = (horizon.hold(Timestamp(20)), horizon.hold(Timestamp(30)));
        let again = horizon.hold(Timestamp(20));
        assert_eq!(horizon.advance(Timestamp(100)), Timestamp(20));
        drop(older);
        assert_eq!(horizon.advance(Timestamp(100)), Timestamp(20));
        drop(again);
        assert_eq!(horizon.advance(Timestamp(25)), Timestamp(25));
        assert_eq!(horizon.advance(Timestamp(5)), Timestamp(25));
        drop(newer);
        assert_eq!((horizon.advance(Timestamp(90)), horizon.holds()), (Timestamp(90), 0));
    }
}
