//! Files in memory that lose power on demand.
//!
//! Every write since a file's last sync, and every change of names since its directory's last sync, is remembered. On
//! [`SimulatedFiles::crash`] each of them is kept, dropped or (writes) torn, decided by the seed: a write keeps any
//! subset of its 512-byte sectors, and one sector may be cut in its middle. That covers reordering too, because a later
//! write may be kept while an earlier one is not. Handles opened before the crash fail afterwards.
//!
//! A failed sync behaves as badly as real ones do: the writes before it are never made durable by a later sync that
//! succeeds, although they stay readable until the crash.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{File, Files};

const SECTOR_BYTES: usize = 512;

/// What has been asked of the files so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SimulatedUse {
    /// Calls that change something or sync, since the beginning.
    pub operations: u64,
    pub writes: u64,
    pub written_bytes: u64,
    pub syncs: u64,
}

/// A file system in memory; clones share it.
#[derive(Clone, Default)]
pub struct SimulatedFiles {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    world: Mutex<World>,
    /// Signalled when stalled syncs may go on.
    unstalled: Condvar,
}

#[derive(Default)]
struct World {
    /// Raised by each crash; handles of an older generation are dead.
    generation: u64,
    inodes: Vec<Inode>,
    /// Names as seen now, and as they would be after a crash without luck.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    pending_names: Vec<NameChange>,
    faults: Faults,
    used: SimulatedUse,
}

#[derive(Default)]
struct Faults {
    /// Operations left until the power goes; `Some(0)`: it is gone.
    power: Option<u64>,
    failing_syncs: u64,
    /// Syncs that succeed before the failing ones.
    syncs_before_failure: u64,
    stalled: bool,
    capacity: Option<u64>,
    read_only: bool,
}

#[derive(Clone)]
enum NameChange {
    Created { path: PathBuf, inode: usize },
    Renamed { from: PathBuf, to: PathBuf, inode: usize },
    Removed { path: PathBuf },
}

impl NameChange {
    fn is_in(&self, directory: &Path) -> bool {
        let path = match self {
            NameChange::Created { path, .. } | NameChange::Removed { path } => path,
            NameChange::Renamed { to, .. } => to,
        };
        path.parent() == Some(directory)
    }

    fn apply(self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            NameChange::Created { path, inode } => {
                names.insert(path, inode);
            }
            NameChange::Renamed { from, to, inode } => {
                names.remove(&from);
                names.insert(to, inode);
            }
            NameChange::Removed { path } => {
                names.remove(&path);
            }
        }
    }
}

#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Default)]
struct Inode {
    current: Vec<u8>,
    durable: Vec<u8>,
    /// Since the last sync.
    pending: Vec<Change>,
    /// Before a failed sync: no later sync saves them.
    doubtful: Vec<Change>,
}

fn apply(contents: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if contents.len() < end {
        contents.resize(end, 0);
    }
    contents[offset..end].copy_from_slice(bytes);
}

impl Inode {
    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            match change {
                Change::Write { offset, bytes } => apply(&mut self.durable, offset, &bytes),
                Change::Length(length) => self.durable.resize(length, 0),
            }
        }
    }

    fn crash(&mut self, random: &mut StdRng) {
        let doubtful = std::mem::take(&mut self.doubtful);
        let pending = std::mem::take(&mut self.pending);
        for change in doubtful.into_iter().chain(pending) {
            match change {
                Change::Length(length) => {
                    if random.random_bool(0.5) {
                        self.durable.resize(length, 0);
                    }
                }
                Change::Write { offset, bytes } => match random.random_range(0..4) {
                    0 => {}
                    1 => apply(&mut self.durable, offset, &bytes),
                    _ => self.tear(offset, &bytes, random),
                },
            }
        }
        self.current = self.durable.clone();
    }

    /// Keeps a random subset of the write's sectors, and of some only the first bytes.
    fn tear(&mut self, offset: usize, bytes: &[u8], random: &mut StdRng) {
        let keep = random.random_range(0.05..0.95);
        let mut start = 0;
        while start < bytes.len() {
            let sector_end = (offset + start) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
            let end = (sector_end - offset).min(bytes.len());
            if random.random_bool(keep) {
                let cut =
                    if random.random_bool(0.1) { random.random_range(start..end) } else { end };
                apply(&mut self.durable, offset + start, &bytes[start..cut]);
            }
            start = end;
        }
    }
}

fn lost_power() -> io::Error {
    io::Error::other("simulated power loss")
}

impl World {
    /// Counts an operation that changes something; fails if the power is gone.
    fn operate(&mut self, generation: u64) -> io::Result<()> {
        if generation != self.generation {
            return Err(lost_power());
        }
        if let Some(left) = &mut self.faults.power {
            if *left == 0 {
                return Err(lost_power());
            }
            *left -= 1;
        }
        self.used.operations += 1;
        Ok(())
    }

    fn change(&mut self, generation: u64) -> io::Result<()> {
        self.operate(generation)?;
        if self.faults.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        Ok(())
    }

    fn allocated(&self) -> u64 {
        self.names.values().map(|inode| self.inodes[*inode].current.len() as u64).sum()
    }

    /// Fails if `inode` cannot grow to `length`.
    fn make_room(&self, inode: usize, length: usize) -> io::Result<()> {
        let growth = length.saturating_sub(self.inodes[inode].current.len()) as u64;
        match self.faults.capacity {
            Some(capacity) if growth > 0 && self.allocated() + growth > capacity => {
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }
}

impl SimulatedFiles {
    pub fn new() -> SimulatedFiles {
        SimulatedFiles::default()
    }

    /// The power goes now and comes back: unsynced changes are kept, dropped or torn as the seed decides, all handles
    /// are dead, all faults except the capacity are gone.
    pub fn crash(&self, seed: u64) {
        let mut random = StdRng::seed_from_u64(seed);
        let world = &mut *self.shared.world.lock();
        world.generation += 1;
        for inode in &mut world.inodes {
            inode.crash(&mut random);
        }
        let mut names = std::mem::take(&mut world.durable_names);
        for change in std::mem::take(&mut world.pending_names) {
            if random.random_bool(0.5) {
                change.apply(&mut names);
            }
        }
        world.names = names.clone();
        world.durable_names = names;
        world.faults = Faults { capacity: world.faults.capacity, ..Faults::default() };
        self.shared.unstalled.notify_all();
    }

    /// After `operations` more operations that change or sync something, everything fails until [`Self::crash`].
    pub fn lose_power_after(&self, operations: u64) {
        self.shared.world.lock().faults.power = Some(operations);
    }

    /// Lets `skip` syncs of files succeed and the next `count` fail.
    pub fn fail_syncs(&self, skip: u64, count: u64) {
        let faults = &mut self.shared.world.lock().faults;
        faults.syncs_before_failure = skip;
        faults.failing_syncs = count;
    }

    /// Syncs of files wait until they are allowed again, or the power goes.
    pub fn stall_syncs(&self, stalled: bool) {
        self.shared.world.lock().faults.stalled = stalled;
        self.shared.unstalled.notify_all();
    }

    /// How many bytes all files together may have; `None` for no limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.shared.world.lock().faults.capacity = bytes;
    }

    /// The bytes that all files together have.
    pub fn allocated_bytes(&self) -> u64 {
        self.shared.world.lock().allocated()
    }

    pub fn set_read_only(&self, read_only: bool) {
        self.shared.world.lock().faults.read_only = read_only;
    }

    /// Flips one bit of a file, on the disk and in memory. Panics if there is no such byte: a test's mistake.
    pub fn flip_bit(&self, path: &Path, offset: u64, bit: u8) {
        let world = &mut *self.shared.world.lock();
        let inode = *world.names.get(path).expect("the file exists");
        let inode = &mut world.inodes[inode];
        for contents in [&mut inode.current, &mut inode.durable] {
            let byte = contents.get_mut(offset as usize).expect("the byte exists");
            *byte ^= 1 << (bit % 8);
        }
    }

    /// What has been asked so far.
    pub fn used(&self) -> SimulatedUse {
        self.shared.world.lock().used
    }

    fn handle(&self, world: &World, inode: usize) -> Arc<dyn File> {
        Arc::new(SimulatedFile { shared: self.shared.clone(), generation: world.generation, inode })
    }
}

impl Files for SimulatedFiles {
    fn create_directory(&self, _path: &Path) -> io::Result<()> {
        // Directories exist as soon as a file is in them; their own loss is not simulated.
        let world = &mut *self.shared.world.lock();
        world.change(world.generation)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let world = &mut *self.shared.world.lock();
        world.change(world.generation)?;
        if world.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = world.inodes.len();
        world.inodes.push(Inode::default());
        world.names.insert(path.to_owned(), inode);
        world.pending_names.push(NameChange::Created { path: path.to_owned(), inode });
        Ok(self.handle(world, inode))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let world = &*self.shared.world.lock();
        let inode = *world.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(world, inode))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let world = &mut *self.shared.world.lock();
        world.change(world.generation)?;
        let inode = world.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        world.names.insert(to.to_owned(), inode);
        let change = NameChange::Renamed { from: from.to_owned(), to: to.to_owned(), inode };
        world.pending_names.push(change);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let world = &mut *self.shared.world.lock();
        world.change(world.generation)?;
        world.names.remove(path).ok_or(io::ErrorKind::NotFound)?;
        world.pending_names.push(NameChange::Removed { path: path.to_owned() });
        Ok(())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let world = &*self.shared.world.lock();
        let inside = world.names.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let world = &mut *self.shared.world.lock();
        world.operate(world.generation)?;
        for change in std::mem::take(&mut world.pending_names) {
            if change.is_in(directory) {
                change.apply(&mut world.durable_names);
            } else {
                world.pending_names.push(change);
            }
        }
        Ok(())
    }

    fn available_bytes(&self, _directory: &Path) -> io::Result<u64> {
        let world = &*self.shared.world.lock();
        Ok(match world.faults.capacity {
            Some(capacity) => capacity.saturating_sub(world.allocated()),
            None => u64::MAX / 2,
        })
    }
}

struct SimulatedFile {
    shared: Arc<Shared>,
    generation: u64,
    inode: usize,
}

impl File for SimulatedFile {
    fn write_vectored_at(&self, slices: &[io::IoSlice<'_>], offset: u64) -> io::Result<()> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let world = &mut *self.shared.world.lock();
        let offset = offset as usize;
        if let Err(error) = world.change(self.generation) {
            // The write during which the power goes may have reached the disk in part.
            if self.generation == world.generation && world.faults.power == Some(0) {
                world.inodes[self.inode].pending.push(Change::Write { offset, bytes });
                // Only the first one: after it nobody runs.
                world.generation += 1;
            }
            return Err(error);
        }
        world.make_room(self.inode, offset + bytes.len())?;
        world.used.writes += 1;
        world.used.written_bytes += bytes.len() as u64;
        let inode = &mut world.inodes[self.inode];
        apply(&mut inode.current, offset, &bytes);
        inode.pending.push(Change::Write { offset, bytes });
        Ok(())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let world = &*self.shared.world.lock();
        if self.generation != world.generation || world.faults.power == Some(0) {
            return Err(lost_power());
        }
        let contents = &world.inodes[self.inode].current;
        let start = (offset as usize).min(contents.len());
        let count = buffer.len().min(contents.len() - start);
        buffer[..count].copy_from_slice(&contents[start..start + count]);
        Ok(count)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut world = self.shared.world.lock();
        world.operate(self.generation)?;
        world.used.syncs += 1;
        while world.faults.stalled && world.generation == self.generation {
            self.shared.unstalled.wait(&mut world);
        }
        if world.generation != self.generation {
            return Err(lost_power());
        }
        let faults = &mut world.faults;
        if faults.failing_syncs > 0 {
            if faults.syncs_before_failure == 0 {
                faults.failing_syncs -= 1;
                let inode = &mut world.inodes[self.inode];
                let pending = std::mem::take(&mut inode.pending);
                inode.doubtful.extend(pending);
                return Err(io::Error::other("simulated fsync failure"));
            }
            faults.syncs_before_failure -= 1;
        }
        world.inodes[self.inode].sync();
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let world = &mut *self.shared.world.lock();
        world.change(self.generation)?;
        world.make_room(self.inode, bytes as usize)?;
        let inode = &mut world.inodes[self.inode];
        inode.current.resize(bytes as usize, 0);
        inode.pending.push(Change::Length(bytes as usize));
        Ok(())
    }

    fn preallocate(&self, bytes: u64) -> io::Result<()> {
        if self.size()? >= bytes {
            return Ok(());
        }
        self.set_len(bytes)
    }

    fn size(&self) -> io::Result<u64> {
        let world = &*self.shared.world.lock();
        Ok(world.inodes[self.inode].current.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(file: &dyn File) -> Vec<u8> {
        let mut buffer = vec![0; file.size().expect("size") as usize];
        let count = file.read_at(&mut buffer, 0).expect("read");
        assert_eq!(count, buffer.len());
        buffer
    }

    #[test]
    fn synced_writes_survive_and_unsynced_ones_may_be_torn() {
        let mut outcomes = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let files = SimulatedFiles::new();
            let path = Path::new("/d/a");
            let file = files.create(path).expect("create");
            file.write_at(&[1; 2048], 0).expect("write");
            file.sync_data().expect("sync");
            files.sync_directory(Path::new("/d")).expect("sync");
            file.write_at(&[2; 2048], 2048).expect("write");
            files.crash(seed);
            assert!(file.read_at(&mut [0], 0).is_err(), "seed {seed}: old handles are dead");
            let after = contents(&*files.open(path).expect("open"));
            assert_eq!(after[..2048], [1; 2048], "seed {seed}");
            outcomes.insert(after[2048..].iter().filter(|byte| **byte == 2).count());
        }
        assert!(outcomes.contains(&0) && outcomes.contains(&2048) && outcomes.len() > 4);
    }

    #[test]
    fn names_survive_only_after_the_directory_is_synced() {
        let mut seen = [false; 2];
        for seed in 0..64 {
            let files = SimulatedFiles::new();
            let file = files.create(Path::new("/d/a")).expect("create");
            file.sync_all().expect("sync");
            files.sync_directory(Path::new("/d")).expect("sync");
            files.rename(Path::new("/d/a"), Path::new("/d/b")).expect("rename");
            files.crash(seed);
            let names = files.list(Path::new("/d")).expect("list");
            assert_eq!(names.len(), 1, "seed {seed}: a rename is atomic");
            seen[usize::from(names[0] == "b")] = true;
        }
        assert_eq!(seen, [true, true]);
    }

    #[test]
    fn a_failed_sync_is_never_made_good_by_a_later_one() {
        let mut lost = false;
        for seed in 0..64 {
            let files = SimulatedFiles::new();
            let file = files.create(Path::new("/d/a")).expect("create");
            files.sync_directory(Path::new("/d")).expect("sync");
            file.write_at(&[1; 8], 0).expect("write");
            files.fail_syncs(0, 1);
            assert!(file.sync_data().is_err());
            assert!(file.sync_data().is_ok());
            files.crash(seed);
            lost |= contents(&*files.open(Path::new("/d/a")).expect("open")) != [1; 8];
        }
        assert!(lost);
    }

    #[test]
    fn a_full_disk_refuses_growth_and_recovers() {
        let files = SimulatedFiles::new();
        let file = files.create(Path::new("/d/a")).expect("create");
        files.set_capacity(Some(100));
        file.preallocate(100).expect("fits");
        let error = file.preallocate(101).expect_err("does not fit");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        file.write_at(&[1; 100], 0).expect("reserved space can be written");
        files.set_capacity(None);
        file.preallocate(101).expect("fits again");
    }
}
