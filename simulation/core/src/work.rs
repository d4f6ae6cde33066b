//! The transactions that clients run: what each reads and, given that, writes.

use std::collections::BTreeMap;

use bytes::Bytes;
use encoding::{RowView, encode_row};
use protocol::TableId;
use protocol::key::{PRIMARY_INDEX, prefix};
use protocol::transaction::{ConflictClass, SchemaUse};
use types::{Datum, oid};

use crate::random::Random;

/// Keys of lists, registers, accounts, people on duty, unique names, and counters.
pub const LISTS: (u64, u64) = (0, 4);
pub const REGISTERS: (u64, u64) = (100, 103);
pub const ACCOUNTS: (u64, u64) = (200, 203);
pub const DUTIES: (u64, u64) = (300, 303);
pub const NAMES: (u64, u64) = (400, 403);
pub const COUNTERS: (u64, u64) = (500, 503);
/// Stands for the table's definition, which names depend on.
pub const DEFINITION: u64 = 600;
pub const OPENING_BALANCE: u64 = 100;
pub const OPENING_COUNT: i64 = 1_000;
/// The table that all keys are of.
pub const TABLE: TableId = TableId(2_000);

/// One step on lists or registers, as a checker wants to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Read { key: u64 },
    Write { key: u64, value: u64 },
}

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Lists(Vec<Step>),
    Registers(Vec<Step>),
    /// Moves money if there is enough.
    Transfer {
        from: u64,
        to: u64,
        amount: u64,
    },
    /// Under SERIALIZABLE: leaves if the other of the pair stays, or comes.
    Duty {
        person: u64,
    },
    /// Takes a name if it is free, gives it up otherwise.
    Name {
        key: u64,
        owner: u64,
    },
    /// Adds to counters without reading them, unless it looks first.
    Add {
        amounts: Vec<(u64, i64)>,
        looks: bool,
    },
    /// Reads a counter and writes what it should be then.
    Settle {
        key: u64,
        amount: i64,
    },
    /// Changes the definition of the table that names are in; with regard to the names there, or without.
    Define {
        value: u64,
        by_rows: bool,
    },
    /// Reads everything; as of a while ago if `age` is not zero.
    ReadAll {
        age: u64,
    },
}

impl Kind {
    pub fn random(random: &mut Random, value: &mut u64) -> Kind {
        match random.below(21) {
            0..=4 => Kind::Lists(steps(random, LISTS, value)),
            5..=7 => Kind::Registers(steps(random, REGISTERS, value)),
            8..=9 => {
                let from = random.between(ACCOUNTS.0, ACCOUNTS.1);
                let to = random.between(ACCOUNTS.0, ACCOUNTS.1);
                Kind::Transfer { from, to, amount: random.between(1, 60) }
            }
            10..=11 => Kind::Duty { person: random.between(DUTIES.0, DUTIES.1) },
            12..=13 => {
                *value += 1;
                Kind::Name { key: random.between(NAMES.0, NAMES.1), owner: *value }
            }
            14 => Kind::ReadAll { age: 0 },
            15..=17 => {
                let mut amounts = vec![(counter(random), amount(random))];
                let other = (counter(random), amount(random));
                if random.per_mille(400) && other.0 != amounts[0].0 {
                    amounts.push(other);
                }
                Kind::Add { amounts, looks: random.per_mille(300) }
            }
            18 => Kind::Settle { key: counter(random), amount: amount(random) },
            19 if random.per_mille(400) => {
                *value += 1;
                Kind::Define { value: *value, by_rows: random.per_mille(500) }
            }
            _ => Kind::ReadAll { age: random.between(1, 500) },
        }
    }

    /// Keys that it reads before it decides what to write.
    pub fn reads(&self) -> Vec<(u64, u64)> {
        match self {
            Kind::Lists(steps) | Kind::Registers(steps) => {
                let mut keys: Vec<u64> = steps
                    .iter()
                    .map(|step| match step {
                        Step::Read { key } | Step::Write { key, .. } => *key,
                    })
                    .collect();
                keys.sort_unstable();
                keys.dedup();
                keys.into_iter().map(|key| (key, key)).collect()
            }
            Kind::Transfer { .. } => vec![ACCOUNTS],
            Kind::Duty { .. } => vec![DUTIES],
            Kind::Name { key, .. } => vec![(*key, *key)],
            Kind::Add { looks: true, .. } => vec![COUNTERS],
            Kind::Settle { key, .. } => vec![(*key, *key)],
            Kind::Add { .. } | Kind::Define { .. } => Vec::new(),
            Kind::ReadAll { .. } => vec![(LISTS.0, COUNTERS.1)],
        }
    }

    /// What it writes and checks, given what it read.
    pub fn intents(&self, seen: &BTreeMap<u64, Bytes>, random: &mut Random) -> Intents {
        let mut intents = Intents::default();
        let update = random.pick(&[ConflictClass::Exclusive, ConflictClass::NonKeyUpdate]);
        match self {
            Kind::Lists(steps) => {
                for step in steps {
                    let Step::Write { key, value } = step else { continue };
                    let mut list = intents.latest(*key, seen);
                    list.extend_from_slice(&value.to_be_bytes());
                    intents.write(*key, Some(list.into()), update);
                }
            }
            Kind::Registers(steps) => {
                for step in steps {
                    if let Step::Write { key, value } = step {
                        intents.write(*key, Some(number(*value)), update);
                    }
                }
            }
            Kind::Transfer { from, to, amount } => {
                let balance = |key: &u64| seen.get(key).map_or(0, |value| decode(*key, value));
                if from != to && balance(from) >= *amount {
                    intents.write(*from, Some(number(balance(from) - amount)), update);
                    intents.write(*to, Some(number(balance(to) + amount)), update);
                }
            }
            Kind::Duty { person } => {
                let other = person ^ 1;
                let on = |key: &u64| seen.get(key).is_some_and(|value| decode(*key, value) == 1);
                if !on(person) {
                    intents.write(*person, Some(number(1)), update);
                } else if on(&other) {
                    intents.write(*person, Some(number(0)), update);
                    intents.checks.push((other, ConflictClass::Read));
                }
            }
            Kind::Name { key, owner } => {
                let value = if seen.contains_key(key) { None } else { Some(number(*owner)) };
                intents.write(*key, value, ConflictClass::Exclusive);
                intents.schema.push(SchemaUse::Rows(TABLE));
            }
            Kind::Add { amounts, .. } => intents.additions.extend(amounts.iter().copied()),
            Kind::Settle { key, amount } => {
                if let Some(value) = seen.get(key) {
                    let sum = decode(*key, value) as i64 + amount;
                    intents.write(*key, Some(count(sum)), update);
                }
            }
            Kind::Define { value, by_rows } => {
                intents.write(DEFINITION, Some(number(*value)), ConflictClass::Exclusive);
                intents.schema.push(match by_rows {
                    true => SchemaUse::DefinitionAndRows(TABLE),
                    false => SchemaUse::Definition(TABLE),
                });
            }
            Kind::ReadAll { .. } => {}
        }
        intents
    }
}

fn steps(random: &mut Random, keys: (u64, u64), value: &mut u64) -> Vec<Step> {
    let count = random.between(1, 4);
    (0..count)
        .map(|_| {
            let key = random.between(keys.0, keys.1);
            if random.per_mille(500) {
                *value += 1;
                Step::Write { key, value: *value }
            } else {
                Step::Read { key }
            }
        })
        .collect()
}

fn counter(random: &mut Random) -> u64 {
    random.between(COUNTERS.0, COUNTERS.1)
}

/// Small, of either sign, never nothing.
fn amount(random: &mut Random) -> i64 {
    let amount = random.between(1, 9) as i64;
    if random.per_mille(250) { -amount } else { amount }
}

/// Writes, additions and checks by number of key, and what of definitions is depended on.
#[derive(Clone, Debug, Default)]
pub struct Intents {
    pub writes: BTreeMap<u64, (Option<Bytes>, ConflictClass)>,
    pub additions: Vec<(u64, i64)>,
    pub checks: Vec<(u64, ConflictClass)>,
    pub schema: Vec<SchemaUse>,
}

impl Intents {
    fn write(&mut self, key: u64, value: Option<Bytes>, class: ConflictClass) {
        self.writes.insert(key, (value, class));
    }

    fn latest(&self, key: u64, seen: &BTreeMap<u64, Bytes>) -> Vec<u8> {
        match self.writes.get(&key) {
            Some((Some(own), _)) => own.to_vec(),
            _ => seen.get(&key).map(|list| list.to_vec()).unwrap_or_default(),
        }
    }

    /// Whether there is nothing to commit.
    pub fn only_reads(&self) -> bool {
        self.writes.is_empty() && self.additions.is_empty()
    }

    /// Keys that it depends on and that must not have changed up to its commit.
    pub fn dependencies(&self) -> Vec<u64> {
        let reads = self.checks.iter().filter(|(_, class)| *class == ConflictClass::Read);
        let mut keys: Vec<u64> = reads.map(|(key, _)| *key).collect();
        for used in &self.schema {
            match used {
                SchemaUse::Rows(_) => keys.push(DEFINITION),
                SchemaUse::DefinitionAndRows(_) => keys.extend(NAMES.0..=NAMES.1),
                SchemaUse::Definition(_) => {}
            }
        }
        keys
    }
}

/// What is there before anybody writes.
pub fn opening_rows() -> Vec<(u64, Bytes)> {
    let accounts = (ACCOUNTS.0..=ACCOUNTS.1).map(|key| (key, number(OPENING_BALANCE)));
    let duties = (DUTIES.0..=DUTIES.1).map(|key| (key, number(1)));
    let counters = (COUNTERS.0..=COUNTERS.1).map(|key| (key, count(OPENING_COUNT)));
    accounts.chain(duties).chain(counters).collect()
}

/// Keys are far enough apart to be spread over the shards.
pub fn encode_key(key: u64) -> Bytes {
    let mut bytes = prefix(TABLE, PRIMARY_INDEX).to_vec();
    bytes.push(1);
    bytes.extend_from_slice(&(key << 12).to_be_bytes());
    bytes.into()
}

pub fn decode_key(key: &Bytes) -> u64 {
    let last = key.len().checked_sub(8).and_then(|start| key[start..].try_into().ok());
    u64::from_be_bytes(last.expect("keys of this simulator end with a number")) >> 12
}

pub fn number(value: u64) -> Bytes {
    value.to_be_bytes().to_vec().into()
}

/// The elements of a list; of a number, the number alone.
pub fn elements(value: &[u8]) -> Vec<u64> {
    let numbers = value.chunks_exact(8).map(|chunk| chunk.try_into().expect("eight bytes"));
    numbers.map(u64::from_be_bytes).collect()
}

/// A counter's row, as SQL would store it: additions are folded into its bytes.
pub fn count(value: i64) -> Bytes {
    let mut row = Vec::new();
    let (values, types) = ([Datum::Int8(value), Datum::text("counter")], [oid::INT8, oid::TEXT]);
    encode_row(&values, &types, &mut row).expect("a short row is encoded");
    row.into()
}

fn decode_count(row: &[u8]) -> i64 {
    match RowView::new(row).and_then(|row| row.get(0, oid::INT8)) {
        Ok(Datum::Int8(value)) => value,
        other => panic!("a counter's row holds {other:?}"),
    }
}

/// A number that stands for the value: a number for itself, a counter for its value, a list for its digest.
pub fn decode(key: u64, value: &Bytes) -> u64 {
    if (COUNTERS.0..=COUNTERS.1).contains(&key) {
        return decode_count(value) as u64;
    }
    match elements(value)[..] {
        [one] => one,
        ref all => all.iter().fold(0xCBF2_9CE4_8422_2325, |hash, one| {
            (hash ^ one).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(17)
        }),
    }
}
