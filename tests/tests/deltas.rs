//! Counters (`WITH (merge = delta)`): additions do not conflict, their sum is exact, and whatever looks at a counter does
//! conflict.
//!
//! Checks: I1 for additions, D1 for their sum.

use futures::future::join_all;
use tests::connect::{connect, failure, rows, sqlstate};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

async fn start() -> (Server, Client, Client) {
    let server = Server::start(Options::default());
    let (one, two) = (connect(&server).await, connect(&server).await);
    run(
        &one,
        "create table c (id int primary key, n bigint not null default 0 with (merge = delta), \
         m bigint with (merge = delta), name text);
         insert into c select id, 0, 0, 'one' from generate_series(1, 100) id;
         update c set name = 'two' where id = 2",
    )
    .await;
    (server, one, two)
}

/// Statements about row 1, about another row: keys that were contended once are avoided.
fn about(row: usize, sql: &str) -> String {
    sql.replace("id = 1", &format!("id = {row}"))
}

/// Both transactions write, the first commits, then the second. What the second is told.
async fn race(one: &Client, two: &Client, first: &str, second: &str) -> Result<(), String> {
    run(one, "begin").await;
    run(two, "begin").await;
    run(one, first).await;
    run(two, second).await;
    run(one, "commit").await;
    let result = two.batch_execute("commit").await;
    // Contended keys are a matter of other tests: here nobody shall wait for a turn.
    result.map_err(|error| sqlstate(&error))
}

const ADD: &str = "update c set n = n + 1 where id = 1";

#[tokio::test]
async fn additions_do_not_conflict_and_nothing_is_lost() {
    const CLIENTS: i64 = 16;
    const EACH: i64 = 25;
    let (server, one, _) = start().await;
    let tasks = (0..CLIENTS).map(|number| {
        let server = &server;
        async move {
            let client = connect(server).await;
            for _ in 0..EACH {
                run(&client, "begin; update c set n = n + 3 where id = 1").await;
                run(&client, "update c set m = m - 1, n = n - 1 where id = 1").await;
                if number % 2 == 0 {
                    run(&client, "update c set n = 5::smallint + n where id <= 2").await;
                }
                run(&client, "commit").await;
            }
        }
    });
    join_all(tasks).await;
    let sum = CLIENTS * EACH * 2 + CLIENTS / 2 * EACH * 5;
    let expected = [format!("{sum}|{}", -CLIENTS * EACH)];
    assert_eq!(rows(&one, "select n, m from c where id = 1").await, expected);
    let expected = [(CLIENTS / 2 * EACH * 5).to_string()];
    assert_eq!(rows(&one, "select n from c where id = 2").await, expected);
}

#[tokio::test]
async fn a_transaction_sees_its_own_additions_on_its_snapshot() {
    let (_server, one, two) = start().await;
    run(&one, "begin").await;
    run(&one, ADD).await;
    run(&two, "update c set n = n + 40 where id = 1").await;
    run(&one, ADD).await;
    assert_eq!(rows(&one, "select n from c where id = 1").await, ["2"]);
    run(&one, "savepoint s; update c set n = n + 1000 where id = 1; rollback to s").await;
    run(&one, "commit").await;
    assert_eq!(rows(&one, "select n, m, name from c where id = 1").await, ["42|0|one"]);
}

#[tokio::test]
async fn whole_writes_and_additions_conflict() {
    let (_server, one, two) = start().await;
    let mut row = 10;
    for whole in [
        "update c set n = 7 where id = 1",
        "update c set name = 'other' where id = 1",
        "delete from c where id = 1",
        "update c set id = 300 where id = 1",
        "update c set n = n * 2 where id = 1",
        "update c set n = n + m where id = 1",
        "update c set n = n + 1 where n < 10 and name = 'one' and id = 1",
        "update c set n = n + 1 where id = 1 and n < 10",
        "update c set n = n + 1 where id = 1 returning n",
        "update c set n = n + 1, name = 'x' where id = 1",
        "update c set n = m + 1 where id = 1",
        "update c set n = 1 - n where id = 1",
        "update c set n = n + (select max(m) from c) where id = 1",
        "update c set n = n + 5000000000 where id = 1",
        "select * from c where id = 1 for update",
        "update c set n = n + 1 where id = 1; update c set name = 'x' where id = 1",
    ] {
        let lost = Err("40001".to_owned());
        row += 1;
        let (add, other) = (about(row, ADD), about(row, whole));
        assert_eq!(race(&one, &two, &add, &other).await, lost, "addition, then {whole}");
        if !whole.starts_with("select") {
            row += 1;
            let (add, other) = (about(row, ADD), about(row, whole));
            assert_eq!(race(&one, &two, &other, &add).await, lost, "{whole}, then addition");
            run(&one, "delete from c where id = 300").await;
        }
    }
}

#[tokio::test]
async fn what_does_not_look_at_counters_does_not_conflict() {
    let (_server, one, two) = start().await;
    for other in [
        "update c set n = n - 2 where id = 1",
        "update c set m = m + 1, n = n + 1 where name = 'one'",
        "update c set n = n + length(name) where id = 1 returning id, name",
        "update c set n = c.n + o.id from c o where c.id = 1 and o.id = 2",
        "select * from c where id = 1 for key share",
        "select n from c where id = 1",
    ] {
        assert_eq!(race(&one, &two, ADD, other).await, Ok(()), "{other}");
    }
    assert_eq!(rows(&one, "select n, m from c where id = 1").await, ["10|1"]);
}

#[tokio::test]
async fn serializable_transactions_conflict() {
    let (_server, one, two) = start().await;
    run(&two, "set default_transaction_isolation = 'serializable'").await;
    assert_eq!(race(&one, &two, ADD, ADD).await, Err("40001".to_owned()));
    assert_eq!(rows(&one, "select n from c where id = 1").await, ["1"]);
}

#[tokio::test]
async fn triggers_checks_and_indexes_on_counters_make_updates_ordinary() {
    let (_server, one, two) = start().await;
    run(&one, "create function f() returns trigger language plpgsql as 'begin return new; end'")
        .await;
    for (number, object) in [
        "alter table c add check (n >= 0)",
        "create index on c (n)",
        "create index on c (id) include (n)",
        "create index on c (name) where n > 0",
        "alter table c add column twice bigint generated always as (n * 2) stored",
        "create trigger t before update on c for each row execute function f()",
    ]
    .into_iter()
    .enumerate()
    {
        let table = |sql: &str| {
            sql.replace(" c ", &format!(" c{number} ")).replace(" c(", &format!(" c{number}("))
        };
        let columns = "(id int primary key, n bigint with (merge = delta), name text)";
        run(&one, &format!("create table c{number} {columns}")).await;
        run(&one, &table("insert into c values (1, 0, 'one')")).await;
        let add = table(ADD);
        assert_eq!(race(&one, &two, &add, &add).await, Ok(()), "before {object}");
        run(&one, &table(object)).await;
        assert_eq!(race(&one, &two, &add, &add).await, Err("40001".to_owned()), "{object}");
    }
}

#[tokio::test]
async fn counters_are_declared_changed_and_shown() {
    let (_server, one, two) = start().await;
    let options = "select attname, attoptions from pg_attribute where attrelid = 'c'::regclass \
                   and attoptions is not null order by attnum";
    assert_eq!(rows(&one, options).await, ["n|{merge=delta}", "m|{merge=delta}"]);
    run(&one, "alter table c alter column n reset (merge)").await;
    assert_eq!(race(&one, &two, ADD, ADD).await, Err("40001".to_owned()));
    run(&one, "alter table c alter column n set (merge = delta)").await;
    let add = about(3, ADD);
    assert_eq!(race(&one, &two, &add, &add).await, Ok(()));
    // A counter that rows did not have when they were written.
    run(&one, "alter table c add column late bigint default 100").await;
    run(&one, "alter table c alter column late set (merge = delta)").await;
    run(&one, "alter table c add column later bigint not null default 5 with (merge = delta)")
        .await;
    let late = "update c set late = late + 1, later = later - 1 where id = 2";
    assert_eq!(race(&one, &two, late, late).await, Ok(()));
    assert_eq!(
        rows(&one, "select late, later from c where id <= 2 order by id").await,
        ["100|5", "102|3"]
    );
    // NULL stays NULL.
    run(&one, "update c set m = null where id = 1; update c set m = m + 1 where id = 1").await;
    assert_eq!(rows(&one, "select m is null from c where id = 1").await, ["t"]);
    for (sql, wanted) in [
        ("create table d (n int with (merge = delta))", "42P16"),
        ("create table d (n bigint with (merge = last))", "22023"),
        ("create table d (n bigint with (color = 1))", "22023"),
        ("alter table c alter column name set (merge = delta)", "42P16"),
        ("alter table c alter column n type int", "42P16"),
    ] {
        assert_eq!(failure(&one, sql).await, wanted, "{sql}");
    }
}

#[tokio::test]
async fn sums_survive_a_crash() {
    let (mut server, one, two) = start().await;
    for client in [&one, &two] {
        run(client, "begin").await;
        run(client, ADD).await;
    }
    run(&one, "commit").await;
    run(&two, "commit").await;
    drop((one, two));
    server.kill();
    server.restart();
    let client = connect(&server).await;
    assert_eq!(rows(&client, "select n from c where id = 1").await, ["2"]);
    run(&client, ADD).await;
    assert_eq!(rows(&client, "select n from c where id = 1").await, ["3"]);
}
