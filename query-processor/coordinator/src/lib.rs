//! Takes one transaction through its commit: a state machine without I/O.
//!
//! It finds the shards that have a say, picks the one that leads (DESIGN 4.4: nearest, most keys, lowest id), sends each
//! its part, and turns what comes back into one outcome. It holds nothing that must survive: when it dies, the leader
//! decides without it.
//!
//! Only the leader's answer counts, and the leader stays the same over all attempts, so there is one place that knows.
//!
//! | what happened | what the client is told |
//! | --- | --- |
//! | the leader says committed or refused | that |
//! | the leader says unavailable to the only request sent | that: nothing happened |
//! | unavailable or below the floor, but there was an earlier copy of the request | unknown, unless the leader settles it |
//! | the leader says unknown | unknown, unless the leader settles it |
//! | no answer to any attempt | unknown, unless the leader settles it |
//!
//! The leader settles it when it is asked for the status: with `tau_start` in the question it answers *not committed*
//! for what it has never heard of, and refuses it from then on.
//!
//! Upholds: A1, D2

mod coordinator;
mod route;

pub use coordinator::{Action, Coordinator, Event};
pub use route::Route;
