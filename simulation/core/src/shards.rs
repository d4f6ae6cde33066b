//! Adjudicators on their nodes, the journals behind them, and the way from journals to replicas.

use std::sync::Arc;

use adjudicator::{Adjudicator, Input, Output};
use coordinator::Event as Said;
use protocol::adjudication::{Promise, ShardMessage};
use protocol::journal::{JournalEntry, JournalError, Position};
use protocol::{JournalId, ShardId, Timestamp, TransactionId};

use crate::journal::Pending;
use crate::mischief::Site;
use crate::plan::{MICRO, MILLI, Mutant, SECOND};
use crate::world::{Event, Host, World};

impl World {
    pub(crate) fn message(&mut self, node: usize, shard: usize, message: &Arc<ShardMessage>) {
        if self.nodes[node].hosts[shard].is_none() {
            return;
        }
        if self.stormy && self.random.per_mille(self.plan.duplication) {
            self.mark("message duplicated");
            // It goes to whoever is there by then. Of a request, A1 says less in that case.
            match message.as_ref() {
                ShardMessage::Commit(request) => self.copied(request.id),
                ShardMessage::Prepare(prepare) if prepare.lead.is_some() => self.copied(prepare.id),
                _ => {}
            }
            let late = if self.random.per_mille(200) { 2 * SECOND } else { self.plan.delay * 4 };
            let after = self.random.below(late);
            let copy = message.clone();
            let to = self.journals[shard].leader;
            self.post(after, Event::Message { node: to, shard, message: copy });
        }
        self.step(node, shard, Input::Message(ShardMessage::clone(message)));
    }

    /// Steps an adjudicator and does what it says.
    fn step(&mut self, node: usize, shard: usize, input: Input) {
        let now = self.reading(node);
        let flush_now = self.random.per_mille(500);
        let mut outputs = std::mem::take(&mut self.outputs);
        let Some(host) = &mut self.nodes[node].hosts[shard] else { return };
        host.machine.step(now, input, &mut outputs);
        let waits = host.machine.next_wake().is_some();
        if flush_now {
            host.machine.step(now, Input::Flush, &mut outputs);
        } else if !host.flush_posted {
            host.flush_posted = true;
            let late = if self.buggify(Site::FlushLate) { 100 * MILLI } else { 0 };
            self.post(200 * MICRO + late, Event::Flush { node, shard });
        }
        self.obey(node, shard, outputs);
        if waits {
            self.want_pump(node);
        }
    }

    pub(crate) fn flush(&mut self, node: usize, shard: usize) {
        let now = self.reading(node);
        let mut outputs = std::mem::take(&mut self.outputs);
        if let Some(host) = &mut self.nodes[node].hosts[shard] {
            host.flush_posted = false;
            host.machine.step(now, Input::Flush, &mut outputs);
        }
        self.obey(node, shard, outputs);
    }

    fn obey(&mut self, node: usize, shard: usize, mut outputs: Vec<Output>) {
        for output in outputs.drain(..) {
            match output {
                Output::Append { number, entry } => self.append(node, shard, number, entry),
                Output::Reply { id, outcome } => self.tell(node, id, Said::Reply(outcome)),
                Output::Status { id, status } => self.tell(node, id, Said::Status(status)),
                Output::Send { to, message } => self.to_shard(node, to, Arc::new(message)),
                Output::Promised { token, answer: Ok(promise) } => {
                    let asker = token as usize;
                    let life = self.nodes[asker].life;
                    self.send(node, asker, Event::Promised { node: asker, life, promise });
                }
                Output::Promised { answer: Err(_), .. } => self.mark("promise refused"),
                Output::Relead => {
                    self.mark("leadership doubted");
                    let after = self.random.between(MILLI, 20 * MILLI);
                    let term = self.nodes[node].hosts[shard].as_ref().map_or(0, |host| host.term);
                    if self.journals[shard].leader == node && self.journals[shard].term == term {
                        self.post(after, Event::Gained { shard, term });
                    }
                }
            }
        }
        self.outputs = outputs;
    }

    fn copied(&mut self, id: TransactionId) {
        if let Some(one) = self.transactions.get_mut(id.0.as_u128() as usize) {
            one.copied = true;
        }
    }

    fn tell(&mut self, node: usize, id: TransactionId, event: Said) {
        let transaction = id.0.as_u128() as usize;
        let Some(one) = self.transactions.get(transaction) else { return };
        let to = one.node;
        self.send(node, to, Event::Coordinate { transaction, event });
    }

    /// To where the shard is thought to be led.
    pub(crate) fn to_shard(&mut self, from: usize, to: ShardId, message: Arc<ShardMessage>) {
        let shard = to.0 as usize;
        let mut node = self.journals[shard].leader;
        if self.stormy && self.random.per_mille(20) {
            node = self.random.index(self.nodes.len());
        }
        self.send(from, node, Event::Message { node, shard, message });
    }

    // ----- journals -----

    fn append(&mut self, node: usize, shard: usize, number: u64, entry: Arc<JournalEntry>) {
        let term = self.nodes[node].hosts[shard].as_ref().map_or(0, |host| host.term);
        let journal = &mut self.journals[shard];
        let leads = journal.leader == node && journal.term == term;
        if !leads {
            self.mark("deposed leader appended");
            if self.plan.is(Mutant::FencedLeaderAppends) {
                self.journals[shard].log.push(entry);
                let position = self.journals[shard].last();
                self.post_result(node, shard, number, Ok(position));
                return self.announce_all(shard);
            }
            let result = Err(JournalError::NotLeader { leader: None });
            return self.post_result(node, shard, number, result);
        }
        let doubted = self.stormy && self.random.per_mille(self.plan.doubt);
        self.journals[shard].pending.push_back(Pending { number, entry, doubted });
        if doubted {
            self.mark("append in doubt");
            let reason = "no answer".to_owned();
            self.post_result(node, shard, number, Err(JournalError::Unknown { reason }));
        } else if self.plan.is(Mutant::AcknowledgeBeforeQuorum) {
            let journal = &self.journals[shard];
            let position = Position(journal.last().0 + journal.pending.len() as u64);
            self.post_result(node, shard, number, Ok(position));
        }
        let mut took = self.random.between(100 * MICRO, self.plan.sync);
        if self.buggify(Site::DiskStalls) {
            took += self.mischief.below(SECOND);
        }
        let journal = &mut self.journals[shard];
        journal.busy_until = journal.busy_until.max(self.now + took);
        let after = journal.busy_until - self.now;
        self.post(after, Event::Durable { shard, term });
    }

    fn post_result(
        &mut self,
        node: usize,
        shard: usize,
        number: u64,
        result: Result<Position, JournalError>,
    ) {
        let life = self.nodes[node].life;
        // One after the other, as a queue would give them.
        self.post(50 * MICRO, Event::Result { node, life, shard, number, result });
    }

    pub(crate) fn durable(&mut self, shard: usize, term: u64) {
        let journal = &mut self.journals[shard];
        if journal.term != term {
            return;
        }
        let node = journal.leader;
        let Some((pending, position)) = journal.accept() else { return };
        if self.buggify(Site::DurableAndDead) {
            // The entry is there, and who wrote it never hears of it.
            self.crash(node);
            return self.announce_all(shard);
        }
        if !pending.doubted && !self.plan.is(Mutant::AcknowledgeBeforeQuorum) {
            self.post_result(node, shard, pending.number, Ok(position));
        }
        self.announce_all(shard);
    }

    pub(crate) fn result(
        &mut self,
        node: usize,
        life: u64,
        shard: usize,
        number: u64,
        result: Result<Position, JournalError>,
    ) {
        if self.nodes[node].life == life {
            self.step(node, shard, Input::Appended { number, result });
        }
    }

    /// Another term begins, on whichever node is up.
    pub(crate) fn elect(&mut self, shard: usize) {
        let up = self.up_nodes();
        if up.is_empty() {
            return;
        }
        self.mark("leader changed");
        let leader = self.random.pick(&up);
        let under_way = self.journals[shard].pending.len();
        let surviving = self.random.index(under_way + 1);
        let old = self.journals[shard].leader;
        let old_term = self.journals[shard].term;
        let old_life = self.nodes[old].life;
        let (survived, dropped) = self.journals[shard].elect(leader, surviving);
        for pending in survived.iter().chain(&dropped) {
            if !pending.doubted && self.nodes[old].up {
                let reason = "leadership has moved".to_owned();
                let result = Err(JournalError::Unknown { reason });
                self.post_result(old, shard, pending.number, result);
            }
        }
        if !dropped.is_empty() {
            self.mark("append lost with its leader");
        }
        self.announce_all(shard);
        if self.random.per_mille(700) {
            let after = self.random.below(self.plan.delay * 8);
            let life = old_life;
            self.post(after, Event::Lost { node: old, life, shard, term: old_term });
        }
        let after = self.random.between(MILLI, 30 * MILLI);
        let term = self.journals[shard].term;
        self.post(after, Event::Gained { shard, term });
    }

    pub(crate) fn lost(&mut self, node: usize, life: u64, shard: usize, term: u64) {
        let still = self.nodes[node].hosts[shard].as_ref().is_some_and(|host| host.term == term);
        if self.nodes[node].life == life && still {
            self.step(node, shard, Input::Lost);
        }
    }

    pub(crate) fn gained(&mut self, shard: usize, term: u64) {
        let journal = &mut self.journals[shard];
        let node = journal.leader;
        if journal.term != term || !self.nodes[node].up {
            return;
        }
        journal.announced = true;
        let leadership = journal.leadership;
        // Everything from before the term is delivered to this node first.
        let (life, up_to) = (self.nodes[node].life, leadership.position.0 as usize);
        self.deliver(node, life, shard, up_to);
        let host = &mut self.nodes[node].hosts[shard];
        let present = host.is_some();
        if !present {
            let machine = Adjudicator::new(ShardId(shard as u32), self.config.clone());
            *host = Some(Host { machine, term, flush_posted: false });
        }
        let before = host.as_mut().map(|host| std::mem::replace(&mut host.term, term));
        if present && before != Some(term) {
            self.step(node, shard, Input::Lost);
        }
        self.step(node, shard, Input::Gained(leadership));
    }

    // ----- from journals to replicas -----

    pub(crate) fn announce_all(&mut self, shard: usize) {
        for node in 0..self.nodes.len() {
            self.announce(shard, node);
        }
    }

    /// Entries come to a node in order, sooner or later.
    pub(crate) fn announce(&mut self, shard: usize, node: usize) {
        if self.nodes[node].up {
            let after = self.random.between(10 * MICRO, self.plan.delay);
            let (life, up_to) = (self.nodes[node].life, self.journals[shard].log.len());
            self.post(after, Event::Deliver { node, life, shard, up_to });
        }
    }

    pub(crate) fn deliver(&mut self, node: usize, life: u64, shard: usize, up_to: usize) {
        let state = &mut self.nodes[node];
        if state.life != life || !state.up {
            return;
        }
        let by_arrival = self.plan.mutant == Some(Mutant::MergeByArrival);
        while state.pulled[shard] < up_to {
            let index = state.pulled[shard];
            state.pulled[shard] += 1;
            let entry = self.journals[shard].log[index].clone();
            if let (true, JournalEntry::Transactions(all)) = (by_arrival, entry.as_ref()) {
                all.iter().for_each(|one| state.replica.write(one));
            }
            let position = Position(index as u64 + 1);
            if let Err(error) = state.merge.deliver(JournalId(shard as u32), position, entry) {
                self.fault = Some(format!("F2: {error}"));
                return;
            }
        }
        self.release(node);
    }

    pub(crate) fn promised(&mut self, node: usize, life: u64, promise: Promise) {
        let state = &mut self.nodes[node];
        if state.life != life || !state.up {
            return;
        }
        if let Err(error) = state.merge.promise(promise) {
            self.fault = Some(format!("F2: {error}"));
            return;
        }
        self.release(node);
    }

    fn release(&mut self, node: usize) {
        let persists = self.random.per_mille(300);
        let state = &mut self.nodes[node];
        if self.plan.mutant == Some(Mutant::IgnoreOneJournal) {
            // As if the last journal had promised whatever the others have.
            let last = JournalId(self.journals.len() as u32 - 1);
            let others = state.merge.newest();
            let after = Position(state.pulled.last().map_or(0, |pulled| *pulled as u64));
            let _ = state.merge.promise(Promise { journal: last, up_to: others, after });
        }
        let after = state.merge.watermark();
        let Some(delivery) = state.merge.release() else { return };
        if self.plan.mutant == Some(Mutant::MergeByArrival) {
            state.replica.watermark = delivery.watermark;
            state.replica.positions.extend(delivery.positions.iter().copied());
        } else {
            state.replica.apply(&delivery);
        }
        if persists {
            state.replica.persist();
        }
        state.pump_interval = MILLI;
        let up_to = delivery.watermark;
        let committed: Vec<(TransactionId, Timestamp)> =
            delivery.transactions.iter().map(|one| (one.id, one.tau_commit)).collect();
        for shard in 0..self.journals.len() {
            if self.nodes[node].hosts[shard].is_some() {
                let committed = committed.clone();
                self.step(node, shard, Input::Seen { after, up_to, committed });
            }
        }
        self.progress(node);
    }

    // ----- promises -----

    pub(crate) fn bump(&mut self, node: usize, shard: usize, asker: usize, at_least: Timestamp) {
        if self.nodes[node].up {
            self.step(node, shard, Input::Bump { token: asker as u64, at_least });
        }
    }

    pub(crate) fn want_pump(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        if state.up && !state.pump_posted {
            state.pump_posted = true;
            let after = state.pump_interval;
            self.post(after, Event::Pump { node });
        }
    }

    /// Lets time pass for adjudicators and waiting transactions, and asks for the promises these need.
    pub(crate) fn pump(&mut self, node: usize) {
        if !self.nodes[node].up {
            return;
        }
        self.nodes[node].pump_posted = false;
        let interval = &mut self.nodes[node].pump_interval;
        *interval = (*interval * 2).min(100 * MILLI);
        let earliest = self.reading(node).earliest;
        let mut again = false;
        for shard in 0..self.journals.len() {
            let wake =
                self.nodes[node].hosts[shard].as_ref().and_then(|host| host.machine.next_wake());
            if let Some(due) = wake {
                again = true;
                if due < earliest {
                    self.step(node, shard, Input::Tick);
                }
            }
        }
        self.progress(node);
        if let Some(wanted) = self.wanted(node) {
            again = true;
            let journals: Vec<JournalId> = self.nodes[node].merge.behind(wanted).collect();
            for journal in journals {
                let shard = journal.0 as usize;
                let leader = self.journals[shard].leader;
                let (asker, at_least) = (node, wanted);
                self.send(node, leader, Event::Bump { node: leader, shard, asker, at_least });
            }
        }
        if again || !self.nodes[node].active.is_empty() {
            self.want_pump(node);
        }
    }
}
