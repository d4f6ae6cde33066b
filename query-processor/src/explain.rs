//! EXPLAIN: options, plans with estimates, and with what really happened.

use std::sync::Arc;
use std::time::Instant;

use syntax::ast::{OptionItem, OptionValue};
use types::{Datum, SqlError, SqlResult, sqlstate};

use crate::environment::StatementEnvironment;

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub analyze: bool,
    pub inner: planner::ExplainOptions,
}

impl Options {
    pub fn read(items: &[OptionItem]) -> SqlResult<Options> {
        let mut options = Options::default();
        let mut timing = None;
        let mut summary = None;
        let (mut wal, mut generic) = (false, false);
        for item in items {
            let on = || boolean(item);
            match item.name.as_str() {
                "analyze" | "analyse" => options.analyze = on()?,
                "verbose" => options.inner.verbose = on()?,
                "costs" => options.inner.costs = on()?,
                "timing" => timing = Some(on()?),
                "summary" => summary = Some(on()?),
                // There are no shared buffers and no write-ahead log of this session to count, and every plan is generic:
                // nothing would be printed.
                "buffers" | "settings" => {
                    on()?;
                }
                "wal" => wal = on()?,
                "generic_plan" => generic = on()?,
                "format" => options.inner.format = format(item)?,
                other => {
                    return Err(SqlError::new(
                        sqlstate::SYNTAX_ERROR,
                        format!("unrecognized EXPLAIN option \"{other}\""),
                    )
                    .at(item.location));
                }
            }
        }
        let refusal = match options.analyze {
            false if wal => Some("EXPLAIN option WAL requires ANALYZE"),
            false if timing == Some(true) => Some("EXPLAIN option TIMING requires ANALYZE"),
            true if generic => {
                Some("EXPLAIN options ANALYZE and GENERIC_PLAN cannot be used together")
            }
            _ => None,
        };
        if let Some(message) = refusal {
            return Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message));
        }
        options.inner.analyze = options.analyze;
        options.inner.timing = timing.unwrap_or(options.analyze);
        options.inner.summary = summary.unwrap_or(options.analyze);
        Ok(options)
    }
}

/// The value of an option that is on or off.
pub fn boolean(item: &OptionItem) -> SqlResult<bool> {
    let text = match &item.value {
        None => return Ok(true),
        Some(OptionValue::Word(text) | OptionValue::String(text) | OptionValue::Number(text)) => {
            text.to_ascii_lowercase()
        }
        Some(_) => String::new(),
    };
    match text.as_str() {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" => Ok(false),
        _ => Err(SqlError::new(
            sqlstate::SYNTAX_ERROR,
            format!("{} requires a Boolean value", item.name),
        )
        .at(item.location)),
    }
}

fn format(item: &OptionItem) -> SqlResult<planner::ExplainFormat> {
    use planner::ExplainFormat;
    let text = match &item.value {
        Some(OptionValue::Word(text) | OptionValue::String(text)) => text.to_ascii_lowercase(),
        _ => String::new(),
    };
    match text.as_str() {
        "text" => Ok(ExplainFormat::Text),
        "json" => Ok(ExplainFormat::Json),
        "yaml" => Ok(ExplainFormat::Yaml),
        "xml" => Ok(ExplainFormat::Xml),
        other => Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("unrecognized value for EXPLAIN option \"format\": \"{other}\""),
        )
        .at(item.location)),
    }
}

/// The plan as lines of text; with ANALYZE the statement is run, and its effects stay in the transaction.
pub fn run(
    make_plan: impl FnOnce() -> SqlResult<Arc<planner::plan::Statement>>,
    parameters: Vec<Datum>,
    environment: &Arc<StatementEnvironment>,
    options: &Options,
) -> SqlResult<Vec<String>> {
    let mut inner = options.inner.clone();
    let begun = Instant::now();
    let plan = make_plan()?;
    if inner.summary {
        inner.planning_ms = Some(milliseconds(begun));
    }
    if !options.analyze {
        return Ok(planner::explain(&plan, &inner, None));
    }
    let begun = Instant::now();
    let context = Arc::clone(environment) as Arc<dyn executor::Environment>;
    let mut execution =
        executor::Execution::with_instrumentation(Arc::clone(&plan), parameters, context)?;
    while execution.next_batch(crate::portal::BATCH_ROWS)?.is_some() {}
    execution.finish()?;
    inner.execution_ms = Some(milliseconds(begun));
    let actuals = |node: &planner::plan::Plan| execution.actuals(node).map(converted);
    Ok(planner::explain(&plan, &inner, Some(&actuals)))
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}

/// What the executor counted, as EXPLAIN prints it.
fn converted(counted: executor::NodeActuals) -> planner::NodeActuals {
    planner::NodeActuals {
        rows: counted.rows,
        loops: counted.loops,
        startup_ms: counted.startup_microseconds as f64 / 1_000.0,
        total_ms: counted.microseconds as f64 / 1_000.0,
        removed: counted.removed,
        rows_read: counted.rows_read,
        bytes_read: counted.bytes_read,
        spilled_bytes: counted.spilled_bytes,
    }
}
