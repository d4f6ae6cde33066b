//! `money`: cents in 64 bits, written as in the locale "C" of PostgreSQL: `$1,234.50`.

use std::fmt::Write;

use crate::error::{SqlError, SqlResult};
use crate::sqlstate;

fn invalid(text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_TEXT_REPRESENTATION,
        format!("invalid input syntax for type money: \"{text}\""),
    )
}

fn too_large(text: &str) -> SqlError {
    SqlError::new(
        sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
        format!("value \"{text}\" is out of range for type money"),
    )
}

/// Reads `$1,234.567` (rounded to cents), `-1`, `(12)` and their mixtures.
pub fn parse_money(text: &str) -> SqlResult<i64> {
    let mut rest = text.trim_start();
    let mut negative = false;
    if let Some(after) = rest.strip_prefix('$') {
        rest = after.trim_start();
    }
    if let Some(after) = rest.strip_prefix(['-', '(']) {
        negative = true;
        rest = after;
    } else if let Some(after) = rest.strip_prefix('+') {
        rest = after;
    }
    rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix('$') {
        rest = after.trim_start();
    }
    let mut value: i64 = 0;
    let mut decimals: Option<u32> = None;
    let push = |value: i64, digit: i64| {
        value
            .checked_mul(10)
            .and_then(|value| value.checked_sub(digit))
            .ok_or_else(|| too_large(text))
    };
    let mut used = 0;
    // Kept negative, because there is one more negative number than positive ones.
    for (at, character) in rest.char_indices() {
        used = at;
        match character {
            '0'..='9' if decimals.is_none_or(|count| count < 2) => {
                value = push(value, i64::from(character as u32 - 48))?;
                decimals = decimals.map(|count| count + 1);
            }
            '0'..='9' => {
                // The third decimal rounds; later ones do not count.
                if character >= '5' {
                    value = value.checked_sub(1).ok_or_else(|| too_large(text))?;
                }
                let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
                used = at + digits;
                break;
            }
            '.' if decimals.is_none() => decimals = Some(0),
            ',' if decimals.is_none() => {}
            _ => break,
        }
        used = at + 1;
    }
    for _ in decimals.unwrap_or(0)..2 {
        value = push(value, 0)?;
    }
    for character in rest[used..].chars() {
        match character {
            ')' => {}
            '-' => negative = true,
            '+' | '$' => {}
            character if character.is_ascii_whitespace() => {}
            _ => return Err(invalid(text)),
        }
    }
    if !rest.bytes().any(|byte| byte.is_ascii_digit()) && !text.trim().is_empty() && used == 0 {
        return Err(invalid(text));
    }
    if negative { Ok(value) } else { value.checked_neg().ok_or_else(|| too_large(text)) }
}

/// `-$1,234.50`.
pub fn write_money(value: i64, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    let cents = value.unsigned_abs();
    let units = (cents / 100).to_string();
    out.push('$');
    for (position, digit) in units.chars().enumerate() {
        if position > 0 && (units.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    // Writing to a string cannot fail.
    let _ = write!(out, ".{:02}", cents % 100);
}

const SMALL: [&str; 28] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
];

/// A number below 1,000 in words, as `cash_words` says it.
fn small_words(value: u64) -> String {
    let word = |index: u64| SMALL[index as usize];
    let below = |value: u64| match value {
        0..=20 => word(value).to_owned(),
        value if value % 10 == 0 => word(value / 10 + 18).to_owned(),
        value => format!("{} {}", word(value / 10 + 18), word(value % 10)),
    };
    match (value / 100, value % 100) {
        (0, rest) => below(rest),
        (hundreds, 0) => format!("{} hundred", word(hundreds)),
        (hundreds, rest) if value % 100 < 10 || rest <= 20 || rest % 10 == 0 => {
            format!("{} hundred {}", word(hundreds), below(rest))
        }
        (hundreds, rest) => format!("{} hundred {}", word(hundreds), below(rest)),
    }
}

/// `cash_words`: the amount in English.
pub fn money_words(value: i64) -> String {
    let mut words = String::new();
    if value < 0 {
        words.push_str("minus ");
    }
    let cents = value.unsigned_abs();
    let dollars = cents / 100;
    let scales: [(u64, &str); 5] = [
        (1_000_000_000_000_000, " quadrillion "),
        (1_000_000_000_000, " trillion "),
        (1_000_000_000, " billion "),
        (1_000_000, " million "),
        (1_000, " thousand "),
    ];
    for (scale, name) in scales {
        let part = dollars / scale % 1000;
        if part > 0 {
            words.push_str(&small_words(part));
            words.push_str(name);
        }
    }
    if !dollars.is_multiple_of(1000) {
        words.push_str(&small_words(dollars % 1000));
    }
    if dollars == 0 {
        words.push_str("zero");
    }
    words.push_str(if dollars == 1 { " dollar and " } else { " dollars and " });
    words.push_str(&small_words(cents % 100));
    words.push_str(if cents % 100 == 1 { " cent" } else { " cents" });
    words[..1].to_ascii_uppercase() + &words[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written() {
        for (text, cents, shown) in [
            ("1", 100, "$1.00"),
            ("$1,234.567", 123_457, "$1,234.57"),
            ("(12)", -1_200, "-$12.00"),
            ("-$0.05", -5, "-$0.05"),
            ("-92233720368547758.08", i64::MIN, "-$92,233,720,368,547,758.08"),
        ] {
            assert_eq!(parse_money(text).expect("valid"), cents, "{text}");
            let mut out = String::new();
            write_money(cents, &mut out);
            assert_eq!(out, shown);
        }
        assert!(parse_money("92233720368547758.08").is_err());
        assert!(parse_money("abc").is_err());
        assert_eq!(money_words(123), "One dollar and twenty three cents");
    }
}
