//! Functions, procedures and DO: whose rights they have, how they end, what of them stays.
//!
//! What their statements answer is compared with PostgreSQL by the corpus in `tests/differential/corpus/programs`.

use std::io::Cursor;
use std::time::{Duration, Instant};

use tests::connect::{config, connect, connect_as, failure, rows};
use tests::{Options, Server};
use tokio_postgres::Client;

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

async fn start(setup: &str) -> (Server, Client) {
    let server = Server::start(Options::default());
    let client = connect(&server).await;
    run(&client, setup).await;
    (server, client)
}

#[tokio::test]
async fn a_function_is_called_with_execute_and_reads_with_its_callers_rights() {
    let (_server, client) = start(
        "create table secret (v int); insert into secret values (1), (2);
         create role reader;
         create function open_count() returns bigint language sql security definer as 'select count(*) from secret';
         create function plain_count() returns bigint language sql as 'select count(*) from secret';
         create function whoami() returns text language plpgsql security definer
             as $$ begin return current_user || ' for ' || session_user; end $$;
         create procedure fill() language sql security definer as 'insert into secret values (3)';
         create view shown as select open_count() as n;
         grant select on shown to reader;
         grant all on schema public to reader",
    )
    .await;
    run(&client, "set role reader").await;
    assert_eq!(rows(&client, "select open_count()").await, ["2"]);
    assert_eq!(failure(&client, "select plain_count()").await, "42501");
    assert_eq!(rows(&client, "select whoami() = 'admin for admin'").await, ["t"]);
    run(&client, "call fill()").await;
    run(&client, "reset role; revoke execute on function open_count() from public").await;
    run(&client, "revoke execute on procedure fill() from public; set role reader").await;
    for refused in [
        "select open_count()",
        "select open_count() from secret where false",
        "select * from open_count()",
        "select n from shown",
        "explain select open_count()",
        "call fill()",
        "do $$ begin perform open_count(); end $$",
        "create view mine as select open_count(); select * from mine",
        "create table mine2 (a bigint default open_count()); insert into mine2 default values",
        "create table mine3 (a bigint check (open_count() > a)); insert into mine3 values (1)",
        "create or replace function open_count() returns bigint language sql as 'select 0::bigint'",
        "drop function open_count()",
        "alter function open_count() security invoker",
        "grant execute on function open_count() to reader",
    ] {
        assert_eq!(failure(&client, refused).await, "42501", "{refused}");
    }
    run(&client, "reset role; grant execute on function open_count() to reader; set role reader")
        .await;
    assert_eq!(rows(&client, "select open_count()").await, ["3"]);
}

#[tokio::test]
async fn a_settings_clause_holds_inside_of_the_function_only() {
    let (_server, client) = start(
        "create schema trap; create table trap.t (v text); insert into trap.t values ('trap');
         create table public.t (v text); insert into public.t values ('public');
         create function safe() returns text language plpgsql security definer set search_path = public
             as $$ begin return (select v from t); end $$;
         create function fails() returns text language plpgsql set search_path = trap
             as $$ begin raise exception 'no'; end $$;
         set search_path = trap, public",
    )
    .await;
    assert_eq!(rows(&client, "select safe()").await, ["public"]);
    assert_eq!(failure(&client, "select fails()").await, "P0001");
    assert_eq!(rows(&client, "show search_path").await, ["trap, public"]);
    assert_eq!(rows(&client, "select v from t").await, ["trap"]);
}

#[tokio::test]
async fn an_endless_loop_ends_by_timeout_or_cancel_whatever_it_catches() {
    let (server, client) = start(
        "create function forever() returns void language plpgsql
             as $$ begin loop begin perform 1; exception when others then null; end; end loop; end $$",
    )
    .await;
    for endless in ["select forever()", "do $$ begin loop null; end loop; end $$"] {
        let began = Instant::now();
        run(&client, "set statement_timeout = '300ms'").await;
        assert_eq!(failure(&client, endless).await, "57014", "{endless}");
        assert!(began.elapsed() < Duration::from_secs(10), "{endless}: {:?}", began.elapsed());
        run(&client, "set statement_timeout = 0").await;
    }
    let process = rows(&client, "select pg_backend_pid()").await.remove(0);
    let other = connect_as(&server, &config(&server)).await.expect("connected");
    let canceller = async {
        // The statement is under way once pg_stat_activity shows it.
        loop {
            let active = format!(
                "select count(*) from pg_stat_activity where pid = {process} and state = 'active'"
            );
            if rows(&other, &active).await == ["1"] {
                break;
            }
        }
        rows(&other, &format!("select pg_cancel_backend({process})")).await
    };
    let (ended, cancelled) = tokio::join!(failure(&client, "select forever()"), canceller);
    assert_eq!((ended.as_str(), cancelled), ("57014", vec!["t".to_owned()]));
    assert_eq!(rows(&client, "select 1").await, ["1"], "the session goes on");
}

#[tokio::test]
async fn recursion_is_bounded_and_deep_enough() {
    let (_server, client) = start(
        "create function down(n int) returns int language plpgsql
             as $$ begin if n = 0 then return 0; end if; return 1 + down(n - 1); end $$;
         create function sql_down(n int) returns int language sql
             as 'select case when n = 0 then 0 else 1 + sql_down(n - 1) end'",
    )
    .await;
    assert_eq!(rows(&client, "select down(200), sql_down(100)").await, ["200|100"]);
    for deep in ["select down(100000)", "select sql_down(100000)"] {
        assert_eq!(failure(&client, deep).await, "54001", "{deep}");
    }
    assert_eq!(rows(&client, "select down(3)").await, ["3"], "the session goes on");
}

#[tokio::test]
async fn a_procedure_ends_transactions_only_where_no_client_began_one() {
    let (_server, client) = start(
        "create table log (n int primary key);
         create procedure every_second() language plpgsql as $$ begin
             for i in 1..6 loop
                 insert into log values (i);
                 if i % 2 = 0 then commit; else rollback; end if;
             end loop; end $$;
         create function commits() returns void language plpgsql as $$ begin commit; end $$;
         create procedure outer_one() language plpgsql as $$ begin call every_second(); end $$",
    )
    .await;
    run(&client, "call every_second()").await;
    assert_eq!(rows(&client, "select n from log order by n").await, ["2", "4", "6"]);
    run(&client, "delete from log").await;
    run(&client, "call outer_one()").await;
    assert_eq!(rows(&client, "select count(*) from log").await, ["3"]);
    run(&client, "delete from log").await;
    run(&client, "begin").await;
    assert_eq!(failure(&client, "call every_second()").await, "2D000");
    run(&client, "rollback").await;
    assert_eq!(failure(&client, "select commits()").await, "2D000");
    let failing = "do $$ begin insert into log values (10); commit; insert into log values (11); perform 1 / 0; end $$";
    assert_eq!(failure(&client, failing).await, "22012");
    assert_eq!(rows(&client, "select n from log").await, ["10"], "what was committed stays");
    let rows = client.query("call every_second()", &[]).await.expect("the extended protocol");
    assert!(rows.is_empty());
}

#[tokio::test]
async fn definitions_of_a_function_go_with_its_exception_and_its_transaction() {
    let (_server, client) = start("create table kept (a int); insert into kept values (1)").await;
    run(
        &client,
        "do $$ begin
             create table made (a int); insert into made values (1);
             begin
                 drop table kept; create table never (a int); alter table made add column b int;
                 raise exception 'back';
             exception when others then null; end;
             insert into made values (2);
         end $$",
    )
    .await;
    assert_eq!(rows(&client, "select * from made order by 1").await, ["1", "2"]);
    assert_eq!(rows(&client, "select * from kept").await, ["1"], "its rows are no garbage");
    assert_eq!(failure(&client, "select * from never").await, "42P01");
    run(&client, "begin; do $$ begin drop table kept; end $$; rollback").await;
    assert_eq!(rows(&client, "select * from kept").await, ["1"]);
    let failing = "do $$ begin create table half (a int); perform 1 / 0; end $$";
    assert_eq!(failure(&client, failing).await, "22012");
    assert_eq!(failure(&client, "select * from half").await, "42P01");
}

#[tokio::test]
async fn a_read_only_transaction_stays_so_inside_of_functions() {
    let (_server, client) = start(
        "create table t (a int);
         create function writes() returns void language sql as 'insert into t values (1)';
         create function defines() returns void language plpgsql
             as $$ begin create table u (a int); end $$;
         create function stable_writes() returns void stable language plpgsql
             as $$ begin insert into t values (1); end $$",
    )
    .await;
    assert_eq!(failure(&client, "select stable_writes()").await, "0A000");
    for refused in ["select writes()", "select defines()", "call nothing()"] {
        run(&client, "begin read only").await;
        let expected = if refused.starts_with("call") { "42883" } else { "25006" };
        assert_eq!(failure(&client, refused).await, expected, "{refused}");
        run(&client, "rollback").await;
    }
    assert_eq!(rows(&client, "select count(*) from t").await, ["0"]);
}

#[tokio::test]
async fn what_uses_a_function_keeps_it() {
    let (_server, client) = start(
        "create table t (a int primary key);
         create function twice(x int) returns int immutable language sql as 'select x * 2';
         create view doubled as select twice(a) as b from t;
         create table u (a int default twice(4), b int check (twice(b) < 10));
         create index on t (twice(a));
         create type pair as (x int, y int);
         create function make() returns pair language sql as 'select 1, 2'",
    )
    .await;
    for refused in ["drop function twice(int)", "drop type pair", "drop function twice"] {
        assert_eq!(failure(&client, refused).await, "2BP01", "{refused}");
    }
    run(&client, "alter function twice(int) rename to double").await;
    run(&client, "insert into t values (1), (2); insert into u(b) values (1)").await;
    assert_eq!(rows(&client, "select b from doubled order by b").await, ["2", "4"]);
    assert_eq!(rows(&client, "select a from u").await, ["8"]);
    assert_eq!(rows(&client, "select a from t where double(a) = 4").await, ["2"]);
    run(&client, "drop function double(int) cascade; drop type pair cascade").await;
    assert_eq!(failure(&client, "select * from doubled").await, "42P01");
    assert_eq!(failure(&client, "select make()").await, "42883");
    run(&client, "insert into u(b) values (100)").await;
    assert_eq!(rows(&client, "select a is null from u where b = 100").await, ["t"]);
}

#[tokio::test]
async fn prepared_calls_take_parameters_and_see_the_function_of_now() {
    let (_server, client) = start(
        "create function add(a int, b int default 10) returns int language sql as 'select a + b';
         create procedure add_both(a int, inout b int, out c text) language plpgsql
             as $$ begin b := a + b; c := 'sum ' || b; end $$",
    )
    .await;
    let add = client.prepare("select add($1)").await.expect("prepared");
    let value: i32 = client.query_one(&add, &[&1]).await.expect("called").get(0);
    assert_eq!(value, 11);
    run(&client, "create or replace function add(a int, b int default 10) returns int language sql as 'select a * b'")
        .await;
    let value: i32 = client.query_one(&add, &[&7]).await.expect("called").get(0);
    assert_eq!(value, 70);
    let row = client.query_one("call add_both($1, $2, null)", &[&2, &3]).await.expect("called");
    assert_eq!((row.get::<_, i32>("b"), row.get::<_, &str>("c")), (5, "sum 5"));
    run(&client, "drop function add(int, int)").await;
    assert!(client.query_one(&add, &[&7]).await.is_err());
}

const AUDITED: &str = "create table t (id int primary key, v text, n int default 0);
    create table log (k serial primary key, line text);
    create function note() returns trigger language plpgsql as $$ begin
        insert into log(line) values (concat_ws(' ', tg_when, tg_level, tg_op, old.id, new.id));
        if tg_level = 'ROW' and tg_when = 'BEFORE' and tg_op <> 'DELETE' then new.v := upper(new.v); end if;
        return coalesce(new, old); end $$;
    create trigger a before insert or update or delete on t for each statement execute function note();
    create trigger b before insert or update or delete on t for each row execute function note();
    create trigger c after insert or update or delete on t for each row execute function note();
    create trigger d after insert or update or delete on t for each statement execute function note()";

#[tokio::test]
async fn triggers_fire_around_every_kind_of_change() {
    let (_server, client) = start(AUDITED).await;
    run(&client, "insert into t values (1, 'one'), (2, 'two')").await;
    run(&client, "update t set v = 'uno' where id = 1").await;
    run(&client, "delete from t where id = 2").await;
    let fired = [
        "BEFORE STATEMENT INSERT",
        "BEFORE ROW INSERT 1",
        "BEFORE ROW INSERT 2",
        "AFTER ROW INSERT 1",
        "AFTER ROW INSERT 2",
        "AFTER STATEMENT INSERT",
        "BEFORE STATEMENT UPDATE",
        "BEFORE ROW UPDATE 1 1",
        "AFTER ROW UPDATE 1 1",
        "AFTER STATEMENT UPDATE",
        "BEFORE STATEMENT DELETE",
        "BEFORE ROW DELETE 2",
        "AFTER ROW DELETE 2",
        "AFTER STATEMENT DELETE",
    ];
    assert_eq!(rows(&client, "select line from log order by k").await, fired);
    assert_eq!(rows(&client, "select id, v from t").await, ["1|UNO"]);
    // Prepared point statements take the short way only where nothing else happens.
    run(&client, "delete from log").await;
    let update = client.prepare("update t set v = $1 where id = $2").await.expect("prepared");
    client.execute(&update, &[&"due", &1]).await.expect("updated");
    assert_eq!(rows(&client, "select v from t").await, ["DUE"]);
    assert_eq!(rows(&client, "select count(*) from log").await, ["4"]);
    run(&client, "begin; update t set v = 'x'; rollback").await;
    assert_eq!(rows(&client, "select count(*) from log").await, ["4"]);
}

#[tokio::test]
async fn copy_and_cascades_fire_triggers_too() {
    let (_server, client) = start(AUDITED).await;
    run(
        &client,
        "create table child (id int primary key, t int references t on delete cascade);
         create trigger c after delete on child for each row execute function note()",
    )
    .await;
    let sink =
        client.copy_in::<_, Cursor<Vec<u8>>>("copy t (id, v) from stdin").await.expect("copy");
    futures::pin_mut!(sink);
    futures::SinkExt::send(
        &mut sink,
        Cursor::new(
            b"7	seven
"
            .to_vec(),
        ),
    )
    .await
    .expect("sent");
    sink.finish().await.expect("copied");
    assert_eq!(rows(&client, "select v from t").await, ["SEVEN"]);
    assert_eq!(rows(&client, "select count(*) from log").await, ["4"]);
    run(&client, "insert into child values (70, 7); delete from log").await;
    run(&client, "delete from t").await;
    let cascaded = rows(&client, "select line from log where line like '%70'").await;
    assert_eq!(cascaded, ["AFTER ROW DELETE 70"]);
}

#[tokio::test]
async fn a_trigger_that_fails_or_refuses_keeps_the_row_out() {
    let (_server, client) = start(
        "create table t (id int primary key);
         create function guard() returns trigger language plpgsql as $$ begin
             if new.id = 13 then raise exception 'unlucky' using errcode = '23514'; end if;
             if new.id < 0 then return null; end if;
             return new; end $$;
         create trigger g before insert or update on t for each row execute function guard()",
    )
    .await;
    run(&client, "insert into t values (1), (-1), (2)").await;
    assert_eq!(failure(&client, "insert into t values (3), (13)").await, "23514");
    assert_eq!(failure(&client, "update t set id = 13 where id = 1").await, "23514");
    assert_eq!(rows(&client, "select id from t order by id").await, ["1", "2"]);
    assert_eq!(failure(&client, "drop function guard()").await, "2BP01");
    run(&client, "alter table t disable trigger g").await;
    run(&client, "insert into t values (13)").await;
    run(&client, "drop function guard() cascade").await;
    run(&client, "insert into t values (-5)").await;
    let instead = "create trigger x instead of insert on t for each row execute function note()";
    assert_eq!(failure(&client, instead).await, "42809", "a table has rows of its own");
}

#[tokio::test]
async fn endless_triggers_end() {
    let (_server, client) = start(
        "create table t (id int);
         create function again() returns trigger language plpgsql
             as $$ begin insert into t values (new.id + 1); return null; end $$;
         create trigger a after insert on t for each row execute function again()",
    )
    .await;
    assert_eq!(failure(&client, "insert into t values (1)").await, "54001");
    assert_eq!(rows(&client, "select count(*) from t").await, ["0"]);
}
