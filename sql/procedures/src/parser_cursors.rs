//! The grammar of cursors: their declarations, OPEN, FETCH, MOVE and loops over them.

use std::sync::Arc;

use types::sqlstate;

use crate::parser::{Parse, ParseError, Parser};
use crate::tree::{Cursor, CursorArguments, Declaration, Direction, Kind, Opened, Source, Step};

/// Items of GET DIAGNOSTICS, and of GET STACKED DIAGNOSTICS.
const CURRENT_ITEMS: [&str; 3] = ["row_count", "pg_context", "pg_routine_oid"];
const STACKED_ITEMS: [&str; 10] = [
    "returned_sqlstate",
    "message_text",
    "pg_exception_detail",
    "pg_exception_hint",
    "pg_exception_context",
    "column_name",
    "constraint_name",
    "pg_datatype_name",
    "table_name",
    "schema_name",
];

impl Parser<'_> {
    /// `SCROLL`, `NO SCROLL` or neither.
    fn scrolls(&mut self) -> Parse<bool> {
        if self.accept("no") {
            self.expect("scroll")?;
            return Ok(false);
        }
        self.accept("scroll");
        Ok(true)
    }

    /// What follows the name in `name [NO SCROLL] CURSOR [(parameters)] FOR query`.
    pub(crate) fn cursor_declaration(&mut self, name: String, line: u32) -> Parse<Declaration> {
        let scrolls = self.scrolls()?;
        self.expect("cursor")?;
        let mut parameters = Vec::new();
        if self.accept("(") {
            loop {
                let parameter = self.name()?;
                parameters.push((parameter, self.until(&[",", ")", "default", ":=", "="])?));
                if !self.accept(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        if !self.accept("is") {
            self.expect("for")?;
        }
        let query = self.until(&[";"])?;
        self.expect(";")?;
        self.cursors.push((name.clone(), !parameters.is_empty()));
        let cursor = Cursor { name: name.clone(), scrolls, parameters, query };
        Ok(Declaration {
            name,
            type_name: "refcursor".to_owned(),
            line,
            cursor: Some(Arc::new(cursor)),
            ..Declaration::default()
        })
    }

    /// The name or number that ALIAS FOR takes.
    pub(crate) fn alias(&mut self) -> Parse<String> {
        if self.accept("$") {
            return Ok(format!("${}", self.number()?));
        }
        self.name()
    }

    pub(crate) fn number(&mut self) -> Parse<usize> {
        let number = self.peek(0).parse().map_err(|_| self.unexpected())?;
        self.at += 1;
        Ok(number)
    }

    fn cursor_arguments(&mut self, name: &str) -> Parse<CursorArguments> {
        let mut arguments = Vec::new();
        let takes = self.cursors.iter().find(|known| known.0 == name).map(|known| known.1);
        match (takes, self.peek(0) == "(") {
            (Some(true), false) => {
                return Err(self.error(format!("cursor \"{name}\" has arguments")));
            }
            (Some(false), true) => {
                return Err(self.error(format!("cursor \"{name}\" has no arguments")));
            }
            _ => {}
        }
        if !self.accept("(") {
            return Ok(arguments);
        }
        loop {
            let named =
                self.pieces.get(self.at).is_some_and(|piece| piece.name) && self.peek(1) == ":=";
            let mut name = None;
            if named {
                name = Some(self.name()?);
                self.expect(":=")?;
            }
            arguments.push((name, self.until(&[",", ")"])?));
            if !self.accept(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(arguments)
    }

    pub(crate) fn for_cursor(&mut self, label: Option<String>, variable: String) -> Parse<Kind> {
        let cursor = self.name()?;
        let arguments = self.cursor_arguments(&cursor)?;
        self.expect("loop")?;
        let body = self.loop_body()?;
        Ok(Kind::ForCursor { label, variable, cursor, arguments, body })
    }

    pub(crate) fn open_statement(&mut self) -> Parse<Kind> {
        let cursor = self.target()?;
        if matches!(self.peek(0), ";" | "(") {
            let what = Opened::Bound(self.cursor_arguments(&cursor.join("."))?);
            return Ok(Kind::Open { cursor, what });
        }
        let scrolls = self.scrolls()?;
        self.expect("for")?;
        let source = match self.accept("execute") {
            true => Source::Dynamic(self.dynamic(&[";"])?),
            false => Source::Sql(self.until(&[";"])?),
        };
        Ok(Kind::Open { cursor, what: Opened::Query { source, scrolls } })
    }

    /// A direction up to the cursor's name. FETCH takes one row only.
    fn step(&mut self, is_move: bool) -> Parse<Step> {
        let many = |parser: &Parser<'_>| ParseError {
            sqlstate: sqlstate::FEATURE_NOT_SUPPORTED,
            message: "FETCH statement cannot return multiple rows".to_owned(),
            line: parser.line(),
        };
        let plain = |direction| Step { direction, count: None };
        // Whether the next word is the cursor itself: then there is no direction.
        if self.pieces.get(self.at).is_some_and(|piece| piece.name)
            && matches!(self.peek(1), ";" | "into")
        {
            return Ok(plain(Direction::Forward(1)));
        }
        let fixed = [
            ("next", Direction::Forward(1)),
            ("prior", Direction::Backward(1)),
            ("first", Direction::Absolute(1)),
            ("last", Direction::Absolute(-1)),
        ];
        if let Some((_, direction)) = fixed.iter().find(|(word, _)| self.accept(word)) {
            self.from();
            return Ok(plain(*direction));
        }
        if self.accept("absolute") || self.accept("relative") {
            let is_absolute = self.peek_behind() == "absolute";
            let count = Some(self.until(&["from", "in"])?);
            self.from();
            let direction =
                if is_absolute { Direction::Absolute(0) } else { Direction::Relative(0) };
            return Ok(Step { direction, count });
        }
        let backward = self.accept("backward");
        let worded = backward || self.accept("forward");
        let way = |steps| {
            if backward { Direction::Backward(steps) } else { Direction::Forward(steps) }
        };
        let step = if self.accept("all") {
            plain(way(i64::MAX))
        } else if matches!(self.peek(0), "from" | "in")
            || (worded && matches!(self.peek(1), ";" | "into"))
        {
            plain(way(1))
        } else {
            Step { direction: way(0), count: Some(self.until(&["from", "in"])?) }
        };
        self.from();
        if !is_move && step != plain(way(1)) {
            return Err(many(self));
        }
        Ok(step)
    }

    fn peek_behind(&self) -> &str {
        self.at.checked_sub(1).map_or("", |before| self.pieces[before].text.as_str())
    }

    fn from(&mut self) {
        let _ = self.accept("from") || self.accept("in");
    }

    pub(crate) fn fetch_statement(&mut self, is_move: bool) -> Parse<Kind> {
        let step = self.step(is_move)?;
        let cursor = self.target()?;
        let mut into = None;
        if !is_move {
            self.expect("into")?;
            into = Some(self.targets()?);
        }
        Ok(Kind::Fetch { cursor, step, into })
    }

    /// Each kind of GET DIAGNOSTICS has items of its own.
    pub(crate) fn check_item(&self, stacked: bool, item: &str) -> Parse<()> {
        let (own, others, word): (&[&str], &[&str], _) = match stacked {
            true => (&STACKED_ITEMS, &CURRENT_ITEMS, "STACKED"),
            false => (&CURRENT_ITEMS, &STACKED_ITEMS, "CURRENT"),
        };
        if own.contains(&item) {
            return Ok(());
        }
        Err(self.error(if others.contains(&item) {
            format!(
                "diagnostics item {} is not allowed in GET {word} DIAGNOSTICS",
                item.to_uppercase()
            )
        } else {
            format!("unrecognized GET DIAGNOSTICS item at or near \"{item}\"")
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::parse;

    fn first(statement: &str) -> Result<Kind, String> {
        let body = format!("declare c cursor (n int) for select n; begin {statement} end");
        match parse(&body) {
            Ok(block) => Ok(block.body[0].kind.clone()),
            Err(failure) => Err(failure.message),
        }
    }

    #[test]
    fn directions_are_read_as_postgresql_reads_them() {
        let step = |statement: &str| match first(statement) {
            Ok(Kind::Fetch { step, .. }) => Ok((step.direction, step.count)),
            Ok(other) => Err(format!("{other:?}")),
            Err(message) => Err(message),
        };
        for (statement, direction, count) in [
            ("fetch c into x;", Direction::Forward(1), None),
            ("fetch next from c into x;", Direction::Forward(1), None),
            ("fetch last in c into x;", Direction::Absolute(-1), None),
            ("fetch relative -n from c into x, y;", Direction::Relative(0), Some("-n")),
            ("fetch backward from c into x;", Direction::Backward(1), None),
            ("move c;", Direction::Forward(1), None),
            ("move forward all from c;", Direction::Forward(i64::MAX), None),
            ("move 3 from c;", Direction::Forward(0), Some("3")),
            ("move backward 2 in c;", Direction::Backward(0), Some("2")),
            ("move forward c;", Direction::Forward(1), None),
        ] {
            let expected = (direction, count.map(str::to_owned));
            assert_eq!(step(statement), Ok(expected), "{statement}");
        }
        assert_eq!(
            step("fetch all from c into x;"),
            Err("FETCH statement cannot return multiple rows".to_owned())
        );
    }

    #[test]
    fn arguments_of_cursors_are_by_position_or_name() {
        let Ok(Kind::Open { what: Opened::Bound(arguments), .. }) = first("open c(1, n := f(2));")
        else {
            panic!("no cursor");
        };
        let expected = [(None, "1".to_owned()), (Some("n".to_owned()), "f(2)".to_owned())];
        assert_eq!(arguments, expected);
        assert!(matches!(first("for r in c(1) loop null; end loop;"), Ok(Kind::ForCursor { .. })));
        assert!(matches!(
            first("for r in select 1 loop null; end loop;"),
            Ok(Kind::ForQuery { .. })
        ));
        assert!(matches!(
            first("get stacked diagnostics x = row_count;"),
            Err(message) if message.contains("STACKED")
        ));
    }
}
