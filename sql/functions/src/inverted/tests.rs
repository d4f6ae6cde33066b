//! Whatever a condition holds for satisfies what it asks of an index.

use types::{Datum, oid};

use super::{EntryQuery, InvertedClass};
use crate::context::NoSession;

fn value(type_oid: types::Oid, text: &str) -> Datum {
    crate::input_output::input(&NoSession::default(), type_oid, text, -1).expect("a valid value")
}

fn satisfies(entries: &[Vec<u8>], query: &EntryQuery) -> bool {
    match query {
        EntryQuery::All => true,
        EntryQuery::Nothing => false,
        EntryQuery::Entry(entry) => entries.contains(entry),
        EntryQuery::Prefix(prefix) => entries.iter().any(|entry| entry.starts_with(prefix)),
        EntryQuery::And(parts) => parts.iter().all(|part| satisfies(entries, part)),
        EntryQuery::Or(parts) => parts.iter().any(|part| satisfies(entries, part)),
    }
}

/// The operator's function.
fn holds(left: types::Oid, operator: &str, right: types::Oid, arguments: &[Datum]) -> bool {
    let found = crate::tables::all_operators().find(|candidate| {
        candidate.name == operator
            && (candidate.left == left || candidate.left == oid::ANYARRAY)
            && (candidate.right == right || candidate.right == oid::ANYARRAY)
    });
    let function = crate::tables::function(found.expect("an operator").function)
        .expect("the operator's function");
    match function.body {
        crate::FunctionBody::Scalar(body) => {
            matches!(body(&NoSession::default(), arguments), Ok(Datum::Bool(true)))
        }
        _ => panic!("{operator} is not a plain function"),
    }
}

/// Every document against every argument: nothing that holds is missed. Answers with how many pairs
/// were ruled out.
fn check(
    class: InvertedClass,
    left: types::Oid,
    documents: &[&str],
    operators: &[&str],
    right: types::Oid,
    arguments: &[&str],
) -> usize {
    let mut excluded = 0;
    for document in documents {
        let document_value = value(left, document);
        let entries = class.entries(&document_value).expect("entries");
        for operator in operators {
            assert!(class.has_operator(operator));
            for argument in arguments {
                let argument_value = value(right, argument);
                let query = class.query(operator, &argument_value).expect("a query");
                let kept = satisfies(&entries, &query);
                excluded += usize::from(!kept);
                if holds(left, operator, right, &[document_value.clone(), argument_value]) {
                    assert!(kept, "{document} {operator} {argument}: {query:?}");
                }
            }
        }
    }
    excluded
}

#[test]
fn arrays_satisfy_what_their_conditions_ask() {
    let arrays = ["{}", "{1}", "{1,2}", "{2,1,1}", "{NULL}", "{1,NULL}", "{{1,2},{3,4}}", "{7}"];
    let excluded = check(
        InvertedClass::Array,
        oid::INT4_ARRAY,
        &arrays,
        &["@>", "<@", "&&", "="],
        oid::INT4_ARRAY,
        &arrays,
    );
    assert!(excluded > 60, "{excluded}");
}

#[test]
fn documents_satisfy_what_their_conditions_ask() {
    let documents = [
        "{}",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{\"a\": 1}",
        "{\"a\": 1.0, \"b\": [1, \"a\"]}",
        "{\"a\": {\"b\": \"c\"}}",
        "[{\"a\": \"x\"}, {\"a\": [\"y\", true]}]",
        "[\"a\", \"b\"]",
        "{\"b\": null, \"c\": {}}",
        "[[1, 2], [\"c\"]]",
    ];
    for class in [InvertedClass::Jsonb, InvertedClass::JsonbPath] {
        let excluded = check(class, oid::JSONB, &documents, &["@>"], oid::JSONB, &documents);
        assert!(excluded > 40, "{excluded}");
    }
    check(InvertedClass::Jsonb, oid::JSONB, &documents, &["?"], oid::TEXT, &["a", "b", "c", "z"]);
    let lists = ["{}", "{a}", "{a,b}", "{NULL,c}", "{z}"];
    check(InvertedClass::Jsonb, oid::JSONB, &documents, &["?|", "?&"], oid::TEXT_ARRAY, &lists);
    let paths = [
        "$",
        "$.a",
        "$.a == 1",
        "$.a.b == \"c\"",
        "$[*].a == \"y\"",
        "$.b[*] ? (@ == \"a\")",
        "exists($.c)",
        "$.* == 1",
        "$.** == \"c\"",
        "$.a ? (@.b == \"c\" || @.b == 2)",
        "!($.a == 1)",
        "$.a.type() == \"number\"",
        "$.a > 0 && $.b[0] == 1",
        "$[*] == 2",
        "$ == \"a\"",
        "$.b == null",
        "strict $.a == 1",
        "$.a starts with \"x\"",
        "$.a.size() == 1",
        "1 == $.a",
    ];
    for class in [InvertedClass::Jsonb, InvertedClass::JsonbPath] {
        let excluded = check(class, oid::JSONB, &documents, &["@?", "@@"], oid::JSONPATH, &paths);
        assert!(excluded > 100, "{excluded}");
    }
}

#[test]
fn texts_satisfy_what_their_conditions_ask() {
    let long = "w".repeat(200);
    let vectors = ["", "'cat' 'dog'", "'cat':1 'dog':2", "'dog':1A 'house'", "'catalog'", &long];
    let long_prefix = format!("{}:*", "w".repeat(150));
    let queries = [
        "cat",
        "cat & dog",
        "cat | house",
        "!cat",
        "cat & !dog",
        "cat <-> dog",
        "cat:*",
        "dog:A",
        "",
        &long,
        &long_prefix,
    ];
    let excluded =
        check(InvertedClass::TextSearch, oid::TSVECTOR, &vectors, &["@@"], oid::TSQUERY, &queries);
    assert!(excluded > 25, "{excluded}");
    let texts = ["", "foo", "Foo Bar", "foobar", "a_b", "50% off", "ΣΑΣ", "fo", "the bar, foo"];
    let patterns = [
        "%foo%",
        "foo%",
        "%bar",
        "f%r",
        "%foo bar%",
        "foo",
        "%o b%",
        "a\\_b",
        "%50\\%%",
        "%",
        "_oo",
        "%Σ",
    ];
    let excluded = check(
        InvertedClass::Trigram,
        oid::TEXT,
        &texts,
        &["~~", "~~*", "%", "="],
        oid::TEXT,
        &patterns,
    );
    assert!(excluded > 100, "{excluded}");
}
