//! Query processors are replaced every two seconds under load, and no client notices.
//!
//! Each client has what a session can have between transactions: prepared statements of the protocol and of SQL,
//! settings, a held connection. `RECYCLE_SECONDS` is how long it goes on (20 if it is not set).

#![allow(clippy::print_stdout, reason = "what a failing test prints is its report")]

use std::time::{Duration, Instant};

use tests::connect::{connect, rows, sqlstate};
use tests::server::starts;
use tests::{Options, Server};
use tokio_postgres::Client;

const CLIENTS: i32 = 12;

/// One client's life: returns how many transactions it made and how many of them conflicted.
async fn work(client: Client, number: i32, until: Instant) -> Result<(u64, u64), String> {
    let name = format!("client {number}");
    let failed = |what: &'static str| move |error| format!("{what}: {}", sqlstate(&error));
    client
        .batch_execute(&format!(
            "set application_name to '{name}';
             set statement_timeout to '{}s';
             prepare own (int) as select n from counter where id = $1",
            30 + number
        ))
        .await
        .map_err(failed("settings"))?;
    let add = "update counter set n = n + 1 where id = $1 returning n";
    let add = client.prepare(add).await.map_err(failed("prepare"))?;
    let read = client.prepare("select n from counter where id = $1").await;
    let read = read.map_err(failed("prepare"))?;
    let (mut made, mut conflicts, mut expected) = (0, 0, 0_i64);
    while Instant::now() < until {
        let in_block = made % 3 == 0;
        if in_block {
            client.batch_execute("begin").await.map_err(failed("begin"))?;
        }
        match client.query_one(&add, &[&number]).await {
            Ok(row) => {
                expected += 1;
                let n: i64 = row.get(0);
                if n != expected {
                    return Err(format!("{name}: counted {n}, expected {expected}"));
                }
            }
            Err(error) => return Err(failed("update")(error)),
        }
        if in_block {
            // All add to one row, so that there are conflicts; the own row is taken back with it.
            let shared = client.query_one(&add, &[&0]).await.map(drop);
            let end = match shared {
                Ok(()) => client.batch_execute("commit").await,
                Err(error) => Err(error),
            };
            match end {
                Ok(()) => {}
                Err(error) if sqlstate(&error) == "40001" => {
                    conflicts += 1;
                    expected -= 1;
                    client.batch_execute("rollback").await.map_err(failed("rollback"))?;
                }
                Err(error) => return Err(failed("commit")(error)),
            }
        }
        let n: i64 = client.query_one(&read, &[&number]).await.map_err(failed("select"))?.get(0);
        if n != expected {
            return Err(format!("{name}: read {n}, expected {expected}"));
        }
        made += 1;
        if made % 10 == 0 {
            let executed = rows(&client, &format!("execute own ({number})")).await;
            let kept = rows(&client, "show application_name").await;
            let timeout = rows(&client, "show statement_timeout").await;
            if executed != [expected.to_string()] || kept != [name.clone()] {
                return Err(format!("{name}: execute gave {executed:?}, the name is {kept:?}"));
            }
            let wanted = match (30 + number) % 60 {
                0 => "1min".to_owned(),
                _ => format!("{}s", 30 + number),
            };
            if timeout != [wanted] {
                return Err(format!("{name}: statement_timeout is {timeout:?}"));
            }
        }
    }
    Ok((made, conflicts))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_do_not_notice_that_query_processors_are_replaced() {
    let seconds = std::env::var("RECYCLE_SECONDS").map_or(20, |n| n.parse().expect("a number"));
    let mut server = Server::start(Options::default().with(&["--qp-max-age", "2s"]));
    let first = connect(&server).await;
    first
        .batch_execute("create table counter (id int primary key, n bigint not null)")
        .await
        .expect("a table");
    let values: Vec<String> = (0..=CLIENTS).map(|id| format!("({id}, 0)")).collect();
    let sql = format!("insert into counter values {}", values.join(", "));
    first.batch_execute(&sql).await.expect("rows");
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut clients = Vec::new();
    for number in 1..=CLIENTS {
        let client = connect(&server).await;
        clients.push(tokio::spawn(work(client, number, until)));
    }
    let mut failures = Vec::new();
    let (mut made, mut conflicts) = (0, 0);
    for client in clients {
        match client.await.expect("a client does not panic") {
            Ok((own, refused)) => {
                made += own;
                conflicts += refused;
            }
            Err(failure) => failures.push(failure),
        }
    }
    assert!(failures.is_empty(), "{} clients failed:\n{}", failures.len(), failures.join("\n"));
    println!("{made} transactions, {conflicts} conflicts");
    assert!(made > u64::from(CLIENTS.unsigned_abs()) * 10, "only {made} transactions");
    // The first session did nothing all the time and is handed over as well.
    assert_eq!(rows(&first, "select count(*) from counter").await, ["13"]);
    let recycled = starts(&server).expect("/metrics counts query processors") - 1.0;
    let least = (seconds / 6) as f64;
    assert!(recycled >= least, "{recycled} replacements in {seconds} s");
    assert!(server.is_running());
}
