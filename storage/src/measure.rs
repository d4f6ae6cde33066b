//! Metrics of storage.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// Handles, looked up once.
pub struct Measure {
    pub applied_transactions: Counter,
    pub written_bytes: Counter,
    pub read_bytes: Counter,
    pub collected_versions: Counter,
    pub refused_writes: Counter,
    pub persists: Counter,
    pub size_bytes: Gauge,
    pub watermark_seconds: Gauge,
    pub horizon_seconds: Gauge,
    pub holds: Gauge,
}

impl Measure {
    pub fn new() -> Measure {
        describe_counter!("quorate_storage_applied_transactions_total", "Transactions applied");
        describe_counter!("quorate_storage_written_bytes_total", "Bytes given to the engine");
        describe_counter!("quorate_storage_read_bytes_total", "Bytes of rows read");
        describe_counter!("quorate_storage_collected_versions_total", "Old versions collected");
        describe_counter!("quorate_storage_refused_writes_total", "Batches a full disk refused");
        describe_counter!("quorate_storage_persists_total", "Times storage was made durable");
        describe_gauge!("quorate_storage_size_bytes", "Bytes in use");
        describe_gauge!("quorate_storage_watermark_seconds", "Everything up to here is applied");
        describe_gauge!("quorate_storage_horizon_seconds", "Reads below this are refused");
        describe_gauge!("quorate_storage_holds", "Snapshots kept from collection");
        Measure {
            applied_transactions: counter!("quorate_storage_applied_transactions_total"),
            written_bytes: counter!("quorate_storage_written_bytes_total"),
            read_bytes: counter!("quorate_storage_read_bytes_total"),
            collected_versions: counter!("quorate_storage_collected_versions_total"),
            refused_writes: counter!("quorate_storage_refused_writes_total"),
            persists: counter!("quorate_storage_persists_total"),
            size_bytes: gauge!("quorate_storage_size_bytes"),
            watermark_seconds: gauge!("quorate_storage_watermark_seconds"),
            horizon_seconds: gauge!("quorate_storage_horizon_seconds"),
            holds: gauge!("quorate_storage_holds"),
        }
    }
}
