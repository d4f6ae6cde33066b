//! Bounds and durations of one adjudicator, and the switch by which tests break it on purpose.

/// Transactions may be this old (DESIGN 8): 5 minutes.
pub const TRANSACTION_AGE_NANOS: u64 = 5 * 60 * 1_000_000_000;
/// Conflicts are remembered a little longer than anybody can ask for them.
pub const MEMORY_AGE_NANOS: u64 = TRANSACTION_AGE_NANOS + 60 * 1_000_000_000;
/// How far a ceiling is raised above what is needed: 1 second.
pub const STRIDE_NANOS: u64 = 1_000_000_000;
/// A vote is given only when the ceiling leaves at least this much time to decide.
pub const MINIMUM_ROOM_NANOS: u64 = STRIDE_NANOS / 4;
/// Timestamps further than this ahead of the clock are refused.
pub const MAX_AHEAD_NANOS: u64 = 5 * 1_000_000_000;
/// How long an unanswered vote is kept for the journal to settle before it is recorded as written.
pub const ASSUMED_KEEP_NANOS: u64 = 10 * 1_000_000_000;

const _: () = assert!(MINIMUM_ROOM_NANOS < STRIDE_NANOS);
const _: () = assert!(MEMORY_AGE_NANOS > TRANSACTION_AGE_NANOS);

/// What one adjudicator may use.
#[derive(Clone, Debug)]
pub struct Config {
    pub stride_nanos: u64,
    pub minimum_room_nanos: u64,
    /// How far commits lie in the future so that promises arrive before readers need them (DESIGN 3).
    pub lead_nanos: u64,
    pub max_ahead_nanos: u64,
    pub memory_age_nanos: u64,
    pub assumed_keep_nanos: u64,
    /// Keys in the conflict memory.
    pub max_keys: usize,
    /// Ends of transactions that are remembered.
    pub max_outcomes: usize,
    /// Tables whose definitions' and rows' last changes are remembered.
    pub max_tables: usize,
    /// Transactions that this shard has voted for and that are undecided or assumed written.
    pub max_prepared: usize,
    /// Transactions that wait for a fence or for the ceiling.
    pub max_waiting: usize,
    /// Transactions for which votes came before their prepare.
    pub max_early_votes: usize,
    /// Entries on their way to the journal. While there are so many, decided transactions gather in the next entry.
    pub max_in_flight: usize,
    pub max_batch_transactions: usize,
    pub max_batch_bytes: usize,
    /// Requests for promises that wait.
    pub max_bumps: usize,
    /// Makes the places of keys in the hash table unpredictable.
    pub hash_seed: u64,
    #[cfg(feature = "mutations")]
    pub mutation: Option<Mutation>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            stride_nanos: STRIDE_NANOS,
            minimum_room_nanos: MINIMUM_ROOM_NANOS,
            lead_nanos: 0,
            max_ahead_nanos: MAX_AHEAD_NANOS,
            memory_age_nanos: MEMORY_AGE_NANOS,
            assumed_keep_nanos: ASSUMED_KEEP_NANOS,
            max_keys: 1 << 20,
            max_outcomes: 1 << 20,
            max_tables: 1 << 16,
            max_prepared: 4_096,
            max_waiting: 4_096,
            max_early_votes: 4_096,
            max_in_flight: 8,
            max_batch_transactions: 1_024,
            max_batch_bytes: 8 << 20,
            max_bumps: 1_024,
            hash_seed: 0x51_7C_C1_B7_27_22_0A_95,
            #[cfg(feature = "mutations")]
            mutation: None,
        }
    }
}

impl Config {
    #[cfg(feature = "mutations")]
    pub(crate) fn broken(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    #[cfg(not(feature = "mutations"))]
    #[inline(always)]
    pub(crate) fn broken(&self, _mutation: Mutation) -> bool {
        false
    }
}

/// A rule of the protocol that a test leaves out, to see that a checker notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutation {
    /// Votes without holding the keys.
    DropFence,
    /// A new leader accepts every `tau_start` and starts at time zero.
    ForgetFloor,
    /// Commits above what the votes are good for.
    IgnoreTauMax,
    /// Tells the client before the append is durable.
    AcknowledgeBeforeDurable,
    /// Takes a vote without a go-ahead for an abandoned transaction.
    TrustLostGoAhead,
    /// Issues the last timestamp again.
    ReuseTimestamp,
    /// Does not look whether a written key was written.
    SkipWriteCheck,
    /// Promises without a durable ceiling.
    PromiseAboveCeiling,
    /// Promises although entries at or below the promise are on their way.
    PromiseOverInFlight,
    /// Forgets which transactions it has decided.
    ForgetOutcomes,
    /// Tells participants that a transaction is off although a predecessor may have committed it.
    AbandonWithoutAuthority,
}
