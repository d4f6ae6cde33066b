//! The centres of approximate indexes on vectors: made when an index is built, kept in memory once they were read.
//!
//! They lie among the index's own keys, whose two bytes behind the table are never used twice, and they never change. So
//! what was read once under a number holds for good.

use std::sync::Arc;

use catalog::Relation;
use dashmap::DashMap;
use executor::vector_lists::{Lists, Reservoir, SAMPLE_PER_LIST, SAMPLE_ROWS_MAX};
use executor::{Environment, RowCodec};
use functions::vector_index::VectorClass;
use protocol::key::prefix;
use protocol::transaction::Write;
use types::{Oid, SqlError, SqlResult, sqlstate};

use crate::environment::StatementEnvironment;
use crate::work;

/// Indexes whose centres are kept, before all are forgotten, and bytes of each; larger ones are read for each statement.
const KEPT_MAX: usize = 64;
const KEPT_BYTES_MAX: usize = 8 << 20;
/// Lists of `USING hnsw` at most: the square root of the rows, up to this.
const LISTS_MAX: u64 = 1_000;
/// Lists of `USING ivfflat` unless it says otherwise, as in pgvector.
const USUAL_LISTS: usize = 100;

/// Centres by the index's oid and the number of its keys.
pub type KeptLists = DashMap<(Oid, u16), Arc<Lists>>;

/// The centres of an index, from this statement, from memory, or from storage.
pub fn lists(
    environment: &StatementEnvironment,
    codec: &RowCodec,
    position: usize,
) -> SqlResult<Arc<Lists>> {
    let relation = codec.relation();
    let index = &relation.indexes[position];
    let own = (relation.table_id, index.number);
    if let Some(found) = environment.vector_lists.lock().get(&own) {
        return Ok(Arc::clone(found));
    }
    // What this transaction has defined may be rolled back, and its number be given again.
    let is_settled = environment.session.changed().1.is_none();
    let kept = &environment.services.vector_lists;
    let key = (index.oid, index.number);
    if is_settled && let Some(found) = kept.get(&key) {
        return Ok(Arc::clone(&found));
    }
    let start = prefix(relation.table_id, index.number);
    let scan = |request| environment.scan_latest(request);
    let read = Arc::new(Lists::read(class(relation, position)?, &start, scan)?);
    environment.vector_lists.lock().insert(own, Arc::clone(&read));
    if is_settled && read.bytes() <= KEPT_BYTES_MAX {
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&read));
    }
    Ok(read)
}

fn class(relation: &Relation, position: usize) -> SqlResult<VectorClass> {
    relation.indexes[position].vector_class().ok_or_else(|| {
        SqlError::new(sqlstate::INTERNAL_ERROR, "centres of an index that is not on vectors")
    })
}

/// Makes the centres of an index that is about to be built, from the rows that are there.
pub fn train(
    environment: &Arc<StatementEnvironment>,
    relation: &Arc<Relation>,
    position: usize,
) -> SqlResult<()> {
    let index = &relation.indexes[position];
    let asked = index.options.iter().find(|(name, _)| name == "lists");
    let asked = asked.and_then(|(_, value)| value.parse().ok()).unwrap_or(USUAL_LISTS);
    let is_fixed = index.method == "ivfflat";
    let room = if is_fixed { asked * SAMPLE_PER_LIST } else { SAMPLE_ROWS_MAX };
    let mut sample = Reservoir::new(room.min(SAMPLE_ROWS_MAX), index.oid.into());
    let target = environment.target(relation.oid)?;
    let codec = RowCodec::new(relation)?;
    work::each_row(environment, relation, |stored| {
        let mut rows = Vec::with_capacity(stored.len());
        for row in stored {
            rows.push((row.key.clone(), codec.decode(&row.value)?));
        }
        let bound = target.indexes.get(position);
        executor::sample_vectors(&**environment, &codec, position, bound, &rows, &mut sample)
    })?;
    let count = if is_fixed { asked } else { sample.seen().isqrt().clamp(1, LISTS_MAX) as usize };
    let check = || environment.check_interrupts_now();
    let seed = u64::from(index.oid);
    let lists =
        Lists::train(class(relation, position)?, &sample.into_sample(), count, seed, &check)?;
    keep(environment, relation, position, lists)
}

/// Gives an index of a table that is written anew the centres that it had.
pub fn carry_over(
    environment: &Arc<StatementEnvironment>,
    old: &Relation,
    new: &Relation,
) -> SqlResult<()> {
    for (position, index) in new.indexes.iter().enumerate().filter(|(_, index)| index.is_vector()) {
        let lists = match old.indexes.iter().find(|before| before.oid == index.oid) {
            Some(before) => {
                let start = prefix(old.table_id, before.number);
                let scan = |request| environment.scan_latest(request);
                Lists::read(class(new, position)?, &start, scan)?
            }
            None => Lists::one(class(new, position)?),
        };
        keep(environment, new, position, lists)?;
    }
    Ok(())
}

fn keep(
    environment: &Arc<StatementEnvironment>,
    relation: &Relation,
    position: usize,
    lists: Lists,
) -> SqlResult<()> {
    let number = relation.indexes[position].number;
    for (key, value) in lists.rows(&prefix(relation.table_id, number)) {
        environment.write(Write { key, value: Some(value), class: None })?;
    }
    environment.vector_lists.lock().insert((relation.table_id, number), Arc::new(lists));
    Ok(())
}
