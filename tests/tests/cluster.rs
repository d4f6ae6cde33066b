//! Three nodes on loopback: forming, transactions through all of them, the death of leaders, restarts, catching up.
//!
//! Checks: D1, D2, L1, F1, A1

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tests::bank::{self, Tally};
use tests::connect::{connect, rows};
use tests::server::{http_get, start_command};
use tests::wait::{poll, poll_async};
use tests::{Options, Server, forming};

/// How long a cluster may take to form.
const FORMED: Duration = Duration::from_secs(30);
const WRITERS_PER_NODE: u64 = 2;
/// Transfers between two events.
const PHASE: u64 = 30;
const PHASE_LIMIT: Duration = Duration::from_secs(30);

fn status(server: &Server) -> serde_json::Value {
    let (_, body) = http_get(server.http_address(), "/api/v1/status").unwrap_or_default();
    serde_json::from_str(&body).unwrap_or_default()
}

fn three() -> Vec<Server> {
    forming::nodes(3, &Options::adjudicators(4))
}

/// Writers on all nodes that run.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    writers: Vec<tokio::task::JoinHandle<Tally>>,
}

impl Load {
    async fn start(servers: &[&Server], next: &Arc<AtomicU64>) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let mut writers = Vec::new();
        for server in servers {
            for _ in 0..WRITERS_PER_NODE {
                let client = bank::connect_soon(server).await;
                let (stop, next, answered) = (stop.clone(), next.clone(), answered.clone());
                let seed = rand::random();
                writers.push(tokio::spawn(bank::write(client, seed, stop, next, answered)));
            }
        }
        Load { stop, answered, writers }
    }

    /// Waits for so many more answered transfers.
    async fn progress(&self, what: &str, servers: &[&Server]) {
        let wanted = self.answered.load(Ordering::Relaxed) + PHASE;
        let done = poll_async(PHASE_LIMIT, || async {
            (self.answered.load(Ordering::Relaxed) >= wanted).then_some(())
        });
        if done.await.is_none() {
            let logs: Vec<String> = servers.iter().map(|server| server.log()).collect();
            panic!("no transfers {what}:\n{}", logs.join("\n----\n"));
        }
    }

    /// Stops; adds what was acknowledged. Besides conflicts clients may only hear that an outcome is unknown.
    async fn end(self, acknowledged: &mut Vec<i64>) {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            let tally = writer.await.expect("a writer does not panic");
            let strange: Vec<&String> =
                tally.strange.iter().filter(|error| !error.starts_with("08007")).collect();
            assert!(strange.is_empty(), "{strange:?}");
            acknowledged.extend(tally.acknowledged);
        }
    }
}

async fn check(server: &Server, acknowledged: &[i64], when: &str) {
    let found = bank::violations(server, acknowledged).await;
    assert!(found.is_empty(), "{when}:\n{}\n{}", found.join("\n"), server.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_nodes_take_transfers_and_lose_none_when_leaders_are_killed() {
    let mut servers = three();
    bank::create(&servers[0]).await.expect("the bank is made");
    let next = Arc::new(AtomicU64::new(1));
    let mut acknowledged = Vec::new();

    // All journals are led by the founder; its death stops all of them.
    let all: Vec<&Server> = servers.iter().collect();
    let load = Load::start(&all, &next).await;
    load.progress("on three nodes", &all).await;
    servers[0].kill();
    let rest: Vec<&Server> = servers[1..].iter().collect();
    load.progress("after the death of the leader", &rest).await;
    load.end(&mut acknowledged).await;
    for server in &servers[1..] {
        check(server, &acknowledged, "after the death of the leader").await;
    }

    // It comes back, catches up and serves; then the node that leads now is killed.
    servers[0].restart();
    check(&servers[0], &acknowledged, "on the node that was away").await;
    let leader = status(&servers[0])["journals"][0]["leader"].as_u64().expect("led");
    let leader = usize::try_from(leader).expect("small") - 1;
    let all: Vec<&Server> = servers.iter().collect();
    let load = Load::start(&all, &next).await;
    load.progress("on three nodes again", &all).await;
    servers[leader].kill();
    let rest: Vec<&Server> =
        servers.iter().enumerate().filter(|(at, _)| *at != leader).map(|(_, one)| one).collect();
    load.progress("after the death of the second leader", &rest).await;
    load.end(&mut acknowledged).await;
    servers[leader].restart();
    for server in &servers {
        check(server, &acknowledged, "at the end").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_node_has_acknowledged_every_node_sees_at_once() {
    let servers = three();
    let mut clients = Vec::new();
    for server in &servers {
        clients.push(connect(server).await);
    }
    clients[0]
        .batch_execute("create table counter (id int primary key, value int not null)")
        .await
        .expect("created");
    clients[1].batch_execute("insert into counter values (1, 0)").await.expect("inserted");
    for round in 1..=60_usize {
        let (writer, reader) = (round % 3, (round + 1) % 3);
        let update = "update counter set value = value + 1 where id = 1";
        clients[writer].batch_execute(update).await.expect("nobody else writes");
        let seen = rows(&clients[reader], "select value from counter").await;
        assert_eq!(seen, [round.to_string()], "node {reader} after node {writer}");
    }
    let nodes = rows(&clients[2], "select count(*) from sys.nodes").await;
    assert_eq!(nodes, ["3"]);
    let status = status(&servers[1]);
    let spare = &status["fault_tolerance"]["max_node_failures_without_losing_availability"];
    assert_eq!(spare, 1, "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minority_answers_neither_reads_nor_commits_and_recovers() {
    let mut servers = three();
    let client = connect(&servers[2]).await;
    let setup = "create table t (id int primary key); insert into t values (1)";
    client.batch_execute(setup).await.expect("made");
    servers[0].kill();
    servers[1].kill();
    let refused = client.batch_execute("insert into t values (2)").await;
    let error = refused.expect_err("nobody can decide");
    let code = error.code().expect("the node answers").code().to_owned();
    assert!(["57P03", "08007"].contains(&code.as_str()), "{error:?}");
    servers[0].restart();
    let alive = poll_async(PHASE_LIMIT, || async {
        client.batch_execute("insert into t values (3)").await.ok()
    });
    assert!(alive.await.is_some(), "two of three commit:\n{}", servers[2].log());
    let seen = rows(&client, "select id from t where id <> 2 order by id").await;
    assert_eq!(seen, ["1", "3"]);
}

#[test]
fn a_node_that_waits_founds_the_cluster_when_it_is_told() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = directory.path().join("data");
    let free = || tests::server::free_address().to_string();
    let http = tests::server::free_address();
    let mut waiting = start_command(&data)
        .args(["--insecure", "--join", &free(), "--sql-addr", &free(), "--node-addr", &free()])
        .args(["--http-addr", &http.to_string()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("started");
    let claimed = poll(FORMED, || data.join("lock").exists().then_some(()));
    assert!(claimed.is_some() && http_get(http, "/readyz").is_err(), "it waits");
    let init = || {
        let mut command = std::process::Command::new(tests::server::program());
        let command = command.args(["init", "--insecure", "--data-dir"]).arg(&data);
        command.output().expect("run").status.success()
    };
    assert!(init());
    let ready = poll(FORMED, || matches!(http_get(http, "/readyz"), Ok((200, _))).then_some(()));
    assert!(!init(), "it belongs to a cluster now");
    waiting.kill().expect("killed");
    waiting.wait().expect("ended");
    assert!(ready.is_some(), "it serves");
}

/// Runs `quorate cert`.
fn cert(directory: &std::path::Path, arguments: &[&str]) {
    let mut command = std::process::Command::new(tests::server::program());
    let command = command.arg("cert").args(arguments).arg("--certs-dir").arg(directory);
    let output = command.output().expect("run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_with_certificates_form_a_cluster_and_take_new_ones_while_they_run() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let certs = home.path().join("certs");
    cert(&certs, &["create-ca"]);
    for node in ["1", "2", "3"] {
        cert(&certs, &["create-node", "--node-id", node]);
    }
    let folder = |node: u32| certs.join(format!("node-{node}")).display().to_string();
    let founder = Server::start(Options::secure().with(&["--certs-dir", &folder(1)]));
    let address = founder.node_address().to_string();
    let member = |node| {
        let arguments = ["--certs-dir", &folder(node), "--join", &address];
        Server::start(Options::secure().with(&arguments))
    };
    let (mut second, third) = (member(2), member(3));
    forming::wait_formed(&founder, 3);
    assert_eq!(status(&third)["node_id"], 3, "the number is that of the certificate");
    let client = connect(&founder).await;
    let setup = "create table t (id int primary key); insert into t values (1)";
    client.batch_execute(setup).await.expect("a majority has it");
    // New keys and certificates for all; then a node comes back, and only they can connect it.
    cert(&certs, &["rotate"]);
    for server in [&founder, &third] {
        server.signal(rustix::process::Signal::HUP);
    }
    second.kill();
    client.batch_execute("insert into t values (2)").await.expect("two of three have it");
    second.restart();
    drop(third);
    client.batch_execute("insert into t values (3)").await.expect("the second has caught up");
    assert_eq!(rows(&client, "select count(*) from t").await, ["3"]);
}
