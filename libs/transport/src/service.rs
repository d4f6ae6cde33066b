//! The contract between nodes: [`Transport`] sends, [`Service`] receives.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::RwLock;

use crate::config::Class;
use crate::error::CallError;
use crate::stream::Stream;

/// Who calls; proven by certificate unless the cluster is insecure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub node: u64,
    /// The protocol version spoken with it.
    pub version: u16,
}

/// Where and how a message goes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub node: u64,
    pub class: Class,
    pub service: u16,
}

/// The service that hears nodes which do not know their cluster yet; they reach no other.
pub const STRANGERS: u16 = 0;

/// Carries messages to other nodes. Messages of one caller on one route arrive in the order of the calls; requests are
/// carried out concurrently all the same. Nothing is repeated: a message arrives once or not at all.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the answer, at most `timeout`. Dropping the future forgets the answer, not the
    /// request.
    fn request(
        &self,
        route: Route,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Bytes, CallError>>;

    /// Sends a message that needs no answer. `Ok` means that it is on its way, not that it arrives. Never waits.
    fn notify(&self, route: Route, body: Bytes) -> Result<(), CallError>;

    /// Opens a stream of messages in both directions; `timeout` bounds the opening only.
    fn open(
        &self,
        route: Route,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Stream, CallError>>;
}

/// The receiving side. What it does not offer it need not write.
pub trait Service: Send + Sync {
    /// Answers a request; the future is dropped when the request's time is over. `Err` is told to the caller.
    fn request(&self, caller: Caller, body: Bytes) -> BoxFuture<'static, Result<Bytes, String>> {
        let _ = (caller, body);
        Box::pin(async { Err("this service takes no requests".to_owned()) })
    }

    /// Takes a message that needs no answer. Runs on the connection's task: must not block or take long.
    fn notice(&self, caller: Caller, body: Bytes) {
        let _ = (caller, body);
    }

    /// Serves a stream until the future ends or the stream is reset.
    fn stream(&self, caller: Caller, body: Bytes, stream: Stream) -> BoxFuture<'static, ()> {
        let _ = (caller, body, stream);
        Box::pin(async {})
    }
}

/// A node's services by number.
#[derive(Clone, Default)]
pub struct Services {
    by_number: Arc<RwLock<HashMap<u16, Arc<dyn Service>>>>,
}

impl Services {
    /// From now on the service is called; it replaces one of the same number.
    pub fn register(&self, number: u16, service: Arc<dyn Service>) {
        self.by_number.write().insert(number, service);
    }

    pub fn remove(&self, number: u16) {
        self.by_number.write().remove(&number);
    }

    /// These services without all others but one.
    pub(crate) fn only(&self, number: u16) -> Services {
        let only = Services::default();
        if let Some(service) = self.get(number) {
            only.register(number, service);
        }
        only
    }

    pub fn get(&self, number: u16) -> Option<Arc<dyn Service>> {
        self.by_number.read().get(&number).cloned()
    }
}
