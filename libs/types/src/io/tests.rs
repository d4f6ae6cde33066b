//! Cases whose answers PostgreSQL gave.

use bytes::BytesMut;

use super::*;
use crate::compare::equal;
use crate::error::SqlResult;
use crate::formats::ByteaFormat;
use crate::{Datum, oid};

fn read_as(type_oid: Oid, text: &str, modifier: i32) -> SqlResult<Datum> {
    let formats = Formats::default();
    input(type_oid, text, modifier, &InputContext { formats: &formats, now: 0 })
}

fn read(type_oid: Oid, text: &str) -> Datum {
    read_as(type_oid, text, -1).expect(text)
}

fn show(type_oid: Oid, datum: &Datum) -> String {
    let mut out = String::new();
    output(type_oid, datum, &Formats::default(), &mut out);
    out
}

#[test]
fn text_and_binary_forms_survive() {
    for (type_oid, text, expected) in [
        (oid::BOOL, " TRUE ", "t"),
        (oid::BOOL, "of", "f"),
        (oid::INT2, "-32768", "-32768"),
        (oid::INT4, " 0x7fff_ffff ", "2147483647"),
        (oid::INT8, "-9223372036854775808", "-9223372036854775808"),
        (oid::FLOAT8, "1e20", "1e+20"),
        (oid::FLOAT8, "100000000000000", "100000000000000"),
        (oid::FLOAT8, "1e15", "1e+15"),
        (oid::FLOAT8, "0.0001", "0.0001"),
        (oid::FLOAT8, "0.00001", "1e-05"),
        (oid::FLOAT8, "-0", "-0"),
        (oid::FLOAT8, "0.1", "0.1"),
        (oid::FLOAT8, "-inf", "-Infinity"),
        (oid::FLOAT8, "nan", "NaN"),
        (oid::FLOAT8, "123456.789", "123456.789"),
        (oid::FLOAT4, "1234567", "1.234567e+06"),
        (oid::FLOAT4, "0.1", "0.1"),
        (oid::NUMERIC, "1.50", "1.50"),
        (oid::TEXT, "a b", "a b"),
        (oid::BYTEA, "\\xDEADbeef", "\\xdeadbeef"),
        (oid::BYTEA, "a\\001\\\\", "\\x61015c"),
        (oid::CHAR, "a", "a"),
        (oid::CHAR, "\\377", "\\377"),
        (oid::UUID, "{A0EEBC99-9C0B4EF8-BB6D6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (oid::JSON, " {\"a\" : 1} ", " {\"a\" : 1} "),
        (oid::JSONB, "{\"a\":1}", "{\"a\": 1}"),
        (oid::OID, "-1", "4294967295"),
        (oid::REGTYPE, "int4", "integer"),
        (oid::INT2VECTOR, "1 2 3", "1 2 3"),
        (oid::INT4_ARRAY, "{1, 2,null , 4}", "{1,2,NULL,4}"),
        (oid::INT4_ARRAY, "{}", "{}"),
        (oid::INT4_ARRAY, "{{1,2},{3,4}}", "{{1,2},{3,4}}"),
        (oid::INT4_ARRAY, "[0:1]={7,8}", "[0:1]={7,8}"),
        (
            oid::TEXT_ARRAY,
            "{a b,\"c,d\",\"e\\\"f\",\"null\",\"\",x\\,y}",
            "{\"a b\",\"c,d\",\"e\\\"f\",\"null\",\"\",\"x,y\"}",
        ),
    ] {
        let datum = read(type_oid, text);
        assert_eq!(show(type_oid, &datum), expected, "{text}");
        let mut wire = BytesMut::new();
        send(type_oid, &datum, &Formats::default(), &mut wire).expect("can be sent");
        let back = receive(type_oid, &wire, -1).expect(text);
        assert!(equal(&datum, &back), "{text}");
        assert_eq!(show(type_oid, &back), expected, "{text}");
        for end in 0..wire.len() {
            // Cut input is an error or another value, never a panic.
            let _ = receive(type_oid, &wire[..end], -1);
        }
    }
}

#[test]
fn errors_are_those_of_postgresql() {
    for (type_oid, text, modifier, state, message) in [
        (oid::INT4, "x", -1, "22P02", "invalid input syntax for type integer: \"x\""),
        (oid::INT4, "", -1, "22P02", "invalid input syntax for type integer: \"\""),
        (oid::INT4, "1__0", -1, "22P02", "invalid input syntax for type integer: \"1__0\""),
        (
            oid::INT4,
            "2147483648",
            -1,
            "22003",
            "value \"2147483648\" is out of range for type integer",
        ),
        (oid::INT2, "40000", -1, "22003", "value \"40000\" is out of range for type smallint"),
        (oid::INT8, "1.5", -1, "22P02", "invalid input syntax for type bigint: \"1.5\""),
        (oid::BOOL, "maybe", -1, "22P02", "invalid input syntax for type boolean: \"maybe\""),
        (oid::FLOAT8, "1e400", -1, "22003", "\"1e400\" is out of range for type double precision"),
        (oid::FLOAT4, "1e-60", -1, "22003", "\"1e-60\" is out of range for type real"),
        (oid::FLOAT8, "1x", -1, "22P02", "invalid input syntax for type double precision: \"1x\""),
        (oid::VARCHAR, "abcd", 7, "22001", "value too long for type character varying(3)"),
        (oid::BPCHAR, "abcd", 7, "22001", "value too long for type character(3)"),
        (oid::UUID, "12", -1, "22P02", "invalid input syntax for type uuid: \"12\""),
        (oid::BYTEA, "\\x1", -1, "22023", "invalid hexadecimal data: odd number of digits"),
        (oid::BYTEA, "\\9", -1, "22P02", "invalid input syntax for type bytea"),
        (oid::TEXT, "a\0", -1, "22021", "invalid byte sequence for encoding \"UTF8\": 0x00"),
        (oid::INT4_ARRAY, "1", -1, "22P02", "malformed array literal: \"1\""),
        (oid::INT4_ARRAY, "{1", -1, "22P02", "malformed array literal: \"{1\""),
        (oid::INT4_ARRAY, "{{1},{2,3}}", -1, "22P02", "malformed array literal: \"{{1},{2,3}}\""),
        (oid::REGCLASS, "nope", -1, "42P01", "relation \"nope\" does not exist"),
    ] {
        let error = read_as(type_oid, text, modifier).expect_err(text);
        assert_eq!((error.sqlstate(), error.message()), (state, message));
    }
    let error = receive(oid::TEXT, &[b'a', 0xff], -1).expect_err("not UTF-8");
    assert_eq!(error.message(), "invalid byte sequence for encoding \"UTF8\": 0xff");
    assert_eq!(receive(oid::INT4, &[0; 3], -1).expect_err("short").sqlstate(), "08P01");
    assert_eq!(receive(oid::INT4, &[0; 5], -1).expect_err("long").sqlstate(), "22P03");
}

#[test]
fn modifiers_pad_and_cut() {
    let fit = |type_oid, text: &str, modifier, explicit| {
        let datum = apply_modifier(type_oid, Datum::text(text), modifier, explicit).expect("fits");
        show(type_oid, &datum)
    };
    assert_eq!(fit(oid::BPCHAR, "ab", 8, false), "ab  ");
    assert_eq!(fit(oid::BPCHAR, "ab   ", 6, false), "ab");
    assert_eq!(fit(oid::VARCHAR, "äöü", 6, true), "äö");
    assert_eq!(fit(oid::VARCHAR, "ab  ", 7, false), "ab ");
}

#[test]
fn settings_change_the_text() {
    let formats =
        Formats { extra_float_digits: 0, bytea_format: ByteaFormat::Escape, ..Formats::default() };
    let mut out = String::new();
    output(oid::FLOAT8, &Datum::Float8(0.1 + 0.2), &formats, &mut out);
    out.push(' ');
    output(oid::BYTEA, &Datum::Bytea([b'a', 0, b'\\'].as_slice().into()), &formats, &mut out);
    assert_eq!(out, "0.3 a\\000\\\\");
    let record = Datum::Record(
        [(oid::INT4, Datum::Int4(1)), (oid::TEXT, Datum::text("a \"b")), (oid::TEXT, Datum::Null)]
            .into_iter()
            .collect(),
    );
    assert_eq!(show(oid::RECORD, &record), "(1,\"a \"\"b\",)");
}

#[test]
fn padding_is_bounded() {
    let wide = apply_modifier(oid::BPCHAR, Datum::text("a"), i32::MAX, true);
    assert_eq!(wide.expect_err("too long").sqlstate(), "22023");
    let many = crate::Array::from_elements(oid::BPCHAR, vec![Datum::text("a"); 200]);
    let padded = apply_modifier(oid::BPCHAR_ARRAY, Datum::Array(many.into()), 10_000_004, true);
    assert_eq!(padded.expect_err("too large").sqlstate(), "54000");
}

#[test]
fn zones_of_times_have_limits_in_binary_form() {
    for (zone, fits) in
        [(0, true), (57_599, true), (57_600, false), (-57_600, false), (i32::MIN, false)]
    {
        let mut bytes = 0_i64.to_be_bytes().to_vec();
        bytes.extend_from_slice(&i32::to_be_bytes(zone));
        let read = receive(oid::TIMETZ, &bytes, -1);
        assert_eq!(read.is_ok(), fits, "{zone}");
        if let Err(error) = read {
            assert_eq!(error.sqlstate(), "22009");
        }
    }
}
