//! Does what the state machine says, with tokio's clock.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use session::{ManagedProcessor, QueryProcessor, Route};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::config::SupervisorConfig;
use crate::supervisor::{Input, Machine, Output, ProcessorId};

/// Makes a query processor that is ready to serve.
pub type Factory = Arc<dyn Fn() -> Arc<dyn ManagedProcessor> + Send + Sync>;

/// Sessions of draining query processors are counted this often at first, and ever more rarely.
const FIRST_COUNT: Duration = Duration::from_millis(20);
const LATER_COUNT: Duration = Duration::from_secs(1);
/// Requests that wait for the loop; more of the same kind would change nothing.
const MAXIMUM_REQUESTS: usize = 16;

struct Shared {
    machine: Machine,
    processors: BTreeMap<ProcessorId, Arc<dyn ManagedProcessor>>,
    started_at: Instant,
    factory: Factory,
}

/// Keeps a fresh query processor in service; the gateway's [`Route`].
pub struct Supervisor {
    shared: Arc<Mutex<Shared>>,
    /// The one that serves; read by every new session, so apart from the lock.
    current: arc_swap::ArcSwap<Arc<dyn ManagedProcessor>>,
    requests: mpsc::Sender<Input>,
    task: Mutex<Option<AbortHandle>>,
}

impl Supervisor {
    /// Starts the first query processor before it returns. Must be called inside a tokio runtime.
    pub fn start(factory: Factory, config: SupervisorConfig) -> Arc<Supervisor> {
        let first = factory();
        let mut machine = Machine::new(config);
        let mut processors = BTreeMap::new();
        for output in machine.step(Duration::ZERO, rand::random(), Input::Tick) {
            if let Output::Start(id) = output {
                processors.insert(id, Arc::clone(&first));
                machine.step(Duration::ZERO, rand::random(), Input::Started(id));
            }
        }
        assert!(machine.serving().is_some(), "the machine asks for a processor at its first step");
        let (requests, inbox) = mpsc::channel(MAXIMUM_REQUESTS);
        let shared = Shared { machine, processors, started_at: Instant::now(), factory };
        let supervisor = Arc::new(Supervisor {
            shared: Arc::new(Mutex::new(shared)),
            current: arc_swap::ArcSwap::from_pointee(first),
            requests,
            task: Mutex::new(None),
        });
        metrics::counter!("quorate_query_processor_starts_total").increment(1);
        let task = tokio::spawn(run(Arc::downgrade(&supervisor), inbox));
        *supervisor.task.lock() = Some(task.abort_handle());
        supervisor
    }

    /// Asks for a fresh query processor now, whatever the age of the one that serves.
    pub fn recycle(&self) {
        // A full inbox holds such a request already.
        let _ = self.requests.try_send(Input::Recycle);
    }

    /// Query processors that were replaced and still have sessions.
    pub fn draining(&self) -> usize {
        self.shared.lock().machine.draining().count()
    }

    /// Tells one input to the machine and does what it answers.
    fn apply(&self, input: Input) {
        let mut shared = self.shared.lock();
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let now = shared.started_at.elapsed();
            for output in shared.machine.step(now, rand::random(), input) {
                self.perform(&mut shared, output, &mut inputs);
            }
        }
        let draining = shared.machine.draining().count();
        metrics::gauge!("quorate_query_processors", "state" => "draining").set(draining as f64);
        metrics::gauge!("quorate_query_processors", "state" => "serving").set(1.0);
    }

    fn perform(&self, shared: &mut Shared, output: Output, inputs: &mut Vec<Input>) {
        tracing::debug!(?output, "query processor");
        match output {
            Output::Start(id) => {
                let factory = Arc::clone(&shared.factory);
                match std::panic::catch_unwind(AssertUnwindSafe(|| factory())) {
                    Ok(processor) => {
                        metrics::counter!("quorate_query_processor_starts_total").increment(1);
                        shared.processors.insert(id, processor);
                        inputs.push(Input::Started(id));
                    }
                    Err(_) => {
                        tracing::error!("a query processor could not be started");
                        inputs.push(Input::StartFailed(id));
                    }
                }
            }
            Output::Route(id) => {
                if let Some(processor) = shared.processors.get(&id) {
                    self.current.store(Arc::new(Arc::clone(processor)));
                }
            }
            Output::Drain(id) => {
                if let Some(processor) = shared.processors.get(&id) {
                    processor.drain();
                }
            }
            Output::Terminate(id) => {
                if let Some(processor) = shared.processors.get(&id) {
                    tracing::warn!(
                        sessions = processor.sessions(),
                        "a query processor did not drain in time"
                    );
                    processor.terminate();
                }
            }
            Output::Retire(id) => {
                shared.processors.remove(&id);
            }
        }
    }

    /// Counts the sessions of draining query processors; whether any still drains.
    fn count_sessions(&self) -> bool {
        let counts: Vec<(ProcessorId, usize)> = {
            let shared = self.shared.lock();
            let count = |id| shared.processors.get(&id).map_or(0, |one| one.sessions());
            shared.machine.draining().map(|id| (id, count(id))).collect()
        };
        for (id, count) in counts {
            self.apply(Input::Sessions(id, count));
        }
        self.draining() > 0
    }
}

impl Route for Supervisor {
    fn current(&self) -> Arc<dyn QueryProcessor> {
        let current: Arc<dyn ManagedProcessor> = Arc::clone(&self.current.load());
        current
    }

    fn crashed(&self, processor: &Arc<dyn QueryProcessor>) {
        metrics::counter!("quorate_query_processor_crashes_total").increment(1);
        let crashed = {
            let shared = self.shared.lock();
            let same = |one: &Arc<dyn ManagedProcessor>| {
                std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(processor))
            };
            shared.processors.iter().find(|(_, one)| same(one)).map(|(id, _)| *id)
        };
        if let Some(id) = crashed {
            // When the inbox is full, the next panic will report it again.
            let _ = self.requests.try_send(Input::Crashed(id));
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }
}

/// Sleeps until the machine's next deadline, a request, or, while query processors drain, the next count.
async fn run(supervisor: Weak<Supervisor>, mut inbox: mpsc::Receiver<Input>) {
    let mut count_after = FIRST_COUNT;
    loop {
        let (deadline, draining) = {
            let Some(supervisor) = supervisor.upgrade() else { return };
            let shared = supervisor.shared.lock();
            let deadline = shared.machine.next_deadline().map(|at| shared.started_at + at);
            (deadline, shared.machine.draining().next().is_some())
        };
        let count_at = draining.then(|| Instant::now() + count_after);
        let wake = deadline.into_iter().chain(count_at).min();
        let sleep = async {
            match wake {
                Some(wake) => tokio::time::sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        let input = tokio::select! {
            request = inbox.recv() => match request {
                Some(input) => input,
                None => return,
            },
            () = sleep => Input::Tick,
        };
        let Some(supervisor) = supervisor.upgrade() else { return };
        supervisor.apply(input);
        count_after = match supervisor.count_sessions() && input == Input::Tick {
            true => (count_after * 2).min(LATER_COUNT),
            false => FIRST_COUNT,
        };
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
