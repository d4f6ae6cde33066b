//! The conflict classes of DESIGN 4.1, as a table.

use protocol::transaction::ConflictClass;

/// What a class committed (or voted for) since `tau_start` means for mine on the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Free,
    /// No conflict, but my `tau_commit` must be above the other's.
    Later,
    Conflict,
}

use Relation::{Conflict, Free, Later};

/// Rows: mine. Columns: the other's. Both in the order of [`ConflictClass`]: exclusive, non-key update, key share, read.
const TABLE: [[Relation; 4]; 4] = [
    [Conflict, Conflict, Conflict, Later],
    [Conflict, Conflict, Free, Later],
    [Conflict, Free, Free, Free],
    [Conflict, Conflict, Free, Free],
];

const fn index(class: ConflictClass) -> usize {
    match class {
        ConflictClass::Exclusive => 0,
        ConflictClass::NonKeyUpdate => 1,
        ConflictClass::KeyShare => 2,
        ConflictClass::Read => 3,
    }
}

/// How `mine` relates to `other`.
pub const fn relation(mine: ConflictClass, other: ConflictClass) -> Relation {
    TABLE[index(mine)][index(other)]
}

/// The place of a class among those that the conflict memory keeps; reads need no memory, because what must be later
/// than a committed read is later anyhow: timestamps of one shard only grow.
pub(crate) const fn remembered(class: ConflictClass) -> Option<usize> {
    match class {
        ConflictClass::Read => None,
        other => Some(index(other)),
    }
}

/// Which remembered classes conflict with `mine`.
pub(crate) const fn conflicting(mine: ConflictClass) -> [bool; 3] {
    let row = TABLE[index(mine)];
    [matches!(row[0], Conflict), matches!(row[1], Conflict), matches!(row[2], Conflict)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConflictClass::{Exclusive, KeyShare, NonKeyUpdate, Read};

    /// Checks: I1
    #[test]
    fn conflict_table_is_that_of_the_design() {
        let expected = [
            (Exclusive, Exclusive, Conflict),
            (Exclusive, NonKeyUpdate, Conflict),
            (Exclusive, KeyShare, Conflict),
            (Exclusive, Read, Later),
            (NonKeyUpdate, Exclusive, Conflict),
            (NonKeyUpdate, NonKeyUpdate, Conflict),
            (NonKeyUpdate, KeyShare, Free),
            (NonKeyUpdate, Read, Later),
            (KeyShare, Exclusive, Conflict),
            (KeyShare, NonKeyUpdate, Free),
            (KeyShare, KeyShare, Free),
            (KeyShare, Read, Free),
            (Read, Exclusive, Conflict),
            (Read, NonKeyUpdate, Conflict),
            (Read, KeyShare, Free),
            (Read, Read, Free),
        ];
        for (mine, other, wanted) in expected {
            assert_eq!(relation(mine, other), wanted, "{mine:?} meets {other:?}");
            if let Some(place) = remembered(other) {
                assert_eq!(conflicting(mine)[place], wanted == Conflict);
            }
        }
    }

    #[test]
    fn conflicts_among_writes_are_symmetric() {
        for mine in [Exclusive, NonKeyUpdate, KeyShare] {
            for other in [Exclusive, NonKeyUpdate, KeyShare] {
                assert_eq!(relation(mine, other), relation(other, mine));
            }
        }
    }
}
