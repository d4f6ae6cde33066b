//! A catalog in memory for tests.

use std::sync::Arc;

use catalog::{
    Column, Constraint, ConstraintKind, Generated, Index, IndexColumn, IndexKey, IndexState,
    Relation, RelationKind, UserType, View,
};
use functions::context::NoSession;
use functions::type_catalog::builtin_type_by_name;
use functions::{BuiltinTypes, EvalContext, TypeCatalog};
use planner::CatalogView;
use types::{Oid, SqlError, SqlResult};

pub struct Catalog {
    relations: Vec<Arc<Relation>>,
    session: NoSession,
}

/// `name type [!]` with `!` for NOT NULL; indexes as `(name, columns, unique, primary)`.
fn table(
    oid: Oid,
    name: &str,
    columns: &[(&str, &str)],
    indexes: &[(&str, &[i16], bool, bool)],
) -> Relation {
    let columns = columns
        .iter()
        .enumerate()
        .map(|(position, (name, ty))| Column {
            number: position as i16 + 1,
            name: (*name).to_owned(),
            type_oid: builtin_type_by_name(ty.trim_end_matches('!')).expect("a built-in type"),
            modifier: -1,
            not_null: ty.ends_with('!'),
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
        })
        .collect();
    let indexes: Vec<Index> = indexes
        .iter()
        .enumerate()
        .map(|(position, (name, columns, unique, primary))| Index {
            oid: oid + 1_000 + position as u32,
            name: (*name).to_owned(),
            number: position as u16 + 1,
            columns: columns
                .iter()
                .map(|number| IndexColumn {
                    key: IndexKey::Column(*number),
                    descending: false,
                    nulls_first: false,
                    collation: None,
                    operator_class: None,
                })
                .collect(),
            include: Vec::new(),
            unique: *unique,
            nulls_not_distinct: false,
            primary: *primary,
            predicate: None,
            state: IndexState::Valid,
            method: "btree".to_owned(),
            comment: None,
            options: Vec::new(),
        })
        .collect();
    let constraints = indexes
        .iter()
        .filter(|index| index.primary)
        .map(|index| Constraint {
            oid: index.oid + 5_000,
            name: index.name.clone(),
            kind: ConstraintKind::PrimaryKey { index: index.oid },
            validated: true,
            deferrable: false,
            initially_deferred: false,
            comment: None,
        })
        .collect();
    Relation {
        oid,
        type_oid: oid + 100_000,
        array_type_oid: oid + 200_000,
        name: name.to_owned(),
        schema: 2_200,
        owner: 10,
        kind: RelationKind::Table,
        table_id: protocol::TableId(oid),
        columns,
        indexes,
        next_index: 10,
        constraints,
        view: None,
        sequence: None,
        grants: None,
        comment: None,
        options: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
    }
}

impl Catalog {
    pub fn new() -> Catalog {
        let users = table(
            20_000,
            "users",
            &[("id", "int8!"), ("name", "text"), ("age", "int4"), ("email", "varchar!")],
            &[
                ("users_pkey", &[1], true, true),
                ("users_email_key", &[4], true, false),
                ("users_age_name", &[3, 2], false, false),
            ],
        );
        let mut orders = table(
            20_001,
            "orders",
            &[
                ("id", "int8!"),
                ("user_id", "int8"),
                ("total", "numeric"),
                ("placed", "timestamptz"),
                ("status", "text"),
            ],
            &[("orders_pkey", &[1], true, true), ("orders_user", &[2], false, false)],
        );
        orders.columns[4].default = Some("'new'".to_owned());
        let mut strict = table(
            20_002,
            "strict",
            &[("id", "int4!"), ("twice", "int4"), ("v", "int4")],
            &[("strict_pkey", &[1], true, true)],
        );
        strict.columns[0].generated = Generated::IdentityAlways;
        strict.columns[0].owned_sequence = Some(20_050);
        strict.columns[1].generated = Generated::Stored;
        strict.columns[1].default = Some("v * 2".to_owned());
        strict.constraints.push(Constraint {
            oid: 30_000,
            name: "strict_v_check".to_owned(),
            kind: ConstraintKind::Check {
                sql: "v > 0".to_owned(),
                columns: vec![3],
                no_inherit: false,
            },
            validated: true,
            deferrable: false,
            initially_deferred: false,
            comment: None,
        });
        let plain = table(20_003, "plain", &[("a", "int4"), ("b", "int4"), ("c", "text")], &[]);
        let mut adults =
            table(20_004, "adults", &[("id", "int8"), ("name", "text"), ("age", "int4")], &[]);
        adults.kind = RelationKind::View;
        adults.view = Some(View {
            updatable: Vec::new(),
            query: "SELECT id, name, age FROM public.users WHERE age >= 18".to_owned(),
            check_option: None,
            security_barrier: false,
            security_invoker: false,
            depends_on: vec![20_000],
        });
        let mut seniors = table(
            20_005,
            "seniors",
            &[("person", "int8"), ("label", "text"), ("years", "int4")],
            &[],
        );
        seniors.kind = RelationKind::View;
        seniors.view = Some(View {
            updatable: Vec::new(),
            query: "SELECT id, upper(name) AS upper, age FROM public.adults WHERE age >= 65"
                .to_owned(),
            check_option: Some("cascaded".to_owned()),
            security_barrier: false,
            security_invoker: false,
            depends_on: vec![20_004],
        });
        let mut counted = table(20_006, "counted", &[("count", "int8")], &[]);
        counted.kind = RelationKind::View;
        counted.view = Some(View {
            updatable: Vec::new(),
            query: "SELECT count(*) AS count FROM public.users".to_owned(),
            check_option: None,
            security_barrier: false,
            security_invoker: false,
            depends_on: vec![20_000],
        });
        let relations = [users, orders, strict, plain, adults, seniors, counted]
            .into_iter()
            .map(Arc::new)
            .collect();
        Catalog { relations, session: NoSession::default() }
    }
}

impl CatalogView for Catalog {
    fn types(&self) -> &dyn TypeCatalog {
        &BuiltinTypes
    }

    fn evaluation(&self) -> &dyn EvalContext {
        &self.session
    }

    fn relation(&self, schema: Option<&str>, name: &str) -> SqlResult<Option<Arc<Relation>>> {
        if schema.is_some_and(|schema| schema != "public") {
            return Err(SqlError::new("3F000", "schema does not exist"));
        }
        Ok(self.relations.iter().find(|relation| relation.name == name).cloned())
    }

    fn relation_by_oid(&self, oid: Oid) -> Option<Arc<Relation>> {
        self.relations.iter().find(|relation| relation.oid == oid).cloned()
    }

    fn schema_by_name(&self, name: &str) -> Option<Oid> {
        (name == "public").then_some(2_200)
    }

    fn schema_name(&self, schema: Oid) -> Option<String> {
        (schema == 2_200).then(|| "public".to_owned())
    }

    fn user_type(&self, _schema: Option<&str>, _name: &str) -> Option<Arc<UserType>> {
        None
    }

    fn user_type_by_oid(&self, _type_oid: Oid) -> Option<Arc<UserType>> {
        None
    }
}
