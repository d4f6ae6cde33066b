//! Who has a journal and who votes in it: changes, and how far they are.
//!
//! A node joins in two steps: [`Node::add_learner`] returns when the change is decided, and [`Node::status`] shows how
//! far the learner is; [`Node::promote`] gives it a vote once it lacks little. Changes go through the leader; each is
//! one step of Raft's joint membership, so the journal serves on meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use openraft::ChangeMembers;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{ClientWriteError, RaftError};
use protocol::JournalId;

use crate::group::types::JournalTypes;
use crate::node::{Node, Running};

/// A learner that lacks more entries than this is not promoted: a commit might have to wait for it.
pub const PROMOTION_LAG_MAX: u64 = 1_000;

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MembershipError {
    /// This node does not have the journal.
    NoJournal { journal: u32 },
    /// Another node leads. Act: ask there.
    NotLeader { leader: Option<u64> },
    /// The node is not a learner of the journal. Act: add it first.
    NotMember { node: u64 },
    /// The learner lacks too much. Act: wait.
    Behind { node: u64, lacks: u64 },
    /// It is the only voter.
    LastVoter { node: u64 },
    /// The group refused, because another change is under way or it is stopping. Act: look at the status, try again.
    Refused { reason: String },
}

impl fmt::Display for MembershipError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MembershipError::NoJournal { journal } => {
                write!(formatter, "no journal {journal} on this node")
            }
            MembershipError::NotLeader { leader: Some(leader) } => {
                write!(formatter, "node {leader} leads the journal; ask there")
            }
            MembershipError::NotLeader { leader: None } => {
                formatter.write_str("the journal has no leader now; try again")
            }
            MembershipError::NotMember { node } => {
                write!(
                    formatter,
                    "node {node} does not have the journal; add it as a learner first"
                )
            }
            MembershipError::Behind { node, lacks: u64::MAX } => {
                write!(
                    formatter,
                    "node {node} has not answered yet; check that it runs and is reachable"
                )
            }
            MembershipError::Behind { node, lacks } => {
                write!(
                    formatter,
                    "node {node} lacks {lacks} entries still; wait until it has caught up"
                )
            }
            MembershipError::LastVoter { node } => {
                write!(formatter, "node {node} is the only voter of the journal")
            }
            MembershipError::Refused { reason } => {
                write!(formatter, "the change was refused: {reason}")
            }
        }
    }
}

impl std::error::Error for MembershipError {}

/// One node that has the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub node: u64,
    pub votes: bool,
    /// How many entries it lacks; known to the leader only, and once it has answered.
    pub lacks: Option<u64>,
}

/// How a journal is, as this node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupStatus {
    pub leader: Option<u64>,
    pub term: u64,
    pub members: Vec<Member>,
    /// A change of voters is half done.
    pub is_changing: bool,
}

fn refused(error: RaftError<JournalTypes, ClientWriteError<JournalTypes>>) -> MembershipError {
    match error {
        RaftError::APIError(ClientWriteError::ForwardToLeader(leader)) => {
            MembershipError::NotLeader { leader: leader.leader_id }
        }
        error => MembershipError::Refused { reason: error.to_string() },
    }
}

impl Node {
    fn group(&self, journal: JournalId) -> Result<&Running, MembershipError> {
        self.running.get(&journal).ok_or(MembershipError::NoJournal { journal: journal.0 })
    }

    async fn change(
        &self,
        journal: JournalId,
        change: ChangeMembers<u64, ()>,
        retain: bool,
    ) -> Result<(), MembershipError> {
        let changed = self.group(journal)?.raft.change_membership(change, retain).await;
        changed.map(|_| ()).map_err(refused)
    }

    /// Adds a node that receives the journal without a vote. Returns when it is decided, not when it has caught up.
    pub async fn add_learner(&self, journal: JournalId, node: u64) -> Result<(), MembershipError> {
        let added = self.group(journal)?.raft.add_learner(node, (), false).await;
        added.map(|_| ()).map_err(refused)
    }

    /// Gives a learner a vote.
    pub async fn promote(&self, journal: JournalId, node: u64) -> Result<(), MembershipError> {
        let status = self.status(journal)?;
        let member = status.members.iter().find(|member| member.node == node);
        let member = member.ok_or(MembershipError::NotMember { node })?;
        let raft = &self.group(journal)?.raft;
        if status.leader != Some(*raft.node_id()) {
            return Err(MembershipError::NotLeader { leader: status.leader });
        }
        let lacks = member.lacks.unwrap_or(u64::MAX);
        // One that has not answered may be the node of another cluster, or none.
        if !member.votes && lacks > PROMOTION_LAG_MAX {
            return Err(MembershipError::Behind { node, lacks });
        }
        self.change(journal, ChangeMembers::AddVoterIds(BTreeSet::from([node])), true).await
    }

    /// Takes a node out, vote and journal. A leader hands over before it goes.
    pub async fn remove(&self, journal: JournalId, node: u64) -> Result<(), MembershipError> {
        let status = self.status(journal)?;
        let member = status.members.iter().find(|member| member.node == node);
        let member = member.ok_or(MembershipError::NotMember { node })?;
        let nodes = BTreeSet::from([node]);
        if !member.votes {
            return self.change(journal, ChangeMembers::RemoveNodes(nodes), false).await;
        }
        if status.members.iter().filter(|member| member.votes).count() == 1 {
            return Err(MembershipError::LastVoter { node });
        }
        self.change(journal, ChangeMembers::RemoveVoters(nodes), false).await
    }

    /// Changes who votes, all at once. New voters must be learners. Those that leave the vote leave the journal.
    pub async fn change_voters(
        &self,
        journal: JournalId,
        voters: BTreeSet<u64>,
    ) -> Result<(), MembershipError> {
        self.change(journal, ChangeMembers::ReplaceAllVoters(voters), false).await
    }

    /// Asks the leader, which must be this node, to hand over. Returns when it is under way; `leader` shows the result.
    pub async fn transfer_leader(
        &self,
        journal: JournalId,
        to: u64,
    ) -> Result<(), MembershipError> {
        let raft = &self.group(journal)?.raft;
        let leader = self.leader(journal);
        if leader != Some(*raft.node_id()) {
            return Err(MembershipError::NotLeader { leader });
        }
        let handed = raft.trigger().transfer_leader(to).await;
        handed.map_err(|error| MembershipError::Refused { reason: error.to_string() })
    }

    /// Who has the journal, who votes, and how far each is.
    pub fn status(&self, journal: JournalId) -> Result<GroupStatus, MembershipError> {
        let metrics = self.group(journal)?.raft.metrics();
        let metrics = metrics.borrow_watched();
        let membership = metrics.membership_config.membership();
        let voters: BTreeSet<u64> = membership.voter_ids().collect();
        let last = metrics.last_log_index.map_or(0, |index| index + 1);
        let matched: BTreeMap<u64, u64> = metrics
            .replication
            .iter()
            .flatten()
            // A node that has not answered yet lacks nobody knows how much.
            .filter_map(|(node, id)| Some((*node, id.as_ref()?.index + 1)))
            .collect();
        let members = membership.nodes().map(|(node, _)| Member {
            node: *node,
            votes: voters.contains(node),
            lacks: matched.get(node).map(|matched| last.saturating_sub(*matched)),
        });
        Ok(GroupStatus {
            leader: metrics.current_leader,
            term: metrics.current_term,
            members: members.collect(),
            is_changing: membership.get_joint_config().len() > 1,
        })
    }
}
