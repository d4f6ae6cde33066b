//! Classes of traffic, and every limit.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::certificates::CertificateStore;
use crate::hello::Identity;

/// Kinds of traffic that must not wait for each other; each has its own connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Votes, heartbeats, prepare and vote of a commit: small and urgent.
    Control,
    /// Journal entries.
    Journal,
    /// Rows for queries.
    Reads,
    /// Snapshots, backups, moves: large, and never urgent.
    Bulk,
}

impl Class {
    pub const ALL: [Class; 4] = [Class::Control, Class::Journal, Class::Reads, Class::Bulk];

    pub(crate) fn to_byte(self) -> u8 {
        self as u8 + 1
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.to_byte() == byte)
    }

    /// The longest frame.
    pub fn frame_bytes_max(self) -> usize {
        match self {
            Class::Control => 1 << 20,
            // One entry of a journal may be this long.
            Class::Journal => (256 << 20) + (64 << 10),
            Class::Reads | Class::Bulk => 16 << 20,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Class::Control => "control",
            Class::Journal => "journal",
            Class::Reads => "reads",
            Class::Bulk => "bulk",
        }
    }
}

/// Protocol versions that this program understands.
pub const VERSION_OLDEST: u16 = 1;
pub const VERSION_NEWEST: u16 = 1;

/// Requests of one connection that wait for an answer.
pub const REQUESTS_MAX: usize = 4096;
/// Streams of one connection.
pub const STREAMS_MAX: usize = 1024;
/// Bytes of one stream that are on their way or unread; one message may go beyond.
pub const WINDOW_BYTES: usize = 1 << 20;
/// What a message counts beyond its length, so that empty ones are limited too.
pub const MESSAGE_OVERHEAD: usize = 32;
/// Bytes that wait to be written to one connection; one frame may go beyond.
pub const OUTBOX_BYTES_MAX: usize = 8 << 20;
/// Answers to pings and the like may go this far beyond; a peer that makes more of them wait is cut off.
pub const OUTBOX_SLACK_BYTES: usize = 1 << 20;
/// Bytes of requests that one connection's services work on; one request may go beyond.
pub const WORK_BYTES_MAX: usize = 32 << 20;
/// Connections that are in the middle of their handshake; more wait in the listener's queue.
pub const HANDSHAKES_MAX: usize = 64;
/// Accepted connections.
pub const CONNECTIONS_MAX: usize = 1024;
/// Accepted connections of one node and class: an old and a new one while certificates change.
pub const CONNECTIONS_PER_PEER_MAX: usize = 2;

const _: () = assert!(WINDOW_BYTES <= OUTBOX_BYTES_MAX && OUTBOX_SLACK_BYTES <= OUTBOX_BYTES_MAX);

/// Whether connections are encrypted and both sides prove who they are.
#[derive(Clone)]
pub enum Security {
    /// Plain text, on loopback addresses only.
    Insecure,
    Tls(Arc<CertificateStore>),
}

/// How a transport behaves.
#[derive(Clone)]
pub struct TransportConfig {
    pub identity: Identity,
    pub security: Security,
    /// TCP, TLS and hello together take no longer.
    pub handshake_timeout: Duration,
    /// A silent connection is asked for a sign of life after this time, and given up after three times it.
    pub keep_alive: Duration,
    /// A peer that takes nothing for this long is cut off.
    pub write_timeout: Duration,
    /// The first pause before another attempt to connect; it doubles with each failure, with jitter.
    pub backoff_first: Duration,
    pub backoff_max: Duration,
    /// Where to connect instead of an address that a node tells: a tunnel's end, a relay.
    pub detours: HashMap<String, String>,
}

impl TransportConfig {
    pub fn new(cluster: [u8; 16], node: u64, security: Security) -> TransportConfig {
        let identity = Identity { cluster, node, oldest: VERSION_OLDEST, newest: VERSION_NEWEST };
        TransportConfig {
            identity,
            security,
            handshake_timeout: Duration::from_secs(5),
            keep_alive: Duration::from_secs(2),
            write_timeout: Duration::from_secs(10),
            backoff_first: Duration::from_millis(20),
            backoff_max: Duration::from_secs(1),
            detours: HashMap::new(),
        }
    }
}
