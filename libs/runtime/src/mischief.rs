//! Places where something legal and rare may happen, and marks of what a simulation should reach.
//!
//! A batch of one, a connection that breaks, a promise that is refused: all of it may happen at any time, and none of it
//! happens often enough to be met together with something else. A simulation makes it happen: code asks at such a
//! place whether it [`fires`], and says when it has [`reached`] something. Whoever simulates decides
//! ([`install`]), from its seed. Without the feature `mischief` nothing can be installed, every place costs nothing, and
//! a release build of the program refuses the feature ([`POSSIBLE`]).

/// Whether this build can be made to misbehave.
pub const POSSIBLE: bool = cfg!(feature = "mischief");

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// The log writes one request and leaves the others for the next batch.
    LogBatchOfOne,
    /// The log goes on in the next segment although this one has room.
    LogSegmentCut,
    /// The log has no room for an entry.
    LogNoRoom,
    /// A connection between nodes breaks with something to be written.
    LinkBreaks,
    /// An adjudicator has too much to do to promise.
    PromiseRefused,
    /// An outcome is told late.
    OutcomeLate,
    /// A leadership is asked for again.
    LeadAgain,
    /// A delivery is offered again later.
    DeliveryLate,
    /// Storage takes a delivery in one more part.
    DeliverySplit,
}

impl Site {
    pub const ALL: [Site; 9] = [
        Site::LogBatchOfOne,
        Site::LogSegmentCut,
        Site::LogNoRoom,
        Site::LinkBreaks,
        Site::PromiseRefused,
        Site::OutcomeLate,
        Site::LeadAgain,
        Site::DeliveryLate,
        Site::DeliverySplit,
    ];

    /// As it stands among what was reached.
    pub fn name(self) -> &'static str {
        match self {
            Site::LogBatchOfOne => "buggify: log: a batch of one",
            Site::LogSegmentCut => "buggify: log: a segment ends early",
            Site::LogNoRoom => "buggify: log: no room",
            Site::LinkBreaks => "buggify: transport: a connection breaks",
            Site::PromiseRefused => "buggify: adjudicator: a promise is refused",
            Site::OutcomeLate => "buggify: adjudicator: an outcome is late",
            Site::LeadAgain => "buggify: adjudicator: asks twice to lead",
            Site::DeliveryLate => "buggify: crossbar: a delivery is late",
            Site::DeliverySplit => "buggify: storage: a delivery is split",
        }
    }
}

/// Something that a campaign should have reached; otherwise its silence says nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    LogSegmentStarted,
    LogSegmentRemoved,
    LogTailCut,
    LogFull,
    PeerSilent,
    LinkBroken,
    CommitWaits,
    PromiseRefused,
    DeliveryInParts,
    VersionsCollected,
}

impl Mark {
    pub const ALL: [Mark; 10] = [
        Mark::LogSegmentStarted,
        Mark::LogSegmentRemoved,
        Mark::LogTailCut,
        Mark::LogFull,
        Mark::PeerSilent,
        Mark::LinkBroken,
        Mark::CommitWaits,
        Mark::PromiseRefused,
        Mark::DeliveryInParts,
        Mark::VersionsCollected,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Mark::LogSegmentStarted => "log: a segment was started",
            Mark::LogSegmentRemoved => "log: a segment was given back",
            Mark::LogTailCut => "log: an unfinished end was cut",
            Mark::LogFull => "log: an entry found no room",
            Mark::PeerSilent => "transport: a peer fell silent",
            Mark::LinkBroken => "transport: a connection broke",
            Mark::CommitWaits => "adjudicator: a commit waited for its time",
            Mark::PromiseRefused => "crossbar: a promise was refused",
            Mark::DeliveryInParts => "storage: a delivery was taken in parts",
            Mark::VersionsCollected => "storage: versions were collected",
        }
    }
}

/// Who decides, and hears what was reached. Called from any thread, often, and never for long.
#[cfg(feature = "mischief")]
pub trait Mischief: Send + Sync {
    fn fires(&self, site: Site) -> bool;
    fn reached(&self, mark: Mark);
}

#[cfg(feature = "mischief")]
static INSTALLED: std::sync::OnceLock<Box<dyn Mischief>> = std::sync::OnceLock::new();

/// For the rest of the process; `false` if somebody was installed before.
#[cfg(feature = "mischief")]
pub fn install(mischief: Box<dyn Mischief>) -> bool {
    INSTALLED.set(mischief).is_ok()
}

/// Whether it happens here and now.
#[cfg(feature = "mischief")]
pub fn fires(site: Site) -> bool {
    INSTALLED.get().is_some_and(|mischief| mischief.fires(site))
}

/// It has happened.
#[cfg(feature = "mischief")]
pub fn reached(mark: Mark) {
    if let Some(mischief) = INSTALLED.get() {
        mischief.reached(mark);
    }
}

/// Whether it happens here and now: never in this build.
#[cfg(not(feature = "mischief"))]
#[inline(always)]
pub fn fires(_: Site) -> bool {
    false
}

/// It has happened; nobody hears of it in this build.
#[cfg(not(feature = "mischief"))]
#[inline(always)]
pub fn reached(_: Mark) {}
