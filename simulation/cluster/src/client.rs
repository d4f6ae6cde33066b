//! Clients: each runs one transaction after the other and writes down what it asked and what it was told.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use checkers::Status;
use checkers::durability::Told;
use checkers::oracle::{Moment, Observation};
use parking_lot::Mutex;
use protocol::Timestamp;
use protocol::transaction::{Outcome, Refusal};
use simulation_core::plan::MILLI;
use simulation_core::random::Random;
use simulation_core::verdict::Ran;
use simulation_core::work::{self, Intents, Kind, Step};

use crate::net::{Net, Port, Socket};
use crate::plan::{Mutant, Plan};
use crate::session::{Answer, Ask, receive, send};
use crate::trace::Trace;

/// Where clients are, among the numbers of nodes.
pub const CLIENTS: u64 = 100;
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
const READ_LIMIT: Duration = Duration::from_secs(12);
const COMMIT_LIMIT: Duration = Duration::from_secs(25);

/// One transaction.
struct Transaction {
    client: u32,
    kind: Kind,
    seen: BTreeMap<u64, Bytes>,
    intents: Intents,
    told: Told,
    status: Status,
    invoked: u32,
    completed: Option<u32>,
}

/// What all clients have written down.
#[derive(Default)]
pub struct Record {
    transactions: Vec<Transaction>,
    pub moments: Vec<Moment>,
    pub observations: Vec<Observation>,
    pub events: u32,
    last_value: u64,
    /// Clients that have seen that everything works again.
    pub finished: usize,
}

impl Record {
    pub fn ran(&self) -> Vec<Ran<'_>> {
        let all = self.transactions.iter().map(|one| Ran {
            client: one.client,
            kind: &one.kind,
            seen: &one.seen,
            intents: &one.intents,
            told: one.told,
            status: one.status,
            invoked: one.invoked,
            completed: one.completed,
        });
        all.collect()
    }

    fn event(&mut self) -> u32 {
        self.events += 1;
        self.events - 1
    }
}

/// What clients share.
#[derive(Clone)]
pub struct Context {
    pub plan: Arc<Plan>,
    pub net: Net,
    pub trace: Trace,
    pub record: Arc<Mutex<Record>>,
    /// The storm is over.
    pub is_calm: Arc<AtomicBool>,
}

/// How far a transaction came.
enum End {
    Committed(u64),
    /// Surely without effect.
    Failed(&'static str),
    Unknown,
}

struct Client {
    context: Context,
    index: usize,
    node: u64,
    socket: Option<Socket>,
    random: Random,
}

/// Runs a client until the storm is over and it has seen that everything works.
pub async fn run(context: Context, index: usize) {
    let plan = context.plan.clone();
    let node = 1 + index as u64 % plan.node_count;
    let random = Random::new(plan.seed.wrapping_mul(1_000).wrapping_add(index as u64));
    let mut client = Client { context, index, node, socket: None, random };
    while !client.context.is_calm.load(Ordering::SeqCst) {
        client.think(80).await;
        let kind = client.draw();
        client.transact(kind).await;
        if client.socket.is_none() && client.random.per_mille(300) {
            client.node = 1 + client.random.below(plan.node_count);
        }
    }
    if (index as u64) < plan.node_count {
        client.finish(1 + index as u64).await;
    }
    client.context.record.lock().finished += 1;
}

fn late<T>(_: T) -> io::Error {
    io::ErrorKind::TimedOut.into()
}

async fn within<T>(limit: Duration, future: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, future).await.map_err(late)?
}

impl Client {
    async fn think(&mut self, most_ms: u64) {
        let pause = self.random.below(most_ms * MILLI);
        tokio::time::sleep(Duration::from_nanos(pause)).await;
    }

    fn draw(&mut self) -> Kind {
        let mut record = self.context.record.lock();
        Kind::random(&mut self.random, &mut record.last_value)
    }

    /// Everything is quiet: the node must show everything and take a write.
    async fn finish(&mut self, node: u64) {
        self.node = node;
        self.socket = None;
        let reads = (work::LISTS.0..=work::LISTS.1).map(|key| Step::Read { key }).collect();
        let value = {
            let mut record = self.context.record.lock();
            record.last_value += 1;
            record.last_value
        };
        let write = Step::Write { key: 110 + node, value };
        let everything = Kind::ReadAll { age: 0 };
        for kind in [Kind::Lists(reads), Kind::Registers(vec![write]), everything] {
            while !self.transact(kind.clone()).await {
                self.think(40).await;
            }
        }
    }

    /// `true`: it has committed.
    async fn transact(&mut self, kind: Kind) -> bool {
        let number = self.invoke(kind.clone());
        let end = self.attempt(number).await;
        let is_again = matches!(end, End::Unknown) && self.context.plan.is(Mutant::RetryUnknown);
        let (status, told) = match end {
            End::Committed(tau_commit) => (Status::Committed, Told::Committed { tau_commit }),
            End::Failed(_) => (Status::Failed, Told::Refused),
            // Broken on purpose: what is unknown is taken for failed, and done again.
            End::Unknown if is_again => (Status::Failed, Told::Refused),
            End::Unknown => (Status::Unknown, Told::Unknown),
        };
        self.context.trace.mark(match end {
            End::Committed(_) => "committed",
            End::Failed(why) => why,
            End::Unknown => "outcome unknown",
        });
        self.complete(number, status, told);
        if is_again {
            return Box::pin(self.transact(kind)).await;
        }
        status == Status::Committed
    }

    fn complete(&mut self, number: usize, status: Status, told: Told) {
        let record = &mut *self.context.record.lock();
        let completed = record.event();
        let one = &mut record.transactions[number];
        (one.status, one.told, one.completed) = (status, told, Some(completed));
        // What was seen is in the past, as what was written is; but for reads of the past on purpose.
        let is_past = matches!(one.kind, Kind::ReadAll { age } if age > 0);
        if let (Told::Committed { tau_commit }, false) = (told, is_past) {
            record.moments.push(Moment::Acknowledged { transaction: number as u64, tau_commit });
        }
        self.context.trace.line(format_args!("client {} T{number} {told:?}", self.index));
    }

    fn invoke(&mut self, kind: Kind) -> usize {
        let record = &mut *self.context.record.lock();
        let number = record.transactions.len();
        let node = self.node;
        self.context
            .trace
            .line(format_args!("client {} node {node} T{number} {kind:?}", self.index));
        // Its snapshot is known later; until then it cannot be too low.
        if !matches!(kind, Kind::ReadAll { age } if age > 0) {
            let tau_start = u64::MAX;
            record.moments.push(Moment::Began { transaction: number as u64, tau_start });
        }
        let invoked = record.event();
        record.transactions.push(Transaction {
            client: self.index as u32,
            kind,
            seen: BTreeMap::new(),
            intents: Intents::default(),
            told: Told::Unknown,
            status: Status::Unknown,
            invoked,
            completed: None,
        });
        number
    }

    /// A question and its answer; a connection that fails is given up.
    async fn ask(&mut self, ask: &Ask, limit: Duration) -> io::Result<Answer> {
        let Some(mut socket) = self.socket.take() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let answer = within(limit, async {
            send(&mut socket, ask).await?;
            receive(&mut socket).await
        });
        let answer = answer.await?;
        self.socket = Some(socket);
        Ok(answer)
    }

    async fn attempt(&mut self, number: usize) -> End {
        if self.socket.is_none() {
            let from = CLIENTS + self.index as u64;
            let dialled = self.context.net.dial(from, self.node, Port::Clients);
            match within(CONNECT_LIMIT, dialled).await {
                Ok(socket) => self.socket = Some(socket),
                Err(_) => return End::Failed("no connection"),
            }
        }
        let kind = self.context.record.lock().transactions[number].kind.clone();
        let ago = if let Kind::ReadAll { age } = kind { age * MILLI } else { 0 };
        let (tau, last) = match self.ask(&Ask::Begin { ago }, READ_LIMIT).await {
            Ok(Answer::Began { tau, last }) => (tau.0, last.0),
            Ok(_) => return End::Failed("no snapshot"),
            Err(_) => return End::Failed("lost while beginning"),
        };
        if ago == 0 {
            let began = |moment: &&mut Moment| matches!(moment, Moment::Began { transaction, .. } if *transaction == number as u64);
            let record = &mut *self.context.record.lock();
            if let Some(moment) = record.moments.iter_mut().rev().find(began) {
                *moment = Moment::Began { transaction: number as u64, tau_start: tau };
            }
        }
        let mut seen = BTreeMap::new();
        for (first, last) in kind.reads() {
            let ask = Ask::Scan { first: work::encode_key(first), last: work::encode_key(last) };
            let rows = match self.ask(&ask, READ_LIMIT).await {
                Ok(Answer::Rows(rows)) => rows,
                _ => return End::Failed("lost while reading"),
            };
            let rows: Vec<(u64, Bytes)> =
                rows.into_iter().map(|(key, value)| (work::decode_key(&key), value)).collect();
            let decoded =
                rows.iter().map(|(key, value)| (*key, work::decode(*key, value))).collect();
            let transaction = number as u64;
            let observation = Observation { transaction, tau, first, last, rows: decoded };
            self.context.record.lock().observations.push(observation);
            seen.extend(rows);
            if self.random.per_mille(200) {
                self.think(60).await;
            }
        }
        let intents = kind.intents(&seen, &mut self.random);
        let request = intents.request(number, Timestamp(tau), self.context.plan.omission());
        let only_reads = intents.only_reads();
        {
            let one = &mut self.context.record.lock().transactions[number];
            (one.seen, one.intents) = (seen, intents);
        }
        if only_reads {
            // Told of what it saw, as a writer is of its commit.
            return End::Committed(last);
        }
        match self.ask(&Ask::Commit(request), COMMIT_LIMIT).await {
            Ok(Answer::Ended(Outcome::Committed { tau_commit })) => End::Committed(tau_commit.0),
            Ok(Answer::Ended(Outcome::Refused(refusal))) => End::Failed(match refusal {
                Refusal::Data { .. } => "refused: conflict",
                Refusal::Fenced { .. } => "refused: fenced",
                Refusal::TooOld { .. } => "refused: too old",
                Refusal::Expired => "refused: votes expired",
                Refusal::Unavailable { .. } => "refused: unavailable",
                Refusal::Schema { .. } => "refused: definition",
            }),
            Ok(Answer::Refused(_)) => End::Failed("refused: no transaction"),
            _ => End::Unknown,
        }
    }
}
