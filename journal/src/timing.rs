//! Heartbeats and elections by the distance between voters.

use std::time::Duration;

/// Elections are not tuned finer: a busy machine pauses for so long.
const ELECTION_MS_MIN: u64 = 300;
/// Nor coarser: failover would take too long to be called one.
const ELECTION_MS_MAX: u64 = 5_000;

/// What [`crate::JournalConfig`] takes as `heartbeat_ms` and `election_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    pub heartbeat_ms: u64,
    pub election_ms: u64,
}

/// For voters whose longest round trip is the given one. An election must be rarer than lost heartbeats and several
/// round trips long, or candidates never hear of their votes before others stand.
pub fn for_round_trip(longest: Duration) -> Timing {
    let round_trip_ms = u64::try_from(longest.as_millis()).unwrap_or(ELECTION_MS_MAX);
    let election_ms =
        (200 + 10 * round_trip_ms.min(ELECTION_MS_MAX)).clamp(ELECTION_MS_MIN, ELECTION_MS_MAX);
    Timing { heartbeat_ms: election_ms / 5, election_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elections_follow_the_distance_within_bounds() {
        let election = |ms| for_round_trip(Duration::from_millis(ms)).election_ms;
        assert_eq!([0, 1, 30, 60, 10_000].map(election), [300, 300, 500, 800, 5_000]);
        for ms in [0, 1, 30, 200] {
            let timing = for_round_trip(Duration::from_millis(ms));
            assert!(timing.heartbeat_ms * 3 < timing.election_ms && timing.heartbeat_ms >= 50);
        }
    }
}
