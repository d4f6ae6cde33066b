//! Which statement goes where.

use syntax::ast::Statement;
use types::{SqlError, SqlResult, sqlstate};

use crate::{Definition, DefinitionContext};

pub fn is_definition(_statement: &Statement) -> bool {
    false
}

pub fn execute(_: &Statement, _: &dyn DefinitionContext) -> SqlResult<Definition> {
    Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, "not a definition"))
}
