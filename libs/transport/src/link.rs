//! One connection after its hello: who waits for which answer, which streams are open, reading and writing.
//!
//! Only the dialer makes requests and opens streams; each side serves what it receives. Everything that a peer can make
//! this side keep is bounded: a frame's length, requests being worked on, streams, each stream's window, what waits to
//! be written. A peer that breaks a bound or the protocol loses this connection and nothing else.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use runtime::mischief::{Mark, Site, fires, reached};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{oneshot, watch};

use crate::config::{Class, OUTBOX_BYTES_MAX, REQUESTS_MAX, STREAMS_MAX, WORK_BYTES_MAX};
use crate::error::{CallError, Refusal};
use crate::frame::{FailureCode, Frame, HEADER_BYTES};
use crate::outbox::{NotTaken, Outbox};
use crate::service::{Caller, Services};
use crate::stream::{Shared, Stream};

/// Read at once, at least.
const READ_BYTES: usize = 32 << 10;
/// A write buffer that grew beyond this is given back.
const SPARE_BYTES_MAX: usize = 1 << 20;
/// Silent periods before a connection is given up.
const SILENCES_MAX: u32 = 3;
/// No request is worked on for longer, whatever it asks for.
const REQUEST_TIMEOUT_MAX: Duration = Duration::from_secs(600);

type Answer = Result<Bytes, CallError>;

#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub keep_alive: Duration,
    pub write_timeout: Duration,
}

pub(crate) struct Link {
    pub outbox: Outbox,
    class: Class,
    is_dialer: bool,
    caller: Caller,
    services: Services,
    pace: Pace,
    next_id: AtomicU64,
    pending: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    streams: Mutex<HashMap<u64, Arc<Shared>>>,
    work: Arc<Work>,
    closed: watch::Sender<Option<String>>,
}

#[derive(Default)]
struct Work {
    requests: AtomicUsize,
    bytes: AtomicUsize,
}

/// One request's part of the work.
struct WorkShare {
    work: Arc<Work>,
    bytes: usize,
}

impl WorkShare {
    fn take(work: &Arc<Work>, bytes: usize) -> Option<WorkShare> {
        let share = WorkShare { work: work.clone(), bytes };
        let requests = work.requests.fetch_add(1, Ordering::AcqRel);
        let before = work.bytes.fetch_add(bytes, Ordering::AcqRel);
        (requests < REQUESTS_MAX && before < WORK_BYTES_MAX).then_some(share)
    }
}

impl Drop for WorkShare {
    fn drop(&mut self) {
        self.work.requests.fetch_sub(1, Ordering::AcqRel);
        self.work.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// A request that was sent; forgotten when dropped.
pub(crate) struct Waiting {
    link: Arc<Link>,
    id: u64,
    answer: oneshot::Receiver<Answer>,
}

impl Waiting {
    pub async fn answer(mut self) -> Answer {
        let unknown = |reason: String| Err(CallError::Unknown { reason });
        match (&mut self.answer).await {
            Ok(answer) => answer,
            Err(_) => unknown(self.link.closed_reason()),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.link.pending.lock().remove(&self.id);
    }
}

impl Link {
    pub fn new(
        class: Class,
        is_dialer: bool,
        caller: Caller,
        services: Services,
        pace: Pace,
    ) -> Arc<Link> {
        Arc::new(Link {
            outbox: Outbox::default(),
            class,
            is_dialer,
            caller,
            services,
            pace,
            next_id: AtomicU64::new(1),
            pending: Mutex::default(),
            streams: Mutex::default(),
            work: Arc::default(),
            closed: watch::Sender::new(None),
        })
    }

    /// The longest body of one frame.
    pub fn body_bytes_max(&self) -> usize {
        self.class.frame_bytes_max() - HEADER_BYTES - 8
    }

    pub fn is_closed(&self) -> bool {
        self.closed.borrow().is_some()
    }

    pub fn closed_reason(&self) -> String {
        self.closed.borrow().clone().unwrap_or_else(|| "the connection is closing".to_owned())
    }

    pub async fn wait_closed(&self) {
        // The sender lives in self.
        let _ = self.closed.subscribe().wait_for(Option::is_some).await;
    }

    /// Ends everything on this connection; the first reason counts.
    pub fn close(&self, reason: &str) {
        let is_first = self.closed.send_if_modified(|closed| {
            let is_first = closed.is_none();
            closed.get_or_insert_with(|| reason.to_owned());
            is_first
        });
        if !is_first {
            return;
        }
        self.outbox.close();
        self.pending.lock().clear();
        let streams = std::mem::take(&mut *self.streams.lock());
        for stream in streams.into_values() {
            stream.reset(reason.to_owned());
        }
    }

    /// Nothing waits for an answer and no stream is open.
    pub fn is_idle(&self) -> bool {
        self.pending.lock().is_empty() && self.streams.lock().is_empty()
    }

    /// Sends a small frame; a peer that does not even take those loses the connection.
    pub fn send_urgent(&self, frame: &Frame) {
        if self.outbox.push_urgent(frame) == Err(NotTaken::Full) {
            self.close("the peer takes nothing");
        }
    }

    fn check_size(&self, body: &Bytes) -> Result<(), Refusal> {
        let (bytes, max) = (body.len(), self.body_bytes_max());
        if bytes > max { Err(Refusal::TooLarge { bytes, max }) } else { Ok(()) }
    }

    fn not_connected(&self) -> Refusal {
        Refusal::NotConnected { reason: self.closed_reason() }
    }

    /// Sends a request at once. `Err` with the frame's body if there is no room now.
    pub fn begin(
        self: &Arc<Link>,
        service: u16,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Waiting, Refusal> {
        self.check_size(&body)?;
        let (sender, answer) = oneshot::channel();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        {
            let mut pending = self.pending.lock();
            if pending.len() >= REQUESTS_MAX {
                return Err(Refusal::Overloaded);
            }
            pending.insert(id, sender);
        }
        let waiting = Waiting { link: self.clone(), id, answer };
        let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        match self.outbox.push(&Frame::Request { id, service, timeout_ms, body }) {
            Ok(()) => Ok(waiting),
            Err(NotTaken::Full) => Err(Refusal::Overloaded),
            Err(NotTaken::Closed) => Err(self.not_connected()),
        }
    }

    pub fn notify(&self, service: u16, body: Bytes) -> Result<(), Refusal> {
        self.check_size(&body)?;
        match self.outbox.push(&Frame::Notice { service, body }) {
            Ok(()) => Ok(()),
            Err(NotTaken::Full) => Err(Refusal::Overloaded),
            Err(NotTaken::Closed) => Err(self.not_connected()),
        }
    }

    pub fn open(self: &Arc<Link>, service: u16, body: Bytes) -> Result<Stream, Refusal> {
        self.check_size(&body)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let stream = self.add_stream(id).ok_or(Refusal::Overloaded)?;
        match self.outbox.push(&Frame::Open { id, service, body }) {
            Ok(()) => Ok(stream),
            Err(NotTaken::Full) => Err(Refusal::Overloaded),
            Err(NotTaken::Closed) => Err(self.not_connected()),
        }
    }

    fn add_stream(self: &Arc<Link>, id: u64) -> Option<Stream> {
        let mut streams = self.streams.lock();
        if streams.len() >= STREAMS_MAX || streams.contains_key(&id) {
            return None;
        }
        let (stream, shared) = Stream::on_link(self, id);
        streams.insert(id, shared);
        drop(streams);
        if self.is_closed() {
            // Closing and this may have crossed.
            self.streams.lock().remove(&id);
        }
        Some(stream)
    }

    pub fn forget_if_done(&self, stream: &Shared) {
        if stream.is_done() {
            self.streams.lock().remove(&stream.id);
        }
    }

    pub fn reset_stream(&self, stream: &Shared, reason: &str) {
        if self.streams.lock().remove(&stream.id).is_some() {
            stream.reset(reason.to_owned());
            self.send_urgent(&Frame::Reset { id: stream.id, reason: reason.to_owned() });
        }
    }

    /// Serves the connection until it ends. `early` was read behind the hello.
    pub async fn run<Io>(self: Arc<Link>, io: Io, early: BytesMut)
    where
        Io: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (reader, writer) = tokio::io::split(io);
        let mut closed = self.closed.subscribe();
        let reason = tokio::select! {
            reason = self.read(reader, early) => reason,
            reason = self.write(writer) => reason,
            _ = closed.wait_for(Option::is_some) => return,
        };
        self.close(&reason);
    }

    async fn write(&self, mut writer: impl AsyncWrite + Unpin) -> String {
        let mut spare = BytesMut::new();
        while let Some(mut waiting) = self.outbox.take(std::mem::take(&mut spare)).await {
            if fires(Site::LinkBreaks) {
                return "broken on purpose".to_owned();
            }
            // Each piece must make progress, not the whole.
            for piece in waiting.chunks(OUTBOX_BYTES_MAX / 8) {
                match tokio::time::timeout(self.pace.write_timeout, writer.write_all(piece)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return format!("writing failed: {error}"),
                    Err(_) => return "the peer takes nothing".to_owned(),
                }
            }
            // TLS keeps what it could not write.
            if let Err(error) = writer.flush().await {
                return format!("writing failed: {error}");
            }
            if waiting.capacity() <= SPARE_BYTES_MAX {
                waiting.clear();
                spare = waiting;
            }
        }
        "closed".to_owned()
    }

    async fn read(self: &Arc<Link>, mut reader: impl AsyncRead + Unpin, early: BytesMut) -> String {
        let max = self.class.frame_bytes_max();
        let mut buffer = early;
        let mut silences = 0;
        loop {
            loop {
                match Frame::decode(&mut buffer, max) {
                    Ok(Some(frame)) => {
                        if let Err(problem) = self.take(frame) {
                            return format!(
                                "node {} broke the protocol: {problem}",
                                self.caller.node
                            );
                        }
                    }
                    Ok(None) => break,
                    Err(problem) => {
                        return format!("node {} broke the protocol: {problem}", self.caller.node);
                    }
                }
            }
            // Memory grows with what arrives, not with what a frame announces.
            buffer.reserve(READ_BYTES);
            let read = reader.read_buf(&mut buffer);
            match tokio::time::timeout(self.pace.keep_alive, read).await {
                Ok(Ok(0)) => return "the peer closed the connection".to_owned(),
                Ok(Ok(_)) => silences = 0,
                Ok(Err(error)) => {
                    reached(Mark::LinkBroken);
                    return format!("reading failed: {error}");
                }
                Err(_) => {
                    silences += 1;
                    if silences >= SILENCES_MAX {
                        reached(Mark::PeerSilent);
                        return "no sign of life from the peer".to_owned();
                    }
                    self.send_urgent(&Frame::Ping { id: u64::from(silences) });
                }
            }
        }
    }

    fn take(self: &Arc<Link>, frame: Frame) -> Result<(), &'static str> {
        match frame {
            Frame::Request { .. } | Frame::Notice { .. } | Frame::Open { .. } if self.is_dialer => {
                return Err("only the dialer asks");
            }
            Frame::Request { id, service, timeout_ms, body } => {
                self.serve(id, service, timeout_ms, body);
            }
            Frame::Response { id, body } => self.answered(id, Ok(body)),
            Frame::Failure { id, code, reason } => {
                let error = match code {
                    FailureCode::Failed => CallError::Failed { reason },
                    FailureCode::Overloaded => Refusal::Overloaded.into(),
                    FailureCode::NoService => {
                        Refusal::NoService { service: reason.parse().unwrap_or(0) }.into()
                    }
                    FailureCode::Deadline => CallError::Unknown { reason },
                };
                self.answered(id, Err(error));
            }
            Frame::Notice { service, body } => {
                if let Some(service) = self.services.get(service) {
                    service.notice(self.caller, body);
                }
            }
            Frame::Ping { id } => self.send_urgent(&Frame::Pong { id }),
            Frame::Pong { .. } => {}
            Frame::Open { id, service, body } => self.accept_stream(id, service, body),
            Frame::Data { id, body } => {
                let stream = self.streams.lock().get(&id).cloned();
                // A message to a stream that this side has reset may still have been under way.
                if stream.is_some_and(|stream| !stream.received(body)) {
                    return Err("more of a stream than its window allows");
                }
            }
            Frame::End { id } => {
                if let Some(stream) = self.streams.lock().get(&id) {
                    stream.finished();
                }
            }
            Frame::Reset { id, reason } => {
                if let Some(stream) = self.streams.lock().remove(&id) {
                    stream.reset(reason);
                }
            }
            Frame::Window { id, bytes } => {
                if let Some(stream) = self.streams.lock().get(&id) {
                    stream.widen(bytes);
                }
            }
        }
        Ok(())
    }

    fn answered(&self, id: u64, answer: Answer) {
        if let Some(sender) = self.pending.lock().remove(&id) {
            // Whoever asked may have given up.
            let _ = sender.send(answer);
        }
    }

    fn serve(self: &Arc<Link>, id: u64, number: u16, timeout_ms: u32, body: Bytes) {
        let refuse = |code, reason: String| self.send_urgent(&Frame::Failure { id, code, reason });
        let Some(service) = self.services.get(number) else {
            return refuse(FailureCode::NoService, number.to_string());
        };
        let Some(share) = WorkShare::take(&self.work, body.len()) else {
            return refuse(FailureCode::Overloaded, String::new());
        };
        let timeout = Duration::from_millis(timeout_ms.into()).min(REQUEST_TIMEOUT_MAX);
        let link = self.clone();
        tokio::spawn(async move {
            let failure = |code, reason| Frame::Failure { id, code, reason };
            let work = service.request(link.caller, body);
            let answer = match tokio::time::timeout(timeout, work).await {
                Ok(Ok(body)) if body.len() > link.body_bytes_max() => {
                    failure(FailureCode::Failed, "the answer is too large".to_owned())
                }
                Ok(Ok(body)) => Frame::Response { id, body },
                Ok(Err(reason)) => failure(FailureCode::Failed, reason),
                Err(_) => {
                    failure(FailureCode::Deadline, "the time was over at the peer".to_owned())
                }
            };
            link.outbox.push_waiting(&answer).await;
            drop(share);
        });
    }

    fn accept_stream(self: &Arc<Link>, id: u64, number: u16, body: Bytes) {
        let Some(service) = self.services.get(number) else {
            let reason = format!("no service {number} there");
            return self.send_urgent(&Frame::Reset { id, reason });
        };
        let Some(stream) = self.add_stream(id) else {
            let reason = "too many streams".to_owned();
            return self.send_urgent(&Frame::Reset { id, reason });
        };
        tokio::spawn(service.stream(self.caller, body, stream));
    }
}
