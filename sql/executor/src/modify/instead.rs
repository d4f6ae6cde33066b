//! INSERT, UPDATE and DELETE of a view whose triggers say what becomes of its rows.

use planner::plan::{Delete, Insert, Target, Update};
use types::{Row, SqlResult};

use super::triggers::{self, Event};
use super::{Run, assign, numbers};
use crate::evaluate::evaluate;
use crate::node::Input;

impl Run<'_> {
    fn begins_instead(&self, target: &Target, event: Event, columns: &[i16]) -> SqlResult<()> {
        let relation = &target.relation;
        self.context.events.borrow_mut().triggers.statement(relation, event, columns);
        triggers::before_statement(self.context.env(), relation, event, columns)
    }

    fn instead(
        &self,
        target: &Target,
        event: Event,
        old: Option<&Row>,
        new: Option<Row>,
    ) -> SqlResult<Option<Row>> {
        let env = self.context.env();
        env.check_interrupts()?;
        triggers::instead_of_row(env, &target.relation, event, old, new)
    }

    pub(super) fn insert_instead(&mut self, insert: &Insert) -> SqlResult<()> {
        self.begins_instead(&insert.target, Event::Insert, &[])?;
        let mut input = Input::new(&insert.input);
        while let Some(row) = input.next_row(&insert.input, self.context)? {
            if let Some(row) = self.instead(&insert.target, Event::Insert, None, Some(row))? {
                self.affected += 1;
                self.give_back(insert.returning.as_deref(), &row)?;
            }
        }
        Ok(())
    }

    pub(super) fn update_instead(&mut self, update: &Update) -> SqlResult<()> {
        self.begins_instead(&update.target, Event::Update, &numbers(&update.assignments))?;
        let scope = self.context.scope();
        let width = update.target.relation.columns.len();
        let mut input = Input::new(&update.input);
        while let Some(row) = input.next_row(&update.input, self.context)? {
            let old = row[..width].to_vec();
            let mut new = old.clone();
            for (position, expression) in &update.assignments {
                assign(&mut new, *position, evaluate(expression, &row, &scope)?)?;
            }
            let given = self.instead(&update.target, Event::Update, Some(&old), Some(new))?;
            let Some(mut new) = given else { continue };
            self.affected += 1;
            if update.returning.is_some() {
                new.extend(row);
                self.give_back(update.returning.as_deref(), &new)?;
            }
        }
        Ok(())
    }

    pub(super) fn delete_instead(&mut self, delete: &Delete) -> SqlResult<()> {
        self.begins_instead(&delete.target, Event::Delete, &[])?;
        let width = delete.target.relation.columns.len();
        let mut input = Input::new(&delete.input);
        while let Some(row) = input.next_row(&delete.input, self.context)? {
            let mut both = row[..width].to_vec();
            if self.instead(&delete.target, Event::Delete, Some(&both), None)?.is_none() {
                continue;
            }
            self.affected += 1;
            if delete.returning.is_some() {
                both.extend(row);
                self.give_back(delete.returning.as_deref(), &both)?;
            }
        }
        Ok(())
    }
}
