//! Invariants of one snapshot.

use std::collections::BTreeMap;

/// What is wrong with a snapshot, in English.
pub type Verdict = Result<(), String>;

/// Money moves between accounts and never appears, vanishes or falls below zero. Balances are two's complement, so that
/// an overdraft is seen as one.
pub fn bank(balances: &[(u64, u64)], accounts: u64, total: u64) -> Verdict {
    if balances.len() as u64 != accounts {
        return Err(format!("{} accounts are seen, there are {accounts}", balances.len()));
    }
    if let Some((account, balance)) = balances.iter().find(|(_, balance)| (*balance as i64) < 0) {
        return Err(format!("account {account} has {}", *balance as i64));
    }
    let sum: u64 = balances.iter().map(|(_, balance)| *balance).sum();
    if sum != total {
        return Err(format!("the balances add up to {sum}, there is {total}"));
    }
    Ok(())
}

/// Every element names its successor, and from any one all are reached.
pub fn ring(successors: &[(u64, u64)], elements: u64) -> Verdict {
    if successors.len() as u64 != elements {
        return Err(format!("{} elements are seen, there are {elements}", successors.len()));
    }
    let next: BTreeMap<u64, u64> = successors.iter().copied().collect();
    let Some(start) = next.keys().next().copied() else { return Ok(()) };
    let mut at = start;
    for step in 1..=elements {
        at = match next.get(&at) {
            Some(next) => *next,
            None => return Err(format!("the successor of {at} is missing")),
        };
        if at == start && step < elements {
            return Err(format!("the ring closes after {step} of {elements} elements"));
        }
    }
    if at == start { Ok(()) } else { Err(format!("the ring does not come back to {start}")) }
}

/// At least one of a pair stays on duty, which write skew would undo. For SERIALIZABLE only.
pub fn on_duty(pairs: &[((u64, u64), (u64, u64))]) -> Verdict {
    match pairs.iter().find(|(one, two)| one.1 == 0 && two.1 == 0) {
        Some((one, two)) => Err(format!("neither {} nor {} is on duty", one.0, two.0)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_conserved_and_never_below_zero() {
        assert!(bank(&[(0, 4), (1, 6)], 2, 10).is_ok());
        assert!(bank(&[(0, 4), (1, 5)], 2, 10).is_err());
        assert!(bank(&[(0, 10)], 2, 10).is_err());
        assert!(bank(&[(0, 11), (1, u64::MAX)], 2, 10).is_err());
    }

    #[test]
    fn a_ring_is_one_circle_through_all() {
        assert!(ring(&[(0, 2), (1, 0), (2, 1)], 3).is_ok());
        assert!(ring(&[(0, 1), (1, 0), (2, 2)], 3).is_err());
        assert!(ring(&[(0, 1), (1, 2), (2, 1)], 3).is_err());
        assert!(ring(&[(0, 1), (1, 9), (2, 0)], 3).is_err());
    }

    #[test]
    fn somebody_of_each_pair_is_on_duty() {
        assert!(on_duty(&[((0, 1), (1, 0)), ((2, 0), (3, 1))]).is_ok());
        assert!(on_duty(&[((0, 0), (1, 0))]).is_err());
    }
}
