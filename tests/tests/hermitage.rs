//! The isolation cases of Martin Kleppmann's Hermitage suite, and our own, under optimistic snapshot isolation.
//!
//! No statement blocks; of two transactions that change the same row the second to commit is refused with 40001. Each
//! case runs in the simple and in the extended protocol, with one, four and sixteen adjudicator shards.

use tests::script::{Protocol, Script, deviations};
use tests::{Options, Server};

/// What the suite starts from.
const TWO_ROWS: &str = "
    drop table if exists test
    create table test (id int primary key, value int)
    insert into test values (1, 10), (2, 20)";

const fn case(name: &'static str, steps: &'static str) -> Script {
    Script { name, setup: TWO_ROWS, steps }
}

const HERMITAGE: &[Script] = &[
    case(
        "1 G0 write cycles",
        "
        1 begin
        2 begin
        1 update test set value = 11 where id = 1 => 1 row
        2 update test set value = 12 where id = 1 => 1 row
        1 update test set value = 21 where id = 2 => 1 row
        1 commit
        2 update test set value = 22 where id = 2 => 1 row
        2 commit => 40001
        3 select value from test order by id => [11 21]",
    ),
    case(
        "2 G1a aborted reads",
        "
        1 begin
        2 begin
        1 update test set value = 101 where id = 1
        2 select value from test order by id => [10 20]
        1 rollback
        2 select value from test order by id => [10 20]
        2 commit",
    ),
    case(
        "3 G1b intermediate reads",
        "
        1 begin
        2 begin
        1 update test set value = 101 where id = 1
        2 select value from test order by id => [10 20]
        1 update test set value = 11 where id = 1
        1 commit
        2 select value from test order by id => [10 20]
        2 commit
        2 select value from test order by id => [11 20]",
    ),
    case(
        "4 G1c circular information flow",
        "
        1 begin
        2 begin
        1 update test set value = 11 where id = 1
        2 update test set value = 22 where id = 2
        1 select value from test where id = 2 => [20]
        2 select value from test where id = 1 => [10]
        1 commit
        2 commit
        3 select value from test order by id => [11 22]",
    ),
    case(
        "5a OTV observed transaction vanishes",
        "
        1 begin
        2 begin
        1 update test set value = 11 where id = 1
        1 update test set value = 19 where id = 2
        2 update test set value = 12 where id = 1
        1 commit
        3 begin
        3 select value from test where id = 1 => [11]
        2 update test set value = 18 where id = 2
        3 select value from test where id = 2 => [19]
        2 commit => 40001
        3 select value from test order by id => [11 19]
        3 commit",
    ),
    case(
        "5b OTV, the reader begins first",
        "
        1 begin
        2 begin
        3 begin
        3 select value from test where id = 1 => [10]
        1 update test set value = 11 where id = 1
        1 update test set value = 19 where id = 2
        2 update test set value = 12 where id = 1
        1 commit
        3 select value from test order by id => [10 20]
        2 update test set value = 18 where id = 2
        3 select value from test order by id => [10 20]
        2 commit => 40001
        3 select value from test order by id => [10 20]
        3 commit",
    ),
    case(
        "6 PMP predicate-many-preceders, read",
        "
        1 begin
        2 begin
        1 select id from test where value = 30 => []
        2 insert into test values (3, 30)
        2 commit
        1 select id from test where value % 3 = 0 => []
        1 commit
        1 select id from test where value % 3 = 0 => [3]",
    ),
    case(
        "7 PMP predicate-many-preceders, write",
        "
        1 begin
        2 begin
        1 update test set value = value + 10 => 2 rows
        2 delete from test where value = 20 => 1 row
        1 commit
        2 select id from test order by id => [1]
        2 commit => 40001
        3 select value from test order by id => [20 30]",
    ),
    case(
        "8a P4 lost update",
        "
        1 begin
        2 begin
        1 select value from test where id = 1 => [10]
        2 select value from test where id = 1 => [10]
        1 update test set value = 11 where id = 1 => 1 row
        2 update test set value = 11 where id = 1 => 1 row
        1 commit
        2 commit => 40001",
    ),
    case(
        "8b P4 lost update, another value",
        "
        1 begin
        2 begin
        1 select value from test where id = 1 => [10]
        2 select value from test where id = 1 => [10]
        1 update test set value = value + 1 where id = 1
        2 update test set value = value + 2 where id = 1
        1 commit
        2 commit => 40001
        3 select value from test where id = 1 => [11]",
    ),
    case(
        "9 G-single read skew",
        "
        1 begin
        2 begin
        1 select value from test where id = 1 => [10]
        2 select value from test order by id => [10 20]
        2 update test set value = 12 where id = 1
        2 update test set value = 18 where id = 2
        2 commit
        1 select value from test where id = 2 => [20]
        1 commit",
    ),
    case(
        "10 G-single with predicates",
        "
        1 begin
        2 begin
        1 select value from test where value % 5 = 0 order by id => [10 20]
        2 update test set value = 12 where value = 10 => 1 row
        2 commit
        1 select value from test where value % 3 = 0 => []
        1 commit",
    ),
    case(
        "11 G-single with a write predicate",
        "
        1 begin
        2 begin
        1 select value from test where id = 1 => [10]
        2 select value from test order by id => [10 20]
        2 update test set value = 12 where id = 1
        2 update test set value = 18 where id = 2
        2 commit
        1 delete from test where value = 20 => 1 row
        1 commit => 40001
        3 select value from test order by id => [12 18]",
    ),
    case(
        "12 G2-item write skew",
        "
        1 begin
        2 begin
        1 select value from test where id in (1, 2) order by id => [10 20]
        2 select value from test where id in (1, 2) order by id => [10 20]
        1 update test set value = 11 where id = 1
        2 update test set value = 21 where id = 2
        1 commit
        2 commit
        3 select value from test order by id => [11 21]",
    ),
    case(
        "13 G2-item with FOR UPDATE",
        "
        1 begin
        2 begin
        1 select value from test where id = 2 for update => [20]
        1 update test set value = 11 where id = 1
        2 select value from test where id = 1 for update => [10]
        2 update test set value = 21 where id = 2
        1 commit
        2 commit => 40001
        3 select value from test order by id => [11 20]",
    ),
    case(
        "14 G2 predicate write skew",
        "
        1 begin
        2 begin
        1 select id from test where value % 3 = 0 => []
        2 select id from test where value % 3 = 0 => []
        1 insert into test values (3, 30)
        2 insert into test values (4, 42)
        1 commit
        2 commit
        3 select value from test where value % 3 = 0 order by id => [30 42]",
    ),
    case(
        "15 Fekete's read-only anomaly",
        "
        1 begin
        1 select value from test order by id => [10 20]
        2 begin
        2 update test set value = value + 5 where id = 2
        2 commit
        3 begin
        3 select value from test order by id => [10 25]
        3 commit
        1 update test set value = 0 where id = 1
        1 commit
        3 select value from test order by id => [0 25]",
    ),
];

const OWN: &[Script] = &[
    case(
        "16 insert race on the primary key",
        "
        1 begin
        2 begin
        1 insert into test values (3, 30)
        2 insert into test values (3, 31)
        1 commit
        2 commit => 40001
        2 insert into test values (3, 31) => 23505
        3 select value from test where id = 3 => [30]",
    ),
    Script {
        name: "17 insert race on a unique secondary key",
        setup: "
            drop table if exists test
            create table test (id int primary key, value int unique)",
        steps: "
            1 begin
            2 begin
            1 insert into test values (1, 7)
            2 insert into test values (2, 7)
            1 commit
            2 commit => 40001
            2 insert into test values (2, 7) => 23505
            3 select id from test => [1]",
    },
    case(
        "18a delete against delete",
        "
        1 begin
        2 begin
        1 delete from test where id = 1 => 1 row
        2 delete from test where id = 1 => 1 row
        1 commit
        2 commit => 40001
        3 select id from test => [2]",
    ),
    case(
        "18b delete against update",
        "
        1 begin
        2 begin
        1 delete from test where id = 1 => 1 row
        2 update test set value = 0 where id = 1 => 1 row
        1 commit
        2 commit => 40001
        3 select id from test => [2]",
    ),
    case(
        "18c update against delete",
        "
        1 begin
        2 begin
        1 update test set value = 0 where id = 1 => 1 row
        2 delete from test where id = 1 => 1 row
        1 commit
        2 commit => 40001
        3 select value from test order by id => [0 20]",
    ),
    case(
        "18d insert after delete against update",
        "
        1 begin
        2 begin
        1 delete from test where id = 1 => 1 row
        1 insert into test values (1, 99)
        2 update test set value = 0 where id = 1 => 1 row
        1 commit
        2 commit => 40001
        3 select value from test order by id => [99 20]",
    ),
    case(
        "19a update of no rows does not conflict",
        "
        1 begin
        2 begin
        1 update test set value = 11 where id = 1
        2 update test set value = 12 where id = 99 => 0 rows
        1 commit
        2 commit",
    ),
    case(
        "19b writes that were rolled back do not conflict",
        "
        1 begin
        2 begin
        1 update test set value = 11 where id = 1
        2 savepoint s
        2 update test set value = 12 where id = 1
        2 rollback to savepoint s
        2 update test set value = 22 where id = 2
        1 commit
        2 commit
        3 select value from test order by id => [11 22]",
    ),
    case(
        "19c an aborted writer does not conflict",
        "
        1 begin
        2 begin
        1 update test set value = 11 where id = 1
        2 update test set value = 12 where id = 1
        1 rollback
        2 commit
        3 select value from test where id = 1 => [12]",
    ),
    case(
        "20 an update to the same value conflicts",
        "
        1 begin
        2 begin
        1 update test set value = value where id = 1 => 1 row
        2 update test set value = 12 where id = 1 => 1 row
        1 commit
        2 commit => 40001",
    ),
    case(
        "21 a reader never fails",
        "
        1 begin
        1 select value from test order by id => [10 20]
        2 update test set value = 11 where id = 1
        2 delete from test where id = 2
        2 insert into test values (3, 30)
        1 select value from test order by id => [10 20]
        1 select count(*) from test where value > 0 => [2]
        1 commit
        1 select value from test order by id => [11 30]",
    ),
    Script {
        name: "22a a parent is deleted while a child is inserted",
        setup: "
            drop table if exists child
            drop table if exists parent
            create table parent (id int primary key, value int)
            create table child (id int primary key, parent int references parent)
            insert into parent values (1, 0), (2, 0)",
        steps: "
            1 begin
            2 begin
            1 delete from parent where id = 1 => 1 row
            2 insert into child values (1, 1)
            1 commit
            2 commit => 40001
            3 select count(*) from child => [0]",
    },
    Script {
        name: "22b a child is inserted while its parent is deleted",
        setup: "
            drop table if exists child
            drop table if exists parent
            create table parent (id int primary key, value int)
            create table child (id int primary key, parent int references parent)
            insert into parent values (1, 0), (2, 0)",
        steps: "
            1 begin
            2 begin
            1 insert into child values (1, 1)
            2 delete from parent where id = 1 => 1 row
            1 commit
            2 commit => 40001
            3 select id from parent order by id => [1 2]",
    },
    Script {
        name: "22c children of one parent do not conflict, nor does its update beside the key",
        setup: "
            drop table if exists child
            drop table if exists parent
            create table parent (id int primary key, value int)
            create table child (id int primary key, parent int references parent)
            insert into parent values (1, 0), (2, 0)",
        steps: "
            1 begin
            2 begin
            3 begin
            1 insert into child values (1, 1)
            2 insert into child values (2, 1)
            3 update parent set value = 5 where id = 1 => 1 row
            1 commit
            2 commit
            3 commit
            4 select count(*) from child => [2]",
    },
    case(
        "23 a table is altered under a writer",
        "
        1 begin
        1 insert into test values (3, 30)
        2 alter table test add column more int
        1 commit => 40001
        3 select count(*) from test => [2]",
    ),
    case(
        "24 the first statement takes the snapshot",
        "
        1 begin
        2 update test set value = 11 where id = 1
        1 select value from test where id = 1 => [11]
        2 update test set value = 12 where id = 1
        1 select value from test where id = 1 => [11]
        1 commit",
    ),
    Script {
        name: "25 the loser leaves nothing, in no index",
        setup: "
            drop table if exists test
            create table test (id int primary key, value int, other int unique)
            create index test_value on test (value)
            insert into test values (1, 10, 100), (2, 20, 200)",
        steps: "
            1 begin
            2 begin
            1 update test set value = 11 where id = 1
            2 update test set value = 77, other = 777 where id = 1
            2 insert into test values (3, 77, 778)
            1 commit
            2 commit => 40001
            3 select id from test where value = 77 => []
            3 select id from test where other >= 777 => []
            3 select id from test where id = 3 => []
            3 select count(*) from test => [2]
            3 select id from test where value = 11 => [1]
            3 insert into test values (3, 77, 777)",
    },
    case(
        "26 a failed transaction stays failed",
        "
        1 begin
        1 update test set value = 11 where id = 1
        1 select 1 / 0 => 22012
        1 select 1 => 25P02
        1 update test set value = 12 where id = 1 => 25P02
        1 rollback
        1 select value from test order by id => [10 20]",
    ),
];

const SERIALIZABLE: &[Script] = &[
    case(
        "12 write skew is refused",
        "
        1 begin isolation level serializable
        2 begin isolation level serializable
        1 select value from test where id in (1, 2) order by id => [10 20]
        2 select value from test where id in (1, 2) order by id => [10 20]
        1 update test set value = 11 where id = 1
        2 update test set value = 21 where id = 2
        1 commit
        2 commit => 40001
        3 select value from test order by id => [11 20]",
    ),
    case(
        "14 predicate write skew is refused",
        "
        1 begin isolation level serializable
        2 begin isolation level serializable
        1 select id from test where value % 3 = 0 => []
        2 select id from test where value % 3 = 0 => []
        1 insert into test values (3, 30)
        2 insert into test values (4, 42)
        1 commit
        2 commit => 40001
        3 select value from test where value % 3 = 0 order by id => [30]",
    ),
    case(
        "a range that was read empty is guarded",
        "
        1 begin isolation level serializable
        2 begin isolation level serializable
        1 select count(*) from test where id > 2 => [0]
        2 select count(*) from test where id > 2 => [0]
        1 insert into test values (1001, 1)
        2 insert into test values (1002, 2)
        1 commit
        2 commit => 40001",
    ),
    case(
        "transactions that read apart both commit",
        "
        1 begin isolation level serializable
        2 begin isolation level serializable
        1 select value from test where id = 1 => [10]
        2 select value from test where id = 2 => [20]
        1 update test set value = 11 where id = 1
        2 update test set value = 21 where id = 2
        1 commit
        2 commit
        3 select value from test order by id => [11 21]",
    ),
    case(
        "a lone reader commits",
        "
        1 begin isolation level serializable
        1 select value from test order by id => [10 20]
        2 update test set value = 11 where id = 1
        1 select value from test order by id => [10 20]
        1 commit",
    ),
];

async fn all_cases(adjudicators: u32) {
    let server = Server::start(Options::adjudicators(adjudicators));
    let mut found = Vec::new();
    for protocol in [Protocol::Simple, Protocol::Extended] {
        for scripts in [HERMITAGE, OWN, SERIALIZABLE] {
            found.extend(deviations(&server, scripts, protocol).await);
        }
    }
    assert!(found.is_empty(), "{} deviations:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn isolation_with_one_adjudicator() {
    all_cases(1).await;
}

#[tokio::test]
async fn isolation_with_four_adjudicators() {
    all_cases(4).await;
}

#[tokio::test]
async fn isolation_with_sixteen_adjudicators() {
    all_cases(16).await;
}
