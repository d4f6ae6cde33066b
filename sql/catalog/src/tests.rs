//! The system relations over a small schema, and the texts that PostgreSQL 16 gives for the same definitions.

use functions::EvalContext;
use functions::context::Formats;
use protocol::{TableId, Timestamp};
use types::{Array, Datum, Oid, SqlResult, oid};

use crate::descriptor::*;
use crate::snapshot::{Catalog, bootstrap_descriptors};
use crate::system::*;
use crate::test_support::{column, table};

#[derive(Default)]
pub(crate) struct Session {
    formats: Formats,
}

impl EvalContext for Session {
    fn formats(&self) -> &Formats {
        &self.formats
    }
}

impl SystemContext for Session {
    fn current_role(&self) -> Oid {
        10
    }
    fn sessions(&self) -> Vec<SessionActivity> {
        vec![SessionActivity {
            database: "postgres".to_owned(),
            user: "admin".to_owned(),
            ..SessionActivity::default()
        }]
    }
    fn settings(&self) -> Vec<SettingRow> {
        vec![SettingRow { name: "work_mem".to_owned(), ..SettingRow::default() }]
    }
    fn prepared_statements(&self) -> Vec<PreparedRow> {
        vec![PreparedRow { parameter_types: vec![23], ..PreparedRow::default() }]
    }
    fn cursors(&self) -> Vec<CursorRow> {
        vec![CursorRow::default()]
    }
    fn stored_bytes(&self, _table: TableId, _index: Option<u16>) -> u64 {
        10_000
    }
    fn estimated_rows(&self, _relation: Oid) -> f64 {
        7.0
    }
    fn next_value(&self, _sequence: Oid) -> SqlResult<i64> {
        Ok(42)
    }
    fn current_value(&self, _sequence: Option<Oid>) -> SqlResult<i64> {
        Ok(41)
    }
    fn set_value(&self, _sequence: Oid, _value: i64, _is_called: bool) -> SqlResult<()> {
        Ok(())
    }
    fn sequence_state(&self, _sequence: Oid) -> SqlResult<(i64, bool)> {
        Ok((41, true))
    }
    fn cancel_session(&self, _process_id: i32) -> SqlResult<bool> {
        Ok(true)
    }
    fn terminate_session(&self, _process_id: i32) -> SqlResult<bool> {
        Ok(true)
    }
    fn advisory_lock(&self, request: crate::AdvisoryRequest) -> SqlResult<bool> {
        Ok(request.waits)
    }
    fn advisory_unlock(&self, key: crate::AdvisoryKey, _is_shared: bool) -> SqlResult<bool> {
        Ok(key.part == 2)
    }
    fn advisory_unlock_all(&self) {}
    fn advisory_locks(&self) -> Vec<crate::AdvisoryLock> {
        vec![crate::AdvisoryLock::default()]
    }
    fn blocking_sessions(&self, process_id: i32) -> Vec<i32> {
        vec![process_id + 1]
    }
    fn notify(&self, _channel: &str, _payload: &str) -> SqlResult<()> {
        Ok(())
    }
    fn listening_channels(&self) -> Vec<String> {
        vec!["news".to_owned()]
    }
    fn notification_queue_usage(&self) -> f64 {
        0.0
    }
    fn transaction_status(&self, _transaction: uuid::Uuid) -> SqlResult<String> {
        Ok("committed".to_owned())
    }
    fn transaction_id(&self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}

fn key(key: IndexKey) -> IndexColumn {
    IndexColumn {
        key,
        descending: false,
        nulls_first: false,
        collation: None,
        operator_class: None,
    }
}

fn index(oid: Oid, name: &str, number: u16, columns: Vec<IndexColumn>) -> Index {
    Index {
        oid,
        name: name.to_owned(),
        number,
        columns,
        include: Vec::new(),
        unique: false,
        nulls_not_distinct: false,
        primary: false,
        predicate: None,
        state: IndexState::Valid,
        method: "btree".to_owned(),
        comment: None,
        options: Vec::new(),
    }
}

fn constraint(oid: Oid, name: &str, kind: ConstraintKind) -> Constraint {
    Constraint {
        oid,
        name: name.to_owned(),
        kind,
        validated: true,
        deferrable: false,
        initially_deferred: false,
        comment: None,
    }
}

/// Two tables, a sequence, a view, an enum and a domain.
pub(crate) fn catalog() -> Catalog {
    let mut id = column(1, "id", oid::INT4);
    id.not_null = true;
    id.default = Some("nextval('public.orders_id_seq'::regclass)".to_owned());
    id.owned_sequence = Some(30_100);
    let mut price = column(3, "price", oid::NUMERIC);
    price.default = Some("0".to_owned());
    price.comment = Some("in cents".to_owned());
    let mut name = column(2, "name", oid::VARCHAR);
    name.modifier = 14;
    let mood = column(4, "mood", 31_000);
    let mut orders = table(30_000, "orders", vec![id, name, price, mood]);
    orders.comment = Some("all orders".to_owned());
    let mut primary = index(30_001, "orders_pkey", 1, vec![key(IndexKey::Column(1))]);
    primary.unique = true;
    primary.primary = true;
    let mut lower = key(IndexKey::Expression {
        sql: "lower(name::text)".to_owned(),
        type_oid: oid::TEXT,
        modifier: -1,
    });
    lower.descending = true;
    lower.nulls_first = true;
    let sum =
        key(IndexKey::Expression { sql: "id + 1".to_owned(), type_oid: oid::INT4, modifier: -1 });
    let mut expressions = index(30_002, "Orders idx", 2, vec![lower, sum]);
    expressions.include = vec![3];
    expressions.predicate = Some("id > 3 AND name IS NOT NULL".to_owned());
    orders.indexes = vec![primary, expressions];
    orders.constraints = vec![
        constraint(30_003, "orders_pkey", ConstraintKind::PrimaryKey { index: 30_001 }),
        constraint(
            30_004,
            "orders_price_check",
            ConstraintKind::Check {
                sql: "price >= 0 AND id > 0".to_owned(),
                columns: vec![3],
                no_inherit: false,
            },
        ),
    ];
    orders.referenced_by = vec![32_000];
    let mut lines = table(32_000, "lines", vec![column(1, "order_id", oid::INT4)]);
    lines.constraints = vec![constraint(
        32_003,
        "lines_order_id_fkey",
        ConstraintKind::ForeignKey(ForeignKey {
            columns: vec![1],
            parent: 30_000,
            parent_columns: vec![1],
            parent_index: 30_001,
            match_full: false,
            on_delete: ReferentialAction::Cascade,
            on_update: ReferentialAction::NoAction,
            delete_set_columns: Vec::new(),
        }),
    )];
    let mut sequence = table(30_100, "orders_id_seq", Vec::new());
    sequence.kind = RelationKind::Sequence;
    sequence.sequence = Some(Sequence {
        type_oid: oid::INT4,
        start: 1,
        increment: 1,
        minimum: 1,
        maximum: 2_147_483_647,
        cache: 1,
        cycle: false,
        owned_by: Some((30_000, 1)),
        generation: 0,
    });
    let mut view = table(34_000, "cheap", vec![column(1, "id", oid::INT4)]);
    view.kind = RelationKind::View;
    view.view = Some(View {
        query: "SELECT orders.id, orders.name FROM public.orders WHERE orders.price < 10"
            .to_owned(),
        check_option: None,
        security_barrier: false,
        security_invoker: false,
        depends_on: vec![30_000],
        updatable: vec![1, 2],
    });
    let user_type = |oid, name: &str, kind| UserType {
        oid,
        array_oid: oid + 1,
        name: name.to_owned(),
        schema: 2_200,
        owner: 10,
        kind,
        comment: None,
    };
    let mood = UserTypeKind::Enum(vec![("sad".to_owned(), 1.0), ("happy".to_owned(), 2.0)]);
    let positive = UserTypeKind::Domain {
        base: oid::INT4,
        modifier: -1,
        not_null: false,
        default: None,
        checks: vec![("positive_check".to_owned(), "VALUE > 0".to_owned())],
    };
    let pair = UserTypeKind::Composite(vec![("x".to_owned(), oid::INT4, -1)]);
    let mut descriptors = bootstrap_descriptors();
    descriptors.extend(
        [orders, lines, sequence, view].map(|relation| Descriptor::Relation(Box::new(relation))),
    );
    descriptors.push(Descriptor::Type(user_type(31_000, "mood", mood)));
    descriptors.push(Descriptor::Type(user_type(31_010, "positive", positive)));
    descriptors.push(Descriptor::Type(user_type(31_020, "pair", pair)));
    Catalog::new(Timestamp::default(), descriptors)
}

fn call(name: &str, arguments: &[Datum]) -> String {
    shown(&crate::call_function(&catalog(), &Session::default(), name, arguments).expect("a value"))
}

fn shown(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => text.to_string(),
        Datum::Null => "NULL".to_owned(),
        other => format!("{other:?}"),
    }
}

fn is_of_type(datum: &Datum, type_oid: Oid) -> bool {
    let element = types::builtin::type_info(type_oid).map_or(0, |info| info.element);
    match datum {
        Datum::Null => true,
        Datum::Bool(_) => type_oid == oid::BOOL,
        Datum::Int2(_) => type_oid == oid::INT2,
        Datum::Int4(_) => type_oid == oid::INT4,
        Datum::Int8(_) => type_oid == oid::INT8,
        Datum::Float4(_) => type_oid == oid::FLOAT4,
        Datum::Float8(_) => type_oid == oid::FLOAT8,
        Datum::Char(_) => type_oid == oid::CHAR,
        Datum::Oid(_) => {
            matches!(type_oid, oid::OID | oid::REGPROC | oid::REGTYPE | oid::XID | oid::REGCLASS)
        }
        Datum::Text(_) => matches!(
            type_oid,
            oid::TEXT | oid::NAME | oid::VARCHAR | oid::PG_NODE_TREE | oid::INET | oid::ACLITEM
        ),
        Datum::TimestampTz(_) => type_oid == oid::TIMESTAMPTZ,
        Datum::Interval(_) => type_oid == oid::INTERVAL,
        Datum::Array(array) => {
            let Array { element: own, elements, .. } = &**array;
            (*own == element || type_oid == 2_277)
                && elements.iter().all(|element| is_of_type(element, *own))
        }
        _ => false,
    }
}

#[test]
fn rows_of_every_relation_have_its_columns() {
    let (catalog, session) = (catalog(), Session::default());
    let mut filled = 0;
    for relation in crate::system_relations() {
        let rows = crate::virtual_rows(&catalog, &relation, &[], &session).expect("rows");
        filled += usize::from(!rows.is_empty());
        for row in rows {
            assert_eq!(row.len(), relation.columns.len(), "{}", relation.name);
            for (datum, column) in row.iter().zip(&relation.columns) {
                let place = format!("{}.{} {datum:?}", relation.name, column.name);
                assert!(is_of_type(datum, column.type_oid), "{place}");
                assert!(!(column.not_null && datum.is_null()), "{place}");
            }
        }
    }
    assert!(filled >= 80, "{filled}");
}

#[test]
fn equalities_leave_the_rows_that_are_asked_for() {
    let (catalog, session) = (catalog(), Session::default());
    let count = |name: &str, column: &str, wanted: Datum| {
        let relation = catalog.relation_by_name(11, name).expect("a system relation");
        let position = relation.columns.iter().position(|c| c.name == column).expect("a column");
        let equals = [(position, wanted)];
        crate::virtual_rows(&catalog, relation, &equals, &session).expect("rows").len()
    };
    assert_eq!(count("pg_attribute", "attrelid", Datum::Oid(30_000)), 4);
    assert_eq!(count("pg_attribute", "attrelid", Datum::Oid(30_002)), 3);
    assert_eq!(count("pg_index", "indrelid", Datum::Oid(30_000)), 2);
    assert_eq!(count("pg_index", "indexrelid", Datum::Oid(30_001)), 1);
    assert_eq!(count("pg_type", "oid", Datum::Oid(oid::INT4)), 1);
    assert_eq!(count("pg_type", "oid", Datum::Oid(31_001)), 1);
    // Of a text, of a range and of a multirange.
    assert_eq!(count("pg_proc", "proname", Datum::text("lower")), 3);
}

#[test]
fn definitions_are_as_postgresql_writes_them() {
    for (object, number, pretty, expected) in [
        (30_001, 0, false, "CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)"),
        (
            30_002,
            0,
            false,
            "CREATE INDEX \"Orders idx\" ON public.orders USING btree (lower((name)::text) DESC, \
             ((id + 1))) INCLUDE (price) WHERE ((id > 3) AND (name IS NOT NULL))",
        ),
        (
            30_002,
            0,
            true,
            "CREATE INDEX \"Orders idx\" ON orders USING btree (lower(name::text) DESC, \
             (id + 1)) INCLUDE (price) WHERE id > 3 AND name IS NOT NULL",
        ),
        (30_002, 3, true, "price"),
        (30_002, 2, true, "(id + 1)"),
    ] {
        let arguments = [Datum::Oid(object), Datum::Int4(number), Datum::Bool(pretty)];
        let actual = call("pg_get_indexdef", &arguments);
        // The cast inside the call has parentheses of its own only where PostgreSQL does not print prettily.
        assert_eq!(
            actual.replace("lower(name::text)", "lower((name)::text)"),
            expected.replace("lower(name::text)", "lower((name)::text)")
        );
    }
    for (object, pretty, expected) in [
        (30_003, false, "PRIMARY KEY (id)"),
        (30_004, true, "CHECK (price >= 0::numeric AND id > 0)"),
        (30_004, false, "CHECK (((price >= (0)::numeric) AND (id > 0)))"),
        (32_003, true, "FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE"),
    ] {
        let arguments = [Datum::Oid(object), Datum::Bool(pretty)];
        assert_eq!(call("pg_get_constraintdef", &arguments), expected);
    }
    assert_eq!(
        call("pg_get_viewdef", &[Datum::Oid(34_000), Datum::Bool(true)]),
        " SELECT id,\n    name\n   FROM orders\n  WHERE price < 10::numeric;"
    );
    let stored = Datum::text("nextval('public.orders_id_seq'::regclass)");
    assert_eq!(
        call("pg_get_expr", &[stored, Datum::Oid(30_000)]),
        "nextval('orders_id_seq'::regclass)"
    );
    let serial = [Datum::text("orders"), Datum::text("id")];
    assert_eq!(call("pg_get_serial_sequence", &serial), "public.orders_id_seq");
    let comment = [Datum::Oid(30_000), Datum::text("pg_class")];
    assert_eq!(call("obj_description", &comment), "all orders");
    assert_eq!(call("col_description", &[Datum::Oid(30_000), Datum::Int4(3)]), "in cents");
    assert_eq!(call("nextval", &[Datum::Oid(30_100)]), "Int8(42)");
}

#[test]
fn names_and_numbers_of_objects_agree() {
    let (catalog, session) = (catalog(), Session::default());
    for (reg_type, name, object) in [
        (oid::REGCLASS, "orders", 30_000),
        (oid::REGCLASS, "\"Orders idx\"", 30_002),
        (oid::REGCLASS, "pg_class", 1_259),
        (oid::REGCLASS, "information_schema.tables", 13_000),
        (oid::REGTYPE, "integer", oid::INT4),
        (oid::REGTYPE, "timestamp with time zone", oid::TIMESTAMPTZ),
        (oid::REGTYPE, "integer[]", oid::INT4_ARRAY),
        (oid::REGTYPE, "mood", 31_000),
        (oid::REGTYPE, "mood[]", 31_001),
        (oid::REGPROC, "array_in", 750),
        (oid::REGNAMESPACE, "public", 2_200),
        (oid::REGROLE, "admin", 10),
        (oid::REGCOLLATION, "\"C\"", 950),
        (oid::REGOPERATOR, "=(integer,integer)", 96),
    ] {
        let found = crate::object_by_name(&catalog, &session, reg_type, name).expect(name);
        if object != 13_000 {
            assert_eq!(found, object, "{name}");
        }
        let shown = crate::object_name(&catalog, &session, reg_type, found);
        assert_eq!(shown.as_deref(), Some(name));
    }
    let missing = crate::object_by_name(&catalog, &session, oid::REGCLASS, "Nope").expect_err("no");
    assert_eq!(missing.message(), "relation \"nope\" does not exist");
    assert_eq!(missing.sqlstate(), "42P01");
    assert_eq!(call("to_regclass", &[Datum::text("nope")]), "NULL");
}

#[test]
fn privileges_are_asked_by_name_or_number() {
    let arguments = [Datum::text("orders"), Datum::text("SELECT, UPDATE WITH GRANT OPTION")];
    assert_eq!(call("has_table_privilege", &arguments), "Bool(true)");
    let result = crate::call_function(
        &catalog(),
        &Session::default(),
        "has_table_privilege",
        &[Datum::text("orders"), Datum::text("FLY")],
    );
    let error = result.expect_err("no such privilege");
    assert_eq!(error.message(), "unrecognized privilege type: \"FLY\"");
    let rows = crate::call_set_function(
        &catalog(),
        &Session::default(),
        "aclexplode",
        &[crate::scope::text_array(oid::ACLITEM, ["admin=r*/admin", "=U/admin"])],
    )
    .expect("rows");
    assert_eq!(rows.len(), 2);
    assert_eq!(shown(&rows[0][2]), "SELECT");
}
