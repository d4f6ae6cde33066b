//! Collations of ICU: expressions, columns, views and indexes; what is expected is what PostgreSQL with ICU answers.

use tests::connect::{connect, failure, rows};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

async fn words(client: &Client) {
    run(
        client,
        "create table words (id int primary key, d text collate \"de-x-icu\", \
         s text collate \"sv-x-icu\", p text);
         insert into words select i, w, w, w from unnest(array['Zebra','ähnlich','Apfel','zoo',\
         'o','ö','Ärger','apfel']) with ordinality u (w, i);
         create index on words (d);
         create unique index on words (s)",
    )
    .await;
}

#[tokio::test]
async fn columns_and_expressions_order_as_their_language_after_a_restart_too() {
    let mut server = Server::start(Options::default());
    let client = connect(&server).await;
    words(&client).await;
    run(&client, "create view shown as select p collate \"sv-x-icu\" as q from words").await;
    run(&client, "create table copied as select d from words").await;
    drop(client);
    server.kill();
    server.restart();
    let client = connect(&server).await;
    let german = "ähnlich,apfel,Apfel,Ärger,o,ö,Zebra,zoo";
    let swedish = "apfel,Apfel,o,Zebra,zoo,ähnlich,Ärger,ö";
    for (query, expected) in [
        ("select d from words order by d", german),
        ("select p from words order by p collate \"de-x-icu\"", german),
        ("select s from words order by s", swedish),
        ("select q from shown order by q", swedish),
        ("select d from copied order by 1", german),
        ("select distinct d from words order by d", german),
        ("select d from words group by d order by d", german),
        ("select x from (select d as x from words) q order by x", german),
        ("select d from words order by d collate \"C\"", "Apfel,Zebra,apfel,o,zoo,Ärger,ähnlich,ö"),
        ("select d from words where d < 'b' order by d desc", "Ärger,Apfel,apfel,ähnlich"),
        ("select d from words where d between 'n' and 'p' order by d", "o,ö"),
        ("select d from words where (d, id) > ('ö', 0) order by d", "ö,Zebra,zoo"),
        ("select d from words where d = 'ö'", "ö"),
        ("select d from words order by d fetch first 2 rows with ties", "ähnlich,apfel"),
        ("select max(d) || min(d) || max(s) || min(s) from words", "zooähnlichöapfel"),
        ("select greatest(d, 'b') from words where id in (1, 7) order by 1", "b,Zebra"),
        ("select d from (select d, rank() over (order by d) r from words) q where r = 4", "Ärger"),
        (
            "select max(d) over (order by id) from words where id < 4 order by id",
            "Zebra,Zebra,Zebra",
        ),
        (
            "select array_to_string(array_agg(p order by p collate \"sv-x-icu\"), ',') from words",
            swedish,
        ),
        ("select upper('iıß' collate \"tr-x-icu\")", "İISS"),
        (
            "select collation for (d) || collation for (d collate \"C\") from words limit 1",
            "\"de-x-icu\"\"C\"",
        ),
        ("select min(lower(d)) from words", "ähnlich"),
    ] {
        assert_eq!(rows(&client, query).await.join(","), expected, "{query}");
    }
}

#[tokio::test]
async fn what_has_no_one_collation_is_refused_and_indexes_stay_those_of_bytes() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    words(&client).await;
    for (query, code) in [
        ("select 'a' < 'b' collate \"xx-x-icu\"", "42704"),
        ("select 1 collate \"de-x-icu\"", "42804"),
        ("select * from words where d < s", "42P22"),
        ("select * from words where d = s", "42P22"),
        ("select upper(d || s) from words", "42P22"),
        ("select id from words order by d || s", "42P21"),
        ("select d from words union select s from words", "42P21"),
        ("select d collate \"sv-x-icu\" < s collate \"C\" from words", "42P21"),
        ("select * from words where d > any (array['a'])", "0A000"),
        ("select * from words order by array[d]", "0A000"),
        ("select percentile_disc(0.5) within group (order by d) from words", "0A000"),
        ("create collation mine (provider = icu, locale = 'de')", "0A000"),
        ("create table lost as select d || 'x' as x from words", "0A000"),
        ("insert into words values (100, 'x', 'o')", "23505"),
    ] {
        assert_eq!(failure(&client, query).await, code, "{query}");
    }
    let plan = rows(&client, "explain select id from words where d < 'b'").await.join("\n");
    assert!(!plan.contains("words_d_idx"), "{plan}");
    run(&client, "alter table words add check (d collate \"C\" < 'ÿ' and d < 'zzz')").await;
    assert_eq!(failure(&client, "insert into words (id, d) values (101, 'ﻻ')").await, "23514");
    let bytes = "select count(*) from words where d collate \"C\" = 'o' and s collate \"C\" < 'p'";
    assert_eq!(rows(&client, bytes).await, ["1"]);
}
