//! Where a node's time comes from, and how far it may be wrong.
//!
//! | the node | its clock's error |
//! | --- | --- |
//! | `--max-clock-offset` is given | that, on the operator's word |
//! | others reach it on loopback only | none: all nodes have the same clock |
//! | otherwise | what the kernel says (`adjtimex`), read every second; beyond [`LIMIT`] or unknown the node does not serve |

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use runtime::{SystemClock, kernel_clock_error};

use crate::exit::{Code, Exit};

/// A kernel's clock that may be further off is no clock to commit by: every commit would wait for twice that.
const LIMIT: Duration = Duration::from_millis(500);
const READ_EVERY: Duration = Duration::from_secs(1);
/// Linux lets `maxerror` grow by 500 µs a second: what may be added until it is read again, and once more for a late reading.
const GROWTH: Duration = Duration::from_millis(1);

/// A node's clock and who knows its error.
pub struct NodeClock {
    pub clock: Arc<SystemClock>,
    is_kernels: bool,
}

impl NodeClock {
    /// `told` is `--max-clock-offset`, `advertised` is HOST:PORT as other nodes are told.
    pub fn open(told: Option<Duration>, advertised: &str) -> Result<NodeClock, Exit> {
        let clock = Arc::new(SystemClock::new(0));
        let is_kernels = told.is_none() && !is_loopback(advertised);
        if is_kernels {
            clock.set_error(read()?);
        } else {
            clock.set_error(told.unwrap_or_default());
        }
        Ok(NodeClock { clock, is_kernels })
    }

    /// Follows the kernel's estimate; ends when the node must not serve any longer, and says why.
    pub async fn failed(&self) -> Exit {
        if !self.is_kernels {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(READ_EVERY).await;
            match read() {
                Ok(error) => self.clock.set_error(error),
                Err(exit) => return exit,
            }
        }
    }
}

fn read() -> Result<Duration, Exit> {
    let known = kernel_clock_error()
        .map_err(|error| Exit::new(Code::Clock, format!("the kernel's clock: {error}")))?;
    judge(known)
}

fn judge(known: Option<Duration>) -> Result<Duration, Exit> {
    let found = match known {
        Some(error) if error <= LIMIT => return Ok(error + GROWTH),
        Some(error) => {
            format!("may be {} ms off, more than {}", error.as_millis(), LIMIT.as_millis())
        }
        None => "is not synchronised".to_owned(),
    };
    Err(Exit::new(
        Code::Clock,
        format!(
            "this machine's clock {found}, and other machines' nodes compare their time with it; run chrony or another keeper of \
             time, or say with --max-clock-offset how far it may be off"
        ),
    ))
}

fn is_loopback(advertised: &str) -> bool {
    let host = advertised.rsplit_once(':').map_or(advertised, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_word_is_taken_and_loopback_needs_none() {
        let told = NodeClock::open(Some(Duration::from_millis(7)), "db1.example.com:7432");
        assert_eq!(told.expect("told").clock.error(), Duration::from_millis(7));
        for address in ["127.0.0.1:7432", "127.9.8.7:1", "[::1]:7432", "localhost:7432"] {
            let clock = NodeClock::open(None, address).expect("one clock for all");
            assert!(clock.clock.error().is_zero() && !clock.is_kernels, "{address}");
        }
        assert!(!is_loopback("db1.example.com:7432") && !is_loopback("0.0.0.0:7432"));
    }

    #[test]
    fn a_clock_that_nobody_keeps_or_that_is_too_far_off_is_refused() {
        assert_eq!(judge(Some(Duration::from_millis(3))).expect("good"), Duration::from_millis(4));
        for bad in [None, Some(Duration::from_secs(16))] {
            let exit = judge(bad).expect_err("bad");
            assert_eq!(exit.code, Code::Clock);
            assert!(exit.message.contains("--max-clock-offset"), "{exit}");
        }
    }
}
