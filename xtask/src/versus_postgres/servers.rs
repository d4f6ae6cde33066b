//! A PostgreSQL and a Quorate of our own, on private ports, stopped when dropped.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

/// How long a server may take to answer its first query.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a server may take to end when asked to; then it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Linux tells processor times in hundredths of a second, on all machines.
const TICKS_PER_SECOND: u64 = 100;

/// Where PostgreSQL's programs are.
pub struct Binaries {
    folder: PathBuf,
    /// Whom PostgreSQL's server runs as, when we are root: it refuses to be root.
    server_user: Option<(u32, u32)>,
}

impl Binaries {
    pub fn find(given: Option<&Path>) -> Result<Binaries, String> {
        let has_server = |folder: &PathBuf| {
            ["initdb", "postgres", "psql", "pgbench"].iter().all(|name| folder.join(name).exists())
        };
        let folder = match given {
            Some(folder) => Some(folder.to_owned()).filter(has_server),
            None => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                std::env::split_paths(&path).chain(installed_versions()).find(has_server)
            }
        };
        let folder = folder.ok_or(
            "PostgreSQL's initdb, postgres, psql and pgbench are not in one folder of the path or in \
             /usr/lib/postgresql/*/bin; install PostgreSQL or set PG_BIN",
        )?;
        Ok(Binaries { folder, server_user: server_user()? })
    }

    pub fn command(&self, name: &str) -> Command {
        Command::new(self.folder.join(name))
    }

    fn server_command(&self, name: &str) -> Command {
        let mut command = self.command(name);
        if let Some((user, group)) = self.server_user {
            command.uid(user).gid(group);
        }
        command
    }
}

/// Debian's folders, newest version first.
fn installed_versions() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// User and group `postgres`, if we are root.
pub fn server_user() -> Result<Option<(u32, u32)>, String> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let users =
        fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    find_user(&users, "postgres")
        .map(Some)
        .ok_or_else(|| "PostgreSQL does not run as root, and there is no user postgres".to_owned())
}

fn find_user(users: &str, name: &str) -> Option<(u32, u32)> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// A database that answers.
pub struct Target {
    pub name: &'static str,
    port: u16,
    user: &'static str,
    /// The server's process.
    process: u32,
}

/// `(user and system time with that of children that have ended, the parent's number)`, from `/proc/PID/stat`.
fn times(stat: &str) -> Option<(u64, u32)> {
    // The program's name in parentheses may have blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().map(|ticks| ticks.parse::<u64>().ok());
    Some((ticks.sum::<Option<u64>>()?, fields.get(1)?.parse().ok()?))
}

impl Target {
    /// Processor time of the server's process and its children so far, in the kernel too.
    pub fn processor_time(&self) -> Result<Duration, String> {
        let failed = |error: std::io::Error| format!("/proc: {error}");
        let mut ticks = 0;
        for entry in fs::read_dir("/proc").map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let number = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            // Processes end while they are listed.
            let stat = number.and_then(|_| fs::read_to_string(entry.path().join("stat")).ok());
            if let Some((own, parent)) = stat.as_deref().and_then(times)
                && (number == Some(self.process) || parent == self.process)
            {
                ticks += own;
            }
        }
        Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
    }

    /// Tells a client program where to connect.
    pub fn address(&self, command: &mut Command) {
        command
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", self.user)
            .env("PGDATABASE", "postgres")
            .env("PGSSLMODE", "disable")
            .env_remove("PGOPTIONS")
            .stdin(Stdio::null());
    }

    /// The answer as psql prints it, unaligned.
    pub fn query(&self, binaries: &Binaries, sql: &str) -> Result<String, String> {
        let mut command = binaries.command("psql");
        self.address(command.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]));
        output(&mut command, self.name)
    }

    fn await_first_answer(&self, binaries: &Binaries, child: &mut Child) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            let last = match self.query(binaries, "select 1") {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("{} ended while starting: {status}", self.name));
            }
            if begun.elapsed() > START_LIMIT {
                return Err(format!("{} did not answer: {last}", self.name));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

pub struct PostgresServer {
    target: Target,
    server: Server,
}

impl PostgresServer {
    pub fn start(binaries: &Binaries, folder: &Path) -> Result<PostgresServer, String> {
        let base = folder.join("postgres");
        let failed = |error: std::io::Error| format!("{}: {error}", base.display());
        fs::create_dir(&base).map_err(failed)?;
        if let Some((user, group)) = binaries.server_user {
            chown(&base, Some(user), Some(group)).map_err(failed)?;
        }
        let cluster = base.join("cluster");
        let mut initdb = binaries.server_command("initdb");
        initdb.args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"]);
        output(initdb.arg(&cluster).current_dir(&base), "initdb")?;

        let mut target =
            Target { name: "postgres", port: free_port()?, user: "postgres", process: 0 };
        let mut command = binaries.server_command("postgres");
        command.arg("-D").arg(&cluster).arg("-k").arg(&base);
        command.args(["-h", "127.0.0.1", "-p", &target.port.to_string()]).current_dir(&base);
        // SIGINT is PostgreSQL's fast shutdown.
        let mut server = Server::spawn(&mut command, &folder.join("postgres.log"), Signal::INT)?;
        target.process = server.id();
        target.await_first_answer(binaries, &mut server.child)?;
        Ok(PostgresServer { target, server })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The settings that decide what a commit costs.
    pub fn settings(&self, binaries: &Binaries) -> Result<Vec<(String, String)>, String> {
        debug_assert!(self.server.child.id() != 0, "the server runs as long as this lives");
        let names = [
            "server_version",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "wal_sync_method",
            "shared_buffers",
        ];
        let show = |name: &str| {
            let value = self.target.query(binaries, &format!("show {name}"))?;
            Ok((name.to_owned(), value))
        };
        names.into_iter().map(show).collect()
    }
}

pub struct QuorateServer {
    target: Target,
    _server: Server,
}

impl QuorateServer {
    pub fn start(
        program: &Path,
        binaries: &Binaries,
        folder: &Path,
    ) -> Result<QuorateServer, String> {
        let mut target = Target { name: "quorate", port: free_port()?, user: "admin", process: 0 };
        let address = |port: u16| format!("127.0.0.1:{port}");
        let mut command = Command::new(program);
        command.args(["start", "--insecure", "--data-dir"]).arg(folder.join("quorate"));
        command.args(["--sql-addr", &address(target.port)]);
        command.args(["--http-addr", &address(free_port()?)]);
        command.args(["--node-addr", &address(free_port()?)]);
        let mut server = Server::spawn(&mut command, &folder.join("quorate.log"), Signal::TERM)?;
        target.process = server.id();
        target.await_first_answer(binaries, &mut server.child)?;
        Ok(QuorateServer { target, _server: server })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// A process of ours, ended when dropped.
pub struct Server {
    child: Child,
    stop: Signal,
}

impl Server {
    pub fn spawn(command: &mut Command, log: &Path, stop: Signal) -> Result<Server, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", log.display());
        let output = fs::File::create(log).map_err(failed)?;
        let errors = output.try_clone().map_err(failed)?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Server { child, stop })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), self.stop);
        let begun = Instant::now();
        while begun.elapsed() < STOP_LIMIT {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(50)),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end; its trimmed output, or its complaint.
pub fn output(command: &mut Command, who: &str) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{who}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() {
        return Ok(text);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{who}: {}: {}", output.status, complaint.trim()))
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("port: {error}"))?;
    Ok(listener.local_addr().map_err(|error| format!("port: {error}"))?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_times_are_those_of_the_process_and_its_ended_children() {
        let stat = "42 (a (b) c) S 7 42 42 0 -1 4194304 500 600 0 0 10 20 300 4000 20 0 1 0 1 2 3";
        assert_eq!(times(stat), Some((4_330, 7)));
        assert_eq!(times("42 (broken) S 7"), None);
        let own = Target { name: "us", port: 0, user: "", process: std::process::id() };
        let before = own.processor_time().expect("/proc is there");
        let mut sum = 0u64;
        while own.processor_time().expect("/proc is there") <= before {
            sum = (0..1_000_000u64).fold(sum, |sum, i| sum.wrapping_mul(31).wrapping_add(i));
        }
        assert_ne!(sum, 1);
    }

    #[test]
    fn users_are_found_by_their_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:105:110::/:/bin/sh\n";
        assert_eq!(find_user(users, "postgres"), Some((105, 110)));
        assert_eq!(find_user(users, "nobody"), None);
    }
}
