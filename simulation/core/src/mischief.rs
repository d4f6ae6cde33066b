//! Places where something legal and rare may happen: each is switched on in some runs only, and fires seldom.
//!
//! Rates of ordinary faults are drawn for a whole run ([`crate::plan`]). What never happens at such rates is that all nodes
//! crash at one instant, or that a leader dies between the moment its entry is durable and the moment it hears of it. These
//! places make it happen. They draw from a stream of their own.

use crate::random::Random;

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    MessageHeld,
    DiskStalls,
    FlushLate,
    DurableAndDead,
    AllCrash,
    AllElect,
    NodeAlone,
}

impl Site {
    pub const ALL: [Site; 7] = [
        Site::MessageHeld,
        Site::DiskStalls,
        Site::FlushLate,
        Site::DurableAndDead,
        Site::AllCrash,
        Site::AllElect,
        Site::NodeAlone,
    ];

    /// As it stands among the marks.
    pub fn name(self) -> &'static str {
        match self {
            Site::MessageHeld => "buggify: a message is held for seconds",
            Site::DiskStalls => "buggify: a disk stalls",
            Site::FlushLate => "buggify: a batch waits long",
            Site::DurableAndDead => "buggify: a leader dies as its entry is durable",
            Site::AllCrash => "buggify: all nodes crash at once",
            Site::AllElect => "buggify: all leaders change at once",
            Site::NodeAlone => "buggify: a node is cut off",
        }
    }

    /// How often it fires where it is on, in thousandths of its chances.
    fn per_mille(self) -> u64 {
        match self {
            Site::MessageHeld | Site::DurableAndDead => 10,
            Site::DiskStalls | Site::FlushLate => 30,
            // Once every five milliseconds is a chance.
            Site::AllCrash | Site::AllElect | Site::NodeAlone => 2,
        }
    }
}

/// Which places are on, and when they fire.
#[derive(Clone, Debug)]
pub(crate) struct Mischief {
    random: Random,
    on: [bool; Site::ALL.len()],
}

impl Mischief {
    /// Each place is on in one run of four.
    pub fn new(seed: u64) -> Mischief {
        let mut random = Random::new(seed ^ 0x6D69_7363_6869_6566);
        let on = Site::ALL.map(|_| random.per_mille(250));
        Mischief { random, on }
    }

    pub fn fires(&mut self, site: Site) -> bool {
        self.on[site as usize] && self.random.per_mille(site.per_mille())
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.random.below(end)
    }
}
