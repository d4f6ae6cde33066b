//! Privileges on columns hold on every way to a row, and objects begin with the privileges that their owner has set.

use tests::connect::{config, connect, connect_as, failure, rows};
use tests::{Options, Server};

/// What a role that may read `id` and `shown`, insert `id` and update `shown` may do, and what not.
const ALLOWED: &[&str] = &[
    "select id, shown from t",
    "select count(*) from t",
    "select shown from t where id = 1 order by shown",
    "select t.id from t join t other using (id)",
    "insert into t (id) values (7)",
    "insert into t (id) values (8) returning id, shown",
    "insert into t (id) values (1) on conflict (id) do nothing",
    "insert into t (id) values (1) on conflict (id) do update set shown = 'again'",
    "update t set shown = 'x' where id = 1",
    "update t set shown = shown || 'y' returning id",
    "insert into t values (9)",
    "insert into t (id) values (1) on conflict (id) do update set shown = excluded.shown",
    "merge into t using (values (1)) s (n) on t.id = s.n when matched then update set shown = 'x'",
    "merge into t using (values (9)) s (n) on t.id = s.n when not matched then insert (id) values (n)",
    "explain select shown from t",
    "select hidden from of_owner",
    "update of_all set shown = 'x'",
    "insert into of_all (id) values (9)",
    "insert into of_all (id) values (1) on conflict (id) do update set shown = 'x'",
    "create view own as select id, shown from t; update own set shown = 'x'",
    "select leak()",
    "with w as (select id from t) select * from w",
    "select (select max(shown) from t)",
];

const REFUSED: &[&str] = &[
    "select * from t",
    "select t from t",
    "select hidden from t",
    "select id from t where hidden = 'secret'",
    "select id from t order by hidden",
    "select count(hidden) from t",
    "select id from t group by id, hidden",
    "select row_number() over (order by hidden) from t",
    "select id from t where exists (select 1 from t inside where inside.hidden = t.shown)",
    "select a.id from t a join t b on a.hidden = b.hidden",
    "select to_jsonb(t) from t",
    "insert into t (id, hidden) values (9, 'x')",
    "insert into t values (9, 'x')",
    "insert into t (id) values (9) returning hidden",
    "select id from of_invoker",
    "create view own as select id, shown, hidden from t; update own set hidden = 'x'",
    "create view own as select id, shown, hidden from t; insert into own values (9, 'x')",
    "update of_all set hidden = 'x'",
    "insert into of_all (id, hidden) values (9, 'x')",
    "insert into of_all (id) values (1) on conflict (id) do update set hidden = 'x'",
    "merge into t using (values (9)) s (n) on t.id = s.n when not matched then insert values (n, 'x')",
    "insert into t (id) values (9) returning *",
    "insert into t (id) values (1) on conflict (id) do update set shown = excluded.hidden",
    "insert into t (id) values (1) on conflict (id) do update set hidden = 'x'",
    "insert into t (id) values (1) on conflict (id) do update set shown = t.hidden",
    "insert into t (id) values (1) on conflict (id) do update set shown = 'x' where t.hidden = 'x'",
    "update t set hidden = 'x'",
    "update t set shown = hidden",
    "update t set shown = 'x' where hidden = 'secret'",
    "update t set shown = 'x' returning hidden",
    "update t set shown = other.hidden from t other where other.id = t.id",
    "delete from t",
    "delete from t where id = 1",
    "copy t to stdout",
    "copy t (hidden) to stdout",
    "copy (select hidden from t) to stdout",
    "explain select hidden from t",
    "explain analyze update t set hidden = 'x'",
    "select hidden from of_invoker",
    "select leak_invoker()",
    "merge into t using (values (1)) s (n) on t.id = s.n when matched then update set hidden = 'x'",
    "merge into t using (values (1)) s (n) on t.hidden = 'x' when matched then update set shown = 'x'",
    "with w as (select hidden from t) select 1 from w",
    "with w as (update t set hidden = 'x' returning id) select * from w",
    "select (select max(hidden) from t)",
    "truncate t",
    "lock table t in exclusive mode",
    "create index on t (id)",
    "create table copied as select hidden from t",
    "prepare p as select hidden from t; execute p",
    "begin; declare c cursor for select hidden from t; fetch c",
    "do $$ begin perform hidden from t; end $$",
];

#[tokio::test]
async fn privileges_on_columns_hold_on_every_way_to_a_row() {
    let server = Server::start(Options::default());
    let admin = connect(&server).await;
    admin
        .batch_execute(
            "create table t (id int primary key, shown text, hidden text, check (hidden <> 'bad'));
             create index on t (hidden, id);
             insert into t values (1, 'one', 'secret'), (2, 'two', 'secret too');
             create role partial login;
             grant create on schema public to partial;
             grant select (id, shown), insert (id), update (shown) on t to partial;
             create view of_owner as select hidden from t;
             create view of_invoker with (security_invoker) as select id, hidden from t;
             create function leak() returns text language sql security definer
               as 'select max(hidden) from t';
             create function leak_invoker() returns text language sql
               as 'select max(hidden) from t';
             create view of_all as select id, shown, hidden from t;
             grant select on of_owner, of_invoker to partial;
             grant select (id, shown), insert (id), update (shown) on of_all to partial",
        )
        .await
        .expect("definitions");
    let settings = || {
        let mut settings = config(&server);
        settings.user("partial");
        settings
    };
    let mut wrong = Vec::new();
    for sql in ALLOWED {
        let client = connect_as(&server, &settings()).await.expect("may log in");
        if let Err(error) = client.batch_execute(&format!("begin; {sql}; rollback")).await {
            wrong.push(format!("{sql}: {error:?}"));
        }
    }
    for sql in REFUSED {
        let client = connect_as(&server, &settings()).await.expect("may log in");
        let code = failure(&client, &format!("begin; {sql}; rollback")).await;
        if code != "42501" {
            wrong.push(format!("{sql}: {code}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // What an error shows of a row is what its reader may read.
    let client = connect_as(&server, &settings()).await.expect("may log in");
    admin
        .batch_execute(
            "alter table t alter hidden set default 'bad';
             grant insert (shown) on t to partial;
             create table hides (a int, b int, primary key (a, b)); insert into hides values (1, 2);
             grant insert on hides to partial",
        )
        .await
        .expect("definitions");
    for (sql, code) in [
        ("insert into t (id, shown) values (9, 'x')", "23514"),
        ("insert into hides values (1, 2)", "23505"),
    ] {
        let error = client.batch_execute(sql).await.expect_err("refused");
        let error = error.as_db_error().expect("the server's own");
        assert_eq!(error.code().code(), code);
        let detail = error.detail().unwrap_or_default();
        assert!(!detail.contains("bad") && !detail.contains("(1, 2)"), "{sql}: {detail}");
    }
}

#[tokio::test]
async fn objects_begin_with_the_privileges_that_their_owner_has_set() {
    let server = Server::start(Options::default());
    let admin = connect(&server).await;
    admin
        .batch_execute(
            "create role maker; create role reader; create schema here authorization maker;
             create schema there authorization maker;
             alter default privileges for role maker grant select on tables to reader;
             alter default privileges for role maker in schema here
               grant insert on tables to reader;
             alter default privileges for role maker in schema here
               grant usage on sequences to reader;
             alter default privileges for role maker revoke execute on functions from public;
             set role maker;
             create table here.t (id serial); create table there.t (n int);
             create view there.v as select 1 as one;
             create function here.f() returns int language sql as 'select 1';
             reset role;
             create table here.other (n int)",
        )
        .await
        .expect("definitions");
    let access =
        "select relnamespace::regnamespace || '.' || relname || ' ' || coalesce(relacl::text, '-')
                  from pg_class where relnamespace in ('here'::regnamespace, 'there'::regnamespace)
                    and relkind in ('r', 'v', 'S') order by 1";
    assert_eq!(
        rows(&admin, access).await,
        [
            "here.other -",
            "here.t {maker=arwdDxt/maker,reader=ar/maker}",
            "here.t_id_seq {maker=rwU/maker,reader=U/maker}",
            "there.t {maker=arwdDxt/maker,reader=r/maker}",
            "there.v {maker=arwdDxt/maker,reader=r/maker}",
        ]
    );
    let function = "select proacl::text from pg_proc where proname = 'f'";
    assert_eq!(rows(&admin, function).await, ["{maker=X/maker}"]);
    let shown = "select coalesce(nspname, '-') || ' ' || defaclobjtype::text || ' ' || defaclacl::text
                 from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace order by 1";
    assert_eq!(
        rows(&admin, shown).await,
        [
            "- f {maker=X/maker}",
            "- r {maker=arwdDxt/maker,reader=r/maker}",
            "here S {reader=U/maker}",
            "here r {reader=a/maker}",
        ]
    );
    assert_eq!(failure(&admin, "drop role reader").await, "2BP01");
    assert_eq!(
        failure(&admin, "alter default privileges in schema here grant usage on schemas to reader")
            .await,
        "0LP01"
    );
    admin
        .batch_execute(
            "alter default privileges for role maker revoke select on tables from reader;
             alter default privileges for role maker grant execute on functions to public;
             alter default privileges for role maker in schema here revoke all on tables from reader;
             alter default privileges for role maker in schema here revoke all on sequences from reader",
        )
        .await
        .expect("definitions");
    assert_eq!(rows(&admin, shown).await, [""; 0]);
    admin.batch_execute("set role reader").await.expect("a superuser");
    let others = "alter default privileges for role maker grant select on tables to reader";
    assert_eq!(failure(&admin, others).await, "42501");
}
