//! `LIKE table INCLUDING …` in CREATE TABLE.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::statistics::ExtendedStatistics;
use catalog::{
    AttributeNumber, Column, ConstraintKind, Generated, Index, IndexKey, Relation, RelationKind,
};
use syntax::ast::{self, LikeClause};
use types::{SqlResult, sqlstate};

use crate::names::{joined, undefined_relation};
use crate::run::{Run, error};

/// What is copied once all columns are there.
#[derive(Default)]
pub(crate) struct Copied {
    pub constraints: Vec<ast::Constraint>,
    pub indexes: Vec<CopiedIndex>,
    pub statistics: Vec<CopiedStatistics>,
}

/// Statistics to copy, with the new numbers of the columns.
pub(crate) struct CopiedStatistics {
    pub statistics: Arc<ExtendedStatistics>,
    pub numbers: BTreeMap<AttributeNumber, AttributeNumber>,
    pub with_comment: bool,
}

/// An index to copy: with new column numbers, and the constraint it is behind.
pub(crate) struct CopiedIndex {
    index: Index,
    constraint: Option<catalog::Constraint>,
}

fn includes(like: &LikeClause, option: &str) -> bool {
    like.options.iter().fold(false, |state, (including, name)| {
        if name == option || name == "all" { *including } else { state }
    })
}

impl Run<'_> {
    /// Adds the columns; the rest is handed back for when all columns are there.
    pub fn copy_columns(
        &mut self,
        table: &mut Relation,
        like: &LikeClause,
        copied: &mut Copied,
    ) -> SqlResult<()> {
        let Some(crate::names::Found::Relation(source)) = self.find(&like.table)? else {
            return Err(undefined_relation(&like.table).at(like.table.location));
        };
        if source.kind == RelationKind::Sequence {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("relation \"{}\" is invalid in LIKE clause", source.name),
            )
            .detail("This operation is not supported for sequences."));
        }
        let mut numbers = BTreeMap::new();
        for old in source.live_columns() {
            let number = i16::try_from(table.columns.len() + 1)
                .map_err(|_| crate::table::too_many_columns())?;
            numbers.insert(old.number, number);
            let column = self.copied_column(table, old, number, like)?;
            let new = super::NewColumn {
                column,
                default: None,
                generated: None,
                constraints: Vec::new(),
            };
            super::push_column(table, &new)?;
        }
        if includes(like, "constraints") {
            for constraint in &source.constraints {
                let ConstraintKind::Check { sql, no_inherit, .. } = &constraint.kind else {
                    continue;
                };
                copied.constraints.push(ast::Constraint {
                    name: Some(constraint.name.clone()),
                    kind: ast::ConstraintKind::Check(self.stored_expression(sql)?),
                    deferrable: false,
                    initially_deferred: false,
                    not_valid: false,
                    no_inherit: *no_inherit,
                    not_enforced: false,
                    location: 0,
                });
            }
        }
        if includes(like, "indexes") {
            for index in &source.indexes {
                let mut index = index.clone();
                for column in &mut index.columns {
                    if let IndexKey::Column(number) = &mut column.key {
                        *number = numbers.get(number).copied().unwrap_or(*number);
                    }
                }
                for number in &mut index.include {
                    *number = numbers.get(number).copied().unwrap_or(*number);
                }
                if !includes(like, "comments") {
                    index.comment = None;
                }
                let constraint = source.constraints.iter().find(|constraint| {
                    super::constraints::constraint_index(constraint) == Some(index.oid)
                });
                copied.indexes.push(CopiedIndex { index, constraint: constraint.cloned() });
            }
        }
        if includes(like, "statistics") {
            let of_source = self.catalog.extended_statistics();
            for statistics in of_source.filter(|known| known.table == source.oid) {
                copied.statistics.push(CopiedStatistics {
                    statistics: Arc::clone(statistics),
                    numbers: numbers.clone(),
                    with_comment: includes(like, "comments"),
                });
            }
        }
        Ok(())
    }

    fn copied_column(
        &mut self,
        table: &Relation,
        old: &Column,
        number: i16,
        like: &LikeClause,
    ) -> SqlResult<Column> {
        let mut column = Column {
            number,
            default: None,
            missing: None,
            generated: Generated::No,
            owned_sequence: None,
            grants: None,
            comment: old.comment.clone().filter(|_| includes(like, "comments")),
            storage: old.storage.filter(|_| includes(like, "storage")),
            statistics_target: None,
            options: Vec::new(),
            ..old.clone()
        };
        match old.generated {
            Generated::No if includes(like, "defaults") => {
                column.default.clone_from(&old.default);
            }
            Generated::Stored if includes(like, "generated") => {
                column.default.clone_from(&old.default);
                column.generated = Generated::Stored;
            }
            Generated::IdentityAlways | Generated::IdentityByDefault
                if includes(like, "identity") =>
            {
                let always = old.generated == Generated::IdentityAlways;
                self.make_identity(table, &mut column, always, &[])?;
                let like_sequence = old
                    .owned_sequence
                    .and_then(|sequence| self.catalog.relation(sequence))
                    .and_then(|relation| relation.sequence.clone());
                if let (Some(oid), Some(source)) = (column.owned_sequence, like_sequence) {
                    self.alter(oid, |relation| {
                        let owned_by = Some((table.oid, number));
                        relation.sequence =
                            Some(catalog::Sequence { owned_by, generation: 0, ..source });
                    })?;
                }
            }
            _ => {}
        }
        Ok(column)
    }

    pub fn add_copied_index(&mut self, table: &mut Relation, copied: CopiedIndex) -> SqlResult<()> {
        let CopiedIndex { mut index, constraint } = copied;
        let names: Vec<String> = index
            .columns
            .iter()
            .map(|column| match column.key {
                IndexKey::Column(number) => table
                    .column_by_number(number)
                    .map_or_else(String::new, |column| column.name.clone()),
                IndexKey::Expression { .. } => "expr".to_owned(),
            })
            .collect();
        let (second, label) = match (index.primary, &constraint) {
            (true, _) => (String::new(), "pkey"),
            (false, Some(_)) => (joined(&names), "key"),
            (false, None) => (joined(&names), "idx"),
        };
        index.oid = self.allocate()?;
        index.name = self.choose_relation_name(
            table.schema,
            Some(table),
            &table.name,
            &second,
            label,
            constraint.is_some(),
        );
        let (name, is_primary) = (index.name.clone(), index.primary);
        let oid = self.add_index(table, index, true)?;
        if let Some(mut constraint) = constraint {
            constraint.oid = self.allocate()?;
            constraint.name = name;
            constraint.kind = match is_primary {
                true => ConstraintKind::PrimaryKey { index: oid },
                false => ConstraintKind::Unique { index: oid },
            };
            table.constraints.push(constraint);
        }
        Ok(())
    }
}
