//! Judges of histories: pure functions, one property each, that know nothing of how a history came about.
//!
//! | module | property | needs |
//! | --- | --- | --- |
//! | [`isolation`] | snapshot isolation (with sessions, strong) and serializability (strict) | what clients saw: list-append or registers |
//! | [`oracle`] | every read is what a plain model holds at its timestamp; first committer wins; acknowledged means visible | timestamps |
//! | [`durability`] | what was acknowledged is there, once; what was refused is not | the journals' content |
//! | [`invariants`] | money is conserved, a ring stays a ring | one snapshot |
//! | [`brute`] | the first again, by trying all orders: small histories only, to check the checker | |
//!
//! # Two nodes per transaction
//!
//! A transaction begins at `s` and commits at `c`, points on one line. What clients saw says which point is earlier:
//!
//! ```text
//!   T1 wrote the version before T2's         c1 ──▶ s2      (first committer wins: no overlap)
//!   T2 read what T1 wrote                    c1 ──▶ s2
//!   T1 read the version before T2's          s1 ──▶ c2
//!   T1 was acknowledged before T2 was sent   c1 ──▶ s2      (strong)
//!   always                                   s1 ──▶ c1
//! ```
//!
//! If there is a cycle, no such line exists: the history is none of snapshot isolation. Write skew is two transactions
//! that miss each other's writes: `s1 → c2`, `s2 → c1`, no cycle. With `s` and `c` the same point the same edges
//! ask for serializability.
//!
//! # What is not said
//!
//! Appends that nobody ever read have no order among each other, so a conflict between two of them goes unseen. End a
//! run with reads of all keys.
//!
//! Checks: L1, I1, I2, I3

pub mod brute;
pub mod counts;
pub mod durability;
mod graph;
pub mod history;
pub mod invariants;
pub mod isolation;
pub mod oracle;
pub mod registers;
pub mod report;
mod versions;
mod witness;

pub use history::{History, Operation, Recorder, Status, Transaction};
pub use isolation::{Level, check};
pub use report::{Basis, Class, Counters, Finding, Floors, Report};
