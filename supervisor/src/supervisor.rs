//! The decisions: when to start, route to, drain, terminate and retire query processors.

use std::time::Duration;

use crate::config::{MAXIMUM_DRAINING, SupervisorConfig};

/// Names a query processor; never used twice by one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessorId(pub u64);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing but the passing of time.
    Tick,
    /// The query processor asked for by [`Output::Start`] is ready.
    Started(ProcessorId),
    /// It could not be started.
    StartFailed(ProcessorId),
    /// It failed in a way that says it is broken.
    Crashed(ProcessorId),
    /// How many sessions it serves.
    Sessions(ProcessorId, usize),
    /// Somebody asks for a fresh query processor now.
    Recycle,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Start(ProcessorId),
    /// Sessions go there from now on.
    Route(ProcessorId),
    Drain(ProcessorId),
    Terminate(ProcessorId),
    /// Forget it.
    Retire(ProcessorId),
}

#[derive(Clone, Copy, Debug)]
struct Serving {
    id: ProcessorId,
    /// When it is old enough to be replaced.
    expires: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Draining {
    id: ProcessorId,
    /// When the next harder measure is taken.
    limit: Duration,
    terminated: bool,
}

/// The state machine. Times are since any fixed instant and never go back.
#[derive(Debug)]
pub struct Machine {
    config: SupervisorConfig,
    next_id: u64,
    starting: Option<ProcessorId>,
    serving: Option<Serving>,
    draining: Vec<Draining>,
    /// A replacement is wanted, not before this.
    wanted: Option<Duration>,
    last_crash: Option<Duration>,
    backoff: Duration,
}

impl Machine {
    pub fn new(config: SupervisorConfig) -> Machine {
        Machine {
            config,
            next_id: 1,
            starting: None,
            serving: None,
            draining: Vec::new(),
            wanted: Some(Duration::ZERO),
            last_crash: None,
            backoff: Duration::ZERO,
        }
    }

    /// The query processor that sessions go to.
    pub fn serving(&self) -> Option<ProcessorId> {
        self.serving.map(|serving| serving.id)
    }

    /// Those on their way out.
    pub fn draining(&self) -> impl Iterator<Item = ProcessorId> + '_ {
        self.draining.iter().map(|draining| draining.id)
    }

    /// When `step` must be called next although nothing happens; `None` if never.
    pub fn next_deadline(&self) -> Option<Duration> {
        let expiry = self.serving.map(|serving| serving.expires);
        let replacement = self.wanted.or(expiry);
        // While one starts, or too many drain, there is nothing to be done about age.
        let replacement = replacement.filter(|_| self.starting.is_none() && !self.is_crowded());
        self.draining.iter().map(|draining| draining.limit).chain(replacement).min()
    }

    fn is_crowded(&self) -> bool {
        self.draining.len() >= MAXIMUM_DRAINING
    }

    /// `random`: fresh random bits; used for the jitter alone.
    pub fn step(&mut self, now: Duration, random: u64, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        match input {
            Input::Tick => {}
            Input::Started(id) => self.started(now, random, id, &mut outputs),
            Input::StartFailed(id) => {
                if self.starting == Some(id) {
                    self.starting = None;
                    self.want_after_failure(now);
                }
            }
            Input::Crashed(id) => {
                if self.serving() == Some(id) && self.wanted.is_none() && self.starting.is_none() {
                    self.want_after_failure(now);
                }
            }
            Input::Sessions(id, 0) => {
                if self.draining.iter().any(|draining| draining.id == id) {
                    self.draining.retain(|draining| draining.id != id);
                    outputs.push(Output::Retire(id));
                }
            }
            Input::Sessions(..) => {}
            Input::Recycle => {
                if self.starting.is_none() {
                    self.wanted.get_or_insert(now);
                }
            }
        }
        self.pass_time(now, &mut outputs);
        outputs
    }

    /// Replaces at once, unless failures follow each other closely.
    fn want_after_failure(&mut self, now: Duration) {
        let quiet = self.config.maximum_crash_backoff * 2;
        let again = self.last_crash.is_some_and(|last| now.saturating_sub(last) < quiet);
        self.backoff = match again {
            false => Duration::ZERO,
            true => (self.backoff * 2)
                .clamp(self.config.crash_backoff, self.config.maximum_crash_backoff),
        };
        self.last_crash = Some(now);
        self.wanted = Some(now + self.backoff);
    }

    fn started(&mut self, now: Duration, random: u64, id: ProcessorId, outputs: &mut Vec<Output>) {
        if self.starting != Some(id) {
            return;
        }
        self.starting = None;
        outputs.push(Output::Route(id));
        let expires = now + self.lifetime(random);
        if let Some(old) = self.serving.replace(Serving { id, expires }) {
            outputs.push(Output::Drain(old.id));
            self.draining.push(Draining {
                id: old.id,
                limit: now + self.config.drain_limit,
                terminated: false,
            });
        }
    }

    /// `max_age` ± jitter.
    fn lifetime(&self, random: u64) -> Duration {
        let age = u64::try_from(self.config.max_age.as_nanos()).unwrap_or(u64::MAX / 4);
        let spread = age / 100 * u64::from(self.config.jitter_percent.min(100));
        Duration::from_nanos(age - spread + random % (2 * spread + 1))
    }

    fn pass_time(&mut self, now: Duration, outputs: &mut Vec<Output>) {
        let terminate_limit = self.config.terminate_limit;
        self.draining.retain_mut(|draining| {
            if now < draining.limit {
                return true;
            }
            if draining.terminated {
                outputs.push(Output::Retire(draining.id));
                return false;
            }
            outputs.push(Output::Terminate(draining.id));
            draining.terminated = true;
            draining.limit = now + terminate_limit;
            true
        });
        let due = self.wanted.is_some_and(|wanted| now >= wanted)
            || self.serving.is_some_and(|serving| now >= serving.expires);
        if due && self.starting.is_none() && !self.is_crowded() {
            let id = ProcessorId(self.next_id);
            self.next_id += 1;
            self.wanted = None;
            self.starting = Some(id);
            outputs.push(Output::Start(id));
        }
        assert!(self.draining.len() <= MAXIMUM_DRAINING, "starts are refused while so many drain");
    }
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
