//! What an inverted index (`USING gin`) holds of a value, and what a condition asks of it.
//!
//! A value has any number of *entries*, byte strings that are compared for equality and by their
//! beginning. A condition becomes an [`EntryQuery`] that every value for which the condition holds
//! satisfies. It may be satisfied by others: who reads such an index tests the condition again.
//!
//! | class | entries of a value | operators |
//! | --- | --- | --- |
//! | `array_ops` | its elements, NULL, or that it is empty | `@>` `<@` `&&` `=` |
//! | `jsonb_ops` | keys and scalars, apart from each other | `@>` `?` `?|` `?&` `@?` `@@` |
//! | `jsonb_path_ops` | a hash of each scalar with its path | `@>` `@?` `@@` |
//! | `tsvector_ops` | its words | `@@` |
//! | `gin_trgm_ops` | three letters in a row, of each word | `%` `~~` `~~*` `=` |

mod json;
#[cfg(test)]
mod tests;

use encoding::{KeyColumn, key};
use types::text_search::{Query, Vector};
use types::{Array, Datum, Oid, SqlResult, oid};

use crate::bodies::arguments::wrong_kind;
use crate::bodies::extensions::trigrams;

/// Longer entries are cut, and a hash of all of the entry put behind.
const MAXIMUM_ENTRY_BYTES: usize = 96;
const CUT_ENTRY_BYTES: usize = 64;

/// How a column of an inverted index takes its values apart: an operator class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvertedClass {
    Array,
    Jsonb,
    JsonbPath,
    TextSearch,
    Trigram,
}

/// What a condition asks of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryQuery {
    /// Any row may do: the index is of no use.
    All,
    /// No row does.
    Nothing,
    Entry(Vec<u8>),
    /// Any entry that begins so.
    Prefix(Vec<u8>),
    And(Vec<EntryQuery>),
    Or(Vec<EntryQuery>),
}

impl EntryQuery {
    pub(crate) fn and(parts: impl IntoIterator<Item = EntryQuery>) -> EntryQuery {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                EntryQuery::All => {}
                EntryQuery::Nothing => return EntryQuery::Nothing,
                EntryQuery::And(inner) => kept.extend(inner),
                part if kept.contains(&part) => {}
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => EntryQuery::All,
            1 => kept.remove(0),
            _ => EntryQuery::And(kept),
        }
    }

    pub(crate) fn or(parts: impl IntoIterator<Item = EntryQuery>) -> EntryQuery {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                EntryQuery::Nothing => {}
                EntryQuery::All => return EntryQuery::All,
                EntryQuery::Or(inner) => kept.extend(inner),
                part if kept.contains(&part) => {}
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => EntryQuery::Nothing,
            1 => kept.remove(0),
            _ => EntryQuery::Or(kept),
        }
    }

    fn entry(bytes: Vec<u8>) -> EntryQuery {
        EntryQuery::Entry(shortened(bytes))
    }
}

/// 64 bits of Fowler, Noll and Vo (FNV-1a): the same on every machine, as what is stored must be.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

fn shortened(mut entry: Vec<u8>) -> Vec<u8> {
    if entry.len() > MAXIMUM_ENTRY_BYTES {
        let hash = hash(HASH_START, &entry);
        entry.truncate(CUT_ENTRY_BYTES);
        entry.extend_from_slice(&hash.to_be_bytes());
    }
    entry
}

/// First bytes of the entries of arrays.
const ELEMENT: u8 = 0;
const NULL_ELEMENT: u8 = 1;
const EMPTY_ARRAY: u8 = 2;

impl InvertedClass {
    /// The class with this name, and the type that it takes.
    pub fn named(name: &str) -> Option<(InvertedClass, Oid)> {
        Some(match name {
            "array_ops" => (InvertedClass::Array, oid::ANYARRAY),
            "jsonb_ops" => (InvertedClass::Jsonb, oid::JSONB),
            "jsonb_path_ops" => (InvertedClass::JsonbPath, oid::JSONB),
            "tsvector_ops" => (InvertedClass::TextSearch, oid::TSVECTOR),
            "gin_trgm_ops" => (InvertedClass::Trigram, oid::TEXT),
            _ => return None,
        })
    }

    /// The class that a type has by itself. `is_array` is said by the catalog that knows the type.
    pub fn default_of(base: Oid, is_array: bool) -> Option<InvertedClass> {
        match base {
            oid::JSONB => Some(InvertedClass::Jsonb),
            oid::TSVECTOR => Some(InvertedClass::TextSearch),
            _ if is_array => Some(InvertedClass::Array),
            _ => None,
        }
    }

    /// Whether the class answers this operator, the indexed value on its left.
    pub fn has_operator(self, name: &str) -> bool {
        let names: &[&str] = match self {
            InvertedClass::Array => &["@>", "<@", "&&", "="],
            InvertedClass::Jsonb => &["@>", "?", "?|", "?&", "@?", "@@"],
            InvertedClass::JsonbPath => &["@>", "@?", "@@"],
            InvertedClass::TextSearch => &["@@", "@@@"],
            InvertedClass::Trigram => &["%", "~~", "~~*", "="],
        };
        names.contains(&name)
    }

    /// The entries of a value, sorted and without duplicates.
    pub fn entries(self, value: &Datum) -> SqlResult<Vec<Vec<u8>>> {
        let mut entries = match (self, value) {
            (_, Datum::Null) => Vec::new(),
            (InvertedClass::Array, Datum::Array(array)) => array_entries(array)?,
            (InvertedClass::Jsonb, Datum::Jsonb(json)) => json::entries(json)?,
            (InvertedClass::JsonbPath, Datum::Jsonb(json)) => json::path_entries(json)?,
            (InvertedClass::TextSearch, Datum::Text(text)) => {
                let vector = Vector::parse(text)?;
                vector.lexemes.into_iter().map(|lexeme| lexeme.word.into_bytes()).collect()
            }
            (InvertedClass::Trigram, Datum::Text(text)) => {
                trigrams(text).into_iter().map(trigram_entry).collect()
            }
            (_, other) => return Err(wrong_kind("indexable value", other)),
        };
        entries.iter_mut().for_each(|entry| *entry = shortened(std::mem::take(entry)));
        entries.sort_unstable();
        entries.dedup();
        Ok(entries)
    }

    /// What `value operator argument` asks for.
    pub fn query(self, operator: &str, argument: &Datum) -> SqlResult<EntryQuery> {
        match (self, argument) {
            // All these operators are strict.
            (_, Datum::Null) => Ok(EntryQuery::Nothing),
            (InvertedClass::Array, Datum::Array(array)) => array_query(operator, array),
            (InvertedClass::Jsonb, _) => json::query(operator, argument),
            (InvertedClass::JsonbPath, _) => json::path_query(operator, argument),
            (InvertedClass::TextSearch, Datum::Text(text)) => Ok(words_query(&Query::parse(text)?)),
            (InvertedClass::Trigram, Datum::Text(text)) => Ok(trigram_query(operator, text)),
            (_, other) => Err(wrong_kind("condition of an index", other)),
        }
    }
}

fn element_entry(element: &Datum, type_oid: Oid) -> SqlResult<Vec<u8>> {
    if element.is_null() {
        return Ok(vec![NULL_ELEMENT]);
    }
    let mut entry = vec![ELEMENT];
    key::encode_column(element, &KeyColumn::ascending(type_oid), &mut entry)?;
    Ok(entry)
}

fn array_entries(array: &Array) -> SqlResult<Vec<Vec<u8>>> {
    if array.elements.is_empty() {
        return Ok(vec![vec![EMPTY_ARRAY]]);
    }
    array.elements.iter().map(|element| element_entry(element, array.element)).collect()
}

fn array_query(operator: &str, array: &Array) -> SqlResult<EntryQuery> {
    let has_null = array.elements.iter().any(Datum::is_null);
    let mut present = Vec::new();
    for element in array.elements.iter().filter(|element| !element.is_null()) {
        present.push(EntryQuery::entry(element_entry(element, array.element)?));
    }
    Ok(match operator {
        // Nothing contains a NULL.
        "@>" if has_null => EntryQuery::Nothing,
        "@>" => EntryQuery::and(present),
        "&&" => EntryQuery::or(present),
        "<@" => EntryQuery::or(present.into_iter().chain([EntryQuery::Entry(vec![EMPTY_ARRAY])])),
        "=" if array.elements.is_empty() => EntryQuery::Entry(vec![EMPTY_ARRAY]),
        "=" => {
            let null = has_null.then(|| EntryQuery::Entry(vec![NULL_ELEMENT]));
            EntryQuery::and(present.into_iter().chain(null))
        }
        _ => EntryQuery::All,
    })
}

fn words_query(query: &Query) -> EntryQuery {
    match query {
        Query::Empty => EntryQuery::Nothing,
        Query::Stop | Query::Not(_) => EntryQuery::All,
        Query::Word(operand) if operand.prefix => {
            let mut bytes = operand.word.clone().into_bytes();
            bytes.truncate(CUT_ENTRY_BYTES);
            EntryQuery::Prefix(bytes)
        }
        Query::Word(operand) => EntryQuery::entry(operand.word.clone().into_bytes()),
        Query::And(left, right) | Query::Phrase(left, right, _) => {
            EntryQuery::and([words_query(left), words_query(right)])
        }
        Query::Or(left, right) => EntryQuery::or([words_query(left), words_query(right)]),
    }
}

fn trigram_entry(letters: [char; 3]) -> Vec<u8> {
    letters.into_iter().collect::<String>().into_bytes()
}

fn trigram_query(operator: &str, text: &str) -> EntryQuery {
    // Its lower case depends on what follows, which a pattern does not tell.
    if text.contains('Σ') {
        return EntryQuery::All;
    }
    let whole =
        || trigrams(text).into_iter().map(|letters| EntryQuery::Entry(trigram_entry(letters)));
    match operator {
        "%" => EntryQuery::or(whole()),
        "=" => EntryQuery::and(whole()),
        "~~" | "~~*" => EntryQuery::and(
            pattern_trigrams(text)
                .into_iter()
                .map(|letters| EntryQuery::Entry(trigram_entry(letters))),
        ),
        _ => EntryQuery::All,
    }
}

/// Trigrams that every text has that is LIKE the pattern. A word is filled up with blanks only
/// where the pattern says that it ends there.
fn pattern_trigrams(pattern: &str) -> Vec<[char; 3]> {
    let mut pieces: Vec<Option<char>> = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' | '_' => pieces.push(None),
            '\\' => pieces.extend(letters.next().map(Some)),
            letter => pieces.extend(letter.to_lowercase().map(Some)),
        }
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        let is_letter = |place: usize| {
            pieces.get(place).is_some_and(|piece| piece.is_some_and(char::is_alphanumeric))
        };
        if !is_letter(at) {
            at += 1;
            continue;
        }
        let end = (at..pieces.len()).find(|&place| !is_letter(place)).unwrap_or(pieces.len());
        let mut word: Vec<char> = Vec::with_capacity(end - at + 3);
        if at == 0 || pieces[at - 1].is_some() {
            word.extend([' ', ' ']);
        }
        word.extend(pieces[at..end].iter().flatten());
        if pieces.get(end).is_none_or(Option::is_some) {
            word.push(' ');
        }
        found.extend(word.windows(3).map(|three| [three[0], three[1], three[2]]));
        at = end;
    }
    found
}
