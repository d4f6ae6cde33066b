//! Runs the clients, watches the invariant meanwhile, and makes the report.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use shell::connection::{Session, open};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::Statement;

use crate::bank::{self, ledger_id};
use crate::error::{BenchError, while_doing};
use crate::options::BenchOptions;
use crate::record::{Ending, Record};
use crate::report::{Report, summarize_all};
use crate::tpcc::conditions;
use crate::workload::{Plan, Workload, attempt};

/// A try that takes longer is given up together with its connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
const VERIFY_CONNECT_TRIES: u32 = 50;
const CLIENTS_PER_DEFERRED_WORKER: usize = 8;
/// When so many wait for a worker, clients wait too.
const DEFERRED_PER_WORKER: usize = 16;
const CONFLICT_CODES: [&str; 2] = ["40001", "40P01"];

/// What all clients share.
struct Run {
    options: BenchOptions,
    workload: Workload,
    number: u32,
    seed: u64,
    measure_from: Instant,
    start: Instant,
    end: Instant,
    tickets: AtomicU64,
    committed: AtomicU64,
    conflicts: AtomicU64,
}

/// What one client brings home.
#[derive(Default)]
struct Outcome {
    record: Record,
    acknowledged: Vec<i64>,
    unknown: Vec<i64>,
    answers: Answers,
}

/// All transactions of a run, those before the measurement included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) committed: u64,
    pub(crate) unknown: u64,
}

/// Transactions that no client waits for (the deliveries of tpcc) wait here for a worker, each with the time when it was
/// due. All of one warehouse go to one worker, so that they do not conflict with each other.
type Queues = Arc<Vec<mpsc::Sender<(Instant, Plan)>>>;

struct Worker {
    session: Session,
    prepared: Vec<Statement>,
}

async fn connect(
    options: &BenchOptions,
    workload: &Workload,
    index: usize,
) -> Result<Worker, BenchError> {
    let session = open(&options.connect_options(), index, |_| {}).await?;
    let prepared = workload.prepare(&session.client).await.map_err(|error| {
        let is_missing = error.code() == Some(&tokio_postgres::error::SqlState::UNDEFINED_TABLE);
        if is_missing {
            BenchError::NotInitialized(format!(
                "the tables are not there; make them with: quorate bench {} init",
                workload.name()
            ))
        } else {
            while_doing("preparing statements")(error)
        }
    })?;
    Ok(Worker { session, prepared })
}

/// Baselines the checks compare with.
struct Baseline {
    totals: (i64, i64),
    balances: Vec<(i64, i64)>,
}

pub(crate) async fn drive(
    options: &BenchOptions,
    workload: &Workload,
) -> Result<(Report, Answers), BenchError> {
    let (workload, checked_before) = prepare(options, workload).await?;
    let workload = &workload;
    let mut workers = Vec::new();
    for index in 0..options.clients {
        workers.push(connect(options, workload, index).await?);
    }
    let server_version =
        workers.first().map_or_else(String::new, |worker| worker.session.server_version.clone());
    let baseline = match workload {
        Workload::Bank(bank) => Some(baseline(options, bank, &workers[0].session).await?),
        Workload::Kv(_) | Workload::Tpcb(_) | Workload::Tpcc(_) | Workload::Counter(_) => None,
    };
    let deferred = match workload {
        Workload::Tpcc(_) => options.clients.div_ceil(CLIENTS_PER_DEFERRED_WORKER),
        Workload::Kv(_) | Workload::Bank(_) | Workload::Tpcb(_) | Workload::Counter(_) => 0,
    };
    let mut deferred_workers = Vec::new();
    for index in 0..deferred {
        deferred_workers.push(connect(options, workload, index).await?);
    }
    let seed = options.seed.unwrap_or_else(rand::random);
    let start = Instant::now();
    let run = Arc::new(Run {
        options: options.clone(),
        workload: workload.clone(),
        number: rand::random(),
        seed,
        start,
        measure_from: start + options.warmup,
        end: start + options.warmup + options.duration,
        tickets: AtomicU64::new(0),
        committed: AtomicU64::new(0),
        conflicts: AtomicU64::new(0),
    });
    let mut clients = tokio::task::JoinSet::new();
    let mut senders = Vec::new();
    for (index, worker) in deferred_workers.into_iter().enumerate() {
        let (sender, queue) = mpsc::channel(DEFERRED_PER_WORKER);
        senders.push(sender);
        clients.spawn(work_off(run.clone(), options.clients + index, worker, queue));
    }
    // The queues end when the last client does.
    let queues: Queues = Arc::new(senders);
    for (index, worker) in workers.into_iter().enumerate() {
        clients.spawn(work(run.clone(), index, worker, queues.clone()));
    }
    drop(queues);
    let checker =
        baseline.as_ref().map(|baseline| tokio::spawn(watch(run.clone(), baseline.totals)));
    let progress = tokio::spawn(show_progress(run.clone()));

    let mut total = Outcome::default();
    while let Some(outcome) = clients.join_next().await {
        let outcome = outcome.map_err(|error| BenchError::Task(error.to_string()))?;
        total.record.merge(&outcome.record);
        total.acknowledged.extend(outcome.acknowledged);
        total.unknown.extend(outcome.unknown);
        total.answers.committed += outcome.answers.committed;
        total.answers.unknown += outcome.answers.unknown;
    }
    let measured = run.measure_from.elapsed().max(options.duration);
    progress.abort();
    let (mut invariant_checks, mut violations) = match checker {
        Some(checker) => checker.await.map_err(|error| BenchError::Task(error.to_string()))?,
        None => (0, Vec::new()),
    };
    invariant_checks += checked_before.0;
    violations.extend(checked_before.1);
    check_afterwards(&run, baseline, &total, &mut invariant_checks, &mut violations).await?;
    let answers = total.answers;
    let report =
        make_report(&run, total.record, server_version, measured, invariant_checks, violations);
    Ok((report, answers))
}

/// The workload at the scale that was loaded, and what was checked of it: how often, and what does not hold.
async fn prepare(
    options: &BenchOptions,
    workload: &Workload,
) -> Result<(Workload, (u64, Vec<String>)), BenchError> {
    let Workload::Tpcc(tpcc) = workload else {
        return Ok((workload.clone(), (0, Vec::new())));
    };
    let session = open(&options.connect_options(), 0, |_| {}).await?;
    let tpcc = tpcc.found(&session.client).await?;
    let mut checked = (0, Vec::new());
    if options.verify {
        checked = conditions::check(&session.client, tpcc).await?;
        for violation in &mut checked.1 {
            violation.insert_str(0, "before the run: ");
        }
    }
    Ok((Workload::Tpcc(tpcc), checked))
}

/// A session for checks. After the run the server may still be recovering from what was done to it.
pub(crate) async fn open_patiently(options: &BenchOptions) -> Result<Session, BenchError> {
    let mut tries = 1;
    loop {
        match open(&options.connect_options(), 0, |_| {}).await {
            Ok(session) => return Ok(session),
            Err(error) if tries >= VERIFY_CONNECT_TRIES => return Err(error.into()),
            Err(_) => {
                tries += 1;
                sleep(RECONNECT_PAUSE).await;
            }
        }
    }
}

fn make_report(
    run: &Run,
    record: Record,
    server_version: String,
    measured: Duration,
    invariant_checks: u64,
    violations: Vec<String>,
) -> Report {
    let new_orders = record.latencies.get("new_order").map_or(0, hdrhistogram::Histogram::len);
    let new_orders_per_minute = matches!(run.workload, Workload::Tpcc(_))
        .then(|| new_orders as f64 * 60.0 / measured.as_secs_f64());
    let not_begun = run.options.rate.map_or(0, |rate| {
        let due = ((run.end - run.start).as_secs_f64() * rate).ceil() as u64;
        due.saturating_sub(run.tickets.load(Ordering::Relaxed))
    });
    Report {
        workload: run.workload.name(),
        server_version,
        clients: run.options.clients,
        rate: run.options.rate,
        seed: run.seed,
        measured_seconds: measured.as_secs_f64(),
        committed: record.committed,
        committed_per_second: record.committed as f64 / measured.as_secs_f64(),
        new_orders_per_minute,
        conflicts: record.conflicts,
        retries: record.retries,
        gave_up: record.gave_up,
        unknown_outcomes: record.unknown,
        reconnects: record.reconnects,
        not_begun,
        latencies: summarize_all(&record),
        errors_by_sqlstate: record.errors,
        invariant_checks,
        verified: run.options.verify,
        violations,
    }
}

async fn baseline(
    options: &BenchOptions,
    bank: &bank::Bank,
    session: &Session,
) -> Result<Baseline, BenchError> {
    let totals = bank::totals(&session.client).await.map_err(while_doing("reading totals"))?;
    if totals.0 != bank.accounts.cast_signed() {
        return Err(BenchError::NotInitialized(format!(
            "there are {} accounts and not {}; say --accounts {0}, or begin anew with: \
             quorate bench bank init --accounts {1}",
            totals.0, bank.accounts
        )));
    }
    let balances = if options.verify { bank::balances(&session.client).await? } else { Vec::new() };
    Ok(Baseline { totals, balances })
}

/// Looks at the total once a second until the run ends. A look that fails is no violation.
async fn watch(run: Arc<Run>, expected: (i64, i64)) -> (u64, Vec<String>) {
    let mut checks = 0;
    let mut session: Option<Session> = None;
    while Instant::now() < run.end {
        sleep_until((Instant::now() + CHECK_INTERVAL).min(run.end)).await;
        if session.as_ref().is_none_or(|session| session.client.is_closed()) {
            session = open(&run.options.connect_options(), 0, |_| {}).await.ok();
        }
        let Some(open_session) = &session else { continue };
        match timeout(ATTEMPT_TIMEOUT, bank::totals(&open_session.client)).await {
            Ok(Ok(found)) => {
                checks += 1;
                if let Some(violation) = total_violation("during the run", expected, found) {
                    return (checks, vec![violation]);
                }
            }
            Ok(Err(_)) => {}
            Err(_) => session = None,
        }
    }
    (checks, Vec::new())
}

fn total_violation(when: &str, expected: (i64, i64), found: (i64, i64)) -> Option<String> {
    (expected != found).then(|| {
        format!(
            "{when} {} accounts held {}, but {} accounts with {} it must be",
            found.0, found.1, expected.0, expected.1
        )
    })
}

async fn check_afterwards(
    run: &Run,
    baseline: Option<Baseline>,
    total: &Outcome,
    checks: &mut u64,
    violations: &mut Vec<String>,
) -> Result<(), BenchError> {
    let has_checks = matches!(run.workload, Workload::Tpcb(_) | Workload::Tpcc(_));
    if baseline.is_none() && !(has_checks && run.options.verify) {
        return Ok(());
    }
    let session = open_patiently(&run.options).await?;
    let client = &session.client;
    if let Some(baseline) = baseline {
        let found = bank::totals(client).await.map_err(while_doing("verifying"))?;
        *checks += 1;
        violations.extend(total_violation("after the run", baseline.totals, found));
        if run.options.verify {
            // One snapshot for both: a commit of unknown outcome may still arrive.
            client.batch_execute(bank::BEGIN).await.map_err(while_doing("verifying"))?;
            let entries = bank::ledger(client, run.number).await?;
            let balances = bank::balances(client).await?;
            client.batch_execute("commit").await.map_err(while_doing("verifying"))?;
            let acknowledged: HashSet<i64> = total.acknowledged.iter().copied().collect();
            let unknown: HashSet<i64> = total.unknown.iter().copied().collect();
            *checks += 1;
            violations.extend(bank::check_ledger(
                &baseline.balances,
                &balances,
                &entries,
                &acknowledged,
                &unknown,
            ));
        }
    } else if let Workload::Tpcc(tpcc) = &run.workload {
        let (number, found) = conditions::check(client, *tpcc).await?;
        *checks += number;
        violations.extend(found);
    } else {
        *checks += 1;
        violations.extend(crate::tpcb::verify(client).await?);
    }
    Ok(())
}

async fn work(run: Arc<Run>, index: usize, worker: Worker, queues: Queues) -> Outcome {
    let mut outcome = Outcome::default();
    let mut worker = Some(worker);
    let mut random = StdRng::seed_from_u64(run.seed.wrapping_add(index as u64));
    let mut sequence = 0u64;
    loop {
        // In an open loop a transaction that is due while the server is away is late, not undone.
        if worker.as_ref().is_none_or(|worker| worker.session.client.is_closed()) {
            worker = reconnect(&run, index, &mut outcome.record).await;
        }
        let Some(current) = &worker else { return outcome };
        let mut due = match run.options.rate {
            None => Instant::now(),
            Some(rate) => {
                if Instant::now() >= run.end {
                    return outcome;
                }
                let ticket = run.tickets.fetch_add(1, Ordering::Relaxed);
                run.start + Duration::from_secs_f64(ticket as f64 / rate)
            }
        };
        if due >= run.end {
            return outcome;
        }
        sleep_until(due).await;
        sequence += 1;
        let plan = run.workload.plan(&mut random, ledger_id(run.number, index, sequence), index);
        let mut thinking = Duration::ZERO;
        if run.options.think {
            let (keying, then) = plan.operator_times(&mut random);
            sleep_until((due + keying).min(run.end)).await;
            (due, thinking) = (due + keying, then);
            if due >= run.end {
                return outcome;
            }
        }
        if let Some(warehouse) = plan.deferred() {
            // A worker that is gone has met a server that does not come back, as this client will.
            if queues[warehouse % queues.len()].send((due, plan)).await.is_err() {
                return outcome;
            }
            sleep_until((Instant::now() + thinking).min(run.end)).await;
            continue;
        }
        let mut conflicts = Vec::new();
        let ending = transact(&run, current, &plan, &mut random, &mut conflicts).await;
        if note(&run, &mut outcome, &plan, due, &conflicts, &ending).await == Usability::Lost {
            worker = None;
        }
        sleep_until((Instant::now() + thinking).min(run.end)).await;
    }
}

/// Works off what clients do not wait for, after the end of the run too.
async fn work_off(
    run: Arc<Run>,
    index: usize,
    worker: Worker,
    mut queue: mpsc::Receiver<(Instant, Plan)>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut worker = Some(worker);
    let mut random = StdRng::seed_from_u64(run.seed.wrapping_add(index as u64));
    while let Some((due, plan)) = queue.recv().await {
        if worker.as_ref().is_none_or(|worker| worker.session.client.is_closed()) {
            worker = reconnect(&run, index, &mut outcome.record).await;
        }
        let Some(current) = &worker else { return outcome };
        let mut conflicts = Vec::new();
        let ending = transact(&run, current, &plan, &mut random, &mut conflicts).await;
        if note(&run, &mut outcome, &plan, due, &conflicts, &ending).await == Usability::Lost {
            worker = None;
        }
    }
    outcome
}

/// Whether a session can go on after a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usability {
    Usable,
    Lost,
}

/// Writes down how a transaction ended.
async fn note(
    run: &Run,
    outcome: &mut Outcome,
    plan: &Plan,
    due: Instant,
    conflicts: &[String],
    ending: &Ending,
) -> Usability {
    run.conflicts.fetch_add(conflicts.len() as u64, Ordering::Relaxed);
    match ending {
        Ending::Committed => {
            run.committed.fetch_add(1, Ordering::Relaxed);
            outcome.answers.committed += 1;
        }
        Ending::Unknown => outcome.answers.unknown += 1,
        Ending::GaveUp | Ending::Failed(_) | Ending::RolledBack => {}
    }
    if let (Plan::Transfer { id, .. }, true) = (plan, run.options.verify) {
        match ending {
            Ending::Committed => outcome.acknowledged.push(*id),
            Ending::Unknown => outcome.unknown.push(*id),
            Ending::GaveUp | Ending::Failed(_) | Ending::RolledBack => {}
        }
    }
    if due >= run.measure_from {
        let microseconds = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        outcome.record.add(plan.operation(), microseconds, conflicts, ending);
    }
    match ending {
        Ending::Unknown => Usability::Lost,
        // A server that refuses everything at once must not be asked in a tight loop.
        Ending::Failed(_) => {
            sleep(Duration::from_millis(5)).await;
            Usability::Usable
        }
        Ending::Committed | Ending::GaveUp | Ending::RolledBack => Usability::Usable,
    }
}

/// A new session, or nothing if the run ends first.
async fn reconnect(run: &Run, index: usize, record: &mut Record) -> Option<Worker> {
    while Instant::now() < run.end {
        if let Ok(worker) = connect(&run.options, &run.workload, index).await {
            record.reconnects += 1;
            return Some(worker);
        }
        sleep(RECONNECT_PAUSE).await;
    }
    None
}

/// All tries of one transaction.
async fn transact(
    run: &Run,
    worker: &Worker,
    plan: &Plan,
    random: &mut StdRng,
    conflicts: &mut Vec<String>,
) -> Ending {
    let client = &worker.session.client;
    for number in 1..=run.options.max_tries {
        let outcome = match timeout(ATTEMPT_TIMEOUT, attempt(client, &worker.prepared, plan)).await
        {
            Ok(outcome) => outcome,
            // Where it stands cannot be told, and the session is not used again.
            Err(_) => return Ending::Unknown,
        };
        let Err(failure) = outcome else {
            return if plan.is_rolled_back() { Ending::RolledBack } else { Ending::Committed };
        };
        let Some(code) = failure.error.code().map(|code| code.code().to_owned()) else {
            if failure.may_have_committed {
                return Ending::Unknown;
            }
            if client.is_closed() {
                return Ending::Failed("connection".to_owned());
            }
            // The driver objects to an answer, such as no row where one must be.
            let _ = client.batch_execute("rollback").await;
            return Ending::Failed(failure.error.to_string());
        };
        if failure.may_have_committed && leaves_outcome_open(&code) {
            return Ending::Unknown;
        }
        if !failure.may_have_committed {
            // If even this fails the session is closed, which the next transaction notices.
            let _ = client.batch_execute("rollback").await;
        }
        if !CONFLICT_CODES.contains(&code.as_str()) {
            return Ending::Failed(code);
        }
        conflicts.push(code);
        if number < run.options.max_tries {
            let most = 1u64 << number.min(6);
            sleep(Duration::from_micros(random.random_range(0..=most * 500))).await;
        }
    }
    Ending::GaveUp
}

/// Whether an error in answer to a commit says nothing about the commit: statement completion
/// unknown, connection exceptions, and a server that shuts down.
fn leaves_outcome_open(code: &str) -> bool {
    code == "40003" || code.starts_with("08") || code.starts_with("57P")
}

async fn show_progress(run: Arc<Run>) {
    if run.options.quiet {
        return;
    }
    let seconds = (run.end - run.start).as_secs().max(1);
    // The bar draws only on a terminal.
    let bar = ProgressBar::new(seconds);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} s  {msg}") {
        bar.set_style(style);
    }
    let mut before = (0, 0);
    for second in 1..=seconds {
        sleep_until(run.start + Duration::from_secs(second)).await;
        let now = (run.committed.load(Ordering::Relaxed), run.conflicts.load(Ordering::Relaxed));
        let phase = if Instant::now() < run.measure_from { " (warming up)" } else { "" };
        bar.set_position(second);
        bar.set_message(format!(
            "{} committed/s, {} conflicts/s{phase}",
            now.0 - before.0,
            now.1 - before.1
        ));
        before = now;
    }
    bar.finish_and_clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_settles_a_commit() {
        for code in ["40003", "08006", "57P01"] {
            assert!(leaves_outcome_open(code), "{code}");
        }
        for code in ["40001", "23505", "57014", "54000"] {
            assert!(!leaves_outcome_open(code), "{code}");
        }
    }

    #[test]
    fn a_total_that_moves_is_a_violation() {
        assert_eq!(total_violation("now", (3, 30), (3, 30)), None);
        assert!(total_violation("now", (3, 30), (3, 29)).is_some());
        assert!(total_violation("now", (3, 30), (2, 30)).is_some());
    }
}
