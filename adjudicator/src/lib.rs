//! Decides whether and when a transaction commits, for a range of keys.
