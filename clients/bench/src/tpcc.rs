//! TPC-C: a wholesale supplier with warehouses of ten districts, and five kinds of transactions on them.
//!
//! Written after the TPC-C standard, revision 5.11; clause numbers in comments are its. What differs from a run that
//! could be published: terminals are not emulated (there is no screen to fill), keying and thinking times are off unless
//! `--think` is given, and nothing is priced. A result is therefore comparable with itself on another server, not with
//! published ones.
//!
//! | transaction | share | what it does |
//! | --- | --- | --- |
//! | New-Order | 45 % | numbers an order, takes 5 to 15 items from stock, 1 % of them elsewhere; 1 % is rolled back |
//! | Payment | 43 % | adds to what a warehouse, a district and a customer were paid, 15 % elsewhere |
//! | Order-Status | 4 % | reads a customer's last order |
//! | Delivery | 4 % | queued, then delivers the oldest open order of each district |
//! | Stock-Level | 4 % | counts items of the last 20 orders that run low |

pub(crate) mod conditions;
pub(crate) mod load;
mod population;
mod random;
pub(crate) mod transactions;

use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::error::{BenchError, while_doing};
use crate::options::BenchOptions;
use crate::tpcc::random::{LAST_NAME_IN_RUN, customer, item, last_name, last_name_number};
use crate::tpcc::transactions::{
    CustomerChoice, Delivery, Line, NewOrder, OrderStatus, Payment, StockLevel, Transaction,
};

pub(crate) const DISTRICTS: i32 = 10;
/// The standard's scale: items, and customers of each district.
pub(crate) const FULL_ITEMS: u32 = 100_000;
pub(crate) const FULL_CUSTOMERS: u32 = 3_000;

/// Dropped in this order.
pub(crate) const TABLES: &[&str] = &[
    "tpcc_order_line",
    "tpcc_new_order",
    "tpcc_orders",
    "tpcc_history",
    "tpcc_customer",
    "tpcc_district",
    "tpcc_stock",
    "tpcc_warehouse",
    "tpcc_item",
];

pub(crate) const DEFINITIONS: &[&str] = &[
    "create table tpcc_warehouse (w_id int primary key, w_name varchar(10) not null, \
     w_street_1 varchar(20) not null, w_street_2 varchar(20) not null, w_city varchar(20) not null, \
     w_state char(2) not null, w_zip char(9) not null, w_tax numeric(4,4) not null, \
     w_ytd numeric(12,2) not null)",
    "create table tpcc_district (d_id int not null, d_w_id int not null, d_name varchar(10) not null, \
     d_street_1 varchar(20) not null, d_street_2 varchar(20) not null, d_city varchar(20) not null, \
     d_state char(2) not null, d_zip char(9) not null, d_tax numeric(4,4) not null, \
     d_ytd numeric(12,2) not null, d_next_o_id int not null, primary key (d_w_id, d_id))",
    "create table tpcc_customer (c_id int not null, c_d_id int not null, c_w_id int not null, \
     c_first varchar(16) not null, c_middle char(2) not null, c_last varchar(16) not null, \
     c_street_1 varchar(20) not null, c_street_2 varchar(20) not null, c_city varchar(20) not null, \
     c_state char(2) not null, c_zip char(9) not null, c_phone char(16) not null, \
     c_since timestamp not null, c_credit char(2) not null, c_credit_lim numeric(12,2) not null, \
     c_discount numeric(4,4) not null, c_balance numeric(12,2) not null, \
     c_ytd_payment numeric(12,2) not null, c_payment_cnt int not null, \
     c_delivery_cnt int not null, c_data varchar(500) not null, \
     primary key (c_w_id, c_d_id, c_id))",
    "create index tpcc_customer_name on tpcc_customer (c_w_id, c_d_id, c_last, c_first)",
    "create table tpcc_history (h_c_id int not null, h_c_d_id int not null, h_c_w_id int not null, \
     h_d_id int not null, h_w_id int not null, h_date timestamp not null, \
     h_amount numeric(6,2) not null, h_data varchar(24) not null)",
    "create table tpcc_orders (o_id int not null, o_d_id int not null, o_w_id int not null, \
     o_c_id int not null, o_entry_d timestamp not null, o_carrier_id int, o_ol_cnt int not null, \
     o_all_local int not null, primary key (o_w_id, o_d_id, o_id))",
    "create index tpcc_orders_customer on tpcc_orders (o_w_id, o_d_id, o_c_id, o_id)",
    "create table tpcc_new_order (no_o_id int not null, no_d_id int not null, no_w_id int not null, \
     primary key (no_w_id, no_d_id, no_o_id))",
    "create table tpcc_order_line (ol_o_id int not null, ol_d_id int not null, ol_w_id int not null, \
     ol_number int not null, ol_i_id int not null, ol_supply_w_id int not null, \
     ol_delivery_d timestamp, ol_quantity int not null, ol_amount numeric(6,2) not null, \
     ol_dist_info char(24) not null, primary key (ol_w_id, ol_d_id, ol_o_id, ol_number))",
    "create table tpcc_item (i_id int primary key, i_im_id int not null, i_name varchar(24) not null, \
     i_price numeric(5,2) not null, i_data varchar(50) not null)",
    "create table tpcc_stock (s_i_id int not null, s_w_id int not null, s_quantity int not null, \
     s_dist_01 char(24) not null, s_dist_02 char(24) not null, s_dist_03 char(24) not null, \
     s_dist_04 char(24) not null, s_dist_05 char(24) not null, s_dist_06 char(24) not null, \
     s_dist_07 char(24) not null, s_dist_08 char(24) not null, s_dist_09 char(24) not null, \
     s_dist_10 char(24) not null, s_ytd numeric(8) not null, s_order_cnt int not null, \
     s_remote_cnt int not null, s_data varchar(50) not null, primary key (s_w_id, s_i_id))",
];

/// How much there is. The standard's has 100,000 items and 3,000 customers in each district.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tpcc {
    pub(crate) warehouses: i32,
    pub(crate) items: i32,
    pub(crate) customers: i32,
}

/// A number that validation has bounded.
fn small(number: u32) -> i32 {
    i32::try_from(number).expect("validation keeps scales small")
}

impl Tpcc {
    pub(crate) fn new(options: &BenchOptions) -> Self {
        Self {
            warehouses: small(options.warehouses),
            items: small(options.items),
            customers: small(options.customers),
        }
    }

    /// Orders of a district at first; the last three of ten are not delivered.
    pub(crate) fn delivered(self) -> i32 {
        self.customers / 10 * 7
    }

    /// The scale of what was loaded, of which as many warehouses are used as asked for.
    pub(crate) async fn found(self, client: &Client) -> Result<Self, BenchError> {
        let query = "select (select count(*)::int from tpcc_warehouse), \
                     (select max(i_id) from tpcc_item), \
                     (select max(c_id) from tpcc_customer where c_w_id = 1 and c_d_id = 1)";
        let row = match client.query_one(query, &[]).await {
            Ok(row) => row,
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
                return Err(BenchError::NotInitialized(
                    "the tables are not there; make them with: quorate bench tpcc init".to_owned(),
                ));
            }
            Err(error) => return Err(while_doing("reading the scale")(error)),
        };
        let column = |index: usize| row.get::<_, Option<i32>>(index).unwrap_or(0);
        let (warehouses, items, customers) = (column(0), column(1), column(2));
        if warehouses < self.warehouses || items == 0 || customers == 0 {
            return Err(BenchError::NotInitialized(format!(
                "{warehouses} warehouses are loaded, not {0}; load them with: quorate bench tpcc init \
                 --warehouses {0}",
                self.warehouses
            )));
        }
        Ok(Self { warehouses: self.warehouses, items, customers })
    }

    /// The next transaction of a client. A client belongs to one warehouse and, for Stock-Level, to one district.
    pub(crate) fn plan(self, random: &mut StdRng, client: usize) -> Transaction {
        let client = i32::try_from(client).expect("there are at most some thousand clients");
        let warehouse = client % self.warehouses + 1;
        match random.random_range(0..100) {
            0..45 => Transaction::NewOrder(self.new_order(random, warehouse)),
            45..88 => Transaction::Payment(self.payment(random, warehouse)),
            88..92 => {
                let district = random.random_range(1..=DISTRICTS);
                let customer = self.customer_choice(random);
                Transaction::OrderStatus(OrderStatus { warehouse, district, customer })
            }
            92..96 => {
                Transaction::Delivery(Delivery { warehouse, carrier: random.random_range(1..=10) })
            }
            _ => Transaction::StockLevel(StockLevel {
                warehouse,
                district: client / self.warehouses % DISTRICTS + 1,
                threshold: random.random_range(10..=20),
            }),
        }
    }

    /// Some warehouse that is not this one, if there is one.
    fn elsewhere(self, random: &mut StdRng, warehouse: i32) -> i32 {
        if self.warehouses == 1 {
            return warehouse;
        }
        let other = random.random_range(1..self.warehouses);
        if other < warehouse { other } else { other + 1 }
    }

    fn new_order(self, random: &mut StdRng, warehouse: i32) -> NewOrder {
        let district = random.random_range(1..=DISTRICTS);
        let customer = customer(random, self.customers);
        let mut lines: Vec<Line> = (0..random.random_range(5..=15))
            .map(|_| Line {
                item: item(random, self.items),
                supply: if random.random_range(0..100) == 0 {
                    self.elsewhere(random, warehouse)
                } else {
                    warehouse
                },
                quantity: random.random_range(1..=10),
            })
            .collect();
        // In one order for all, so that servers with locks do not deadlock.
        lines.sort_unstable_by_key(|line| (line.supply, line.item));
        let is_rolled_back = random.random_range(0..100) == 0;
        if let (true, Some(last)) = (is_rolled_back, lines.last_mut()) {
            last.item = self.items + 1;
        }
        NewOrder { warehouse, district, customer, lines, is_rolled_back }
    }

    fn payment(self, random: &mut StdRng, warehouse: i32) -> Payment {
        let district = random.random_range(1..=DISTRICTS);
        let is_local = self.warehouses == 1 || random.random_range(0..100) < 85;
        let (customer_warehouse, customer_district) = if is_local {
            (warehouse, district)
        } else {
            (self.elsewhere(random, warehouse), random.random_range(1..=DISTRICTS))
        };
        Payment {
            warehouse,
            district,
            customer_warehouse,
            customer_district,
            customer: self.customer_choice(random),
            cents: random.random_range(100..=500_000),
        }
    }

    /// 60 % by last name, 40 % by number.
    fn customer_choice(self, random: &mut StdRng) -> CustomerChoice {
        if random.random_range(0..100) < 60 {
            let number = last_name_number(random, self.customers, LAST_NAME_IN_RUN);
            CustomerChoice::LastName(last_name(number))
        } else {
            CustomerChoice::Number(customer(random, self.customers))
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const FULL: Tpcc = Tpcc { warehouses: 10, items: 100_000, customers: 3_000 };

    #[test]
    fn the_mix_is_that_of_the_standard() {
        let mut random = StdRng::seed_from_u64(1);
        let mut counts = std::collections::BTreeMap::new();
        let (mut remote_payments, mut rolled_back, mut remote_lines, mut lines) = (0, 0, 0, 0);
        for number in 0..100_000 {
            let transaction = FULL.plan(&mut random, number % 40);
            *counts.entry(transaction.operation()).or_insert(0) += 1;
            match transaction {
                Transaction::Payment(payment) => {
                    remote_payments += i32::from(payment.customer_warehouse != payment.warehouse);
                }
                Transaction::NewOrder(order) => {
                    rolled_back += i32::from(order.is_rolled_back);
                    lines += order.lines.len();
                    let home = order.warehouse;
                    remote_lines += order.lines.iter().filter(|line| line.supply != home).count();
                }
                _ => {}
            }
        }
        let new_orders = counts["new_order"] + counts["new_order_undone"];
        let near = |count: i32, expected: i32| (count - expected).abs() * 10 < expected;
        assert!(near(new_orders, 45_000) && near(counts["payment"], 43_000), "{counts:?}");
        for name in ["order_status", "delivery", "stock_level"] {
            assert!(near(counts[name], 4_000), "{counts:?}");
        }
        assert!(near(remote_payments, 6_450), "{remote_payments}");
        assert!((350..550).contains(&rolled_back), "{rolled_back}");
        assert!(lines / 100 * 9 < remote_lines * 10 && remote_lines * 10 < lines / 100 * 11);
    }

    #[test]
    fn elsewhere_is_everywhere_but_here() {
        let mut random = StdRng::seed_from_u64(2);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..1_000 {
            seen.insert(FULL.elsewhere(&mut random, 4));
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [1, 2, 3, 5, 6, 7, 8, 9, 10]);
        let one = Tpcc { warehouses: 1, ..FULL };
        assert_eq!(one.elsewhere(&mut random, 1), 1);
    }
}
