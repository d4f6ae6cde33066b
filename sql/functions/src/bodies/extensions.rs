//! Functions of the extensions that are built in: `pgcrypto`, `uuid-ossp` and `pg_trgm`.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use types::{Array, Datum, SqlError, SqlResult, oid, sqlstate};
use uuid::Uuid;

use crate::bodies::arguments::{int4, invalid_parameter, text, wrong_kind};
use crate::context::EvalContext;

/// Either of the types a function takes its message or key in.
fn octets(value: &Datum) -> SqlResult<&[u8]> {
    match value {
        Datum::Bytea(value) => Ok(value),
        Datum::Text(value) => Ok(value.as_bytes()),
        other => Err(wrong_kind("bytea", other)),
    }
}

fn blob(value: impl AsRef<[u8]>) -> Datum {
    Datum::Bytea(value.as_ref().into())
}

fn external(message: String) -> SqlError {
    SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

pub(crate) fn pg_digest(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let message = octets(&arguments[0])?;
    let name = text(arguments, 1)?;
    Ok(match name.to_ascii_lowercase().as_str() {
        "md5" => blob(Md5::digest(message)),
        "sha1" => blob(Sha1::digest(message)),
        "sha224" => blob(Sha224::digest(message)),
        "sha256" => blob(Sha256::digest(message)),
        "sha384" => blob(Sha384::digest(message)),
        "sha512" => blob(Sha512::digest(message)),
        _ => return Err(external(format!("Cannot use \"{name}\": No such hash algorithm"))),
    })
}

pub(crate) fn pg_hmac(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (message, key) = (octets(&arguments[0])?, octets(&arguments[1])?);
    let name = text(arguments, 2)?;
    macro_rules! with {
        ($hash:ty) => {{
            let mut mac = <Hmac<$hash> as KeyInit>::new_from_slice(key)
                .map_err(|_| external(format!("Cannot use \"{name}\": Invalid key")))?;
            mac.update(message);
            blob(mac.finalize().into_bytes())
        }};
    }
    Ok(match name.to_ascii_lowercase().as_str() {
        "md5" => with!(Md5),
        "sha1" => with!(Sha1),
        "sha224" => with!(Sha224),
        "sha256" => with!(Sha256),
        "sha384" => with!(Sha384),
        "sha512" => with!(Sha512),
        _ => return Err(external(format!("Cannot use \"{name}\": No such hash algorithm"))),
    })
}

pub(crate) fn pg_random_bytes(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let count = int4(arguments, 0)?;
    if !(1..=1024).contains(&count) {
        return Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "Length not in range"));
    }
    let mut bytes = vec![0_u8; count as usize];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
    Ok(blob(bytes))
}

fn blowfish_letters() -> base64::engine::GeneralPurpose {
    base64::engine::GeneralPurpose::new(
        &base64::alphabet::BCRYPT,
        base64::engine::GeneralPurposeConfig::new()
            .with_encode_padding(false)
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone),
    )
}

/// `gen_salt(type [, rounds])`: of `bf` only; the others are long broken.
pub(crate) fn pg_gen_salt(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let kind = text(arguments, 0)?;
    let rounds = if arguments.len() > 1 { int4(arguments, 1)? } else { 6 };
    match kind.to_ascii_lowercase().as_str() {
        "bf" if (4..=31).contains(&rounds) => {
            let mut salt = [0_u8; 16];
            rand::RngCore::fill_bytes(&mut rand::rng(), &mut salt);
            Ok(Datum::text(format!("$2a${rounds:02}${}", blowfish_letters().encode(salt))))
        }
        "bf" => Err(invalid_parameter("gen_salt: Incorrect number of rounds")),
        "md5" | "des" | "xdes" => Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!("salts of type \"{kind}\" are not supported"),
        )
        .hint("Use \"bf\".")),
        _ => Err(invalid_parameter("gen_salt: Unknown salt algorithm")),
    }
}

/// The most rounds, as a power of two, that one call may take; more would keep a thread for minutes.
const MAXIMUM_ROUNDS: u32 = 16;

pub(crate) fn pg_crypt(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (password, salt) = (text(arguments, 0)?, text(arguments, 1)?);
    let invalid = || invalid_parameter("invalid salt");
    let version = match salt.get(..4) {
        Some("$2a$") => bcrypt::Version::TwoA,
        Some("$2x$") => bcrypt::Version::TwoX,
        Some("$2y$") => bcrypt::Version::TwoY,
        Some("$2b$") => bcrypt::Version::TwoB,
        _ if salt.starts_with('$') || salt.len() < 2 => return Err(invalid()),
        _ => {
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "salts of this type are not supported",
            )
            .hint("Use gen_salt('bf')."));
        }
    };
    let rounds: u32 = salt.get(4..6).and_then(|digits| digits.parse().ok()).ok_or_else(invalid)?;
    let letters = salt.get(7..29).ok_or_else(invalid)?;
    let bytes = blowfish_letters().decode(letters).map_err(|_| invalid())?;
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| invalid())?;
    if rounds > MAXIMUM_ROUNDS {
        return Err(SqlError::new(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            format!("more than {MAXIMUM_ROUNDS} rounds are not supported"),
        ));
    }
    let hashed = bcrypt::hash_with_salt(password, rounds, bytes).map_err(|_| invalid())?;
    Ok(Datum::text(hashed.format_for_version(version)))
}

fn uuid(value: Uuid) -> Datum {
    Datum::Uuid(Arc::new(value))
}

const NAMESPACES: [(&str, u128); 4] = [
    ("dns", 0x6ba7b810_9dad_11d1_80b4_00c04fd430c8),
    ("url", 0x6ba7b811_9dad_11d1_80b4_00c04fd430c8),
    ("oid", 0x6ba7b812_9dad_11d1_80b4_00c04fd430c8),
    ("x500", 0x6ba7b814_9dad_11d1_80b4_00c04fd430c8),
];

macro_rules! constant_uuids {
    ($($name:ident = $value:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
            Ok(uuid(Uuid::from_u128($value)))
        }
    )*};
}

constant_uuids! {
    uuid_nil = 0;
    uuid_ns_dns = NAMESPACES[0].1;
    uuid_ns_url = NAMESPACES[1].1;
    uuid_ns_oid = NAMESPACES[2].1;
    uuid_ns_x500 = NAMESPACES[3].1;
}

/// A name in a namespace, hashed (RFC 9562, sections 5.3 and 5.5).
fn named(arguments: &[Datum], version: u8) -> SqlResult<Datum> {
    let Datum::Uuid(namespace) = &arguments[0] else {
        return Err(wrong_kind("uuid", &arguments[0]));
    };
    let mut message = namespace.as_bytes().to_vec();
    message.extend_from_slice(text(arguments, 1)?.as_bytes());
    let digest: Vec<u8> = match version {
        3 => Md5::digest(&message).to_vec(),
        _ => Sha1::digest(&message).to_vec(),
    };
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Ok(uuid(Uuid::from_bytes(bytes)))
}

pub(crate) fn uuid_generate_v3(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    named(arguments, 3)
}

pub(crate) fn uuid_generate_v5(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    named(arguments, 5)
}

/// By time, with a random node marked as such: nothing is told about the machine.
pub(crate) fn uuid_generate_v1mc(context: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    /// From 1582-10-15 to 2000-01-01, in units of 100 nanoseconds.
    const GREGORIAN: u64 = 131_659_776_000_000_000;
    let mut bytes = [0_u8; 16];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
    let ticks = GREGORIAN.wrapping_add((context.clock_time() as u64).wrapping_mul(10));
    bytes[..4].copy_from_slice(&(ticks as u32).to_be_bytes());
    bytes[4..6].copy_from_slice(&((ticks >> 32) as u16).to_be_bytes());
    bytes[6..8].copy_from_slice(&((ticks >> 48) as u16 & 0x0fff | 0x1000).to_be_bytes());
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes[10] |= 1;
    Ok(uuid(Uuid::from_bytes(bytes)))
}

/// The sets of three neighbouring characters of each word, with two blanks before it and one after.
pub(crate) fn trigrams(value: &str) -> BTreeSet<[char; 3]> {
    let mut set = BTreeSet::new();
    let lower = value.to_lowercase();
    for word in lower.split(|character: char| !character.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let padded: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
        set.extend(padded.windows(3).map(|three| [three[0], three[1], three[2]]));
    }
    set
}

fn similarity_of(left: &str, right: &str) -> f32 {
    let (left, right) = (trigrams(left), trigrams(right));
    let shared = left.intersection(&right).count();
    let all = left.len() + right.len() - shared;
    if all == 0 { 0.0 } else { shared as f32 / all as f32 }
}

/// The greatest similarity of the first text with a run of trigrams of the second.
fn word_similarity_of(left: &str, right: &str) -> f32 {
    let wanted = trigrams(left);
    let lower = right.to_lowercase();
    let mut sequence: Vec<[char; 3]> = Vec::new();
    for word in lower.split(|character: char| !character.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let padded: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
        sequence.extend(padded.windows(3).map(|three| [three[0], three[1], three[2]]));
    }
    let mut best = 0.0_f32;
    for start in 0..sequence.len() {
        if !wanted.contains(&sequence[start]) {
            continue;
        }
        let (mut seen, mut shared) = (BTreeSet::new(), 0_usize);
        for trigram in &sequence[start..] {
            if seen.insert(*trigram) && wanted.contains(trigram) {
                shared += 1;
                let all = wanted.len() + seen.len() - shared;
                best = best.max(shared as f32 / all as f32);
            }
            // A run this long cannot get better than what was found.
            if seen.len() > wanted.len().saturating_mul(8) + 64 {
                break;
            }
        }
    }
    best
}

/// `pg_trgm.similarity_threshold` and its relatives at their defaults.
const THRESHOLD: f32 = 0.3;
const WORD_THRESHOLD: f32 = 0.6;

macro_rules! trigram_functions {
    ($($name:ident($left:ident, $right:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let ($left, $right) = (text(arguments, 0)?, text(arguments, 1)?);
            Ok($result)
        }
    )*};
}

trigram_functions! {
    similarity(left, right) => Datum::Float4(similarity_of(left, right));
    similarity_op(left, right) => Datum::Bool(similarity_of(left, right) >= THRESHOLD);
    similarity_dist(left, right) => Datum::Float4(1.0 - similarity_of(left, right));
    word_similarity(left, right) => Datum::Float4(word_similarity_of(left, right));
    word_similarity_op(left, right) => Datum::Bool(word_similarity_of(left, right) >= WORD_THRESHOLD);
    word_similarity_dist_op(left, right) => Datum::Float4(1.0 - word_similarity_of(left, right));
}

pub(crate) fn show_trgm(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let list = trigrams(text(arguments, 0)?);
    let list = list.into_iter().map(|three| Datum::text(three.into_iter().collect::<String>()));
    Ok(Datum::Array(Arc::new(Array::from_elements(oid::TEXT, list.collect()))))
}

pub(crate) fn show_limit(_: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Float4(THRESHOLD))
}
