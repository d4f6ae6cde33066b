//! What can go wrong with a log, and who must act.

use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

/// Why a node's journals could not be opened. Nothing on the disk was changed, except where noted.
#[derive(Debug)]
pub enum OpenError {
    /// The file is no segment of this log: wrong magic number or another log's identity. Act: check the directory.
    Foreign { file: PathBuf, found: String },
    /// The file was written by a newer version. Act: start that version.
    Newer { file: PathBuf, version: u32, supported: u32 },
    /// Bytes that were once durable are damaged or missing. Act: restore the directory from a backup or let another
    /// replica rebuild it; the log never guesses.
    Corrupt { file: PathBuf, offset: u64, problem: String },
    /// No room for the first segment. Act: free space and start again.
    Full { directory: PathBuf },
    /// The operating system refused.
    Files { path: PathBuf, doing: &'static str, error: io::Error },
    /// The sink asks for entries that were trimmed because it once had them. Act: rebuild the storage of this node.
    Trimmed { journal: u32, asked: u64, trimmed: u64 },
    /// The consensus layer refused to start.
    Consensus { journal: u32, reason: String },
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Foreign { file, found } => {
                write!(formatter, "{} is not a segment of this log: {found}", file.display())
            }
            OpenError::Newer { file, version, supported } => write!(
                formatter,
                "{} has format version {version}, this program knows up to {supported}; start the newer program",
                file.display()
            ),
            OpenError::Corrupt { file, offset, problem } => write!(
                formatter,
                "the log is corrupt in {} at byte {offset}: {problem}; restore the directory from a backup or rebuild \
                 this node from another replica",
                file.display()
            ),
            OpenError::Full { directory } => {
                write!(formatter, "no space left for a log segment in {}", directory.display())
            }
            OpenError::Files { path, doing, error } => {
                write!(formatter, "could not {doing} {}: {error}", path.display())
            }
            OpenError::Trimmed { journal, asked, trimmed } => write!(
                formatter,
                "storage has journal {journal} up to position {asked}, but the journal is trimmed up to {trimmed}: \
                 storage has lost rows; rebuild it from a backup or another replica"
            ),
            OpenError::Consensus { journal, reason } => {
                write!(formatter, "journal {journal} did not start: {reason}")
            }
        }
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
    pub(crate) fn files(
        path: impl Into<PathBuf>,
        doing: &'static str,
    ) -> impl FnOnce(io::Error) -> OpenError {
        let path = path.into();
        move |error| {
            if error.kind() == io::ErrorKind::StorageFull {
                let directory = path.parent().map(PathBuf::from).unwrap_or(path);
                return OpenError::Full { directory };
            }
            OpenError::Files { path, doing, error }
        }
    }
}

/// Why the log stopped for good. The process should exit: after a failed fsync nothing is known about the disk's
/// contents, and only reading it again from the beginning tells.
#[derive(Clone, Debug)]
pub enum LogFailure {
    /// A write or an fsync failed.
    Files { file: PathBuf, doing: &'static str, error: Arc<io::Error> },
    /// A journal's consensus layer stopped: it met damage or broke one of its own rules.
    Consensus { journal: u32, reason: String },
    /// The log was shut down.
    Closed,
}

impl fmt::Display for LogFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogFailure::Files { file, doing, error } => {
                write!(formatter, "could not {doing} {}: {error}", file.display())
            }
            LogFailure::Consensus { journal, reason } => {
                write!(formatter, "journal {journal} stopped: {reason}")
            }
            LogFailure::Closed => write!(formatter, "the log is closed"),
        }
    }
}

impl std::error::Error for LogFailure {}

impl From<LogFailure> for io::Error {
    fn from(failure: LogFailure) -> io::Error {
        io::Error::other(failure)
    }
}
