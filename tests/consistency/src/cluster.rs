//! The nodes: processes of our own, or addresses of nodes that somebody else runs.
//!
//! Nodes of others can be disturbed on the way to them only; their processes are left alone.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use tests::wait::poll;
use tests::{Options, Server, forming};

use crate::network::{Network, Ways};

/// So long a node whose writes are limited may take to meet the limit; then it is killed.
const TORN_LIMIT: Duration = Duration::from_secs(2);
/// Beyond the end of some file by at most this much.
const TORN_BYTES: u64 = 8 << 10;

enum Node {
    Own(Box<Server>),
    Foreign(SocketAddr),
}

/// All nodes of a run.
pub struct Cluster {
    nodes: Vec<Node>,
    /// Between several nodes of our own.
    network: Option<Network>,
}

impl Cluster {
    /// So many nodes of our own, of one cluster.
    pub fn start(count: usize, options: Options) -> Cluster {
        let own = |servers: Vec<Server>| {
            servers.into_iter().map(|one| Node::Own(Box::new(one))).collect()
        };
        if count == 1 {
            return Cluster { nodes: own(vec![Server::start(options)]), network: None };
        }
        let network = Network::start(count);
        let each = network.places.iter().map(|place| {
            let host = place.told.ip().to_string();
            Options { node: Some(place.node), ..options.clone().with(&["--advertise-host", &host]) }
        });
        let servers = forming::nodes_of(each.collect(), Some(network.places[0].told));
        Cluster { nodes: own(servers), network: Some(network) }
    }

    /// Nodes that run already and trust role `admin`.
    pub fn foreign(addresses: &[SocketAddr]) -> Cluster {
        let nodes = addresses.iter().copied().map(Node::Foreign).collect();
        Cluster { nodes, network: None }
    }

    /// The ways between nodes, if they are ours to close.
    pub fn ways(&self) -> Option<Ways> {
        self.network.as_ref().map(|network| network.ways.clone())
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes
            .iter()
            .map(|node| match node {
                Node::Own(server) => server.sql_address(),
                Node::Foreign(address) => *address,
            })
            .collect()
    }

    /// Whether processes can be disturbed.
    pub fn is_own(&self) -> bool {
        self.nodes.iter().all(|node| matches!(node, Node::Own(_)))
    }

    fn pick(&mut self, random: &mut StdRng) -> Option<&mut Server> {
        let index = random.random_range(0..self.nodes.len());
        match &mut self.nodes[index] {
            Node::Own(server) => Some(server),
            Node::Foreign(_) => None,
        }
    }

    /// `kill -9`, and a new start on what is on disk.
    pub fn kill(&mut self, random: &mut StdRng) {
        if let Some(server) = self.pick(random) {
            server.kill();
            server.restart();
        }
    }

    /// Ends a node by SIGTERM, as an operator would, and starts it again.
    pub fn terminate(&mut self, random: &mut StdRng) -> Result<(), String> {
        let Some(server) = self.pick(random) else { return Ok(()) };
        let status = server.stop();
        server.restart();
        if status.success() { Ok(()) } else { Err(format!("SIGTERM ended a node with {status}")) }
    }

    /// The process stands still, and its sockets stay open.
    pub fn pause(&mut self, random: &mut StdRng, length: Duration) {
        if let Some(server) = self.pick(random) {
            server.signal(Signal::STOP);
            std::thread::sleep(length);
            server.signal(Signal::CONT);
        }
    }

    /// No file may grow beyond a limit a little above what some file has: the write that crosses it is done in part, the
    /// next one ends the process. Returns whether a write did.
    pub fn tear(&mut self, random: &mut StdRng) -> bool {
        let Some(server) = self.pick(random) else { return false };
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

    /// Whether every process of ours still runs.
    pub fn all_run(&mut self) -> bool {
        self.nodes.iter_mut().all(|node| match node {
            Node::Own(server) => server.is_running(),
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
