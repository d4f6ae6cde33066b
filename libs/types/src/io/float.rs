//! Printing floats: the shortest digits that read back exactly, in the layout PostgreSQL uses.

/// Text of a `float8` as PostgreSQL prints it.
pub fn write_float8(value: f64, extra_float_digits: i32, out: &mut String) {
    if write_special(value, out) {
        return;
    }
    if extra_float_digits > 0 {
        write_layout(&format!("{value:e}"), 15, out);
    } else {
        write_rounded(value, (15 + extra_float_digits).max(1), out);
    }
}

/// Text of a `float4` as PostgreSQL prints it.
pub fn write_float4(value: f32, extra_float_digits: i32, out: &mut String) {
    if write_special(value.into(), out) {
        return;
    }
    if extra_float_digits > 0 {
        write_layout(&format!("{value:e}"), 6, out);
    } else {
        write_rounded(value.into(), (6 + extra_float_digits).max(1), out);
    }
}

fn write_special(value: f64, out: &mut String) -> bool {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        return false;
    }
    true
}

/// `%.{precision}g`.
fn write_rounded(value: f64, precision: i32, out: &mut String) {
    let scientific = format!("{:.*e}", (precision - 1) as usize, value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    write_layout(&format!("{mantissa}e{exponent}"), precision, out);
}

/// Lays out `d.ddde±x`: plain from exponent −4 up to `limit`, otherwise with at least two digits of exponent.
fn write_layout(scientific: &str, limit: i32, out: &mut String) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    out.push_str(sign);
    if exponent < -4 || exponent >= limit {
        out.push_str(mantissa);
        out.push_str(if exponent < 0 { "e-" } else { "e+" });
        if exponent.abs() < 10 {
            out.push('0');
        }
        out.push_str(&exponent.unsigned_abs().to_string());
        return;
    }
    let digits: String = mantissa.chars().filter(|&character| character != '.').collect();
    if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        out.push_str(&digits);
        return;
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        out.push_str(&digits);
        out.extend(std::iter::repeat_n('0', whole - digits.len()));
    } else {
        out.push_str(&digits[..whole]);
        out.push('.');
        out.push_str(&digits[whole..]);
    }
}
