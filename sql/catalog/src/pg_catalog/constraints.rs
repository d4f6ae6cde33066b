//! `pg_constraint`, `pg_depend`, `pg_rewrite`, `pg_sequence`, `pg_description`.

use types::{Datum, Oid, Row, oid};

use crate::definitions::relations_of;
use crate::descriptor::{
    Constraint, ConstraintKind, ForeignKey, Generated, ReferentialAction, Relation, UserTypeKind,
};
use crate::facts::text;
use crate::scope::{Scope, array, int2_array, letter, opt_text, part_oid};
use crate::snapshot::SYS;

use super::routines::PLPGSQL_EXTENSION;

/// Catalogs as `pg_depend` and `pg_description` name them.
pub const CLASS_CATALOG: Oid = 1_259;
pub const CONSTRAINT_CATALOG: Oid = 2_606;
pub const ATTRDEF_CATALOG: Oid = 2_604;
pub const REWRITE_CATALOG: Oid = 2_618;
pub const NAMESPACE_CATALOG: Oid = 2_615;
pub const TYPE_CATALOG: Oid = 1_247;
pub const PROC_CATALOG: Oid = 1_255;
pub const TRIGGER_CATALOG: Oid = 2_620;
pub const STATISTICS_CATALOG: Oid = 3_381;
pub const DATABASE_CATALOG: Oid = 1_262;
pub const AUTHID_CATALOG: Oid = 1_260;
pub const EXTENSION_CATALOG: Oid = 3_079;

pub fn action_letter(action: ReferentialAction) -> char {
    match action {
        ReferentialAction::NoAction => 'a',
        ReferentialAction::Restrict => 'r',
        ReferentialAction::Cascade => 'c',
        ReferentialAction::SetNull => 'n',
        ReferentialAction::SetDefault => 'd',
    }
}

struct Parts<'a> {
    kind: char,
    index: Oid,
    key: Datum,
    foreign: Option<&'a ForeignKey>,
    no_inherit: bool,
    text: Option<&'a str>,
}

fn parts<'a>(relation: &Relation, constraint: &'a Constraint) -> Parts<'a> {
    let index_key = |oid: Oid| {
        let numbers: Vec<i16> = relation.index_by_oid(oid).map_or_else(Vec::new, |index| {
            index
                .columns
                .iter()
                .map(|column| match column.key {
                    crate::descriptor::IndexKey::Column(number) => number,
                    crate::descriptor::IndexKey::Expression { .. } => 0,
                })
                .collect()
        });
        int2_array(&numbers)
    };
    match &constraint.kind {
        ConstraintKind::Check { sql, columns, no_inherit } => Parts {
            kind: 'c',
            index: 0,
            key: if columns.is_empty() { Datum::Null } else { int2_array(columns) },
            foreign: None,
            no_inherit: *no_inherit,
            text: Some(sql),
        },
        ConstraintKind::PrimaryKey { index } => Parts {
            kind: 'p',
            index: *index,
            key: index_key(*index),
            foreign: None,
            no_inherit: true,
            text: None,
        },
        ConstraintKind::Unique { index } => Parts {
            kind: 'u',
            index: *index,
            key: index_key(*index),
            foreign: None,
            no_inherit: true,
            text: None,
        },
        ConstraintKind::ForeignKey(key) => Parts {
            kind: 'f',
            index: key.parent_index,
            key: int2_array(&key.columns),
            foreign: Some(key),
            no_inherit: true,
            text: None,
        },
    }
}

fn equality_operators(scope: &Scope<'_>, relation: &Relation, numbers: &[i16]) -> Datum {
    let operator = |number: &i16| {
        let type_oid = relation.column_by_number(*number).map_or(0, |column| column.type_oid);
        let base = match functions::type_catalog::base_type(scope.catalog, type_oid) {
            oid::VARCHAR => oid::TEXT,
            base => base,
        };
        functions::tables::operators_named("=")
            .iter()
            .find(|operator| operator.left == base && operator.right == base)
            .map_or(0, |operator| operator.oid)
    };
    array(oid::OID, numbers.iter().map(|number| Datum::Oid(operator(number))).collect())
}

fn constraint_row(scope: &Scope<'_>, relation: &Relation, constraint: &Constraint) -> Row {
    let parts = parts(relation, constraint);
    let foreign = parts.foreign;
    let action = |pick: fn(&ForeignKey) -> ReferentialAction| {
        letter(foreign.map_or(' ', |key| action_letter(pick(key))))
    };
    let operators =
        || foreign.map_or(Datum::Null, |key| equality_operators(scope, relation, &key.columns));
    vec![
        Datum::Oid(constraint.oid),
        text(&constraint.name),
        Datum::Oid(relation.schema),
        letter(parts.kind),
        Datum::Bool(constraint.deferrable),
        Datum::Bool(constraint.initially_deferred),
        Datum::Bool(constraint.validated),
        Datum::Oid(relation.oid),
        Datum::Oid(0),
        Datum::Oid(parts.index),
        Datum::Oid(0),
        Datum::Oid(foreign.map_or(0, |key| key.parent)),
        action(|key| key.on_update),
        action(|key| key.on_delete),
        letter(match foreign {
            None => ' ',
            Some(key) if key.match_full => 'f',
            Some(_) => 's',
        }),
        Datum::Bool(true),
        Datum::Int2(0),
        Datum::Bool(parts.no_inherit),
        parts.key,
        foreign.map_or(Datum::Null, |key| int2_array(&key.parent_columns)),
        operators(),
        operators(),
        operators(),
        match foreign {
            Some(key) if !key.delete_set_columns.is_empty() => int2_array(&key.delete_set_columns),
            _ => Datum::Null,
        },
        Datum::Null,
        opt_text(parts.text),
    ]
}

pub fn pg_constraint(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = scope.equal_oid("oid");
    for relation in scope.relations("conrelid") {
        for constraint in &relation.constraints {
            if wanted.is_none_or(|wanted| wanted == constraint.oid) {
                rows.push(constraint_row(scope, relation, constraint));
            }
        }
    }
    for user_type in scope.catalog.user_types() {
        let UserTypeKind::Domain { checks, .. } = &user_type.kind else { continue };
        for ((name, sql), part) in checks.iter().zip(0..) {
            let no = || Datum::Null;
            rows.push(vec![
                Datum::Oid(part_oid(user_type.oid, part)),
                text(name),
                Datum::Oid(user_type.schema),
                letter('c'),
                Datum::Bool(false),
                Datum::Bool(false),
                Datum::Bool(true),
                Datum::Oid(0),
                Datum::Oid(user_type.oid),
                Datum::Oid(0),
                Datum::Oid(0),
                Datum::Oid(0),
                letter(' '),
                letter(' '),
                letter(' '),
                Datum::Bool(true),
                Datum::Int2(0),
                Datum::Bool(false),
                no(),
                no(),
                no(),
                no(),
                no(),
                no(),
                no(),
                text(sql),
            ]);
        }
    }
    rows
}

fn dependency(
    (class, object, part): (Oid, Oid, i32),
    (on_class, on_object, on_part): (Oid, Oid, i32),
    kind: char,
) -> Row {
    vec![
        Datum::Oid(class),
        Datum::Oid(object),
        Datum::Int4(part),
        Datum::Oid(on_class),
        Datum::Oid(on_object),
        Datum::Int4(on_part),
        letter(kind),
    ]
}

pub fn pg_depend(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for relation in scope.user_relations() {
        let table = relation.oid;
        rows.push(dependency(
            (CLASS_CATALOG, table, 0),
            (NAMESPACE_CATALOG, relation.schema, 0),
            'n',
        ));
        if let Some((owner, number)) = relation.sequence.as_ref().and_then(|s| s.owned_by) {
            let is_identity = scope.catalog.relation(owner).is_some_and(|owner| {
                owner.column_by_number(number).is_some_and(|column| {
                    matches!(
                        column.generated,
                        Generated::IdentityAlways | Generated::IdentityByDefault
                    )
                })
            });
            rows.push(dependency(
                (CLASS_CATALOG, table, 0),
                (CLASS_CATALOG, owner, number.into()),
                if is_identity { 'i' } else { 'a' },
            ));
        }
        for column in relation.live_columns() {
            let number = i32::from(column.number);
            if let Some(expression) = &column.default {
                let default = part_oid(table, column.number as u32);
                let on = (CLASS_CATALOG, table, number);
                rows.push(dependency((ATTRDEF_CATALOG, default, 0), on, 'a'));
                let mut named = relations_of(scope, expression);
                named.extend(column.owned_sequence.filter(|owned| !named.contains(owned)));
                for sequence in named {
                    let on = (CLASS_CATALOG, sequence, 0);
                    rows.push(dependency((ATTRDEF_CATALOG, default, 0), on, 'n'));
                }
            }
            if scope.catalog.user_type(column.type_oid).is_some() {
                let on = (TYPE_CATALOG, column.type_oid, 0);
                rows.push(dependency((CLASS_CATALOG, table, number), on, 'n'));
            }
        }
        for constraint in &relation.constraints {
            constraint_dependencies(relation, constraint, &mut rows);
        }
        for index in &relation.indexes {
            let owned = relation.constraints.iter().any(|constraint| {
                matches!(&constraint.kind, ConstraintKind::PrimaryKey { index: of }
                    | ConstraintKind::Unique { index: of } if *of == index.oid)
            });
            if !owned {
                for column in &index.columns {
                    if let crate::descriptor::IndexKey::Column(number) = column.key {
                        let on = (CLASS_CATALOG, table, i32::from(number));
                        rows.push(dependency((CLASS_CATALOG, index.oid, 0), on, 'a'));
                    }
                }
            }
        }
        if let Some(view) = &relation.view {
            let rule = part_oid(table, 0);
            let on = (CLASS_CATALOG, table, 0);
            rows.push(dependency((REWRITE_CATALOG, rule, 0), on, 'i'));
            for used in &view.depends_on {
                let on = (CLASS_CATALOG, *used, 0);
                rows.push(dependency((REWRITE_CATALOG, rule, 0), on, 'n'));
            }
        }
    }
    for statistics in scope.catalog.extended_statistics() {
        let object = (STATISTICS_CATALOG, statistics.oid, 0);
        rows.push(dependency(object, (NAMESPACE_CATALOG, statistics.schema, 0), 'n'));
        for number in &statistics.columns {
            let on = (CLASS_CATALOG, statistics.table, i32::from(*number));
            rows.push(dependency(object, on, 'a'));
        }
    }
    own_dependencies(scope, &mut rows);
    rows
}

/// The schema `sys` and what is in it come with the server, as PL/pgSQL does: as that extension's, pg_dump leaves them out.
fn own_dependencies(scope: &Scope<'_>, rows: &mut Vec<Row>) {
    let relations = scope.catalog.relations().filter(|relation| relation.schema == SYS);
    let functions = functions::tables::all_functions()
        .filter(|function| super::routines::function_schema(function) == SYS);
    let objects = relations
        .map(|relation| (CLASS_CATALOG, relation.oid, 0))
        .chain(functions.map(|function| (PROC_CATALOG, function.oid, 0)))
        .chain([(NAMESPACE_CATALOG, SYS, 0)]);
    rows.extend(objects.map(|own| dependency(own, (EXTENSION_CATALOG, PLPGSQL_EXTENSION, 0), 'e')));
}

fn constraint_dependencies(relation: &Relation, constraint: &Constraint, rows: &mut Vec<Row>) {
    let table = relation.oid;
    let own = (CONSTRAINT_CATALOG, constraint.oid, 0);
    let on_columns = |numbers: &[i16], table: Oid, kind: char, rows: &mut Vec<Row>| {
        for number in numbers {
            rows.push(dependency(own, (CLASS_CATALOG, table, i32::from(*number)), kind));
        }
    };
    match &constraint.kind {
        ConstraintKind::Check { columns, .. } => on_columns(columns, table, 'a', rows),
        ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index } => {
            rows.push(dependency((CLASS_CATALOG, *index, 0), own, 'i'));
            let columns = relation.index_by_oid(*index).map_or(&[][..], |index| &index.columns);
            for column in columns {
                if let crate::descriptor::IndexKey::Column(number) = column.key {
                    on_columns(&[number], table, 'a', rows);
                }
            }
        }
        ConstraintKind::ForeignKey(key) => {
            on_columns(&key.columns, table, 'a', rows);
            on_columns(&key.parent_columns, key.parent, 'n', rows);
            rows.push(dependency(own, (CLASS_CATALOG, key.parent_index, 0), 'n'));
        }
    }
}

/// Each view is a rule `_RETURN` on itself.
pub fn pg_rewrite(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .relations("ev_class")
        .into_iter()
        .filter_map(|relation| {
            let view = relation.view.as_ref()?;
            Some(vec![
                Datum::Oid(part_oid(relation.oid, 0)),
                text("_RETURN"),
                Datum::Oid(relation.oid),
                letter('1'),
                letter('O'),
                Datum::Bool(true),
                text("<>"),
                text(&view.query),
            ])
        })
        .collect()
}

pub fn pg_sequence(scope: &Scope<'_>) -> Vec<Row> {
    scope
        .relations("seqrelid")
        .into_iter()
        .filter_map(|relation| {
            let sequence = relation.sequence.as_ref()?;
            Some(vec![
                Datum::Oid(relation.oid),
                Datum::Oid(sequence.type_oid),
                Datum::Int8(sequence.start),
                Datum::Int8(sequence.increment),
                Datum::Int8(sequence.maximum),
                Datum::Int8(sequence.minimum),
                Datum::Int8(sequence.cache),
                Datum::Bool(sequence.cycle),
            ])
        })
        .collect()
}

/// Comments: (object, catalog, part, text).
pub fn comments(scope: &Scope<'_>, wanted: Option<Oid>) -> Vec<(Oid, Oid, i32, String)> {
    let mut found = Vec::new();
    let mut add = |object: Oid, class: Oid, part: i32, comment: &Option<String>| {
        if let Some(comment) = comment
            && wanted.is_none_or(|wanted| wanted == object)
        {
            found.push((object, class, part, comment.clone()));
        }
    };
    for schema in scope.catalog.schemas() {
        add(schema.oid, NAMESPACE_CATALOG, 0, &schema.comment);
    }
    for user_type in scope.catalog.user_types() {
        add(user_type.oid, TYPE_CATALOG, 0, &user_type.comment);
    }
    for routine in scope.catalog.routines() {
        add(routine.oid, PROC_CATALOG, 0, &routine.comment);
    }
    for statistics in scope.catalog.extended_statistics() {
        add(statistics.oid, STATISTICS_CATALOG, 0, &statistics.comment);
    }
    for relation in scope.user_relations() {
        add(relation.oid, CLASS_CATALOG, 0, &relation.comment);
        for column in relation.live_columns() {
            add(relation.oid, CLASS_CATALOG, i32::from(column.number), &column.comment);
        }
        for index in &relation.indexes {
            add(index.oid, CLASS_CATALOG, 0, &index.comment);
        }
        for trigger in &relation.triggers {
            add(trigger.oid, TRIGGER_CATALOG, 0, &trigger.comment);
        }
        for constraint in &relation.constraints {
            add(constraint.oid, CONSTRAINT_CATALOG, 0, &constraint.comment);
        }
    }
    found
}

pub fn pg_description(scope: &Scope<'_>) -> Vec<Row> {
    comments(scope, scope.equal_oid("objoid"))
        .into_iter()
        .map(|(object, class, part, comment)| {
            vec![Datum::Oid(object), Datum::Oid(class), Datum::Int4(part), text(&comment)]
        })
        .collect()
}

pub fn pg_shdescription(scope: &Scope<'_>) -> Vec<Row> {
    let databases = scope.catalog.databases().map(|d| (d.oid, DATABASE_CATALOG, &d.comment));
    let roles = scope.catalog.roles().map(|role| (role.oid, AUTHID_CATALOG, &role.comment));
    databases
        .chain(roles)
        .filter_map(|(object, class, comment)| {
            Some(vec![Datum::Oid(object), Datum::Oid(class), text(comment.as_ref()?)])
        })
        .collect()
}
