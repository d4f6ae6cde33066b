//! The way from clients to a node, so that connections break without the node's doing.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const BUFFER_BYTES: usize = 16 << 10;

/// Switches of a proxy; may be turned from any thread.
#[derive(Clone, Debug)]
pub struct Switches {
    cuts: watch::Sender<u64>,
    requests_stalled: watch::Sender<bool>,
    answers_stalled: watch::Sender<bool>,
}

impl Switches {
    /// Breaks every connection with a reset.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Holds back what the node answers: it works, and nobody hears of it.
    pub fn stall_answers(&self, stalled: bool) {
        self.answers_stalled.send_replace(stalled);
    }

    pub fn stall_requests(&self, stalled: bool) {
        self.requests_stalled.send_replace(stalled);
    }
}

/// Listens on a free port for a node; works as long as the runtime does.
pub async fn start(node: SocketAddr) -> std::io::Result<(SocketAddr, Switches)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let switches = Switches {
        cuts: watch::Sender::new(0),
        requests_stalled: watch::Sender::new(false),
        answers_stalled: watch::Sender::new(false),
    };
    let own = switches.clone();
    tokio::task::spawn_local(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::task::spawn_local(pass(client, node, own.clone()));
        }
    });
    Ok((address, switches))
}

async fn pass(client: TcpStream, node: SocketAddr, switches: Switches) {
    let mut cuts = switches.cuts.subscribe();
    let Ok(server) = TcpStream::connect(node).await else { return };
    for stream in [&client, &server] {
        // A connection that is cut ends by a reset, as when a machine on the way forgets it. Failing to ask for that
        // leaves an ordinary end, which is a fault as well.
        let _ = stream.set_zero_linger();
        let _ = stream.set_nodelay(true);
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pump(from_client, to_server, switches.requests_stalled.subscribe()) => {}
        () = pump(from_server, to_client, switches.answers_stalled.subscribe()) => {}
        _ = cuts.changed() => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut stalled: watch::Receiver<bool>) {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => {
                if stalled.wait_for(|stalled| !stalled).await.is_err()
                    || to.write_all(&buffer[..length]).await.is_err()
                {
                    return;
                }
            }
        }
    }
}
