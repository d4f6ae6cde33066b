//! `pg_type`, `pg_enum`, `pg_range`, and the classes behind composite types.

use types::{Datum, Oid, Row};

use crate::descriptor::{UserType, UserTypeKind};
use crate::facts::{self, text};
use crate::pg_catalog::classes::type_layout;
use crate::scope::{Scope, letter, opt_text, part_oid, type_collation};

/// The functions of `pg_proc` that read and write values: in, out, receive, send.
const ARRAY: [Oid; 4] = [750, 751, 2_400, 2_401];
const RECORD: [Oid; 4] = [2_290, 2_291, 2_402, 2_403];
const ENUM: [Oid; 4] = [3_504, 3_505, 3_532, 3_533];
const DOMAIN: [Oid; 2] = [2_597, 2_598];

struct Parts<'a> {
    number: Oid,
    name: &'a str,
    schema: Oid,
    owner: Oid,
    kind: char,
    category: char,
    relation: Oid,
    element: Oid,
    array: Oid,
    functions: [Oid; 4],
    not_null: bool,
    base: Oid,
    modifier: i32,
    default: Option<&'a str>,
}

fn type_row(scope: &Scope<'_>, parts: &Parts<'_>) -> Row {
    let (length, by_value, align, storage) = match parts.kind {
        'e' => (4, true, 'i', 'p'),
        'd' => type_layout(scope.catalog, parts.base),
        'c' => (-1, false, 'd', 'x'),
        _ => (-1, false, type_layout(scope.catalog, parts.element).2.max('d'), 'x'),
    };
    let collation = if parts.base != 0 { type_collation(scope.catalog, parts.base) } else { 0 };
    let [read, write, receive, send] = parts.functions;
    let is_array = parts.category == 'A';
    vec![
        Datum::Oid(parts.number),
        text(parts.name),
        Datum::Oid(parts.schema),
        Datum::Oid(parts.owner),
        Datum::Int2(length),
        Datum::Bool(by_value),
        letter(parts.kind),
        letter(parts.category),
        Datum::Bool(false),
        Datum::Bool(true),
        letter(','),
        Datum::Oid(parts.relation),
        Datum::Oid(if is_array { 6_179 } else { 0 }),
        Datum::Oid(parts.element),
        Datum::Oid(parts.array),
        Datum::Oid(read),
        Datum::Oid(write),
        Datum::Oid(receive),
        Datum::Oid(send),
        Datum::Oid(0),
        Datum::Oid(0),
        Datum::Oid(if is_array { 3_816 } else { 0 }),
        letter(align),
        letter(storage),
        Datum::Bool(parts.not_null),
        Datum::Oid(parts.base),
        Datum::Int4(parts.modifier),
        Datum::Int4(0),
        Datum::Oid(collation),
        opt_text(parts.default),
        opt_text(parts.default),
        Datum::Null,
    ]
}

fn base_functions(scope: &Scope<'_>, base: Oid) -> [Oid; 4] {
    let base = functions::type_catalog::base_type(scope.catalog, base);
    let row = facts::rows("pg_type")
        .iter()
        .find(|row| matches!(row.first(), Some(Datum::Oid(number)) if *number == base));
    match row.and_then(|row| row.get(15..19)) {
        Some([_, Datum::Oid(write), _, Datum::Oid(send)]) => [DOMAIN[0], *write, DOMAIN[1], *send],
        _ => [DOMAIN[0], ENUM[1], DOMAIN[1], ENUM[3]],
    }
}

fn array_parts<'a>(array: Oid, name: &'a str, schema: Oid, owner: Oid, element: Oid) -> Parts<'a> {
    Parts {
        number: array,
        name,
        schema,
        owner,
        kind: 'b',
        category: 'A',
        relation: 0,
        element,
        array: 0,
        functions: ARRAY,
        not_null: false,
        base: 0,
        modifier: -1,
        default: None,
    }
}

fn user_type_rows(scope: &Scope<'_>, user_type: &UserType, rows: &mut Vec<Row>) {
    let mut parts = Parts {
        number: user_type.oid,
        name: &user_type.name,
        schema: user_type.schema,
        owner: user_type.owner,
        kind: 'e',
        category: 'E',
        relation: 0,
        element: 0,
        array: user_type.array_oid,
        functions: ENUM,
        not_null: false,
        base: 0,
        modifier: -1,
        default: None,
    };
    match &user_type.kind {
        UserTypeKind::Enum(_) => {}
        UserTypeKind::Domain { base, modifier, not_null, default, .. } => {
            parts.kind = 'd';
            parts.category = functions::type_catalog::category(scope.catalog, *base);
            parts.functions = base_functions(scope, *base);
            parts.not_null = *not_null;
            parts.base = *base;
            parts.modifier = *modifier;
            parts.default = default.as_deref();
        }
        UserTypeKind::Composite(_) => {
            parts.kind = 'c';
            parts.category = 'C';
            parts.relation = part_oid(user_type.oid, 0);
            parts.functions = RECORD;
        }
    }
    rows.push(type_row(scope, &parts));
    if user_type.array_oid != 0 {
        let name = format!("_{}", user_type.name);
        let (schema, owner) = (user_type.schema, user_type.owner);
        let array = array_parts(user_type.array_oid, &name, schema, owner, user_type.oid);
        rows.push(type_row(scope, &array));
    }
}

pub fn pg_type(scope: &Scope<'_>) -> Vec<Row> {
    let wanted = scope.equal_oid("oid");
    let is_wanted = |row: &Row| match (wanted, row.first()) {
        (Some(wanted), Some(Datum::Oid(number))) => *number == wanted,
        _ => true,
    };
    let mut rows: Vec<Row> =
        facts::rows("pg_type").iter().filter(|row| is_wanted(row)).cloned().collect();
    if wanted.is_some() && !rows.is_empty() {
        return rows;
    }
    for relation in scope.catalog.relations().filter(|relation| relation.type_oid != 0) {
        let array = relation.array_type_oid;
        if wanted.is_some_and(|wanted| wanted != relation.type_oid && wanted != array) {
            continue;
        }
        let row_type = Parts {
            number: relation.type_oid,
            name: &relation.name,
            schema: relation.schema,
            owner: relation.owner,
            kind: 'c',
            category: 'C',
            relation: relation.oid,
            element: 0,
            array,
            functions: RECORD,
            not_null: false,
            base: 0,
            modifier: -1,
            default: None,
        };
        rows.push(type_row(scope, &row_type));
        if array != 0 {
            let name = format!("_{}", relation.name);
            let parts =
                array_parts(array, &name, relation.schema, relation.owner, relation.type_oid);
            rows.push(type_row(scope, &parts));
        }
    }
    for user_type in scope.catalog.user_types() {
        user_type_rows(scope, user_type, &mut rows);
    }
    rows.retain(|row| is_wanted(row));
    rows
}

pub fn pg_enum(scope: &Scope<'_>) -> Vec<Row> {
    let wanted = scope.equal_oid("enumtypid");
    let mut rows = Vec::new();
    for user_type in scope.catalog.user_types() {
        let UserTypeKind::Enum(labels) = &user_type.kind else { continue };
        if wanted.is_some_and(|wanted| wanted != user_type.oid) {
            continue;
        }
        for ((label, position), part) in labels.iter().zip(0..) {
            rows.push(vec![
                Datum::Oid(part_oid(user_type.oid, part)),
                Datum::Oid(user_type.oid),
                Datum::Float4(*position),
                text(label),
            ]);
        }
    }
    rows
}

/// Rows of `pg_class` for composite types.
pub fn composite_classes(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for user_type in scope.catalog.user_types() {
        let UserTypeKind::Composite(fields) = &user_type.kind else { continue };
        let number = part_oid(user_type.oid, 0);
        let count = i16::try_from(fields.len()).unwrap_or(i16::MAX);
        let no = || Datum::Bool(false);
        rows.push(vec![
            Datum::Oid(number),
            text(&user_type.name),
            Datum::Oid(user_type.schema),
            Datum::Oid(user_type.oid),
            Datum::Oid(0),
            Datum::Oid(user_type.owner),
            Datum::Oid(0),
            Datum::Oid(0),
            Datum::Oid(0),
            Datum::Int4(0),
            Datum::Float4(0.0),
            Datum::Int4(0),
            Datum::Oid(0),
            no(),
            no(),
            letter('p'),
            letter('c'),
            Datum::Int2(count),
            Datum::Int2(0),
            no(),
            no(),
            no(),
            no(),
            no(),
            Datum::Bool(true),
            letter('n'),
            no(),
            Datum::Oid(0),
            Datum::Oid(0),
            Datum::Oid(0),
            Datum::Null,
            Datum::Null,
            Datum::Null,
        ]);
    }
    rows
}
