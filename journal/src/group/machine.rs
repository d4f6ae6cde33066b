//! A group's state machine: counts positions, remembers the highest ceiling and the last commit, and delivers.
//!
//! Positions count journal entries only; the entries that Raft makes for itself (a new leader's blank entry, changes of
//! membership) have none. So positions grow by one without gaps, except for a replica that was caught up by a snapshot:
//! a snapshot holds no rows, so this replica's sink sees the position jump and must get the rows elsewhere.
//!
//! The durable snapshot is not of the newest state but of the state at the trim position, because after a restart
//! everything behind the trim position must be delivered again. To know that older state without reading the log
//! twice, the machine keeps a mark of its state every so many entries and takes the newest one that may be trimmed.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use futures::{Stream, TryStreamExt};
use openraft::storage::{EntryResponder, RaftStateMachine, Snapshot};
use openraft::{EntryPayload, OptionalSend, RaftSnapshotBuilder};
use parking_lot::Mutex;
use protocol::journal::{JournalEntry, JournalSink, Leadership, Position};
use protocol::{JournalId, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::storage::GroupLog;
use super::types::{CommittedLeader, JournalTypes, LogId, SnapshotMeta, StoredMembership};

/// So many marks are kept; when there are more, every other one goes.
const MARKS_MAX: usize = 4096;
/// At most this many entries are delivered at once.
const DELIVERY_MAX: usize = 1024;
const SNAPSHOT_VERSION: u8 = 1;

/// All that a group remembers of its entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MachineState {
    pub applied: Option<LogId>,
    pub membership: StoredMembership,
    pub position: Position,
    pub ceiling: Timestamp,
    pub last_commit: Timestamp,
}

impl MachineState {
    fn encode(&self) -> Result<Vec<u8>, io::Error> {
        postcard::to_extend(self, vec![SNAPSHOT_VERSION]).map_err(io::Error::other)
    }

    fn decode(bytes: &[u8]) -> Result<MachineState, io::Error> {
        let damaged = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
        match bytes.split_first() {
            Some((&SNAPSHOT_VERSION, rest)) => {
                postcard::from_bytes(rest).map_err(|error| damaged(error.to_string()))
            }
            _ => Err(damaged("a snapshot of an unknown version".into())),
        }
    }

    fn snapshot(&self) -> Result<Snapshot<CommittedLeader, u64, (), Vec<u8>>, io::Error> {
        let meta =
            SnapshotMeta { last_log_id: self.applied, last_membership: self.membership.clone() };
        Ok(Snapshot { meta, snapshot: self.encode()? })
    }
}

/// What the machine and the journal's front share.
pub(crate) struct MachineShared {
    marks: Mutex<Marks>,
    /// The state at the beginning of the latest term whose first entry was applied.
    pub leadership: watch::Sender<Option<Leadership>>,
}

#[derive(Default)]
struct Marks {
    /// Ascending; only states that a snapshot may be made of.
    states: VecDeque<MachineState>,
    /// A mark is made every so many positions.
    stride: u64,
    /// What storage has persisted.
    trim: Position,
}

impl MachineShared {
    /// The entries up to `position` are not needed any more. Returns the index that the log may be cut at, if a newer
    /// snapshot than before is possible.
    pub fn trim(&self, position: Position) -> Option<u64> {
        let marks = &mut *self.marks.lock();
        marks.trim = marks.trim.max(position);
        let state = marks.trimmable()?;
        state.applied.map(|id| id.index)
    }
}

impl Marks {
    /// The newest mark that may be trimmed. Older ones are dropped.
    fn trimmable(&mut self) -> Option<&MachineState> {
        while self.states.get(1).is_some_and(|next| next.position <= self.trim) {
            self.states.pop_front();
        }
        self.states.front().filter(|state| state.position <= self.trim)
    }

    fn add(&mut self, state: &MachineState) {
        let last = self.states.back().map_or(0, |last| last.position.0);
        match self.states.back_mut() {
            // Raft's own entries: nobody needs them again.
            Some(mark) if mark.position == state.position => {
                mark.clone_from(state);
                return;
            }
            Some(_) if state.position.0 < last + self.stride => return,
            _ => {}
        }
        self.states.push_back(state.clone());
        if self.states.len() > MARKS_MAX {
            self.stride *= 2;
            let mut keep = false;
            self.states.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }
}

pub(crate) struct Machine {
    journal: JournalId,
    log: GroupLog,
    sink: Arc<dyn JournalSink>,
    /// Entries up to here are with the sink already.
    delivered: Position,
    /// A term whose first entry was taken in, and that is not announced yet.
    begun: Option<Leadership>,
    state: MachineState,
    pub shared: Arc<MachineShared>,
}

impl Machine {
    /// Starts from the durable snapshot. `persisted` is what the sink has already.
    pub fn open(
        journal: JournalId,
        log: GroupLog,
        sink: Arc<dyn JournalSink>,
        persisted: Position,
        mark_stride: u64,
    ) -> Result<Machine, io::Error> {
        let state = match log.log.snapshot(log.group) {
            Some(bytes) => MachineState::decode(&bytes)?,
            None => MachineState::default(),
        };
        let mut marks = Marks { stride: mark_stride.max(1), ..Marks::default() };
        marks.trim = state.position;
        if state.applied.is_some() {
            marks.add(&state);
        }
        let shared =
            MachineShared { marks: Mutex::new(marks), leadership: watch::Sender::new(None) };
        let delivered = persisted;
        Ok(Machine { journal, log, sink, delivered, begun: None, state, shared: Arc::new(shared) })
    }

    /// Takes one entry in; returns it with its position if it is a journal entry.
    fn fold(
        &mut self,
        id: LogId,
        payload: &EntryPayload<super::types::Proposal, u64, ()>,
    ) -> Option<(Position, Arc<JournalEntry>)> {
        let term = id.leader_id.term;
        let previous = self.state.applied.replace(id);
        if previous.is_none_or(|previous| previous.leader_id.term < term) {
            self.begun = Some(Leadership {
                term,
                ceiling: self.state.ceiling,
                last_commit: self.state.last_commit,
                position: self.state.position,
            });
        }
        match payload {
            EntryPayload::Blank => None,
            EntryPayload::Membership(membership) => {
                self.state.membership = StoredMembership::new(Some(id), membership.clone());
                None
            }
            EntryPayload::Normal(proposal) => {
                self.state.position.0 += 1;
                match &*proposal.entry {
                    JournalEntry::Ceiling(ceiling) => {
                        self.state.ceiling = self.state.ceiling.max(*ceiling);
                    }
                    JournalEntry::Transactions(transactions) => {
                        let last = transactions.last().map_or(Timestamp::ZERO, |t| t.tau_commit);
                        self.state.last_commit = self.state.last_commit.max(last);
                    }
                }
                Some((self.state.position, proposal.entry.clone()))
            }
        }
    }

    /// Entries up to here cannot be delivered any more.
    pub fn trimmed(&self) -> Position {
        self.state.position
    }

    fn deliver(&mut self, entries: Vec<(Position, Arc<JournalEntry>)>) {
        if let Some((last, _)) = entries.last() {
            self.delivered = *last;
            self.sink.deliver(self.journal, entries);
        }
    }
}

impl RaftStateMachine<JournalTypes> for Machine {
    type SnapshotData = Vec<u8>;
    type SnapshotBuilder = Builder;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership), io::Error> {
        Ok((self.state.applied, self.state.membership.clone()))
    }

    async fn apply<Strm>(&mut self, entries: Strm) -> Result<(), io::Error>
    where
        Strm: Stream<Item = Result<EntryResponder<JournalTypes>, io::Error>> + Unpin + OptionalSend,
    {
        // What is ready is taken together: one delivery, then the answers.
        let mut pieces = futures::TryStreamExt::try_ready_chunks(entries, DELIVERY_MAX);
        loop {
            let (piece, error) = match pieces.try_next().await {
                Ok(None) => return Ok(()),
                Ok(Some(piece)) => (piece, None),
                Err(futures::stream::TryReadyChunksError(piece, error)) => (piece, Some(error)),
            };
            let mut deliveries = Vec::new();
            let mut answers = Vec::new();
            for (entry, responder) in piece {
                let delivery = self.fold(entry.log_id, &entry.payload);
                deliveries.extend(delivery.filter(|(position, _)| *position > self.delivered));
                self.shared.marks.lock().add(&self.state);
                answers.extend(responder.map(|responder| (responder, self.state.position)));
            }
            self.deliver(deliveries);
            // Only now: whoever is told that a term has begun may rely on everything before it being delivered.
            if let Some(begun) = self.begun.take() {
                self.shared.leadership.send_replace(Some(begun));
            }
            for (responder, position) in answers {
                responder.send(position);
            }
            if let Some(error) = error {
                return Err(error);
            }
        }
    }

    async fn try_create_snapshot_builder(&mut self, force: bool) -> Option<Builder> {
        // A snapshot beyond what storage has persisted would keep it from being delivered again.
        let possible = self.shared.marks.lock().trimmable().is_some();
        if possible || force { Some(self.get_snapshot_builder().await) } else { None }
    }

    async fn get_snapshot_builder(&mut self) -> Builder {
        let state = self.shared.marks.lock().trimmable().cloned();
        Builder { log: self.log.clone(), state: state.unwrap_or_else(|| self.state.clone()) }
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        snapshot: Vec<u8>,
    ) -> Result<(), io::Error> {
        let mut state = MachineState::decode(&snapshot)?;
        state.applied = meta.last_log_id;
        state.membership = meta.last_membership.clone();
        self.log.save_snapshot(state.encode()?.into()).await?;
        // Nothing of what the snapshot stands for will be delivered: it holds no rows.
        if state.position > self.delivered {
            self.sink.skipped(self.journal, self.delivered, state.position);
        }
        self.delivered = self.delivered.max(state.position);
        {
            let marks = &mut *self.shared.marks.lock();
            marks.states.clear();
            marks.states.push_back(state.clone());
            marks.trim = marks.trim.max(state.position);
        }
        let term = state.applied.map_or(0, |id| id.leader_id.term);
        self.shared.leadership.send_replace(Some(Leadership {
            term,
            ceiling: state.ceiling,
            last_commit: state.last_commit,
            position: state.position,
        }));
        self.state = state;
        Ok(())
    }

    async fn get_current_snapshot(
        &mut self,
    ) -> Result<Option<Snapshot<CommittedLeader, u64, (), Vec<u8>>>, io::Error> {
        match self.log.log.snapshot(self.log.group) {
            Some(bytes) => Ok(Some(MachineState::decode(&bytes)?.snapshot()?)),
            None => Ok(None),
        }
    }
}

/// Makes a snapshot durable.
pub(crate) struct Builder {
    log: GroupLog,
    state: MachineState,
}

impl RaftSnapshotBuilder<JournalTypes> for Builder {
    type SnapshotData = Vec<u8>;

    async fn build_snapshot(
        &mut self,
    ) -> Result<Snapshot<CommittedLeader, u64, (), Vec<u8>>, io::Error> {
        self.log.save_snapshot(self.state.encode()?.into()).await?;
        self.state.snapshot()
    }
}
