//! One instant of the engine, opened by the first reader that needs it.

use std::sync::{Arc, OnceLock};

use protocol::Timestamp;
use protocol::storage::ReadError;

use crate::engine::{KvEngine, KvView};
use crate::horizon::Horizon;
use crate::row_cache::RowCache;

/// What scans at `tau` read of the engine, if they need it at all: much of it may be in the row cache.
pub struct Instant {
    engine: Arc<dyn KvEngine>,
    cache: Arc<RowCache>,
    horizon: Horizon,
    tau: Timestamp,
    view: OnceLock<Opened>,
}

struct Opened {
    view: Box<dyn KvView>,
    sequence: u64,
    /// The horizon, if it was beyond `tau` when the view had been opened.
    refused: Option<Timestamp>,
}

impl Instant {
    pub fn new(
        engine: Arc<dyn KvEngine>,
        cache: Arc<RowCache>,
        horizon: Horizon,
        tau: Timestamp,
    ) -> Instant {
        Instant { engine, cache, horizon, tau, view: OnceLock::new() }
    }

    pub fn tau(&self) -> Timestamp {
        self.tau
    }

    pub fn cache(&self) -> &Arc<RowCache> {
        &self.cache
    }

    /// Whether something that a read at `tau` needs may have been removed. The horizon moves before anything is: who is above
    /// it after having looked has seen everything.
    pub fn is_below_horizon(&self) -> bool {
        self.tau < self.horizon.get()
    }

    fn open(&self) -> &Opened {
        self.view.get_or_init(|| {
            let sequence = self.cache.sequence();
            let view = self.engine.view();
            let refused = Some(self.horizon.get()).filter(|oldest| self.tau < *oldest);
            Opened { view, sequence, refused }
        })
    }

    /// The view. Whoever reads rows as of `tau` in it takes [`Instant::view`].
    pub fn opened(&self) -> &dyn KvView {
        self.open().view.as_ref()
    }

    /// Where the cache stood before the view was opened.
    pub fn sequence(&self) -> u64 {
        self.open().sequence
    }

    /// The view; it has everything that a read at `tau` needs, for as long as it lives.
    pub fn view(&self) -> Result<&dyn KvView, ReadError> {
        let opened = self.open();
        match opened.refused {
            Some(oldest) => Err(ReadError::TooOld { oldest }),
            None => Ok(opened.view.as_ref()),
        }
    }
}
