//! A node of its own for a test: free ports, a temporary directory, and an end by kill, by signal or by drop.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::wait::poll;

/// A first start makes keys and a catalog, and the machine may be busy with other tests.
const READY_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Ports are found free and then used; another process may be quicker.
const START_TRIES: usize = 5;
const EXIT_PORT_IN_USE: i32 = 5;

/// What the node is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub adjudicators: Option<u32>,
    /// TLS and passwords; otherwise `--insecure`.
    pub secure: bool,
    /// Where the data directory is made; otherwise among the system's temporary files.
    pub folder: Option<PathBuf>,
    /// Where other nodes reach it; otherwise a free port.
    pub node: Option<SocketAddr>,
    /// Variables of its environment, besides ours.
    pub environment: Vec<(OsString, OsString)>,
    pub more: Vec<String>,
}

impl Options {
    pub fn adjudicators(number: u32) -> Options {
        Options { adjudicators: Some(number), ..Options::default() }
    }

    pub fn secure() -> Options {
        Options { secure: true, ..Options::default() }
    }

    pub fn with(mut self, arguments: &[&str]) -> Options {
        self.more.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }
}

/// A running node, or another server that the environment names.
pub struct Server {
    process: Option<Child>,
    directory: TempDir,
    options: Options,
    sql: SocketAddr,
    http: SocketAddr,
    node: SocketAddr,
}

impl Server {
    /// Starts a node and waits until it is ready. Panics with its log if it is not ready in time.
    pub fn start(options: Options) -> Server {
        let directory = match &options.folder {
            Some(folder) => TempDir::new_in(folder),
            None => TempDir::new(),
        };
        let directory = directory.expect("a temporary directory can be made");
        let mut server = Server {
            process: None,
            directory,
            options,
            sql: free_address(),
            http: free_address(),
            node: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.node = server.options.node.unwrap_or_else(free_address);
        match std::env::var("QUORATE_TEST_URL") {
            Ok(address) => server.sql = address.parse().expect("QUORATE_TEST_URL is HOST:PORT"),
            Err(_) => server.launch(),
        }
        server
    }

    /// Whether the tests talk to a server that they did not start.
    pub fn is_foreign(&self) -> bool {
        self.process.is_none()
    }

    fn launch(&mut self) {
        for _ in 0..START_TRIES {
            let child = self.command().spawn().expect("the program can be started");
            self.process = Some(child);
            match self.wait_ready() {
                Ok(()) => return,
                Err(Some(status)) if status.code() == Some(EXIT_PORT_IN_USE) => {
                    (self.sql, self.http) = (free_address(), free_address());
                    self.node = self.options.node.unwrap_or_else(free_address);
                }
                Err(status) => {
                    let log = self.log();
                    self.kill();
                    panic!("the node is not ready (exit: {status:?}); its log:\n{log}");
                }
            }
        }
        panic!("no free ports in {START_TRIES} tries");
    }

    fn command(&self) -> Command {
        let log = File::options()
            .append(true)
            .create(true)
            .open(self.log_path())
            .expect("the log can be opened");
        let mut command = start_command(&self.data_directory());
        command
            .args(["--sql-addr", &self.sql.to_string()])
            .args(["--http-addr", &self.http.to_string()])
            .args(["--node-addr", &self.node.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file handle can be doubled"))
            .stderr(log);
        if !self.options.secure {
            command.arg("--insecure");
        }
        if let Some(number) = self.options.adjudicators {
            command.args(["--adjudicators", &number.to_string()]);
        }
        command.args(&self.options.more);
        command.envs(self.options.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn wait_ready(&mut self) -> Result<(), Option<ExitStatus>> {
        let http = self.http;
        let process = self.process.as_mut().expect("just started");
        let outcome = poll(READY_LIMIT, || {
            if let Ok(Some(status)) = process.try_wait() {
                return Some(Err(Some(status)));
            }
            match http_get(http, "/readyz") {
                Ok((200, _)) => Some(Ok(())),
                _ => None,
            }
        });
        outcome.unwrap_or(Err(None))
    }

    pub fn sql_address(&self) -> SocketAddr {
        self.sql
    }

    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    pub fn node_address(&self) -> SocketAddr {
        self.node
    }

    pub fn data_directory(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// What the node printed, all starts together.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn is_secure(&self) -> bool {
        self.options.secure
    }

    /// The generated password of role `admin`.
    pub fn password(&self) -> String {
        let path = self.data_directory().join("admin-password");
        std::fs::read_to_string(path).expect("a secure node keeps a password").trim().to_owned()
    }

    /// The certificate of the authority that a client trusts.
    pub fn authority_file(&self) -> PathBuf {
        let mut arguments = self.options.more.iter().skip_while(|one| *one != "--certs-dir");
        match arguments.nth(1) {
            Some(folder) => Path::new(folder).join("ca.crt"),
            None => self.data_directory().join("certs/ca.crt"),
        }
    }

    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("the node runs").id()
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process_id()).expect("process ids are small");
        let id = Pid::from_raw(id).expect("process ids are positive");
        kill_process(id, signal).expect("our own child can be signalled");
    }

    /// Ends the node as a power cut would end it, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Fails only if it has ended already, which is what is wanted.
            let _ = process.kill();
            process.wait().expect("our own child can be waited for");
        }
    }

    /// Ends the node by SIGTERM and returns how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait_exit()
    }

    /// Waits until the node has ended by itself.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let process = self.process.as_mut().expect("the node runs");
        let status = poll(STOP_LIMIT, || process.try_wait().expect("our own child"));
        match status {
            Some(status) => {
                self.process = None;
                status
            }
            None => panic!("the node did not end in {STOP_LIMIT:?}; its log:\n{}", self.log()),
        }
    }

    /// Starts the node again on the same directory and ports.
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "the node is ended before it is restarted");
        self.launch();
    }

    pub fn is_running(&mut self) -> bool {
        match self.process.as_mut() {
            Some(process) => matches!(process.try_wait(), Ok(None)),
            None => false,
        }
    }

    /// Resident memory: now, and the most that it ever was.
    pub fn memory_bytes(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id()))
            .expect("the node runs");
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).expect("Linux has it");
            let number = line.split_whitespace().nth(1).expect("a number");
            number.parse::<u64>().expect("a number") * 1_024
        };
        (field("VmRSS:"), field("VmHWM:"))
    }

    /// CPU time used so far, in clock ticks (a hundred a second).
    pub fn cpu_ticks(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.process_id()))
            .expect("the node runs");
        let after_name = text.rsplit_once(')').expect("the name is in parentheses").1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let tick = |index: usize| fields[index].parse::<u64>().expect("a number");
        tick(11) + tick(12)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let shown = log.len().saturating_sub(4_000);
            let shown = (shown..log.len()).find(|at| log.is_char_boundary(*at)).unwrap_or(0);
            // Into the captured output of the failing test.
            println!("the node's log ends with:\n{}", &log[shown..]);
        }
    }
}

/// `quorate start --data-dir DIR`, to which the caller adds the rest.
pub fn start_command(data_directory: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg("start").arg("--data-dir").arg(data_directory);
    // What the developer's shell says is not what the test says.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("QUORATE_") && text != "QUORATE_LOG" {
            command.env_remove(&name);
        }
    }
    command
}

/// The program under test.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| match std::env::var_os("QUORATE_BIN") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "-p", "node", "--bin", "quorate"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "the program cannot be built");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = lines.lines().filter_map(|line| serde_json::from_str(line).ok());
    let program = messages.into_iter().find_map(|message: serde_json::Value| {
        let is_it = message["target"]["name"] == "quorate";
        message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
    });
    program.expect("cargo says where the program is")
}

/// An address on this machine that nobody listens on.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("a bound socket has an address")
}

/// A small HTTP/1.1 GET: status and body.
pub fn http_get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let limit = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    Ok((status.unwrap_or(0), body))
}

/// How many query processors the node has started.
pub fn starts(server: &Server) -> Option<f64> {
    let (_, text) = http_get(server.http_address(), "/metrics").ok()?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let found: Vec<f64> = lines
        .filter(|line| line.starts_with("quorate_query_processor_starts_total"))
        .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
        .collect();
    (!found.is_empty()).then(|| found.iter().sum())
}
