//! How far journals may be trimmed: to what every node that has the journal holds durably.
//!
//! A journal's snapshot holds no rows, so an entry that one node still needs must not go anywhere. Each node tells the
//! others when its storage has become durable further on, and trims to the least of what all members of the journal have
//! told. A member that has told nothing yet holds everything: a node that is away keeps the logs of the others from
//! shrinking until it is back.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use journal::Node as Journals;
use parking_lot::Mutex;
use protocol::JournalId;
use protocol::journal::{JournalSink, Position};
use serde::{Deserialize, Serialize};
use storage::{Applied, EngineError, MaintenanceEvents};
use tokio::sync::watch;
use transport::{Caller, Class, Network, Route, Service, Transport};

use crate::book::Book;
use crate::exit::Code;

/// The number of this service among a node's.
pub const TRIMMING_SERVICE: u16 = 3;
const WIRE_VERSION: u8 = 1;

/// What ends the process: the code and the line.
pub type Failure = (Code, String);

type Positions = BTreeMap<JournalId, Position>;

#[derive(Serialize, Deserialize)]
struct Durable {
    positions: Vec<(JournalId, Position)>,
}

/// The nodes' durable positions, and what is done with them.
pub struct Trimming {
    journals: OnceLock<Arc<Journals>>,
    book: Arc<Book>,
    network: Network,
    durable: Mutex<HashMap<u64, Positions>>,
    pub failure: watch::Sender<Option<Failure>>,
    /// Storage's own thread is outside of it.
    runtime: tokio::runtime::Handle,
}

impl Trimming {
    pub fn new(book: Arc<Book>, network: Network) -> Arc<Trimming> {
        Arc::new(Trimming {
            journals: OnceLock::new(),
            book,
            network,
            durable: Mutex::default(),
            failure: watch::Sender::new(None),
            runtime: tokio::runtime::Handle::current(),
        })
    }

    /// Journals exist only after storage has said where they are to begin.
    pub fn connect(&self, journals: Arc<Journals>) {
        // Nobody else sets it.
        let _ = self.journals.set(journals);
    }

    fn note(&self, node: u64, positions: Positions) {
        self.durable.lock().insert(node, positions);
        let Some(journals) = self.journals.get() else { return };
        let own = u64::from(self.book.own());
        let durable = self.durable.lock();
        let Some(mine) = durable.get(&own) else { return };
        for (journal, position) in mine {
            let Ok(status) = journals.status(*journal) else { continue };
            let others = status.members.iter().filter(|member| member.node != own).map(|member| {
                let told = durable.get(&member.node).and_then(|told| told.get(journal));
                told.copied().unwrap_or_default()
            });
            let least = others.fold(*position, Position::min);
            if least > Position::default() {
                journals.trim(*journal, least);
            }
        }
    }
}

/// Storage's events.
pub struct Events(pub Arc<Trimming>);

impl MaintenanceEvents for Events {
    fn durable(&self, applied: &Applied) {
        let trimming = &self.0;
        let _entered = trimming.runtime.enter();
        let others = trimming.book.others();
        if !others.is_empty() {
            let positions = applied.positions.iter().map(|(journal, at)| (*journal, *at)).collect();
            let body = postcard::to_extend(&Durable { positions }, vec![WIRE_VERSION]);
            let body = Bytes::from(body.expect("plain data"));
            for node in others {
                let route = Route { node, class: Class::Control, service: TRIMMING_SERVICE };
                if let Err(error) = trimming.network.notify(route, body.clone()) {
                    // It is told again with the next round.
                    tracing::debug!(node, %error, "a node was not told what is durable");
                }
            }
        }
        trimming.note(u64::from(trimming.book.own()), applied.positions.clone());
    }

    fn failed(&self, error: &EngineError) {
        self.0.failure.send_replace(Some((Code::Failure, format!("storage failed: {error}"))));
    }
}

/// What other nodes tell.
pub struct Told(pub Arc<Trimming>);

impl Service for Told {
    fn notice(&self, caller: Caller, body: Bytes) {
        let durable = match body.split_first() {
            Some((&WIRE_VERSION, rest)) => postcard::from_bytes::<Durable>(rest).ok(),
            _ => None,
        };
        match durable {
            Some(durable) => self.0.note(caller.node, durable.positions.into_iter().collect()),
            None => tracing::warn!(node = caller.node, "a message about trimming is unreadable"),
        }
    }
}

/// The crossbar as the journals' sink, with an eye on gaps.
pub struct Deliveries<S> {
    pub sink: Arc<S>,
    pub trimming: Arc<Trimming>,
}

impl<S: JournalSink> JournalSink for Deliveries<S> {
    fn deliver(
        &self,
        journal: JournalId,
        entries: Vec<(Position, Arc<protocol::journal::JournalEntry>)>,
    ) {
        self.sink.deliver(journal, entries);
    }

    fn skipped(&self, journal: JournalId, from: Position, to: Position) {
        let message = format!(
            "this node lacks the entries {} to {} of journal {journal}, and no other node keeps them: \
             remove the data directory and join the cluster again",
            from.0 + 1,
            to.0
        );
        self.trimming.failure.send_replace(Some((Code::Corrupt, message)));
    }
}
