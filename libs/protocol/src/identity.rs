//! Identifiers shared by all roles.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A transaction's identity: chosen by the query processor, unique for ever, the key of deduplication and of outcome
/// look-ups.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TransactionId(pub Uuid);

impl fmt::Display for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

numbered!(
    /// One adjudicator's range of keys.
    ShardId
);
numbered!(
    /// One journal. The adjudicator of shard `n` leads journal `n`; journal 0 also records which journals exist.
    JournalId
);
numbered!(
    /// A relation that owns keys: the first four bytes of each of its keys.
    TableId
);
numbered!(
    /// A node of the cluster; stable over restarts and changes of address.
    NodeId
);
