//! ALTER DEFAULT PRIVILEGES: what is granted on objects that a role will create.
//!
//! A role keeps one access list for each kind of object, and one more for each schema. The first begins as what holds
//! when nothing was granted and replaces it; those of schemas begin empty and are added.

use catalog::{
    DefaultPrivileges, Descriptor, Grant, Relation, RelationKind, Role, Routine, Schema,
};
use syntax::ast::{AlterDefaultPrivileges, ObjectType};
use types::{Oid, SqlResult, sqlstate};

use crate::grant::{Change, INVALID_GRANT_OPERATION, defaults, letters};
use crate::run::{Run, error, unsupported};

/// The letter of `pg_default_acl` and the word of privileges.
fn kind_of(object_type: ObjectType) -> Option<(char, &'static str)> {
    Some(match object_type {
        ObjectType::Table => ('r', "table"),
        ObjectType::Sequence => ('S', "sequence"),
        ObjectType::Function => ('f', "function"),
        ObjectType::Schema => ('n', "schema"),
        _ => return None,
    })
}

fn word_of(kind: char) -> &'static str {
    match kind {
        'S' => "sequence",
        'f' => "function",
        'n' => "schema",
        _ => "table",
    }
}

/// What `pg_default_acl` and errors call the kind's objects.
pub(crate) fn plural(kind: char) -> &'static str {
    match kind {
        'S' => "sequences",
        'f' => "functions",
        'n' => "schemas",
        _ => "relations",
    }
}

/// Both lists as one, in the order of the first.
fn merged(mut list: Vec<Grant>, more: &[Grant]) -> Vec<Grant> {
    for grant in more {
        let known = list
            .iter_mut()
            .find(|known| known.grantee == grant.grantee && known.grantor == grant.grantor);
        let Some(known) = known else {
            list.push(grant.clone());
            continue;
        };
        let both = |a: &str, b: &str| crate::grant::ordered(|c| a.contains(c) || b.contains(c));
        known.privileges = both(&known.privileges, &grant.privileges);
        known.grantable = both(&known.grantable, &grant.grantable);
    }
    list
}

fn same(left: &[Grant], right: &[Grant]) -> bool {
    left.len() == right.len() && left.iter().all(|grant| right.contains(grant))
}

/// The grants of an object that `owner` creates; `None`: what holds when nothing was granted.
fn granted_from_the_start(role: &Role, kind: char, schema: Oid) -> Option<Vec<Grant>> {
    let of = |schema: Oid| {
        role.default_privileges.iter().find(|one| one.kind == kind && one.schema == schema)
    };
    let (everywhere, here) = (of(0), if schema == 0 { None } else { of(schema) });
    if everywhere.is_none() && here.is_none() {
        return None;
    }
    let plain = defaults(word_of(kind), 0, role.oid);
    let start = everywhere.map_or_else(|| plain.clone(), |one| one.grants.clone());
    let list = merged(start, here.map_or(&[][..], |one| &one.grants));
    (!same(&list, &plain)).then_some(list)
}

impl Run<'_> {
    pub fn alter_default_privileges(&mut self, alter: &AlterDefaultPrivileges) -> SqlResult<()> {
        self.tag("ALTER DEFAULT PRIVILEGES");
        let grant = &alter.grant;
        let Some((kind, word)) = kind_of(grant.object_type) else {
            return Err(unsupported("default privileges of types are not supported"));
        };
        if kind == 'n' && !alter.schemas.is_empty() {
            return Err(error(
                INVALID_GRANT_OPERATION,
                "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS",
            ));
        }
        let grantees = self.grantees(grant)?;
        let wanted = letters(&grant.privileges, word)?;
        let mut roles = Vec::new();
        for role in &alter.roles {
            let role = self.role_named(role)?;
            if !catalog::privileges::has_privileges_of(&self.catalog, self.role(), role) {
                return Err(error(
                    sqlstate::INSUFFICIENT_PRIVILEGE,
                    "permission denied to change default privileges",
                ));
            }
            roles.push(role);
        }
        if roles.is_empty() {
            roles.push(self.role());
        }
        let mut schemas = Vec::new();
        for schema in &alter.schemas {
            schemas.push(self.schema_named(schema)?.oid);
        }
        if schemas.is_empty() {
            schemas.push(0);
        }
        for oid in roles {
            let Some(mut role) = self.catalog.role(oid).map(|role| (**role).clone()) else {
                continue;
            };
            for schema in &schemas {
                let plain = match schema {
                    0 => defaults(word, 0, oid),
                    _ => Vec::new(),
                };
                let place = role
                    .default_privileges
                    .iter()
                    .position(|one| one.kind == kind && one.schema == *schema);
                let mut one = match place {
                    Some(place) => role.default_privileges.remove(place),
                    None => DefaultPrivileges {
                        oid: self.allocate()?,
                        kind,
                        schema: *schema,
                        grants: plain.clone(),
                    },
                };
                let letters = wanted.clone();
                Change { grant, grantees: &grantees, letters, grantor: oid }.apply(&mut one.grants);
                if !same(&one.grants, &plain) {
                    role.default_privileges.push(one);
                }
            }
            // Schemas that are no more take theirs along.
            let catalog = &self.catalog;
            role.default_privileges
                .retain(|one| one.schema == 0 || catalog.schema(one.schema).is_some());
            self.put(Descriptor::Role(role));
        }
        Ok(())
    }

    /// Gives an object that is new the privileges that its owner has set for such.
    pub fn grant_from_the_start(&self, descriptor: &mut Descriptor) {
        let of = |owner: Oid, kind: char, schema: Oid| {
            granted_from_the_start(self.catalog.role(owner)?, kind, schema)
        };
        match descriptor {
            Descriptor::Relation(relation) => {
                let Relation { owner, schema, kind, grants: grants @ None, .. } = &mut **relation
                else {
                    return;
                };
                let kind = if *kind == RelationKind::Sequence { 'S' } else { 'r' };
                *grants = of(*owner, kind, *schema);
            }
            Descriptor::Routine(routine) => {
                if let Routine { owner, schema, grants: grants @ None, .. } = &mut **routine {
                    *grants = of(*owner, 'f', *schema);
                }
            }
            Descriptor::Schema(Schema { owner, grants: grants @ None, .. }) => {
                *grants = of(*owner, 'n', 0);
            }
            _ => {}
        }
    }
}
