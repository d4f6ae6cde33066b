//! Who is let in: counts of connections before and after authentication.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use types::{Oid, SqlError, sqlstate};

use crate::config::GatewayConfig;
use crate::error::fatal;

#[derive(Default)]
struct Counts {
    unauthenticated: usize,
    /// Entries are removed at zero, so there are never more than `maximum_unauthenticated`.
    by_address: HashMap<IpAddr, usize>,
    sessions: usize,
    by_role: HashMap<Oid, usize>,
    /// Connections that may come before the rate is exceeded, and when that was computed.
    tokens: f64,
    refilled: Option<Instant>,
}

impl Counts {
    fn report(&self) {
        let gauge = |state: &'static str| metrics::gauge!("quorate_sessions", "state" => state);
        gauge("authenticating").set(self.unauthenticated as f64);
        gauge("open").set(self.sessions as f64);
    }
}

/// All counts of one gateway.
pub struct Admission {
    counts: Mutex<Counts>,
    /// Told whenever a connection ends.
    ended: Notify,
    maximum_connections: usize,
    reserved_connections: usize,
    maximum_unauthenticated: usize,
    maximum_per_address: usize,
    rate: Option<u32>,
}

impl Admission {
    pub fn new(config: &GatewayConfig) -> Admission {
        Admission {
            counts: Mutex::default(),
            ended: Notify::new(),
            maximum_connections: config.maximum_connections,
            reserved_connections: config.reserved_connections,
            maximum_unauthenticated: config.maximum_unauthenticated,
            maximum_per_address: config.maximum_unauthenticated_per_address,
            rate: config.connection_rate,
        }
    }

    /// A place among the unauthenticated; `None` if there is none.
    pub fn enter(self: &Arc<Admission>, address: IpAddr) -> Option<Candidate> {
        let mut counts = self.counts.lock();
        if counts.unauthenticated >= self.maximum_unauthenticated {
            return None;
        }
        // Everything behind a local proxy shares loopback, so only the cap in all counts there.
        let tracked = (!address.to_canonical().is_loopback()).then_some(address);
        if let Some(address) = tracked {
            let count = counts.by_address.entry(address).or_default();
            if *count >= self.maximum_per_address {
                return None;
            }
            *count += 1;
        }
        counts.unauthenticated += 1;
        counts.report();
        Some(Candidate { admission: Arc::clone(self), address: tracked })
    }

    /// Takes a token of the connection rate.
    pub fn check_rate(&self) -> Result<(), SqlError> {
        let Some(rate) = self.rate.map(f64::from) else { return Ok(()) };
        let mut counts = self.counts.lock();
        let now = Instant::now();
        counts.tokens = match counts.refilled {
            None => rate,
            Some(before) => (counts.tokens + (now - before).as_secs_f64() * rate).min(rate),
        };
        counts.refilled = Some(now);
        if counts.tokens < 1.0 {
            return Err(fatal(
                sqlstate::CONFIGURATION_LIMIT_EXCEEDED,
                "too many new connections per second",
            )
            .hint("Connect again after a moment, or use a connection pool."));
        }
        counts.tokens -= 1.0;
        Ok(())
    }

    /// A session's slot. `role_limit` below 0 is no limit; superusers have none.
    pub fn admit(
        self: &Arc<Admission>,
        role: Oid,
        name: &str,
        role_limit: i32,
        superuser: bool,
    ) -> Result<Slot, SqlError> {
        let mut counts = self.counts.lock();
        if counts.sessions >= self.maximum_connections {
            return Err(fatal(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients already"));
        }
        if !superuser && counts.sessions + self.reserved_connections >= self.maximum_connections {
            return Err(fatal(
                sqlstate::TOO_MANY_CONNECTIONS,
                "remaining connection slots are reserved for roles with the SUPERUSER attribute",
            ));
        }
        let of_role = counts.by_role.get(&role).copied().unwrap_or_default();
        let limit = usize::try_from(role_limit).ok().filter(|_| !superuser);
        if limit.is_some_and(|limit| of_role >= limit) {
            return Err(fatal(
                sqlstate::TOO_MANY_CONNECTIONS,
                format!("too many connections for role \"{name}\""),
            ));
        }
        counts.sessions += 1;
        counts.by_role.insert(role, of_role + 1);
        counts.report();
        Ok(Slot { admission: Arc::clone(self), role })
    }

    pub fn unauthenticated(&self) -> usize {
        self.counts.lock().unauthenticated
    }

    pub fn sessions(&self) -> usize {
        self.counts.lock().sessions
    }

    /// Waits until nobody is connected, at most so long; whether nobody is.
    pub async fn wait_until_empty(&self, limit: Duration) -> bool {
        let empty = async {
            loop {
                let ended = self.ended.notified();
                tokio::pin!(ended);
                ended.as_mut().enable();
                if self.sessions() + self.unauthenticated() == 0 {
                    return;
                }
                ended.await;
            }
        };
        tokio::time::timeout(limit, empty).await.is_ok()
    }
}

/// A connection that is not authenticated yet.
pub struct Candidate {
    admission: Arc<Admission>,
    address: Option<IpAddr>,
}

impl Drop for Candidate {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock();
        counts.unauthenticated -= 1;
        counts.report();
        if let Some(address) = self.address {
            match counts.by_address.get_mut(&address) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    counts.by_address.remove(&address);
                }
            }
        }
        drop(counts);
        self.admission.ended.notify_waiters();
    }
}

/// An authenticated session's slot.
pub struct Slot {
    admission: Arc<Admission>,
    role: Oid,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock();
        counts.sessions -= 1;
        match counts.by_role.get_mut(&self.role) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                counts.by_role.remove(&self.role);
            }
        }
        counts.report();
        drop(counts);
        self.admission.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(change: impl FnOnce(&mut GatewayConfig)) -> Arc<Admission> {
        let mut config = GatewayConfig::default();
        change(&mut config);
        Arc::new(Admission::new(&config))
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let admission = admission(|config| {
            config.maximum_unauthenticated = 4;
            config.maximum_unauthenticated_per_address = 2;
        });
        let first: IpAddr = "192.0.2.1".parse().expect("address");
        let held = [admission.enter(first), admission.enter(first)];
        assert!(held.iter().all(Option::is_some) && admission.enter(first).is_none());
        let loopback: IpAddr = "::ffff:127.0.0.1".parse().expect("address");
        let others = [admission.enter(loopback), admission.enter(loopback)];
        assert!(others.iter().all(Option::is_some));
        assert!(admission.enter("192.0.2.2".parse().expect("address")).is_none());
        drop(held);
        assert!(admission.enter(first).is_some());
        drop(others);
        assert_eq!(admission.unauthenticated(), 0);
        assert!(admission.counts.lock().by_address.is_empty());
    }

    #[test]
    fn slots_are_limited_in_all_and_by_role() {
        let admission = admission(|config| {
            config.maximum_connections = 3;
            config.reserved_connections = 1;
        });
        let first = admission.admit(10, "a", 1, false).expect("a slot");
        let error = admission.admit(10, "a", 1, false).err().expect("over the role's limit");
        assert_eq!(error.message(), "too many connections for role \"a\"");
        let _second = admission.admit(11, "b", -1, false).expect("a slot");
        let error = admission.admit(12, "c", -1, false).err().expect("reserved");
        assert!(error.message().contains("reserved"));
        let _third = admission.admit(1, "root", 0, true).expect("a reserved slot");
        let error = admission.admit(1, "root", 0, true).err().expect("full");
        assert_eq!(error.message(), "sorry, too many clients already");
        drop(first);
        assert_eq!(admission.sessions(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_allows_a_burst_and_refills() {
        let admission = admission(|config| config.connection_rate = Some(2));
        assert!(admission.check_rate().is_ok() && admission.check_rate().is_ok());
        assert_eq!(admission.check_rate().expect_err("too fast").sqlstate(), "53400");
        tokio::time::advance(Duration::from_millis(600)).await;
        assert!(admission.check_rate().is_ok() && admission.check_rate().is_err());
    }
}
