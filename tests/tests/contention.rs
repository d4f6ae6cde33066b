//! Contended rows: writers take turns, snapshots move only where the client cannot tell, and nobody waits for ever.
//!
//! Checks: I1 and L1 under contention, and that optimistic writers of one row do not starve each other.

use futures::future::join_all;
use tests::connect::{connect, failure, rows, sqlstate};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

async fn start() -> (Server, Client) {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "create table c (id int primary key, n int); insert into c values (1, 0), (2, 0)")
        .await;
    (server, client)
}

/// Makes a row contended: two transactions write it, the second to commit loses.
async fn contend(one: &Client, two: &Client, id: i32) {
    run(one, "begin").await;
    run(two, "begin").await;
    run(one, &format!("update c set n = n where id = {id}")).await;
    run(two, &format!("update c set n = n where id = {id}")).await;
    run(one, "commit").await;
    assert_eq!(failure(two, "commit").await, "40001");
}

#[tokio::test]
async fn writers_of_one_row_take_turns() {
    const CLIENTS: usize = 16;
    const EACH: usize = 20;
    let (server, client) = start().await;
    let tasks = (0..CLIENTS).map(|_| async {
        let client = connect(&server).await;
        let mut refused = 0;
        for _ in 0..EACH {
            loop {
                let result = client
                    .batch_execute("begin; select n from c where id = 2")
                    .await
                    .and(client.batch_execute("update c set n = n + 1 where id = 1").await)
                    .and(client.batch_execute("commit").await);
                match result {
                    Ok(()) => break,
                    Err(error) => {
                        assert_eq!(sqlstate(&error), "40001", "{error:?}");
                        refused += 1;
                        run(&client, "rollback").await;
                    }
                }
            }
        }
        refused
    });
    let refused: usize = join_all(tasks).await.into_iter().sum();
    let expected = (CLIENTS * EACH).to_string();
    assert_eq!(rows(&client, "select n from c where id = 1").await, [expected]);
    // Without turns each transaction loses to nearly every other: about 8 refusals for each commit.
    assert!(refused < CLIENTS * EACH, "{refused} refusals for {} commits", CLIENTS * EACH);
}

#[tokio::test]
async fn a_snapshot_that_was_seen_does_not_move() {
    let (server, one) = start().await;
    let (two, three) = (connect(&server).await, connect(&server).await);
    contend(&two, &three, 1).await;
    run(&one, "begin").await;
    assert_eq!(rows(&one, "select n from c where id = 2").await, ["0"]);
    run(&two, "update c set n = 7 where id = 2").await;
    // The turn is free and the contended row unchanged: the write goes on under the old snapshot.
    run(&one, "update c set n = n + 1 where id = 1").await;
    assert_eq!(rows(&one, "select n from c where id = 2").await, ["0"]);
    assert_eq!(rows(&one, "select n from c where id = 1").await, ["1"]);
    run(&one, "commit").await;
    assert_eq!(rows(&one, "select id, n from c order by id").await, ["1|1", "2|7"]);
}

#[tokio::test]
async fn a_lost_conflict_is_told_before_commit() {
    let (server, one) = start().await;
    let (two, three) = (connect(&server).await, connect(&server).await);
    contend(&two, &three, 1).await;
    run(&one, "begin").await;
    assert_eq!(rows(&one, "select n from c where id = 1").await, ["0"]);
    run(&two, "update c set n = 5 where id = 1").await;
    assert_eq!(failure(&one, "update c set n = n + 1 where id = 1").await, "40001");
    run(&one, "rollback").await;
    assert_eq!(rows(&one, "select n from c where id = 1").await, ["5"]);
}

#[tokio::test]
async fn a_snapshot_moves_where_nobody_can_tell() {
    let (server, one) = start().await;
    let (two, three) = (connect(&server).await, connect(&server).await);
    contend(&two, &three, 1).await;
    run(&one, "begin").await;
    assert_eq!(rows(&one, "select n from c where id = 2").await, ["0"]);
    run(&two, "update c set n = 5 where id = 1").await;
    // What was read is the same now: the transaction is one that began after the other's commit.
    run(&one, "update c set n = n + 1 where id = 1; commit").await;
    assert_eq!(rows(&one, "select n from c where id = 1").await, ["6"]);
}

#[tokio::test]
async fn who_waits_can_be_cancelled_and_idle_holders_lose_their_turn() {
    let (server, one) = start().await;
    let (two, three) = (connect(&server).await, connect(&server).await);
    contend(&two, &three, 1).await;
    run(&one, "begin; update c set n = n + 1 where id = 1").await;
    run(&two, "set statement_timeout = 300").await;
    assert_eq!(failure(&two, "update c set n = n + 1 where id = 1").await, "57014");
    // The holder does nothing: after its lease the next one goes on, and the holder loses at commit.
    run(&three, "update c set n = n + 10 where id = 1").await;
    assert_eq!(failure(&one, "commit").await, "40001");
    assert_eq!(rows(&two, "select n from c where id = 1").await, ["10"]);
}

#[tokio::test]
async fn two_rows_in_opposite_order_do_not_block_each_other() {
    let (server, one) = start().await;
    let two = connect(&server).await;
    contend(&one, &two, 1).await;
    contend(&one, &two, 2).await;
    run(&one, "begin; update c set n = n + 1 where id = 1").await;
    run(&two, "begin; update c set n = n + 1 where id = 2").await;
    let (first, second) = tokio::join!(
        one.batch_execute("update c set n = n + 1 where id = 2; commit"),
        two.batch_execute("update c set n = n + 1 where id = 1; commit"),
    );
    let committed = usize::from(first.is_ok()) + usize::from(second.is_ok());
    assert_eq!(committed, 1, "{first:?} {second:?}");
    let _ = one.batch_execute("rollback").await;
    let _ = two.batch_execute("rollback").await;
    assert_eq!(rows(&one, "select n from c order by id").await, ["1", "1"]);
}
