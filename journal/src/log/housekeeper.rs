//! The housekeeper: a thread that prepares spare segments and removes obsolete ones, so that the writer never waits for
//! either unless the disk is full. It sleeps until it is asked.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use runtime::mischief::{Mark, reached};

use super::Shared;
use super::segment::{Spare, prepare, spare_path};
use super::state::{LiveSegment, State};

enum Task {
    Prepare(u64),
    Remove(u64, LiveSegment),
    End,
}

pub(crate) fn run(shared: Arc<Shared>) {
    loop {
        let task = {
            let mut state = shared.state.lock();
            loop {
                match next_task(&mut state) {
                    Some(task) => break task,
                    None => shared.housekeeping.wait(&mut state),
                }
            }
        };
        if !perform(&shared, task) {
            shared.state.lock().housekeeper_ended = true;
            shared.ended.notify_all();
            return;
        }
    }
}

/// Does what is to be done now, where there is no thread for it.
pub(crate) fn work_off(shared: &Shared) {
    loop {
        let task = next_task(&mut shared.state.lock());
        if !task.is_some_and(|task| perform(shared, task)) {
            return;
        }
    }
}

/// `false`: that was the end.
fn perform(shared: &Shared, task: Task) -> bool {
    match task {
        Task::End => return false,
        Task::Prepare(bytes) => {
            let result = prepare(&*shared.files, next_spare(shared), bytes);
            finish(shared, result);
        }
        Task::Remove(sequence, segment) => remove(shared, sequence, segment),
    }
    true
}

fn next_spare(shared: &Shared) -> PathBuf {
    let number = shared.spares.fetch_add(1, Ordering::Relaxed) + 1;
    spare_path(&shared.config.directory, number)
}

fn next_task(state: &mut State) -> Option<Task> {
    if state.failure.is_some() || state.writer_ended {
        return Some(Task::End);
    }
    // Removing first: it makes room.
    if let Some((sequence, segment)) = state.obsolete.pop_front() {
        return Some(Task::Remove(sequence, segment));
    }
    let bytes = state.space.wanted.take()?;
    if state.space.spare.as_ref().is_some_and(|spare| spare.bytes >= bytes) {
        return None;
    }
    state.space.preparing = true;
    Some(Task::Prepare(bytes))
}

fn finish(shared: &Shared, result: io::Result<Spare>) {
    let mut state = shared.state.lock();
    let space = &mut state.space;
    space.attempts += 1;
    space.preparing = false;
    let replaced = match result {
        Ok(spare) => {
            space.problem = None;
            space.spare.replace(spare)
        }
        Err(error) => {
            tracing::warn!(%error, "no log segment could be prepared");
            space.problem = Some(Arc::new(error));
            None
        }
    };
    drop(state);
    if let Some(spare) = replaced {
        // A larger one was needed. What is left is thrown away at the next start.
        let _ = shared.files.remove(&spare.path);
    }
    shared.room.notify_waiters();
    shared.rotation.notify_all();
}

/// Removes the oldest segment, or makes it the spare if there is none: its blocks are written already.
fn remove(shared: &Shared, sequence: u64, segment: LiveSegment) {
    reached(Mark::LogSegmentRemoved);
    let directory = &shared.config.directory;
    let wants_spare = {
        let state = shared.state.lock();
        state.space.spare.is_none()
    };
    let size = segment.file.size().unwrap_or(0);
    let reuse = wants_spare && size == shared.config.segment_bytes;
    let result = (|| {
        if reuse {
            let path = next_spare(shared);
            shared.files.rename(&segment.path, &path)?;
            // Durable before the file changes: the old name must not come back with new contents.
            shared.files.sync_directory(directory)?;
            return Ok(Some(Spare { path, file: segment.file.clone(), bytes: size }));
        }
        shared.files.remove(&segment.path)?;
        // Durable before the next one goes: a gap in the sequence would look like damage.
        shared.files.sync_directory(directory)?;
        Ok(None)
    })();
    match result {
        Ok(Some(spare)) => finish(shared, Ok(spare)),
        Ok(None) => shared.room.notify_waiters(),
        Err(error) => {
            let error: io::Error = error;
            // Removed at the next trimming after a restart; the order must be kept, so the others wait too.
            tracing::warn!(%error, sequence, "an obsolete log segment could not be removed");
            shared.state.lock().obsolete.clear();
        }
    }
}
