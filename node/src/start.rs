//! `quorate start`: from the command line to a serving node, and back to a stopped one.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::{Duration, Instant};

use gateway::{Gateway, GatewayConfig, TlsIdentity};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use protocol::transaction::{Outcome, Refusal, TransactionStatus};
use query_processor::{CatalogDirectory, Processor, ProcessorConfig, Services, Settings};
use runtime::files::SystemFiles;
use session::{CancelRegistry, ManagedProcessor};
use storage::DiskOptions;
use supervisor::{Supervisor, SupervisorConfig};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::bootstrap;
use crate::certificates::Certificates;
use crate::command_line::StartOptions;
use crate::data_directory::{DataDirectory, Running};
use crate::exit::{Code, Exit};
use crate::garbage::Garbage;
use crate::http::{self, NodeStatus, Phase};
use crate::local_cluster::LocalCluster;
use crate::logging;
use crate::node_view::View;
use crate::space::SpaceGuard;

/// How long a drain waits for open transactions.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);
/// Seconds of a histogram's buckets in `/metrics`.
const BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    10.0,
];

/// Runs a node until it is told to stop or fails.
pub async fn run(options: StartOptions) -> Result<(), Exit> {
    let begun = Instant::now();
    logging::start(&options.log_level);
    if options.insecure {
        for address in [options.sql_addr, options.http_addr, options.node_addr] {
            if !address.ip().is_loopback() {
                return Err(Exit::new(
                    Code::Usage,
                    format!("--insecure listens on loopback addresses only, not on {address}"),
                ));
            }
        }
    }
    // All ports before any other work: a clash must not leave half a node behind.
    let sql = bind(options.sql_addr, "--sql-addr").await?;
    let admin = bind(options.http_addr, "--http-addr").await?;
    let nodes = bind(options.node_addr, "--node-addr").await?;
    let directory =
        DataDirectory::open(&options.data_dir, options.adjudicators, !options.insecure)?;
    let prometheus = install_metrics()?;
    let sql_addr = address_of(&sql)?;
    let http_addr = address_of(&admin)?;
    let tls = match options.insecure {
        true => None,
        false => {
            let host = sql_addr.ip().to_string();
            let certificates = Certificates::ensure(&directory.file("certs"), &host)?;
            Some(TlsIdentity {
                server: certificates.server_config()?,
                certificate_pem: certificates.certificate_pem()?,
            })
        }
    };
    let disk = DiskOptions {
        cache_bytes: options.cache,
        reserve_bytes: options.disk_reserve / 2,
        ..DiskOptions::default()
    };
    let files = Arc::new(SystemFiles);
    let cluster = LocalCluster::open(&directory.path, &directory.identity, files, disk).await?;
    let registry = Arc::new(CancelRegistry::default());
    let space = Arc::new(SpaceGuard::new(directory.path.clone(), options.disk_reserve));
    let status = Arc::new(NodeStatus {
        phase: AtomicU8::new(Phase::Starting as u8),
        started: begun,
        cluster_id: directory.identity.cluster_id.to_string(),
        node_id: directory.identity.node_id,
        adjudicators: directory.identity.adjudicators,
        secure: directory.identity.secure,
        sql_addr: sql_addr.to_string(),
        http_addr: http_addr.to_string(),
        data_dir: directory.path.display().to_string(),
        storage: cluster.storage.clone(),
        space: space.clone(),
        sessions: {
            let registry = registry.clone();
            Box::new(move || registry.len())
        },
        now_nanos: {
            let clock = cluster.clock.clone();
            Box::new(move || clock.now().latest.0)
        },
        prometheus,
        process: metrics_process::Collector::default(),
    });
    let router = http::router(status.clone());
    tokio::spawn(async move { axum::serve(admin, router).await });
    let garbage = Arc::new(Garbage::default());
    let services =
        make_services(&options, &directory, &cluster, &registry, &garbage, sql_addr, &space)?;
    let password = bootstrap::ensure(&services, &directory).await?;
    tokio::spawn(garbage.run(services.clone()));
    let supervisor = start_supervisor(&options, &services);
    let gateway = Gateway::start(
        vec![sql.into_std().map_err(|error| Exit::failure(error.to_string()))?],
        GatewayConfig {
            tls,
            insecure: options.insecure,
            maximum_connections: options.max_connections,
            connection_threads: std::thread::available_parallelism().map_or(1, usize::from),
            validate: Arc::new(|name, value| Settings::check(name, value, false)),
            ..GatewayConfig::default()
        },
        supervisor.clone(),
        Arc::new(CatalogDirectory::new(services.clone())),
        registry.clone(),
    )
    .map_err(|error| Exit::failure(error.to_string()))?;
    directory.publish(&Running {
        pid: std::process::id(),
        sql_addr: sql_addr.to_string(),
        http_addr: http_addr.to_string(),
        secure: directory.identity.secure,
    })?;
    status.set_phase(Phase::Serving);
    announce(&options, &directory, &status, password.as_deref(), begun.elapsed());
    let ended = wait_for_end(&cluster).await;
    status.set_phase(Phase::Draining);
    let result = match ended {
        Ok(mut again) => {
            tokio::select! {
                () = gateway.drain(DRAIN_TIMEOUT) => {}
                () = again.wait() => {
                    directory.unpublish();
                    return Ok(());
                }
            }
            drop(nodes);
            cluster.shutdown().await;
            Ok(())
        }
        // A part has failed: nothing more may be acknowledged.
        Err(exit) => Err(exit),
    };
    directory.unpublish();
    result
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Exit> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Exit::new(
            Code::PortInUse,
            format!("{address} is in use by another process; stop it or choose another {flag}"),
        ),
        _ => Exit::failure(format!("cannot listen on {address} ({flag}): {error}")),
    })
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, Exit> {
    listener.local_addr().map_err(|error| Exit::failure(error.to_string()))
}

fn install_metrics() -> Result<PrometheusHandle, Exit> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Exit::failure(format!("metrics: {error}")))
}

/// The adjudicators, with storage's memory of outcomes behind theirs.
struct Commits {
    adjudicators: adjudicator::Cluster,
    storage: Arc<storage::Storage>,
    clock: Arc<dyn runtime::Clock>,
    space: Arc<SpaceGuard>,
}

impl protocol::adjudication::Commit for Commits {
    fn commit(
        &self,
        request: protocol::transaction::CommitRequest,
    ) -> protocol::journal::BoxFuture<Outcome> {
        let sizes = request
            .writes
            .iter()
            .map(|write| write.key.len() + write.value.as_ref().map_or(0, bytes::Bytes::len));
        let now_ms = self.clock.now().latest.0 / 1_000_000;
        if !self.space.admits(sizes.sum::<usize>() as u64, now_ms) {
            let reason = "the disk is full (53100)".to_owned();
            let refused = Outcome::Refused(Refusal::Unavailable { reason });
            return Box::pin(std::future::ready(refused));
        }
        self.adjudicators.commit(request)
    }

    fn status(
        &self,
        id: protocol::TransactionId,
    ) -> protocol::journal::BoxFuture<TransactionStatus> {
        let asked = self.adjudicators.status(id);
        let storage = self.storage.clone();
        Box::pin(async move {
            match asked.await {
                TransactionStatus::Forgotten | TransactionStatus::NotCommitted => {
                    match storage.outcome(id) {
                        Ok(Some(tau_commit)) => TransactionStatus::Committed { tau_commit },
                        _ => TransactionStatus::Forgotten,
                    }
                }
                known => known,
            }
        })
    }
}

fn make_services(
    options: &StartOptions,
    directory: &DataDirectory,
    cluster: &LocalCluster,
    registry: &Arc<CancelRegistry>,
    garbage: &Arc<Garbage>,
    sql_addr: SocketAddr,
    space: &Arc<SpaceGuard>,
) -> Result<Arc<Services>, Exit> {
    let spill_directory = directory.file("spill");
    // What a crash left there belongs to statements that no longer exist.
    let _ = std::fs::remove_dir_all(&spill_directory);
    std::fs::create_dir_all(&spill_directory)
        .map_err(|error| crate::exit::from_io(&spill_directory, "create", &error))?;
    let view = View {
        storage: cluster.storage.clone(),
        garbage: garbage.clone(),
        node_id: directory.identity.node_id,
        sql_addr: sql_addr.to_string(),
        adjudicators: directory.identity.adjudicators,
    };
    let commits = Commits {
        adjudicators: cluster.adjudicators.clone(),
        storage: cluster.storage.clone(),
        clock: cluster.clock.clone(),
        space: space.clone(),
    };
    let config = ProcessorConfig {
        query_memory: usize::try_from(options.query_memory).unwrap_or(usize::MAX),
        spill_directory,
        ..ProcessorConfig::default()
    };
    Ok(Services::new(
        cluster.storage.clone(),
        Arc::new(commits),
        cluster.clock.clone(),
        registry.clone(),
        Arc::new(view),
        config,
    ))
}

fn start_supervisor(options: &StartOptions, services: &Arc<Services>) -> Arc<Supervisor> {
    let services = services.clone();
    let factory: supervisor::service::Factory =
        Arc::new(move || Arc::new(Processor::new(services.clone())) as Arc<dyn ManagedProcessor>);
    let config = SupervisorConfig { max_age: options.qp_max_age, ..SupervisorConfig::default() };
    Supervisor::start(factory, config)
}

/// Signals that end the process.
struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for a signal (answers with those that may come next) or a failure.
async fn wait_for_end(cluster: &LocalCluster) -> Result<Stops, Exit> {
    let listen = |kind| signal(kind).map_err(|error| Exit::failure(format!("signals: {error}")));
    let mut stops = Stops {
        terminate: listen(SignalKind::terminate())?,
        interrupt: listen(SignalKind::interrupt())?,
    };
    tokio::select! {
        () = stops.wait() => Ok(stops),
        failed = cluster.failed() => Err(failed),
    }
}

#[expect(clippy::print_stdout, reason = "the connection block is this command's output")]
fn announce(
    options: &StartOptions,
    directory: &DataDirectory,
    status: &NodeStatus,
    password: Option<&str>,
    took: Duration,
) {
    let sql = &status.sql_addr;
    let (host, port) = sql.rsplit_once(':').unwrap_or((sql, "5432"));
    let authority = directory.file("certs/ca.crt");
    let parameters = match status.secure {
        true => format!("?sslmode=verify-full&sslrootcert={}", authority.display()),
        false => "?sslmode=disable".to_owned(),
    };
    let url = format!("postgresql://admin@{host}:{port}/postgres{parameters}");
    if options.json || !std::io::stdout().is_terminal() {
        let event = serde_json::json!({
            "event": "ready",
            "took_ms": took.as_millis() as u64,
            "sql_addr": sql,
            "http_addr": status.http_addr,
            "sql_url": url,
            "secure": status.secure,
            "data_dir": status.data_dir,
            "password_file": status.secure.then(|| directory.file(bootstrap::PASSWORD_FILE)),
            "cluster_id": status.cluster_id,
            "node_id": status.node_id,
            "pid": std::process::id(),
        });
        println!("{event}");
        return;
    }
    let kind = if directory.is_new { "new" } else { "existing" };
    println!(
        "Quorate {} is ready ({} ms, {kind} data)",
        env!("CARGO_PKG_VERSION"),
        took.as_millis()
    );
    println!();
    println!("sql        {url}");
    println!(
        "jdbc       jdbc:postgresql://{host}:{port}/postgres?user=admin{}",
        if status.secure { "&sslmode=verify-full&sslrootcert=" } else { "&sslmode=disable" }
            .to_owned()
            + &if status.secure { authority.display().to_string() } else { String::new() }
    );
    println!("psql       psql '{url}'");
    println!("shell      quorate sql --data-dir {}", directory.path.display());
    println!("status     http://{}/api/v1/status", status.http_addr);
    println!("metrics    http://{}/metrics", status.http_addr);
    match (status.secure, password) {
        (true, Some(password)) => {
            println!("password   {password}");
            println!(
                "           shown once; kept in {}",
                directory.file(bootstrap::PASSWORD_FILE).display()
            );
        }
        (true, None) => {
            println!("password   in {}", directory.file(bootstrap::PASSWORD_FILE).display());
        }
        (false, _) => println!("security   none: no TLS, no passwords, loopback only"),
    }
    println!("data       {}", directory.path.display());
    println!("cluster    {}, node {}", status.cluster_id, status.node_id);
    println!("pid        {}", std::process::id());
    println!();
    println!("Ctrl-C stops the node; the data is kept.");
}
