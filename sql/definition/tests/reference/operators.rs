//! The page of operators.

use std::collections::BTreeMap;
use std::fmt::Write;

use functions::tables::all_operators;

use super::{code, type_name};

pub fn page() -> String {
    let mut text = String::from(
        "# Operators\n\n\
         Left side, right side and result of each. Further pairs of types work where a side is cast implicitly\n\
         (see [types](types.md)).\n\n| operator | left, right → result |\n| --- | --- |\n",
    );
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for operator in all_operators() {
        let (right, result) = (type_name(operator.right), type_name(operator.result));
        let shown = match operator.left {
            0 => format!("{right} → {result}"),
            left => format!("{}, {right} → {result}", type_name(left)),
        };
        by_name.entry(operator.name).or_default().push(shown);
    }
    for (name, mut pairs) in by_name {
        pairs.sort();
        let pairs: Vec<String> = pairs.iter().map(|one| code(one)).collect();
        let _ = writeln!(text, "| {} | {} |", code(name), pairs.join("<br>"));
    }
    text
}
