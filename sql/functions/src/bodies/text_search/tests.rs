//! Tokens and lexemes, as PostgreSQL 16 answers.

use super::dictionaries::Configuration;
use super::tokens::{KINDS, tokens};

#[test]
fn text_is_cut_as_the_default_parser_cuts_it() {
    let found: Vec<(&str, &str)> =
        tokens("foo-bar http://a.example.com/p me@x.org 1.5 -3 1.2.3 and/or a1b")
            .into_iter()
            .map(|(kind, token)| (KINDS[kind.number() as usize - 1].0, token))
            .filter(|(kind, _)| *kind != "blank")
            .collect();
    assert_eq!(
        found,
        [
            ("asciihword", "foo-bar"),
            ("hword_asciipart", "foo"),
            ("hword_asciipart", "bar"),
            ("protocol", "http://"),
            ("url", "a.example.com/p"),
            ("host", "a.example.com"),
            ("url_path", "/p"),
            ("email", "me@x.org"),
            ("float", "1.5"),
            ("int", "-3"),
            ("version", "1.2.3"),
            ("file", "and/or"),
            ("numword", "a1b"),
        ]
    );
}

#[test]
fn english_drops_frequent_words_and_cuts_endings() {
    let text = "The quick brown foxes jumped over the lazy dogs";
    assert_eq!(
        Configuration::English.vector(text).to_string(),
        "'brown':3 'dog':9 'fox':4 'jump':5 'lazi':8 'quick':2"
    );
    assert_eq!(Configuration::Simple.vector("The Rats").to_string(), "'rats':2 'the':1");
}
