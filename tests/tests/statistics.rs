//! Statistics are kept over restarts, and come by themselves.

use std::time::{Duration, Instant};

use tests::connect::{connect, rows};
use tests::{Options, Server};

/// Several rounds of the job, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

const ESTIMATE: &str = "explain select * from t where kind = 3";

fn estimate(plan: &[String]) -> u64 {
    let (_, rest) = plan[0].split_once("rows=").expect("an estimate");
    rest.split(' ').next().and_then(|rows| rows.parse().ok()).expect("a number")
}

#[tokio::test]
async fn what_analyze_found_survives_a_restart() {
    let mut server = Server::start(Options::default());
    let client = connect(&server).await;
    let setup = "create table t (id int primary key, kind int, name text);
        insert into t select n, case when n % 10 = 0 then n else 3 end, 'name ' || n from generate_series(1, 5000) as n";
    client.batch_execute(setup).await.expect("valid");
    client.batch_execute("analyze t").await.expect("valid");
    let shown =
        "select attname, null_frac, n_distinct, most_common_vals::text, correlation from pg_stats
        where tablename = 't' order by attname";
    let of_table = "select n_live_tup, last_analyze is not null, last_autoanalyze is null, analyze_count, n_mod_since_analyze
        from pg_stat_user_tables where relname = 't'";
    let before = (rows(&client, shown).await, rows(&client, of_table).await);
    assert_eq!(before.0.len(), 3);
    assert!(before.0[1].starts_with("kind|0|") && before.0[1].contains("{3}"), "{:?}", before.0);
    assert_eq!(before.1, ["5000|t|t|1|0"]);
    assert_eq!(estimate(&rows(&client, ESTIMATE).await), 4500);

    server.kill();
    server.restart();
    let client = connect(&server).await;
    assert_eq!((rows(&client, shown).await, rows(&client, of_table).await), before);
    assert_eq!(estimate(&rows(&client, ESTIMATE).await), 4500);
    // Nobody sees values of columns that he may not read.
    let other = "create role curious; grant select (id) on t to curious; set role curious";
    client.batch_execute(other).await.expect("valid");
    assert_eq!(rows(&client, "select attname from pg_stats where tablename = 't'").await, ["id"]);
}

#[tokio::test]
async fn tables_that_changed_are_analyzed_by_themselves_and_plans_follow() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    client.batch_execute("create table t (id int primary key, kind int)").await.expect("valid");
    // A prepared statement whose plan is made again.
    let prepared = client.prepare("select count(*) from t where kind = $1").await.expect("valid");
    client.query(&prepared, &[&3]).await.expect("valid");
    let load = "insert into t select n, n % 4 from generate_series(1, 8000) as n";
    client.batch_execute(load).await.expect("valid");
    let changed = "select n_mod_since_analyze from pg_stat_user_tables where relname = 't'";
    assert_eq!(rows(&client, changed).await, ["8000"]);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found =
            rows(&client, "select autoanalyze_count from pg_stat_user_tables where relname = 't'");
        if found.await == ["1"] {
            break;
        }
        assert!(Instant::now() < deadline, "nobody has analyzed");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(estimate(&rows(&client, ESTIMATE).await), 2000);
    assert_eq!(rows(&client, changed).await, ["0"]);
    let counted: i64 = client.query_one(&prepared, &[&3]).await.expect("valid").get(0);
    assert_eq!(counted, 2000);
}
