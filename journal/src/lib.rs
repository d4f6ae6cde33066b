//! Replicated, durable record of decided transactions.
