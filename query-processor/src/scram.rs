//! Password verifiers: what a role's password is stored as.

use pgwire::api::auth::sasl::scram::{ScramSecret, gen_salted_password};
use session::verifier::ScramVerifier;
use types::{SqlError, SqlResult, sqlstate};

/// Rounds of hashing, PostgreSQL's default (RFC 7677 asks for at least this).
pub const ITERATIONS: usize = 4_096;
const SALT_BYTES: usize = 16;
/// The longest password, in bytes.
const MAXIMUM_PASSWORD_BYTES: usize = 1_024;

/// The SCRAM-SHA-256 verifier of a password, in PostgreSQL's form. Slow on purpose: call it where blocking is allowed.
/// A password that is such a verifier already is kept.
pub fn verifier(password: &str) -> SqlResult<String> {
    if ScramVerifier::parse(password).is_some() {
        return Ok(password.to_owned());
    }
    if password.is_empty() || password.len() > MAXIMUM_PASSWORD_BYTES {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            "a password must have 1 to 1024 bytes",
        ));
    }
    let salt: [u8; SALT_BYTES] = rand::random();
    let salted = gen_salted_password(password, &salt, ITERATIONS);
    let secret = ScramSecret::verifier_from_salted_password(salt.to_vec(), salted, ITERATIONS);
    let ScramSecret::Verifier { salt, iterations, stored_key, server_key } = secret else {
        return Err(SqlError::new(sqlstate::INTERNAL_ERROR, "no verifier was derived"));
    };
    let key = |bytes: Vec<u8>| {
        <[u8; 32]>::try_from(bytes)
            .map_err(|_| SqlError::new(sqlstate::INTERNAL_ERROR, "a key has the wrong length"))
    };
    let verifier = ScramVerifier {
        iterations: u32::try_from(iterations).unwrap_or(u32::MAX),
        salt,
        stored_key: key(stored_key)?,
        server_key: key(server_key)?,
    };
    Ok(verifier.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_survives_being_stored_and_never_shows_the_password() {
        let stored = verifier("s3cret").expect("valid password");
        assert!(ScramVerifier::parse(&stored).is_some() && !stored.contains("s3cret"));
        assert_eq!(verifier(&stored).expect("kept"), stored);
        assert_ne!(verifier("s3cret").expect("valid"), stored, "salts are random");
        assert!(ScramVerifier::parse("SCRAM-SHA-256$1:a$b:c").is_none());
    }
}
