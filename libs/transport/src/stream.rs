//! Streams: messages in both directions over a shared connection, with back-pressure.
//!
//! The sender may have [`WINDOW_BYTES`] on the way; the receiver gives more as it takes messages. A receiver that stops
//! taking stops this sender only, never the connection. Whoever drops an unfinished half resets the stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use crate::config::{MESSAGE_OVERHEAD, WINDOW_BYTES};
use crate::frame::Frame;
use crate::link::Link;

/// Why a stream ended early. What was sent may have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEnded {
    pub reason: String,
}

impl std::fmt::Display for StreamEnded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the stream ended: {}", self.reason)
    }
}

impl std::error::Error for StreamEnded {}

/// A message, the orderly end, or the reason of an early one.
pub(crate) type Event = Result<Option<Bytes>, StreamEnded>;

/// What a message takes of the window.
pub(crate) fn cost(body: &Bytes) -> usize {
    body.len() + MESSAGE_OVERHEAD
}

/// One stream's state, shared by its halves and the connection.
pub(crate) struct Shared {
    pub id: u64,
    state: Mutex<State>,
    changed: Notify,
    /// The queue is bounded by the window, and by closing the connection of who sends beyond it.
    events: mpsc::UnboundedSender<Event>,
    sender_done: AtomicBool,
    receiver_done: AtomicBool,
}

struct State {
    /// Bytes that may be sent; a message may make it negative.
    credit: i64,
    /// Bytes received and not yet given back.
    unread: usize,
    ended: Option<StreamEnded>,
}

impl Shared {
    /// A message from the peer; false if it sent more than it may.
    pub fn received(&self, body: Bytes) -> bool {
        {
            let mut state = self.state.lock();
            if state.unread >= WINDOW_BYTES {
                return false;
            }
            state.unread += cost(&body);
        }
        // Whoever does not listen any more has reset the stream.
        let _ = self.events.send(Ok(Some(body)));
        true
    }

    pub fn finished(&self) {
        let _ = self.events.send(Ok(None));
    }

    pub fn reset(&self, reason: String) {
        let ended = StreamEnded { reason };
        self.state.lock().ended.get_or_insert(ended.clone());
        let _ = self.events.send(Err(ended));
        self.changed.notify_waiters();
    }

    pub fn widen(&self, bytes: u32) {
        let mut state = self.state.lock();
        state.credit = state.credit.saturating_add(i64::from(bytes)).min(WINDOW_BYTES as i64);
        drop(state);
        self.changed.notify_waiters();
    }
}

/// Both halves of a stream.
pub struct Stream {
    pub sender: StreamSender,
    pub receiver: StreamReceiver,
}

enum Way {
    Link { link: Arc<Link>, shared: Arc<Shared> },
    Calls(Option<mpsc::Sender<Bytes>>),
}

/// The half that sends.
pub struct StreamSender {
    way: Way,
}

enum Source {
    Link {
        link: Arc<Link>,
        shared: Arc<Shared>,
        events: mpsc::UnboundedReceiver<Event>,
        taken: usize,
    },
    Calls(mpsc::Receiver<Bytes>),
}

/// The half that receives.
pub struct StreamReceiver {
    source: Source,
    over: Option<Event>,
}

impl Stream {
    pub(crate) fn on_link(link: &Arc<Link>, id: u64) -> (Stream, Arc<Shared>) {
        let (events, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            id,
            state: Mutex::new(State { credit: WINDOW_BYTES as i64, unread: 0, ended: None }),
            changed: Notify::new(),
            events,
            sender_done: AtomicBool::new(false),
            receiver_done: AtomicBool::new(false),
        });
        let sender = StreamSender { way: Way::Link { link: link.clone(), shared: shared.clone() } };
        let source =
            Source::Link { link: link.clone(), shared: shared.clone(), events: receiver, taken: 0 };
        let receiver = StreamReceiver { source, over: None };
        (Stream { sender, receiver }, shared)
    }

    /// Two ends within one process. So many messages may wait in each direction.
    pub(crate) fn pair(messages: usize) -> (Stream, Stream) {
        let (to_there, at_there) = mpsc::channel(messages);
        let (to_here, at_here) = mpsc::channel(messages);
        let end = |sender, receiver| Stream {
            sender: StreamSender { way: Way::Calls(Some(sender)) },
            receiver: StreamReceiver { source: Source::Calls(receiver), over: None },
        };
        (end(to_there, at_here), end(to_here, at_there))
    }
}

impl StreamSender {
    /// Sends a message; waits while the peer has enough to read.
    pub async fn send(&mut self, body: Bytes) -> Result<(), StreamEnded> {
        let ended = |reason: &str| StreamEnded { reason: reason.to_owned() };
        let (link, shared) = match &mut self.way {
            Way::Calls(Some(sender)) => {
                return sender.send(body).await.map_err(|_| ended("the receiver has gone"));
            }
            Way::Calls(None) => return Err(ended("it was finished")),
            Way::Link { link, shared } => (link, shared),
        };
        if body.len() > link.body_bytes_max() {
            return Err(ended("a message is too large"));
        }
        loop {
            let mut changed = std::pin::pin!(shared.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = shared.state.lock();
                if let Some(ended) = &state.ended {
                    return Err(ended.clone());
                }
                if state.credit > 0 {
                    state.credit -= cost(&body) as i64;
                    break;
                }
            }
            changed.await;
        }
        match link.outbox.push_waiting(&Frame::Data { id: shared.id, body }).await {
            true => Ok(()),
            false => Err(StreamEnded { reason: link.closed_reason() }),
        }
    }

    /// Nothing more follows. The peer's receiver sees the end; the other direction stays open.
    pub fn finish(mut self) {
        match &mut self.way {
            Way::Calls(sender) => *sender = None,
            Way::Link { link, shared } => {
                if !shared.sender_done.swap(true, Ordering::AcqRel) {
                    link.send_urgent(&Frame::End { id: shared.id });
                    link.forget_if_done(shared);
                }
            }
        }
    }
}

impl Drop for StreamSender {
    fn drop(&mut self) {
        if let Way::Link { link, shared } = &self.way
            && !shared.sender_done.swap(true, Ordering::AcqRel)
        {
            link.reset_stream(shared, "the sender gave up");
        }
    }
}

impl StreamReceiver {
    /// The next message; `None` when the peer has finished.
    pub async fn next(&mut self) -> Event {
        if let Some(over) = &self.over {
            return over.clone();
        }
        let event = match &mut self.source {
            Source::Calls(receiver) => Ok(receiver.recv().await),
            Source::Link { link, shared, events, taken } => {
                let event = events.recv().await.unwrap_or_else(|| {
                    Err(StreamEnded { reason: "the connection has gone".to_owned() })
                });
                if let Ok(Some(body)) = &event {
                    *taken += cost(body);
                    if *taken >= WINDOW_BYTES / 2 {
                        shared.state.lock().unread -= *taken;
                        let bytes = u32::try_from(*taken).unwrap_or(u32::MAX);
                        link.send_urgent(&Frame::Window { id: shared.id, bytes });
                        *taken = 0;
                    }
                } else {
                    shared.receiver_done.store(true, Ordering::Release);
                    link.forget_if_done(shared);
                }
                event
            }
        };
        if !matches!(event, Ok(Some(_))) {
            self.over = Some(event.clone());
        }
        event
    }
}

impl Drop for StreamReceiver {
    fn drop(&mut self) {
        if let Source::Link { link, shared, .. } = &self.source
            && !shared.receiver_done.swap(true, Ordering::AcqRel)
        {
            link.reset_stream(shared, "the receiver has gone");
        }
    }
}

impl Shared {
    pub fn is_done(&self) -> bool {
        self.sender_done.load(Ordering::Acquire) && self.receiver_done.load(Ordering::Acquire)
    }
}
