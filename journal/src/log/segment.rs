//! Segment files: their names, how one comes to be and how it goes.
//!
//! A segment is prepared under another name (`spare-N.segment`), gets its header, is synced, and only then renamed to
//! `N.log` and the directory synced. So a file named `.log` always has a valid header, and everything else may be
//! thrown away. The next segment's header says where the records of this one end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::files::{File, Files};

use super::format::SegmentHeader;

/// Zeros are written in pieces of this many bytes.
const ZEROS_BYTES: usize = 1 << 20;

/// An empty segment file without a place in the log yet.
pub(crate) struct Spare {
    pub path: PathBuf,
    pub file: Arc<dyn File>,
    /// The file's length.
    pub bytes: u64,
}

pub(crate) fn segment_path(directory: &Path, sequence: u64) -> PathBuf {
    directory.join(format!("{sequence:016}.log"))
}

/// The sequence number in a segment's file name.
pub(crate) fn parse_segment_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    if digits.len() != 16 { None } else { digits.parse().ok() }
}

pub(crate) fn spare_path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("spare-{number}.segment"))
}

/// Whether the file is a segment that was prepared and never used.
pub(crate) fn is_spare_name(name: &str) -> bool {
    name.starts_with("spare-") && name.ends_with(".segment")
}

/// Makes an empty segment with room for `bytes`. All of them are written, so that later writes change no metadata of the
/// file system and fsync is as cheap as it can be.
pub(crate) fn prepare(files: &dyn Files, path: PathBuf, bytes: u64) -> io::Result<Spare> {
    let file = files.create(&path)?;
    let filled = (|| {
        file.preallocate(bytes)?;
        let zeros = vec![0; ZEROS_BYTES.min(bytes as usize)];
        let mut offset = 0;
        while offset < bytes {
            let count = zeros.len().min((bytes - offset) as usize);
            file.write_at(&zeros[..count], offset)?;
            offset += count as u64;
        }
        file.sync_all()
    })();
    match filled {
        Ok(()) => Ok(Spare { path, file, bytes }),
        Err(error) => {
            // Best effort: what is left is thrown away at the next start.
            let _ = files.remove(&path);
            Err(error)
        }
    }
}

/// Gives an empty segment its place in the log. Durable on return.
pub(crate) fn activate(
    files: &dyn Files,
    directory: &Path,
    spare: &Spare,
    header: SegmentHeader,
) -> io::Result<PathBuf> {
    spare.file.write_at(&header.encode(), 0)?;
    spare.file.sync_all()?;
    let path = segment_path(directory, header.sequence);
    files.rename(&spare.path, &path)?;
    files.sync_directory(directory)?;
    Ok(path)
}
