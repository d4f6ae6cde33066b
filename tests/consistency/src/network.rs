//! The ways between nodes: each direction of each pair of nodes can be blocked or slowed down on its own.
//!
//! ```text
//!  node 1 ──▶ 127.0.1.2:P2 (proxy) ──▶ 127.0.0.1:P2  node 2
//!         the proxy asks /proc which node a connection comes from
//! ```
//!
//! Every node tells the others an address at which a proxy listens. A blocked direction holds its bytes back, as TCP does when
//! packets are lost, and both ends believe in the connection until their own time limits. What is held back arrives when the way
//! is free again, unless the connection is reset before.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as Listener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use ::tests::server::free_address;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;
use tokio::time::Instant;

const BUFFER_BYTES: usize = 64 << 10;
/// On their way at once; then the sender has to wait, as with a window of TCP.
const CHUNKS_UNDER_WAY: usize = 64;
const PORT_TRIES: usize = 20;

/// How one direction between two nodes is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    pub blocked: bool,
    pub delay: Duration,
}

struct Pair {
    way: watch::Sender<Way>,
    cuts: watch::Sender<u64>,
}

/// Switches of all ways; may be turned from any thread.
#[derive(Clone)]
pub struct Ways {
    /// `pairs[from][to]`
    pairs: Arc<Vec<Vec<Pair>>>,
    opened: Arc<AtomicU64>,
}

impl Ways {
    fn new(nodes: usize) -> Ways {
        let pair =
            |_| Pair { way: watch::Sender::new(Way::default()), cuts: watch::Sender::new(0) };
        let pairs = Arc::new((0..nodes).map(|_| (0..nodes).map(pair).collect()).collect());
        Ways { pairs, opened: Arc::default() }
    }

    /// How many connections between nodes were passed on so far.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    pub fn nodes(&self) -> usize {
        self.pairs.len()
    }

    pub fn set(&self, from: usize, to: usize, way: Way) {
        self.pairs[from][to].way.send_replace(way);
    }

    /// Resets the connections of both directions.
    pub fn cut(&self, one: usize, other: usize) {
        for (from, to) in [(one, other), (other, one)] {
            self.pairs[from][to].cuts.send_modify(|cuts| *cuts += 1);
        }
    }

    /// Every way is free and quick.
    pub fn heal(&self) {
        for pair in self.pairs.iter().flatten() {
            pair.way.send_replace(Way::default());
        }
    }
}

/// Where a node listens, and where the others find it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub node: SocketAddr,
    pub told: SocketAddr,
}

/// The proxies of all nodes, on a thread of their own.
pub struct Network {
    pub places: Vec<Place>,
    pub ways: Ways,
    end: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// Takes addresses for so many nodes, and passes on what reaches them.
    pub fn start(nodes: usize) -> Network {
        let (places, listeners): (Vec<_>, Vec<_>) = (0..nodes).map(place).unzip();
        let ways = Ways::new(nodes);
        let (end, ended) = tokio::sync::oneshot::channel();
        let all = Arc::new(places.clone());
        let own = ways.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime can be made");
            LocalSet::new().block_on(&runtime, async move {
                for (index, listener) in listeners.into_iter().enumerate() {
                    let (all, own) = (all.clone(), own.clone());
                    tokio::task::spawn_local(serve(index, listener, all, own));
                }
                // Ends by a message, or because nobody is left to send one.
                let _ = ended.await;
            });
        });
        Network { places, ways, end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // What it panicked with has been printed.
            let _ = thread.join();
        }
    }
}

/// A port that is free at the node's address and at the one that the others are told.
fn place(index: usize) -> (Place, Listener) {
    let last = u8::try_from(index + 1).expect("there are few nodes");
    for _ in 0..PORT_TRIES {
        let node = free_address();
        let told = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 1, last)), node.port());
        if let Ok(listener) = Listener::bind(told) {
            listener.set_nonblocking(true).expect("a socket can be made non-blocking");
            return (Place { node, told }, listener);
        }
    }
    panic!("no port is free at two addresses in {PORT_TRIES} tries");
}

async fn serve(to: usize, listener: Listener, places: Arc<Vec<Place>>, ways: Ways) {
    let listener = TcpListener::from_std(listener).expect("the runtime takes a socket");
    while let Ok((stream, source)) = listener.accept().await {
        let Some(from) = sender(source, &places) else {
            // Not a node's, or of one that has just been killed.
            continue;
        };
        let (target, ways) = (places[to].node, ways.clone());
        tokio::task::spawn_local(async move { pass(stream, target, &ways, from, to).await });
    }
}

async fn pass(stream: TcpStream, target: SocketAddr, ways: &Ways, from: usize, to: usize) {
    let (there, back) = (&ways.pairs[from][to], &ways.pairs[to][from]);
    let mut cuts = there.cuts.subscribe();
    // What opens a connection is lost on a blocked way as well.
    let open = async {
        let free = |way: &Way| !way.blocked;
        there.way.subscribe().wait_for(free).await.ok()?;
        back.way.subscribe().wait_for(free).await.ok()?;
        TcpStream::connect(target).await.ok()
    };
    let server = tokio::select! {
        Some(server) = open => server,
        _ = cuts.changed() => return,
        else => return,
    };
    for stream in [&stream, &server] {
        // Failing to ask for a reset leaves an ordinary end, which is a fault as well.
        let _ = stream.set_zero_linger();
        let _ = stream.set_nodelay(true);
    }
    ways.opened.fetch_add(1, Ordering::Relaxed);
    let (from_client, to_client) = stream.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pump(from_client, to_server, there.way.subscribe()) => {}
        () = pump(from_server, to_client, back.way.subscribe()) => {}
        _ = cuts.changed() => {}
    }
}

/// One direction: bytes keep their order, wait for their delay, and then for a way that is free.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: watch::Receiver<Way>) {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_UNDER_WAY);
    let mut blocked = way.clone();
    let read = async {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match from.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    let due = Instant::now() + way.borrow().delay;
                    if sender.send((due, buffer[..length].to_vec())).await.is_err() {
                        return;
                    }
                }
            }
        }
    };
    let write = async {
        while let Some((due, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(due).await;
            if blocked.wait_for(|way| !way.blocked).await.is_err()
                || to.write_all(&bytes).await.is_err()
            {
                return;
            }
        }
    };
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}

/// Which node a connection comes from: its process has the socket with that port.
fn sender(source: SocketAddr, places: &[Place]) -> Option<usize> {
    let inode = socket_inode(source)?;
    let link = format!("socket:[{inode}]");
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(node) = node_of(&entry.path(), places) else { continue };
        let mut files = std::fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten();
        let is_its = |file: std::fs::DirEntry| {
            std::fs::read_link(file.path()).is_ok_and(|target| target == Path::new(&link))
        };
        if files.any(is_its) {
            return Some(node);
        }
    }
    None
}

/// The node that a process is, by its command line.
fn node_of(process: &Path, places: &[Place]) -> Option<usize> {
    let line = std::fs::read(process.join("cmdline")).ok()?;
    let mut arguments = line.split(|byte| *byte == 0).skip_while(|one| *one != b"--node-addr");
    let address = std::str::from_utf8(arguments.nth(1)?).ok()?;
    places.iter().position(|place| place.node.to_string() == address)
}

/// The number of the socket with that local address, from the kernel's table.
fn socket_inode(local: SocketAddr) -> Option<u64> {
    let SocketAddr::V4(address) = local else { return None };
    let wanted =
        format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port());
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        (fields.next()? == wanted).then(|| fields.nth(7)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_found_in_the_table_of_the_kernel() {
        let listener = Listener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let client = std::net::TcpStream::connect(address).expect("connects");
        let local = client.local_addr().expect("a connected socket has an address");
        assert!(socket_inode(local).is_some_and(|inode| inode > 0));
    }
}
