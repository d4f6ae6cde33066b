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

/// Prints the status; fails with [`Code::NotReady`] unless the node is ready.
pub async fn run(
    data_dir: &Path,
    http_addr: Option<&str>,
    json: bool,
    wait: Option<Duration>,
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
        show(&document, json);
        return match ready {
            true => Ok(()),
            false => Err(Exit::new(Code::NotReady, format!("the node is {}", document.state))),
        };
    }
}

async fn fetch(address: &str) -> Result<StatusDocument, Exit> {
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
        ca_file: running.secure.then(|| data_dir.join("certs/ca.crt")),
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
