//! ALTER … RENAME, OWNER TO and SET SCHEMA.

use catalog::{Descriptor, Relation, RelationKind, UserTypeKind};
use syntax::ast::{AlterObjectSchema, AlterOwner, ObjectName, ObjectType, RenameObject};
use types::{Oid, SqlResult, sqlstate};

use crate::alter::undefined_constraint;
use crate::comment::name_in;
use crate::names::{Found, kind_word, undefined_relation, written};
use crate::run::{Run, error, unsupported};
use crate::table::constraints::{constraint_index, undefined_column};
use crate::type_names::undefined_type;

/// The words of an object type, as command tags and messages have them.
pub(crate) fn type_word(object_type: ObjectType) -> &'static str {
    match object_type {
        ObjectType::Table => "table",
        ObjectType::View => "view",
        ObjectType::MaterializedView => "materialized view",
        ObjectType::Sequence => "sequence",
        ObjectType::Index => "index",
        ObjectType::Schema => "schema",
        ObjectType::Type => "type",
        ObjectType::Domain | ObjectType::DomainConstraint => "domain",
        ObjectType::Extension => "extension",
        ObjectType::Database => "database",
        ObjectType::Role => "role",
        ObjectType::Function => "function",
        ObjectType::Procedure => "procedure",
        ObjectType::Routine => "routine",
        ObjectType::Aggregate => "aggregate",
        ObjectType::Trigger => "trigger",
        ObjectType::Rule => "rule",
        ObjectType::Policy => "policy",
        ObjectType::Collation => "collation",
        ObjectType::Statistics => "statistics object",
        ObjectType::Operator => "operator",
        ObjectType::Publication => "publication",
        ObjectType::Subscription => "subscription",
        ObjectType::ForeignTable => "foreign table",
        ObjectType::Tablespace => "tablespace",
        ObjectType::Language => "language",
        _ => "object",
    }
}

/// The words of an object type in a command's tag.
pub(crate) fn tag_word(object_type: ObjectType) -> String {
    match object_type {
        ObjectType::Statistics => "STATISTICS".to_owned(),
        other => type_word(other).to_uppercase(),
    }
}

fn is_routine(object_type: ObjectType) -> bool {
    matches!(object_type, ObjectType::Function | ObjectType::Procedure | ObjectType::Routine)
}

/// Fails if the relation is not what the statement says it is.
pub(crate) fn wrong_kind(object_type: ObjectType, relation: &Relation) -> SqlResult<()> {
    let fits = match relation.kind {
        RelationKind::Table | RelationKind::Virtual => object_type == ObjectType::Table,
        RelationKind::View | RelationKind::VirtualView => object_type == ObjectType::View,
        RelationKind::MaterializedView => object_type == ObjectType::MaterializedView,
        RelationKind::Sequence => object_type == ObjectType::Sequence,
    };
    if fits {
        return Ok(());
    }
    let word = type_word(object_type);
    let article = if word.starts_with('i') { "an" } else { "a" };
    let is = kind_word(relation.kind);
    Err(error(
        sqlstate::WRONG_OBJECT_TYPE,
        format!("\"{}\" is not {article} {word}", relation.name),
    )
    .hint(format!("Use DROP {} to remove a {is}.", is.to_uppercase())))
}

impl Run<'_> {
    pub fn rename(&mut self, rename: &RenameObject) -> SqlResult<()> {
        let tagged = match rename.object_type {
            ObjectType::Column | ObjectType::Constraint | ObjectType::Attribute => {
                rename.relation_type
            }
            other => other,
        };
        self.tag(&format!("ALTER {}", tag_word(tagged)));
        let new = &rename.new_name;
        match rename.object_type {
            ObjectType::Table
            | ObjectType::View
            | ObjectType::MaterializedView
            | ObjectType::Sequence
            | ObjectType::Index => self.rename_relation(rename, &name_in(&rename.object)?),
            ObjectType::Column | ObjectType::Constraint => {
                let name = name_in(&rename.object)?;
                let found = self.find(&name);
                let Some(Found::Relation(relation)) = (match found {
                    Ok(found) => found,
                    Err(_) if rename.if_exists => None,
                    Err(failure) => return Err(failure),
                }) else {
                    return self.no_such_relation(&name, rename.if_exists);
                };
                self.require_relation_owner(&relation)?;
                let part = rename.part.as_ref().map_or("", |part| part.name.as_str());
                if rename.object_type == ObjectType::Column {
                    self.rename_column(&relation, part, new)
                } else {
                    self.rename_constraint(&relation, part, new)
                }
            }
            ObjectType::Schema => self.rename_schema(name_in(&rename.object)?.name(), new),
            ObjectType::Role => {
                let name = name_in(&rename.object)?;
                self.rename_role(name.name(), new)
            }
            ObjectType::Type | ObjectType::Domain => {
                let name = name_in(&rename.object)?;
                let mut user_type = self.type_to_change(&name)?;
                self.require_type_owner(&user_type)?;
                if self.catalog.user_type_by_name(user_type.schema, new).is_some() {
                    return Err(error(
                        sqlstate::DUPLICATE_OBJECT,
                        format!("type \"{new}\" already exists"),
                    ));
                }
                let old = std::mem::replace(&mut user_type.name, new.clone());
                let schema = self.schema_name(user_type.schema);
                self.put_type(user_type);
                self.rename_in_texts([&schema, &old], [&schema, new])
            }
            ObjectType::Attribute => {
                let name = name_in(&rename.object)?;
                let mut user_type = self.type_to_change(&name)?;
                self.require_type_owner(&user_type)?;
                let part = rename.part.as_ref().map_or("", |part| part.name.as_str());
                let UserTypeKind::Composite(fields) = &mut user_type.kind else {
                    return Err(undefined_type(&written(&name)));
                };
                let Some(field) = fields.iter_mut().find(|(field, ..)| field == part) else {
                    return Err(undefined_column(part, name.name()));
                };
                field.0.clone_from(new);
                self.put_type(user_type);
                Ok(())
            }
            ObjectType::Function | ObjectType::Procedure | ObjectType::Routine => {
                self.rename_routine(rename)
            }
            ObjectType::Trigger => self.rename_trigger(rename),
            ObjectType::Statistics => self.rename_statistics(&name_in(&rename.object)?, new),
            ObjectType::Database => Err(unsupported("ALTER DATABASE RENAME is not supported")),
            _ => Err(unsupported("objects of this kind cannot be renamed")),
        }
    }

    fn no_such_relation(&mut self, name: &ObjectName, if_exists: bool) -> SqlResult<()> {
        if !if_exists {
            return Err(undefined_relation(name));
        }
        self.notice(
            sqlstate::SUCCESSFUL_COMPLETION,
            format!("relation \"{}\" does not exist, skipping", written(name)),
        );
        Ok(())
    }

    fn rename_relation(&mut self, rename: &RenameObject, name: &ObjectName) -> SqlResult<()> {
        let new = &rename.new_name;
        let found = match self.find(name) {
            Ok(found) => found,
            Err(_) if rename.if_exists => None,
            Err(failure) => return Err(failure),
        };
        match found {
            None => self.no_such_relation(name, rename.if_exists),
            Some(Found::Relation(relation)) => {
                if rename.object_type != ObjectType::Table {
                    wrong_kind(rename.object_type, &relation)?;
                }
                self.require_relation_owner(&relation)?;
                self.require_free(relation.schema, new)?;
                self.alter(relation.oid, |relation| relation.name.clone_from(new))?;
                self.changes_definition(relation.oid, false);
                let schema = self.schema_name(relation.schema);
                self.rename_in_texts([&schema, &relation.name], [&schema, new])
            }
            Some(Found::Index(table, index)) => {
                self.require_relation_owner(&table)?;
                self.rename_index(&table, index, new)
            }
        }
    }

    fn rename_index(&mut self, table: &Relation, index: Oid, new: &str) -> SqlResult<()> {
        if self.catalog.relation_name_taken(table.schema, new) {
            return Err(error(
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{new}\" already exists"),
            ));
        }
        self.alter(table.oid, |table| {
            for known in table.indexes.iter_mut().filter(|known| known.oid == index) {
                new.clone_into(&mut known.name);
            }
            for constraint in &mut table.constraints {
                if constraint_index(constraint) == Some(index) {
                    new.clone_into(&mut constraint.name);
                }
            }
        })?;
        self.changes_definition(table.oid, false);
        Ok(())
    }

    fn rename_column(&mut self, relation: &Relation, old: &str, new: &str) -> SqlResult<()> {
        if relation.column(old).is_none() {
            return Err(error(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{old}\" does not exist"),
            ));
        }
        if relation.column(new).is_some() {
            return Err(error(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{new}\" of relation \"{}\" already exists", relation.name),
            ));
        }
        self.changes_definition(relation.oid, false);
        self.rename_column_in_texts(relation.oid, old, new)
    }

    fn rename_constraint(&mut self, relation: &Relation, old: &str, new: &str) -> SqlResult<()> {
        let Some(constraint) = relation.constraints.iter().find(|known| known.name == old) else {
            return Err(undefined_constraint(old, &relation.name));
        };
        if relation.constraints.iter().any(|known| known.name == new) {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("constraint \"{new}\" for relation \"{}\" already exists", relation.name),
            ));
        }
        if let Some(index) = constraint_index(constraint) {
            return self.rename_index(relation, index, new);
        }
        let oid = constraint.oid;
        self.changes_definition(relation.oid, false);
        self.alter(relation.oid, |relation| {
            for known in relation.constraints.iter_mut().filter(|known| known.oid == oid) {
                new.clone_into(&mut known.name);
            }
        })
    }

    fn rename_schema(&mut self, old: &str, new: &str) -> SqlResult<()> {
        let schema = self.schema_named(old)?;
        self.require_schema_owner(&schema)?;
        if self.catalog.schema_by_name(new).is_some() {
            return Err(error(
                sqlstate::DUPLICATE_SCHEMA,
                format!("schema \"{new}\" already exists"),
            ));
        }
        crate::role::require_schema_name(new)?;
        let changed = catalog::Schema { name: new.to_owned(), ..(*schema).clone() };
        self.put(Descriptor::Schema(changed));
        let names: Vec<String> = self
            .catalog
            .relations()
            .filter(|relation| relation.schema == schema.oid)
            .map(|relation| relation.name.clone())
            .chain(
                self.catalog
                    .user_types()
                    .filter(|known| known.schema == schema.oid)
                    .map(|known| known.name.clone()),
            )
            .collect();
        let routines = self.catalog.routines().filter(|known| known.schema == schema.oid);
        let mut routines: Vec<String> = routines.map(|known| known.name.clone()).collect();
        routines.dedup();
        for name in routines {
            self.rename_calls_in_texts([old, &name], [new, &name])?;
        }
        for name in names {
            self.rename_in_texts([old, &name], [new, &name])?;
        }
        Ok(())
    }

    fn rename_role(&mut self, old: &str, new: &str) -> SqlResult<()> {
        let Some(role) = self.catalog.role_by_name(old).cloned() else {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("role \"{old}\" does not exist"),
            ));
        };
        if role.oid == self.role() {
            return Err(unsupported("session user cannot be renamed"));
        }
        if self.catalog.role_by_name(new).is_some() {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("role \"{new}\" already exists"),
            ));
        }
        if !self.is_superuser() {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                "permission denied to rename role",
            ));
        }
        crate::role::require_role_name(new)?;
        let changed = catalog::Role { name: new.to_owned(), ..(*role).clone() };
        self.put(Descriptor::Role(changed));
        Ok(())
    }

    pub fn set_relation_owner(&mut self, oid: Oid, owner: Oid) -> SqlResult<()> {
        self.require_may_give_to(owner)?;
        let relation = self.known_relation(oid)?;
        if !self.is_superuser()
            && let Some(schema) = self.catalog.schema(relation.schema)
            && !self.has_schema_privilege(schema, 'C', owner)
        {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for schema {}", schema.name),
            ));
        }
        let mut owned = vec![oid];
        owned.extend(self.catalog.relations().filter_map(|relation| {
            let (table, _) = relation.sequence.as_ref()?.owned_by?;
            (table == oid).then_some(relation.oid)
        }));
        for relation in owned {
            self.alter(relation, |relation| {
                let old = relation.owner;
                for grant in relation.grants.iter_mut().flatten() {
                    if grant.grantee == old {
                        grant.grantee = owner;
                    }
                    if grant.grantor == old {
                        grant.grantor = owner;
                    }
                }
                relation.owner = owner;
            })?;
        }
        Ok(())
    }

    pub fn alter_owner(&mut self, alter: &AlterOwner) -> SqlResult<()> {
        self.tag(&format!("ALTER {}", tag_word(alter.object_type)));
        let owner = self.role_named(&alter.owner)?;
        if is_routine(alter.object_type) {
            return self.set_routine_owner(alter.object_type, &alter.object, owner);
        }
        let name = name_in(&alter.object)?;
        match alter.object_type {
            ObjectType::Schema => {
                let schema = self.schema_named(name.name())?;
                self.require_schema_owner(&schema)?;
                self.require_may_give_to(owner)?;
                let changed = catalog::Schema { owner, ..(*schema).clone() };
                self.put(Descriptor::Schema(changed));
                Ok(())
            }
            ObjectType::Type | ObjectType::Domain => {
                let mut user_type = self.type_to_change(&name)?;
                self.require_type_owner(&user_type)?;
                self.require_may_give_to(owner)?;
                user_type.owner = owner;
                self.put_type(user_type);
                Ok(())
            }
            ObjectType::Database => {
                let Some(database) = self.catalog.database_by_name(name.name()).cloned() else {
                    return Err(error(
                        sqlstate::INVALID_CATALOG_NAME,
                        format!("database \"{}\" does not exist", name.name()),
                    ));
                };
                if !self.owns(database.owner) {
                    return Err(crate::privileges::must_be_owner("database", &database.name));
                }
                self.require_may_give_to(owner)?;
                let changed = catalog::Database { owner, ..(*database).clone() };
                self.put(Descriptor::Database(changed));
                Ok(())
            }
            ObjectType::Table
            | ObjectType::View
            | ObjectType::MaterializedView
            | ObjectType::Sequence => {
                let relation = self.relation(&name)?;
                self.require_relation_owner(&relation)?;
                self.set_relation_owner(relation.oid, owner)
            }
            ObjectType::Statistics => self.set_statistics_owner(&name, owner),
            _ => Err(unsupported("objects of this kind have no owner to change")),
        }
    }

    pub fn alter_schema(&mut self, alter: &AlterObjectSchema) -> SqlResult<()> {
        self.tag(&format!("ALTER {}", tag_word(alter.object_type)));
        if is_routine(alter.object_type) {
            return self.set_routine_schema(alter.object_type, &alter.object, &alter.schema);
        }
        let name = name_in(&alter.object)?;
        if matches!(alter.object_type, ObjectType::Type | ObjectType::Domain) {
            let mut user_type = self.type_to_change(&name)?;
            let schema = self.schema_named(&alter.schema)?;
            self.require_type_owner(&user_type)?;
            self.require_create(&schema)?;
            let old = self.schema_name(user_type.schema);
            user_type.schema = schema.oid;
            let type_name = user_type.name.clone();
            self.put_type(user_type);
            return self.rename_in_texts([&old, &type_name], [&schema.name, &type_name]);
        }
        if alter.object_type == ObjectType::Statistics {
            return self.set_statistics_schema(&name, &alter.schema);
        }
        let relation = match self.find(&name) {
            Ok(Some(Found::Relation(relation))) => relation,
            Ok(Some(Found::Index(..))) => {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("\"{}\" is an index", name.name()),
                ));
            }
            Err(failure) if !alter.if_exists => return Err(failure),
            _ => return self.no_such_relation(&name, alter.if_exists),
        };
        if alter.object_type != ObjectType::Table {
            wrong_kind(alter.object_type, &relation)?;
        }
        self.require_relation_owner(&relation)?;
        let schema = self.schema_named(&alter.schema)?;
        self.require_create(&schema)?;
        if relation.schema == schema.oid {
            return Ok(());
        }
        let mut moved = vec![relation.clone()];
        moved.extend(self.catalog.relations().filter_map(|other| {
            let (table, _) = other.sequence.as_ref()?.owned_by?;
            (table == relation.oid).then(|| other.clone())
        }));
        for relation in moved {
            let taken = self.catalog.relation_name_taken(schema.oid, &relation.name);
            if taken {
                return Err(error(
                    sqlstate::DUPLICATE_TABLE,
                    format!(
                        "relation \"{}\" already exists in schema \"{}\"",
                        relation.name, schema.name
                    ),
                ));
            }
            let old = self.schema_name(relation.schema);
            self.alter(relation.oid, |relation| relation.schema = schema.oid)?;
            self.changes_definition(relation.oid, false);
            self.rename_in_texts([&old, &relation.name], [&schema.name, &relation.name])?;
        }
        Ok(())
    }
}
