//! What pg_dump asks of the catalog and writes. The whole of it, with pg_dump itself, is the part `orms` of `tests/run`.

use std::io::Cursor;

use tests::connect::{connect, rows};
use tests::{Options, Server};

#[tokio::test]
async fn a_sequence_read_as_a_table_shows_what_setval_left() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    let shown = "select last_value, is_called from s";
    client.batch_execute("create sequence s start with 3").await.expect("a sequence");
    assert_eq!(rows(&client, shown).await, ["3|f"]);
    for (change, expected) in [
        ("select nextval('s')", "3|t"),
        ("select setval('s', 7, false)", "7|f"),
        ("select nextval('s')", "7|t"),
        ("select setval('s', 9)", "9|t"),
    ] {
        client.batch_execute(change).await.expect(change);
        assert_eq!(rows(&client, shown).await, [expected], "after {change}");
    }
    assert_eq!(rows(&client, "select t.* from s as t").await, ["9|0|t"]);
}

#[tokio::test]
async fn nothing_of_the_systems_own_looks_like_a_users() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    let granted = "select count(*) from pg_class c left join pg_init_privs p
         on p.objoid = c.oid and p.classoid = 'pg_class'::regclass and p.objsubid = 0
         where c.relacl is distinct from p.initprivs";
    assert_eq!(rows(&client, granted).await, ["0"]);
    let unowned =
        "select count(*) from pg_class c where relnamespace = 'sys'::regnamespace and not exists
         (select from pg_depend d join pg_extension e on e.oid = d.refobjid
          where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')";
    assert_eq!(rows(&client, unowned).await, ["0"]);
    let languages = "select count(*) from pg_proc p left join pg_language l on l.oid = p.prolang where l.oid is null";
    client
        .batch_execute("create function f() returns int language plpgsql as 'begin return 1; end'")
        .await
        .expect("a function");
    assert_eq!(rows(&client, languages).await, ["0"]);
}

#[tokio::test]
async fn defaults_depend_on_the_sequences_they_name() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    client
        .batch_execute(
            "create sequence \"odd name\"; create table t (a int default nextval('\"odd name\"'))",
        )
        .await
        .expect("a table");
    let named =
        "select d.refobjid::regclass::text from pg_depend d join pg_attrdef a on a.oid = d.objid
         where d.classid = 'pg_attrdef'::regclass and d.deptype = 'n'";
    assert_eq!(rows(&client, named).await, ["\"odd name\""]);
}

#[tokio::test]
async fn bytes_of_names_and_rows_without_columns_are_read() {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    let bytes = "select n[0], n[1], n[2] = '', n[64] is null from (values ('ab'::name)) v (n)";
    assert_eq!(rows(&client, bytes).await, ["a|b|t|t"]);
    client.batch_execute("create table empty ()").await.expect("a table");
    let sink = client.copy_in::<_, Cursor<&[u8]>>("copy empty from stdin").await.expect("a copy");
    let mut sink = std::pin::pin!(sink);
    futures::SinkExt::send(&mut sink, Cursor::new(&b"\n\n"[..])).await.expect("rows");
    assert_eq!(sink.finish().await.expect("the copy's end"), 2);
    assert_eq!(rows(&client, "select count(*) from empty").await, ["2"]);
}
