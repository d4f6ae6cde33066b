//! One workload under one nemesis, from start to verdict.

use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::LocalSet;
use tokio_postgres::NoTls;

use crate::bank::{self, Bank};
use crate::cluster::Cluster;
use crate::edn;
use crate::indexes::{self, Indexes};
use crate::lists::{self, Isolation, Lists};
use crate::nemesis::{self, Deeds, Nemesis};
use crate::proxy;
use crate::registers::{self, Registers};
use crate::session::{CancelTokens, Outcome, Session};
use crate::unique::{self, Unique};

/// After the faults the nodes must take everything again within this.
const HEALED_LIMIT: Duration = Duration::from_secs(60);
const CANCEL_GAP_MS: std::ops::Range<u64> = 5..60;

/// What the clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Workload {
    /// List-append under snapshot isolation.
    Append,
    /// List-append under SERIALIZABLE, judged as strictly serializable.
    AppendSerializable,
    Register,
    Bank,
    Unique,
    Index,
}

impl Workload {
    pub const ALL: [Workload; 6] = [
        Workload::Append,
        Workload::AppendSerializable,
        Workload::Register,
        Workload::Bank,
        Workload::Unique,
        Workload::Index,
    ];

    fn schema(self) -> &'static str {
        match self {
            Workload::Append | Workload::AppendSerializable => lists::SCHEMA,
            Workload::Register => registers::SCHEMA,
            Workload::Bank => bank::SCHEMA,
            Workload::Unique => unique::SCHEMA,
            Workload::Index => indexes::SCHEMA,
        }
    }
}

/// Everything about a run but its nodes.
#[derive(Clone, Debug)]
pub struct Plan {
    pub workload: Workload,
    pub nemesis: Nemesis,
    pub time: Duration,
    pub clients: usize,
    pub seed: u64,
    /// Where histories are kept.
    pub histories: Option<PathBuf>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub workload: Workload,
    pub nemesis: Nemesis,
    pub seed: u64,
    pub transactions: u64,
    pub faults: u64,
    pub told: String,
    pub findings: Vec<String>,
}

impl Verdict {
    pub fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |value: Option<clap::builder::PossibleValue>| {
            value.map_or_else(String::new, |value| value.get_name().to_owned())
        };
        let verdict = if self.is_valid() { "valid" } else { "NOT VALID" };
        write!(
            formatter,
            "| {} | {} | {} | {} | {} | {verdict} |",
            name(self.workload.to_possible_value()),
            name(self.nemesis.to_possible_value()),
            self.transactions,
            self.faults,
            self.told
        )?;
        self.findings.iter().take(10).try_for_each(|finding| write!(formatter, "\n  {finding}"))
    }
}

enum Work {
    Lists(Lists),
    Registers(Registers),
    Bank(Bank),
    Unique(Unique),
    Indexes(Indexes),
}

impl Work {
    fn new(workload: Workload) -> Work {
        match workload {
            Workload::Append => Work::Lists(Lists::new(Isolation::Snapshot)),
            Workload::AppendSerializable => Work::Lists(Lists::new(Isolation::Serializable)),
            Workload::Register => Work::Registers(Registers::default()),
            Workload::Bank => Work::Bank(Bank::default()),
            Workload::Unique => Work::Unique(Unique::default()),
            Workload::Index => Work::Indexes(Indexes::default()),
        }
    }

    async fn step(&self, session: &mut Session, random: &mut StdRng) {
        match self {
            Work::Lists(work) => work.step(session, random).await,
            Work::Registers(work) => work.step(session, random).await,
            Work::Bank(work) => work.step(session, random).await,
            Work::Unique(work) => work.step(session, random).await,
            Work::Indexes(work) => work.step(session, random).await,
        }
    }

    async fn finish(&self, session: &mut Session) -> Result<(), String> {
        if !session.ready().await {
            return Err("no node takes connections after the faults".to_owned());
        }
        match self {
            Work::Lists(work) => work.finish(session).await,
            Work::Registers(work) => work.finish(session).await,
            Work::Bank(work) => work.finish(session).await,
            Work::Unique(work) => work.finish(session).await,
            Work::Indexes(work) => work.finish(session).await,
        }
    }

    /// What was counted, what is wrong, and the history if there is one.
    fn judge(self, seconds: u64) -> (String, Vec<String>, Option<String>) {
        let (history, report, short) = match self {
            Work::Lists(work) => work.judge(seconds),
            Work::Registers(work) => work.judge(seconds),
            Work::Bank(work) => return without_history(work.judge(seconds)),
            Work::Unique(work) => return without_history(work.judge(seconds)),
            Work::Indexes(work) => return without_history(work.judge(seconds)),
        };
        let mut findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        findings.extend(short);
        (lists::told(&report.counters), findings, Some(edn::write(&history)))
    }
}

fn without_history(judged: (String, Vec<String>)) -> (String, Vec<String>, Option<String>) {
    (judged.0, judged.1, None)
}

/// Runs the plan against the nodes, which are as they were when it ends, and judges what happened.
pub fn run(plan: &Plan, cluster: Cluster) -> (Verdict, Cluster) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let (work, transactions, deeds, cluster) =
        LocalSet::new().block_on(&runtime, drive(plan, cluster));
    // Faults take time in which nobody can work: floors hold for a quarter of it.
    let seconds = match plan.nemesis {
        Nemesis::None | Nemesis::Recycle => plan.time.as_secs(),
        _ => plan.time.as_secs() / 4,
    };
    let (told, mut findings, history) = work.judge(seconds);
    findings.extend(deeds.findings);
    if plan.nemesis != Nemesis::None && deeds.faults == 0 {
        findings.push("the nemesis did nothing".to_owned());
    }
    if let (Some(folder), Some(history)) = (&plan.histories, history) {
        let name = format!("{:?}-{:?}-{}.edn", plan.workload, plan.nemesis, plan.seed);
        let path = folder.join(name.to_lowercase());
        if let Err(error) = std::fs::write(&path, history) {
            findings.push(format!("{}: {error}", path.display()));
        }
    }
    let faults = deeds.faults;
    let Plan { workload, nemesis, seed, .. } = *plan;
    (Verdict { workload, nemesis, seed, transactions, faults, told, findings }, cluster)
}

async fn drive(plan: &Plan, cluster: Cluster) -> (Work, u64, Deeds, Cluster) {
    let work = Rc::new(Work::new(plan.workload));
    let tokens: CancelTokens = Rc::new(RefCell::new(vec![None; plan.clients + 1]));
    let (mut addresses, mut switches) = (Vec::new(), Vec::new());
    for node in cluster.addresses() {
        let (address, own) = proxy::start(node).await.expect("a port is free");
        addresses.push(address);
        switches.push(own);
    }
    let mut last = Session::new(plan.clients, cluster.addresses(), tokens.clone());
    assert!(last.ready().await, "a node takes connections");
    prepare(&mut last, plan.workload.schema()).await;
    let end = Instant::now() + plan.time;
    let mut random = StdRng::seed_from_u64(plan.seed);
    let clients: Vec<_> = (0..plan.clients)
        .map(|slot| {
            let mut session = Session::new(slot, addresses.clone(), tokens.clone());
            session.until = end;
            let (work, seed) = (work.clone(), random.random());
            tokio::task::spawn_local(async move { client(&work, session, seed, end).await })
        })
        .collect();
    let canceller = plan
        .nemesis
        .cancels()
        .then(|| tokio::task::spawn_local(cancel(tokens.clone(), plan.clients, random.random())));
    let stop = Arc::new(AtomicBool::new(false));
    let (nemesis, seed, stopped) = (plan.nemesis, random.random(), stop.clone());
    // Starting and ending processes blocks.
    let disturbing = tokio::task::spawn_blocking(move || {
        nemesis::disturb(nemesis, seed, cluster, &switches, &stopped)
    });
    let mut transactions = 0;
    for client in clients {
        transactions += client.await.expect("a client does not panic");
    }
    stop.store(true, Ordering::Relaxed);
    let (mut deeds, cluster) = disturbing.await.expect("the nemesis does not panic");
    if let Some(canceller) = canceller {
        canceller.abort();
    }
    last.until = Instant::now() + HEALED_LIMIT;
    // A connection from before the faults may break at its next use: this one is thrown away.
    last.forget();
    deeds.findings.extend(work.finish(&mut last).await.err());
    let work = Rc::into_inner(work).expect("every client has ended");
    (work, transactions, deeds, cluster)
}

/// Makes the tables. It goes to a node directly and before the faults, so that it must succeed.
async fn prepare(session: &mut Session, schema: &str) {
    let (outcome, _) = session.alone(schema).await;
    assert_eq!(outcome, Outcome::Committed, "the tables are made");
}

/// One client's life: how many transactions it tried.
async fn client(work: &Work, mut session: Session, seed: u64, end: Instant) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let mut tried = 0;
    while Instant::now() < end && session.ready().await {
        work.step(&mut session, &mut random).await;
        tried += 1;
    }
    tried
}

/// Cancels what some client does, again and again.
async fn cancel(tokens: CancelTokens, clients: usize, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    loop {
        tokio::time::sleep(Duration::from_millis(random.random_range(CANCEL_GAP_MS))).await;
        let token = tokens.borrow()[random.random_range(0..clients)].clone();
        if let Some(token) = token {
            // The node may be away just now.
            let _ = token.cancel_query(NoTls).await;
        }
    }
}
