//! Check, test and ci: which commands they run, and in which order.
//!
//! Cheap steps come first, so that a missing space is not found after half an hour of tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::tidy;

/// The folder that holds the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask is a folder of the workspace").to_owned()
}

/// The cargo that runs this program, or the one on the path.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // What cargo says about this program to this program is no business of a cargo below it: build scripts that ask for
    // such a variable would run again whenever a person and this program build in turn.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            command.env_remove(name);
        }
    }
    command
}

pub fn check() -> Result<(), String> {
    tidy()?;
    step(cargo().args(["fmt", "--all", "--check"]))?;
    step(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

pub fn test() -> Result<(), String> {
    // Black-box tests find the program by this variable; without it each would ask cargo.
    let program = match std::env::var_os("QUORATE_BIN") {
        Some(program) => PathBuf::from(program),
        None => build_program(&[])?,
    };
    let mut tests = cargo();
    if has_nextest() {
        tests.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        // Benches are no tests: `--all-targets` would run them.
        tests.args(["test", "--workspace", "--tests", "--no-fail-fast"]);
    }
    step(tests.env("QUORATE_BIN", program))?;
    step(cargo().args(["test", "--workspace", "--doc"]))
}

/// The test that holds the pages to the tables writes them when it is told to.
pub fn docs_sql() -> Result<(), String> {
    let mut tests = cargo();
    tests.args(["test", "--package", "definition", "--test", "reference"]);
    step(tests.env("UPDATE_SQL_REFERENCE", "1"))
}

pub fn tidy() -> Result<(), String> {
    let findings = tidy::run(&root())?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        number => Err(format!("tidy: {number} findings")),
    }
}

pub fn ci() -> Result<(), String> {
    check()?;
    test()?;
    black_box()
}

/// The scripts that talk to the real program from outside. They find it by the variable `QUORATE_BIN`.
///
/// Without that variable it is the program that the tests used. An optimized one would take as long to build as all tests take
/// to run; that it builds is checked, because it differs: it has no panic sites and refuses the simulation's features.
fn black_box() -> Result<(), String> {
    let script = root().join("tests/run");
    if !script.exists() {
        println!("tests/run does not exist: no black-box tests");
        return Ok(());
    }
    step(cargo().args(["check", "--bin", "quorate", "--release"]))?;
    let program = match std::env::var_os("QUORATE_BIN") {
        Some(program) => PathBuf::from(program),
        None => debug_program()?,
    };
    step(Command::new(&script).current_dir(root()).env("QUORATE_BIN", program))
}

/// Builds the program with optimizations, and says where it is.
pub fn release_program() -> Result<PathBuf, String> {
    build_program(&["--release"])
}

/// Builds the program as tests use it, and says where it is.
pub fn debug_program() -> Result<PathBuf, String> {
    build_program(&[])
}

fn build_program(options: &[&str]) -> Result<PathBuf, String> {
    step(cargo().args(["build", "--bin", "quorate"]).args(options))?;
    let profile = if options.contains(&"--release") { "release" } else { "debug" };
    Ok(target_folder().join(profile).join("quorate"))
}

/// Where cargo puts what it builds.
pub fn target_folder() -> PathBuf {
    // A relative target folder means relative to where cargo was called, which was the root.
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

fn has_nextest() -> bool {
    let mut probe = cargo();
    probe.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

/// Runs one command with its output shown, and fails when it fails.
fn step(command: &mut Command) -> Result<(), String> {
    let settings = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let words = settings
        .map(|(name, value)| format!("{}={}", name.display(), value.display()))
        .chain([command.get_program().display().to_string()])
        .chain(command.get_args().map(|argument| argument.display().to_string()));
    let shown = words.collect::<Vec<_>>().join(" ");
    println!("\n── {shown}");
    let begun = Instant::now();
    let status = command.status().map_err(|error| format!("{shown}: {error}"))?;
    if !status.success() {
        return Err(format!("{shown}: {status}"));
    }
    println!("── done in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}
