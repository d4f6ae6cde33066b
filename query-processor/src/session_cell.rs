//! The part of a session that its statements read and change while they run, possibly on another thread.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use catalog::{Catalog, CursorRow, PreparedRow};
use parking_lot::Mutex;
use planner::optimize::cost;
use session::SessionState;
use types::{Oid, SqlError};

use crate::inner::{Changed, Requester};
use crate::notifications::Mailbox;
use crate::settings::{REPORTED, Settings};

/// Notices kept for one statement; more are dropped.
const MAXIMUM_NOTICES: usize = 1_000;

struct Inner {
    settings: Settings,
    /// What to restore if the transaction (or back to a savepoint) rolls back.
    undo: Vec<SettingUndo>,
    current_user: (Oid, Arc<str>),
    current_user_before: Option<(Oid, Arc<str>)>,
    superuser: bool,
    notices: Vec<SqlError>,
    sequence_values: BTreeMap<Oid, i64>,
    last_sequence: Option<Oid>,
    random: u64,
    prepared: Vec<PreparedRow>,
    cursors: Vec<CursorRow>,
    /// The values the client was last told.
    reported: BTreeMap<&'static str, String>,
    /// The epoch of the settings when they were compared last.
    reported_epoch: Option<u64>,
    search_path: Option<ResolvedPath>,
    /// What plans are priced with, at an epoch of the settings.
    cost_settings: Option<(u64, cost::Settings)>,
    /// What statements of functions changed in this transaction, and how often they have.
    changed: (u64, Option<Changed>),
}

/// The search path as long as nothing it depends on changes.
struct ResolvedPath {
    epoch: u64,
    catalog: Weak<Catalog>,
    role: Oid,
    path: Arc<[Oid]>,
}

struct SettingUndo {
    name: String,
    before: Option<String>,
    /// SET LOCAL: undone by COMMIT as well.
    local: bool,
}

/// Shared between the connection's task and the thread that runs a statement.
pub struct SessionCell {
    database: String,
    mailbox: Arc<Mailbox>,
    session_user: (Oid, String),
    inner: Mutex<Inner>,
    requester: Mutex<Option<Requester>>,
}

impl SessionCell {
    pub fn new(state: &SessionState, superuser: bool, mailbox: Arc<Mailbox>) -> SessionCell {
        SessionCell {
            database: state.database.clone(),
            mailbox,
            session_user: (state.session_user_oid, state.session_user.clone()),
            inner: Mutex::new(Inner {
                settings: Settings::new(state.settings.clone(), state.reset_settings.clone()),
                undo: Vec::new(),
                current_user: (state.current_user_oid, state.current_user.as_str().into()),
                current_user_before: None,
                superuser,
                notices: Vec::new(),
                sequence_values: state.sequence_values.clone(),
                last_sequence: state.last_sequence,
                random: rand::random::<u64>() | 1,
                prepared: Vec::new(),
                cursors: Vec::new(),
                reported: BTreeMap::new(),
                reported_epoch: None,
                search_path: None,
                cost_settings: None,
                changed: (0, None),
            }),
            requester: Mutex::new(None),
        }
    }

    /// Writes back what the next query processor needs.
    pub fn save(&self, state: &mut SessionState) {
        let inner = self.inner.lock();
        state.settings = inner.settings.values().clone();
        (state.current_user_oid, state.current_user) =
            (inner.current_user.0, inner.current_user.1.to_string());
        state.sequence_values = inner.sequence_values.clone();
        state.last_sequence = inner.last_sequence;
    }

    pub fn database(&self) -> String {
        self.database.clone()
    }

    pub fn database_oid(&self) -> Oid {
        self.mailbox.database()
    }

    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    pub fn session_user(&self) -> String {
        self.session_user.1.clone()
    }

    pub fn session_user_oid(&self) -> Oid {
        self.session_user.0
    }

    pub fn current_user(&self) -> (Oid, Arc<str>) {
        self.inner.lock().current_user.clone()
    }

    pub fn set_current_user(&self, oid: Oid, name: &str) {
        let mut inner = self.inner.lock();
        let before = std::mem::replace(&mut inner.current_user, (oid, name.into()));
        inner.current_user_before.get_or_insert(before);
    }

    pub fn is_superuser(&self) -> bool {
        self.inner.lock().superuser
    }

    pub fn with_settings<T>(&self, read: impl FnOnce(&Settings) -> T) -> T {
        read(&self.inner.lock().settings)
    }

    /// Differs whenever a setting differs.
    pub fn settings_epoch(&self) -> u64 {
        self.inner.lock().settings.epoch()
    }

    /// The schemas of the search path, resolved again only when the setting, the role or the catalog changed.
    pub fn search_path(
        &self,
        catalog: &Arc<Catalog>,
        resolve: impl FnOnce(&str) -> Arc<[Oid]>,
    ) -> Arc<[Oid]> {
        let mut inner = self.inner.lock();
        let (epoch, role) = (inner.settings.epoch(), inner.current_user.0);
        if let Some(known) = &inner.search_path {
            let same_catalog = std::ptr::eq(known.catalog.as_ptr(), Arc::as_ptr(catalog));
            if known.epoch == epoch && known.role == role && same_catalog {
                return Arc::clone(&known.path);
            }
        }
        let path = resolve(inner.settings.get("search_path").unwrap_or_default());
        let catalog = Arc::downgrade(catalog);
        inner.search_path = Some(ResolvedPath { epoch, catalog, role, path: Arc::clone(&path) });
        path
    }

    /// What plans are priced with, read again only when a setting changed.
    pub fn cost_settings(&self) -> cost::Settings {
        let mut inner = self.inner.lock();
        let epoch = inner.settings.epoch();
        match inner.cost_settings {
            Some((known, settings)) if known == epoch => settings,
            _ => {
                let text = |name: &str| inner.settings.get(name).map(str::to_owned);
                let settings = cost::Settings::read(&text);
                inner.cost_settings = Some((epoch, settings));
                settings
            }
        }
    }

    /// Puts a checked setting in force until the transaction rolls back; `local`: until it ends at all.
    pub fn set(&self, name: &str, value: Option<String>, local: bool) {
        let mut inner = self.inner.lock();
        let before = inner.settings.put(name, value);
        inner.undo.push(SettingUndo { name: name.to_owned(), before, local });
    }

    /// Puts a checked setting in force and answers with the value before; whoever calls this puts that back.
    pub fn put_setting(&self, name: &str, value: Option<String>) -> Option<String> {
        self.inner.lock().settings.put(name, value)
    }

    /// How many setting changes this transaction has made so far.
    pub fn setting_mark(&self) -> usize {
        self.inner.lock().undo.len()
    }

    /// Takes back setting changes after `mark`.
    pub fn undo_settings(&self, mark: usize) {
        let mut inner = self.inner.lock();
        while inner.undo.len() > mark {
            let undo = inner.undo.pop().expect("longer than the mark");
            inner.settings.put(&undo.name, undo.before);
        }
    }

    /// Where functions send what only the session's task can do.
    pub fn set_requester(&self, requester: Requester) {
        *self.requester.lock() = Some(requester);
    }

    pub fn requester(&self) -> Option<Requester> {
        self.requester.lock().clone()
    }

    pub fn set_changed(&self, changed: Changed) {
        let mut inner = self.inner.lock();
        inner.changed.0 += 1;
        inner.changed.1 = Some(changed);
    }

    /// How often statements of functions have changed the catalog or the transaction.
    pub fn change_epoch(&self) -> u64 {
        self.inner.lock().changed.0
    }

    pub fn changed(&self) -> (u64, Option<Changed>) {
        self.inner.lock().changed.clone()
    }

    /// The transaction ended.
    pub fn transaction_ended(&self, committed: bool) {
        let mut inner = self.inner.lock();
        inner.changed.1 = None;
        let undo = std::mem::take(&mut inner.undo);
        // A plain SET after a SET LOCAL of the same name stays; one before it is what comes back.
        let mut kept: BTreeMap<String, Option<String>> = BTreeMap::new();
        if committed {
            for (position, entry) in undo.iter().enumerate() {
                if !entry.local {
                    let next = undo[position + 1..].iter().find(|later| later.name == entry.name);
                    let value = match next {
                        Some(later) => later.before.clone(),
                        None => inner.settings.values().get(&entry.name).cloned(),
                    };
                    kept.insert(entry.name.clone(), value);
                }
            }
        }
        for entry in undo.into_iter().rev() {
            inner.settings.put(&entry.name, entry.before);
        }
        for (name, value) in kept {
            inner.settings.put(&name, value);
        }
        if let Some(before) = inner.current_user_before.take()
            && !committed
        {
            inner.current_user = before;
        }
    }

    pub fn notice(&self, notice: SqlError) {
        let mut inner = self.inner.lock();
        if inner.notices.len() < MAXIMUM_NOTICES {
            inner.notices.push(notice);
        }
    }

    pub fn take_notices(&self) -> Vec<SqlError> {
        let mut inner = self.inner.lock();
        match inner.notices.is_empty() {
            true => Vec::new(),
            false => std::mem::take(&mut inner.notices),
        }
    }

    pub fn sequence_used(&self, sequence: Oid, value: i64) {
        let mut inner = self.inner.lock();
        inner.sequence_values.insert(sequence, value);
        inner.last_sequence = Some(sequence);
    }

    pub fn sequence_value(&self, sequence: Oid) -> Option<i64> {
        self.inner.lock().sequence_values.get(&sequence).copied()
    }

    pub fn last_sequence_value(&self) -> Option<i64> {
        let inner = self.inner.lock();
        inner.sequence_values.get(&inner.last_sequence?).copied()
    }

    pub fn forget_sequences(&self) {
        let mut inner = self.inner.lock();
        inner.sequence_values.clear();
        inner.last_sequence = None;
    }

    /// xorshift64*: fast, and good enough for `random()`, which promises nothing about secrecy.
    pub fn random(&self) -> u64 {
        let mut inner = self.inner.lock();
        let mut x = inner.random;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        inner.random = x;
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn set_seed(&self, seed: f64) {
        self.inner.lock().random = seed.to_bits() | 1;
    }

    pub fn set_prepared_rows(&self, rows: Vec<PreparedRow>) {
        self.inner.lock().prepared = rows;
    }

    pub fn prepared_rows(&self) -> Vec<PreparedRow> {
        self.inner.lock().prepared.clone()
    }

    pub fn set_cursor_rows(&self, rows: Vec<CursorRow>) {
        self.inner.lock().cursors = rows;
    }

    pub fn cursor_rows(&self) -> Vec<CursorRow> {
        self.inner.lock().cursors.clone()
    }

    /// Settings that clients are told of and that differ from what they were told last.
    pub fn take_reports(&self) -> Vec<(&'static str, String)> {
        let mut inner = self.inner.lock();
        let epoch = inner.settings.epoch();
        let mut changed = Vec::new();
        if inner.reported_epoch.replace(epoch) == Some(epoch) {
            return changed;
        }
        for name in REPORTED {
            let value = match *name {
                "is_superuser" => if inner.superuser { "on" } else { "off" }.to_owned(),
                "session_authorization" => self.session_user.1.clone(),
                _ => inner.settings.get(name).unwrap_or_default().to_owned(),
            };
            if inner.reported.get(name) != Some(&value) {
                inner.reported.insert(name, value.clone());
                changed.push((*name, value));
            }
        }
        changed
    }

    /// The client knows these values already, from the query processor before this one.
    pub fn assume_reported(&self) {
        self.take_reports();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::Notifications;

    fn cell() -> SessionCell {
        let state = SessionState::new(1, "postgres".to_owned(), "admin".to_owned(), 10);
        SessionCell::new(&state, true, Notifications::default().mailbox(1, 5))
    }

    fn shown(cell: &SessionCell) -> String {
        cell.with_settings(|settings| settings.show("work_mem").expect("known"))
    }

    #[test]
    fn local_settings_end_with_the_transaction_and_plain_ones_with_its_rollback() {
        let cell = cell();
        cell.set("work_mem", Some("1024".to_owned()), false);
        cell.set("work_mem", Some("2048".to_owned()), true);
        assert_eq!(shown(&cell), "2MB");
        cell.transaction_ended(true);
        assert_eq!(shown(&cell), "1MB");
        cell.set("work_mem", Some("4096".to_owned()), false);
        cell.transaction_ended(false);
        assert_eq!(shown(&cell), "1MB");
    }

    #[test]
    fn clients_are_told_once() {
        let cell = cell();
        assert_eq!(cell.take_reports().len(), REPORTED.len());
        assert!(cell.take_reports().is_empty());
        cell.set("application_name", Some("x".to_owned()), false);
        assert_eq!(cell.take_reports(), [("application_name", "x".to_owned())]);
    }
}
