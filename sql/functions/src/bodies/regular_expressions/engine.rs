//! The engines behind a compiled pattern, and PostgreSQL's choice among the matches that begin leftmost.
//!
//! Both engines try alternatives in order and take the first that fits, as Perl does. PostgreSQL takes the longest match
//! from the leftmost start (or the shortest, if the first quantifier is lazy). Where the two can differ, an automaton over
//! the same pattern says where PostgreSQL's match ends, and the groups are found in a second run that must end there.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use regex_automata::hybrid::dfa::{DFA, OverlappingState};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use types::{SqlError, SqlResult, sqlstate};

use super::{Flags, PROGRAM_BYTES, invalid};

/// Steps after which the backtracking engine gives up.
const BACKTRACKING_STEPS: usize = 2_000_000;
/// Bytes an automaton may keep of states it has seen.
const AUTOMATON_CACHE_BYTES: usize = 2 << 20;

/// A compiled pattern.
pub(crate) struct Pattern {
    engine: Engine,
    extent: Option<Extent>,
}

enum Engine {
    Linear(Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// Where a match that begins at a given place ends.
struct Extent {
    longest: bool,
    automaton: DFA,
    /// The pattern that must reach the end of the text.
    whole: Regex,
}

/// A match and its groups, as ranges of bytes.
pub(crate) struct Found<'t> {
    text: &'t str,
    groups: Vec<Option<Range<usize>>>,
}

impl<'t> Found<'t> {
    /// How many groups there are, the whole match among them.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn range(&self, group: usize) -> Option<Range<usize>> {
        self.groups.get(group)?.clone()
    }

    pub(crate) fn group(&self, group: usize) -> Option<&'t str> {
        self.text.get(self.range(group)?)
    }
}

fn builder(text: &str, flags: Flags) -> RegexBuilder {
    let mut builder = RegexBuilder::new(text);
    builder
        .case_insensitive(flags.ignore_case)
        .dot_matches_new_line(!flags.newline_stops)
        .multi_line(flags.newline_anchors)
        .size_limit(PROGRAM_BYTES);
    builder
}

fn refused(error: &regex::Error) -> SqlError {
    match error {
        regex::Error::CompiledTooBig(_) => invalid("regular expression is too complex"),
        _ => invalid("quantifier operand invalid"),
    }
}

impl Pattern {
    pub(super) fn linear(text: &str, flags: Flags, longest: Option<bool>) -> SqlResult<Pattern> {
        let regex = builder(text, flags).build().map_err(|error| refused(&error))?;
        let extent = longest.and_then(|longest| {
            let automaton = DFA::builder()
                .syntax(
                    syntax::Config::new()
                        .case_insensitive(flags.ignore_case)
                        .dot_matches_new_line(!flags.newline_stops)
                        .multi_line(flags.newline_anchors),
                )
                .configure(
                    DFA::config()
                        .match_kind(MatchKind::All)
                        .unicode_word_boundary(true)
                        .cache_capacity(AUTOMATON_CACHE_BYTES)
                        .skip_cache_capacity_check(true),
                )
                .build(text)
                .ok()?;
            let whole = builder(&format!("(?:{text})\\z"), flags).build().ok()?;
            Some(Extent { longest, automaton, whole })
        });
        Ok(Pattern { engine: Engine::Linear(regex), extent })
    }

    pub(super) fn backtracking(text: &str, flags: Flags) -> SqlResult<Pattern> {
        let mut options = String::new();
        for (set, letter) in
            [(flags.ignore_case, 'i'), (!flags.newline_stops, 's'), (flags.newline_anchors, 'm')]
        {
            if set {
                options.push(letter);
            }
        }
        let text =
            if options.is_empty() { text.to_owned() } else { format!("(?{options}:{text})") };
        fancy_regex::RegexBuilder::new(&text)
            .backtrack_limit(BACKTRACKING_STEPS)
            .build()
            .map(|regex| Pattern { engine: Engine::Backtracking(Box::new(regex)), extent: None })
            .map_err(|_| invalid("quantifier operand invalid"))
    }

    /// Groups of the pattern, the whole match among them.
    pub(crate) fn captures_len(&self) -> usize {
        match &self.engine {
            Engine::Linear(regex) => regex.captures_len(),
            Engine::Backtracking(regex) => regex.captures_len(),
        }
    }

    pub(crate) fn is_match(&self, text: &str) -> SqlResult<bool> {
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(text)),
            Engine::Backtracking(regex) => regex.is_match(text).map_err(|_| gave_up()),
        }
    }

    /// The first match at or after a byte offset; the text before it still counts for `^` and boundaries.
    pub(crate) fn captures_at<'t>(&self, text: &'t str, at: usize) -> SqlResult<Option<Found<'t>>> {
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.captures_at(text, at).map(|found| {
                let ranges = |found: &regex::Captures<'_>| {
                    found.iter().map(|part| part.map(|part| part.range())).collect()
                };
                let groups: Vec<Option<Range<usize>>> = ranges(&found);
                let whole = groups.first().cloned().flatten().unwrap_or(0..0);
                let Some(extent) = &self.extent else {
                    return Found { text, groups };
                };
                let end = extent.end(text, whole.start).unwrap_or(whole.end);
                if end == whole.end {
                    return Found { text, groups };
                }
                let mut groups = match extent.whole.captures_at(&text[..end], whole.start) {
                    Some(again) if again.get(0).is_some_and(|part| part.start() == whole.start) => {
                        ranges(&again)
                    }
                    _ => groups,
                };
                if let Some(first) = groups.first_mut() {
                    *first = Some(whole.start..end);
                }
                Found { text, groups }
            })),
            Engine::Backtracking(regex) => {
                let found = regex.captures_from_pos(text, at).map_err(|_| gave_up())?;
                Ok(found.map(|found| {
                    let groups = found
                        .iter()
                        .map(|part| part.map(|part| part.start()..part.end()))
                        .collect();
                    Found { text, groups }
                }))
            }
        }
    }
}

#[cold]
fn gave_up() -> SqlError {
    SqlError::new(
        sqlstate::PROGRAM_LIMIT_EXCEEDED,
        "regular expression failed: too many steps of backtracking",
    )
}

impl Extent {
    /// `None` if the automaton cannot say (a word boundary next to a character outside ASCII).
    fn end(&self, text: &str, start: usize) -> Option<usize> {
        let mut cache = self.automaton.create_cache();
        let input = Input::new(text).range(start..).anchored(Anchored::Yes).earliest(!self.longest);
        if !self.longest {
            let found = self.automaton.try_search_fwd(&mut cache, &input).ok()??;
            return Some(found.offset());
        }
        let mut state = OverlappingState::start();
        let mut end = None;
        loop {
            self.automaton.try_search_overlapping_fwd(&mut cache, &input, &mut state).ok()?;
            match state.get_match() {
                Some(found) => end = Some(found.offset()),
                None => return end,
            }
        }
    }
}

/// Matches one after another, from a byte offset; `^` still means the start of the whole text.
pub(crate) struct Matches<'r, 't> {
    pattern: &'r Pattern,
    text: &'t str,
    at: usize,
    last_end: Option<usize>,
}

impl<'r, 't> Matches<'r, 't> {
    pub(crate) fn new(pattern: &'r Pattern, text: &'t str, start: usize) -> Matches<'r, 't> {
        Matches { pattern, text, at: start, last_end: None }
    }
}

impl<'t> Iterator for Matches<'_, 't> {
    type Item = SqlResult<Found<'t>>;

    fn next(&mut self) -> Option<SqlResult<Found<'t>>> {
        loop {
            if self.at > self.text.len() {
                return None;
            }
            let found = match self.pattern.captures_at(self.text, self.at) {
                Ok(found) => found?,
                Err(error) => {
                    self.at = self.text.len() + 1;
                    return Some(Err(error));
                }
            };
            let range = found.range(0)?;
            if range.is_empty() {
                let step = self.text[range.end..].chars().next().map_or(1, char::len_utf8);
                self.at = range.end + step;
                // An empty match right after a match is not another match.
                if self.last_end == Some(range.end) {
                    continue;
                }
            } else {
                self.at = range.end;
            }
            self.last_end = Some(range.end);
            return Some(Ok(found));
        }
    }
}
