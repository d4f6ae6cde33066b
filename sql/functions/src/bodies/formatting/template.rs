//! Templates of numbers: `9,990.99PR` taken apart, and what must not stand together in one.

use types::{SqlError, SqlResult, sqlstate};

/// A pattern of a template, or a character that stands for itself.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Node {
    Nine,
    Zero,
    /// `.` and `D`, which is the same in the locale C.
    Point,
    /// `,` and `G`.
    Group,
    Currency,
    Roman {
        lower: bool,
    },
    Ordinal {
        lower: bool,
    },
    Minus,
    Plus,
    Sign,
    /// `S`, `V`, `B`, `FM`, `PR`, `SP`, `C`: they change how others are written.
    Silent,
    Character(char),
}

/// Where the sign of `S` is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Anchor {
    Before,
    After,
}

#[derive(Default)]
pub(super) struct NumberTemplate {
    pub nodes: Vec<Node>,
    /// Digits before and behind the point.
    pub before: usize,
    pub after: usize,
    /// Digits behind `V`.
    pub shift: usize,
    /// The digit from which on zeros are written, and the last `0`.
    pub zero_start: Option<usize>,
    pub zero_end: usize,
    pub anchor: Option<Anchor>,
    /// Digits before `S`.
    pub sign_digits: usize,
    pub unfilled: bool,
    pub point: bool,
    pub minus: bool,
    pub plus: bool,
    pub brackets: bool,
    pub roman: bool,
    pub scientific: bool,
    blank: bool,
    multiplied: bool,
}

/// Pattern words in the order they are looked for. Each is also known in lower case.
const WORDS: [(&str, Word); 20] = [
    (",", Word::Plain(Node::Group)),
    (".", Word::Point),
    ("0", Word::Zero),
    ("9", Word::Nine),
    ("B", Word::Blank),
    ("C", Word::Plain(Node::Silent)),
    ("D", Word::Point),
    ("EEEE", Word::Scientific),
    ("FM", Word::Unfilled),
    ("G", Word::Plain(Node::Group)),
    ("L", Word::Plain(Node::Currency)),
    ("MI", Word::Minus),
    ("PL", Word::Plus),
    ("PR", Word::Brackets),
    ("RN", Word::Roman),
    ("SG", Word::Sign),
    ("SP", Word::Plain(Node::Silent)),
    ("S", Word::Anchor),
    ("TH", Word::Ordinal),
    ("V", Word::Shift),
];

#[derive(Clone, Copy)]
enum Word {
    Plain(Node),
    Point,
    Zero,
    Nine,
    Blank,
    Scientific,
    Unfilled,
    Minus,
    Plus,
    Brackets,
    Roman,
    Sign,
    Anchor,
    Ordinal,
    Shift,
}

fn refuse(message: &str) -> SqlError {
    SqlError::new(sqlstate::SYNTAX_ERROR, message)
}

impl NumberTemplate {
    pub fn parse(template: &str) -> SqlResult<NumberTemplate> {
        let mut parsed = NumberTemplate::default();
        let mut rest = template;
        while let Some(first) = rest.chars().next() {
            let word = WORDS.iter().find_map(|(word, meaning)| {
                if rest.starts_with(word) {
                    return Some((word.len(), *meaning, false));
                }
                let lower = rest.starts_with(&word.to_ascii_lowercase());
                lower.then_some((word.len(), *meaning, true))
            });
            if let Some((length, meaning, lower)) = word {
                parsed.word(meaning, lower)?;
                rest = &rest[length..];
            } else if let Some(quoted) = rest.strip_prefix('"') {
                rest = parsed.quoted(quoted);
            } else {
                let rest_of_escape = rest.strip_prefix('\\').filter(|rest| rest.starts_with('"'));
                if let Some(escaped) = rest_of_escape {
                    parsed.nodes.push(Node::Character('"'));
                    rest = &escaped[1..];
                } else {
                    parsed.nodes.push(Node::Character(first));
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        Ok(parsed)
    }

    /// Characters up to the closing quote; gives what follows it.
    fn quoted<'a>(&mut self, text: &'a str) -> &'a str {
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => return &text[at + 1..],
                '\\' => {
                    if let Some((_, escaped)) = characters.next() {
                        self.nodes.push(Node::Character(escaped));
                    }
                }
                character => self.nodes.push(Node::Character(character)),
            }
        }
        ""
    }

    fn word(&mut self, word: Word, lower: bool) -> SqlResult<()> {
        if self.scientific && !matches!(word, Word::Scientific) {
            return Err(refuse("\"EEEE\" must be the last pattern used"));
        }
        let signed = self.plus || self.minus;
        let node = match word {
            Word::Plain(node) => node,
            Word::Nine => {
                if self.brackets {
                    return Err(refuse("\"9\" must be ahead of \"PR\""));
                }
                if self.multiplied {
                    self.shift += 1;
                } else {
                    *(if self.point { &mut self.after } else { &mut self.before }) += 1;
                }
                Node::Nine
            }
            Word::Zero => {
                if self.brackets {
                    return Err(refuse("\"0\" must be ahead of \"PR\""));
                }
                if self.zero_start.is_none() && !self.point {
                    self.zero_start = Some(self.before);
                }
                *(if self.point { &mut self.after } else { &mut self.before }) += 1;
                self.zero_end = self.before + self.after;
                Node::Zero
            }
            Word::Blank => {
                self.blank |= self.before == 0 && self.after == 0 && self.zero_start.is_none();
                Node::Silent
            }
            Word::Point => {
                if self.point {
                    return Err(refuse("multiple decimal points"));
                }
                if self.multiplied {
                    return Err(refuse("cannot use \"V\" and decimal point together"));
                }
                self.point = true;
                Node::Point
            }
            Word::Unfilled => {
                self.unfilled = true;
                Node::Silent
            }
            Word::Anchor => {
                if self.anchor.is_some() {
                    return Err(refuse("cannot use \"S\" twice"));
                }
                if signed || self.brackets {
                    return Err(refuse(
                        "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together",
                    ));
                }
                self.anchor = Some(if self.point { Anchor::After } else { Anchor::Before });
                self.sign_digits = self.before;
                Node::Silent
            }
            Word::Minus | Word::Plus | Word::Sign => {
                let (name, node) = match word {
                    Word::Minus => ("MI", Node::Minus),
                    Word::Plus => ("PL", Node::Plus),
                    _ => ("SG", Node::Sign),
                };
                if self.anchor.is_some() {
                    return Err(refuse(&format!("cannot use \"S\" and \"{name}\" together")));
                }
                self.minus |= !matches!(word, Word::Plus);
                self.plus |= !matches!(word, Word::Minus);
                node
            }
            Word::Brackets => {
                if signed || self.anchor.is_some() {
                    return Err(refuse(
                        "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together",
                    ));
                }
                self.brackets = true;
                Node::Silent
            }
            Word::Roman => {
                self.roman = true;
                Node::Roman { lower }
            }
            Word::Ordinal => Node::Ordinal { lower },
            Word::Shift => {
                if self.point {
                    return Err(refuse("cannot use \"V\" and decimal point together"));
                }
                self.multiplied = true;
                Node::Silent
            }
            Word::Scientific => {
                if self.scientific {
                    return Err(refuse("cannot use \"EEEE\" twice"));
                }
                let others = self.blank || self.unfilled || self.anchor.is_some() || signed;
                if others || self.brackets || self.roman || self.multiplied {
                    return Err(refuse("\"EEEE\" is incompatible with other formats").detail(
                        "\"EEEE\" may only be used together with digit and decimal point patterns.",
                    ));
                }
                self.scientific = true;
                Node::Silent
            }
        };
        self.nodes.push(node);
        Ok(())
    }
}
