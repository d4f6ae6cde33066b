//! Which routine a statement means, and what ALTER, DROP and their like do to it.

use std::sync::Arc;

use catalog::{Column, ConstraintKind, Descriptor, Generated, IndexKey, Relation, Routine, Schema};
use syntax::ast::{
    AlterFunction, DropObjects, FunctionOption, FunctionParameter, ObjectName, ObjectReference,
    ObjectType, ParameterMode, RenameObject,
};
use types::{Oid, SqlResult, sqlstate};

use crate::analysis::{Analysis, Clause};
use crate::dependents::Object;
use crate::names::written;
use crate::privileges::must_be_owner;
use crate::rename::type_word;
use crate::routine::{DUPLICATE_FUNCTION, Options};
use crate::run::{Run, error, unsupported};

fn kind_of(routine: &Routine) -> &'static str {
    if routine.procedure { "procedure" } else { "function" }
}

impl Run<'_> {
    pub fn require_routine_owner(&self, routine: &Routine) -> SqlResult<()> {
        if self.owns(routine.owner) {
            return Ok(());
        }
        Err(must_be_owner(kind_of(routine), &routine.name))
    }

    /// `f(integer,text)`, as messages name a routine.
    pub fn routine_text(&self, routine: &Routine) -> String {
        let types: Vec<String> =
            routine.input_types().into_iter().map(|ty| self.type_name(ty)).collect();
        format!("{}({})", routine.name, types.join(","))
    }

    /// Functions that users made, by name along the search path if no schema is given.
    pub fn routines_called(
        &self,
        schema: Option<&str>,
        name: &str,
    ) -> Vec<&'static functions::FunctionDef> {
        let schemas = match schema {
            Some(schema) => {
                self.catalog.schema_by_name(schema).map(|found| found.oid).into_iter().collect()
            }
            None => self.path(),
        };
        catalog::routines::candidates(&self.catalog, &schemas, name)
    }

    /// The routine that DROP names.
    pub fn routine_target(
        &mut self,
        drop: &DropObjects,
        reference: &ObjectReference,
    ) -> SqlResult<Option<Object>> {
        match self.find_routine(drop.object_type, reference)? {
            Ok(found) => {
                self.require_routine_owner(&found)?;
                Ok(Some(Object::Routine(found.oid)))
            }
            Err(message) if drop.if_exists => {
                let message = match reference {
                    ObjectReference::Routine { name, arguments: None, .. } => format!(
                        "{} {}() does not exist",
                        type_word(drop.object_type),
                        written(name)
                    ),
                    _ => message,
                };
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
                Ok(None)
            }
            Err(message) => Err(error(sqlstate::UNDEFINED_FUNCTION, message)),
        }
    }

    /// A routine that must exist.
    pub fn routine_of(
        &self,
        kind: ObjectType,
        reference: &ObjectReference,
    ) -> SqlResult<Arc<Routine>> {
        self.find_routine(kind, reference)?
            .map_err(|message| error(sqlstate::UNDEFINED_FUNCTION, message))
    }

    /// A routine that must exist and be the session's to change.
    pub fn owned_routine(
        &self,
        kind: ObjectType,
        reference: &ObjectReference,
    ) -> SqlResult<Arc<Routine>> {
        let routine = self.routine_of(kind, reference)?;
        self.require_routine_owner(&routine)?;
        Ok(routine)
    }

    /// Whether the name is only that of functions that nobody made.
    pub fn is_built_in(&self, reference: &ObjectReference) -> SqlResult<bool> {
        let ObjectReference::Routine { name, .. } = reference else {
            return Ok(false);
        };
        Ok(!functions::tables::functions_named(name.name()).is_empty()
            && self.routines_called(name.schema(), name.name()).is_empty())
    }

    /// A routine, or why there is none.
    fn find_routine(
        &self,
        kind: ObjectType,
        reference: &ObjectReference,
    ) -> SqlResult<Result<Arc<Routine>, String>> {
        let ObjectReference::Routine { name, arguments, .. } = reference else {
            return Err(unsupported("objects of this kind are not supported"));
        };
        let word = type_word(kind);
        let wanted = match arguments {
            Some(arguments) => Some(self.signature_types(arguments)?),
            None => None,
        };
        let shown = written(name);
        for schema in self.schemas_of(name)? {
            let found: Vec<_> = self
                .catalog
                .routines_named(schema, name.name())
                .into_iter()
                .filter(|known| wanted.as_ref().is_none_or(|types| known.input_types() == *types))
                .cloned()
                .collect();
            if found.len() > 1 {
                return Err(error(
                    sqlstate::AMBIGUOUS_FUNCTION,
                    format!("{word} name \"{shown}\" is not unique"),
                )
                .hint(format!("Specify the argument list to select the {word} unambiguously.")));
            }
            let Some(found) = found.first() else { continue };
            let fits = match kind {
                ObjectType::Function => !found.procedure,
                ObjectType::Procedure => found.procedure,
                _ => true,
            };
            if !fits {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("{} is not a {word}", self.routine_text(found)),
                ));
            }
            return Ok(Ok(Arc::clone(found)));
        }
        Ok(Err(match wanted {
            None => format!("could not find a {word} named \"{shown}\""),
            Some(types) => {
                let types: Vec<String> = types.iter().map(|ty| self.type_name(*ty)).collect();
                format!("{word} {shown}({}) does not exist", types.join(","))
            }
        }))
    }

    fn schemas_of(&self, name: &ObjectName) -> SqlResult<Vec<Oid>> {
        Ok(match self.split(name)?.0 {
            Some(schema) => vec![self.schema_named(schema)?.oid],
            None => self.path(),
        })
    }

    fn signature_types(&self, arguments: &[FunctionParameter]) -> SqlResult<Vec<Oid>> {
        let inputs = arguments.iter().filter(|argument| argument.mode != ParameterMode::Out);
        inputs.map(|argument| Ok(self.resolve_type(&mut argument.type_name.clone())?.oid)).collect()
    }

    fn put_changed(&mut self, routine: Routine) {
        self.put(Descriptor::Routine(Box::new(routine)));
    }

    /// Fails if the schema has a routine of this name and these arguments.
    fn require_free_signature(&self, schema: &Schema, name: &str, of: &Routine) -> SqlResult<()> {
        let inputs = of.input_types();
        let known = self.catalog.routines_named(schema.oid, name);
        if !known.iter().any(|known| known.input_types() == inputs) {
            return Ok(());
        }
        let shown = self.routine_text(&Routine { name: name.to_owned(), ..of.clone() });
        let message = format!(
            "{} {} already exists in schema \"{}\"",
            kind_of(of),
            shown.replace(',', ", "),
            schema.name
        );
        Err(error(DUPLICATE_FUNCTION, message))
    }

    pub fn rename_routine(&mut self, rename: &RenameObject) -> SqlResult<()> {
        let routine = self.owned_routine(rename.object_type, &rename.object)?;
        let schema = self.routine_schema(&routine)?;
        self.require_create(&schema)?;
        self.require_free_signature(&schema, &rename.new_name, &routine)?;
        self.rename_calls(&routine, &schema, &rename.new_name)
    }

    pub fn set_routine_schema(
        &mut self,
        kind: ObjectType,
        reference: &ObjectReference,
        schema: &str,
    ) -> SqlResult<()> {
        let routine = self.owned_routine(kind, reference)?;
        let schema = &self.schema_named(schema)?;
        self.require_create(schema)?;
        if routine.schema == schema.oid {
            return Ok(());
        }
        self.require_free_signature(schema, &routine.name, &routine)?;
        self.rename_calls(&routine, schema, &routine.name)
    }

    fn routine_schema(&self, routine: &Routine) -> SqlResult<Arc<Schema>> {
        self.catalog
            .schema(routine.schema)
            .cloned()
            .ok_or_else(|| error(sqlstate::INVALID_SCHEMA_NAME, "the function's schema is gone"))
    }

    /// The routine is found elsewhere from now on, also by what uses it.
    fn rename_calls(&mut self, routine: &Routine, schema: &Schema, name: &str) -> SqlResult<()> {
        let used = !self.on_routine(routine.oid)?.is_empty();
        let overloads = self.catalog.routines_named(routine.schema, &routine.name).len();
        if used && overloads > 1 {
            return Err(unsupported(format!(
                "an overloaded function that other objects use cannot be renamed: {}",
                self.routine_text(routine)
            )));
        }
        let old = self.schema_name(routine.schema);
        if used {
            self.rename_calls_in_texts([&old, &routine.name], [&schema.name, name])?;
        }
        self.put_changed(Routine { name: name.to_owned(), schema: schema.oid, ..routine.clone() });
        Ok(())
    }

    pub fn set_routine_owner(
        &mut self,
        kind: ObjectType,
        reference: &ObjectReference,
        owner: Oid,
    ) -> SqlResult<()> {
        let routine = self.owned_routine(kind, reference)?;
        self.require_may_give_to(owner)?;
        let schema = self.routine_schema(&routine)?;
        if !self.is_superuser() && !self.has_schema_privilege(&schema, 'C', owner) {
            return Err(error(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied for schema {}", schema.name),
            ));
        }
        let mut changed = (*routine).clone();
        for grant in changed.grants.iter_mut().flatten() {
            for role in [&mut grant.grantee, &mut grant.grantor] {
                if *role == routine.owner {
                    *role = owner;
                }
            }
        }
        changed.owner = owner;
        self.put_changed(changed);
        Ok(())
    }

    pub fn alter_function(&mut self, alter: &AlterFunction) -> SqlResult<()> {
        self.tag(&format!("ALTER {}", type_word(alter.object_type).to_uppercase()));
        let routine = self.owned_routine(alter.object_type, &alter.function)?;
        let mut options = Options::of(&routine);
        for option in &alter.options {
            if routine.procedure
                && !matches!(option, FunctionOption::SecurityDefiner(_) | FunctionOption::Set(_))
            {
                return Err(error(
                    crate::routine::INVALID_FUNCTION_DEFINITION,
                    "invalid attribute in procedure definition",
                ));
            }
            options.set(option)?;
        }
        crate::routine::require_rows_of_set(&options, routine.returns_set)?;
        let mut changed = (*routine).clone();
        options.apply(&mut changed);
        self.put_changed(changed);
        Ok(())
    }

    /// Routines that have one of the types among their arguments or results.
    pub fn routines_of_type(&self, types: &[Oid]) -> Vec<(Object, bool)> {
        self.catalog
            .routines()
            .filter(|routine| {
                let arguments = routine.arguments.iter().map(|argument| argument.type_oid);
                arguments.chain([routine.result]).any(|ty| ty != 0 && types.contains(&ty))
            })
            .map(|routine| (Object::Routine(routine.oid), false))
            .collect()
    }

    fn calls(&self, table: Option<&Relation>, text: &str, routine: &Routine) -> SqlResult<bool> {
        if !text.contains(routine.name.as_str()) {
            return Ok(false);
        }
        let mut expr = self.stored_expression(text)?;
        let mut analysis = match table {
            Some(table) => Analysis::over(self, Clause::Query, table),
            None => Analysis::new(self, Clause::Query),
        };
        analysis.expression(&mut expr)?;
        Ok(analysis.routines.contains(&routine.oid))
    }

    /// What uses the routine.
    pub fn on_routine(&self, oid: Oid) -> SqlResult<Vec<(Object, bool)>> {
        let Some(routine) = self.catalog.routine(oid).cloned() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for relation in self.catalog.relations().filter(|relation| !relation.is_virtual()) {
            self.uses_in_table(relation, &routine, &mut found)?;
            let triggers = relation.triggers.iter().filter(|trigger| trigger.function == oid);
            found.extend(triggers.map(|trigger| Object::Trigger(relation.oid, trigger.oid)));
            if let Some(view) = &relation.view
                && view.query.contains(routine.name.as_str())
            {
                let mut query = self.stored_query(&view.query)?;
                let mut analysis = Analysis::new(self, Clause::Query);
                analysis.query(&mut query)?;
                if analysis.routines.contains(&oid) {
                    found.push(Object::Relation(relation.oid));
                }
            }
        }
        for user_type in self.catalog.user_types() {
            if let catalog::UserTypeKind::Domain { default, checks, .. } = &user_type.kind {
                for text in checks.iter().map(|(_, text)| text).chain(default) {
                    // VALUE has no meaning here, so that the text alone must do.
                    let call = self.qualified(routine.schema, &routine.name);
                    if text.contains(&format!("{call}(")) {
                        found.push(Object::Type(user_type.oid));
                        break;
                    }
                }
            }
        }
        for other in self.catalog.routines().filter(|other| other.depends_on.contains(&oid)) {
            found.push(Object::Routine(other.oid));
        }
        Ok(found.into_iter().map(|object| (object, false)).collect())
    }

    fn uses_in_table(
        &self,
        table: &Relation,
        routine: &Routine,
        found: &mut Vec<Object>,
    ) -> SqlResult<()> {
        let of_column = |column: &Column| match column.generated {
            Generated::No => Object::Default(table.oid, column.number),
            _ => Object::Column(table.oid, column.number),
        };
        for column in table.live_columns() {
            if let Some(text) = &column.default
                && self.calls(Some(table), text, routine)?
            {
                found.push(of_column(column));
            }
        }
        for constraint in &table.constraints {
            if let ConstraintKind::Check { sql, .. } = &constraint.kind
                && self.calls(Some(table), sql, routine)?
            {
                found.push(Object::Constraint(table.oid, constraint.oid));
            }
        }
        for index in &table.indexes {
            let keys = index.columns.iter().filter_map(|column| match &column.key {
                IndexKey::Expression { sql, .. } => Some(sql),
                IndexKey::Column(_) => None,
            });
            for text in keys.chain(&index.predicate) {
                if self.calls(Some(table), text, routine)? {
                    found.push(Object::Index(table.oid, index.oid));
                    break;
                }
            }
        }
        Ok(())
    }
}
