//! What sessions share beside rows: locks, notifications, settings that they start with, and what they may do to each
//! other. Locks and channels outlive the replacement of the query processor that serves their session.

use std::time::Duration;

use tests::connect::{config, connect, connect_as, failure, rows, sqlstate};
use tests::server::starts;
use tests::wire::{Message, Wire, errors, values};
use tests::{Options, Server, forming};

/// Long enough for a wait that must not end.
const STILL: Duration = Duration::from_millis(300);

fn told(messages: &[Message]) -> Vec<(String, String)> {
    let notifications = messages.iter().filter(|message| message.kind == 'A');
    notifications
        .map(|message| {
            let text = String::from_utf8_lossy(&message.body[4..]).into_owned();
            let mut parts = text.split('\0').map(str::to_owned);
            let mut next = || parts.next().expect("a channel and a payload");
            (next(), next())
        })
        .collect()
}

fn pair(channel: &str, payload: &str) -> (String, String) {
    (channel.to_owned(), payload.to_owned())
}

/// What an idle session is told within the limit.
fn one(wire: &mut Wire) -> (String, String) {
    let message = wire.receive().expect("the session goes on");
    assert_eq!(message.kind, 'A', "{message:?}");
    told(&[message]).remove(0)
}

#[tokio::test]
async fn advisory_locks_exclude_and_end_with_their_owner() {
    let server = Server::start(Options::default());
    let (one, two) = (connect(&server).await, connect(&server).await);
    assert_eq!(rows(&one, "select pg_try_advisory_lock(7)").await, ["t"]);
    assert_eq!(rows(&one, "select pg_try_advisory_lock(7)").await, ["t"]);
    assert_eq!(rows(&two, "select pg_try_advisory_lock(7)").await, ["f"]);
    assert_eq!(rows(&two, "select pg_try_advisory_lock(0, 7)").await, ["t"], "another lock");
    let shown = "select classid, objid, objsubid, mode, granted from pg_locks
                 where locktype = 'advisory' and pid = pg_backend_pid()";
    assert_eq!(rows(&one, shown).await, ["0|7|1|ExclusiveLock|t"]);
    assert_eq!(rows(&one, "select pg_advisory_unlock(7)").await, ["t"]);
    assert_eq!(rows(&two, "select pg_try_advisory_lock_shared(7)").await, ["f"]);
    assert_eq!(rows(&one, "select pg_advisory_unlock(7)").await, ["t"]);
    assert_eq!(rows(&one, "select pg_advisory_unlock(7)").await, ["f"]);
    assert_eq!(rows(&two, "select pg_try_advisory_lock_shared(7)").await, ["t"]);
    assert_eq!(rows(&one, "select pg_try_advisory_lock_shared(7)").await, ["t"]);
    one.batch_execute("discard all").await.expect("no block is open");
    two.batch_execute("select pg_advisory_unlock_all()").await.expect("no error");

    // A transaction's locks end with it, and what came after a savepoint with that.
    one.batch_execute("begin; select pg_advisory_xact_lock(1); savepoint s").await.expect("free");
    one.batch_execute("select pg_advisory_xact_lock(2); rollback to s").await.expect("free");
    assert_eq!(rows(&two, "select pg_try_advisory_xact_lock(1)").await, ["f"]);
    assert_eq!(rows(&two, "select pg_try_advisory_xact_lock(2)").await, ["t"]);
    assert_eq!(rows(&one, "select pg_advisory_unlock(1)").await, ["f"]);
    one.batch_execute("rollback").await.expect("a block is open");
    assert_eq!(rows(&two, "select pg_try_advisory_lock(1)").await, ["t"]);

    // A wait: by lock_timeout, by a circle, and by the holder's leaving.
    one.batch_execute("set lock_timeout = '50ms'").await.expect("a setting");
    assert_eq!(failure(&one, "select pg_advisory_lock(1)").await, "55P03");
    one.batch_execute("reset lock_timeout; select pg_advisory_lock(3)").await.expect("free");
    let waits = tokio::spawn(async move {
        let taken = one.batch_execute("select pg_advisory_lock(1)").await;
        (one, taken)
    });
    let blocked = "select count(*) from pg_locks where not granted";
    while rows(&two, blocked).await != ["1"] {}
    let waiting =
        "select pg_blocking_pids(pid) = array[pg_backend_pid()] from pg_locks where not granted";
    assert_eq!(rows(&two, waiting).await, ["t"]);
    assert_eq!(failure(&two, "select pg_advisory_lock(3)").await, "40P01");
    drop(two);
    let (one, taken) = waits.await.expect("no panic");
    taken.expect("its holder left");
    assert_eq!(
        rows(&one, "select count(*) from pg_locks where locktype = 'advisory'").await,
        ["2"]
    );
}

#[tokio::test]
async fn what_follows_a_lock_sees_what_its_holder_before_did() {
    let server = Server::start(Options::default());
    let (one, two) = (connect(&server).await, connect(&server).await);
    one.batch_execute("create table t (n int); insert into t values (0)").await.expect("new");
    one.batch_execute("begin; select pg_advisory_xact_lock(1)").await.expect("free");
    let waits = tokio::spawn(async move {
        let sql = "begin; select pg_advisory_xact_lock(1)";
        two.batch_execute(sql).await.expect("the holder commits");
        let read = rows(&two, "select n from t").await;
        two.batch_execute("update t set n = n + 1; commit").await.expect("no conflict");
        read
    });
    while rows(&one, "select count(*) from pg_locks where not granted").await != ["1"] {}
    one.batch_execute("update t set n = n + 1; commit").await.expect("no conflict");
    assert_eq!(waits.await.expect("no panic"), ["1"]);
    assert_eq!(rows(&one, "select n from t").await, ["2"]);
}

#[tokio::test]
async fn a_wait_for_a_lock_ends_when_it_is_cancelled_or_its_client_leaves() {
    let server = Server::start(Options::default());
    let one = connect(&server).await;
    one.batch_execute("select pg_advisory_lock(1)").await.expect("free");
    let blocked = "select count(*) from pg_locks where not granted";
    let mut wire = Wire::start(&server);
    wire.send(&tests::wire::frontend::query("select pg_advisory_lock(1)"));
    while rows(&one, blocked).await != ["1"] {}
    wire.cancel(&server);
    assert_eq!(errors(&wire.until_ready()), "57014");
    wire.send(&tests::wire::frontend::query("select pg_advisory_lock(1)"));
    while rows(&one, blocked).await != ["1"] {}
    wire.close();
    while rows(&one, blocked).await != ["0"] {}
}

#[test]
fn notifications_come_after_commit_in_order_and_once() {
    let server = Server::start(Options::default());
    let (mut listener, mut speaker) = (Wire::start(&server), Wire::start(&server));
    listener.run("listen a; listen b; listen gone; unlisten gone");
    assert_eq!(
        values(&listener.run("select * from pg_listening_channels() order by 1")),
        ["a", "b"]
    );
    speaker.run("begin");
    speaker.run("notify a, 'one'");
    speaker.run("notify a, 'one'");
    speaker.run("select pg_notify('b', 'two'), pg_notify('gone', ''), pg_notify('c', '')");
    speaker.run("savepoint s");
    speaker.run("notify a, 'taken back'");
    speaker.run("rollback to s");
    speaker.run("notify a");
    assert!(!listener.has_answer(STILL), "nothing before the commit");
    assert_eq!(told(&speaker.run("commit")), []);
    let expected = [pair("a", "one"), pair("b", "two"), pair("a", "")];
    for expected in expected {
        assert_eq!(one(&mut listener), expected);
    }
    // What did not commit is not told; who notifies itself is told before it may go on.
    speaker.run("begin; notify a, 'no'; rollback");
    assert_eq!(errors(&speaker.query("notify a, 'no'; select 1 / 0")), "22012");
    let own = listener.run("notify b, 'mine'");
    assert_eq!(told(&own), [pair("b", "mine")]);
    // Between transactions only.
    listener.run("begin; select 1");
    speaker.run("notify a, 'late'");
    assert!(!listener.has_answer(STILL), "the transaction is open");
    assert_eq!(told(&listener.run("commit")), [pair("a", "late")]);
    // LISTEN is the transaction's, too.
    listener.run("begin; listen c; rollback; begin; unlisten a; rollback");
    speaker.run("notify c, 'no'");
    speaker.run("notify a, 'yes'");
    assert_eq!(one(&mut listener), pair("a", "yes"));
    listener.run("discard all");
    speaker.run("notify a, 'no'");
    assert!(!listener.has_answer(STILL), "it listens to nothing any more");
    for sql in ["notify a, '{long}'", "select pg_notify('', '')", "select pg_notify(null, 'x')"] {
        let sql = sql.replace("{long}", &"x".repeat(8_000));
        assert_eq!(errors(&speaker.query(&sql)), "22023");
    }
}

#[test]
fn triggers_and_functions_notify() {
    let server = Server::start(Options::default());
    let mut wire = Wire::start(&server);
    wire.run("create table t (n int); listen t; listen caught");
    wire.run(
        "create function tell() returns trigger language plpgsql as $$
         begin
           perform pg_notify(tg_table_name, new.n::text);
           begin
             notify caught, 'undone';
             raise division_by_zero;
           exception when division_by_zero then notify caught;
           end;
           return new;
         end $$",
    );
    wire.run("create trigger tell after insert on t for each row execute function tell()");
    let messages = wire.run("insert into t values (1), (2)");
    assert_eq!(told(&messages), [pair("t", "1"), pair("caught", ""), pair("t", "2")]);
}

/// Sessions move between query processors every second: what they hold moves along.
#[tokio::test]
async fn locks_and_channels_outlive_their_query_processor() {
    let options = Options::default().with(&["--qp-max-age", "1s"]);
    let server = Server::start(options);
    let (holder, other) = (connect(&server).await, connect(&server).await);
    let mut listener = Wire::start(&server);
    listener.run("listen a");
    holder.batch_execute("select pg_advisory_lock(1)").await.expect("free");
    let starts = || starts(&server).expect("/metrics counts query processors");
    let before = starts();
    while starts() < before + 3.0 {
        assert_eq!(rows(&other, "select pg_try_advisory_lock(1)").await, ["f"]);
        other.batch_execute("notify a").await.expect("no error");
        assert_eq!(one(&mut listener), pair("a", ""));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(rows(&holder, "select pg_advisory_unlock(1)").await, ["t"]);
    assert_eq!(rows(&other, "select pg_try_advisory_lock(1)").await, ["t"]);
}

/// Notifications reach sessions of every node; advisory locks, which would not, are refused.
#[tokio::test]
async fn in_a_cluster_notifications_reach_every_node_and_locks_are_refused() {
    let servers = forming::nodes(3, &Options::default());
    let mut listeners: Vec<Wire> = servers.iter().map(Wire::start).collect();
    for listener in &mut listeners {
        listener.run("listen a");
    }
    let mut speaker = Wire::start(&servers[1]);
    for number in 0..5 {
        speaker.run(&format!("notify a, '{number}'"));
    }
    for listener in &mut listeners {
        let all: Vec<_> = (0..5).map(|_| one(listener)).collect();
        let expected: Vec<_> = (0..5).map(|number| pair("a", &number.to_string())).collect();
        assert_eq!(all, expected);
        assert!(!listener.has_answer(STILL), "each comes once");
    }
    let client = connect(&servers[0]).await;
    let refused = client.batch_execute("select pg_advisory_lock(1)").await.expect_err("refused");
    assert_eq!(sqlstate(&refused), "0A000");
}

#[tokio::test]
async fn lock_table_takes_turns_and_is_checked_at_commit() {
    let server = Server::start(Options::default());
    let (one, two) = (connect(&server).await, connect(&server).await);
    one.batch_execute("create table t (n int); insert into t values (0)").await.expect("new");
    assert_eq!(failure(&one, "lock table t").await, "25P01");
    one.batch_execute("begin; lock table t in exclusive mode").await.expect("free");
    let shown = "select relation::regclass, mode, granted from pg_locks where locktype = 'relation'
                 and mode = 'ExclusiveLock'";
    assert_eq!(rows(&two, shown).await, ["t|ExclusiveLock|t"]);
    two.batch_execute("begin; savepoint s").await.expect("begun");
    assert_eq!(failure(&two, "lock table t in share mode nowait").await, "55P03");
    two.batch_execute("rollback to s; lock table t in access share mode; rollback")
        .await
        .expect("a reader");
    // Who locks waits for who has locked, and then sees what that one did.
    let waits = tokio::spawn(async move {
        let sql = "begin; lock table t; update t set n = n + 1; commit";
        two.batch_execute(sql).await.expect("no conflict");
        two
    });
    let waiting = "select count(*) from pg_locks where not granted";
    while rows(&one, waiting).await != ["1"] {}
    one.batch_execute("update t set n = n + 1; commit").await.expect("no conflict");
    let two = waits.await.expect("no panic");
    assert_eq!(rows(&one, "select n from t").await, ["2"]);
    one.batch_execute("begin; lock table t; commit").await.expect("a lock alone commits");
    let missing = "lock table nowhere";
    two.batch_execute("begin").await.expect("begun");
    assert_eq!(failure(&two, missing).await, "42P01");
    two.batch_execute("rollback; create role reader; grant select on t to reader")
        .await
        .expect("new");
    two.batch_execute("set role reader; begin; lock table t in access share mode")
        .await
        .expect("may read");
    assert_eq!(failure(&two, "lock table t in share mode").await, "42501");
}

/// Rows are not locked: a writer that did not lock is found at the commit of whoever comes later.
#[tokio::test]
async fn who_locks_a_table_and_who_writes_it_do_not_both_commit() {
    let server = Server::start(Options::default());
    if server.is_foreign() {
        return;
    }
    let (one, two) = (connect(&server).await, connect(&server).await);
    one.batch_execute("create table t (n int); create table other (n int)").await.expect("new");
    one.batch_execute("begin; lock table t in share mode; select count(*) from t")
        .await
        .expect("free");
    two.batch_execute("insert into t values (1)").await.expect("rows are not locked");
    let late = one.batch_execute("insert into other values (0); commit").await;
    assert_eq!(sqlstate(&late.expect_err("t has changed")), "40001");
    two.batch_execute("begin; insert into t values (2)").await.expect("rows are not locked");
    one.batch_execute("begin; lock table t; insert into other values (0); commit")
        .await
        .expect("first");
    assert_eq!(sqlstate(&two.batch_execute("commit").await.expect_err("t was locked")), "40001");
}

#[tokio::test]
async fn sessions_start_with_the_settings_of_their_role_and_database() {
    let server = Server::start(Options::default());
    let admin = connect(&server).await;
    admin
        .batch_execute(
            "create role starter login; alter role starter set work_mem = '8MB';
             alter role starter set search_path = 'a', b; alter role starter set my.own = 'x';
             alter database postgres set work_mem = '16MB';
             alter database postgres set lock_timeout = '3s'",
        )
        .await
        .expect("settings");
    let mut settings = config(&server);
    let one = connect_as(&server, settings.user("starter")).await.expect("may log in");
    assert_eq!(rows(&one, "show work_mem").await, ["8MB"]);
    assert_eq!(rows(&one, "show lock_timeout").await, ["3s"]);
    assert_eq!(rows(&one, "show search_path").await, ["a, b"]);
    assert_eq!(rows(&one, "show my.own").await, ["x"]);
    one.batch_execute("set work_mem = '1MB'; reset work_mem").await.expect("a setting");
    assert_eq!(rows(&one, "show work_mem").await, ["8MB"]);
    one.batch_execute("set work_mem = '1MB'; discard all").await.expect("no block");
    assert_eq!(rows(&one, "show work_mem").await, ["8MB"]);
    let given = settings.options("-c work_mem=2MB");
    let two = connect_as(&server, given).await.expect("may log in");
    assert_eq!(rows(&two, "show work_mem").await, ["2MB"]);
    admin
        .batch_execute("alter database postgres reset all; alter role starter reset all")
        .await
        .expect("settings");
    let three = connect_as(&server, config(&server).user("starter")).await.expect("may log in");
    assert_eq!(rows(&three, "show work_mem").await, ["4MB"]);
}

#[tokio::test]
async fn who_may_cancel_and_terminate_others() {
    let server = Server::start(Options::default());
    let admin = connect(&server).await;
    admin
        .batch_execute(
            "create role victim login; create role stranger login; create role guard login;
             create role friend login; grant pg_signal_backend to guard; grant victim to friend",
        )
        .await
        .expect("roles");
    let of = |user: &'static str| {
        let server = &server;
        async move { connect_as(server, config(server).user(user)).await.expect("may log in") }
    };
    let pid = "select pg_backend_pid()";
    let (victim, stranger) = (of("victim").await, of("stranger").await);
    let process = rows(&victim, pid).await.remove(0);
    let superuser = rows(&admin, pid).await.remove(0);
    let signal = |what: &str, process: &str| format!("select pg_{what}_backend({process})");
    for what in ["cancel", "terminate"] {
        assert_eq!(failure(&stranger, &signal(what, &process)).await, "42501");
        for other in [&of("guard").await, &stranger] {
            assert_eq!(failure(other, &signal(what, &superuser)).await, "42501");
        }
    }
    assert_eq!(rows(&stranger, &signal("terminate", "1")).await, ["f"], "there is no such session");
    assert_eq!(rows(&of("friend").await, &signal("cancel", &process)).await, ["t"]);
    assert_eq!(rows(&of("victim").await, &signal("cancel", &process)).await, ["t"]);
    assert_eq!(rows(&of("guard").await, &signal("terminate", &process)).await, ["t"]);
    let ended = victim.batch_execute("select 1").await.expect_err("it was terminated");
    assert!(ended.is_closed() || sqlstate(&ended) == "57P01", "{ended}");
    let usage = "select has_language_privilege('stranger', 'sql', 'usage'),
                 has_type_privilege('stranger', 'int4', 'usage with grant option'),
                 has_type_privilege('stranger', 99999999, 'usage')";
    assert_eq!(rows(&admin, usage).await, ["t|f|"]);
    assert_eq!(failure(&admin, "select has_language_privilege('nope', 'usage')").await, "42704");
}
