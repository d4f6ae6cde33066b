//! A panic in one session ends that session only.
//!
//! Debug builds of the program have places where a statement can ask for a panic; release builds have none.

use std::collections::HashMap;

use tests::connect::{connect, rows, try_connect};
use tests::server::http_get;
use tests::{Options, Server};

/// What the counter of sessions that ended by a panic stands at.
fn counted(server: &Server) -> u64 {
    let (_, metrics) = http_get(server.http_address(), "/metrics").expect("metrics answer");
    let mut lines = metrics.lines().filter_map(|line| line.split_once(' '));
    let found = lines.find(|(name, _)| *name == "quorate_session_panics_total");
    found.map_or(0, |(_, count)| count.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_session_and_no_other() {
    let server = Server::start(Options::default());
    let other = connect(&server).await;
    other.batch_execute("create table t (a int primary key)").await.expect("created");
    other.batch_execute("begin; insert into t values (1)").await.expect("a block is open");
    let mut panics = 0;
    let mut outcomes = HashMap::new();
    for place in ["plan", "session", "step"] {
        for protocol in ["simple", "extended"] {
            let client = connect(&server).await;
            client.batch_execute("begin; insert into t values (2)").await.expect("inserted");
            let sql = format!("/* panic site: {place} */ select count(*) from t");
            let outcome = match protocol {
                "simple" => client.simple_query(&sql).await.map(drop),
                _ => client.query(&sql, &[]).await.map(drop),
            };
            let told = outcome.err().map(|error| {
                let error = error.as_db_error().expect("the client is told before the end");
                (error.code().code().to_owned(), error.severity().to_owned())
            });
            if told.is_some() {
                panics += 1;
                let after = client.simple_query("select 1").await;
                assert!(after.is_err(), "{place}, {protocol}: the session went on");
            }
            outcomes.insert((place, protocol), told);
        }
    }
    // A program without panic sites is a release build, which is tested only if it was asked for.
    if outcomes.values().all(Option::is_none) {
        assert!(std::env::var_os("QUORATE_BIN").is_some(), "a debug build has panic sites");
        return;
    }
    for (site, told) in &outcomes {
        let fatal = Some(("XX000".to_owned(), "FATAL".to_owned()));
        assert_eq!(*told, fatal, "{site:?}");
    }
    assert_eq!(counted(&server), panics);
    other.batch_execute("insert into t values (3); commit").await.expect("not disturbed");
    let new = try_connect(&server).await.expect("new sessions are taken");
    assert_eq!(rows(&new, "select a from t order by a").await, ["1", "3"]);
}
