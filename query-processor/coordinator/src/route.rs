//! Which shards have a say in a transaction, and which of them leads.

use std::collections::BTreeMap;

use protocol::ShardId;
use protocol::adjudication::{LeaderPart, Part, Prepare, ShardMessage};
use protocol::key::{PRIMARY_INDEX, ShardMap, prefix};
use protocol::transaction::{Check, CommitRequest, ConflictClass, DecidedWrite};

/// Where a transaction goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub leader: ShardId,
    pub parts: BTreeMap<ShardId, Part>,
}

impl Route {
    /// `None` for a transaction that asks for nothing.
    pub fn new(request: &CommitRequest, map: &ShardMap, nearest: Option<ShardId>) -> Option<Route> {
        let mut parts: BTreeMap<ShardId, Part> = BTreeMap::new();
        for write in &request.writes {
            if let Some(class) = write.class {
                let part = parts.entry(map.shard_of(&write.key)).or_default();
                part.keys.push(Check { key: write.key.clone(), class });
            }
        }
        for addition in &request.additions {
            let part = parts.entry(map.shard_of(&addition.key)).or_default();
            part.keys.push(Check { key: addition.key.clone(), class: ConflictClass::Delta });
        }
        for check in &request.checks {
            parts.entry(map.shard_of(&check.key)).or_default().keys.push(check.clone());
        }
        for range in &request.ranges {
            for shard in map.shards_of_range(&range.start, &range.end) {
                parts.entry(shard).or_default().ranges.push(range.clone());
            }
        }
        if request.schema.iter().any(|used| used.concerns_all_shards()) {
            for shard in map.shards() {
                parts.entry(shard).or_default();
            }
        }
        if parts.is_empty() {
            // Nothing is checked; somebody has to put it into a journal nevertheless.
            let shard = match (request.writes.first(), request.schema.first()) {
                (Some(write), _) => map.shard_of(&write.key),
                (None, Some(used)) => map.shard_of(&prefix(used.table(), PRIMARY_INDEX)),
                (None, None) => return None,
            };
            parts.entry(shard).or_default();
        }
        for part in parts.values_mut() {
            part.schema.clone_from(&request.schema);
        }
        let leader = leader(&parts, nearest)?;
        Some(Route { leader, parts })
    }

    /// The messages of one attempt, the leader's first so that votes do not overtake it needlessly.
    pub fn messages(&self, request: &CommitRequest) -> Vec<(ShardId, ShardMessage)> {
        if self.parts.len() == 1 {
            return vec![(self.leader, ShardMessage::Commit(request.clone()))];
        }
        let participants: Vec<ShardId> =
            self.parts.keys().copied().filter(|shard| *shard != self.leader).collect();
        let writes = request
            .writes
            .iter()
            .map(|write| DecidedWrite { key: write.key.clone(), value: write.value.clone() })
            .collect();
        let additions = request.additions.clone();
        let mut lead = Some(LeaderPart { participants: participants.clone(), writes, additions });
        std::iter::once(self.leader)
            .chain(participants)
            .map(|shard| {
                let prepare = Prepare {
                    id: request.id,
                    tau_start: request.tau_start,
                    leader: self.leader,
                    part: self.parts.get(&shard).cloned().unwrap_or_default(),
                    lead: lead.take(),
                };
                (shard, ShardMessage::Prepare(prepare))
            })
            .collect()
    }
}

fn leader(parts: &BTreeMap<ShardId, Part>, nearest: Option<ShardId>) -> Option<ShardId> {
    if let Some(nearest) = nearest.filter(|shard| parts.contains_key(shard)) {
        return Some(nearest);
    }
    let most = parts.values().map(|part| part.keys.len()).max()?;
    parts.iter().find(|(_, part)| part.keys.len() == most).map(|(shard, _)| *shard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use protocol::transaction::{ConflictClass, RangeCheck, SchemaUse, Write};
    use protocol::{TableId, Timestamp, TransactionId};

    fn key(map: &ShardMap, shard: u32, number: u64) -> Bytes {
        let mut found = 0;
        for value in 0u64.. {
            let mut key = prefix(TableId(2_000), 1).to_vec();
            key.push(1);
            key.extend_from_slice(&(value << 12).to_be_bytes());
            if map.shard_of(&key) == ShardId(shard) {
                if found == number {
                    return key.into();
                }
                found += 1;
            }
        }
        unreachable!("every shard owns stripes")
    }

    fn request(keys: &[Bytes]) -> CommitRequest {
        let write = |key: &Bytes| Write {
            key: key.clone(),
            value: None,
            class: Some(ConflictClass::Exclusive),
        };
        CommitRequest {
            id: TransactionId(uuid::Uuid::from_u128(1)),
            tau_start: Timestamp(1),
            writes: keys.iter().map(write).collect(),
            additions: Vec::new(),
            checks: vec![],
            ranges: vec![],
            schema: vec![],
        }
    }

    #[test]
    fn leader_is_the_nearest_then_the_one_with_most_keys_then_the_lowest() {
        let map = ShardMap::new(3);
        let even = request(&[key(&map, 2, 0), key(&map, 1, 0)]);
        assert_eq!(Route::new(&even, &map, None).expect("a route").leader, ShardId(1));
        let uneven = request(&[key(&map, 2, 0), key(&map, 1, 0), key(&map, 2, 1)]);
        assert_eq!(Route::new(&uneven, &map, None).expect("a route").leader, ShardId(2));
        let near = Route::new(&uneven, &map, Some(ShardId(1))).expect("a route");
        assert_eq!(near.leader, ShardId(1));
        let far = Route::new(&uneven, &map, Some(ShardId(0))).expect("a route");
        assert_eq!(far.leader, ShardId(2));
    }

    #[test]
    fn every_shard_gets_its_keys_only_and_the_leader_all_writes() {
        let map = ShardMap::new(3);
        let request = request(&[key(&map, 0, 0), key(&map, 1, 0), key(&map, 0, 1)]);
        let route = Route::new(&request, &map, None).expect("a route");
        let messages = route.messages(&request);
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[0].0, ShardId(0));
        for (shard, message) in messages {
            let ShardMessage::Prepare(prepare) = message else { panic!("a prepare") };
            assert!(prepare.part.keys.iter().all(|check| map.shard_of(&check.key) == shard));
            assert_eq!(prepare.lead.is_some(), shard == ShardId(0));
            if let Some(lead) = prepare.lead {
                assert_eq!(lead.writes.len(), 3);
                assert_eq!(lead.participants, [ShardId(1)]);
            }
        }
    }

    #[test]
    fn definitions_concern_all_shards_and_ranges_those_that_may_own_keys() {
        let map = ShardMap::new(4);
        let mut change = request(&[key(&map, 1, 0)]);
        change.schema.push(SchemaUse::Definition(TableId(2_000)));
        let route = Route::new(&change, &map, None).expect("a route");
        assert_eq!(route.parts.len(), 4);
        assert!(route.parts.values().all(|part| part.schema.len() == 1));
        let mut serializable = request(&[key(&map, 1, 0)]);
        let range = RangeCheck { start: Bytes::from_static(b"a"), end: Bytes::from_static(b"b") };
        serializable.ranges.push(range);
        assert_eq!(Route::new(&serializable, &map, None).expect("a route").parts.len(), 4);
    }

    #[test]
    fn what_is_not_checked_still_has_a_journal_and_nothing_has_none() {
        let map = ShardMap::new(4);
        let mut unchecked = request(&[key(&map, 3, 0)]);
        unchecked.writes[0].class = None;
        assert_eq!(Route::new(&unchecked, &map, None).expect("a route").leader, ShardId(3));
        assert_eq!(Route::new(&request(&[]), &map, None), None);
    }
}
