//! Why the program ends, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

/// Exit codes, as `quorate --help` and the manual list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Failure = 1,
    Usage = 2,
    NotReady = 4,
    PortInUse = 5,
    DataDirectory = 6,
    DiskFull = 7,
    Corrupt = 8,
    Clock = 9,
}

/// One clear line, and a code.
#[derive(Debug)]
pub struct Exit {
    pub code: Code,
    pub message: String,
}

impl Exit {
    pub fn new(code: Code, message: impl Into<String>) -> Exit {
        Exit { code, message: message.into() }
    }

    pub fn failure(message: impl Into<String>) -> Exit {
        Exit::new(Code::Failure, message)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code as u8)
    }
}

/// What an I/O error on the data directory means to the operator.
pub fn from_io(path: &std::path::Path, doing: &str, error: &std::io::Error) -> Exit {
    let shown = path.display();
    match error.kind() {
        std::io::ErrorKind::StorageFull => Exit::new(
            Code::DiskFull,
            format!("disk full: could not {doing} {shown}; free space and start again"),
        ),
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => Exit::new(
            Code::DataDirectory,
            format!(
                "could not {doing} {shown}: {error}; give this user write access or another --data-dir"
            ),
        ),
        _ => Exit::new(Code::DataDirectory, format!("could not {doing} {shown}: {error}")),
    }
}
