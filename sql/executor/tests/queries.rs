//! Subqueries, WITH, set-returning functions, index joins, catalog scans; and resuming.

mod support;

use std::sync::Arc;

use executor::{Environment, Execution, RowCodec, execute_trivial};
use functions::definition::{FunctionBody, FunctionDef, FunctionKind, Volatility};
use planner::expression::{Expr, SubPlan, SubPlanKind};
use planner::plan::{
    Cte, EqualTo, IndexJoin, IndexRange, JoinKind, Operator, Plan, ProjectSetItem, Scan,
    ScanColumn, SetCall, Statement, StatementKind,
};
use protocol::storage::Direction;
use support::*;
use types::{Datum, Row, SqlType, oid};

static SERIES: FunctionDef = FunctionDef {
    oid: 0,
    name: "series",
    arguments: &[oid::INT4, oid::INT4],
    argument_names: &[],
    defaults: &[],
    variadic: 0,
    result: oid::INT4,
    columns: &[],
    kind: FunctionKind::SetReturning,
    strict: true,
    volatility: Volatility::Immutable,
    body: FunctionBody::Set(|_, arguments, take| {
        let (Datum::Int4(from), Datum::Int4(to)) = (&arguments[0], &arguments[1]) else {
            return Ok(());
        };
        for value in *from..=*to {
            if !take(vec![Datum::Int4(value)])? {
                break;
            }
        }
        Ok(())
    }),
};

fn series(from: Expr, to: Expr) -> SetCall {
    SetCall {
        function: &SERIES,
        arguments: vec![from, to],
        argument_types: vec![oid::INT4, oid::INT4],
        columns: vec![INT4],
    }
}

fn series_plan(from: i32, to: i32) -> Plan {
    let functions = vec![series(constant(from), constant(to))];
    plan(Operator::FunctionScan { functions, ordinality: false }, 1)
}

fn project(input: Plan, expressions: Vec<Expr>) -> Plan {
    let width = expressions.len();
    plan(Operator::Project { input: Box::new(input), expressions }, width)
}

fn subplan(kind: SubPlanKind, plan: Plan, parameters: Vec<(usize, Expr)>) -> Expr {
    Expr::SubPlan(Box::new(SubPlan { kind, plan: Arc::new(plan), parameters, ty: INT4 }))
}

fn any(plan: Plan, hashable: bool, all: bool) -> Expr {
    let kind =
        SubPlanKind::Quantified { left: vec![column(0)], tests: vec![&EQUAL], all, hashable };
    subplan(kind, plan, Vec::new())
}

fn small() -> Arc<MemoryEnv> {
    MemoryEnv::new(1 << 20)
}

#[test]
fn quantified_subqueries_know_three_values() {
    let null = || vec![Datum::Null];
    for (inner, wanted) in [
        (vec![ints(&[1]), ints(&[2])], ["Bool(true)", "Bool(false)", "Null"]),
        (vec![ints(&[1]), null()], ["Bool(true)", "Null", "Null"]),
    ] {
        for hashable in [false, true] {
            let outer = [ints(&[1]), ints(&[5]), null()];
            let result = project(values(&outer), vec![any(values(&inner), hashable, false)]);
            let rows = query(result, &small()).expect("valid");
            let texts: Vec<String> = rows.iter().map(|row| format!("{:?}", row[0])).collect();
            assert_eq!(texts, wanted, "{inner:?} {hashable}");
        }
    }
    let none = || plan(Operator::Values { rows: Vec::new() }, 1);
    for (all, wanted) in [(false, "[Bool(false)]"), (true, "[Bool(true)]")] {
        let result = project(values(&[null()]), vec![any(none(), !all, all)]);
        assert_eq!(shown(&query(result, &small()).expect("valid")), [wanted]);
    }
}

#[test]
fn correlated_subqueries_run_for_each_row() {
    let parameter = || Expr::ExecParameter { id: 3, ty: INT4 };
    let inner = || {
        let functions = vec![series(constant(1), parameter())];
        plan(Operator::FunctionScan { functions, ordinality: false }, 1)
    };
    let outer = values(&[ints(&[0]), ints(&[1]), ints(&[3])]);
    let exists = subplan(SubPlanKind::Exists, inner(), vec![(3, column(0))]);
    let array = SubPlanKind::Array { element: oid::INT4 };
    let list = subplan(array, inner(), vec![(3, column(0))]);
    let length = Expr::IsNull { operand: Box::new(list), negated: true };
    let rows = query(project(outer, vec![column(0), exists, length]), &small()).expect("valid");
    let found: Vec<String> = rows.iter().map(|row| format!("{:?}", &row[1..])).collect();
    assert_eq!(
        found,
        ["[Bool(false), Bool(true)]", "[Bool(true), Bool(true)]", "[Bool(true), Bool(true)]"]
    );
    let scalar = subplan(SubPlanKind::Scalar, inner(), vec![(3, column(0))]);
    let error = query(project(values(&[ints(&[2])]), vec![scalar]), &small()).unwrap_err();
    assert_eq!(error.sqlstate(), "21000");
}

#[test]
fn long_lists_are_looked_up_by_hash() {
    let list: Vec<Expr> = (0..100).map(|number| constant(number * 2)).collect();
    let condition = Expr::InList {
        operand: Box::new(column(0)),
        list: list.into(),
        equal: &EQUAL,
        negated: false,
    };
    let filter =
        Operator::Filter { input: Box::new(series_plan(1, 1000)), condition, one_time: false };
    assert_eq!(query(plan(filter, 1), &small()).expect("valid").len(), 99);
}

#[test]
fn recursion_ends_when_a_round_yields_nothing_new() {
    for (distinct, wanted) in [(false, 10), (true, 10)] {
        let step = project(
            plan(
                Operator::Filter {
                    input: Box::new(plan(Operator::WorkingTable { id: 4 }, 1)),
                    condition: call(&LESS, column(0), constant(10)),
                    one_time: false,
                },
                1,
            ),
            vec![call(&ADD, column(0), constant(1))],
        );
        let start = Box::new(values(&[ints(&[1])]));
        let recursive = Operator::Recursive { id: 4, start, step: Box::new(step), distinct };
        assert_eq!(query(plan(recursive, 1), &small()).expect("valid").len(), wanted);
    }
}

fn with_ctes(root: Plan, ctes: Vec<Cte>) -> Arc<Statement> {
    Arc::new(Statement {
        root,
        ctes,
        exec_parameters: 0,
        parameters: Vec::new(),
        kind: StatementKind::Select,
        relations: Vec::new(),
        routines: Vec::new(),
        is_trivial: false,
    })
}

#[test]
fn a_with_query_is_computed_once_and_spills() {
    let scan = || plan(Operator::CteScan { id: 0 }, 1);
    let root = plan(Operator::Append { inputs: vec![scan(), scan()] }, 1);
    let cte = Cte { name: "c".to_owned(), plan: series_plan(1, 5_000), modifies: false };
    let env = MemoryEnv::new(20_000);
    let (rows, _) = run_statement(with_ctes(root, vec![cte]), &env).expect("valid");
    let wanted: Vec<Row> = (1..=5_000).chain(1..=5_000).map(|value| ints(&[value])).collect();
    assert_eq!(shown(&rows), shown(&wanted));
}

#[test]
fn sets_in_select_lists_run_side_by_side() {
    let items = vec![
        ProjectSetItem::Plain(column(0)),
        ProjectSetItem::Set(series(constant(1), column(0))),
        ProjectSetItem::Set(series(constant(1), constant(2))),
    ];
    let input = Box::new(values(&[ints(&[3])]));
    let rows = query(plan(Operator::ProjectSet { input, items }, 3), &small()).expect("valid");
    let last = vec![Datum::Int4(3), Datum::Int4(3), Datum::Null];
    assert_eq!(shown(&rows), shown(&[ints(&[3, 1, 1]), ints(&[3, 2, 2]), last]));
}

#[test]
fn a_query_may_stop_and_go_on() {
    fn assert_send<T: Send>(_: &T) {}
    let env: Arc<dyn Environment> = small() as Arc<dyn Environment>;
    let statement = statement(series_plan(1, 1000), StatementKind::Select);
    let mut execution =
        Execution::with_instrumentation(Arc::clone(&statement), Vec::new(), env).expect("valid");
    assert_send(&execution);
    let mut seen = 0;
    while let Some(batch) = execution.next_batch(7).expect("valid") {
        assert!(batch.len() <= 7);
        seen += batch.len();
    }
    assert_eq!(seen, 1000);
    assert!(execution.next_batch(7).expect("valid").is_none());
    let actuals = execution.actuals(&statement.root).expect("valid");
    assert_eq!((actuals.rows, actuals.loops), (1000, 1));
}

#[test]
fn index_joins_agree_with_the_definition() {
    let relation = Arc::new(table(
        5100,
        "t",
        vec![table_column(1, "id", oid::INT4, true), table_column(2, "v", oid::INT4, false)],
        vec![table_index(1, "t_pkey", &[1], true), table_index(2, "t_v", &[2], false)],
    ));
    let env = small();
    let codec = RowCodec::new(&relation).expect("valid");
    for id in 0..200 {
        let row = ints(&[id, id % 20]);
        let key = codec.row_key(&row, || [0; 16]).expect("valid");
        let entry = codec.index_entry(1, &row[1..], &row, &key).expect("valid");
        let mut rows = env.rows.lock();
        rows.insert(entry.key, entry.value);
        rows.insert(key, codec.row_value(&row).expect("valid"));
    }
    let left = random_rows(300, 1, 40);
    for (index, place) in [(None, 0usize), (Some(1), 1)] {
        for kind in [JoinKind::Inner, JoinKind::Left, JoinKind::Semi, JoinKind::Anti] {
            let scan = Scan {
                relation: Arc::clone(&relation),
                alias: None,
                index,
                index_only: false,
                ranges: vec![IndexRange {
                    equal: vec![EqualTo::Value(column(0))],
                    ..IndexRange::default()
                }],
                direction: Direction::Ascending,
                columns: vec![ScanColumn::Attribute(0), ScanColumn::Attribute(1)],
                filter: Some(call(&LESS, column(0), constant(150))),
                limit: None,
                bitmap: None,
                nearest: None,
            };
            let join = IndexJoin { left: values(&left), kind, scan, condition: None };
            let rows = query(plan(Operator::IndexJoin(Box::new(join)), 3), &env).expect("valid");
            let mut wanted = Vec::new();
            for row in &left {
                let matches: Vec<Row> = (0..150)
                    .map(|id| ints(&[id, id % 20]))
                    .filter(|other| format!("{:?}", other[place]) == format!("{:?}", row[0]))
                    .collect();
                match kind {
                    JoinKind::Semi if !matches.is_empty() => wanted.push(row.clone()),
                    JoinKind::Anti if matches.is_empty() => wanted.push(row.clone()),
                    JoinKind::Semi | JoinKind::Anti => {}
                    _ => {
                        if matches.is_empty() && kind == JoinKind::Left {
                            wanted.push([row.clone(), vec![Datum::Null; 2]].concat());
                        }
                        for other in matches {
                            wanted.push([row.clone(), other].concat());
                        }
                    }
                }
            }
            assert_eq!(sorted(&rows), sorted(&wanted), "{index:?} {kind:?}");
        }
    }
}

#[test]
fn columns_added_later_have_their_missing_value() {
    let before = Arc::new(table(
        5200,
        "t",
        vec![table_column(1, "id", oid::INT4, true)],
        vec![table_index(1, "t_pkey", &[1], true)],
    ));
    let mut after = (*before).clone();
    let mut added = table_column(2, "added", oid::INT4, false);
    let mut missing = Vec::new();
    encoding::write_datum(&Datum::Int4(42), &mut missing);
    added.missing = Some(missing);
    after.columns.push(added);
    let env = small();
    let codec = RowCodec::new(&before).expect("valid");
    let key = codec.row_key(&ints(&[1]), || [0; 16]).expect("valid");
    env.rows.lock().insert(key, codec.row_value(&ints(&[1])).expect("valid"));
    assert_eq!(shown(&stored(&Arc::new(after), &env)), shown(&[ints(&[1, 42])]));
}

#[test]
fn a_point_look_up_takes_the_short_way_and_the_long_one_alike() {
    let relation = Arc::new(table(
        5300,
        "t",
        vec![table_column(1, "id", oid::INT4, true), table_column(2, "v", oid::INT4, false)],
        vec![table_index(1, "t_pkey", &[1], true)],
    ));
    let env = small();
    let codec = RowCodec::new(&relation).expect("valid");
    let key = codec.row_key(&ints(&[7, 70]), || [0; 16]).expect("valid");
    env.rows.lock().insert(key, codec.row_value(&ints(&[7, 70])).expect("valid"));
    let scan = Scan {
        relation,
        alias: None,
        index: None,
        index_only: false,
        ranges: vec![IndexRange {
            equal: vec![EqualTo::Value(Expr::Parameter { number: 0, ty: SqlType::new(oid::INT4) })],
            ..IndexRange::default()
        }],
        direction: Direction::Ascending,
        columns: vec![ScanColumn::Attribute(1)],
        filter: None,
        limit: None,
        bitmap: None,
        nearest: None,
    };
    let statement = statement(plan(Operator::Scan(Box::new(scan)), 1), StatementKind::Select);
    let shared: Arc<dyn Environment> = env;
    for (id, wanted) in [(Datum::Int4(7), 1), (Datum::Int4(8), 0), (Datum::Null, 0)] {
        let short =
            execute_trivial(&statement, std::slice::from_ref(&id), &shared).expect("valid").rows;
        let mut long =
            Execution::start(Arc::clone(&statement), vec![id], Arc::clone(&shared)).expect("valid");
        let rows = long.next_batch(10).expect("valid").unwrap_or_default();
        assert_eq!(shown(&short), shown(&rows));
        assert_eq!(short.len(), wanted);
    }
}

#[test]
fn errors_of_evaluation_point_nowhere() {
    static FAILS: FunctionDef = FunctionDef {
        oid: 0,
        name: "fails",
        arguments: &[oid::INT4, oid::INT4],
        argument_names: &[],
        defaults: &[],
        variadic: 0,
        result: oid::INT4,
        columns: &[],
        kind: FunctionKind::Scalar,
        strict: true,
        volatility: Volatility::Immutable,
        body: FunctionBody::Scalar(|_, _| {
            Err(types::SqlError::new(types::sqlstate::DIVISION_BY_ZERO, "division by zero"))
        }),
    };
    let failing = || call(&FAILS, column(0), column(0));
    let error = query(project(values(&[ints(&[1])]), vec![failing()]), &small()).unwrap_err();
    assert_eq!((error.sqlstate(), error.fields().location), ("22012", None));
    // A branch that is not taken does not fail.
    let lazy = Expr::Case {
        branches: vec![(call(&LESS, column(0), constant(0)), failing())],
        otherwise: Some(Box::new(constant(3))),
        ty: INT4,
    };
    let rows = query(project(values(&[ints(&[1])]), vec![lazy]), &small()).expect("valid");
    assert_eq!(shown(&rows), shown(&[ints(&[3])]));
}
