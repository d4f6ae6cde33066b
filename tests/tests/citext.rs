//! The type `citext`: equality, order, uniqueness and patterns without regard to case, and values kept as written.

use tests::connect::{connect, failure, rows};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

#[tokio::test]
async fn citext_ignores_case_where_the_extension_does() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "create extension if not exists citext").await;
    for (expression, expected) in [
        ("'A'::citext = 'a'", "true"),
        ("'A'::citext = 'a'::text", "false"),
        ("'É'::citext = 'é'", "true"),
        ("'a'::citext < 'B'", "true"),
        ("'Z'::citext > 'a'::citext", "true"),
        ("'abc'::citext like 'A%'", "true"),
        ("'abc'::citext ~ '^A'", "true"),
        ("'abc'::citext !~ 'B'", "false"),
        ("'abc'::citext ~~ 'A%'::text", "true"),
        ("lower('ABC'::citext)", "abc"),
        ("'Abc'::citext || 'D'", "AbcD"),
        ("replace('abcABC'::citext, 'B', 'x')", "axcAxC"),
        ("strpos('ABC'::citext, 'c')", "3"),
        ("split_part('aXbxc'::citext, 'x', 2)", "b"),
        ("regexp_replace('ABC'::citext, 'b', '-')", "A-C"),
        ("regexp_match('ABC'::citext, 'b')", "{B}"),
        ("translate('aAb'::citext, 'a', 'z')", "zzb"),
        ("'y '::character(3)::citext", "y"),
        ("true::citext", "true"),
        ("'Qrs'::citext::varchar(2)", "Qr"),
        ("citext_cmp('a', 'B')", "-1"),
        ("citext_hash('A') = citext_hash('a')", "true"),
        ("'a' = any (array['A', 'B']::citext[])", "true"),
        ("'{A,b}'::citext[] = '{a,B}'::citext[]", "true"),
        ("to_json('A'::citext)", "\"A\""),
        ("pg_typeof('a'::citext)", "citext"),
        ("(select count(distinct x) from (values ('a'::citext), ('A'), ('b')) v(x))", "2"),
    ] {
        let found = rows(&client, &format!("select ({expression})::text")).await;
        assert_eq!(found, [expected], "{expression}");
    }
}

#[tokio::test]
async fn an_index_over_citext_is_unique_and_found_without_regard_to_case_and_gives_back_what_was_written()
 {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "create table u (id int primary key, name citext unique)").await;
    run(&client, "insert into u values (1, 'Alice'), (2, 'bob'), (3, 'CAROL')").await;
    let refused = failure(&client, "insert into u values (4, 'ALICE')").await;
    assert_eq!(refused, "23505");
    assert_eq!(rows(&client, "select id from u where name = 'aLICE'").await, ["1"]);
    assert_eq!(rows(&client, "select name from u order by name").await, ["Alice", "bob", "CAROL"]);
    assert_eq!(
        rows(&client, "select name from u where name > 'ALICE' and name < 'carol'").await,
        ["bob"]
    );
    assert_eq!(rows(&client, "select max(name) from u").await, ["CAROL"]);
    run(&client, "insert into u values (9, 'BOB') on conflict (name) do update set id = 20").await;
    assert_eq!(rows(&client, "select id, name from u where name = 'Bob'").await, ["20|bob"]);
}
