//! Multi-version storage of key ranges, read as of a timestamp.
//!
//! ```text
//!  crossbar ──Delivery──▶ apply ──one batch──▶ engine: Latest   key → τ, value
//!                                                      History  key, !τ → value
//!                                                      Garbage  τ → what is superseded by τ
//!                                                      Meta     watermark, journal positions
//!  readers ──get(key, τ)──▶ row cache, or else Latest, and only if that is too new: History
//! ```
//!
//! # Rules
//!
//! 1. The newest version of a key is in `Latest`, every older one that somebody may need in `History`. The common read,
//!    newest version at or before now, is one point look-up.
//! 2. Rows, watermark and journal positions are in one batch, so after a crash storage stands exactly at one watermark and
//!    the journals deliver again from exactly there. Applying is idempotent: what is at or below the watermark is skipped.
//! 3. Nothing is made durable on the commit path. The journals hold every transaction until storage has reported it
//!    durable, which a background thread does once a second while anything is applied.
//! 4. A read below the *horizon* is refused. The horizon stays the retention behind the watermark and never passes a live
//!    hold. It moves before anything is removed.
//! 5. A scan reads one instant of the engine, whatever is applied meanwhile.
//! 6. Stretches of `Latest` that are read and not written are kept in memory (module `row_cache`); what a batch writes is out of
//!    there before it is written.
//!
//! # A worked example, with a crash
//!
//! `a` was written at 10. `Latest: a → (10, "x")`. At 20 it is written again, at 30 deleted:
//!
//! | space | after 20 | after 30 |
//! | --- | --- | --- |
//! | Latest | `a → (20, "y")` | `a → (30, deleted)` |
//! | History | `a, 10 → "x"` | `a, 20 → "y"`; `a, 10 → "x"` |
//! | Garbage | `20 → version (a, 10)` | `30 → version (a, 20), deletion (a, 30)`; `20 → …` |
//! | Meta | watermark 20, journal 0 at 2 | watermark 30, journal 0 at 3 |
//!
//! A read at 25 finds 30 in `Latest`, which is too new, and the first entry of `a` at or after `!25` in `History`: "y".
//! Now the power fails. The batch of 20 had been made durable, that of 30 not: storage reopens with the column in the
//! middle, says "watermark 20, journal 0 at 2", the journal delivers position 3 again and the right column is back. Had
//! the batch of 30 survived by chance, position 3 would not be delivered again; had the journal delivered it all the same,
//! its commit timestamp 30 is not above the watermark and it would be skipped.
//!
//! Five and a half minutes later the horizon reaches 30. `Garbage` is read from its front: `(a, 10)` and `(a, 20)` go out of
//! `History`, and as the deletion is still the newest version of `a`, it goes out of `Latest`. If a long read holds 15, the
//! horizon stays there and none of that happens before it ends.
//!
//! # What it does not do
//!
//! It does not vote, filter or undo: what is delivered is decided. It knows nothing of tables except two numbers, those
//! of descriptors and names, whose changes it dates for the catalog caches.
//!
//! Upholds: I2.

mod apply;
mod collect;
mod config;
pub mod copy;
mod cursor;
pub mod engine;
mod horizon;
mod instant;
mod layout;
mod maintenance;
mod measure;
mod row_cache;
mod storage;

pub use crate::config::{RETENTION_MARGIN_NANOS, StorageOptions, TRANSACTION_AGE_NANOS};
pub use crate::engine::disk::{DiskEngine, DiskOptions};
pub use crate::engine::memory::MemoryEngine;
pub use crate::engine::{EngineError, KvEngine};
pub use crate::layout::Applied;
pub use crate::maintenance::{Maintenance, MaintenanceEvents};
pub use crate::row_cache::RowCacheOptions;
pub use crate::storage::{Condition, Storage};
