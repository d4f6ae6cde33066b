//! INSERT, UPDATE, DELETE, MERGE.

use super::Printer;
use crate::ast::*;

impl Printer {
    fn optional_with(&mut self, with: Option<&With>) {
        if let Some(with) = with {
            self.with(with);
        }
    }

    fn table_alias(&mut self, alias: Option<&String>) {
        if let Some(alias) = alias {
            self.push(" AS ");
            self.identifier(alias);
        }
    }

    fn targets(&mut self, columns: &[TargetColumn]) {
        if !columns.is_empty() {
            self.push(" (");
            self.list(columns, Printer::target);
            self.push(")");
        }
    }

    fn target(&mut self, target: &TargetColumn) {
        self.identifier(&target.name);
        self.steps(&target.indirection);
    }

    fn overriding(&mut self, overriding: Overriding) {
        self.push(match overriding {
            Overriding::None => "",
            Overriding::User => " OVERRIDING USER VALUE",
            Overriding::System => " OVERRIDING SYSTEM VALUE",
        });
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        self.push(" SET ");
        self.list(assignments, |printer, assignment| match assignment {
            Assignment::Column { target, value } => {
                printer.target(target);
                printer.push(" = ");
                printer.expression(value);
            }
            Assignment::Columns { targets, source, .. } => {
                printer.push("(");
                printer.list(targets, Printer::target);
                printer.push(") = ");
                printer.expression(source);
            }
        });
    }

    fn returning(&mut self, returning: Option<&Returning>) {
        let Some(returning) = returning else {
            return;
        };
        self.push(" RETURNING ");
        let aliases: Vec<(&str, &String)> =
            [("OLD", &returning.old_alias), ("NEW", &returning.new_alias)]
                .into_iter()
                .filter_map(|(word, alias)| alias.as_ref().map(|alias| (word, alias)))
                .collect();
        if !aliases.is_empty() {
            self.push("WITH (");
            self.list(&aliases, |printer, (word, alias)| {
                printer.push(word);
                printer.push(" AS ");
                printer.identifier(alias);
            });
            self.push(") ");
        }
        self.select_items(&returning.items);
    }

    pub fn insert(&mut self, insert: &Insert) {
        self.optional_with(insert.with.as_ref());
        self.push("INSERT INTO ");
        self.dotted(&insert.table.parts);
        self.table_alias(insert.alias.as_ref());
        self.targets(&insert.columns);
        self.overriding(insert.overriding);
        match &insert.source {
            InsertSource::DefaultValues => self.push(" DEFAULT VALUES"),
            InsertSource::Query(query) => {
                self.push(" ");
                self.query(query);
            }
        }
        if let Some(conflict) = &insert.on_conflict {
            self.push(" ON CONFLICT");
            match &conflict.target {
                None => {}
                Some(ConflictTarget::Constraint { name, .. }) => {
                    self.push(" ON CONSTRAINT ");
                    self.identifier(name);
                }
                Some(ConflictTarget::Inference { elements, predicate, .. }) => {
                    self.push(" (");
                    self.list(elements, Printer::index_element);
                    self.push(")");
                    self.where_clause(predicate.as_ref());
                }
            }
            match &conflict.action {
                ConflictAction::Nothing => self.push(" DO NOTHING"),
                ConflictAction::Update { assignments, filter } => {
                    self.push(" DO UPDATE");
                    self.assignments(assignments);
                    self.where_clause(filter.as_ref());
                }
            }
        }
        self.returning(insert.returning.as_ref());
    }

    pub fn index_element(&mut self, element: &IndexElement) {
        if matches!(&element.expr, Expr::ColumnRef(column) if column.fields.len() == 1) {
            self.expression(&element.expr);
        } else {
            self.push("(");
            self.expression(&element.expr);
            self.push(")");
        }
        if let Some(collation) = &element.collation {
            self.push(" COLLATE ");
            self.dotted(&collation.parts);
        }
        if let Some(class) = &element.operator_class {
            self.push(" ");
            self.dotted(&class.parts);
        }
        self.sort_order(&element.direction, element.nulls);
    }

    pub fn update(&mut self, update: &Update) {
        self.optional_with(update.with.as_ref());
        self.push("UPDATE ");
        self.relation(&update.table);
        self.table_alias(update.alias.as_ref());
        self.assignments(&update.assignments);
        self.from_clause(" FROM ", &update.from);
        self.where_clause(update.filter.as_ref());
        self.returning(update.returning.as_ref());
    }

    pub fn delete(&mut self, delete: &Delete) {
        self.optional_with(delete.with.as_ref());
        self.push("DELETE FROM ");
        self.relation(&delete.table);
        self.table_alias(delete.alias.as_ref());
        self.from_clause(" USING ", &delete.using);
        self.where_clause(delete.filter.as_ref());
        self.returning(delete.returning.as_ref());
    }

    pub fn merge(&mut self, merge: &Merge) {
        self.optional_with(merge.with.as_ref());
        self.push("MERGE INTO ");
        self.relation(&merge.target);
        self.table_alias(merge.alias.as_ref());
        self.push(" USING ");
        self.from_item(&merge.source);
        self.push(" ON ");
        self.expression(&merge.on);
        for clause in &merge.clauses {
            self.push(match clause.matching {
                MergeMatch::Matched => " WHEN MATCHED",
                MergeMatch::NotMatchedByTarget => " WHEN NOT MATCHED",
                MergeMatch::NotMatchedBySource => " WHEN NOT MATCHED BY SOURCE",
            });
            if let Some(condition) = &clause.condition {
                self.push(" AND ");
                self.expression(condition);
            }
            self.push(" THEN ");
            match &clause.action {
                MergeAction::Nothing => self.push("DO NOTHING"),
                MergeAction::Delete => self.push("DELETE"),
                MergeAction::Update { assignments } => {
                    self.push("UPDATE");
                    self.assignments(assignments);
                }
                MergeAction::Insert { columns, overriding, values } => {
                    self.push("INSERT");
                    self.targets(columns);
                    self.overriding(*overriding);
                    match values {
                        None => self.push(" DEFAULT VALUES"),
                        Some(values) => {
                            self.push(" VALUES (");
                            self.list(values, Printer::expression);
                            self.push(")");
                        }
                    }
                }
            }
        }
        self.returning(merge.returning.as_ref());
    }
}
