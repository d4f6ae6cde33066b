//! Random tables, rows and queries over them.
//!
//! Every expression has a value for every row: numbers stay small, nothing is divided, no cast can fail. So whichever
//! order a planner evaluates things in, a statement that fails on one side only is a mistake. Where SQL leaves a result
//! open, the query closes it: a limit comes with an order over all columns, and so do windows that look at rows.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Deeper expressions find little more and take longer.
const DEPTH: u32 = 2;

/// The types that columns and expressions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Numeric,
    Text,
    Boolean,
}

const KINDS: [Kind; 4] = [Kind::Integer, Kind::Numeric, Kind::Text, Kind::Boolean];

const COLUMNS: [(&str, Kind); 5] = [
    ("a", Kind::Integer),
    ("b", Kind::Integer),
    ("c", Kind::Text),
    ("d", Kind::Numeric),
    ("e", Kind::Boolean),
];

/// Keys of indexes, which queries use as well so that the planner finds them: `{i}` is a column with an integer, and so
/// on.
const INDEX_EXPRESSIONS: [(Kind, &str); 7] = [
    (Kind::Integer, "abs({i})"),
    (Kind::Integer, "({i} + 1)"),
    (Kind::Integer, "coalesce({i}, 0)"),
    (Kind::Text, "lower({t})"),
    (Kind::Text, "({t} || 'x')"),
    (Kind::Numeric, "({n} * 2)"),
    (Kind::Boolean, "({i} > 2)"),
];

/// Conditions of partial indexes, and of queries.
const INDEX_CONDITIONS: [&str; 10] = [
    "{i} > 1",
    "{i} <= 3",
    "{i} is not null",
    "{b}",
    "not {b}",
    "{b} is not true",
    "{i} in (1, 2, 3)",
    "{t} = 'x'",
    "{n} >= 0 and {i} < 4",
    "{i} = 1 or {b}",
];

/// A column that is in scope, as it is written.
pub type Scope = Vec<(String, Kind)>;

pub struct Generator {
    random: StdRng,
    aliases: u32,
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        Generator { random: StdRng::seed_from_u64(seed), aliases: 0 }
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    pub fn below(&mut self, limit: u32) -> u32 {
        self.random.random_range(0..limit)
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices.choose(&mut self.random).expect("there is a choice")
    }

    fn kind(&mut self) -> Kind {
        *KINDS.choose(&mut self.random).expect("there are kinds")
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("r{}", self.aliases)
    }

    /// Statements that make three tables with rows and indexes, and two views over them.
    pub fn schema(&mut self) -> Vec<String> {
        let own = COLUMNS.map(|(column, kind)| (column.to_owned(), kind)).to_vec();
        // Tables this small are read whole unless that is forbidden.
        let reads = if self.chance(40) { "off" } else { "on" };
        let mut statements = vec![format!("set enable_seqscan = {reads}")];
        let keys = ["a int primary key", "a int", "a int unique"];
        for (number, key) in keys.iter().enumerate() {
            statements.push(format!(
                "create table t{number} ({key}, b int, c text, d numeric(6,2), e boolean)"
            ));
            let count = 1 + self.below(11);
            let rows: Vec<String> = (0..count).map(|row| self.row(number, row)).collect();
            statements.push(format!("insert into t{number} values {}", rows.join(", ")));
        }
        for table in 0..3 {
            for _ in 0..self.below(4) {
                let columns = if self.chance(40) {
                    let expression = self.pick(&INDEX_EXPRESSIONS.map(|(_, template)| template));
                    let others = self.pick(&["", ", b", ", a desc"]);
                    format!("({}){others}", self.fill(expression, &own))
                } else {
                    self.pick(&["b", "c", "c, b", "b desc", "d", "e, b", "b, c"]).to_owned()
                };
                let part = if self.chance(40) {
                    let condition = self.pick(&INDEX_CONDITIONS);
                    format!(" where {}", self.fill(condition, &own))
                } else {
                    String::new()
                };
                statements.push(format!("create index on t{table} ({columns}){part}"));
            }
        }
        statements.push(
            "create view v0 as select a, b + 1 as b, c, d, e from t0 where b is not null"
                .to_owned(),
        );
        statements.push(
            "create view v1 as select count(*)::int as a, b, max(c) as c, sum(d) as d, bool_or(e) as e \
             from t1 group by b"
                .to_owned(),
        );
        if self.chance(50) {
            statements.push("analyze".to_owned());
        }
        statements
    }

    fn row(&mut self, table: usize, number: u32) -> String {
        let key = match table {
            0 => number.to_string(),
            2 if self.chance(80) => number.to_string(),
            1 if self.chance(80) => self.below(5).to_string(),
            _ => "null".to_owned(),
        };
        let others = [Kind::Integer, Kind::Text, Kind::Numeric, Kind::Boolean]
            .map(|kind| if self.chance(20) { "null".to_owned() } else { self.literal(kind) });
        format!("({key}, {})", others.join(", "))
    }

    /// A template with columns of the scope for its kinds.
    fn fill(&mut self, template: &str, scope: &Scope) -> String {
        let mut filled = template.to_owned();
        for (mark, kind) in [
            ("{i}", Kind::Integer),
            ("{t}", Kind::Text),
            ("{n}", Kind::Numeric),
            ("{b}", Kind::Boolean),
        ] {
            if filled.contains(mark) {
                let column = self.column(scope, kind).unwrap_or_else(|| self.literal(kind));
                filled = filled.replace(mark, &column);
            }
        }
        filled
    }

    fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Integer => self.random.random_range(-3..7).to_string(),
            Kind::Numeric => self.pick(&["0", "1.5", "-2.25", "10", "1.50"]).to_owned(),
            Kind::Text => self.pick(&["'x'", "'y'", "''", "'zz'", "'X'"]).to_owned(),
            Kind::Boolean => self.pick(&["true", "false"]).to_owned(),
        }
    }

    fn column(&mut self, scope: &Scope, kind: Kind) -> Option<String> {
        let fitting: Vec<&String> =
            scope.iter().filter(|(_, other)| *other == kind).map(|(name, _)| name).collect();
        fitting.choose(&mut self.random).map(|name| (*name).clone())
    }

    fn leaf(&mut self, scope: &Scope, kind: Kind) -> String {
        if self.chance(80)
            && let Some(column) = self.column(scope, kind)
        {
            return column;
        }
        if self.chance(8) {
            return match kind {
                Kind::Integer => "null::int",
                Kind::Numeric => "null::numeric",
                Kind::Text => "null::text",
                Kind::Boolean => "null::boolean",
            }
            .to_owned();
        }
        self.literal(kind)
    }

    pub fn expression(&mut self, scope: &Scope, kind: Kind, depth: u32) -> String {
        if depth == 0 || self.chance(30) {
            return self.leaf(scope, kind);
        }
        let less = depth - 1;
        if self.chance(12) {
            let fitting = INDEX_EXPRESSIONS.iter().filter(|(other, _)| *other == kind);
            let templates: Vec<&str> = fitting.map(|(_, template)| *template).collect();
            if !templates.is_empty() {
                let template = self.pick(&templates);
                return self.fill(template, scope);
            }
        }
        match self.below(100) {
            0..8 => {
                let condition = self.predicate(scope, less);
                let (one, two) =
                    (self.expression(scope, kind, less), self.expression(scope, kind, less));
                return format!("case when {condition} then {one} else {two} end");
            }
            8..18 => {
                let function = if self.chance(60) { "coalesce" } else { "nullif" };
                let (one, two) =
                    (self.expression(scope, kind, less), self.expression(scope, kind, less));
                return format!("{function}({one}, {two})");
            }
            18..25 if depth == DEPTH => return format!("({})", self.scalar_query(scope, kind)),
            _ => {}
        }
        match kind {
            Kind::Boolean => self.predicate(scope, depth),
            Kind::Integer => {
                let one = self.expression(scope, Kind::Integer, less);
                match self.below(4) {
                    0 => format!("abs({one})"),
                    1 => format!("length({})", self.expression(scope, Kind::Text, less)),
                    2 => format!("greatest({one}, {})", self.expression(scope, kind, less)),
                    _ => {
                        let operator = self.pick(&["+", "-", "*"]);
                        format!("({one} {operator} {})", self.expression(scope, kind, less))
                    }
                }
            }
            Kind::Numeric => {
                let one = self.expression(scope, Kind::Numeric, less);
                match self.below(4) {
                    0 => format!("({})::numeric", self.expression(scope, Kind::Integer, less)),
                    1 => format!("round({one})"),
                    2 => format!("least({one}, {})", self.expression(scope, Kind::Integer, less)),
                    _ => {
                        let operator = self.pick(&["+", "-", "*"]);
                        format!("({one} {operator} {})", self.expression(scope, kind, less))
                    }
                }
            }
            Kind::Text => {
                let one = self.expression(scope, Kind::Text, less);
                match self.below(4) {
                    0 => format!("upper({one})"),
                    1 => format!("({})::text", self.expression(scope, Kind::Integer, less)),
                    2 => format!("substr({one}, 1, 1)"),
                    _ => format!("({one} || {})", self.expression(scope, Kind::Text, less)),
                }
            }
        }
    }

    pub fn predicate(&mut self, scope: &Scope, depth: u32) -> String {
        if depth == 0 {
            return self.leaf(scope, Kind::Boolean);
        }
        let less = depth - 1;
        let kind = self.kind();
        let comparable = if kind == Kind::Boolean { Kind::Integer } else { kind };
        if self.chance(12) {
            let template = self.pick(&INDEX_CONDITIONS);
            return format!("({})", self.fill(template, scope));
        }
        let not = if self.chance(40) { "not " } else { "" };
        match self.below(16) {
            0..4 => {
                let operator = self.pick(&["=", "<", ">", "<=", ">=", "<>"]);
                let one = self.expression(scope, comparable, less);
                format!("({one} {operator} {})", self.expression(scope, comparable, less))
            }
            4 => format!("({} is {not}null)", self.expression(scope, kind, less)),
            5 => {
                let one = self.expression(scope, comparable, less);
                let two = self.expression(scope, comparable, less);
                format!("({one} is {not}distinct from {two})")
            }
            6 => format!("(not {})", self.predicate(scope, less)),
            7 | 8 => {
                let operator = self.pick(&["and", "or"]);
                let one = self.predicate(scope, less);
                format!("({one} {operator} {})", self.predicate(scope, less))
            }
            9 => {
                let list: Vec<String> =
                    (0..3).map(|_| self.expression(scope, comparable, less)).collect();
                let one = self.expression(scope, comparable, less);
                format!("({one} {not}in ({}))", list.join(", "))
            }
            10 => {
                let [one, two, three] =
                    [(); 3].map(|()| self.expression(scope, Kind::Integer, less));
                format!("({one} {not}between {two} and {three})")
            }
            11 => {
                let pattern = self.pick(&["'%x%'", "'_'", "'%'", "'z%'", "'X'"]);
                format!("({} {not}like {pattern})", self.expression(scope, Kind::Text, less))
            }
            12 => format!("({not}exists ({}))", self.subquery(scope, None)),
            13 => {
                let one = self.expression(scope, comparable, less);
                format!("({one} {not}in ({}))", self.subquery(scope, Some(comparable)))
            }
            14 => {
                let operator = self.pick(&["=", "<", ">", "<>"]);
                let quantifier = self.pick(&["any", "all"]);
                let one = self.expression(scope, comparable, less);
                let query = self.subquery(scope, Some(comparable));
                format!("({one} {operator} {quantifier} ({query}))")
            }
            _ => self.leaf(scope, Kind::Boolean),
        }
    }

    /// A table or view with an alias, and its columns.
    pub fn relation(&mut self) -> (String, Scope) {
        let alias = self.alias();
        let name = self.pick(&["t0", "t1", "t2", "t0", "t1", "t2", "v0", "v1"]);
        let scope = COLUMNS.map(|(column, kind)| (format!("{alias}.{column}"), kind)).to_vec();
        (format!("{name} {alias}"), scope)
    }

    fn subquery(&mut self, outer: &Scope, kind: Option<Kind>) -> String {
        let (mut from, own) = self.relation();
        let mut both = own.clone();
        if self.chance(60) {
            both.extend(outer.iter().cloned());
        }
        if self.chance(25) {
            let (other, others) = self.relation();
            let join = self.pick(&["join", "left join", "full join"]);
            let (one, two) =
                (self.leaf_column(&own, Kind::Integer), self.leaf_column(&others, Kind::Integer));
            from = format!("{from} {join} {other} on {one} = {two}");
            both.extend(others);
        }
        let filter = if self.chance(80) {
            format!(" where {}", self.predicate(&both, 1))
        } else {
            String::new()
        };
        let Some(kind) = kind else { return format!("select 1 from {from}{filter}") };
        let item = self.expression(&both, kind, 1);
        let mut query = format!("select {item} from {from}{filter}");
        if self.chance(10) {
            let all = self.pick(&["", "all "]);
            let (other, others) = self.relation();
            let item = self.expression(&others, kind, 1);
            query = format!("{query} union {all}select {item} from {other}");
        }
        query
    }

    fn leaf_column(&mut self, scope: &Scope, kind: Kind) -> String {
        self.column(scope, kind).expect("every relation has columns of all kinds")
    }

    fn aggregate(&mut self, scope: &Scope, kind: Kind) -> String {
        let filter = if self.chance(25) {
            format!(" filter (where {})", self.predicate(scope, 1))
        } else {
            String::new()
        };
        let distinct = if self.chance(20) { "distinct " } else { "" };
        let of = |this: &mut Generator, kind| this.expression(scope, kind, 1);
        match kind {
            Kind::Integer => match self.below(4) {
                0 => {
                    let any = self.kind();
                    format!("(count({distinct}{}){filter})::int", of(self, any))
                }
                1 => format!("max({}){filter}", of(self, kind)),
                2 => format!("(sum({distinct}{}){filter})::int", of(self, kind)),
                _ => format!("(count(*){filter})::int"),
            },
            Kind::Numeric => match self.below(3) {
                0 => format!("sum({distinct}({})::numeric){filter}", of(self, kind)),
                1 => format!("min({}){filter}", of(self, kind)),
                _ => format!("round(avg({distinct}({})::numeric){filter}, 3)", of(self, kind)),
            },
            Kind::Text if self.chance(50) => format!("max({}){filter}", of(self, kind)),
            Kind::Text => {
                let item = of(self, kind);
                format!("string_agg({item}, ',' order by {item}){filter}")
            }
            Kind::Boolean => {
                let function = self.pick(&["bool_and", "bool_or"]);
                format!("{function}({}){filter}", of(self, kind))
            }
        }
    }

    /// A query of one row and one column.
    fn scalar_query(&mut self, outer: &Scope, kind: Kind) -> String {
        let (from, own) = self.relation();
        let both: Scope = own.iter().chain(outer).cloned().collect();
        let filter = if self.chance(70) {
            format!(" where {}", self.predicate(&both, 1))
        } else {
            String::new()
        };
        // An aggregate over outer columns alone would belong to the outer query.
        format!("select {} from {from}{filter}", self.aggregate(&own, kind))
    }

    /// One item of FROM: mostly a relation, sometimes a derived table.
    fn source(&mut self, outer: &Scope, lateral: bool) -> (String, Scope) {
        if !lateral && self.chance(75) {
            return self.relation();
        }
        let alias = self.alias();
        let (from, own) = self.relation();
        let both: Scope = own.iter().chain(outer).cloned().collect();
        let filter = if self.chance(70) {
            format!(" where {}", self.predicate(&both, 1))
        } else {
            String::new()
        };
        let names = ["a", "c", "d", "e"];
        let kinds = [Kind::Integer, Kind::Text, Kind::Numeric, Kind::Boolean];
        let shape = self.below(100);
        let mut items: Vec<String> = Vec::new();
        for kind in kinds {
            let is_key = kind == Kind::Integer;
            let item = if shape < 30 && !is_key {
                self.aggregate(&own, kind)
            } else if shape < 30 {
                self.expression(&own, kind, 0)
            } else {
                self.expression(&both, kind, 1)
            };
            items.push(item);
        }
        let distinct = if shape > 85 { "distinct " } else { "" };
        let tail = match shape {
            // A constant or a NULL may be the key: position 1 is grouped by all the same.
            0..30 => " group by 1",
            30..40 => " order by 1, 2, 3, 4 limit 3",
            _ => "",
        };
        let list: Vec<String> =
            items.iter().zip(names).map(|(item, name)| format!("{item} as {name}")).collect();
        let lateral = if lateral { "lateral " } else { "" };
        let text = format!(
            "{lateral}(select {distinct}{} from {from}{filter}{tail}) {alias}",
            list.join(", ")
        );
        let scope = names.iter().zip(kinds).map(|(name, kind)| (format!("{alias}.{name}"), kind));
        (text, scope.collect())
    }

    pub fn from_clause(&mut self) -> (String, Scope) {
        let (mut from, mut scope) = self.source(&Vec::new(), false);
        let joins = [0, 0, 1, 1, 2, 3][self.below(6) as usize];
        for _ in 0..joins {
            let lateral = self.chance(20);
            let outer = if lateral { scope.clone() } else { Vec::new() };
            let (other, others) = self.source(&outer, lateral);
            let mut kind =
                self.pick(&["join", "left join", "right join", "full join", "cross join"]);
            if lateral && matches!(kind, "right join" | "full join") {
                kind = "left join";
            }
            let keys = format!(
                "{} = {}",
                self.leaf_column(&scope, Kind::Integer),
                self.leaf_column(&others, Kind::Integer)
            );
            scope.extend(others);
            let on = if kind == "cross join" {
                String::new()
            } else if kind != "full join" && self.chance(50) {
                let extra = self.predicate(&scope, 1);
                if self.chance(50) {
                    format!(" on {extra}")
                } else {
                    format!(" on {keys} and {extra}")
                }
            } else {
                // PostgreSQL makes full joins over keys that can be merged or hashed only.
                format!(" on {keys}")
            };
            from = format!("{from} {kind} {other}{on}");
        }
        (from, scope)
    }

    /// A whole query, of one of many shapes.
    pub fn query(&mut self) -> String {
        let (from, scope) = self.from_clause();
        let filter = if self.chance(75) {
            format!(" where {}", self.predicate(&scope, DEPTH))
        } else {
            String::new()
        };
        let shape = self.below(100);
        let kinds: Vec<Kind> = (0..=self.below(3)).map(|_| self.kind()).collect();
        if shape < 30 {
            return self.grouped(&from, &scope, &filter, &kinds);
        }
        let items: Vec<String> =
            kinds.iter().map(|kind| self.expression(&scope, *kind, DEPTH)).collect();
        let list = items.join(", ");
        let plain = format!("select {list} from {from}{filter}");
        let positions: Vec<String> = (1..=items.len()).map(|number| number.to_string()).collect();
        let positions = positions.join(", ");
        match shape {
            30..40 => {
                let window = self.window(&scope);
                format!("select {list}, {window} from {from}{filter}")
            }
            40..50 => format!("select distinct {list} from {from}{filter}"),
            50..62 => {
                let operators =
                    ["union", "union all", "intersect", "except", "intersect all", "except all"];
                let operator = self.pick(&operators);
                let (other, others) = self.from_clause();
                let second: Vec<String> =
                    kinds.iter().map(|kind| self.expression(&others, *kind, DEPTH)).collect();
                let condition = self.predicate(&others, 1);
                let second = second.join(", ");
                format!("{plain} {operator} select {second} from {other} where {condition}")
            }
            62..72 => {
                let (limit, offset) = (self.below(6), self.below(3));
                format!("{plain} order by {positions} limit {limit} offset {offset}")
            }
            72..78 => {
                let hint = self.pick(&["", "materialized ", "not materialized "]);
                let named: Vec<String> = items
                    .iter()
                    .enumerate()
                    .map(|(number, item)| format!("{item} as c{number}"))
                    .collect();
                format!(
                    "with q as {hint}(select {} from {from}{filter} order by {positions} limit 40) \
                     select q1.c0, q2.c0 from q q1 join q q2 on q1.c0 = q2.c0",
                    named.join(", ")
                )
            }
            78..83 => {
                format!("select distinct on (1) {list} from {from}{filter} order by {positions}")
            }
            _ => plain,
        }
    }

    fn grouped(&mut self, from: &str, scope: &Scope, filter: &str, kinds: &[Kind]) -> String {
        let mut keys: Vec<String> = (0..self.below(3))
            .map(|_| {
                let kind = self.kind();
                self.expression(scope, kind, 1)
            })
            .collect();
        let mut group = String::new();
        if !keys.is_empty() {
            let positions: Vec<String> =
                (1..=keys.len()).map(|number| number.to_string()).collect();
            group = format!(" group by {}", positions.join(", "));
            if self.chance(20) {
                let (one, two) =
                    (self.leaf_column(scope, Kind::Integer), self.leaf_column(scope, Kind::Text));
                let sets = self.pick(&["rollup", "cube"]);
                group = format!(" group by {sets} ({one}, {two})");
                keys = vec![one, two];
            }
        }
        let aggregates = kinds.iter().map(|kind| self.aggregate(scope, *kind));
        let items: Vec<String> = keys.into_iter().chain(aggregates).collect();
        let having = if self.chance(30) {
            let operator = self.pick(&["<", ">", "="]);
            let limit = self.below(5);
            format!(" having {} {operator} {limit}", self.aggregate(scope, Kind::Integer))
        } else {
            String::new()
        };
        format!("select {} from {from}{filter}{group}{having}", items.join(", "))
    }

    fn window(&mut self, scope: &Scope) -> String {
        let all: Vec<&str> = scope.iter().map(|(name, _)| name.as_str()).collect();
        let all = all.join(", ");
        let column = self.leaf_column(scope, Kind::Integer);
        match self.below(6) {
            0 => format!("row_number() over (order by {all})"),
            1 => {
                let frame = self.pick(&[
                    "",
                    " rows between 1 preceding and current row",
                    " rows between unbounded preceding and 1 following",
                ]);
                let part = self.expression(scope, Kind::Boolean, 1);
                format!("sum({column}) over (partition by {part} order by {all}{frame})")
            }
            2 => format!("rank() over (order by {column})"),
            3 => format!("count(*) over (order by {column})"),
            4 => format!("lag({column}) over (order by {all})"),
            _ => {
                let part = self.expression(scope, Kind::Text, 1);
                format!("max({column}) over (partition by {part})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_statements() {
        let make = |seed| {
            let mut generator = Generator::new(seed);
            let mut all = generator.schema();
            all.extend((0..50).map(|_| generator.query()));
            all
        };
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
        assert!(make(7).iter().all(|sql| sql.len() < 20_000));
    }
}
