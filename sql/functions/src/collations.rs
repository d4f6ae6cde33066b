//! Collations: which there are, how ICU's order text, and the functions that queries under them are made of.
//!
//! Stored text, its keys and everything that is not asked for otherwise sort by bytes. A collation of ICU comes in where a
//! query orders: the binder puts [`KEY`] around what is ordered, a sort key whose bytes compare as the collation orders, and
//! from then on the query is one over bytes. All collations are deterministic, so strings are equal only if their bytes
//! are: the key ends with the string itself, and [`VALUE`] reads it back. No key is ever stored, so a new version of the
//! library's data needs no index rebuilt.
//!
//! ```text
//! WHERE name < 'b'  →  key(name, 'de') < key('b', 'de')        max(name)  →  value(max(key(name, 'de')))
//! key: sort key of the locale (holds no zero byte), 0x00, the string's own bytes
//! ```

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use icu_casemap::CaseMapper;
use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_locale_core::Locale;
use types::{Datum, Oid, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::aggregates;
use crate::bodies::arguments::{bytes, text};
use crate::context::EvalContext;
use crate::definition::{FunctionBody, FunctionDef, FunctionKind, Volatility};

pub const DEFAULT: Oid = 100;
pub const C: Oid = 950;
/// The root locale under the name of the standard.
pub const UNICODE: Oid = 963;
/// The first of the collations named after a locale; the others follow in the order of the list.
const FIRST_LOCALE: Oid = 12_342;
/// `collversion`: of the library that compares.
pub const VERSION: &str = "icu4x 2.4";

/// One locale a line, in the order in which PostgreSQL's initdb numbers them.
const LOCALES: &str = include_str!("collation_locales.txt");

/// A collation that the library computes.
pub struct IcuCollation {
    pub oid: Oid,
    pub name: String,
    /// BCP 47.
    pub locale: &'static str,
}

/// All collations of ICU.
pub fn icu() -> &'static [IcuCollation] {
    static COLLATIONS: OnceLock<Vec<IcuCollation>> = OnceLock::new();
    COLLATIONS.get_or_init(|| {
        let unicode = IcuCollation { oid: UNICODE, name: "unicode".to_owned(), locale: "und" };
        let named = LOCALES.lines().zip(FIRST_LOCALE..).map(|(locale, oid)| IcuCollation {
            oid,
            name: format!("{locale}-x-icu"),
            locale,
        });
        std::iter::once(unicode).chain(named).collect()
    })
}

/// The number of a collation, by its name without a schema.
pub fn by_name(name: &str) -> Option<Oid> {
    static NAMES: OnceLock<HashMap<&'static str, Oid>> = OnceLock::new();
    match name {
        "default" => Some(DEFAULT),
        "C" | "C.utf8" | "C.UTF-8" | "pg_c_utf8" => Some(C),
        "POSIX" => Some(951),
        "ucs_basic" => Some(962),
        _ => NAMES
            .get_or_init(|| icu().iter().map(|known| (known.name.as_str(), known.oid)).collect())
            .get(name)
            .copied(),
    }
}

/// The name of a collation, by its number.
pub fn name_of(collation: Oid) -> &'static str {
    match collation {
        C => "C",
        951 => "POSIX",
        962 => "ucs_basic",
        _ => of_icu(collation).map_or("default", |known| known.name.as_str()),
    }
}

/// The collation of ICU of this number; `None` if it is one that compares bytes.
pub fn of_icu(collation: Oid) -> Option<&'static IcuCollation> {
    match collation {
        UNICODE => icu().first(),
        _ => {
            let position = usize::try_from(collation.checked_sub(FIRST_LOCALE)?).ok()?;
            icu().get(position + 1)
        }
    }
}

/// A locale ready to compare; made once each, of at most as many as [`icu`] lists.
fn collator(locale: &str) -> SqlResult<Arc<CollatorBorrowed<'static>>> {
    static MADE: OnceLock<RwLock<HashMap<String, Arc<CollatorBorrowed<'static>>>>> =
        OnceLock::new();
    let made = MADE.get_or_init(RwLock::default);
    if let Ok(made) = made.read()
        && let Some(known) = made.get(locale)
    {
        return Ok(known.clone());
    }
    let preferences = CollatorPreferences::from(&parsed(locale)?);
    let collator = Collator::try_new(preferences, CollatorOptions::default())
        .map_err(|failure| unusable(locale, &failure.to_string()))?;
    let collator = Arc::new(collator);
    if let Ok(mut made) = made.write() {
        made.insert(locale.to_owned(), collator.clone());
    }
    Ok(collator)
}

fn parsed(locale: &str) -> SqlResult<Locale> {
    locale.parse().map_err(|_| unusable(locale, "it is no locale"))
}

fn unusable(locale: &str, why: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_PARAMETER_VALUE,
        format!("could not open collator for locale \"{locale}\": {why}"),
    )
}

/// The key of a string: its bytes order as the locale does, equal ones belong to equal strings.
pub fn sort_key(locale: &str, value: &str) -> SqlResult<Vec<u8>> {
    let mut key = Vec::with_capacity(value.len() * 3 + 8);
    let Ok(()) = collator(locale)?.write_sort_key_to(value, &mut key);
    key.push(0);
    key.extend_from_slice(value.as_bytes());
    Ok(key)
}

fn key(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    sort_key(text(arguments, 1)?, text(arguments, 0)?).map(|key| Datum::Bytea(key.into()))
}

fn value(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let key = bytes(arguments, 0)?;
    let own = key.iter().position(|byte| *byte == 0).map(|end| &key[end + 1..]);
    let broken = || SqlError::new(sqlstate::INTERNAL_ERROR, "a sort key holds no string");
    std::str::from_utf8(own.ok_or_else(broken)?).map(Datum::text).map_err(|_| broken())
}

fn lower(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let locale = parsed(text(arguments, 1)?)?;
    let lower = CaseMapper::new().lowercase_to_string(text(arguments, 0)?, &locale.id);
    Ok(Datum::text(&*lower))
}

fn upper(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let locale = parsed(text(arguments, 1)?)?;
    let upper = CaseMapper::new().uppercase_to_string(text(arguments, 0)?, &locale.id);
    Ok(Datum::text(&*upper))
}

const fn internal(
    oid: Oid,
    name: &'static str,
    arguments: &'static [Oid],
    result: Oid,
    body: FunctionBody,
) -> FunctionDef {
    FunctionDef {
        oid,
        name,
        arguments,
        argument_names: &[],
        defaults: &[],
        variadic: 0,
        result,
        columns: &[],
        kind: FunctionKind::Scalar,
        strict: true,
        volatility: Volatility::Immutable,
        body,
    }
}

// None of these can be named in a query; the numbers are ones that PostgreSQL and the tables leave free.

/// The key of (string, locale).
pub static KEY: FunctionDef = internal(
    9_990,
    "collation_key",
    &[oid::TEXT, oid::TEXT],
    oid::BYTEA,
    FunctionBody::Scalar(key),
);
/// The string of a key.
pub static VALUE: FunctionDef =
    internal(9_991, "collation_value", &[oid::BYTEA], oid::TEXT, FunctionBody::Scalar(value));
/// `lower` and `upper` of (string, locale).
pub static LOWER: FunctionDef =
    internal(9_994, "lower", &[oid::TEXT, oid::TEXT], oid::TEXT, FunctionBody::Scalar(lower));
pub static UPPER: FunctionDef =
    internal(9_995, "upper", &[oid::TEXT, oid::TEXT], oid::TEXT, FunctionBody::Scalar(upper));
/// `min` and `max` of keys.
pub static MINIMUM: FunctionDef = FunctionDef {
    kind: FunctionKind::Aggregate,
    strict: false,
    ..internal(
        9_992,
        "min",
        &[oid::BYTEA],
        oid::BYTEA,
        FunctionBody::Aggregate(&aggregates::MINIMUM),
    )
};
pub static MAXIMUM: FunctionDef = FunctionDef {
    kind: FunctionKind::Aggregate,
    strict: false,
    ..internal(
        9_993,
        "max",
        &[oid::BYTEA],
        oid::BYTEA,
        FunctionBody::Aggregate(&aggregates::MAXIMUM),
    )
};

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(locale: &str, words: &[&'static str]) -> Vec<&'static str> {
        let mut words = words.to_vec();
        words.sort_by_key(|word| sort_key(locale, word).expect("the locale is known"));
        words
    }

    #[test]
    fn languages_order_the_same_letters_differently() {
        let words = ["Zebra", "ähnlich", "Apfel", "zoo", "o", "ö"];
        assert_eq!(sorted("de", &words), ["ähnlich", "Apfel", "o", "ö", "Zebra", "zoo"]);
        assert_eq!(sorted("sv", &words), ["Apfel", "o", "Zebra", "zoo", "ähnlich", "ö"]);
    }

    #[test]
    fn keys_order_as_the_library_compares_and_give_their_strings_back() {
        let words =
            ["", "a", "A", "á", "ab", "a b", "a-b", "ß", "ss", "é", "e\u{301}", "日本", "1"];
        for locale in ["und", "de", "fr-CA", "ja", "th"] {
            let collator = collator(locale).expect("the locale is known");
            for left in words {
                let key = sort_key(locale, left).expect("the locale is known");
                for right in words {
                    let other = sort_key(locale, right).expect("the locale is known");
                    let expected = collator.compare(left, right).then(left.cmp(right));
                    assert_eq!(key.cmp(&other), expected, "{locale}: {left} and {right}");
                }
                let session = crate::context::NoSession::default();
                let back = value(&session, &[Datum::Bytea(key.into())]).expect("a key");
                assert!(matches!(back, Datum::Text(text) if *text == *left));
            }
        }
    }

    #[test]
    fn every_listed_locale_can_be_used_and_has_one_number() {
        for known in icu() {
            assert!(sort_key(known.locale, "a").is_ok(), "{}", known.locale);
            assert_eq!(by_name(&known.name), Some(known.oid));
            assert_eq!(name_of(known.oid), known.name);
        }
        assert!(of_icu(C).is_none() && of_icu(DEFAULT).is_none() && by_name("xx-x-icu").is_none());
    }

    #[test]
    fn turkish_letters_change_case_as_in_turkish() {
        let session = crate::context::NoSession::default();
        let both = [Datum::text("Iiß"), Datum::text("tr")];
        assert!(matches!(upper(&session, &both), Ok(Datum::Text(text)) if &*text == "IİSS"));
        assert!(matches!(lower(&session, &both), Ok(Datum::Text(text)) if &*text == "ıiß"));
    }
}
