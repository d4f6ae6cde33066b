//! LISTEN and NOTIFY.
//!
//! A transaction's notifications are a row of the system's own, written by its commit. So they go through the journal
//! like everything else: they exist if and only if the transaction committed, and every node gets them.
//!
//! ```text
//! NOTIFY ──▶ transaction ──COMMIT──▶ journal ──▶ storage of each node
//!                                                   │ pump: rows that are new, by commit timestamp
//!                                                   ▼
//!                                     mailboxes of the sessions that listen ──▶ clients between transactions
//! ```
//!
//! The pump of a node that commits alone runs after each commit with notifications and looks at the keys of these
//! only. Where other nodes commit too, it also runs every [`POLL`] while somebody listens, and reads the rows of the
//! last [`WINDOW`]. Either way it works up to storage's watermark, below which nothing appears any more; so sessions
//! get notifications in the order of commits.
//!
//! Rows are removed [`KEPT`] after they were written, by the pump of whichever node gets to it. A node that is cut off
//! for longer may miss some; its sessions cannot begin transactions for as long either.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use dashmap::DashMap;
use parking_lot::Mutex;
use protocol::key::{NOTIFICATION_TABLE, PREFIX_BYTES, PRIMARY_INDEX, prefix, prefix_end};
use protocol::storage::{Direction, ScanRequest};
use protocol::transaction::{TransactionStatus, Write};
use protocol::{Timestamp, TransactionId};
use tokio::sync::Notify;
use types::{Oid, SqlError, SqlResult, sqlstate};
use uuid::Uuid;

use crate::errors;
use crate::services::Services;
use crate::transaction::Transaction;

/// How often other nodes' notifications are looked for.
const POLL: Duration = Duration::from_millis(50);
/// A commit is visible this long after its notifications' key was made, or not at all.
const WINDOW: Duration = Duration::from_secs(60);
/// How long rows stay.
const KEPT: Duration = Duration::from_secs(180);
/// How often old rows are looked for, and how many go at once.
const CLEANING_PERIOD: Duration = Duration::from_secs(10);
const CLEANED_ROWS: usize = 10_000;
/// Notifications that wait for one session, and their bytes; a session that takes none of them ends.
const MAXIMUM_WAITING: usize = 100_000;
const MAXIMUM_WAITING_BYTES: usize = 64 << 20;
/// A transaction's identity, a process id and a database.
const HEADER_BYTES: usize = 24;
/// Rows read at once.
const BATCH: usize = 256;

const _: () = assert!(KEPT.as_secs() > WINDOW.as_secs());

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub process_id: i32,
    pub channel: String,
    pub payload: String,
}

/// LISTEN and UNLISTEN, which take effect when the transaction commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listening {
    Begin(String),
    End(String),
    EndAll,
}

#[derive(Default)]
struct Waiting {
    /// With the timestamp after which commits are told.
    channels: BTreeMap<String, Timestamp>,
    queue: VecDeque<Notification>,
    bytes: usize,
    overflowed: bool,
}

/// What one session listens on, and what waits for it.
pub struct Mailbox {
    process_id: i32,
    database: Oid,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

impl Mailbox {
    pub fn database(&self) -> Oid {
        self.database
    }

    pub fn channels(&self) -> Vec<String> {
        self.waiting.lock().channels.keys().cloned().collect()
    }

    /// Resolves when something has come; at once if it came before.
    pub async fn arrived(&self) {
        self.wake.notified().await;
    }

    /// Everything that waits; an error if more came than is kept.
    pub fn take(&self) -> SqlResult<VecDeque<Notification>> {
        let mut waiting = self.waiting.lock();
        if waiting.overflowed {
            return Err(SqlError::new(
                sqlstate::PROGRAM_LIMIT_EXCEEDED,
                "too many notifications wait for this session",
            )
            .severity(types::Severity::Fatal)
            .hint("A session that listens has to end its transactions."));
        }
        waiting.bytes = 0;
        Ok(std::mem::take(&mut waiting.queue))
    }

    fn put(&self, database: Oid, notification: &Notification, tau: Timestamp) {
        let mut waiting = self.waiting.lock();
        let listens = waiting.channels.get(&notification.channel).is_some_and(|since| *since < tau);
        if !listens || database != self.database {
            return;
        }
        waiting.bytes += notification.channel.len() + notification.payload.len();
        if waiting.queue.len() >= MAXIMUM_WAITING || waiting.bytes > MAXIMUM_WAITING_BYTES {
            waiting.overflowed = true;
            waiting.queue.clear();
        } else {
            waiting.queue.push_back(notification.clone());
        }
        drop(waiting);
        self.wake.notify_one();
    }

    fn usage(&self) -> f64 {
        let waiting = self.waiting.lock();
        let share = |part: usize, whole: usize| part as f64 / whole as f64;
        share(waiting.queue.len(), MAXIMUM_WAITING).max(share(waiting.bytes, MAXIMUM_WAITING_BYTES))
    }
}

#[derive(Default)]
struct Pump {
    /// Keys of rows that were delivered, as far back as [`WINDOW`].
    handled: BTreeSet<Bytes>,
    cleaned: Option<Instant>,
}

/// Who listens on this node, and how far the pump has come.
#[derive(Default)]
pub struct Notifications {
    listeners: DashMap<i32, Arc<Mailbox>>,
    pump: tokio::sync::Mutex<Pump>,
    /// Keys of this node's commits that are not delivered yet.
    pending: Mutex<BTreeSet<Bytes>>,
    polls: AtomicBool,
}

fn put_text(bytes: &mut BytesMut, text: &str) {
    bytes.put_u32(u32::try_from(text.len()).expect("names and payloads are short"));
    bytes.put_slice(text.as_bytes());
}

fn key_at(nanos: u64) -> Bytes {
    let mut key = prefix(NOTIFICATION_TABLE, PRIMARY_INDEX).to_vec();
    key.extend_from_slice(&nanos.to_be_bytes());
    key.into()
}

fn new_key(services: &Services) -> Bytes {
    let mut key = prefix(NOTIFICATION_TABLE, PRIMARY_INDEX).to_vec();
    key.extend_from_slice(&services.new_row_id());
    key.into()
}

/// Where keys begin that are younger than `age`.
fn younger_than(services: &Services, age: Duration) -> Bytes {
    let age = u64::try_from(age.as_nanos()).unwrap_or(u64::MAX);
    key_at(services.clock.now().earliest.0.saturating_sub(age))
}

/// Gathers a notification in its transaction; savepoints and failing statements take it back.
pub fn gather(
    services: &Services,
    transaction: &Transaction,
    channel: &str,
    payload: &str,
) -> SqlResult<()> {
    let mut value = BytesMut::new();
    put_text(&mut value, channel);
    put_text(&mut value, payload);
    let (key, value) = (new_key(services), Some(value.freeze()));
    transaction.write(Write { key, value, class: None })
}

/// Makes one row of what the transaction has gathered, each notification once; the row's key.
pub fn fold(
    services: &Services,
    transaction: &Transaction,
    process_id: i32,
    database: Oid,
) -> SqlResult<Option<Bytes>> {
    let gathered = transaction.take_written(&prefix(NOTIFICATION_TABLE, PRIMARY_INDEX));
    if gathered.is_empty() {
        return Ok(None);
    }
    let mut row = BytesMut::new();
    row.put_slice(transaction.id.0.as_bytes());
    row.put_i32(process_id);
    row.put_u32(database);
    let mut seen = HashSet::new();
    for one in gathered.iter().filter(|one| seen.insert(Bytes::clone(one))) {
        row.put_slice(one);
    }
    let key = new_key(services);
    let value = Some(row.freeze());
    transaction.write(Write { key: key.clone(), value, class: None })?;
    transaction.finish_statement();
    Ok(Some(key))
}

/// A row's transaction, database and notifications; `None` if it is not one of ours.
fn read(mut row: &[u8]) -> Option<(TransactionId, Oid, Vec<Notification>)> {
    let (header, rest) = row.split_at_checked(HEADER_BYTES)?;
    row = rest;
    let id = TransactionId(Uuid::from_slice(&header[..16]).ok()?);
    let process_id = i32::from_be_bytes(header[16..20].try_into().ok()?);
    let database = Oid::from_be_bytes(header[20..].try_into().ok()?);
    let mut text = || -> Option<String> {
        let (length, rest) = row.split_at_checked(4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let (text, rest) = rest.split_at_checked(length)?;
        row = rest;
        String::from_utf8(text.to_vec()).ok()
    };
    let mut notifications = Vec::new();
    while let Some(channel) = text() {
        notifications.push(Notification { process_id, channel, payload: text()? });
    }
    Some((id, database, notifications))
}

impl Notifications {
    /// The session's mailbox, also after a hand-over.
    pub fn mailbox(&self, process_id: i32, database: Oid) -> Arc<Mailbox> {
        if let Some(known) = self.listeners.get(&process_id) {
            return Arc::clone(&known);
        }
        Arc::new(Mailbox { process_id, database, waiting: Mutex::default(), wake: Notify::new() })
    }

    /// Puts LISTEN and UNLISTEN into force, just before the transaction commits. The answer undoes it.
    pub fn change(
        &self,
        services: &Arc<Services>,
        mailbox: &Arc<Mailbox>,
        changes: &[Listening],
    ) -> BTreeMap<String, Timestamp> {
        let since = services.storage.watermark();
        let mut waiting = mailbox.waiting.lock();
        let before = waiting.channels.clone();
        for change in changes {
            match change {
                Listening::Begin(channel) => {
                    waiting.channels.entry(channel.clone()).or_insert(since);
                }
                Listening::End(channel) => {
                    waiting.channels.remove(channel);
                }
                Listening::EndAll => waiting.channels.clear(),
            }
        }
        let listens = !waiting.channels.is_empty();
        drop(waiting);
        if listens {
            self.listeners.insert(mailbox.process_id, Arc::clone(mailbox));
            self.poll(services);
        } else {
            self.listeners.remove(&mailbox.process_id);
        }
        before
    }

    /// The transaction that changed channels did not commit.
    pub fn restore(&self, mailbox: &Arc<Mailbox>, channels: BTreeMap<String, Timestamp>) {
        let listens = !channels.is_empty();
        mailbox.waiting.lock().channels = channels;
        match listens {
            true => self.listeners.insert(mailbox.process_id, Arc::clone(mailbox)).map(drop),
            false => self.listeners.remove(&mailbox.process_id).map(drop),
        };
    }

    /// The session is over.
    pub fn forget(&self, process_id: i32) {
        self.listeners.remove(&process_id);
    }

    /// How full the fullest mailbox of this node is.
    pub fn usage(&self) -> f64 {
        self.listeners.iter().map(|mailbox| mailbox.usage()).fold(0.0, f64::max)
    }

    /// A commit with notifications is under way.
    pub fn committing(&self, key: Bytes) {
        self.pending.lock().insert(key);
    }

    /// It did not happen.
    pub fn refused(&self, key: &Bytes) {
        self.pending.lock().remove(key);
    }

    /// Looks for what other nodes commit, as long as somebody listens here.
    fn poll(&self, services: &Arc<Services>) {
        if self.polls.swap(true, Ordering::SeqCst) {
            return;
        }
        let weak: Weak<Services> = Arc::downgrade(services);
        services.spawn(async move {
            loop {
                tokio::time::sleep(POLL).await;
                let Some(services) = weak.upgrade() else { return };
                let own = &services.notifications;
                if own.listeners.is_empty() {
                    own.polls.store(false, Ordering::SeqCst);
                    // Somebody may have begun to listen in between, and have relied on this task.
                    if own.listeners.is_empty() || own.polls.swap(true, Ordering::SeqCst) {
                        return;
                    }
                }
                if services.node.others_commit()
                    && let Err(error) = own.pump(&services).await
                {
                    tracing::warn!(%error, "notifications could not be read");
                }
            }
        });
    }

    /// Delivers what storage has and nobody was told yet.
    pub async fn pump(&self, services: &Arc<Services>) -> SqlResult<()> {
        let mut pump = self.pump.lock().await;
        self.clean(services, &mut pump);
        self.listeners.retain(|process_id, _| services.registry.contains(*process_id));
        let tau = services.storage.watermark();
        let oldest = younger_than(services, WINDOW);
        pump.handled = pump.handled.split_off(&oldest);
        let rows = match services.node.others_commit() {
            true if self.listeners.is_empty() => Vec::new(),
            true => rows_since(services, oldest.clone(), tau)?,
            false => self.pending_rows(services, tau)?,
        };
        let mut found = Vec::new();
        for (key, row) in rows {
            if pump.handled.contains(&key) {
                continue;
            }
            let Some((id, database, notifications)) = read(&row) else {
                tracing::error!("a row of notifications makes no sense");
                pump.handled.insert(key);
                continue;
            };
            // Of a committed row the transaction is known for longer than the row is looked at.
            let at = match services.commit.status(id).await {
                TransactionStatus::Committed { tau_commit } => tau_commit,
                _ => tau,
            };
            found.push((at, key, database, notifications));
        }
        found.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
        for (at, key, database, notifications) in found {
            for mailbox in &self.listeners {
                for notification in &notifications {
                    mailbox.put(database, notification, at);
                }
            }
            self.pending.lock().remove(&key);
            pump.handled.insert(key);
        }
        let mut pending = self.pending.lock();
        *pending = pending.split_off(&oldest);
        Ok(())
    }

    /// The rows of this node's own commits that are visible by now.
    fn pending_rows(&self, services: &Services, tau: Timestamp) -> SqlResult<Vec<(Bytes, Bytes)>> {
        let keys: Vec<Bytes> = self.pending.lock().iter().cloned().collect();
        let rows = services.storage.multi_get(&keys, tau).map_err(errors::from_read)?;
        Ok(keys.into_iter().zip(rows).filter_map(|(key, row)| Some((key, row?))).collect())
    }

    /// Removes old rows, now and then.
    fn clean(&self, services: &Arc<Services>, pump: &mut Pump) {
        if pump.cleaned.is_some_and(|cleaned| cleaned.elapsed() < CLEANING_PERIOD) {
            return;
        }
        pump.cleaned = Some(Instant::now());
        let cleaner = Arc::clone(services);
        services.spawn(async move {
            let result = cleaner
                .run_small(|tau| {
                    let start = key_at(0);
                    let end = younger_than(&cleaner, KEPT);
                    let rows = rows_between(&cleaner, start, end, tau, CLEANED_ROWS)?;
                    let remove = |(key, _)| Write { key, value: None, class: None };
                    Ok((rows.into_iter().map(remove).collect(), ()))
                })
                .await;
            if let Err(error) = result {
                tracing::warn!(%error, "old notifications could not be removed");
            }
        });
    }
}

fn rows_since(services: &Services, start: Bytes, tau: Timestamp) -> SqlResult<Vec<(Bytes, Bytes)>> {
    let end = prefix_end(&start[..PREFIX_BYTES]).expect("not the last table");
    rows_between(services, start, end.into(), tau, usize::MAX)
}

fn rows_between(
    services: &Services,
    start: Bytes,
    end: Bytes,
    tau: Timestamp,
    most: usize,
) -> SqlResult<Vec<(Bytes, Bytes)>> {
    let request =
        ScanRequest { start, end, tau, direction: Direction::Ascending, filter: None, limit: None };
    let mut cursor = services.storage.scan(request).map_err(errors::from_read)?;
    let mut rows = Vec::new();
    let mut more = true;
    while more && rows.len() < most {
        more = cursor.next_batch(&mut rows, BATCH).map_err(errors::from_read)?;
    }
    Ok(rows.into_iter().map(|row| (row.key, row.value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(channels: &[(&str, u64)]) -> Mailbox {
        let channels =
            channels.iter().map(|(name, since)| ((*name).to_owned(), Timestamp(*since))).collect();
        let waiting = Mutex::new(Waiting { channels, ..Waiting::default() });
        Mailbox { process_id: 1, database: 5, waiting, wake: Notify::new() }
    }

    fn notification(channel: &str, payload: &str) -> Notification {
        let (channel, payload) = (channel.to_owned(), payload.to_owned());
        Notification { process_id: 9, channel, payload }
    }

    #[test]
    fn a_session_gets_its_channels_of_its_database_from_when_it_listened_on() {
        let mailbox = mailbox(&[("a", 10)]);
        mailbox.put(5, &notification("a", "early"), Timestamp(10));
        mailbox.put(5, &notification("b", "other channel"), Timestamp(11));
        mailbox.put(6, &notification("a", "other database"), Timestamp(11));
        mailbox.put(5, &notification("a", "mine"), Timestamp(11));
        assert_eq!(mailbox.take().expect("few"), [notification("a", "mine")]);
        assert!(mailbox.take().expect("few").is_empty());
    }

    #[test]
    fn a_session_that_takes_nothing_ends() {
        let mailbox = mailbox(&[("a", 0)]);
        for _ in 0..=MAXIMUM_WAITING {
            mailbox.put(5, &notification("a", ""), Timestamp(1));
        }
        let error = mailbox.take().expect_err("too many");
        assert_eq!(error.sqlstate(), sqlstate::PROGRAM_LIMIT_EXCEEDED);
    }

    #[test]
    fn a_row_is_read_as_it_was_written_and_a_broken_one_is_not() {
        let id = TransactionId(Uuid::from_u128(7));
        let mut row = BytesMut::new();
        row.put_slice(id.0.as_bytes());
        row.put_i32(9);
        row.put_u32(5);
        put_text(&mut row, "a");
        put_text(&mut row, "");
        put_text(&mut row, "ä");
        put_text(&mut row, "x");
        let expected = vec![notification("a", ""), notification("ä", "x")];
        assert_eq!(read(&row), Some((id, 5, expected)));
        assert_eq!(read(&row[..HEADER_BYTES - 1]), None);
        assert_eq!(read(&row[..row.len() - 5]), None, "a channel without payload");
    }
}
