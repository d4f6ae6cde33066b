//! Descriptors for tests.

use protocol::TableId;
use types::Oid;

use crate::descriptor::*;
use crate::snapshot::{BOOTSTRAP_ROLE, PUBLIC};

pub fn column(number: AttributeNumber, name: &str, type_oid: Oid) -> Column {
    Column {
        number,
        name: name.to_owned(),
        type_oid,
        modifier: -1,
        not_null: false,
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
    }
}

pub fn table(oid: Oid, name: &str, columns: Vec<Column>) -> Relation {
    Relation {
        oid,
        type_oid: oid + 1_000,
        array_type_oid: oid + 2_000,
        name: name.to_owned(),
        schema: PUBLIC,
        owner: BOOTSTRAP_ROLE,
        kind: RelationKind::Table,
        table_id: TableId(oid),
        columns,
        indexes: Vec::new(),
        next_index: 2,
        constraints: Vec::new(),
        view: None,
        sequence: None,
        grants: None,
        comment: None,
        options: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
    }
}
