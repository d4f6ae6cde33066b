//! Nodes of our own that form one cluster.

use std::time::Duration;

use crate::server::{Options, Server, http_get};
use crate::wait::poll;

const FORMED_LIMIT: Duration = Duration::from_secs(60);

/// Starts so many nodes, the first of which the others join, and waits until all journals are led and voted on by three
/// (or by all, if there are fewer).
pub fn nodes(count: usize, options: &Options) -> Vec<Server> {
    let zone = |index: usize| format!("region=here,zone=z{index}");
    let founder = Server::start(options.clone().with(&["--locality", &zone(0)]));
    let address = founder.node_address().to_string();
    let mut servers = vec![founder];
    for index in 1..count {
        // How many shards there are is the founder's say.
        let mut joining = options.clone();
        joining.adjudicators = None;
        let joining = joining.with(&["--join", &address, "--locality", &zone(index)]);
        servers.push(Server::start(joining));
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
