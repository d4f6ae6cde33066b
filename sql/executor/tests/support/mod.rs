//! A transaction in memory, and short ways to write plans.
#![allow(dead_code)]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use catalog::{
    Column, Generated, Index, IndexColumn, IndexKey, IndexState, Relation, RelationKind,
};
use executor::environment::{DeferredCheck, Environment, ReadRequest};
use executor::{Execution, RowCodec};
use functions::EvalContext;
use functions::definition::Volatility;
use functions::definition::{Accumulator, AggregateDef, FunctionBody, FunctionDef, FunctionKind};
use parking_lot::Mutex;
use planner::expression::{Aggregate, Call, Expr, SortKey};
use planner::plan::{
    Estimate, Operator, OutputColumn, Plan, Statement, StatementKind, Target, TargetIndex,
};
use protocol::TableId;
use protocol::storage::{Direction, Filtered, ReadError, ScanCursor, StoredRow};
use protocol::transaction::{Addition, Check, ConflictClass, Write};
use types::formats::Formats;
use types::{Datum, Oid, Row, SqlResult, SqlType, compare, oid};

pub struct MemoryEnv {
    formats: Formats,
    pub rows: Mutex<BTreeMap<Bytes, Bytes>>,
    pub statement: Mutex<BTreeMap<Bytes, Option<Bytes>>>,
    pub writes: Mutex<Vec<Write>>,
    pub checks: Mutex<Vec<Check>>,
    pub deferred: Mutex<Vec<DeferredCheck>>,
    pub targets: Mutex<HashMap<Oid, Arc<Target>>>,
    pub budget: usize,
    directory: tempfile::TempDir,
    next_id: AtomicU64,
}

impl MemoryEnv {
    pub fn new(budget: usize) -> Arc<MemoryEnv> {
        Arc::new(MemoryEnv {
            formats: Formats::default(),
            rows: Mutex::default(),
            statement: Mutex::default(),
            writes: Mutex::default(),
            checks: Mutex::default(),
            deferred: Mutex::default(),
            targets: Mutex::default(),
            budget,
            directory: tempfile::tempdir().expect("valid"),
            next_id: AtomicU64::new(1),
        })
    }

    /// Makes the statement's writes visible to the next one.
    pub fn end_statement(&self) {
        let mut rows = self.rows.lock();
        for (key, value) in std::mem::take(&mut *self.statement.lock()) {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        self.writes.lock().clear();
        self.checks.lock().clear();
    }

    /// From now on nothing can spill.
    pub fn remove_spill_directory(&self) {
        std::fs::remove_dir(self.directory.path()).expect("valid");
    }

    fn read(&self, latest: bool) -> BTreeMap<Bytes, Bytes> {
        let mut rows = self.rows.lock().clone();
        if latest {
            for (key, value) in self.statement.lock().iter() {
                match value {
                    Some(value) => rows.insert(key.clone(), value.clone()),
                    None => rows.remove(key),
                };
            }
        }
        rows
    }

    fn open(&self, request: ReadRequest, latest: bool) -> SqlResult<Box<dyn ScanCursor>> {
        let mut found = Vec::new();
        if request.start < request.end {
            for (key, value) in self.read(latest).range(request.start.clone()..request.end.clone())
            {
                found.push(StoredRow { key: key.clone(), value: value.clone() });
            }
        }
        if request.direction == Direction::Descending {
            found.reverse();
        }
        Ok(Box::new(Cursor { rows: found.into_iter(), request, given: 0 }))
    }
}

struct Cursor {
    rows: std::vec::IntoIter<StoredRow>,
    request: ReadRequest,
    given: u64,
}

impl ScanCursor for Cursor {
    fn next_batch(&mut self, rows: &mut Vec<StoredRow>, limit: usize) -> Result<bool, ReadError> {
        let mut count = 0;
        while count < limit {
            if self.request.limit.is_some_and(|limit| self.given >= limit) {
                return Ok(false);
            }
            let Some(mut row) = self.rows.next() else {
                return Ok(false);
            };
            if let Some(filter) = &self.request.filter {
                match filter.apply(&row.key, &row.value).map_err(ReadError::Filter)? {
                    Filtered::Drop => continue,
                    Filtered::Keep => {}
                    Filtered::Replace(value) => row.value = value,
                }
            }
            rows.push(row);
            self.given += 1;
            count += 1;
        }
        Ok(true)
    }

    fn split(self: Box<Self>, parts: usize) -> Result<Vec<Box<dyn ScanCursor>>, ReadError> {
        if self.request.limit.is_some() {
            return Ok(vec![self]);
        }
        let request = self.request;
        let rest: Vec<StoredRow> = self.rows.collect();
        let part = |rows: Vec<StoredRow>| -> Box<dyn ScanCursor> {
            Box::new(Cursor { rows: rows.into_iter(), request: request.clone(), given: 0 })
        };
        let each = rest.len().div_ceil(parts).max(1);
        Ok(rest.chunks(each).map(|rows| part(rows.to_vec())).collect())
    }
}

impl EvalContext for MemoryEnv {
    fn formats(&self) -> &Formats {
        &self.formats
    }
}

impl Environment for MemoryEnv {
    fn get(&self, key: &[u8]) -> SqlResult<Option<Bytes>> {
        Ok(self.rows.lock().get(key).cloned())
    }

    fn multi_get(&self, keys: &[Bytes]) -> SqlResult<Vec<Option<Bytes>>> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    fn scan(&self, request: ReadRequest) -> SqlResult<Box<dyn ScanCursor>> {
        self.open(request, false)
    }

    fn get_latest(&self, key: &[u8]) -> SqlResult<Option<Bytes>> {
        match self.statement.lock().get(key) {
            Some(value) => Ok(value.clone()),
            None => self.get(key),
        }
    }

    fn scan_latest(&self, request: ReadRequest) -> SqlResult<Box<dyn ScanCursor>> {
        self.open(request, true)
    }

    fn written_by_statement(&self, key: &[u8]) -> bool {
        self.statement.lock().contains_key(key)
    }

    fn write(&self, write: Write) -> SqlResult<()> {
        self.statement.lock().insert(write.key.clone(), write.value.clone());
        self.writes.lock().push(write);
        Ok(())
    }

    fn add(&self, addition: Addition, value: Bytes) -> SqlResult<()> {
        let class = Some(ConflictClass::Delta);
        self.write(Write { key: addition.key, value: Some(value), class })
    }

    fn check(&self, check: Check) -> SqlResult<()> {
        self.checks.lock().push(check);
        Ok(())
    }

    fn touch(&self, _relation: &Relation) -> SqlResult<()> {
        Ok(())
    }

    fn defer(&self, check: DeferredCheck) -> SqlResult<()> {
        self.deferred.lock().push(check);
        Ok(())
    }

    fn is_deferred(&self, _constraint: Oid, initially: bool) -> bool {
        initially
    }

    fn virtual_rows(&self, _: &Relation, _: &[(usize, Datum)]) -> SqlResult<Vec<Row>> {
        Ok(vec![vec![Datum::Int4(1), Datum::text("one")], vec![Datum::Int4(2), Datum::text("two")]])
    }

    fn target(&self, relation: Oid) -> SqlResult<Arc<Target>> {
        Ok(Arc::clone(&self.targets.lock()[&relation]))
    }

    fn new_row_id(&self) -> [u8; 16] {
        u128::from(self.next_id.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
    }

    fn helpers(&self) -> usize {
        2
    }

    fn help(&self, task: Box<dyn FnOnce() + Send>) -> bool {
        std::thread::spawn(task);
        true
    }

    fn memory_budget(&self) -> usize {
        self.budget
    }

    fn spill_directory(&self) -> &Path {
        self.directory.path()
    }
}

const fn scalar(
    name: &'static str,
    arguments: &'static [Oid],
    result: Oid,
    body: functions::ScalarFn,
) -> FunctionDef {
    FunctionDef {
        oid: 0,
        name,
        arguments,
        argument_names: &[],
        defaults: &[],
        variadic: 0,
        result,
        columns: &[],
        kind: FunctionKind::Scalar,
        strict: true,
        volatility: Volatility::Immutable,
        body: FunctionBody::Scalar(body),
    }
}

fn int(datum: &Datum) -> i64 {
    match datum {
        Datum::Int4(value) => i64::from(*value),
        Datum::Int8(value) => *value,
        other => panic!("{other:?}"),
    }
}

fn as_int4(value: i64) -> Datum {
    Datum::Int4(i32::try_from(value).expect("valid"))
}

const PAIR: &[Oid] = &[oid::INT4, oid::INT4];
pub static EQUAL: FunctionDef = scalar("equal", PAIR, oid::BOOL, |_, arguments| {
    Ok(Datum::Bool(compare::equal(&arguments[0], &arguments[1])))
});
pub static LESS: FunctionDef = scalar("less", PAIR, oid::BOOL, |_, arguments| {
    Ok(Datum::Bool(compare::compare(&arguments[0], &arguments[1]).is_lt()))
});
pub static ADD: FunctionDef = scalar("add", PAIR, oid::INT4, |_, arguments| {
    Ok(as_int4(int(&arguments[0]) + int(&arguments[1])))
});
pub static SUBTRACT: FunctionDef = scalar("subtract", PAIR, oid::INT4, |_, arguments| {
    Ok(as_int4(int(&arguments[0]) - int(&arguments[1])))
});

struct Sum {
    total: i64,
    count: i64,
}

impl Accumulator for Sum {
    fn add(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<()> {
        self.total += int(&arguments[0]);
        self.count += 1;
        Ok(())
    }

    fn remove(&mut self, _: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<bool> {
        self.total -= int(&arguments[0]);
        self.count -= 1;
        Ok(true)
    }

    fn result(&mut self, _: &dyn EvalContext) -> SqlResult<Datum> {
        Ok(if self.count == 0 { Datum::Null } else { Datum::Int8(self.total) })
    }

    fn size_bytes(&self) -> usize {
        16
    }

    fn state(&self) -> Option<Row> {
        Some(vec![Datum::Int8(self.total), Datum::Int8(self.count)])
    }

    fn merge(&mut self, _: &dyn EvalContext, state: &[Datum]) -> SqlResult<()> {
        self.total += int(&state[0]);
        self.count += int(&state[1]);
        Ok(())
    }
}

pub static SUM: AggregateDef = AggregateDef {
    start: |_| Box::new(Sum { total: 0, count: 0 }),
    skips_null: true,
    kind: 'n',
    direct_arguments: 0,
};
pub static SUM_FUNCTION: FunctionDef = FunctionDef {
    oid: 0,
    name: "sum",
    arguments: &[oid::INT4],
    argument_names: &[],
    defaults: &[],
    variadic: 0,
    result: oid::INT8,
    columns: &[],
    kind: FunctionKind::Aggregate,
    strict: false,
    volatility: Volatility::Immutable,
    body: FunctionBody::Aggregate(&SUM),
};

pub fn sum_of(index: usize) -> Aggregate {
    Aggregate {
        function: &SUM_FUNCTION,
        definition: &SUM,
        arguments: vec![column(index)],
        argument_types: vec![oid::INT4],
        direct: Vec::new(),
        distinct: false,
        order_by: Vec::new(),
        filter: None,
        ty: SqlType::new(oid::INT8),
    }
}

pub const INT4: SqlType = SqlType::new(oid::INT4);

pub fn column(index: usize) -> Expr {
    Expr::Column { index, ty: INT4 }
}

pub fn constant(value: i32) -> Expr {
    Expr::Constant { value: Datum::Int4(value), ty: INT4 }
}

pub fn call(function: &'static FunctionDef, left: Expr, right: Expr) -> Expr {
    Expr::Call(Box::new(Call {
        function,
        arguments: vec![left, right],
        argument_types: vec![oid::INT4, oid::INT4],
        ty: SqlType::new(function.result),
        location: 7,
    }))
}

pub fn ascending(index: usize) -> SortKey {
    SortKey { expression: column(index), descending: false, nulls_first: false }
}

/// A plan of `width` integer columns.
pub fn plan(operator: Operator, width: usize) -> Plan {
    let column = OutputColumn { name: "c".to_owned(), ty: INT4, table: 0, attribute: 0 };
    Plan { operator, columns: vec![column; width].into(), estimate: Estimate::default() }
}

pub fn values(rows: &[Row]) -> Plan {
    let width = rows.first().map_or(0, Vec::len);
    let rows = rows
        .iter()
        .map(|row| {
            row.iter().map(|value| Expr::Constant { value: value.clone(), ty: INT4 }).collect()
        })
        .collect();
    plan(Operator::Values { rows }, width)
}

pub fn statement(root: Plan, kind: StatementKind) -> Arc<Statement> {
    Arc::new(Statement {
        root,
        ctes: Vec::new(),
        exec_parameters: 8,
        parameters: Vec::new(),
        kind,
        relations: Vec::new(),
        routines: Vec::new(),
        is_trivial: false,
    })
}

pub fn run_statement(
    statement: Arc<Statement>,
    env: &Arc<MemoryEnv>,
) -> SqlResult<(Vec<Row>, u64)> {
    let env: Arc<dyn Environment> = Arc::clone(env) as Arc<dyn Environment>;
    let mut execution = Execution::start(statement, Vec::new(), env)?;
    let mut rows = Vec::new();
    while let Some(batch) = execution.next_batch(100)? {
        assert!(!batch.is_empty() && batch.len() <= 100);
        rows.extend(batch);
    }
    execution.finish()?;
    Ok((rows, execution.affected_rows()))
}

pub fn query(root: Plan, env: &Arc<MemoryEnv>) -> SqlResult<Vec<Row>> {
    Ok(run_statement(statement(root, StatementKind::Select), env)?.0)
}

pub fn modify(
    operator: Operator,
    kind: StatementKind,
    env: &Arc<MemoryEnv>,
) -> SqlResult<(Vec<Row>, u64)> {
    let result = run_statement(statement(plan(operator, 1), kind), env);
    if result.is_err() {
        env.statement.lock().clear();
    }
    result
}

/// Rows in a form that compares, in order.
pub fn shown(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| format!("{row:?}")).collect()
}

/// Rows in a form that compares, whatever their order.
pub fn sorted(rows: &[Row]) -> Vec<String> {
    let mut texts = shown(rows);
    texts.sort();
    texts
}

pub fn ints(values: &[i32]) -> Row {
    values.iter().map(|value| Datum::Int4(*value)).collect()
}

pub fn random_rows(count: usize, width: usize, distinct: i32) -> Vec<Row> {
    use rand::Rng;
    let mut random = rand::rng();
    (0..count)
        .map(|_| {
            (0..width)
                .map(|_| match random.random_range(0..distinct + 1) {
                    0 => Datum::Null,
                    value => Datum::Int4(value),
                })
                .collect()
        })
        .collect()
}

pub fn table_column(number: i16, name: &str, type_oid: Oid, not_null: bool) -> Column {
    Column {
        number,
        name: name.to_owned(),
        type_oid,
        modifier: -1,
        not_null,
        dropped: false,
        default: None,
        missing: None,
        generated: Generated::No,
        owned_sequence: None,
        collation: None,
        grants: None,
        comment: None,
        storage: None,
        statistics_target: None,
        options: Vec::new(),
    }
}

pub fn table_index(number: u16, name: &str, columns: &[i16], unique: bool) -> Index {
    Index {
        oid: 900 + u32::from(number),
        name: name.to_owned(),
        number,
        columns: columns
            .iter()
            .map(|&number| IndexColumn {
                key: IndexKey::Column(number),
                descending: false,
                nulls_first: false,
                collation: None,
                operator_class: None,
            })
            .collect(),
        include: Vec::new(),
        unique,
        nulls_not_distinct: false,
        primary: number == 1,
        predicate: None,
        state: IndexState::Valid,
        method: "btree".to_owned(),
        comment: None,
        options: Vec::new(),
    }
}

pub fn table(oid: Oid, name: &str, columns: Vec<Column>, indexes: Vec<Index>) -> Relation {
    Relation {
        oid,
        type_oid: 0,
        array_type_oid: 0,
        name: name.to_owned(),
        schema: 2200,
        owner: 10,
        kind: RelationKind::Table,
        table_id: TableId(oid),
        columns,
        indexes,
        next_index: 10,
        constraints: Vec::new(),
        view: None,
        sequence: None,
        grants: None,
        comment: None,
        options: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
    }
}

pub fn target(relation: &Arc<Relation>) -> Target {
    Target {
        relation: Arc::clone(relation),
        checks: Vec::new(),
        indexes: relation
            .indexes
            .iter()
            .map(|index| TargetIndex { index: index.clone(), keys: Vec::new(), predicate: None })
            .collect(),
        outgoing: Vec::new(),
        incoming: Vec::new(),
        generated: Vec::new(),
        defaults: Vec::new(),
    }
}

/// All rows of a table as stored, in key order, without the statement's writes.
pub fn stored(relation: &Arc<Relation>, env: &MemoryEnv) -> Vec<Row> {
    let codec = RowCodec::new(relation).expect("valid");
    let prefix = codec.row_prefix();
    let rows = env.rows.lock();
    rows.iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(_, value)| codec.decode(value).expect("valid"))
        .collect()
}

/// Keys of one index.
pub fn entries(relation: &Relation, number: u16, env: &MemoryEnv) -> usize {
    let prefix = protocol::key::prefix(relation.table_id, number);
    env.rows.lock().keys().filter(|key| key.starts_with(&prefix)).count()
}
