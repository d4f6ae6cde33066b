//! Threads that serve connections, each with a scheduler and an event queue of its own.
//!
//! A short statement costs less than moving it between threads: when one scheduler serves all connections, a thread that
//! receives an event wakes another one to help, and the two spend more on each other than on the statement. So a connection
//! stays on one thread, the one with the fewest at its arrival. A statement that must wait in place hands the thread's
//! scheduler to another thread meanwhile (`block_in_place`), and long ones run on threads of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Runtime};

/// Statements that may nest deeply run on these threads.
const STACK_BYTES: usize = 16 << 20;
/// Threads for statements that may take long, for each connection thread.
const BLOCKING_THREADS: usize = 256;

/// All connection threads of a gateway. Without any, connections run where the gateway was started.
pub struct ConnectionThreads {
    threads: Vec<Thread>,
}

struct Thread {
    runtime: Option<Runtime>,
    connections: Arc<AtomicUsize>,
}

/// Counts a connection while it lives.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ConnectionThreads {
    pub fn start(count: usize) -> std::io::Result<ConnectionThreads> {
        let threads = (0..count)
            .map(|number| {
                let runtime = Builder::new_multi_thread()
                    .worker_threads(1)
                    .max_blocking_threads(BLOCKING_THREADS)
                    .thread_name(format!("connections-{number}"))
                    .thread_stack_size(STACK_BYTES)
                    .enable_all()
                    .build()?;
                Ok(Thread { runtime: Some(runtime), connections: Arc::default() })
            })
            .collect::<std::io::Result<Vec<_>>>()?;
        Ok(ConnectionThreads { threads })
    }

    /// Runs a connection to its end. `serve` is called on the connection's thread.
    pub fn spawn<F>(
        &self,
        stream: tokio::net::TcpStream,
        serve: impl FnOnce(tokio::net::TcpStream) -> F + Send + 'static,
    ) -> std::io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let least = self.threads.iter().min_by_key(|t| t.connections.load(Ordering::Relaxed));
        let Some((thread, runtime)) = least.and_then(|t| Some((t, t.runtime.as_ref()?))) else {
            tokio::spawn(serve(stream));
            return Ok(());
        };
        // The socket leaves this scheduler's event queue for the other's.
        let stream = stream.into_std()?;
        thread.connections.fetch_add(1, Ordering::Relaxed);
        let counted = Counted(Arc::clone(&thread.connections));
        runtime.spawn(async move {
            let _counted = counted;
            match tokio::net::TcpStream::from_std(stream) {
                Ok(stream) => serve(stream).await,
                Err(error) => tracing::warn!(%error, "a connection cannot be served"),
            }
        });
        Ok(())
    }
}

impl Drop for ConnectionThreads {
    fn drop(&mut self) {
        for runtime in self.threads.iter_mut().filter_map(|thread| thread.runtime.take()) {
            // Waiting here could be on a thread that must not.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Lets one connection in; the client's end, and the name of the thread that serves it.
    async fn connect(threads: &ConnectionThreads) -> (TcpStream, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        threads
            .spawn(accepted.expect("accepted").0, |mut stream| async move {
                let name = std::thread::current().name().unwrap_or_default().to_owned();
                let _ = stream.write_u8(name.len() as u8).await;
                let _ = stream.write_all(name.as_bytes()).await;
                let _ = stream.read_u8().await;
            })
            .expect("spawned");
        let mut client = client.expect("connected");
        let length = client.read_u8().await.expect("a length");
        let mut name = vec![0; usize::from(length)];
        client.read_exact(&mut name).await.expect("a name");
        (client, String::from_utf8(name).expect("text"))
    }

    #[tokio::test]
    async fn connections_spread_and_places_are_reused() {
        let threads = ConnectionThreads::start(2).expect("threads");
        let (first, first_thread) = connect(&threads).await;
        let (_second, second_thread) = connect(&threads).await;
        assert_ne!(first_thread, second_thread);
        drop(first);
        while threads.threads.iter().all(|t| t.connections.load(Ordering::Relaxed) == 1) {
            tokio::task::yield_now().await;
        }
        let (_third, third_thread) = connect(&threads).await;
        assert_eq!(third_thread, first_thread);
    }

    #[tokio::test]
    async fn without_threads_connections_run_here() {
        let threads = ConnectionThreads::start(0).expect("nothing to start");
        let (_client, thread) = connect(&threads).await;
        assert!(!thread.starts_with("connections-"));
    }
}
