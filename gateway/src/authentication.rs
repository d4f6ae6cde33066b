//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 5929 `tls-server-end-point`).
//!
//! The server's part is three HMACs on a stored verifier, a few microseconds: it needs no thread of its own. An unknown
//! role, a role without password and one whose password expired go through the same exchange with a verifier that
//! nobody can satisfy, whose salt is the same at each attempt.

use bytes::BytesMut;
use hmac::{Hmac, KeyInit, Mac};
use pgwire::api::auth::sasl::scram::{ScramSecret, ScramServerAuth};
use pgwire::error::PgWireError;
use session::verifier::{DEFAULT_ITERATIONS, ScramVerifier};
use session::{ByteStream, RoleCredentials};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use types::{SqlError, sqlstate};

use crate::config::MAXIMUM_SASL_BYTES;
use crate::error::{Ended, fatal, violation};
use crate::messages;
use crate::negotiation::read_body;

const PLAIN: &str = "SCRAM-SHA-256";
const PLUS: &str = "SCRAM-SHA-256-PLUS";
const SALT_BYTES: usize = 16;

/// The verifier of nobody: stable for a name, and not to be told from a real one.
pub fn mock_verifier(secret: &[u8; 32], user: &str) -> ScramVerifier {
    let derive = |purpose: &[u8]| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any size");
        mac.update(purpose);
        mac.update(user.as_bytes());
        mac.finalize().into_bytes().into()
    };
    ScramVerifier {
        iterations: DEFAULT_ITERATIONS,
        salt: derive(b"salt")[..SALT_BYTES].to_vec(),
        stored_key: derive(b"stored"),
        server_key: derive(b"server"),
    }
}

/// The verifier to check against: the role's, or the mock. `now`: microseconds since 2000-01-01 UTC.
pub fn effective_verifier(
    role: Option<&RoleCredentials>,
    mock: ScramVerifier,
    now: i64,
) -> ScramVerifier {
    role.filter(|role| role.valid_until.is_none_or(|until| now < until))
        .and_then(|role| role.verifier.as_deref())
        .and_then(ScramVerifier::parse)
        .unwrap_or(mock)
}

pub fn password_failed(user: &str) -> SqlError {
    fatal(sqlstate::INVALID_PASSWORD, format!("password authentication failed for user \"{user}\""))
}

/// Runs the exchange; on success `output` ends with the server's last SASL message, not sent yet.
pub async fn exchange(
    stream: &mut dyn ByteStream,
    server: &ScramServerAuth,
    verifier: ScramVerifier,
    user: &str,
    output: &mut BytesMut,
) -> Result<(), Ended> {
    let binding = server.supports_channel_binding();
    let mechanisms: &[&str] = if binding { &[PLUS, PLAIN] } else { &[PLAIN] };
    messages::sasl_mechanisms(output, mechanisms);
    send(stream, output).await?;
    let first = read_sasl(stream).await?;
    let (mechanism, data) = initial_response(&first)?;
    let plus = match mechanism {
        PLUS if binding => true,
        PLAIN => false,
        _ => {
            return Err(
                violation("client selected an invalid SASL authentication mechanism").into()
            );
        }
    };
    let data = match data {
        Some(data) => data.to_vec(),
        None => {
            messages::sasl_continue(output, "");
            send(stream, output).await?;
            read_sasl(stream).await?
        }
    };
    check_binding_flag(&data, plus, binding)?;
    let secret = ScramSecret::Verifier {
        iterations: usize::try_from(verifier.iterations).unwrap_or(usize::MAX),
        salt: verifier.salt,
        stored_key: verifier.stored_key.to_vec(),
        server_key: verifier.server_key.to_vec(),
    };
    let (challenge, waiting) = server
        .on_client_first_message_with_secret(&data, secret)
        .map_err(|error| refusal(&error, user))?;
    messages::sasl_continue(output, &challenge);
    send(stream, output).await?;
    let proof = read_sasl(stream).await?;
    let last = waiting.on_client_final_message(&proof).map_err(|error| refusal(&error, user))?;
    messages::sasl_final(output, &last);
    Ok(())
}

async fn send(stream: &mut dyn ByteStream, output: &mut BytesMut) -> Result<(), Ended> {
    stream.write_all(output).await?;
    output.clear();
    Ok(stream.flush().await?)
}

/// The next message must be a SASL response, and a short one.
async fn read_sasl(stream: &mut dyn ByteStream) -> Result<Vec<u8>, Ended> {
    let mut header = [0u8; 5];
    stream.read_exact(&mut header).await?;
    let [kind, length @ ..] = header;
    if kind != b'p' {
        return Err(violation(format!("expected SASL response, got message type {kind}")).into());
    }
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(0);
    if !(4..=MAXIMUM_SASL_BYTES).contains(&length) {
        return Err(violation("invalid message length").into());
    }
    read_body(stream, length - 4).await
}

/// The mechanism, and the data if there is any.
fn initial_response(body: &[u8]) -> Result<(&str, Option<&[u8]>), SqlError> {
    let malformed = || violation("invalid SASL initial response");
    let end = body.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
    let mechanism = std::str::from_utf8(&body[..end]).map_err(|_| malformed())?;
    let (length, data) = body[end + 1..].split_first_chunk::<4>().ok_or_else(malformed)?;
    match i32::from_be_bytes(*length) {
        -1 if data.is_empty() => Ok((mechanism, None)),
        length if usize::try_from(length).is_ok_and(|length| length == data.len()) => {
            Ok((mechanism, Some(data)))
        }
        _ => Err(malformed()),
    }
}

/// The flag in the client's first message must fit the mechanism, or somebody changed the list of mechanisms.
fn check_binding_flag(data: &[u8], plus: bool, offered: bool) -> Result<(), SqlError> {
    match (data.first(), plus) {
        (Some(b'p'), true) | (Some(b'n'), false) => Ok(()),
        (Some(b'y'), false) if !offered => Ok(()),
        (Some(b'y'), _) => Err(fatal(
            sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
            "SCRAM channel binding negotiation error",
        )
        .detail(
            "The client supports SCRAM channel binding but thinks the server does not. However, \
             this server does support channel binding.",
        )),
        (Some(b'p'), false) => Err(violation("malformed SCRAM message").detail(
            "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message \
             includes channel binding data.",
        )),
        (_, true) => Err(violation("malformed SCRAM message").detail(
            "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include \
             channel binding data.",
        )),
        _ => Err(violation("malformed SCRAM message")),
    }
}

fn refusal(error: &PgWireError, user: &str) -> SqlError {
    match error {
        PgWireError::InvalidPassword(_) => password_failed(user),
        PgWireError::InvalidScramMessage(why) if why.starts_with("Channel binding mismatch") => {
            fatal(
                sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
                "SCRAM channel binding check failed",
            )
        }
        _ => violation("malformed SCRAM message"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mock_verifiers_are_stable_by_name() {
        let secret = [1; 32];
        assert_eq!(mock_verifier(&secret, "a"), mock_verifier(&secret, "a"));
        assert_ne!(mock_verifier(&secret, "a").salt, mock_verifier(&secret, "b").salt);
        assert_ne!(mock_verifier(&secret, "a").salt, mock_verifier(&[2; 32], "a").salt);
        assert!(ScramVerifier::parse(&mock_verifier(&secret, "a").encode()).is_some());
    }

    #[test]
    fn expired_and_missing_passwords_end_at_the_mock() {
        let mock = mock_verifier(&[1; 32], "a");
        let real = mock_verifier(&[9; 32], "a");
        let mut role = RoleCredentials {
            oid: 1,
            login: true,
            superuser: false,
            verifier: Some(real.encode()),
            valid_until: Some(100),
            connection_limit: -1,
        };
        assert_eq!(effective_verifier(Some(&role), mock.clone(), 99), real);
        assert_eq!(effective_verifier(Some(&role), mock.clone(), 100), mock);
        role.valid_until = None;
        role.verifier = Some("md5".to_owned());
        assert_eq!(effective_verifier(Some(&role), mock.clone(), 0), mock);
        assert_eq!(effective_verifier(None, mock.clone(), 0), mock);
    }

    #[test]
    fn initial_responses_are_decoded_strictly() {
        assert_eq!(initial_response(b"X\0\0\0\0\x01y").expect("good"), ("X", Some(&b"y"[..])));
        assert_eq!(initial_response(b"X\0\xff\xff\xff\xff").expect("good"), ("X", None));
        for bad in
            [&b"X"[..], b"X\0\0\0", b"X\0\0\0\0\x02y", b"X\0\x7f\xff\xff\xffy", b"\xff\0\0\0\0\0"]
        {
            assert_eq!(initial_response(bad).expect_err("bad").sqlstate(), "08P01");
        }
    }
}
