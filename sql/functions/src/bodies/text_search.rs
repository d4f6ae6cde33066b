//! Full text search: `to_tsvector`, `to_tsquery` and their relatives, matching, ranking and headlines. Functions are
//! named as `pg_proc.prosrc`.

pub(crate) mod dictionaries;
mod headline;
mod ranking;
mod rewriting;
#[cfg(test)]
mod tests;
mod tokens;
mod vectors;

use std::sync::Arc;

use types::json::Json;
use types::text_search::{Operand, Query, Vector, matches, parse_query};
use types::{Array, Datum, Row, Severity, SqlError, SqlResult, oid, sqlstate};

use crate::bodies::arguments::{int4, integer, invalid_parameter, jsonb, text};
use crate::context::EvalContext;
use dictionaries::Configuration;
pub(crate) use rewriting::*;
pub(crate) use vectors::*;

fn vector(arguments: &[Datum], position: usize) -> SqlResult<Vector> {
    Vector::parse(text(arguments, position)?)
}

fn query(arguments: &[Datum], position: usize) -> SqlResult<Query> {
    Query::parse(text(arguments, position)?)
}

fn written(value: impl std::fmt::Display) -> SqlResult<Datum> {
    Ok(Datum::text(value.to_string()))
}

/// Splits off the configuration, which the session has if it is not given.
fn configured<'a>(
    context: &dyn EvalContext,
    arguments: &'a [Datum],
    given: bool,
) -> SqlResult<(Configuration, &'a [Datum])> {
    match arguments.split_first() {
        Some((first, rest)) if given => Ok((Configuration::of(first)?, rest)),
        _ => Ok((Configuration::of_session(context)?, arguments)),
    }
}

macro_rules! configured_functions {
    ($($name:ident, $by_id:ident($context:ident, $configuration:ident, $arguments:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name($context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let ($configuration, $arguments) = configured($context, arguments, false)?;
            $result
        }

        pub(crate) fn $by_id($context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let ($configuration, $arguments) = configured($context, arguments, true)?;
            $result
        }
    )*};
}

configured_functions! {
    to_tsvector, to_tsvector_byid(context, configuration, arguments) =>
        written(configuration.vector(text(arguments, 0)?));
    to_tsquery, to_tsquery_byid(context, configuration, arguments) => {
        let read = parse_query(text(arguments, 0)?, &mut |operand| {
            Ok(morphed(configuration, &operand, Join::Phrase))
        })?;
        finished(context, read, text(arguments, 0)?)
    };
    plainto_tsquery, plainto_tsquery_byid(context, configuration, arguments) => {
        let value = text(arguments, 0)?;
        finished(context, plain_query(configuration, value, Join::And), value)
    };
    phraseto_tsquery, phraseto_tsquery_byid(context, configuration, arguments) => {
        let value = text(arguments, 0)?;
        finished(context, plain_query(configuration, value, Join::Phrase), value)
    };
    websearch_to_tsquery, websearch_to_tsquery_byid(context, configuration, arguments) => {
        let value = text(arguments, 0)?;
        finished(context, websearch(configuration, value), value)
    };
    jsonb_string_to_tsvector, jsonb_string_to_tsvector_byid(context, configuration, arguments) =>
        json_vector(configuration, &*jsonb(arguments, 0)?, JsonParts::STRINGS);
    json_string_to_tsvector, json_string_to_tsvector_byid(context, configuration, arguments) =>
        json_vector(configuration, &Json::parse(text(arguments, 0)?)?, JsonParts::STRINGS);
    jsonb_to_tsvector, jsonb_to_tsvector_byid(context, configuration, arguments) =>
        json_vector(configuration, &*jsonb(arguments, 0)?, JsonParts::read(&*jsonb(arguments, 1)?)?);
    json_to_tsvector, json_to_tsvector_byid(context, configuration, arguments) =>
        json_vector(
            configuration,
            &Json::parse(text(arguments, 0)?)?,
            JsonParts::read(&*jsonb(arguments, 1)?)?,
        );
    ts_headline, ts_headline_byid(context, configuration, arguments) =>
        headline::headline(configuration, text(arguments, 0)?, &query(arguments, 1)?, "").map(Datum::text);
    ts_headline_opt, ts_headline_byid_opt(context, configuration, arguments) =>
        headline::headline(configuration, text(arguments, 0)?, &query(arguments, 1)?, text(arguments, 2)?)
            .map(Datum::text);
    ts_headline_json, ts_headline_json_byid(context, configuration, arguments) =>
        headline::of_json(configuration, arguments);
    ts_headline_jsonb, ts_headline_jsonb_byid(context, configuration, arguments) =>
        headline::of_jsonb(configuration, arguments);
}

/// How the lexemes of one word of a query hang together.
#[derive(Clone, Copy)]
enum Join {
    And,
    Phrase,
}

fn plain(text: &str) -> Operand {
    Operand { word: text.to_owned(), weights: 0, prefix: false }
}

/// The query that a text becomes; nothing at all is not the same as nothing but stop words.
fn plain_query(configuration: Configuration, text: &str, join: Join) -> Query {
    if text.is_empty() { Query::Empty } else { morphed(configuration, &plain(text), join) }
}

/// The query that a word becomes by the dictionaries.
fn morphed(configuration: Configuration, operand: &Operand, join: Join) -> Query {
    let mut whole: Option<Query> = None;
    for (word, _) in configuration.words(&operand.word) {
        let part = match word {
            Some(word) => Query::Word(Operand { word, ..operand.clone() }),
            None => Query::Stop,
        };
        whole = Some(match (whole, join) {
            (None, _) => part,
            (Some(whole), Join::And) => Query::And(Box::new(whole), Box::new(part)),
            (Some(whole), Join::Phrase) => Query::Phrase(Box::new(whole), Box::new(part), 1),
        });
    }
    whole.unwrap_or(Query::Stop)
}

fn finished(context: &dyn EvalContext, query: Query, given: &str) -> SqlResult<Datum> {
    let notice = |message: String| {
        context.notice(
            SqlError::new(sqlstate::SUCCESSFUL_COMPLETION, message).severity(Severity::Notice),
        );
    };
    if query == Query::Empty {
        if given.trim().is_empty() {
            notice(format!("text-search query doesn't contain lexemes: \"{given}\""));
        }
        return Ok(Datum::text(""));
    }
    let query = query.without_stop_words();
    if query == Query::Empty {
        notice(
            "text-search query contains only stop words or doesn't contain lexemes, ignored"
                .to_owned(),
        );
    }
    written(query)
}

/// Words, `"phrases"`, `or` and `-`; anything is a valid query.
fn websearch(configuration: Configuration, value: &str) -> Query {
    let mut alternatives: Vec<Query> = Vec::new();
    let mut current: Option<Query> = None;
    let mut rest = value;
    let mut after_or = false;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { break };
        let word_end =
            rest.find(|next: char| next.is_whitespace() || next == '"').unwrap_or(rest.len());
        if rest[..word_end].eq_ignore_ascii_case("or")
            && !after_or
            && current.is_some()
            && !rest[word_end..].trim().is_empty()
        {
            alternatives.extend(current.take());
            after_or = true;
            rest = &rest[word_end..];
            continue;
        }
        let negated = first == '-'
            && rest[1..].starts_with(|next: char| next.is_alphanumeric() || next == '"');
        if negated {
            rest = &rest[1..];
        }
        let part = if let Some(inside) = rest.strip_prefix('"') {
            let end = inside.find('"').unwrap_or(inside.len());
            rest = inside.get(end + 1..).unwrap_or("");
            morphed(configuration, &plain(&inside[..end]), Join::Phrase)
        } else {
            let end =
                rest.find(|next: char| next.is_whitespace() || next == '"').unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            if !word.contains(char::is_alphanumeric) {
                continue;
            }
            morphed(configuration, &plain(word), Join::Phrase)
        };
        after_or = false;
        let part = if negated { Query::Not(Box::new(part)) } else { part };
        current = Some(match current {
            None => part,
            Some(left) => Query::And(Box::new(left), Box::new(part)),
        });
    }
    alternatives.extend(current);
    alternatives
        .into_iter()
        .reduce(|left, right| Query::Or(Box::new(left), Box::new(right)))
        .unwrap_or(Query::Empty)
}

/// Which parts of a JSON document are text to search.
#[derive(Clone, Copy, Default)]
struct JsonParts {
    strings: bool,
    numbers: bool,
    booleans: bool,
    keys: bool,
}

impl JsonParts {
    const STRINGS: JsonParts =
        JsonParts { strings: true, numbers: false, booleans: false, keys: false };

    fn read(filter: &Json) -> SqlResult<JsonParts> {
        let mut parts = JsonParts::default();
        let single = std::slice::from_ref(filter);
        let list = match filter {
            Json::Array(list) => list.as_slice(),
            Json::Object(_) => {
                return Err(invalid_parameter(
                    "wrong flag type, only arrays and scalars are allowed",
                ));
            }
            _ => single,
        };
        let hint =
            "Possible values are: \"string\", \"numeric\", \"boolean\", \"key\", and \"all\".";
        for flag in list {
            let Json::String(flag) = flag else {
                return Err(invalid_parameter("flag array element is not a string").hint(hint));
            };
            match flag.to_ascii_lowercase().as_str() {
                "all" => {
                    parts = JsonParts { strings: true, numbers: true, booleans: true, keys: true };
                }
                "key" => parts.keys = true,
                "string" => parts.strings = true,
                "numeric" => parts.numbers = true,
                "boolean" => parts.booleans = true,
                _ => {
                    let message = format!("wrong flag in flag array: \"{flag}\"");
                    return Err(invalid_parameter(message).hint(hint));
                }
            }
        }
        Ok(parts)
    }
}

fn json_vector(
    configuration: Configuration,
    document: &Json,
    parts: JsonParts,
) -> SqlResult<Datum> {
    let mut lexemes = Vec::new();
    let mut position = 0;
    collect(configuration, document, parts, &mut position, &mut lexemes);
    written(Vector::new(lexemes))
}

fn collect(
    configuration: Configuration,
    value: &Json,
    parts: JsonParts,
    position: &mut u16,
    lexemes: &mut Vec<types::text_search::Lexeme>,
) {
    // Between values there is a gap, so that no phrase reaches from one into the next.
    let mut add = |text: &str, position: &mut u16| {
        let before = lexemes.len();
        configuration.append(text, position, lexemes);
        if lexemes.len() > before {
            *position = position.saturating_add(1);
        }
    };
    match value {
        Json::String(text) if parts.strings => add(text, position),
        Json::Number(number) if parts.numbers => add(&number.to_string(), position),
        Json::Bool(value) if parts.booleans => add(if *value { "true" } else { "false" }, position),
        Json::Array(list) => {
            list.iter().for_each(|item| collect(configuration, item, parts, position, lexemes));
        }
        Json::Object(pairs) => {
            for (key, value) in pairs {
                if parts.keys {
                    let before = lexemes.len();
                    configuration.append(key, position, lexemes);
                    if lexemes.len() > before {
                        *position = position.saturating_add(1);
                    }
                }
                collect(configuration, value, parts, position, lexemes);
            }
        }
        _ => {}
    }
}

pub(crate) fn get_current_ts_config(context: &dyn EvalContext, _: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Oid(Configuration::of_session(context)?.oid()))
}

pub(crate) fn ts_match_vq(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Bool(matches(&vector(arguments, 0)?, &query(arguments, 1)?)))
}

pub(crate) fn ts_match_qv(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    Ok(Datum::Bool(matches(&vector(arguments, 1)?, &query(arguments, 0)?)))
}

pub(crate) fn ts_match_tt(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let configuration = Configuration::of_session(context)?;
    let wanted = morphed(configuration, &plain(text(arguments, 1)?), Join::And);
    let document = configuration.vector(text(arguments, 0)?);
    Ok(Datum::Bool(matches(&document, &wanted.without_stop_words())))
}

pub(crate) fn ts_match_tq(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let document = Configuration::of_session(context)?.vector(text(arguments, 0)?);
    Ok(Datum::Bool(matches(&document, &query(arguments, 1)?)))
}

macro_rules! rank_functions {
    ($($name:ident: $compute:ident weights $weighted:literal method $method:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
            let weights = ranking::weights($weighted.then_some(arguments))?;
            let rest = &arguments[usize::from($weighted)..];
            let method: Option<usize> = $method;
            let method = match method {
                Some(position) => int4(rest, position)?,
                None => 0,
            };
            let result = ranking::$compute(&weights, &vector(rest, 0)?, &query(rest, 1)?, method);
            Ok(Datum::Float4(result))
        }
    )*};
}

rank_functions! {
    ts_rank_tt: rank weights false method None;
    ts_rank_ttf: rank weights false method Some(2);
    ts_rank_wtt: rank weights true method None;
    ts_rank_wttf: rank weights true method Some(2);
    ts_rankcd_tt: cover_density weights false method None;
    ts_rankcd_ttf: cover_density weights false method Some(2);
    ts_rankcd_wtt: cover_density weights true method None;
    ts_rankcd_wttf: cover_density weights true method Some(2);
}

macro_rules! query_functions {
    ($($name:ident($arguments:ident) => $result:expr;)*) => {$(
        pub(crate) fn $name(_: &dyn EvalContext, $arguments: &[Datum]) -> SqlResult<Datum> {
            $result
        }
    )*};
}

/// Joins two queries; one without words leaves the other as it is.
fn join(
    left: Query,
    right: Query,
    make: impl Fn(Box<Query>, Box<Query>) -> Query,
) -> SqlResult<Datum> {
    written(match (left, right) {
        (Query::Empty, other) | (other, Query::Empty) => other,
        (left, right) => make(Box::new(left), Box::new(right)),
    })
}

fn phrase(arguments: &[Datum], distance: i32) -> SqlResult<Datum> {
    let distance = u16::try_from(distance).ok().filter(|distance| *distance <= 16_384);
    let distance = distance.ok_or_else(|| {
        invalid_parameter(
            "distance in phrase operator must be an integer value between zero and 16384 inclusive",
        )
    })?;
    join(query(arguments, 0)?, query(arguments, 1)?, |left, right| {
        Query::Phrase(left, right, distance)
    })
}

/// The order of queries: by how many words and operators they have, then by their text.
fn compare(arguments: &[Datum]) -> SqlResult<std::cmp::Ordering> {
    let (left, right) = (query(arguments, 0)?, query(arguments, 1)?);
    Ok(left.nodes().cmp(&right.nodes()).then_with(|| left.to_string().cmp(&right.to_string())))
}

query_functions! {
    tsquery_and(a) => join(query(a, 0)?, query(a, 1)?, Query::And);
    tsquery_or(a) => join(query(a, 0)?, query(a, 1)?, Query::Or);
    tsquery_not(a) => written(match query(a, 0)? {
        Query::Empty => Query::Empty,
        inner => Query::Not(Box::new(inner)),
    });
    tsquery_phrase(a) => phrase(a, 1);
    tsquery_phrase_distance(a) => phrase(a, int4(a, 2)?);
    tsquery_numnode(a) => Ok(Datum::Int4(query(a, 0)?.nodes() as i32));
    tsquerytree(a) => Ok(Datum::text(match indexable(query(a, 0)?) {
        _ if text(a, 0)?.is_empty() => String::new(),
        Some(query) => query.to_string(),
        None => "T".to_owned(),
    }));
    tsquery_lt(a) => Ok(Datum::Bool(compare(a)?.is_lt()));
    tsquery_le(a) => Ok(Datum::Bool(compare(a)?.is_le()));
    tsquery_eq(a) => Ok(Datum::Bool(compare(a)?.is_eq()));
    tsquery_ne(a) => Ok(Datum::Bool(compare(a)?.is_ne()));
    tsquery_ge(a) => Ok(Datum::Bool(compare(a)?.is_ge()));
    tsquery_gt(a) => Ok(Datum::Bool(compare(a)?.is_gt()));
    tsquery_cmp(a) => Ok(Datum::Int4(compare(a)? as i32));
    tsq_mcontains(a) => Ok(Datum::Bool(contains(&query(a, 0)?, &query(a, 1)?)));
    tsq_mcontained(a) => Ok(Datum::Bool(contains(&query(a, 1)?, &query(a, 0)?)));
}

fn contains(whole: &Query, part: &Query) -> bool {
    let words = |query: &Query| {
        let mut list = Vec::new();
        query.operands(&mut list);
        list.into_iter().map(|operand| operand.word.clone()).collect::<Vec<String>>()
    };
    let whole = words(whole);
    words(part).iter().all(|word| whole.contains(word))
}

/// What an index could be asked: the query without negations; `None` if nothing is left.
fn indexable(query: Query) -> Option<Query> {
    match query {
        Query::Empty | Query::Stop | Query::Not(_) => None,
        Query::Word(operand) => Some(Query::Word(operand)),
        Query::Or(left, right) => {
            Some(Query::Or(Box::new(indexable(*left)?), Box::new(indexable(*right)?)))
        }
        Query::And(left, right) => match (indexable(*left), indexable(*right)) {
            (Some(left), Some(right)) => Some(Query::And(Box::new(left), Box::new(right))),
            (left, right) => left.or(right),
        },
        Query::Phrase(left, right, distance) => match (indexable(*left), indexable(*right)) {
            (Some(left), Some(right)) => {
                Some(Query::Phrase(Box::new(left), Box::new(right), distance))
            }
            (left, right) => left.or(right),
        },
    }
}

pub(crate) fn ts_lexize(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let dictionary = integer(&arguments[0])? as u32;
    let words = dictionaries::lexize(dictionary, text(arguments, 1)?)?;
    let words = words.into_iter().map(Datum::text).collect();
    Ok(Datum::Array(Arc::new(Array::from_elements(oid::TEXT, words))))
}

type Emit<'a> = &'a mut dyn FnMut(Row) -> SqlResult<bool>;

fn check_parser(arguments: &[Datum]) -> SqlResult<()> {
    match &arguments[0] {
        Datum::Text(name) if &**name != "default" => Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("text search parser \"{name}\" does not exist"),
        )),
        _ => Ok(()),
    }
}

pub(crate) fn ts_token_type(
    _: &dyn EvalContext,
    arguments: &[Datum],
    emit: Emit<'_>,
) -> SqlResult<()> {
    check_parser(arguments)?;
    for (index, (alias, description)) in tokens::KINDS.iter().enumerate() {
        let row =
            vec![Datum::Int4(index as i32 + 1), Datum::text(*alias), Datum::text(*description)];
        if !emit(row)? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn ts_parse(_: &dyn EvalContext, arguments: &[Datum], emit: Emit<'_>) -> SqlResult<()> {
    check_parser(arguments)?;
    for (kind, token) in tokens::tokens(text(arguments, 1)?) {
        if !emit(vec![Datum::Int4(kind.number()), Datum::text(token)])? {
            break;
        }
    }
    Ok(())
}
