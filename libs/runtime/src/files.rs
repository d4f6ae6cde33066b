//! Files behind a trait; see the journal for its user.
