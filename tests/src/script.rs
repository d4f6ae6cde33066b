//! Interleaved steps of several sessions, written as a table and run over real connections.
//!
//! One step a line: the session's number, the statement, and after `=>` what must come of it:
//!
//! ```text
//! 1 update test set value = 11 where id = 1   => 1 row
//! 2 select value from test order by id        => [10 20]
//! 2 commit                                    => 40001
//! ```
//!
//! Without `=>` the step must succeed. `40001|23505` allows one or the other. A step that does not end within the limit
//! is reported as blocked: no statement of an optimistic database waits for another transaction. After a failed
//! `commit` the transaction is over, as in PostgreSQL.

use std::time::Duration;

use futures::StreamExt;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use crate::connect::{connect, sqlstate};
use crate::server::Server;

const STEP_LIMIT: Duration = Duration::from_secs(20);
const SESSIONS: usize = 4;

/// Which protocol carries the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Simple,
    Extended,
}

/// A named table of steps.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub name: &'static str,
    /// Run by one session before the steps, one statement a line.
    pub setup: &'static str,
    pub steps: &'static str,
}

/// What a step gave.
enum Outcome {
    Done { rows: Vec<String>, changed: u64 },
    Failed(String),
    Blocked,
}

/// Runs all scripts in one protocol and returns what was not as it must be, a line each.
pub async fn deviations(server: &Server, scripts: &[Script], protocol: Protocol) -> Vec<String> {
    let mut found = Vec::new();
    for script in scripts {
        for deviation in run(server, script, protocol).await {
            found.push(format!("{} ({protocol:?}): {deviation}", script.name));
        }
    }
    found
}

async fn run(server: &Server, script: &Script, protocol: Protocol) -> Vec<String> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        sessions.push(connect(server).await);
    }
    for statement in lines(script.setup) {
        if let Err(error) = sessions[0].batch_execute(statement).await {
            return vec![format!("setup `{statement}` failed: {error:?}")];
        }
    }
    let mut found = Vec::new();
    for line in lines(script.steps) {
        let (step, expected) = line.split_once("=>").unwrap_or((line, "ok"));
        let (session, sql) = step.trim().split_once(' ').expect("a step is `N SQL`");
        let session: usize = session.parse().expect("a step is `N SQL`");
        let work = execute(&sessions[session - 1], sql.trim(), protocol);
        let outcome = match tokio::time::timeout(STEP_LIMIT, work).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Blocked,
        };
        if let Some(deviation) = judge(&outcome, expected.trim()) {
            found.push(format!("`{}` {deviation}", step.trim()));
        }
        if matches!(outcome, Outcome::Blocked) {
            // What follows would only wait too.
            break;
        }
    }
    found
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"))
}

fn judge(outcome: &Outcome, expected: &str) -> Option<String> {
    match outcome {
        Outcome::Blocked => Some(format!("blocked; expected {expected}")),
        Outcome::Failed(code) => {
            let allowed = expected.split('|').any(|wanted| wanted.trim() == code);
            (!allowed).then(|| format!("failed with {code}; expected {expected}"))
        }
        Outcome::Done { rows, changed } => {
            let matches = match expected {
                "ok" => true,
                list if list.starts_with('[') => format!("[{}]", rows.join(" ")) == list,
                count if count.ends_with("row") || count.ends_with("rows") => {
                    count.split(' ').next() == Some(changed.to_string().as_str())
                }
                // `ok|40001`: success is allowed too.
                codes => codes.split('|').any(|wanted| wanted.trim() == "ok"),
            };
            let got = format!("[{}], {changed} rows", rows.join(" "));
            (!matches).then(|| format!("gave {got}; expected {expected}"))
        }
    }
}

async fn execute(client: &Client, sql: &str, protocol: Protocol) -> Outcome {
    let result = match protocol {
        Protocol::Simple => simple(client, sql).await,
        Protocol::Extended => extended(client, sql).await,
    };
    match result {
        Ok((rows, changed)) => Outcome::Done { rows, changed },
        Err(error) => Outcome::Failed(sqlstate(&error)),
    }
}

async fn simple(client: &Client, sql: &str) -> Result<(Vec<String>, u64), Error> {
    let mut rows = Vec::new();
    let mut changed = 0;
    for message in client.simple_query(sql).await? {
        match message {
            SimpleQueryMessage::Row(row) => rows.push(row.get(0).unwrap_or("NULL").to_owned()),
            SimpleQueryMessage::CommandComplete(count) => changed = count,
            _ => {}
        }
    }
    Ok((rows, changed))
}

async fn extended(client: &Client, sql: &str) -> Result<(Vec<String>, u64), Error> {
    let statement = client.prepare(sql).await?;
    let stream = client.query_raw(&statement, std::iter::empty::<i32>()).await?;
    let mut stream = std::pin::pin!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.next().await {
        let row = row?;
        // The scripts' columns are int4, or counts of them.
        let value = match row.try_get::<_, Option<i32>>(0) {
            Ok(value) => value.map(i64::from),
            Err(_) => row.try_get::<_, Option<i64>>(0)?,
        };
        rows.push(value.map_or_else(|| "NULL".to_owned(), |value| value.to_string()));
    }
    Ok((rows, stream.rows_affected().unwrap_or(0)))
}

#[cfg(test)]
mod judging {
    use super::{Outcome, judge};

    fn done(rows: &[&str], changed: u64) -> Outcome {
        Outcome::Done { rows: rows.iter().map(|row| (*row).to_owned()).collect(), changed }
    }

    #[test]
    fn what_is_not_as_expected_is_told() {
        let failed = Outcome::Failed("40001".to_owned());
        for (outcome, expected, holds) in [
            (&failed, "40001", true),
            (&failed, "23505|40001", true),
            (&failed, "23505", false),
            (&failed, "ok", false),
            (&Outcome::Blocked, "ok", false),
            (&Outcome::Blocked, "40001", false),
            (&done(&[], 0), "40001", false),
            (&done(&[], 0), "ok|40001", true),
            (&done(&["10", "20"], 2), "[10 20]", true),
            (&done(&["10"], 1), "[10 20]", false),
            (&done(&[], 0), "[]", true),
            (&done(&[], 1), "1 row", true),
            (&done(&[], 0), "1 row", false),
            (&done(&[], 12), "2 rows", false),
        ] {
            assert_eq!(judge(outcome, expected).is_none(), holds, "{expected}");
        }
    }
}
