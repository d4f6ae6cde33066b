//! Tests of the output formats.

use super::*;

fn rendered(format: OutputFormat, rows: &[&[Option<&str>]]) -> String {
    let columns = ["id", "name", "price", "ok", "extra"].map(str::to_owned).to_vec();
    let mut writer = ResultWriter::new(format, Colour::Off, columns, vec![20, 25, 1700, 16, 3802]);
    let mut output = Vec::new();
    writer.begin(&mut output).expect("memory");
    for row in rows {
        let row = row.iter().map(|value| value.map(str::to_owned)).collect();
        writer.row(row, &mut output).expect("memory");
    }
    writer.finish(&mut output).expect("memory");
    String::from_utf8(output).expect("text")
}

const ROWS: &[&[Option<&str>]] = &[
    &[Some("1"), Some("pen, \"red\""), Some("1.50"), Some("t"), Some("{\"a\":\n1}")],
    &[Some("20"), None, Some("NaN"), Some("f"), None],
    &[Some("300"), Some(""), None, None, Some("[]")],
];

#[test]
fn a_table_looks_like_that_of_psql() {
    let expected = "  id |    name    | price | ok | extra
-----+------------+-------+----+-------
   1 | pen, \"red\" |  1.50 | t  | {\"a\":
     |            |       |    | 1}
  20 |            |   NaN | f  |
 300 |            |       |    | []
(3 rows)

";
    assert_eq!(rendered(OutputFormat::Table, ROWS), expected);
}

#[test]
fn an_empty_result_still_shows_its_columns() {
    let expected = " id | name | price | ok | extra
----+------+-------+----+-------
(0 rows)

";
    assert_eq!(rendered(OutputFormat::Table, &[]), expected);
    assert_eq!(rendered(OutputFormat::Csv, &[]), "id,name,price,ok,extra\n");
    assert_eq!(rendered(OutputFormat::Json, &[]), "[]\n");
    assert_eq!(rendered(OutputFormat::Ndjson, &[]), "");
    assert_eq!(rendered(OutputFormat::Vertical, &[]), "(0 rows)\n\n");
}

#[test]
fn csv_tells_null_from_empty_text() {
    let expected = "id,name,price,ok,extra\n\
                    1,\"pen, \"\"red\"\"\",1.50,t,\"{\"\"a\"\":\n1}\"\n\
                    20,,NaN,f,\n\
                    300,\"\",,,[]\n";
    assert_eq!(rendered(OutputFormat::Csv, ROWS), expected);
}

#[test]
fn json_keeps_numbers_truth_values_and_documents() {
    let text = rendered(OutputFormat::Json, ROWS);
    let parsed: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    let expected = serde_json::json!([
        {"id": 1, "name": "pen, \"red\"", "price": 1.5, "ok": true, "extra": {"a": 1}},
        {"id": 20, "name": null, "price": "NaN", "ok": false, "extra": null},
        {"id": 300, "name": "", "price": null, "ok": null, "extra": []},
    ]);
    assert_eq!(parsed, expected);
    let lines = rendered(OutputFormat::Ndjson, ROWS);
    assert_eq!(lines.lines().count(), 3);
    for (line, object) in lines.lines().zip(expected.as_array().expect("array")) {
        assert_eq!(&serde_json::from_str::<serde_json::Value>(line).expect("JSON"), object);
    }
}

#[test]
fn json_does_not_round_a_long_number() {
    assert_eq!(
        json_value(Some("123456789012345678901234.5678"), 1700),
        "123456789012345678901234.5678"
    );
    assert_eq!(json_value(Some("9223372036854775807"), 20), "9223372036854775807");
}

#[test]
fn vertical_writes_a_line_per_column() {
    let expected = "\
-[ RECORD 1 ]
id    | 20
name  |
price | NaN
ok    | f
extra |

";
    assert_eq!(rendered(OutputFormat::Vertical, &ROWS[1..2]), expected);
}

#[test]
fn a_long_table_is_written_in_batches_and_counted_once() {
    let row: &[Option<&str>] = &[Some("1"), Some("x"), None, None, None];
    let rows = vec![row; TABLE_BATCH_ROWS + 1];
    let text = rendered(OutputFormat::Table, &rows);
    assert_eq!(text.lines().filter(|line| line.starts_with("----")).count(), 2);
    assert!(text.ends_with(&format!("({} rows)\n\n", TABLE_BATCH_ROWS + 1)));
}

#[test]
fn a_result_cut_short_has_no_footer() {
    let mut writer = ResultWriter::new(OutputFormat::Table, Colour::Off, vec!["a".into()], vec![]);
    let mut output = Vec::new();
    writer.row(vec![Some("1".into())], &mut output).expect("memory");
    writer.abandon(&mut output).expect("memory");
    assert_eq!(String::from_utf8(output).expect("text"), " a\n---\n 1\n");
}

#[test]
fn a_value_cannot_steer_the_terminal() {
    assert_eq!(printable("a\x1b[2Jb\r\tc\n"), "a\\x1B[2Jb\\r    c\n");
}

#[test]
fn formats_have_names() {
    assert_eq!("ndjson".parse(), Ok(OutputFormat::Ndjson));
    assert!("xml".parse::<OutputFormat>().is_err());
}
