//! Random histories of one shard against brute force: the adjudicator commits exactly what snapshot isolation (and, with
//! reads, serializability in the order of `tau_commit`) allows.
//!
//! Checks: I1, I3

use std::sync::Arc;

use adjudicator::classes::{Relation, relation};
use adjudicator::{Adjudicator, Config, Input, Output};
use bytes::Bytes;
use proptest::prelude::*;
use protocol::adjudication::ShardMessage;
use protocol::journal::{JournalEntry, Leadership, Position};
use protocol::transaction::{
    Addition, Check, CommitRequest, ConflictClass, Delta, Outcome, RangeCheck, Refusal, SchemaUse,
    Write,
};
use protocol::{ClockReading, ShardId, TableId, Timestamp, TransactionId};

#[derive(Clone, Debug)]
struct Wish {
    /// How long ago the snapshot was taken.
    age: u64,
    /// Time that passes before the commit.
    passes: u64,
    writes: Vec<(u8, ConflictClass)>,
    checks: Vec<(u8, ConflictClass)>,
    range: Option<(u8, u8)>,
    schema: Option<SchemaUse>,
}

fn class() -> impl Strategy<Value = ConflictClass> {
    prop_oneof![
        Just(ConflictClass::Exclusive),
        Just(ConflictClass::NonKeyUpdate),
        Just(ConflictClass::Delta),
        Just(ConflictClass::KeyShare),
        Just(ConflictClass::Read),
    ]
}

fn schema_use() -> impl Strategy<Value = SchemaUse> {
    let table = TableId(1_000);
    prop_oneof![
        Just(SchemaUse::Rows(table)),
        Just(SchemaUse::Rows(table)),
        Just(SchemaUse::Definition(table)),
        Just(SchemaUse::DefinitionAndRows(table)),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    (
        0..12u64,
        0..4u64,
        prop::collection::vec((0..10u8, class()), 0..3),
        prop::collection::vec((0..10u8, class()), 0..2),
        prop::option::weighted(0.2, (0..10u8, 0..12u8)),
        prop::option::weighted(0.3, schema_use()),
    )
        .prop_map(|(age, passes, writes, checks, range, schema)| Wish {
            age,
            passes,
            writes,
            checks,
            range,
            schema,
        })
}

fn key(number: u8) -> Bytes {
    vec![0, 0, 7, 208, 0, 1, number].into()
}

fn request(number: usize, now: u64, wish: &Wish) -> CommitRequest {
    let mut writes: Vec<Write> = Vec::new();
    let mut additions: Vec<Addition> = Vec::new();
    for (place, class) in &wish.writes {
        let key = key(*place);
        let known = writes.iter().any(|write| write.key == key)
            || additions.iter().any(|addition| addition.key == key);
        match class {
            _ if known => {}
            ConflictClass::Delta => {
                let deltas = vec![Delta { column: 0, amount: 1 }];
                additions.push(Addition { key, deltas });
            }
            class => writes.push(Write { key, value: None, class: Some(*class) }),
        }
    }
    CommitRequest {
        id: TransactionId(uuid::Uuid::from_u128(number as u128 + 1)),
        tau_start: Timestamp(now.saturating_sub(wish.age)),
        writes,
        additions,
        checks: wish
            .checks
            .iter()
            .map(|(place, class)| Check { key: key(*place), class: *class })
            .collect(),
        ranges: wish
            .range
            .iter()
            .map(|(start, end)| RangeCheck { start: key(*start), end: key(*end) })
            .collect(),
        schema: wish.schema.into_iter().collect(),
    }
}

fn claims(request: &CommitRequest) -> Vec<(Bytes, ConflictClass)> {
    let written = request.writes.iter().filter_map(|write| Some((write.key.clone(), write.class?)));
    let added = request.additions.iter().map(|one| (one.key.clone(), ConflictClass::Delta));
    written
        .chain(added)
        .chain(request.checks.iter().map(|check| (check.key.clone(), check.class)))
        .collect()
}

/// What the definition of snapshot isolation says.
fn conflicts(mine: &CommitRequest, committed: &[(CommitRequest, Timestamp)]) -> bool {
    let later = committed.iter().filter(|(_, tau_commit)| *tau_commit > mine.tau_start);
    later.into_iter().any(|(other, _)| {
        let theirs = claims(other);
        let keys = claims(mine).iter().any(|(key, class)| {
            theirs
                .iter()
                .any(|(same, other)| same == key && relation(*class, *other) == Relation::Conflict)
        });
        let ranges = mine.ranges.iter().any(|range| {
            theirs.iter().any(|(key, class)| {
                *key >= range.start
                    && *key < range.end
                    && relation(ConflictClass::Read, *class) == Relation::Conflict
            })
        });
        let schema = mine.schema.iter().any(|used| {
            other.schema.iter().any(|changed| match (used, changed) {
                (SchemaUse::Rows(_) | SchemaUse::Definition(_), SchemaUse::Rows(_)) => false,
                (SchemaUse::DefinitionAndRows(_), SchemaUse::Rows(_)) => true,
                _ => true,
            })
        });
        keys || ranges || schema
    })
}

fn run(wishes: &[Wish], max_keys: usize) -> Result<(), TestCaseError> {
    let config = Config { max_keys, ..Config::default() };
    let mut adjudicator = Adjudicator::new(ShardId(0), Arc::new(config));
    let mut outputs = Vec::new();
    let mut now = 1_000;
    let leadership = Leadership {
        term: 1,
        ceiling: Timestamp(900),
        last_commit: Timestamp(900),
        position: Position(0),
    };
    let reading = |now| ClockReading::exact(Timestamp(now));
    adjudicator.step(reading(now), Input::Gained(leadership), &mut outputs);
    let mut committed: Vec<(CommitRequest, Timestamp)> = Vec::new();
    let mut position = 0;
    for (number, wish) in wishes.iter().enumerate() {
        now += wish.passes;
        let request = request(number, now, wish);
        let commit = Input::Message(ShardMessage::Commit(request.clone()));
        adjudicator.step(reading(now), commit, &mut outputs);
        adjudicator.step(reading(now), Input::Flush, &mut outputs);
        let mut outcome = None;
        // A refusal may need a ceiling first, a commit an entry: two rounds at most.
        for _ in 0..3 {
            for output in std::mem::take(&mut outputs) {
                match output {
                    Output::Append { number, entry } => {
                        position += 1;
                        if let JournalEntry::Transactions(all) = entry.as_ref() {
                            prop_assert_eq!(all.len(), 1);
                        }
                        let result = Ok(Position(position));
                        let input = Input::Appended { number, result };
                        adjudicator.step(reading(now), input, &mut outputs);
                    }
                    Output::Reply { outcome: told, .. } => outcome = Some(told),
                    other => prop_assert!(false, "unexpected {:?}", other),
                }
            }
        }
        match outcome {
            Some(Outcome::Committed { tau_commit }) => {
                prop_assert!(!conflicts(&request, &committed), "{:?} must conflict", request);
                prop_assert!(tau_commit > request.tau_start);
                let last = committed.last().map_or(Timestamp::ZERO, |(_, tau)| *tau);
                prop_assert!(tau_commit > last);
                committed.push((request, tau_commit));
            }
            Some(Outcome::Refused(Refusal::TooOld { floor })) => {
                prop_assert!(request.tau_start < floor);
                prop_assert!(floor <= committed.last().map_or(Timestamp(900), |(_, tau)| *tau));
            }
            Some(Outcome::Refused(Refusal::Data { .. } | Refusal::Schema { .. })) => {
                prop_assert!(conflicts(&request, &committed), "{:?} must not conflict", request);
            }
            other => prop_assert!(false, "unexpected {:?}", other),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn verdicts_are_those_of_brute_force(wishes in prop::collection::vec(wish(), 1..60)) {
        run(&wishes, 1_000)?;
    }

    /// With room for a few keys only the floor rises; what passes is still right.
    #[test]
    fn verdicts_stay_right_when_memory_is_short(wishes in prop::collection::vec(wish(), 1..60)) {
        run(&wishes, 3)?;
    }
}
