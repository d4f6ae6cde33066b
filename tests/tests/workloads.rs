//! `quorate bench`: TPC-C keeps its consistency conditions, each condition notices damage, and counters are exact.

use std::process::{Command, Output};

use tests::connect::{connect, rows};
use tests::server::program;
use tests::{Options, Server};

fn bench(server: &Server, arguments: &[&str]) -> Output {
    let address = server.sql_address();
    let mut command = Command::new(program());
    command.args(["bench"]).args(arguments).args(["--quiet", "--json"]);
    command.args(["--url", &format!("postgresql://admin@{address}/postgres?sslmode=disable")]);
    command.output().expect("the program can be run")
}

fn report(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    match serde_json::from_str(&text) {
        Ok(report) => report,
        Err(_) => panic!("no report: {text}\n{error}"),
    }
}

/// A change that breaks conditions, and which they are.
const DAMAGES: &[(&str, &[&str])] = &[
    ("update tpcc_warehouse set w_ytd = w_ytd + 1", &["3.3.2.1", "3.3.2.8"]),
    ("update tpcc_district set d_next_o_id = d_next_o_id + 1 where d_id = 3", &["3.3.2.2"]),
    (
        "delete from tpcc_new_order where no_d_id = 2 and no_o_id = (select min(no_o_id) + 1 \
         from tpcc_new_order where no_d_id = 2)",
        &["3.3.2.3", "3.3.2.5", "3.3.2.11"],
    ),
    (
        "update tpcc_orders set o_ol_cnt = o_ol_cnt + 1 where o_d_id = 1 and o_id = 1",
        &["3.3.2.4", "3.3.2.6"],
    ),
    (
        "delete from tpcc_orders where o_d_id = 1 and o_id = (select max(no_o_id) from tpcc_new_order \
         where no_d_id = 1)",
        &["3.3.2.2", "3.3.2.4", "3.3.2.5", "3.3.2.11"],
    ),
    (
        "update tpcc_order_line set ol_delivery_d = null where ol_d_id = 1 and ol_o_id = 1",
        &["3.3.2.7"],
    ),
    (
        "update tpcc_history set h_amount = h_amount + 1 where h_c_d_id = 4 and h_c_id = 5",
        &["3.3.2.8", "3.3.2.9", "3.3.2.10"],
    ),
    (
        "update tpcc_customer set c_balance = c_balance + 1 where c_d_id = 4 and c_id = 5",
        &["3.3.2.10", "3.3.2.12"],
    ),
    (
        "update tpcc_customer set c_delivery_cnt = c_delivery_cnt + 1 where c_d_id = 4 and c_id = 5",
        &["3.3.2.11"],
    ),
];

#[tokio::test]
async fn tpcc_keeps_its_conditions_and_each_of_them_notices_damage() {
    let server = Server::start(Options::default());
    let run = "tpcc --load --warehouses 1 --items 500 --customers 30 --clients 6 --seconds 4 --max-tries 100 \
               --check";
    let output = bench(&server, &run.split(' ').collect::<Vec<_>>());
    let found = report(&output);
    assert!(output.status.success(), "{found}");
    assert_eq!(found["invariant_checks"], 24, "twelve before and twelve after");
    assert_eq!((&found["gave_up"], &found["unknown_outcomes"]), (&0.into(), &0.into()), "{found}");
    for (code, count) in found["errors_by_sqlstate"].as_object().expect("by code") {
        assert_eq!(code, "40001", "{count} times");
    }
    assert!(found["new_orders_per_minute"].as_f64().expect("a number") > 0.0, "{found}");
    for operation in ["new_order", "payment"] {
        assert!(found["latencies"][operation]["count"].as_u64() > Some(0), "{operation}: {found}");
    }
    let client = connect(&server).await;
    let worked = "select count(*) > 300, sum(o_ol_cnt) = (select count(*) from tpcc_order_line) \
                  from tpcc_orders";
    assert_eq!(rows(&client, worked).await, ["t|t"]);

    // Each damage meets tables as they were loaded, so that nothing else is found.
    for (damage, wanted) in DAMAGES {
        let load = "tpcc init --warehouses 1 --items 100 --customers 20";
        assert!(bench(&server, &load.split(' ').collect::<Vec<_>>()).status.success());
        client.batch_execute(damage).await.expect("it can be damaged");
        let output = bench(&server, &["tpcc", "check"]);
        assert_eq!(output.status.code(), Some(1), "{damage}");
        let found = report(&output);
        let violations = found["violations"].as_array().expect("a list");
        let mut clauses: Vec<&str> = violations
            .iter()
            .filter_map(|one| one.as_str()?.split_once(": ").map(|(clause, _)| clause))
            .collect();
        clauses.dedup();
        assert_eq!(clauses, *wanted, "{damage}: {violations:?}");
    }
}

#[tokio::test]
async fn everybody_adds_to_one_row_and_the_sums_are_exact() {
    let server = Server::start(Options::default());
    let run = "counter --init --clients 16 --seconds 1 --warmup 0s --rounds 2";
    let output = bench(&server, &run.split(' ').collect::<Vec<_>>());
    let found = report(&output);
    assert!(output.status.success(), "{found}");
    assert_eq!(found["checks"], 4, "{found}");
    for kind in ["plain", "delta"] {
        for round in found[kind].as_array().expect("rounds") {
            assert!(round["committed"].as_u64() > Some(0), "{kind}: {round}");
        }
    }
    let conflicts = |kind: &str| found[kind][0]["conflicts"].clone();
    assert_eq!(conflicts("delta"), 0, "additions do not conflict");
}
