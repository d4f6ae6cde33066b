//! Window frames of all modes and exclusions against the definition.

mod support;

use planner::expression::{Frame, FrameBound, FrameExclusion, FrameMode, RangeOffset, WindowCall};
use planner::plan::{Operator, Plan};
use support::*;
use types::{Datum, Row, SqlType, oid};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Edge {
    Unbounded,
    Offset(i64),
}

fn value(datum: &Datum) -> Option<i64> {
    match datum {
        Datum::Int4(value) => Some(i64::from(*value)),
        Datum::Int8(value) => Some(*value),
        _ => None,
    }
}

/// The sum over a frame, row by row from the definition. `rows` are one partition in order.
fn expected(
    rows: &[&Row],
    current: usize,
    mode: FrameMode,
    start: Edge,
    end: Edge,
    exclusion: FrameExclusion,
) -> Option<i64> {
    let key = |row: usize| value(&rows[row][1]);
    let group = |row: usize| (1..=row).filter(|&place| key(place) != key(place - 1)).count() as i64;
    let mut sum = None;
    for (place, _) in rows.iter().enumerate() {
        let distance = match mode {
            FrameMode::Rows => Some(place as i64 - current as i64),
            FrameMode::Groups => Some(group(place) - group(current)),
            FrameMode::Range => match (key(place), key(current)) {
                (Some(place), Some(current)) => Some(place - current),
                (None, None) => Some(0),
                _ => None,
            },
        };
        // NULL keys are last: farther than any offset reaches.
        let far = if key(place).is_none() { i64::MAX } else { i64::MIN };
        let is_null_peer =
            mode == FrameMode::Range && key(place).is_none() && key(current).is_none();
        let distance = distance.unwrap_or(far);
        let within_start = match start {
            Edge::Unbounded => true,
            Edge::Offset(offset) => is_null_peer || distance >= offset,
        };
        let within_end = match end {
            Edge::Unbounded => true,
            Edge::Offset(offset) => is_null_peer || distance <= offset,
        };
        let peer = key(place) == key(current);
        let excluded = match exclusion {
            FrameExclusion::NoOthers => false,
            FrameExclusion::CurrentRow => place == current,
            FrameExclusion::Group => peer,
            FrameExclusion::Ties => peer && place != current,
        };
        if within_start
            && within_end
            && !excluded
            && let Some(number) = value(&rows[place][2])
        {
            sum = Some(sum.unwrap_or(0) + number);
        }
    }
    sum
}

fn bound(edge: Edge, is_start: bool) -> FrameBound {
    let offset = || Some(RangeOffset { add: &ADD, subtract: &SUBTRACT, result: oid::INT4 });
    match edge {
        Edge::Unbounded if is_start => FrameBound::UnboundedPreceding,
        Edge::Unbounded => FrameBound::UnboundedFollowing,
        Edge::Offset(0) => FrameBound::CurrentRow,
        Edge::Offset(by) if by < 0 => {
            FrameBound::Preceding(constant(i32::try_from(-by).expect("valid")), offset())
        }
        Edge::Offset(by) => {
            FrameBound::Following(constant(i32::try_from(by).expect("valid")), offset())
        }
    }
}

fn window(rows: &[Row], calls: Vec<WindowCall>) -> Plan {
    let width = 3 + calls.len();
    let keys = vec![ascending(0), ascending(1)];
    let input = plan(Operator::Sort { input: Box::new(values(rows)), keys, presorted: 0 }, 3);
    plan(
        Operator::Window {
            input: Box::new(input),
            partition: vec![column(0)],
            order: vec![ascending(1)],
            calls,
        },
        width,
    )
}

#[test]
fn frames_agree_with_the_definition() {
    let rows = random_rows(120, 3, 6);
    let env = MemoryEnv::new(64 << 20);
    let edges = [
        (Edge::Unbounded, Edge::Offset(0)),
        (Edge::Unbounded, Edge::Unbounded),
        (Edge::Offset(-2), Edge::Offset(1)),
        (Edge::Offset(0), Edge::Unbounded),
        (Edge::Offset(-3), Edge::Offset(-1)),
        (Edge::Offset(1), Edge::Offset(2)),
    ];
    let exclusions = [
        FrameExclusion::NoOthers,
        FrameExclusion::CurrentRow,
        FrameExclusion::Group,
        FrameExclusion::Ties,
    ];
    for mode in [FrameMode::Rows, FrameMode::Range, FrameMode::Groups] {
        for (start, end) in edges {
            for exclusion in exclusions {
                let frame =
                    Frame { mode, start: bound(start, true), end: bound(end, false), exclusion };
                let call = WindowCall {
                    function: &SUM_FUNCTION,
                    arguments: vec![column(2)],
                    argument_types: vec![oid::INT4],
                    filter: None,
                    ignore_nulls: false,
                    frame,
                    ty: SqlType::new(oid::INT8),
                };
                let result = query(window(&rows, vec![call]), &env).expect("valid");
                assert_eq!(result.len(), rows.len());
                let mut from = 0;
                while from < result.len() {
                    let same = |row: &Row| value(&row[0]) == value(&result[from][0]);
                    let to = from + result[from..].iter().take_while(|row| same(row)).count();
                    let partition: Vec<&Row> = result[from..to].iter().collect();
                    for (place, row) in partition.iter().enumerate() {
                        let wanted = expected(&partition, place, mode, start, end, exclusion);
                        assert_eq!(
                            value(&row[3]),
                            wanted,
                            "{mode:?} {start:?} {end:?} {exclusion:?} row {place} of {partition:?}"
                        );
                    }
                    from = to;
                }
            }
        }
    }
}

#[test]
fn ranks_count_rows_and_groups() {
    static ROW_NUMBER: functions::FunctionDef = window_function("row_number");
    static RANK: functions::FunctionDef = window_function("rank");
    static DENSE_RANK: functions::FunctionDef = window_function("dense_rank");
    static LAG: functions::FunctionDef = window_function("lag");
    let rows: Vec<Row> = [10, 10, 20, 30, 30].iter().map(|key| ints(&[1, *key, *key])).collect();
    let calls = [&ROW_NUMBER, &RANK, &DENSE_RANK, &LAG]
        .into_iter()
        .map(|function| WindowCall {
            function,
            arguments: vec![column(2)],
            argument_types: vec![oid::INT4],
            filter: None,
            ignore_nulls: false,
            frame: Frame {
                mode: FrameMode::Range,
                start: FrameBound::UnboundedPreceding,
                end: FrameBound::CurrentRow,
                exclusion: FrameExclusion::NoOthers,
            },
            ty: SqlType::new(oid::INT8),
        })
        .collect();
    let result = query(window(&rows, calls), &MemoryEnv::new(1 << 20)).expect("valid");
    let numbers: Vec<Vec<Option<i64>>> =
        result.iter().map(|row| row[3..].iter().map(value).collect()).collect();
    assert_eq!(
        numbers,
        vec![
            vec![Some(1), Some(1), Some(1), None],
            vec![Some(2), Some(1), Some(1), Some(10)],
            vec![Some(3), Some(3), Some(2), Some(10)],
            vec![Some(4), Some(4), Some(3), Some(20)],
            vec![Some(5), Some(4), Some(3), Some(30)],
        ]
    );
}

const fn window_function(name: &'static str) -> functions::FunctionDef {
    functions::FunctionDef {
        oid: 0,
        name,
        arguments: &[],
        argument_names: &[],
        defaults: &[],
        variadic: 0,
        result: oid::INT8,
        columns: &[],
        kind: functions::FunctionKind::Window,
        strict: false,
        volatility: functions::Volatility::Immutable,
        body: functions::FunctionBody::Window,
    }
}
