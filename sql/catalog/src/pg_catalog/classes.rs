//! `pg_class`, `pg_attribute`, `pg_attrdef`, `pg_index` and `pg_namespace`.

use syntax::ast::Expr;
use types::{Datum, Oid, Row, oid};

use crate::descriptor::{
    Column, ConstraintKind, Generated, Grant, Index, IndexColumn, IndexKey, IndexState, Relation,
    RelationKind, Schema,
};
use crate::facts::{self, text};
use crate::privileges;
use crate::scope::{
    Scope, acl, collation_oid, int2_vector, letter, no_letter, oid_vector, opt_acl, opt_text,
    options, part_oid, type_collation,
};
use crate::snapshot::Catalog;

use super::constraints::{CLASS_CATALOG, NAMESPACE_CATALOG};

/// `pg_am` number of what tables are.
const HEAP: Oid = 2;

/// The `pg_am` number of an index's access method.
fn access_method(index: &Index) -> Oid {
    match index.method.as_str() {
        "hash" => 405,
        "gin" => 2742,
        "ivfflat" => 9960,
        "hnsw" => 9961,
        _ => 403,
    }
}

pub fn relation_letter(kind: RelationKind) -> char {
    match kind {
        RelationKind::Table | RelationKind::Virtual => 'r',
        RelationKind::View | RelationKind::VirtualView => 'v',
        RelationKind::MaterializedView => 'm',
        RelationKind::Sequence => 'S',
    }
}

fn pages(bytes: u64) -> Datum {
    Datum::Int4(i32::try_from(bytes.div_ceil(8_192)).unwrap_or(i32::MAX))
}

fn int2(count: usize) -> Datum {
    Datum::Int2(i16::try_from(count).unwrap_or(i16::MAX))
}

pub fn has_foreign_keys(relation: &Relation) -> bool {
    !relation.referenced_by.is_empty()
        || relation.constraints.iter().any(|c| matches!(c.kind, ConstraintKind::ForeignKey(_)))
}

pub fn pg_class(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let name = scope.equal_text("relname");
    let wanted = scope.equal_oid("oid");
    for relation in scope.relations("oid") {
        let fits = |candidate: &str, number: Oid| {
            name.is_none_or(|name| name == candidate) && wanted.is_none_or(|oid| oid == number)
        };
        if fits(&relation.name, relation.oid) {
            rows.push(relation_row(scope, relation));
        }
        for index in &relation.indexes {
            if fits(&index.name, index.oid) {
                rows.push(index_row(scope, relation, index));
            }
        }
    }
    rows
}

fn relation_row(scope: &Scope<'_>, relation: &Relation) -> Row {
    let stored = matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView);
    let is_table = matches!(relation.kind, RelationKind::Table | RelationKind::Virtual);
    let is_view = matches!(relation.kind, RelationKind::View | RelationKind::VirtualView);
    let columns = sequence_or_own_columns(relation);
    let checks =
        relation.constraints.iter().filter(|c| matches!(c.kind, ConstraintKind::Check { .. }));
    let mut view_options = relation.options.clone();
    if let Some(view) = &relation.view {
        let is_on = |on: bool| on.then(|| "true".to_owned());
        for (name, value) in [
            ("security_barrier", is_on(view.security_barrier)),
            ("security_invoker", is_on(view.security_invoker)),
            ("check_option", view.check_option.clone()),
        ] {
            let is_listed = view_options.iter().any(|(known, _)| known == name);
            view_options.extend(value.filter(|_| !is_listed).map(|value| (name.to_owned(), value)));
        }
    }
    let grants = match (&relation.grants, relation.is_virtual()) {
        (None, true) => Some(privileges::relation_grants(relation)),
        (grants, _) => grants.clone(),
    };
    let (bytes, estimate) = if stored {
        (
            scope.context.stored_bytes(relation.table_id, None),
            scope.context.estimated_rows(relation.oid),
        )
    } else {
        (0, if relation.kind == RelationKind::Sequence { 1.0 } else { -1.0 })
    };
    vec![
        Datum::Oid(relation.oid),
        text(&relation.name),
        Datum::Oid(relation.schema),
        Datum::Oid(relation.type_oid),
        Datum::Oid(0),
        Datum::Oid(relation.owner),
        Datum::Oid(if is_table || stored { HEAP } else { 0 }),
        Datum::Oid(if is_view { 0 } else { relation.oid }),
        Datum::Oid(0),
        pages(bytes),
        Datum::Float4(if is_view { 0.0 } else { estimate as f32 }),
        Datum::Int4(0),
        Datum::Oid(0),
        Datum::Bool(!relation.indexes.is_empty()),
        Datum::Bool(false),
        letter('p'),
        letter(relation_letter(relation.kind)),
        int2(columns.len()),
        int2(checks.count()),
        Datum::Bool(is_view || relation.kind == RelationKind::MaterializedView),
        Datum::Bool(has_foreign_keys(relation) || !relation.triggers.is_empty()),
        Datum::Bool(false),
        Datum::Bool(false),
        Datum::Bool(false),
        Datum::Bool(true),
        letter(if stored { 'd' } else { 'n' }),
        Datum::Bool(false),
        Datum::Oid(0),
        Datum::Oid(0),
        Datum::Oid(0),
        opt_acl(scope.catalog, grants.as_ref()),
        options(&view_options),
        Datum::Null,
    ]
}

fn index_row(scope: &Scope<'_>, relation: &Relation, index: &Index) -> Row {
    let bytes = scope.context.stored_bytes(relation.table_id, Some(index.number));
    vec![
        Datum::Oid(index.oid),
        text(&index.name),
        Datum::Oid(relation.schema),
        Datum::Oid(0),
        Datum::Oid(0),
        Datum::Oid(relation.owner),
        Datum::Oid(access_method(index)),
        Datum::Oid(index.oid),
        Datum::Oid(0),
        pages(bytes),
        Datum::Float4(scope.context.estimated_rows(relation.oid).max(0.0) as f32),
        Datum::Int4(0),
        Datum::Oid(0),
        Datum::Bool(false),
        Datum::Bool(false),
        letter('p'),
        letter('i'),
        int2(index.columns.len() + index.include.len()),
        Datum::Int2(0),
        Datum::Bool(false),
        Datum::Bool(false),
        Datum::Bool(false),
        Datum::Bool(false),
        Datum::Bool(false),
        Datum::Bool(true),
        letter('n'),
        Datum::Bool(false),
        Datum::Oid(0),
        Datum::Oid(0),
        Datum::Oid(0),
        Datum::Null,
        options(&index.options),
        Datum::Null,
    ]
}

/// A sequence reads as one row of three columns.
fn sequence_or_own_columns(relation: &Relation) -> Vec<Column> {
    if relation.kind != RelationKind::Sequence || !relation.columns.is_empty() {
        return relation.columns.clone();
    }
    [("last_value", oid::INT8), ("log_cnt", oid::INT8), ("is_called", oid::BOOL)]
        .into_iter()
        .zip(1..)
        .map(|((name, type_oid), number)| {
            let mut column = plain_column(number, name, type_oid, -1);
            column.not_null = true;
            column
        })
        .collect()
}

pub fn plain_column(number: i16, name: &str, type_oid: Oid, modifier: i32) -> Column {
    Column {
        number,
        name: name.to_owned(),
        type_oid,
        modifier,
        not_null: false,
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

/// `attlen`, `attbyval`, `attalign`, `attstorage` of a type.
pub fn type_layout(catalog: &Catalog, type_oid: Oid) -> (i16, bool, char, char) {
    use crate::descriptor::UserTypeKind;
    if let Some(info) = types::builtin::type_info(type_oid) {
        return (info.length, info.by_value, info.alignment, info.storage);
    }
    match catalog.user_type(type_oid).map(|user_type| &user_type.kind) {
        Some(UserTypeKind::Enum(_)) => (4, true, 'i', 'p'),
        Some(UserTypeKind::Domain { base, .. }) => type_layout(catalog, *base),
        Some(UserTypeKind::Composite(_)) => (-1, false, 'd', 'x'),
        None => (-1, false, 'i', 'x'),
    }
}

fn is_array(catalog: &Catalog, type_oid: Oid) -> bool {
    functions::TypeCatalog::facts(catalog, type_oid).is_some_and(|facts| facts.category == 'A')
}

pub fn column_collation(catalog: &Catalog, column: &Column) -> Oid {
    match &column.collation {
        Some(name) => collation_oid(name),
        None => type_collation(catalog, column.type_oid),
    }
}

fn attribute_row(scope: &Scope<'_>, relation: Oid, column: &Column) -> Row {
    let catalog = scope.catalog;
    let (length, by_value, align, storage) = type_layout(catalog, column.type_oid);
    let name = if column.dropped {
        format!("........pg.dropped.{}........", column.number)
    } else {
        column.name.clone()
    };
    vec![
        Datum::Oid(relation),
        text(&name),
        Datum::Oid(if column.dropped { 0 } else { column.type_oid }),
        Datum::Int2(length),
        Datum::Int2(column.number),
        Datum::Int4(-1),
        Datum::Int4(column.modifier),
        Datum::Int2(i16::from(is_array(catalog, column.type_oid))),
        Datum::Bool(by_value),
        letter(align),
        letter(column.storage.unwrap_or(storage)),
        no_letter(),
        Datum::Bool(column.not_null),
        Datum::Bool(column.default.is_some()),
        Datum::Bool(column.missing.is_some()),
        match column.generated {
            Generated::IdentityAlways => letter('a'),
            Generated::IdentityByDefault => letter('d'),
            _ => no_letter(),
        },
        if column.generated == Generated::Stored { letter('s') } else { no_letter() },
        Datum::Bool(column.dropped),
        Datum::Bool(true),
        Datum::Int2(0),
        Datum::Int2(column.statistics_target.map_or(-1, |target| target as i16)),
        Datum::Oid(column_collation(catalog, column)),
        opt_acl(catalog, column.grants.as_ref()),
        options(&column.options),
        Datum::Null,
        Datum::Null,
    ]
}

/// The columns of an index, as `pg_attribute` names them.
pub fn index_attributes(relation: &Relation, index: &Index) -> Vec<Column> {
    let mut taken: Vec<String> = Vec::new();
    let mut plain = |number: i16, key: &IndexKey| match key {
        IndexKey::Column(attribute) => {
            let column = relation.column_by_number(*attribute);
            let (type_oid, modifier) =
                column.map_or((0, -1), |column| (column.type_oid, column.modifier));
            let name = unused_name(column.map_or("", |column| column.name.as_str()), &mut taken);
            let mut made = plain_column(number, &name, type_oid, modifier);
            made.collation = column.and_then(|column| column.collation.clone());
            made
        }
        IndexKey::Expression { sql, type_oid, modifier } => {
            let name = unused_name(&expression_name(sql), &mut taken);
            plain_column(number, &name, *type_oid, *modifier)
        }
    };
    let include: Vec<IndexKey> =
        index.include.iter().map(|number| IndexKey::Column(*number)).collect();
    index
        .columns
        .iter()
        .map(|column| &column.key)
        .chain(&include)
        .zip(1..)
        .map(|(key, number)| plain(number, key))
        .collect()
}

/// The name, with a number after it if the index has it already.
fn unused_name(name: &str, taken: &mut Vec<String>) -> String {
    let mut unused = name.to_owned();
    let mut number = 1;
    while taken.contains(&unused) {
        unused = format!("{name}{number}");
        number += 1;
    }
    taken.push(unused.clone());
    unused
}

/// A call is named after its function and a cast after what it casts; anything else is `expr`.
fn expression_name(sql: &str) -> String {
    fn name(expr: &Expr) -> Option<String> {
        match expr {
            Expr::Function(call) => Some(call.name.name().to_owned()),
            Expr::ColumnRef(column) => column.fields.last().cloned(),
            Expr::TypeCast(cast) => {
                name(&cast.expr).or_else(|| Some(cast.type_name.name().to_owned()))
            }
            Expr::Collate(collate) => name(&collate.expr),
            Expr::Coalesce { .. } => Some("coalesce".to_owned()),
            Expr::Case(_) => Some("case".to_owned()),
            _ => None,
        }
    }
    let parsed = syntax::parse_expression(sql).ok();
    parsed.as_ref().and_then(name).unwrap_or_else(|| "expr".to_owned())
}

pub fn pg_attribute(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = scope.equal_oid("attrelid");
    for relation in scope.relations("attrelid") {
        if wanted.is_none_or(|oid| oid == relation.oid) {
            let columns = sequence_or_own_columns(relation);
            rows.extend(columns.iter().map(|column| attribute_row(scope, relation.oid, column)));
        }
        for index in &relation.indexes {
            if wanted.is_none_or(|oid| oid == index.oid) {
                let columns = index_attributes(relation, index);
                rows.extend(columns.iter().map(|column| attribute_row(scope, index.oid, column)));
            }
        }
    }
    for user_type in scope.catalog.user_types() {
        let crate::descriptor::UserTypeKind::Composite(fields) = &user_type.kind else { continue };
        let relation = part_oid(user_type.oid, 0);
        if wanted.is_none_or(|oid| oid == relation) {
            for ((name, type_oid, modifier), number) in fields.iter().zip(1..) {
                let column = plain_column(number, name, *type_oid, *modifier);
                rows.push(attribute_row(scope, relation, &column));
            }
        }
    }
    rows
}

pub fn pg_attrdef(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for relation in scope.relations("adrelid") {
        for column in relation.live_columns() {
            if let Some(default) = &column.default {
                rows.push(vec![
                    Datum::Oid(part_oid(relation.oid, column.number as u32)),
                    Datum::Oid(relation.oid),
                    Datum::Int2(column.number),
                    text(default),
                ]);
            }
        }
    }
    rows
}

/// The operator class that a column of the index has unless it names another: the access method's default for the type.
pub fn default_operator_class(catalog: &Catalog, index: &Index, type_oid: Oid) -> Oid {
    let base = functions::type_catalog::base_type(catalog, type_oid);
    let facts = functions::TypeCatalog::facts(catalog, base);
    let wanted = match base {
        oid::VARCHAR => oid::TEXT,
        _ if facts.is_some_and(|facts| facts.kind == functions::TypeKind::Enum) => oid::ANYENUM,
        _ if facts.is_some_and(|facts| facts.category == 'A') => oid::ANYARRAY,
        base => base,
    };
    operator_class(index, |input, is_default, _| input == wanted && is_default)
}

fn operator_class(index: &Index, fits: impl Fn(Oid, bool, &str) -> bool) -> Oid {
    let method = access_method(index);
    facts::rows("pg_opclass")
        .iter()
        .find_map(|row| match row.as_slice() {
            [
                Datum::Oid(number),
                Datum::Oid(of),
                Datum::Text(name),
                _,
                _,
                _,
                Datum::Oid(input),
                Datum::Bool(is_default),
                ..,
            ] if *of == method && fits(*input, *is_default, name) => Some(*number),
            _ => None,
        })
        .unwrap_or(0)
}

fn key_type(relation: &Relation, column: &IndexColumn) -> (Oid, Option<String>) {
    match &column.key {
        IndexKey::Column(number) => relation
            .column_by_number(*number)
            .map_or((0, None), |column| (column.type_oid, column.collation.clone())),
        IndexKey::Expression { type_oid, .. } => (*type_oid, None),
    }
}

pub fn pg_index(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = scope.equal_oid("indexrelid");
    let column = if wanted.is_some() { "indexrelid" } else { "indrelid" };
    for relation in scope.relations(column) {
        for index in &relation.indexes {
            if wanted.is_none_or(|oid| oid == index.oid) {
                rows.push(pg_index_row(scope, relation, index));
            }
        }
    }
    rows
}

fn pg_index_row(scope: &Scope<'_>, relation: &Relation, index: &Index) -> Row {
    let catalog = scope.catalog;
    let number = |column: &IndexColumn| match column.key {
        IndexKey::Column(number) => number,
        IndexKey::Expression { .. } => 0,
    };
    let collation = |column: &IndexColumn| {
        let (type_oid, own) = key_type(relation, column);
        match column.collation.as_ref().or(own.as_ref()) {
            Some(name) => collation_oid(name),
            None => type_collation(catalog, type_oid),
        }
    };
    let class = |column: &IndexColumn| match &column.operator_class {
        Some(name) => {
            let name = name.rsplit('.').next().unwrap_or(name);
            operator_class(index, |_, _, candidate| candidate == name)
        }
        None => default_operator_class(catalog, index, key_type(relation, column).0),
    };
    let option =
        |column: &IndexColumn| i16::from(column.descending) | (i16::from(column.nulls_first) << 1);
    let expressions: Vec<&str> = index
        .columns
        .iter()
        .filter_map(|column| match &column.key {
            IndexKey::Expression { sql, .. } => Some(sql.as_str()),
            IndexKey::Column(_) => None,
        })
        .collect();
    let deferrable = relation.constraints.iter().any(|constraint| {
        constraint.deferrable
            && matches!(&constraint.kind, ConstraintKind::Unique { index: of }
                | ConstraintKind::PrimaryKey { index: of } if *of == index.oid)
    });
    vec![
        Datum::Oid(index.oid),
        Datum::Oid(relation.oid),
        int2(index.columns.len() + index.include.len()),
        int2(index.columns.len()),
        Datum::Bool(index.unique),
        Datum::Bool(index.nulls_not_distinct),
        Datum::Bool(index.primary),
        Datum::Bool(false),
        Datum::Bool(!deferrable),
        Datum::Bool(false),
        Datum::Bool(index.state == IndexState::Valid),
        Datum::Bool(false),
        Datum::Bool(index.state != IndexState::Invalid),
        Datum::Bool(true),
        Datum::Bool(false),
        int2_vector(index.columns.iter().map(number).chain(index.include.iter().copied())),
        oid_vector(index.columns.iter().map(collation)),
        oid_vector(index.columns.iter().map(class)),
        int2_vector(index.columns.iter().map(option)),
        if expressions.is_empty() { Datum::Null } else { text(&expressions.join(", ")) },
        opt_text(index.predicate.as_deref()),
    ]
}

/// What a schema of the system grants from the beginning.
fn initial_schema_grants(schema: &Schema) -> Option<Vec<Grant>> {
    let grants = privileges::schema_grants(schema);
    let is_open = grants.iter().any(|grant| grant.grantee == 0);
    (schema.grants.is_none() && is_open).then_some(grants)
}

/// `pg_init_privs`: what the system's own objects grant, so that pg_dump does not take it for a change.
pub fn pg_init_privs(scope: &Scope<'_>) -> Vec<Row> {
    let schemas = scope
        .catalog
        .schemas()
        .filter_map(|schema| Some((schema.oid, NAMESPACE_CATALOG, initial_schema_grants(schema)?)));
    let relations = scope
        .catalog
        .relations()
        .filter(|relation| relation.is_virtual())
        .map(|relation| (relation.oid, CLASS_CATALOG, privileges::relation_grants(relation)));
    schemas
        .chain(relations)
        .map(|(object, class, grants)| {
            vec![
                Datum::Oid(object),
                Datum::Oid(class),
                Datum::Int4(0),
                letter('i'),
                acl(scope.catalog, &grants),
            ]
        })
        .collect()
}

pub fn pg_namespace(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .catalog
        .schemas()
        .map(|schema| {
            let grants = initial_schema_grants(schema).or_else(|| schema.grants.clone());
            vec![
                Datum::Oid(schema.oid),
                text(&schema.name),
                Datum::Oid(schema.owner),
                opt_acl(scope.catalog, grants.as_ref()),
            ]
        })
        .collect()
}
