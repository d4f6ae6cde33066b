//! CREATE TABLE: columns, constraints, partitions; and CREATE TABLE AS.

use super::{Parse, Parser};
use crate::ast::*;

impl Parser<'_> {
    /// After `CREATE [persistence] TABLE`.
    pub fn create_table(
        &mut self,
        persistence: Persistence,
        location: Location,
    ) -> Parse<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.relation_object_name()?;
        if self.create_as_follows() {
            return self.create_table_as(name, persistence, if_not_exists, location);
        }
        let mut table = CreateTable {
            name,
            persistence,
            if_not_exists,
            elements: Vec::new(),
            inherits: Vec::new(),
            of_type: None,
            partition_of: None,
            partition_by: None,
            access_method: None,
            options: Vec::new(),
            on_commit: None,
            tablespace: None,
            location,
        };
        if self.accept("of") {
            let name = self.object_name()?;
            let mut type_name = TypeName::system("", name.location);
            type_name.names = name.parts;
            table.of_type = Some(type_name);
            table.elements = self.typed_elements()?;
        } else if self.accept_words(&["partition", "of"]) {
            let parent = self.relation_object_name()?;
            table.elements = self.typed_elements()?;
            let bound = self.partition_bound()?;
            table.partition_of = Some((parent, bound));
        } else {
            self.expect_symbol("(")?;
            if !self.at_symbol(")") {
                table.elements = self.comma_list(Self::table_element)?;
            }
            self.expect_symbol(")")?;
            if self.accept("inherits") {
                table.inherits = self.parenthesized_list(Self::relation_object_name)?;
            }
        }
        if self.at("partition") {
            table.partition_by = Some(self.partition_by()?);
        }
        self.table_suffix(
            &mut table.access_method,
            &mut table.options,
            &mut table.on_commit,
            &mut table.tablespace,
        )?;
        Ok(Statement::CreateTable(Box::new(table)))
    }

    fn table_suffix(
        &mut self,
        access_method: &mut Option<String>,
        options: &mut Vec<OptionItem>,
        on_commit: &mut Option<OnCommit>,
        tablespace: &mut Option<String>,
    ) -> Parse<()> {
        if self.accept("using") {
            *access_method = Some(self.column_name()?);
        }
        if self.at("with") && self.symbol_ahead(1, "(") {
            self.skip(1);
            *options = self.definition_list()?;
        } else {
            self.accept_words(&["without", "oids"]);
        }
        if self.accept_words(&["on", "commit"]) {
            *on_commit = Some(match self.expect_any(&["preserve", "delete", "drop"])? {
                "preserve" => {
                    self.expect("rows")?;
                    OnCommit::PreserveRows
                }
                "delete" => {
                    self.expect("rows")?;
                    OnCommit::DeleteRows
                }
                _ => OnCommit::Drop,
            });
        }
        if self.accept("tablespace") {
            *tablespace = Some(self.column_name()?);
        }
        Ok(())
    }

    /// Distinguishes `t (a, b) AS` and `t WITH (...) AS` from a table with columns.
    fn create_as_follows(&self) -> bool {
        if self.at_any(&["as", "using", "on", "tablespace", "with", "without"]) {
            return true;
        }
        if !self.at_symbol("(") {
            return false;
        }
        let mut ahead = 1;
        while self.is_column_name(ahead) && self.symbol_ahead(ahead + 1, ",") {
            ahead += 2;
        }
        self.is_column_name(ahead)
            && self.symbol_ahead(ahead + 1, ")")
            && ["as", "using", "on", "tablespace", "with", "without"]
                .iter()
                .any(|word| self.at_ahead(ahead + 2, word))
    }

    fn create_table_as(
        &mut self,
        name: ObjectName,
        persistence: Persistence,
        if_not_exists: bool,
        location: Location,
    ) -> Parse<Statement> {
        let mut table = CreateTableAs {
            name,
            materialized_view: false,
            persistence,
            if_not_exists,
            columns: self.optional_column_names()?,
            access_method: None,
            options: Vec::new(),
            on_commit: None,
            tablespace: None,
            source: Box::new(Statement::Checkpoint),
            with_data: true,
            location,
        };
        self.table_suffix(
            &mut table.access_method,
            &mut table.options,
            &mut table.on_commit,
            &mut table.tablespace,
        )?;
        self.expect("as")?;
        *table.source = if self.at("execute") {
            Statement::Execute(self.execute()?)
        } else {
            Statement::Query(Box::new(self.query()?))
        };
        table.with_data = self.with_data()?;
        Ok(Statement::CreateTableAs(Box::new(table)))
    }

    /// `WITH [NO] DATA`; true if absent.
    pub fn with_data(&mut self) -> Parse<bool> {
        if !self.accept("with") {
            return Ok(true);
        }
        let without = self.accept("no");
        self.expect("data")?;
        Ok(!without)
    }

    /// After `CREATE [UNLOGGED] MATERIALIZED VIEW`.
    pub fn create_materialized_view(
        &mut self,
        persistence: Persistence,
        location: Location,
    ) -> Parse<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.relation_object_name()?;
        let statement = self.create_table_as(name, persistence, if_not_exists, location)?;
        Ok(match statement {
            Statement::CreateTableAs(mut view) => {
                view.materialized_view = true;
                Statement::CreateTableAs(view)
            }
            other => other,
        })
    }

    fn table_element(&mut self) -> Parse<TableElement> {
        if self.accept("like") {
            let table = self.relation_object_name()?;
            let mut options = Vec::new();
            while let Some(word) = self.accept_any(&["including", "excluding"]) {
                let option = self.expect_any(&[
                    "all",
                    "comments",
                    "compression",
                    "constraints",
                    "defaults",
                    "identity",
                    "generated",
                    "indexes",
                    "statistics",
                    "storage",
                ])?;
                options.push((word == "including", option.to_owned()));
            }
            return Ok(TableElement::Like(LikeClause { table, options }));
        }
        if self.at_table_constraint() {
            return self.table_constraint().map(TableElement::Constraint);
        }
        self.column_definition().map(TableElement::Column)
    }

    fn typed_elements(&mut self) -> Parse<Vec<TableElement>> {
        if !self.at_symbol("(") {
            return Ok(Vec::new());
        }
        self.parenthesized_list(|parser| {
            if parser.at_table_constraint() {
                return parser.table_constraint().map(TableElement::Constraint);
            }
            let location = parser.location();
            let mut column = empty_column(parser.column_name()?, location);
            parser.accept_words(&["with", "options"]);
            parser.column_qualifiers(&mut column)?;
            Ok(TableElement::Column(column))
        })
    }

    pub fn at_table_constraint(&self) -> bool {
        self.at_any(&["constraint", "check", "unique", "primary", "foreign"])
            || self.at("exclude") && (self.symbol_ahead(1, "(") || self.at_ahead(1, "using"))
            || self.at_words(&["not", "null"])
    }

    /// A column of CREATE TABLE or ADD COLUMN.
    pub fn column_definition(&mut self) -> Parse<ColumnDefinition> {
        let location = self.location();
        let mut column = empty_column(self.column_name()?, location);
        column.type_name = Some(self.type_name()?);
        if self.accept("storage") {
            column.storage = Some(self.storage_word()?);
        }
        if self.accept("compression") {
            column.compression = Some(self.storage_word()?);
        }
        self.column_qualifiers(&mut column)?;
        Ok(column)
    }

    pub fn storage_word(&mut self) -> Parse<String> {
        if self.accept("default") { Ok("default".to_owned()) } else { self.column_name() }
    }

    /// A field of a composite type or of a function's column definition list.
    pub fn composite_column(&mut self) -> Parse<ColumnDefinition> {
        let location = self.location();
        let mut column = empty_column(self.column_name()?, location);
        column.type_name = Some(self.type_name()?);
        if self.accept("collate") {
            column.collation = Some(self.object_name()?);
        }
        Ok(column)
    }

    fn column_qualifiers(&mut self, column: &mut ColumnDefinition) -> Parse<()> {
        loop {
            if self.accept("collate") {
                column.collation = Some(self.object_name()?);
            } else if self.at("with") && self.symbol_ahead(1, "(") {
                self.skip(1);
                column.options.extend(self.definition_list()?);
            } else if let Some(constraint) = self.column_constraint()? {
                column.constraints.push(constraint);
            } else {
                return Ok(());
            }
        }
    }

    /// A column's or domain's constraint, with the attributes that follow it.
    pub fn column_constraint(&mut self) -> Parse<Option<Constraint>> {
        let location = self.location();
        let name = if self.accept("constraint") { Some(self.column_name()?) } else { None };
        let kind = if self.accept_words(&["not", "null"]) {
            ConstraintKind::NotNull { column: None }
        } else if self.accept("null") {
            ConstraintKind::Null
        } else if self.accept("unique") {
            let nulls_not_distinct = self.nulls_not_distinct();
            ConstraintKind::Unique { nulls_not_distinct, key: self.key_suffix(Vec::new())? }
        } else if self.accept_words(&["primary", "key"]) {
            ConstraintKind::PrimaryKey(self.key_suffix(Vec::new())?)
        } else if self.accept("check") {
            ConstraintKind::Check(self.parenthesized(Self::expression)?)
        } else if self.accept("default") {
            ConstraintKind::Default(self.restricted_expression()?)
        } else if self.accept("generated") {
            self.generated()?
        } else if self.at("references") {
            ConstraintKind::ForeignKey(Box::new(self.references(Vec::new())?))
        } else if name.is_some() {
            return Err(self.unexpected());
        } else {
            return Ok(None);
        };
        let mut constraint = new_constraint(name, kind, location);
        self.constraint_attributes(&mut constraint)?;
        Ok(Some(constraint))
    }

    /// `ALWAYS AS ...` or `BY DEFAULT AS IDENTITY` after GENERATED.
    fn generated(&mut self) -> Parse<ConstraintKind> {
        let always = self.generated_when()?;
        self.expect("as")?;
        if self.accept("identity") {
            let options = if self.at_symbol("(") {
                self.parenthesized(Self::sequence_options)?
            } else {
                Vec::new()
            };
            return Ok(ConstraintKind::Identity { always, options });
        }
        let at = self.location();
        let expr = self.parenthesized(Self::expression)?;
        if !always {
            let message = "for a generated column, GENERATED ALWAYS must be specified";
            return Err(self.error_at("42601", message, at));
        }
        // VIRTUAL, and nothing at all, are PostgreSQL 18's.
        let stored = self.accept("stored");
        if !stored && self.token().text == "virtual" {
            self.skip(1);
        }
        Ok(ConstraintKind::Generated { expr, stored })
    }

    pub fn generated_when(&mut self) -> Parse<bool> {
        if self.accept("always") {
            return Ok(true);
        }
        self.expect_words(&["by", "default"])?;
        Ok(false)
    }

    pub fn nulls_not_distinct(&mut self) -> bool {
        let found = self.accept_words(&["nulls", "not", "distinct"]);
        if !found {
            self.accept_words(&["nulls", "distinct"]);
        }
        found
    }

    fn key_suffix(&mut self, columns: Vec<String>) -> Parse<KeyConstraint> {
        let mut key = KeyConstraint { columns, ..KeyConstraint::default() };
        if self.accept("include") {
            key.including = self.column_names()?;
        }
        if self.at("with") && self.symbol_ahead(1, "(") {
            self.skip(1);
            key.options = self.definition_list()?;
        }
        if self.accept_words(&["using", "index", "tablespace"]) {
            key.tablespace = Some(self.column_name()?);
        }
        Ok(key)
    }

    fn references(&mut self, columns: Vec<String>) -> Parse<ForeignKey> {
        self.expect("references")?;
        let mut key = ForeignKey {
            columns,
            table: self.relation_object_name()?,
            referenced_columns: self.optional_column_names()?,
            match_type: ForeignKeyMatch::Simple,
            on_delete: ReferentialAction::NoAction,
            on_update: ReferentialAction::NoAction,
            on_delete_columns: Vec::new(),
        };
        if self.accept("match") {
            key.match_type = match self.expect_any(&["full", "partial", "simple"])? {
                "full" => ForeignKeyMatch::Full,
                "partial" => {
                    let at = self.location();
                    let message = "MATCH PARTIAL not yet implemented";
                    return Err(self.error_at("0A000", message, at));
                }
                _ => ForeignKeyMatch::Simple,
            };
        }
        while self.at("on") && (self.at_ahead(1, "delete") || self.at_ahead(1, "update")) {
            self.skip(1);
            let deletes = self.expect_any(&["delete", "update"])? == "delete";
            let action = match self.expect_any(&["no", "restrict", "cascade", "set"])? {
                "no" => {
                    self.expect("action")?;
                    ReferentialAction::NoAction
                }
                "restrict" => ReferentialAction::Restrict,
                "cascade" => ReferentialAction::Cascade,
                _ => {
                    let null = self.expect_any(&["null", "default"])? == "null";
                    if deletes {
                        key.on_delete_columns = self.optional_column_names()?;
                    }
                    if null { ReferentialAction::SetNull } else { ReferentialAction::SetDefault }
                }
            };
            if deletes {
                key.on_delete = action;
            } else {
                key.on_update = action;
            }
        }
        Ok(key)
    }

    pub fn table_constraint(&mut self) -> Parse<Constraint> {
        let location = self.location();
        let name = if self.accept("constraint") { Some(self.column_name()?) } else { None };
        let kind = if self.accept("check") {
            ConstraintKind::Check(self.parenthesized(Self::expression)?)
        } else if self.accept_words(&["not", "null"]) {
            ConstraintKind::NotNull { column: Some(self.column_name()?) }
        } else if self.accept("unique") {
            let nulls_not_distinct = self.nulls_not_distinct();
            ConstraintKind::Unique { nulls_not_distinct, key: self.table_key()? }
        } else if self.accept_words(&["primary", "key"]) {
            ConstraintKind::PrimaryKey(self.table_key()?)
        } else if self.accept_words(&["foreign", "key"]) {
            let columns = self.column_names()?;
            ConstraintKind::ForeignKey(Box::new(self.references(columns)?))
        } else {
            self.expect("exclude")?;
            ConstraintKind::Exclude(Box::new(self.exclude()?))
        };
        let mut constraint = new_constraint(name, kind, location);
        self.constraint_attributes(&mut constraint)?;
        Ok(constraint)
    }

    fn table_key(&mut self) -> Parse<KeyConstraint> {
        if self.accept_words(&["using", "index"]) {
            let using_index = Some(self.column_name()?);
            return Ok(KeyConstraint { using_index, ..KeyConstraint::default() });
        }
        self.expect_symbol("(")?;
        let columns = self.comma_list(Self::column_name)?;
        let without_overlaps = self.accept_words(&["without", "overlaps"]);
        self.expect_symbol(")")?;
        let mut key = self.key_suffix(columns)?;
        key.without_overlaps = without_overlaps;
        Ok(key)
    }

    fn exclude(&mut self) -> Parse<ExcludeConstraint> {
        let method = if self.accept("using") { Some(self.column_name()?) } else { None };
        let elements = self.parenthesized_list(|parser| {
            let element = parser.index_element()?;
            parser.expect("with")?;
            let operator = if parser.at("operator") {
                parser.skip(1);
                parser.parenthesized(Self::any_operator)?
            } else {
                parser.any_operator()?
            };
            Ok((element, operator))
        })?;
        let key = self.key_suffix(Vec::new())?;
        let predicate =
            if self.accept("where") { Some(self.parenthesized(Self::expression)?) } else { None };
        Ok(ExcludeConstraint {
            method,
            elements,
            including: key.including,
            options: key.options,
            tablespace: key.tablespace,
            predicate,
        })
    }

    /// `DEFERRABLE`, `INITIALLY DEFERRED`, `NOT VALID`, `NO INHERIT`, `NOT ENFORCED`.
    pub fn constraint_attributes(&mut self, constraint: &mut Constraint) -> Parse<()> {
        let mut not_deferrable = false;
        loop {
            let at = self.location();
            if self.accept("deferrable") {
                constraint.deferrable = true;
            } else if self.accept_words(&["not", "deferrable"]) {
                not_deferrable = true;
            } else if self.accept_words(&["initially", "deferred"]) {
                constraint.initially_deferred = true;
            } else if self.accept_words(&["initially", "immediate"]) {
                constraint.initially_deferred = false;
            } else if self.accept_words(&["not", "valid"]) {
                constraint.not_valid = true;
            } else if self.accept_words(&["no", "inherit"]) {
                constraint.no_inherit = true;
            } else if self.at("not") && self.token_at(1).text == "enforced" {
                self.skip(2);
                constraint.not_enforced = true;
            } else if self.token().text == "enforced" {
                self.skip(1);
            } else {
                break;
            }
            if not_deferrable && constraint.initially_deferred {
                let message = "constraint declared INITIALLY DEFERRED must be DEFERRABLE";
                return Err(self.error_at("42601", message, at));
            }
            if not_deferrable && constraint.deferrable {
                return Err(self.error_at("42601", "conflicting constraint properties", at));
            }
        }
        constraint.deferrable |= constraint.initially_deferred;
        Ok(())
    }

    fn partition_by(&mut self) -> Parse<PartitionBy> {
        let location = self.location();
        self.expect_words(&["partition", "by"])?;
        let strategy = self.column_name()?;
        let elements = self.parenthesized_list(Self::index_element)?;
        Ok(PartitionBy { strategy, elements, location })
    }

    pub fn partition_bound(&mut self) -> Parse<PartitionBound> {
        if self.accept("default") {
            return Ok(PartitionBound::Default);
        }
        self.expect_words(&["for", "values"])?;
        if self.accept("in") {
            return Ok(PartitionBound::List(self.parenthesized_list(Self::expression)?));
        }
        if self.accept("from") {
            let from = self.parenthesized_list(Self::expression)?;
            self.expect("to")?;
            return Ok(PartitionBound::Range {
                from,
                to: self.parenthesized_list(Self::expression)?,
            });
        }
        self.expect("with")?;
        let parts =
            self.parenthesized_list(|parser| Ok((parser.nonreserved_word()?, parser.unsigned()?)))?;
        let find = |name: &str| parts.iter().find(|part| part.0 == name).map(|part| part.1);
        match (find("modulus"), find("remainder")) {
            (Some(modulus), Some(remainder)) => Ok(PartitionBound::Hash { modulus, remainder }),
            _ => {
                let message = "modulus and remainder for hash partition must be specified";
                Err(self.error_at("42601", message, self.location()))
            }
        }
    }
}

fn empty_column(name: String, location: Location) -> ColumnDefinition {
    ColumnDefinition {
        name,
        type_name: None,
        collation: None,
        storage: None,
        compression: None,
        options: Vec::new(),
        constraints: Vec::new(),
        location,
    }
}

fn new_constraint(name: Option<String>, kind: ConstraintKind, location: Location) -> Constraint {
    Constraint {
        name,
        kind,
        deferrable: false,
        initially_deferred: false,
        not_valid: false,
        no_inherit: false,
        not_enforced: false,
        location,
    }
}
