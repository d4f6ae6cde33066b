//! The network between the demo's nodes: a relay for each way from one node to another, which delays what passes, or
//! lets nothing pass.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Bytes taken from a socket at a time, and how many such parts may be under way.
const PART_BYTES: usize = 64 << 10;
const PARTS_MAX: usize = 256;

/// What the network does between two nodes, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// From one node to the other.
    pub delay: Duration,
    /// Nothing arrives; what was sent arrives when this is over, as with TCP's retransmission.
    pub is_cut: bool,
}

/// A pair's weather, to be looked at and changed.
pub type Link = Arc<watch::Sender<Weather>>;

/// Carries connections that arrive here to the node, until the runtime ends.
pub async fn open(to: SocketAddr, link: Link) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            let Ok((near, _)) = listener.accept().await else {
                // No file descriptors are left: others may close some.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let weather = link.subscribe();
            tokio::spawn(carry(near, to, weather));
        }
    });
    Ok(address)
}

async fn carry(near: TcpStream, to: SocketAddr, mut weather: watch::Receiver<Weather>) {
    if pass(&mut weather).await.is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(to).await else { return };
    for stream in [&near, &far] {
        // Only makes it slower.
        let _ = stream.set_nodelay(true);
    }
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let there = one_way(near_read, far_write, weather.clone());
    let back = one_way(far_read, near_write, weather);
    // One side that closes ends both: none of the nodes' connections goes on by half.
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

/// Waits while nothing may pass.
async fn pass(weather: &mut watch::Receiver<Weather>) -> Result<Duration, watch::error::RecvError> {
    weather.wait_for(|weather| !weather.is_cut).await.map(|weather| weather.delay)
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: watch::Receiver<Weather>,
) {
    let (sender, mut parts) = mpsc::channel::<(Instant, Vec<u8>)>(PARTS_MAX);
    let reading = {
        let weather = weather.clone();
        async move {
            loop {
                let mut part = Vec::with_capacity(PART_BYTES);
                match from.read_buf(&mut part).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                let due = Instant::now() + weather.borrow().delay;
                if sender.send((due, part)).await.is_err() {
                    return;
                }
            }
        }
    };
    let writing = async {
        while let Some((due, part)) = parts.recv().await {
            tokio::time::sleep_until(due).await;
            if pass(&mut weather).await.is_err() || to.write_all(&part).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, writing);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_sent_arrives_late_or_when_the_way_is_free() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let link: Link = Arc::new(watch::Sender::new(Weather {
            delay: Duration::from_millis(40),
            is_cut: false,
        }));
        let to = server.local_addr().expect("an address");
        let address = open(to, Arc::clone(&link)).await.expect("opens");
        tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.expect("a connection");
            let mut byte = [0; 1];
            while stream.read_exact(&mut byte).await.is_ok() {
                stream.write_all(&byte).await.expect("written");
            }
        });
        let mut client = TcpStream::connect(address).await.expect("connects");
        let mut echo = async |sent: u8| {
            let begun = Instant::now();
            client.write_all(&[sent]).await.expect("written");
            let mut byte = [0; 1];
            client.read_exact(&mut byte).await.expect("echoed");
            assert_eq!(byte, [sent]);
            begun.elapsed()
        };
        assert!(echo(1).await >= Duration::from_millis(80));
        link.send_modify(|weather| weather.is_cut = true);
        let free = Arc::clone(&link);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            free.send_modify(|weather| weather.is_cut = false);
        });
        assert!(echo(2).await >= Duration::from_millis(190));
    }
}
