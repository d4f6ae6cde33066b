//! Counters as clients saw them: every value lies between what surely was added before and what may have been added by then.
//!
//! It knows nothing of the order of commits, so it is a judge of its own beside the oracle: an addition that is applied
//! twice or lost shows, at the latest, in reads after everybody has been told.

use std::fmt;

use crate::history::Status;

/// An amount added to a counter, by whatever means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub transaction: u64,
    pub key: u64,
    pub amount: i64,
    pub status: Status,
    /// Moments in one order for all clients.
    pub invoked: u32,
    pub completed: u32,
}

/// What a transaction saw of a counter before its own changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub transaction: u64,
    pub key: u64,
    pub value: i64,
    pub invoked: u32,
    pub completed: u32,
}

/// A value that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub look: Look,
    pub least: i64,
    pub most: i64,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Look { transaction, key, value, .. } = self.look;
        let (least, most) = (self.least, self.most);
        write!(formatter, "T{transaction} read counter {key} as {value}, it was {least} to {most}")
    }
}

/// All counters begin with `opening`. `strong`: what was acknowledged before somebody began is seen by it.
pub fn check(opening: i64, changes: &[Change], looks: &[Look], strong: bool) -> Vec<Fault> {
    let faults = looks.iter().filter_map(|look| {
        let (mut least, mut most) = (opening, opening);
        let others = changes.iter().filter(|one| {
            one.key == look.key
                && one.transaction != look.transaction
                && one.status != Status::Failed
                && one.invoked < look.completed
        });
        for one in others {
            let is_certain =
                strong && one.status == Status::Committed && one.completed < look.invoked;
            least += if is_certain { one.amount } else { one.amount.min(0) };
            most += if is_certain { one.amount } else { one.amount.max(0) };
        }
        let is_possible = (least..=most).contains(&look.value);
        (!is_possible).then_some(Fault { look: *look, least, most })
    });
    faults.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(
        transaction: u64,
        amount: i64,
        status: Status,
        (invoked, completed): (u32, u32),
    ) -> Change {
        Change { transaction, key: 1, amount, status, invoked, completed }
    }

    fn look(value: i64, (invoked, completed): (u32, u32)) -> Look {
        Look { transaction: 9, key: 1, value, invoked, completed }
    }

    #[test]
    fn what_is_certain_is_there_once_and_what_is_not_may_be() {
        let changes = [
            change(1, 5, Status::Committed, (0, 1)),
            change(2, -3, Status::Unknown, (0, 1)),
            change(3, 100, Status::Failed, (0, 1)),
            change(4, 7, Status::Committed, (2, 20)),
            change(5, 50, Status::Committed, (30, 31)),
        ];
        let is_fine = |value| check(10, &changes, &[look(value, (3, 9))], true).is_empty();
        assert!([12, 15, 19, 22].into_iter().all(is_fine));
        assert!(![10, 11, 23, 27, 65].into_iter().any(is_fine), "lost, and applied twice");
        let weak = |value| check(10, &changes, &[look(value, (3, 9))], false).is_empty();
        assert!(weak(10) && weak(7) && !weak(6) && !weak(23));
    }

    #[test]
    fn after_everything_the_sum_is_exact() {
        let changes =
            [change(1, 5, Status::Committed, (0, 1)), change(9, 6, Status::Committed, (4, 5))];
        let read = |value| check(0, &changes, &[look(value, (4, 5))], true).len();
        assert_eq!([4, 5, 6, 10, 11].map(read), [1, 0, 1, 1, 1], "its own change comes after");
    }
}
