//! `tsvector` and `tsquery`: the values of full text search, their text forms and how one matches the other.
//!
//! A datum of these types is [`crate::Datum::Text`] in canonical form. How text becomes lexemes is not here: that takes
//! dictionaries.

mod matching;
mod query;
mod vector;

pub use matching::matches;
pub use query::{Operand, Query, parse_query};
pub use vector::{Lexeme, MAX_POSITION, Position, Vector};

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(text: &str) -> String {
        Vector::parse(text).map_or_else(|error| error.to_string(), |vector| vector.to_string())
    }

    fn query(text: &str) -> String {
        Query::parse(text).map_or_else(|error| error.to_string(), |query| query.to_string())
    }

    #[test]
    fn texts_are_canonical() {
        assert_eq!(vector("b:3A,1 a 'x y':2C b:1"), "'a' 'b':1,3A 'x y':2C");
        assert_eq!(vector("a:0"), "42601: wrong position info in tsvector: \"a:0\"");
        assert_eq!(query("a & b | !c"), "'a' & 'b' | !'c'");
        assert_eq!(query("(a | b) & c:*AB"), "( 'a' | 'b' ) & 'c':*AB");
        assert_eq!(query("a <-> (b <2> c)"), "'a' <-> ( 'b' <2> 'c' )");
        assert_eq!(query("a &"), "42601: no operand in tsquery: \"a &\"");
    }

    #[test]
    fn queries_match_vectors() {
        let document = Vector::parse("'cat':3 'fat':2A 'rat':5B").expect("a vector");
        for (text, expected) in [
            ("cat & rat", true),
            ("fat <-> cat", true),
            ("cat <-> fat", false),
            ("cat <2> rat", true),
            ("fat:A", true),
            ("fat:B", false),
            ("ra:*", true),
            ("!dog", true),
            ("fat <-> !dog", true),
            ("!dog <-> cat", true),
            ("fat <-> (cat | dog) <2> rat", true),
        ] {
            let query = Query::parse(text).expect("a query");
            assert_eq!(matches(&document, &query), expected, "{text}");
        }
    }
}
