//! The rows of `information_schema`.

pub(crate) mod columns;
mod constraints;
mod grants;
mod triggers;

use types::{Datum, Oid, Row, oid};

use crate::descriptor::{Relation, RelationKind, UserTypeKind};
use crate::facts::text;
use crate::objects;
use crate::privileges;
use crate::scope::{Scope, format_type, is_system_schema};
use crate::triggers::{DELETE, INSERT, UPDATE};

/// Makes rows by the names of their columns; what is not named is NULL.
struct Builder<'a> {
    scope: &'a Scope<'a>,
    rows: Vec<Row>,
}

impl Builder<'_> {
    fn row(&mut self, values: &[(&str, Datum)]) {
        let columns = &self.scope.relation.columns;
        let mut row = vec![Datum::Null; columns.len()];
        for (name, value) in values {
            let position = columns.iter().position(|column| column.name == *name);
            debug_assert!(position.is_some(), "{}.{name}", self.scope.relation.name);
            if let Some(place) = position.and_then(|position| row.get_mut(position)) {
                *place = value.clone();
            }
        }
        self.rows.push(row);
    }

    fn database(&self) -> Datum {
        text(&self.scope.context.current_database())
    }

    fn schema(&self, schema: Oid) -> Datum {
        text(&self.scope.schema_name(schema))
    }
}

fn yes_or_no(value: bool) -> Datum {
    text(if value { "YES" } else { "NO" })
}

/// Whether the current role has anything to do with the relation: `information_schema` shows no others.
fn is_shown(scope: &Scope<'_>, relation: &Relation) -> bool {
    let role = scope.context.current_role();
    privileges::has_privileges_of(scope.catalog, role, relation.owner)
        || "arwdDxt".chars().any(|privilege| {
            privileges::has_any_column_privilege(scope.catalog, role, relation, privilege, false)
        })
}

/// Tables and views that are shown, as far as the query's equalities leave them.
fn shown_relations<'a>(scope: &Scope<'a>) -> Vec<&'a Relation> {
    let (name, schema) = (scope.equal_text("table_name"), scope.equal_text("table_schema"));
    scope
        .catalog
        .relations()
        .map(|relation| &**relation)
        .filter(|relation| {
            !matches!(relation.kind, RelationKind::Sequence | RelationKind::MaterializedView)
        })
        .filter(|relation| name.is_none_or(|name| name == relation.name))
        .filter(|relation| schema.is_none_or(|schema| schema == scope.schema_name(relation.schema)))
        .filter(|relation| is_shown(scope, relation))
        .collect()
}

fn is_view(relation: &Relation) -> bool {
    matches!(relation.kind, RelationKind::View | RelationKind::VirtualView)
}

pub fn rows(scope: &Scope<'_>) -> Vec<Row> {
    let mut builder = Builder { scope, rows: Vec::new() };
    match scope.relation.name.as_str() {
        "information_schema_catalog_name" => {
            let database = builder.database();
            builder.row(&[("catalog_name", database)]);
        }
        "schemata" => schemata(&mut builder),
        "tables" => tables(&mut builder),
        "views" => views(&mut builder),
        "triggers" => triggers::triggers(&mut builder),
        "triggered_update_columns" => triggers::triggered_update_columns(&mut builder),
        "sequences" => sequences(&mut builder),
        "columns" => columns::columns(&mut builder),
        "attributes" => columns::attributes(&mut builder),
        "domains" => columns::domains(&mut builder),
        "element_types" => columns::element_types(&mut builder),
        "column_udt_usage" | "column_domain_usage" => columns::usage(&mut builder),
        "user_defined_types" => user_defined_types(&mut builder),
        "table_constraints" => constraints::table_constraints(&mut builder),
        "key_column_usage" => constraints::key_column_usage(&mut builder),
        "constraint_column_usage" => constraints::constraint_column_usage(&mut builder),
        "constraint_table_usage" => constraints::constraint_table_usage(&mut builder),
        "referential_constraints" => constraints::referential_constraints(&mut builder),
        "check_constraints" => constraints::check_constraints(&mut builder),
        "domain_constraints" => constraints::domain_constraints(&mut builder),
        "table_privileges" | "role_table_grants" => grants::table_privileges(&mut builder),
        "column_privileges" | "role_column_grants" => grants::column_privileges(&mut builder),
        "enabled_roles" => grants::enabled_roles(&mut builder),
        "applicable_roles" | "administrable_role_authorizations" => {
            grants::applicable_roles(&mut builder);
        }
        "routines" => routines(&mut builder),
        "parameters" => parameters(&mut builder),
        "view_table_usage" => view_table_usage(&mut builder),
        "character_sets" => {
            let database = builder.database();
            builder.row(&[
                ("character_set_name", text("UTF8")),
                ("character_repertoire", text("UCS")),
                ("form_of_use", text("UTF8")),
                ("default_collate_catalog", database),
                ("default_collate_schema", text("pg_catalog")),
                ("default_collate_name", text("C.UTF-8")),
            ]);
        }
        "collations" => {
            for name in ["default", "C", "POSIX", "ucs_basic"] {
                let database = builder.database();
                builder.row(&[
                    ("collation_catalog", database),
                    ("collation_schema", text("pg_catalog")),
                    ("collation_name", text(name)),
                    ("pad_attribute", text("NO PAD")),
                ]);
            }
        }
        _ => {}
    }
    builder.rows
}

fn schemata(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    let role = scope.context.current_role();
    for schema in scope.catalog.schemas() {
        let may = |privilege| {
            privileges::has_schema_privilege(scope.catalog, role, schema, privilege, false)
        };
        if may('U') || may('C') {
            builder.row(&[
                ("catalog_name", builder.database()),
                ("schema_name", text(&schema.name)),
                ("schema_owner", text(&scope.role_name(schema.owner))),
            ]);
        }
    }
}

/// Whether rows can be written into the relation, also through a view.
fn is_updatable(relation: &Relation) -> bool {
    match &relation.view {
        Some(view) => !view.updatable.is_empty(),
        None => true,
    }
}

fn tables(builder: &mut Builder<'_>) {
    for relation in shown_relations(builder.scope) {
        let kind = if is_view(relation) { "VIEW" } else { "BASE TABLE" };
        builder.row(&[
            ("table_catalog", builder.database()),
            ("table_schema", builder.schema(relation.schema)),
            ("table_name", text(&relation.name)),
            ("table_type", text(kind)),
            ("is_insertable_into", yes_or_no(is_updatable(relation))),
            ("is_typed", yes_or_no(false)),
        ]);
    }
}

fn views(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    let role = scope.context.current_role();
    for relation in shown_relations(scope).into_iter().filter(|relation| is_view(relation)) {
        let owned = privileges::has_privileges_of(scope.catalog, role, relation.owner);
        let definition = crate::definitions::view(scope, relation, false).filter(|_| owned);
        let check = relation.view.as_ref().and_then(|view| view.check_option.clone());
        let instead = |event| relation.triggers.iter().any(|trigger| trigger.is_instead_of(event));
        builder.row(&[
            ("table_catalog", builder.database()),
            ("table_schema", builder.schema(relation.schema)),
            ("table_name", text(&relation.name)),
            ("view_definition", definition.map_or(Datum::Null, |sql| text(&sql))),
            ("check_option", text(&check.map_or("NONE".to_owned(), |c| c.to_uppercase()))),
            ("is_updatable", yes_or_no(is_updatable(relation))),
            ("is_insertable_into", yes_or_no(is_updatable(relation))),
            ("is_trigger_updatable", yes_or_no(instead(UPDATE))),
            ("is_trigger_deletable", yes_or_no(instead(DELETE))),
            ("is_trigger_insertable_into", yes_or_no(instead(INSERT))),
        ]);
    }
}

fn sequences(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for relation in scope.user_relations() {
        let Some(sequence) = &relation.sequence else { continue };
        let is_identity = sequence.owned_by.is_some_and(|(table, number)| {
            use crate::descriptor::Generated;
            let column = scope.catalog.relation(table).and_then(|t| t.column_by_number(number));
            column.is_some_and(|column| {
                matches!(column.generated, Generated::IdentityAlways | Generated::IdentityByDefault)
            })
        });
        if is_identity || !is_shown(scope, relation) {
            continue;
        }
        let bits = match sequence.type_oid {
            oid::INT2 => 16,
            oid::INT4 => 32,
            _ => 64,
        };
        builder.row(&[
            ("sequence_catalog", builder.database()),
            ("sequence_schema", builder.schema(relation.schema)),
            ("sequence_name", text(&relation.name)),
            ("data_type", text(&format_type(scope.catalog, sequence.type_oid, -1))),
            ("numeric_precision", Datum::Int4(bits)),
            ("numeric_precision_radix", Datum::Int4(2)),
            ("numeric_scale", Datum::Int4(0)),
            ("start_value", text(&sequence.start.to_string())),
            ("minimum_value", text(&sequence.minimum.to_string())),
            ("maximum_value", text(&sequence.maximum.to_string())),
            ("increment", text(&sequence.increment.to_string())),
            ("cycle_option", yes_or_no(sequence.cycle)),
        ]);
    }
}

fn user_defined_types(builder: &mut Builder<'_>) {
    for user_type in builder.scope.catalog.user_types() {
        if matches!(user_type.kind, UserTypeKind::Composite(_)) {
            builder.row(&[
                ("user_defined_type_catalog", builder.database()),
                ("user_defined_type_schema", builder.schema(user_type.schema)),
                ("user_defined_type_name", text(&user_type.name)),
                ("user_defined_type_category", text("STRUCTURED")),
                ("is_instantiable", yes_or_no(true)),
            ]);
        }
    }
}

/// Functions all are the system's own.
fn routines(builder: &mut Builder<'_>) {
    use functions::definition::{FunctionKind, Volatility};
    for function in functions::tables::all_functions() {
        let kind = match function.kind {
            FunctionKind::Procedure => text("PROCEDURE"),
            FunctionKind::Scalar | FunctionKind::SetReturning => text("FUNCTION"),
            FunctionKind::Aggregate | FunctionKind::Window => Datum::Null,
        };
        builder.row(&[
            ("specific_catalog", builder.database()),
            ("specific_schema", text("pg_catalog")),
            ("specific_name", text(&format!("{}_{}", function.name, function.oid))),
            ("routine_catalog", builder.database()),
            ("routine_schema", text("pg_catalog")),
            ("routine_name", text(function.name)),
            ("routine_type", kind),
            ("data_type", columns::data_type(builder.scope, function.result)),
            ("type_udt_catalog", builder.database()),
            ("type_udt_schema", text("pg_catalog")),
            ("type_udt_name", columns::udt_name(builder.scope, function.result).1),
            ("dtd_identifier", text("0")),
            ("routine_body", text("EXTERNAL")),
            ("external_name", text(function.name)),
            ("external_language", text("INTERNAL")),
            ("parameter_style", text("GENERAL")),
            ("is_deterministic", yes_or_no(function.volatility == Volatility::Immutable)),
            ("sql_data_access", text("MODIFIES")),
            ("is_null_call", yes_or_no(function.strict)),
            ("security_type", text("INVOKER")),
        ]);
    }
}

fn parameters(builder: &mut Builder<'_>) {
    for function in functions::tables::all_functions() {
        for (argument, position) in function.arguments.iter().zip(1_i32..) {
            let name = function.argument_names.get(position as usize - 1);
            builder.row(&[
                ("specific_catalog", builder.database()),
                ("specific_schema", text("pg_catalog")),
                ("specific_name", text(&format!("{}_{}", function.name, function.oid))),
                ("ordinal_position", Datum::Int4(position)),
                ("parameter_mode", text("IN")),
                ("is_result", yes_or_no(false)),
                ("as_locator", yes_or_no(false)),
                ("parameter_name", name.map_or(Datum::Null, |name| text(name))),
                ("data_type", columns::data_type(builder.scope, *argument)),
                ("udt_catalog", builder.database()),
                ("udt_schema", text("pg_catalog")),
                ("udt_name", columns::udt_name(builder.scope, *argument).1),
                ("dtd_identifier", text(&position.to_string())),
            ]);
        }
    }
}

fn view_table_usage(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for relation in scope.user_relations() {
        let Some(view) = &relation.view else { continue };
        for used in &view.depends_on {
            let Some((schema, name)) = objects::relation_parts(scope.catalog, *used) else {
                continue;
            };
            if is_system_schema(schema) {
                continue;
            }
            builder.row(&[
                ("view_catalog", builder.database()),
                ("view_schema", builder.schema(relation.schema)),
                ("view_name", text(&relation.name)),
                ("table_catalog", builder.database()),
                ("table_schema", builder.schema(schema)),
                ("table_name", text(name)),
            ]);
        }
    }
}
