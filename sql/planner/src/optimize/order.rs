//! Which order satisfies which.

use crate::expression::{Expr, SortKey};
use crate::logical::ColumnFacts;
use crate::walk;

/// How many of the wanted keys the given order provides, from the first on. `constant` columns need no order.
pub fn provided(
    given: &[SortKey],
    wanted: &[SortKey],
    facts: &[ColumnFacts],
    constant: &dyn Fn(&Expr) -> bool,
) -> usize {
    let mut given = given.iter().peekable();
    let mut count = 0;
    for want in wanted {
        if constant(&want.expression) {
            count += 1;
            continue;
        }
        let not_null = match &want.expression {
            Expr::Column { index, .. } => facts.get(*index).is_some_and(|facts| facts.not_null),
            _ => false,
        };
        match given.next() {
            Some(have)
                if walk::same(&have.expression, &want.expression)
                    && have.descending == want.descending
                    && (not_null || have.nulls_first == want.nulls_first) =>
            {
                count += 1;
            }
            _ => return count,
        }
    }
    count
}
