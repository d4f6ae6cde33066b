//! What a gateway can be told.

use std::sync::Arc;
use std::time::Duration;

use types::SqlError;

/// Checks a setting of the startup message: its canonical name and value, or why it is refused.
pub type Validate = Arc<dyn Fn(&str, &str) -> Result<(String, String), SqlError> + Send + Sync>;

/// What the listener presents.
#[derive(Clone)]
pub struct TlsIdentity {
    /// Must offer TLS 1.2 or newer and the ALPN protocol `postgresql`.
    pub server: Arc<rustls::ServerConfig>,
    /// The chain as PEM, the server's own certificate first: channel binding hashes it.
    pub certificate_pem: Vec<u8>,
}

/// Limits and policies.
#[derive(Clone)]
pub struct GatewayConfig {
    /// Required unless `insecure`.
    pub tls: Option<TlsIdentity>,
    /// Plaintext is allowed and nobody is asked for a password. For loopback only; the caller sees to that.
    pub insecure: bool,
    /// From accept to the end of authentication, absolutely.
    pub authentication_deadline: Duration,
    /// Authenticated sessions; more are refused with 53300.
    pub maximum_connections: usize,
    /// So many of them are kept for superusers.
    pub reserved_connections: usize,
    /// Connections that are not authenticated yet, in all.
    pub maximum_unauthenticated: usize,
    /// The same from one address; loopback is exempt.
    pub maximum_unauthenticated_per_address: usize,
    /// New connections a second, with a burst of the same size; more are refused with 53400. Off if `None`.
    pub connection_rate: Option<u32>,
    pub validate: Validate,
    /// From this the salts of unknown roles are derived; nodes of a cluster should share it. Random if `None`.
    pub mock_secret: Option<[u8; 32]>,
    /// Threads that serve connections; 0: they run where the gateway is started.
    pub connection_threads: usize,
}

/// The longest startup packet, PostgreSQL's constant.
pub const MAXIMUM_STARTUP_BYTES: usize = 10_000;
/// The longest SASL message, PostgreSQL's constant.
pub const MAXIMUM_SASL_BYTES: usize = 1_024;
/// The longest cancel key (protocol 3.2).
pub const MAXIMUM_CANCEL_KEY_BYTES: usize = 256;
/// Names longer than this are cut, as PostgreSQL does (NAMEDATALEN - 1).
pub const MAXIMUM_NAME_BYTES: usize = 63;

const _: () = assert!(MAXIMUM_CANCEL_KEY_BYTES + 12 < MAXIMUM_STARTUP_BYTES);

impl Default for GatewayConfig {
    /// No TLS identity, and every setting is refused: both must be given.
    fn default() -> GatewayConfig {
        GatewayConfig {
            tls: None,
            insecure: false,
            authentication_deadline: Duration::from_secs(10),
            maximum_connections: 10_000,
            reserved_connections: 3,
            maximum_unauthenticated: 8_192,
            maximum_unauthenticated_per_address: 256,
            connection_rate: None,
            validate: Arc::new(|name, _| {
                Err(SqlError::new(
                    types::sqlstate::UNDEFINED_OBJECT,
                    format!("unrecognized configuration parameter \"{name}\""),
                ))
            }),
            mock_secret: None,
            connection_threads: 0,
        }
    }
}
