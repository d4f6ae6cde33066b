//! The default text search parser: text cut into words, numbers, addresses and blanks.

use std::sync::OnceLock;

use regex::Regex;

/// What a token is, numbered and named as PostgreSQL's default parser does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    AsciiWord,
    Word,
    NumberWord,
    Email,
    Url,
    Host,
    Scientific,
    Version,
    NumberPart,
    WordPart,
    AsciiPart,
    Blank,
    Tag,
    Protocol,
    NumberCompound,
    AsciiCompound,
    Compound,
    UrlPath,
    File,
    Float,
    Integer,
    Unsigned,
    Entity,
}

impl Kind {
    /// Whether a stemmer is asked; other kinds are only put in lower case.
    pub(crate) fn is_language(self) -> bool {
        use Kind::{AsciiCompound, AsciiPart, AsciiWord, Compound, Word, WordPart};
        matches!(self, AsciiWord | Word | AsciiPart | WordPart | AsciiCompound | Compound)
    }

    /// Whether a configuration has dictionaries for it.
    pub(crate) fn is_indexed(self) -> bool {
        !matches!(self, Kind::Blank | Kind::Tag | Kind::Protocol | Kind::Entity)
    }

    pub(crate) fn number(self) -> i32 {
        self as i32 + 1
    }
}

/// Aliases and descriptions, by number.
pub(crate) const KINDS: [(&str, &str); 23] = [
    ("asciiword", "Word, all ASCII"),
    ("word", "Word, all letters"),
    ("numword", "Word, letters and digits"),
    ("email", "Email address"),
    ("url", "URL"),
    ("host", "Host"),
    ("sfloat", "Scientific notation"),
    ("version", "Version number"),
    ("hword_numpart", "Hyphenated word part, letters and digits"),
    ("hword_part", "Hyphenated word part, all letters"),
    ("hword_asciipart", "Hyphenated word part, all ASCII"),
    ("blank", "Space symbols"),
    ("tag", "XML tag"),
    ("protocol", "Protocol head"),
    ("numhword", "Hyphenated word, letters and digits"),
    ("asciihword", "Hyphenated word, all ASCII"),
    ("hword", "Hyphenated word, all letters"),
    ("url_path", "URL path"),
    ("file", "File or path name"),
    ("float", "Decimal notation"),
    ("int", "Signed integer"),
    ("uint", "Unsigned integer"),
    ("entity", "XML entity"),
];

struct Patterns {
    tag: Regex,
    entity: Regex,
    protocol: Regex,
    email: Regex,
    host: Regex,
    path: Regex,
    file: Regex,
    compound: Regex,
    word: Regex,
    version: Regex,
    scientific: Regex,
    float: Regex,
    integer: Regex,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    let made = |text: &str| {
        Regex::new(&format!("\\A(?:{text})")).expect("the parser's own patterns are valid")
    };
    PATTERNS.get_or_init(|| Patterns {
        tag: made(r"<(?:/?[A-Za-z_][^<>]*|![^<>]*|\?[^<>]*)>"),
        entity: made(r"&(?:[A-Za-z_][A-Za-z0-9_.:-]*|#[0-9]+|#[xX][0-9A-Fa-f]+);"),
        protocol: made(r"[A-Za-z][A-Za-z0-9]*://"),
        email: made(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*@(?:[A-Za-z0-9][A-Za-z0-9_-]*\.)+[A-Za-z][A-Za-z0-9]+"),
        host: made(r"(?:[A-Za-z0-9][A-Za-z0-9_-]*\.)+[A-Za-z][A-Za-z0-9]+(?::[0-9]+)?"),
        path: made(r"/[^\s<>\x22']*"),
        file: made(r"(?:~?/|\.\.?/)?[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_.~+-]+)+/?|~?/[A-Za-z0-9_.~+-]+(?:/[A-Za-z0-9_.~+-]+)*/?|[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*(?:\.[A-Za-z0-9_]+)+"),
        compound: made(r"[\p{L}\p{M}][\p{L}\p{M}\p{N}]*(?:-[\p{L}\p{M}\p{N}]*[\p{L}\p{M}][\p{L}\p{M}\p{N}]*)+"),
        word: made(r"[\p{L}\p{M}\p{N}]+"),
        version: made(r"[0-9]+(?:\.[0-9]+){2,}"),
        scientific: made(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+"),
        float: made(r"[+-]?[0-9]+\.[0-9]+"),
        integer: made(r"[+-]?[0-9]+"),
    })
}

fn word_kind(word: &str, kinds: [Kind; 3]) -> Kind {
    if word.chars().any(char::is_numeric) {
        kinds[2]
    } else if word.is_ascii() {
        kinds[0]
    } else {
        kinds[1]
    }
}

/// Cuts a text into tokens. A compound is followed by its parts, a web address by its host and path.
pub(crate) fn tokens(text: &str) -> Vec<(Kind, &str)> {
    let patterns = patterns();
    let mut list: Vec<(Kind, &str)> = Vec::new();
    let mut rest = text;
    let mut after_protocol = false;
    while let Some(first) = rest.chars().next() {
        let here = rest;
        let length = |pattern: &Regex| pattern.find(here).map_or(0, |found| found.end());
        let ends_word = |length: usize| {
            length > 0
                && !here[length..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        };
        let mut take = |kind: Kind, length: usize| {
            list.push((kind, &here[..length]));
            rest = &here[length..];
        };
        let was_after_protocol = std::mem::take(&mut after_protocol);
        let tag = if first == '<' { length(&patterns.tag) } else { 0 };
        if tag > 0 {
            take(Kind::Tag, tag);
            continue;
        }
        let entity = if first == '&' { length(&patterns.entity) } else { 0 };
        if entity > 0 {
            take(Kind::Entity, entity);
            continue;
        }
        let (host, email) = (length(&patterns.host), length(&patterns.email));
        let protocol = length(&patterns.protocol);
        if protocol > 0 {
            take(Kind::Protocol, protocol);
            after_protocol = true;
            continue;
        }
        if ends_word(email) {
            take(Kind::Email, email);
            continue;
        }
        let path_after_host = host > 0 && here[host..].starts_with('/');
        if ends_word(host) || (host > 0 && was_after_protocol) {
            if path_after_host {
                let path = patterns.path.find(&here[host..]).map_or(0, |found| found.end());
                let (host_text, path_text) = (&here[..host], &here[host..host + path]);
                take(Kind::Url, host + path);
                list.push((Kind::Host, host_text));
                list.push((Kind::UrlPath, path_text));
            } else {
                take(Kind::Host, host);
            }
            continue;
        }
        let signed = matches!(first, '+' | '-');
        if first.is_ascii_digit() || signed {
            let version = length(&patterns.version);
            let scientific = length(&patterns.scientific);
            let float = length(&patterns.float);
            let integer = length(&patterns.integer);
            if !signed && ends_word(version) {
                take(Kind::Version, version);
                continue;
            }
            if ends_word(scientific) {
                take(Kind::Scientific, scientific);
                continue;
            }
            if ends_word(float) {
                take(Kind::Float, float);
                continue;
            }
            if ends_word(integer) && !here[integer..].starts_with('/') {
                take(if signed { Kind::Integer } else { Kind::Unsigned }, integer);
                continue;
            }
        }
        let file = length(&patterns.file);
        if file > 0 && here[..file].contains(|next: char| next.is_ascii_alphanumeric()) {
            take(Kind::File, file);
            continue;
        }
        let compound = length(&patterns.compound);
        if compound > 0 {
            let whole = &here[..compound];
            let kinds = [Kind::AsciiCompound, Kind::Compound, Kind::NumberCompound];
            take(word_kind(whole, kinds), compound);
            for (index, part) in whole.split('-').enumerate() {
                if index > 0 {
                    list.push((Kind::Blank, "-"));
                }
                let kinds = [Kind::AsciiPart, Kind::WordPart, Kind::NumberPart];
                list.push((word_kind(part, kinds), part));
            }
            continue;
        }
        let word = length(&patterns.word);
        if word > 0 {
            let kind = word_kind(&here[..word], [Kind::AsciiWord, Kind::Word, Kind::NumberWord]);
            let all_digits = here[..word].bytes().all(|byte| byte.is_ascii_digit());
            take(if all_digits { Kind::Unsigned } else { kind }, word);
            continue;
        }
        take(Kind::Blank, first.len_utf8());
    }
    list
}
