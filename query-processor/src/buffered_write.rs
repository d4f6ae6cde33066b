//! A write in the transaction's memory, and what two writes of one key come to.

use bytes::Bytes;
use executor::modify::writer::MAXIMUM_DELTA;
use protocol::transaction::{ConflictClass, Delta};

/// A row or index entry as the transaction has written it.
#[derive(Clone, Debug)]
pub struct BufferedWrite {
    pub value: Option<Bytes>,
    pub class: Option<ConflictClass>,
    /// Not empty if the transaction did nothing to the row but add to its counters; `value` is what it sees itself then.
    pub deltas: Vec<Delta>,
}

impl BufferedWrite {
    pub fn whole(value: Option<Bytes>, class: Option<ConflictClass>) -> BufferedWrite {
        BufferedWrite { value, class, deltas: Vec::new() }
    }

    /// This write after another one of the same transaction to the same key.
    pub fn after(self, before: Option<&BufferedWrite>) -> BufferedWrite {
        let Some(before) = before else { return self };
        if let Some(deltas) = sum(&before.deltas, &self.deltas) {
            return BufferedWrite { deltas, ..self };
        }
        let class = stronger(before.class, self.class).map(|class| match class {
            ConflictClass::Delta => ConflictClass::NonKeyUpdate,
            other => other,
        });
        BufferedWrite::whole(self.value, class)
    }
}

/// Both additions as one; `None` if one is none, or if it would be too large for one.
fn sum(before: &[Delta], after: &[Delta]) -> Option<Vec<Delta>> {
    if before.is_empty() || after.is_empty() {
        return None;
    }
    let mut deltas = before.to_vec();
    for delta in after {
        match deltas.iter_mut().find(|known| known.column == delta.column) {
            Some(known) => {
                let amount = known.amount.checked_add(delta.amount);
                known.amount = amount.filter(|amount| amount.abs() <= MAXIMUM_DELTA)?;
            }
            None => deltas.push(*delta),
        }
    }
    Some(deltas)
}

/// The class of a key written twice: the one that conflicts with more.
fn stronger(a: Option<ConflictClass>, b: Option<ConflictClass>) -> Option<ConflictClass> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (some, None) | (None, some) => some,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(column: u16, amount: i64) -> BufferedWrite {
        let deltas = vec![Delta { column, amount }];
        BufferedWrite { value: None, class: Some(ConflictClass::Delta), deltas }
    }

    #[test]
    fn additions_are_summed() {
        let both = added(1, 5).after(Some(&added(1, -7)));
        assert_eq!(both.deltas, [Delta { column: 1, amount: -2 }]);
        assert_eq!(both.class, Some(ConflictClass::Delta));
        let two = added(2, 1).after(Some(&added(1, 1)));
        assert_eq!(two.deltas.len(), 2);
    }

    #[test]
    fn an_addition_to_a_row_written_whole_is_a_whole_write() {
        for class in [ConflictClass::Exclusive, ConflictClass::NonKeyUpdate] {
            let whole = BufferedWrite::whole(None, Some(class));
            for both in [added(1, 1).after(Some(&whole)), whole.clone().after(Some(&added(1, 1)))] {
                assert!(both.deltas.is_empty());
                assert_eq!(both.class, Some(class));
            }
        }
    }

    #[test]
    fn what_is_too_much_for_one_addition_conflicts() {
        let both = added(1, 1).after(Some(&added(1, MAXIMUM_DELTA)));
        assert!(both.deltas.is_empty());
        assert_eq!(both.class, Some(ConflictClass::NonKeyUpdate));
    }
}
