//! How long query processors live.

use std::time::Duration;

/// Times and limits of the supervisor.
#[derive(Clone, Debug)]
pub struct SupervisorConfig {
    /// A query processor is replaced at this age (`--qp-max-age`).
    pub max_age: Duration,
    /// The age at replacement differs from `max_age` by at most this share either way, in percent, so that nodes do
    /// not recycle together.
    pub jitter_percent: u32,
    /// A draining query processor is terminated after this; transactions live at most 5 minutes.
    pub drain_limit: Duration,
    /// A terminated query processor that still has sessions is given up after this.
    pub terminate_limit: Duration,
    /// The first repeated crash is answered after this, each further one after twice as long.
    pub crash_backoff: Duration,
    pub maximum_crash_backoff: Duration,
}

/// Query processors that may drain at the same time; a recycle by age waits while there are so many.
pub const MAXIMUM_DRAINING: usize = 16;

impl Default for SupervisorConfig {
    fn default() -> SupervisorConfig {
        SupervisorConfig {
            max_age: Duration::from_secs(60 * 60),
            jitter_percent: 10,
            drain_limit: Duration::from_secs(5 * 60 + 10),
            terminate_limit: Duration::from_secs(10),
            crash_backoff: Duration::from_secs(1),
            maximum_crash_backoff: Duration::from_secs(60),
        }
    }
}
