//! Two answers to one statement, side by side.
//!
//! What a program can act on has to be equal: rows, columns, tags, notices, SQLSTATEs, positions. What only a person
//! reads, the text of messages with details and hints, is counted apart.

use std::fmt;

use super::wire::{Answer, Column, Complaint, Row};

/// OIDs from here on are given out by a server as it goes, so they differ without meaning.
const FIRST_OWN_OID: u32 = 16_384;

/// In what two answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A server closed the connection or said nothing.
    Lost,
    Rows,
    Columns,
    Tag,
    Notice,
    Sqlstate,
    Position,
    /// Rows in binary format.
    Binary,
    /// Text of an error or of a notice, its detail or its hint.
    Message,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Lost => "lost",
            Kind::Rows => "rows",
            Kind::Columns => "columns",
            Kind::Tag => "tag",
            Kind::Notice => "notice",
            Kind::Sqlstate => "sqlstate",
            Kind::Position => "position",
            Kind::Binary => "binary",
            Kind::Message => "message",
        }
    }
}

/// One difference, with both sides as a person reads them.
#[derive(Clone, Debug)]
pub struct Difference {
    pub kind: Kind,
    pub postgres: String,
    pub quorate: String,
}

/// What a server answered, or why it did not.
pub type Outcome = Result<Answer, String>;

/// Compares what both answered to one statement in text format.
pub fn compare(sql: &str, postgres: &Outcome, quorate: &Outcome) -> Vec<Difference> {
    let (left, right) = match (postgres, quorate) {
        (Ok(left), Ok(right)) => (left, right),
        _ => return vec![difference(Kind::Lost, shown(postgres), shown(quorate))],
    };
    let mut found = Vec::new();
    if left.error.is_none() && right.error.is_none() {
        if !columns_agree(&left.columns, &right.columns) {
            let texts = [&left.columns, &right.columns].map(|columns| show_columns(columns));
            let [postgres, quorate] = texts;
            found.push(difference(Kind::Columns, postgres, quorate));
        }
        let rows = [left, right].map(|answer| arrange(sql, &answer.rows));
        if rows[0] != rows[1] || left.copied != right.copied {
            let (postgres, quorate) = show_rows(&rows[0], &rows[1]);
            found.push(difference(Kind::Rows, postgres, quorate));
        }
    }
    if left.tags != right.tags {
        let texts = [left, right].map(|answer| match &answer.error {
            Some(error) => error.to_string(),
            None => answer.tags.join(", "),
        });
        let [postgres, quorate] = texts;
        let only_errors = left.tags.is_empty() != right.tags.is_empty();
        // Where one succeeds and the other does not, the SQLSTATE tells.
        if !only_errors || left.error.is_some() == right.error.is_some() {
            found.push(difference(Kind::Tag, postgres, quorate));
        }
    }
    compare_errors(left, right, &mut found);
    compare_notices(left, right, &mut found);
    found
}

fn compare_errors(left: &Answer, right: &Answer, found: &mut Vec<Difference>) {
    let show = |answer: &Answer| match &answer.error {
        Some(error) => error.to_string(),
        None => format!("{} ({} rows)", answer.tags.join(", "), answer.rows.len()),
    };
    let add = |kind| difference(kind, show(left), show(right));
    match (&left.error, &right.error) {
        (None, None) => {}
        (Some(one), Some(two)) if one.code == two.code => {
            if one.position != two.position {
                found.push(add(Kind::Position));
            }
            if !texts_agree(one, two) {
                found.push(add(Kind::Message));
            }
        }
        _ => found.push(add(Kind::Sqlstate)),
    }
    if left.state != right.state && found.is_empty() {
        let [postgres, quorate] =
            [left, right].map(|answer| format!("state {}", char::from(answer.state)));
        found.push(difference(Kind::Tag, postgres, quorate));
    }
}

fn compare_notices(left: &Answer, right: &Answer, found: &mut Vec<Difference>) {
    if left.error.is_some() != right.error.is_some() || left.notices == right.notices {
        return;
    }
    let agree = left.notices.len() == right.notices.len()
        && left
            .notices
            .iter()
            .zip(&right.notices)
            .all(|(one, two)| one.code == two.code && one.severity == two.severity);
    let [postgres, quorate] = [left, right].map(|answer| {
        let notices: Vec<String> = answer.notices.iter().map(Complaint::to_string).collect();
        notices.join("; ")
    });
    found.push(difference(if agree { Kind::Message } else { Kind::Notice }, postgres, quorate));
}

/// Compares rows in binary format; columns whose bytes hold OIDs of a server's own are left out.
pub fn compare_binary(sql: &str, postgres: &Outcome, quorate: &Outcome) -> Option<Difference> {
    let (left, right) = match (postgres, quorate) {
        (Ok(left), Ok(right)) => (left, right),
        _ => return Some(difference(Kind::Lost, shown(postgres), shown(quorate))),
    };
    let (Some(columns), Some(_)) = (left.columns.first(), right.columns.first()) else {
        let differs = left.error.as_ref().map(|error| &error.code)
            != right.error.as_ref().map(|error| &error.code);
        return differs.then(|| difference(Kind::Binary, shown(postgres), shown(quorate)));
    };
    let has_record = |column: &Column| {
        column.type_oid >= FIRST_OWN_OID || matches!(column.type_oid, 2249 | 2287)
    };
    if columns.iter().any(has_record) {
        return None;
    }
    let rows = [left, right].map(|answer| arrange(sql, &answer.rows));
    if rows[0] == rows[1] && left.error.is_some() == right.error.is_some() {
        return None;
    }
    let hex = |rows: &[Row]| {
        let lines = rows.iter().take(3).map(|row| {
            let fields = row.iter().map(|field| match field {
                None => "∅".to_owned(),
                Some(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            });
            fields.collect::<Vec<String>>().join("|")
        });
        lines.collect::<Vec<String>>().join("\n")
    };
    let show = |answer: &Answer, rows: &[Row]| match &answer.error {
        Some(error) => error.to_string(),
        None => hex(rows),
    };
    Some(difference(Kind::Binary, show(left, &rows[0]), show(right, &rows[1])))
}

/// Rows in the order that means something: as they came where the statement orders them, else sorted.
fn arrange(sql: &str, rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    if !orders_rows(sql) {
        rows.sort();
    }
    rows
}

/// Whether an ORDER BY stands outside of all parentheses and quotes.
pub fn orders_rows(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    let mut depth = 0_i32;
    let mut is_quoted = false;
    for (index, byte) in lower.bytes().enumerate() {
        match byte {
            b'\'' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'o' if depth == 0 && lower.as_bytes()[index..].starts_with(b"order by") => {
                return true;
            }
            _ => {}
        }
    }
    false
}

fn columns_agree(left: &[Vec<Column>], right: &[Vec<Column>]) -> bool {
    let agree = |one: &Column, two: &Column| {
        let types = one.type_oid == two.type_oid
            || (one.type_oid >= FIRST_OWN_OID && two.type_oid >= FIRST_OWN_OID);
        types && one.name == two.name && one.modifier == two.modifier
    };
    left.len() == right.len()
        && left.iter().zip(right).all(|(one, two)| {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| agree(one, two))
        })
}

/// Whether two messages say the same; OIDs of objects aside.
fn texts_agree(one: &Complaint, two: &Complaint) -> bool {
    one.severity == two.severity
        && one.message == two.message
        && one.detail == two.detail
        && one.hint == two.hint
}

fn difference(kind: Kind, postgres: String, quorate: String) -> Difference {
    Difference { kind, postgres, quorate }
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Err(lost) => format!("lost: {lost}"),
        Ok(Answer { error: Some(error), .. }) => error.to_string(),
        Ok(answer) => format!("{} ({} rows)", answer.tags.join(", "), answer.rows.len()),
    }
}

fn show_columns(columns: &[Vec<Column>]) -> String {
    let results = columns.iter().map(|result| {
        let columns = result.iter().map(|column| {
            let Column { name, type_oid, modifier } = column;
            if *modifier == -1 {
                format!("{name}:{type_oid}")
            } else {
                format!("{name}:{type_oid}({modifier})")
            }
        });
        columns.collect::<Vec<String>>().join(" ")
    });
    results.collect::<Vec<String>>().join(" / ")
}

/// The rows that one side has and the other has not, a few of them.
fn show_rows(left: &[Row], right: &[Row]) -> (String, String) {
    const MOST_SHOWN: usize = 4;
    let show = |rows: &[Row], others: &[Row]| {
        let missing: Vec<&Row> = rows.iter().filter(|row| !others.contains(row)).collect();
        let shown = if missing.is_empty() { rows.iter().collect() } else { missing };
        let lines = shown.iter().take(MOST_SHOWN).map(|row| RowText(row).to_string());
        let text = lines.collect::<Vec<String>>().join("\n");
        let more = shown.len().saturating_sub(MOST_SHOWN);
        if more == 0 { text } else { format!("{text}\n({more} more)") }
    };
    (show(left, right), show(right, left))
}

struct RowText<'a>(&'a Row);

impl fmt::Display for RowText<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, field) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "|" };
            match field {
                Some(bytes) => write!(out, "{separator}{}", String::from_utf8_lossy(bytes))?,
                None => write!(out, "{separator}∅")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rows: &[&str]) -> Outcome {
        let rows = rows.iter().map(|row| vec![Some(row.as_bytes().to_vec())]).collect();
        let column = Column { name: "x".to_owned(), type_oid: 25, modifier: -1 };
        Ok(Answer {
            columns: vec![vec![column]],
            rows,
            tags: vec!["SELECT 2".to_owned()],
            ..Answer::default()
        })
    }

    fn kinds(sql: &str, left: &Outcome, right: &Outcome) -> Vec<Kind> {
        compare(sql, left, right).into_iter().map(|found| found.kind).collect()
    }

    #[test]
    fn order_counts_where_it_is_asked_for() {
        let (left, right) = (answer(&["a", "b"]), answer(&["b", "a"]));
        assert_eq!(kinds("select x from t", &left, &right), []);
        assert_eq!(kinds("select x from t order by x", &left, &right), [Kind::Rows]);
        assert_eq!(kinds("select x, (select y order by z), 'order by'", &left, &right), []);
    }

    #[test]
    fn own_oids_are_equal_and_texts_are_counted_apart() {
        let with_oid = |oid| {
            let mut outcome = answer(&[]);
            if let Ok(answer) = &mut outcome {
                answer.columns[0][0].type_oid = oid;
            }
            outcome
        };
        assert_eq!(kinds("", &with_oid(16_400), &with_oid(90_000)), []);
        assert_eq!(kinds("", &with_oid(25), &with_oid(1043)), [Kind::Columns]);
        let with_error = |code: &str, message: &str| {
            let error = Complaint {
                code: code.to_owned(),
                message: message.to_owned(),
                ..Complaint::default()
            };
            Ok(Answer { error: Some(error), ..Answer::default() })
        };
        assert_eq!(kinds("", &with_error("1", "a"), &with_error("1", "b")), [Kind::Message]);
        assert_eq!(kinds("", &with_error("1", "a"), &with_error("2", "a")), [Kind::Sqlstate]);
        assert_eq!(kinds("", &answer(&[]), &Err("gone".to_owned())), [Kind::Lost]);
    }
}
