//! Many rows at once, outside of a plan: COPY and index builds.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use planner::plan::{Target, TargetIndex};
use protocol::transaction::{ConflictClass, Write};
use types::{Datum, Row, SqlResult};

use crate::environment::Environment;
use crate::evaluate::Scope;
use crate::modify::errors;
use crate::modify::foreign_keys::{EventQueue, run_events};
use crate::modify::triggers::Event;
use crate::modify::writer::{TableWriter, index_values};
use crate::rows::RowCodec;
use crate::vector_lists::Reservoir;

/// Takes full rows of a table and writes them with all checks an INSERT makes.
pub struct InsertPipeline {
    env: Arc<dyn Environment>,
    target: Arc<Target>,
    events: RefCell<EventQueue>,
    rows: u64,
    begun: bool,
}

impl InsertPipeline {
    pub fn new(env: Arc<dyn Environment>, target: Arc<Target>) -> InsertPipeline {
        InsertPipeline { env, target, events: RefCell::default(), rows: 0, begun: false }
    }

    /// Inserts rows in `relation.columns` order, defaults filled in, dropped columns NULL.
    pub fn insert(&mut self, rows: Vec<Row>) -> SqlResult<()> {
        self.env.check_interrupts()?;
        let env = &*self.env;
        let scope = Scope::detached(env, &[], &[]);
        let writer = TableWriter::new(env, scope, &self.target, &self.events)?;
        if !self.begun {
            self.begun = true;
            writer.begins(Event::Insert, &[])?;
        }
        for row in rows {
            let Some(mut row) = writer.before_insert(row)? else { continue };
            writer.complete(&mut row)?;
            writer.insert(&row)?;
            self.rows += 1;
        }
        Ok(())
    }

    /// Looks at foreign keys; answers with the number of rows inserted.
    pub fn finish(self) -> SqlResult<u64> {
        if !self.begun {
            let scope = Scope::detached(&*self.env, &[], &[]);
            TableWriter::new(&*self.env, scope, &self.target, &self.events)?
                .begins(Event::Insert, &[])?;
        }
        run_events(&*self.env, &self.events)?;
        Ok(self.rows)
    }
}

/// The entries of one index for rows that are there already, each given with its key. Two rows
/// with one key of a unique index within the batch are 23505; the caller checks against entries
/// written before ([`Write::key`] of an exclusive write must not exist yet).
pub fn build_index_entries(
    env: &dyn Environment,
    codec: &RowCodec,
    position: usize,
    bound: Option<&TargetIndex>,
    rows: &[(Bytes, Row)],
) -> SqlResult<Vec<Write>> {
    let lists = |position| env.vector_lists(codec, position);
    let scope = Scope::detached(env, &[], &[]);
    let mut writes = Vec::with_capacity(rows.len());
    let mut seen = std::collections::HashSet::new();
    for (key, row) in rows {
        let Some(values) = index_values(codec, bound, position, row, &scope)? else {
            continue;
        };
        for entry in codec.index_entries(position, &values, row, key, &lists)? {
            if entry.exclusive && !seen.insert(entry.key.clone()) {
                let relation = codec.relation();
                return Err(errors::duplicate(
                    env,
                    relation,
                    &relation.indexes[position],
                    &values,
                )?);
            }
            writes.push(Write {
                key: entry.key,
                value: Some(entry.value),
                class: entry.exclusive.then_some(ConflictClass::Exclusive),
            });
        }
    }
    Ok(writes)
}

/// The vectors of rows that an approximate index is to have: what its centres are made of.
pub fn sample_vectors(
    env: &dyn Environment,
    codec: &RowCodec,
    position: usize,
    bound: Option<&TargetIndex>,
    rows: &[(Bytes, Row)],
    into: &mut Reservoir,
) -> SqlResult<()> {
    let scope = Scope::detached(env, &[], &[]);
    for (_, row) in rows {
        let values = index_values(codec, bound, position, row, &scope)?;
        if let Some([Datum::Vector(vector), ..]) = values.as_deref() {
            into.offer(vector);
        }
    }
    Ok(())
}
