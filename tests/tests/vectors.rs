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
}

/// 3,000 vectors in clusters, the same in every run, and some rows that have none.
const CLUSTERS: &str = "create table c (id int not null, kind int, e vector(6));
    insert into c select i, i % 10, array[(i % 37) * 3 + i * 7919 % 101 / 40.0, (i % 23) * 5 + i * 104729 % 97 / 30.0,
        (i % 11) * 9 + i * 31 % 89 / 25.0, i % 37, i % 23 - i % 11, 1 + i * 17 % 13 / 5.0]::vector
      from generate_series(1, 3000) i;
    insert into c values (5001, 77, null), (5002, 77, '[0,0,0,0,0,0]');";

/// How many of the ten nearest rows to some rows are found, in percent.
async fn recall(client: &Client, operator: &str) -> usize {
    let (mut found, mut wanted) = (0, 0);
    for query in (1..3000).step_by(150) {
        let of = format!("(select e from c where id = {query})");
        let vector = rows(client, &format!("select {of}::text")).await.remove(0);
        let nearest = format!("select id from c order by e {operator} '{vector}', id limit 10");
        let through = rows(client, &nearest).await;
        run(client, "set enable_indexscan = off").await;
        let exact = rows(client, &nearest).await;
        run(client, "reset enable_indexscan").await;
        assert_eq!(through.len(), 10);
        wanted += exact.len();
        found += exact.iter().filter(|row| through.contains(row)).count();
    }
    found * 100 / wanted
}

async fn uses(client: &Client, sql: &str, index: &str) -> bool {
    let plan = rows(client, &format!("explain {sql}")).await;
    plan.iter().any(|line| line.contains(&format!("Index Scan using {index} on c")))
}

#[tokio::test]
async fn indexes_find_near_rows_and_never_too_few() {
    let mut server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, CLUSTERS).await;
    run(&client, "create index flat on c using ivfflat (e) with (lists = 50); analyze c").await;
    let nearest = "select id from c order by e <-> '[9,9,9,9,9,9]' limit 10";
    assert!(uses(&client, nearest, "flat").await);
    let plan = rows(&client, &format!("explain {nearest}")).await.join("\n");
    assert!(plan.contains("Order By: (e <-> '[9,9,9,9,9,9]'::vector)"), "{plan}");
    // The more lists are read, the more of the nearest are found: with all of them, all.
    let one = recall(&client, "<->").await;
    run(&client, "set ivfflat.probes = 8").await;
    let eight = recall(&client, "<->").await;
    run(&client, "set ivfflat.probes = 50; set enable_seqscan = off").await;
    assert!(uses(&client, nearest, "flat").await);
    assert_eq!(recall(&client, "<->").await, 100);
    run(&client, "reset ivfflat.probes; reset enable_seqscan").await;
    assert!(one >= 40 && eight >= 90 && one <= eight, "{one} {eight}");
    // Rows that a filter leaves are found however few they are, those without a vector last.
    let few = "select id from c where kind = 77 order by e <-> '[1,1,1,1,1,1]' limit 5";
    run(&client, "set enable_seqscan = off").await;
    assert!(uses(&client, few, "flat").await);
    assert_eq!(rows(&client, few).await, ["5002", "5001"]);
    let far = "select id from c where id < 4 order by e <-> '[1,1,1,1,1,1]' offset 1 limit 5";
    assert_eq!(rows(&client, far).await.len(), 2);
    run(&client, "reset enable_seqscan").await;
    // A transaction sees what it has written, and others do not.
    run(&client, "begin; insert into c values (6000, 1, '[9,9,9,9,9,9]')").await;
    assert_eq!(rows(&client, nearest).await[0], "6000");
    run(&client, "update c set e = '[900,9,9,9,9,9]' where id = 6000").await;
    assert!(!rows(&client, nearest).await.contains(&"6000".to_owned()));
    run(&client, "rollback; insert into c values (6001, 1, '[9,9,9,9,9,9.5]')").await;
    assert_eq!(rows(&client, nearest).await[0], "6001");
    // Parameters, and nothing or another length in the place of a vector.
    let by_parameter = "select id from c order by e <-> $1::text::vector limit $2";
    let found = client.query(by_parameter, &[&"[9,9,9,9,9,9]", &1_i64]).await.expect("rows");
    assert_eq!(found[0].get::<_, i32>(0), 6001);
    let none: Option<&str> = None;
    assert_eq!(client.query(by_parameter, &[&none, &3_i64]).await.expect("rows").len(), 3);
    assert_eq!(failure(&client, "select id from c order by e <-> '[1]' limit 1").await, "22000");
    // The index is there after a restart, after its rows were written anew, and after it was built anew.
    server.kill();
    server.restart();
    let client = connect(&server).await;
    assert_eq!(rows(&client, nearest).await[0], "6001");
    run(&client, "alter table c alter column kind type bigint; analyze c").await;
    assert!(uses(&client, nearest, "flat").await);
    assert_eq!(rows(&client, nearest).await[0], "6001");
    run(&client, "reindex index flat; delete from c where id = 6001").await;
    assert!(!rows(&client, nearest).await.contains(&"6001".to_owned()));
    run(&client, "set ivfflat.probes = 8").await;
    assert!(recall(&client, "<->").await >= 90);
}

#[tokio::test]
async fn hnsw_indexes_serve_every_distance() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, CLUSTERS).await;
    for (class, operator) in [
        ("vector_l2_ops", "<->"),
        ("vector_cosine_ops", "<=>"),
        ("vector_ip_ops", "<#>"),
        ("vector_l1_ops", "<+>"),
    ] {
        run(&client, &format!("create index near on c using hnsw (e {class}); analyze c")).await;
        let nearest = format!("select id from c order by e {operator} '[9,9,9,9,9,9]' limit 10");
        assert!(uses(&client, &nearest, "near").await, "{class}");
        let usual = recall(&client, operator).await;
        run(&client, "set hnsw.ef_search = 400; set enable_seqscan = off").await;
        assert_eq!(recall(&client, operator).await, 100, "{class}");
        run(&client, "reset hnsw.ef_search; reset enable_seqscan; drop index near").await;
        assert!(usual >= 80, "{class} {usual}");
    }
    // Of some rows: used where the condition says so.
    run(&client, "create index part on c using hnsw (e vector_l2_ops) where kind = 3; analyze c")
        .await;
    let of_kind = |kind: i32| {
        format!("select id from c where kind = {kind} order by e <-> '[9,9,9,9,9,9]' limit 3")
    };
    run(&client, "set enable_seqscan = off").await;
    assert!(uses(&client, &of_kind(3), "part").await);
    assert!(!uses(&client, &of_kind(4), "part").await);
    assert_eq!(rows(&client, &of_kind(3)).await.len(), 3);
    // An index on a table without rows has one list.
    run(&client, "create table empty (e vector(2)); create index on empty using ivfflat (e)").await;
    run(&client, "insert into empty select array[i, i]::vector from generate_series(1, 50) i")
        .await;
    let first = rows(&client, "select e from empty order by e <-> '[7,7.1]' limit 2").await;
    assert_eq!(first, ["[7,7]", "[8,8]"]);
    for (sql, code) in [
        ("create index on c using hnsw (e)", "42704"),
        ("create index on c using hnsw (e vector_ops)", "42704"),
        ("create index on c using ivfflat (e vector_l1_ops)", "42704"),
        ("create index on c using ivfflat (kind)", "42704"),
        ("create index on c using ivfflat (kind vector_l2_ops)", "42804"),
        ("create index on c using ivfflat (e, kind)", "0A000"),
        ("create unique index on c using ivfflat (e)", "0A000"),
        ("create index on c using ivfflat (e) with (lists = 0)", "22023"),
        ("create index on c using ivfflat (e) with (list = 10)", "22023"),
        (
            "create index on c using hnsw (e vector_l2_ops) with (m = 40, ef_construction = 64)",
            "22023",
        ),
        ("create table t (e vector); create index on t using ivfflat (e)", "22023"),
        ("create table t (e vector(2001)); create index on t using ivfflat (e)", "54000"),
        ("set ivfflat.probes = 0", "22023"),
        ("set hnsw.ef_search = 1001", "22023"),
        ("reindex table nowhere", "42P01"),
        ("reindex index c", "42809"),
    ] {
        assert_eq!(failure(&client, sql).await, code, "{sql}");
    }
    let classes = "select amname, opcname, opcdefault from pg_opclass join pg_am on opcmethod = pg_am.oid \
                   where amname in ('ivfflat', 'hnsw') and opcname like '%l2%' order by 1";
    assert_eq!(rows(&client, classes).await, ["hnsw|vector_l2_ops|f", "ivfflat|vector_l2_ops|t"]);
}
