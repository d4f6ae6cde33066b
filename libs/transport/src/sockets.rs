//! Connections from elsewhere than the operating system: those of a simulated network.

use std::io;

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

/// Any connection: bytes in order, both ways, until it breaks.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// One node's way to make and take connections. What goes over them is plain text.
pub trait Sockets: Send + Sync {
    /// Connects to a node's address.
    fn dial(&self, address: &str) -> BoxFuture<'static, io::Result<Box<dyn Io>>>;

    /// The next connection that another node has made. Asked again after each one, never twice at once.
    fn accept(&self) -> BoxFuture<'static, io::Result<Box<dyn Io>>>;
}
