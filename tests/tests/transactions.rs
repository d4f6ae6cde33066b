//! Transactions as clients use them: savepoints, the failed state, DDL among DML, implicit ones, cursors, limits.
//!
//! Every answer is what PostgreSQL 16 gives, but for those tests that say otherwise.

use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use tests::connect::{connect, failure, rows, sqlstate};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn start() -> (Server, Client) {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "drop table if exists t, u; create table t (a int primary key, b text)").await;
    (server, client)
}

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

#[tokio::test]
async fn savepoints_nest_and_undo() {
    let (_server, client) = start().await;
    run(&client, "begin; insert into t values (1, 'a'); savepoint one").await;
    run(&client, "insert into t values (2, 'b'); savepoint two; insert into t values (3, 'c')")
        .await;
    run(&client, "rollback to savepoint two; update t set b = 'z' where a = 1").await;
    assert_eq!(rows(&client, "select * from t order by a").await, ["1|z", "2|b"]);
    run(&client, "rollback to one").await;
    assert_eq!(rows(&client, "select * from t order by a").await, ["1|a"]);
    assert_eq!(failure(&client, "rollback to two").await, "3B001");
    assert_eq!(failure(&client, "select 1").await, "25P02");
    run(&client, "rollback to one; savepoint one; delete from t; rollback to one").await;
    run(&client, "release one; insert into t values (4, 'd')").await;
    // The outer savepoint of the same name is there again.
    run(&client, "rollback to one; insert into t values (5, 'e'); commit").await;
    assert_eq!(rows(&client, "select a from t order by a").await, ["1", "5"]);
    assert_eq!(failure(&client, "savepoint s").await, "25P01");
}

#[tokio::test]
async fn a_savepoint_rescues_a_failed_transaction() {
    let (_server, client) = start().await;
    run(&client, "begin; insert into t values (1, 'a'); savepoint s").await;
    assert_eq!(failure(&client, "insert into t values (1, 'again')").await, "23505");
    assert_eq!(failure(&client, "select 1").await, "25P02");
    assert_eq!(failure(&client, "savepoint other").await, "25P02");
    assert_eq!(failure(&client, "release savepoint s").await, "25P02");
    run(&client, "rollback to savepoint s; insert into t values (2, 'b'); commit").await;
    assert_eq!(rows(&client, "select a from t order by a").await, ["1", "2"]);
}

#[tokio::test]
async fn commit_of_a_failed_transaction_rolls_back() {
    let (_server, client) = start().await;
    run(&client, "begin; insert into t values (1, 'a')").await;
    assert_eq!(failure(&client, "select 1 / 0").await, "22012");
    run(&client, "commit").await;
    assert_eq!(rows(&client, "select count(*) from t").await, ["0"]);
    run(&client, "begin; commit; rollback").await;
    run(&client, "begin; begin; insert into t values (1, 'a'); end").await;
    assert_eq!(rows(&client, "select count(*) from t").await, ["1"]);
    run(
        &client,
        "begin; insert into t values (2, 'a'); commit and chain; insert into t values (3, 'a')",
    )
    .await;
    run(&client, "rollback").await;
    assert_eq!(rows(&client, "select a from t order by a").await, ["1", "2"]);
}

#[tokio::test]
async fn ddl_and_dml_are_one_transaction() {
    let (server, client) = start().await;
    run(&client, "begin; create table u (a int primary key, b int references t)").await;
    run(&client, "insert into t values (1, 'a'); insert into u values (1, 1)").await;
    run(&client, "alter table u add column c text default 'new'").await;
    run(&client, "create index u_c on u (c); create view u_view as select a, c from u").await;
    assert_eq!(rows(&client, "select a, c from u_view").await, ["1|new"]);
    let other = connect(&server).await;
    assert_eq!(failure(&other, "select * from u").await, "42P01", "unseen before its commit");
    run(&client, "commit").await;
    assert_eq!(rows(&other, "select a, b, c from u").await, ["1|1|new"]);
    run(&client, "begin; drop view u_view; drop table u; truncate t").await;
    assert_eq!(failure(&client, "select * from u").await, "42P01");
    run(&client, "rollback").await;
    assert_eq!(rows(&client, "select * from u_view").await, ["1|new"]);
    assert_eq!(rows(&client, "select count(*) from t").await, ["1"]);
    run(&client, "begin; alter table t rename to was_t; alter table was_t drop column b").await;
    run(&client, "create table t (other int); insert into t values (7)").await;
    assert_eq!(rows(&client, "select * from t").await, ["7"]);
    run(&client, "rollback").await;
    assert_eq!(rows(&client, "select * from t").await, ["1|a"]);
    run(&client, "drop table u cascade").await;
}

#[tokio::test]
async fn ddl_in_a_savepoint_is_undone_with_it() {
    let (_server, client) = start().await;
    run(&client, "begin; savepoint s; create table u (a int); insert into u values (1)").await;
    run(&client, "rollback to s").await;
    assert_eq!(failure(&client, "select * from u").await, "42P01");
    run(&client, "rollback to s; create table u (b text); insert into u values ('x'); commit")
        .await;
    assert_eq!(rows(&client, "select b from u").await, ["x"]);
    run(&client, "drop table u").await;
}

#[tokio::test]
async fn access_modes_are_kept() {
    let (_server, client) = start().await;
    run(&client, "begin read only").await;
    assert_eq!(failure(&client, "insert into t values (1, 'a')").await, "25006");
    run(&client, "rollback; begin transaction read only").await;
    assert_eq!(failure(&client, "create table u (a int)").await, "25006");
    run(&client, "rollback").await;
    run(&client, "set default_transaction_read_only = on").await;
    assert_eq!(failure(&client, "delete from t").await, "25006");
    run(&client, "reset default_transaction_read_only").await;
    run(&client, "insert into t values (1, 'a')").await;
    run(&client, "begin; select 1").await;
    let late = failure(&client, "set transaction isolation level serializable").await;
    assert_eq!(late, "25001", "not after the first statement");
    run(&client, "rollback").await;
}

#[tokio::test]
async fn settings_follow_their_transaction() {
    let (_server, client) = start().await;
    run(&client, "set statement_timeout = '10s'; begin; set statement_timeout = '20s'").await;
    run(&client, "set local statement_timeout = '30s'").await;
    assert_eq!(rows(&client, "show statement_timeout").await, ["30s"]);
    run(&client, "commit").await;
    assert_eq!(rows(&client, "show statement_timeout").await, ["20s"]);
    run(&client, "begin; set statement_timeout = '40s'; savepoint s").await;
    run(&client, "set statement_timeout = '50s'; rollback to s").await;
    assert_eq!(rows(&client, "show statement_timeout").await, ["40s"]);
    run(&client, "rollback").await;
    assert_eq!(rows(&client, "show statement_timeout").await, ["20s"]);
    run(&client, "reset all").await;
    assert_eq!(rows(&client, "show statement_timeout").await, ["0"]);
    assert_eq!(failure(&client, "set no_such_setting = 1").await, "42704");
    assert_eq!(failure(&client, "set statement_timeout = 'soon'").await, "22023");
    run(&client, "set statement_timeout = '300ms'").await;
    assert_eq!(failure(&client, "select pg_sleep(60)").await, "57014");
}

#[tokio::test]
async fn statements_are_prepared_in_sql() {
    let (_server, client) = start().await;
    run(&client, "prepare add (int, text) as insert into t values ($1, $2) returning a, b").await;
    assert_eq!(rows(&client, "execute add(1, 'one')").await, ["1|one"]);
    assert_eq!(rows(&client, "execute add(1 + 1, 'tw' || 'o')").await, ["2|two"]);
    assert_eq!(failure(&client, "execute add(1)").await, "42601");
    assert_eq!(failure(&client, "execute add(1, 'one')").await, "23505");
    assert_eq!(failure(&client, "prepare add as select 1").await, "42P05");
    assert_eq!(failure(&client, "execute nobody").await, "26000");
    // Like settings made by PREPARE's caller, a prepared statement survives the rollback of its transaction.
    run(&client, "begin; prepare kept as select count(*) from t; rollback").await;
    assert_eq!(rows(&client, "execute kept").await, ["2"]);
    run(&client, "alter table t add column c int").await;
    assert_eq!(rows(&client, "execute kept").await, ["2"], "planned anew after DDL");
    run(&client, "set application_name to 'x'; prepare second as select 5; select 1").await;
    assert_eq!(rows(&client, "execute second").await, ["5"], "from the middle of a string");
    run(&client, "deallocate add").await;
    assert_eq!(failure(&client, "execute add(3, 'x')").await, "26000");
    run(&client, "deallocate all").await;
    assert_eq!(failure(&client, "execute kept").await, "26000");
}

#[tokio::test]
async fn a_prepared_statement_notices_changed_tables() {
    let (_server, client) = start().await;
    run(&client, "insert into t values (1, 'a')").await;
    let star = client.prepare("select * from t").await.expect("prepared");
    let one = client.prepare("select b from t where a = $1").await.expect("prepared");
    client.query_one(&star, &[]).await.expect("a row");
    run(&client, "alter table t add column c int").await;
    let error = client.query_one(&star, &[]).await.expect_err("its row type has changed");
    assert_eq!(sqlstate(&error), "0A000");
    let row = client.query_one(&one, &[&1]).await.expect("this one has not");
    assert_eq!(row.get::<_, &str>(0), "a");
    run(&client, "alter table t drop column b").await;
    let error = client.query_one(&one, &[&1]).await.expect_err("its column is gone");
    assert_eq!(sqlstate(&error), "42703");
}

#[tokio::test]
async fn portals_give_rows_in_portions() {
    let (_server, mut client) = start().await;
    run(&client, "insert into t select g, 'x' from generate_series(1, 1000) g").await;
    let transaction = client.transaction().await.expect("a transaction");
    let portal = transaction.bind("select a from t order by a", &[]).await.expect("a portal");
    let mut seen = Vec::new();
    loop {
        let part = transaction.query_portal(&portal, 300).await.expect("rows");
        if part.is_empty() {
            break;
        }
        seen.extend(part.iter().map(|row| row.get::<_, i32>(0)));
        // What is written meanwhile is not seen by an open portal.
        transaction.execute("delete from t where a > 900", &[]).await.expect("deleted");
    }
    assert_eq!(seen, (1..=1_000).collect::<Vec<i32>>());
    transaction.rollback().await.expect("rolled back");
}

#[tokio::test]
async fn requests_in_flight_together_are_answered_in_order() {
    let (_server, client) = start().await;
    let insert = client.prepare("insert into t values ($1, $2)").await.expect("prepared");
    let numbers: Vec<i32> = (0..500).collect();
    let words: Vec<String> = numbers.iter().map(|number| format!("word {number}")).collect();
    let inserts = numbers.iter().zip(&words).map(|(number, word)| {
        let insert = &insert;
        let client = &client;
        async move { client.execute(insert, &[number, word]).await }
    });
    for outcome in join_all(inserts).await {
        assert_eq!(outcome.expect("inserted"), 1);
    }
    let reads = numbers.iter().map(|number| {
        let client = &client;
        async move { client.query_one("select b from t where a = $1", &[number]).await }
    });
    for (outcome, word) in join_all(reads).await.into_iter().zip(&words) {
        assert_eq!(outcome.expect("a row").get::<_, &str>(0), word);
    }
    let mixed = ["select 1", "select 1 / 0", "select 2", "selec", "select 3"];
    let outcomes = join_all(mixed.map(|sql| client.query(sql, &[]))).await;
    let good: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, false, true, false, true]);
}

#[tokio::test]
async fn rows_stream_to_a_driver_and_may_be_left() {
    let (_server, client) = start().await;
    let sql = "select g from generate_series(1, 100000) g";
    let stream = client.query_raw(sql, std::iter::empty::<i32>()).await.expect("a stream");
    let first: Vec<_> = stream.take(10).try_collect().await.expect("rows");
    assert_eq!(first.len(), 10);
    assert_eq!(rows(&client, "select 'still in step'").await, ["still in step"]);
}

#[tokio::test]
async fn a_driver_cancels_and_goes_on() {
    let (server, client) = start().await;
    let token = client.cancel_token();
    let sleep = tokio::spawn(async move {
        let outcome = client.batch_execute("select pg_sleep(600)").await;
        (client, outcome)
    });
    // A request that comes too early cancels nothing: asked until it works.
    let limit = std::time::Duration::from_secs(20);
    let ended = tests::wait::poll_async(limit, || async {
        token.cancel_query(tokio_postgres::NoTls).await.expect("taken");
        sleep.is_finished().then_some(())
    });
    assert!(ended.await.is_some(), "cancelled");
    let (client, outcome) = sleep.await.expect("no panic");
    assert_eq!(sqlstate(&outcome.expect_err("cancelled")), "57014");
    // A late request may hit one more statement.
    let again = tests::wait::poll_async(limit, || async {
        client.batch_execute("select 1").await.is_ok().then_some(())
    });
    assert!(again.await.is_some(), "the session goes on");
    drop(server);
}

/// Unlike PostgreSQL, a transaction has a largest size; its session goes on.
#[tokio::test]
async fn a_transaction_above_its_limits_is_refused() {
    let (server, client) = start().await;
    if server.is_foreign() {
        return;
    }
    let huge = "insert into t select g, repeat('x', 100000) from generate_series(1, 1000) g";
    assert_eq!(failure(&client, huge).await, "54000");
    assert_eq!(rows(&client, "select count(*) from t").await, ["0"]);
    run(&client, "begin; insert into t values (0, 'small')").await;
    assert_eq!(failure(&client, huge).await, "54000");
    assert_eq!(failure(&client, "select 1").await, "25P02");
    run(&client, "rollback; insert into t values (1, 'small')").await;
    assert_eq!(rows(&client, "select * from t").await, ["1|small"]);
}

/// Entries of an index are not adjudicated, so the read must count as one of the rows behind it. Checks: I3.
#[tokio::test]
async fn serializable_reads_through_an_index_see_what_comes_into_their_range() {
    let (server, one) = start().await;
    let two = connect(&server).await;
    run(&one, "create index t_b on t (b); insert into t select i, 'x' || i from generate_series(1, 500) i")
        .await;
    let look = "select a from t where b = 'wanted'";
    let plan = rows(&one, &format!("explain {look}")).await.join("\n");
    assert!(plan.contains("t_b"), "{plan}");
    run(&one, "begin isolation level serializable").await;
    run(&two, "begin isolation level serializable").await;
    assert!(rows(&one, look).await.is_empty() && rows(&two, look).await.is_empty());
    run(&one, "insert into t values (1001, 'wanted')").await;
    run(&two, "insert into t values (1002, 'wanted')").await;
    run(&one, "commit").await;
    assert_eq!(failure(&two, "commit").await, "40001");
    assert_eq!(rows(&one, look).await, ["1001"]);
}

#[tokio::test]
async fn relations_are_made_from_queries() {
    let (_server, client) = start().await;
    run(&client, "insert into t values (1, 'a'), (2, 'b')").await;
    let made = |sql: &'static str| client.execute(sql, &[]);
    assert_eq!(made("create table c as select a from t").await.expect("made"), 2);
    assert_eq!(made("select b into s from t where a = 2").await.expect("made"), 1);
    assert_eq!(
        made("create materialized view m as select count(*) from t").await.expect("made"),
        1
    );
    assert_eq!(made("create table n as select * from t with no data").await.expect("made"), 0);
    assert_eq!(rows(&client, "select * from c order by a").await, ["1", "2"]);
    assert_eq!(rows(&client, "select * from s").await, ["b"]);
    assert!(rows(&client, "select * from n").await.is_empty());
    run(&client, "delete from t where a = 1").await;
    assert_eq!(rows(&client, "select * from m").await, ["2"]);
    run(&client, "refresh materialized view m").await;
    assert_eq!(rows(&client, "select * from m").await, ["1"]);
    assert_eq!(failure(&client, "insert into m values (7)").await, "42809");
    // Whoever makes a relation from a query must be allowed to read what it reads.
    run(&client, "create role reader; grant create on schema public to reader; set role reader")
        .await;
    for sql in [
        "create table stolen as select * from t",
        "select * into stolen from t",
        "create materialized view stolen as select * from t",
    ] {
        assert_eq!(failure(&client, sql).await, "42501", "{sql}");
    }
    run(&client, "reset role; drop materialized view m; drop table c, s, n").await;
    run(&client, "revoke create on schema public from reader; drop role reader").await;
}
