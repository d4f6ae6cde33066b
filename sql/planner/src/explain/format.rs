//! The tree of nodes in the four formats.

use std::fmt::Write;

use super::nodes::Node;
use super::{Actuals, ExplainFormat, ExplainOptions};

pub fn write(
    root: &Node<'_>,
    options: &ExplainOptions,
    actuals: Option<Actuals<'_>>,
) -> Vec<String> {
    match options.format {
        ExplainFormat::Text => {
            let mut lines = Vec::new();
            text(root, 0, false, options, actuals, &mut lines);
            if let Some(ms) = options.planning_ms {
                lines.push(format!("Planning Time: {ms:.3} ms"));
            }
            if let Some(ms) = options.execution_ms {
                lines.push(format!("Execution Time: {ms:.3} ms"));
            }
            lines
        }
        format => {
            let value = structured(root, None, options, actuals);
            let mut fields = vec![("Plan".to_owned(), value)];
            if let Some(ms) = options.planning_ms {
                fields.push(("Planning Time".to_owned(), Value::Number(format!("{ms:.3}"))));
            }
            if let Some(ms) = options.execution_ms {
                fields.push(("Execution Time".to_owned(), Value::Number(format!("{ms:.3}"))));
            }
            let document = Value::List("Query", vec![Value::Object("Query", fields)]);
            let mut out = String::new();
            match format {
                ExplainFormat::Yaml => yaml(&document, 0, &mut out),
                ExplainFormat::Xml => {
                    out.push_str("<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n");
                    if let Value::List(_, queries) = &document {
                        queries.iter().for_each(|query| xml(query, 1, &mut out));
                    }
                    out.push_str("</explain>");
                }
                _ => json(&document, 0, &mut out),
            }
            vec![out.trim_end().to_owned()]
        }
    }
}

fn costs(node: &Node<'_>) -> String {
    let estimate = &node.estimate;
    format!(
        "  (cost={:.2}..{:.2} rows={:.0} width={})",
        estimate.startup_cost, estimate.total_cost, estimate.rows, estimate.width
    )
}

fn text(
    node: &Node<'_>,
    indent: usize,
    arrow: bool,
    options: &ExplainOptions,
    actuals: Option<Actuals<'_>>,
    lines: &mut Vec<String>,
) {
    let mut line = " ".repeat(indent);
    if arrow {
        line.push_str("->  ");
    }
    let own = indent + if arrow { 4 } else { 0 };
    line.push_str(&node.name);
    line.push_str(&node.suffix);
    if options.costs {
        line.push_str(&costs(node));
    }
    let actual = actuals.and_then(|actuals| actuals(node.plan?));
    let reads = actuals.and_then(|actuals| actuals(node.reader?));
    // What has no plan of its own (the look-ups of an index join) is counted in the node above.
    if actuals.is_some() && node.plan.is_some() {
        match actual {
            Some(actual) if actual.loops > 0 => {
                let loops = actual.loops as f64;
                line.push_str(" (actual ");
                if options.timing {
                    let (startup, total) = (actual.startup_ms / loops, actual.total_ms / loops);
                    let _ = write!(line, "time={startup:.3}..{total:.3} ");
                }
                let rows = actual.rows as f64 / loops;
                let _ = write!(line, "rows={rows:.0} loops={})", actual.loops);
            }
            _ => line.push_str(" (never executed)"),
        }
    }
    lines.push(line);
    let pad = " ".repeat(own + 2);
    if options.verbose && !node.outputs.is_empty() {
        lines.push(format!("{pad}Output: {}", node.outputs.join(", ")));
    }
    for (name, value) in &node.properties {
        lines.push(format!("{pad}{name}: {value}"));
        if *name == "Filter"
            && let Some(actual) = reads.filter(|actual| actual.removed > 0)
        {
            let removed = actual.removed as f64 / actual.loops.max(1) as f64;
            lines.push(format!("{pad}Rows Removed by Filter: {removed:.0}"));
        }
    }
    if let Some(actual) = reads.filter(|actual| actual.rows_read > 0) {
        let (rows, bytes) = (actual.rows_read, actual.bytes_read);
        lines.push(format!("{pad}Storage: rows read={rows} bytes read={bytes}"));
    }
    if let Some(actual) = reads.filter(|actual| actual.spilled_bytes > 0) {
        lines.push(format!("{pad}Disk Usage: {}kB", actual.spilled_bytes.div_ceil(1_024)));
    }
    for (label, child) in &node.children {
        match label {
            Some(label) => {
                lines.push(format!("{pad}{label}"));
                text(child, own + 4, true, options, actuals, lines);
            }
            None => text(child, own + 2, true, options, actuals, lines),
        }
    }
}

enum Value {
    Text(String),
    Number(String),
    List(&'static str, Vec<Value>),
    Object(&'static str, Vec<(String, Value)>),
}

fn structured(
    node: &Node<'_>,
    relationship: Option<&str>,
    options: &ExplainOptions,
    actuals: Option<Actuals<'_>>,
) -> Value {
    let mut fields = vec![("Node Type".to_owned(), Value::Text(node.name.clone()))];
    if let Some(relationship) = relationship {
        fields.push(("Parent Relationship".to_owned(), Value::Text(relationship.to_owned())));
    }
    for (name, value) in &node.facts {
        fields.push(((*name).to_owned(), Value::Text(value.clone())));
    }
    if options.costs {
        let estimate = &node.estimate;
        let mut number = |name: &str, value: String| {
            fields.push((name.to_owned(), Value::Number(value)));
        };
        number("Startup Cost", format!("{:.2}", estimate.startup_cost));
        number("Total Cost", format!("{:.2}", estimate.total_cost));
        number("Plan Rows", format!("{:.0}", estimate.rows));
        number("Plan Width", estimate.width.to_string());
    }
    let actual = match (actuals, node.plan) {
        (Some(actuals), Some(plan)) => Some(actuals(plan).unwrap_or_default()),
        _ => None,
    };
    let reads = actuals.and_then(|actuals| actuals(node.reader?));
    if let Some(actual) = actual {
        let loops = actual.loops.max(1) as f64;
        let mut number = |name: &str, value: String| {
            fields.push((name.to_owned(), Value::Number(value)));
        };
        if options.timing {
            number("Actual Startup Time", format!("{:.3}", actual.startup_ms / loops));
            number("Actual Total Time", format!("{:.3}", actual.total_ms / loops));
        }
        number("Actual Rows", format!("{:.0}", actual.rows as f64 / loops));
        number("Actual Loops", actual.loops.to_string());
    }
    if options.verbose && !node.outputs.is_empty() {
        let outputs = node.outputs.iter().cloned().map(Value::Text).collect();
        fields.push(("Output".to_owned(), Value::List("Item", outputs)));
    }
    for (name, value) in &node.properties {
        let value = if name.ends_with("Key") {
            Value::List("Item", value.split(", ").map(|key| Value::Text(key.to_owned())).collect())
        } else {
            Value::Text(value.clone())
        };
        fields.push(((*name).to_owned(), value));
        if *name == "Filter"
            && let Some(actual) = reads
        {
            let removed = actual.removed as f64 / actual.loops.max(1) as f64;
            fields.push((
                "Rows Removed by Filter".to_owned(),
                Value::Number(format!("{removed:.0}")),
            ));
        }
    }
    if let Some(actual) = reads.filter(|actual| actual.rows_read > 0) {
        let mut number = |name: &str, value: u64| {
            fields.push((name.to_owned(), Value::Number(value.to_string())));
        };
        number("Storage Rows Read", actual.rows_read);
        number("Storage Bytes Read", actual.bytes_read);
    }
    if let Some(actual) = reads.filter(|actual| actual.spilled_bytes > 0) {
        let kilobytes = actual.spilled_bytes.div_ceil(1_024).to_string();
        fields.push(("Disk Usage".to_owned(), Value::Number(kilobytes)));
    }
    if !node.children.is_empty() {
        let children = node
            .children
            .iter()
            .enumerate()
            .map(|(place, (label, child))| {
                let relationship = match label {
                    Some(label) if label.starts_with("SubPlan") => "SubPlan",
                    Some(_) => "InitPlan",
                    None if place == 0 => "Outer",
                    None => "Inner",
                };
                structured(child, Some(relationship), options, actuals)
            })
            .collect();
        fields.push(("Plans".to_owned(), Value::List("Plan", children)));
    }
    Value::Object("Plan", fields)
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn json(value: &Value, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent + 1);
    match value {
        Value::Text(text) => out.push_str(&quoted(text)),
        Value::Number(number) => out.push_str(number),
        Value::List(_, items) if items.iter().all(|item| matches!(item, Value::Text(_))) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                json(item, indent, out);
            }
            out.push(']');
        }
        Value::List(_, items) => {
            out.push_str("[\n");
            for (place, item) in items.iter().enumerate() {
                out.push_str(&pad);
                json(item, indent + 1, out);
                out.push_str(if place + 1 < items.len() { ",\n" } else { "\n" });
            }
            let _ = write!(out, "{}]", "  ".repeat(indent));
        }
        Value::Object(_, fields) => {
            out.push_str("{\n");
            for (place, (name, value)) in fields.iter().enumerate() {
                let _ = write!(out, "{pad}{}: ", quoted(name));
                json(value, indent + 1, out);
                out.push_str(if place + 1 < fields.len() { ",\n" } else { "\n" });
            }
            let _ = write!(out, "{}}}", "  ".repeat(indent));
        }
    }
}

fn yaml(value: &Value, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent);
    match value {
        Value::Text(text) => {
            let _ = writeln!(out, "{}", quoted(text));
        }
        Value::Number(number) => {
            let _ = writeln!(out, "{number}");
        }
        Value::List(_, items) => {
            for item in items {
                let _ = write!(out, "{pad}- ");
                let mut inner = String::new();
                yaml(item, indent + 1, &mut inner);
                out.push_str(inner.trim_start());
            }
        }
        Value::Object(_, fields) => {
            for (name, value) in fields {
                let _ = write!(out, "{pad}{name}: ");
                match value {
                    Value::Text(_) | Value::Number(_) => yaml(value, indent, out),
                    _ => {
                        out.push('\n');
                        yaml(value, indent + 1, out);
                    }
                }
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn xml(value: &Value, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent);
    match value {
        Value::Text(text) | Value::Number(text) => out.push_str(&escaped(text)),
        Value::List(tag, items) => {
            for item in items {
                match item {
                    Value::Text(text) | Value::Number(text) => {
                        let _ = writeln!(out, "{pad}<{tag}>{}</{tag}>", escaped(text));
                    }
                    other => xml(other, indent, out),
                }
            }
        }
        Value::Object(tag, fields) => {
            let _ = writeln!(out, "{pad}<{tag}>");
            for (name, value) in fields {
                let name = name.replace(' ', "-");
                match value {
                    Value::Text(text) | Value::Number(text) => {
                        let _ = writeln!(out, "{pad}  <{name}>{}</{name}>", escaped(text));
                    }
                    Value::Object(..) => xml(value, indent + 1, out),
                    Value::List(..) => {
                        let _ = writeln!(out, "{pad}  <{name}>");
                        xml(value, indent + 2, out);
                        let _ = writeln!(out, "{pad}  </{name}>");
                    }
                }
            }
            let _ = writeln!(out, "{pad}</{tag}>");
        }
    }
}
