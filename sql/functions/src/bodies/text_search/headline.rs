//! `ts_headline`: the part of a document that shows why it was found.

use std::sync::Arc;

use types::json::Json;
use types::text_search::{Operand, Query};
use types::{Datum, SqlError, SqlResult, sqlstate};

use super::dictionaries::Configuration;
use super::tokens::{Kind, tokens};
use crate::bodies::arguments::{jsonb, text};

struct Options {
    start: String,
    stop: String,
    delimiter: String,
    most_words: usize,
    least_words: usize,
    short_word: usize,
    fragments: usize,
    all: bool,
}

fn options(text: &str) -> SqlResult<Options> {
    let mut options = Options {
        start: "<b>".to_owned(),
        stop: "</b>".to_owned(),
        delimiter: " ... ".to_owned(),
        most_words: 35,
        least_words: 15,
        short_word: 3,
        fragments: 0,
        all: false,
    };
    let bad = |message: String| SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message);
    for (key, value) in settings(text)? {
        let number = || {
            value.parse::<i32>().map_err(|_| {
                SqlError::new(
                    sqlstate::INVALID_TEXT_REPRESENTATION,
                    format!("invalid input syntax for type integer: \"{value}\""),
                )
            })
        };
        match key.to_ascii_lowercase().as_str() {
            "startsel" => options.start = value,
            "stopsel" => options.stop = value,
            "fragmentdelimiter" => options.delimiter = value,
            "maxwords" => options.most_words = number()?.max(0) as usize,
            "minwords" => options.least_words = number()?.max(0) as usize,
            "shortword" => {
                options.short_word = usize::try_from(number()?)
                    .map_err(|_| bad("ShortWord should be >= 0".to_owned()))?;
            }
            "maxfragments" => {
                options.fragments = usize::try_from(number()?)
                    .map_err(|_| bad("MaxFragments should be >= 0".to_owned()))?;
            }
            "highlightall" => {
                let word = value.to_ascii_lowercase();
                options.all = ["1", "on", "true", "t", "y", "yes"].contains(&word.as_str());
            }
            _ => return Err(bad(format!("unrecognized headline parameter: \"{key}\""))),
        }
    }
    if options.least_words >= options.most_words && !options.all {
        return Err(bad("MinWords should be less than MaxWords".to_owned()));
    }
    if options.least_words == 0 && !options.all {
        return Err(bad("MinWords should be positive".to_owned()));
    }
    Ok(options)
}

/// `Key=value, Key="value"`
fn settings(text: &str) -> SqlResult<Vec<(String, String)>> {
    let bad = || {
        SqlError::new(sqlstate::SYNTAX_ERROR, format!("invalid parameter list format: \"{text}\""))
    };
    let mut list = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(bad)?;
        let after = after.trim_start();
        let (value, after) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let (value, after) = after[1..].split_once(quote).ok_or_else(bad)?;
                (value, after)
            }
            _ => {
                let end = after.find([',', ' ']).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        list.push((key.trim().to_owned(), value.to_owned()));
        rest = after.trim_start_matches([' ', ',']);
    }
    Ok(list)
}

struct Word<'a> {
    text: &'a str,
    kind: Kind,
    /// Which words of the query it is.
    operands: Vec<usize>,
}

pub(super) fn headline(
    configuration: Configuration,
    text: &str,
    query: &Query,
    given: &str,
) -> SqlResult<String> {
    let options = options(given)?;
    let mut operands: Vec<&Operand> = Vec::new();
    query.operands(&mut operands);
    let words: Vec<Word<'_>> = tokens(text)
        .into_iter()
        .filter(|(kind, _)| !is_part(*kind))
        .map(|(kind, token)| {
            let lexemes: Vec<String> = if kind.is_indexed() {
                configuration.words(token).into_iter().filter_map(|(word, _)| word).collect()
            } else {
                Vec::new()
            };
            let fits = |operand: &Operand| {
                lexemes.iter().any(|lexeme| {
                    if operand.prefix {
                        lexeme.starts_with(&operand.word)
                    } else {
                        *lexeme == operand.word
                    }
                })
            };
            let operands = (0..operands.len()).filter(|&index| fits(operands[index])).collect();
            Word { text: token, kind, operands }
        })
        .collect();
    if options.all {
        return Ok(written(&words, 0..words.len(), &options));
    }
    let covers = covers(&words, query, &operands);
    if options.fragments > 0 && !covers.is_empty() {
        return Ok(fragments(&words, &covers, &options));
    }
    Ok(written(&words, stretch(&words, &covers, &options), &options))
}

/// Parts repeat what stands in the whole before them.
fn is_part(kind: Kind) -> bool {
    matches!(kind, Kind::AsciiPart | Kind::WordPart | Kind::NumberPart | Kind::Host | Kind::UrlPath)
}

fn counts(word: &Word<'_>) -> bool {
    word.kind.is_indexed()
}

/// Whether a headline should not begin or end here.
fn is_bad_end(word: &Word<'_>, options: &Options) -> bool {
    !counts(word) || (word.text.chars().count() <= options.short_word && word.operands.is_empty())
}

fn satisfied(query: &Query, operands: &[&Operand], present: &[bool]) -> bool {
    match query {
        Query::Empty | Query::Stop => false,
        Query::Word(operand) => {
            operands.iter().zip(present).any(|(other, present)| *present && *other == operand)
        }
        Query::Not(_) => true,
        Query::And(left, right) | Query::Phrase(left, right, _) => {
            satisfied(left, operands, present) && satisfied(right, operands, present)
        }
        Query::Or(left, right) => {
            satisfied(left, operands, present) || satisfied(right, operands, present)
        }
    }
}

/// The shortest stretches that satisfy the query, as first and last word.
fn covers(words: &[Word<'_>], query: &Query, operands: &[&Operand]) -> Vec<(usize, usize)> {
    let marked: Vec<usize> =
        (0..words.len()).filter(|&index| !words[index].operands.is_empty()).collect();
    let mut list = Vec::new();
    let mut start = 0;
    while start < marked.len() {
        let mut present = vec![false; operands.len()];
        let Some(last) = (start..marked.len()).find(|&index| {
            words[marked[index]].operands.iter().for_each(|&operand| present[operand] = true);
            satisfied(query, operands, &present)
        }) else {
            break;
        };
        present.fill(false);
        let first = (start..=last)
            .rev()
            .find(|&index| {
                words[marked[index]].operands.iter().for_each(|&operand| present[operand] = true);
                satisfied(query, operands, &present)
            })
            .unwrap_or(start);
        list.push((marked[first], marked[last]));
        start = first + 1;
    }
    list
}

fn words_in(words: &[Word<'_>], range: std::ops::Range<usize>) -> usize {
    words[range].iter().filter(|word| counts(word)).count()
}

/// The best cover, grown to the wanted length.
fn stretch(
    words: &[Word<'_>],
    covers: &[(usize, usize)],
    options: &Options,
) -> std::ops::Range<usize> {
    let mut best: Option<(usize, bool, std::ops::Range<usize>)> = None;
    for &(first, last) in covers {
        let mut range = first..last + 1;
        while words_in(words, range.clone()) > options.most_words {
            range.end -= 1;
        }
        let mut count = words_in(words, range.clone());
        // To the right until there are enough words and the last is a good one.
        while range.end < words.len()
            && (count < options.least_words || is_bad_end(&words[range.end - 1], options))
            && count < options.most_words
        {
            count += usize::from(counts(&words[range.end]));
            range.end += 1;
        }
        while range.start > 0 && count < options.least_words {
            range.start -= 1;
            count += usize::from(counts(&words[range.start]));
        }
        let marked = words[range.clone()].iter().filter(|word| !word.operands.is_empty()).count();
        let good = !is_bad_end(&words[range.end - 1], options);
        if best.as_ref().is_none_or(|(most, best_good, _)| {
            marked > *most || (marked == *most && good && !best_good)
        }) {
            best = Some((marked, good, range));
        }
    }
    if let Some((_, _, range)) = best {
        return range;
    }
    let mut end = 0;
    let mut count = 0;
    while end < words.len() && count < options.least_words {
        count += usize::from(counts(&words[end]));
        end += 1;
    }
    0..end
}

/// A part of a cover that is short enough to be shown, with a word of the query at both ends.
struct Piece {
    range: std::ops::Range<usize>,
    /// Words, and those of the query among them.
    words: usize,
    marked: usize,
}

/// Cuts a cover into pieces of at most so many words.
fn pieces(words: &[Word<'_>], (first, last): (usize, usize), most_words: usize) -> Vec<Piece> {
    let is_marked = |at: &usize| !words[*at].operands.is_empty();
    let mut found = Vec::new();
    let mut from = first;
    while let Some(start) = (from..=last).find(is_marked) {
        let (mut end, mut count, mut marked) = (start, 0, 0);
        while end <= last && count < most_words {
            count += usize::from(counts(&words[end]));
            marked += usize::from(is_marked(&end));
            end += 1;
        }
        // What was cut ends with a word of the query again.
        if end < last {
            while end > start && !is_marked(&end) {
                count -= usize::from(counts(&words[end])).min(count);
                end -= 1;
            }
            end += 1;
        } else {
            end = last + 1;
        }
        found.push(Piece { range: start..end, words: count, marked });
        from = end;
    }
    found
}

/// The pieces with the most words of the query, the shorter ones first, each grown on both sides as far as there is room.
fn fragments(words: &[Word<'_>], covers: &[(usize, usize)], options: &Options) -> String {
    let mut left: Vec<Piece> =
        covers.iter().flat_map(|cover| pieces(words, *cover, options.most_words)).collect();
    let mut shown = vec![false; words.len()];
    for _ in 0..options.fragments {
        let best = (0..left.len())
            .min_by_key(|&at| (std::cmp::Reverse(left[at].marked), left[at].words, at));
        let Some(best) = best else { break };
        let range = grown(words, left.swap_remove(best), &shown, options);
        left.retain(|piece| piece.range.end <= range.start || piece.range.start >= range.end);
        left.sort_by_key(|piece| piece.range.start);
        shown[range].fill(true);
    }
    let mut parts: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(start) = (at..words.len()).find(|&at| shown[at]) {
        let end = (start..words.len()).find(|&at| !shown[at]).unwrap_or(words.len());
        parts.push(written(words, start..end, options));
        at = end;
    }
    parts.join(&options.delimiter)
}

/// Half of the room goes to the words before, all that is left to those behind; neither end is a bad one.
fn grown(
    words: &[Word<'_>],
    piece: Piece,
    shown: &[bool],
    options: &Options,
) -> std::ops::Range<usize> {
    let Piece { range, words: mut count, .. } = piece;
    if count >= options.most_words {
        return range;
    }
    let room = (options.most_words - count) / 2;
    let (mut start, mut before) = (range.start, 0);
    while start > 0 && before < room && !shown[start - 1] {
        start -= 1;
        before += usize::from(counts(&words[start]));
    }
    count += before;
    while start < range.start && is_bad_end(&words[start], options) {
        count -= usize::from(counts(&words[start]));
        start += 1;
    }
    let mut end = range.end;
    while end < words.len() && count < options.most_words && !shown[end] {
        count += usize::from(counts(&words[end]));
        end += 1;
    }
    while end > range.end && is_bad_end(&words[end - 1], options) {
        end -= 1;
    }
    start..end
}

fn written(words: &[Word<'_>], range: std::ops::Range<usize>, options: &Options) -> String {
    let mut out = String::new();
    for word in &words[range] {
        if word.operands.is_empty() {
            // Markup of the document would mix with the headline's own.
            out.push_str(if word.kind == Kind::Tag { " " } else { word.text });
        } else {
            out.push_str(&options.start);
            out.push_str(word.text);
            out.push_str(&options.stop);
        }
    }
    out
}

/// Options of a headline over JSON, if they were given.
fn options_of(arguments: &[Datum]) -> SqlResult<&str> {
    if arguments.len() > 2 { text(arguments, 2) } else { Ok("") }
}

/// The headlines of all strings that are values of a `jsonb` document.
pub(super) fn of_jsonb(configuration: Configuration, arguments: &[Datum]) -> SqlResult<Datum> {
    let (query, options) = (Query::parse(text(arguments, 1)?)?, options_of(arguments)?);
    let shown = |value: &str| headline(configuration, value, &query, options);
    fn walk(value: &Json, shown: &dyn Fn(&str) -> SqlResult<String>) -> SqlResult<Json> {
        Ok(match value {
            Json::String(text) => Json::String(shown(text)?),
            Json::Array(list) => {
                Json::Array(list.iter().map(|item| walk(item, shown)).collect::<SqlResult<_>>()?)
            }
            Json::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, item)| Ok((key.clone(), walk(item, shown)?)));
                Json::Object(pairs.collect::<SqlResult<_>>()?)
            }
            other => other.clone(),
        })
    }
    Ok(Datum::Jsonb(Arc::new(walk(&*jsonb(arguments, 0)?, &shown)?)))
}

/// As [`of_jsonb`], of a `json` text, which keeps its order of keys and the form of its numbers.
pub(super) fn of_json(configuration: Configuration, arguments: &[Datum]) -> SqlResult<Datum> {
    let (query, options) = (Query::parse(text(arguments, 1)?)?, options_of(arguments)?);
    let source = text(arguments, 0)?;
    let bytes = source.as_bytes();
    let (mut out, mut at) = (String::with_capacity(source.len()), 0);
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        if bytes[at] != b'"' {
            at += source[at..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&source[start..at]);
            continue;
        }
        at += 1;
        while at < bytes.len() && bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        at = (at + 1).min(bytes.len());
        let written = &source[start..at];
        match Json::parse(written)? {
            Json::String(value) if !source[at..].trim_start().starts_with(':') => {
                let shown = headline(configuration, &value, &query, options)?;
                types::json::write_string(&shown, &mut out);
            }
            _ => out.push_str(written),
        }
    }
    Ok(Datum::text(out))
}
