//! Logs: text on a terminal, JSON lines otherwise.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. `QUORATE_LOG` chooses levels, as in `info,journal=debug`.
pub fn start(level: &str) {
    let filter = EnvFilter::try_from_env("QUORATE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match std::io::stderr().is_terminal() {
        true => builder.with_ansi(std::env::var_os("NO_COLOR").is_none()).try_init(),
        false => builder.json().try_init(),
    };
    // Started twice only in tests; the first one counts.
    drop(started);
}
