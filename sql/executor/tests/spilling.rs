//! Operators that spill yield with a tiny budget what they yield with a large one.

mod support;

use planner::plan::{AggregateNode, Operator, Plan, SetKind};
use support::*;
use types::{Datum, Row};

const TINY: usize = 24_000;
const LARGE: usize = 256 << 20;

fn same_rows(build: impl Fn() -> Plan) -> Vec<Row> {
    let large = query(build(), &MemoryEnv::new(LARGE)).expect("valid");
    let tiny = query(build(), &MemoryEnv::new(TINY)).expect("valid");
    assert_eq!(sorted(&tiny), sorted(&large));
    large
}

fn group_by(input: Plan, keys: usize, sets: Vec<Vec<usize>>, sorted: bool) -> Plan {
    let with_grouping_mask = sets.len() > 1;
    plan(
        Operator::Aggregate(Box::new(AggregateNode {
            input,
            keys: (0..keys).map(column).collect(),
            sets,
            aggregates: vec![sum_of(1)],
            sorted,
            with_grouping_mask,
        })),
        keys + 1 + usize::from(with_grouping_mask),
    )
}

#[test]
fn sorts_that_spill_keep_order_and_stability() {
    let rows: Vec<Row> = random_rows(5_000, 2, 50)
        .into_iter()
        .enumerate()
        .map(|(number, mut row)| {
            row.push(Datum::Int4(i32::try_from(number).expect("valid")));
            row
        })
        .collect();
    let build = || {
        let mut second = ascending(1);
        second.descending = true;
        second.nulls_first = true;
        let keys = vec![ascending(0), second];
        plan(Operator::Sort { input: Box::new(values(&rows)), keys, presorted: 0 }, 3)
    };
    let large = query(build(), &MemoryEnv::new(LARGE)).expect("valid");
    let tiny = query(build(), &MemoryEnv::new(TINY)).expect("valid");
    assert_eq!(shown(&tiny), shown(&large));
    let number = |datum: &Datum, null: i32| match datum {
        Datum::Int4(value) => *value,
        _ => null,
    };
    let key = |row: &Row| {
        (number(&row[0], i32::MAX), -i64::from(number(&row[1], i32::MAX)), number(&row[2], 0))
    };
    assert!(large.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
}

#[test]
fn a_presorted_input_is_sorted_group_by_group() {
    let mut rows = random_rows(500, 2, 9);
    rows.sort_by_key(|row| format!("{:?}", row[0]));
    rows.sort_by(|left, right| types::compare::compare(&left[0], &right[0]));
    let build = |presorted| {
        let keys = vec![ascending(0), ascending(1)];
        plan(Operator::Sort { input: Box::new(values(&rows)), keys, presorted }, 2)
    };
    let env = MemoryEnv::new(LARGE);
    let whole = query(build(0), &env).expect("valid");
    assert_eq!(shown(&query(build(1), &env).expect("valid")), shown(&whole));
}

#[test]
fn groups_that_spill_are_complete() {
    let rows = random_rows(6_000, 2, 3_000);
    same_rows(|| group_by(values(&rows), 1, vec![vec![0]], false));
    let sets = vec![vec![0, 1], vec![0], vec![]];
    let result = same_rows(|| group_by(values(&rows), 2, sets.clone(), false));
    let total: i64 = rows
        .iter()
        .map(|row| if let Datum::Int4(value) = row[1] { i64::from(value) } else { 0 })
        .sum();
    let all = result.iter().find(|row| matches!(row[3], Datum::Int4(3))).expect("valid");
    assert!(matches!(all[2], Datum::Int8(sum) if sum == total));
}

#[test]
fn sorted_and_hashed_aggregation_agree() {
    let rows = random_rows(2_000, 2, 40);
    let input = || {
        let keys = vec![ascending(0)];
        plan(Operator::Sort { input: Box::new(values(&rows)), keys, presorted: 0 }, 2)
    };
    let env = MemoryEnv::new(LARGE);
    let hashed = query(group_by(input(), 1, vec![vec![0]], false), &env).expect("valid");
    let grouped = query(group_by(input(), 1, vec![vec![0]], true), &env).expect("valid");
    assert_eq!(shown(&hashed), shown(&grouped));
    for is_sorted in [false, true] {
        let none = plan(Operator::Values { rows: Vec::new() }, 2);
        let rows = query(group_by(none, 0, vec![vec![]], is_sorted), &env).expect("valid");
        assert_eq!(shown(&rows), shown(&[vec![Datum::Null]]));
    }
}

#[test]
fn distinct_and_set_operations_that_spill_are_complete() {
    let left = random_rows(4_000, 2, 60);
    let right = random_rows(4_000, 2, 60);
    same_rows(|| plan(Operator::Distinct { input: Box::new(values(&left)) }, 2));
    for kind in [SetKind::Union, SetKind::Intersect, SetKind::Except] {
        for all in [false, true] {
            let rows = same_rows(|| {
                let (left, right) = (Box::new(values(&left)), Box::new(values(&right)));
                plan(Operator::SetOperation { left, right, kind, all }, 2)
            });
            let count = |rows: &[Row], row: &str| {
                rows.iter().filter(|other| format!("{other:?}") == row).count()
            };
            let row = format!("{:?}", left[0]);
            let (in_left, in_right) = (count(&left, &row), count(&right, &row));
            let wanted = match (kind, all) {
                (SetKind::Union, true) => in_left + in_right,
                (SetKind::Union, false) => 1,
                (SetKind::Intersect, true) => in_left.min(in_right),
                (SetKind::Intersect, false) => usize::from(in_right > 0),
                (SetKind::Except, true) => in_left.saturating_sub(in_right),
                (SetKind::Except, false) => usize::from(in_right == 0),
            };
            assert_eq!(count(&rows, &row), wanted, "{kind:?} {all}");
        }
    }
}

#[test]
fn the_first_rows_are_those_of_the_whole_sort() {
    let rows = random_rows(3_000, 2, 200);
    let keys = || vec![ascending(0), ascending(1)];
    let env = MemoryEnv::new(LARGE);
    let sort =
        || plan(Operator::Sort { input: Box::new(values(&rows)), keys: keys(), presorted: 0 }, 2);
    for (limit, offset) in [(0, 0), (1, 0), (10, 5), (300, 0), (5_000, 10)] {
        for ties in [false, true] {
            let limited = Operator::Limit {
                input: Box::new(sort()),
                limit: Some(constant(limit)),
                offset: Some(constant(offset)),
                with_ties: ties.then(keys),
            };
            let top = Operator::TopN {
                input: Box::new(values(&rows)),
                keys: keys(),
                limit: constant(limit),
                offset: Some(constant(offset)),
                with_ties: ties,
            };
            let limited = query(plan(limited, 2), &env).expect("valid");
            let top = query(plan(top, 2), &env).expect("valid");
            assert_eq!(shown(&top), shown(&limited), "{limit} {offset} {ties}");
        }
    }
}

#[test]
fn a_single_group_beyond_the_budget_is_an_error() {
    let rows = random_rows(8_000, 2, 100_000);
    let mut aggregate = sum_of(1);
    aggregate.distinct = true;
    let node = AggregateNode {
        input: values(&rows),
        keys: Vec::new(),
        sets: vec![Vec::new()],
        aggregates: vec![aggregate],
        sorted: false,
        with_grouping_mask: false,
    };
    let error =
        query(plan(Operator::Aggregate(Box::new(node)), 1), &MemoryEnv::new(TINY)).unwrap_err();
    assert_eq!(error.sqlstate(), "53200");
}

#[test]
fn the_tiny_budget_spills_and_a_failing_disk_is_told() {
    let rows = random_rows(6_000, 2, 3_000);
    let sort = || {
        let (input, keys) = (Box::new(values(&rows)), vec![ascending(0)]);
        plan(Operator::Sort { input, keys, presorted: 0 }, 2)
    };
    let other = || Box::new(values(&rows));
    for build in [
        &sort as &dyn Fn() -> Plan,
        &|| group_by(values(&rows), 1, vec![vec![0]], false),
        &|| plan(Operator::Distinct { input: other() }, 2),
        &|| {
            let (left, right, kind) = (other(), other(), SetKind::Intersect);
            plan(Operator::SetOperation { left, right, kind, all: true }, 2)
        },
    ] {
        let env = MemoryEnv::new(TINY);
        env.remove_spill_directory();
        assert_eq!(query(build(), &env).unwrap_err().sqlstate(), "58030");
        let large = MemoryEnv::new(LARGE);
        large.remove_spill_directory();
        assert!(query(build(), &large).is_ok());
    }
}
