//! A plan as nodes with names and properties.

use catalog::IndexKey;
use protocol::storage::Direction;

use super::deparse::{expression, sort_keys};
use crate::expression::{Aggregate, Expr};
use crate::plan::{
    BitmapSource, ConflictAction, EqualTo, Estimate, JoinKind, Operator, Plan, ProjectSetItem,
    Scan, ScanColumn, SetKind, Statement,
};
use crate::walk;

/// One node of the tree that is printed.
pub struct Node<'p> {
    /// The plan node whose rows these are: what was folded into this one included.
    pub plan: Option<&'p Plan>,
    /// The plan node that reads for it, below what was folded.
    pub reader: Option<&'p Plan>,
    pub name: String,
    /// After the name in text form: `using i on t`.
    pub suffix: String,
    /// What the structured formats say instead of the suffix.
    pub facts: Vec<(&'static str, String)>,
    pub properties: Vec<(&'static str, String)>,
    pub estimate: Estimate,
    /// Inputs with what they are called above them in text form (`CTE x`, `SubPlan 1`).
    pub children: Vec<(Option<String>, Node<'p>)>,
    pub outputs: Vec<String>,
}

pub fn statement(statement: &Statement) -> Node<'_> {
    let names: Vec<String> = statement.ctes.iter().map(|cte| cte.name.clone()).collect();
    let mut writer = Writer { ctes: names, subplans: 0, several: false };
    let tables = count_tables(&statement.root);
    writer.several = tables > 1;
    let mut ctes = Vec::new();
    for cte in statement.ctes.iter().filter(|cte| !cte.name.is_empty()) {
        ctes.push((Some(format!("CTE {}", cte.name)), writer.node(&cte.plan)));
    }
    let mut root = writer.node(&statement.root);
    ctes.append(&mut root.children);
    root.children = ctes;
    root
}

fn count_tables(plan: &Plan) -> usize {
    match &plan.operator {
        Operator::Scan(_)
        | Operator::VirtualScan { .. }
        | Operator::CteScan { .. }
        | Operator::FunctionScan { .. }
        | Operator::WorkingTable { .. } => 1,
        Operator::IndexJoin(join) => 1 + count_tables(&join.left),
        Operator::NestedLoop(join) => count_tables(&join.left) + count_tables(&join.right),
        Operator::HashJoin(join) => count_tables(&join.left) + count_tables(&join.right),
        Operator::MergeJoin(join) => count_tables(&join.left) + count_tables(&join.right),
        Operator::Append { inputs } => inputs.iter().map(count_tables).max().unwrap_or(0),
        Operator::Filter { input, .. }
        | Operator::Project { input, .. }
        | Operator::ProjectSet { input, .. }
        | Operator::Sort { input, .. }
        | Operator::TopN { input, .. }
        | Operator::Limit { input, .. }
        | Operator::Distinct { input }
        | Operator::DistinctOn { input, .. }
        | Operator::Window { input, .. }
        | Operator::Materialize { input }
        | Operator::LockRows { input, .. } => count_tables(input),
        Operator::Aggregate(node) => count_tables(&node.input),
        Operator::Insert(node) => count_tables(&node.input),
        Operator::Update(node) => count_tables(&node.input),
        Operator::Delete(node) => count_tables(&node.input),
        Operator::Merge(node) => count_tables(&node.input),
        _ => 1,
    }
}

struct Writer {
    ctes: Vec<String>,
    subplans: usize,
    /// Columns are qualified.
    several: bool,
}

fn leaf<'p>(name: &str, suffix: String, estimate: Estimate) -> Node<'p> {
    Node {
        plan: None,
        reader: None,
        name: name.to_owned(),
        suffix,
        facts: Vec::new(),
        properties: Vec::new(),
        estimate,
        children: Vec::new(),
        outputs: Vec::new(),
    }
}

fn over<'p>(name: &str, plan: &'p Plan, input: Node<'p>) -> Node<'p> {
    let mut node = leaf(name, String::new(), plan.estimate);
    node.outputs.clone_from(&input.outputs);
    node.children.push((None, input));
    node
}

/// Whether an index's expression is one call, which needs no parentheses.
fn is_call(sql: &str) -> bool {
    let parsed = syntax::parse_expression(sql);
    parsed
        .is_ok_and(|parsed| matches!(parsed, syntax::ast::Expr::Function(_)) && sql.ends_with(')'))
}

fn strip(text: String) -> String {
    text
}

impl Writer {
    fn join_name(kind: JoinKind, base: &str) -> String {
        let word = match kind {
            JoinKind::Inner => return base.to_owned(),
            JoinKind::Left => "Left",
            JoinKind::Right => "Right",
            JoinKind::Full => "Full",
            JoinKind::Semi => "Semi",
            JoinKind::Anti | JoinKind::NullAwareAnti => "Anti",
        };
        match base {
            "Nested Loop" => format!("Nested Loop {word} Join"),
            other => format!("{} {word} Join", other.trim_end_matches(" Join")),
        }
    }

    fn subplans<'p>(&mut self, exprs: &[&'p Expr], node: &mut Node<'p>) {
        fn collect<'e>(expr: &'e Expr, found: &mut Vec<&'e crate::expression::SubPlan>) {
            if let Expr::SubPlan(plan) = expr {
                found.push(plan);
            }
            walk::children(expr, &mut |child| collect(child, found));
        }
        let mut found = Vec::new();
        for expr in exprs {
            collect(expr, &mut found);
        }
        for plan in found {
            self.subplans += 1;
            let label = if plan.parameters.is_empty() { "InitPlan" } else { "SubPlan" };
            let label = format!("{label} {}", self.subplans);
            let inner = self.node(&plan.plan);
            node.children.push((Some(label), inner));
        }
    }

    fn node<'p>(&mut self, plan: &'p Plan) -> Node<'p> {
        let mut node = self.bare(plan);
        node.plan = Some(plan);
        node.reader.get_or_insert(plan);
        let mut exprs: Vec<&Expr> = Vec::new();
        match &plan.operator {
            Operator::Values { rows } => exprs.extend(rows.iter().flatten()),
            Operator::Filter { condition, .. } => exprs.push(condition),
            Operator::Project { expressions, .. } => exprs.extend(expressions),
            Operator::NestedLoop(join) => exprs.extend(&join.condition),
            Operator::HashJoin(join) => exprs.extend(&join.condition),
            Operator::Update(update) => exprs.extend(update.assignments.iter().map(|pair| &pair.1)),
            _ => {}
        }
        self.subplans(&exprs, &mut node);
        node
    }

    fn bare<'p>(&mut self, plan: &'p Plan) -> Node<'p> {
        let estimate = plan.estimate;
        match &plan.operator {
            Operator::Values { rows } => {
                let mut node = if rows.len() == 1 {
                    leaf("Result", String::new(), estimate)
                } else {
                    leaf("Values Scan", " on \"*VALUES*\"".to_owned(), estimate)
                };
                node.outputs = match rows.as_slice() {
                    [only] => only.iter().map(|expr| expression(expr, &[])).collect(),
                    _ => (1..=plan.columns.len()).map(|number| format!("column{number}")).collect(),
                };
                node
            }
            Operator::Scan(scan) => self.scan(scan, estimate, &[]),
            Operator::VirtualScan { relation, columns, filter, .. } => {
                let mut node = leaf("Seq Scan", format!(" on {}", relation.name), estimate);
                node.facts.push(("Relation Name", relation.name.clone()));
                node.outputs = columns
                    .iter()
                    .map(|index| self.qualified(&relation.name, &relation.columns[*index].name))
                    .collect();
                if let Some(filter) = filter {
                    node.properties.push(("Filter", expression(filter, &node.outputs)));
                }
                node
            }
            Operator::Filter { input, condition, one_time } => {
                let inner = self.node(input);
                let text = expression(condition, &inner.outputs);
                if *one_time {
                    let mut node = over("Result", plan, inner);
                    node.properties.push(("One-Time Filter", text));
                    return node;
                }
                // PostgreSQL shows a filter at the node below it.
                let mut node = inner;
                node.properties.push(("Filter", text));
                node.estimate = estimate;
                node
            }
            Operator::Project { input, expressions } => {
                let mut node = self.node(input);
                node.outputs =
                    expressions.iter().map(|expr| expression(expr, &node.outputs)).collect();
                node.estimate = estimate;
                node
            }
            Operator::ProjectSet { input, items } => {
                let inner = self.node(input);
                let mut node = over("ProjectSet", plan, inner);
                let inputs = node.outputs.clone();
                node.outputs = items
                    .iter()
                    .map(|item| match item {
                        ProjectSetItem::Plain(expr) => expression(expr, &inputs),
                        ProjectSetItem::Set(call) => call_text(call, &inputs),
                    })
                    .collect();
                node
            }
            Operator::FunctionScan { functions, .. } => {
                let name = functions.first().map_or("function", |call| call.function.name);
                let mut node = leaf("Function Scan", format!(" on {name}"), estimate);
                node.facts.push(("Function Name", name.to_owned()));
                node.outputs =
                    plan.columns.iter().map(|column| self.qualified(name, &column.name)).collect();
                node
            }
            Operator::Sort { input, keys, presorted } => {
                let inner = self.node(input);
                let name = if *presorted > 0 { "Incremental Sort" } else { "Sort" };
                let mut node = over(name, plan, inner);
                node.properties.push(("Sort Key", sort_keys(keys, &node.outputs)));
                if *presorted > 0 {
                    let presorted = sort_keys(&keys[..*presorted], &node.outputs);
                    node.properties.push(("Presorted Key", presorted));
                }
                node
            }
            Operator::TopN { input, keys, .. } => {
                // Shown as PostgreSQL would: Limit over Sort.
                let inner = self.node(input);
                let mut sort = over("Sort", plan, inner);
                sort.estimate.rows = input.estimate.rows;
                sort.properties.push(("Sort Key", sort_keys(keys, &sort.outputs)));
                sort.plan = Some(plan);
                over("Limit", plan, sort)
            }
            Operator::Limit { input, .. } => {
                let inner = self.node(input);
                over("Limit", plan, inner)
            }
            Operator::Distinct { input } => {
                let inner = self.node(input);
                let mut node = over("HashAggregate", plan, inner);
                node.properties.push(("Group Key", node.outputs.join(", ")));
                node
            }
            Operator::DistinctOn { input, .. } => {
                let inner = self.node(input);
                over("Unique", plan, inner)
            }
            Operator::Aggregate(aggregate) => {
                let inner = self.node(&aggregate.input);
                let name = if aggregate.keys.is_empty() {
                    "Aggregate"
                } else if aggregate.sets.len() > 1 {
                    "MixedAggregate"
                } else if aggregate.sorted {
                    "GroupAggregate"
                } else {
                    "HashAggregate"
                };
                let mut node = over(name, plan, inner);
                let inputs = node.outputs.clone();
                let keys: Vec<String> =
                    aggregate.keys.iter().map(|key| expression(key, &inputs)).collect();
                if aggregate.sets.len() > 1 {
                    for set in &aggregate.sets {
                        let names: Vec<&str> =
                            set.iter().map(|index| keys[*index].as_str()).collect();
                        let shown =
                            if names.is_empty() { "()".to_owned() } else { names.join(", ") };
                        node.properties.push(("Group Key", shown));
                    }
                } else if !keys.is_empty() {
                    node.properties.push(("Group Key", keys.join(", ")));
                }
                node.outputs = keys;
                node.outputs
                    .extend(aggregate.aggregates.iter().map(|call| aggregate_text(call, &inputs)));
                if aggregate.with_grouping_mask {
                    node.outputs.push("GROUPING".to_owned());
                }
                node
            }
            Operator::Window { input, calls, .. } => {
                let inner = self.node(input);
                let mut node = over("WindowAgg", plan, inner);
                let inputs = node.outputs.clone();
                node.outputs.extend(calls.iter().map(|call| {
                    let arguments: Vec<String> =
                        call.arguments.iter().map(|expr| expression(expr, &inputs)).collect();
                    format!("{}({}) OVER (?)", call.function.name, arguments.join(", "))
                }));
                node
            }
            Operator::NestedLoop(join) => {
                let left = self.node(&join.left);
                let right = self.node(&join.right);
                let both = concat(&left.outputs, &right.outputs);
                let mut node =
                    leaf(&Self::join_name(join.kind, "Nested Loop"), String::new(), estimate);
                if let Some(condition) = &join.condition {
                    node.properties.push(("Join Filter", expression(condition, &both)));
                }
                node.outputs = joined_outputs(join.kind, &left.outputs, both);
                node.children = vec![(None, left), (None, right)];
                node
            }
            Operator::HashJoin(join) => {
                let left = self.node(&join.left);
                let right = self.node(&join.right);
                let both = concat(&left.outputs, &right.outputs);
                let mut node =
                    leaf(&Self::join_name(join.kind, "Hash Join"), String::new(), estimate);
                let condition = keys_text(&join.left_keys, &left, &join.right_keys, &right);
                node.properties.push(("Hash Cond", condition));
                if let Some(condition) = &join.condition {
                    node.properties.push(("Join Filter", expression(condition, &both)));
                }
                node.outputs = joined_outputs(join.kind, &left.outputs, both);
                let mut hash = leaf("Hash", String::new(), join.right.estimate);
                hash.estimate.startup_cost = hash.estimate.total_cost;
                hash.outputs.clone_from(&right.outputs);
                hash.children.push((None, right));
                node.children = vec![(None, left), (None, hash)];
                node
            }
            Operator::MergeJoin(join) => {
                let left = self.node(&join.left);
                let right = self.node(&join.right);
                let both = concat(&left.outputs, &right.outputs);
                let mut node =
                    leaf(&Self::join_name(join.kind, "Merge Join"), String::new(), estimate);
                let condition = keys_text(&join.left_keys, &left, &join.right_keys, &right);
                node.properties.push(("Merge Cond", condition));
                if let Some(condition) = &join.condition {
                    node.properties.push(("Join Filter", expression(condition, &both)));
                }
                node.outputs = joined_outputs(join.kind, &left.outputs, both);
                node.children = vec![(None, left), (None, right)];
                node
            }
            Operator::IndexJoin(join) => {
                let left = self.node(&join.left);
                let one = Estimate { rows: 1.0, ..estimate };
                let right = self.scan(&join.scan, one, &left.outputs);
                let both = concat(&left.outputs, &right.outputs);
                let mut node =
                    leaf(&Self::join_name(join.kind, "Nested Loop"), String::new(), estimate);
                if let Some(condition) = &join.condition {
                    node.properties.push(("Join Filter", expression(condition, &both)));
                }
                node.outputs = joined_outputs(join.kind, &left.outputs, both);
                node.children = vec![(None, left), (None, right)];
                node
            }
            Operator::SetOperation { left, right, kind, all } => {
                let word = match kind {
                    SetKind::Intersect => "HashSetOp Intersect",
                    SetKind::Except => "HashSetOp Except",
                    SetKind::Union => "HashSetOp Union",
                };
                let name = if *all { format!("{word} All") } else { word.to_owned() };
                let left = self.node(left);
                let right = self.node(right);
                let mut node = leaf(&name, String::new(), estimate);
                node.outputs.clone_from(&left.outputs);
                node.children = vec![(None, left), (None, right)];
                node
            }
            Operator::Append { inputs } => {
                let mut node = leaf("Append", String::new(), estimate);
                for input in inputs {
                    let child = self.node(input);
                    node.children.push((None, child));
                }
                node.outputs = plan.columns.iter().map(|column| column.name.clone()).collect();
                node
            }
            Operator::Recursive { start, step, .. } => {
                let start = self.node(start);
                let step = self.node(step);
                let mut node = leaf("Recursive Union", String::new(), estimate);
                node.outputs = plan.columns.iter().map(|column| column.name.clone()).collect();
                node.children = vec![(None, start), (None, step)];
                node
            }
            Operator::WorkingTable { .. } => {
                let mut node = leaf("WorkTable Scan", String::new(), estimate);
                node.outputs = plan.columns.iter().map(|column| column.name.clone()).collect();
                node
            }
            Operator::CteScan { id } => {
                let name = self.ctes.get(*id).cloned().unwrap_or_default();
                let mut node = leaf("CTE Scan", format!(" on {name}"), estimate);
                node.facts.push(("CTE Name", name.clone()));
                node.outputs =
                    plan.columns.iter().map(|column| self.qualified(&name, &column.name)).collect();
                node
            }
            Operator::Materialize { input } => {
                let inner = self.node(input);
                over("Materialize", plan, inner)
            }
            Operator::LockRows { input, .. } => {
                let inner = self.node(input);
                over("LockRows", plan, inner)
            }
            Operator::Insert(insert) => {
                let inner = self.node(&insert.input);
                let mut node = over("Insert", plan, inner);
                node.suffix = format!(" on {}", insert.target.relation.name);
                if let Some(conflict) = &insert.on_conflict {
                    let action = match conflict.action {
                        ConflictAction::Nothing => "NOTHING",
                        ConflictAction::Update { .. } => "UPDATE",
                    };
                    node.properties.push(("Conflict Resolution", action.to_owned()));
                    let names: Vec<String> = conflict
                        .arbiters
                        .iter()
                        .map(|index| insert.target.relation.indexes[*index].name.clone())
                        .collect();
                    if !names.is_empty() {
                        node.properties.push(("Conflict Arbiter Indexes", names.join(", ")));
                    }
                }
                node
            }
            Operator::Update(update) => {
                let inner = self.node(&update.input);
                let mut node = over("Update", plan, inner);
                node.suffix = format!(" on {}", update.target.relation.name);
                node
            }
            Operator::Delete(delete) => {
                let inner = self.node(&delete.input);
                let mut node = over("Delete", plan, inner);
                node.suffix = format!(" on {}", delete.target.relation.name);
                node
            }
            Operator::Merge(merge) => {
                let inner = self.node(&merge.input);
                let mut node = over("Merge", plan, inner);
                node.suffix = format!(" on {}", merge.target.relation.name);
                node
            }
        }
    }

    fn qualified(&self, table: &str, column: &str) -> String {
        if self.several { format!("{table}.{column}") } else { column.to_owned() }
    }

    fn scan<'p>(&mut self, scan: &'p Scan, estimate: Estimate, left: &[String]) -> Node<'p> {
        let relation = &scan.relation;
        let shown = match &scan.alias {
            Some(alias) => format!("{} {alias}", relation.name),
            None => relation.name.clone(),
        };
        let alias = scan.alias.as_deref().unwrap_or(&relation.name);
        let backward = if scan.direction == Direction::Descending { " Backward" } else { "" };
        let mut node = match scan.index {
            None if scan.bitmap.is_some() => {
                leaf("Bitmap Heap Scan", format!(" on {shown}"), estimate)
            }
            None => leaf("Seq Scan", format!(" on {shown}"), estimate),
            Some(index) => {
                let name = if scan.index_only { "Index Only Scan" } else { "Index Scan" };
                let index = &relation.indexes[index].name;
                let mut node = leaf(name, format!("{backward} using {index} on {shown}"), estimate);
                node.facts.push(("Index Name", index.clone()));
                node
            }
        };
        node.facts.push(("Relation Name", relation.name.clone()));
        node.facts.push(("Alias", alias.to_owned()));
        node.outputs = scan
            .columns
            .iter()
            .map(|column| match column {
                ScanColumn::Attribute(index) => {
                    self.qualified(alias, &relation.columns[*index].name)
                }
                ScanColumn::RowKey => self.qualified(alias, "ctid"),
                ScanColumn::TableOid => self.qualified(alias, "tableoid"),
            })
            .collect();
        let index = scan.index.map(|index| &relation.indexes[index]).or(relation.primary_key());
        let mut terms = Vec::new();
        if let (Some(index), Some(range)) = (index, scan.ranges.first()) {
            let name = |position: usize| match index.columns.get(position).map(|column| &column.key)
            {
                Some(IndexKey::Column(number)) => {
                    relation.columns[*number as usize - 1].name.clone()
                }
                Some(IndexKey::Expression { sql, .. }) if is_call(sql) => sql.clone(),
                Some(IndexKey::Expression { sql, .. }) => format!("({sql})"),
                None => String::new(),
            };
            for (position, to) in range.equal.iter().enumerate() {
                let column = name(position);
                terms.push(match to {
                    EqualTo::Value(value) => format!("({column} = {})", expression(value, left)),
                    EqualTo::AnyOf(array) => {
                        format!("({column} = ANY ({}))", expression(array, left))
                    }
                    EqualTo::IsNull => format!("({column} IS NULL)"),
                });
            }
            let column = name(range.equal.len());
            if let Some(low) = &range.low {
                let sign = if low.inclusive { ">=" } else { ">" };
                terms.push(format!("({column} {sign} {})", expression(&low.value, left)));
            }
            if let Some(high) = &range.high {
                let sign = if high.inclusive { "<=" } else { "<" };
                terms.push(format!("({column} {sign} {})", expression(&high.value, left)));
            }
        }
        match terms.len() {
            0 => {}
            1 => node.properties.push(("Index Cond", terms.remove(0))),
            _ => node.properties.push(("Index Cond", format!("({})", terms.join(" AND ")))),
        }
        if let Some(nearest) = &scan.nearest {
            let distance = strip(expression(&nearest.condition, &node.outputs));
            node.properties.push(("Order By", distance));
        }
        if let Some(bitmap) = &scan.bitmap {
            // A scan's own conditions never say which table.
            let names: Vec<String> = scan
                .columns
                .iter()
                .map(|column| match column {
                    ScanColumn::Attribute(index) => relation.columns[*index].name.clone(),
                    ScanColumn::RowKey => "ctid".to_owned(),
                    ScanColumn::TableOid => "tableoid".to_owned(),
                })
                .collect();
            let text = |expr: &Expr| strip(expression(expr, &names));
            let recheck = text(&bitmap.recheck);
            let filter = bitmap.rest.as_ref().map(text);
            let child = bitmap_node(scan, &bitmap.source, &names);
            node.properties.push(("Recheck Cond", recheck));
            node.properties.extend(filter.map(|filter| ("Filter", filter)));
            node.children.push((None, child));
        } else if let Some(filter) = &scan.filter {
            node.properties.push(("Filter", strip(expression(filter, &node.outputs))));
        }
        node
    }
}

/// The part of a bitmap scan that asks the indexes.
fn bitmap_node<'p>(scan: &Scan, source: &BitmapSource, outputs: &[String]) -> Node<'p> {
    let estimate = crate::optimize::bitmap::estimate(source);
    let (name, parts) = match source {
        BitmapSource::Index { index, condition, .. } => {
            let index = &scan.relation.indexes[*index].name;
            let mut node = leaf("Bitmap Index Scan", format!(" on {index}"), estimate);
            node.facts.push(("Index Name", index.clone()));
            node.properties.push(("Index Cond", expression(condition, outputs)));
            return node;
        }
        BitmapSource::And(parts) => ("BitmapAnd", parts),
        BitmapSource::Or(parts) => ("BitmapOr", parts),
    };
    let mut node = leaf(name, String::new(), estimate);
    node.children = parts.iter().map(|part| (None, bitmap_node(scan, part, outputs))).collect();
    node
}

fn concat(left: &[String], right: &[String]) -> Vec<String> {
    left.iter().chain(right).cloned().collect()
}

fn joined_outputs(kind: JoinKind, left: &[String], both: Vec<String>) -> Vec<String> {
    match kind {
        JoinKind::Semi | JoinKind::Anti | JoinKind::NullAwareAnti => left.to_vec(),
        _ => both,
    }
}

fn keys_text(left_keys: &[Expr], left: &Node<'_>, right_keys: &[Expr], right: &Node<'_>) -> String {
    let terms: Vec<String> = left_keys
        .iter()
        .zip(right_keys)
        .map(|(a, b)| {
            format!("({} = {})", expression(a, &left.outputs), expression(b, &right.outputs))
        })
        .collect();
    match terms.as_slice() {
        [only] => only.clone(),
        _ => format!("({})", terms.join(" AND ")),
    }
}

fn call_text(call: &crate::plan::SetCall, inputs: &[String]) -> String {
    let arguments: Vec<String> =
        call.arguments.iter().map(|expr| expression(expr, inputs)).collect();
    format!("{}({})", call.function.name, arguments.join(", "))
}

fn aggregate_text(call: &Aggregate, inputs: &[String]) -> String {
    let arguments: Vec<String> =
        call.arguments.iter().map(|expr| expression(expr, inputs)).collect();
    let inner = if arguments.is_empty() { "*".to_owned() } else { arguments.join(", ") };
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    format!("{}({distinct}{inner})", call.function.name)
}
