//! ALTER TABLE's actions on columns: added, retyped, with other defaults.

use catalog::{Column, ConstraintKind, Generated, IndexKey, Relation, RelationKind};
use functions::CastContext;
use syntax::ast::{AlterColumnAction, ColumnDefinition, Expr, Literal, LiteralValue, TypeName};
use types::{Datum, SqlResult, SqlType, oid, sqlstate};

use crate::Work;
use crate::analysis::{Analysis, Clause};
use crate::column_options;
use crate::dependents::Object;
use crate::run::{Run, error, unsupported};
use crate::sequence::is_identity;
use crate::table::columns::storage_letter;
use crate::table::constraints::undefined_column;
use crate::table::push_column;

impl Run<'_> {
    pub fn add_column(
        &mut self,
        mut table: Relation,
        definition: &ColumnDefinition,
        if_not_exists: bool,
    ) -> SqlResult<()> {
        let name = &definition.name;
        if table.column(name).is_some() {
            let message =
                format!("column \"{name}\" of relation \"{}\" already exists", table.name);
            if if_not_exists {
                self.notice(sqlstate::DUPLICATE_COLUMN, format!("{message}, skipping"));
                return Ok(());
            }
            return Err(error(sqlstate::DUPLICATE_COLUMN, message));
        }
        let old = table.clone();
        let new = self.column_definition(&table, definition, true)?;
        push_column(&mut table, &new)?;
        self.complete_column(&mut table, &new)?;
        let place = table.columns.len() - 1;
        let (text, ty, not_null, number) = {
            let column = &table.columns[place];
            let ty = SqlType::with_modifier(column.type_oid, column.modifier);
            (self.effective_default(column), ty, column.not_null, column.number)
        };
        let identity = new.column.owned_sequence.filter(|_| is_identity(&new.column));
        let text = match identity {
            Some(sequence) => {
                let sequence = self.known_relation(sequence)?;
                let name = self.qualified(sequence.schema, &sequence.name);
                Some(crate::table::columns::next_value(&name))
            }
            None => text,
        };
        match text {
            None => {
                if not_null {
                    self.work(Work::ValidateNotNull { table: table.oid, column: number });
                }
            }
            Some(text) => match self.constant(&text, ty)? {
                // A counter needs its place in every row.
                Some(value) if !new.column.merges_deltas() => {
                    let mut bytes = Vec::new();
                    encoding::spill::write_datum(&value, &mut bytes);
                    table.columns[place].missing = Some(bytes);
                }
                _ => {
                    let mut columns = vec![None; table.columns.len()];
                    columns[place] = Some(text);
                    self.rewrite(&mut table, old, columns)?;
                }
            },
        }
        self.changes_definition(table.oid, not_null);
        self.put_relation(table.clone());
        for constraint in &new.constraints {
            self.changes_definition(table.oid, true);
            self.add_constraint(&mut table, constraint, false)?;
        }
        self.put_relation(table);
        Ok(())
    }

    /// The column's default, or that of its domain.
    fn effective_default(&self, column: &Column) -> Option<String> {
        column.default.clone().or_else(|| match &self.catalog.user_type(column.type_oid)?.kind {
            catalog::UserTypeKind::Domain { default, .. } => default.clone(),
            _ => None,
        })
    }

    /// The value of a default that is a plain constant; `None` if it must be computed or checked for each row.
    fn constant(&self, text: &str, ty: SqlType) -> SqlResult<Option<Datum>> {
        let is_domain = functions::type_catalog::base_type(&self.catalog, ty.oid) != ty.oid;
        if is_domain || ty.oid >= oid::FIRST_USER_OID {
            return Ok(None);
        }
        let mut expr = self.stored_expression(text)?;
        let mut sign = "";
        if let Expr::TypeCast(cast) = &mut expr {
            let target = self.resolve_type(&mut cast.type_name)?;
            if target.oid != ty.oid {
                return Ok(None);
            }
            expr = cast.expr.clone();
        }
        if let Expr::Operator(operator) = &expr
            && operator.left.is_none()
            && operator.name == "-"
        {
            sign = "-";
            expr = operator.right.clone();
        }
        let Expr::Literal(Literal { value, .. }) = &expr else {
            return Ok(None);
        };
        let is_integer = matches!(ty.oid, oid::INT2 | oid::INT4 | oid::INT8);
        let written = match value {
            LiteralValue::Integer(number) => number.to_string(),
            // A fraction is rounded by the cast, not by the input function.
            LiteralValue::Numeric(_) if is_integer => return Ok(None),
            LiteralValue::Numeric(text) | LiteralValue::String(text) => text.clone(),
            LiteralValue::Boolean(value) => value.to_string(),
            _ => return Ok(None),
        };
        let context = self.context.evaluation();
        let written = format!("{sign}{written}");
        functions::input_output::input(context, ty.oid, &written, ty.modifier).map(Some)
    }

    pub fn alter_column(
        &mut self,
        mut table: Relation,
        name: &str,
        action: &AlterColumnAction,
    ) -> SqlResult<()> {
        let Some(place) =
            table.columns.iter().position(|column| !column.dropped && column.name == name)
        else {
            return Err(undefined_column(name, &table.name));
        };
        let is_view = matches!(table.kind, RelationKind::View);
        let for_views =
            matches!(action, AlterColumnAction::SetDefault(_) | AlterColumnAction::DropDefault);
        if (is_view && !for_views) || table.kind == RelationKind::Sequence {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!(
                    "ALTER action ALTER COLUMN cannot be performed on relation \"{}\"",
                    table.name
                ),
            )
            .detail(format!(
                "This operation is not supported for {}s.",
                crate::names::kind_word(table.kind)
            )));
        }
        let of = format!("column \"{name}\" of relation \"{}\"", table.name);
        let column = &mut table.columns[place];
        let not_ready =
            |message: String| Err(error(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message));
        match action {
            AlterColumnAction::SetType { type_name, collation, using } => {
                let collation = collation.as_ref();
                return self.set_type(table, place, type_name, collation, using.as_ref());
            }
            AlterColumnAction::SetDefault(_) | AlterColumnAction::DropDefault
                if is_identity(column) =>
            {
                return Err(error(sqlstate::SYNTAX_ERROR, format!("{of} is an identity column")));
            }
            AlterColumnAction::SetDefault(_) | AlterColumnAction::DropDefault
                if column.generated == Generated::Stored =>
            {
                let failure = error(sqlstate::SYNTAX_ERROR, format!("{of} is a generated column"));
                return Err(match action {
                    AlterColumnAction::DropDefault => failure
                        .hint("Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead."),
                    _ => failure,
                });
            }
            AlterColumnAction::SetDefault(expr) => {
                let copy = column.clone();
                let text = self.default_text(&copy, expr)?.0;
                table.columns[place].default = text;
            }
            AlterColumnAction::DropDefault => column.default = None,
            AlterColumnAction::SetNotNull => {
                if !column.not_null {
                    column.not_null = true;
                    let number = column.number;
                    self.changes_definition(table.oid, true);
                    self.work(Work::ValidateNotNull { table: table.oid, column: number });
                }
            }
            AlterColumnAction::DropNotNull => {
                if is_identity(column) {
                    return Err(error(
                        sqlstate::SYNTAX_ERROR,
                        format!("{of} is an identity column"),
                    ));
                }
                let number = column.number;
                let in_key = table.primary_key().is_some_and(|key| {
                    key.columns.iter().any(|part| part.key == IndexKey::Column(number))
                });
                if in_key {
                    return Err(error(
                        sqlstate::INVALID_TABLE_DEFINITION,
                        format!("column \"{name}\" is in a primary key"),
                    ));
                }
                table.columns[place].not_null = false;
            }
            AlterColumnAction::DropExpression { if_exists } => {
                if column.generated != Generated::Stored {
                    let message = format!("{of} is not a stored generated column");
                    if !if_exists {
                        return not_ready(message);
                    }
                    self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
                    return Ok(());
                }
                column.generated = Generated::No;
                column.default = None;
            }
            AlterColumnAction::SetStatistics(target) => column.statistics_target = *target,
            AlterColumnAction::SetStorage(storage) => column.storage = storage_letter(storage)?,
            AlterColumnAction::SetCompression(_) => {}
            AlterColumnAction::SetOptions(options) => {
                column_options::set(column, options)?;
                let old = table.clone();
                self.store_counters(&mut table, old)?;
            }
            AlterColumnAction::ResetOptions(options) => column_options::reset(column, options),
            AlterColumnAction::AddIdentity { always, options } => {
                if !column.not_null {
                    return not_ready(format!(
                        "{of} must be declared NOT NULL before identity can be added"
                    ));
                }
                if is_identity(column) {
                    return not_ready(format!("{of} is already an identity column"));
                }
                if column.default.is_some() {
                    return not_ready(format!("{of} already has a default value"));
                }
                let mut changed = column.clone();
                self.make_identity(&table, &mut changed, *always, options)?;
                table.columns[place] = changed;
            }
            AlterColumnAction::SetIdentity { always, options } => {
                let Some(sequence) = column.owned_sequence.filter(|_| is_identity(column)) else {
                    return not_ready(format!("{of} is not an identity column"));
                };
                match always {
                    Some(true) => column.generated = Generated::IdentityAlways,
                    Some(false) => column.generated = Generated::IdentityByDefault,
                    None => {}
                }
                if !options.is_empty() {
                    self.set_sequence_options(sequence, options)?;
                }
            }
            AlterColumnAction::DropIdentity { if_exists } => {
                let Some(sequence) = column.owned_sequence.filter(|_| is_identity(column)) else {
                    let message = format!("{of} is not an identity column");
                    if !if_exists {
                        return not_ready(message);
                    }
                    self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
                    return Ok(());
                };
                column.generated = Generated::No;
                column.owned_sequence = None;
                self.put_relation(table);
                self.changes_definition(sequence, false);
                self.apply(vec![catalog::DescriptorChange::Remove(sequence)]);
                return Ok(());
            }
            AlterColumnAction::SetExpression(_) => {
                return Err(unsupported("SET EXPRESSION is not supported"));
            }
        }
        self.put_relation(table);
        Ok(())
    }

    /// Fails if something was made for the column's type as it is.
    fn require_retypable(&self, table: &Relation, column: &Column) -> SqlResult<()> {
        if let Some(number) = self.generated_from(table, column)?.first().copied() {
            let generated = table.column_by_number(number).map_or("", |column| &column.name);
            return Err(unsupported("cannot alter type of a column used by a generated column")
                .detail(format!(
                    "Column \"{}\" is used by generated column \"{generated}\".",
                    column.name
                )));
        }
        if let Some(view) = self.views_of_column(table.oid, column.number)?.first() {
            return Err(unsupported("cannot alter type of a column used by a view or rule")
                .detail(format!(
                    "rule _RETURN on {} depends on column \"{}\"",
                    self.described(Object::Relation(*view)),
                    column.name
                )));
        }
        Ok(())
    }

    fn set_type(
        &mut self,
        mut table: Relation,
        place: usize,
        type_name: &TypeName,
        collation: Option<&syntax::ast::ObjectName>,
        using: Option<&Expr>,
    ) -> SqlResult<()> {
        let old = table.clone();
        let column = old.columns[place].clone();
        let new = self.column_type(&mut type_name.clone(), &column.name)?;
        let before = SqlType::with_modifier(column.type_oid, column.modifier);
        self.require_retypable(&table, &column)?;
        let types = &self.catalog;
        let transform = match using {
            Some(expr) => {
                let mut expr = expr.clone();
                let mut analysis = Analysis::over(self, Clause::Transform, &table);
                let given = analysis.expression(&mut expr)?;
                analysis
                    .require_assignable(&expr, given, new, |target, _| {
                        format!(
                            "result of USING clause for column \"{}\" cannot be cast automatically \
                             to type {target}",
                            column.name
                        )
                    })
                    .map_err(|failure| match failure.sqlstate() {
                        sqlstate::DATATYPE_MISMATCH => {
                            failure.hint("You might need to add an explicit cast.")
                        }
                        _ => failure,
                    })?;
                Some(expr.to_string())
            }
            None => {
                let castable =
                    functions::find_cast(types, before.oid, new.oid, CastContext::Assignment);
                if castable.is_none() {
                    let shown = self.type_text(new);
                    return Err(error(
                        sqlstate::DATATYPE_MISMATCH,
                        format!(
                            "column \"{}\" cannot be cast automatically to type {}",
                            column.name,
                            self.type_name(new.oid)
                        ),
                    )
                    .hint(format!(
                        "You might need to specify \"USING {}::{shown}\".",
                        catalog::quote_identifier(&column.name)
                    )));
                }
                None
            }
        };
        if column.merges_deltas() {
            column_options::require_counter(&Column { type_oid: new.oid, ..column.clone() })?;
        }
        if is_identity(&column) && !matches!(new.oid, oid::INT2 | oid::INT4 | oid::INT8) {
            return Err(error(
                sqlstate::INVALID_PARAMETER_VALUE,
                "identity column type must be smallint, integer, or bigint",
            ));
        }
        if let Some(default) = column.default.as_ref().filter(|_| column.generated == Generated::No)
        {
            let mut expr = self.stored_expression(default)?;
            let mut analysis = Analysis::new(self, Clause::Default);
            let given = analysis.expression(&mut expr)?;
            let refused = analysis.require_assignable(&expr, given, new, |_, _| String::new());
            if refused.is_err() {
                return Err(error(
                    sqlstate::DATATYPE_MISMATCH,
                    format!(
                        "default for column \"{}\" cannot be cast automatically to type {}",
                        column.name,
                        self.type_name(new.oid)
                    ),
                ));
            }
        }
        let stays = using.is_none() && self.is_same_on_disk(before, new);
        let changed = &mut table.columns[place];
        changed.type_oid = new.oid;
        changed.modifier = new.modifier;
        if !stays {
            changed.missing = None;
        }
        let collation = self.collation(collation, new.oid)?;
        table.columns[place].collation = collation;
        self.retype_expressions(&mut table)?;
        if stays {
            self.changes_definition(table.oid, false);
        } else {
            let mut columns = vec![None; table.columns.len()];
            // Without USING it is the old value, coerced to the new type as by assignment.
            columns[place] =
                Some(transform.unwrap_or_else(|| catalog::quote_identifier(&column.name)));
            self.rewrite(&mut table, old, columns)?;
            let checks: Vec<Work> = table
                .constraints
                .iter()
                .filter(|constraint| constraint.validated)
                .filter_map(|constraint| match &constraint.kind {
                    ConstraintKind::Check { columns, .. } if columns.contains(&column.number) => {
                        Some(Work::ValidateCheck { table: table.oid, constraint: constraint.oid })
                    }
                    ConstraintKind::ForeignKey(key) if key.columns.contains(&column.number) => {
                        Some(Work::ValidateForeignKey {
                            table: table.oid,
                            constraint: constraint.oid,
                        })
                    }
                    _ => None,
                })
                .collect();
            checks.into_iter().for_each(|work| self.work(work));
        }
        if let Some(sequence) = column.owned_sequence.filter(|_| is_identity(&column)) {
            let name = TypeName::system(
                match new.oid {
                    oid::INT2 => "int2",
                    oid::INT4 => "int4",
                    _ => "int8",
                },
                0,
            );
            self.set_sequence_options(sequence, &[syntax::ast::SequenceOption::As(name)])?;
        }
        self.put_relation(table);
        Ok(())
    }

    /// Expressions over a retyped column must still have a meaning; index keys may get another type.
    fn retype_expressions(&self, table: &mut Relation) -> SqlResult<()> {
        let copy = table.clone();
        for index in &mut table.indexes {
            for column in &mut index.columns {
                let IndexKey::Expression { sql, type_oid, modifier } = &mut column.key else {
                    continue;
                };
                let mut expr = self.stored_expression(sql)?;
                let mut analysis = Analysis::over(self, Clause::IndexExpression, &copy);
                let ty = analysis.expression(&mut expr)?;
                *type_oid = ty.oid;
                *modifier = ty.modifier;
            }
        }
        for index in table.indexes.iter_mut().filter(|index| index.is_inverted()) {
            for column in &mut index.columns {
                let ty = match &column.key {
                    IndexKey::Column(number) => {
                        copy.column_by_number(*number).map_or(0, |column| column.type_oid)
                    }
                    IndexKey::Expression { type_oid, .. } => *type_oid,
                };
                let class = self
                    .inverted_class(ty, column.operator_class.as_deref())
                    .or_else(|_| self.inverted_class(ty, None))?;
                column.operator_class = Some(class);
            }
        }
        for constraint in &copy.constraints {
            if let ConstraintKind::Check { sql, .. } = &constraint.kind {
                let mut expr = self.stored_expression(sql)?;
                let mut analysis = Analysis::over(self, Clause::Check, &copy);
                analysis.expression(&mut expr)?;
            }
        }
        Ok(())
    }
}
