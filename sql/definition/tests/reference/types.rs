//! The page of types.

use std::collections::BTreeMap;
use std::fmt::Write;

use functions::CastContext;
use functions::tables::{all_casts, all_operators};
use types::Oid;
use types::builtin::TYPE_INFO;

use super::{code, type_name};

/// Types by their `typcategory`, in the order of the page.
const CATEGORIES: &[(char, &str)] = &[
    ('N', "Numbers and object identifiers"),
    ('S', "Strings"),
    ('B', "Booleans"),
    ('D', "Dates and times"),
    ('T', "Time spans"),
    ('U', "Others"),
    ('V', "Bit strings"),
    ('I', "Network addresses"),
    ('R', "Ranges"),
    ('G', "Geometry"),
    ('X', "Unknown"),
    ('Z', "For the catalogs"),
];

/// Where `source` goes in each context.
fn targets(context: CastContext) -> BTreeMap<Oid, Vec<String>> {
    let mut found: BTreeMap<Oid, Vec<String>> = BTreeMap::new();
    for cast in all_casts().filter(|cast| cast.context == context && cast.source != cast.target) {
        found.entry(cast.source).or_default().push(type_name(cast.target));
    }
    for names in found.values_mut() {
        names.sort();
    }
    found
}

pub fn page() -> String {
    let mut text = String::from(
        "# Types\n\n\
         Columns, parameters and expressions can have these types, and arrays of all that show one. Enums, composite types\n\
         and domains are made with `CREATE TYPE` and `CREATE DOMAIN`. \"Compares\" says whether the type has `=` and `<`, and\n\
         so can be sorted, grouped and be a key; casts to and from strings always exist.\n",
    );
    let implicit = targets(CastContext::Implicit);
    let assignment = targets(CastContext::Assignment);
    let explicit = targets(CastContext::Explicit);
    let cell = |casts: &BTreeMap<Oid, Vec<String>>, oid: Oid| {
        casts.get(&oid).map(|names| names.join(", ")).unwrap_or_default()
    };
    let has = |name: &str, oid: Oid| {
        all_operators().any(|one| one.name == name && one.left == oid && one.right == oid)
    };
    for (category, title) in CATEGORIES {
        let members: Vec<_> = TYPE_INFO
            .iter()
            .filter(|info| info.category == *category && info.typtype != 'p')
            .collect();
        if members.is_empty() {
            continue;
        }
        let _ = write!(
            text,
            "\n## {title}\n\n| type | OID | array | compares | cast implicitly to | on assignment to | explicitly to |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n"
        );
        for info in members {
            let array = if info.array == 0 { "" } else { "yes" };
            let compares = match (has("=", info.oid), has("<", info.oid)) {
                (true, true) => "`=` `<`",
                (true, false) => "`=`",
                // Of ranges any two of one type compare, by operators of the pseudo-type.
                (false, _) if matches!(info.typtype, 'r' | 'm') => "`=` `<`",
                _ => "",
            };
            let _ = writeln!(
                text,
                "| {} | {} | {array} | {compares} | {} | {} | {} |",
                code(&type_name(info.oid)),
                info.oid,
                cell(&implicit, info.oid),
                cell(&assignment, info.oid),
                cell(&explicit, info.oid),
            );
        }
    }
    let pseudo: Vec<String> = TYPE_INFO
        .iter()
        .filter(|info| info.typtype == 'p' && info.category != 'A')
        .map(|info| code(&type_name(info.oid)))
        .collect();
    let _ = writeln!(text, "\n## In signatures only\n\n{}", pseudo.join(", "));
    text
}
