//! The consistency conditions 3.3.2.1 to 3.3.2.12.
//!
//! Each is a query that returns what violates it in one warehouse. All twelve relate rows of one warehouse only, so those
//! of a warehouse are looked at in one snapshot, and hold at any time, also while transactions run. 3.3.2.11 speaks of the
//! tables as they were loaded (2,100 delivered orders in a district); here what was delivered since then is added.

use tokio_postgres::{Client, SimpleQueryMessage};

use crate::error::{BenchError, while_doing};
use crate::tpcc::Tpcc;

/// Violations of one condition in one warehouse that are shown.
const SHOWN: usize = 3;

/// What was delivered to customers, line by line.
const RECEIVED: &str = "select o_d_id as d, o_c_id as c, ol_amount as amount \
     from tpcc_orders join tpcc_order_line on ol_d_id = o_d_id and ol_o_id = o_id \
     where o_w_id = {w} and ol_w_id = {w} and ol_delivery_d is not null";

/// What belongs to one order or one customer is put together by UNION ALL and GROUP BY: a join of grouped subqueries is
/// planned by guesses of their size, and where the guess is one row it takes minutes.
/// `{received}` is [`RECEIVED`], `{w}` the warehouse, `{delivered}` the number of orders of a district that were loaded as delivered.
const CONDITIONS: [(&str, &str); 12] = [
    (
        "3.3.2.1",
        "select concat('w_ytd is ', w_ytd, ', d_ytd sum to ', paid) from tpcc_warehouse, \
         (select sum(d_ytd) as paid from tpcc_district where d_w_id = {w}) districts \
         where w_id = {w} and w_ytd is distinct from paid",
    ),
    (
        "3.3.2.2",
        "select concat('district ', d_id, ': d_next_o_id ', d_next_o_id, ', last order ', last_order, \
         ', last new order ', last_open) from tpcc_district \
         left join (select o_d_id, max(o_id) as last_order from tpcc_orders where o_w_id = {w} \
         group by o_d_id) orders on o_d_id = d_id \
         left join (select no_d_id, max(no_o_id) as last_open from tpcc_new_order where no_w_id = {w} \
         group by no_d_id) open on no_d_id = d_id \
         where d_w_id = {w} and (d_next_o_id - 1 is distinct from last_order \
         or (last_open is not null and d_next_o_id - 1 <> last_open))",
    ),
    (
        "3.3.2.3",
        "select concat('district ', no_d_id, ': ', count(*), ' new orders from ', min(no_o_id), ' to ', \
         max(no_o_id)) from tpcc_new_order where no_w_id = {w} group by no_d_id \
         having max(no_o_id) - min(no_o_id) + 1 <> count(*)",
    ),
    (
        "3.3.2.4",
        "select concat('district ', d_id, ': o_ol_cnt sum to ', announced, ', there are ', lines, \
         ' lines') from tpcc_district \
         left join (select o_d_id, sum(o_ol_cnt) as announced from tpcc_orders where o_w_id = {w} \
         group by o_d_id) orders on o_d_id = d_id \
         left join (select ol_d_id, count(*) as lines from tpcc_order_line where ol_w_id = {w} \
         group by ol_d_id) lines on ol_d_id = d_id \
         where d_w_id = {w} and announced is distinct from lines",
    ),
    (
        "3.3.2.5",
        "select concat('district ', d, ' order ', o, ': ', sum(undelivered), ' without carrier, ', \
         sum(open), ' new orders') from (\
         select o_d_id as d, o_id as o, case when o_carrier_id is null then 1 else 0 end as undelivered, \
         0 as open from tpcc_orders where o_w_id = {w} \
         union all select no_d_id, no_o_id, 0, 1 from tpcc_new_order where no_w_id = {w}) both_tables \
         group by d, o having sum(undelivered) <> sum(open)",
    ),
    (
        "3.3.2.6",
        "select concat('district ', d, ' order ', o, ': o_ol_cnt ', sum(announced), ', there are ', \
         sum(line), ' lines') from (\
         select o_d_id as d, o_id as o, o_ol_cnt as announced, 0 as line, 1 as ordered \
         from tpcc_orders where o_w_id = {w} \
         union all select ol_d_id, ol_o_id, 0, 1, 0 from tpcc_order_line where ol_w_id = {w}) \
         both_tables group by d, o having sum(ordered) = 1 and sum(announced) <> sum(line)",
    ),
    (
        "3.3.2.7",
        "select concat('district ', ol_d_id, ' order ', ol_o_id, ' line ', ol_number, ': delivered ', \
         ol_delivery_d, ', carrier ', o_carrier_id) from tpcc_order_line \
         join tpcc_orders on o_w_id = {w} and o_d_id = ol_d_id and o_id = ol_o_id \
         where ol_w_id = {w} and (ol_delivery_d is null) <> (o_carrier_id is null)",
    ),
    (
        "3.3.2.8",
        "select concat('w_ytd is ', w_ytd, ', h_amount sum to ', paid) from tpcc_warehouse, \
         (select sum(h_amount) as paid from tpcc_history where h_w_id = {w}) history \
         where w_id = {w} and w_ytd is distinct from paid",
    ),
    (
        "3.3.2.9",
        "select concat('district ', d_id, ': d_ytd is ', d_ytd, ', h_amount sum to ', paid) \
         from tpcc_district left join (select h_d_id, sum(h_amount) as paid from tpcc_history \
         where h_w_id = {w} group by h_d_id) history on h_d_id = d_id \
         where d_w_id = {w} and d_ytd is distinct from paid",
    ),
    (
        "3.3.2.10",
        "select concat('district ', d, ' customer ', c, ': c_balance ', sum(balance), ', delivered ', \
         sum(received), ', paid ', sum(paid)) from (\
         select c_d_id as d, c_id as c, c_balance as balance, 0 as received, 0 as paid \
         from tpcc_customer where c_w_id = {w} \
         union all select h_c_d_id, h_c_id, 0, 0, h_amount from tpcc_history where h_c_w_id = {w} \
         union all select d, c, 0, amount, 0 from ({received}) delivered) together \
         group by d, c having sum(balance) <> sum(received) - sum(paid)",
    ),
    (
        "3.3.2.11",
        "select concat('district ', d_id, ': ', orders, ' orders, ', open, ' new orders, ', since, \
         ' delivered since the load') from tpcc_district \
         left join (select o_d_id, count(*) as orders from tpcc_orders where o_w_id = {w} \
         group by o_d_id) orders on o_d_id = d_id \
         left join (select no_d_id, count(*) as open from tpcc_new_order where no_w_id = {w} \
         group by no_d_id) open on no_d_id = d_id \
         left join (select c_d_id, sum(c_delivery_cnt) as since from tpcc_customer \
         where c_w_id = {w} group by c_d_id) customers on c_d_id = d_id \
         where d_w_id = {w} \
         and coalesce(orders, 0) - coalesce(open, 0) <> {delivered} + coalesce(since, 0)",
    ),
    (
        "3.3.2.12",
        "select concat('district ', d, ' customer ', c, ': c_balance ', sum(balance), \
         ', c_ytd_payment ', sum(paid), ', delivered ', sum(received)) from (\
         select c_d_id as d, c_id as c, c_balance as balance, c_ytd_payment as paid, 0 as received \
         from tpcc_customer where c_w_id = {w} \
         union all select d, c, 0, 0, amount from ({received}) delivered) together \
         group by d, c having sum(balance) + sum(paid) <> sum(received)",
    ),
];

/// How many conditions were looked at, and what violates them.
pub(crate) async fn check(client: &Client, tpcc: Tpcc) -> Result<(u64, Vec<String>), BenchError> {
    let (mut checks, mut violations) = (0, Vec::new());
    for warehouse in 1..=tpcc.warehouses {
        check_warehouse(client, tpcc, warehouse, &mut checks, &mut violations).await?;
    }
    Ok((checks, violations))
}

async fn check_warehouse(
    client: &Client,
    tpcc: Tpcc,
    warehouse: i32,
    checks: &mut u64,
    violations: &mut Vec<String>,
) -> Result<(), BenchError> {
    let begin = "begin transaction isolation level repeatable read read only";
    client.batch_execute(begin).await.map_err(while_doing("checking the conditions"))?;
    for (clause, condition) in CONDITIONS {
        let query = text(condition, tpcc, warehouse);
        let answer = client.simple_query(&query).await.map_err(while_doing(clause))?;
        *checks += 1;
        for message in answer {
            if let SimpleQueryMessage::Row(row) = message {
                let found = row.get(0).unwrap_or_default();
                violations.push(format!("{clause}: warehouse {warehouse}: {found}"));
            }
        }
    }
    client.batch_execute("commit").await.map_err(while_doing("checking the conditions"))
}

fn text(condition: &str, tpcc: Tpcc, warehouse: i32) -> String {
    let query = condition
        .replace("{received}", RECEIVED)
        .replace("{w}", &warehouse.to_string())
        .replace("{delivered}", &tpcc.delivered().to_string());
    format!("{query} limit {SHOWN}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twelve_conditions_are_there_and_complete() {
        let tpcc = Tpcc { warehouses: 3, items: 100, customers: 30 };
        for (number, (clause, condition)) in (1..).zip(CONDITIONS) {
            assert_eq!(clause, format!("3.3.2.{number}"));
            let query = text(condition, tpcc, 3);
            assert!(!query.contains('{') && query.ends_with("limit 3"), "{query}");
        }
    }
}
