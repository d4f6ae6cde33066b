//! The types that openraft is told to work with, and how its entries become bytes.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use openraft::impls::leader_id_std;
use openraft::raft::responder::Responder;
use openraft::vote::RaftLeaderId;
use openraft::{EntryPayload, Membership};
use protocol::journal::{JournalEntry, Position};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::log::space::Room;
use crate::log::{EntryId, LogEntry, StoredVote};

/// The version of an entry's payload in the log and on the wire.
const PAYLOAD_VERSION: u8 = 1;
const BLANK: u8 = 0;
const NORMAL: u8 = 1;
const MEMBERSHIP: u8 = 2;

/// How a journal uses openraft: one leader per term, journal entries as data, positions as answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct JournalTypes {}

impl openraft::RaftTypeConfig for JournalTypes {
    type D = Proposal;
    type R = Position;
    type NodeId = u64;
    type Node = ();
    type Term = u64;
    type LeaderId = leader_id_std::LeaderId<u64, u64>;
    type Vote = openraft::impls::Vote<Self::LeaderId>;
    type Payload = EntryPayload<Proposal, u64, ()>;
    type Entry = openraft::Entry<CommittedLeader, Self::Payload>;
    type AsyncRuntime = openraft::impls::TokioRuntime;
    type Responder<T>
        = Callback<T>
    where
        T: Send + 'static;
    type Batch<T>
        = openraft::impls::InlineBatch<T>
    where
        T: Send + 'static;
    type ErrorSource = openraft::impls::BoxedErrorSource;
}

/// What an entry's identity says of its leader: the term.
pub(crate) type CommittedLeader = <leader_id_std::LeaderId<u64, u64> as RaftLeaderId>::Committed;
pub(crate) type LogId = openraft::type_config::alias::LogIdOf<JournalTypes>;
pub(crate) type Vote = openraft::type_config::alias::VoteOf<JournalTypes>;
pub(crate) type Entry = openraft::type_config::alias::EntryOf<JournalTypes>;
pub(crate) type StoredMembership = openraft::type_config::alias::StoredMembershipOf<JournalTypes>;
pub(crate) type SnapshotMeta = openraft::type_config::alias::SnapshotMetaOf<JournalTypes>;

/// A journal entry on its way through the group.
#[derive(Clone)]
pub struct Proposal {
    pub entry: Arc<JournalEntry>,
    /// The entry as it is written; made once, by whoever appends.
    pub encoded: Bytes,
    /// Room in this node's log.
    pub room: Option<Arc<Room>>,
}

impl Proposal {
    pub fn new(entry: Arc<JournalEntry>) -> Result<Proposal, postcard::Error> {
        let encoded = postcard::to_extend(&*entry, vec![PAYLOAD_VERSION, NORMAL])?;
        Ok(Proposal { entry, encoded: encoded.into(), room: None })
    }

    fn decode(encoded: Bytes) -> Result<Proposal, String> {
        match encoded.get(..2) {
            Some([PAYLOAD_VERSION, NORMAL]) => {}
            _ => return Err("not an entry of a known version".into()),
        }
        let entry = postcard::from_bytes(&encoded[2..]).map_err(|error| error.to_string())?;
        Ok(Proposal { entry: Arc::new(entry), encoded, room: None })
    }
}

impl fmt::Debug for Proposal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Proposal({} bytes)", self.encoded.len())
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl PartialEq for Proposal {
    fn eq(&self, other: &Proposal) -> bool {
        self.encoded == other.encoded
    }
}

impl Serialize for Proposal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.encoded.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Proposal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Proposal, D::Error> {
        Proposal::decode(Bytes::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Called with the answer to a proposal. If it is never called, openraft has stopped.
pub struct Callback<T>(pub Box<dyn FnOnce(T) + Send>);

impl<T: Send + 'static> Responder<JournalTypes, T> for Callback<T> {
    fn on_complete(self, result: T) {
        (self.0)(result);
    }
}

pub(crate) fn entry_id(id: &LogId) -> EntryId {
    EntryId { term: id.leader_id.term, index: id.index }
}

pub(crate) fn log_id(id: EntryId) -> LogId {
    LogId::new_term_index(id.term, id.index)
}

pub(crate) fn stored_vote(vote: &Vote) -> StoredVote {
    StoredVote {
        term: vote.leader_id.term,
        node: vote.leader_id.voted_for,
        committed: vote.committed,
    }
}

pub(crate) fn vote(stored: StoredVote) -> Vote {
    Vote {
        leader_id: leader_id_std::LeaderId { term: stored.term, voted_for: stored.node },
        committed: stored.committed,
    }
}

pub(crate) fn to_log_entry(entry: Entry) -> Result<LogEntry, postcard::Error> {
    let id = entry_id(&entry.log_id);
    Ok(match entry.payload {
        EntryPayload::Blank => {
            let payload = Bytes::from_static(&[PAYLOAD_VERSION, BLANK]);
            LogEntry { id, payload, decoded: None, room: None }
        }
        EntryPayload::Normal(proposal) => LogEntry {
            id,
            payload: proposal.encoded,
            decoded: Some(proposal.entry),
            room: proposal.room,
        },
        EntryPayload::Membership(membership) => {
            let payload = postcard::to_extend(&membership, vec![PAYLOAD_VERSION, MEMBERSHIP])?;
            LogEntry { id, payload: payload.into(), decoded: None, room: None }
        }
    })
}

pub(crate) fn from_log_entry(entry: LogEntry) -> Result<Entry, String> {
    let log_id = log_id(entry.id);
    let payload = match (entry.payload.get(..2), entry.decoded) {
        (Some([PAYLOAD_VERSION, BLANK]), _) => EntryPayload::Blank,
        (Some([PAYLOAD_VERSION, MEMBERSHIP]), _) => {
            let membership: Membership<u64, ()> =
                postcard::from_bytes(&entry.payload[2..]).map_err(|error| error.to_string())?;
            EntryPayload::Membership(membership)
        }
        (_, Some(decoded)) => {
            EntryPayload::Normal(Proposal { entry: decoded, encoded: entry.payload, room: None })
        }
        (_, None) => EntryPayload::Normal(Proposal::decode(entry.payload)?),
    };
    Ok(Entry { log_id, payload })
}
