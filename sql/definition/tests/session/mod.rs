//! A session over a catalog in memory, and its answers as text.

use std::cell::Cell;
use std::fmt::Write;
use std::sync::Arc;

use catalog::{
    BOOTSTRAP_ROLE, Catalog, ConstraintKind, Descriptor, DescriptorChange, IndexKey, PG_CATALOG,
    PUBLIC, Relation, UserType, UserTypeKind, bootstrap_descriptors,
};
use definition::{Definition, DefinitionContext};
use functions::context::Formats;
use functions::{EvalContext, TypeCatalog};
use planner::CatalogView;
use protocol::Timestamp;
use types::{Oid, SqlError, SqlResult};

#[derive(Default)]
struct Evaluation {
    formats: Formats,
    user: String,
}

impl EvalContext for Evaluation {
    fn formats(&self) -> &Formats {
        &self.formats
    }

    fn session_user(&self) -> String {
        self.user.clone()
    }

    fn user_type_input(&self, _: Oid, text: &str) -> SqlResult<types::Datum> {
        Ok(types::Datum::text(text))
    }
}

pub struct Session {
    catalog: Catalog,
    next: Cell<Oid>,
    role: Oid,
    path: Vec<Oid>,
    evaluation: Evaluation,
}

impl CatalogView for Session {
    fn types(&self) -> &dyn TypeCatalog {
        &self.catalog
    }

    fn evaluation(&self) -> &dyn EvalContext {
        &self.evaluation
    }

    fn relation(&self, schema: Option<&str>, name: &str) -> SqlResult<Option<Arc<Relation>>> {
        let schemas = match schema {
            Some(schema) => {
                self.catalog.schema_by_name(schema).map(|schema| schema.oid).into_iter().collect()
            }
            None => [vec![PG_CATALOG], self.path.clone()].concat(),
        };
        Ok(schemas.iter().find_map(|schema| self.catalog.relation_by_name(*schema, name)).cloned())
    }

    fn relation_by_oid(&self, relation: Oid) -> Option<Arc<Relation>> {
        self.catalog.relation(relation).cloned()
    }

    fn schema_by_name(&self, name: &str) -> Option<Oid> {
        self.catalog.schema_by_name(name).map(|schema| schema.oid)
    }

    fn schema_name(&self, schema: Oid) -> Option<String> {
        self.catalog.schema(schema).map(|schema| schema.name.clone())
    }

    fn user_type(&self, _: Option<&str>, name: &str) -> Option<Arc<UserType>> {
        self.path.iter().find_map(|schema| self.catalog.user_type_by_name(*schema, name)).cloned()
    }

    fn user_type_by_oid(&self, type_oid: Oid) -> Option<Arc<UserType>> {
        self.catalog.user_type(type_oid).cloned()
    }
}

impl DefinitionContext for Session {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn allocate_oid(&self) -> SqlResult<Oid> {
        self.next.set(self.next.get() + 1);
        Ok(self.next.get())
    }

    fn current_role(&self) -> Oid {
        self.role
    }

    fn search_path(&self) -> Vec<Oid> {
        self.path.clone()
    }

    fn scram_verifier(&self, _: &str) -> SqlResult<String> {
        Ok("SCRAM-SHA-256$verifier".to_owned())
    }
}

impl Session {
    pub fn new() -> Session {
        Session {
            catalog: Catalog::new(Timestamp::default(), bootstrap_descriptors()),
            next: Cell::new(20_000),
            role: BOOTSTRAP_ROLE,
            path: vec![PUBLIC],
            evaluation: Evaluation::default(),
        }
    }

    /// `SET role x` and `SET search_path a, b`, or a definition.
    pub fn run(&mut self, sql: &str) -> String {
        if let Some(role) = sql.strip_prefix("SET role ") {
            self.role = self.catalog.role_by_name(role).map_or(BOOTSTRAP_ROLE, |role| role.oid);
            return "SET\n".to_owned();
        }
        if let Some(path) = sql.strip_prefix("SET search_path ") {
            self.path = path
                .split(", ")
                .filter_map(|name| self.catalog.schema_by_name(name).map(|schema| schema.oid))
                .collect();
            return "SET\n".to_owned();
        }
        if let Some(name) = sql.strip_prefix("SHOW ") {
            return self.shown(name);
        }
        let statements = match syntax::parse(sql) {
            Ok(statements) => statements,
            Err(failure) => return format!("SYNTAX {}: {}\n", failure.sqlstate, failure.message),
        };
        let statement = &statements[0].statement;
        assert!(definition::is_definition(statement), "no definition: {sql}");
        match definition::execute(statement, self) {
            Ok(done) => {
                let before = self.catalog.clone();
                self.catalog = self.catalog.with_changes(&done.changes);
                self.summary(&before, &done)
            }
            Err(failure) => message("ERROR", &failure),
        }
    }

    fn shown(&self, name: &str) -> String {
        match self.path.iter().find_map(|schema| self.catalog.relation_by_name(*schema, name)) {
            Some(relation) => self.relation_text(relation),
            None => "nothing\n".to_owned(),
        }
    }

    fn name_of(&self, before: &Catalog, oid: Oid) -> String {
        let find = |catalog: &Catalog| -> Option<String> {
            if let Some(relation) = catalog.relation(oid) {
                return Some(relation.name.clone());
            }
            if let Some(schema) = catalog.schema(oid) {
                return Some(schema.name.clone());
            }
            if let Some(role) = catalog.role(oid) {
                return Some(role.name.clone());
            }
            catalog.user_type(oid).map(|user_type| user_type.name.clone())
        };
        find(&self.catalog).or_else(|| find(before)).unwrap_or_else(|| "?".to_owned())
    }

    fn summary(&self, before: &Catalog, done: &Definition) -> String {
        let mut text = String::new();
        for notice in &done.notices {
            text.push_str(&message(notice.fields().severity.as_str(), notice));
        }
        let _ = writeln!(text, "{}", done.tag);
        for change in &done.changes {
            match change {
                DescriptorChange::Remove(oid) => {
                    let _ = writeln!(text, "  remove {}", self.name_of(before, *oid));
                }
                DescriptorChange::Put(Descriptor::Relation(relation)) => {
                    text.push_str(&self.relation_text(relation));
                }
                DescriptorChange::Put(Descriptor::Type(user_type)) => {
                    let kind = match &user_type.kind {
                        UserTypeKind::Composite(fields) => format!(
                            "composite {:?}",
                            fields.iter().map(|(name, ..)| name).collect::<Vec<_>>()
                        ),
                        other => format!("{other:?}"),
                    };
                    let _ = writeln!(text, "  type {}: {kind}", user_type.name);
                }
                DescriptorChange::Put(Descriptor::Role(role)) => {
                    let groups: Vec<String> = role
                        .member_of
                        .iter()
                        .map(|member| {
                            let admin = if member.admin { "*" } else { "" };
                            format!("{}{admin}", self.name_of(before, member.role))
                        })
                        .collect();
                    let _ = writeln!(
                        text,
                        "  role {}: superuser={} login={} createrole={} verifier={:?} in {groups:?}",
                        role.name, role.superuser, role.login, role.create_role, role.verifier
                    );
                }
                DescriptorChange::Put(Descriptor::Schema(schema)) => {
                    let _ = writeln!(
                        text,
                        "  schema {} owner {}{}",
                        schema.name,
                        self.name_of(before, schema.owner),
                        self.grants_text(schema.grants.as_deref())
                    );
                }
                DescriptorChange::Put(other) => {
                    let _ = writeln!(text, "  put {}", kind_of(other));
                }
            }
        }
        for work in &done.work {
            let word = format!("{work:?}");
            let word = word.split([' ', '{']).next().unwrap_or_default().to_owned();
            let what = match work {
                definition::Work::Rewrite { columns, .. } => format!(" {columns:?}"),
                definition::Work::Populate { query, .. } => format!(" {query}"),
                definition::Work::SetSequence { next, .. } => format!(" {next}"),
                definition::Work::DropIndexRows { index, .. } => format!(" {index}"),
                _ => String::new(),
            };
            let _ = writeln!(text, "  work {word}{what}");
        }
        for uses in &done.schema {
            let word = format!("{uses:?}");
            let word = word.split('(').next().unwrap_or_default().to_owned();
            let _ = writeln!(text, "  uses {word} {}", self.name_of(before, uses.table().0));
        }
        text
    }

    fn grants_text(&self, grants: Option<&[catalog::Grant]>) -> String {
        let Some(grants) = grants else {
            return String::new();
        };
        let items: Vec<String> = grants
            .iter()
            .map(|grant| {
                let grantee = match grant.grantee {
                    0 => String::new(),
                    oid => self.name_of(&self.catalog, oid),
                };
                let letters: String = grant
                    .privileges
                    .chars()
                    .map(|letter| match grant.grantable.contains(letter) {
                        true => format!("{letter}*"),
                        false => letter.to_string(),
                    })
                    .collect();
                format!("{grantee}={letters}")
            })
            .collect();
        format!(" [{}]", items.join(" "))
    }

    fn relation_text(&self, relation: &Relation) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "  {:?} {}.{}{}",
            relation.kind,
            self.name_of(&self.catalog, relation.schema),
            relation.name,
            self.grants_text(relation.grants.as_deref())
        );
        if let Some(sequence) = &relation.sequence {
            let _ = writeln!(
                text,
                "    from {} by {} in {}..{} cache {} cycle {} owned {} generation {}",
                sequence.start,
                sequence.increment,
                sequence.minimum,
                sequence.maximum,
                sequence.cache,
                sequence.cycle,
                sequence.owned_by.is_some(),
                sequence.generation
            );
            return text;
        }
        for column in &relation.columns {
            let ty = self.catalog.type_name(column.type_oid).unwrap_or_default();
            let _ = write!(text, "    {} {} {ty}", column.number, column.name);
            if column.modifier != -1 {
                let _ = write!(text, " modifier {}", column.modifier);
            }
            if column.not_null {
                text.push_str(" not null");
            }
            if column.generated != catalog::Generated::No {
                let _ = write!(text, " {:?}", column.generated);
            }
            if let Some(default) = &column.default {
                let _ = write!(text, " default {default}");
            }
            if column.missing.is_some() {
                text.push_str(" with missing value");
            }
            text.push_str(&self.grants_text(column.grants.as_deref()));
            text.push('\n');
        }
        for index in &relation.indexes {
            let keys: Vec<String> = index
                .columns
                .iter()
                .map(|column| {
                    let mut key = match &column.key {
                        IndexKey::Column(number) => number.to_string(),
                        IndexKey::Expression { sql, .. } => sql.clone(),
                    };
                    if column.descending {
                        key.push_str(" desc");
                    }
                    if column.nulls_first != column.descending {
                        key.push_str(if column.nulls_first {
                            " nulls first"
                        } else {
                            " nulls last"
                        });
                    }
                    key
                })
                .collect();
            let _ = write!(text, "    index {} #{} {keys:?}", index.name, index.number);
            for (is, word) in [
                (index.unique, " unique"),
                (index.primary, " primary"),
                (index.nulls_not_distinct, " nulls not distinct"),
            ] {
                text.push_str(if is { word } else { "" });
            }
            if !index.include.is_empty() {
                let _ = write!(text, " include {:?}", index.include);
            }
            if let Some(predicate) = &index.predicate {
                let _ = write!(text, " where {predicate}");
            }
            text.push('\n');
        }
        for constraint in &relation.constraints {
            let kind = match &constraint.kind {
                ConstraintKind::Check { sql, columns, .. } => {
                    format!("check {sql} over {columns:?}")
                }
                ConstraintKind::PrimaryKey { .. } => "primary key".to_owned(),
                ConstraintKind::Unique { .. } => "unique".to_owned(),
                ConstraintKind::ForeignKey(key) => format!(
                    "foreign key {:?} to {} {:?} delete {:?} update {:?}",
                    key.columns,
                    self.name_of(&self.catalog, key.parent),
                    key.parent_columns,
                    key.on_delete,
                    key.on_update
                ),
            };
            let _ = write!(text, "    constraint {} {kind}", constraint.name);
            for (is, word) in [
                (!constraint.validated, " not valid"),
                (constraint.deferrable, " deferrable"),
                (constraint.initially_deferred, " initially deferred"),
            ] {
                text.push_str(if is { word } else { "" });
            }
            text.push('\n');
        }
        if !relation.referenced_by.is_empty() {
            let names: Vec<String> = relation
                .referenced_by
                .iter()
                .map(|oid| self.name_of(&self.catalog, *oid))
                .collect();
            let _ = writeln!(text, "    referenced by {names:?}");
        }
        if let Some(view) = &relation.view {
            let names: Vec<String> =
                view.depends_on.iter().map(|oid| self.name_of(&self.catalog, *oid)).collect();
            let _ = writeln!(text, "    as {}", view.query);
            let _ = writeln!(text, "    reads {names:?}");
        }
        if let Some(comment) = &relation.comment {
            let _ = writeln!(text, "    comment {comment}");
        }
        text
    }
}

fn kind_of(descriptor: &Descriptor) -> &'static str {
    match descriptor {
        Descriptor::Database(_) => "database",
        Descriptor::Extension(_) => "extension",
        _ => "descriptor",
    }
}

fn message(word: &str, failure: &SqlError) -> String {
    let fields = failure.fields();
    let mut text = format!("{word} {}: {}\n", fields.sqlstate, fields.message);
    for (name, value) in [("DETAIL", &fields.detail), ("HINT", &fields.hint)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name}: {}", value.replace('\n', "\n  "));
        }
    }
    text
}
