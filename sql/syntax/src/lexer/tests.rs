//! PostgreSQL's lexical rules, token by token.

use super::*;

fn values(source: &str) -> Vec<String> {
    let tokens = tokenize(source);
    assert!(tokens.error.is_none(), "{source}: {:?}", tokens.error);
    tokens
        .tokens
        .iter()
        .filter(|token| token.kind != TokenKind::End)
        .map(|token| token.text.to_string())
        .collect()
}

#[test]
fn operators_split_by_postgresql_rules() {
    for (source, expected) in [
        ("a!=-1", vec!["a", "!=-", "1"]),
        ("a<>-1", vec!["a", "<>", "-", "1"]),
        ("a=-1", vec!["a", "=", "-", "1"]),
        ("a*-1", vec!["a", "*", "-", "1"]),
        ("a@-1", vec!["a", "@-", "1"]),
        ("a->>'x'", vec!["a", "->>", "x"]),
        (
            "a @> b <@ c ?| d ?& e #>> f #- g @@ h ~~* i !~~* j",
            vec![
                "a", "@>", "b", "<@", "c", "?|", "d", "?&", "e", "#>>", "f", "#-", "g", "@@", "h",
                "~~*", "i", "!~~*", "j",
            ],
        ),
        ("a+--b\n1", vec!["a", "+", "1"]),
        ("a*/*x*/b", vec!["a", "*", "b"]),
        ("1..10", vec!["1", "..", "10"]),
        ("a::int:=b=>c", vec!["a", "::", "int", ":=", "b", "=>", "c"]),
        ("|/25||/8", vec!["|/", "25", "||/", "8"]),
        ("a->-1", vec!["a", "->", "-", "1"]),
    ] {
        assert_eq!(values(source), expected, "{source}");
    }
}

#[test]
fn strings_of_every_kind() {
    for (source, expected) in [
        ("'it''s'", vec!["it's"]),
        ("'foo'\n 'bar'", vec!["foobar"]),
        ("'foo' -- c\n'bar'", vec!["foobar"]),
        ("'foo' 'bar'", vec!["foo", "bar"]),
        ("E'a\\n\\x41\\101\\u0041\\'\\\\'", vec!["a\nAAA'\\"]),
        ("E'\\ud83d\\ude00'", vec!["😀"]),
        ("U&'d\\0061t\\+000061'", vec!["data"]),
        ("U&'d!0061t' UESCAPE '!' x", vec!["dat", "x"]),
        ("U&\"d\\0061t\"", vec!["dat"]),
        ("u & \"x\"", vec!["u", "&", "x"]),
        ("$$a'b$$ $t$x$$y$t$", vec!["a'b", "x$$y"]),
        ("'a\\'", vec!["a\\"]),
        ("B'101' x'1F' N'z'", vec!["101", "1F", "nchar", "z"]),
        ("\"A\"\"b\" FoO ÄÖ", vec!["A\"b", "foo", "ÄÖ"]),
        (
            "1_000 0xFF 0o17 0b11 1.5e3 .5 5. 99999999999",
            vec!["1000", "255", "15", "3", "1.5e3", ".5", "5.", "99999999999"],
        ),
        ("0xFFFFFFFFFFFFFFFFFFFFFFFF", vec!["79228162514264337593543950335"]),
        ("/* a /* b */ c */ x -- y", vec!["x"]),
        ("$1+$2", vec!["1", "+", "2"]),
        ("a._b", vec!["a", ".", "_b"]),
        ("x\u{0b}y", vec!["x", "y"]),
    ] {
        assert_eq!(values(source), expected, "{source}");
    }
}

#[test]
fn errors_have_postgresql_texts() {
    for (source, message, position) in [
        ("select 'abc", "unterminated quoted string at or near \"'abc\"", 8),
        ("select \"abc", "unterminated quoted identifier at or near \"\"abc\"", 8),
        ("select /* a", "unterminated /* comment at or near \"/* a\"", 8),
        ("select $$ a", "unterminated dollar-quoted string at or near \"$$ a\"", 8),
        ("select \"\"", "zero-length delimited identifier at or near \"\"\"\"", 8),
        ("select 1a", "trailing junk after numeric literal at or near \"1a\"", 8),
        ("select $1a", "trailing junk after parameter at or near \"$1a\"", 8),
        ("select b'1", "unterminated bit string literal at or near \"b'1\"", 8),
        ("select E'\\xff'", "invalid byte sequence for encoding \"UTF8\": 0xff", 8),
    ] {
        let error = tokenize(source).error.expect(source);
        assert_eq!((error.message.as_str(), error.position), (message, position));
    }
}

#[test]
fn long_identifiers_are_cut_at_a_character() {
    let name = "é".repeat(40);
    assert_eq!(values(&name), vec!["é".repeat(31)]);
    assert_eq!(values(&"x".repeat(1 << 20))[0].len(), MAX_IDENTIFIER_BYTES);
}
