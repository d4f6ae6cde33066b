//! What depends on what: the objects that a DROP takes with it.

use catalog::{Column, ConstraintKind, IndexKey, Relation, RelationKind, UserTypeKind};
use syntax::ast::Expr;
use types::{Oid, SqlResult};

use crate::analysis::{Analysis, Clause};
use crate::names::kind_word;
use crate::run::Run;
use crate::sequence::is_identity;
use crate::table::constraints::constraint_index;
use crate::walk::columns_of;

/// Anything that a DROP may concern. Parts of a table come with the table's oid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Relation(Oid),
    Column(Oid, i16),
    Default(Oid, i16),
    Index(Oid, Oid),
    Constraint(Oid, Oid),
    Type(Oid),
    Schema(Oid),
    Extension(Oid),
    Routine(Oid),
    Trigger(Oid, Oid),
    Statistics(Oid),
}

/// A dependent: `true` if it goes without being asked for.
type Dependent = (Object, bool);

impl Object {
    /// The table that the object is a part of.
    pub fn table(self) -> Option<Oid> {
        match self {
            Object::Column(table, _)
            | Object::Default(table, _)
            | Object::Index(table, _)
            | Object::Constraint(table, _)
            | Object::Trigger(table, _) => Some(table),
            _ => None,
        }
    }
}

impl Run<'_> {
    /// The object as PostgreSQL describes it in messages.
    pub fn described(&self, object: Object) -> String {
        let table = |oid: Oid| {
            self.catalog.relation(oid).map_or_else(
                || format!("table {oid}"),
                |relation| {
                    format!("{} {}", kind_word(relation.kind), self.shown_relation(relation))
                },
            )
        };
        let part = |table: Oid, find: &dyn Fn(&Relation) -> Option<String>| {
            self.catalog.relation(table).and_then(|table| find(table)).unwrap_or_default()
        };
        let column = |oid: Oid, number: i16| {
            part(oid, &|table| table.column_by_number(number).map(|column| column.name.clone()))
        };
        match object {
            Object::Relation(oid) => table(oid),
            Object::Column(oid, number) => {
                format!("column {} of {}", column(oid, number), table(oid))
            }
            Object::Default(oid, number) => {
                format!("default value for column {} of {}", column(oid, number), table(oid))
            }
            Object::Index(oid, index) => {
                let name = part(oid, &|table| {
                    table.index_by_oid(index).map(|index| self.shown(table.schema, &index.name))
                });
                format!("index {name}")
            }
            Object::Constraint(oid, constraint) => {
                let name = part(oid, &|table| {
                    let mut all = table.constraints.iter();
                    all.find(|known| known.oid == constraint).map(|known| known.name.clone())
                });
                format!("constraint {name} on {}", table(oid))
            }
            Object::Trigger(oid, trigger) => {
                let name = part(oid, &|table| {
                    let mut all = table.triggers.iter();
                    all.find(|known| known.oid == trigger).map(|known| known.name.clone())
                });
                format!("trigger {name} on {}", table(oid))
            }
            Object::Routine(oid) => match self.catalog.routine(oid) {
                Some(routine) if routine.procedure => {
                    format!("procedure {}", self.routine_text(routine))
                }
                Some(routine) => format!("function {}", self.routine_text(routine)),
                None => format!("function {oid}"),
            },
            Object::Statistics(oid) => {
                let found = self.catalog.statistics(oid);
                let shown = found.map(|found| self.shown(found.schema, &found.name));
                format!("statistics object {}", shown.unwrap_or_default())
            }
            Object::Type(oid) => format!("type {}", self.type_name(oid)),
            Object::Schema(oid) => format!("schema {}", self.schema_name(oid)),
            Object::Extension(oid) => {
                let found = self.catalog.extensions().find(|extension| extension.oid == oid);
                format!("extension {}", found.map_or("", |extension| &extension.name))
            }
        }
    }

    pub fn dependents(&self, object: Object) -> SqlResult<Vec<Dependent>> {
        match object {
            Object::Schema(schema) => Ok(self.in_schema(schema)),
            Object::Relation(oid) => self.on_relation(oid),
            Object::Column(table, number) => self.on_column(table, number),
            Object::Type(oid) => self.on_type(oid),
            Object::Index(_, index) => Ok(self.on_key(index)),
            Object::Constraint(table, constraint) => {
                let table = self.known_relation(table)?;
                let found = table.constraints.iter().find(|known| known.oid == constraint);
                Ok(found
                    .and_then(constraint_index)
                    .map(|index| self.on_key(index))
                    .unwrap_or_default())
            }
            Object::Routine(oid) => self.on_routine(oid),
            Object::Default(..)
            | Object::Extension(_)
            | Object::Trigger(..)
            | Object::Statistics(_) => Ok(Vec::new()),
        }
    }

    fn in_schema(&self, schema: Oid) -> Vec<Dependent> {
        let mut found: Vec<Dependent> = Vec::new();
        for relation in self.catalog.relations().filter(|relation| relation.schema == schema) {
            let owned = relation.sequence.as_ref().is_some_and(|sequence| {
                sequence.owned_by.is_some_and(|(table, _)| self.catalog.relation(table).is_some())
            });
            found.push((Object::Relation(relation.oid), owned));
        }
        for user_type in self.catalog.user_types().filter(|known| known.schema == schema) {
            found.push((Object::Type(user_type.oid), false));
        }
        for routine in self.catalog.routines().filter(|known| known.schema == schema) {
            found.push((Object::Routine(routine.oid), false));
        }
        for statistics in self.catalog.extended_statistics() {
            if statistics.schema == schema {
                found.push((Object::Statistics(statistics.oid), false));
            }
        }
        for extension in self.catalog.extensions().filter(|known| known.schema == schema) {
            found.push((Object::Extension(extension.oid), false));
        }
        found
    }

    fn foreign_keys_to(&self, is_meant: impl Fn(&catalog::ForeignKey) -> bool) -> Vec<(Oid, Oid)> {
        let mut found = Vec::new();
        for relation in self.catalog.relations() {
            for constraint in &relation.constraints {
                if let ConstraintKind::ForeignKey(key) = &constraint.kind
                    && is_meant(key)
                {
                    found.push((relation.oid, constraint.oid));
                }
            }
        }
        found
    }

    fn on_key(&self, index: Oid) -> Vec<Dependent> {
        self.foreign_keys_to(|key| key.parent_index == index)
            .into_iter()
            .map(|(table, constraint)| (Object::Constraint(table, constraint), false))
            .collect()
    }

    fn on_relation(&self, oid: Oid) -> SqlResult<Vec<Dependent>> {
        let relation = self.known_relation(oid)?;
        let mut found: Vec<Dependent> = Vec::new();
        for other in self.catalog.relations() {
            let owner = other.sequence.as_ref().and_then(|sequence| sequence.owned_by);
            if owner.is_some_and(|(table, _)| table == oid) {
                found.push((Object::Relation(other.oid), true));
            }
        }
        for statistics in self.catalog.extended_statistics().filter(|known| known.table == oid) {
            found.push((Object::Statistics(statistics.oid), true));
        }
        if relation.kind == RelationKind::Sequence {
            for (table, column) in self.defaults_using(&relation)? {
                found.push((Object::Default(table, column), false));
            }
        }
        for view in self.views_of(oid) {
            found.push((Object::Relation(view), false));
        }
        for (table, constraint) in self.foreign_keys_to(|key| key.parent == oid) {
            if table != oid {
                found.push((Object::Constraint(table, constraint), false));
            }
        }
        if relation.type_oid != 0 {
            let types = [relation.type_oid, relation.array_type_oid];
            found.extend(self.columns_of_type(&types));
            found.extend(self.routines_of_type(&types));
        }
        for routine in self.catalog.routines().filter(|known| known.depends_on.contains(&oid)) {
            found.push((Object::Routine(routine.oid), false));
        }
        Ok(found)
    }

    /// Columns whose default takes values from the sequence.
    pub fn defaults_using(&self, sequence: &Relation) -> SqlResult<Vec<(Oid, i16)>> {
        let mut found = Vec::new();
        for table in self.catalog.relations() {
            for column in table.live_columns() {
                let Some(text) = &column.default else {
                    continue;
                };
                if !text.contains(sequence.name.as_str()) && !text.contains('"') {
                    continue;
                }
                let mut expr = self.stored_expression(text)?;
                let mut analysis = Analysis::over(self, Clause::Default, table);
                analysis.expression(&mut expr)?;
                if analysis.sequences.contains(&sequence.oid) {
                    found.push((table.oid, column.number));
                }
            }
        }
        Ok(found)
    }

    fn columns_of_type(&self, types: &[Oid]) -> Vec<Dependent> {
        let mut found = Vec::new();
        for relation in self.catalog.relations().filter(|relation| !relation.is_virtual()) {
            for column in relation.live_columns() {
                if types.contains(&column.type_oid) {
                    let object = match relation.kind {
                        RelationKind::View | RelationKind::MaterializedView => {
                            Object::Relation(relation.oid)
                        }
                        _ => Object::Column(relation.oid, column.number),
                    };
                    found.push((object, false));
                }
            }
        }
        found
    }

    fn on_type(&self, oid: Oid) -> SqlResult<Vec<Dependent>> {
        let Some(user_type) = self.catalog.user_type(oid).cloned() else {
            return Ok(Vec::new());
        };
        let types = [oid, user_type.array_oid];
        let mut found = self.columns_of_type(&types);
        found.extend(self.routines_of_type(&types));
        for other in self.catalog.user_types() {
            let uses = match &other.kind {
                UserTypeKind::Domain { base, .. } => types.contains(base),
                UserTypeKind::Composite(fields) => {
                    fields.iter().any(|(_, ty, _)| types.contains(ty))
                }
                UserTypeKind::Enum(_) => false,
            };
            if uses {
                found.push((Object::Type(other.oid), false));
            }
        }
        for view in self.catalog.relations() {
            let Some(definition) = &view.view else {
                continue;
            };
            if definition.query.contains(user_type.name.as_str()) {
                let mut query = self.stored_query(&definition.query)?;
                let mut analysis = Analysis::new(self, Clause::Query);
                analysis.query(&mut query)?;
                if analysis.types_used.contains(&oid) {
                    found.push((Object::Relation(view.oid), false));
                }
            }
        }
        Ok(found)
    }

    /// Views that read the column.
    pub fn views_of_column(&self, table: Oid, number: i16) -> SqlResult<Vec<Oid>> {
        let mut found = Vec::new();
        for view in self.views_of(table) {
            let relation = self.known_relation(view)?;
            let Some(definition) = &relation.view else {
                continue;
            };
            let mut query = self.stored_query(&definition.query)?;
            let mut analysis = Analysis::new(self, Clause::Query);
            analysis.query(&mut query)?;
            if analysis.uses.contains(&(table, number)) {
                found.push(view);
            }
        }
        Ok(found)
    }

    /// Generated columns computed from the column.
    pub fn generated_from(&self, table: &Relation, column: &Column) -> SqlResult<Vec<i16>> {
        let mut found = Vec::new();
        for other in table.live_columns() {
            if other.generated == catalog::Generated::Stored
                && let Some(text) = &other.default
                && other.number != column.number
            {
                let expr: Expr = self.stored_expression(text)?;
                if columns_of(&expr).contains(&column.name) {
                    found.push(other.number);
                }
            }
        }
        Ok(found)
    }

    fn on_column(&self, oid: Oid, number: i16) -> SqlResult<Vec<Dependent>> {
        let table = self.known_relation(oid)?;
        let Some(column) = table.column_by_number(number) else {
            return Ok(Vec::new());
        };
        let mut found: Vec<Dependent> = Vec::new();
        let constrained: Vec<Oid> = table.constraints.iter().filter_map(constraint_index).collect();
        for index in &table.indexes {
            let mut uses = index.include.contains(&number);
            for key in &index.columns {
                uses |= match &key.key {
                    IndexKey::Column(key) => *key == number,
                    IndexKey::Expression { sql, .. } => {
                        columns_of(&self.stored_expression(sql)?).contains(&column.name)
                    }
                };
            }
            if let Some(predicate) = &index.predicate {
                uses |= columns_of(&self.stored_expression(predicate)?).contains(&column.name);
            }
            if uses && !constrained.contains(&index.oid) {
                found.push((Object::Index(oid, index.oid), true));
            }
            if uses {
                let behind = table
                    .constraints
                    .iter()
                    .filter(|known| constraint_index(known) == Some(index.oid));
                found.extend(behind.map(|known| (Object::Constraint(oid, known.oid), true)));
            }
        }
        for constraint in &table.constraints {
            let uses = match &constraint.kind {
                ConstraintKind::Check { columns, .. } => columns.contains(&number),
                ConstraintKind::ForeignKey(key) => {
                    key.columns.contains(&number)
                        || key.parent == oid && key.parent_columns.contains(&number)
                }
                _ => false,
            };
            if uses {
                found.push((Object::Constraint(oid, constraint.oid), true));
            }
        }
        for (child, constraint) in
            self.foreign_keys_to(|key| key.parent == oid && key.parent_columns.contains(&number))
        {
            if child != oid {
                found.push((Object::Constraint(child, constraint), false));
            }
        }
        for statistics in self.catalog.extended_statistics().filter(|known| known.table == oid) {
            if statistics.columns.contains(&number) {
                found.push((Object::Statistics(statistics.oid), true));
            }
        }
        for trigger in &table.triggers {
            let in_condition = match &trigger.when {
                Some(when) => columns_of(&self.stored_expression(when)?).contains(&column.name),
                None => false,
            };
            if in_condition || trigger.columns.contains(&number) {
                found.push((Object::Trigger(oid, trigger.oid), false));
            }
        }
        for generated in self.generated_from(&table, column)? {
            found.push((Object::Column(oid, generated), false));
        }
        for view in self.views_of_column(oid, number)? {
            found.push((Object::Relation(view), false));
        }
        for sequence in self.catalog.relations() {
            let owner = sequence.sequence.as_ref().and_then(|sequence| sequence.owned_by);
            if owner == Some((oid, number)) {
                found.push((Object::Relation(sequence.oid), true));
            }
        }
        Ok(found)
    }

    /// The column that cannot be without the sequence, if it is one of an identity column.
    pub fn identity_of(&self, sequence: &Relation) -> Option<(Oid, i16)> {
        let (table, number) = sequence.sequence.as_ref()?.owned_by?;
        let column = self.catalog.relation(table)?.column_by_number(number)?;
        (is_identity(column) && column.owned_sequence == Some(sequence.oid))
            .then_some((table, number))
    }
}
