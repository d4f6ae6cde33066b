//! `quorate start`: from the command line to a serving node, and back to a stopped one.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::time::{Duration, Instant};

use gateway::{Gateway, GatewayConfig, TlsIdentity};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use query_processor::{CatalogDirectory, Processor, ProcessorConfig, Services, Settings};
use runtime::files::SystemFiles;
use session::{CancelRegistry, ManagedProcessor};
use storage::{DiskOptions, RowCacheOptions};
use supervisor::{Supervisor, SupervisorConfig};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use transport::{CertificateFiles, CertificateStore, Network, Security, TransportConfig};

use crate::book::{Locality, NodeRecord};
use crate::bootstrap;
use crate::certificates::Certificates;
use crate::clocks::NodeClock;
use crate::command_line::StartOptions;
use crate::commits::Commits;
use crate::data_directory::{
    CERTIFICATES, Claim, DataDirectory, FORMAT, Identity, Joined, Running,
};
use crate::exit::{Code, Exit};
use crate::garbage::Garbage;
use crate::http::{self, NodeStatus, Phase};
use crate::join::{self, Application, Welcome};
use crate::local_cluster::{LocalCluster, Opening};
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
    if options.end_with_parent {
        let signal = Some(rustix::process::Signal::TERM);
        rustix::process::set_parent_process_death_signal(signal)
            .map_err(|error| Exit::failure(format!("--end-with-parent: {error}")))?;
    }
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
    let addresses = [&nodes, &sql, &admin].map(|listener| advertised(&options, listener));
    let [node_addr, sql_public, http_public] = addresses;
    let application = Application {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        secure: !options.insecure,
        node: None,
        node_addr: node_addr?,
        sql_addr: sql_public?,
        http_addr: http_public?,
        locality: options.locality.clone().unwrap_or_default(),
    };
    let node_clock = NodeClock::open(options.max_clock_offset, &application.node_addr)?;
    let (mut directory, welcome) = enter(&options, &application).await?;
    let prometheus = install_metrics()?;
    let sql_addr = address_of(&sql)?;
    let http_addr = address_of(&admin)?;
    let certificates = match options.insecure {
        true => None,
        false => {
            let host = sql_addr.ip().to_string();
            let folder = certificate_folder(&options);
            Some(Certificates::ensure(&folder, &host, directory.identity.node_id)?)
        }
    };
    let security = security(&options)?;
    let tls = match &certificates {
        None => None,
        Some(certificates) => Some(TlsIdentity {
            server: certificates.server_config()?,
            certificate_pem: certificates.certificate_pem()?,
        }),
    };
    if let Security::Tls(store) = &security {
        tokio::spawn(reload_certificates(store.clone(), signals(SignalKind::hangup())?));
    }
    let services = transport::Services::default();
    let cluster_id = *directory.identity.cluster_id.as_bytes();
    let node_id = u64::from(directory.identity.node_id);
    let transport = TransportConfig {
        detours: options.reach.iter().cloned().collect(),
        ..TransportConfig::new(cluster_id, node_id, security.clone())
    };
    let network = Network::start(transport, nodes, services.clone())
        .map_err(|error| Exit::failure(error.to_string()))?;
    let disk = DiskOptions {
        cache_bytes: options.cache,
        reserve_bytes: options.disk_reserve / 2,
        ..DiskOptions::default()
    };
    if let Some((member, welcome)) = welcome {
        for record in &welcome.nodes {
            network.set_address(u64::from(record.node), record.node_addr.clone());
        }
        join::begin_anew(&directory)?;
        join::take_copy(&network, member, &directory.file("storage"), &disk).await?;
        directory.note_joined(Joined::Wholly)?;
    }
    let cluster = LocalCluster::open(Opening {
        directory: &directory.path,
        identity: &directory.identity,
        files: Arc::new(SystemFiles),
        disk,
        row_cache: RowCacheOptions {
            bytes: usize::try_from(options.row_cache).unwrap_or(usize::MAX),
            ..RowCacheOptions::default()
        },
        network,
        services,
        clock: node_clock.clock.clone(),
        node_addr: application.node_addr.clone(),
    })
    .await?;
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
        book: cluster.book.clone(),
        journals: cluster.journals.clone(),
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
    let services = make_services(&options, &directory, &cluster, &registry, &garbage, &space)?;
    tokio::select! {
        ready = cluster.become_ready() => ready?,
        exit = node_clock.failed() => return Err(exit),
        ended = wait_for_end(&cluster) => {
            // Stopped before it was ready: there is nothing to drain.
            ended?;
            cluster.shutdown().await;
            return Ok(());
        }
    }
    let password = match directory.identity.joined {
        None => bootstrap::ensure(&services, &directory).await?,
        Some(_) => None,
    };
    enter_book(&cluster, &services, &directory, application).await?;
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
        authority: options
            .certs_dir
            .as_ref()
            .and_then(|folder| std::fs::canonicalize(folder.join("ca.crt")).ok()),
    })?;
    status.set_phase(Phase::Serving);
    announce(&options, &directory, &status, password.as_deref(), begun.elapsed());
    let ended = tokio::select! {
        ended = wait_for_end(&cluster) => ended,
        exit = node_clock.failed() => Err(exit),
    };
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

/// The address that others are told: the one listened on, or the same port of `--advertise-host`.
fn advertised(options: &StartOptions, listener: &TcpListener) -> Result<String, Exit> {
    let address = address_of(listener)?;
    Ok(match &options.advertise_host {
        Some(host) => format!("{host}:{}", address.port()),
        None => address.to_string(),
    })
}

fn certificate_folder(options: &StartOptions) -> std::path::PathBuf {
    let own = || options.data_dir.join(CERTIFICATES);
    options.certs_dir.clone().unwrap_or_else(own)
}

fn security(options: &StartOptions) -> Result<Security, Exit> {
    if options.insecure {
        return Ok(Security::Insecure);
    }
    let files = CertificateFiles::of_directory(&certificate_folder(options));
    let store = CertificateStore::open(files).map_err(|error| {
        Exit::new(
            Code::Usage,
            format!("{error}; a node that joins needs certificates: see quorate cert --help"),
        )
    })?;
    Ok(Security::Tls(store))
}

/// Opens the data directory: one that is there, that of a new cluster, or that of a node that another one lets in.
async fn enter(
    options: &StartOptions,
    application: &Application,
) -> Result<(DataDirectory, Option<(u64, Welcome)>), Exit> {
    let claim = Claim::take(&options.data_dir)?;
    let known = claim.identity()?;
    let halfway = known.as_ref().filter(|identity| identity.joined == Some(Joined::Halfway));
    if options.join.is_empty() && halfway.is_some() {
        return Err(Exit::new(
            Code::Usage,
            format!("{} has joined half-way; start it with --join", options.data_dir.display()),
        ));
    }
    let is_new = known.is_none();
    let open = |claim: Claim| {
        let (adjudicators, secure) = (options.adjudicators, !options.insecure);
        claim.open(adjudicators, secure, || Identity::found(adjudicators, secure))
    };
    if options.join.is_empty() || !(is_new || halfway.is_some()) {
        return Ok((open(claim)?, None));
    }
    let security = security(options)?;
    let mut application = application.clone();
    application.node = match &security {
        Security::Insecure => halfway.map(|identity| identity.node_id),
        Security::Tls(store) => match store.node().and_then(|node| u32::try_from(node).ok()) {
            Some(node) => Some(node),
            None => {
                let message =
                    "the certificate is no node's: make one with quorate cert create-node";
                return Err(Exit::new(Code::Usage, message));
            }
        },
    };
    let founded = || is_new && !matches!(claim.identity(), Ok(None));
    let Some((member, welcome)) =
        join::ask(&options.join, &application, &security, founded).await?
    else {
        return Ok((open(claim)?, None));
    };
    if let Some(halfway) = halfway.filter(|halfway| halfway.cluster_id != welcome.cluster_id) {
        return Err(Exit::new(
            Code::DataDirectory,
            format!(
                "{} belongs to cluster {}, the nodes of --join to {}",
                options.data_dir.display(),
                halfway.cluster_id,
                welcome.cluster_id
            ),
        ));
    }
    let identity = Identity {
        cluster_id: welcome.cluster_id,
        node_id: welcome.node,
        joined: Some(Joined::Halfway),
        ..Identity::found(Some(welcome.adjudicators), !options.insecure)
    };
    let directory = claim.open(options.adjudicators, !options.insecure, || identity)?;
    Ok((directory, Some((member, welcome))))
}

/// Lets others join through this node, and corrects its own entry in the address book.
async fn enter_book(
    cluster: &LocalCluster,
    services: &Arc<Services>,
    directory: &DataDirectory,
    application: Application,
) -> Result<(), Exit> {
    let node = directory.identity.node_id;
    let known = cluster.book.get(node);
    // Where it stands is kept unless it is said again.
    let locality = match (&known, application.locality == Locality::default()) {
        (Some(known), true) => known.locality.clone(),
        _ => application.locality,
    };
    let record = NodeRecord {
        node,
        node_addr: application.node_addr,
        sql_addr: application.sql_addr,
        http_addr: application.http_addr,
        locality,
        version: application.version,
    };
    // Set once, here.
    let _ = cluster.member.commits.set(services.commit.clone());
    if known.as_ref() == Some(&record) {
        return Ok(());
    }
    let written = services.run_small(|_| Ok((vec![record.write()], ()))).await;
    written.map_err(|error| Exit::failure(format!("the address book: {}", error.message())))
}

fn make_services(
    options: &StartOptions,
    directory: &DataDirectory,
    cluster: &LocalCluster,
    registry: &Arc<CancelRegistry>,
    garbage: &Arc<Garbage>,
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
        book: cluster.book.clone(),
        journals: cluster.journals.clone(),
        adjudicators: directory.identity.adjudicators,
    };
    let commits = Commits {
        adjudicators: cluster.adjudicators.clone(),
        storage: cluster.storage.clone(),
        clock: cluster.clock.clone(),
        space: space.clone(),
        book: cluster.book.clone(),
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
    query_processor::automatic_analyze::start(services);
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

fn signals(kind: SignalKind) -> Result<Signal, Exit> {
    signal(kind).map_err(|error| Exit::failure(format!("signals: {error}")))
}

/// Takes new certificates for the connections between nodes at each SIGHUP.
async fn reload_certificates(store: Arc<CertificateStore>, mut hangups: Signal) {
    while hangups.recv().await.is_some() {
        match store.reload() {
            Ok(()) => tracing::warn!("the certificates for other nodes are read again"),
            Err(error) => tracing::error!(%error, "the old certificates stay in use"),
        }
    }
}

/// Waits for a signal (answers with those that may come next) or a failure.
async fn wait_for_end(cluster: &LocalCluster) -> Result<Stops, Exit> {
    let mut stops = Stops {
        terminate: signals(SignalKind::terminate())?,
        interrupt: signals(SignalKind::interrupt())?,
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
    let authority = certificate_folder(options).join("ca.crt");
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
            "password_file": (status.secure && directory.identity.joined.is_none())
                .then(|| directory.file(bootstrap::PASSWORD_FILE)),
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
        (true, None) if directory.identity.joined.is_some() => {
            println!("password   that of the cluster");
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
