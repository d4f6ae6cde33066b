//! What definitions ask of a statement's environment.

use std::sync::Arc;

use catalog::{Catalog, Relation, UserType, UserTypeKind};
use definition::DefinitionContext;
use types::{Oid, SqlResult};

use crate::environment::StatementEnvironment;

/// A relation's row type as a composite type.
pub fn row_type(relation: &Relation) -> Arc<UserType> {
    let fields = relation
        .live_columns()
        .map(|column| (column.name.clone(), column.type_oid, column.modifier))
        .collect();
    Arc::new(UserType {
        oid: relation.type_oid,
        array_oid: relation.array_type_oid,
        name: relation.name.clone(),
        schema: relation.schema,
        owner: relation.owner,
        kind: UserTypeKind::Composite(fields),
        comment: None,
    })
}

impl DefinitionContext for StatementEnvironment {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn allocate_oid(&self) -> SqlResult<Oid> {
        crate::identifiers::allocate(&self.services)
    }

    fn current_role(&self) -> Oid {
        self.current_role
    }

    fn search_path(&self) -> Vec<Oid> {
        self.search_path.to_vec()
    }

    fn scram_verifier(&self, password: &str) -> SqlResult<String> {
        tokio::task::block_in_place(|| crate::scram::verifier(password))
    }
}
