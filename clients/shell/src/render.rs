//! Result sets as text: aligned table, vertical, CSV, JSON, one JSON object per line.
//!
//! CSV and both JSON forms are written row by row, so a result of any size passes through. A table
//! needs its widths before the first line, so rows are collected; past `TABLE_BATCH_ROWS` it is
//! written in several tables, which bounds memory at the price of widths that may change between.

use std::io::Write;

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table, TableComponent};

use crate::report::Colour;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// Aligned columns and a footer with the number of rows.
    #[default]
    Table,
    /// RFC 4180 with a header line.
    Csv,
    /// An array of objects.
    Json,
    /// An object per line.
    Ndjson,
    /// A line per column, as psql's expanded display.
    Vertical,
}

impl OutputFormat {
    /// True if a person reads it, so that command tags and timing may stand between results.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Vertical)
    }
}

impl std::str::FromStr for OutputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "table" => Ok(Self::Table),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            "ndjson" => Ok(Self::Ndjson),
            "vertical" => Ok(Self::Vertical),
            _ => Err(format!(
                "unknown format \"{text}\" (one of table, csv, json, ndjson, vertical)"
            )),
        }
    }
}

const TABLE_BATCH_ROWS: usize = 10_000;

/// Types whose text is a JSON number: int8, int2, int4, oid, float4, float8, numeric.
const NUMBER_TYPES: [u32; 7] = [20, 21, 23, 26, 700, 701, 1700];
/// Types shown at the right edge: the numbers, and money.
const MONEY_TYPE: u32 = 790;
const BOOLEAN_TYPE: u32 = 16;
const JSON_TYPES: [u32; 2] = [114, 3802];

/// One value as the server wrote it; `None` is NULL.
pub(crate) type Value = Option<String>;

/// Writes one result set.
pub(crate) struct ResultWriter {
    format: OutputFormat,
    colour: Colour,
    title: Option<String>,
    columns: Vec<String>,
    types: Vec<u32>,
    rows: Vec<Vec<Value>>,
    row_count: u64,
}

impl ResultWriter {
    /// `types` may be shorter than `columns`; a type that is not known counts as text.
    pub(crate) fn new(
        format: OutputFormat,
        colour: Colour,
        columns: Vec<String>,
        types: Vec<u32>,
    ) -> Self {
        Self { format, colour, title: None, columns, types, rows: Vec::new(), row_count: 0 }
    }

    /// A line above the table.
    pub(crate) fn with_title(mut self, title: String) -> Self {
        self.title = Some(title);
        self
    }

    pub(crate) fn begin(&mut self, output: &mut dyn Write) -> std::io::Result<()> {
        match self.format {
            OutputFormat::Csv => {
                let header: Vec<String> = self.columns.iter().map(|name| csv_field(name)).collect();
                writeln!(output, "{}", header.join(","))
            }
            OutputFormat::Json => write!(output, "["),
            OutputFormat::Table | OutputFormat::Ndjson | OutputFormat::Vertical => Ok(()),
        }
    }

    pub(crate) fn row(&mut self, row: Vec<Value>, output: &mut dyn Write) -> std::io::Result<()> {
        self.row_count += 1;
        match self.format {
            OutputFormat::Table => {
                self.rows.push(row);
                if self.rows.len() == TABLE_BATCH_ROWS {
                    self.write_table(output)?;
                }
                Ok(())
            }
            OutputFormat::Csv => {
                let fields: Vec<String> = row
                    .iter()
                    .map(|value| value.as_deref().map_or_else(String::new, csv_field))
                    .collect();
                writeln!(output, "{}", fields.join(","))
            }
            OutputFormat::Json => {
                let separator = if self.row_count == 1 { "\n " } else { ",\n " };
                write!(output, "{separator}{}", self.json_object(&row))
            }
            OutputFormat::Ndjson => writeln!(output, "{}", self.json_object(&row)),
            OutputFormat::Vertical => self.write_record(&row, output),
        }
    }

    pub(crate) fn finish(mut self, output: &mut dyn Write) -> std::io::Result<()> {
        match self.format {
            OutputFormat::Table => {
                if !self.rows.is_empty() || self.row_count == 0 {
                    self.write_table(output)?;
                }
                let noun = if self.row_count == 1 { "row" } else { "rows" };
                writeln!(output, "({} {noun})\n", self.row_count)
            }
            OutputFormat::Json if self.row_count == 0 => writeln!(output, "]"),
            OutputFormat::Json => writeln!(output, "\n]"),
            OutputFormat::Vertical if self.row_count == 0 => writeln!(output, "(0 rows)\n"),
            OutputFormat::Vertical => writeln!(output),
            OutputFormat::Csv | OutputFormat::Ndjson => Ok(()),
        }
    }

    /// Writes what is left of a result that ended in an error: only complete rows, and no footer
    /// that would say that it is whole.
    pub(crate) fn abandon(mut self, output: &mut dyn Write) -> std::io::Result<()> {
        if self.format == OutputFormat::Table && !self.rows.is_empty() {
            self.write_table(output)?;
        }
        Ok(())
    }

    fn is_right_aligned(&self, column: usize) -> bool {
        self.types
            .get(column)
            .is_some_and(|number| NUMBER_TYPES.contains(number) || *number == MONEY_TYPE)
    }

    fn write_table(&mut self, output: &mut dyn Write) -> std::io::Result<()> {
        let mut table = Table::new();
        table.set_content_arrangement(ContentArrangement::Disabled).load_preset(NOTHING);
        table
            .set_style(TableComponent::HeaderLines, '-')
            .set_style(TableComponent::MiddleHeaderIntersections, '+')
            .set_style(TableComponent::VerticalLines, '|');
        if self.colour == Colour::On {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let header = self.columns.iter().map(|name| {
            let cell = Cell::new(printable(name)).set_alignment(CellAlignment::Center);
            if self.colour == Colour::On { cell.add_attribute(Attribute::Bold) } else { cell }
        });
        table.set_header(header.collect::<Vec<_>>());
        let rows = std::mem::take(&mut self.rows);
        for row in rows {
            let cells = row.into_iter().enumerate().map(|(column, value)| {
                let cell = Cell::new(printable(&value.unwrap_or_default()));
                if self.is_right_aligned(column) {
                    cell.set_alignment(CellAlignment::Right)
                } else {
                    cell
                }
            });
            table.add_row(cells.collect::<Vec<_>>());
        }
        let text = table.to_string();
        if let Some(title) = self.title.take() {
            let width = text.lines().nth(1).map_or(0, str::len);
            let indent = width.saturating_sub(title.chars().count()) / 2;
            writeln!(output, "{}{title}", " ".repeat(indent))?;
        }
        for line in text.lines() {
            writeln!(output, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn write_record(&self, row: &[Value], output: &mut dyn Write) -> std::io::Result<()> {
        let name_width =
            self.columns.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        let values: Vec<String> =
            row.iter().map(|value| printable(value.as_deref().unwrap_or_default())).collect();
        let value_width = values
            .iter()
            .flat_map(|value| value.lines().map(|line| line.chars().count()))
            .max()
            .unwrap_or_default();
        let mut heading = format!("-[ RECORD {} ]", self.row_count);
        while heading.len() < name_width + 1 {
            heading.push('-');
        }
        if heading.len() == name_width + 1 {
            heading.push('+');
        }
        while heading.len() < name_width + 3 + value_width {
            heading.push('-');
        }
        writeln!(output, "{heading}")?;
        for (name, value) in self.columns.iter().zip(&values) {
            let mut lines = value.split('\n');
            let name = printable(name);
            let first = format!("{name:name_width$} | {}", lines.next().unwrap_or_default());
            writeln!(output, "{}", first.trim_end())?;
            for line in lines {
                writeln!(output, "{:name_width$} | {line}", "")?;
            }
        }
        Ok(())
    }

    fn json_object(&self, row: &[Value]) -> String {
        let members: Vec<String> = self
            .columns
            .iter()
            .zip(row)
            .enumerate()
            .map(|(column, (name, value))| {
                let type_number = self.types.get(column).copied().unwrap_or_default();
                format!("{}:{}", json_text(name), json_value(value.as_deref(), type_number))
            })
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

fn csv_field(value: &str) -> String {
    let quoted = value.is_empty()
        || value.contains([',', '"', '\n', '\r'])
        || value.starts_with(' ')
        || value.ends_with(' ')
        || value == "\\.";
    if quoted { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn json_value(value: Option<&str>, type_number: u32) -> String {
    let Some(text) = value else { return "null".to_owned() };
    if type_number == BOOLEAN_TYPE {
        return if text == "t" { "true" } else { "false" }.to_owned();
    }
    // The digits are passed on as they are: parsing them would cost the precision of a numeric.
    // NaN and Infinity are no JSON numbers and become strings.
    if NUMBER_TYPES.contains(&type_number) && serde_json::from_str::<f64>(text).is_ok() {
        return text.to_owned();
    }
    if JSON_TYPES.contains(&type_number) && serde_json::from_str::<serde_json::Value>(text).is_ok()
    {
        // In valid JSON a line break can only be white space between tokens.
        return text.replace(['\n', '\r'], " ");
    }
    json_text(text)
}

/// Replaces control characters, which a terminal would obey, by what psql shows for them.
fn printable(text: &str) -> String {
    if !text.chars().any(|character| character.is_control() && character != '\n') {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' => shown.push('\n'),
            '\t' => shown.push_str("    "),
            '\r' => shown.push_str("\\r"),
            _ if character.is_control() => {
                shown.push_str(&format!("\\x{:02X}", u32::from(character)));
            }
            _ => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
