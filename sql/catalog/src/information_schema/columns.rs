//! `columns`, `attributes`, `domains`, `element_types`: what has a type.

use functions::TypeCatalog;
use functions::type_catalog::base_type;
use types::{Datum, Oid, oid};

use super::{Builder, is_view, shown_relations, yes_or_no};
use crate::definitions;
use crate::descriptor::{Column, Generated, UserTypeKind};
use crate::facts::text;
use crate::scope::Scope;
use crate::snapshot::PG_CATALOG;

/// `data_type`: a built-in type by SQL's name, `ARRAY`, or `USER-DEFINED`.
pub(super) fn data_type(scope: &Scope<'_>, type_oid: Oid) -> Datum {
    let base = base_type(scope.catalog, type_oid);
    let is_array = scope.catalog.facts(base).is_some_and(|facts| facts.category == 'A');
    if is_array && !matches!(base, oid::INT2VECTOR | oid::OIDVECTOR) {
        return text("ARRAY");
    }
    match types::builtin::format_type(base, -1) {
        Some(name) => text(&name),
        None => text("USER-DEFINED"),
    }
}

/// The schema and `pg_type` name of the type under any domains.
pub(super) fn udt_name(scope: &Scope<'_>, type_oid: Oid) -> (Oid, Datum) {
    let catalog = scope.catalog;
    let base = base_type(catalog, type_oid);
    if let Some(info) = types::builtin::type_info(base) {
        return (PG_CATALOG, text(info.name));
    }
    let own = |number: Oid| {
        catalog
            .user_type(number)
            .map(|user_type| (user_type.schema, user_type.name.clone()))
            .or_else(|| {
                let relation = catalog.relation_of_row_type(number)?;
                Some((relation.schema, relation.name.clone()))
            })
    };
    if let Some((schema, name)) = own(base) {
        return (schema, text(&name));
    }
    let element = functions::type_catalog::element_type(catalog, base);
    match own(element) {
        Some((schema, name)) => (schema, text(&format!("_{name}"))),
        None => (PG_CATALOG, Datum::Null),
    }
}

/// The columns that say how long and how precise a type is.
fn measures(scope: &Scope<'_>, type_oid: Oid, modifier: i32) -> Vec<(&'static str, Datum)> {
    let int = Datum::Int4;
    let numeric = |precision, radix, scale| {
        vec![
            ("numeric_precision", precision),
            ("numeric_precision_radix", int(radix)),
            ("numeric_scale", scale),
        ]
    };
    let date_time = |precision| vec![("datetime_precision", int(precision))];
    // A domain's own modifier is that of its base type.
    let (base, modifier) = match scope.catalog.user_type(type_oid).map(|t| &t.kind) {
        Some(UserTypeKind::Domain { base, modifier, .. }) => (*base, *modifier),
        _ => (type_oid, modifier),
    };
    match base_type(scope.catalog, base) {
        oid::VARCHAR | oid::BPCHAR if modifier >= 4 => vec![
            ("character_maximum_length", int(modifier - 4)),
            ("character_octet_length", int((modifier - 4).saturating_mul(4))),
        ],
        oid::TEXT | oid::VARCHAR | oid::BPCHAR => {
            vec![("character_octet_length", int(1 << 30))]
        }
        oid::BIT | oid::VARBIT if modifier >= 0 => {
            vec![("character_maximum_length", int(modifier))]
        }
        oid::INT2 => numeric(int(16), 2, int(0)),
        oid::INT4 => numeric(int(32), 2, int(0)),
        oid::INT8 => numeric(int(64), 2, int(0)),
        oid::FLOAT4 => numeric(int(24), 2, Datum::Null),
        oid::FLOAT8 => numeric(int(53), 2, Datum::Null),
        oid::NUMERIC => match types::numeric::precision_and_scale(modifier) {
            Some((precision, scale)) => numeric(int(precision), 10, int(scale)),
            None => numeric(Datum::Null, 10, Datum::Null),
        },
        oid::DATE => date_time(0),
        oid::TIME | oid::TIMETZ | oid::TIMESTAMP | oid::TIMESTAMPTZ => {
            date_time(if modifier < 0 { 6 } else { modifier })
        }
        oid::INTERVAL => date_time(match modifier {
            modifier if modifier < 0 || modifier & 0xFFFF == 0xFFFF => 6,
            modifier => modifier & 0xFFFF,
        }),
        _ => Vec::new(),
    }
}

fn collation(builder: &Builder<'_>, column: &Column) -> Vec<(&'static str, Datum)> {
    match &column.collation {
        Some(name) if name != "default" => vec![
            ("collation_catalog", builder.database()),
            ("collation_schema", text("pg_catalog")),
            ("collation_name", text(name.rsplit('.').next().unwrap_or(name).trim_matches('"'))),
        ],
        _ => Vec::new(),
    }
}

pub(super) fn columns(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    let wanted = scope.equal_text("column_name");
    for relation in shown_relations(scope) {
        for column in relation.live_columns() {
            if wanted.is_some_and(|wanted| wanted != column.name) {
                continue;
            }
            let (udt_schema, udt) = udt_name(scope, column.type_oid);
            let is_generated = column.generated == Generated::Stored;
            let default = column
                .default
                .as_deref()
                .map(|sql| text(&definitions::expression(scope, Some(relation), sql, false)));
            let identity = match column.generated {
                Generated::IdentityAlways => Some("ALWAYS"),
                Generated::IdentityByDefault => Some("BY DEFAULT"),
                _ => None,
            };
            let (value, generation) = match (default, is_generated) {
                (Some(sql), true) => (Datum::Null, sql),
                (Some(sql), false) => (sql, Datum::Null),
                (None, _) => (Datum::Null, Datum::Null),
            };
            let mut row = vec![
                ("table_catalog", builder.database()),
                ("table_schema", builder.schema(relation.schema)),
                ("table_name", text(&relation.name)),
                ("column_name", text(&column.name)),
                ("ordinal_position", Datum::Int4(column.number.into())),
                ("column_default", value),
                ("is_nullable", yes_or_no(!column.not_null)),
                ("data_type", data_type(scope, column.type_oid)),
                ("udt_catalog", builder.database()),
                ("udt_schema", builder.schema(udt_schema)),
                ("udt_name", udt),
                ("dtd_identifier", text(&column.number.to_string())),
                ("is_self_referencing", yes_or_no(false)),
                ("is_identity", yes_or_no(identity.is_some())),
                ("identity_generation", identity.map_or(Datum::Null, text)),
                ("identity_cycle", yes_or_no(false)),
                ("is_generated", text(if is_generated { "ALWAYS" } else { "NEVER" })),
                ("generation_expression", generation),
                ("is_updatable", yes_or_no(column_is_updatable(relation, column.number))),
            ];
            if identity.is_some()
                && let Some(sequence) = column
                    .owned_sequence
                    .and_then(|sequence| scope.catalog.relation(sequence))
                    .and_then(|relation| relation.sequence.as_ref())
            {
                row.extend([
                    ("identity_start", text(&sequence.start.to_string())),
                    ("identity_increment", text(&sequence.increment.to_string())),
                    ("identity_maximum", text(&sequence.maximum.to_string())),
                    ("identity_minimum", text(&sequence.minimum.to_string())),
                    ("identity_cycle", yes_or_no(sequence.cycle)),
                ]);
            }
            if let Some(user_type) = scope.catalog.user_type(column.type_oid)
                && matches!(user_type.kind, UserTypeKind::Domain { .. })
            {
                row.extend([
                    ("domain_catalog", builder.database()),
                    ("domain_schema", builder.schema(user_type.schema)),
                    ("domain_name", text(&user_type.name)),
                ]);
            }
            row.extend(measures(scope, column.type_oid, column.modifier));
            row.extend(collation(builder, column));
            builder.row(&row);
        }
    }
}

/// Whether values can be written into the column, also through a view.
pub fn column_is_updatable(relation: &crate::Relation, column: i16) -> bool {
    match &relation.view {
        Some(view) => view.updatable.contains(&column),
        None => true,
    }
}

pub(super) fn attributes(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for user_type in scope.catalog.user_types() {
        let UserTypeKind::Composite(fields) = &user_type.kind else { continue };
        for ((name, type_oid, modifier), position) in fields.iter().zip(1_i32..) {
            let (udt_schema, udt) = udt_name(scope, *type_oid);
            let mut row = vec![
                ("udt_catalog", builder.database()),
                ("udt_schema", builder.schema(user_type.schema)),
                ("udt_name", text(&user_type.name)),
                ("attribute_name", text(name)),
                ("ordinal_position", Datum::Int4(position)),
                ("is_nullable", yes_or_no(true)),
                ("data_type", data_type(scope, *type_oid)),
                ("attribute_udt_catalog", builder.database()),
                ("attribute_udt_schema", builder.schema(udt_schema)),
                ("attribute_udt_name", udt),
                ("dtd_identifier", text(&position.to_string())),
                ("is_derived_reference_attribute", yes_or_no(false)),
            ];
            row.extend(measures(scope, *type_oid, *modifier));
            builder.row(&row);
        }
    }
}

pub(super) fn domains(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for user_type in scope.catalog.user_types() {
        let UserTypeKind::Domain { base, modifier, default, .. } = &user_type.kind else {
            continue;
        };
        let (udt_schema, udt) = udt_name(scope, *base);
        let mut row = vec![
            ("domain_catalog", builder.database()),
            ("domain_schema", builder.schema(user_type.schema)),
            ("domain_name", text(&user_type.name)),
            ("data_type", data_type(scope, *base)),
            ("domain_default", default.as_deref().map_or(Datum::Null, text)),
            ("udt_catalog", builder.database()),
            ("udt_schema", builder.schema(udt_schema)),
            ("udt_name", udt),
            ("dtd_identifier", text("1")),
        ];
        row.extend(measures(scope, *base, *modifier));
        builder.row(&row);
    }
}

/// The elements of array columns.
pub(super) fn element_types(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for relation in scope.user_relations() {
        for column in relation.live_columns() {
            let element = functions::type_catalog::element_type(scope.catalog, column.type_oid);
            let is_array =
                scope.catalog.facts(column.type_oid).is_some_and(|facts| facts.category == 'A');
            if element == 0 || !is_array {
                continue;
            }
            let (udt_schema, udt) = udt_name(scope, element);
            let kind = if is_view(relation) { "VIEW" } else { "TABLE" };
            builder.row(&[
                ("object_catalog", builder.database()),
                ("object_schema", builder.schema(relation.schema)),
                ("object_name", text(&relation.name)),
                ("object_type", text(kind)),
                ("collection_type_identifier", text(&column.number.to_string())),
                ("data_type", data_type(scope, element)),
                ("udt_catalog", builder.database()),
                ("udt_schema", builder.schema(udt_schema)),
                ("udt_name", udt),
                ("dtd_identifier", text(&format!("a{}", column.number))),
            ]);
        }
    }
}

/// Which columns use which types, or which domains.
pub(super) fn usage(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    let of_domains = scope.relation.name == "column_domain_usage";
    for relation in scope.user_relations() {
        for column in relation.live_columns() {
            let place = [
                ("table_catalog", builder.database()),
                ("table_schema", builder.schema(relation.schema)),
                ("table_name", text(&relation.name)),
                ("column_name", text(&column.name)),
            ];
            let used = if of_domains {
                match scope.catalog.user_type(column.type_oid) {
                    Some(t) if matches!(t.kind, UserTypeKind::Domain { .. }) => [
                        ("domain_catalog", builder.database()),
                        ("domain_schema", builder.schema(t.schema)),
                        ("domain_name", text(&t.name)),
                    ],
                    _ => continue,
                }
            } else {
                let (schema, name) = udt_name(scope, column.type_oid);
                [
                    ("udt_catalog", builder.database()),
                    ("udt_schema", builder.schema(schema)),
                    ("udt_name", name),
                ]
            };
            let row: Vec<_> = place.into_iter().chain(used).collect();
            builder.row(&row);
        }
    }
}
