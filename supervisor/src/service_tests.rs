//! The service with query processors that only count.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use protocol::journal::BoxFuture;
use session::{ClientConnection, Greet, Served, SessionHandle, SessionState};

use super::*;

#[derive(Default)]
struct Fake {
    sessions: AtomicUsize,
    drained: AtomicBool,
    terminated: AtomicBool,
}

impl QueryProcessor for Fake {
    fn serve(
        &self,
        _: Box<ClientConnection>,
        _: Box<SessionState>,
        _: SessionHandle,
        _: Greet,
    ) -> BoxFuture<Served> {
        Box::pin(async { Served::Closed })
    }
}

impl ManagedProcessor for Fake {
    fn drain(&self) {
        self.drained.store(true, Ordering::SeqCst);
    }

    fn sessions(&self) -> usize {
        self.sessions.load(Ordering::SeqCst)
    }

    fn terminate(&self) {
        self.terminated.store(true, Ordering::SeqCst);
    }
}

fn start(config: SupervisorConfig) -> (Arc<Supervisor>, Arc<Mutex<Vec<Arc<Fake>>>>) {
    let made: Arc<Mutex<Vec<Arc<Fake>>>> = Arc::default();
    let inside = Arc::clone(&made);
    let factory: Factory = Arc::new(move || {
        let fake = Arc::new(Fake::default());
        inside.lock().push(Arc::clone(&fake));
        fake
    });
    (Supervisor::start(factory, config), made)
}

#[tokio::test(start_paused = true)]
async fn an_idle_supervisor_recycles_once_an_hour_and_otherwise_sleeps() {
    let (supervisor, made) = start(SupervisorConfig::default());
    tokio::time::sleep(Duration::from_secs(53 * 60)).await;
    assert_eq!(made.lock().len(), 1);
    tokio::time::sleep(Duration::from_secs(14 * 60)).await;
    assert_eq!(made.lock().len(), 2);
    assert!(made.lock()[0].drained.load(Ordering::SeqCst));
    assert_eq!(supervisor.draining(), 0, "it had no session and was retired");
    assert!(std::ptr::addr_eq(Arc::as_ptr(&supervisor.current()), Arc::as_ptr(&made.lock()[1])));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_stays_is_terminated_at_the_limit() {
    let (supervisor, made) = start(SupervisorConfig::default());
    let first = Arc::clone(&made.lock()[0]);
    first.sessions.store(1, Ordering::SeqCst);
    supervisor.recycle();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(supervisor.draining(), 1);
    assert!(!first.terminated.load(Ordering::SeqCst));
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(first.terminated.load(Ordering::SeqCst));
    first.sessions.store(0, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(supervisor.draining(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_crash_brings_a_fresh_processor_at_once() {
    let (supervisor, made) = start(SupervisorConfig::default());
    let broken = supervisor.current();
    supervisor.crashed(&broken);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(made.lock().len(), 2);
    supervisor.crashed(&broken);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(made.lock().len(), 2, "the broken one is out of service already");
}
