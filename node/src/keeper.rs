//! Keeps the journals' groups as the address book says: whoever is in the book gets every journal, and three of them vote.
//!
//! Each node looks after the journals that it leads. A node of the book that a journal lacks becomes a learner; when
//! there are three nodes, learners that have caught up get a vote, all missing ones in one change, voters of different
//! zones first. With two nodes the second stays a learner: two voters survive less than one does, because either's
//! failure stops them.
//!
//! What a change needs it finds in the group's own status, so it can stop anywhere and be taken up by another leader.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use journal::{GroupStatus, MembershipError, Node as Journals};
use protocol::JournalId;
use protocol::key::ShardMap;

use crate::book::{Book, NodeRecord};

/// Voters of a journal once there are so many nodes.
pub const VOTERS: usize = 3;
/// A learner that lacks more entries than this does not vote yet.
const LACKS_MAX: u64 = 1_000;
/// While something is to be done, or somebody else may have stopped leading.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Who shall vote, of those that may; those that do already stay.
fn choose(voting: &BTreeSet<u64>, able: &[&NodeRecord], places: usize) -> BTreeSet<u64> {
    let mut chosen = voting.clone();
    while chosen.len() < places {
        let zones: BTreeSet<_> = able
            .iter()
            .filter(|record| chosen.contains(&u64::from(record.node)))
            .map(|record| &record.locality)
            .collect();
        let left = able.iter().filter(|record| !chosen.contains(&u64::from(record.node)));
        let Some(next) = left.min_by_key(|record| (zones.contains(&record.locality), record.node))
        else {
            return voting.clone();
        };
        chosen.insert(u64::from(next.node));
    }
    chosen
}

/// The next change that a journal needs.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    Wait,
    Learn(u64),
    Vote(BTreeSet<u64>),
}

fn next_step(own: u64, status: &GroupStatus, book: &[NodeRecord]) -> Step {
    if status.is_changing {
        return Step::Wait;
    }
    let has = |node: u64| status.members.iter().find(|member| member.node == node);
    if let Some(missing) = book.iter().find(|record| has(u64::from(record.node)).is_none()) {
        return Step::Learn(u64::from(missing.node));
    }
    let voting: BTreeSet<u64> =
        status.members.iter().filter(|member| member.votes).map(|member| member.node).collect();
    if voting.len() >= VOTERS || book.len() < VOTERS {
        return Step::Nothing;
    }
    let able: Vec<&NodeRecord> = book
        .iter()
        .filter(|record| {
            let node = u64::from(record.node);
            let is_near = |lacks: Option<u64>| lacks.is_some_and(|lacks| lacks <= LACKS_MAX);
            node == own || has(node).is_some_and(|member| member.votes || is_near(member.lacks))
        })
        .collect();
    let chosen = choose(&voting, &able, VOTERS);
    if chosen == voting { Step::Wait } else { Step::Vote(chosen) }
}

async fn keep(own: u64, journal: JournalId, journals: &Journals, book: &Book) -> bool {
    let Ok(status) = journals.status(journal) else { return true };
    let changed = match next_step(own, &status, &book.nodes()) {
        Step::Nothing => return true,
        Step::Wait => return false,
        Step::Learn(node) => journals.add_learner(journal, node).await,
        Step::Vote(voters) => journals.change_voters(journal, voters).await,
    };
    if let Err(error) = changed
        && !matches!(error, MembershipError::NotLeader { .. })
    {
        tracing::info!(%journal, %error, "a change of a journal's members is tried again");
    }
    false
}

/// Looks after the journals until the process ends. Asleep while this node is alone.
pub async fn run(journals: Arc<Journals>, book: Arc<Book>, shards: ShardMap) {
    let own = u64::from(book.own());
    let mut changes = book.changes();
    loop {
        changes.borrow_and_update();
        let mut done = true;
        for shard in shards.shards() {
            let journal = JournalId(shard.0);
            if journals.leader(journal) == Some(own) {
                done &= keep(own, journal, &journals, &book).await;
            }
        }
        if !book.several() && done {
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Locality;
    use journal::Member;

    fn record(node: u32, zone: &str) -> NodeRecord {
        NodeRecord {
            node,
            node_addr: String::new(),
            sql_addr: String::new(),
            http_addr: String::new(),
            locality: Locality { region: "r".to_owned(), zone: zone.to_owned() },
            version: String::new(),
        }
    }

    fn status(members: &[(u64, bool, Option<u64>)]) -> GroupStatus {
        let members = members.iter().map(|&(node, votes, lacks)| Member { node, votes, lacks });
        GroupStatus { leader: Some(1), term: 1, members: members.collect(), is_changing: false }
    }

    #[test]
    fn a_node_learns_and_three_vote_when_they_have_caught_up() {
        let two = [record(1, "a"), record(2, "b")];
        let three = [record(1, "a"), record(2, "b"), record(3, "c")];
        assert_eq!(next_step(1, &status(&[(1, true, None)]), &two), Step::Learn(2));
        let learned = status(&[(1, true, None), (2, false, Some(0))]);
        assert_eq!(next_step(1, &learned, &two), Step::Nothing, "two do not vote");
        assert_eq!(next_step(1, &learned, &three), Step::Learn(3));
        let silent = status(&[(1, true, None), (2, false, Some(0)), (3, false, None)]);
        assert_eq!(next_step(1, &silent, &three), Step::Wait);
        let near = status(&[(1, true, None), (2, false, Some(0)), (3, false, Some(9))]);
        assert_eq!(next_step(1, &near, &three), Step::Vote(BTreeSet::from([1, 2, 3])));
        let all = status(&[(1, true, None), (2, true, Some(0)), (3, true, Some(9))]);
        assert_eq!(next_step(1, &all, &three), Step::Nothing);
    }

    #[test]
    fn voters_stand_in_different_zones_if_they_can() {
        let nodes = [record(1, "a"), record(2, "a"), record(3, "b"), record(4, "c")];
        let able: Vec<&NodeRecord> = nodes.iter().collect();
        assert_eq!(choose(&BTreeSet::from([1]), &able, 3), BTreeSet::from([1, 3, 4]));
        assert_eq!(choose(&BTreeSet::from([1]), &able[..2], 3), BTreeSet::from([1]), "too few");
    }
}
