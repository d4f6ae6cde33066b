//! The cluster over journals in memory: outcomes, order, promises, several shards at once.
//!
//! Checks: I1, I2, D2, A1

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use adjudicator::Cluster;
use adjudicator::elsewhere::{Answer, Elsewhere, NoAnswer, Owner, Question};
use bytes::Bytes;
use parking_lot::Mutex;
use protocol::adjudication::{BumpError, Commit, ShardMessage};
use protocol::journal::{BoxFuture, Journal, JournalEntry, JournalError, Leadership, Position};
use protocol::key::{PRIMARY_INDEX, ShardMap, prefix};
use protocol::transaction::{
    CommitRequest, ConflictClass, DecidedTransaction, Outcome, Refusal, SchemaUse,
    TransactionStatus, Write,
};
use protocol::{JournalId, ShardId, TableId, Timestamp, TransactionId};
use runtime::{Clock, SystemClock};
use tokio::sync::Notify;

/// A journal in memory. Appends wait while it is held up.
struct MemoryJournal {
    id: JournalId,
    entries: Mutex<Vec<Arc<JournalEntry>>>,
    held_up: AtomicBool,
    go_on: Notify,
    fail: Mutex<Option<JournalError>>,
    terms: AtomicUsize,
}

impl MemoryJournal {
    fn new(id: u32) -> Arc<MemoryJournal> {
        Arc::new(MemoryJournal {
            id: JournalId(id),
            entries: Mutex::new(Vec::new()),
            held_up: AtomicBool::new(false),
            go_on: Notify::new(),
            fail: Mutex::new(None),
            terms: AtomicUsize::new(0),
        })
    }

    fn transactions(&self) -> Vec<DecidedTransaction> {
        let entries = self.entries.lock();
        let all = entries.iter().filter_map(|entry| match entry.as_ref() {
            JournalEntry::Transactions(all) => Some(all.clone()),
            JournalEntry::Ceiling(_) => None,
        });
        all.flatten().collect()
    }

    fn release(&self) {
        self.held_up.store(false, Ordering::SeqCst);
        self.go_on.notify_waiters();
    }
}

struct Handle(Arc<MemoryJournal>);

impl Journal for Handle {
    fn id(&self) -> JournalId {
        self.0.id
    }

    fn append(&self, entry: Arc<JournalEntry>) -> BoxFuture<Result<Position, JournalError>> {
        let journal = self.0.clone();
        if let Some(error) = journal.fail.lock().take() {
            return Box::pin(std::future::ready(Err(error)));
        }
        let position = {
            let mut entries = journal.entries.lock();
            entries.push(entry);
            Position(entries.len() as u64)
        };
        Box::pin(async move {
            loop {
                let notified = journal.go_on.notified();
                if !journal.held_up.load(Ordering::SeqCst) {
                    return Ok(position);
                }
                notified.await;
            }
        })
    }

    fn lead(&self) -> BoxFuture<Result<Leadership, JournalError>> {
        let term = self.0.terms.fetch_add(1, Ordering::SeqCst) as u64 + 1;
        let entries = self.0.entries.lock();
        let mut leadership = Leadership {
            term,
            ceiling: Timestamp::ZERO,
            last_commit: Timestamp::ZERO,
            position: Position(entries.len() as u64),
        };
        for entry in entries.iter() {
            match entry.as_ref() {
                JournalEntry::Ceiling(ceiling) => leadership.ceiling = *ceiling,
                JournalEntry::Transactions(all) => {
                    for one in all {
                        leadership.last_commit = one.tau_commit;
                    }
                }
            }
        }
        Box::pin(std::future::ready(Ok(leadership)))
    }
}

struct Setting {
    cluster: Cluster,
    journals: Vec<Arc<MemoryJournal>>,
    clock: Arc<SystemClock>,
    map: ShardMap,
}

fn setting(shards: u32) -> Setting {
    let journals: Vec<_> = (0..shards).map(MemoryJournal::new).collect();
    let handles = journals.iter().map(|one| Arc::new(Handle(one.clone())) as Arc<dyn Journal>);
    let clock = Arc::new(SystemClock::new(0));
    let map = ShardMap::new(shards);
    let cluster = Cluster::start(map, handles.collect(), clock.clone());
    Setting { cluster, journals, clock, map }
}

impl Setting {
    fn key(&self, shard: u32, number: u64) -> Bytes {
        let mut found = 0;
        for stripe in 0u64.. {
            let mut key = prefix(TableId(2_000), PRIMARY_INDEX).to_vec();
            key.push(1);
            key.extend_from_slice(&(stripe << 12).to_be_bytes());
            if self.map.shard_of(&key).0 == shard {
                if found == number {
                    return key.into();
                }
                found += 1;
            }
        }
        unreachable!("every shard owns stripes")
    }

    fn request(&self, keys: &[Bytes]) -> CommitRequest {
        let write = |key: &Bytes| Write {
            key: key.clone(),
            value: Some(Bytes::from_static(b"value")),
            class: Some(ConflictClass::Exclusive),
        };
        CommitRequest {
            id: TransactionId(uuid::Uuid::from_u128(rand::random())),
            tau_start: self.clock.now().latest,
            writes: keys.iter().map(write).collect(),
            additions: Vec::new(),
            checks: vec![],
            ranges: vec![],
            schema: vec![],
        }
    }
}

fn committed(outcome: &Outcome) -> Timestamp {
    match outcome {
        Outcome::Committed { tau_commit } => *tau_commit,
        other => panic!("expected a commit: {other:?}"),
    }
}

#[tokio::test]
async fn single_shard_commits_once_and_answers_a_repeated_request_alike() {
    let setting = setting(1);
    let request = setting.request(&[setting.key(0, 0)]);
    let first = setting.cluster.commit(request.clone()).await;
    let again = setting.cluster.commit(request.clone()).await;
    assert_eq!(first, again);
    assert_eq!(setting.journals[0].transactions().len(), 1);
    let status = setting.cluster.status(request.id).await;
    assert_eq!(status, TransactionStatus::Committed { tau_commit: committed(&first) });
}

#[tokio::test]
async fn of_two_writers_of_one_key_the_second_is_refused_with_the_winner() {
    let setting = setting(4);
    let key = setting.key(2, 0);
    let (first, second) =
        (setting.request(std::slice::from_ref(&key)), setting.request(std::slice::from_ref(&key)));
    committed(&setting.cluster.commit(first.clone()).await);
    let Outcome::Refused(Refusal::Data { table, key: lost, winner }) =
        setting.cluster.commit(second).await
    else {
        panic!("a conflict")
    };
    assert_eq!((table, lost, winner), (TableId(2_000), key, Some(first.id)));
}

#[tokio::test]
async fn several_shards_make_one_entry_in_one_journal() {
    let setting = setting(4);
    let keys: Vec<Bytes> = (0..4).map(|shard| setting.key(shard, 0)).collect();
    let outcome = setting.cluster.commit(setting.request(&keys)).await;
    let tau_commit = committed(&outcome);
    let all: Vec<_> = setting.journals.iter().flat_map(|journal| journal.transactions()).collect();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].writes.len(), all[0].tau_commit), (4, tau_commit));
    // The next on the same keys passes at once: the go-aheads have left before the answer.
    committed(&setting.cluster.commit(setting.request(&keys)).await);
}

#[tokio::test]
async fn definition_change_conflicts_with_rows_of_a_transaction_begun_before() {
    let setting = setting(4);
    let mut rows = setting.request(&[setting.key(1, 0)]);
    rows.schema.push(SchemaUse::Rows(TableId(2_000)));
    let mut change = setting.request(&[setting.key(3, 7)]);
    change.schema.push(SchemaUse::Definition(TableId(2_000)));
    committed(&setting.cluster.commit(change).await);
    let outcome = setting.cluster.commit(rows).await;
    assert_eq!(outcome, Outcome::Refused(Refusal::Schema { table: TableId(2_000) }));
}

#[tokio::test]
async fn promise_waits_for_entries_below_it_and_then_holds() {
    let setting = setting(1);
    let journal = setting.journals[0].clone();
    let first = setting.cluster.bump(JournalId(0), setting.clock.now().latest).await;
    assert!(first.is_ok());
    journal.held_up.store(true, Ordering::SeqCst);
    let commit = setting.cluster.commit(setting.request(&[setting.key(0, 0)]));
    while journal.transactions().is_empty() {
        tokio::task::yield_now().await;
    }
    let tau_commit = journal.transactions()[0].tau_commit;
    let mut bump = setting.cluster.bump(JournalId(0), tau_commit);
    // The task has taken the bump when it answers what was asked afterwards.
    setting.cluster.standing(protocol::ShardId(0)).await.expect("the shard runs");
    assert!(futures::poll!(&mut bump).is_pending());
    journal.release();
    let promise = bump.await.expect("a promise");
    assert!(promise.up_to >= tau_commit);
    assert!(promise.after >= Position(2), "behind the ceiling and the commit");
    committed(&commit.await);
    let later = committed(&setting.cluster.commit(setting.request(&[setting.key(0, 1)])).await);
    assert!(later > promise.up_to);
}

#[tokio::test]
async fn bumps_far_ahead_and_of_unknown_journals_are_refused() {
    let setting = setting(1);
    let far = setting.clock.now().latest.plus_nanos(3_600_000_000_000);
    let answer = setting.cluster.bump(JournalId(0), far).await;
    assert!(matches!(answer, Err(BumpError::TooFarAhead { .. })));
    let answer = setting.cluster.bump(JournalId(9), Timestamp(1)).await;
    assert_eq!(answer, Err(BumpError::UnknownJournal));
}

#[tokio::test]
async fn idle_cluster_appends_nothing_and_steady_bumps_append_a_ceiling_per_stride() {
    let setting = setting(2);
    setting.cluster.standing(protocol::ShardId(0)).await.expect("the shard runs");
    assert!(setting.journals.iter().all(|journal| journal.entries.lock().is_empty()));
    for _ in 0..1_000 {
        let promise = setting.cluster.bump(JournalId(1), setting.clock.now().latest).await;
        promise.expect("a promise");
    }
    assert!(setting.journals[1].entries.lock().len() <= 4);
    assert!(setting.journals[0].entries.lock().is_empty());
}

#[tokio::test]
async fn unknown_append_is_told_as_unknown_and_the_shard_goes_on_with_a_higher_floor() {
    let setting = setting(1);
    let request = setting.request(&[setting.key(0, 0)]);
    let reason = "test".to_owned();
    *setting.journals[0].fail.lock() = Some(JournalError::Unknown { reason });
    let outcome = setting.cluster.commit(request).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    let next = setting.request(&[setting.key(0, 0)]);
    committed(&setting.cluster.commit(next).await);
}

#[tokio::test]
async fn full_journal_refuses_and_leaves_the_shard_leading() {
    let setting = setting(1);
    *setting.journals[0].fail.lock() = Some(JournalError::Full);
    let outcome = setting.cluster.commit(setting.request(&[setting.key(0, 0)])).await;
    assert!(matches!(outcome, Outcome::Refused(Refusal::Unavailable { .. })), "{outcome:?}");
    committed(&setting.cluster.commit(setting.request(&[setting.key(0, 0)])).await);
}

/// Sixteen clients move between four counters on four shards; each commit reads a snapshot and writes two keys. What
/// the journals say afterwards has no two overlapping writers of a key, and every acknowledged commit once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_commits_of_several_shards_never_overlap_on_a_key() {
    let setting = Arc::new(setting(4));
    let acknowledged = Arc::new(Mutex::new(HashMap::new()));
    let mut clients = Vec::new();
    for client in 0..16u64 {
        let (setting, acknowledged) = (setting.clone(), acknowledged.clone());
        clients.push(tokio::spawn(async move {
            for round in 0..100u64 {
                let (one, other) = ((client + round) % 4, (client * 7 + round * 3) % 4);
                let mut keys = vec![setting.key(one as u32, round % 3)];
                if other != one {
                    keys.push(setting.key(other as u32, round % 2));
                }
                let request = setting.request(&keys);
                let id = request.id;
                match setting.cluster.commit(request).await {
                    Outcome::Committed { tau_commit } => {
                        acknowledged.lock().insert(id, tau_commit);
                    }
                    Outcome::Refused(_) => {}
                    Outcome::Unknown { reason } => panic!("nothing fails here: {reason}"),
                }
            }
        }));
    }
    for client in clients {
        client.await.expect("the client ends");
    }
    let all: Vec<_> = setting.journals.iter().flat_map(|journal| journal.transactions()).collect();
    let acknowledged = acknowledged.lock();
    assert_eq!(all.len(), acknowledged.len());
    assert!(all.len() > 100, "most transactions get through: {}", all.len());
    let mut writers: HashMap<Bytes, Vec<(Timestamp, Timestamp)>> = HashMap::new();
    for one in &all {
        assert_eq!(acknowledged.get(&one.id), Some(&one.tau_commit));
        for write in &one.writes {
            writers.entry(write.key.clone()).or_default().push((one.tau_commit, one.tau_start));
        }
    }
    for spans in writers.values_mut() {
        spans.sort();
        for pair in spans.windows(2) {
            assert!(pair[1].1 >= pair[0].0, "{pair:?} overlap");
        }
    }
}

/// After its adjudicator was lost a commit ended as the journals say, and only an owner that will never take it in any
/// more may say so.
///
/// Checks: A1
#[tokio::test]
async fn a_lost_commit_is_settled_by_what_was_delivered() {
    let setting = setting(1);
    let lose = || async {
        let request = setting.request(&[setting.key(0, 0)]);
        let reason = "test".to_owned();
        *setting.journals[0].fail.lock() = Some(JournalError::Unknown { reason });
        let outcome = setting.cluster.commit(request.clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
        setting.cluster.unsettled(&request).expect("there is something to decide")
    };
    let early = lose().await;
    let unasked = |_| async { panic!("the owner would still take it in") };
    assert_eq!(setting.cluster.settle(&early, unasked).await, None);
    // A ceiling above what follows: the next owner begins above it.
    let now = setting.clock.now().latest;
    setting.cluster.bump(JournalId(0), now).await.expect("promised");
    let lost = lose().await;
    let floor = setting.cluster.standing(ShardId(0)).await.expect("leads").floor;
    assert!(floor > lost.tau_start);
    let absent = |up_to| async move { (up_to >= floor).then_some(None) };
    let outcome = setting.cluster.settle(&lost, absent).await;
    assert_eq!(outcome, Some(Outcome::Refused(Refusal::TooOld { floor })));
    let tau_commit = lost.tau_start.next();
    let present = |_| async move { Some(Some(tau_commit)) };
    let outcome = setting.cluster.settle(&lost, present).await;
    assert_eq!(outcome, Some(Outcome::Committed { tau_commit }));
    let behind = |_| async { None };
    assert_eq!(setting.cluster.settle(&lost, behind).await, None);
}

/// Another node's shards by function calls; who leads is a list that is worked off.
struct OtherNode {
    cluster: Cluster,
    owners: Mutex<Vec<Owner>>,
    asked: AtomicUsize,
}

impl Elsewhere for OtherNode {
    fn several(&self) -> bool {
        true
    }

    fn owner(&self, _shard: ShardId) -> Owner {
        let mut owners = self.owners.lock();
        if owners.len() > 1 { owners.remove(0) } else { owners[0] }
    }

    fn ask(
        &self,
        node: u64,
        shard: ShardId,
        question: Question,
    ) -> BoxFuture<Result<Answer, NoAnswer>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let cluster = self.cluster.clone();
        Box::pin(async move {
            match node {
                1 => Ok(Answer::NotOwner),
                2 => Ok(cluster.answer(shard, question).await),
                _ => Err(NoAnswer::NotSent { reason: "no such node".to_owned() }),
            }
        })
    }

    fn tell(&self, _node: u64, shard: ShardId, message: ShardMessage) {
        self.cluster.take(shard, message);
    }
}

/// Checks: A1, F1
#[tokio::test]
async fn a_commit_finds_the_owner_of_its_shard_and_is_decided_there_once() {
    let there = setting(1);
    let here = MemoryJournal::new(0);
    let owners = vec![Owner::Nobody, Owner::Node(3), Owner::Node(1), Owner::Node(2)];
    let other = Arc::new(OtherNode {
        cluster: there.cluster.clone(),
        owners: Mutex::new(owners),
        asked: AtomicUsize::new(0),
    });
    let handle: Arc<dyn Journal> = Arc::new(Handle(here.clone()));
    let bounds = adjudicator::Config::default();
    let cluster = Cluster::start_with(
        there.map,
        vec![handle],
        there.clock.clone(),
        bounds,
        Some(other.clone()),
    );
    let request = there.request(&[there.key(0, 0)]);
    let tau_commit = committed(&cluster.commit(request.clone()).await);
    assert_eq!(other.asked.load(Ordering::SeqCst), 3, "one unreachable, one not the owner");
    assert_eq!(there.journals[0].transactions().len(), 1);
    assert!(here.transactions().is_empty(), "this node decides nothing");
    let status = cluster.status(request.id).await;
    assert_eq!(status, TransactionStatus::Committed { tau_commit });
    let promise = cluster.bump(JournalId(0), tau_commit).await.expect("the owner promises");
    assert!(promise.up_to >= tau_commit);
}
