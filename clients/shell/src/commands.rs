//! Backslash commands.

use std::io::Write;
use std::path::Path;

use crate::runner::{Flow, Outcome, Runner};
use crate::{EXIT_SQL_ERROR, ShellError, describe, input};

/// What `\?` shows.
const HELP: &str = "\
General
  \\q                 quit
  \\?                 this help
  \\conninfo          which server, database and role, and whether the connection is encrypted
  \\c [DATABASE]      connect to another database, or anew
  \\i FILE            run the statements of a file
Display
  \\x                 turn expanded display on or off
  \\timing            turn timing of statements on or off
Objects (a PATTERN may have * and ?, and a schema: sales.ord*)
  \\d                 list tables, views and sequences
  \\d PATTERN         describe tables, views, sequences and indexes
  \\dt [PATTERN]      list tables
  \\di [PATTERN]      list indexes
  \\dv [PATTERN]      list views
  \\ds [PATTERN]      list sequences
  \\dn [PATTERN]      list schemas
  \\du [PATTERN]      list roles
  \\l [PATTERN]       list databases
";

/// Runs a line that begins with a backslash.
pub(crate) async fn run(runner: &mut Runner, line: &str) -> Result<Flow, ShellError> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (command, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    // A plus sign asks psql for more columns; here there are none.
    let done = match command.trim_end_matches('+') {
        "\\q" | "\\quit" => return Ok(runner.quit()),
        "\\?" => {
            write!(std::io::stdout(), "{HELP}")?;
            true
        }
        "\\conninfo" => {
            show_connection(runner)?;
            true
        }
        "\\x" => {
            runner.is_expanded = switch(argument, runner.is_expanded);
            let state = if runner.is_expanded { "on" } else { "off" };
            say(runner, &format!("Expanded display is {state}."))?;
            true
        }
        "\\timing" => {
            runner.is_timing = switch(argument, runner.is_timing);
            let state = if runner.is_timing { "on" } else { "off" };
            say(runner, &format!("Timing is {state}."))?;
            true
        }
        "\\c" | "\\connect" => change_database(runner, argument).await?,
        "\\i" | "\\include" => return include(runner, argument).await,
        "\\d" if argument.is_empty() => describe::list(runner, "rvmSpf", "").await?,
        "\\d" => describe::describe(runner, argument).await?,
        "\\dt" => describe::list(runner, "rp", argument).await?,
        "\\di" => describe::list(runner, "iI", argument).await?,
        "\\dv" => describe::list(runner, "v", argument).await?,
        "\\ds" => describe::list(runner, "S", argument).await?,
        "\\dn" => describe::list_schemas(runner, argument).await?,
        "\\du" | "\\dg" => describe::list_roles(runner, argument).await?,
        "\\l" | "\\list" => describe::list_databases(runner, argument).await?,
        _ => more(runner, command, argument).await?,
    };
    if done {
        Ok(Flow::Continue)
    } else if runner.session.client.is_closed() {
        runner.after(Outcome::Lost).await
    } else {
        runner.after(Outcome::Failed).await
    }
}

/// A command that the shell does not have by itself.
async fn more(runner: &Runner, command: &str, argument: &str) -> Result<bool, ShellError> {
    let answer = match runner.more.clone() {
        Some(more) => more.0.run(command, argument).await,
        None => None,
    };
    match answer {
        Some(Ok(text)) => {
            write!(std::io::stdout(), "{text}")?;
            return Ok(true);
        }
        Some(Err(problem)) => complain(&problem)?,
        None => complain(&format!("invalid command {command}\nTry \\? for help."))?,
    }
    Ok(false)
}

/// The new state of a switch: as said, or the other one.
fn switch(argument: &str, current: bool) -> bool {
    match argument.to_ascii_lowercase().as_str() {
        "on" | "true" | "1" => true,
        "off" | "false" | "0" => false,
        _ => !current,
    }
}

fn say(runner: &Runner, message: &str) -> Result<(), ShellError> {
    if !runner.is_quiet && runner.format.is_for_people() {
        writeln!(std::io::stdout(), "{message}")?;
    }
    Ok(())
}

fn complain(message: &str) -> Result<(), ShellError> {
    writeln!(std::io::stderr(), "{message}")?;
    Ok(())
}

fn show_connection(runner: &Runner) -> Result<(), ShellError> {
    let session = &runner.session;
    let mut output = std::io::stdout();
    writeln!(
        output,
        "You are connected to database \"{}\" as user \"{}\" at {} (server {}).",
        session.database, session.user, session.address, session.server_version
    )?;
    match &session.tls {
        Some(tls) => writeln!(output, "TLS connection (protocol: {tls})")?,
        None => writeln!(output, "The connection is not encrypted.")?,
    }
    Ok(())
}

async fn change_database(runner: &mut Runner, argument: &str) -> Result<bool, ShellError> {
    let name = argument.trim_matches('"');
    let database = (!name.is_empty() && name != "-").then_some(name);
    match runner.reconnect(database).await {
        Ok(()) => {
            let session = &runner.session;
            let message = format!(
                "You are now connected to database \"{}\" as user \"{}\".",
                session.database, session.user
            );
            say(runner, &message)?;
            Ok(true)
        }
        Err(error) => {
            complain(&error.to_string())?;
            if runner.is_interactive {
                complain("Previous connection kept")?;
            }
            Ok(false)
        }
    }
}

async fn include(runner: &mut Runner, argument: &str) -> Result<Flow, ShellError> {
    let name = argument.trim_matches('\'');
    if name.is_empty() {
        complain("\\i: missing required argument")?;
        return runner.after(Outcome::Failed).await;
    }
    match Box::pin(input::run_file(runner, Path::new(name))).await {
        Ok(Flow::Stop(EXIT_SQL_ERROR)) if runner.is_interactive && runner.include_depth == 0 => {
            Ok(Flow::Continue)
        }
        Err(ShellError::Input { name, source }) => {
            complain(&format!("{name}: {source}"))?;
            runner.after(Outcome::Failed).await
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_obeys_its_argument_or_flips() {
        assert!(switch("on", false) && switch("ON", true) && switch("", false));
        assert!(!switch("off", true) && !switch("", true));
    }
}
