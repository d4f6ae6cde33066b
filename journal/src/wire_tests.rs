//! Three nodes over real sockets with TLS: founding, membership, failures, catching up, partitions, strangers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use protocol::journal::{Journal, JournalEntry, JournalSink, Position};
use protocol::{JournalId, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use runtime::files::SimulatedFiles;
use tokio::net::TcpListener;
use transport::{
    CertificateFiles, CertificateStore, Class, Network, Security, Services, TransportConfig,
    node_name,
};

use crate::{JOURNAL_SERVICE, JournalConfig, JournalService, MembershipError, Node, WireTransport};

const LIMIT: Duration = Duration::from_secs(30);
const JOURNALS: [JournalId; 2] = [JournalId(0), JournalId(1)];
const FIRST: JournalId = JOURNALS[0];

#[derive(Default)]
struct Sink {
    delivered: Mutex<Vec<(JournalId, u64, u64)>>,
}

impl JournalSink for Sink {
    fn deliver(&self, journal: JournalId, entries: Vec<(Position, Arc<JournalEntry>)>) {
        let number = |entry: &JournalEntry| match entry {
            JournalEntry::Ceiling(ceiling) => ceiling.0,
            JournalEntry::Transactions(_) => 0,
        };
        let delivered =
            entries.iter().map(|(position, entry)| (journal, position.0, number(entry)));
        self.delivered.lock().extend(delivered);
    }
}

impl Sink {
    fn of(&self, journal: JournalId) -> Vec<(u64, u64)> {
        let delivered = self.delivered.lock();
        let of_journal = delivered.iter().filter(|(of, ..)| *of == journal);
        of_journal.map(|(_, position, number)| (*position, *number)).collect()
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

struct Member {
    node: Node,
    sink: Arc<Sink>,
    network: Network,
}

/// Nodes with disks that outlive them.
struct Cluster {
    authority: Authority,
    disks: BTreeMap<u64, SimulatedFiles>,
    members: BTreeMap<u64, Member>,
}

fn ceiling(number: u64) -> Arc<JournalEntry> {
    Arc::new(JournalEntry::Ceiling(Timestamp(number)))
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("done in time")
}

impl Cluster {
    fn new() -> Cluster {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("signed").pem();
        let authority = Authority { issuer: Issuer::new(params, key), pem };
        Cluster { authority, disks: BTreeMap::new(), members: BTreeMap::new() }
    }

    fn certificates(&self, node: u64) -> Arc<CertificateStore> {
        let directory = tempfile::tempdir().expect("a directory");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![node_name(node)]).expect("parameters");
        let certificate = params.signed_by(&key, &self.authority.issuer).expect("signed");
        let write = |name: &str, text: String| {
            std::fs::write(directory.path().join(name), text).expect("written");
        };
        write("ca.crt", self.authority.pem.clone());
        write("node.crt", certificate.pem());
        write("node.key", key.serialize_pem());
        CertificateStore::open(CertificateFiles::of_directory(directory.path())).expect("readable")
    }

    async fn network(&self, number: u64, cluster: u8, services: Services) -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let security = Security::Tls(self.certificates(number));
        let config = TransportConfig {
            keep_alive: Duration::from_millis(500),
            backoff_max: Duration::from_millis(200),
            ..TransportConfig::new([cluster; 16], number, security)
        };
        Network::start(config, listener, services).expect("starts")
    }

    /// Starts a node, or starts it again on its old disk at another address.
    async fn start(&mut self, number: u64, voters: &[u64], from: u64) {
        let services = Services::default();
        let network = self.network(number, 1, services.clone()).await;
        for (other, member) in &self.members {
            network.set_address(*other, member.network.address().to_string());
            member.network.set_address(number, network.address().to_string());
        }
        let config = JournalConfig {
            node: number,
            voters: voters.to_vec(),
            segment_bytes: 64 << 10,
            cache_bytes: 4000,
            heartbeat_ms: 60,
            election_ms: 300,
            trim_stride: 1,
            ..JournalConfig::single("/log")
        };
        let files = self.disks.entry(number).or_default().clone();
        let sink = Arc::new(Sink::default());
        let carrier = Arc::new(WireTransport::new(Arc::new(network.clone())));
        let journals = JOURNALS.map(|journal| (journal, Position(from))).to_vec();
        let node = Node::open(config, Arc::new(files), journals, sink.clone(), Some(carrier));
        let node = node.await.expect("opens");
        services.register(JOURNAL_SERVICE, Arc::new(JournalService::new(node.receiver())));
        self.members.insert(number, Member { node, sink, network });
    }

    /// The node dies, and its power too.
    async fn kill(&mut self, number: u64) {
        let member = self.members.remove(&number).expect("it is there");
        member.network.close();
        member.node.shutdown().await;
        self.disks[&number].crash(number);
    }

    async fn leader(&self, journal: JournalId) -> u64 {
        let leads = |(number, member): &(&u64, &Member)| {
            // A leader of yesterday does not know yet that it is none: the others must agree.
            let agree =
                self.members.values().filter(|other| other.node.leader(journal) == Some(**number));
            member.node.leader(journal) == Some(**number) && agree.count() >= 2
        };
        until("a leader", || self.members.iter().any(|member| leads(&member))).await;
        let found = self.members.iter().find(leads);
        *found.expect("there is one").0
    }

    fn journal(&self, number: u64, journal: JournalId) -> Arc<dyn Journal> {
        self.members[&number].node.journal(journal).expect("opened")
    }

    async fn append(&self, number: u64, range: std::ops::RangeInclusive<u64>) {
        for journal in JOURNALS {
            let appends: Vec<_> =
                range.clone().map(|n| self.journal(number, journal).append(ceiling(n))).collect();
            for append in appends {
                within(append).await.expect("appended");
            }
        }
    }

    async fn all_have(&self, last: u64) {
        for (number, member) in &self.members {
            for journal in JOURNALS {
                let last_of = || member.sink.of(journal).last().copied();
                until(&format!("node {number} has {last}"), || last_of() == Some((last, last)))
                    .await;
            }
        }
    }

    /// Nodes 1 to 3, all voters, one leading both journals.
    async fn three() -> Cluster {
        let mut cluster = Cluster::new();
        cluster.start(1, &[1], 0).await;
        for number in [2, 3] {
            cluster.start(number, &[], 0).await;
        }
        cluster.append(1, 1..=100).await;
        for journal in JOURNALS {
            let founder = &cluster.members[&1].node;
            for number in [2, 3] {
                let early = within(founder.promote(journal, number)).await;
                assert_eq!(early, Err(MembershipError::NotMember { node: number }));
                within(founder.add_learner(journal, number)).await.expect("learns");
                let caught_up = || {
                    let status = founder.status(journal).expect("a status");
                    let member = status.members.iter().find(|member| member.node == number);
                    member.is_some_and(|member| member.lacks == Some(0) && !member.votes)
                };
                until("progress", caught_up).await;
                within(founder.promote(journal, number)).await.expect("votes");
            }
            let status = founder.status(journal).expect("a status");
            assert!(status.members.iter().all(|member| member.votes) && !status.is_changing);
        }
        cluster.all_have(100).await;
        cluster
    }

    async fn stop(self) {
        for member in self.members.values() {
            member.network.close();
            member.node.shutdown().await;
        }
    }
}

/// Checks: D1, F1
#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_over_tls_survive_their_leader_and_catch_up_from_log_and_snapshot() {
    let mut cluster = Cluster::three().await;
    let leader = cluster.leader(FIRST).await;
    assert_eq!(leader, 1);
    cluster.kill(1).await;
    let next = cluster.leader(FIRST).await;
    until("one leads both", || {
        JOURNALS.iter().all(|journal| {
            cluster.members.values().any(|m| m.node.leader(*journal).is_some_and(|l| l != 1))
        })
    })
    .await;
    for journal in JOURNALS {
        let leader = cluster.leader(journal).await;
        if leader != next {
            cluster.members[&leader].node.transfer_leader(journal, next).await.expect("asked");
            until("handed over", || cluster.members[&next].node.leader(journal) == Some(next))
                .await;
        }
        let leadership = within(cluster.journal(next, journal).lead()).await.expect("leads");
        assert_eq!((leadership.ceiling, leadership.position), (Timestamp(100), Position(100)));
    }
    cluster.append(next, 101..=300).await;
    // Back with old data, at another address: from the log.
    cluster.start(1, &[], 100).await;
    cluster.all_have(300).await;
    assert_eq!(cluster.members[&1].sink.of(FIRST)[0], (101, 101));
    // Away again, while what it lacks is cut off: by snapshot.
    cluster.kill(1).await;
    cluster.append(next, 301..=700).await;
    for member in cluster.members.values() {
        for journal in JOURNALS {
            until("delivered", || member.sink.of(journal).len() == 700).await;
            member.node.trim(journal, Position(650));
        }
    }
    let cut = || {
        JOURNALS.iter().all(|journal| {
            let bounds = cluster.members[&next].node.receiver().log.bounds(journal.0);
            bounds.0.is_some_and(|id| id.index > 600)
        })
    };
    until("the log is cut", cut).await;
    cluster.start(1, &[], 300).await;
    cluster.append(next, 701..=710).await;
    cluster.all_have(710).await;
    assert!(cluster.members[&1].sink.of(FIRST).len() < 200, "by snapshot, not by entries");
    cluster.stop().await;
}

/// Checks: F1
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_cut_off_deposes_nobody_and_a_leader_cut_off_is_replaced() {
    let cluster = Cluster::three().await;
    let leader = cluster.leader(FIRST).await;
    let term = cluster.members[&leader].node.status(FIRST).expect("a status").term;
    let (follower, other) = if leader == 1 { (2, 3) } else { (1, if leader == 2 { 3 } else { 2 }) };
    let addresses: BTreeMap<u64, String> = cluster
        .members
        .iter()
        .map(|(number, member)| (*number, member.network.address().to_string()))
        .collect();
    let isolate = |alone: u64| {
        for (number, member) in &cluster.members {
            for another in [1, 2, 3] {
                if another != *number && (*number == alone || another == alone) {
                    member.network.forget_address(another);
                    member.network.cut(another);
                }
            }
        }
    };
    let heal = || {
        for member in cluster.members.values() {
            addresses.iter().for_each(|(node, address)| member.network.set_address(*node, address));
        }
    };
    // A follower flaps for several elections' time.
    for _ in 0..3 {
        isolate(follower);
        tokio::time::sleep(Duration::from_millis(900)).await;
        heal();
        cluster.append(leader, 1..=5).await;
    }
    let status = cluster.members[&leader].node.status(FIRST).expect("a status");
    assert_eq!((status.leader, status.term), (Some(leader), term), "nobody was deposed");
    // The leader is cut off: what it takes in is never committed, and the others go on.
    isolate(leader);
    let lost = cluster.journal(leader, FIRST).append(ceiling(9999));
    let elected = || {
        let leader_of = |number: u64| cluster.members[&number].node.leader(FIRST);
        leader_of(follower).is_some_and(|new| new != leader)
            && leader_of(follower) == leader_of(other)
    };
    until("another leader", elected).await;
    let new = cluster.members[&follower].node.leader(FIRST).expect("elected");
    within(cluster.journal(new, FIRST).lead()).await.expect("leads");
    within(cluster.journal(new, FIRST).append(ceiling(5000))).await.expect("appended");
    heal();
    assert!(within(lost).await.is_err(), "what the old leader took in alone is not acknowledged");
    until("all agree", || {
        let mut sinks = cluster.members.values().map(|member| member.sink.of(FIRST));
        let first = sinks.next().expect("three");
        first.last().is_some_and(|last| last.1 == 5000) && sinks.all(|sink| sink == first)
    })
    .await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_leave_and_a_node_of_another_cluster_is_refused() {
    let cluster = Cluster::three().await;
    let leader = cluster.leader(FIRST).await;
    let member = &cluster.members[&leader];
    let other = if leader == 3 { 2 } else { 3 };
    let elsewhere = within(cluster.members[&other].node.remove(FIRST, leader)).await;
    assert_eq!(elsewhere, Err(MembershipError::NotLeader { leader: Some(leader) }));
    within(member.node.remove(FIRST, other)).await.expect("removed");
    let status = member.node.status(FIRST).expect("a status");
    assert_eq!(status.members.len(), 2);
    within(cluster.journal(leader, FIRST).append(ceiling(500))).await.expect("two voters serve on");
    // The same authority, another cluster: it neither reaches anybody nor is it reached.
    let stranger = cluster.network(9, 2, Services::default()).await;
    member.network.set_address(9, stranger.address().to_string());
    within(member.node.add_learner(FIRST, 9)).await.expect("decided: it has no vote");
    until("it is refused", || {
        let problem =
            member.network.problem(9, Class::Control).or(member.network.problem(9, Class::Journal));
        problem.is_some_and(|problem| problem.contains("another cluster"))
    })
    .await;
    let behind = within(member.node.promote(FIRST, 9)).await;
    assert!(matches!(behind, Err(MembershipError::Behind { node: 9, .. })), "{behind:?}");
    within(member.node.remove(FIRST, 9)).await.expect("removed");
    within(cluster.journal(leader, FIRST).append(ceiling(501))).await.expect("serves on");
    stranger.close();
    cluster.stop().await;
}
