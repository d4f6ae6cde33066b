//! Tests of the merge. Checks: I2.

use super::*;
use protocol::TransactionId;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

fn transaction(tau: u64) -> DecidedTransaction {
    DecidedTransaction {
        id: TransactionId(Uuid::from_u128(u128::from(tau))),
        tau_start: Timestamp(tau - 1),
        tau_commit: Timestamp(tau),
        writes: Vec::new(),
        additions: Vec::new(),
    }
}

fn entry(taus: &[u64]) -> Arc<JournalEntry> {
    Arc::new(JournalEntry::Transactions(taus.iter().map(|tau| transaction(*tau)).collect()))
}

fn journals(count: u32) -> BTreeMap<JournalId, Position> {
    (0..count).map(|journal| (JournalId(journal), Position(0))).collect()
}

fn promise(journal: u32, up_to: u64, after: u64) -> Promise {
    Promise { journal: JournalId(journal), up_to: Timestamp(up_to), after: Position(after) }
}

fn taus(delivery: &Delivery) -> Vec<u64> {
    delivery.transactions.iter().map(|one| one.tau_commit.0).collect()
}

#[test]
fn the_watermark_waits_for_the_slowest_journal() {
    let mut merge = Merge::new(&journals(2), Timestamp(100));
    merge.deliver(JournalId(0), Position(1), entry(&[110, 120])).expect("valid");
    assert!(merge.release().is_none());
    assert_eq!(merge.behind(Timestamp(120)).collect::<Vec<_>>(), vec![JournalId(1)]);
    merge.promise(promise(1, 115, 0)).expect("valid");
    let delivery = merge.release().expect("the watermark moves");
    assert_eq!((taus(&delivery), delivery.watermark), (vec![110], Timestamp(115)));
    // The entry is released in part, so its position is not.
    assert_eq!(delivery.positions[0], (JournalId(0), Position(0)));
    merge.promise(promise(1, 130, 0)).expect("valid");
    let delivery = merge.release().expect("the watermark moves");
    assert_eq!((taus(&delivery), delivery.watermark), (vec![120], Timestamp(120)));
    assert_eq!(delivery.positions[0], (JournalId(0), Position(1)));
}

#[test]
fn a_promise_holds_only_behind_its_position() {
    let mut merge = Merge::new(&journals(1), Timestamp(100));
    merge.promise(promise(0, 200, 2)).expect("valid");
    assert!(merge.release().is_none());
    assert!(merge.has_promised(JournalId(0), Timestamp(200)), "nobody needs to ask again");
    merge.deliver(JournalId(0), Position(1), entry(&[150])).expect("valid");
    assert_eq!(merge.release().expect("moves").watermark, Timestamp(150));
    let ceiling = Arc::new(JournalEntry::Ceiling(Timestamp(300)));
    merge.deliver(JournalId(0), Position(2), ceiling).expect("valid");
    let delivery = merge.release().expect("moves");
    assert_eq!(delivery.watermark, Timestamp(200));
    assert_eq!(delivery.positions, vec![(JournalId(0), Position(2))]);
}

#[test]
fn a_position_without_an_entry_can_be_passed() {
    let mut merge = Merge::new(&journals(1), Timestamp(100));
    merge.promise(promise(0, 200, 5)).expect("valid");
    merge.pass(JournalId(0), Position(5)).expect("valid");
    assert_eq!(merge.release().expect("moves").watermark, Timestamp(200));
}

#[test]
fn after_a_restart_the_released_part_of_an_entry_is_skipped() {
    let start = BTreeMap::from([(JournalId(0), Position(6)), (JournalId(1), Position(0))]);
    let mut merge = Merge::new(&start, Timestamp(100));
    merge.deliver(JournalId(0), Position(7), entry(&[90, 110])).expect("valid");
    merge.promise(promise(1, 500, 0)).expect("valid");
    let delivery = merge.release().expect("moves");
    assert_eq!(taus(&delivery), vec![110]);
    assert_eq!(delivery.positions[0], (JournalId(0), Position(7)));
    let again = merge.deliver(JournalId(0), Position(8), entry(&[105]));
    assert!(matches!(again, Err(MergeError::PromiseBroken { .. })));
}

#[test]
fn broken_contracts_are_noticed() {
    let mut merge = Merge::new(&journals(1), Timestamp(100));
    merge.promise(promise(0, 200, 0)).expect("valid");
    // Entries behind the start may be old, but not lie between watermark and promise.
    assert!(matches!(
        merge.deliver(JournalId(0), Position(1), entry(&[150])),
        Err(MergeError::PromiseBroken { .. })
    ));
    merge.deliver(JournalId(0), Position(2), entry(&[201])).expect("valid");
    assert!(matches!(
        merge.deliver(JournalId(0), Position(2), entry(&[300])),
        Err(MergeError::OutOfOrder { .. })
    ));
    assert!(matches!(
        merge.deliver(JournalId(9), Position(1), entry(&[300])),
        Err(MergeError::UnknownJournal { .. })
    ));
}

/// What each journal says, in its own order.
enum Step {
    Entry(Position, Arc<JournalEntry>),
    Promise(Promise),
}

fn random_lanes(random: &mut StdRng, count: u32) -> Vec<VecDeque<Step>> {
    (0..count)
        .map(|journal| {
            let mut steps = VecDeque::new();
            let (mut tau, mut position) = (100, 0);
            for _ in 0..random.random_range(5..60) {
                if random.random_bool(0.3) {
                    tau += random.random_range(1..50);
                    steps.push_back(Step::Promise(promise(journal, tau, position)));
                } else {
                    let taus: Vec<u64> = (0..random.random_range(1..4))
                        .map(|_| {
                            tau += random.random_range(1..20);
                            tau
                        })
                        .collect();
                    position += 1;
                    steps.push_back(Step::Entry(Position(position), entry(&taus)));
                }
            }
            steps.push_back(Step::Promise(promise(journal, 100_000, position)));
            steps
        })
        .collect()
}

fn merged(lanes: &[VecDeque<Step>], random: &mut StdRng) -> Vec<(u64, JournalId)> {
    let mut merge = Merge::new(&journals(lanes.len() as u32), Timestamp(100));
    let mut entries: Vec<usize> = vec![0; lanes.len()];
    let mut promises: Vec<usize> = vec![0; lanes.len()];
    let mut history = Vec::new();
    let mut last = Timestamp(100);
    loop {
        // Entries come in order; promises come in order too, but overtake entries and are overtaken at will.
        let mut open = Vec::new();
        for (lane, steps) in lanes.iter().enumerate() {
            for (next, is_entry) in [(entries[lane], true), (promises[lane], false)] {
                let found = steps
                    .iter()
                    .enumerate()
                    .skip(next)
                    .find(|(_, step)| matches!(step, Step::Entry(..)) == is_entry);
                if let Some((index, _)) = found {
                    open.push((lane, index, is_entry));
                }
            }
        }
        if open.is_empty() {
            break;
        }
        let (lane, index, is_entry) = open[random.random_range(0..open.len())];
        if is_entry {
            entries[lane] = index + 1;
        } else {
            promises[lane] = index + 1;
        }
        match &lanes[lane][index] {
            Step::Entry(position, entry) => {
                merge.deliver(JournalId(lane as u32), *position, entry.clone()).expect("valid");
            }
            Step::Promise(promise) => merge.promise(*promise).expect("valid"),
        }
        if let Some(delivery) = merge.release() {
            assert!(delivery.watermark > last);
            for one in &delivery.transactions {
                assert!(one.tau_commit > last && one.tau_commit <= delivery.watermark);
                history.push((one.tau_commit.0, one.journal));
            }
            last = delivery.watermark;
        }
    }
    assert_eq!((merge.buffered(), last), (0, Timestamp(100_000)));
    history
}

/// Checks: I2 — the merged order is a function of the journals, not of arrival.
#[test]
fn every_order_of_arrival_gives_the_same_history() {
    let seed = rand::rng().random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..100 {
        let count = random.random_range(1..6);
        let lanes = random_lanes(&mut random, count);
        let history = merged(&lanes, &mut random);
        assert!(history.is_sorted());
        let all: usize = lanes
            .iter()
            .flatten()
            .map(|step| match step {
                Step::Entry(_, entry) => transactions(entry).len(),
                Step::Promise(_) => 0,
            })
            .sum();
        assert_eq!(history.len(), all, "nothing is lost or doubled");
        for _ in 0..5 {
            assert_eq!(merged(&lanes, &mut random), history);
        }
    }
}
