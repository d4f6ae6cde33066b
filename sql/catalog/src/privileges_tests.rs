//! Privileges of owners, members, PUBLIC and single columns.

use protocol::Timestamp;

use super::*;
use crate::descriptor::{Descriptor, Membership, Role};
use crate::snapshot::{BOOTSTRAP_ROLE, bootstrap_descriptors};
use crate::test_support::{column, table};

fn role(oid: Oid, member_of: &[(Oid, bool)]) -> Descriptor {
    Descriptor::Role(Role {
        oid,
        name: format!("role_{oid}"),
        superuser: false,
        inherit: true,
        create_role: false,
        create_database: false,
        login: true,
        replication: false,
        bypass_row_security: false,
        connection_limit: -1,
        verifier: None,
        valid_until: None,
        member_of: member_of
            .iter()
            .map(|(role, inherit)| Membership {
                role: *role,
                grantor: BOOTSTRAP_ROLE,
                admin: false,
                inherit: *inherit,
                set: true,
            })
            .collect(),
        settings: Vec::new(),
        default_privileges: Vec::new(),
        comment: None,
    })
}

fn grant(grantee: Oid, privileges: &str, grantable: &str) -> Grant {
    Grant {
        grantee,
        grantor: 20_001,
        privileges: privileges.to_owned(),
        grantable: grantable.to_owned(),
    }
}

fn catalog() -> Catalog {
    let mut descriptors = bootstrap_descriptors();
    descriptors.push(role(20_001, &[]));
    descriptors.push(role(20_002, &[(20_001, true)]));
    descriptors.push(role(20_003, &[(20_001, false)]));
    descriptors.push(role(20_004, &[]));
    Catalog::new(Timestamp::default(), descriptors)
}

#[test]
fn owners_members_and_superusers_may_what_others_may_not() {
    let catalog = catalog();
    let mut relation = table(30_000, "t", vec![column(1, "a", types::oid::INT4)]);
    relation.owner = 20_001;
    for (role, allowed) in
        [(20_001, true), (20_002, true), (20_003, false), (20_004, false), (BOOTSTRAP_ROLE, true)]
    {
        let result = check_relation(&catalog, role, &relation, 'w', &[1]);
        assert_eq!(result.is_ok(), allowed, "{role}");
    }
    let error = check_relation(&catalog, 20_004, &relation, 'r', &[1]).expect_err("denied");
    assert_eq!(error.sqlstate(), "42501");
    assert_eq!(error.message(), "permission denied for table t");
    relation.kind = RelationKind::View;
    let error = check_relation(&catalog, 20_004, &relation, 'r', &[1]).expect_err("denied");
    assert_eq!(error.message(), "permission denied for view t");
}

#[test]
fn public_and_column_grants_are_enough() {
    let catalog = catalog();
    let mut first = column(1, "a", types::oid::INT4);
    first.grants = Some(vec![grant(20_004, "r", "")]);
    let mut relation = table(30_000, "t", vec![first, column(2, "b", types::oid::INT4)]);
    relation.owner = 20_001;
    relation.grants = Some(vec![grant(20_001, "arwdDxt", ""), grant(0, "a", "")]);
    assert!(check_relation(&catalog, 20_004, &relation, 'a', &[1, 2]).is_ok());
    assert!(check_relation(&catalog, 20_004, &relation, 'r', &[1]).is_ok());
    assert!(check_relation(&catalog, 20_004, &relation, 'r', &[]).is_ok());
    assert!(check_relation(&catalog, 20_004, &relation, 'r', &[1, 2]).is_err());
    assert!(check_relation(&catalog, 20_004, &relation, 'd', &[]).is_err());
    assert!(!has_relation_privilege(&catalog, 20_004, &relation, 'a', true));
    assert!(has_relation_privilege(&catalog, 20_001, &relation, 'a', true));
}

#[test]
fn schemas_have_their_defaults() {
    let catalog = catalog();
    let public = catalog.schema_by_name("public").expect("public");
    assert!(check_schema(&catalog, 20_004, public, 'U').is_ok());
    let error = check_schema(&catalog, 20_004, public, 'C').expect_err("denied");
    assert_eq!(error.message(), "permission denied for schema public");
    let database = catalog.database_by_name("postgres").expect("postgres");
    assert!(check_database(&catalog, 20_004, database, 'c').is_ok());
    assert!(check_database(&catalog, 20_004, database, 'C').is_err());
}
