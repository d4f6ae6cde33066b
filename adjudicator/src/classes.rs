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

/// How many classes the conflict memory keeps.
pub(crate) const REMEMBERED: usize = 4;

/// Rows: mine. Columns: the other's. Both in the order of [`ConflictClass`]: exclusive, non-key update, delta, key share,
/// read.
const TABLE: [[Relation; 5]; 5] = [
    [Conflict, Conflict, Conflict, Conflict, Later],
    [Conflict, Conflict, Conflict, Free, Later],
    [Conflict, Conflict, Free, Free, Later],
    [Conflict, Free, Free, Free, Free],
    [Conflict, Conflict, Conflict, Free, Free],
];

const fn index(class: ConflictClass) -> usize {
    match class {
        ConflictClass::Exclusive => 0,
        ConflictClass::NonKeyUpdate => 1,
        ConflictClass::Delta => 2,
        ConflictClass::KeyShare => 3,
        ConflictClass::Read => 4,
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
pub(crate) const fn conflicting(mine: ConflictClass) -> [bool; REMEMBERED] {
    let row = TABLE[index(mine)];
    [
        matches!(row[0], Conflict),
        matches!(row[1], Conflict),
        matches!(row[2], Conflict),
        matches!(row[3], Conflict),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConflictClass::{Delta, Exclusive, KeyShare, NonKeyUpdate, Read};

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
            (Exclusive, Delta, Conflict),
            (NonKeyUpdate, Delta, Conflict),
            (KeyShare, Delta, Free),
            (Read, Delta, Conflict),
            (Delta, Exclusive, Conflict),
            (Delta, NonKeyUpdate, Conflict),
            (Delta, Delta, Free),
            (Delta, KeyShare, Free),
            (Delta, Read, Later),
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
        for mine in [Exclusive, NonKeyUpdate, Delta, KeyShare] {
            for other in [Exclusive, NonKeyUpdate, Delta, KeyShare] {
                assert_eq!(relation(mine, other), relation(other, mine));
            }
        }
    }
}
