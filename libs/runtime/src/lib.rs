//! The outside world behind traits: clock, files, randomness.
//!
//! Everything that a test wants to break is here. Production code takes these traits; `clippy.toml` bans the standard
//! library's own ways elsewhere.

pub mod clock;
pub mod files;
pub mod mischief;

pub use clock::{Clock, ManualClock, SystemClock, kernel_clock_error};
