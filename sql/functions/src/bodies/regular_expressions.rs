//! Regular expressions: PostgreSQL's advanced syntax put into that of the engines in [`engine`].
//!
//! Most patterns run in linear time on the `regex` crate. Patterns with back references or look-around, which no linear
//! engine can do, run on `fancy-regex`, which backtracks and gives up after a bounded number of steps.

mod engine;
#[cfg(test)]
mod tests;

pub(crate) use engine::{Found, Matches, Pattern};

use std::cell::RefCell;
use std::sync::Arc;

use types::{SqlError, SqlResult, sqlstate};

use crate::bodies::arguments::invalid_parameter;

/// How a pattern is read, from the flags argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Flags {
    pub(crate) ignore_case: bool,
    /// `.` and `[^…]` do not match a newline.
    pub(crate) newline_stops: bool,
    /// `^` and `$` match at lines.
    pub(crate) newline_anchors: bool,
    pub(crate) expanded: bool,
    pub(crate) literal: bool,
    pub(crate) global: bool,
}

impl Flags {
    pub(crate) fn parse(text: &str) -> SqlResult<Flags> {
        let mut flags = Flags::default();
        for flag in text.chars() {
            if flag == 'g' { flags.global = true } else { flags.set(flag)? }
        }
        Ok(flags)
    }

    fn set(&mut self, flag: char) -> SqlResult<()> {
        match flag {
            'i' => self.ignore_case = true,
            'c' => self.ignore_case = false,
            'n' | 'm' => (self.newline_stops, self.newline_anchors) = (true, true),
            'p' => (self.newline_stops, self.newline_anchors) = (true, false),
            'w' => (self.newline_stops, self.newline_anchors) = (false, true),
            's' => (self.newline_stops, self.newline_anchors) = (false, false),
            'x' => self.expanded = true,
            't' => self.expanded = false,
            'q' => self.literal = true,
            'b' | 'e' => {}
            other => {
                return Err(invalid_parameter(format!(
                    "invalid regular expression option: \"{other}\""
                )));
            }
        }
        Ok(())
    }
}

pub(crate) fn invalid(reason: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_REGULAR_EXPRESSION,
        format!("invalid regular expression: {reason}"),
    )
}

/// The most compiled patterns one thread keeps.
const CACHED_PATTERNS: usize = 64;
/// The largest program a pattern may compile to.
const PROGRAM_BYTES: usize = 4 << 20;

thread_local! {
    static CACHE: RefCell<Vec<(String, Flags, Arc<Pattern>)>> = const { RefCell::new(Vec::new()) };
}

/// Compiles a pattern, or finds it among those this thread compiled lately.
pub(crate) fn compile(pattern: &str, mut flags: Flags) -> SqlResult<Arc<Pattern>> {
    flags.global = false;
    let cached = CACHE.with_borrow_mut(|cache| {
        let found = cache.iter().rposition(|entry| entry.1 == flags && entry.0 == pattern)?;
        let entry = cache.remove(found);
        let regex = Arc::clone(&entry.2);
        cache.push(entry);
        Some(regex)
    });
    if let Some(regex) = cached {
        return Ok(regex);
    }
    let regex = Arc::new(build(pattern, flags)?);
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHED_PATTERNS {
            cache.remove(0);
        }
        cache.push((pattern.to_owned(), flags, Arc::clone(&regex)));
    });
    Ok(regex)
}

fn build(pattern: &str, mut flags: Flags) -> SqlResult<Pattern> {
    let mut pattern = pattern;
    if let Some(rest) = pattern.strip_prefix("***=") {
        flags.literal = true;
        pattern = rest;
    } else if let Some(rest) = pattern.strip_prefix("***:") {
        pattern = rest;
    }
    if !flags.literal
        && let Some(rest) = pattern.strip_prefix("(?")
        && let Some((options, after)) = rest.split_once(')')
        && !options.is_empty()
        && options.bytes().all(|byte| byte.is_ascii_lowercase())
    {
        for option in options.chars() {
            flags.set(option).map_err(|_| invalid("invalid embedded option"))?;
        }
        pattern = after;
    }
    if flags.literal {
        return Pattern::linear(&regex::escape(pattern), flags, None);
    }
    let translated = Translator::new(pattern, flags, false).translate()?;
    if translated.needs_backtracking {
        let again = Translator::new(pattern, flags, true).translate()?;
        return Pattern::backtracking(&again.text, flags);
    }
    Pattern::linear(&translated.text, flags, translated.extent)
}

/// A pattern in the engines' syntax.
struct Translated {
    text: String,
    needs_backtracking: bool,
    /// Whether PostgreSQL wants the longest (`true`) or the shortest match from the leftmost start, if an engine that
    /// tries alternatives in order could find another one.
    extent: Option<bool>,
}

/// What is known of a parenthesized part, for the rules of greediness.
#[derive(Default)]
struct Level {
    /// Whether the first quantified part that has a preference prefers more.
    greedy: Option<bool>,
    alternatives: bool,
    is_lookaround: bool,
}

impl Level {
    fn preference(&self) -> Option<bool> {
        if self.alternatives { Some(true) } else { self.greedy }
    }
}

struct Translator<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    flags: Flags,
    out: String,
    levels: Vec<Level>,
    /// Capturing groups opened so far.
    groups: usize,
    /// Whether what was just read may be quantified, and the preference it has by itself.
    atom: Option<Option<bool>>,
    /// Write for the backtracking engine.
    fancy: bool,
    needs_backtracking: bool,
    /// More than one end of a match is possible.
    ambiguous: bool,
}

impl<'a> Translator<'a> {
    fn new(pattern: &'a str, flags: Flags, fancy: bool) -> Translator<'a> {
        Translator {
            rest: pattern.chars().peekable(),
            flags,
            out: String::with_capacity(pattern.len() + 8),
            levels: vec![Level::default()],
            groups: 0,
            atom: None,
            fancy,
            needs_backtracking: false,
            ambiguous: false,
        }
    }

    fn level(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the outermost level is never closed")
    }

    fn translate(mut self) -> SqlResult<Translated> {
        let mut quantifiers = 0;
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => {
                    self.atom = Some(None);
                    self.escape(false)?;
                }
                '[' => {
                    self.atom = Some(None);
                    self.bracket()?;
                }
                '(' => self.group()?,
                ')' => self.close()?,
                '|' => {
                    self.level().alternatives = true;
                    self.ambiguous = true;
                    self.atom = None;
                    self.out.push('|');
                }
                '*' | '+' | '?' => {
                    quantifiers += 1;
                    self.quantifier(&character.to_string(), false)?;
                }
                '{' => {
                    quantifiers += 1;
                    self.bounds()?;
                }
                '^' | '$' => {
                    self.atom = None;
                    self.out.push(character);
                }
                '}' | ']' => {
                    self.atom = Some(None);
                    self.out.push('\\');
                    self.out.push(character);
                }
                '#' if self.flags.expanded => {
                    while self.rest.next_if(|next| *next != '\n').is_some() {}
                }
                character if self.flags.expanded && character.is_whitespace() => {}
                character => {
                    self.atom = Some(None);
                    self.out.push(character);
                }
            }
        }
        if self.levels.len() > 1 {
            return Err(invalid("parentheses () not balanced"));
        }
        let preference = self.level().preference();
        let extent = preference.filter(|_| self.ambiguous || quantifiers > 1);
        Ok(Translated { text: self.out, needs_backtracking: self.needs_backtracking, extent })
    }

    /// Writes a quantifier with the mark of a lazy one, and notes what the part prefers.
    fn quantifier(&mut self, written: &str, fixed: bool) -> SqlResult<()> {
        let Some(own) = self.atom.take() else {
            return Err(invalid("quantifier operand invalid"));
        };
        let lazy = self.rest.next_if_eq(&'?').is_some();
        self.out.push_str(written);
        if lazy {
            self.ambiguous = true;
            self.out.push('?');
        }
        let preference = if fixed { own } else { Some(!lazy) };
        let level = self.level();
        level.greedy = level.greedy.or(preference);
        Ok(())
    }

    fn open(&mut self, written: &str, is_lookaround: bool) {
        let inside = is_lookaround || self.level().is_lookaround;
        self.levels.push(Level { is_lookaround: inside, ..Level::default() });
        self.atom = None;
        self.out.push_str(written);
    }

    fn close(&mut self) -> SqlResult<()> {
        if self.levels.len() == 1 {
            return Err(invalid("parentheses () not balanced"));
        }
        let preference = self.levels.pop().and_then(|level| level.preference());
        self.out.push(')');
        self.atom = Some(preference);
        let quantified = self.rest.peek().is_some_and(|next| matches!(next, '*' | '+' | '?' | '{'));
        if !quantified {
            let level = self.level();
            level.greedy = level.greedy.or(preference);
        }
        Ok(())
    }

    fn group(&mut self) -> SqlResult<()> {
        if self.rest.next_if_eq(&'?').is_none() {
            // Parts of a look-around do not capture.
            if self.level().is_lookaround {
                self.open("(?:", false);
            } else {
                self.groups += 1;
                self.open("(", false);
            }
            return Ok(());
        }
        let lookaround = match self.rest.next() {
            Some(':') => {
                self.open("(?:", false);
                return Ok(());
            }
            Some('#') => {
                if !self.rest.any(|next| next == ')') {
                    return Err(invalid("parentheses () not balanced"));
                }
                return Ok(());
            }
            Some('=') => "(?=",
            Some('!') => "(?!",
            Some('<') => match self.rest.next() {
                Some('=') => "(?<=",
                Some('!') => "(?<!",
                _ => return Err(invalid("quantifier operand invalid")),
            },
            _ => return Err(invalid("quantifier operand invalid")),
        };
        self.needs_backtracking = true;
        self.open(lookaround, true);
        Ok(())
    }

    /// `{m}`, `{m,}`, `{m,n}`; otherwise a brace is literal.
    fn bounds(&mut self) -> SqlResult<()> {
        if !self.rest.peek().is_some_and(char::is_ascii_digit) {
            self.atom = Some(None);
            self.out.push_str("\\{");
            return Ok(());
        }
        let mut bounds = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(next) if next.is_ascii_digit() || next == ',' => bounds.push(next),
                Some(_) => return Err(invalid("invalid repetition count(s)")),
                None => return Err(invalid("braces {} not balanced")),
            }
        }
        let numbers: Vec<Option<u32>> = bounds.split(',').map(|part| part.parse().ok()).collect();
        let bad = || Err(invalid("invalid repetition count(s)"));
        if numbers.iter().flatten().any(|&number| number > 255) {
            return bad();
        }
        match numbers[..] {
            [Some(_)] | [Some(_), None] => {}
            [Some(low), Some(high)] if low <= high => {}
            _ => return bad(),
        }
        self.quantifier(&format!("{{{bounds}}}"), numbers.len() == 1)
    }

    /// A test of the place between characters, in the syntax of the engine.
    fn boundary(&mut self, plain: &str, fancy: &str) {
        self.atom = None;
        self.out.push_str(if self.fancy { fancy } else { plain });
    }

    fn back_reference(&mut self, first: char) -> SqlResult<()> {
        let mut number = first as usize - '0' as usize;
        while let Some(digit) = self.rest.peek().and_then(|next| next.to_digit(10)) {
            let longer = number * 10 + digit as usize;
            if longer > self.groups {
                break;
            }
            number = longer;
            self.rest.next();
        }
        if number > self.groups || self.level().is_lookaround {
            return Err(invalid("invalid backreference number"));
        }
        self.needs_backtracking = true;
        self.out.push_str(&format!("(?:\\{number})"));
        Ok(())
    }

    fn hexadecimal(&mut self, minimum: usize, maximum: usize) -> SqlResult<()> {
        let mut digits = String::new();
        while digits.len() < maximum
            && let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit)
        {
            digits.push(digit);
        }
        if digits.len() < minimum {
            return Err(invalid("invalid escape \\ sequence"));
        }
        self.out.push_str(&format!("\\x{{{digits}}}"));
        Ok(())
    }

    fn escape(&mut self, in_bracket: bool) -> SqlResult<()> {
        let Some(character) = self.rest.next() else {
            return Err(invalid("invalid escape \\ sequence"));
        };
        match character {
            'd' | 's' | 'w' | 'D' | 'S' | 'W' | 'a' | 'f' | 'n' | 'r' | 't' | 'v' => {
                self.out.push('\\');
                self.out.push(character);
            }
            'm' if !in_bracket => self.boundary("\\b{start}", "(?<!\\w)(?=\\w)"),
            'M' if !in_bracket => self.boundary("\\b{end}", "(?<=\\w)(?!\\w)"),
            'y' if !in_bracket => self.boundary("\\b", "\\b"),
            'Y' if !in_bracket => self.boundary("\\B", "\\B"),
            'A' if !in_bracket => self.boundary("\\A", "\\A"),
            'Z' if !in_bracket => self.boundary("\\z", "\\z"),
            'b' => self.out.push_str("\\x08"),
            'B' => self.out.push_str("\\\\"),
            'e' => self.out.push_str("\\x1B"),
            '0' => self.out.push_str("\\x00"),
            'x' => self.hexadecimal(1, 6)?,
            'u' => self.hexadecimal(4, 4)?,
            'U' => self.hexadecimal(8, 8)?,
            'c' => {
                let control =
                    self.rest.next().ok_or_else(|| invalid("invalid escape \\ sequence"))?;
                self.out.push_str(&format!("\\x{:02x}", control as u32 & 31));
            }
            '1'..='9' if !in_bracket => self.back_reference(character)?,
            other if other.is_alphanumeric() => {
                return Err(invalid("invalid escape \\ sequence"));
            }
            other => self.out.push_str(&regex::escape(&other.to_string())),
        }
        Ok(())
    }

    fn bracket(&mut self) -> SqlResult<()> {
        // `[[:<:]]` and `[[:>:]]` stand for the ends of a word.
        let ahead: String = self.rest.clone().take(6).collect();
        if ahead == "[:<:]]" || ahead == "[:>:]]" {
            if ahead == "[:<:]]" {
                self.boundary("\\b{start}", "(?<!\\w)(?=\\w)");
            } else {
                self.boundary("\\b{end}", "(?<=\\w)(?!\\w)");
            }
            self.rest.by_ref().take(6).for_each(drop);
            return Ok(());
        }
        let unbalanced = || invalid("brackets [] not balanced");
        self.out.push('[');
        let negated = self.rest.next_if_eq(&'^').is_some();
        if negated {
            self.out.push('^');
            if self.flags.newline_stops {
                self.out.push_str("\\n");
            }
        }
        let mut first = true;
        loop {
            match self.rest.next().ok_or_else(unbalanced)? {
                ']' if !first => break,
                '\\' => self.escape(true)?,
                '[' if matches!(self.rest.peek(), Some(':' | '.' | '=')) => self.named_class()?,
                '-' => self.range_dash(first),
                character @ ('[' | ']' | '&' | '~' | '^') => {
                    self.out.push('\\');
                    self.out.push(character);
                }
                character => self.out.push(character),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    fn range_dash(&mut self, first: bool) {
        let literal = first || self.rest.peek() == Some(&']');
        self.out.push_str(if literal { "\\-" } else { "-" });
    }

    /// `[:alpha:]`, `[.x.]`, `[=x=]` inside brackets.
    fn named_class(&mut self) -> SqlResult<()> {
        let kind = self.rest.next().unwrap_or(':');
        let mut name = String::new();
        loop {
            let next = self.rest.next().ok_or_else(|| invalid("brackets [] not balanced"))?;
            if next == kind && self.rest.next_if_eq(&']').is_some() {
                break;
            }
            name.push(next);
        }
        if kind != ':' {
            let mut characters = name.chars();
            return match (characters.next(), characters.next()) {
                (Some(single), None) => {
                    self.out.push_str(&regex::escape(&single.to_string()));
                    Ok(())
                }
                _ => Err(invalid("invalid collating element")),
            };
        }
        let class = match name.as_str() {
            "alpha" => "\\p{Alphabetic}",
            "alnum" => "\\p{Alphabetic}\\p{Nd}",
            "digit" => "\\p{Nd}",
            "lower" => "\\p{Lowercase}",
            "upper" => "\\p{Uppercase}",
            "space" => "\\s",
            "word" => "\\w",
            "punct" | "blank" | "cntrl" | "graph" | "print" | "xdigit" | "ascii" => {
                self.out.push_str(&format!("[:{name}:]"));
                return Ok(());
            }
            _ => return Err(invalid("invalid character class")),
        };
        self.out.push_str(class);
        Ok(())
    }
}
