//! Files behind traits, so that tests can lose power, fill the disk and break fsync.
//!
//! Two implementations: [`SystemFiles`] is the operating system's; [`SimulatedFiles`] lives in memory, remembers which
//! writes were synced and on a crash keeps, drops, tears or reorders the others, decided by a seed.
//!
//! The rules that both keep, and that callers may rely on (nothing more):
//!
//! - What was written is visible to later reads at once, but survives a power loss only after [`File::sync_data`] or
//!   [`File::sync_all`] of that file returned `Ok`.
//! - A file's name survives only after [`Files::sync_directory`] of its directory; syncing the file is not enough.
//! - A rename is atomic: after a power loss the old name or the new one is there, never half.
//! - After a failed sync nothing is known about the writes before it. A second sync that succeeds proves nothing.

mod simulated;
mod system;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use simulated::{SimulatedFiles, SimulatedUse};
pub use system::SystemFiles;

/// A file system.
pub trait Files: Send + Sync {
    /// Creates a directory and its parents; fine if it is there.
    fn create_directory(&self, path: &Path) -> io::Result<()>;

    /// Creates a file that must not exist, for reading and writing.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Renames atomically, replacing `to` if it exists. Durable after [`Files::sync_directory`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name. Open handles stay usable.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names of the files in a directory, sorted.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Makes creations, renames and removals in a directory durable.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;

    /// Bytes that an ordinary process can still write to the file system that holds `directory`.
    fn available_bytes(&self, directory: &Path) -> io::Result<u64>;
}

/// An open file. All offsets are explicit, so that one handle can be shared by threads.
pub trait File: Send + Sync {
    /// Writes all of `bytes` at `offset`. After an error any part of them may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_vectored_at(&[io::IoSlice::new(bytes)], offset)
    }

    /// Writes all slices one after the other from `offset`. After an error any part of them may have been written.
    fn write_vectored_at(&self, slices: &[io::IoSlice<'_>], offset: u64) -> io::Result<()>;

    /// Reads into `buffer` from `offset`; returns how much there was, less than asked only at the file's end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Makes the contents (and what is needed to read them back, such as the length) durable.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes contents and attributes durable.
    fn sync_all(&self) -> io::Result<()>;

    /// Cuts or extends (with zeros).
    fn set_len(&self, bytes: u64) -> io::Result<()>;

    /// Reserves space for the first `bytes` bytes and makes the file at least that long; what is new reads as zeros.
    /// Fails with [`io::ErrorKind::StorageFull`] if there is no room.
    fn preallocate(&self, bytes: u64) -> io::Result<()>;

    /// The file's length in bytes.
    fn size(&self) -> io::Result<u64>;
}
