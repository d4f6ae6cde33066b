//! Calls of functions, in the SQL standard's own spelling where they were written so.

use functions::{ArgumentSource, Call, Resolution, resolve_function};
use syntax::ast::{
    CallSyntax, Expr, FunctionCall, Literal, LiteralValue, NullsOrder, OrderBy, Over, SortDirection,
};
use types::Oid;

use super::nodes::Node;
use super::{Deparser, Typed};
use crate::quote_identifier;

impl Deparser<'_> {
    /// A call of a built-in function by name with these arguments.
    pub fn resolved(&mut self, name: &str, arguments: Vec<Typed>) -> Option<Typed> {
        let (arguments, result, cast) = self.arguments(name, arguments, false)?;
        if cast {
            return arguments.into_iter().next();
        }
        let shown: Vec<String> = arguments.iter().map(|a| a.node.print(self.pretty)).collect();
        let node = Node::Closed(format!("{}({})", quote_identifier(name), shown.join(", ")));
        Some(Typed { node, type_oid: result })
    }

    /// The arguments as the function takes them and its result; or the operand of a cast written as a call.
    fn arguments(
        &mut self,
        name: &str,
        arguments: Vec<Typed>,
        variadic: bool,
    ) -> Option<(Vec<Typed>, Oid, bool)> {
        let given: Vec<Oid> = arguments.iter().map(|argument| argument.type_oid).collect();
        let call = Call { name, arguments: &given, names: &[], variadic, ..Call::default() };
        match resolve_function(self.scope.catalog, &call).ok()? {
            Resolution::Function(function) => {
                let mut targets: Vec<Option<Oid>> = vec![None; arguments.len()];
                for (source, target) in function.sources.iter().zip(&function.argument_types) {
                    if let ArgumentSource::Given(position) = source {
                        targets[*position] = Some(*target);
                    }
                }
                let coerced = arguments
                    .into_iter()
                    .zip(targets)
                    .map(|(argument, target)| match target {
                        Some(target) => self.coerce(argument, target),
                        None => argument,
                    })
                    .collect();
                Some((coerced, function.result.oid, false))
            }
            Resolution::Coercion { target } => {
                let operand = arguments.into_iter().next()?;
                Some((vec![self.coerce(operand, target)], target, true))
            }
        }
    }

    /// The functions that users made and the call may mean.
    fn routines(&self, call: &FunctionCall) -> Option<Vec<&'static functions::FunctionDef>> {
        let catalog = self.scope.catalog;
        let schema = catalog.schema_by_name(call.name.schema()?)?.oid;
        let found = crate::routines::candidates(catalog, &[schema], call.name.name());
        (!found.is_empty()).then_some(found)
    }

    /// A call of a function that a user made, with the name that the search path needs.
    fn routine_call(
        &mut self,
        call: &FunctionCall,
        routines: &[&'static functions::FunctionDef],
    ) -> Option<Typed> {
        let plain = call.over.is_none() && call.filter.is_none() && call.order_by.is_empty();
        if !plain || call.variadic || call.arguments.iter().any(|given| given.name.is_some()) {
            return None;
        }
        let mut given = Vec::new();
        for argument in &call.arguments {
            given.push(self.analyze(&argument.value)?);
        }
        let types: Vec<Oid> = given.iter().map(|argument| argument.type_oid).collect();
        let asked = Call {
            name: call.name.name(),
            arguments: &types,
            routines,
            routines_only: true,
            ..Call::default()
        };
        let Resolution::Function(found) = resolve_function(self.scope.catalog, &asked).ok()? else {
            return None;
        };
        let (catalog, context) = (self.scope.catalog, self.scope.context);
        let name = crate::objects::routine_name(catalog, context, found.definition.oid, false)?;
        let mut shown = Vec::new();
        for (argument, target) in given.into_iter().zip(&found.argument_types) {
            shown.push(self.coerce(argument, *target).node.print(self.pretty));
        }
        let node = Node::Closed(format!("{name}({})", shown.join(", ")));
        Some(Typed { node, type_oid: found.result.oid })
    }

    pub fn call(&mut self, call: &FunctionCall) -> Option<Typed> {
        if let Some(routines) = self.routines(call) {
            return self.routine_call(call, &routines);
        }
        let in_catalog = call.name.schema().is_none_or(|schema| schema == "pg_catalog");
        let named = call.arguments.iter().any(|argument| argument.name.is_some());
        if !in_catalog || named || call.within_group {
            return None;
        }
        let name = call.name.name();
        let mut given = Vec::new();
        for argument in &call.arguments {
            given.push(self.analyze(&argument.value)?);
        }
        let (arguments, result, cast) = self.arguments(name, given, call.variadic)?;
        if cast {
            return arguments.into_iter().next();
        }
        let mut shown: Vec<String> = arguments.iter().map(|a| a.node.print(self.pretty)).collect();
        if call.syntax == CallSyntax::Sql
            && let Some(node) = self.standard(name, call, &shown)
        {
            return Some(Typed { node, type_oid: result });
        }
        if call.variadic
            && let Some(last) = shown.last_mut()
        {
            last.insert_str(0, "VARIADIC ");
        }
        let mut text = format!("{}(", quote_identifier(name));
        if call.distinct {
            text.push_str("DISTINCT ");
        }
        text.push_str(if call.star { "*" } else { "" });
        text.push_str(&shown.join(", "));
        if !call.order_by.is_empty() {
            text.push_str(&format!(" ORDER BY {}", self.order_by(&call.order_by)?));
        }
        text.push(')');
        if let Some(filter) = &call.filter {
            text.push_str(&format!(" FILTER (WHERE {})", self.text(filter)?));
        }
        match &call.over {
            None => {}
            Some(Over::Name { name, .. }) => {
                text.push_str(&format!(" OVER {}", quote_identifier(name)));
            }
            Some(Over::Window(window)) => {
                if window.frame.is_some() || window.base.is_some() {
                    return None;
                }
                let mut parts = Vec::new();
                if !window.partition_by.is_empty() {
                    let mut keys = Vec::new();
                    for key in &window.partition_by {
                        keys.push(self.key(key)?);
                    }
                    parts.push(format!("PARTITION BY {}", keys.join(", ")));
                }
                if !window.order_by.is_empty() {
                    parts.push(format!("ORDER BY {}", self.order_by(&window.order_by)?));
                }
                text.push_str(&format!(" OVER ({})", parts.join(" ")));
            }
        }
        Some(Typed { node: Node::Closed(text), type_oid: result })
    }

    /// A key to sort or group by: what is no column is in parentheses.
    pub fn key(&mut self, key: &Expr) -> Option<String> {
        let text = self.text(key)?;
        let open = match key {
            Expr::ColumnRef(_) => false,
            Expr::Function(_) => true,
            _ => self.pretty,
        };
        Some(if open { format!("({text})") } else { text })
    }

    pub fn order_by(&mut self, keys: &[OrderBy]) -> Option<String> {
        let mut out = Vec::new();
        for key in keys {
            let text = self.key(&key.expr)?;
            out.push(text + direction(key)?);
        }
        Some(out.join(", "))
    }

    /// `EXTRACT(f FROM x)` and its like; `None` if the function has no such spelling.
    fn standard(&self, name: &str, call: &FunctionCall, shown: &[String]) -> Option<Node> {
        let text = match (name, shown) {
            ("extract", [_, value]) => {
                let Expr::Literal(Literal { value: LiteralValue::String(field), .. }) =
                    &call.arguments.first()?.value
                else {
                    return None;
                };
                format!("EXTRACT({} FROM {value})", quote_identifier(field))
            }
            ("position", [text, part]) => format!("POSITION(({part}) IN ({text}))"),
            ("substring", [text, from]) => format!("SUBSTRING({text} FROM {from})"),
            ("substring", [text, from, length]) => {
                format!("SUBSTRING({text} FROM {from} FOR {length})")
            }
            ("overlay", [text, new, from]) => {
                format!("OVERLAY({text} PLACING {new} FROM {from})")
            }
            ("overlay", [text, new, from, length]) => {
                format!("OVERLAY({text} PLACING {new} FROM {from} FOR {length})")
            }
            ("btrim", [text]) => format!("TRIM(BOTH FROM {text})"),
            ("btrim", [text, part]) => format!("TRIM(BOTH {part} FROM {text})"),
            ("ltrim", [text]) => format!("TRIM(LEADING FROM {text})"),
            ("ltrim", [text, part]) => format!("TRIM(LEADING {part} FROM {text})"),
            ("rtrim", [text]) => format!("TRIM(TRAILING FROM {text})"),
            ("rtrim", [text, part]) => format!("TRIM(TRAILING {part} FROM {text})"),
            ("timezone", [zone, value]) => format!("({value} AT TIME ZONE {zone})"),
            _ => return None,
        };
        Some(Node::Closed(text))
    }
}

fn direction(key: &OrderBy) -> Option<&'static str> {
    Some(match (&key.direction, key.nulls) {
        (SortDirection::Using(_), _) => return None,
        (SortDirection::Descending, NullsOrder::Last) => " DESC NULLS LAST",
        (SortDirection::Descending, _) => " DESC",
        (_, NullsOrder::First) => " NULLS FIRST",
        _ => "",
    })
}
