//! Options of columns: `WITH (merge = delta)` in a definition, `ALTER COLUMN ... SET (...)` and `RESET (...)` later.

use catalog::descriptor::MERGE;
use catalog::{Column, Relation};
use syntax::ast::OptionItem;
use types::{SqlResult, oid, sqlstate};

use crate::run::{Run, error};
use crate::sequence::option_text;

/// PostgreSQL's, which are kept and shown; the planner does not ask for them.
const KEPT: [&str; 2] = ["n_distinct", "n_distinct_inherited"];

/// Sets options of one column.
pub fn set(column: &mut Column, options: &[OptionItem]) -> SqlResult<()> {
    for (name, value) in option_text(options) {
        match name.as_str() {
            "merge" if value == MERGE.1 => require_counter(column)?,
            "merge" => {
                return Err(error(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("invalid value for option \"merge\": {value}"),
                )
                .detail("Valid values are \"delta\"."));
            }
            kept if KEPT.contains(&kept) => {
                let number = value.parse::<f64>().map_err(|_| {
                    error(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        format!("invalid value for floating point option \"{name}\": {value}"),
                    )
                })?;
                if number < -1.0 {
                    return Err(error(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        format!("value {value} out of bounds for option \"{name}\""),
                    ));
                }
            }
            _ => {
                return Err(error(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("unrecognized parameter \"{name}\""),
                ));
            }
        }
        column.options.retain(|(known, _)| *known != name);
        column.options.push((name, value));
    }
    Ok(())
}

/// Takes options of one column back.
pub fn reset(column: &mut Column, options: &[OptionItem]) {
    let names: Vec<String> = option_text(options).into_iter().map(|(name, _)| name).collect();
    column.options.retain(|(known, _)| !names.contains(known));
}

/// Deltas are added to eight bytes in place, far from the ends of the type.
pub fn require_counter(column: &Column) -> SqlResult<()> {
    if column.type_oid == oid::INT8 {
        return Ok(());
    }
    Err(error(
        sqlstate::INVALID_TABLE_DEFINITION,
        format!("column \"{}\" must be of type bigint to merge deltas", column.name),
    ))
}

impl Run<'_> {
    /// Rows that were written before a counter was added do not have it, and a sum has no place in them.
    pub fn store_counters(&mut self, table: &mut Relation, old: Relation) -> SqlResult<()> {
        let is_absent = |column: &Column| column.merges_deltas() && column.missing.is_some();
        if table.columns.iter().any(is_absent) {
            let columns = vec![None; table.columns.len()];
            self.rewrite(table, old, columns)?;
        }
        Ok(())
    }
}
