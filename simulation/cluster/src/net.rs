//! A network: connections that carry bytes in order, late, or not until a cut is healed, and that break.
//!
//! It behaves as TCP does towards programs. What is lost is sent again and comes late; what is sent through a cut waits;
//! a connection breaks when a process ends, when its machine loses power (then the other side hears nothing, and learns it
//! when the machine is back), or when the network resets it. Connections between two nodes do not wait for each other, so
//! messages of different connections overtake each other.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use simulation_core::plan::{MICRO, MILLI};
use simulation_core::random::Random;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use transport::{Io, Sockets};

use crate::trace::{Trace, mix};

/// Bytes of one direction that are on their way or unread.
const WINDOW: usize = 256 << 10;
const SEGMENT: usize = 64 << 10;
/// Connections that wait to be accepted.
const BACKLOG: usize = 64;

/// What a node listens for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    Nodes,
    Clients,
}

/// How things are between two nodes, in one direction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way {
    pub is_cut: bool,
    /// On top of what is usual.
    pub slower: u64,
}

/// Clones are the same network.
#[derive(Clone)]
pub struct Net(Arc<Mutex<State>>);

struct State {
    now: u64,
    random: Random,
    trace: Trace,
    /// Longest usual time under way.
    delay: u64,
    /// Segments in a thousand that have to be sent again.
    loss: u64,
    ways: BTreeMap<(u64, u64), Way>,
    pipes: BTreeMap<u64, Pipe>,
    last_pipe: u64,
    listeners: BTreeMap<(u64, Port), Listener>,
    dials: Vec<Dial>,
}

#[derive(Default)]
struct Listener {
    waiting: VecDeque<Socket>,
    waker: Option<Waker>,
}

struct Dial {
    from: u64,
    to: u64,
    port: Port,
    at: u64,
    answer: oneshot::Sender<io::Result<Socket>>,
}

/// One direction of a connection.
struct Pipe {
    from: u64,
    to: u64,
    /// With the times at which they arrive; an empty one is the end.
    under_way: VecDeque<(u64, Bytes)>,
    arrived: VecDeque<Bytes>,
    held: usize,
    /// Sides that still have their socket.
    sides: usize,
    last_arrival: u64,
    /// The writer has said that nothing follows, and it has arrived.
    ended: bool,
    /// Broken for both sides.
    reset: bool,
    /// One side has lost power: nothing arrives, and the other side does not know.
    silent: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

fn broken() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl State {
    fn way(&self, from: u64, to: u64) -> Way {
        self.ways.get(&(from, to)).copied().unwrap_or_default()
    }

    fn time(&mut self, from: u64, to: u64) -> u64 {
        let mut time = self.random.between(100 * MICRO, self.delay) + self.way(from, to).slower;
        let mut again = 200 * MILLI;
        while self.random.per_mille(self.loss) {
            self.trace.mark("segment sent again");
            time += again;
            again *= 2;
        }
        time
    }

    fn pipe(&mut self, from: u64, to: u64) -> u64 {
        self.last_pipe += 1;
        let pipe = Pipe {
            from,
            to,
            under_way: VecDeque::new(),
            arrived: VecDeque::new(),
            held: 0,
            sides: 2,
            last_arrival: 0,
            ended: false,
            reset: false,
            silent: false,
            reader: None,
            writer: None,
        };
        self.pipes.insert(self.last_pipe, pipe);
        self.last_pipe
    }

    /// Moves what is due; returns who is to be woken.
    fn deliver(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for (number, pipe) in &mut self.pipes {
            let way = self.ways.get(&(pipe.from, pipe.to)).copied().unwrap_or_default();
            if way.is_cut || pipe.silent {
                continue;
            }
            while pipe.under_way.front().is_some_and(|(at, _)| *at <= self.now) {
                let Some((_, bytes)) = pipe.under_way.pop_front() else { break };
                self.trace.line(format_args!(
                    "net {}>{} #{number} {} bytes {:08x}",
                    pipe.from,
                    pipe.to,
                    bytes.len(),
                    mix(7, &bytes) as u32
                ));
                if bytes.is_empty() {
                    pipe.ended = true;
                } else {
                    pipe.arrived.push_back(bytes);
                }
                wakers.extend(pipe.reader.take());
            }
        }
        wakers
    }

    /// Returns what could not be handed over; it must be dropped without the lock.
    fn connect(
        net: &Net,
        state: &mut State,
        dial: Dial,
        wakers: &mut Vec<Waker>,
    ) -> Option<io::Result<Socket>> {
        let Dial { from, to, port, answer, .. } = dial;
        let key = (to, port);
        if state.listeners.get(&key).is_none_or(|listener| listener.waiting.len() >= BACKLOG) {
            return answer.send(Err(io::ErrorKind::ConnectionRefused.into())).err();
        }
        let (there, back) = (state.pipe(from, to), state.pipe(to, from));
        let here = Socket { net: net.clone(), read: back, write: there };
        let other = Socket { net: net.clone(), read: there, write: back };
        let listener = state.listeners.get_mut(&key).expect("looked up above");
        listener.waiting.push_back(other);
        wakers.extend(listener.waker.take());
        state.trace.line(format_args!("net {from} connects to {to} #{there}"));
        answer.send(Ok(here)).err()
    }
}

impl Net {
    pub fn new(seed: u64, delay: u64, loss: u64, trace: Trace) -> Net {
        Net(Arc::new(Mutex::new(State {
            now: 0,
            random: Random::new(seed ^ 0x6E65_7477_6F72_6B00),
            trace,
            delay: delay.max(200 * MICRO),
            loss,
            ways: BTreeMap::new(),
            pipes: BTreeMap::new(),
            last_pipe: 0,
            listeners: BTreeMap::new(),
            dials: Vec::new(),
        })))
    }

    /// Time goes on.
    pub fn advance(&self, now: u64) {
        let mut wakers = Vec::new();
        let mut due = Vec::new();
        {
            let state = &mut *self.0.lock();
            state.now = now;
            let ways = &state.ways;
            let cut = |from, to| ways.get(&(from, to)).is_some_and(|way: &Way| way.is_cut);
            for dial in std::mem::take(&mut state.dials) {
                let passes = !cut(dial.from, dial.to) && !cut(dial.to, dial.from);
                if dial.at <= now && passes { due.push(dial) } else { state.dials.push(dial) }
            }
            state.dials.retain(|dial| !dial.answer.is_closed());
        }
        for dial in due.into_iter().filter(|dial| !dial.answer.is_closed()) {
            let unwanted = State::connect(self, &mut self.0.lock(), dial, &mut wakers);
            drop(unwanted);
        }
        wakers.extend(self.0.lock().deliver());
        wakers.into_iter().for_each(Waker::wake);
    }

    pub fn set_way(&self, from: u64, to: u64, way: Way) {
        self.0.lock().ways.insert((from, to), way);
    }

    pub fn way(&self, from: u64, to: u64) -> Way {
        self.0.lock().way(from, to)
    }

    /// Nothing is cut, slow or lost any more.
    pub fn calm(&self) {
        let state = &mut *self.0.lock();
        state.ways.clear();
        state.loss = 0;
    }

    /// Breaks all connections between two nodes.
    pub fn reset(&self, one: u64, other: u64) {
        self.break_where(|pipe| {
            (pipe.from.min(pipe.to), pipe.from.max(pipe.to)) == (one.min(other), one.max(other))
        });
    }

    fn break_where(&self, which: impl Fn(&Pipe) -> bool) {
        let mut wakers = Vec::new();
        for pipe in self.0.lock().pipes.values_mut().filter(|pipe| which(pipe)) {
            pipe.reset = true;
            wakers.extend(pipe.reader.take());
            wakers.extend(pipe.writer.take());
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    /// A machine loses power: its connections say nothing any more.
    pub fn silence(&self, node: u64) {
        for pipe in self.0.lock().pipes.values_mut() {
            if pipe.from == node || pipe.to == node {
                pipe.silent = true;
                pipe.under_way.clear();
            }
        }
    }

    /// A process is about to start: nobody listens there, and old connections are unknown.
    pub fn begin(&self, node: u64) {
        self.end(node);
        self.break_where(|pipe| (pipe.from == node || pipe.to == node) && pipe.silent);
    }

    /// A process has ended: nobody listens there.
    pub fn end(&self, node: u64) {
        let gone: Vec<Listener> = {
            let state = &mut *self.0.lock();
            let keys = [(node, Port::Nodes), (node, Port::Clients)];
            keys.iter().filter_map(|key| state.listeners.remove(key)).collect()
        };
        // Their sockets lock the network when they are dropped.
        drop(gone);
    }

    /// Connects to a node.
    pub fn dial(&self, from: u64, to: u64, port: Port) -> BoxFuture<'static, io::Result<Socket>> {
        let (answer, connected) = oneshot::channel();
        let state = &mut *self.0.lock();
        let at = state.now + state.time(from, to) + state.time(to, from);
        state.dials.push(Dial { from, to, port, at, answer });
        Box::pin(async move { connected.await.unwrap_or_else(|_| Err(broken())) })
    }

    /// The next connection to a node.
    pub fn accept(&self, node: u64, port: Port) -> BoxFuture<'static, io::Result<Socket>> {
        let net = self.clone();
        net.0.lock().listeners.entry((node, port)).or_default();
        Box::pin(std::future::poll_fn(move |context| {
            let state = &mut *net.0.lock();
            let Some(listener) = state.listeners.get_mut(&(node, port)) else {
                return Poll::Ready(Err(broken()));
            };
            match listener.waiting.pop_front() {
                Some(socket) => Poll::Ready(Ok(socket)),
                None => {
                    listener.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        }))
    }
}

/// One side of a connection.
pub struct Socket {
    net: Net,
    read: u64,
    write: u64,
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.net.0.lock();
        let Some(pipe) = state.pipes.get_mut(&self.read) else {
            return Poll::Ready(Err(broken()));
        };
        if let Some(front) = pipe.arrived.front_mut() {
            let count = front.len().min(buffer.remaining());
            buffer.put_slice(&front[..count]);
            front.advance(count);
            if front.is_empty() {
                pipe.arrived.pop_front();
            }
            pipe.held -= count;
            let writer = pipe.writer.take();
            drop(state);
            if let Some(writer) = writer {
                writer.wake();
            }
            return Poll::Ready(Ok(()));
        }
        if pipe.reset {
            return Poll::Ready(Err(broken()));
        }
        if pipe.ended {
            return Poll::Ready(Ok(()));
        }
        pipe.reader = Some(context.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let state = &mut *self.net.0.lock();
        let now = state.now;
        let Some(pipe) = state.pipes.get(&self.write) else {
            return Poll::Ready(Err(broken()));
        };
        let (from, to) = (pipe.from, pipe.to);
        if pipe.reset {
            return Poll::Ready(Err(broken()));
        }
        let room = WINDOW.saturating_sub(pipe.held);
        let time = if room > 0 { state.time(from, to) } else { 0 };
        let pipe = state.pipes.get_mut(&self.write).expect("looked up above");
        if room == 0 {
            pipe.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = bytes.len().min(room).min(SEGMENT);
        pipe.held += count;
        if !pipe.silent && count > 0 {
            pipe.last_arrival = pipe.last_arrival.max(now + time);
            pipe.under_way.push_back((pipe.last_arrival, Bytes::copy_from_slice(&bytes[..count])));
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let state = &mut *self.net.0.lock();
        let now = state.now;
        if let Some(pipe) = state.pipes.get_mut(&self.write) {
            let at = pipe.last_arrival.max(now + MILLI);
            pipe.under_way.push_back((at, Bytes::new()));
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let mut wakers = Vec::new();
        {
            let state = &mut *self.net.0.lock();
            let now = state.now;
            if let Some(pipe) = state.pipes.get_mut(&self.write) {
                let at = pipe.last_arrival.max(now + MILLI);
                if !pipe.silent {
                    pipe.under_way.push_back((at, Bytes::new()));
                }
                pipe.writer = None;
            }
            // Nobody reads any more: who writes learns it.
            if let Some(pipe) = state.pipes.get_mut(&self.read) {
                pipe.reader = None;
                if !pipe.silent {
                    pipe.reset = true;
                    wakers.extend(pipe.writer.take());
                }
            }
            for number in [self.read, self.write] {
                if let Some(pipe) = state.pipes.get_mut(&number) {
                    pipe.sides -= 1;
                    if pipe.sides == 0 {
                        state.pipes.remove(&number);
                    }
                }
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A node's sockets towards other nodes; their addresses are their numbers.
pub struct NodeSockets {
    pub net: Net,
    pub node: u64,
}

impl Sockets for NodeSockets {
    fn dial(&self, address: &str) -> BoxFuture<'static, io::Result<Box<dyn Io>>> {
        let Ok(to) = address.parse() else {
            return Box::pin(async { Err(io::ErrorKind::AddrNotAvailable.into()) });
        };
        let dialled = self.net.dial(self.node, to, Port::Nodes);
        Box::pin(async move { Ok(Box::new(dialled.await?) as Box<dyn Io>) })
    }

    fn accept(&self) -> BoxFuture<'static, io::Result<Box<dyn Io>>> {
        let accepted = self.net.accept(self.node, Port::Nodes);
        Box::pin(async move { Ok(Box::new(accepted.await?) as Box<dyn Io>) })
    }
}
