//! What clients saw: transactions of list-append operations, in the order of one observer's log.

use std::collections::HashMap;

use serde_json::Value;

/// How a transaction ended, as its client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Acknowledged.
    Committed,
    /// Surely without effect.
    Failed,
    /// Either of the two; also what never completed.
    Unknown,
}

/// One step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Adds a value that nothing else ever adds to this key.
    Append { key: u64, value: u64 },
    /// What the list was, own appends included. Only the reads of committed transactions are looked at.
    Read { key: u64, list: Box<[u64]> },
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transaction {
    /// Who ran it; a process runs one after the other.
    pub process: u32,
    pub status: Status,
    /// Number of the event at which it was about to be sent.
    pub invoked: u32,
    /// Number of the event at which its end was known.
    pub completed: Option<u32>,
    pub operations: Vec<Operation>,
}

/// All transactions, in order of invocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub transactions: Vec<Transaction>,
    /// How many events there are; every `invoked` and `completed` is below.
    pub events: u32,
}

/// Writes a history down as it happens.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    history: History,
}

impl Recorder {
    /// A transaction is about to be sent. Its appends are known now, in case its end never is.
    pub fn invoke(&mut self, process: u32, operations: Vec<Operation>) -> usize {
        let invoked = self.event();
        self.history.transactions.push(Transaction {
            process,
            status: Status::Unknown,
            invoked,
            completed: None,
            operations,
        });
        self.history.transactions.len() - 1
    }

    /// It has ended; for a committed one `operations` hold what it read.
    pub fn complete(&mut self, transaction: usize, status: Status, operations: Vec<Operation>) {
        let completed = self.event();
        let one = &mut self.history.transactions[transaction];
        one.status = status;
        one.completed = Some(completed);
        one.operations = operations;
    }

    pub fn finish(self) -> History {
        self.history
    }

    fn event(&mut self) -> u32 {
        self.history.events += 1;
        self.history.events - 1
    }
}

/// Why a history cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the history cannot be read: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

impl History {
    /// Reads the array of events of `corpus/corpus.jsonl`: `process`, `type` (`invoke`, `ok`, `fail`, `info`) and
    /// `value`, a list of `["append", key, value]` and `["r", key, list or null]`.
    pub fn from_json(events: &Value) -> Result<History, Malformed> {
        let events = events.as_array().ok_or_else(|| Malformed("no array of events".to_owned()))?;
        let mut recorder = Recorder::default();
        let mut open: HashMap<u64, usize> = HashMap::new();
        for event in events {
            let process = number(&event["process"])?;
            let operations = operations(&event["value"])?;
            let status = match event["type"].as_str() {
                Some("invoke") => {
                    let process_id = u32::try_from(process)
                        .map_err(|_| Malformed(format!("process {process} is too high")))?;
                    let transaction = recorder.invoke(process_id, operations);
                    if open.insert(process, transaction).is_some() {
                        return Err(Malformed(format!("process {process} runs two at once")));
                    }
                    continue;
                }
                Some("ok") => Status::Committed,
                Some("fail") => Status::Failed,
                Some("info") => Status::Unknown,
                other => return Err(Malformed(format!("an event of type {other:?}"))),
            };
            let transaction = open.remove(&process).ok_or_else(|| {
                Malformed(format!("process {process} completes what it never invoked"))
            })?;
            recorder.complete(transaction, status, operations);
        }
        Ok(recorder.finish())
    }
}

fn number(value: &Value) -> Result<u64, Malformed> {
    value.as_u64().ok_or_else(|| Malformed(format!("{value} is not a number")))
}

fn operations(value: &Value) -> Result<Vec<Operation>, Malformed> {
    let all = value.as_array().ok_or_else(|| Malformed(format!("{value} is not a list")))?;
    all.iter()
        .map(|one| {
            let key = number(&one[1])?;
            match one[0].as_str() {
                Some("append") => Ok(Operation::Append { key, value: number(&one[2])? }),
                Some("r") => {
                    let list = match &one[2] {
                        Value::Null => Ok(Box::default()),
                        Value::Array(list) => list.iter().map(number).collect(),
                        other => Err(Malformed(format!("{other} is not a list"))),
                    };
                    Ok(Operation::Read { key, list: list? })
                }
                _ => Err(Malformed(format!("{one} is not an operation"))),
            }
        })
        .collect()
}
