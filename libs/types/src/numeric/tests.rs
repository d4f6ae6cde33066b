//! Cases whose answers PostgreSQL gave.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::*;

fn number(text: &str) -> Numeric {
    Numeric::parse(text).expect("a number")
}

fn hash_of(value: &Numeric) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn text_survives() {
    let cases = [
        ("0", "0"),
        ("-0", "0"),
        ("-0.00", "0.00"),
        ("1.50", "1.50"),
        ("  -12.3  ", "-12.3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1.25e-5", "0.0000125"),
        ("1.5e1", "15"),
        ("1_000.2_5", "1000.25"),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("0o17", "15"),
        (
            "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
            "1461501637330902918203684832716283019655932542975",
        ),
        ("NaN", "NaN"),
        ("-inf", "-Infinity"),
        ("+Infinity", "Infinity"),
        (
            "123456789012345678901234567890123456789012.000100",
            "123456789012345678901234567890123456789012.000100",
        ),
        (
            "0.0000000000000000000000000000000000000000000001",
            "0.0000000000000000000000000000000000000000000001",
        ),
        ("-1e40", "-10000000000000000000000000000000000000000"),
    ];
    for (text, expected) in cases {
        assert_eq!(number(text).to_string(), expected, "{text}");
        let mut wire = Vec::new();
        number(text).to_wire(&mut wire);
        let back = Numeric::from_wire(&wire).expect("own form");
        assert_eq!(back.to_string(), expected, "wire of {text}");
    }
    for text in ["", " ", "x", "1x", "1e", "--1", "1..2", "1__0", "_1", "1_", "-NaN", "0x", "."] {
        let error = Numeric::parse(text).expect_err(text);
        assert_eq!(error.sqlstate(), "22P02");
        assert_eq!(error.message(), format!("invalid input syntax for type numeric: \"{text}\""));
    }
    assert_eq!(Numeric::parse("1e200000").expect_err("overflow").sqlstate(), "22003");
    assert_eq!(Numeric::parse("1e-20000").expect_err("overflow").sqlstate(), "22003");
}

#[test]
fn arithmetic_gives_postgresql_scales() {
    let add = Numeric::add;
    type Operation = fn(&Numeric, &Numeric) -> SqlResult<Numeric>;
    let cases: [(Operation, &str, &str, &str); 24] = [
        (add, "1.1", "2.25", "3.35"),
        (add, "99999999999999999999999999999999999", "1", "100000000000000000000000000000000000"),
        (
            add,
            "9999999999999999999999999999999999999999",
            "0.5",
            "9999999999999999999999999999999999999999.5",
        ),
        (add, "Infinity", "-Infinity", "NaN"),
        (Numeric::sub, "1", "1.00", "0.00"),
        (
            Numeric::sub,
            "10000000000000000000000000000000000000000",
            "1",
            "9999999999999999999999999999999999999999",
        ),
        (Numeric::mul, "1.5", "1.50", "2.250"),
        (
            Numeric::mul,
            "99999999999999999999",
            "99999999999999999999",
            "9999999999999999999800000000000000000001",
        ),
        (Numeric::mul, "Infinity", "0", "NaN"),
        (Numeric::div, "1", "3", "0.33333333333333333333"),
        (Numeric::div, "10", "3", "3.3333333333333333"),
        (Numeric::div, "2", "3", "0.66666666666666666667"),
        (Numeric::div, "-1", "8", "-0.12500000000000000000"),
        (Numeric::div, "1000000", "7", "142857.142857142857"),
        (Numeric::div, "4", "2", "2.0000000000000000"),
        (Numeric::div, "1", "0.00003", "33333.333333333333"),
        (
            Numeric::div,
            "1",
            "30000000000000000000000",
            "0.0000000000000000000000333333333333333333",
        ),
        (Numeric::div, "5", "Infinity", "0"),
        (Numeric::div_trunc, "-7", "2", "-3"),
        (Numeric::rem, "-7", "2", "-1"),
        (Numeric::rem, "7.5", "2", "1.5"),
        (Numeric::rem, "100000000000000000000000000000000000000001", "7", "6"),
        (Numeric::gcd, "12", "18", "6"),
        (Numeric::lcm, "4", "6.0", "12.0"),
    ];
    for (operation, left, right, expected) in cases {
        let result = operation(&number(left), &number(right)).expect("defined");
        assert_eq!(result.to_string(), expected, "{left} and {right}");
    }
    assert_eq!(number("1").div(&number("0.0")).expect_err("zero").sqlstate(), "22012");
    assert_eq!(number("1").rem(&number("0")).expect_err("zero").sqlstate(), "22012");
}

#[test]
fn rounding() {
    for (text, scale, expected) in [
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("1.005", 2, "1.01"),
        ("1234.5", -2, "1200"),
        ("1250", -2, "1300"),
        ("99", -2, "100"),
        ("49", -2, "0"),
        ("99.995", 2, "100.00"),
        ("1.2", 5, "1.20000"),
        ("99999999999999999999999999999999999999.5", 0, "100000000000000000000000000000000000000"),
    ] {
        let rounded = number(text).round(scale).expect("in range").to_string();
        assert_eq!(rounded, expected, "{text} to {scale}");
    }
    assert_eq!(number("-1.999").trunc(2).to_string(), "-1.99");
    assert_eq!(number("1299").trunc(-2).to_string(), "1200");
    assert_eq!(number("1.1").ceil().to_string(), "2");
    assert_eq!(number("-1.1").ceil().to_string(), "-1");
    assert_eq!(number("-1.1").floor().to_string(), "-2");
    assert_eq!(number("1.500").trim_scale().to_string(), "1.5");
    assert_eq!(number("100").min_scale(), 0);
    assert_eq!(number("0.00010").min_scale(), 4);
}

#[test]
fn functions_give_postgresql_digits() {
    assert_eq!(number("2").sqrt().expect("positive").to_string(), "1.414213562373095");
    assert_eq!(number("144").sqrt().expect("positive").to_string(), "12.000000000000000");
    assert_eq!(number("1").exp().expect("small").to_string(), "2.7182818284590452");
    assert_eq!(number("10").ln().expect("positive").to_string(), "2.3025850929940457");
    assert_eq!(
        number("100").log(&number("10")).expect("positive").to_string(),
        "2.0000000000000000"
    );
    assert_eq!(number("2").power(&number("10")).expect("small").to_string(), "1024.0000000000000");
    assert_eq!(number("2").power(&number("-3")).expect("small").to_string(), "0.1250000000000000");
    assert_eq!(number("2").power(&number("0.5")).expect("small").to_string(), "1.4142135623730950");
    assert_eq!(
        number("2").power(&number("100")).expect("small").to_string(),
        "1267650600228229401496703205376"
    );
    // A root to many digits ends although its last digit flickers.
    let wide = number("49306394493.4965").power(&number("20.48243396")).expect("fits");
    assert!(wide.to_string().len() > 200);
    assert_eq!(Numeric::factorial(20).expect("small").to_string(), "2432902008176640000");
    assert_eq!(number("0").ln().expect_err("zero").sqlstate(), "2201E");
    assert_eq!(number("-1").power(&number("0.5")).expect_err("complex").sqlstate(), "2201F");
    assert_eq!(number("0").power(&number("-1")).expect_err("infinite").sqlstate(), "2201F");
}

#[test]
fn order_and_hash_ignore_trailing_zeros() {
    let ascending = ["-Infinity", "-1e50", "-1", "0", "0.5", "1", "1.5", "1e40", "Infinity", "NaN"];
    for (index, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            assert_eq!(number(left).cmp(&number(right)), index.cmp(&other), "{left} {right}");
        }
    }
    let zeros = format!("1.{}", "0".repeat(50));
    assert_eq!(number("1"), number(&zeros));
    assert_eq!(hash_of(&number("1")), hash_of(&number(&zeros)));
    assert_eq!(hash_of(&number("0")), hash_of(&number("0.000")));
}

#[test]
fn modifiers_limit_precision() {
    let fit = |text: &str, precision, scale| {
        number(text).apply_modifier(numeric_modifier(precision, scale)).map(|v| v.to_string())
    };
    assert_eq!(fit("123.456", 5, 2).expect("fits"), "123.46");
    assert_eq!(fit("12345", 3, -2).expect("fits"), "12300");
    assert_eq!(fit("0.00123", 3, 5).expect("fits"), "0.00123");
    assert_eq!(fit("NaN", 3, 0).expect("fits"), "NaN");
    let error = fit("999.995", 5, 2).expect_err("too large");
    assert_eq!(error.message(), "numeric field overflow");
    assert_eq!(
        error.fields().detail.as_deref(),
        Some("A field with precision 5, scale 2 must round to an absolute value less than 10^3.")
    );
    assert_eq!(
        fit("1", 2, 2).expect_err("too large").fields().detail.as_deref(),
        Some("A field with precision 2, scale 2 must round to an absolute value less than 1.")
    );
    assert_eq!(precision_and_scale(numeric_modifier(10, -3)), Some((10, -3)));
}

#[test]
fn conversions() {
    assert_eq!(number("32767.4").to_i16().expect("fits"), 32767);
    assert_eq!(number("32767.5").to_i16().expect_err("large").message(), "smallint out of range");
    assert_eq!(number("-2.5").to_i32().expect("fits"), -3);
    assert_eq!(number("NaN").to_i64().expect_err("NaN").message(), "cannot convert NaN to bigint");
    assert_eq!(Numeric::from_f64(0.1).to_string(), "0.1");
    assert_eq!(Numeric::from_f64(1e20).to_string(), "100000000000000000000");
    assert_eq!(Numeric::from_f64(1.0 / 3.0).to_string(), "0.333333333333333");
    assert_eq!(Numeric::from_f32(0.1).to_string(), "0.1");
    assert_eq!(Numeric::from_f64(123456.0).to_string(), "123456");
    assert_eq!(number("0.1").to_f64(), 0.1);
    assert!(number("1e400").try_to_f64().is_err());
}
