//! Reads and writes of single rows by key, each a transaction of its own.

use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::{Client, Statement};

use crate::keys::KeyChooser;
use crate::options::BenchOptions;
use crate::workload::{AttemptError, Plan, at_commit, before_commit};

pub(crate) const DEFINITIONS: &[&str] =
    &["create table bench_kv (k bigint primary key, v text not null)"];

pub(crate) const STATEMENTS: &[&str] =
    &["select v from bench_kv where k = $1", "update bench_kv set v = $2 where k = $1"];

#[derive(Clone, Debug)]
pub(crate) struct Kv {
    pub(crate) keys: u64,
    read_percent: u8,
    value_size: usize,
    chooser: KeyChooser,
}

impl Kv {
    pub(crate) fn new(options: &BenchOptions) -> Self {
        Self {
            keys: options.keys,
            read_percent: options.read_percent,
            value_size: options.value_size,
            chooser: KeyChooser::new(options.distribution, options.keys, options.theta),
        }
    }

    pub(crate) fn plan(&self, random: &mut StdRng) -> Plan {
        let key = self.chooser.choose(random).cast_signed();
        if random.random_range(0..100) < self.read_percent {
            Plan::Read { key }
        } else {
            Plan::Write { key, value: self.value(random) }
        }
    }

    /// Random letters and digits, which neither compress nor need quoting.
    fn value(&self, random: &mut StdRng) -> String {
        (0..self.value_size).map(|_| char::from(random.sample(rand::distr::Alphanumeric))).collect()
    }

    pub(crate) fn insert(&self, from: u64, to: u64, random: &mut StdRng) -> String {
        let rows: Vec<String> =
            (from..to).map(|key| format!("({key},'{}')", self.value(random))).collect();
        format!("insert into bench_kv (k, v) values {}", rows.join(","))
    }
}

pub(crate) async fn read(
    client: &Client,
    prepared: &[Statement],
    key: i64,
) -> Result<(), AttemptError> {
    client.query_opt(&prepared[0], &[&key]).await.map_err(before_commit)?;
    Ok(())
}

pub(crate) async fn write(
    client: &Client,
    prepared: &[Statement],
    key: i64,
    value: &str,
) -> Result<(), AttemptError> {
    // Statement and commit are one here, so any break leaves the outcome open.
    client.execute(&prepared[1], &[&key, &value]).await.map_err(at_commit)?;
    Ok(())
}
