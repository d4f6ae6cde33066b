//! `quorate status`: asks a running node how it is.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::data_directory;
use crate::exit::{Code, Exit};
use crate::http::StatusDocument;

/// The longest answer that is read, in bytes.
const MAXIMUM_ANSWER_BYTES: u64 = 1 << 20;

/// Which part of the status is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Node,
    Nodes,
    Journals,
}

/// Prints the status; fails with [`Code::NotReady`] unless the node is ready.
pub async fn run(
    data_dir: &Path,
    http_addr: Option<&str>,
    json: bool,
    wait: Option<Duration>,
    part: Part,
) -> Result<(), Exit> {
    let address = match http_addr {
        Some(address) => address.to_owned(),
        None => match data_directory::running(data_dir) {
            Some(running) => running.http_addr,
            None if data_dir.exists() => {
                return Err(Exit::new(
                    Code::NotReady,
                    format!("no node runs on {}; start it with: quorate start", data_dir.display()),
                ));
            }
            None => "127.0.0.1:8432".to_owned(),
        },
    };
    let begun = tokio::time::Instant::now();
    loop {
        let answer = fetch(&address).await;
        let ready = answer.as_ref().is_ok_and(|document| document.state == "ready");
        if !ready && wait.is_some_and(|wait| begun.elapsed() < wait) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        let document = answer?;
        match (part, json) {
            (Part::Node, json) => show(&document, json),
            (Part::Nodes, true) => show_json(&document.nodes),
            (Part::Nodes, false) => show_nodes(&document),
            (Part::Journals, true) => show_json(&document.journals),
            (Part::Journals, false) => show_journals(&document),
        }
        return match ready {
            true => Ok(()),
            false => Err(Exit::new(Code::NotReady, format!("the node is {}", document.state))),
        };
    }
}

pub async fn fetch(address: &str) -> Result<StatusDocument, Exit> {
    let unreachable = |error: &dyn std::fmt::Display| {
        Exit::new(Code::NotReady, format!("no node answers at http://{address}: {error}"))
    };
    let request =
        format!("GET /api/v1/status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let exchange = async {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(MAXIMUM_ANSWER_BYTES).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(Duration::from_secs(5), exchange)
        .await
        .map_err(|_| unreachable(&"no answer within 5 s"))?
        .map_err(|error| unreachable(&error))?;
    let text = String::from_utf8_lossy(&answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).map_err(|_| unreachable(&"the answer is not a Quorate status"))
}

#[expect(clippy::print_stdout, reason = "the list is this command's output")]
fn show_json(entries: &impl serde::Serialize) {
    println!("{}", serde_json::to_string(entries).expect("plain data"));
}

#[expect(clippy::print_stdout, reason = "the list is this command's output")]
fn show_nodes(document: &StatusDocument) {
    println!("{:>4}  {:<11}  {:<21}  {:<24}  leads", "node", "state", "sql", "locality");
    for node in &document.nodes {
        let leads: Vec<String> = node.leads.iter().map(u32::to_string).collect();
        println!(
            "{:>4}  {:<11}  {:<21}  {:<24}  {}",
            node.node_id,
            node.state,
            node.sql_addr,
            node.locality,
            leads.join(" ")
        );
    }
    let spare = document.fault_tolerance.max_node_failures_without_losing_availability;
    println!("nodes that may fail without a loss: {spare}");
}

#[expect(clippy::print_stdout, reason = "the list is this command's output")]
fn show_journals(document: &StatusDocument) {
    let list = |nodes: &[u64]| {
        let nodes: Vec<String> = nodes.iter().map(u64::to_string).collect();
        nodes.join(" ")
    };
    println!(
        "{:>7}  {:>6}  {:>6}  {:<12}  {:<12}  lacking",
        "journal", "leader", "term", "voters", "learners"
    );
    for journal in &document.journals {
        let leader = journal.leader.map_or("none".to_owned(), |node| node.to_string());
        let lacks = journal.lacks.iter().map(|(node, lacks)| format!("node {node}: {lacks}"));
        println!(
            "{:>7}  {:>6}  {:>6}  {:<12}  {:<12}  {}",
            journal.journal,
            leader,
            journal.term,
            list(&journal.voters),
            list(&journal.learners),
            lacks.collect::<Vec<_>>().join(", ")
        );
    }
}

#[expect(clippy::print_stdout, reason = "the status is this command's output")]
fn show(document: &StatusDocument, json: bool) {
    if json || !std::io::stdout().is_terminal() {
        println!("{}", serde_json::to_string(document).expect("plain data"));
        return;
    }
    println!("state          {}", document.state);
    println!("version        {}", document.version);
    println!("sql            {}", document.sql_addr);
    println!("http           {}", document.http_addr);
    println!("sessions       {}", document.sessions);
    println!("adjudicators   {}", document.adjudicators);
    println!(
        "storage        {}, {} bytes",
        document.storage.condition, document.storage.size_bytes
    );
    println!("data           {}", document.data_dir);
    println!("cluster        {}", document.cluster_id);
    println!("pid            {}, up {} s", document.pid, document.uptime_seconds);
    for message in &document.messages {
        println!("note           {message}");
    }
}

/// How the local node is reached, for the shell and the bench.
pub fn local_target(data_dir: &Path) -> Option<LocalTarget> {
    let running = data_directory::running(data_dir)?;
    let (host, port) = running.sql_addr.rsplit_once(':')?;
    let password = std::fs::read_to_string(data_dir.join(crate::bootstrap::PASSWORD_FILE)).ok();
    Some(LocalTarget {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
        password: password.map(|text| text.trim().to_owned()).filter(|_| running.secure),
        ca_file: match running.secure {
            true => running.authority.or_else(|| Some(data_dir.join("certs/ca.crt"))),
            false => None,
        },
    })
}

/// A node on this machine.
#[derive(Clone, Debug)]
pub struct LocalTarget {
    pub host: String,
    pub port: u16,
    pub password: Option<String>,
    pub ca_file: Option<std::path::PathBuf>,
}

/// Prints the connection URL of the local node.
#[expect(clippy::print_stdout, reason = "the URL is this command's output")]
pub fn print_url(data_dir: &Path) -> Result<(), Exit> {
    let target = local_target(data_dir).ok_or_else(|| {
        Exit::new(Code::NotReady, format!("no node runs on {}", data_dir.display()))
    })?;
    let parameters = match &target.ca_file {
        Some(file) => format!("?sslmode=verify-full&sslrootcert={}", file.display()),
        None => "?sslmode=disable".to_owned(),
    };
    println!("postgresql://admin@{}:{}/postgres{parameters}", target.host, target.port);
    Ok(())
}
