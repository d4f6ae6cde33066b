//! Index = table: what an index finds is what a scan of the same snapshot finds, also page by page.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::Client;

use crate::lists::Isolation;
use crate::session::{Failure, Outcome, Row, Session, number, rows};

const ROWS: u64 = 120;
const VALUES: u64 = 16;
const PAGE: usize = 7;
/// No table here has more pages.
const MOST_PAGES: u64 = ROWS / PAGE as u64 + 2;

pub const SCHEMA: &str = "drop table if exists items;
    create table items (id bigint primary key, a bigint not null, b text not null);
    create index items_a on items (a);
    create index items_b on items (b, a)";

/// The workload and what it found.
#[derive(Default)]
pub struct Indexes {
    findings: RefCell<Vec<String>>,
    compared: RefCell<u64>,
    rows_compared: RefCell<u64>,
}

impl Indexes {
    pub async fn step(&self, session: &mut Session, random: &mut StdRng) {
        if random.random_bool(0.4) {
            let value = random.random_range(0..VALUES);
            return self.compare(session, value).await;
        }
        let (id, a) = (random.random_range(0..ROWS), random.random_range(0..VALUES));
        let to = random.random_range(0..VALUES);
        let sql = match random.random_range(0..6) {
            0 | 1 => format!(
                "insert into items values ({id}, {a}, 'b{a}') on conflict (id) do update \
                 set a = excluded.a, b = excluded.b"
            ),
            2 => format!("delete from items where id = {id}"),
            3 => format!("update items set a = {to}, b = 'b{to}' where a = {a}"),
            4 => format!(
                "update items set a = {to}, b = 'b{to}' where id between {id} and {}",
                id + 5
            ),
            _ => format!(
                "insert into items select i, i % {VALUES}, 'b' || (i % {VALUES}) \
                 from generate_series({id}, {}) as i on conflict do nothing",
                (id + 9).min(ROWS - 1)
            ),
        };
        let body = async |client: &Client| rows(client, &sql).await;
        session.transact(Isolation::Snapshot.begin(), body).await;
    }

    /// Several ways to the same rows within one snapshot.
    async fn compare(&self, session: &mut Session, value: u64) {
        let body = async |client: &Client| look(client, value).await;
        if let (Outcome::Committed, Some(seen)) =
            session.transact("begin isolation level repeatable read read only", body).await
        {
            *self.compared.borrow_mut() += 1;
            *self.rows_compared.borrow_mut() += seen.all.len() as u64;
            self.findings.borrow_mut().extend(seen.differences(value));
        }
    }

    pub async fn finish(&self, session: &mut Session) -> Result<(), String> {
        for value in 0..VALUES {
            if !session.ready().await {
                return Err("no connection in the end".to_owned());
            }
            self.compare(session, value).await;
        }
        Ok(())
    }

    pub fn judge(self, seconds: u64) -> (String, Vec<String>) {
        let (compared, rows) = (*self.compared.borrow(), *self.rows_compared.borrow());
        let mut findings = self.findings.into_inner();
        if compared < seconds * 3 || rows < compared {
            findings.push(format!("{compared} comparisons of {rows} rows are too few"));
        }
        (format!("{compared} snapshots compared, {rows} rows"), findings)
    }
}

struct Seen {
    all: BTreeMap<u64, (u64, String)>,
    duplicates: bool,
    equal: Vec<u64>,
    range: Vec<u64>,
    covered: Vec<u64>,
    pages: Vec<u64>,
    count: u64,
}

async fn look(client: &Client, value: u64) -> Result<Seen, Failure> {
    let scan = rows(client, "select id, a, b from items where a + 0 >= 0").await?;
    let ids = |found: Vec<Row>| {
        let mut ids: Vec<u64> = found.iter().map(|row| number(row, 0)).collect();
        ids.sort_unstable();
        ids
    };
    let equal = rows(client, &format!("select id from items where a = {value}")).await?;
    let range = format!("select id from items where a >= {value} and a < {}", value + 4);
    let range = rows(client, &range).await?;
    let covered = format!("select id from items where b = 'b{value}' order by b, a");
    let covered = rows(client, &covered).await?;
    let count = rows(client, "select count(*) from items").await?;
    let mut pages: Vec<u64> = Vec::new();
    for _ in 0..MOST_PAGES {
        let after = pages.last().map_or(-1, |last| last.cast_signed());
        let page = format!("select id from items where id > {after} order by id limit {PAGE}");
        let page = rows(client, &page).await?;
        pages.extend(page.iter().map(|row| number(row, 0)));
        if page.len() < PAGE {
            break;
        }
    }
    let text = |row: &Row| row[2].clone().unwrap_or_default();
    let all: BTreeMap<u64, (u64, String)> =
        scan.iter().map(|row| (number(row, 0), (number(row, 1), text(row)))).collect();
    Ok(Seen {
        duplicates: all.len() != scan.len(),
        all,
        equal: ids(equal),
        range: ids(range),
        covered: ids(covered),
        pages,
        count: count.first().map_or(0, |row| number(row, 0)),
    })
}

impl Seen {
    fn differences(&self, value: u64) -> Vec<String> {
        let of = |wanted: &dyn Fn(u64) -> bool| -> Vec<u64> {
            self.all.iter().filter(|(_, (a, _))| wanted(*a)).map(|(id, _)| *id).collect()
        };
        let mut found = Vec::new();
        if self.duplicates {
            found.push("a scan finds a row twice".to_owned());
        }
        if self.count != self.all.len() as u64 {
            found.push(format!("count(*) is {}, a scan finds {}", self.count, self.all.len()));
        }
        for (what, by_index, by_scan) in [
            ("equal", &self.equal, of(&|a| a == value)),
            ("a range", &self.range, of(&|a| (value..value + 4).contains(&a))),
            ("a prefix of two columns", &self.covered, of(&|a| a == value)),
            ("pages", &self.pages, of(&|_| true)),
        ] {
            if *by_index != by_scan {
                found.push(format!(
                    "{what} ({value}): the index finds {by_index:?}, a scan {by_scan:?}"
                ));
            }
        }
        let torn = self.all.iter().find(|(_, (a, b))| *b != format!("b{a}"));
        found.extend(torn.map(|(id, row)| format!("row {id} is half of two: {row:?}")));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_differ_is_told() {
        let right = || Seen {
            all: BTreeMap::from([(1, (3, "b3".to_owned())), (2, (4, "b4".to_owned()))]),
            duplicates: false,
            equal: vec![1],
            range: vec![1, 2],
            covered: vec![1],
            pages: vec![1, 2],
            count: 2,
        };
        assert_eq!(right().differences(3), Vec::<String>::new());
        assert_eq!(Seen { equal: vec![], ..right() }.differences(3).len(), 1);
        assert_eq!(Seen { pages: vec![1], ..right() }.differences(3).len(), 1);
        assert_eq!(Seen { count: 3, ..right() }.differences(3).len(), 1);
        let torn = BTreeMap::from([(1, (3, "b4".to_owned())), (2, (4, "b4".to_owned()))]);
        assert_eq!(Seen { all: torn, ..right() }.differences(3).len(), 1);
    }
}
