//! Which match PostgreSQL takes.

use super::{Flags, compile};

fn first(pattern: &str, text: &str) -> Option<Vec<Option<String>>> {
    let found = compile(pattern, Flags::default()).ok()?.captures_at(text, 0).ok()??;
    Some((0..found.len()).map(|group| found.group(group).map(str::to_owned)).collect())
}

#[test]
fn the_first_quantifier_says_whether_the_longest_or_the_shortest_match_is_taken() {
    for (pattern, text, expected) in [
        ("foo|foobar", "foobar", vec!["foobar"]),
        ("(a|ab)(c|bcd)", "abcd", vec!["abcd", "a", "bcd"]),
        ("Y*([0-9]{1,3})", "XY1234Z", vec!["Y123", "123"]),
        ("Y*?([0-9]{1,3})", "XY1234Z", vec!["Y1", "1"]),
        ("(a)\\1", "baa", vec!["aa", "a"]),
        ("foo(?=bar)", "foobar", vec!["foo"]),
        ("(?<=x)bar", "xbar", vec!["bar"]),
    ] {
        let expected = expected.into_iter().map(|part| Some(part.to_owned())).collect();
        assert_eq!(first(pattern, text), Some(expected), "{pattern}");
    }
}

#[test]
fn patterns_that_mean_nothing_are_refused() {
    for pattern in ["*a", "a**", "(a", "a)", "(a)\\2", "[a", "a{2,1}", "a{300}", "(?=a"] {
        let refused = compile(pattern, Flags::default()).err().map(|error| error.sqlstate());
        assert_eq!(refused, Some("2201B"), "{pattern}");
    }
}
