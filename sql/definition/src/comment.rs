//! COMMENT ON.

use catalog::Descriptor;
use syntax::ast::{Comment, ObjectName, ObjectReference, ObjectType};
use types::{SqlResult, sqlstate};

use crate::names::{Found, undefined_relation, written};
use crate::rename::wrong_kind;
use crate::run::{Run, error, unsupported};
use crate::table::constraints::undefined_column;
use crate::type_names::undefined_type;

/// The name in a reference.
pub(crate) fn name_in(object: &ObjectReference) -> SqlResult<ObjectName> {
    match object {
        ObjectReference::Name(name) => Ok(name.clone()),
        ObjectReference::Type(name) => {
            Ok(ObjectName { parts: name.names.clone(), location: name.location })
        }
        _ => Err(unsupported("objects of this kind are not supported")),
    }
}

impl Run<'_> {
    pub fn comment(&mut self, comment: &Comment) -> SqlResult<()> {
        self.tag("COMMENT");
        let text = comment.text.clone().filter(|text| !text.is_empty());
        match comment.object_type {
            ObjectType::Table
            | ObjectType::View
            | ObjectType::MaterializedView
            | ObjectType::Sequence
            | ObjectType::Index => {
                let name = name_in(&comment.object)?;
                let Some(found) = self.find(&name)? else {
                    return Err(undefined_relation(&name));
                };
                self.comment_relation(comment.object_type, found, text)
            }
            ObjectType::Column => {
                let mut name = name_in(&comment.object)?;
                let column = name.parts.pop().unwrap_or_default();
                if name.parts.is_empty() {
                    return Err(error(sqlstate::SYNTAX_ERROR, "column name must be qualified"));
                }
                let relation = self.relation(&name)?;
                self.require_relation_owner(&relation)?;
                let Some(number) = relation.column(&column).map(|column| column.number) else {
                    return Err(undefined_column(&column, &relation.name));
                };
                self.alter(relation.oid, |relation| {
                    for column in &mut relation.columns {
                        if column.number == number {
                            column.comment.clone_from(&text);
                        }
                    }
                })
            }
            ObjectType::Constraint => {
                let ObjectReference::OnTable { name, table } = &comment.object else {
                    return Err(unsupported("comments on this constraint are not supported"));
                };
                let relation = self.relation(table)?;
                self.require_relation_owner(&relation)?;
                if !relation.constraints.iter().any(|constraint| constraint.name == *name) {
                    return Err(error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!(
                            "constraint \"{name}\" for table \"{}\" does not exist",
                            relation.name
                        ),
                    ));
                }
                self.alter(relation.oid, |relation| {
                    for constraint in &mut relation.constraints {
                        if constraint.name == *name {
                            constraint.comment.clone_from(&text);
                        }
                    }
                })
            }
            ObjectType::Function | ObjectType::Procedure | ObjectType::Routine => {
                let routine = self.owned_routine(comment.object_type, &comment.object)?;
                self.put(Descriptor::Routine(Box::new(catalog::Routine {
                    comment: text,
                    ..(*routine).clone()
                })));
                Ok(())
            }
            ObjectType::Trigger => {
                let ObjectReference::OnTable { name, table } = &comment.object else {
                    return Err(unsupported("comments on this trigger are not supported"));
                };
                let relation = self.relation(table)?;
                self.require_relation_owner(&relation)?;
                if !relation.triggers.iter().any(|trigger| trigger.name == *name) {
                    return Err(error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!(
                            "trigger \"{name}\" for table \"{}\" does not exist",
                            relation.name
                        ),
                    ));
                }
                self.alter(relation.oid, |relation| {
                    for trigger in relation.triggers.iter_mut().filter(|known| known.name == *name)
                    {
                        trigger.comment.clone_from(&text);
                    }
                })
            }
            _ => self.comment_other(comment, text),
        }
    }

    fn comment_relation(
        &mut self,
        object_type: ObjectType,
        found: Found,
        text: Option<String>,
    ) -> SqlResult<()> {
        match found {
            Found::Relation(relation) => {
                wrong_kind(object_type, &relation)?;
                self.require_relation_owner(&relation)?;
                self.alter(relation.oid, |relation| relation.comment = text)
            }
            Found::Index(table, index) => {
                if object_type != ObjectType::Index {
                    let name = table.index_by_oid(index).map_or("", |index| index.name.as_str());
                    return Err(error(
                        sqlstate::WRONG_OBJECT_TYPE,
                        format!("\"{name}\" is not a table"),
                    ));
                }
                self.require_relation_owner(&table)?;
                self.alter(table.oid, |table| {
                    for known in &mut table.indexes {
                        if known.oid == index {
                            known.comment.clone_from(&text);
                        }
                    }
                })
            }
        }
    }

    fn comment_other(&mut self, comment: &Comment, text: Option<String>) -> SqlResult<()> {
        let name = name_in(&comment.object)?;
        match comment.object_type {
            ObjectType::Schema => {
                let schema = self.schema_named(name.name())?;
                self.require_schema_owner(&schema)?;
                let changed = catalog::Schema { comment: text, ..(*schema).clone() };
                self.put(Descriptor::Schema(changed));
            }
            ObjectType::Type | ObjectType::Domain => {
                let mut user_type =
                    self.type_to_change(&name).map_err(|_| undefined_type(&written(&name)))?;
                self.require_type_owner(&user_type)?;
                user_type.comment = text;
                self.put_type(user_type);
            }
            ObjectType::Role => {
                let Some(role) = self.catalog.role_by_name(name.name()).cloned() else {
                    return Err(error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!("role \"{}\" does not exist", name.name()),
                    ));
                };
                if !self.is_superuser() && role.oid != self.role() {
                    return Err(error(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied")
                        .detail(format!(
                            "The current user must have the ADMIN option on role \"{}\".",
                            role.name
                        )));
                }
                let changed = catalog::Role { comment: text, ..(*role).clone() };
                self.put(Descriptor::Role(changed));
            }
            ObjectType::Database => {
                let Some(database) = self.catalog.database_by_name(name.name()).cloned() else {
                    self.warning(
                        sqlstate::INVALID_CATALOG_NAME,
                        format!("database \"{}\" does not exist", name.name()),
                    );
                    return Ok(());
                };
                if !self.owns(database.owner) {
                    return Err(crate::privileges::must_be_owner("database", &database.name));
                }
                let changed = catalog::Database { comment: text, ..(*database).clone() };
                self.put(Descriptor::Database(changed));
            }
            ObjectType::Statistics => self.comment_statistics(&name, text)?,
            ObjectType::Extension => {
                let known = name.name() == "plpgsql"
                    || self.catalog.extensions().any(|known| known.name == name.name());
                if !known {
                    return Err(error(
                        sqlstate::UNDEFINED_OBJECT,
                        format!("extension \"{}\" does not exist", name.name()),
                    ));
                }
            }
            _ => return Err(unsupported("comments on objects of this kind are not supported")),
        }
        Ok(())
    }
}
