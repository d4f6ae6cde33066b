//! `citext`: text that keeps its letters and compares without regard to their case, as the extension of that name has it.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

fn folded(value: &str) -> impl Iterator<Item = char> {
    value.chars().flat_map(char::to_lowercase)
}

/// What is compared in place of the value. Letter by letter, so that it is one with [`compare`].
pub fn fold(value: &str) -> String {
    folded(value).collect()
}

pub fn compare(left: &str, right: &str) -> Ordering {
    folded(left).cmp(folded(right))
}

pub fn hash<H: Hasher>(value: &str, state: &mut H) {
    folded(value).for_each(|letter| letter.hash(state));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_and_the_order_is_that_of_folded_bytes() {
        for (left, right, expected) in [
            ("abc", "ABC", Ordering::Equal),
            ("É", "é", Ordering::Equal),
            ("a", "B", Ordering::Less),
            ("Z", "a", Ordering::Greater),
            ("ab", "ABC", Ordering::Less),
            ("ΑΣ", "ασ", Ordering::Equal),
            ("", "a", Ordering::Less),
        ] {
            assert_eq!(compare(left, right), expected, "{left} {right}");
            assert_eq!(fold(left).as_bytes().cmp(fold(right).as_bytes()), expected);
        }
    }
}
