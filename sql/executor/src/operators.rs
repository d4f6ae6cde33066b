//! The operators of plans, one topic per file.

pub mod aggregate;
pub mod aggregate_call;
pub mod bitmap;
pub mod distinct;
pub mod functions;
pub mod hash_join;
pub mod index_join;
pub mod key_filter;
pub mod limit;
pub mod merge_join;
pub mod nested_loop;
pub mod parallel_scan;
pub mod partial_aggregate;
pub mod pushed;
pub mod recursive;
pub mod scan;
pub mod set_operation;
pub mod simple;
pub mod sort;
pub mod top_n;
pub mod window;
pub mod window_frame;
