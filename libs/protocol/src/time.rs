//! Time as the protocol uses it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Nanoseconds since the Unix epoch. `Timestamp(0)` is before everything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

impl Timestamp {
    pub const ZERO: Timestamp = Timestamp(0);
    pub const MAX: Timestamp = Timestamp(u64::MAX);

    /// The next representable instant.
    pub fn next(self) -> Timestamp {
        Timestamp(self.0.saturating_add(1))
    }

    /// The instant just before; zero stays zero.
    pub fn previous(self) -> Timestamp {
        Timestamp(self.0.saturating_sub(1))
    }

    pub fn plus_nanos(self, nanos: u64) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos))
    }

    pub fn minus_nanos(self, nanos: u64) -> Timestamp {
        Timestamp(self.0.saturating_sub(nanos))
    }

    /// Nanoseconds from `earlier` to `self`; zero if `earlier` is later.
    pub fn nanos_since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "τ{self}")
    }
}

/// What a clock knows: true time lies within `earliest..=latest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    pub earliest: Timestamp,
    pub latest: Timestamp,
}

impl ClockReading {
    /// A clock without error, as one process alone may assume of its own clock.
    pub fn exact(now: Timestamp) -> ClockReading {
        ClockReading { earliest: now, latest: now }
    }
}
