//! Nodes of our own that form one cluster.

use std::net::SocketAddr;
use std::time::Duration;

use crate::server::{Options, Server, http_get};
use crate::wait::poll;

const FORMED_LIMIT: Duration = Duration::from_secs(60);

/// Starts so many nodes, the first of which the others join, and waits until all journals are led and voted on by three
/// (or by all, if there are fewer).
pub fn nodes(count: usize, options: &Options) -> Vec<Server> {
    nodes_of(vec![options.clone(); count], None)
}

/// The same, each with its own options; the first founds the cluster and is found at the given address, or at its own.
pub fn nodes_of(each: Vec<Options>, founder_address: Option<SocketAddr>) -> Vec<Server> {
    let count = each.len();
    let mut servers: Vec<Server> = Vec::new();
    for (index, mut options) in each.into_iter().enumerate() {
        if let Some(founder) = servers.first() {
            // How many shards there are is the founder's say.
            options.adjudicators = None;
            let address = founder_address.unwrap_or(founder.node_address()).to_string();
            options = options.with(&["--join", &address]);
        }
        let locality = format!("region=here,zone=z{index}");
        servers.push(Server::start(options.with(&["--locality", &locality])));
    }
    wait_formed(&servers[0], count.min(3));
    servers
}

/// Waits until all journals are led and voted on by so many nodes.
pub fn wait_formed(server: &Server, voters: usize) {
    let formed = poll(FORMED_LIMIT, || {
        let (_, body) = http_get(server.http_address(), "/api/v1/status").ok()?;
        let status: serde_json::Value = serde_json::from_str(&body).ok()?;
        let journals = status["journals"].as_array()?;
        let complete = |journal: &serde_json::Value| {
            journal["voters"].as_array().is_some_and(|all| all.len() == voters)
                && journal["leader"].is_u64()
        };
        (!journals.is_empty() && journals.iter().all(complete)).then_some(())
    });
    assert!(formed.is_some(), "{voters} do not vote; log:\n{}", server.log());
}
