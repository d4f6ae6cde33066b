//! Entries of `jsonb` documents, and what containment, existence and JSON paths ask of them.

use encoding::{KeyColumn, key};
use types::json::Json;
use types::jsonpath::{Accessor, Comparison, JsonPath, Node};
use types::numeric::Numeric;
use types::{Datum, SqlResult, oid};

use super::{EntryQuery, HASH_START, hash};
use crate::bodies::arguments::wrong_kind;

/// First bytes of entries: keys of objects and strings in arrays, which `?` finds alike; then scalars.
const KEY: u8 = b'k';
const NULL: u8 = b'n';
const BOOL: u8 = b'b';
const NUMBER: u8 = b'd';
const STRING: u8 = b's';

fn tagged(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut entry = Vec::with_capacity(1 + bytes.len());
    entry.push(tag);
    entry.extend_from_slice(bytes);
    entry
}

/// Equal numbers have equal entries, whatever their scale.
fn number(value: &Numeric) -> SqlResult<Vec<u8>> {
    let mut entry = vec![NUMBER];
    let value = Datum::Numeric(value.clone());
    key::encode_column(&value, &KeyColumn::ascending(oid::NUMERIC), &mut entry)?;
    Ok(entry)
}

/// The entry of a scalar; `None` for what has parts.
fn scalar(json: &Json) -> SqlResult<Option<Vec<u8>>> {
    Ok(Some(match json {
        Json::Null => vec![NULL],
        Json::Bool(value) => vec![BOOL, u8::from(*value)],
        Json::Number(value) => number(value)?,
        Json::String(text) => tagged(STRING, text.as_bytes()),
        Json::Array(_) | Json::Object(_) => return Ok(None),
    }))
}

pub(super) fn entries(json: &Json) -> SqlResult<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    collect(json, true, &mut found)?;
    Ok(found)
}

/// A scalar document is as an array of one: `is_element`.
fn collect(json: &Json, is_element: bool, found: &mut Vec<Vec<u8>>) -> SqlResult<()> {
    match json {
        Json::String(text) if is_element => found.push(tagged(KEY, text.as_bytes())),
        Json::Array(items) => {
            for item in items {
                collect(item, true, found)?;
            }
        }
        Json::Object(pairs) => {
            for (key, value) in pairs {
                found.push(tagged(KEY, key.as_bytes()));
                collect(value, false, found)?;
            }
        }
        _ => found.extend(scalar(json)?),
    }
    Ok(())
}

/// The path so far, and one more key. Arrays are no part of a path.
fn path_step(path: u64, key: &str) -> u64 {
    hash(hash(path, key.as_bytes()), &[0xff])
}

fn path_entry(path: u64, scalar: &[u8]) -> Vec<u8> {
    hash(hash(path, &[0xfe]), scalar).to_be_bytes().to_vec()
}

pub(super) fn path_entries(json: &Json) -> SqlResult<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    collect_paths(json, HASH_START, &mut found)?;
    Ok(found)
}

fn collect_paths(json: &Json, path: u64, found: &mut Vec<Vec<u8>>) -> SqlResult<()> {
    match json {
        Json::Array(items) => {
            for item in items {
                collect_paths(item, path, found)?;
            }
        }
        Json::Object(pairs) => {
            for (key, value) in pairs {
                collect_paths(value, path_step(path, key), found)?;
            }
        }
        _ => found.extend(scalar(json)?.map(|scalar| path_entry(path, &scalar))),
    }
    Ok(())
}

pub(super) fn query(operator: &str, argument: &Datum) -> SqlResult<EntryQuery> {
    let key = |text: &str| EntryQuery::entry(tagged(KEY, text.as_bytes()));
    match (operator, argument) {
        ("@>", Datum::Jsonb(json)) => {
            Ok(EntryQuery::and(entries(json)?.into_iter().map(EntryQuery::entry)))
        }
        ("?", Datum::Text(text)) => Ok(key(text)),
        ("?|" | "?&", Datum::Array(array)) => {
            let keys = array.elements.iter().filter_map(|element| match element {
                Datum::Text(text) => Some(key(text)),
                // NULLs among the keys do not count.
                _ => None,
            });
            Ok(if operator == "?|" { EntryQuery::or(keys) } else { EntryQuery::and(keys) })
        }
        ("@?" | "@@", Datum::Text(text)) => of_path(operator, text, false),
        (_, other) => Err(wrong_kind("condition of an index over jsonb", other)),
    }
}

pub(super) fn path_query(operator: &str, argument: &Datum) -> SqlResult<EntryQuery> {
    match (operator, argument) {
        ("@>", Datum::Jsonb(json)) => {
            Ok(EntryQuery::and(path_entries(json)?.into_iter().map(EntryQuery::Entry)))
        }
        ("@?" | "@@", Datum::Text(text)) => of_path(operator, text, true),
        (_, other) => Err(wrong_kind("condition of an index over jsonb", other)),
    }
}

fn of_path(operator: &str, text: &str, hashed: bool) -> SqlResult<EntryQuery> {
    let path = JsonPath::parse(text)?;
    let reader = PathReader { hashed };
    let root = Place { keys: Vec::new(), path: Some(HASH_START) };
    if operator == "@@" {
        return reader.predicate(&path.root, &root);
    }
    // `$ == 1` always has a result, true or not.
    match &path.root {
        Node::Path(..) | Node::Root => {
            Ok(reader.walk(&path.root, &root)?.map_or(EntryQuery::All, |(_, asked)| asked))
        }
        _ => Ok(EntryQuery::All),
    }
}

/// Where a path leads.
#[derive(Clone)]
struct Place {
    /// Keys that a document must have for the path to lead anywhere.
    keys: Vec<String>,
    /// The hash of the path, while it is known exactly.
    path: Option<u64>,
}

struct PathReader {
    /// Entries are hashes of paths with values.
    hashed: bool,
}

impl PathReader {
    /// Follows a path from the document's root or from `current`; answers with where it leads and
    /// what must be there. `None` if it is not a path into the document.
    fn walk(&self, node: &Node, current: &Place) -> SqlResult<Option<(Place, EntryQuery)>> {
        let (start, accessors): (&Node, &[Accessor]) = match node {
            Node::Path(start, accessors) => (start, accessors),
            node => (node, &[]),
        };
        let mut place = match start {
            Node::Current => current.clone(),
            Node::Root => Place { keys: Vec::new(), path: Some(HASH_START) },
            _ => return Ok(None),
        };
        let mut asked = Vec::new();
        for accessor in accessors {
            match accessor {
                Accessor::Key(key) => {
                    place.keys.push(key.clone());
                    place.path = place.path.map(|path| path_step(path, key));
                }
                Accessor::AnyElement | Accessor::Elements(_) => {}
                Accessor::Filter(predicate) => asked.push(self.predicate(predicate, &place)?),
                Accessor::AnyKey | Accessor::Levels(..) => place.path = None,
                // What comes behind a method is no part of the document.
                Accessor::Method(_) | Accessor::Datetime(_) => {
                    place.path = None;
                    break;
                }
            }
        }
        if !self.hashed {
            let keys = place.keys.iter();
            asked.extend(keys.map(|key| EntryQuery::entry(tagged(KEY, key.as_bytes()))));
        }
        Ok(Some((place, EntryQuery::and(asked))))
    }

    /// What must be in a document for the predicate to be true.
    fn predicate(&self, node: &Node, current: &Place) -> SqlResult<EntryQuery> {
        match node {
            Node::And(left, right) => Ok(EntryQuery::and([
                self.predicate(left, current)?,
                self.predicate(right, current)?,
            ])),
            Node::Or(left, right) => Ok(EntryQuery::or([
                self.predicate(left, current)?,
                self.predicate(right, current)?,
            ])),
            Node::Exists(path) => Ok(self.asked(path, current)?),
            Node::Compare(Comparison::Equal, left, right) => {
                let both =
                    EntryQuery::and([self.asked(left, current)?, self.asked(right, current)?]);
                let value = match (self.walk(left, current)?, self.walk(right, current)?) {
                    (Some((place, _)), None) => self.value(left, &place, right)?,
                    (None, Some((place, _))) => self.value(right, &place, left)?,
                    _ => EntryQuery::All,
                };
                Ok(EntryQuery::and([both, value]))
            }
            Node::Compare(_, left, right) => {
                Ok(EntryQuery::and([self.asked(left, current)?, self.asked(right, current)?]))
            }
            Node::StartsWith(subject, _) | Node::LikeRegex { subject, .. } => {
                self.asked(subject, current)
            }
            _ => Ok(EntryQuery::All),
        }
    }

    fn asked(&self, node: &Node, current: &Place) -> SqlResult<EntryQuery> {
        Ok(self.walk(node, current)?.map_or(EntryQuery::All, |(_, asked)| asked))
    }

    /// The entry of a scalar that must be where the path leads.
    fn value(&self, path: &Node, place: &Place, literal: &Node) -> SqlResult<EntryQuery> {
        let computed = matches!(path, Node::Path(_, accessors) if accessors.iter().any(|accessor| {
            matches!(accessor, Accessor::Method(_) | Accessor::Datetime(_))
        }));
        let scalar = match literal {
            Node::Null => vec![NULL],
            Node::Bool(value) => vec![BOOL, u8::from(*value)],
            Node::Number(value) => number(value)?,
            Node::String(text) => tagged(STRING, text.as_bytes()),
            _ => return Ok(EntryQuery::All),
        };
        if computed {
            return Ok(EntryQuery::All);
        }
        if self.hashed {
            return Ok(match place.path {
                Some(path) => EntryQuery::Entry(path_entry(path, &scalar)),
                None => EntryQuery::All,
            });
        }
        Ok(match literal {
            Node::String(text) => EntryQuery::or([
                EntryQuery::entry(scalar),
                EntryQuery::entry(tagged(KEY, text.as_bytes())),
            ]),
            _ => EntryQuery::entry(scalar),
        })
    }
}
