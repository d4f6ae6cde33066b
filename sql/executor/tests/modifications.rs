//! Writes: constraints, index entries, conflict classes, ON CONFLICT, foreign keys.

mod support;

use std::sync::Arc;

use catalog::{Constraint, ConstraintKind, ForeignKey, ReferentialAction, Relation};
use planner::expression::Expr;
use planner::plan::{
    Bound, ConflictAction, Delete, EqualTo, IncomingKey, IndexRange, Insert, OnConflict, Operator,
    OutgoingKey, Plan, Scan, ScanColumn, StatementKind, Target, Update,
};
use protocol::storage::Direction;
use protocol::transaction::ConflictClass;
use support::*;
use types::{Datum, Row, SqlError, oid};

fn scan(relation: &Arc<Relation>) -> Scan {
    let mut columns: Vec<ScanColumn> =
        (0..relation.columns.len()).map(ScanColumn::Attribute).collect();
    columns.push(ScanColumn::RowKey);
    Scan {
        relation: Arc::clone(relation),
        alias: None,
        index: None,
        index_only: false,
        ranges: Vec::new(),
        direction: Direction::Ascending,
        columns,
        filter: None,
        limit: None,
        bitmap: None,
        nearest: None,
    }
}

fn scan_plan(scan: Scan) -> Plan {
    let width = scan.columns.len();
    plan(Operator::Scan(Box::new(scan)), width)
}

fn filtered(relation: &Arc<Relation>, filter: Option<Expr>) -> Plan {
    scan_plan(Scan { filter, ..scan(relation) })
}

fn insert_with(
    target: &Target,
    rows: &[Row],
    on_conflict: Option<OnConflict>,
    env: &Arc<MemoryEnv>,
) -> Result<(Vec<Row>, u64), SqlError> {
    let insert = Insert {
        target: target.clone(),
        input: values(rows),
        on_conflict,
        returning: Some(vec![column(0)]),
        view_checks: Vec::new(),
    };
    modify(Operator::Insert(Box::new(insert)), StatementKind::Insert, env)
}

fn insert(target: &Target, rows: &[Row], env: &Arc<MemoryEnv>) -> Result<u64, SqlError> {
    let result = insert_with(target, rows, None, env)?;
    env.end_statement();
    Ok(result.1)
}

fn update(
    target: &Target,
    filter: Option<Expr>,
    assignments: Vec<(usize, Expr)>,
    env: &Arc<MemoryEnv>,
) -> Result<u64, SqlError> {
    let update = Update {
        target: target.clone(),
        input: filtered(&target.relation, filter),
        assignments,
        returning: None,
        view_checks: Vec::new(),
        additions: Vec::new(),
    };
    Ok(modify(Operator::Update(Box::new(update)), StatementKind::Update, env)?.1)
}

fn delete(target: &Target, filter: Option<Expr>, env: &Arc<MemoryEnv>) -> Result<u64, SqlError> {
    let delete = Delete {
        target: target.clone(),
        input: filtered(&target.relation, filter),
        returning: None,
    };
    let affected = modify(Operator::Delete(Box::new(delete)), StatementKind::Delete, env)?.1;
    Ok(affected)
}

/// `t (id primary key, u unique, v, index on v)`.
fn simple() -> (Arc<Relation>, Target) {
    let relation = Arc::new(table(
        5000,
        "t",
        vec![
            table_column(1, "id", oid::INT4, true),
            table_column(2, "u", oid::INT4, false),
            table_column(3, "v", oid::INT4, false),
        ],
        vec![
            table_index(1, "t_pkey", &[1], true),
            table_index(2, "t_u_key", &[2], true),
            table_index(3, "t_v_idx", &[3], false),
        ],
    ));
    let target = target(&relation);
    (relation, target)
}

fn is(place: usize, number: i32) -> Option<Expr> {
    Some(call(&EQUAL, column(place), constant(number)))
}

#[test]
fn rows_and_entries_follow_each_other() {
    let (relation, target) = simple();
    let env = MemoryEnv::new(1 << 24);
    let null_unique = |id| vec![Datum::Int4(id), Datum::Null, Datum::Int4(7)];
    let rows = [ints(&[1, 10, 7]), ints(&[2, 20, 7]), null_unique(3), null_unique(4)];
    assert_eq!(insert(&target, &rows, &env).expect("valid"), 4);
    assert_eq!((entries(&relation, 2, &env), entries(&relation, 3, &env)), (4, 4));

    // No key column changes: the row is written as such, the index on v moves.
    assert_eq!(update(&target, is(0, 1), vec![(2, constant(8))], &env).expect("valid"), 1);
    let classes: Vec<_> = env.writes.lock().iter().map(|write| write.class).collect();
    assert_eq!(classes, vec![Some(ConflictClass::NonKeyUpdate), None, None]);
    env.end_statement();

    // A new primary key rewrites all.
    assert_eq!(update(&target, is(0, 2), vec![(0, constant(9))], &env).expect("valid"), 1);
    let classes: Vec<_> = env.writes.lock().iter().take(2).map(|write| write.class).collect();
    assert_eq!(classes, vec![Some(ConflictClass::Exclusive); 2]);
    env.end_statement();
    let ids: Vec<_> = stored(&relation, &env).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(format!("{ids:?}"), "[Int4(1), Int4(3), Int4(4), Int4(9)]");

    // The secondary index finds rows by their values, and by NULL.
    let mut by_index = scan(&relation);
    by_index.index = Some(2);
    by_index.ranges = vec![IndexRange {
        equal: Vec::new(),
        low: Some(Bound { value: constant(7), inclusive: false }),
        high: None,
    }];
    by_index.columns.truncate(3);
    let rows = query(scan_plan(by_index.clone()), &env).expect("valid");
    assert_eq!(shown(&rows), shown(&[ints(&[1, 10, 8])]));
    by_index.index = Some(1);
    by_index.ranges = vec![IndexRange { equal: vec![EqualTo::IsNull], ..IndexRange::default() }];
    assert_eq!(query(scan_plan(by_index.clone()), &env).expect("valid").len(), 2);
    by_index.index_only = true;
    by_index.columns.truncate(2);
    by_index.ranges =
        vec![IndexRange { equal: vec![EqualTo::Value(constant(20))], ..IndexRange::default() }];
    let rows = query(scan_plan(by_index), &env).expect("valid");
    assert_eq!(shown(&rows), shown(&[ints(&[9, 20])]));

    assert_eq!(delete(&target, None, &env).expect("valid"), 4);
    env.end_statement();
    assert!(env.rows.lock().is_empty());
}

#[test]
fn primary_key_scans_go_both_ways() {
    let (relation, target) = simple();
    let env = MemoryEnv::new(1 << 24);
    let rows: Vec<Row> = (0..1000).map(|id| ints(&[id, id, id % 10])).collect();
    insert(&target, &rows, &env).expect("valid");
    for direction in [Direction::Ascending, Direction::Descending] {
        let range = IndexRange {
            equal: Vec::new(),
            low: Some(Bound { value: constant(100), inclusive: true }),
            high: Some(Bound { value: constant(900), inclusive: false }),
        };
        let plan = scan_plan(Scan {
            ranges: vec![range],
            direction,
            filter: is(2, 3),
            limit: Some(50),
            columns: vec![ScanColumn::Attribute(0), ScanColumn::TableOid, ScanColumn::Attribute(2)],
            ..scan(&relation)
        });
        let rows = query(plan, &env).expect("valid");
        let mut wanted: Vec<i32> = (100..900).filter(|id| id % 10 == 3).collect();
        if direction == Direction::Descending {
            wanted.reverse();
        }
        wanted.truncate(50);
        let found: Vec<i32> =
            rows.iter().map(|row| if let Datum::Int4(id) = row[0] { id } else { -1 }).collect();
        assert_eq!(found, wanted);
    }
}

#[test]
fn constraints_are_told_in_postgres_words() {
    let (_, target) = simple();
    let env = MemoryEnv::new(1 << 24);
    insert(&target, &[ints(&[1, 10, 7])], &env).expect("valid");
    let error = insert(&target, &[ints(&[1, 11, 7])], &env).unwrap_err();
    assert_eq!(error.message(), "duplicate key value violates unique constraint \"t_pkey\"");
    assert_eq!(error.sqlstate(), "23505");
    let error = insert(&target, &[ints(&[2, 10, 7])], &env).unwrap_err();
    assert_eq!(error.fields().constraint.as_deref(), Some("t_u_key"));
    // Two rows of one statement are duplicates too.
    let twice = [ints(&[5, 50, 7]), ints(&[6, 50, 7])];
    assert_eq!(insert(&target, &twice, &env).unwrap_err().sqlstate(), "23505");
    let null = [vec![Datum::Null, Datum::Int4(1), Datum::Int4(1)]];
    let error = insert(&target, &null, &env).unwrap_err();
    assert_eq!(
        error.message(),
        "null value in column \"id\" of relation \"t\" violates not-null constraint"
    );
    let mut checked = target.clone();
    checked.checks.push(planner::plan::Check {
        name: "t_check".to_owned(),
        condition: call(&LESS, column(1), column(2)),
    });
    assert_eq!(insert(&checked, &[ints(&[8, 2, 1])], &env).unwrap_err().sqlstate(), "23514");
    // Unknown passes.
    let unknown = vec![Datum::Int4(8), Datum::Null, Datum::Int4(1)];
    assert_eq!(insert(&checked, &[unknown], &env).expect("valid"), 1);
}

#[test]
fn on_conflict_does_nothing_or_updates_once() {
    let (relation, target) = simple();
    let env = MemoryEnv::new(1 << 24);
    insert(&target, &[ints(&[1, 10, 7])], &env).expect("valid");
    let nothing = || OnConflict { arbiters: Vec::new(), action: ConflictAction::Nothing };
    let rows = [ints(&[1, 99, 1]), ints(&[2, 10, 1]), ints(&[3, 30, 1])];
    let (returned, affected) = insert_with(&target, &rows, Some(nothing()), &env).expect("valid");
    assert_eq!((shown(&returned), affected), (shown(&[ints(&[3])]), 1));
    env.end_statement();
    let update = || OnConflict {
        arbiters: vec![0],
        action: ConflictAction::Update {
            // Existing v plus proposed v.
            assignments: vec![(2, call(&ADD, column(2), column(5)))],
            condition: None,
        },
    };
    let (_, affected) =
        insert_with(&target, &[ints(&[1, 10, 5])], Some(update()), &env).expect("valid");
    env.end_statement();
    assert_eq!(affected, 1);
    assert_eq!(format!("{:?}", stored(&relation, &env)[0][2]), "Int4(12)");
    let twice = [ints(&[4, 40, 5]), ints(&[4, 41, 5])];
    let error = insert_with(&target, &twice, Some(update()), &env).unwrap_err();
    assert_eq!(error.sqlstate(), "21000");
}

#[test]
fn an_update_touches_a_row_once() {
    let (relation, target) = simple();
    let env = MemoryEnv::new(1 << 24);
    insert(&target, &[ints(&[1, 10, 0])], &env).expect("valid");
    // The same row comes twice, as from a join.
    let twice = plan(
        Operator::Append { inputs: vec![filtered(&relation, None), filtered(&relation, None)] },
        4,
    );
    let update = Update {
        target: target.clone(),
        input: twice,
        assignments: vec![(2, call(&ADD, column(2), constant(1)))],
        returning: Some(vec![column(2), column(5)]),
        view_checks: Vec::new(),
        additions: Vec::new(),
    };
    let (rows, affected) =
        modify(Operator::Update(Box::new(update)), StatementKind::Update, &env).expect("valid");
    assert_eq!(affected, 1);
    assert_eq!(shown(&rows), shown(&[ints(&[1, 0])]));
}

/// `parent (id primary key, u unique)`, `child (id primary key, parent references parent)`.
fn family(on_delete: ReferentialAction, deferred: bool) -> (Target, Target) {
    let parent = Arc::new(table(
        6000,
        "parent",
        vec![table_column(1, "id", oid::INT4, true)],
        vec![table_index(1, "parent_pkey", &[1], true)],
    ));
    let child = Arc::new(table(
        6001,
        "child",
        vec![table_column(1, "id", oid::INT4, true), table_column(2, "pid", oid::INT4, false)],
        vec![table_index(1, "child_pkey", &[1], true), table_index(2, "child_pid", &[2], false)],
    ));
    let constraint = Constraint {
        oid: 7000,
        name: "child_pid_fkey".to_owned(),
        kind: ConstraintKind::ForeignKey(ForeignKey {
            columns: vec![2],
            parent: 6000,
            parent_columns: vec![1],
            parent_index: 901,
            match_full: false,
            on_delete,
            on_update: ReferentialAction::Cascade,
            delete_set_columns: Vec::new(),
        }),
        validated: true,
        deferrable: deferred,
        initially_deferred: deferred,
        comment: None,
    };
    let mut parent_target = target(&parent);
    let mut child_target = target(&child);
    child_target.outgoing.push(OutgoingKey {
        constraint: constraint.clone(),
        parent: Arc::clone(&parent),
        parent_index: 0,
        columns: vec![1],
    });
    parent_target.incoming.push(IncomingKey {
        constraint,
        child,
        child_columns: vec![1],
        columns: vec![0],
        child_index: Some(1),
    });
    (parent_target, child_target)
}

fn populated(on_delete: ReferentialAction) -> (Target, Target, Arc<MemoryEnv>) {
    let (parent, child) = family(on_delete, false);
    let env = MemoryEnv::new(1 << 24);
    env.targets.lock().insert(6001, Arc::new(child.clone()));
    insert(&parent, &[ints(&[1]), ints(&[2])], &env).expect("valid");
    insert(&child, &[ints(&[10, 1]), ints(&[11, 1]), ints(&[12, 2])], &env).expect("valid");
    (parent, child, env)
}

#[test]
fn a_child_needs_its_parent_and_marks_it() {
    let (_, child, env) = populated(ReferentialAction::NoAction);
    let error = insert(&child, &[ints(&[20, 5])], &env).unwrap_err();
    assert_eq!(error.sqlstate(), "23503");
    assert_eq!(
        error.message(),
        "insert or update on table \"child\" violates foreign key constraint \"child_pid_fkey\""
    );
    let null = vec![Datum::Int4(21), Datum::Null];
    assert_eq!(insert(&child, &[null], &env).expect("valid"), 1);
    insert_with(&child, &[ints(&[22, 2])], None, &env).expect("valid");
    let checks = env.checks.lock();
    assert_eq!(checks.len(), 1);
    assert_eq!(checks[0].class, ConflictClass::KeyShare);
}

#[test]
fn deleting_a_parent_does_what_its_key_says() {
    for action in [ReferentialAction::NoAction, ReferentialAction::Restrict] {
        let (parent, _, env) = populated(action);
        let error = delete(&parent, is(0, 1), &env).unwrap_err();
        assert_eq!(error.sqlstate(), "23503");
        assert_eq!(
            error.message(),
            "update or delete on table \"parent\" violates foreign key constraint \
             \"child_pid_fkey\" on table \"child\""
        );
    }
    let (parent, child, env) = populated(ReferentialAction::Cascade);
    assert_eq!(delete(&parent, is(0, 1), &env).expect("valid"), 1);
    env.end_statement();
    assert_eq!(shown(&stored(&child.relation, &env)), shown(&[ints(&[12, 2])]));
    assert_eq!(entries(&child.relation, 2, &env), 1);

    let (parent, child, env) = populated(ReferentialAction::SetNull);
    delete(&parent, is(0, 1), &env).expect("valid");
    env.end_statement();
    let nulls = stored(&child.relation, &env).iter().filter(|row| row[1].is_null()).count();
    assert_eq!(nulls, 2);
}

#[test]
fn set_default_gives_children_the_default_and_looks_for_its_parent() {
    let (parent, mut child, env) = populated(ReferentialAction::SetDefault);
    child.defaults.push((1, constant(2)));
    env.targets.lock().insert(6001, Arc::new(child.clone()));
    delete(&parent, is(0, 1), &env).expect("the last row that refers to it is gone");
    env.end_statement();
    let wanted = [ints(&[10, 2]), ints(&[11, 2]), ints(&[12, 2])];
    assert_eq!(shown(&stored(&child.relation, &env)), shown(&wanted));
    // The default is the parent that goes: nothing is left to refer to.
    let error = delete(&parent, is(0, 2), &env).unwrap_err();
    assert_eq!(error.sqlstate(), "23503");
}

#[test]
fn a_new_parent_key_cascades_to_its_children() {
    let (parent, child, env) = populated(ReferentialAction::NoAction);
    update(&parent, is(0, 2), vec![(0, constant(9))], &env).expect("valid");
    env.end_statement();
    let wanted = [ints(&[10, 1]), ints(&[11, 1]), ints(&[12, 9])];
    assert_eq!(shown(&stored(&child.relation, &env)), shown(&wanted));
}

#[test]
fn a_deferred_key_is_looked_at_later() {
    let (parent, child) = family(ReferentialAction::NoAction, true);
    let env = MemoryEnv::new(1 << 24);
    env.targets.lock().insert(6001, Arc::new(child.clone()));
    insert(&child, &[ints(&[10, 1])], &env).expect("valid");
    let check = env.deferred.lock().pop().expect("valid");
    let error = executor::run_deferred(&*env, &check).unwrap_err();
    assert_eq!(error.sqlstate(), "23503");
    insert(&parent, &[ints(&[1])], &env).expect("valid");
    executor::run_deferred(&*env, &check).expect("valid");
    delete(&parent, None, &env).expect("valid");
    env.end_statement();
    let check = env.deferred.lock().pop().expect("valid");
    assert!(executor::run_deferred(&*env, &check).is_err());
    delete(&child, None, &env).expect("valid");
    env.end_statement();
    executor::run_deferred(&*env, &check).expect("valid");
}

#[test]
fn oversized_keys_and_columns_are_refused() {
    let relation = Arc::new(table(
        8000,
        "texts",
        vec![table_column(1, "k", oid::TEXT, true), table_column(2, "v", oid::TEXT, false)],
        vec![table_index(1, "texts_pkey", &[1], true)],
    ));
    let target = target(&relation);
    let env = MemoryEnv::new(64 << 20);
    let row = |key: usize, value: usize| {
        vec![Datum::text("k".repeat(key)), Datum::text("v".repeat(value))]
    };
    let refused = |row: Row| insert(&target, &[row], &env).unwrap_err().message().to_owned();
    assert_eq!(insert(&target, &[row(1024, 1 << 20)], &env).expect("valid"), 1);
    assert_eq!(refused(row(1025, 1)), "key size too large");
    assert_eq!(refused(row(1, (1 << 20) + 1)), "maximum column size exceeded");
}
