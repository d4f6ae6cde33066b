//! Regular expressions: PostgreSQL's advanced syntax put into that of the `regex` crate. What that crate cannot do in
//! linear time (back references, look-around) is refused with 2201B.

use std::cell::RefCell;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
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
    static CACHE: RefCell<Vec<(String, Flags, Arc<Regex>)>> = const { RefCell::new(Vec::new()) };
}

/// Compiles a pattern, or finds it among those this thread compiled lately.
pub(crate) fn compile(pattern: &str, mut flags: Flags) -> SqlResult<Arc<Regex>> {
    flags.global = false;
    let cached = CACHE.with_borrow_mut(|cache| {
        let found = cache.iter().position(|entry| entry.1 == flags && entry.0 == pattern)?;
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

fn build(pattern: &str, mut flags: Flags) -> SqlResult<Regex> {
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
    let translated = if flags.literal {
        regex::escape(pattern)
    } else {
        Translator::new(pattern, flags).translate()?
    };
    RegexBuilder::new(&translated)
        .case_insensitive(flags.ignore_case)
        .dot_matches_new_line(!flags.newline_stops)
        .multi_line(flags.newline_anchors)
        .size_limit(PROGRAM_BYTES)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => invalid("regular expression is too complex"),
            _ => invalid("quantifier operand invalid"),
        })
}

struct Translator<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    flags: Flags,
    out: String,
    open_groups: usize,
}

impl<'a> Translator<'a> {
    fn new(pattern: &'a str, flags: Flags) -> Translator<'a> {
        let out = String::with_capacity(pattern.len() + 8);
        Translator { rest: pattern.chars().peekable(), flags, out, open_groups: 0 }
    }

    fn translate(mut self) -> SqlResult<String> {
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape(false)?,
                '[' => self.bracket()?,
                '(' => self.group()?,
                ')' => {
                    if self.open_groups == 0 {
                        return Err(invalid("parentheses () not balanced"));
                    }
                    self.open_groups -= 1;
                    self.out.push(')');
                }
                '{' => self.bounds()?,
                '}' | ']' => {
                    self.out.push('\\');
                    self.out.push(character);
                }
                '#' if self.flags.expanded => {
                    while self.rest.next_if(|next| *next != '\n').is_some() {}
                }
                character if self.flags.expanded && character.is_whitespace() => {}
                character => self.out.push(character),
            }
        }
        if self.open_groups > 0 {
            return Err(invalid("parentheses () not balanced"));
        }
        Ok(self.out)
    }

    fn group(&mut self) -> SqlResult<()> {
        if self.rest.next_if_eq(&'?').is_none() {
            self.open_groups += 1;
            self.out.push('(');
            return Ok(());
        }
        match self.rest.next() {
            Some(':') => {
                self.open_groups += 1;
                self.out.push_str("(?:");
                Ok(())
            }
            Some('#') => {
                if !self.rest.any(|next| next == ')') {
                    return Err(invalid("parentheses () not balanced"));
                }
                Ok(())
            }
            Some('=' | '!' | '<') => Err(invalid("lookaround constraints are not supported")),
            _ => Err(invalid("quantifier operand invalid")),
        }
    }

    /// `{m}`, `{m,}`, `{m,n}`; otherwise a brace is literal.
    fn bounds(&mut self) -> SqlResult<()> {
        if !self.rest.peek().is_some_and(char::is_ascii_digit) {
            self.out.push_str("\\{");
            return Ok(());
        }
        let mut bounds = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(next) if next.is_ascii_digit() || next == ',' => bounds.push(next),
                _ => return Err(invalid("braces {} not balanced")),
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
        self.out.push('{');
        self.out.push_str(&bounds);
        self.out.push('}');
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
            'm' if !in_bracket => self.out.push_str("\\b{start}"),
            'M' if !in_bracket => self.out.push_str("\\b{end}"),
            'y' if !in_bracket => self.out.push_str("\\b"),
            'Y' if !in_bracket => self.out.push_str("\\B"),
            'A' if !in_bracket => self.out.push_str("\\A"),
            'Z' if !in_bracket => self.out.push_str("\\z"),
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
            '1'..='9' if !in_bracket => {
                return Err(invalid("back references are not supported"));
            }
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
            self.out.push_str(if ahead == "[:<:]]" { "\\b{start}" } else { "\\b{end}" });
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
