//! Inverted indexes (`USING gin`): what they find is what a scan of the table finds.

use tests::connect::{connect, failure, rows};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

/// Xorshift: the same numbers on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn array(&mut self) -> String {
        let elements: Vec<String> = (0..self.below(5))
            .map(|_| match self.below(20) {
                0 => "NULL".to_owned(),
                number => (number % 12).to_string(),
            })
            .collect();
        format!("'{{{}}}'", elements.join(","))
    }

    fn word(&mut self) -> &'static str {
        ["apple", "apply", "bee", "cedar", "delta", "the elm", "fig tree"][self.below(7) as usize]
    }

    fn words(&mut self) -> String {
        (0..self.below(5)).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn document(&mut self) -> String {
        let (word, number, flag) = (self.word(), self.below(6), self.below(2) == 0);
        match self.below(5) {
            0 => format!(r#"{{"k": {number}, "tags": ["{word}", {number}]}}"#),
            1 => format!(r#"{{"n": {{"k": {number}.0, "w": "{word}"}}, "f": {flag}}}"#),
            2 => format!(r#"["{word}", {{"k": {number}}}]"#),
            3 => format!(r#"{{"{word}": null, "k": "{word}"}}"#),
            _ => format!("{number}"),
        }
    }

    fn condition(&mut self) -> String {
        let number = self.below(6);
        let word = self.word();
        match self.below(16) {
            0 => format!("a @> {}", self.array()),
            1 => format!("a && {}", self.array()),
            2 => format!("a <@ {}", self.array()),
            3 => format!("a = {}", self.array()),
            4 => format!("'{{{number}}}' <@ a"),
            5 => format!("b @> '{}'", self.document()),
            6 => format!("b ? '{word}'"),
            7 => format!("b ?| '{{k,{word}}}'"),
            8 => "b ?& '{k,tags}'".to_owned(),
            9 => format!("b @? '$.n ? (@.k == {number} && @.w == \"{word}\")'"),
            10 => format!("b @@ '$.k == {number} || $[*] == \"{word}\"'"),
            11 => format!("to_tsvector('simple', t) @@ plainto_tsquery('simple', '{word}')"),
            12 => "to_tsvector('simple', t) @@ 'app:* & !bee'".to_owned(),
            13 => "to_tsvector('simple', t) @@ 'fig <-> tree | cedar'".to_owned(),
            14 => format!("t like '%{}%'", &word[1..]),
            _ => format!("t ilike '{}%'", word.to_uppercase()),
        }
    }
}

const INDEXES: &[&str] = &[
    "create index on g using gin (a)",
    "create index on g using gin (b)",
    "create index on g using gin (b jsonb_path_ops)",
    "create index on g using gin (to_tsvector('simple', t))",
    "create index on g using gin (t gin_trgm_ops)",
    "create index on g using gin (a, b)",
];

/// Counts through indexes and by reading the table are the same for so many random conditions.
async fn compare(client: &Client, dice: &mut Dice, conditions: usize) {
    let mut through_indexes = 0;
    for _ in 0..conditions {
        let condition = match dice.below(4) {
            0 => format!("{} and {}", dice.condition(), dice.condition()),
            1 => format!("{} or {}", dice.condition(), dice.condition()),
            2 => format!("{} and id % 2 = 0", dice.condition()),
            _ => dice.condition(),
        };
        let query = format!("select id from g where {condition} order by id");
        run(client, "set enable_seqscan = off; set enable_bitmapscan = on").await;
        let plan = rows(client, &format!("explain (costs off) {query}")).await.join("\n");
        through_indexes += usize::from(plan.contains("Bitmap Index Scan"));
        let found = rows(client, &query).await;
        run(client, "set enable_seqscan = on; set enable_bitmapscan = off").await;
        assert_eq!(found, rows(client, &query).await, "{condition}\n{plan}");
    }
    assert!(through_indexes * 2 > conditions, "{through_indexes} of {conditions}");
}

async fn insert(client: &Client, dice: &mut Dice, ids: std::ops::Range<u64>) {
    let rows: Vec<String> = ids
        .map(|id| {
            let (array, document, text) = (dice.array(), dice.document(), dice.words());
            format!("({id}, {array}, '{document}', '{text}')")
        })
        .collect();
    run(client, &format!("insert into g values {}", rows.join(", "))).await;
}

#[tokio::test]
async fn random_conditions_find_the_same_rows_through_indexes() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    let mut dice = Dice(0x5eed_0001);
    run(
        &client,
        "create extension if not exists pg_trgm;
         create table g (id int primary key, a int[], b jsonb, t text)",
    )
    .await;
    insert(&client, &mut dice, 0..300).await;
    // Half of the indexes are made over rows, half before them.
    for index in INDEXES {
        run(&client, index).await;
    }
    insert(&client, &mut dice, 300..500).await;
    compare(&client, &mut dice, 120).await;
    // Changes of all kinds, the primary key's included, and some in the transaction that looks.
    for id in (0..500).step_by(7) {
        let (array, document, text) = (dice.array(), dice.document(), dice.words());
        run(
            &client,
            &format!("update g set a = {array}, b = '{document}', t = '{text}' where id = {id}"),
        )
        .await;
    }
    run(&client, "delete from g where id % 11 = 3; update g set id = id + 1000 where id % 13 = 5")
        .await;
    run(&client, "insert into g values (1, '{1}', '{}', 'bee') on conflict (id) do update set a = '{1,2}', t = null")
        .await;
    compare(&client, &mut dice, 60).await;
    run(
        &client,
        "begin; update g set a = a || 3, b = null where id % 3 = 0; delete from g where id % 5 = 0",
    )
    .await;
    compare(&client, &mut dice, 40).await;
    run(&client, "rollback; alter table g alter column a type bigint[]; alter table g add column z int default 3")
        .await;
    compare(&client, &mut dice, 40).await;
    // Through the rows of an empty table and back.
    run(&client, "truncate g").await;
    assert!(rows(&client, "select id from g where a @> '{1}'").await.is_empty());
}

#[tokio::test]
async fn an_index_made_while_rows_are_written_misses_none() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "create table g (id int primary key, a int[], b jsonb, t text)").await;
    insert(&client, &mut Dice(0x5eed_0002), 0..200).await;
    let writers: Vec<_> = (0..3_u64)
        .map(|writer| {
            let client = connect(&server);
            async move {
                let client = client.await;
                let mut dice = Dice(0x5eed_0100 + writer);
                for id in 10_000 * (writer + 1)..10_000 * (writer + 1) + 60 {
                    let (array, own) = (dice.array(), dice.below(200));
                    // A transaction that meets the definition's change fails and is not counted on.
                    let _ = client
                        .batch_execute(&format!(
                            "insert into g values ({id}, {array}); update g set a = {array} where id = {own}"
                        ))
                        .await;
                }
            }
        })
        .collect();
    let building = async {
        for index in &INDEXES[..3] {
            // Who changes a definition may lose to a writer, and tries again.
            for _ in 0..1_000 {
                match client.batch_execute(index).await {
                    Ok(()) => break,
                    Err(error) => {
                        assert_eq!(
                            error.code().map(|code| code.code()),
                            Some("40001"),
                            "{error:?}"
                        );
                    }
                }
            }
        }
    };
    tokio::join!(futures::future::join_all(writers), building);
    assert_eq!(
        rows(&client, "select count(*) from pg_indexes where tablename = 'g'").await,
        ["4"],
        "one of the indexes could not be made"
    );
    compare_arrays(&client).await;
}

async fn compare_arrays(client: &Client) {
    for element in 0..12 {
        let query = format!("select id from g where a @> '{{{element}}}' order by id");
        run(client, "set enable_seqscan = off; set enable_bitmapscan = on").await;
        let found = rows(client, &query).await;
        run(client, "set enable_seqscan = on; set enable_bitmapscan = off").await;
        assert_eq!(found, rows(client, &query).await, "{element}");
    }
}

#[tokio::test]
async fn inverted_indexes_are_shown_and_refused_as_postgresql_does() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, "create table g (id int primary key, a int[], b jsonb, t text, v tsvector)").await;
    run(
        &client,
        "create index ga on g using gin (a); create index gb on g using gin (b jsonb_path_ops)",
    )
    .await;
    assert_eq!(
        rows(&client, "select pg_get_indexdef('gb'::regclass), pg_get_indexdef('ga'::regclass)")
            .await,
        [
            "CREATE INDEX gb ON public.g USING gin (b jsonb_path_ops)|CREATE INDEX ga ON public.g USING gin (a)"
        ]
    );
    let method = "select amname, opcname from pg_class c join pg_am on pg_am.oid = relam \
                  join pg_index on indexrelid = c.oid join pg_opclass o on o.oid = indclass[0] \
                  where relname in ('ga', 'gb') order by relname";
    assert_eq!(rows(&client, method).await, ["gin|array_ops", "gin|jsonb_path_ops"]);
    run(&client, "set enable_seqscan = off").await;
    assert_eq!(
        rows(&client, "explain (costs off) select id from g where a @> '{1}' and b @> '{\"k\":1}' and id > 3 or a && '{7}'")
            .await,
        [
            "Bitmap Heap Scan on g",
            "  Recheck Cond: (((a @> '{1}'::integer[]) AND (b @> '{\"k\": 1}'::jsonb)) OR (a && '{7}'::integer[]))",
            "  Filter: (((a @> '{1}'::integer[]) AND (b @> '{\"k\": 1}'::jsonb) AND (id > 3)) OR (a && '{7}'::integer[]))",
            "  ->  BitmapOr",
            "        ->  BitmapAnd",
            "              ->  Bitmap Index Scan on ga",
            "                    Index Cond: (a @> '{1}'::integer[])",
            "              ->  Bitmap Index Scan on gb",
            "                    Index Cond: (b @> '{\"k\": 1}'::jsonb)",
            "        ->  Bitmap Index Scan on ga",
            "              Index Cond: (a && '{7}'::integer[])",
        ]
    );
    assert_eq!(
        rows(
            &client,
            "explain (costs off) select * from g x join g y on x.id = y.id where y.a @> '{1}' limit 1"
        )
        .await
        .iter()
        .filter(|line| line.contains("Cond: (a"))
        .count(),
        2
    );
    // Through a parameter, an outer row, and for rows to be changed.
    run(&client, "insert into g select i, array[i, i % 3] from generate_series(10, 60) i").await;
    run(&client, "prepare q (int[]) as select count(*) from g where a @> $1").await;
    for (given, found) in [("'{1}'", "17"), ("'{12,0}'", "1"), ("null", "0"), ("'{}'", "51")] {
        assert_eq!(rows(&client, &format!("execute q ({given})")).await, [found], "{given}");
    }
    assert_eq!(
        rows(
            &client,
            "select x, n from generate_series(1, 2) x, \
             lateral (select count(*) n from g where a && array[x, x + 20]) s order by x"
        )
        .await,
        ["1|18", "2|18"]
    );
    run(&client, "update g set t = 'changed' where a @> '{30}'; delete from g where a @> '{31}'")
        .await;
    assert_eq!(
        rows(&client, "select id, t from g where a && '{30,31}' for update").await,
        ["30|changed"]
    );
    // Unused where it does not help.
    let plan = rows(&client, "explain (costs off) select id from g where a @> '{}'").await;
    assert!(!plan.concat().contains("Bitmap"), "{plan:?}");
    for (sql, code) in [
        ("create unique index on g using gin (a)", "0A000"),
        ("create index on g using gin (a) include (id)", "0A000"),
        ("create index on g using gin (a desc)", "0A000"),
        ("create index on g using gin (a nulls first)", "0A000"),
        ("create index on g using gin (id)", "42704"),
        ("create index on g using gin (t)", "42704"),
        ("create index on g using gin (a no_such_ops)", "42704"),
        ("create index on g using gin (a jsonb_ops)", "42804"),
        ("create index on g using gin (a) with (fillfactor = 70)", "22023"),
        ("create unique index on g using hash (id)", "0A000"),
        ("create index on g using hash (id, t)", "0A000"),
        ("create index on g using gist (id)", "0A000"),
        ("create index on g using nothing (id)", "42704"),
    ] {
        assert_eq!(failure(&client, sql).await, code, "{sql}");
    }
    run(&client, "create index gh on g using hash (t)").await;
    assert_eq!(
        rows(&client, "explain (costs off) select id from g where t = 'x'").await,
        ["Index Scan using gh on g", "  Index Cond: (t = 'x'::text)"]
    );
    let plan = rows(&client, "explain (costs off) select id from g where t > 'x' order by t").await;
    assert!(!plan.concat().contains("gh"), "{plan:?}");
}
