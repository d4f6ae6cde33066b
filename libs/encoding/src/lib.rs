//! Order-preserving keys and compact rows.
