//! `hashtext` and its relatives: Bob Jenkins's lookup3 as PostgreSQL uses it, so that the numbers are PostgreSQL's.

use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::{byte, float, int8, integer, numeric, text, timetz};
use crate::context::EvalContext;

fn mix([mut a, mut b, mut c]: [u32; 3]) -> [u32; 3] {
    for (first, second) in [(4, 6), (8, 16), (19, 4)] {
        a = a.wrapping_sub(c) ^ c.rotate_left(first);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(second);
        a = a.wrapping_add(c);
        // The three words change places after each half round.
        (a, b, c) = (c, a, b);
    }
    [a, b, c]
}

fn finish([mut a, mut b, mut c]: [u32; 3]) -> [u32; 3] {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    c = (c ^ b).wrapping_sub(b.rotate_left(24));
    [a, b, c]
}

fn start(length: usize, seed: u64) -> [u32; 3] {
    let initial = 0x9e37_79b9_u32.wrapping_add(length as u32).wrapping_add(3_923_095);
    let state = [initial; 3];
    if seed == 0 {
        return state;
    }
    mix([initial.wrapping_add((seed >> 32) as u32), initial.wrapping_add(seed as u32), initial])
}

/// All 64 bits; the 32-bit hash is the low half with seed 0.
fn hash_bytes(bytes: &[u8], seed: u64) -> u64 {
    let mut state = start(bytes.len(), seed);
    let mut chunks = bytes.chunks_exact(12);
    let word =
        |part: &[u8]| part.iter().rev().fold(0_u32, |word, &byte| word << 8 | u32::from(byte));
    for chunk in &mut chunks {
        for (sum, part) in state.iter_mut().zip(chunk.chunks_exact(4)) {
            *sum = sum.wrapping_add(word(part));
        }
        state = mix(state);
    }
    let rest = chunks.remainder();
    state[0] = state[0].wrapping_add(word(&rest[..rest.len().min(4)]));
    state[1] = state[1].wrapping_add(word(rest.get(4..rest.len().min(8)).unwrap_or_default()));
    // The lowest byte of the last word belongs to the length.
    state[2] = state[2].wrapping_add(word(rest.get(8..).unwrap_or_default()) << 8);
    let [_, high, low] = finish(state);
    u64::from(high) << 32 | u64::from(low)
}

fn hash_word(word: u32, seed: u64) -> u64 {
    let mut state = start(4, seed);
    state[0] = state[0].wrapping_add(word);
    let [_, high, low] = finish(state);
    u64::from(high) << 32 | u64::from(low)
}

fn hash_long(value: i64, seed: u64) -> u64 {
    let high = (value >> 32) as u32;
    hash_word(value as u32 ^ if value >= 0 { high } else { !high }, seed)
}

fn hash_float(value: f64, seed: u64) -> u64 {
    if value == 0.0 {
        return seed;
    }
    let value = if value.is_nan() { f64::NAN } else { value };
    hash_bytes(&value.to_le_bytes(), seed)
}

fn hash_decimal(value: &types::numeric::Numeric, seed: u64) -> u64 {
    let Some((_, weight, groups)) = value.groups() else {
        return seed;
    };
    let groups: &[u16] = &groups;
    let Some(first) = groups.iter().position(|group| *group != 0) else {
        return seed.wrapping_sub(1);
    };
    let last = groups.iter().rposition(|group| *group != 0).unwrap_or(first);
    let bytes: Vec<u8> =
        groups[first..=last].iter().flat_map(|group| group.to_le_bytes()).collect();
    let weight = weight - first as i32;
    hash_bytes(&bytes, seed) ^ i64::from(weight) as u64
}

macro_rules! hash_functions {
    ($($name:ident, $extended:ident($arguments:ident, $seed:ident) => $hash:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            let $seed = 0;
            Ok(Datum::Int4($hash as i32))
        }

        pub(crate) fn $extended(_: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            let $seed = int8($arguments, 1)? as u64;
            Ok(Datum::Int8($hash as i64))
        }
    )*};
}

hash_functions! {
    hashtext, hashtextextended(a, seed) => hash_bytes(text(a, 0)?.as_bytes(), seed);
    hashbpchar, hashbpcharextended(a, seed) =>
        hash_bytes(text(a, 0)?.trim_end_matches(' ').as_bytes(), seed);
    hashchar, hashcharextended(a, seed) => hash_word(byte(a, 0)? as i8 as u32, seed);
    hashint2, hashint2extended(a, seed) => hash_word(integer(&a[0])? as u32, seed);
    hashint8, hashint8extended(a, seed) => hash_long(integer(&a[0])?, seed);
    hashfloat8, hashfloat8extended(a, seed) => hash_float(float(&a[0])?, seed);
    hash_numeric, hash_numeric_extended(a, seed) => hash_decimal(&numeric(a, 0)?, seed);
    hash_array, hash_array_extended(a, seed) => hash_elements(&a[0], seed)?;
    uuid_hash, uuid_hash_extended(a, seed) => hash_bytes(&uuid_bytes(&a[0])?, seed);
    moment_hash, moment_hash_extended(a, seed) => hash_long(ticks(&a[0])?, seed);
    timetz_hash, timetz_hash_extended(a, seed) => {
        let (time, west) = timetz(a, 0)?;
        hash_long(time, seed) ^ hash_word(west as u32, seed)
    };
    interval_hash, interval_hash_extended(a, seed) => {
        let interval = crate::bodies::arguments::interval(a, 0)?;
        hash_long(types::datetime::interval_span(&interval) as i64, seed)
    };
}

/// The hash of a value by the function of its type; `None` if the type has none here.
fn hash_value(value: &Datum, seed: u64) -> SqlResult<Option<u64>> {
    Ok(Some(match value {
        Datum::Bool(value) => hash_word(u32::from(*value), seed),
        Datum::Int2(_) | Datum::Int4(_) | Datum::Oid(_) | Datum::Date(_) => {
            hash_word(integer(value)? as u32, seed)
        }
        Datum::Int8(value) => hash_long(*value, seed),
        Datum::Float4(_) | Datum::Float8(_) => hash_float(float(value)?, seed),
        Datum::Numeric(value) => hash_decimal(value, seed),
        Datum::Text(value) => hash_bytes(value.as_bytes(), seed),
        Datum::Uuid(_) => hash_bytes(&uuid_bytes(value)?, seed),
        Datum::Time(_) | Datum::Timestamp(_) | Datum::TimestampTz(_) => {
            hash_long(ticks(value)?, seed)
        }
        _ => return Ok(None),
    }))
}

fn hash_elements(value: &Datum, seed: u64) -> SqlResult<u64> {
    let Datum::Array(array) = value else {
        return Err(crate::bodies::arguments::wrong_kind("array", value));
    };
    let mut sum: u64 = 1;
    for element in &array.elements {
        let hash = match element {
            Datum::Null => 0,
            element => hash_value(element, seed)?.ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_FUNCTION,
                    format!(
                        "could not identify a hash function for type {}",
                        types::builtin::type_name(array.element)
                    ),
                )
            })?,
        };
        sum = sum.wrapping_shl(5).wrapping_sub(sum).wrapping_add(hash);
    }
    Ok(sum)
}

fn uuid_bytes(value: &Datum) -> SqlResult<[u8; 16]> {
    match value {
        Datum::Uuid(value) => Ok(*value.as_bytes()),
        other => Err(crate::bodies::arguments::wrong_kind("uuid", other)),
    }
}

fn ticks(value: &Datum) -> SqlResult<i64> {
    match value {
        Datum::Time(value) | Datum::Timestamp(value) | Datum::TimestampTz(value) => Ok(*value),
        other => Err(crate::bodies::arguments::wrong_kind("timestamp", other)),
    }
}
