//! The demo's nodes: processes of this program, each in a folder of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::Instant;

use super::relay::{self, Link, Weather};
use crate::cert::issue::{Authority, Kind, Request};
use crate::exit::{Exit, from_io};
use crate::status;

/// Days that the demo's certificates hold.
const DAYS: u32 = 30;
const READY_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// Regions by name; more of them are numbered.
const REGIONS: [&str; 5] = ["eu-west", "us-east", "ap-south", "sa-east", "af-south"];

pub struct Node {
    pub number: u32,
    pub region: String,
    pub zone: String,
    pub sql: SocketAddr,
    http: SocketAddr,
    peer: SocketAddr,
    /// Where this node finds the others, as `TOLD=ACTUAL`.
    ways: Vec<String>,
    child: Option<Child>,
}

pub struct Nodes {
    pub all: Vec<Node>,
    pub folder: PathBuf,
    links: HashMap<(u32, u32), Link>,
    usual: Duration,
}

/// A port that nobody has now; the listeners are dropped together, so that all of them differ.
async fn free_addresses(count: usize) -> std::io::Result<Vec<SocketAddr>> {
    let mut held = Vec::with_capacity(count);
    for _ in 0..count {
        held.push(tokio::net::TcpListener::bind("127.0.0.1:0").await?);
    }
    held.iter().map(tokio::net::TcpListener::local_addr).collect()
}

impl Nodes {
    /// Makes certificates and the network; starts nothing yet. `latency` is a round trip between regions.
    pub async fn prepare(
        folder: PathBuf,
        regions: u32,
        per_region: u32,
        latency: Duration,
    ) -> Result<Nodes, Exit> {
        let failed = |error: std::io::Error| Exit::failure(format!("the demo's network: {error}"));
        let count = regions * per_region;
        let addresses = free_addresses(count as usize * 3).await.map_err(failed)?;
        let authority = Authority::create(DAYS)?;
        make_folder(&folder)?;
        authority.write_trusted(&folder, "")?;
        let mut all = Vec::new();
        for (index, ports) in (0..count).zip(addresses.chunks_exact(3)) {
            let (number, region) = (index + 1, index / per_region);
            let named = REGIONS.get(region as usize).map(|name| (*name).to_owned());
            let certificates = folder.join(format!("certs-{number}"));
            make_folder(&certificates)?;
            let names = vec![
                transport::node_name(u64::from(number)),
                "127.0.0.1".to_owned(),
                "localhost".to_owned(),
            ];
            let subject = format!("node {number}");
            authority
                .issue(&certificates, &Request { kind: Kind::Node, subject, names, days: DAYS })?;
            all.push(Node {
                number,
                region: named.unwrap_or_else(|| format!("region-{}", region + 1)),
                zone: format!("{}", char::from(b'a' + (index % per_region) as u8)),
                sql: ports[0],
                http: ports[1],
                peer: ports[2],
                ways: Vec::new(),
                child: None,
            });
        }
        let mut nodes = Nodes { all, folder, links: HashMap::new(), usual: latency / 2 };
        nodes.connect().await.map_err(failed)?;
        Ok(nodes)
    }

    async fn connect(&mut self) -> std::io::Result<()> {
        for from in 0..self.all.len() {
            for to in 0..self.all.len() {
                if from == to {
                    continue;
                }
                let key = pair(self.all[from].number, self.all[to].number);
                let weather = Weather { delay: self.usual_delay(from, to), is_cut: false };
                let link = self.links.entry(key);
                let link = link.or_insert_with(|| Arc::new(watch::Sender::new(weather)));
                let told = self.all[to].peer;
                let actual = relay::open(told, Arc::clone(link)).await?;
                self.all[from].ways.push(format!("{told}={actual}"));
            }
        }
        Ok(())
    }

    fn usual_delay(&self, from: usize, to: usize) -> Duration {
        let same = self.all[from].region == self.all[to].region;
        if same { Duration::ZERO } else { self.usual }
    }

    pub fn data_folder(&self, number: u32) -> PathBuf {
        self.folder.join(format!("node-{number}"))
    }

    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// Starts a node that does not run.
    pub fn start(&mut self, number: u32) -> Result<(), Exit> {
        let first = self.all[0].peer;
        let data = self.data_folder(number);
        let log = self.folder.join(format!("node-{number}.log"));
        let certificates = self.folder.join(format!("certs-{number}"));
        let program = std::env::current_exe()
            .map_err(|error| Exit::failure(format!("this program is not found: {error}")))?;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log);
        let file = file.map_err(|error| from_io(&log, "create", &error))?;
        let node = self.node_mut(number)?;
        let mut command = Command::new(program);
        command.arg("start").arg("--data-dir").arg(data).arg("--certs-dir").arg(certificates);
        command.args(["--locality", &format!("region={},zone={}", node.region, node.zone)]);
        command.args(["--sql-addr", &node.sql.to_string()]);
        command.args(["--http-addr", &node.http.to_string()]);
        command.args(["--node-addr", &node.peer.to_string()]);
        // Caches for a demonstration: several nodes share a machine.
        command.args(["--cache", "32MiB", "--row-cache", "32MiB", "--json", "--end-with-parent"]);
        if number > 1 {
            command.args(["--join", &first.to_string()]);
        }
        if !node.ways.is_empty() {
            command.args(["--reach", &node.ways.join(",")]);
        }
        // A process group of its own: an interrupt at the terminal is the demo's to handle.
        command.process_group(0).kill_on_drop(true).stdin(Stdio::null());
        let errors = file.try_clone().map_err(|error| from_io(&log, "open", &error))?;
        command.stdout(file).stderr(errors);
        let child = command.spawn();
        node.child = Some(child.map_err(|error| Exit::failure(format!("node {number}: {error}")))?);
        Ok(())
    }

    fn node_mut(&mut self, number: u32) -> Result<&mut Node, Exit> {
        let found = self.all.iter_mut().find(|node| node.number == number);
        found.ok_or_else(|| Exit::failure(format!("there is no node {number}")))
    }

    /// Waits until all nodes serve and all journals have their voters.
    pub async fn become_ready(&mut self) -> Result<(), Exit> {
        let voters = self.all.len().min(3);
        let begun = Instant::now();
        loop {
            let mut waiting = None;
            for node in &mut self.all {
                if let Some(child) = &mut node.child
                    && let Ok(Some(code)) = child.try_wait()
                {
                    return Err(Exit::failure(format!(
                        "node {} ended ({code}); see {}",
                        node.number,
                        self.folder.join(format!("node-{}.log", node.number)).display()
                    )));
                }
                let address = node.http.to_string();
                let is_ready = status::fetch(&address).await.is_ok_and(|document| {
                    let led = document
                        .journals
                        .iter()
                        .all(|journal| journal.leader.is_some() && journal.voters.len() >= voters);
                    document.state == "ready" && !document.journals.is_empty() && led
                });
                if !is_ready {
                    waiting = Some(node.number);
                    break;
                }
            }
            let Some(number) = waiting else { return Ok(()) };
            if begun.elapsed() > READY_LIMIT {
                return Err(Exit::failure(format!("node {number} is not ready after 60 s")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Ends a node at once, as when a machine fails.
    pub async fn kill(&mut self, number: u32) -> Result<(), Exit> {
        let node = self.node_mut(number)?;
        let Some(mut child) = node.child.take() else {
            return Err(Exit::failure(format!("node {number} does not run")));
        };
        child.kill().await.map_err(|error| Exit::failure(format!("node {number}: {error}")))
    }

    /// Starts a node again on its data.
    pub async fn restart(&mut self, number: u32) -> Result<(), Exit> {
        if self.node_mut(number)?.child.is_some() {
            self.kill(number).await?;
        }
        self.start(number)
    }

    /// The nodes that a name means: a number, or a region.
    pub fn named(&self, name: &str) -> Result<Vec<u32>, Exit> {
        let is_meant = |node: &&Node| node.region == name || node.number.to_string() == name;
        let found: Vec<u32> = self.all.iter().filter(is_meant).map(|node| node.number).collect();
        if found.is_empty() {
            let known: Vec<String> =
                self.all.iter().map(|node| format!("{} ({})", node.number, node.region)).collect();
            let message =
                format!("there is no node or region \"{name}\"; there are {}", known.join(", "));
            return Err(Exit::failure(message));
        }
        Ok(found)
    }

    /// Changes the network between two sides; how many pairs of nodes that are.
    pub fn change(
        &self,
        left: &str,
        right: &str,
        change: impl Fn(&mut Weather),
    ) -> Result<usize, Exit> {
        let (left, right) = (self.named(left)?, self.named(right)?);
        let pairs = left.iter().flat_map(|from| right.iter().map(move |to| pair(*from, *to)));
        let mut pairs: Vec<(u32, u32)> = pairs.filter(|pair| pair.0 != pair.1).collect();
        pairs.sort_unstable();
        pairs.dedup();
        for link in pairs.iter().filter_map(|pair| self.links.get(pair)) {
            link.send_modify(&change);
        }
        Ok(pairs.len())
    }

    /// The network as it was at the beginning.
    pub fn heal(&self) {
        for from in 0..self.all.len() {
            for to in from + 1..self.all.len() {
                let weather = Weather { delay: self.usual_delay(from, to), is_cut: false };
                let key = pair(self.all[from].number, self.all[to].number);
                if let Some(link) = self.links.get(&key) {
                    link.send_replace(weather);
                }
            }
        }
    }

    /// A line for each node.
    pub fn list(&mut self) -> String {
        let mut lines =
            format!("{:>4}  {:<10}  {:<8}  {:<21}  network\n", "node", "region", "process", "sql");
        for at in 0..self.all.len() {
            let number = self.all[at].number;
            let mut ways = Vec::new();
            for other in &self.all {
                let Some(link) = self.links.get(&pair(number, other.number)) else { continue };
                let weather = *link.borrow();
                let trip = weather.delay.as_secs_f64() * 2_000.0;
                ways.push(match weather.is_cut {
                    true => format!("{}: cut", other.number),
                    false => format!("{}: {trip:.0} ms", other.number),
                });
            }
            let node = &mut self.all[at];
            let process = node.child.as_mut().and_then(|child| match child.try_wait() {
                Ok(None) => child.id(),
                _ => None,
            });
            let process = process.map_or_else(|| "dead".to_owned(), |process| process.to_string());
            let (region, sql) = (&node.region, node.sql.to_string());
            lines += &format!(
                "{number:>4}  {region:<10}  {process:<8}  {sql:<21}  {}\n",
                ways.join(", ")
            );
        }
        lines
    }

    /// Ends all nodes, asked first.
    pub async fn stop(mut self) {
        for node in &self.all {
            let process = node.child.as_ref().and_then(Child::id);
            let process = process.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
            if let Some(process) = process {
                // Whoever has ended already needs no signal.
                let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
            }
        }
        let deadline = Instant::now() + STOP_LIMIT;
        for node in &mut self.all {
            if let Some(child) = &mut node.child
                && tokio::time::timeout_at(deadline, child.wait()).await.is_err()
            {
                let _ = child.kill().await;
            }
        }
    }
}

fn pair(one: u32, other: u32) -> (u32, u32) {
    (one.min(other), one.max(other))
}

fn make_folder(path: &Path) -> Result<(), Exit> {
    std::fs::create_dir_all(path).map_err(|error| from_io(path, "create", &error))
}
