//! Loads the tables by COPY over several connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::SinkExt;
use indicatif::ProgressBar;
use rand::SeedableRng;
use rand::rngs::StdRng;
use shell::connection::open;
use tokio_postgres::{Client, Error};

use crate::error::{BenchError, while_doing};
use crate::load::pause_after_conflict;
use crate::options::BenchOptions;
use crate::tpcc::population::{self, Batch};
use crate::tpcc::{DISTRICTS, TABLES, Tpcc};

const LOADERS: usize = 4;
/// Rows of items and stock that are made at once.
const ROWS_PER_UNIT: i32 = 5_000;
/// One COPY is one transaction: far below what a transaction may write.
const COPY_BYTES: usize = 1024 * 1024;
const COPY_CHUNK_BYTES: usize = 64 * 1024;

/// What one loader makes and sends at a time.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Items { from: i32, to: i32 },
    Warehouse(i32),
    Stock { warehouse: i32, from: i32, to: i32 },
    Customers { warehouse: i32, district: i32 },
    Orders { warehouse: i32, district: i32 },
}

impl Unit {
    fn all(tpcc: Tpcc) -> Vec<Self> {
        let mut units = Vec::new();
        let ranges = || {
            let last = tpcc.items;
            (1..=last)
                .step_by(usize::try_from(ROWS_PER_UNIT).expect("a small constant"))
                .map(move |from| (from, last.min(from + ROWS_PER_UNIT - 1)))
        };
        units.extend(ranges().map(|(from, to)| Self::Items { from, to }));
        for warehouse in 1..=tpcc.warehouses {
            units.push(Self::Warehouse(warehouse));
            units.extend(ranges().map(|(from, to)| Self::Stock { warehouse, from, to }));
            for district in 1..=DISTRICTS {
                units.push(Self::Customers { warehouse, district });
                units.push(Self::Orders { warehouse, district });
            }
        }
        units
    }

    fn batches(self, tpcc: Tpcc, random: &mut StdRng) -> Vec<Batch> {
        match self {
            Self::Items { from, to } => population::items(random, from, to),
            Self::Warehouse(warehouse) => population::warehouse(tpcc, random, warehouse),
            Self::Stock { warehouse, from, to } => population::stock(random, warehouse, from, to),
            Self::Customers { warehouse, district } => {
                population::customers(tpcc, random, warehouse, district)
            }
            Self::Orders { warehouse, district } => {
                population::orders(tpcc, random, warehouse, district)
            }
        }
    }
}

/// About how many rows there will be: orders have ten lines on average.
pub(crate) fn row_count(tpcc: Tpcc) -> u64 {
    let (items, customers) = (tpcc.items.unsigned_abs(), tpcc.customers.unsigned_abs());
    let district = u64::from(customers) * 13 + u64::from(customers) * 3 / 10;
    let warehouse = u64::from(items) + u64::from(DISTRICTS.unsigned_abs()) * (district + 1) + 1;
    u64::from(items) + u64::from(tpcc.warehouses.unsigned_abs()) * warehouse
}

pub(crate) async fn fill(
    options: &BenchOptions,
    tpcc: Tpcc,
    progress: &ProgressBar,
) -> Result<(), BenchError> {
    let units = Arc::new(Unit::all(tpcc));
    let next = Arc::new(AtomicUsize::new(0));
    let mut loaders = tokio::task::JoinSet::new();
    for loader in 0..LOADERS {
        let (options, progress) = (options.clone(), progress.clone());
        let (units, next) = (units.clone(), next.clone());
        loaders.spawn(async move {
            let session = open(&options.connect_options(), loader, |_| {}).await?;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(unit) = units.get(index) else { return Ok::<(), BenchError>(()) };
                let mut random = StdRng::seed_from_u64(index as u64);
                for batch in unit.batches(tpcc, &mut random) {
                    for rows in pieces(&batch.text, COPY_BYTES) {
                        let mut tries = 1;
                        while let Err(error) = copy(&session.client, batch.table, rows).await {
                            pause_after_conflict(error, &mut tries, "loading").await?;
                        }
                    }
                    progress.inc(batch.rows);
                }
            }
        });
    }
    while let Some(outcome) = loaders.join_next().await {
        outcome.map_err(|error| BenchError::Task(error.to_string()))??;
    }
    let session = open(&options.connect_options(), 0, |_| {}).await?;
    for table in TABLES {
        let statement = format!("vacuum analyze {table}");
        session.client.batch_execute(&statement).await.map_err(while_doing("analyzing"))?;
    }
    Ok(())
}

async fn copy(client: &Client, table: &str, rows: &str) -> Result<(), Error> {
    let sink = client.copy_in::<_, Bytes>(&format!("copy {table} from stdin")).await?;
    let mut sink = std::pin::pin!(sink);
    for chunk in rows.as_bytes().chunks(COPY_CHUNK_BYTES) {
        sink.send(Bytes::copy_from_slice(chunk)).await?;
    }
    sink.finish().await?;
    Ok(())
}

/// Whole lines of at most so many bytes each, unless one line alone is longer.
fn pieces(text: &str, limit: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        if end > start && end + line.len() - start > limit {
            found.push(&text[start..end]);
            start = end;
        }
        end += line.len();
    }
    if end > start {
        found.push(&text[start..end]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_lines_and_lose_none() {
        let text = "one\ntwo\nthree\n";
        assert_eq!(pieces(text, 8), ["one\ntwo\n", "three\n"]);
        assert_eq!(pieces(text, 1), ["one\n", "two\n", "three\n"]);
        assert_eq!(pieces(text, 100), [text]);
        assert!(pieces("", 8).is_empty());
    }

    #[test]
    fn units_cover_every_row_once() {
        let tpcc = Tpcc { warehouses: 2, items: 12_345, customers: 30 };
        let units = Unit::all(tpcc);
        let stock_of = |wanted: i32| {
            units.iter().fold(0, |sum, unit| match unit {
                Unit::Stock { warehouse, from, to } if *warehouse == wanted => sum + to - from + 1,
                _ => sum,
            })
        };
        assert_eq!((stock_of(1), stock_of(2)), (12_345, 12_345));
        let orders = units.iter().filter(|unit| matches!(unit, Unit::Orders { .. })).count();
        assert_eq!(orders, 20);
        let full = Tpcc { warehouses: 1, items: 100_000, customers: 3_000 };
        assert_eq!(row_count(full), 100_000 + 100_000 + 1 + 10 + 390_000 + 9_000);
    }
}
