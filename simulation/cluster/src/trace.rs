//! What happens, as lines of text; their digest says whether two runs were the same, and marks say what was reached.

use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::sync::Arc;

use parking_lot::Mutex;

/// Written by everything in a run; clones share it.
#[derive(Clone)]
pub struct Trace(Arc<Mutex<State>>);

struct State {
    digest: u64,
    lines: u64,
    print: bool,
    now: u64,
    marks: BTreeMap<&'static str, u64>,
    faults: Vec<String>,
}

impl Trace {
    pub fn new(print: bool) -> Trace {
        let state = State {
            digest: 0xCBF2_9CE4_8422_2325,
            lines: 0,
            print,
            now: 0,
            marks: BTreeMap::new(),
            faults: Vec::new(),
        };
        Trace(Arc::new(Mutex::new(state)))
    }

    /// Lines are stamped with this from now on; nanoseconds since the run began.
    pub fn set_now(&self, now: u64) {
        self.0.lock().now = now;
    }

    pub fn line(&self, what: Arguments<'_>) {
        let state = &mut *self.0.lock();
        let line = format!("{:>12} {what}", state.now / 1_000);
        state.lines += 1;
        state.digest = mix(state.digest, line.as_bytes());
        if state.print {
            eprintln!("{line}");
        }
    }

    /// Something that a campaign should reach has happened.
    pub fn mark(&self, name: &'static str) {
        *self.0.lock().marks.entry(name).or_default() += 1;
    }

    /// Something that must not happen has.
    pub fn fault(&self, what: String) {
        self.line(format_args!("FAULT {what}"));
        let state = &mut *self.0.lock();
        // One broken part may be seen everywhere at once.
        if state.faults.len() < 50 {
            state.faults.push(what);
        }
    }

    pub fn digest(&self) -> u64 {
        self.0.lock().digest
    }

    pub fn lines(&self) -> u64 {
        self.0.lock().lines
    }

    pub fn marks(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().marks.clone()
    }

    pub fn faults(&self) -> Vec<String> {
        self.0.lock().faults.clone()
    }
}

/// FNV-1a.
pub fn mix(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}
