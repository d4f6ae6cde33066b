//! Model check of the commit protocol: every interleaving at small bounds, long random ones beyond.
//!
//! What is explored is the code that runs: [`adjudicator::Adjudicator`] and [`coordinator::Coordinator`]. Around them
//! stands a small world: an abstract journal per shard that takes appends of its leader in order, a network that keeps
//! every message for as long as it likes, clocks, and a budget of faults. In every state each of these may happen next:
//!
//! - a message arrives, in any order. One that never arrives is lost: no action is needed for that, because everything
//!   else may happen before. With a budget a message arrives and stays, to arrive again.
//! - an append becomes durable; its result arrives, later; with a budget its result is *unknown* and the append still
//!   becomes durable, or never does.
//! - an adjudicator crashes, with any prefix of its appends surviving, and a successor takes over; or the successor
//!   takes over while the old one goes on without knowing (a *ghost*), answering messages and making promises.
//! - time passes; a clock steps; somebody bumps; the crossbar says what it has delivered; a coordinator loses patience.
//!
//! After every step the properties of [`properties`] are checked. The search is breadth-first over fingerprints, so the
//! first counter-example is a shortest one; it is printed as the list of steps that leads to it.
//!
//! A delivery that changes nothing is not explored: losing the message is the same or worse.
//!
//! What the model does not cover: the conflict memory's eviction and ranges (the adjudicator's own property tests do),
//! and a transport that brings a request twice although it was sent once, the second time to another process: there A1
//! leaves out the refusals that say nothing about other copies (`Unavailable`, `TooOld`). Copies that a coordinator
//! sends itself are covered.

mod digest;
pub mod properties;
pub mod scenarios;
pub mod search;
pub mod world;

pub use properties::{Property, Violation};
pub use scenarios::Scenario;
pub use search::{Report, explore, walk};
pub use world::{Action, Budget, World};
