//! The background thread: makes applied transactions durable and collects garbage, only while something is applied.

use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

use crate::engine::EngineError;
use crate::layout::Applied;
use crate::storage::Storage;

/// Pieces of garbage removed in one round. With a round a second this is far above what can be produced.
const COLLECT_PER_ROUND: u64 = 200_000;

/// Whether there is something to make durable; wakes the thread when there is.
#[derive(Default)]
pub(crate) struct Dirt {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    dirty: bool,
    stopping: bool,
}

impl Dirt {
    pub fn mark(&self) {
        let mut state = self.state.lock();
        if !state.dirty {
            state.dirty = true;
            self.changed.notify_all();
        }
    }

    fn stop(&self) {
        self.state.lock().stopping = true;
        self.changed.notify_all();
    }

    /// Waits for dirt, then gathers more of it for `pause`. `false`: stop.
    fn wait(&self, pause: std::time::Duration) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_while(&mut state, |state| !state.dirty && !state.stopping);
        self.changed.wait_while_for(&mut state, |state| !state.stopping, pause);
        state.dirty = false;
        !state.stopping
    }
}

/// Runs the background thread until it is dropped.
pub struct Maintenance {
    storage: Arc<Storage>,
    thread: Option<JoinHandle<()>>,
}

/// What the node wants to know.
pub trait MaintenanceEvents: Send + 'static {
    /// Everything up to here survives a loss of power: journals may forget it.
    fn durable(&self, applied: &Applied);

    /// The process must end. Called at most once.
    fn failed(&self, error: &EngineError);
}

impl Maintenance {
    pub fn start(
        storage: Arc<Storage>,
        events: impl MaintenanceEvents,
    ) -> std::io::Result<Maintenance> {
        let worker = storage.clone();
        let thread = std::thread::Builder::new()
            .name("storage".to_owned())
            .spawn(move || run(&worker, &events))?;
        Ok(Maintenance { storage, thread: Some(thread) })
    }
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        self.storage.dirt.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the storage thread has panicked");
        }
    }
}

fn run(storage: &Storage, events: &impl MaintenanceEvents) {
    while storage.dirt.wait(storage.options().persist_every) {
        if let Err(error) = round(storage, events) {
            events.failed(&error);
            return;
        }
    }
    // What was applied since the last round; if it fails the journals still have it.
    match storage.persist() {
        Ok(applied) => events.durable(&applied),
        Err(error) => tracing::error!(%error, "storage was not made durable at the end"),
    }
}

fn round(storage: &Storage, events: &impl MaintenanceEvents) -> Result<(), EngineError> {
    let applied = storage.persist()?;
    events.durable(&applied);
    let collected = match storage.collect(COLLECT_PER_ROUND) {
        // Removing needs a little room too; it is tried again with the next round.
        Err(EngineError::Full { .. }) => 0,
        other => other?,
    };
    if collected >= COLLECT_PER_ROUND {
        storage.dirt.mark();
    }
    storage.report();
    Ok(())
}
