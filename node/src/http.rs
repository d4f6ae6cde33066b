//! The admin listener: health, readiness, status document and metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use journal::Node as Journals;
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::storage::ReadStorage;
use serde::{Deserialize, Serialize};
use storage::{Condition, Storage};

use crate::book::Book;

/// Where the node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    Starting = 0,
    Serving = 1,
    Draining = 2,
}

/// What the admin listener shows.
pub struct NodeStatus {
    pub phase: AtomicU8,
    pub started: Instant,
    pub cluster_id: String,
    pub node_id: u32,
    pub adjudicators: u32,
    pub secure: bool,
    pub sql_addr: String,
    pub http_addr: String,
    pub data_dir: String,
    pub book: Arc<Book>,
    pub journals: Arc<Journals>,
    pub storage: Arc<Storage>,
    pub space: Arc<crate::space::SpaceGuard>,
    pub sessions: Box<dyn Fn() -> usize + Send + Sync>,
    pub now_nanos: Box<dyn Fn() -> u64 + Send + Sync>,
    pub prometheus: PrometheusHandle,
    pub process: metrics_process::Collector,
}

/// The status document; grows, but does not change what is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusDocument {
    pub state: String,
    pub version: String,
    pub cluster_id: String,
    pub node_id: u32,
    pub pid: u32,
    pub uptime_seconds: u64,
    pub adjudicators: u32,
    pub secure: bool,
    pub sql_addr: String,
    pub http_addr: String,
    pub data_dir: String,
    pub sessions: usize,
    pub storage: StorageStatus,
    pub fault_tolerance: FaultTolerance,
    /// The cluster's nodes as this one knows them.
    pub nodes: Vec<NodeEntry>,
    pub journals: Vec<JournalEntry>,
    pub messages: Vec<String>,
}

/// One node of the address book.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeEntry {
    pub node_id: u32,
    /// `ready`: it is this one; `reachable` or `unreachable`: as far as this one has tried.
    pub state: String,
    pub node_addr: String,
    pub sql_addr: String,
    pub http_addr: String,
    pub locality: String,
    pub version: String,
    /// Journals that it leads.
    pub leads: Vec<u32>,
    /// Why it cannot be reached.
    pub problem: Option<String>,
}

/// One journal as this node sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JournalEntry {
    pub journal: u32,
    pub leader: Option<u64>,
    pub term: u64,
    pub voters: Vec<u64>,
    pub learners: Vec<u64>,
    /// Entries that members lack, known to the leader.
    pub lacks: Vec<(u64, u64)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StorageStatus {
    pub condition: String,
    pub size_bytes: u64,
    /// Nanoseconds since the Unix epoch.
    pub watermark: u64,
}

/// How much may fail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaultTolerance {
    pub max_node_failures_without_losing_availability: u32,
    pub max_node_failures_without_losing_data: u32,
}

impl NodeStatus {
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            0 => Phase::Starting,
            1 => Phase::Serving,
            _ => Phase::Draining,
        }
    }

    pub fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    fn condition(&self) -> String {
        if self.space.is_full() {
            return "full".to_owned();
        }
        match self.storage.condition() {
            Condition::Healthy => "healthy".to_owned(),
            Condition::Full { .. } => "full".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    /// Why the node is not ready; `None` if it is.
    fn not_ready(&self) -> Option<String> {
        match self.phase() {
            Phase::Starting => Some("starting".to_owned()),
            Phase::Draining => Some("draining".to_owned()),
            Phase::Serving => None,
        }
    }

    fn journal_entries(&self) -> Vec<JournalEntry> {
        let entry = |journal: u32| {
            let status = self.journals.status(protocol::JournalId(journal)).ok()?;
            let members = |votes: bool| {
                let those = status.members.iter().filter(move |member| member.votes == votes);
                those.map(|member| member.node).collect()
            };
            let lacks = status.members.iter().filter_map(|member| {
                let lacks = member.lacks.filter(|lacks| *lacks > 0)?;
                Some((member.node, lacks))
            });
            Some(JournalEntry {
                journal,
                leader: status.leader,
                term: status.term,
                voters: members(true),
                learners: members(false),
                lacks: lacks.collect(),
            })
        };
        (0..self.adjudicators).filter_map(entry).collect()
    }

    fn node_entries(&self, journals: &[JournalEntry]) -> Vec<NodeEntry> {
        let entries = self.book.nodes().into_iter().map(|record| {
            let led = journals.iter().filter(|one| one.leader == Some(u64::from(record.node)));
            let leads = led.map(|one| one.journal).collect();
            let problem = self.book.problem(record.node);
            let state = match (record.node == self.node_id, &problem) {
                (true, _) => "ready",
                (false, None) => "reachable",
                (false, Some(_)) => "unreachable",
            };
            NodeEntry {
                node_id: record.node,
                state: state.to_owned(),
                node_addr: record.node_addr,
                sql_addr: record.sql_addr,
                http_addr: record.http_addr,
                locality: record.locality.to_string(),
                version: record.version,
                leads,
                problem,
            }
        });
        entries.collect()
    }

    pub fn document(&self) -> StatusDocument {
        let condition = self.condition();
        let mut messages = Vec::new();
        let journals = self.journal_entries();
        let leaderless = journals.iter().filter(|journal| journal.leader.is_none()).count();
        if leaderless > 0 {
            messages.push(format!(
                "{leaderless} journals have no leader: a majority of their voters must run."
            ));
        }
        // What all journals survive: less than half of the voters.
        let spare = |journal: &JournalEntry| (journal.voters.len().max(1) as u32 - 1) / 2;
        let failures = journals.iter().map(spare).min().unwrap_or(0);
        if condition == "full" {
            messages.push("The disk is full: writes are refused until there is space.".to_owned());
        }
        StatusDocument {
            state: self.not_ready().unwrap_or_else(|| "ready".to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cluster_id: self.cluster_id.clone(),
            node_id: self.node_id,
            pid: std::process::id(),
            uptime_seconds: self.started.elapsed().as_secs(),
            adjudicators: self.adjudicators,
            secure: self.secure,
            sql_addr: self.sql_addr.clone(),
            http_addr: self.http_addr.clone(),
            data_dir: self.data_dir.clone(),
            sessions: (self.sessions)(),
            storage: StorageStatus {
                condition,
                size_bytes: self.storage.approximate_bytes(),
                watermark: self.storage.watermark().0,
            },
            fault_tolerance: FaultTolerance {
                max_node_failures_without_losing_availability: failures,
                max_node_failures_without_losing_data: failures,
            },
            nodes: self.node_entries(&journals),
            journals,
            messages,
        }
    }
}

/// The routes of the admin listener.
pub fn router(status: Arc<NodeStatus>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .route("/api/v1/status", get(status_document))
        .with_state(status)
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(status): State<Arc<NodeStatus>>) -> Response {
    match status.not_ready() {
        None => "ready\n".into_response(),
        Some(reason) => {
            let body = serde_json::json!({ "ready": false, "reason": reason });
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response()
        }
    }
}

async fn status_document(State(status): State<Arc<NodeStatus>>) -> Response {
    axum::Json(status.document()).into_response()
}

async fn metrics_text(State(status): State<Arc<NodeStatus>>) -> Response {
    status.process.collect();
    metrics::gauge!("quorate_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let document = status.document();
    let reachable = document.nodes.iter().filter(|node| node.state != "unreachable").count();
    let led = document.journals.iter().filter(|one| one.leader == Some(status.node_id.into()));
    let leaderless = document.journals.iter().filter(|one| one.leader.is_none());
    metrics::gauge!("quorate_cluster_nodes").set(document.nodes.len() as f64);
    metrics::gauge!("quorate_cluster_nodes_reachable").set(reachable as f64);
    metrics::gauge!("quorate_journals_led").set(led.count() as f64);
    metrics::gauge!("quorate_journals_leaderless").set(leaderless.count() as f64);
    metrics::gauge!("quorate_storage_size_bytes").set(status.storage.approximate_bytes() as f64);
    let lag = (status.now_nanos)().saturating_sub(status.storage.watermark().0);
    metrics::gauge!("quorate_storage_watermark_lag_seconds").set(lag as f64 / 1e9);
    status.prometheus.run_upkeep();
    let head = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (head, status.prometheus.render()).into_response()
}
