//! The query processor: executes sessions.
//!
//! It holds no durable state. A session arrives from the gateway with its socket and its [`session::SessionState`],
//! its statements are parsed, planned and executed over storage as of the transaction's snapshot, its writes stay in
//! memory until COMMIT hands them to the adjudicators, and at any transaction boundary it can be given back.
//!
//! ```text
//! connection ──▶ session ──▶ block (BEGIN … COMMIT, savepoints)
//!  messages       portals      │
//!    │                         ▼
//!    └▶ wire        environment ──▶ transaction ──▶ storage (reads), adjudicators (COMMIT)
//!                    planner, definition, executor
//! ```
//!
//! When a query processor dies, its open transactions never happened; nothing else is lost (S1).

mod acknowledgement;
mod activity;
mod advisory;
mod analyze;
pub mod automatic_analyze;
mod binding;
mod block;
mod buffered_write;
mod client_session;
mod connection;
mod contention;
mod copy;
mod cursors;
mod date_style;
pub mod directory;
mod domains;
mod environment;
mod environment_definition;
mod errors;
mod explain;
mod group_statistics;
mod identifiers;
mod inner;
mod lock_table;
mod notifications;
mod panic_sites;
mod portal;
mod privileges;
pub mod processor;
mod read_set;
pub mod routine_statements;
mod routines;
pub mod scram;
mod search_path;
mod sequences;
pub mod services;
mod session_cell;
pub mod settings;
mod settings_table;
mod simple_query;
mod statement;
mod statistics;
pub mod transaction;
mod triggers;
mod truncation;
mod turns;
mod utility;
mod vector_indexes;
mod wire;
mod work;

pub use directory::CatalogDirectory;
pub use processor::Processor;
pub use services::{NodeView, ProcessorConfig, Services};
pub use settings::Settings;
