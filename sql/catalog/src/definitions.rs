//! Definitions as SQL text: `pg_get_indexdef`, `pg_get_constraintdef`, `pg_get_viewdef`, `pg_get_expr`.

use syntax::ast::{Expr, Statement};
use types::Oid;

use crate::deparse::Deparser;
use crate::descriptor::{
    AttributeNumber, Constraint, ConstraintKind, ForeignKey, Index, IndexColumn, IndexKey,
    ReferentialAction, Relation,
};
use crate::names::quote_identifier;
use crate::objects;
use crate::pg_catalog::classes::{default_operator_class, index_attributes};
use crate::scope::Scope;

/// Where the names in constants such as `'public.t_id_seq'::regclass` are.
fn named_relations(sql: &str) -> Vec<std::ops::Range<usize>> {
    let ends = sql.match_indices("'::regclass").map(|(end, _)| end);
    ends.filter_map(|end| Some(sql[..end].rfind('\'')? + 1..end)).collect()
}

/// The relations that an expression names in constants of type `regclass`, or as the untyped argument of `nextval`.
pub fn relations_of(scope: &Scope<'_>, sql: &str) -> Vec<Oid> {
    const CALL: &str = "nextval('";
    let argument = |start: usize| Some(start..start + sql[start..].find('\'')?);
    let called = sql.match_indices(CALL).filter_map(|(start, _)| argument(start + CALL.len()));
    let mut relations: Vec<Oid> = called
        .chain(named_relations(sql))
        .filter_map(|name| objects::relation_oid(scope.catalog, scope.context, &sql[name]))
        .collect();
    relations.sort_unstable();
    relations.dedup();
    relations
}

/// Constants of type `regclass` as the search path shows them.
pub fn localize(scope: &Scope<'_>, sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut done = 0;
    for place in named_relations(sql) {
        let name = &sql[place.clone()];
        out.push_str(&sql[done..place.start]);
        let shown = objects::relation_oid(scope.catalog, scope.context, name)
            .and_then(|oid| objects::relation_name(scope.catalog, scope.context, oid));
        out.push_str(shown.as_deref().unwrap_or(name));
        done = place.end;
    }
    out.push_str(&sql[done..]);
    out
}

/// An expression of a relation's columns as `pg_get_expr` shows it; outside of the pretty form each operator's whole
/// expression is in parentheses.
pub fn expression(
    scope: &Scope<'_>,
    relation: Option<&Relation>,
    sql: &str,
    pretty: bool,
) -> String {
    shown(Deparser::of_relation(scope, relation, pretty), sql)
}

fn shown(mut deparser: Deparser<'_>, sql: &str) -> String {
    let sql = localize(deparser.scope, sql);
    let Ok(parsed) = syntax::parse_expression(&sql) else { return sql };
    match deparser.text(&parsed) {
        Some(text) => text,
        None if deparser.pretty => sql,
        None => parenthesized(&parsed),
    }
}

fn parenthesized(expr: &Expr) -> String {
    let joined = |terms: &[Expr], word: &str| {
        let terms: Vec<String> = terms.iter().map(parenthesized).collect();
        format!("({})", terms.join(word))
    };
    match expr {
        Expr::And(terms) => joined(terms, " AND "),
        Expr::Or(terms) => joined(terms, " OR "),
        Expr::Not(operand) => format!("(NOT {})", parenthesized(operand)),
        Expr::Operator(_)
        | Expr::Is(_)
        | Expr::InList(_)
        | Expr::Like(_)
        | Expr::Quantified(_)
        | Expr::Between(_) => format!("({expr})"),
        closed => closed.to_string(),
    }
}

fn column_name(relation: &Relation, number: AttributeNumber) -> String {
    relation
        .column_by_number(number)
        .map_or_else(|| "???".to_owned(), |column| quote_identifier(&column.name))
}

fn column_names(relation: &Relation, numbers: &[AttributeNumber]) -> String {
    numbers.iter().map(|number| column_name(relation, *number)).collect::<Vec<_>>().join(", ")
}

/// The key of one index column without its options: expressions that are not calls are in parentheses.
fn key(scope: &Scope<'_>, relation: &Relation, column: &IndexColumn, pretty: bool) -> String {
    match &column.key {
        IndexKey::Column(number) => column_name(relation, *number),
        IndexKey::Expression { sql, .. } => {
            let shown = expression(scope, Some(relation), sql, pretty);
            let is_call = syntax::parse_expression(sql)
                .is_ok_and(|parsed| matches!(parsed, Expr::Function(_)) && sql.ends_with(')'));
            if is_call { shown } else { format!("({shown})") }
        }
    }
}

/// One column of an index, counted from 1, as `pg_get_indexdef(index, n, pretty)` shows it.
pub fn index_column(
    scope: &Scope<'_>,
    relation: &Relation,
    index: &Index,
    number: usize,
    pretty: bool,
) -> Option<String> {
    let position = number.checked_sub(1)?;
    if let Some(column) = index.columns.get(position) {
        return Some(key(scope, relation, column, pretty));
    }
    let include = index.include.get(position - index.columns.len())?;
    Some(column_name(relation, *include))
}

fn column_options(
    scope: &Scope<'_>,
    relation: &Relation,
    index: &Index,
    column: &IndexColumn,
) -> String {
    let mut out = String::new();
    let type_oid = match &column.key {
        IndexKey::Column(number) => {
            relation.column_by_number(*number).map_or(0, |column| column.type_oid)
        }
        IndexKey::Expression { type_oid, .. } => *type_oid,
    };
    if let Some(collation) = &column.collation {
        let own = match &column.key {
            IndexKey::Column(number) => {
                relation.column_by_number(*number).and_then(|column| column.collation.clone())
            }
            // An expression has the collation of the column it is made of.
            IndexKey::Expression { sql, .. } => {
                let mut words = sql.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.find_map(|word| {
                    relation.column(word).and_then(|column| column.collation.clone())
                })
            }
        };
        if own.as_ref() != Some(collation) {
            let name = collation.rsplit('.').next().unwrap_or(collation);
            out.push_str(&format!(" COLLATE {}", quote_identifier(name.trim_matches('"'))));
        }
    }
    if let Some(class) = &column.operator_class {
        let name = class.rsplit('.').next().unwrap_or(class);
        let default = default_operator_class(scope.catalog, index, type_oid);
        if objects::operator_class_name(default) != Some(name) {
            out.push_str(&format!(" {}", quote_identifier(name)));
        }
    }
    match (column.descending, column.nulls_first) {
        (true, true) => out.push_str(" DESC"),
        (true, false) => out.push_str(" DESC NULLS LAST"),
        (false, true) => out.push_str(" NULLS FIRST"),
        (false, false) => {}
    }
    out
}

/// `CREATE INDEX …`; the table's name is always qualified unless it is to be pretty.
pub fn index(scope: &Scope<'_>, relation: &Relation, index: &Index, qualified: bool) -> String {
    let pretty = !qualified;
    let table = if qualified {
        crate::qualified(&scope.schema_name(relation.schema), &relation.name)
    } else {
        objects::relation_name(scope.catalog, scope.context, relation.oid)
            .unwrap_or_else(|| quote_identifier(&relation.name))
    };
    let method = if index.method.is_empty() { "btree" } else { &index.method };
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            key(scope, relation, column, pretty) + &column_options(scope, relation, index, column)
        })
        .collect();
    let mut out = format!(
        "CREATE {}INDEX {} ON {table} USING {method} ({})",
        if index.unique { "UNIQUE " } else { "" },
        quote_identifier(&index.name),
        columns.join(", ")
    );
    if !index.include.is_empty() {
        out.push_str(&format!(" INCLUDE ({})", column_names(relation, &index.include)));
    }
    if index.nulls_not_distinct {
        out.push_str(" NULLS NOT DISTINCT");
    }
    if !index.options.is_empty() {
        let options: Vec<String> =
            index.options.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        out.push_str(&format!(" WITH ({})", options.join(", ")));
    }
    if let Some(predicate) = &index.predicate {
        out.push_str(&format!(" WHERE {}", expression(scope, Some(relation), predicate, pretty)));
    }
    out
}

fn action(action: ReferentialAction) -> &'static str {
    match action {
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    }
}

fn foreign_key(scope: &Scope<'_>, relation: &Relation, key: &ForeignKey) -> String {
    let parent = scope.catalog.relation(key.parent);
    let mut out = format!(
        "FOREIGN KEY ({}) REFERENCES {}({})",
        column_names(relation, &key.columns),
        objects::relation_name(scope.catalog, scope.context, key.parent)
            .unwrap_or_else(|| key.parent.to_string()),
        parent.map_or_else(String::new, |parent| column_names(parent, &key.parent_columns)),
    );
    if key.match_full {
        out.push_str(" MATCH FULL");
    }
    if key.on_update != ReferentialAction::NoAction {
        out.push_str(&format!(" ON UPDATE {}", action(key.on_update)));
    }
    if key.on_delete != ReferentialAction::NoAction {
        out.push_str(&format!(" ON DELETE {}", action(key.on_delete)));
        if !key.delete_set_columns.is_empty() {
            out.push_str(&format!(" ({})", column_names(relation, &key.delete_set_columns)));
        }
    }
    out
}

fn index_constraint(relation: &Relation, word: &str, oid: Oid) -> String {
    let Some(index) = relation.index_by_oid(oid) else { return word.to_owned() };
    let names = index_attributes(relation, index);
    let keys: Vec<String> = names
        .iter()
        .take(index.columns.len())
        .map(|column| quote_identifier(&column.name))
        .collect();
    let distinct = if index.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let mut out = format!("{word}{distinct} ({})", keys.join(", "));
    if !index.include.is_empty() {
        out.push_str(&format!(" INCLUDE ({})", column_names(relation, &index.include)));
    }
    out
}

pub fn constraint(
    scope: &Scope<'_>,
    relation: &Relation,
    constraint: &Constraint,
    pretty: bool,
) -> String {
    let mut out = match &constraint.kind {
        ConstraintKind::Check { sql, no_inherit, .. } => {
            let condition = expression(scope, Some(relation), sql, pretty);
            format!("CHECK ({condition}){}", if *no_inherit { " NO INHERIT" } else { "" })
        }
        ConstraintKind::PrimaryKey { index } => index_constraint(relation, "PRIMARY KEY", *index),
        ConstraintKind::Unique { index } => index_constraint(relation, "UNIQUE", *index),
        ConstraintKind::ForeignKey(key) => foreign_key(scope, relation, key),
    };
    if constraint.deferrable {
        out.push_str(" DEFERRABLE");
    }
    if constraint.initially_deferred {
        out.push_str(" INITIALLY DEFERRED");
    }
    if !constraint.validated {
        out.push_str(" NOT VALID");
    }
    out
}

/// A domain's condition, of `VALUE`.
pub fn domain_check(scope: &Scope<'_>, base: Oid, sql: &str, pretty: bool) -> String {
    let mut deparser = Deparser::new(scope, pretty);
    deparser.value = Some(base);
    shown(deparser, sql)
}

/// Clauses of a query in the layout that PostgreSQL gives a view.
const CLAUSES: &[(&str, &str)] = &[
    (" FROM ", "\n   FROM "),
    (" WHERE ", "\n  WHERE "),
    (" GROUP BY ", "\n  GROUP BY "),
    (" HAVING ", "\n HAVING "),
    (" WINDOW ", "\n  WINDOW "),
    (" ORDER BY ", "\n  ORDER BY "),
    (" OFFSET ", "\n OFFSET "),
    (" LIMIT ", "\n LIMIT "),
    (" LEFT JOIN ", "\n     LEFT JOIN "),
    (" RIGHT JOIN ", "\n     RIGHT JOIN "),
    (" FULL JOIN ", "\n     FULL JOIN "),
    (" CROSS JOIN ", "\n     CROSS JOIN "),
    (" JOIN ", "\n     JOIN "),
    (" UNION ALL ", "\nUNION ALL\n "),
    (" UNION ", "\nUNION\n "),
    (" INTERSECT ", "\nINTERSECT\n "),
    (" EXCEPT ", "\nEXCEPT\n "),
];

/// A query with one selected column per line and each clause on its own, as PostgreSQL lays a view out.
fn lay_out(query: &str) -> String {
    let mut out = String::with_capacity(query.len() + 64);
    let (mut depth, mut quote, mut position) = (0_usize, None, 0);
    let mut selecting = true;
    while let Some(character) = query[position..].chars().next() {
        let rest = &query[position..];
        if quote.is_none()
            && depth == 0
            && let Some((word, layout)) = CLAUSES.iter().find(|(word, _)| rest.starts_with(word))
        {
            out.push_str(layout);
            // The blank that ends a word may begin the next.
            position += word.len();
            selecting = layout.ends_with("\n ") && layout.len() > 6;
            continue;
        }
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if quote.is_none() && depth == 0 && selecting && rest.starts_with(", ") {
            out.push_str(",\n    ");
            position += 2;
            continue;
        }
        out.push(character);
        position += character.len_utf8();
    }
    out
}

/// Replaces a word where it stands outside of string constants and is no part of another name.
fn replace_word(sql: &str, word: &str, with: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let (mut in_string, mut position) = (false, 0);
    let mut previous = ' ';
    while let Some(character) = sql[position..].chars().next() {
        let part_of_name = previous.is_alphanumeric() || matches!(previous, '_' | '.' | '"' | '$');
        if !in_string && !part_of_name && sql[position..].starts_with(word) {
            out.push_str(with);
            position += word.len();
            previous = word.chars().next_back().unwrap_or(' ');
            continue;
        }
        in_string ^= character == '\'';
        out.push(character);
        position += character.len_utf8();
        previous = character;
    }
    out
}

/// A stored query as the search path shows it: relations without the schemas that need not be said, and columns without
/// their table if there is only one.
fn shorten(scope: &Scope<'_>, relation: &Relation, query: &str) -> String {
    let Some(view) = &relation.view else { return query.to_owned() };
    let mut shown = localize(scope, query);
    for used in &view.depends_on {
        let Some((schema, name)) = objects::relation_parts(scope.catalog, *used) else { continue };
        if objects::relation_is_visible(scope.catalog, scope.context, *used) == Some(true) {
            let name = quote_identifier(name);
            let full = format!("{}.{name}", quote_identifier(&scope.schema_name(schema)));
            shown = replace_word(&shown, &full, &name);
        }
    }
    let count = |word: &str| shown.matches(word).count();
    if let [only] = view.depends_on.as_slice()
        && count("SELECT ") == 1
        && count(" FROM ") == 1
        && count(" JOIN ") == 0
        && let Some((_, name)) = objects::relation_parts(scope.catalog, *only)
    {
        let name = quote_identifier(name);
        let after = shown.split(" FROM ").nth(1).unwrap_or("");
        let rest = after.strip_prefix(&name);
        if rest.is_some_and(|rest| {
            rest.is_empty()
                || rest.starts_with(" WHERE ")
                || rest.starts_with(" GROUP BY ")
                || rest.starts_with(" ORDER BY ")
                || rest.starts_with(" LIMIT ")
        }) {
            return replace_word(&shown, &format!("{name}."), "");
        }
    }
    shown
}

/// `pg_get_viewdef`; `None` if the relation is no view.
pub fn view(scope: &Scope<'_>, relation: &Relation, pretty: bool) -> Option<String> {
    let view = relation.view.as_ref()?;
    let names: Vec<String> = relation.live_columns().map(|column| column.name.clone()).collect();
    let parsed = syntax::parse(&localize(scope, &view.query)).ok();
    if let Some([only]) = parsed.as_deref()
        && let Statement::Query(query) = &only.statement
        && let Some(text) = Deparser::new(scope, pretty).view(query, &names)
    {
        return Some(text);
    }
    Some(format!(" {};", lay_out(&shorten(scope, relation, &view.query))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_laid_out_as_views_are() {
        assert_eq!(
            lay_out(
                "SELECT a, max(b, 'x, y') AS m FROM t JOIN u ON (t.a = u.a) WHERE (a > 1) ORDER BY a, m"
            ),
            "SELECT a,\n    max(b, 'x, y') AS m\n   FROM t\n     JOIN u ON (t.a = u.a)\n  WHERE (a > 1)\n  ORDER BY a, m"
        );
    }
}
