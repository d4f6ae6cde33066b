//! The writer as a task of a runtime, for simulations in which one thread is everything and a seed decides what happens.
//!
//! What it writes, syncs and completes, and in which order, is the writer's own code. The housekeeper's work is done
//! between batches. A full disk cannot be waited for here: it stops the log.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, MutexGuard};
use tokio::sync::Notify;

use super::housekeeper;
use super::state::State;
use super::writer::Writer;

/// How long the disk takes for each batch; what is requested meanwhile goes with it.
#[derive(Clone)]
pub struct Pace(pub Arc<dyn Fn() -> Duration + Send + Sync>);

impl fmt::Debug for Pace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pace")
    }
}

/// Wakes the writer, thread or task.
#[derive(Default)]
pub(crate) struct Bell {
    thread: Condvar,
    task: Notify,
}

impl Bell {
    pub fn ring(&self, in_task: bool) {
        match in_task {
            false => {
                self.thread.notify_one();
            }
            true => self.task.notify_one(),
        }
    }

    /// For a thread.
    pub fn wait(&self, state: &mut MutexGuard<'_, State>) {
        self.thread.wait(state);
    }
}

/// Runs until the log is closed or broken.
pub(crate) async fn write(mut writer: Writer, pace: Pace) {
    let shared = writer.shared.clone();
    loop {
        let (waits, ends) = {
            let state = shared.state.lock();
            (!state.queue.is_empty(), state.closing || state.failure.is_some())
        };
        if !waits {
            if ends {
                break;
            }
            shared.wake.task.notified().await;
            continue;
        }
        tokio::time::sleep((pace.0)()).await;
        let Some((work, hints)) = writer.wait() else { break };
        if !writer.write_or_stop(work, hints) {
            break;
        }
        housekeeper::work_off(&shared);
    }
    writer.end();
    shared.state.lock().housekeeper_ended = true;
    shared.ended.notify_all();
}
