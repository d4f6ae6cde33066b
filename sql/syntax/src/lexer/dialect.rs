//! The dialect given to sqlparser's tokenizer: PostgreSQL's hooks where it has any.

use std::any::TypeId;

use sqlparser::dialect::{Dialect, PostgreSqlDialect};

/// PostgreSQL's characters; the pre-pass does the rest.
#[derive(Debug)]
pub struct QuorateDialect {}

impl Dialect for QuorateDialect {
    // sqlparser asks for the type in places where it has no hook, for example bit strings.
    fn dialect(&self) -> TypeId {
        TypeId::of::<PostgreSqlDialect>()
    }

    fn is_delimited_identifier_start(&self, character: char) -> bool {
        character == '"'
    }

    fn is_identifier_start(&self, character: char) -> bool {
        character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
    }

    fn is_identifier_part(&self, character: char) -> bool {
        character.is_ascii_alphanumeric()
            || character == '$'
            || character == '_'
            || !character.is_ascii()
    }

    fn is_custom_operator_part(&self, character: char) -> bool {
        super::scan::is_operator_character(character as u32)
    }

    fn supports_string_escape_constant(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    fn supports_geometric_types(&self) -> bool {
        true
    }
}
