//! The `quorate` program: all roles in one binary.

use std::process::ExitCode;

use clap::Parser;

mod book;
mod bootstrap;
mod cert;
mod certificates;
mod clocks;
mod command_line;
mod commits;
mod data_directory;
mod demo;
mod exit;
mod garbage;
mod http;
mod join;
mod keeper;
mod local_cluster;
mod logging;
mod node_view;
mod space;
mod start;
mod status;
mod trimming;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tests leave out rules of the protocol and make rare things happen on purpose; what is released must not be able to.
#[cfg(not(debug_assertions))]
const _: () = assert!(
    !adjudicator::MUTATIONS && !runtime::mischief::POSSIBLE,
    "a release build of the program is built by itself: `cargo build --release --package node`"
);

/// Statements that may nest deeply run on these threads.
const STACK_BYTES: usize = 16 << 20;
/// Threads for statements that may take long, all sessions together.
const BLOCKING_THREADS: usize = 512;

fn main() -> ExitCode {
    let command_line = command_line::CommandLine::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .max_blocking_threads(BLOCKING_THREADS)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&exit::Exit::failure(format!("no threads: {error}"))),
    };
    let result = runtime.block_on(command_line::run(command_line));
    // Statements that still run are not waited for: the journal has all that was acknowledged.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(exit) => failed(&exit),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a program that fails")]
fn failed(exit: &exit::Exit) -> ExitCode {
    eprintln!("quorate: {exit}");
    ExitCode::from(exit.code as u8)
}
