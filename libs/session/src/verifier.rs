//! What is stored of a password: `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`, PostgreSQL's form.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Rounds of hashing, PostgreSQL's default (RFC 7677 asks for at least this).
pub const DEFAULT_ITERATIONS: u32 = 4_096;
/// A verifier with more rounds is refused: the client has to do them.
pub const MAXIMUM_ITERATIONS: u32 = 1_000_000;
/// The longest salt, in bytes.
const MAXIMUM_SALT_BYTES: usize = 256;
const PREFIX: &str = "SCRAM-SHA-256$";

/// A parsed verifier. It proves a password and is none, but is kept as secret as one.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramVerifier {
    pub iterations: u32,
    pub salt: Vec<u8>,
    pub stored_key: [u8; 32],
    pub server_key: [u8; 32],
}

impl ScramVerifier {
    /// The parts of a stored verifier; `None` if it is none.
    pub fn parse(text: &str) -> Option<ScramVerifier> {
        let (head, keys) = text.strip_prefix(PREFIX)?.split_once('$')?;
        let (iterations, salt) = head.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let salt = STANDARD.decode(salt).ok()?;
        let iterations = iterations.parse().ok()?;
        if salt.is_empty()
            || salt.len() > MAXIMUM_SALT_BYTES
            || !(1..=MAXIMUM_ITERATIONS).contains(&iterations)
        {
            return None;
        }
        Some(ScramVerifier {
            iterations,
            salt,
            stored_key: STANDARD.decode(stored_key).ok()?.try_into().ok()?,
            server_key: STANDARD.decode(server_key).ok()?.try_into().ok()?,
        })
    }

    /// The stored form.
    pub fn encode(&self) -> String {
        format!(
            "{PREFIX}{}:{}${}:{}",
            self.iterations,
            STANDARD.encode(&self.salt),
            STANDARD.encode(self.stored_key),
            STANDARD.encode(self.server_key)
        )
    }
}

impl fmt::Debug for ScramVerifier {
    /// Keys never reach a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScramVerifier").field("iterations", &self.iterations).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_parsed_and_written_back() {
        let verifier = ScramVerifier {
            iterations: DEFAULT_ITERATIONS,
            salt: vec![7; 16],
            stored_key: [1; 32],
            server_key: [2; 32],
        };
        assert_eq!(ScramVerifier::parse(&verifier.encode()), Some(verifier.clone()));
        assert!(!format!("{verifier:?}").contains("stored"));
    }

    #[test]
    fn what_is_no_verifier_is_refused() {
        let good = ScramVerifier {
            iterations: 1,
            salt: vec![1],
            stored_key: [0; 32],
            server_key: [0; 32],
        }
        .encode();
        let cases = [
            String::new(),
            "md5abc".to_owned(),
            "SCRAM-SHA-256$1:a$b:c".to_owned(),
            good.replace("$1:", "$0:"),
            good.replace("$1:", "$1000001:"),
            good.replace("$1:", "$-1:"),
            good[..good.len() - 4].to_owned(),
            format!("{good}AAAA"),
        ];
        for case in cases {
            assert_eq!(ScramVerifier::parse(&case), None, "{case}");
        }
        assert!(ScramVerifier::parse(&good).is_some());
    }
}
