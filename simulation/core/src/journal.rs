//! A replicated journal as its clients see it: terms, appends in order, results that may be unknown, and successors that
//! find some of what was under way.

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::Timestamp;
use protocol::journal::{JournalEntry, Leadership, Position};

/// An append that is not durable yet.
#[derive(Clone, Debug)]
pub struct Pending {
    pub number: u64,
    pub entry: Arc<JournalEntry>,
    /// Its result was given as unknown.
    pub doubted: bool,
}

/// One journal.
#[derive(Debug)]
pub struct Journal {
    pub term: u64,
    pub leader: usize,
    /// What the present leader started from.
    pub leadership: Leadership,
    /// Whether the leader has been told.
    pub announced: bool,
    pub log: Vec<Arc<JournalEntry>>,
    pub pending: VecDeque<Pending>,
    /// Appends become durable one after the other.
    pub busy_until: u64,
}

impl Journal {
    /// Starts with a ceiling, led by `leader`.
    pub fn new(leader: usize, start: Timestamp) -> Journal {
        let mut journal = Journal {
            term: 1,
            leader,
            leadership: Leadership {
                term: 1,
                ceiling: start,
                last_commit: start,
                position: Position(1),
            },
            announced: false,
            log: vec![Arc::new(JournalEntry::Ceiling(start))],
            pending: VecDeque::new(),
            busy_until: 0,
        };
        journal.leadership.position = journal.last();
        journal
    }

    pub fn last(&self) -> Position {
        Position(self.log.len() as u64)
    }

    /// The highest `tau_commit`.
    pub fn last_commit(&self) -> Timestamp {
        let last = self.log.iter().rev().find_map(|entry| match entry.as_ref() {
            JournalEntry::Transactions(all) => all.last().map(|one| one.tau_commit),
            JournalEntry::Ceiling(_) => None,
        });
        last.unwrap_or_default().max(self.leadership_floor())
    }

    fn leadership_floor(&self) -> Timestamp {
        match self.log.first().map(Arc::as_ref) {
            Some(JournalEntry::Ceiling(start)) => *start,
            _ => Timestamp::ZERO,
        }
    }

    fn ceiling(&self) -> Timestamp {
        let ceilings = self.log.iter().map(|entry| match entry.as_ref() {
            JournalEntry::Ceiling(ceiling) => *ceiling,
            JournalEntry::Transactions(_) => Timestamp::ZERO,
        });
        ceilings.max().unwrap_or_default()
    }

    /// The first append becomes durable.
    pub fn accept(&mut self) -> Option<(Pending, Position)> {
        let pending = self.pending.pop_front()?;
        self.log.push(pending.entry.clone());
        Some((pending, self.last()))
    }

    /// A new term begins; `surviving` of the appends under way are in the log before it. Returns those that are not.
    pub fn elect(&mut self, leader: usize, surviving: usize) -> (Vec<Pending>, Vec<Pending>) {
        let mut survived = Vec::new();
        for _ in 0..surviving {
            survived.extend(self.accept().map(|(pending, _)| pending));
        }
        let dropped = self.pending.drain(..).collect();
        self.term += 1;
        self.leader = leader;
        self.announced = false;
        self.busy_until = 0;
        self.leadership = Leadership {
            term: self.term,
            ceiling: self.ceiling(),
            last_commit: self.last_commit(),
            position: self.last(),
        };
        (survived, dropped)
    }
}
