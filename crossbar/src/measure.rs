//! Metrics of the crossbar.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// Handles are looked up once: the driver counts in its inner loop.
pub struct Measure {
    pub deliveries: Counter,
    pub transactions: Counter,
    pub bumps: Counter,
    pub bump_failures: Counter,
    pub retries: Counter,
    pub backlog_bytes: Gauge,
    pub watermark_seconds: Gauge,
    pub waiters: Gauge,
}

impl Measure {
    pub fn new() -> Measure {
        describe_counter!("quorate_crossbar_deliveries_total", "Batches handed to subscribers");
        describe_counter!("quorate_crossbar_transactions_total", "Transactions handed on");
        describe_counter!("quorate_crossbar_bumps_total", "Promises asked for");
        describe_counter!("quorate_crossbar_bump_failures_total", "Promises refused");
        describe_counter!("quorate_crossbar_apply_retries_total", "Deliveries offered again");
        describe_gauge!("quorate_crossbar_backlog_bytes", "Delivered but not handed on");
        describe_gauge!("quorate_crossbar_watermark_seconds", "Delivery is complete up to here");
        describe_gauge!("quorate_crossbar_waiters", "Readers that wait for the watermark");
        Measure {
            deliveries: counter!("quorate_crossbar_deliveries_total"),
            transactions: counter!("quorate_crossbar_transactions_total"),
            bumps: counter!("quorate_crossbar_bumps_total"),
            bump_failures: counter!("quorate_crossbar_bump_failures_total"),
            retries: counter!("quorate_crossbar_apply_retries_total"),
            backlog_bytes: gauge!("quorate_crossbar_backlog_bytes"),
            watermark_seconds: gauge!("quorate_crossbar_watermark_seconds"),
            waiters: gauge!("quorate_crossbar_waiters"),
        }
    }
}
