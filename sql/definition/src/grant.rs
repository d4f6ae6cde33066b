//! GRANT and REVOKE on tables, sequences, columns, schemas, databases, functions and procedures.

use catalog::{Descriptor, PUBLIC, Relation, RelationKind};
use syntax::ast::{Grant, GrantTarget, ObjectReference, ObjectType, Privilege};
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::names::is_system_schema;
use crate::run::{Run, error, unsupported};

/// All privilege letters in the order that an access list has them.
const ORDER: &str = "arwdDxtXUCTc";

pub(crate) const INVALID_GRANT_OPERATION: &str = "0LP01";
const WARNING_NOT_GRANTED: &str = "01007";
const WARNING_NOT_REVOKED: &str = "01006";

fn letter(name: &str) -> Option<char> {
    Some(match name {
        "insert" => 'a',
        "select" => 'r',
        "update" => 'w',
        "delete" => 'd',
        "truncate" => 'D',
        "references" => 'x',
        "trigger" => 't',
        "execute" => 'X',
        "usage" => 'U',
        "create" => 'C',
        "temporary" | "temp" => 'T',
        "connect" => 'c',
        _ => return None,
    })
}

/// What a kind of object allows.
fn allowed(kind: &str) -> &'static str {
    match kind {
        "table" => "arwdDxt",
        "sequence" => "rwU",
        "column" => "arwx",
        "schema" => "UC",
        "function" | "procedure" => "X",
        _ => "CTc",
    }
}

/// The letters of a privilege list on a kind of object; those of single columns are left out.
pub(crate) fn letters(privileges: &[Privilege], kind: &str) -> SqlResult<String> {
    if privileges.is_empty() {
        return Ok(allowed(kind).to_owned());
    }
    let mut all = String::new();
    for privilege in privileges.iter().filter(|privilege| privilege.columns.is_empty()) {
        push_privilege(&mut all, privilege, kind)?;
    }
    Ok(all)
}

fn push_privilege(all: &mut String, privilege: &Privilege, kind: &str) -> SqlResult<()> {
    let Some(name) = &privilege.name else {
        all.push_str(allowed(kind));
        return Ok(());
    };
    let Some(letter) = letter(name) else {
        return Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("unrecognized privilege type \"{name}\""),
        ));
    };
    if !allowed(kind).contains(letter) {
        return Err(error(
            INVALID_GRANT_OPERATION,
            format!("invalid privilege type {} for {kind}", name.to_uppercase()),
        ));
    }
    all.push(letter);
    Ok(())
}

pub(crate) fn ordered(letters: impl Fn(char) -> bool) -> String {
    ORDER.chars().filter(|letter| letters(*letter)).collect()
}

/// What applies while nothing was granted.
pub(crate) fn defaults(kind: &str, oid: Oid, owner: Oid) -> Vec<catalog::Grant> {
    let grant = |grantee, privileges: &str| catalog::Grant {
        grantee,
        grantor: owner,
        privileges: privileges.to_owned(),
        grantable: String::new(),
    };
    let mut grants = Vec::new();
    match kind {
        "column" => return grants,
        "schema" if oid == PUBLIC => grants.push(grant(0, "U")),
        "database" => grants.push(grant(0, "Tc")),
        "function" | "procedure" => grants.push(grant(0, "X")),
        _ => {}
    }
    let all = ordered(|letter| allowed(kind).contains(letter));
    grants.push(grant(owner, &all));
    grants
}

/// A change of one access list.
pub(crate) struct Change<'g> {
    pub grant: &'g Grant,
    pub grantees: &'g [Oid],
    pub letters: String,
    pub grantor: Oid,
}

impl Change<'_> {
    pub fn apply(&self, list: &mut Vec<catalog::Grant>) {
        for grantee in self.grantees {
            let place = list
                .iter()
                .position(|known| known.grantee == *grantee && known.grantor == self.grantor)
                .or_else(|| list.iter().position(|known| known.grantee == *grantee));
            let index = match (place, self.grant.is_grant) {
                (Some(index), _) => index,
                (None, false) => continue,
                (None, true) => {
                    list.push(catalog::Grant {
                        grantee: *grantee,
                        grantor: self.grantor,
                        privileges: String::new(),
                        grantable: String::new(),
                    });
                    list.len() - 1
                }
            };
            let known = &mut list[index];
            let (had, could) = (known.privileges.clone(), known.grantable.clone());
            let named = |letter| self.letters.contains(letter);
            if self.grant.is_grant {
                known.privileges = ordered(|letter| had.contains(letter) || named(letter));
                if self.grant.grant_option {
                    known.grantable = ordered(|letter| could.contains(letter) || named(letter));
                }
            } else {
                known.grantable = ordered(|letter| could.contains(letter) && !named(letter));
                if !self.grant.grant_option {
                    known.privileges = ordered(|letter| had.contains(letter) && !named(letter));
                }
            }
        }
        list.retain(|known| !known.privileges.is_empty());
    }
}

impl Run<'_> {
    pub fn grant(&mut self, grant: &Grant) -> SqlResult<()> {
        self.tag(if grant.is_grant { "GRANT" } else { "REVOKE" });
        let grantees = self.grantees(grant)?;
        if let Some(by) = &grant.granted_by
            && self.role_named(by)? != self.role()
        {
            return Err(unsupported("grantor must be current user"));
        }
        match grant.object_type {
            ObjectType::Table | ObjectType::Sequence => self.grant_relations(grant, &grantees),
            ObjectType::Schema => {
                for name in object_names(grant)? {
                    let schema = self.schema_named(&name)?;
                    let mut changed = (*schema).clone();
                    let list = self.changed_list(
                        grant,
                        &grantees,
                        ("schema", schema.oid, schema.owner, &schema.name),
                        &schema.grants,
                    )?;
                    changed.grants = list;
                    self.put(Descriptor::Schema(changed));
                }
                Ok(())
            }
            ObjectType::Database => {
                for name in object_names(grant)? {
                    let Some(database) = self.catalog.database_by_name(&name).cloned() else {
                        return Err(error(
                            sqlstate::INVALID_CATALOG_NAME,
                            format!("database \"{name}\" does not exist"),
                        ));
                    };
                    let mut changed = (*database).clone();
                    changed.grants = self.changed_list(
                        grant,
                        &grantees,
                        ("database", database.oid, database.owner, &database.name),
                        &database.grants,
                    )?;
                    self.put(Descriptor::Database(changed));
                }
                Ok(())
            }
            ObjectType::Function | ObjectType::Procedure | ObjectType::Routine => {
                self.grant_routines(grant, &grantees)
            }
            _ => Err(unsupported("privileges on objects of this kind are not supported")),
        }
    }

    pub(crate) fn grantees(&self, grant: &Grant) -> SqlResult<Vec<Oid>> {
        let mut grantees = Vec::new();
        for grantee in &grant.grantees {
            let role = self.grantee_named(grantee)?;
            if role == 0 && grant.grant_option && grant.is_grant {
                return Err(error(
                    INVALID_GRANT_OPERATION,
                    "grant options can only be granted to roles",
                ));
            }
            grantees.push(role);
        }
        Ok(grantees)
    }

    fn grant_relations(&mut self, grant: &Grant, grantees: &[Oid]) -> SqlResult<()> {
        let mut relations: Vec<Oid> = Vec::new();
        match &grant.target {
            GrantTarget::AllInSchema(schemas) => {
                for schema in schemas {
                    let schema = self.schema_named(schema)?.oid;
                    let wants_sequences = grant.object_type == ObjectType::Sequence;
                    relations.extend(
                        self.catalog
                            .relations()
                            .filter(|relation| {
                                relation.schema == schema
                                    && !relation.is_virtual()
                                    && wants_sequences == (relation.kind == RelationKind::Sequence)
                            })
                            .map(|relation| relation.oid),
                    );
                }
            }
            GrantTarget::Objects(objects) => {
                for object in objects {
                    let ObjectReference::Name(name) = object else {
                        return Err(unsupported("this object has no privileges"));
                    };
                    let relation = self.relation(name)?;
                    if grant.object_type == ObjectType::Sequence
                        && relation.kind != RelationKind::Sequence
                    {
                        return Err(error(
                            sqlstate::WRONG_OBJECT_TYPE,
                            format!("\"{}\" is not a sequence", relation.name),
                        ));
                    }
                    // System relations are open to all; a grant changes nothing.
                    if is_system_schema(relation.schema) {
                        continue;
                    }
                    relations.push(relation.oid);
                }
            }
            GrantTarget::Defaults => {
                return Err(unsupported("default privileges are not granted by GRANT"));
            }
        }
        for oid in relations {
            let mut relation = (*self.known_relation(oid)?).clone();
            self.grant_relation(&mut relation, grant, grantees)?;
            self.put_relation(relation);
        }
        Ok(())
    }

    fn grant_relation(
        &mut self,
        relation: &mut Relation,
        grant: &Grant,
        grantees: &[Oid],
    ) -> SqlResult<()> {
        let kind = match relation.kind {
            RelationKind::Sequence => "sequence",
            _ => "table",
        };
        let names = grant.privileges.iter().any(|privilege| privilege.columns.is_empty());
        if names || grant.privileges.is_empty() {
            relation.grants = self.changed_list(
                grant,
                grantees,
                (kind, relation.oid, relation.owner, &relation.name),
                &relation.grants,
            )?;
        }
        for privilege in grant.privileges.iter().filter(|privilege| !privilege.columns.is_empty()) {
            let mut letters = String::new();
            push_privilege(&mut letters, privilege, "column")?;
            self.require_grantor(
                relation.grants.as_deref(),
                relation.owner,
                &letters,
                "table",
                &relation.name,
            )?;
            for name in &privilege.columns {
                let relation_name = relation.name.clone();
                let owner = relation.owner;
                let Some(column) =
                    relation.columns.iter_mut().find(|known| !known.dropped && known.name == *name)
                else {
                    return Err(crate::table::constraints::undefined_column(name, &relation_name));
                };
                let mut list = column.grants.clone().unwrap_or_default();
                let change = Change { grant, grantees, letters: letters.clone(), grantor: owner };
                change.apply(&mut list);
                column.grants = (!list.is_empty()).then_some(list);
            }
        }
        Ok(())
    }

    fn grant_routines(&mut self, grant: &Grant, grantees: &[Oid]) -> SqlResult<()> {
        let mut routines = Vec::new();
        match &grant.target {
            GrantTarget::AllInSchema(schemas) => {
                for schema in schemas {
                    let schema = self.schema_named(schema)?.oid;
                    let all = self.catalog.routines().filter(|routine| {
                        routine.schema == schema
                            && match grant.object_type {
                                ObjectType::Function => !routine.procedure,
                                ObjectType::Procedure => routine.procedure,
                                _ => true,
                            }
                    });
                    routines.extend(all.cloned());
                }
            }
            GrantTarget::Objects(objects) => {
                for object in objects {
                    // Functions that nobody made are open to all.
                    if !self.is_built_in(object)? {
                        routines.push(self.routine_of(grant.object_type, object)?);
                    }
                }
            }
            GrantTarget::Defaults => {
                return Err(unsupported("default privileges are not granted by GRANT"));
            }
        }
        for routine in routines {
            let mut changed = (*routine).clone();
            let kind = if routine.procedure { "procedure" } else { "function" };
            let described = (kind, routine.oid, routine.owner, routine.name.as_str());
            changed.grants = self.changed_list(grant, grantees, described, &routine.grants)?;
            self.put(Descriptor::Routine(Box::new(changed)));
        }
        Ok(())
    }

    fn require_grantor(
        &self,
        grants: Option<&[catalog::Grant]>,
        owner: Oid,
        letters: &str,
        kind: &str,
        name: &str,
    ) -> SqlResult<String> {
        if self.owns(owner) {
            return Ok(letters.to_owned());
        }
        let mine = |grant: &&catalog::Grant| {
            grant.grantee == 0 || self.catalog.is_member(self.role(), grant.grantee)
        };
        let held: Vec<&catalog::Grant> = grants.into_iter().flatten().filter(mine).collect();
        if !held.iter().any(|grant| !grant.privileges.is_empty()) {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for {kind} {name}"),
            ));
        }
        Ok(letters
            .chars()
            .filter(|letter| held.iter().any(|grant| grant.grantable.contains(*letter)))
            .collect())
    }

    /// The access list after the grant; warns where the session could not grant.
    fn changed_list(
        &mut self,
        grant: &Grant,
        grantees: &[Oid],
        (kind, oid, owner, name): (&str, Oid, Oid, &str),
        grants: &Option<Vec<catalog::Grant>>,
    ) -> SqlResult<Option<Vec<catalog::Grant>>> {
        let wanted = letters(&grant.privileges, kind)?;
        let may = self.require_grantor(grants.as_deref(), owner, &wanted, kind, name)?;
        if may.is_empty() && !wanted.is_empty() {
            if grant.is_grant {
                self.warning(
                    WARNING_NOT_GRANTED,
                    format!("no privileges were granted for \"{name}\""),
                );
            } else {
                self.warning(
                    WARNING_NOT_REVOKED,
                    format!("no privileges could be revoked for \"{name}\""),
                );
            }
            return Ok(grants.clone());
        }
        let grantor = if self.owns(owner) { owner } else { self.role() };
        let mut list = grants.clone().unwrap_or_else(|| defaults(kind, oid, owner));
        Change { grant, grantees, letters: may, grantor }.apply(&mut list);
        Ok(Some(list))
    }
}

fn object_names(grant: &Grant) -> Result<Vec<String>, SqlError> {
    let GrantTarget::Objects(objects) = &grant.target else {
        return Err(unsupported("this form of GRANT is not supported"));
    };
    objects
        .iter()
        .map(|object| match object {
            ObjectReference::Name(name) => Ok(name.name().to_owned()),
            _ => Err(unsupported("this object has no privileges")),
        })
        .collect()
}
