//! Each shard's own copy of when tables' definitions and rows changed last (DESIGN 4.2).

use std::collections::BTreeMap;

use protocol::transaction::SchemaUse;
use protocol::{TableId, Timestamp};

use crate::classes::Relation;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Changes {
    definition: Timestamp,
    rows: Timestamp,
}

/// How `mine` relates to `other` on the same table, when the other was committed, or voted for, since my `tau_start`.
///
/// Writing rows relates to a later change of the definition as reading relates to writing: the change may come, but
/// only after.
pub fn relation(mine: SchemaUse, other: SchemaUse) -> Relation {
    use SchemaUse::{Definition, DefinitionAndRows, Rows};
    match (mine, other) {
        _ if mine.table() != other.table() => Relation::Free,
        (Rows(_), Rows(_)) => Relation::Free,
        (Definition(_), Rows(_)) => Relation::Later,
        (DefinitionAndRows(_), Rows(_)) => Relation::Conflict,
        (_, Definition(_) | DefinitionAndRows(_)) => Relation::Conflict,
    }
}

/// Last changes per table.
#[derive(Clone, Debug, Hash)]
pub struct SchemaMemory {
    tables: BTreeMap<TableId, Changes>,
    maximum: usize,
}

impl SchemaMemory {
    pub fn new(maximum: usize) -> SchemaMemory {
        SchemaMemory { tables: BTreeMap::new(), maximum }
    }

    pub fn clear(&mut self) {
        self.tables.clear();
    }

    /// Whether something committed after `tau_start` conflicts with `mine`.
    pub fn conflicts(&self, mine: SchemaUse, tau_start: Timestamp) -> bool {
        let Some(changes) = self.tables.get(&mine.table()) else {
            return false;
        };
        let rows = matches!(mine, SchemaUse::DefinitionAndRows(_)) && changes.rows > tau_start;
        rows || changes.definition > tau_start
    }

    /// Remembers a commit; returns the floor that what had to be forgotten demands.
    pub fn record(&mut self, used: SchemaUse, tau_commit: Timestamp) -> Option<Timestamp> {
        let mut floor = None;
        if self.tables.len() >= self.maximum && !self.tables.contains_key(&used.table()) {
            let oldest =
                self.tables.iter().min_by_key(|(_, changes)| changes.definition.max(changes.rows));
            if let Some((table, changes)) = oldest.map(|(table, changes)| (*table, *changes)) {
                floor = Some(changes.definition.max(changes.rows));
                self.tables.remove(&table);
            }
        }
        let changes = self.tables.entry(used.table()).or_default();
        match used {
            SchemaUse::Rows(_) => changes.rows = changes.rows.max(tau_commit),
            SchemaUse::Definition(_) | SchemaUse::DefinitionAndRows(_) => {
                changes.definition = changes.definition.max(tau_commit);
            }
        }
        floor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SchemaUse::{Definition, DefinitionAndRows, Rows};

    const T: TableId = TableId(1_000);

    #[test]
    fn definitions_conflict_with_users_of_the_same_table_only() {
        let mut memory = SchemaMemory::new(8);
        memory.record(Definition(T), Timestamp(10));
        for mine in [Rows(T), Definition(T), DefinitionAndRows(T)] {
            assert!(memory.conflicts(mine, Timestamp(9)));
            assert!(!memory.conflicts(mine, Timestamp(10)));
        }
        assert!(!memory.conflicts(Rows(TableId(7)), Timestamp(0)));
    }

    #[test]
    fn rows_conflict_only_with_what_depends_on_rows() {
        let mut memory = SchemaMemory::new(8);
        memory.record(Rows(T), Timestamp(10));
        assert!(!memory.conflicts(Rows(T), Timestamp(1)));
        assert!(!memory.conflicts(Definition(T), Timestamp(1)));
        assert!(memory.conflicts(DefinitionAndRows(T), Timestamp(9)));
        assert_eq!(relation(Definition(T), Rows(T)), Relation::Later);
    }

    #[test]
    fn forgetting_a_table_raises_the_floor_to_its_last_change() {
        let mut memory = SchemaMemory::new(2);
        assert_eq!(memory.record(Rows(TableId(1)), Timestamp(5)), None);
        assert_eq!(memory.record(Rows(TableId(2)), Timestamp(6)), None);
        assert_eq!(memory.record(Rows(TableId(3)), Timestamp(7)), Some(Timestamp(5)));
    }
}
