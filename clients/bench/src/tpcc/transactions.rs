//! The five transactions (clauses 2.4 to 2.8), one statement at a time over the protocol, as an application would.
//!
//! Rows that many transactions change (warehouse, district) are changed as late as the transaction allows.

use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::tpcc::DISTRICTS;
use crate::tpcc::random::money;
use crate::workload::{AttemptError, at_commit, before_commit};

#[derive(Clone, Debug)]
pub(crate) enum Transaction {
    NewOrder(NewOrder),
    Payment(Payment),
    OrderStatus(OrderStatus),
    Delivery(Delivery),
    StockLevel(StockLevel),
}

#[derive(Clone, Debug)]
pub(crate) struct NewOrder {
    pub(crate) warehouse: i32,
    pub(crate) district: i32,
    pub(crate) customer: i32,
    pub(crate) lines: Vec<Line>,
    /// Its last item does not exist.
    pub(crate) is_rolled_back: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) item: i32,
    pub(crate) supply: i32,
    pub(crate) quantity: i32,
}

#[derive(Clone, Debug)]
pub(crate) enum CustomerChoice {
    Number(i32),
    LastName(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) warehouse: i32,
    pub(crate) district: i32,
    pub(crate) customer_warehouse: i32,
    pub(crate) customer_district: i32,
    pub(crate) customer: CustomerChoice,
    pub(crate) cents: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct OrderStatus {
    pub(crate) warehouse: i32,
    pub(crate) district: i32,
    pub(crate) customer: CustomerChoice,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) warehouse: i32,
    pub(crate) carrier: i32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct StockLevel {
    pub(crate) warehouse: i32,
    pub(crate) district: i32,
    pub(crate) threshold: i32,
}

impl Transaction {
    /// A New-Order that is to be rolled back is told apart, as it is no order.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::NewOrder(NewOrder { is_rolled_back: false, .. }) => "new_order",
            Self::NewOrder(_) => "new_order_undone",
            Self::Payment(_) => "payment",
            Self::OrderStatus(_) => "order_status",
            Self::Delivery(_) => "delivery",
            Self::StockLevel(_) => "stock_level",
        }
    }

    /// Whether it ends in ROLLBACK when all goes well.
    pub(crate) fn is_rolled_back(&self) -> bool {
        matches!(self, Self::NewOrder(NewOrder { is_rolled_back: true, .. }))
    }

    /// Seconds that an operator types before it, and thinks after it (5.2.5).
    pub(crate) fn operator_seconds(&self, random: &mut StdRng) -> (f64, f64) {
        let (keying, mean) = match self {
            Self::NewOrder(_) => (18.0, 12.0),
            Self::Payment(_) => (3.0, 12.0),
            Self::OrderStatus(_) => (2.0, 10.0),
            Self::Delivery(_) | Self::StockLevel(_) => (2.0, 5.0),
        };
        let uniform: f64 = random.random_range(f64::MIN_POSITIVE..1.0);
        (keying, (-uniform.ln() * mean).min(10.0 * mean))
    }
}

/// The statements, by their place in [`statements`].
#[derive(Clone, Copy)]
enum Text {
    CustomerByName,
    CustomerTerms,
    WarehouseTax,
    NextOrder,
    InsertOrder,
    InsertNewOrder,
    Item,
    InsertLine,
    PayCustomer,
    CustomerData,
    UpdateCustomerData,
    PayDistrict,
    PayWarehouse,
    InsertHistory,
    CustomerBalance,
    LastOrder,
    OrderLines,
    OldestOpen,
    DeleteOpen,
    Carry,
    DeliverLines,
    OrderAmount,
    CreditCustomer,
    DistrictNext,
    LowStock,
    /// And nine more, for the districts after the first.
    TakeStock,
}

const TEXTS: [&str; Text::TakeStock as usize] = [
    "select c_id from tpcc_customer where c_w_id = $1 and c_d_id = $2 and c_last = $3 order by c_first",
    "select c_discount::float8, c_last, c_credit from tpcc_customer \
     where c_w_id = $1 and c_d_id = $2 and c_id = $3",
    "select w_tax::float8 from tpcc_warehouse where w_id = $1",
    "update tpcc_district set d_next_o_id = d_next_o_id + 1 where d_w_id = $1 and d_id = $2 \
     returning d_next_o_id - 1, d_tax::float8",
    "insert into tpcc_orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) \
     values ($1, $2, $3, $4, localtimestamp, $5, $6)",
    "insert into tpcc_new_order (no_o_id, no_d_id, no_w_id) values ($1, $2, $3)",
    "select i_price::text, i_name, i_data from tpcc_item where i_id = $1",
    "insert into tpcc_order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, \
     ol_quantity, ol_amount, ol_dist_info) \
     values ($1, $2, $3, $4, $5, $6, $7, $8::text::numeric, $9)",
    "update tpcc_customer set c_balance = c_balance - $4::text::numeric, \
     c_ytd_payment = c_ytd_payment + $4::text::numeric, c_payment_cnt = c_payment_cnt + 1 \
     where c_w_id = $1 and c_d_id = $2 and c_id = $3 \
     returning c_first, c_middle, c_last, c_street_1, c_street_2, c_city, c_state, c_zip, c_phone, \
     c_since, c_credit, c_credit_lim::text, c_discount::text, c_balance::text",
    "select c_data from tpcc_customer where c_w_id = $1 and c_d_id = $2 and c_id = $3",
    "update tpcc_customer set c_data = $4 where c_w_id = $1 and c_d_id = $2 and c_id = $3",
    "update tpcc_district set d_ytd = d_ytd + $3::text::numeric where d_w_id = $1 and d_id = $2 \
     returning d_name, d_street_1, d_street_2, d_city, d_state, d_zip",
    "update tpcc_warehouse set w_ytd = w_ytd + $2::text::numeric where w_id = $1 \
     returning w_name, w_street_1, w_street_2, w_city, w_state, w_zip",
    "insert into tpcc_history (h_c_id, h_c_d_id, h_c_w_id, h_d_id, h_w_id, h_date, h_amount, h_data) \
     values ($1, $2, $3, $4, $5, localtimestamp, $6::text::numeric, $7)",
    "select c_first, c_middle, c_last, c_balance::text from tpcc_customer \
     where c_w_id = $1 and c_d_id = $2 and c_id = $3",
    "select o_id, o_entry_d, o_carrier_id from tpcc_orders \
     where o_w_id = $1 and o_d_id = $2 and o_c_id = $3 order by o_id desc limit 1",
    "select ol_i_id, ol_supply_w_id, ol_quantity, ol_amount::text, ol_delivery_d from tpcc_order_line \
     where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3",
    "select no_o_id from tpcc_new_order where no_w_id = $1 and no_d_id = $2 order by no_o_id limit 1",
    "delete from tpcc_new_order where no_w_id = $1 and no_d_id = $2 and no_o_id = $3",
    "update tpcc_orders set o_carrier_id = $4 where o_w_id = $1 and o_d_id = $2 and o_id = $3 \
     returning o_c_id",
    "update tpcc_order_line set ol_delivery_d = localtimestamp \
     where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3",
    "select sum(ol_amount)::text from tpcc_order_line \
     where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3",
    "update tpcc_customer set c_balance = c_balance + $4::text::numeric, \
     c_delivery_cnt = c_delivery_cnt + 1 where c_w_id = $1 and c_d_id = $2 and c_id = $3",
    "select d_next_o_id from tpcc_district where d_w_id = $1 and d_id = $2",
    "select count(distinct s_i_id) from tpcc_order_line join tpcc_stock \
     on s_w_id = $1 and s_i_id = ol_i_id where ol_w_id = $1 and ol_d_id = $2 \
     and ol_o_id >= $3 and ol_o_id < $4 and s_quantity < $5",
];

/// What to prepare on each session.
pub(crate) fn statements() -> Vec<String> {
    let take_stock = (1..=DISTRICTS).map(|district| {
        format!(
            "update tpcc_stock set s_quantity = case when s_quantity >= $3 + 10 \
             then s_quantity - $3 else s_quantity - $3 + 91 end, s_ytd = s_ytd + $3, \
             s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + $4 \
             where s_w_id = $1 and s_i_id = $2 \
             returning s_quantity, s_dist_{district:02}, s_data"
        )
    });
    TEXTS.iter().map(|text| (*text).to_owned()).chain(take_stock).collect()
}

/// How the body of a transaction wants it ended.
type End = &'static str;
const COMMIT: End = "commit";
const ROLLBACK: End = "rollback";

/// One try.
pub(crate) async fn attempt(
    client: &Client,
    prepared: &[Statement],
    transaction: &Transaction,
) -> Result<(), AttemptError> {
    client.batch_execute("begin").await.map_err(before_commit)?;
    let session = Terminal { client, prepared };
    let end = match transaction {
        Transaction::NewOrder(order) => session.new_order(order).await,
        Transaction::Payment(payment) => session.payment(payment).await,
        Transaction::OrderStatus(status) => session.order_status(status).await,
        Transaction::Delivery(delivery) => session.delivery(*delivery).await,
        Transaction::StockLevel(level) => session.stock_level(*level).await,
    };
    let end = end.map_err(before_commit)?;
    let failed = if end == COMMIT { at_commit } else { before_commit };
    client.batch_execute(end).await.map_err(failed)
}

struct Terminal<'a> {
    client: &'a Client,
    prepared: &'a [Statement],
}

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Terminal<'_> {
    async fn rows(&self, text: Text, values: Values<'_>) -> Result<Vec<Row>, Error> {
        self.client.query(&self.prepared[text as usize], values).await
    }

    async fn row(&self, text: Text, values: Values<'_>) -> Result<Row, Error> {
        self.client.query_one(&self.prepared[text as usize], values).await
    }

    async fn change(&self, text: Text, values: Values<'_>) -> Result<u64, Error> {
        self.client.execute(&self.prepared[text as usize], values).await
    }

    /// Of several of one name the one in the middle, by first name (2.5.2.2). Every name exists in every district.
    async fn customer(&self, w: i32, d: i32, choice: &CustomerChoice) -> Result<i32, Error> {
        match choice {
            CustomerChoice::Number(number) => Ok(*number),
            CustomerChoice::LastName(name) => {
                let rows = self.rows(Text::CustomerByName, &[&w, &d, name]).await?;
                // Without any, the statements that follow find no row and fail, which is reported.
                rows.get(rows.len().saturating_sub(1) / 2).map_or(Ok(0), |row| row.try_get(0))
            }
        }
    }

    async fn new_order(&self, order: &NewOrder) -> Result<End, Error> {
        let (w, d, c) = (order.warehouse, order.district, order.customer);
        let warehouse_tax: f64 = self.row(Text::WarehouseTax, &[&w]).await?.try_get(0)?;
        let terms = self.row(Text::CustomerTerms, &[&w, &d, &c]).await?;
        let discount: f64 = terms.try_get(0)?;
        let next = self.row(Text::NextOrder, &[&w, &d]).await?;
        let (number, district_tax): (i32, f64) = (next.try_get(0)?, next.try_get(1)?);
        let count = i32::try_from(order.lines.len()).expect("an order has at most 15 lines");
        let all_local = i32::from(order.lines.iter().all(|line| line.supply == w));
        self.change(Text::InsertOrder, &[&number, &d, &w, &c, &count, &all_local]).await?;
        self.change(Text::InsertNewOrder, &[&number, &d, &w]).await?;
        let mut sum = 0;
        for (place, line) in (1..).zip(&order.lines) {
            let items = self.rows(Text::Item, &[&line.item]).await?;
            let Some(item) = items.first() else { return Ok(ROLLBACK) };
            let cents = cents_of(item.try_get(0)?) * i64::from(line.quantity);
            let remote = i32::from(line.supply != w);
            let stock = self.take_stock(d, line, remote).await?;
            let info: &str = stock.try_get(1)?;
            let _is_brand = item.try_get::<_, &str>(2)?.contains("ORIGINAL")
                && stock.try_get::<_, &str>(2)?.contains("ORIGINAL");
            let amount = money(cents);
            let values: Values<'_> = &[
                &number,
                &d,
                &w,
                &place,
                &line.item,
                &line.supply,
                &line.quantity,
                &amount,
                &info,
            ];
            self.change(Text::InsertLine, values).await?;
            sum += cents;
        }
        // What the terminal would show.
        let _total = sum as f64 * (1.0 - discount) * (1.0 + warehouse_tax + district_tax);
        Ok(COMMIT)
    }

    async fn take_stock(&self, district: i32, line: &Line, remote: i32) -> Result<Row, Error> {
        let offset = usize::try_from(district - 1).expect("districts count from 1");
        let statement = &self.prepared[Text::TakeStock as usize + offset];
        let values: Values<'_> = &[&line.supply, &line.item, &line.quantity, &remote];
        self.client.query_one(statement, values).await
    }

    async fn payment(&self, payment: &Payment) -> Result<End, Error> {
        let (w, d) = (payment.warehouse, payment.district);
        let (cw, cd) = (payment.customer_warehouse, payment.customer_district);
        let amount = money(payment.cents);
        let c = self.customer(cw, cd, &payment.customer).await?;
        let customer = self.row(Text::PayCustomer, &[&cw, &cd, &c, &amount]).await?;
        if customer.try_get::<_, &str>(10)? == "BC" {
            let data = self.row(Text::CustomerData, &[&cw, &cd, &c]).await?;
            let old: &str = data.try_get(0)?;
            // All of it is ASCII, so any cut is between characters.
            let mut new = format!("{c} {cd} {cw} {d} {w} {amount} {old}");
            new.truncate(500);
            self.change(Text::UpdateCustomerData, &[&cw, &cd, &c, &new]).await?;
        }
        let district = self.row(Text::PayDistrict, &[&w, &d, &amount]).await?;
        let warehouse = self.row(Text::PayWarehouse, &[&w, &amount]).await?;
        let (here, there): (&str, &str) = (warehouse.try_get(0)?, district.try_get(0)?);
        let note = format!("{here}    {there}");
        self.change(Text::InsertHistory, &[&c, &cd, &cw, &d, &w, &amount, &note]).await?;
        Ok(COMMIT)
    }

    async fn order_status(&self, status: &OrderStatus) -> Result<End, Error> {
        let (w, d) = (status.warehouse, status.district);
        let c = self.customer(w, d, &status.customer).await?;
        self.row(Text::CustomerBalance, &[&w, &d, &c]).await?;
        let order: i32 = self.row(Text::LastOrder, &[&w, &d, &c]).await?.try_get(0)?;
        self.rows(Text::OrderLines, &[&w, &d, &order]).await?;
        Ok(COMMIT)
    }

    /// All districts in one transaction. A district without an open order is left out (2.7.4.2).
    async fn delivery(&self, delivery: Delivery) -> Result<End, Error> {
        let w = delivery.warehouse;
        for d in 1..=DISTRICTS {
            let oldest = self.rows(Text::OldestOpen, &[&w, &d]).await?;
            let Some(order) = oldest.first() else { continue };
            let order: i32 = order.try_get(0)?;
            if self.change(Text::DeleteOpen, &[&w, &d, &order]).await? == 0 {
                // Somebody else delivered it meanwhile, which a server with locks shows to each statement.
                continue;
            }
            let carried = self.row(Text::Carry, &[&w, &d, &order, &delivery.carrier]).await?;
            let c: i32 = carried.try_get(0)?;
            self.change(Text::DeliverLines, &[&w, &d, &order]).await?;
            let sum = self.row(Text::OrderAmount, &[&w, &d, &order]).await?;
            let amount: &str = sum.try_get(0)?;
            self.change(Text::CreditCustomer, &[&w, &d, &c, &amount]).await?;
        }
        Ok(COMMIT)
    }

    async fn stock_level(&self, level: StockLevel) -> Result<End, Error> {
        let (w, d) = (level.warehouse, level.district);
        let next: i32 = self.row(Text::DistrictNext, &[&w, &d]).await?.try_get(0)?;
        let values: Values<'_> = &[&w, &d, &(next - 20), &next, &level.threshold];
        self.row(Text::LowStock, values).await?;
        Ok(COMMIT)
    }
}

/// The cents of a decimal number with two digits behind the point.
fn cents_of(text: &str) -> i64 {
    text.chars()
        .filter_map(|character| character.to_digit(10))
        .fold(0, |sum, digit| sum * 10 + i64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_statement_for_stock_of_each_district() {
        let all = statements();
        assert_eq!(all.len(), TEXTS.len() + 10);
        assert!(all[Text::TakeStock as usize].contains("s_dist_01"));
        assert!(all[Text::TakeStock as usize + 9].contains("s_dist_10"));
        assert!(all[Text::LowStock as usize].contains("count(distinct"));
        assert!(all[Text::OldestOpen as usize].contains("limit 1"));
    }

    #[test]
    fn prices_are_read_exactly() {
        assert_eq!((cents_of("1.00"), cents_of("99.95"), cents_of("0.05")), (100, 9_995, 5));
    }
}
