//! Keys keep the order of values, every form survives, and no bytes make a decoder panic.

use std::cmp::Ordering;
use std::sync::Arc;

use encoding::{
    KeyColumn, RowView, decode_key, decode_row, encode_key, encode_row, read_datum, write_datum,
};
use proptest::prelude::*;
use types::compare::compare;
use types::json::Json;
use types::numeric::Numeric;
use types::{Array, Datum, Interval, Oid, oid};

fn numeric() -> BoxedStrategy<Datum> {
    let text = prop_oneof![
        "-?[0-9]{1,12}(\\.[0-9]{1,12})?",
        "-?[0-9]{30,60}(\\.[0-9]{0,40}[1-9])?",
        "-?0\\.0{0,30}[0-9]{1,5}",
        Just("NaN".to_owned()),
        Just("Infinity".to_owned()),
        Just("-Infinity".to_owned()),
    ];
    text.prop_map(|text| Datum::Numeric(Numeric::parse(&text).expect("a number"))).boxed()
}

fn json() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        (-20i64..20).prop_map(|value| Json::Number(Numeric::from(value))),
        "[a-c\\x00]{0,3}".prop_map(Json::String),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            prop::collection::vec(("[a-c]{0,2}", inner), 0..3).prop_map(Json::object),
        ]
    })
    .boxed()
}

fn value_of(type_oid: Oid) -> BoxedStrategy<Datum> {
    match type_oid {
        oid::BOOL => any::<bool>().prop_map(Datum::Bool).boxed(),
        oid::INT2 => any::<i16>().prop_map(Datum::Int2).boxed(),
        oid::INT4 => any::<i32>().prop_map(Datum::Int4).boxed(),
        oid::INT8 => any::<i64>().prop_map(Datum::Int8).boxed(),
        oid::FLOAT4 => prop::num::f32::ANY.prop_map(Datum::Float4).boxed(),
        oid::FLOAT8 => prop::num::f64::ANY.prop_map(Datum::Float8).boxed(),
        oid::NUMERIC => numeric(),
        oid::TEXT => "[a-b\\x00]{0,4}".prop_map(Datum::text).boxed(),
        oid::BYTEA => prop::collection::vec(prop_oneof![Just(0), Just(1), Just(255)], 0..4)
            .prop_map(|bytes: Vec<u8>| Datum::Bytea(bytes.into()))
            .boxed(),
        oid::CHAR => any::<u8>().prop_map(Datum::Char).boxed(),
        oid::OID => any::<u32>().prop_map(Datum::Oid).boxed(),
        oid::UUID => any::<u128>()
            .prop_map(|value| Datum::Uuid(Arc::new(uuid::Uuid::from_u128(value))))
            .boxed(),
        oid::DATE => any::<i32>().prop_map(Datum::Date).boxed(),
        oid::TIME => (0..=86_400_000_000_i64).prop_map(Datum::Time).boxed(),
        oid::TIMETZ => (0..=86_400_000_000_i64, -57_599..57_599)
            .prop_map(|(time, west)| Datum::TimeTz(time, west))
            .boxed(),
        oid::TIMESTAMP => any::<i64>().prop_map(Datum::Timestamp).boxed(),
        oid::TIMESTAMPTZ => any::<i64>().prop_map(Datum::TimestampTz).boxed(),
        oid::INTERVAL => {
            let small = (-3..3, -60..60, -3..3_i64)
                .prop_map(|(months, days, units)| (months, days, units * 43_200_000_000));
            prop_oneof![small, any::<(i32, i32, i64)>()]
                .prop_map(|(months, days, microseconds)| {
                    Datum::Interval(Arc::new(Interval { months, days, microseconds }))
                })
                .boxed()
        }
        oid::JSONB => json().prop_map(|value| Datum::Jsonb(Arc::new(value))).boxed(),
        oid::INT4_ARRAY => {
            let element = prop_oneof![Just(Datum::Null), (-2..2).prop_map(Datum::Int4)];
            prop::collection::vec(element, 0..4)
                .prop_map(|elements| {
                    Datum::Array(Arc::new(Array::from_elements(oid::INT4, elements)))
                })
                .boxed()
        }
        _ => (-2..2, "[ab]{0,2}")
            .prop_map(|(number, text)| {
                let fields = [(oid::INT4, Datum::Int4(number)), (oid::TEXT, Datum::text(text))];
                Datum::Record(fields.into_iter().collect())
            })
            .boxed(),
    }
}

const TYPES: [Oid; 21] = [
    oid::BOOL,
    oid::INT2,
    oid::INT4,
    oid::INT8,
    oid::FLOAT4,
    oid::FLOAT8,
    oid::NUMERIC,
    oid::TEXT,
    oid::BYTEA,
    oid::CHAR,
    oid::OID,
    oid::UUID,
    oid::DATE,
    oid::TIME,
    oid::TIMETZ,
    oid::TIMESTAMP,
    oid::TIMESTAMPTZ,
    oid::INTERVAL,
    oid::JSONB,
    oid::INT4_ARRAY,
    oid::RECORD,
];

fn nullable(type_oid: Oid) -> BoxedStrategy<Datum> {
    prop_oneof![1 => Just(Datum::Null), 9 => value_of(type_oid)].boxed()
}

fn two_of_a_type() -> impl Strategy<Value = (Oid, Datum, Datum, i64, i64)> {
    prop::sample::select(TYPES.as_slice()).prop_flat_map(|type_oid| {
        (Just(type_oid), nullable(type_oid), nullable(type_oid), -1..2_i64, -1..2_i64)
    })
}

/// The order a column of a key has.
fn order(left: &Datum, right: &Datum, column: &KeyColumn) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if column.nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if column.nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if column.descending => compare(right, left),
        (false, false) => compare(left, right),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keys_order_as_values(
        (type_oid, left, right, left_next, right_next) in two_of_a_type(),
        descending: bool,
        nulls_first: bool,
    ) {
        let column = KeyColumn { type_oid, descending, nulls_first };
        let columns = [column, KeyColumn::ascending(oid::INT8)];
        let key = |value: &Datum, next: i64| {
            let mut out = Vec::new();
            encode_key(&[value.clone(), Datum::Int8(next)], &columns, &mut out).expect("fits");
            out
        };
        let (left_key, right_key) = (key(&left, left_next), key(&right, right_next));
        let expected = order(&left, &right, &column).then(left_next.cmp(&right_next));
        prop_assert_eq!(left_key.cmp(&right_key), expected);
        let decoded = decode_key(&left_key, &columns).expect("own bytes");
        prop_assert!(compare(&decoded[0], &left).is_eq(), "{:?} {:?}", decoded, left);
        prop_assert_eq!(key(&decoded[0], left_next), left_key);
    }

    #[test]
    fn rows_and_datums_survive((type_oid, left, right, _, _) in two_of_a_type()) {
        let types = [type_oid, oid::INT4, type_oid];
        let values = [left.clone(), Datum::Int4(7), right.clone()];
        let mut row = Vec::new();
        encode_row(&values, &types, &mut row).expect("fits");
        let back = decode_row(&row, &types).expect("own bytes");
        for (value, back) in values.iter().zip(&back) {
            prop_assert_eq!(format!("{value:?}"), format!("{back:?}"));
        }
        let mut bytes = Vec::new();
        values.iter().for_each(|value| write_datum(value, &mut bytes));
        let mut rest = bytes.as_slice();
        for value in &values {
            prop_assert_eq!(format!("{:?}", read_datum(&mut rest).expect("own bytes")), format!("{value:?}"));
        }
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn hostile_bytes_are_errors(
        type_oid in prop::sample::select(TYPES.as_slice()),
        descending: bool,
        start in prop::sample::select(vec![vec![], vec![1u8], vec![1, 1], vec![1, 1, 1, 0]]),
        bytes in prop::collection::vec(prop_oneof![0u8..8, any::<u8>()], 0..60),
    ) {
        let bytes = [start, bytes].concat();
        let column = KeyColumn { type_oid, descending, nulls_first: false };
        let _ = decode_key(&bytes, &[column]);
        let _ = decode_row(&bytes, &[type_oid, oid::INT8, 99_999]);
        let _ = read_datum(&mut bytes.as_slice());
    }
}

#[test]
fn formats_are_stable() {
    let key = |value: Datum, column: KeyColumn| {
        let mut out = Vec::new();
        encode_key(&[value], &[column], &mut out).expect("fits");
        out
    };
    let up = KeyColumn::ascending;
    let number = |text: &str| Datum::Numeric(Numeric::parse(text).expect("a number"));
    for (value, column, expected) in [
        (Datum::Int4(1), up(oid::INT4), vec![1, 0x80, 0, 0, 0, 0, 0, 0, 1]),
        (Datum::Int2(-1), up(oid::INT2), vec![1, 0x7f, 255, 255, 255, 255, 255, 255, 255]),
        (
            Datum::Int8(1),
            KeyColumn::descending(oid::INT8),
            vec![1, 0x7f, 255, 255, 255, 255, 255, 255, 254],
        ),
        (Datum::Null, up(oid::INT4), vec![0xff]),
        (Datum::Null, KeyColumn::descending(oid::INT4), vec![0]),
        (Datum::text("a\0b"), up(oid::TEXT), vec![1, b'a', 0, 255, b'b', 0, 1]),
        (Datum::text("a  "), up(oid::BPCHAR), vec![1, b'a', 0, 1]),
        (Datum::Bool(true), up(oid::BOOL), vec![1, 1]),
        (number("0.00"), up(oid::NUMERIC), vec![1, 2]),
        (number("12.50"), up(oid::NUMERIC), vec![1, 3, 0x80, 0, 0, 13, 0x13, 0x89, 0, 0]),
        (Datum::Float8(-0.0), up(oid::FLOAT8), vec![1, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        assert_eq!(key(value, column), expected);
    }
    let mut row = Vec::new();
    let types = [oid::INT4, oid::TEXT, oid::INT8];
    encode_row(&[Datum::Int4(5), Datum::text("hi"), Datum::Null], &types, &mut row).expect("fits");
    assert_eq!(row, [1, 1, 3, 0, 0b100, 4, 6, 6, 5, 0, 0, 0, b'h', b'i']);
    let view = RowView::new(&row).expect("own bytes");
    assert_eq!((view.column_count(), view.has(3), view.is_null(2)), (3, false, true));
    assert!(view.get(3, oid::INT4).expect("absent").is_null());
    let long = Datum::text("x".repeat(70_000));
    for values in [vec![long.clone()], vec![Datum::text("y".repeat(300)), long]] {
        let types = vec![oid::TEXT; values.len()];
        let mut row = vec![9, 9];
        encode_row(&values, &types, &mut row).expect("fits");
        let back = decode_row(&row[2..], &types).expect("own bytes");
        assert_eq!(format!("{values:?}"), format!("{back:?}"));
    }
    assert!(encode_row(&[Datum::text("x")], &[oid::INT4], &mut Vec::new()).is_err());
}
