//! The admin listener: health, readiness, status document and metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::storage::ReadStorage;
use serde::{Deserialize, Serialize};
use storage::{Condition, Storage};

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
    pub messages: Vec<String>,
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

    pub fn document(&self) -> StatusDocument {
        let condition = self.condition();
        let mut messages = Vec::new();
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
                max_node_failures_without_losing_availability: 0,
                max_node_failures_without_losing_data: 0,
            },
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
    metrics::gauge!("quorate_storage_size_bytes").set(status.storage.approximate_bytes() as f64);
    let lag = (status.now_nanos)().saturating_sub(status.storage.watermark().0);
    metrics::gauge!("quorate_storage_watermark_lag_seconds").set(lag as f64 / 1e9);
    status.prometheus.run_upkeep();
    let head = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (head, status.prometheus.render()).into_response()
}
