//! Nodes as the other roles see them: alone, restarted, on a full or failing disk, and three together.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use protocol::journal::{Journal, JournalEntry, JournalError, JournalSink, Position};
use protocol::{JournalId, Timestamp};
use runtime::files::{Files, SimulatedFiles};

use crate::{InProcessTransport, JournalConfig, Node, OpenError};

const LIMIT: Duration = Duration::from_secs(20);
const FIRST: JournalId = JournalId(0);

type Delivered = Vec<(JournalId, Position, Arc<JournalEntry>)>;

#[derive(Default)]
struct Sink {
    delivered: Mutex<Delivered>,
}

impl JournalSink for Sink {
    fn deliver(&self, journal: JournalId, entries: Vec<(Position, Arc<JournalEntry>)>) {
        let mut delivered = self.delivered.lock();
        delivered.extend(entries.into_iter().map(|(position, entry)| (journal, position, entry)));
    }
}

impl Sink {
    fn of(&self, journal: JournalId) -> Vec<(u64, u64)> {
        let delivered = self.delivered.lock();
        let of_journal = delivered.iter().filter(|(of, ..)| *of == journal);
        of_journal
            .map(|(_, position, entry)| match &**entry {
                JournalEntry::Ceiling(ceiling) => (position.0, ceiling.0),
                JournalEntry::Transactions(_) => (position.0, 0),
            })
            .collect()
    }
}

fn ceiling(number: u64) -> Arc<JournalEntry> {
    Arc::new(JournalEntry::Ceiling(Timestamp(number)))
}

fn config(node: u64) -> JournalConfig {
    JournalConfig {
        node,
        segment_bytes: 64 << 10,
        cache_bytes: 4000,
        heartbeat_ms: 50,
        election_ms: 200,
        trim_stride: 1,
        ..JournalConfig::single("/log")
    }
}

async fn open(
    files: &SimulatedFiles,
    config: JournalConfig,
    journals: &[(u32, u64)],
) -> Result<(Node, Arc<Sink>), OpenError> {
    let sink = Arc::new(Sink::default());
    let journals = journals.iter().map(|(id, from)| (JournalId(*id), Position(*from))).collect();
    let node = Node::open(config, Arc::new(files.clone()), journals, sink.clone(), None).await?;
    Ok((node, sink))
}

fn journal(node: &Node, id: JournalId) -> Arc<dyn Journal> {
    node.journal(id).expect("it was opened")
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("done in time")
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

/// Checks: D1, D2
#[tokio::test(flavor = "multi_thread")]
async fn a_node_alone_appends_restarts_and_delivers_from_where_the_sink_is() {
    let files = SimulatedFiles::new();
    let (node, sink) = open(&files, config(1), &[(0, 0), (5, 0)]).await.expect("opens");
    let first = journal(&node, FIRST);
    let leadership = within(first.lead()).await.expect("leads");
    assert_eq!((leadership.ceiling, leadership.position), (Timestamp(0), Position(0)));
    let appends: Vec<_> = (1..=500).map(|number| first.append(ceiling(number))).collect();
    for (number, append) in appends.into_iter().enumerate() {
        assert_eq!(within(append).await, Ok(Position(number as u64 + 1)));
    }
    let other = journal(&node, JournalId(5));
    assert_eq!(within(other.append(ceiling(7))).await, Ok(Position(1)));
    let all: Vec<_> = (1..=500).map(|number| (number, number)).collect();
    assert_eq!(sink.of(FIRST), all, "in order, exactly once");
    node.shutdown().await;
    assert!(matches!(within(first.append(ceiling(1))).await, Err(JournalError::Closed { .. })));

    for (round, from) in [(0, 0), (1, 123), (2, 500)] {
        files.crash(round);
        let (node, sink) = open(&files, config(1), &[(0, from), (5, 0)]).await.expect("opens");
        let leadership = within(journal(&node, FIRST).lead()).await.expect("leads again");
        assert_eq!(leadership.ceiling, Timestamp(500));
        assert_eq!(leadership.position, Position(500));
        assert_eq!(sink.of(FIRST), all[from as usize..], "behind {from}");
        within(journal(&node, JournalId(5)).lead()).await.expect("leads again");
        assert_eq!(sink.of(JournalId(5)), [(1, 7)]);
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trimming_gives_segments_back_and_keeps_what_storage_has_not_persisted() {
    let files = SimulatedFiles::new();
    let (node, _) = open(&files, config(1), &[(0, 0)]).await.expect("opens");
    let first = journal(&node, FIRST);
    within(first.lead()).await.expect("leads");
    for round in 0..20 {
        let appends: Vec<_> =
            (1..=200).map(|number| first.append(ceiling(round * 200 + number))).collect();
        for append in appends {
            within(append).await.expect("appended");
        }
    }
    let segments = || files.list(&PathBuf::from("/log")).expect("list").len();
    let before = segments();
    assert!(before > 3, "{before}");
    node.trim(FIRST, Position(3990));
    until("the segments go", || segments() <= 3).await;
    node.shutdown().await;
    files.crash(3);
    let too_early = open(&files, config(1), &[(0, 3000)]).await.err();
    assert!(matches!(too_early, Some(OpenError::Trimmed { asked: 3000, .. })), "{too_early:?}");
    let (node, sink) = open(&files, config(1), &[(0, 3990)]).await.expect("opens");
    let leadership = within(journal(&node, FIRST).lead()).await.expect("leads");
    assert_eq!(leadership.ceiling, Timestamp(4000));
    let expected: Vec<_> = (3991..=4000).map(|number| (number, number)).collect();
    assert_eq!(sink.of(FIRST), expected);
    assert_eq!(within(journal(&node, FIRST).append(ceiling(1))).await, Ok(Position(4001)));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_node_alone_touches_no_file() {
    let files = SimulatedFiles::new();
    let (node, _) = open(&files, config(1), &[(0, 0), (1, 0)]).await.expect("opens");
    for id in [0, 1] {
        within(journal(&node, JournalId(id)).lead()).await.expect("leads");
        within(journal(&node, JournalId(id)).append(ceiling(1))).await.expect("appended");
    }
    let before = files.used();
    // Longer than several heartbeats and elections.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(files.used(), before);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_appends_until_there_is_space() {
    let files = SimulatedFiles::new();
    let (node, _) = open(&files, config(1), &[(0, 0)]).await.expect("opens");
    let first = journal(&node, FIRST);
    within(first.lead()).await.expect("leads");
    files.set_capacity(Some(files.allocated_bytes()));
    let mut appended = 0;
    let error = loop {
        match within(first.append(ceiling(1))).await {
            Ok(position) => appended = position.0,
            Err(error) => break error,
        }
    };
    assert_eq!(error, JournalError::Full);
    assert!(appended > 500, "{appended}");
    files.set_capacity(None);
    assert_eq!(within(first.append(ceiling(2))).await, Ok(Position(appended + 1)));
    assert!(node.failure().borrow().is_none());
    node.shutdown().await;
}

/// Checks: D1
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_fsync_acknowledges_nothing_and_is_reported() {
    let files = SimulatedFiles::new();
    let (node, _) = open(&files, config(1), &[(0, 0)]).await.expect("opens");
    let first = journal(&node, FIRST);
    within(first.lead()).await.expect("leads");
    within(first.append(ceiling(1))).await.expect("appended");
    files.fail_syncs(0, 1);
    let outcome = within(first.append(ceiling(2))).await;
    assert!(matches!(outcome, Err(JournalError::Unknown { .. })), "{outcome:?}");
    let mut failure = node.failure();
    within(failure.wait_for(Option::is_some)).await.expect("reported");
    let later = within(first.append(ceiling(3))).await;
    assert!(matches!(later, Err(JournalError::Closed { .. })), "{later:?}");
    node.shutdown().await;
    files.crash(9);
    let (node, sink) = open(&files, config(1), &[(0, 0)]).await.expect("opens");
    within(journal(&node, FIRST).lead()).await.expect("leads");
    assert_eq!(sink.of(FIRST)[0], (1, 1));
    assert!(sink.of(FIRST).iter().all(|(_, number)| *number <= 2), "{:?}", sink.of(FIRST));
    node.shutdown().await;
}

/// One of several nodes with its own disk.
struct Member {
    node: Node,
    sink: Arc<Sink>,
}

async fn member(
    transport: &InProcessTransport,
    files: &SimulatedFiles,
    number: u64,
    voters: &[u64],
    from: u64,
) -> Member {
    let sink = Arc::new(Sink::default());
    let config = JournalConfig { voters: voters.to_vec(), ..config(number) };
    let files: Arc<dyn Files> = Arc::new(files.clone());
    let journals = vec![(FIRST, Position(from))];
    let carrier = Arc::new(transport.clone());
    let node = Node::open(config, files, journals, sink.clone(), Some(carrier)).await;
    let node = node.expect("opens");
    transport.connect(number, node.receiver());
    Member { node, sink }
}

async fn leader_among(members: &[(u64, &Member)]) -> u64 {
    let leads = |(number, member): &(u64, &Member)| member.node.leader(FIRST) == Some(*number);
    until("a leader", || members.iter().any(leads)).await;
    members.iter().find(|member| leads(member)).expect("there is one").0
}

/// Checks: D1
#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_survive_their_leader_and_catch_up_by_snapshot() {
    let transport = InProcessTransport::default();
    let disks = [SimulatedFiles::new(), SimulatedFiles::new(), SimulatedFiles::new()];
    let mut members = std::collections::BTreeMap::new();
    for number in 1..=3 {
        // The first founds it alone; the others are added as learners and then vote.
        let voters: &[u64] = if number == 1 { &[1] } else { &[] };
        let disk = &disks[number as usize - 1];
        members.insert(number, member(&transport, disk, number, voters, 0).await);
    }
    let founder = &members[&1];
    within(journal(&founder.node, FIRST).lead()).await.expect("leads");
    for number in 1..=10 {
        within(journal(&founder.node, FIRST).append(ceiling(number))).await.expect("appended");
    }
    for number in [2, 3] {
        within(founder.node.add_learner(FIRST, number)).await.expect("learns");
    }
    let voters = BTreeSet::from([1, 2, 3]);
    within(founder.node.change_voters(FIRST, voters)).await.expect("votes");
    for number in 11..=20 {
        within(journal(&founder.node, FIRST).append(ceiling(number))).await.expect("appended");
    }
    let outsider = within(journal(&members[&2].node, FIRST).append(ceiling(0))).await;
    assert_eq!(outsider, Err(JournalError::NotLeader { leader: Some(1) }));

    // The leader dies; its power too.
    transport.disconnect(1);
    let dead = members.remove(&1).expect("it was there");
    dead.node.shutdown().await;
    disks[0].crash(1);
    let rest: Vec<_> = members.iter().map(|(number, member)| (*number, member)).collect();
    let leader = leader_among(&rest).await;
    let successor = &members[&leader];
    let leadership = within(journal(&successor.node, FIRST).lead()).await.expect("leads");
    assert_eq!((leadership.ceiling, leadership.position), (Timestamp(20), Position(20)));
    for number in 21..=400 {
        within(journal(&successor.node, FIRST).append(ceiling(number))).await.expect("appended");
    }
    // What the dead node misses is cut off, so that only a snapshot can help it.
    successor.node.trim(FIRST, Position(380));
    let cut = || successor.node.receiver().log.bounds(0).0.is_some_and(|id| id.index > 300);
    until("the log is cut", cut).await;
    let back = member(&transport, &disks[0], 1, &[], 20).await;
    until("the node has caught up", || back.sink.of(FIRST).last() == Some(&(400, 400))).await;
    let seen = back.sink.of(FIRST);
    assert!(seen[0].0 > 20 && seen.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "{seen:?}");
    assert!(seen.len() < 100, "by snapshot, not by entries: {}", seen.len());
    for (_, member) in rest {
        until("everybody has all", || member.sink.of(FIRST).len() == 400).await;
        let all: Vec<_> = (1..=400).map(|number| (number, number)).collect();
        assert_eq!(member.sink.of(FIRST), all);
    }
    back.node.shutdown().await;
    for member in members.values() {
        member.node.shutdown().await;
    }
}

/// Whoever led once and does not know that others led since must not append: what they committed it has not seen.
///
/// Checks: F1
#[tokio::test(flavor = "multi_thread")]
async fn an_append_of_an_earlier_leadership_is_refused() {
    let transport = InProcessTransport::default();
    let disks = [SimulatedFiles::new(), SimulatedFiles::new()];
    let first = member(&transport, &disks[0], 1, &[1], 0).await;
    let second = member(&transport, &disks[1], 2, &[], 0).await;
    let front = journal(&first.node, FIRST);
    let begun = within(front.lead()).await.expect("leads");
    within(first.node.add_learner(FIRST, 2)).await.expect("learns");
    within(first.node.change_voters(FIRST, BTreeSet::from([1, 2]))).await.expect("votes");
    within(front.append(ceiling(1))).await.expect("appended");
    for (from, to) in [(&first, 2), (&second, 1)] {
        let mut asked = from.node.transfer_leader(FIRST, to).await;
        while asked.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            asked = from.node.transfer_leader(FIRST, to).await;
        }
        until("it has moved", || {
            let leader = first.node.leader(FIRST);
            leader == Some(to) && second.node.leader(FIRST) == leader
        })
        .await;
    }
    let stale = within(front.append(ceiling(2))).await;
    assert!(matches!(stale, Err(JournalError::NotLeader { .. })), "{stale:?}");
    let again = within(front.lead()).await.expect("leads again");
    assert!(again.term > begun.term);
    within(front.append(ceiling(3))).await.expect("appended");
    first.node.shutdown().await;
    second.node.shutdown().await;
}
