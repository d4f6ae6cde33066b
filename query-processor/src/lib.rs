//! Executes sessions: transactions, the commit coordinator, the connection task.
