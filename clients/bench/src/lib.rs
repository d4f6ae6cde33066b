//! Workloads that measure and verify: kv, bank, tpcb.
