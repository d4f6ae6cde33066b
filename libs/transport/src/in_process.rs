//! [`Transport`] by function calls: nodes in one process, for a single node's roles and for tests.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::RwLock;

use crate::config::VERSION_NEWEST;
use crate::error::{CallError, Refusal};
use crate::service::{Caller, Route, Services, Transport};
use crate::stream::Stream;

/// Messages of a stream that wait in one direction.
const STREAM_MESSAGES: usize = 64;

#[derive(Default)]
struct World {
    nodes: HashMap<u64, Services>,
    cut: HashSet<(u64, u64)>,
}

/// All nodes of a process.
#[derive(Clone, Default)]
pub struct InProcess {
    world: Arc<RwLock<World>>,
}

/// One node's way to the others.
#[derive(Clone)]
pub struct InProcessNode {
    process: InProcess,
    caller: Caller,
}

impl InProcess {
    /// Adds a node with its services.
    pub fn join(&self, node: u64, services: Services) -> InProcessNode {
        self.world.write().nodes.insert(node, services);
        InProcessNode { process: self.clone(), caller: Caller { node, version: VERSION_NEWEST } }
    }

    pub fn leave(&self, node: u64) {
        self.world.write().nodes.remove(&node);
    }

    /// From now on nothing that the one sends reaches the other.
    pub fn cut(&self, from: u64, to: u64) {
        self.world.write().cut.insert((from, to));
    }

    pub fn heal(&self) {
        self.world.write().cut.clear();
    }
}

impl InProcessNode {
    fn service(&self, route: Route) -> Result<Arc<dyn crate::Service>, Refusal> {
        let world = self.process.world.read();
        if world.cut.contains(&(self.caller.node, route.node)) {
            return Err(Refusal::NotConnected { reason: "cut".to_owned() });
        }
        let services = world.nodes.get(&route.node);
        let services = services.ok_or(Refusal::UnknownPeer { node: route.node })?;
        services.get(route.service).ok_or(Refusal::NoService { service: route.service })
    }
}

impl Transport for InProcessNode {
    fn request(
        &self,
        route: Route,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<Bytes, CallError>> {
        let service = self.service(route);
        let caller = self.caller;
        Box::pin(async move {
            let work = service?.request(caller, body);
            match tokio::time::timeout(timeout, work).await {
                Ok(answer) => answer.map_err(|reason| CallError::Failed { reason }),
                Err(_) => Err(CallError::Unknown { reason: "no answer in time".to_owned() }),
            }
        })
    }

    fn notify(&self, route: Route, body: Bytes) -> Result<(), CallError> {
        self.service(route)?.notice(self.caller, body);
        Ok(())
    }

    fn open(
        &self,
        route: Route,
        body: Bytes,
        _timeout: Duration,
    ) -> BoxFuture<'static, Result<Stream, CallError>> {
        let service = self.service(route);
        let caller = self.caller;
        Box::pin(async move {
            let (here, there) = Stream::pair(STREAM_MESSAGES);
            tokio::spawn(service?.stream(caller, body, there));
            Ok(here)
        })
    }
}
