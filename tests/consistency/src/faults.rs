//! Faults inside a node's process: its wall clock is off, its disk is slow or fails.
//!
//! A small library in C (`faults.c`) is loaded into the node before the C library and answers for `clock_gettime`, `fsync` and
//! `fdatasync`. What it is asked to do stands in a file that it has mapped; the program under test is the one that users run.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tests::Options;

const SOURCE: &str = include_str!("faults.c");
/// Linux's EIO.
const INPUT_OUTPUT_ERROR: i64 = 5;

const CLOCK_AT: u64 = 0;
const SYNC_DELAY_AT: u64 = 8;
const SYNC_ERROR_AT: u64 = 16;
const ASKED_BYTES: usize = 24;

/// Compiles the library into the folder.
pub fn compile(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("faults.c"), folder.join("faults.so"));
    std::fs::write(&source, SOURCE).expect("a temporary folder takes files");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .expect("a C compiler is there: the program needs one as well");
    assert!(status.success(), "faults.c compiles");
    library
}

/// What one node is asked to suffer.
#[derive(Debug)]
pub struct Faults {
    file: File,
    path: PathBuf,
    library: PathBuf,
}

impl Faults {
    /// Healthy at first.
    pub fn new(folder: &Path, library: &Path, node: usize) -> Faults {
        let path = folder.join(format!("faults-{node}"));
        std::fs::write(&path, [0; ASKED_BYTES]).expect("a temporary folder takes files");
        let file = File::options().write(true).open(&path).expect("just written");
        Faults { file, path, library: library.to_owned() }
    }

    /// A node that is started with these can be disturbed.
    pub fn with(&self, mut options: Options) -> Options {
        options.environment.push(("LD_PRELOAD".into(), self.library.clone().into()));
        options.environment.push(("QUORATE_TEST_FAULTS".into(), self.path.clone().into()));
        options
    }

    /// So far from the machine's clock.
    pub fn clock(&self, offset_nanos: i64) {
        self.ask(CLOCK_AT, offset_nanos);
    }

    /// Each sync takes so much longer.
    pub fn slow_disk(&self, delay: Duration) {
        self.ask(SYNC_DELAY_AT, i64::try_from(delay.as_micros()).unwrap_or(i64::MAX));
    }

    /// Each sync fails.
    pub fn failing_disk(&self, fails: bool) {
        self.ask(SYNC_ERROR_AT, if fails { INPUT_OUTPUT_ERROR } else { 0 });
    }

    pub fn heal(&self) {
        self.clock(0);
        self.slow_disk(Duration::ZERO);
        self.failing_disk(false);
    }

    fn ask(&self, at: u64, value: i64) {
        self.file.write_all_at(&value.to_ne_bytes(), at).expect("the file is open");
    }
}
