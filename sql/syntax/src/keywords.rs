//! PostgreSQL 16's key words with their categories, which decide where a word may be a name.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Where a key word may stand as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Any name.
    Unreserved,
    /// A column or table, not a function or type.
    ColumnName,
    /// A function or type, not a column or table.
    TypeOrFunctionName,
    /// Only a label after AS.
    Reserved,
}

/// A key word's properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyword {
    pub word: &'static str,
    pub category: Category,
    /// May be a column label without AS.
    pub bare_label: bool,
}

const UNRESERVED: &str = "abort absent absolute access action add admin after aggregate also alter \
    always asensitive assertion assignment at atomic attach attribute backward before begin breadth \
    by cache call called cascade cascaded catalog chain characteristics checkpoint class close \
    cluster columns comment comments commit committed compression configuration conflict connection \
    constraints content continue conversion copy cost csv cube current cursor cycle data database \
    deallocate declare defaults deferred definer delete delimiter delimiters depends depth detach \
    dictionary disable discard document domain double drop each enable encoding encrypted enum \
    escape event exclude excluding exclusive execute explain expression extension external family \
    finalize first following force format forward function functions generated global granted groups \
    handler header hold identity if immediate immutable implicit import include including increment \
    indent index indexes inherit inherits inline input insensitive insert instead invoker isolation \
    json key keys label language large last leakproof level listen load local location lock locked \
    logged mapping match matched materialized maxvalue merge method minvalue mode move name names \
    new next nfc nfd nfkc nfkd no normalized nothing notify nowait nulls object of off oids old \
    operator option options ordinality others overriding owned owner parallel parameter parser \
    partial partition passing password plans policy preceding prepare prepared preserve prior \
    privileges procedural procedure procedures program publication quote range read reassign \
    recheck recursive ref referencing refresh reindex relative release rename repeatable replace \
    replica reset restart restrict return returns revoke role rollback rollup routine routines rows \
    rule savepoint scalar schema schemas scroll search security sequence sequences serializable \
    server session set sets share show simple skip snapshot sql stable standalone start statement \
    statistics stdin stdout storage stored strict strip subscription support sysid system tables \
    tablespace temp template temporary text ties transaction transform trigger truncate trusted \
    type types uescape unbounded uncommitted unencrypted unknown unlisten unlogged until update \
    vacuum valid validate validator value version view views volatile whitespace work wrapper write \
    xml yes zone";

const UNRESERVED_AS_LABEL: &str =
    "day filter hour minute month over second varying within without year";

const COLUMN_NAME: &str = "between bigint bit boolean coalesce dec decimal exists extract float \
    greatest grouping inout int integer interval json_array json_arrayagg json_object \
    json_objectagg least national nchar none normalize nullif numeric out overlay position real \
    row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat \
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable";

const COLUMN_NAME_AS_LABEL: &str = "char character precision";

const TYPE_OR_FUNCTION: &str = "authorization binary collation concurrently cross current_schema \
    freeze full ilike inner is join left like natural outer right similar tablesample verbose";

const TYPE_OR_FUNCTION_AS_LABEL: &str = "isnull notnull overlaps";

const RESERVED: &str = "all analyse analyze and any asc asymmetric both case cast check collate \
    column constraint current_catalog current_date current_role current_time current_timestamp \
    current_user default deferrable desc distinct do else end false foreign in initially lateral \
    leading localtime localtimestamp not null only or placing primary references select \
    session_user some symmetric system_user table then trailing true unique user using variadic \
    when";

const RESERVED_AS_LABEL: &str = "array as create except fetch for from grant group having \
    intersect into limit offset on order returning to union where window with";

static TABLE: LazyLock<HashMap<&'static str, Keyword>> = LazyLock::new(|| {
    let groups = [
        (UNRESERVED, Category::Unreserved, true),
        (UNRESERVED_AS_LABEL, Category::Unreserved, false),
        (COLUMN_NAME, Category::ColumnName, true),
        (COLUMN_NAME_AS_LABEL, Category::ColumnName, false),
        (TYPE_OR_FUNCTION, Category::TypeOrFunctionName, true),
        (TYPE_OR_FUNCTION_AS_LABEL, Category::TypeOrFunctionName, false),
        (RESERVED, Category::Reserved, true),
        (RESERVED_AS_LABEL, Category::Reserved, false),
    ];
    let mut table = HashMap::new();
    for (words, category, bare_label) in groups {
        for word in words.split_ascii_whitespace() {
            table.insert(word, Keyword { word, category, bare_label });
        }
    }
    table
});

/// The longest key word's length; longer words need no look-up.
const LONGEST: usize = 17;

/// The key word spelled `word` (already folded).
pub fn find(word: &str) -> Option<&'static Keyword> {
    if word.len() > LONGEST { None } else { TABLE.get(word) }
}

/// All key words, for `pg_get_keywords()` and completion.
pub fn all() -> impl Iterator<Item = &'static Keyword> {
    TABLE.values()
}

/// Whether PostgreSQL's `quote_identifier` would leave `name` without quotes.
pub fn is_safe_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && find(name).is_none_or(|keyword| keyword.category == Category::Unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_one_category_and_fits() {
        let words: usize = [
            UNRESERVED,
            UNRESERVED_AS_LABEL,
            COLUMN_NAME,
            COLUMN_NAME_AS_LABEL,
            TYPE_OR_FUNCTION,
            TYPE_OR_FUNCTION_AS_LABEL,
            RESERVED,
            RESERVED_AS_LABEL,
        ]
        .iter()
        .map(|group| group.split_ascii_whitespace().count())
        .sum();
        assert_eq!(words, all().count());
        assert!(all().all(|keyword| keyword.word.len() <= LONGEST));
        assert!(is_safe_identifier("name") && !is_safe_identifier("select"));
        assert!(!is_safe_identifier("int") && !is_safe_identifier("A") && !is_safe_identifier(""));
    }
}
