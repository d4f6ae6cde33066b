//! openraft's log storage over one group of the shared log.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};

use bytes::Bytes;
use futures::Stream;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{EntryPayload, Membership, OptionalSend, RaftLogReader};
use tokio::sync::oneshot;

use super::types::{
    Entry, JournalTypes, LogId, Vote, entry_id, from_log_entry, log_id, stored_vote, to_log_entry,
    vote,
};
use crate::error::LogFailure;
use crate::log::{Completion, Log};

/// Entries are read from the disk in pieces of about this size.
const READ_BYTES_MAX: u64 = 4 << 20;

/// One group's part of the log.
#[derive(Clone)]
pub(crate) struct GroupLog {
    pub log: Log,
    pub group: u32,
}

impl GroupLog {
    async fn durable(&self, request: impl FnOnce(Completion)) -> Result<(), io::Error> {
        let (sender, receiver) = oneshot::channel();
        request(Box::new(move |result| {
            // Whoever no longer listens does not need to know.
            let _ = sender.send(result);
        }));
        Ok(receiver.await.unwrap_or(Err(LogFailure::Closed))?)
    }

    /// Founds the group: its first entry says who votes. All founders write the same one. The group must be new.
    pub async fn found(&self, voters: BTreeSet<u64>) -> Result<(), io::Error> {
        let membership = Membership::new_with_defaults(vec![voters], []);
        let entry = Entry {
            log_id: LogId::new_term_index(0, 0),
            payload: EntryPayload::Membership(membership),
        };
        let entry = to_log_entry(entry).map_err(io::Error::other)?;
        self.durable(|done| self.log.append(self.group, vec![entry], done)).await
    }

    pub async fn save_snapshot(&self, payload: Bytes) -> Result<(), io::Error> {
        self.durable(|done| self.log.save_snapshot(self.group, payload, done)).await
    }

    fn entries(&self, start: u64, end: u64, bytes_max: u64) -> Result<Vec<Entry>, io::Error> {
        let found = self.log.read(self.group, start, end, bytes_max)?;
        let decoded = found.into_iter().map(from_log_entry);
        decoded
            .collect::<Result<_, _>>()
            .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))
    }
}

fn bounds(range: impl RangeBounds<u64>) -> (u64, u64) {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(start) => start + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(end) => end.saturating_add(1),
        Bound::Excluded(end) => *end,
        Bound::Unbounded => u64::MAX,
    };
    (start, end)
}

impl RaftLogReader<JournalTypes> for GroupLog {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, io::Error> {
        let (start, end) = bounds(range);
        self.entries(start, end, u64::MAX)
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.log.vote(self.group).map(vote))
    }

    async fn limited_get_log_entries(
        &mut self,
        start: u64,
        end: u64,
    ) -> Result<Vec<Entry>, io::Error> {
        self.entries(start, end, READ_BYTES_MAX)
    }

    async fn entries_stream<RB>(
        &mut self,
        range: RB,
    ) -> impl Stream<Item = Result<Entry, io::Error>> + OptionalSend
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let (start, end) = bounds(range);
        let reader = self.clone();
        // Piece by piece: a long range need not fit into memory.
        let pieces = futures::stream::unfold(start, move |start| {
            let piece = match reader.entries(start, end, READ_BYTES_MAX) {
                Ok(entries) if entries.is_empty() => None,
                Ok(entries) => {
                    let next = start + entries.len() as u64;
                    Some((entries.into_iter().map(Ok).collect::<Vec<_>>(), next))
                }
                Err(error) => Some((vec![Err(error)], end)),
            };
            std::future::ready(piece)
        });
        Box::pin(futures::StreamExt::flat_map(pieces, futures::stream::iter))
    }
}

impl RaftLogStorage<JournalTypes> for GroupLog {
    type LogReader = GroupLog;

    async fn get_log_state(&mut self) -> Result<LogState<JournalTypes>, io::Error> {
        let (purged, last) = self.log.bounds(self.group);
        Ok(LogState { last_purged_log_id: purged.map(log_id), last_log_id: last.map(log_id) })
    }

    async fn get_log_reader(&mut self) -> GroupLog {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        let stored = stored_vote(vote);
        self.durable(|done| self.log.save_vote(self.group, stored, done)).await
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), io::Error> {
        if let Some(committed) = committed {
            self.log.note_committed(self.group, entry_id(&committed));
        }
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, io::Error> {
        Ok(self.log.committed(self.group).map(log_id))
    }

    async fn append<I>(
        &mut self,
        entries: I,
        callback: IOFlushed<JournalTypes>,
    ) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries = entries.into_iter().map(to_log_entry).collect::<Result<Vec<_>, _>>();
        let entries = entries.map_err(io::Error::other)?;
        let done: Completion =
            Box::new(move |result| callback.io_completed(result.map_err(io::Error::from)));
        self.log.append(self.group, entries, done);
        Ok(())
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> Result<(), io::Error> {
        Ok(self.log.truncate(self.group, last.as_ref().map(entry_id))?)
    }

    async fn purge(&mut self, upto: LogId) -> Result<(), io::Error> {
        self.durable(|done| self.log.purge(self.group, entry_id(&upto), done)).await
    }
}
