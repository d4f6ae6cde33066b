//! Questions and messages to shards over the transport between nodes.
//!
//! ```text
//! request   u8 version │ u32 shard │ postcard Question       answer: postcard Answer
//! notice    u8 version │ u32 shard │ postcard ShardMessage
//! ```
//!
//! What is small goes with the control class, so that it does not wait behind entries of journals.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use protocol::ShardId;
use protocol::adjudication::ShardMessage;
use protocol::journal::BoxFuture;
use serde::Serialize;
use transport::{CallError, Caller, Class, Route, Service, Transport};

use crate::cluster::Cluster;
use crate::elsewhere::{Answer, Elsewhere, NoAnswer, Owner, Question};

/// The shards' number among a node's services.
pub const SHARD_SERVICE: u16 = 2;
const WIRE_VERSION: u8 = 1;
/// Larger ones travel with the journals' entries.
const SMALL_BYTES: usize = 64 << 10;
/// Longer than a coordinator waits for its first attempts; it asks the next owner meanwhile.
const DECIDE_TIMEOUT: Duration = Duration::from_secs(15);
/// Who waits for a promise asks again.
const BUMP_TIMEOUT: Duration = Duration::from_secs(1);
const STATUS_TIMEOUT: Duration = Duration::from_secs(2);

fn encode(shard: ShardId, message: &impl Serialize) -> Result<Bytes, String> {
    let mut bytes = Vec::with_capacity(256);
    bytes.put_u8(WIRE_VERSION);
    bytes.put_u32_le(shard.0);
    let bytes = postcard::to_extend(message, bytes).map_err(|error| error.to_string())?;
    Ok(bytes.into())
}

fn decode<T: serde::de::DeserializeOwned>(mut bytes: Bytes) -> Result<(ShardId, T), String> {
    if bytes.len() < 5 {
        return Err("not a shard's message".to_owned());
    }
    match bytes.get_u8() {
        WIRE_VERSION => {}
        version => return Err(format!("a shard's message of version {version}")),
    }
    let shard = ShardId(bytes.get_u32_le());
    let message = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
    Ok((shard, message))
}

fn class(bytes: &Bytes) -> Class {
    if bytes.len() <= SMALL_BYTES { Class::Control } else { Class::Journal }
}

/// Says whether there are other nodes, and which node leads the journal of a shard.
pub trait Owners: Send + Sync {
    fn several(&self) -> bool;
    fn owner(&self, shard: ShardId) -> Owner;
}

/// [`Elsewhere`] over the transport.
pub struct WireElsewhere {
    wire: Arc<dyn Transport>,
    owners: Arc<dyn Owners>,
}

impl WireElsewhere {
    pub fn new(wire: Arc<dyn Transport>, owners: Arc<dyn Owners>) -> WireElsewhere {
        WireElsewhere { wire, owners }
    }
}

impl Elsewhere for WireElsewhere {
    fn owner(&self, shard: ShardId) -> Owner {
        self.owners.owner(shard)
    }

    fn several(&self) -> bool {
        self.owners.several()
    }

    fn ask(
        &self,
        node: u64,
        shard: ShardId,
        question: Question,
    ) -> BoxFuture<Result<Answer, NoAnswer>> {
        let timeout = match &question {
            Question::Decide(_) => DECIDE_TIMEOUT,
            Question::Bump { .. } => BUMP_TIMEOUT,
            Question::Status(_) | Question::Standing => STATUS_TIMEOUT,
        };
        let body = match encode(shard, &question) {
            Ok(body) => body,
            Err(reason) => {
                return Box::pin(std::future::ready(Err(NoAnswer::NotSent { reason })));
            }
        };
        let route = Route { node, class: class(&body), service: SHARD_SERVICE };
        let asked = self.wire.request(route, body, timeout);
        Box::pin(async move {
            match asked.await {
                Ok(answer) => postcard::from_bytes(&answer).map_err(|error| NoAnswer::Unknown {
                    reason: format!("node {node} answered: {error}"),
                }),
                Err(CallError::Refused(refusal)) => {
                    Err(NoAnswer::NotSent { reason: format!("node {node}: {refusal}") })
                }
                Err(error) => Err(NoAnswer::Unknown { reason: format!("node {node}: {error}") }),
            }
        })
    }

    fn tell(&self, node: u64, shard: ShardId, message: ShardMessage) {
        let Ok(body) = encode(shard, &message) else { return };
        let route = Route { node, class: class(&body), service: SHARD_SERVICE };
        if let Err(error) = self.wire.notify(route, body) {
            // Lost, which the protocol allows.
            tracing::debug!(node, %error, "a message to a shard was not sent");
        }
    }
}

/// The receiving side.
pub struct ShardService {
    cluster: Cluster,
}

impl ShardService {
    pub fn new(cluster: Cluster) -> ShardService {
        ShardService { cluster }
    }
}

impl Service for ShardService {
    fn request(
        &self,
        _caller: Caller,
        body: Bytes,
    ) -> futures::future::BoxFuture<'static, Result<Bytes, String>> {
        let cluster = self.cluster.clone();
        Box::pin(async move {
            let (shard, question) = decode::<Question>(body)?;
            let answer = cluster.answer(shard, question).await;
            postcard::to_stdvec(&answer).map(Bytes::from).map_err(|error| error.to_string())
        })
    }

    fn notice(&self, caller: Caller, body: Bytes) {
        match decode::<ShardMessage>(body) {
            Ok((shard, message)) => self.cluster.take(shard, message),
            Err(problem) => tracing::warn!(node = caller.node, problem, "a message to a shard"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Timestamp;

    #[test]
    fn a_message_of_another_version_or_cut_short_is_refused() {
        let question = Question::Bump { at_least: Timestamp(7) };
        let bytes = encode(ShardId(3), &question).expect("encodes");
        assert_eq!(decode::<Question>(bytes.clone()), Ok((ShardId(3), question)));
        for length in 0..bytes.len() {
            assert!(decode::<Question>(bytes.slice(..length)).is_err(), "{length} bytes");
        }
        let mut newer = bytes.to_vec();
        newer[0] += 1;
        assert!(decode::<Question>(newer.into()).is_err());
    }
}
