//! The first words on a connection: who speaks, which protocol versions, and to whom.
//!
//! ```text
//! dialer    u32 length │ "QNTP" │ u16 oldest │ u16 newest │ u8 class │ 16 cluster │ u64 from │ u64 to │ (more later)
//! acceptor  u32 length │ "QNTP" │ u8 0 │ u16 version │ u64 node                    welcome
//!           u32 length │ "QNTP" │ u8 1 │ u8 code │ reason                          turned away
//! ```
//!
//! A stranger, that is a node which does not know its cluster yet, says `cluster` 0 and `to` 0; it is heard by
//! [`STRANGERS`](crate::STRANGERS) and by no other service.
//!
//! The layout never changes; what a later version appends is skipped by an earlier one. The acceptor chooses the newest
//! version that both know, so neighbouring versions talk to each other.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::config::Class;

/// A hello or an answer is not longer; a peer that claims more is turned away before anything is kept.
pub const HELLO_BYTES_MAX: usize = 1024;
const MAGIC: &[u8; 4] = b"QNTP";

/// What the dialer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    pub oldest: u16,
    pub newest: u16,
    pub class: Class,
    pub cluster: [u8; 16],
    pub from: u64,
    pub to: u64,
}

/// What the acceptor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Welcome { version: u16, node: u64 },
    TurnedAway { code: TurnedAway, reason: String },
}

/// Why a peer is turned away. All but `Busy` need an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// No version that both know.
    Version,
    /// It belongs to another cluster.
    Cluster,
    /// It looks for another node, or says it is this one.
    Node,
    /// Its certificate is another node's.
    Certificate,
    /// Too many connections.
    Busy,
}

impl TurnedAway {
    const ALL: [TurnedAway; 5] = [
        TurnedAway::Version,
        TurnedAway::Cluster,
        TurnedAway::Node,
        TurnedAway::Certificate,
        TurnedAway::Busy,
    ];

    fn to_byte(self) -> u8 {
        self as u8 + 1
    }

    fn from_byte(byte: u8) -> Option<TurnedAway> {
        TurnedAway::ALL.into_iter().find(|code| code.to_byte() == byte)
    }
}

fn framed(body: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u32_le(0);
    bytes.put_slice(MAGIC);
    body(&mut bytes);
    let length = u32::try_from(bytes.len() - 4).expect("a hello is short");
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes.freeze()
}

impl Hello {
    pub fn encode(&self) -> Bytes {
        framed(|bytes| {
            bytes.put_u16_le(self.oldest);
            bytes.put_u16_le(self.newest);
            bytes.put_u8(self.class.to_byte());
            bytes.put_slice(&self.cluster);
            bytes.put_u64_le(self.from);
            bytes.put_u64_le(self.to);
        })
    }

    /// Whether the dialer does not know yet to which cluster it belongs.
    pub fn is_strangers(&self) -> bool {
        self.cluster == [0; 16] && self.to == 0
    }

    /// `body` is what follows the length.
    pub fn decode(mut body: &[u8]) -> Option<Hello> {
        body = body.strip_prefix(MAGIC)?;
        if body.len() < 2 + 2 + 1 + 16 + 8 + 8 {
            return None;
        }
        let (oldest, newest) = (body.get_u16_le(), body.get_u16_le());
        let class = Class::from_byte(body.get_u8())?;
        let mut cluster = [0; 16];
        body.copy_to_slice(&mut cluster);
        Some(Hello {
            oldest,
            newest,
            class,
            cluster,
            from: body.get_u64_le(),
            to: body.get_u64_le(),
        })
    }
}

impl Answer {
    pub fn encode(&self) -> Bytes {
        framed(|bytes| match self {
            Answer::Welcome { version, node } => {
                bytes.put_u8(0);
                bytes.put_u16_le(*version);
                bytes.put_u64_le(*node);
            }
            Answer::TurnedAway { code, reason } => {
                bytes.put_u8(1);
                bytes.put_u8(code.to_byte());
                let reason: String = reason.chars().take(200).collect();
                bytes.put_slice(reason.as_bytes());
            }
        })
    }

    pub fn decode(mut body: &[u8]) -> Option<Answer> {
        body = body.strip_prefix(MAGIC)?;
        match *body.first()? {
            0 if body.len() >= 11 => {
                body.advance(1);
                Some(Answer::Welcome { version: body.get_u16_le(), node: body.get_u64_le() })
            }
            1 if body.len() >= 2 => Some(Answer::TurnedAway {
                code: TurnedAway::from_byte(body[1])?,
                reason: String::from_utf8_lossy(&body[2..]).into_owned(),
            }),
            _ => None,
        }
    }
}

/// Who this side is, for judging a hello.
#[derive(Clone, Debug)]
pub struct Identity {
    pub cluster: [u8; 16],
    pub node: u64,
    pub oldest: u16,
    pub newest: u16,
}

impl Identity {
    /// The answer to a hello: a welcome with the version to speak, or why not.
    pub fn judge(&self, hello: &Hello) -> Answer {
        let away = |code, reason: String| Answer::TurnedAway { code, reason };
        if !hello.is_strangers() && hello.cluster != self.cluster {
            let reason = "this node belongs to another cluster".to_owned();
            return away(TurnedAway::Cluster, reason);
        }
        if !hello.is_strangers() && hello.to != self.node {
            let reason = format!("this is node {}, not node {}", self.node, hello.to);
            return away(TurnedAway::Node, reason);
        }
        if hello.from == self.node {
            let reason = format!("node {} is here already", self.node);
            return away(TurnedAway::Node, reason);
        }
        let version = self.newest.min(hello.newest);
        if version < self.oldest || version < hello.oldest {
            let reason = format!(
                "it speaks versions {} to {}, this node {} to {}",
                hello.oldest, hello.newest, self.oldest, self.newest
            );
            return away(TurnedAway::Version, reason);
        }
        Answer::Welcome { version, node: self.node }
    }
}
