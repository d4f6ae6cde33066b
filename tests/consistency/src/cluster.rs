//! The nodes: processes of our own, or addresses of nodes that somebody else runs.
//!
//! Nodes of others can be disturbed on the way to them only; their processes are left alone.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use tempfile::TempDir;
use tests::wait::poll;
use tests::{Options, Server, forming};

use crate::faults::{self, Faults};
use crate::network::{Network, Ways};
use crate::session::have_written;

/// So long a node whose writes are limited may take to meet the limit; then it is killed.
const TORN_LIMIT: Duration = Duration::from_secs(2);
/// Some sync comes within this: somebody writes.
const FAILED_LIMIT: Duration = Duration::from_secs(20);
/// Beyond the end of some file by at most this much.
const TORN_BYTES: u64 = 8 << 10;

enum Node {
    Own(Box<Server>, Faults),
    Foreign(SocketAddr),
}

/// All nodes of a run.
pub struct Cluster {
    nodes: Vec<Node>,
    /// Between several nodes of our own.
    network: Option<Network>,
    /// What disturbs processes from within; gone with the cluster.
    _folder: Option<TempDir>,
}

impl Cluster {
    /// So many nodes of our own, of one cluster.
    pub fn start(count: usize, options: Options) -> Cluster {
        let folder = TempDir::new().expect("a temporary directory can be made");
        let library = faults::compile(folder.path());
        let faults: Vec<Faults> =
            (0..count).map(|index| Faults::new(folder.path(), &library, index)).collect();
        let network = (count > 1).then(|| Network::start(count));
        let each = faults.iter().enumerate().map(|(index, faults)| {
            let mut options = faults.with(options.clone());
            if let Some(network) = &network {
                let place = network.places[index];
                options.node = Some(place.node);
                options = options.with(&["--advertise-host", &place.told.ip().to_string()]);
            }
            options
        });
        let mut each: Vec<Options> = each.collect();
        let servers = match &network {
            None => each.drain(..).map(Server::start).collect(),
            Some(network) => forming::nodes_of(each, Some(network.places[0].told)),
        };
        let own = |(server, faults)| Node::Own(Box::new(server), faults);
        let nodes = servers.into_iter().zip(faults).map(own).collect();
        Cluster { nodes, network, _folder: Some(folder) }
    }

    /// Nodes that run already and trust role `admin`.
    pub fn foreign(addresses: &[SocketAddr]) -> Cluster {
        let nodes = addresses.iter().copied().map(Node::Foreign).collect();
        Cluster { nodes, network: None, _folder: None }
    }

    /// The ways between nodes, if they are ours to close.
    pub fn ways(&self) -> Option<Ways> {
        self.network.as_ref().map(|network| network.ways.clone())
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes
            .iter()
            .map(|node| match node {
                Node::Own(server, _) => server.sql_address(),
                Node::Foreign(address) => *address,
            })
            .collect()
    }

    /// Whether processes can be disturbed.
    pub fn is_own(&self) -> bool {
        self.nodes.iter().all(|node| matches!(node, Node::Own(..)))
    }

    fn pick(&mut self, random: &mut StdRng) -> Option<(&mut Server, &Faults)> {
        let index = random.random_range(0..self.nodes.len());
        match &mut self.nodes[index] {
            Node::Own(server, faults) => Some((server, faults)),
            Node::Foreign(_) => None,
        }
    }

    /// `kill -9`, and a new start on what is on disk.
    pub fn kill(&mut self, random: &mut StdRng) {
        if let Some((server, _)) = self.pick(random) {
            server.kill();
            server.restart();
        }
    }

    /// Ends a node by SIGTERM, as an operator would, and starts it again.
    pub fn terminate(&mut self, random: &mut StdRng) -> Result<(), String> {
        let Some((server, _)) = self.pick(random) else { return Ok(()) };
        let status = server.stop();
        server.restart();
        if status.success() { Ok(()) } else { Err(format!("SIGTERM ended a node with {status}")) }
    }

    /// The process stands still, and its sockets stay open.
    pub fn pause(&mut self, random: &mut StdRng, length: Duration) {
        if let Some((server, _)) = self.pick(random) {
            server.signal(Signal::STOP);
            std::thread::sleep(length);
            server.signal(Signal::CONT);
        }
    }

    /// No file may grow beyond a limit a little above what some file has: the write that crosses it is done in part, the
    /// next one ends the process. Returns whether a write did.
    pub fn tear(&mut self, random: &mut StdRng) -> bool {
        let Some((server, _)) = self.pick(random) else { return false };
        let mut sizes = Vec::new();
        file_sizes(&server.data_directory(), &mut sizes);
        let Some(size) = sizes.get(random.random_range(0..sizes.len().max(1))) else {
            return false;
        };
        let most = size + random.random_range(1..TORN_BYTES);
        let process = i32::try_from(server.process_id()).ok().and_then(Pid::from_raw);
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        prlimit(process, Resource::Fsize, limit).expect("our own child can be limited");
        let torn = poll(TORN_LIMIT, || (!server.is_running()).then_some(())).is_some();
        server.kill();
        server.restart();
        torn
    }

    /// Syncs take up to two seconds for a while.
    pub fn slow_disk(&mut self, random: &mut StdRng) {
        let Some((_, faults)) = self.pick(random) else { return };
        faults.slow_disk(Duration::from_millis(random.random_range(5..2_000)));
        std::thread::sleep(Duration::from_millis(random.random_range(100..3_000)));
        faults.slow_disk(Duration::ZERO);
    }

    /// Syncs fail: the node has to end by itself at the first, since nobody knows what is on the disk. It is started again on
    /// a disk that works.
    pub fn failing_disk(&mut self, random: &mut StdRng) -> Result<(), String> {
        let Some((server, faults)) = self.pick(random) else { return Ok(()) };
        faults.failing_disk(true);
        // Clients may be at their end or wait for something, and a node without work does not sync.
        have_written(server.sql_address());
        let ended = poll(FAILED_LIMIT, || (!server.is_running()).then_some(()));
        faults.failing_disk(false);
        server.kill();
        server.restart();
        match ended {
            Some(()) => Ok(()),
            None => Err(format!("a node went on for {FAILED_LIMIT:?} while each sync failed")),
        }
    }

    /// Every node's clock jumps to somewhere within the bound.
    pub fn clocks(&mut self, random: &mut StdRng, bound: Duration) {
        let most = i64::try_from(bound.as_nanos()).unwrap_or(i64::MAX);
        for node in &self.nodes {
            if let Node::Own(_, faults) = node {
                faults.clock(random.random_range(-most..=most));
            }
        }
    }

    /// One node's clock is so far behind.
    pub fn clock_behind(&self, index: usize, by: Duration) {
        if let Node::Own(_, faults) = &self.nodes[index] {
            faults.clock(-i64::try_from(by.as_nanos()).unwrap_or(i64::MAX));
        }
    }

    /// Disks and clocks are as they should be.
    pub fn heal(&mut self) {
        for node in &self.nodes {
            if let Node::Own(_, faults) = node {
                faults.heal();
            }
        }
    }

    /// Whether every process of ours still runs.
    pub fn all_run(&mut self) -> bool {
        self.nodes.iter_mut().all(|node| match node {
            Node::Own(server, _) => server.is_running(),
            Node::Foreign(_) => true,
        })
    }
}

fn file_sizes(folder: &Path, sizes: &mut Vec<u64>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => file_sizes(&entry.path(), sizes),
            Ok(metadata) => sizes.push(metadata.len()),
            // Gone meanwhile.
            Err(_) => {}
        }
    }
}
