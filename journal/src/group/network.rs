//! How a group's messages reach the other nodes.
//!
//! [`Transport`] is the seam: it takes a message for one group on another node and returns the answer. The one here,
//! [`InProcessTransport`], calls the other node's groups directly; one over TCP encodes the same messages with serde.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use openraft::base::{BoxFuture as RaftFuture, BoxStream};
use openraft::errors::{RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{RPCOption, RaftNetworkFactory, RaftNetworkV2, stream_append_sequential};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult,
    TransferLeaderRequest, TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::storage::Snapshot;
use openraft::{EntryPayload, OptionalSend, Raft};
use parking_lot::Mutex;
use protocol::JournalId;
use protocol::journal::BoxFuture;
use serde::{Deserialize, Serialize};
use transport::{StreamReceiver, StreamSender};

use super::machine::Machine;
use super::types::{JournalTypes, SnapshotMeta, Vote};
use crate::log::Log;
use crate::log::space::Room;

/// Before the group is told that a node cannot be reached: it tries again at once, thousands of times a second.
const UNREACHABLE_PAUSE: Duration = Duration::from_millis(50);

/// A message to a group on another node.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub enum GroupRequest {
    Append(AppendEntriesRequest<JournalTypes>),
    Vote(VoteRequest<JournalTypes>),
    PreVote(VoteRequest<JournalTypes>),
    /// A whole snapshot: it is a few hundred bytes.
    Snapshot {
        vote: Vote,
        meta: SnapshotMeta,
        state: Vec<u8>,
    },
    /// The leader asks this node to stand for election.
    Transfer(TransferLeaderRequest<JournalTypes>),
}

/// Its answer.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub enum GroupResponse {
    Append(AppendEntriesResponse<JournalTypes>),
    Vote(VoteResponse<JournalTypes>),
    Snapshot(SnapshotResponse<JournalTypes>),
    Transfer(TransferLeaderResponse<JournalTypes>),
}

/// Why there is no answer. The request may have been carried out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TransportError {
    pub reason: String,
}

/// Carries messages between nodes.
pub trait Transport: Send + Sync {
    /// Sends a request to a journal's group on node `target` and waits for the answer. The future may be dropped.
    fn send(
        &self,
        target: u64,
        journal: JournalId,
        request: GroupRequest,
        timeout: Duration,
    ) -> BoxFuture<Result<GroupResponse, TransportError>>;

    /// A way for many appends to one group, each sent without waiting for the answers before it. `None` if there is
    /// none: then each append is a request.
    fn open_appends(
        &self,
        target: u64,
        journal: JournalId,
        timeout: Duration,
    ) -> Option<BoxFuture<Result<AppendStream, TransportError>>> {
        let _ = (target, journal, timeout);
        None
    }
}

/// Appends out, their answers in, in the same order.
pub struct AppendStream {
    pub(crate) sender: StreamSender,
    pub(crate) receiver: StreamReceiver,
}

/// The receiving side of a node: hands requests to its groups.
#[derive(Clone)]
pub struct Receiver {
    pub(crate) log: Log,
    pub(crate) groups: Arc<Mutex<HashMap<JournalId, Raft<JournalTypes, Machine>>>>,
}

impl Receiver {
    /// Carries out a request from another node.
    pub async fn receive(
        &self,
        journal: JournalId,
        request: GroupRequest,
    ) -> Result<GroupResponse, TransportError> {
        let failed = |reason: String| TransportError { reason };
        let raft = self.groups.lock().get(&journal).cloned();
        let raft = raft.ok_or_else(|| failed(format!("no journal {journal} here")))?;
        match request {
            GroupRequest::Append(mut request) => {
                self.make_room(&mut request).await?;
                let answer = raft.append_entries(request).await;
                answer.map(GroupResponse::Append).map_err(|error| failed(error.to_string()))
            }
            GroupRequest::Vote(request) => {
                let answer = raft.vote(request).await;
                answer.map(GroupResponse::Vote).map_err(|error| failed(error.to_string()))
            }
            GroupRequest::PreVote(request) => {
                let answer = raft.pre_vote(request).await;
                answer.map(GroupResponse::Vote).map_err(|error| failed(error.to_string()))
            }
            GroupRequest::Snapshot { vote, meta, state } => {
                let snapshot = Snapshot { meta, snapshot: state };
                let answer = raft.install_full_snapshot(vote, snapshot).await;
                answer.map(GroupResponse::Snapshot).map_err(|error| failed(error.to_string()))
            }
            GroupRequest::Transfer(request) => {
                let answer = raft.handle_transfer_leader(request).await;
                answer.map(GroupResponse::Transfer).map_err(|error| failed(error.to_string()))
            }
        }
    }

    /// An append that fails for lack of space would stop the group, so room comes first.
    pub(crate) async fn make_room(
        &self,
        request: &mut AppendEntriesRequest<JournalTypes>,
    ) -> Result<(), TransportError> {
        let sizes = request.entries.iter().filter_map(|entry| match &entry.payload {
            EntryPayload::Normal(proposal) => Some(proposal.encoded.len()),
            _ => None,
        });
        let sizes: Vec<usize> = sizes.collect();
        if !sizes.is_empty() {
            let room = self.log.reserve_together(sizes).await;
            let room = room.map_err(|refused| TransportError { reason: format!("{refused:?}") })?;
            hold_room(request, Arc::new(room));
        }
        Ok(())
    }
}

/// The first entry that is a proposal carries the room of all.
fn hold_room(request: &mut AppendEntriesRequest<JournalTypes>, room: Arc<Room>) {
    let first = request.entries.iter_mut().find_map(|entry| match &mut entry.payload {
        EntryPayload::Normal(proposal) => Some(proposal),
        _ => None,
    });
    if let Some(first) = first {
        first.room = Some(room);
    }
}

/// Nodes in one process: calls instead of messages. Nodes can be cut off.
#[derive(Clone, Default)]
pub struct InProcessTransport {
    receivers: Arc<Mutex<HashMap<u64, Receiver>>>,
}

impl InProcessTransport {
    pub fn connect(&self, node: u64, receiver: Receiver) {
        self.receivers.lock().insert(node, receiver);
    }

    /// From now on the node receives nothing.
    pub fn disconnect(&self, node: u64) {
        self.receivers.lock().remove(&node);
    }
}

impl Transport for InProcessTransport {
    fn send(
        &self,
        target: u64,
        journal: JournalId,
        request: GroupRequest,
        timeout: Duration,
    ) -> BoxFuture<Result<GroupResponse, TransportError>> {
        let receiver = self.receivers.lock().get(&target).cloned();
        Box::pin(async move {
            match receiver {
                Some(receiver) => {
                    let answer = tokio::time::timeout(timeout, receiver.receive(journal, request));
                    let late = |_| TransportError { reason: "no answer in time".to_owned() };
                    answer.await.map_err(late)?
                }
                None => Err(TransportError { reason: format!("node {target} is not connected") }),
            }
        })
    }
}

/// Answers to a stream of appends.
pub(crate) type AppendAnswers<'s> = RaftFuture<
    's,
    Result<
        BoxStream<'s, Result<StreamAppendResult<JournalTypes>, RPCError<JournalTypes>>>,
        RPCError<JournalTypes>,
    >,
>;

/// openraft's network on a transport, for one group.
#[derive(Clone)]
pub(crate) struct GroupNetwork {
    pub transport: Arc<dyn Transport>,
    pub journal: JournalId,
}

/// The same towards one node.
pub(crate) struct GroupPeer {
    network: GroupNetwork,
    target: u64,
}

impl RaftNetworkFactory<JournalTypes> for GroupNetwork {
    type Network = GroupPeer;

    async fn new_client(&mut self, target: u64, _node: &()) -> GroupPeer {
        GroupPeer { network: self.clone(), target }
    }
}

impl GroupPeer {
    async fn send(
        &self,
        request: GroupRequest,
        option: &RPCOption,
    ) -> Result<GroupResponse, Unreachable<JournalTypes>> {
        let GroupNetwork { transport, journal } = &self.network;
        let answer = transport.send(self.target, *journal, request, option.soft_ttl()).await;
        answer.map_err(|error| Unreachable::from_string(error.reason))
    }

    async fn ask_vote(
        &self,
        request: GroupRequest,
        option: &RPCOption,
    ) -> Result<VoteResponse<JournalTypes>, RPCError<JournalTypes>> {
        match self.send(request, option).await? {
            GroupResponse::Vote(answer) => Ok(answer),
            _ => Err(unexpected().into()),
        }
    }
}

fn unexpected() -> Unreachable<JournalTypes> {
    Unreachable::from_string("the answer does not belong to the request")
}

impl RaftNetworkV2<JournalTypes> for GroupPeer {
    type SnapshotData = Vec<u8>;

    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<JournalTypes>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<JournalTypes>, RPCError<JournalTypes>> {
        match self.send(GroupRequest::Append(request), &option).await? {
            GroupResponse::Append(answer) => Ok(answer),
            _ => Err(unexpected().into()),
        }
    }

    async fn vote(
        &mut self,
        request: VoteRequest<JournalTypes>,
        option: RPCOption,
    ) -> Result<VoteResponse<JournalTypes>, RPCError<JournalTypes>> {
        self.ask_vote(GroupRequest::Vote(request), &option).await
    }

    async fn pre_vote(
        &mut self,
        request: VoteRequest<JournalTypes>,
        option: RPCOption,
    ) -> Result<VoteResponse<JournalTypes>, RPCError<JournalTypes>> {
        self.ask_vote(GroupRequest::PreVote(request), &option).await
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot<
            openraft::type_config::alias::CommittedLeaderIdOf<JournalTypes>,
            u64,
            (),
            Vec<u8>,
        >,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        option: RPCOption,
    ) -> Result<SnapshotResponse<JournalTypes>, StreamingError<JournalTypes>> {
        let request =
            GroupRequest::Snapshot { vote, meta: snapshot.meta, state: snapshot.snapshot };
        let answer = tokio::select! {
            closed = cancel => return Err(closed.into()),
            answer = self.send(request, &option) => answer?,
        };
        match answer {
            GroupResponse::Snapshot(answer) => Ok(answer),
            _ => Err(unexpected().into()),
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<JournalTypes>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<JournalTypes>, RPCError<JournalTypes>> {
        match self.send(GroupRequest::Transfer(request), &option).await? {
            GroupResponse::Transfer(answer) => Ok(answer),
            _ => Err(unexpected().into()),
        }
    }

    fn stream_append<'s, S>(&'s mut self, input: S, option: RPCOption) -> AppendAnswers<'s>
    where
        S: Stream<Item = AppendEntriesRequest<JournalTypes>> + OptionalSend + Unpin + 'static,
    {
        let GroupNetwork { transport, journal } = &self.network;
        match transport.open_appends(self.target, *journal, option.soft_ttl()) {
            None => stream_append_sequential(self, input, option),
            Some(opening) => Box::pin(async move {
                let opened = opening.await;
                let opened = match opened {
                    Ok(opened) => opened,
                    Err(error) => {
                        tokio::time::sleep(UNREACHABLE_PAUSE).await;
                        return Err(Unreachable::from_string(error.reason).into());
                    }
                };
                Ok(super::wire::pipeline(opened, input))
            }),
        }
    }
}
