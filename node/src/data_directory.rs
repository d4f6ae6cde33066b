//! The data directory: whose it is, which format it has, and that only one process uses it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::exit::{Code, Exit, from_io};

/// The format this program writes; it reads this one and no other.
pub const FORMAT: u32 = 2;
const MARKER: &str = "quorate.json";
const LOCK: &str = "lock";
/// The folder of the node's certificates, unless it is told another.
pub const CERTIFICATES: &str = "certs";

/// What the marker file says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    pub product: String,
    pub format: u32,
    pub cluster_id: Uuid,
    pub node_id: u32,
    /// Adjudicator shards, and so journals; fixed when the directory is made.
    pub adjudicators: u32,
    /// TLS and passwords, or neither.
    pub secure: bool,
    /// Where this node is in joining a cluster that another node founded; `None` for the founder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
}

/// How far a node that did not found its cluster has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Joined {
    /// It has a number, and perhaps half a copy of the data: the copy begins anew.
    Halfway,
    Wholly,
}

impl Identity {
    /// A new cluster, founded by this node.
    pub fn found(adjudicators: Option<u32>, secure: bool) -> Identity {
        Identity {
            product: "quorate".to_owned(),
            format: FORMAT,
            cluster_id: Uuid::new_v4(),
            node_id: 1,
            adjudicators: adjudicators.unwrap_or(4),
            secure,
            joined: None,
        }
    }

    fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data")
    }
}

/// How to reach the running node, for the commands of the same program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running {
    pub pid: u32,
    pub sql_addr: String,
    pub http_addr: String,
    pub secure: bool,
    /// The authority that signed its certificate, if it is not in the data directory.
    #[serde(default)]
    pub authority: Option<PathBuf>,
}

/// An open, locked data directory.
pub struct DataDirectory {
    pub path: PathBuf,
    pub identity: Identity,
    pub is_new: bool,
    _lock: File,
}

/// A locked directory whose identity is still to be read or made.
pub struct Claim {
    path: PathBuf,
    marker: PathBuf,
    lock: File,
}

impl Claim {
    /// Makes the directory if there is none, and locks it.
    pub fn take(path: &Path) -> Result<Claim, Exit> {
        let marker = path.join(MARKER);
        if !path.exists() {
            std::fs::create_dir_all(path).map_err(|e| from_io(path, "create", &e))?;
            let private = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(path, private).map_err(|e| from_io(path, "protect", &e))?;
        } else if !marker.exists() && !is_empty(path)? {
            return Err(Exit::new(
                Code::DataDirectory,
                format!(
                    "{} is not empty and not a Quorate data directory; choose another --data-dir",
                    path.display()
                ),
            ));
        }
        let lock = take_lock(&path.join(LOCK))?;
        Ok(Claim { path: path.to_owned(), marker, lock })
    }

    /// Whose directory it is; `None` if it is new.
    pub fn identity(&self) -> Result<Option<Identity>, Exit> {
        match self.marker.exists() {
            true => read_identity(&self.marker).map(Some),
            false => Ok(None),
        }
    }

    /// Opens the directory; a new one becomes that of `new`.
    pub fn open(
        self,
        adjudicators: Option<u32>,
        secure: bool,
        new: impl FnOnce() -> Identity,
    ) -> Result<DataDirectory, Exit> {
        let path = &self.path;
        let (identity, is_new) = match self.identity()? {
            Some(identity) => (identity, false),
            None => {
                let identity = new();
                write_private(&self.marker, identity.text().as_bytes())?;
                (identity, true)
            }
        };
        if let Some(asked) = adjudicators.filter(|asked| *asked != identity.adjudicators) {
            return Err(Exit::new(
                Code::DataDirectory,
                format!(
                    "{} was made with --adjudicators {}; it cannot be started with {asked}",
                    path.display(),
                    identity.adjudicators
                ),
            ));
        }
        if identity.secure != secure {
            let (was, flag) = match identity.secure {
                true => ("with TLS and passwords", "without --insecure"),
                false => ("with --insecure", "with --insecure"),
            };
            return Err(Exit::new(
                Code::DataDirectory,
                format!("{} was made {was}; start it {flag}", path.display()),
            ));
        }
        Ok(DataDirectory { path: self.path, identity, is_new, _lock: self.lock })
    }
}

/// Makes a directory that of a new cluster's first node, also while a node waits on it to join one.
pub fn found(path: &Path, adjudicators: Option<u32>, secure: bool) -> Result<Identity, Exit> {
    let marker = path.join(MARKER);
    std::fs::create_dir_all(path).map_err(|e| from_io(path, "create", &e))?;
    if !marker.exists() && !is_empty(path)? {
        let message = format!("{} is not empty and not a Quorate data directory", path.display());
        return Err(Exit::new(Code::DataDirectory, message));
    }
    let identity = Identity::found(adjudicators, secure);
    let draft = path.join("founding");
    write_private(&draft, identity.text().as_bytes())?;
    let linked = std::fs::hard_link(&draft, &marker);
    let _ = std::fs::remove_file(&draft);
    match linked {
        Ok(()) => Ok(identity),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(Exit::new(
            Code::DataDirectory,
            format!("{} belongs to a cluster already", path.display()),
        )),
        Err(error) => Err(from_io(&marker, "write", &error)),
    }
}

impl DataDirectory {
    /// Opens or makes the directory of a node that founds its cluster, and locks it until it is dropped.
    #[cfg(test)]
    pub fn open(
        path: &Path,
        adjudicators: Option<u32>,
        secure: bool,
    ) -> Result<DataDirectory, Exit> {
        Claim::take(path)?.open(adjudicators, secure, || Identity::found(adjudicators, secure))
    }

    /// Notes how far joining has come.
    pub fn note_joined(&mut self, joined: Joined) -> Result<(), Exit> {
        self.identity.joined = Some(joined);
        write_private(&self.file(MARKER), self.identity.text().as_bytes())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Tells other commands where the node is.
    pub fn publish(&self, running: &Running) -> Result<(), Exit> {
        let text = serde_json::to_string_pretty(running).expect("plain data");
        write_private(&self.file("running.json"), text.as_bytes())
    }

    pub fn unpublish(&self) {
        // Best effort: a stale file is recognised by its process id.
        let _ = std::fs::remove_file(self.file("running.json"));
    }
}

/// The node that runs on a data directory, as it told of itself.
pub fn running(path: &Path) -> Option<Running> {
    let text = std::fs::read_to_string(path.join("running.json")).ok()?;
    serde_json::from_str(&text).ok()
}

fn is_empty(path: &Path) -> Result<bool, Exit> {
    let mut entries = std::fs::read_dir(path).map_err(|e| from_io(path, "read", &e))?;
    // A lock file is what a first start leaves that failed early; certificates may be put there before it.
    let may_be = |name: std::ffi::OsString| name == LOCK || name == CERTIFICATES;
    Ok(entries.all(|entry| entry.is_ok_and(|entry| may_be(entry.file_name()))))
}

fn take_lock(path: &Path) -> Result<File, Exit> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|e| from_io(path, "open", &e))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            // Only for the message.
            let _ = file.read_to_string(&mut holder);
            return Err(Exit::new(
                Code::DataDirectory,
                format!(
                    "{} is in use by another quorate process (pid {})",
                    path.parent().unwrap_or(path).display(),
                    holder.trim()
                ),
            ));
        }
        Err(error) => return Err(from_io(path, "lock", &error.into())),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|e| from_io(path, "write", &e))?;
    Ok(file)
}

fn read_identity(marker: &Path) -> Result<Identity, Exit> {
    let text = std::fs::read_to_string(marker).map_err(|e| from_io(marker, "read", &e))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        Exit::new(Code::Corrupt, format!("{} is damaged: {error}", marker.display()))
    })?;
    let format = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if format > u64::from(FORMAT) {
        return Err(Exit::new(
            Code::DataDirectory,
            format!(
                "{} was written by a newer Quorate (format {format}, this program knows {FORMAT}); start that version",
                marker.parent().unwrap_or(marker).display()
            ),
        ));
    }
    if (1..u64::from(FORMAT)).contains(&format) {
        return Err(Exit::new(
            Code::DataDirectory,
            format!(
                "{} was written by a Quorate before its first release (format {format}, this program knows {FORMAT}); \
                 take the data out with pg_dump and that program",
                marker.parent().unwrap_or(marker).display()
            ),
        ));
    }
    serde_json::from_value(value).map_err(|error| {
        Exit::new(Code::Corrupt, format!("{} is damaged: {error}", marker.display()))
    })
}

/// Writes a file that only this user can read, durably, all or nothing.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Exit> {
    let temporary = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|error| from_io(path, "write", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_locked_versioned_and_keeps_its_mode() {
        let parent = tempfile::tempdir().expect("temporary directory");
        let path = parent.path().join("data");
        let first = DataDirectory::open(&path, Some(2), true).expect("new");
        assert!(first.is_new);
        let second = DataDirectory::open(&path, None, true).err().expect("locked");
        assert_eq!(second.code, Code::DataDirectory);
        assert!(second.message.contains("in use"));
        let id = first.identity.cluster_id;
        drop(first);
        assert!(DataDirectory::open(&path, None, false).is_err(), "mode is kept");
        assert!(DataDirectory::open(&path, Some(3), true).is_err(), "shards are kept");
        let again = DataDirectory::open(&path, None, true).expect("unlocked");
        assert_eq!((again.identity.cluster_id, again.identity.adjudicators), (id, 2));
        drop(again);
        let taken = found(&path, None, true).expect_err("it is a cluster's already");
        assert!(taken.message.contains("already"), "{}", taken.message);
        std::fs::write(path.join(MARKER), r#"{"format": 99}"#).expect("writable");
        let newer = DataDirectory::open(&path, None, true).err().expect("newer");
        assert!(newer.message.contains("newer"));
        let foreign = parent.path().join("foreign");
        std::fs::create_dir(&foreign).expect("writable");
        std::fs::write(foreign.join("x"), "x").expect("writable");
        assert!(DataDirectory::open(&foreign, None, true).is_err());
        assert!(found(&foreign, None, true).is_err());
    }

    #[test]
    fn a_node_that_waits_to_join_can_be_told_to_found_the_cluster() {
        let parent = tempfile::tempdir().expect("temporary directory");
        let path = parent.path().join("data");
        let waiting = Claim::take(&path).expect("new");
        assert!(waiting.identity().expect("readable").is_none());
        let identity = found(&path, Some(2), false).expect("founded");
        let other = || panic!("the directory is not new any more");
        let mut directory = waiting.open(None, false, other).expect("founded");
        assert_eq!(directory.identity.cluster_id, identity.cluster_id);
        assert_eq!((directory.identity.adjudicators, directory.identity.joined), (2, None));
        directory.note_joined(Joined::Halfway).expect("written");
        drop(directory);
        let again = DataDirectory::open(&path, None, false).expect("opens");
        assert_eq!(again.identity.joined, Some(Joined::Halfway));
    }
}
