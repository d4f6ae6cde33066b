//! Which places of the code misbehave, when, and what was reached: the seed's choice.
//!
//! Each place is on in one run of four, and fires seldom where it is. After the storm none does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use runtime::mischief::{self, Mark, Mischief, Site};
use simulation_core::random::Random;

use crate::plan::Plan;
use crate::trace::Trace;

struct Naughty {
    random: Mutex<Random>,
    on: [bool; Site::ALL.len()],
    is_calm: Arc<AtomicBool>,
    trace: Trace,
}

impl Mischief for Naughty {
    fn fires(&self, site: Site) -> bool {
        let fires = self.on[site as usize]
            && !self.is_calm.load(Ordering::SeqCst)
            && self.random.lock().per_mille(per_mille(site));
        if fires {
            self.trace.mark(site.name());
        }
        fires
    }

    fn reached(&self, mark: Mark) {
        self.trace.mark(mark.name());
    }
}

/// How often a place fires where it is on, in thousandths of its chances.
fn per_mille(site: Site) -> u64 {
    match site {
        Site::LogBatchOfOne | Site::DeliverySplit => 300,
        Site::OutcomeLate | Site::PromiseRefused | Site::DeliveryLate => 50,
        Site::LogSegmentCut | Site::LogNoRoom => 10,
        Site::LeadAgain => 300,
        Site::LinkBreaks => 1,
    }
}

/// For the rest of the process.
pub fn install(plan: &Plan, is_calm: Arc<AtomicBool>, trace: Trace) {
    let mut random = Random::new(plan.seed ^ 0x6D69_7363_6869_6566);
    let may = plan.mix != "calm";
    let on = Site::ALL.map(|_| random.per_mille(250) && may);
    let naughty = Naughty { random: Mutex::new(random), on, is_calm, trace };
    // A second world in one process is a test's, which has no use for it.
    let _ = mischief::install(Box::new(naughty));
}
