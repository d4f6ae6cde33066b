//! Delivers every journal to its subscribers and says up to when delivery is complete.
//!
//! ```text
//!  journal 0 ──deliver──▶ ┌────────┐   Delivery { transactions in order of tau_commit,   ┌─────────┐
//!  journal 1 ──deliver──▶ │ merge  │──▶           watermark, positions }  ─────────────▶ │ storage │
//!  journal 2 ──deliver──▶ └────────┘                                                     └─────────┘
//!                             ▲  promises
//!  reach(τ) ── bump exactly the journals that have not promised τ
//! ```
//!
//! Each journal is in order of `tau_commit` by itself. The merge knows for each journal up to which timestamp it is
//! *complete*: the `tau_commit` of its last delivered transaction, or the `up_to` of a promise once everything up to the
//! promise's `after` is delivered. The *watermark* is the smallest of these, and whatever is at or below it is handed on
//! in order of `(tau_commit, journal)`. So the order is a function of what the journals hold and never of how their
//! entries happened to arrive.
//!
//! # A worked example, with a crash
//!
//! Journals 0 and 1, watermark 100. Transaction T (τ 120) becomes durable in journal 0, position 7, and is delivered:
//! journal 0 is complete up to 120, journal 1 up to 100, so the watermark stays. The committer waits for 120. The
//! crossbar asks journal 1's adjudicator, and only it, to promise 120. The answer is "up to 121, after position 4";
//! position 4 is delivered already, so the watermark becomes min(120, 121) = 120, storage applies T and records
//! `(120, {0: 7, 1: 4})` with it, and the committer wakes.
//!
//! Now the process dies before storage has persisted that. Storage reopens at `(100, {0: 6, 1: 4})`. The crossbar starts
//! from there, the journals deliver again behind positions 6 and 4, T comes again, and the same happens again. Had an
//! entry been released only in part (two transactions at 90 and 110 in one entry, watermark 100), its position would not
//! have been recorded: it is delivered as a whole again, and the merge skips what is at or below 100.
//!
//! # What it does not do
//!
//! It stores nothing, decides nothing, and has no timer when nothing is wanted: an idle database sends no bump.
//!
//! Upholds: I2 (a reader at τ sees all of every journal up to τ), L1 together with the wait for the watermark.

mod crossbar;
mod driver;
mod measure;
mod merge;
mod waiters;

pub use crate::crossbar::{Crossbar, MAX_BACKLOG_BYTES};
pub use crate::driver::Driver;
pub use crate::merge::{Merge, MergeError};
pub use crate::waiters::MAX_WAITERS;
