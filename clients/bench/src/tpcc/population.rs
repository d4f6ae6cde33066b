//! The rows that the tables have at first (clause 4.3.3), as lines for COPY.

use std::fmt::Write;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::tpcc::random::{
    LAST_NAME_AT_LOAD, digits, last_name, last_name_number, letters, money, original, zip,
};
use crate::tpcc::{DISTRICTS, Tpcc};

/// When everything was loaded. A fixed time, so that the same seed makes the same rows.
const LOADED: &str = "2026-01-01 00:00:00";
const INITIAL_PAYMENT_CENTS: i64 = 1_000;

/// Lines for one COPY.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) table: &'static str,
    pub(crate) text: String,
    pub(crate) rows: u64,
}

impl Batch {
    fn new(table: &'static str) -> Self {
        Self { table, text: String::new(), rows: 0 }
    }

    /// Adds a row. No value here holds a character that COPY would need escaped.
    fn row(&mut self, values: std::fmt::Arguments<'_>) {
        self.text.write_fmt(values).expect("a string takes everything");
        self.text.push('\n');
        self.rows += 1;
    }
}

fn address(random: &mut StdRng) -> String {
    let (one, two, city) =
        (letters(random, 10, 20), letters(random, 10, 20), letters(random, 10, 20));
    let state = letters(random, 2, 2);
    format!("{one}\t{two}\t{city}\t{state}\t{}", zip(random))
}

fn tax(random: &mut StdRng) -> String {
    format!("0.{:04}", random.random_range(0..=2_000))
}

/// Items `from..=to`.
pub(crate) fn items(random: &mut StdRng, from: i32, to: i32) -> Vec<Batch> {
    let mut batch = Batch::new("tpcc_item");
    for item in from..=to {
        let image = random.random_range(1..=10_000);
        let (name, price) = (letters(random, 14, 24), money(random.random_range(100..=10_000)));
        batch.row(format_args!("{item}\t{image}\t{name}\t{price}\t{}", original(random)));
    }
    vec![batch]
}

/// A warehouse and its districts.
pub(crate) fn warehouse(tpcc: Tpcc, random: &mut StdRng, warehouse: i32) -> Vec<Batch> {
    let (mut warehouses, mut districts) =
        (Batch::new("tpcc_warehouse"), Batch::new("tpcc_district"));
    let paid_in_district = i64::from(tpcc.customers) * INITIAL_PAYMENT_CENTS;
    let (name, place, rate) = (letters(random, 6, 10), address(random), tax(random));
    let paid = money(paid_in_district * i64::from(DISTRICTS));
    warehouses.row(format_args!("{warehouse}\t{name}\t{place}\t{rate}\t{paid}"));
    for district in 1..=DISTRICTS {
        let (name, place, rate) = (letters(random, 6, 10), address(random), tax(random));
        let (paid, next) = (money(paid_in_district), tpcc.customers + 1);
        let values = format!("{district}\t{warehouse}\t{name}\t{place}\t{rate}\t{paid}\t{next}");
        districts.row(format_args!("{values}"));
    }
    vec![warehouses, districts]
}

/// The stock of items `from..=to`.
pub(crate) fn stock(random: &mut StdRng, warehouse: i32, from: i32, to: i32) -> Vec<Batch> {
    let mut batch = Batch::new("tpcc_stock");
    for item in from..=to {
        let quantity = random.random_range(10..=100);
        let places: Vec<String> = (0..DISTRICTS).map(|_| letters(random, 24, 24)).collect();
        let (places, text) = (places.join("\t"), original(random));
        batch.row(format_args!("{item}\t{warehouse}\t{quantity}\t{places}\t0\t0\t0\t{text}"));
    }
    vec![batch]
}

/// The customers of a district with one payment each.
pub(crate) fn customers(
    tpcc: Tpcc,
    random: &mut StdRng,
    warehouse: i32,
    district: i32,
) -> Vec<Batch> {
    let (mut customers, mut history) = (Batch::new("tpcc_customer"), Batch::new("tpcc_history"));
    let paid = money(INITIAL_PAYMENT_CENTS);
    for customer in 1..=tpcc.customers {
        // Every name exists: the first thousand customers have one each.
        let name = last_name(if customer <= 1_000 {
            customer - 1
        } else {
            last_name_number(random, tpcc.customers, LAST_NAME_AT_LOAD)
        });
        let (first, place, phone) = (letters(random, 8, 16), address(random), digits(random, 16));
        let credit = if random.random_range(0..10) == 0 { "BC" } else { "GC" };
        let discount = format!("0.{:04}", random.random_range(0..=5_000));
        let text = letters(random, 300, 500);
        customers.row(format_args!(
            "{customer}\t{district}\t{warehouse}\t{first}\tOE\t{name}\t{place}\t{phone}\t{LOADED}\t\
             {credit}\t50000.00\t{discount}\t-{paid}\t{paid}\t1\t0\t{text}"
        ));
        let note = letters(random, 12, 24);
        history.row(format_args!(
            "{customer}\t{district}\t{warehouse}\t{district}\t{warehouse}\t{LOADED}\t{paid}\t{note}"
        ));
    }
    vec![customers, history]
}

/// The orders of a district, one of each customer, in random order; the last ones are not delivered.
pub(crate) fn orders(tpcc: Tpcc, random: &mut StdRng, warehouse: i32, district: i32) -> Vec<Batch> {
    let (mut orders, mut lines) = (Batch::new("tpcc_orders"), Batch::new("tpcc_order_line"));
    let mut open = Batch::new("tpcc_new_order");
    let mut customers: Vec<i32> = (1..=tpcc.customers).collect();
    customers.shuffle(random);
    for (order, customer) in (1..=tpcc.customers).zip(customers) {
        let is_delivered = order <= tpcc.delivered();
        let carrier = if is_delivered {
            random.random_range(1..=10).to_string()
        } else {
            open.row(format_args!("{order}\t{district}\t{warehouse}"));
            "\\N".to_owned()
        };
        let count = random.random_range(5..=15);
        orders.row(format_args!(
            "{order}\t{district}\t{warehouse}\t{customer}\t{LOADED}\t{carrier}\t{count}\t1"
        ));
        for number in 1..=count {
            let item = random.random_range(1..=tpcc.items);
            let place = letters(random, 24, 24);
            let (delivered, amount) = if is_delivered {
                (LOADED, money(0))
            } else {
                ("\\N", money(random.random_range(1..=999_999)))
            };
            lines.row(format_args!(
                "{order}\t{district}\t{warehouse}\t{number}\t{item}\t{warehouse}\t{delivered}\t5\t\
                 {amount}\t{place}"
            ));
        }
    }
    vec![orders, open, lines]
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const SMALL: Tpcc = Tpcc { warehouses: 1, items: 100, customers: 30 };

    fn counts(batches: &[Batch]) -> Vec<(&'static str, u64, usize)> {
        let columns = |text: &str| text.lines().next().map_or(0, |line| line.split('\t').count());
        batches.iter().map(|one| (one.table, one.rows, columns(&one.text))).collect()
    }

    #[test]
    fn every_table_gets_its_rows_and_columns() {
        let random = &mut StdRng::seed_from_u64(5);
        assert_eq!(counts(&items(random, 1, 7)), [("tpcc_item", 7, 5)]);
        assert_eq!(counts(&stock(random, 1, 11, 20)), [("tpcc_stock", 10, 17)]);
        let found = counts(&warehouse(SMALL, random, 1));
        assert_eq!(found, [("tpcc_warehouse", 1, 9), ("tpcc_district", 10, 11)]);
        let found = counts(&customers(SMALL, random, 1, 2));
        assert_eq!(found, [("tpcc_customer", 30, 21), ("tpcc_history", 30, 8)]);
        let batches = orders(SMALL, random, 1, 2);
        assert_eq!(counts(&batches)[..2], [("tpcc_orders", 30, 8), ("tpcc_new_order", 9, 3)]);
        let announced: u64 = batches[0]
            .text
            .lines()
            .map(|line| line.split('\t').nth(6).expect("o_ol_cnt").parse::<u64>().expect("number"))
            .sum();
        assert_eq!((batches[2].rows, counts(&batches)[2].2), (announced, 10));
    }

    #[test]
    fn the_same_seed_makes_the_same_rows() {
        let make = || customers(SMALL, &mut StdRng::seed_from_u64(9), 1, 1).remove(0).text;
        assert_eq!(make(), make());
    }
}
