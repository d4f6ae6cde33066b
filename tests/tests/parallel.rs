//! What several threads compute is what one computes.

use tests::connect::{connect, rows};
use tests::{Options, Server};

const SETUP: &str = "
    create table sold (id int primary key, kind int, name text, price numeric(12, 2), at date, flag boolean, big bigint);
    insert into sold select n, n % 7, 'name ' || n % 11, case when n % 13 = 0 then null else n * 0.37 end,
        date '2024-01-01' + n % 400, n % 3 = 0, case when n % 5 = 0 then null else 9000000000000000000 - n end
    from generate_series(1, 12000) as n;
    analyze sold";

const QUERIES: [&str; 9] = [
    "select count(*), count(price), sum(price), avg(price), min(price), max(price) from sold",
    "select kind, count(*), sum(price * (1 - 0.05)), avg(big), sum(big), sum(kind) from sold group by kind order by kind",
    "select name, min(name), max(at), bool_and(flag), bool_or(flag), any_value(name) from sold group by name order by name",
    "select kind, name, count(*) filter (where flag) from sold group by rollup (kind, name) order by 1, 2",
    "select id / 5, sum(id) from sold group by 1 order by 2 desc limit 50",
    "select at, count(distinct kind), string_agg(name, ',' order by id) from sold group by at order by at limit 20",
    "select kind, sum(price::float8), stddev(price) from sold group by kind order by kind",
    "select sum(id), avg(price) from sold where price > 4400",
    "select count(*), sum(price), max(name), bool_and(flag), avg(id) from sold where price < 0",
];

#[tokio::test]
async fn groups_of_several_threads_are_those_of_one() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    client.batch_execute(SETUP).await.expect("valid");
    for query in QUERIES {
        let mut answers = Vec::new();
        for workers in [0, 2, 8] {
            let setting = format!("set max_parallel_workers_per_gather = {workers}");
            client.batch_execute(&setting).await.expect("valid");
            let as_text = format!("select row_to_json(found)::text from ({query}) as found");
            answers.push(rows(&client, &as_text).await);
        }
        assert_eq!(answers[1], answers[0], "{query}");
        assert_eq!(answers[2], answers[0], "{query}");
    }
    let failing = "select sum(1 / (id - 11000)) from sold";
    let error = client.batch_execute(failing).await.expect_err("a division by zero");
    assert_eq!(error.code().map(|code| code.code()), Some("22012"));
}
