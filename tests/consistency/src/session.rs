//! One client: its connection, and what the end of a transaction means.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio_postgres::{CancelToken, Client, Config, Error, NoTls, SimpleQueryMessage};

/// Longer than any pause of a nemesis; who waits longer gives up and does not know.
const PATIENCE: Duration = Duration::from_secs(15);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const CONNECT_PAUSE: Duration = Duration::from_millis(30);

/// How a transaction ended for its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Committed,
    /// Surely without effect; the SQLSTATE, if there was one.
    Failed(Option<String>),
    Unknown,
}

/// The keys by which each client's statement can be cancelled.
pub type CancelTokens = Rc<RefCell<Vec<Option<CancelToken>>>>;

/// A row of a simple query: text or NULL.
pub type Row = Vec<Option<String>>;

/// One client.
pub struct Session {
    /// Who it is in the history: another one after each unknown outcome, since what it sent may still be under way.
    pub process: u32,
    slot: usize,
    addresses: Vec<SocketAddr>,
    connection: Option<Client>,
    tokens: CancelTokens,
    /// Until then it tries to connect.
    pub until: Instant,
    connections: usize,
}

impl Session {
    pub fn new(slot: usize, addresses: Vec<SocketAddr>, tokens: CancelTokens) -> Session {
        let process = u32::try_from(slot).expect("there are few clients");
        let until = Instant::now() + PATIENCE * 4;
        Session { process, slot, addresses, connection: None, tokens, until, connections: 0 }
    }

    /// Connects if it is not connected; false if no node takes connections in time.
    pub async fn ready(&mut self) -> bool {
        while self.connection.as_ref().is_none_or(Client::is_closed) {
            if Instant::now() > self.until {
                return false;
            }
            // Each attempt goes to the next node, so that all of them are asked.
            let address = self.addresses[(self.slot + self.connections) % self.addresses.len()];
            self.connections += 1;
            match connect(address).await {
                Some(client) => {
                    self.tokens.borrow_mut()[self.slot] = Some(client.cancel_token());
                    self.connection = Some(client);
                }
                None => tokio::time::sleep(CONNECT_PAUSE).await,
            }
        }
        true
    }

    /// Gives its connection up; the next one is new.
    pub fn forget(&mut self) {
        self.connection = None;
    }

    /// BEGIN, the body, COMMIT. What the body returned is there whenever it came to its end.
    pub async fn transact<T>(
        &mut self,
        begin: &str,
        body: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
    ) -> (Outcome, Option<T>) {
        let client = self.connection.take().expect("only a connected session has transactions");
        let work = async {
            client.batch_execute(begin).await?;
            body(&client).await
        };
        let result = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(result)) => result,
            // COMMIT was never sent: nothing can have happened.
            Ok(Err(failure)) => {
                let sqlstate = failure.sqlstate();
                let undone = tokio::time::timeout(PATIENCE, client.batch_execute("rollback")).await;
                if matches!(undone, Ok(Ok(()))) {
                    self.connection = Some(client);
                }
                return (Outcome::Failed(sqlstate), None);
            }
            Err(_) => return (Outcome::Failed(None), None),
        };
        let ended = tokio::time::timeout(PATIENCE, client.batch_execute("commit")).await;
        (self.end(client, ended.ok()), Some(result))
    }

    /// One statement that is a transaction of its own.
    pub async fn alone(&mut self, sql: &str) -> (Outcome, Option<Vec<Row>>) {
        let client = self.connection.take().expect("only a connected session has transactions");
        match tokio::time::timeout(PATIENCE, rows(&client, sql)).await {
            Ok(Ok(result)) => {
                self.connection = Some(client);
                (Outcome::Committed, Some(result))
            }
            Ok(Err(Failure::Server(error))) => (self.end(client, Some(Err(error))), None),
            Ok(Err(Failure::Given(_))) | Err(_) => (self.end(client, None), None),
        }
    }

    fn end(&mut self, client: Client, ended: Option<Result<(), Error>>) -> Outcome {
        let outcome = match ended {
            Some(Ok(())) => Outcome::Committed,
            Some(Err(error)) => match error.code().map(|code| code.code()) {
                Some(code) if code.starts_with("08") || code == "40003" => Outcome::Unknown,
                Some(code) => Outcome::Failed(Some(code.to_owned())),
                None => Outcome::Unknown,
            },
            None => Outcome::Unknown,
        };
        match outcome {
            Outcome::Unknown => {
                let clients = self.tokens.borrow().len();
                self.process += u32::try_from(clients).expect("there are few clients");
            }
            _ => self.connection = Some(client),
        }
        outcome
    }
}

/// Why the body of a transaction did not come to its end.
#[derive(Debug)]
pub enum Failure {
    Server(Error),
    /// The client itself does not want to go on.
    Given(&'static str),
}

impl Failure {
    fn sqlstate(&self) -> Option<String> {
        match self {
            Failure::Server(error) => error.code().map(|code| code.code().to_owned()),
            Failure::Given(_) => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Server(error)
    }
}

async fn connect(address: SocketAddr) -> Option<Client> {
    let mut config = Config::new();
    config.host(address.ip().to_string()).port(address.port());
    config.user("admin").dbname("postgres").connect_timeout(CONNECT_LIMIT);
    let attempt = tokio::time::timeout(CONNECT_LIMIT, config.connect(NoTls)).await;
    let (client, connection) = attempt.ok()?.ok()?;
    // An error of the connection reaches its client.
    tokio::task::spawn_local(async move { drop(connection.await) });
    Some(client)
}

/// Has a node write something, whatever becomes of it, from a thread of its own that may block.
pub fn have_written(address: SocketAddr) {
    const WRITE: &str = "create table if not exists written (); insert into written default values";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let writing = tokio::task::LocalSet::new();
    let work = writing.run_until(async {
        let client = connect(address).await?;
        tokio::time::timeout(CONNECT_LIMIT, client.batch_execute(WRITE)).await.ok()
    });
    // The node may be about to end.
    let _ = runtime.expect("a runtime can be made").block_on(work);
}

/// The rows of the last statement.
pub async fn rows(client: &Client, sql: &str) -> Result<Vec<Row>, Failure> {
    let messages = client.simple_query(sql).await?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// A column that holds a number.
pub fn number(row: &Row, column: usize) -> u64 {
    let text = row.get(column).and_then(Option::as_deref);
    let number = text.and_then(|text| text.parse::<i64>().ok());
    // Two's complement, as the invariants want it.
    number
        .map(i64::cast_unsigned)
        .unwrap_or_else(|| panic!("no number in column {column}: {row:?}"))
}
