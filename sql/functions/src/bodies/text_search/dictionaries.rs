//! Configurations and dictionaries: `simple`, which only puts words in lower case, and `english`, which also drops
//! frequent words and cuts endings by the Snowball algorithm.

use rust_stemmers::{Algorithm, Stemmer};
use types::text_search::{Lexeme, MAX_POSITION, Position, Vector};
use types::{Datum, Oid, SqlError, SqlResult, sqlstate};

use super::tokens::{Kind, tokens};
use crate::context::EvalContext;

/// `pg_ts_config` and `pg_ts_dict` rows: PostgreSQL's identifiers.
const SIMPLE: Oid = 3748;
const ENGLISH: Oid = 12_361;
const SIMPLE_DICTIONARY: Oid = 3765;
const ENGLISH_DICTIONARY: Oid = 12_360;

/// Words so frequent in English that searching for them finds nothing: the set that the Snowball project gives for English
/// and that PostgreSQL's `english` uses, because both have to drop the same ones.
const ENGLISH_STOP_WORDS: &str = "\
    a about above after again against all am an and any are as at be because been before being below between both but by \
    can did do does doing don down during each few for from further had has have having he her here hers herself him \
    himself his how i if in into is it its itself just me more most my myself no nor not now of off on once only or other \
    our ours ourselves out over own s same she should so some such t than that the their theirs them themselves then there \
    these they this those through to too under until up very was we were what when where which while who whom why will \
    with you your yours yourself yourselves";

/// A text search configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Configuration {
    Simple,
    English,
}

impl Configuration {
    pub(crate) fn of(value: &Datum) -> SqlResult<Configuration> {
        match value {
            Datum::Oid(SIMPLE) => Ok(Configuration::Simple),
            Datum::Oid(ENGLISH) => Ok(Configuration::English),
            Datum::Oid(other) => Err(SqlError::new(
                sqlstate::INTERNAL_ERROR,
                format!("cache lookup failed for text search configuration {other}"),
            )),
            other => Err(crate::bodies::arguments::wrong_kind("regconfig", other)),
        }
    }

    /// The session's `default_text_search_config`.
    pub(crate) fn of_session(context: &dyn EvalContext) -> SqlResult<Configuration> {
        let name = context.setting("default_text_search_config")?;
        Configuration::of(&Datum::Oid(configuration_named(
            name.as_deref().unwrap_or("pg_catalog.english"),
        )?))
    }

    pub(crate) fn oid(self) -> Oid {
        match self {
            Configuration::Simple => SIMPLE,
            Configuration::English => ENGLISH,
        }
    }

    /// The lexeme of a token; `None` if it is a stop word.
    fn lexeme(self, kind: Kind, token: &str) -> Option<String> {
        let lower = token.to_lowercase();
        if self == Configuration::Simple || !kind.is_language() {
            return Some(lower);
        }
        english(&lower)
    }

    /// The lexemes of a text with their positions; stop words are `None`.
    pub(crate) fn words(self, text: &str) -> Vec<(Option<String>, u16)> {
        let mut position: u16 = 0;
        let mut list = Vec::new();
        for (kind, token) in tokens(text) {
            if !kind.is_indexed() {
                continue;
            }
            position = position.saturating_add(1).min(MAX_POSITION);
            list.push((self.lexeme(kind, token), position));
        }
        list
    }

    /// Appends the lexemes of a text; positions go on from `position`, which is moved.
    pub(crate) fn append(self, text: &str, position: &mut u16, lexemes: &mut Vec<Lexeme>) {
        let start = *position;
        for (word, at) in self.words(text) {
            *position = start.saturating_add(at).min(MAX_POSITION);
            if let Some(word) = word {
                let positions = vec![Position { at: *position, weight: 0 }];
                lexemes.push(Lexeme { word, positions });
            }
        }
    }

    pub(crate) fn vector(self, text: &str) -> Vector {
        let mut lexemes = Vec::new();
        self.append(text, &mut 0, &mut lexemes);
        Vector::new(lexemes)
    }
}

fn english(lower: &str) -> Option<String> {
    if ENGLISH_STOP_WORDS.split(' ').any(|word| word == lower) {
        return None;
    }
    Some(Stemmer::create(Algorithm::English).stem(lower).into_owned())
}

/// `ts_lexize`
pub(crate) fn lexize(dictionary: Oid, word: &str) -> SqlResult<Vec<String>> {
    let lower = word.to_lowercase();
    match dictionary {
        SIMPLE_DICTIONARY => Ok(vec![lower]),
        ENGLISH_DICTIONARY => Ok(english(&lower).into_iter().collect()),
        other => Err(SqlError::new(
            sqlstate::INTERNAL_ERROR,
            format!("cache lookup failed for text search dictionary {other}"),
        )),
    }
}

fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    name.strip_prefix("pg_catalog.").unwrap_or(&name).trim_matches('"').to_owned()
}

pub(crate) fn configuration_named(name: &str) -> SqlResult<Oid> {
    match plain(name).as_str() {
        "simple" => Ok(SIMPLE),
        "english" => Ok(ENGLISH),
        _ => Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("text search configuration \"{name}\" does not exist"),
        )),
    }
}

pub(crate) fn dictionary_named(name: &str) -> SqlResult<Oid> {
    match plain(name).as_str() {
        "simple" => Ok(SIMPLE_DICTIONARY),
        "english_stem" => Ok(ENGLISH_DICTIONARY),
        _ => Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("text search dictionary \"{name}\" does not exist"),
        )),
    }
}

/// The name of a configuration or dictionary.
pub(crate) fn name_of(object: Oid) -> Option<&'static str> {
    match object {
        SIMPLE | SIMPLE_DICTIONARY => Some("simple"),
        ENGLISH => Some("english"),
        ENGLISH_DICTIONARY => Some("english_stem"),
        _ => None,
    }
}
