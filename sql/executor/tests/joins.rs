//! Every join kind of every join operator against the definition, on random rows with NULLs, with
//! and without spilling.

mod support;

use planner::expression::Expr;
use planner::plan::{HashJoin, JoinKind, MergeJoin, NestedLoop, Operator, Plan};
use support::*;
use types::{Datum, Row, compare};

const KINDS: [JoinKind; 7] = [
    JoinKind::Inner,
    JoinKind::Left,
    JoinKind::Right,
    JoinKind::Full,
    JoinKind::Semi,
    JoinKind::Anti,
    JoinKind::NullAwareAnti,
];

/// `left.0 = right.0`, and `left.1 < right.1` if asked for.
fn matches(left: &Row, right: &Row, extra: bool) -> Option<bool> {
    let both = |place: usize| !left[place].is_null() && !right[place].is_null();
    let equal = both(0).then(|| compare::equal(&left[0], &right[0]));
    let less = both(1).then(|| compare::compare(&left[1], &right[1]).is_lt());
    match (equal, if extra { less } else { Some(true) }) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn expected(kind: JoinKind, left: &[Row], right: &[Row], extra: bool) -> Vec<Row> {
    let pad = vec![Datum::Null; 2];
    let mut rows = Vec::new();
    for first in left {
        let verdicts: Vec<_> = right.iter().map(|second| matches(first, second, extra)).collect();
        let any = verdicts.contains(&Some(true));
        match kind {
            JoinKind::Semi if any => rows.push(first.clone()),
            JoinKind::Anti if !any => rows.push(first.clone()),
            JoinKind::NullAwareAnti if verdicts.iter().all(|verdict| *verdict == Some(false)) => {
                rows.push(first.clone());
            }
            JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti => {}
            _ => {
                for (second, verdict) in right.iter().zip(&verdicts) {
                    if *verdict == Some(true) {
                        rows.push([first.clone(), second.clone()].concat());
                    }
                }
                if !any && matches!(kind, JoinKind::Left | JoinKind::Full) {
                    rows.push([first.clone(), pad.clone()].concat());
                }
            }
        }
    }
    if matches!(kind, JoinKind::Right | JoinKind::Full) {
        for second in right {
            if !left.iter().any(|first| matches(first, second, extra) == Some(true)) {
                rows.push([pad.clone(), second.clone()].concat());
            }
        }
    }
    rows
}

fn source(rows: &[Row]) -> Plan {
    let mut plan = values(rows);
    plan.columns = vec![plan_column(); 2].into();
    plan
}

fn plan_column() -> planner::plan::OutputColumn {
    planner::plan::OutputColumn { name: "c".to_owned(), ty: INT4, table: 0, attribute: 0 }
}

fn sort(input: Plan) -> Plan {
    plan(Operator::Sort { input: Box::new(input), keys: vec![ascending(0)], presorted: 0 }, 2)
}

fn extra_condition(extra: bool) -> Option<Expr> {
    extra.then(|| call(&LESS, column(1), column(3)))
}

fn check(budget: usize, sizes: &[(usize, usize)], distinct: i32) {
    for &(left_size, right_size) in sizes {
        let left = random_rows(left_size, 2, distinct);
        let right = random_rows(right_size, 2, distinct);
        for kind in KINDS {
            for extra in [false, true] {
                let wanted = sorted(&expected(kind, &left, &right, extra));
                let env = MemoryEnv::new(budget);
                // The condition of a null-aware join is all of it, so hash joins get no extra one.
                if kind != JoinKind::NullAwareAnti || !extra {
                    let hash = plan(
                        Operator::HashJoin(Box::new(HashJoin {
                            left: source(&left),
                            right: source(&right),
                            kind,
                            left_keys: vec![column(0)],
                            right_keys: vec![column(0)],
                            condition: extra_condition(extra),
                        })),
                        4,
                    );
                    let rows = query(hash, &env).expect("valid");
                    assert_eq!(sorted(&rows), wanted, "hash {kind:?} {extra} {left_size}");
                }
                let mut parts = vec![call(&EQUAL, column(0), column(2))];
                parts.extend(extra_condition(extra));
                let nested = plan(
                    Operator::NestedLoop(Box::new(NestedLoop {
                        left: source(&left),
                        right: plan(Operator::Materialize { input: Box::new(source(&right)) }, 2),
                        kind,
                        parameters: Vec::new(),
                        condition: Some(Expr::And(parts)),
                    })),
                    4,
                );
                let rows = query(nested, &env).expect("valid");
                assert_eq!(sorted(&rows), wanted, "nested {kind:?} {extra} {left_size}");
                if kind != JoinKind::NullAwareAnti {
                    let merge = plan(
                        Operator::MergeJoin(Box::new(MergeJoin {
                            left: sort(source(&left)),
                            right: sort(source(&right)),
                            kind,
                            left_keys: vec![column(0)],
                            right_keys: vec![column(0)],
                            condition: extra_condition(extra),
                        })),
                        4,
                    );
                    let rows = query(merge, &env).expect("valid");
                    assert_eq!(sorted(&rows), wanted, "merge {kind:?} {extra} {left_size}");
                }
            }
        }
    }
}

#[test]
fn joins_agree_with_the_definition() {
    check(64 << 20, &[(0, 0), (0, 5), (5, 0), (40, 60), (300, 20)], 12);
}

#[test]
fn joins_that_spill_agree_with_the_definition() {
    check(40_000, &[(700, 700)], 400);
}

#[test]
fn a_lateral_join_runs_its_right_side_for_each_left_row() {
    let right = plan(
        Operator::Values {
            rows: vec![
                vec![Expr::ExecParameter { id: 0, ty: INT4 }],
                vec![call(&ADD, Expr::ExecParameter { id: 0, ty: INT4 }, constant(10))],
            ],
        },
        1,
    );
    let join = plan(
        Operator::NestedLoop(Box::new(NestedLoop {
            left: values(&[ints(&[1]), ints(&[2])]),
            right: plan(Operator::Materialize { input: Box::new(right) }, 1),
            kind: JoinKind::Inner,
            parameters: vec![(0, column(0))],
            condition: None,
        })),
        2,
    );
    let rows = query(join, &MemoryEnv::new(1 << 20)).expect("valid");
    let wanted = [ints(&[1, 1]), ints(&[1, 11]), ints(&[2, 2]), ints(&[2, 12])];
    assert_eq!(shown(&rows), shown(&wanted));
}
