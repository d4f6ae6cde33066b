//! `table_constraints`, `key_column_usage`, `referential_constraints` and their like.

use types::Datum;

use super::{Builder, yes_or_no};
use crate::definitions;
use crate::descriptor::{
    AttributeNumber, Constraint, ConstraintKind, IndexKey, ReferentialAction, Relation,
    RelationKind, UserTypeKind,
};
use crate::facts::text;
use crate::scope::Scope;

fn tables<'a>(scope: &Scope<'a>) -> Vec<&'a Relation> {
    let (name, schema) = (scope.equal_text("table_name"), scope.equal_text("table_schema"));
    // In constraint_column_usage these columns name the table that is referred to.
    let own = !scope.relation.name.starts_with("constraint_");
    scope
        .user_relations()
        .map(|relation| &**relation)
        .filter(|relation| relation.kind == RelationKind::Table)
        .filter(|relation| !own || name.is_none_or(|name| name == relation.name))
        .filter(|relation| {
            !own || schema.is_none_or(|schema| schema == scope.schema_name(relation.schema))
        })
        .collect()
}

/// What the standard calls a NOT NULL: a check with a made-up name.
fn not_null_name(relation: &Relation, number: AttributeNumber) -> String {
    format!("{}_{}_{number}_not_null", relation.schema, relation.oid)
}

fn key_columns(relation: &Relation, constraint: &Constraint) -> Vec<AttributeNumber> {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index } => relation
            .index_by_oid(*index)
            .into_iter()
            .flat_map(|index| &index.columns)
            .filter_map(|column| match column.key {
                IndexKey::Column(number) => Some(number),
                IndexKey::Expression { .. } => None,
            })
            .collect(),
        ConstraintKind::ForeignKey(key) => key.columns.clone(),
        ConstraintKind::Check { columns, .. } => columns.clone(),
    }
}

fn column_name(relation: &Relation, number: AttributeNumber) -> Datum {
    relation.column_by_number(number).map_or(Datum::Null, |column| text(&column.name))
}

pub(super) fn table_constraints(builder: &mut Builder<'_>) {
    for relation in tables(builder.scope) {
        let row = |builder: &mut Builder<'_>, name: &str, kind: &str, values: [bool; 2]| {
            builder.row(&[
                ("constraint_catalog", builder.database()),
                ("constraint_schema", builder.schema(relation.schema)),
                ("constraint_name", text(name)),
                ("table_catalog", builder.database()),
                ("table_schema", builder.schema(relation.schema)),
                ("table_name", text(&relation.name)),
                ("constraint_type", text(kind)),
                ("is_deferrable", yes_or_no(values[0])),
                ("initially_deferred", yes_or_no(values[1])),
                ("enforced", yes_or_no(true)),
                ("nulls_distinct", if kind == "UNIQUE" { yes_or_no(true) } else { Datum::Null }),
            ]);
        };
        for constraint in &relation.constraints {
            let kind = match constraint.kind {
                ConstraintKind::Check { .. } => "CHECK",
                ConstraintKind::PrimaryKey { .. } => "PRIMARY KEY",
                ConstraintKind::Unique { .. } => "UNIQUE",
                ConstraintKind::ForeignKey(_) => "FOREIGN KEY",
            };
            let values = [constraint.deferrable, constraint.initially_deferred];
            row(builder, &constraint.name, kind, values);
        }
        for column in relation.live_columns().filter(|column| column.not_null) {
            row(builder, &not_null_name(relation, column.number), "CHECK", [false, false]);
        }
    }
}

pub(super) fn key_column_usage(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    for relation in tables(scope) {
        for constraint in &relation.constraints {
            if matches!(constraint.kind, ConstraintKind::Check { .. }) {
                continue;
            }
            for (number, position) in key_columns(relation, constraint).into_iter().zip(1_i32..) {
                let in_unique = match &constraint.kind {
                    ConstraintKind::ForeignKey(key) => {
                        let parent = scope.catalog.relation(key.parent);
                        let wanted = key.parent_columns.get(position as usize - 1);
                        parent
                            .and_then(|parent| parent.index_by_oid(key.parent_index))
                            .and_then(|index| {
                                index.columns.iter().position(|column| {
                                    matches!(column.key, IndexKey::Column(n) if Some(&n) == wanted)
                                })
                            })
                            .map_or(Datum::Null, |found| Datum::Int4(found as i32 + 1))
                    }
                    _ => Datum::Null,
                };
                builder.row(&[
                    ("constraint_catalog", builder.database()),
                    ("constraint_schema", builder.schema(relation.schema)),
                    ("constraint_name", text(&constraint.name)),
                    ("table_catalog", builder.database()),
                    ("table_schema", builder.schema(relation.schema)),
                    ("table_name", text(&relation.name)),
                    ("column_name", column_name(relation, number)),
                    ("ordinal_position", Datum::Int4(position)),
                    ("position_in_unique_constraint", in_unique),
                ]);
            }
        }
    }
}

/// The table and columns that a constraint is about: of a foreign key, the parent's.
fn used<'a>(
    scope: &Scope<'a>,
    relation: &'a Relation,
    constraint: &Constraint,
) -> (&'a Relation, Vec<AttributeNumber>) {
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => match scope.catalog.relation(key.parent) {
            Some(parent) => (parent, key.parent_columns.clone()),
            None => (relation, Vec::new()),
        },
        _ => (relation, key_columns(relation, constraint)),
    }
}

pub(super) fn constraint_column_usage(builder: &mut Builder<'_>) {
    for relation in tables(builder.scope) {
        for constraint in &relation.constraints {
            let (table, numbers) = used(builder.scope, relation, constraint);
            for number in numbers {
                builder.row(&[
                    ("table_catalog", builder.database()),
                    ("table_schema", builder.schema(table.schema)),
                    ("table_name", text(&table.name)),
                    ("column_name", column_name(table, number)),
                    ("constraint_catalog", builder.database()),
                    ("constraint_schema", builder.schema(relation.schema)),
                    ("constraint_name", text(&constraint.name)),
                ]);
            }
        }
    }
}

pub(super) fn constraint_table_usage(builder: &mut Builder<'_>) {
    for relation in tables(builder.scope) {
        for constraint in &relation.constraints {
            if matches!(constraint.kind, ConstraintKind::Check { .. }) {
                continue;
            }
            let (table, _) = used(builder.scope, relation, constraint);
            builder.row(&[
                ("table_catalog", builder.database()),
                ("table_schema", builder.schema(table.schema)),
                ("table_name", text(&table.name)),
                ("constraint_catalog", builder.database()),
                ("constraint_schema", builder.schema(relation.schema)),
                ("constraint_name", text(&constraint.name)),
            ]);
        }
    }
}

fn rule(action: ReferentialAction) -> Datum {
    text(match action {
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    })
}

pub(super) fn referential_constraints(builder: &mut Builder<'_>) {
    for relation in tables(builder.scope) {
        for constraint in &relation.constraints {
            let ConstraintKind::ForeignKey(key) = &constraint.kind else { continue };
            let parent = builder.scope.catalog.relation(key.parent);
            let unique = parent.and_then(|parent| {
                parent.constraints.iter().find(|candidate| {
                    matches!(candidate.kind, ConstraintKind::PrimaryKey { index }
                        | ConstraintKind::Unique { index } if index == key.parent_index)
                })
            });
            let mut row = vec![
                ("constraint_catalog", builder.database()),
                ("constraint_schema", builder.schema(relation.schema)),
                ("constraint_name", text(&constraint.name)),
                ("match_option", text(if key.match_full { "FULL" } else { "NONE" })),
                ("update_rule", rule(key.on_update)),
                ("delete_rule", rule(key.on_delete)),
            ];
            if let (Some(parent), Some(unique)) = (parent, unique) {
                row.extend([
                    ("unique_constraint_catalog", builder.database()),
                    ("unique_constraint_schema", builder.schema(parent.schema)),
                    ("unique_constraint_name", text(&unique.name)),
                ]);
            }
            builder.row(&row);
        }
    }
}

pub(super) fn check_constraints(builder: &mut Builder<'_>) {
    let scope = builder.scope;
    let row = |builder: &mut Builder<'_>, schema, name: &str, clause: &str| {
        builder.row(&[
            ("constraint_catalog", builder.database()),
            ("constraint_schema", builder.schema(schema)),
            ("constraint_name", text(name)),
            ("check_clause", text(clause)),
        ]);
    };
    for relation in tables(scope) {
        for constraint in &relation.constraints {
            if let ConstraintKind::Check { sql, .. } = &constraint.kind {
                let clause =
                    format!("({})", definitions::expression(scope, Some(relation), sql, false));
                row(builder, relation.schema, &constraint.name, &clause);
            }
        }
        for column in relation.live_columns().filter(|column| column.not_null) {
            let name = not_null_name(relation, column.number);
            row(builder, relation.schema, &name, &format!("{} IS NOT NULL", column.name));
        }
    }
    for user_type in scope.catalog.user_types() {
        let UserTypeKind::Domain { checks, base, .. } = &user_type.kind else { continue };
        for (name, sql) in checks {
            let clause = format!("({})", definitions::domain_check(scope, *base, sql, false));
            row(builder, user_type.schema, name, &clause);
        }
    }
}

pub(super) fn domain_constraints(builder: &mut Builder<'_>) {
    for user_type in builder.scope.catalog.user_types() {
        let UserTypeKind::Domain { checks, .. } = &user_type.kind else { continue };
        for (name, _) in checks {
            builder.row(&[
                ("constraint_catalog", builder.database()),
                ("constraint_schema", builder.schema(user_type.schema)),
                ("constraint_name", text(name)),
                ("domain_catalog", builder.database()),
                ("domain_schema", builder.schema(user_type.schema)),
                ("domain_name", text(&user_type.name)),
                ("is_deferrable", yes_or_no(false)),
                ("initially_deferred", yes_or_no(false)),
            ]);
        }
    }
}
