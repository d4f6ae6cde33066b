//! The transactions that clients run: what each reads and, given that, writes.

use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::TableId;
use protocol::key::{PRIMARY_INDEX, prefix};
use protocol::transaction::{Check, ConflictClass, Write};

use crate::random::Random;

/// Keys of lists, registers, accounts, people on duty, and unique names.
pub const LISTS: (u64, u64) = (0, 4);
pub const REGISTERS: (u64, u64) = (100, 103);
pub const ACCOUNTS: (u64, u64) = (200, 203);
pub const DUTIES: (u64, u64) = (300, 303);
pub const NAMES: (u64, u64) = (400, 403);
pub const OPENING_BALANCE: u64 = 100;

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
    /// Reads everything; as of a while ago if `age` is not zero.
    ReadAll {
        age: u64,
    },
}

impl Kind {
    pub fn random(random: &mut Random, value: &mut u64) -> Kind {
        match random.below(16) {
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
            Kind::ReadAll { .. } => vec![(LISTS.0, NAMES.1)],
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
                let balance = |key: &u64| seen.get(key).map_or(0, decode);
                if from != to && balance(from) >= *amount {
                    intents.write(*from, Some(number(balance(from) - amount)), update);
                    intents.write(*to, Some(number(balance(to) + amount)), update);
                }
            }
            Kind::Duty { person } => {
                let other = person ^ 1;
                let on = |key: &u64| seen.get(key).is_some_and(|value| decode(value) == 1);
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

/// Writes and checks by number of key.
#[derive(Clone, Debug, Default)]
pub struct Intents {
    pub writes: BTreeMap<u64, (Option<Bytes>, ConflictClass)>,
    pub checks: Vec<(u64, ConflictClass)>,
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

    pub fn encoded_writes(&self) -> Vec<Write> {
        let all = self.writes.iter().map(|(key, (value, class))| Write {
            key: encode_key(*key),
            value: value.clone(),
            class: Some(*class),
        });
        all.collect()
    }

    pub fn encoded_checks(&self) -> Vec<Check> {
        let all =
            self.checks.iter().map(|(key, class)| Check { key: encode_key(*key), class: *class });
        all.collect()
    }
}

/// What is there before anybody writes.
pub fn opening_rows() -> Vec<(u64, Bytes)> {
    let accounts = (ACCOUNTS.0..=ACCOUNTS.1).map(|key| (key, number(OPENING_BALANCE)));
    let duties = (DUTIES.0..=DUTIES.1).map(|key| (key, number(1)));
    accounts.chain(duties).collect()
}

/// Keys are far enough apart to be spread over the shards.
pub fn encode_key(key: u64) -> Bytes {
    let mut bytes = prefix(TableId(2_000), PRIMARY_INDEX).to_vec();
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

/// A number that stands for the value: a number for itself, a list for its digest.
pub fn decode(value: &Bytes) -> u64 {
    match elements(value)[..] {
        [one] => one,
        ref all => all.iter().fold(0xCBF2_9CE4_8422_2325, |hash, one| {
            (hash ^ one).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(17)
        }),
    }
}
