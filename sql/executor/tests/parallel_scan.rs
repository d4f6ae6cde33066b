//! Long scans are read by several threads and yield what one thread would: in order, whole, and ending early where asked.

mod support;

use std::sync::Arc;

use executor::{Environment, Execution, RowCodec};
use planner::expression::Expr;
use planner::plan::{
    AggregateNode, HashJoin, JoinKind, Operator, Plan, Scan, ScanColumn, StatementKind,
};
use protocol::storage::Direction;
use support::*;
use types::{Datum, oid};

const ROWS: i32 = 60_000;

fn filled(budget: usize) -> (Arc<catalog::Relation>, Arc<MemoryEnv>) {
    let columns =
        vec![table_column(1, "id", oid::INT4, true), table_column(2, "half", oid::INT4, false)];
    let relation = Arc::new(table(1, "numbers", columns, vec![table_index(1, "pk", &[1], true)]));
    let env = MemoryEnv::new(budget);
    let codec = RowCodec::new(&relation).expect("valid");
    let mut rows = env.rows.lock();
    for number in 0..ROWS {
        let row = ints(&[number, number / 2]);
        let key = codec.row_key(&row, || unreachable!("there is a primary key")).expect("valid");
        rows.insert(key, codec.row_value(&row).expect("valid"));
    }
    drop(rows);
    (relation, env)
}

/// The numbers of rows, in the order they came.
fn numbers(rows: &[types::Row]) -> Vec<i32> {
    let number = |row: &types::Row| match (&row[0], &row[1]) {
        (Datum::Int4(half), Datum::Int4(number)) if *half == number / 2 => *number,
        other => panic!("{other:?} was not stored"),
    };
    rows.iter().map(number).collect()
}

fn scan(relation: &Arc<catalog::Relation>, direction: Direction, filter: Option<Expr>) -> Plan {
    let scan = Scan {
        relation: Arc::clone(relation),
        alias: None,
        index: None,
        index_only: false,
        ranges: Vec::new(),
        direction,
        columns: vec![ScanColumn::Attribute(1), ScanColumn::Attribute(0)],
        filter,
        limit: None,
        bitmap: None,
        nearest: None,
    };
    plan(Operator::Scan(Box::new(scan)), 2)
}

#[test]
fn parts_come_in_the_order_of_the_keys() {
    for budget in [64 << 20, 1 << 20] {
        let (relation, env) = filled(budget);
        let all = query(scan(&relation, Direction::Ascending, None), &env).expect("valid");
        assert!(numbers(&all).into_iter().eq(0..ROWS));
        let backwards = query(scan(&relation, Direction::Descending, None), &env).expect("valid");
        assert!(numbers(&backwards).into_iter().eq((0..ROWS).rev()));
        let odd = call(&EQUAL, call(&ADD, column(0), column(0)), column(1));
        let even = query(scan(&relation, Direction::Ascending, Some(odd)), &env).expect("valid");
        assert!(numbers(&even).into_iter().eq((0..ROWS).step_by(2)));
    }
}

#[test]
fn a_scan_that_nobody_reads_to_the_end_stops_its_helpers() {
    let (relation, env) = filled(64 << 20);
    let statement = statement(scan(&relation, Direction::Ascending, None), StatementKind::Select);
    let shared: Arc<dyn Environment> = Arc::clone(&env) as Arc<dyn Environment>;
    let mut execution = Execution::start(statement, Vec::new(), shared).expect("valid");
    let mut seen = 0;
    while seen < 12_000 {
        seen += execution.next_batch(1000).expect("valid").expect("there is more").len();
    }
    drop(execution);
    // Helpers hold the environment as long as they run.
    let started = std::time::Instant::now();
    while Arc::strong_count(&env) > 1 {
        assert!(started.elapsed().as_secs() < 60, "a helper does not end");
        std::thread::yield_now();
    }
}

#[test]
fn an_error_in_a_part_is_the_statements_error_after_the_rows_before_it() {
    let (relation, env) = filled(64 << 20);
    let codec = RowCodec::new(&relation).expect("valid");
    let broken = codec.row_key(&ints(&[40_000, 0]), || unreachable!()).expect("valid");
    env.rows.lock().insert(broken, bytes::Bytes::from_static(b"?"));
    let statement = statement(scan(&relation, Direction::Ascending, None), StatementKind::Select);
    let shared: Arc<dyn Environment> = env;
    let mut execution = Execution::start(statement, Vec::new(), shared).expect("valid");
    let mut seen = 0;
    let error = loop {
        match execution.next_batch(512) {
            Ok(Some(rows)) => {
                let next = seen + rows.len() as i32;
                assert!(numbers(&rows).into_iter().eq(seen..next));
                seen = next;
            }
            Ok(None) => panic!("the broken row was left out"),
            Err(error) => break error,
        }
    };
    assert!(seen <= 40_000, "{seen}");
    assert_eq!(error.sqlstate(), "XX001");
}

#[test]
fn joins_drop_rows_early_only_where_they_would_drop_them() {
    let (relation, env) = filled(64 << 20);
    let wanted: Vec<i32> = vec![3, 3, 700, 29_999, 70_000];
    let join = |kind, nested: bool| {
        let rows: Vec<types::Row> = wanted.iter().map(|&key| ints(&[key])).collect();
        let mut left = scan(&relation, Direction::Ascending, None);
        if nested {
            // A join below that loses nothing, whose columns the one above looks at.
            let keys: Vec<types::Row> = (0..ROWS / 2).map(|key| ints(&[key])).collect();
            left = plan(
                Operator::HashJoin(Box::new(HashJoin {
                    left,
                    right: values(&keys),
                    kind: JoinKind::Semi,
                    left_keys: vec![column(0)],
                    right_keys: vec![column(0)],
                    condition: None,
                })),
                2,
            );
        }
        let join = HashJoin {
            left,
            right: values(&rows),
            kind,
            left_keys: vec![column(0)],
            right_keys: vec![column(0)],
            condition: None,
        };
        let found = query(plan(Operator::HashJoin(Box::new(join)), 3), &env).expect("valid");
        found.len()
    };
    for nested in [false, true] {
        // Each half number is there twice, 3 is asked for twice, 70,000 is not there.
        assert_eq!(join(JoinKind::Inner, nested), 8);
        assert_eq!(join(JoinKind::Semi, nested), 6);
        assert_eq!(join(JoinKind::Right, nested), 9);
        assert_eq!(join(JoinKind::Left, nested), ROWS as usize + 2);
        assert_eq!(join(JoinKind::Anti, nested), ROWS as usize - 6);
    }
}

#[test]
fn few_left_rows_leave_out_right_rows_that_none_of_them_looks_for() {
    let (relation, env) = filled(64 << 20);
    let count = |kind| {
        let rows: Vec<types::Row> = [3, 3, 29_999, 70_000].map(|key| ints(&[key])).to_vec();
        let mut right = scan(&relation, Direction::Ascending, None);
        right.estimate.rows = f64::from(ROWS);
        let join = HashJoin {
            left: values(&rows),
            right,
            kind,
            left_keys: vec![column(0)],
            right_keys: vec![column(0)],
            condition: None,
        };
        query(plan(Operator::HashJoin(Box::new(join)), 3), &env).expect("valid").len()
    };
    assert_eq!(count(JoinKind::Inner), 6);
    assert_eq!(count(JoinKind::Left), 7);
    assert_eq!(count(JoinKind::Semi), 3);
    assert_eq!(count(JoinKind::Anti), 1);
    assert_eq!(count(JoinKind::Right), ROWS as usize + 2);
    assert_eq!(count(JoinKind::Full), ROWS as usize + 3);
}

/// Groups by number of rows in each; sums of what is no key.
fn grouped(input: Plan, keys: usize, sets: &[&[usize]], filter: Option<Expr>) -> Plan {
    let mut sum = sum_of(keys);
    sum.filter = filter;
    let with_grouping_mask = sets.len() > 1;
    let node = AggregateNode {
        input,
        keys: (0..keys).map(column).collect(),
        sets: sets.iter().map(|set| set.to_vec()).collect(),
        aggregates: vec![sum, sum_of(keys)],
        sorted: keys == 0,
        with_grouping_mask,
    };
    let width = keys + 2 + usize::from(with_grouping_mask);
    plan(Operator::Aggregate(Box::new(node)), width)
}

#[test]
fn groups_made_by_helpers_are_those_of_one_thread() {
    // Batches of few groups, of as many as pays, of too many, and both among them.
    for divisor in [1_000, 4, 1] {
        let columns = [("group", 1), ("other", 2), ("number", 3)]
            .map(|(name, at)| table_column(at, name, oid::INT4, true));
        let relation =
            Arc::new(table(1, "numbers", columns.into(), vec![table_index(1, "pk", &[3], true)]));
        let codec = RowCodec::new(&relation).expect("valid");
        let rows: Vec<types::Row> =
            (0..ROWS).map(|number| ints(&[number / divisor, number % 3, number])).collect();
        let mut expected = Vec::new();
        // The smaller budget holds what helpers read ahead, and not all groups.
        for budget in [64 << 20, 9 << 20] {
            let env = MemoryEnv::new(budget);
            for row in &rows {
                let key = codec.row_key(row, || unreachable!("there is a primary key"));
                let value = codec.row_value(row).expect("valid");
                env.rows.lock().insert(key.expect("valid"), value);
            }
            let stored = || {
                let scan = Scan {
                    relation: Arc::clone(&relation),
                    alias: None,
                    index: None,
                    index_only: false,
                    ranges: Vec::new(),
                    direction: Direction::Ascending,
                    columns: (0..3).map(ScanColumn::Attribute).collect(),
                    filter: None,
                    limit: None,
                    bitmap: None,
                    nearest: None,
                };
                let mut plan = plan(Operator::Scan(Box::new(scan)), 3);
                plan.estimate.rows = f64::from(ROWS);
                plan
            };
            let odd = || Some(call(&LESS, column(1), constant(1)));
            let cases: [&dyn Fn(Plan) -> Plan; 4] = [
                &|input| grouped(input, 1, &[&[0]], None),
                &|input| grouped(input, 2, &[&[0, 1], &[1], &[]], None),
                &|input| grouped(input, 0, &[&[]], odd()),
                &|input| grouped(input, 2, &[&[0, 1]], odd()),
            ];
            for (number, build) in cases.into_iter().enumerate() {
                let found = query(build(stored()), &env).expect("valid");
                if expected.len() == number {
                    let alone = query(build(values(&rows)), &MemoryEnv::new(256 << 20));
                    expected.push(sorted(&alone.expect("valid")));
                }
                // The rows are too many to be printed.
                assert!(sorted(&found) == expected[number], "{divisor} {budget} {number}");
            }
        }
    }
}
