//! `to_char` of numbers, and `to_number`. Both walk the template once: digits of the template take digits of the number,
//! everything else is written, or skipped, as it stands.

use types::numeric::{Numeric, numeric_modifier};
use types::{Datum, SqlError, SqlResult, sqlstate};

use super::template::{Anchor, Node, NumberTemplate};
use crate::bodies::arguments::{check_length, float, integer, numeric, text};
use crate::context::EvalContext;

/// Digits that a `double precision` and a `real` keep in decimal.
const DOUBLE_DIGITS: usize = 15;
const REAL_DIGITS: usize = 6;

fn roman(value: &Numeric) -> String {
    const PARTS: [(i32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let Ok(mut left @ 1..=3999) = value.to_i32() else { return "#".repeat(15) };
    let mut out = String::new();
    for (part, letters) in PARTS {
        while left >= part {
            out.push_str(letters);
            left -= part;
        }
    }
    out
}

/// Writes one number: `digits` are its rounded absolute value, `spaces` how many digits of the template it leaves free.
struct Writer<'a> {
    template: &'a NumberTemplate,
    digits: &'a [u8],
    next: usize,
    negative: bool,
    spaces: usize,
    /// Digits of the template that were walked over.
    place: usize,
    /// The last digit behind the point that `FM` keeps; the point itself if there is none.
    last_relevant: Option<usize>,
    sign_written: bool,
    anchor: Option<Anchor>,
    brackets: bool,
    /// A digit was written last, so that separators are written and not left blank.
    in_number: bool,
    out: String,
}

impl<'a> Writer<'a> {
    fn new(template: &'a NumberTemplate, digits: &'a str, negative: bool, spaces: usize) -> Self {
        let marks = template.plus || template.minus;
        let brackets = template.brackets && (marks || negative || !template.unfilled);
        let sign_written = if marks {
            // `MI` and `SG` write it themselves, `PL` the plus only.
            template.minus || !template.plus
        } else {
            !negative && template.unfilled && template.anchor.is_none()
        };
        let anchor = match template.anchor {
            Some(Anchor::Before) if !marks && template.before == template.sign_digits => {
                Some(Anchor::After)
            }
            anchor => anchor,
        };
        let digits = digits.as_bytes();
        let last_relevant = (template.unfilled && template.point).then_some(()).and_then(|()| {
            let point = digits.iter().position(|digit| *digit == b'.')?;
            let last = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(point).max(point);
            // What a `0` stands for is kept.
            let kept = template.zero_end.saturating_sub(spaces).min(digits.len() - 1);
            Some(if template.zero_end > spaces { last.max(kept) } else { last })
        });
        Writer {
            template,
            digits,
            next: 0,
            negative,
            spaces,
            place: 0,
            last_relevant,
            sign_written,
            anchor,
            brackets,
            in_number: false,
            out: String::new(),
        }
    }

    fn point_is_last(&self) -> bool {
        self.last_relevant.is_some_and(|last| self.digits[last] == b'.')
    }

    fn fill(&mut self) {
        if !self.template.unfilled {
            self.out.push(' ');
        }
    }

    /// The sign, just before the first digit that is written.
    fn sign(&mut self, leading_zero: bool) {
        let zeros_start = self.template.zero_start == Some(self.place);
        if self.sign_written
            || !(self.place >= self.spaces || zeros_start)
            || (leading_zero && !self.point_is_last())
        {
            return;
        }
        if let Some(anchor) = self.anchor {
            if anchor == Anchor::Before {
                self.out.push(if self.negative { '-' } else { '+' });
                self.sign_written = true;
            }
            return;
        }
        match (self.brackets, self.negative) {
            (true, true) => self.out.push('<'),
            (true, false) => self.out.push(' '),
            (false, true) => self.out.push('-'),
            (false, false) => self.fill(),
        }
        self.sign_written = true;
    }

    fn digit(&mut self, node: Node, count: usize) {
        let zeros = self.template.zero_start;
        self.in_number = false;
        // The zero before the point is left out of `9.9`.
        let leading_zero = zeros.is_none()
            && self.next == 0
            && self.digits.first() == Some(&b'0')
            && self.template.after != 0;
        self.sign(leading_zero);
        if self.place < self.spaces && zeros.is_none_or(|start| start > self.place) {
            self.fill();
        } else if self.place < self.spaces {
            self.out.push('0');
            self.in_number = true;
        } else {
            // Beyond the digits of a float there is nothing more to write.
            let digit = self.digits.get(self.next).copied().unwrap_or(0);
            if digit == b'.' {
                if !self.point_is_last() || self.template.unfilled {
                    self.out.push('.');
                }
            } else if self.last_relevant.is_some_and(|last| self.next > last) && node != Node::Zero
            {
            } else if leading_zero {
                if !self.template.unfilled {
                    self.out.push(' ');
                } else if self.point_is_last() {
                    self.out.push('0');
                }
            } else {
                self.out.push(char::from(digit));
                self.in_number = true;
            }
            if self.next < self.digits.len() {
                self.next += 1;
            }
        }
        let mut end = count + usize::from(self.spaces > 0) + usize::from(self.template.point);
        if self.last_relevant == Some(self.next) {
            end = self.place;
        }
        if self.place + 1 == end {
            if self.sign_written && self.brackets {
                self.out.push(if self.negative { '>' } else { ' ' });
            } else if self.anchor == Some(Anchor::After) {
                self.out.push(if self.negative { '-' } else { '+' });
            }
        }
        self.place += 1;
    }

    fn run(mut self) -> SqlResult<String> {
        let template = self.template;
        let blank_sign = !self.sign_written && self.spaces == 0;
        let count = (template.before + template.shift + template.after + usize::from(blank_sign))
            .saturating_sub(1);
        for &node in &template.nodes {
            match node {
                Node::Nine | Node::Zero | Node::Point => self.digit(node, count),
                Node::Group if self.in_number => self.out.push(','),
                Node::Group => self.fill(),
                Node::Currency => self.out.push(' '),
                Node::Ordinal { lower } => {
                    if self.digits.first() != Some(&b'#') && !self.negative && !template.point {
                        self.out.push_str(ordinal(self.digits, lower)?);
                    }
                }
                Node::Minus if self.negative => self.out.push('-'),
                Node::Plus if !self.negative => self.out.push('+'),
                Node::Minus | Node::Plus => self.fill(),
                Node::Sign => self.out.push(if self.negative { '-' } else { '+' }),
                Node::Character(character) => self.out.push(character),
                Node::Roman { .. } | Node::Silent => {}
            }
        }
        let end = self.out.find('\0').unwrap_or(self.out.len());
        self.out.truncate(end);
        Ok(self.out)
    }
}

fn ordinal(digits: &[u8], lower: bool) -> SqlResult<&'static str> {
    let last = digits.last().copied().unwrap_or(b' ');
    if !last.is_ascii_digit() {
        return Err(SqlError::new(
            sqlstate::INVALID_TEXT_REPRESENTATION,
            format!("\"{}\" is not a number", String::from_utf8_lossy(digits)),
        ));
    }
    let teen = digits.len() > 1 && digits[digits.len() - 2] == b'1';
    Ok(match (if teen { b'0' } else { last }, lower) {
        (b'1', true) => "st",
        (b'1', false) => "ST",
        (b'2', true) => "nd",
        (b'2', false) => "ND",
        (b'3', true) => "rd",
        (b'3', false) => "RD",
        (_, true) => "th",
        (_, false) => "TH",
    })
}

/// `1.23e+04`, or `#` for what has no digits.
fn write_scientific(template: &NumberTemplate, value: &Numeric) -> String {
    let digits = template.after;
    if !value.is_finite() {
        return format!(" {}.{}", "#".repeat(template.before), "#".repeat(digits + 4));
    }
    let shown = format!("{:.digits$e}", value.to_f64());
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    let blank = if value.signum() < 0 { "" } else { " " };
    format!("{blank}{mantissa}e{sign}{:02}", exponent.abs())
}

fn write_roman(template: &NumberTemplate, value: &Numeric) -> String {
    let letters = roman(value);
    let mut out = String::new();
    for node in &template.nodes {
        match node {
            Node::Roman { lower } => {
                let cased = if *lower { letters.to_lowercase() } else { letters.clone() };
                out.push_str(&if template.unfilled { cased } else { format!("{cased:>15}") });
            }
            Node::Character(character) => out.push(*character),
            Node::Currency => out.push(' '),
            Node::Group if !template.unfilled => out.push(' '),
            _ => {}
        }
    }
    out
}

/// `precision` is how many digits the number's type keeps, if it keeps them in binary.
/// What a number was as a float.
#[derive(Clone, Copy)]
struct Float {
    value: f64,
    /// Decimal digits that it can carry.
    precision: usize,
}

fn write_number(
    context: &dyn EvalContext,
    value: &Numeric,
    template: &str,
    float: Option<Float>,
) -> SqlResult<Datum> {
    let precision = float.map(|float| float.precision);
    check_length(context, template.len().saturating_mul(16))?;
    if template.is_empty() {
        return Ok(Datum::text(""));
    }
    let mut parsed = NumberTemplate::parse(template)?;
    if parsed.roman {
        // A float beyond the numbers that have letters is not told from the others.
        let whole = match precision {
            None => Numeric::from(i64::from(value.round(0)?.to_i32()?)),
            Some(_) if value.is_finite() => value.round(0)?,
            Some(_) => value.clone(),
        };
        return Ok(Datum::text(write_roman(&parsed, &whole)));
    }
    if parsed.scientific {
        return Ok(Datum::text(write_scientific(&parsed, value)));
    }
    let scaled = match parsed.shift {
        0 => value.clone(),
        shift => value.mul(&Numeric::from(10i64).power(&Numeric::from(shift as i64))?)?.round(0)?,
    };
    let whole_length = |value: &Numeric| value.abs().round(0).map(|whole| whole.to_string().len());
    let mut places = parsed.after;
    if let (Some(precision), true) = (precision, scaled.is_finite()) {
        places = places.min(precision.saturating_sub(whole_length(&scaled)?));
    }
    if precision.is_some() {
        parsed.after = places;
    }
    let rounded = match float {
        _ if !scaled.is_finite() => scaled,
        // A float is rounded as the binary number that it is.
        Some(Float { value, .. }) if parsed.shift == 0 => format!("{value:.places$}").parse()?,
        _ => scaled.round(places as i32)?,
    };
    // Zero has no sign, but what is rounded to zero keeps the one it had only as a float.
    let negative = rounded.signum() < 0 || (precision.is_some() && value.signum() < 0);
    let written = rounded.to_string();
    let written = written.trim_start_matches('-');
    let length = written.find('.').unwrap_or(written.len());
    let before = parsed.before + parsed.shift;
    let hashes;
    let (digits, spaces) = if length > before {
        hashes = format!("{}.{}", "#".repeat(before), "#".repeat(parsed.after));
        (hashes.as_str(), 0)
    } else {
        (written, before - length)
    };
    Writer::new(&parsed, digits, negative, spaces).run().map(Datum::text)
}

pub(crate) fn numeric_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &numeric(arguments, 0)?, text(arguments, 1)?, None)
}

pub(crate) fn int4_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &Numeric::from(integer(&arguments[0])?), text(arguments, 1)?, None)
}

pub(crate) fn int8_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(context, &Numeric::from(integer(&arguments[0])?), text(arguments, 1)?, None)
}

pub(crate) fn float4_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(
        context,
        &Numeric::from_f32(float(&arguments[0])? as f32),
        text(arguments, 1)?,
        Some(Float { value: float(&arguments[0])?, precision: REAL_DIGITS }),
    )
}

pub(crate) fn float8_to_char(context: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    write_number(
        context,
        &Numeric::from_f64(float(&arguments[0])?),
        text(arguments, 1)?,
        Some(Float { value: float(&arguments[0])?, precision: DOUBLE_DIGITS }),
    )
}

/// Reads a number as its template says.
struct Reader<'a> {
    template: &'a NumberTemplate,
    input: &'a [u8],
    at: usize,
    sign: Option<char>,
    digits: String,
    before: usize,
    after: usize,
    seen_point: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    /// Steps over one character, which may have several bytes.
    fn step(&mut self) {
        self.at += 1;
        while self.peek().is_some_and(|byte| byte & 0xc0 == 0x80) {
            self.at += 1;
        }
    }

    /// Steps over so many characters, but over nothing that belongs to a number.
    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek().is_none_or(|byte| b"0123456789.,+-".contains(&byte)) {
                break;
            }
            self.step();
        }
    }

    fn take_sign(&mut self) -> bool {
        let sign = match self.peek() {
            Some(b'-') => '-',
            Some(b'+') => '+',
            Some(b'<') if self.template.brackets => '-',
            _ => return false,
        };
        self.sign = Some(sign);
        self.at += 1;
        true
    }

    /// A digit or the point, with a sign before the first and behind the last.
    fn digit(&mut self, node: Node) {
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        let nothing_read = self.before + self.after == 0;
        if self.sign.is_none() && node != Node::Point && nothing_read {
            self.take_sign();
        }
        let Some(byte) = self.peek() else { return };
        let mut read = false;
        if byte.is_ascii_digit() {
            if self.seen_point && self.after == self.template.after {
                return;
            }
            self.digits.push(char::from(byte));
            *(if self.seen_point { &mut self.after } else { &mut self.before }) += 1;
            read = true;
        } else if byte == b'.' && self.template.point && !self.seen_point {
            self.digits.push('.');
            self.seen_point = true;
            read = true;
        }
        if self.sign.is_none() && self.before + self.after > 0 {
            let following = self.input.get(self.at + 1).copied();
            let anchored = self.template.anchor.is_some();
            if anchored && read {
                match following {
                    Some(b'-') => self.sign = Some('-'),
                    Some(b'+') => self.sign = Some('+'),
                    _ => {}
                }
                self.at += usize::from(self.sign.is_some());
            } else if !anchored && !read && (self.template.plus || self.template.minus) {
                match byte {
                    b'-' => self.sign = Some('-'),
                    b'+' => self.sign = Some('+'),
                    _ => {}
                }
            }
        }
        self.step();
    }

    fn run(&mut self) {
        for &node in &self.template.nodes {
            if self.at >= self.input.len() {
                break;
            }
            match node {
                Node::Nine | Node::Zero | Node::Point => self.digit(node),
                // A comma is skipped where it is, and not missed where it is not.
                Node::Group => {
                    if !self.template.unfilled && self.peek() == Some(b',') {
                        self.at += 1;
                    }
                }
                Node::Currency => self.skip(1),
                Node::Ordinal { .. } => {
                    if self.sign != Some('-') && !self.template.point {
                        self.skip(2);
                    }
                }
                Node::Minus | Node::Plus | Node::Sign => {
                    let wanted: &[u8] = match node {
                        Node::Minus => b"-",
                        Node::Plus => b"+",
                        _ => b"+-",
                    };
                    match self.peek().filter(|byte| wanted.contains(byte)) {
                        Some(sign) => {
                            self.sign = Some(char::from(sign));
                            self.at += 1;
                        }
                        None => self.skip(1),
                    }
                }
                Node::Character(_) => self.step(),
                Node::Roman { .. } | Node::Silent => {}
            }
        }
    }
}

pub(crate) fn numeric_to_number(_: &dyn EvalContext, arguments: &[Datum]) -> SqlResult<Datum> {
    let (value, template) = (text(arguments, 0)?, text(arguments, 1)?);
    if template.is_empty() {
        return Ok(Datum::Null);
    }
    let parsed = NumberTemplate::parse(template)?;
    for (refused, name) in [(parsed.scientific, "EEEE"), (parsed.roman, "RN")] {
        if refused {
            return Err(SqlError::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("\"{name}\" not supported for input"),
            ));
        }
    }
    let mut reader = Reader {
        template: &parsed,
        input: value.as_bytes(),
        at: 0,
        sign: None,
        digits: String::new(),
        before: 0,
        after: 0,
        seen_point: false,
    };
    reader.run();
    let digits = reader.digits.strip_suffix('.').unwrap_or(&reader.digits);
    let sign = reader.sign.unwrap_or(' ');
    if digits.is_empty() {
        return Err(SqlError::new(
            sqlstate::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type numeric: \"{sign}\""),
        ));
    }
    let number = Numeric::parse(digits)?;
    let number = if sign == '-' { number.neg() } else { number };
    let precision = (parsed.before + parsed.shift + reader.after) as i32;
    let fitted = number.apply_modifier(numeric_modifier(precision, reader.after as i32))?;
    let shown = match parsed.shift {
        0 => fitted,
        shift => fitted.div(&Numeric::from(10i64).power(&Numeric::from(shift as i64))?)?,
    };
    Ok(Datum::Numeric(shown))
}
