//! The few messages a gateway sends itself.

use bytes::{BufMut, BytesMut};
use types::SqlError;

/// Codes of the `R` message.
const AUTHENTICATION_OK: i32 = 0;
const AUTHENTICATION_SASL: i32 = 10;
const AUTHENTICATION_SASL_CONTINUE: i32 = 11;
const AUTHENTICATION_SASL_FINAL: i32 = 12;

/// Appends one message: its type, its length, its body.
fn message(output: &mut BytesMut, kind: u8, body: impl FnOnce(&mut BytesMut)) {
    output.put_u8(kind);
    let start = output.len();
    output.put_u32(0);
    body(output);
    let length = u32::try_from(output.len() - start).expect("the gateway's messages are short");
    output[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn text(output: &mut BytesMut, text: &str) {
    // A C string ends at its first zero byte.
    output.extend(text.bytes().filter(|byte| *byte != 0));
    output.put_u8(0);
}

pub fn authentication_ok(output: &mut BytesMut) {
    message(output, b'R', |body| body.put_i32(AUTHENTICATION_OK));
}

pub fn sasl_mechanisms(output: &mut BytesMut, mechanisms: &[&str]) {
    message(output, b'R', |body| {
        body.put_i32(AUTHENTICATION_SASL);
        for mechanism in mechanisms {
            text(body, mechanism);
        }
        body.put_u8(0);
    });
}

pub fn sasl_continue(output: &mut BytesMut, data: &str) {
    message(output, b'R', |body| {
        body.put_i32(AUTHENTICATION_SASL_CONTINUE);
        body.put_slice(data.as_bytes());
    });
}

pub fn sasl_final(output: &mut BytesMut, data: &str) {
    message(output, b'R', |body| {
        body.put_i32(AUTHENTICATION_SASL_FINAL);
        body.put_slice(data.as_bytes());
    });
}

/// Tells the newest version that both sides know, and the options that the server does not know.
pub fn negotiate_protocol_version(output: &mut BytesMut, minor: u16, unknown: &[String]) {
    message(output, b'v', |body| {
        body.put_i32((3 << 16) | i32::from(minor));
        body.put_i32(i32::try_from(unknown.len()).expect("bounded by the startup packet"));
        for option in unknown {
            text(body, option);
        }
    });
}

pub fn error(output: &mut BytesMut, error: &SqlError) {
    let fields = error.fields();
    message(output, b'E', |body| {
        let mut field = |code: u8, value: &str| {
            body.put_u8(code);
            text(body, value);
        };
        field(b'S', fields.severity.as_str());
        field(b'V', fields.severity.as_str());
        field(b'C', fields.sqlstate);
        field(b'M', &fields.message);
        for (code, value) in [(b'D', &fields.detail), (b'H', &fields.hint), (b'W', &fields.context)]
        {
            if let Some(value) = value {
                field(code, value);
            }
        }
        body.put_u8(0);
    });
}

/// An error as clients of protocol 2.0 read it: no length, no fields.
pub fn error_before_version_3(output: &mut BytesMut, error: &SqlError) {
    let fields = error.fields();
    output.put_u8(b'E');
    text(output, &format!("{}:  {}\n", fields.severity.as_str(), fields.message));
}
