//! What the roles say to each other: timestamps, transactions, votes, journal entries, reads.
