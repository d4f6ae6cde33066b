//! How many rows match a pattern: LIKE and regular expressions with a constant on the right.
//!
//! The operator itself is asked about the common values and the bounds of the histogram, which are a sample of the others.
//! A short histogram counts only in part, and what the pattern looks like for the rest, as PostgreSQL does.

use crate::catalog_view::ColumnStatistics;

/// With fewer bounds the histogram says nothing.
const FEWEST_BOUNDS: usize = 10;
/// With as many bounds nothing else is asked.
const ENOUGH_BOUNDS: usize = 100;
/// Of the values that reach a place of a pattern: how many go on, for a character, for `_` and for `%`.
const CHARACTER: f64 = 0.2;
const ANY_CHARACTER: f64 = 0.9;
const ANYTHING: f64 = 5.0;
/// The histogram never proves that nothing or everything matches.
const LEAST: f64 = 0.0001;

/// The fraction of all rows for which `holds`; `guess` is for the values that statistics do not show. `None` where `holds`
/// has no answer for a value.
pub fn matching(
    column: &ColumnStatistics,
    guess: f64,
    holds: &dyn Fn(&types::Datum) -> Option<bool>,
) -> Option<f64> {
    let (mut common, mut kept) = (0.0, 0.0);
    for (value, fraction) in &column.most_common {
        common += fraction;
        if holds(value)? {
            kept += fraction;
        }
    }
    let bounds = column.histogram.len();
    let among_others = if bounds < FEWEST_BOUNDS {
        guess
    } else {
        let mut hits = 0usize;
        for bound in &column.histogram {
            hits += usize::from(holds(bound)?);
        }
        let seen = hits as f64 / bounds as f64;
        let weight = (bounds as f64 / ENOUGH_BOUNDS as f64).min(1.0);
        (seen * weight + guess * (1.0 - weight)).clamp(LEAST, 1.0 - LEAST)
    };
    let others = (1.0 - column.null_fraction - common).max(0.0);
    Some((kept + others * among_others).clamp(0.0, 1.0))
}

/// What fraction of strings a LIKE pattern matches, from nothing but its characters.
pub fn guess_like(pattern: &str) -> f64 {
    let mut fraction = 1.0f64;
    let mut characters = pattern.trim_start_matches('%').chars();
    while let Some(character) = characters.next() {
        fraction *= match character {
            '%' => ANYTHING,
            '_' => ANY_CHARACTER,
            '\\' => {
                characters.next();
                CHARACTER
            }
            _ => CHARACTER,
        };
    }
    fraction.clamp(LEAST, 1.0)
}

/// Whether a LIKE pattern is a plain string: only that string matches.
pub fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['%', '_', '\\'])
}

#[cfg(test)]
mod tests {
    use types::Datum;

    use super::*;

    fn text(value: &str) -> Datum {
        Datum::text(value.to_owned())
    }

    fn column(common: &[(&str, f64)], bounds: usize, null_fraction: f64) -> ColumnStatistics {
        ColumnStatistics {
            attribute: 1,
            null_fraction,
            width: 8.0,
            distinct: -1.0,
            most_common: common.iter().map(|(value, share)| (text(value), *share)).collect(),
            histogram: (0..bounds).map(|at| text(&format!("{:03}", at * 1000 / bounds))).collect(),
            correlation: 0.0,
        }
    }

    fn starts(value: &Datum, prefix: &str) -> Option<bool> {
        match value {
            Datum::Text(value) => Some(value.starts_with(prefix)),
            _ => None,
        }
    }

    #[test]
    fn common_values_and_full_histograms_answer_alone() {
        let found = matching(&column(&[("0x", 0.2), ("zz", 0.1)], 100, 0.2), 0.9, &|value| {
            starts(value, "0")
        });
        // The common value and a tenth of the half that is neither common nor NULL.
        assert!((found.expect("every value is text") - 0.25).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn short_histograms_count_in_part_and_tiny_ones_not_at_all() {
        let found = |bounds| {
            matching(&column(&[], bounds, 0.0), 0.5, &|_| Some(false)).expect("there is an answer")
        };
        assert!((found(9) - 0.5).abs() < 1e-9);
        assert!((found(50) - 0.25).abs() < 1e-9);
        assert!((found(100) - LEAST).abs() < 1e-9);
    }

    #[test]
    fn a_value_without_an_answer_leaves_it_open() {
        let mut facts = column(&[("a", 0.5)], 20, 0.0);
        facts.histogram[3] = Datum::Int4(1);
        assert_eq!(matching(&facts, 0.5, &|value| starts(value, "a")), None);
    }

    #[test]
    fn longer_patterns_match_less() {
        assert!((guess_like("%a%") - 1.0).abs() < 1e-9);
        assert!((guess_like("%green%") - 0.2f64.powi(5) * 5.0).abs() < 1e-9);
        assert!((guess_like(r"\%\_") - 0.04).abs() < 1e-9);
        assert!(guess_like("a_c") > guess_like("abc"));
        assert!(is_plain("abc") && !is_plain("a%") && !is_plain("a_") && !is_plain(r"a\b"));
    }
}
