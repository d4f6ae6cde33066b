//! Groups' messages over the transport between machines.
//!
//! ```text
//! request   u8 version │ u32 journal │ postcard GroupRequest      answer: postcard GroupResponse
//! appends   opened with u8 version │ u32 journal; then one postcard append per message, one answer per message
//! ```
//!
//! All groups share the connections to a node. Votes, heartbeats and handing over go with the control class, so that
//! they do not wait behind entries; appends with entries go over a stream of the journal class, one per group, without
//! waiting for answers; snapshots with the bulk class. A snapshot is a few hundred bytes (it holds no rows), so it is
//! one request.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use openraft::OptionalSend;
use openraft::base::BoxStream;
use openraft::errors::{RPCError, Unreachable};
use openraft::raft::{AppendEntriesRequest, StreamAppendResult};
use protocol::JournalId;
use protocol::journal::BoxFuture;
use serde::Serialize;
use transport::{Caller, Class, Route, Service, Stream as WireStream, Transport as Wire};

use super::network::{
    AppendStream, GroupRequest, GroupResponse, Receiver, Transport, TransportError,
};
use super::types::JournalTypes;

/// The journals' number among a node's services.
pub const JOURNAL_SERVICE: u16 = 1;
const WIRE_VERSION: u8 = 1;
/// Appends of one stream that the group works on; the stream's window bounds their bytes.
const APPENDS_AHEAD: usize = 64;

fn failed(reason: impl ToString) -> TransportError {
    TransportError { reason: reason.to_string() }
}

fn header(journal: JournalId) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(256);
    bytes.put_u8(WIRE_VERSION);
    bytes.put_u32_le(journal.0);
    bytes
}

fn take_header(bytes: &mut Bytes) -> Result<JournalId, String> {
    if bytes.len() < 5 {
        return Err("not a journal's message".to_owned());
    }
    match bytes.get_u8() {
        WIRE_VERSION => Ok(JournalId(bytes.get_u32_le())),
        version => Err(format!("a journal's message of version {version}")),
    }
}

fn encode(message: &impl Serialize) -> Result<Bytes, String> {
    let bytes = postcard::to_extend(message, Vec::with_capacity(256));
    bytes.map(Bytes::from).map_err(|error| error.to_string())
}

/// Carries groups' messages.
#[derive(Clone)]
pub struct WireTransport {
    wire: Arc<dyn Wire>,
}

impl WireTransport {
    pub fn new(wire: Arc<dyn Wire>) -> WireTransport {
        WireTransport { wire }
    }
}

fn class(request: &GroupRequest) -> Class {
    match request {
        GroupRequest::Append(append) if !append.entries.is_empty() => Class::Journal,
        GroupRequest::Snapshot { .. } => Class::Bulk,
        _ => Class::Control,
    }
}

impl Transport for WireTransport {
    fn send(
        &self,
        target: u64,
        journal: JournalId,
        request: GroupRequest,
        timeout: Duration,
    ) -> BoxFuture<Result<GroupResponse, TransportError>> {
        let route = Route { node: target, class: class(&request), service: JOURNAL_SERVICE };
        let mut body = header(journal).to_vec();
        body = match postcard::to_extend(&request, body) {
            Ok(body) => body,
            Err(error) => return Box::pin(async move { Err(failed(error)) }),
        };
        let asked = self.wire.request(route, body.into(), timeout);
        Box::pin(async move {
            let answer = asked.await.map_err(failed)?;
            postcard::from_bytes(&answer).map_err(failed)
        })
    }

    fn open_appends(
        &self,
        target: u64,
        journal: JournalId,
        timeout: Duration,
    ) -> Option<BoxFuture<Result<AppendStream, TransportError>>> {
        let route = Route { node: target, class: Class::Journal, service: JOURNAL_SERVICE };
        let opening = self.wire.open(route, header(journal).freeze(), timeout);
        Some(Box::pin(async move {
            let WireStream { sender, receiver } = opening.await.map_err(failed)?;
            Ok(AppendStream { sender, receiver })
        }))
    }
}

/// Ends the sending of appends when nobody wants their answers any more.
struct Sending(tokio::task::JoinHandle<()>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends appends as they come and gives their answers as those come.
pub(crate) fn pipeline<S>(
    appends: AppendStream,
    mut input: S,
) -> BoxStream<'static, Result<StreamAppendResult<JournalTypes>, RPCError<JournalTypes>>>
where
    S: Stream<Item = AppendEntriesRequest<JournalTypes>> + OptionalSend + Unpin + 'static,
{
    let AppendStream { mut sender, receiver } = appends;
    let sending = Sending(tokio::spawn(async move {
        while let Some(append) = input.next().await {
            let Ok(message) = encode(&append) else { return };
            if sender.send(message).await.is_err() {
                return;
            }
        }
        sender.finish();
    }));
    let unreachable = |reason: String| RPCError::from(Unreachable::from_string(reason));
    let answers = futures::stream::unfold(Some((receiver, sending)), move |state| async move {
        let (mut receiver, sending) = state?;
        match receiver.next().await {
            Ok(None) => None,
            Ok(Some(message)) => {
                match postcard::from_bytes::<StreamAppendResult<JournalTypes>>(&message) {
                    Ok(answer) => Some((Ok(answer), Some((receiver, sending)))),
                    Err(error) => Some((Err(unreachable(error.to_string())), None)),
                }
            }
            Err(ended) => Some((Err(unreachable(ended.reason)), None)),
        }
    });
    Box::pin(answers)
}

/// The journals as a service for other nodes.
pub struct JournalService {
    receiver: Receiver,
}

impl JournalService {
    pub fn new(receiver: Receiver) -> JournalService {
        JournalService { receiver }
    }
}

impl Service for JournalService {
    fn request(
        &self,
        _caller: Caller,
        mut body: Bytes,
    ) -> futures::future::BoxFuture<'static, Result<Bytes, String>> {
        let receiver = self.receiver.clone();
        Box::pin(async move {
            let journal = take_header(&mut body)?;
            let request = postcard::from_bytes(&body).map_err(|error| error.to_string())?;
            let answer = receiver.receive(journal, request).await.map_err(|error| error.reason)?;
            encode(&answer)
        })
    }

    fn stream(
        &self,
        caller: Caller,
        mut body: Bytes,
        stream: WireStream,
    ) -> futures::future::BoxFuture<'static, ()> {
        let receiver = self.receiver.clone();
        Box::pin(async move {
            let ended = match take_header(&mut body) {
                Ok(journal) => take_appends(receiver, journal, stream).await,
                Err(reason) => Err(reason),
            };
            if let Err(reason) = ended {
                tracing::debug!(node = caller.node, reason, "a stream of appends ended");
            }
        })
    }
}

async fn take_appends(
    receiver: Receiver,
    journal: JournalId,
    stream: WireStream,
) -> Result<(), String> {
    let raft = receiver.groups.lock().get(&journal).cloned();
    let raft = raft.ok_or_else(|| format!("no journal {journal} here"))?;
    let WireStream { mut sender, receiver: messages } = stream;
    // What cannot be read or has no room ends the stream; the leader opens another later.
    let appends = futures::stream::unfold((messages, receiver), |(mut messages, receiver)| async {
        let message = messages.next().await.ok()??;
        let mut append = postcard::from_bytes(&message).ok()?;
        receiver.make_room(&mut append).await.ok()?;
        Some((append, (messages, receiver)))
    });
    let mut answers = std::pin::pin!(raft.stream_append(appends).ready_chunks(APPENDS_AHEAD));
    while let Some(ready) = answers.next().await {
        for answer in ready {
            let answer = encode(&answer.map_err(|error| error.to_string())?)?;
            sender.send(answer).await.map_err(|ended| ended.reason)?;
        }
    }
    sender.finish();
    Ok(())
}
