//! Unique: several clients want the same name, and one may have it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use checkers::durability::{self, Told};
use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::Client;

use crate::lists::Isolation;
use crate::session::{Outcome, Session, number, rows};

/// So many attempts want each name.
const RIVALS: u64 = 4;

pub const SCHEMA: &str = "drop table if exists people;
    create table people (id bigint primary key, name text not null unique)";

/// The workload and what its clients were told.
#[derive(Default)]
pub struct Unique {
    told: RefCell<BTreeMap<u64, Told>>,
    /// Names that somebody was told to be taken.
    taken: RefCell<BTreeSet<u64>>,
    findings: RefCell<Vec<String>>,
    refused: RefCell<u64>,
}

impl Unique {
    pub async fn step(&self, session: &mut Session, random: &mut StdRng) {
        let id = {
            let mut told = self.told.borrow_mut();
            let id = told.len() as u64;
            told.insert(id, Told::Unknown);
            id
        };
        // Two names at a time, in either order, so that attempts cross.
        let name = id / RIVALS;
        let look = random.random_bool(0.3);
        let body = async |client: &Client| {
            rows(client, &format!("insert into people values ({id}, 'name {name}')")).await?;
            if look {
                return rows(client, &format!("select id from people where name = 'name {name}'"))
                    .await;
            }
            Ok(Vec::new())
        };
        let (outcome, seen) = if random.random_bool(0.5) {
            let sql = format!("insert into people values ({id}, 'name {name}')");
            let (outcome, _) = session.alone(&sql).await;
            (outcome, None)
        } else {
            session.transact(Isolation::Snapshot.begin(), body).await
        };
        if let Some(seen) = seen.filter(|_| look)
            && (seen.len() != 1 || number(&seen[0], 0) != id)
        {
            self.findings.borrow_mut().push(format!("T{id} wrote name {name} and saw {seen:?}"));
        }
        let told = match outcome {
            Outcome::Committed => Told::Committed { tau_commit: 0 },
            Outcome::Failed(code) => {
                *self.refused.borrow_mut() += 1;
                if code.as_deref() == Some("23505") {
                    self.taken.borrow_mut().insert(name);
                }
                Told::Refused
            }
            Outcome::Unknown => Told::Unknown,
        };
        self.told.borrow_mut().insert(id, told);
    }

    pub async fn finish(&self, session: &mut Session) -> Result<(), String> {
        let body = async |client: &Client| {
            let all = rows(client, "select id, name from people").await?;
            let ordered =
                rows(client, "select name, count(*) from people group by name order by name")
                    .await?;
            Ok((all, ordered))
        };
        let (outcome, found) = session.transact(Isolation::Snapshot.begin(), body).await;
        let (Outcome::Committed, Some((all, grouped))) = (outcome, found) else {
            return Err("the names cannot be read in the end".to_owned());
        };
        let mut findings = self.findings.borrow_mut();
        let held: Vec<(u64, u64)> = all.iter().map(|row| (number(row, 0), 0)).collect();
        let faults = durability::check(&self.told.borrow(), &held);
        findings.extend(faults.iter().map(ToString::to_string));
        let mut owners: BTreeMap<String, u64> = BTreeMap::new();
        for row in &all {
            let name = row[1].clone().unwrap_or_default();
            if let Some(other) = owners.insert(name.clone(), number(row, 0)) {
                findings.push(format!("{name} belongs to T{other} and to T{}", number(row, 0)));
            }
        }
        if grouped.len() != owners.len() {
            findings.push(format!("{} names by group, {} by scan", grouped.len(), owners.len()));
        }
        for name in self.taken.borrow().iter() {
            if !owners.contains_key(&format!("name {name}")) {
                findings.push(format!("name {name} was refused as taken and nobody has it"));
            }
        }
        Ok(())
    }

    pub fn judge(self, seconds: u64) -> (String, Vec<String>) {
        let (told, mut findings) = (self.told.into_inner(), self.findings.into_inner());
        let committed = told.values().filter(|one| matches!(one, Told::Committed { .. })).count();
        let refused = *self.refused.borrow();
        if (committed as u64) < seconds * 5 || refused < seconds * 5 {
            findings.push(format!("{committed} names and {refused} refusals are too few"));
        }
        (format!("{committed} names taken, {refused} refused"), findings)
    }
}
