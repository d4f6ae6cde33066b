//! One definition while it runs: the catalog with what it has changed so far.

use std::sync::Arc;

use catalog::{Catalog, Descriptor, DescriptorChange, Relation, UserType};
use protocol::TableId;
use protocol::transaction::SchemaUse;
use types::{Oid, Severity, SqlError, SqlResult, sqlstate};

use crate::{Definition, DefinitionContext, Work};

/// The catalog as the statement has made it so far, and what it will answer.
pub(crate) struct Run<'a> {
    pub context: &'a dyn DefinitionContext,
    pub catalog: Catalog,
    pub done: Definition,
}

pub(crate) fn error(state: &'static str, message: impl Into<String>) -> SqlError {
    SqlError::new(state, message)
}

pub(crate) fn unsupported(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message)
}

impl<'a> Run<'a> {
    pub fn new(context: &'a dyn DefinitionContext) -> Run<'a> {
        Run { context, catalog: context.catalog().clone(), done: Definition::default() }
    }

    pub fn tag(&mut self, tag: &str) {
        tag.clone_into(&mut self.done.tag);
    }

    pub fn allocate(&self) -> SqlResult<Oid> {
        self.context.allocate_oid()
    }

    pub fn notice(&mut self, state: &'static str, message: impl Into<String>) {
        self.done.notices.push(SqlError::new(state, message).severity(Severity::Notice));
    }

    pub fn warning(&mut self, state: &'static str, message: impl Into<String>) {
        self.done.notices.push(SqlError::new(state, message).severity(Severity::Warning));
    }

    /// Makes the changes, each in place of an earlier one of the same object.
    pub fn apply(&mut self, mut changes: Vec<DescriptorChange>) {
        for change in &mut changes {
            if let DescriptorChange::Put(descriptor) = change
                && self.catalog.descriptor(descriptor.oid()).is_none()
            {
                self.grant_from_the_start(descriptor);
            }
        }
        self.catalog = self.catalog.with_changes(&changes);
        for change in changes {
            let oid = match &change {
                DescriptorChange::Put(descriptor) => descriptor.oid(),
                DescriptorChange::Remove(oid) => *oid,
            };
            self.done.changes.retain(|earlier| match earlier {
                DescriptorChange::Put(descriptor) => descriptor.oid() != oid,
                DescriptorChange::Remove(removed) => *removed != oid,
            });
            self.done.changes.push(change);
        }
    }

    pub fn put(&mut self, descriptor: Descriptor) {
        self.apply(vec![DescriptorChange::Put(descriptor)]);
    }

    pub fn put_relation(&mut self, relation: Relation) {
        self.put(Descriptor::Relation(Box::new(relation)));
    }

    pub fn put_type(&mut self, user_type: UserType) {
        self.put(Descriptor::Type(user_type));
    }

    pub fn work(&mut self, work: Work) {
        self.done.work.push(work);
    }

    /// The definition of the relation changes; `rows`: in a way that depends on the rows present.
    pub fn changes_definition(&mut self, relation: Oid, rows: bool) {
        let table = TableId(relation);
        let strong = SchemaUse::DefinitionAndRows(table);
        if self.done.schema.contains(&strong) {
            return;
        }
        self.done.schema.retain(|earlier| earlier.table() != table);
        self.done.schema.push(if rows { strong } else { SchemaUse::Definition(table) });
    }

    /// A relation that must exist because another descriptor names it.
    pub fn known_relation(&self, relation: Oid) -> SqlResult<Arc<Relation>> {
        self.catalog.relation(relation).cloned().ok_or_else(|| {
            error(sqlstate::UNDEFINED_TABLE, format!("relation with OID {relation} does not exist"))
        })
    }

    /// Changes one relation's descriptor.
    pub fn alter(&mut self, relation: Oid, change: impl FnOnce(&mut Relation)) -> SqlResult<()> {
        let mut changed = (*self.known_relation(relation)?).clone();
        change(&mut changed);
        self.put_relation(changed);
        Ok(())
    }

    pub fn type_name(&self, type_oid: Oid) -> String {
        functions::type_catalog::name_of(&self.catalog, type_oid)
    }
}
