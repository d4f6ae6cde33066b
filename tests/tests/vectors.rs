//! The type `vector`: text and binary, distances, exact nearest neighbours, errors as pgvector words them.

use tests::connect::{connect, failure, rows};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

#[tokio::test]
async fn vectors_compute_as_pgvector_does() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "create extension if not exists vector").await;
    for (expression, expected) in [
        ("'[1,2,3]'::vector", "[1,2,3]"),
        ("'[1,2,3]'::vector + '[4,5,6]'", "[5,7,9]"),
        ("'[1,2,3]'::vector - '[4,5,6]'", "[-3,-3,-3]"),
        ("'[1,2,3]'::vector * '[4,5,6]'", "[4,10,18]"),
        ("'[1,2]'::vector || '[3]'", "[1,2,3]"),
        ("'[0,0]'::vector <-> '[3,4]'", "5"),
        ("'[1,2]'::vector <#> '[3,4]'", "-11"),
        ("'[1,0]'::vector <=> '[0,2]'", "1"),
        ("'[1,1]'::vector <=> '[1,1]'", "0"),
        ("'[0,0]'::vector <=> '[1,1]'", "NaN"),
        ("'[0,0]'::vector <+> '[3,-4]'", "7"),
        ("l2_distance('[0,0]', '[3,4]'::vector)", "5"),
        ("inner_product('[1,2]', '[3,4]'::vector)", "11"),
        ("vector_dims('[1,2,3]'::vector)", "3"),
        ("vector_norm('[3,4]'::vector)", "5"),
        ("l2_normalize('[3,4]'::vector)", "[0.6,0.8]"),
        ("subvector('[1,2,3,4,5]'::vector, 2, 3)", "[2,3,4]"),
        ("subvector('[1,2,3]'::vector, -1, 3)", "[1]"),
        ("binary_quantize('[1,0,-1,2]'::vector)", "1001"),
        ("array[1,2,3]::vector", "[1,2,3]"),
        ("array[1.5,2]::numeric[]::vector(2)", "[1.5,2]"),
        ("array[1,2]::double precision[]::vector", "[1,2]"),
        ("'[1,2]'::vector::real[]", "{1,2}"),
        ("'[1,2]'::vector < '[1,3]'", "t"),
        ("'[1,2]'::vector = '[1,2]'", "t"),
        ("'[1,2]'::vector(2)::text", "[1,2]"),
        ("'{\"[1]\",\"[2]\"}'::vector[]", "{[1],[2]}"),
        ("pg_typeof('[1]'::vector)", "vector"),
    ] {
        let found = rows(&client, &format!("select ({expression})::text")).await;
        let expected = if expected == "t" { "true" } else { expected };
        assert_eq!(found, [expected], "{expression}");
    }
    for (expression, code) in [
        ("'[1,2]'::vector <-> '[1]'", "22000"),
        ("'[1,2]'::vector(3)", "22000"),
        ("'[]'::vector", "22000"),
        ("'1'::vector", "22P02"),
        ("'[NaN]'::vector", "22000"),
        ("'[1e39]'::vector", "22003"),
        ("'[1]'::vector(0)", "22023"),
        ("'[1]'::vector(16001)", "22023"),
        ("array[1,null]::vector", "22004"),
        ("array[[1],[2]]::vector", "22000"),
        ("'[3e38]'::vector + '[3e38]'", "22003"),
        ("'[1e-30]'::vector * '[1e-30]'", "22003"),
        ("subvector('[1]'::vector, 2, 1)", "22000"),
    ] {
        assert_eq!(failure(&client, &format!("select {expression}")).await, code, "{expression}");
    }
}

#[tokio::test]
async fn the_nearest_rows_are_found_exactly() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "create table v (id int primary key, e vector(3)); create index on v (e)").await;
    run(&client, "insert into v select i, array[i % 10, i / 10, i % 7]::vector from generate_series(0, 199) i")
        .await;
    assert_eq!(failure(&client, "insert into v values (500, '[1,2]')").await, "22000");
    let nearest = "select id from v order by e <-> '[3,4,5]', id limit 4";
    let by_hand = "select id from v order by sqrt((id % 10 - 3)^2 + (id / 10 - 4)^2 + (id % 7 - 5)^2), id limit 4";
    assert_eq!(rows(&client, nearest).await, rows(&client, by_hand).await);
    run(
        &client,
        "delete from v where id in (select id from v order by e <-> '[3,4,5]', id limit 1)",
    )
    .await;
    assert_eq!(rows(&client, nearest).await.len(), 4);
    assert_eq!(
        rows(&client, "select avg(e)::text, sum(e)::text from v where id in (0, 11)").await,
        ["[0.5,0.5,2]|[1,1,4]"]
    );
    assert_eq!(rows(&client, "select id from v where e = '[1,1,4]'").await, ["11"]);
    assert_eq!(rows(&client, "select count(*), count(distinct e) from v").await, ["199|199"]);
    // Vectors travel in binary, too.
    let row = client
        .query_one(
            "select e::real[], $1::real[]::vector::text from v where id = 11",
            &[&vec![1.5_f32, 2.0]],
        )
        .await
        .expect("a row");
    assert_eq!(row.get::<_, Vec<f32>>(0), [1.0, 1.0, 4.0]);
    assert_eq!(row.get::<_, String>(1), "[1.5,2]");
    assert_eq!(rows(&client, "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'v'::regclass and attname = 'e'").await, ["vector(3)"]);
    for method in ["hnsw (e vector_l2_ops)", "ivfflat (e vector_l2_ops)"] {
        assert_eq!(failure(&client, &format!("create index on v using {method}")).await, "0A000");
    }
}
