//! Types that users make: enums, composites, domains.

use catalog::{UserType, UserTypeKind};
use syntax::ast::{
    AlterDomain, AlterDomainAction, AlterEnum, AlterEnumAction, Constraint, ConstraintKind,
    CreateDomain, CreateType, Expr, ObjectName, TypeDefinition,
};
use types::{Oid, SqlResult, SqlType, sqlstate};

use crate::analysis::{Analysis, Clause, Scope, Source, VisibleColumn};
use crate::names::{NAME_BYTES, written};
use crate::run::{Run, error, unsupported};
use crate::type_names::undefined_type;

impl Run<'_> {
    fn new_type(&self, name: &ObjectName, kind: UserTypeKind) -> SqlResult<UserType> {
        let schema = self.creation_schema(name)?;
        let last = name.name();
        let taken = self.catalog.user_type_by_name(schema, last).is_some()
            || self
                .catalog
                .relation_by_name(schema, last)
                .is_some_and(|relation| relation.type_oid != 0);
        if taken {
            return Err(error(
                sqlstate::DUPLICATE_OBJECT,
                format!("type \"{last}\" already exists"),
            ));
        }
        Ok(UserType {
            oid: self.allocate()?,
            array_oid: self.allocate()?,
            name: last.to_owned(),
            schema,
            owner: self.role(),
            kind,
            comment: None,
        })
    }

    pub fn create_type(&mut self, create: &CreateType) -> SqlResult<()> {
        self.tag("CREATE TYPE");
        let kind = match &create.definition {
            TypeDefinition::Enum(labels) => {
                let mut known: Vec<(String, f32)> = Vec::new();
                for label in labels {
                    require_label(label)?;
                    if known.iter().any(|(other, _)| other == label) {
                        return Err(error(
                            sqlstate::DUPLICATE_OBJECT,
                            format!("enum label \"{label}\" used more than once"),
                        ));
                    }
                    known.push((label.clone(), known.len() as f32 + 1.0));
                }
                UserTypeKind::Enum(known)
            }
            TypeDefinition::Composite(columns) => {
                let mut fields: Vec<(String, Oid, i32)> = Vec::new();
                for column in columns {
                    if fields.iter().any(|(name, ..)| *name == column.name) {
                        return Err(error(
                            sqlstate::DUPLICATE_COLUMN,
                            format!("column \"{}\" specified more than once", column.name),
                        ));
                    }
                    let mut type_name = column.type_name.clone().ok_or_else(|| {
                        error(sqlstate::SYNTAX_ERROR, "an attribute needs a type")
                    })?;
                    let ty = self.column_type(&mut type_name, &column.name)?;
                    fields.push((column.name.clone(), ty.oid, ty.modifier));
                }
                UserTypeKind::Composite(fields)
            }
            TypeDefinition::Shell => return Err(unsupported("shell types are not supported")),
            TypeDefinition::Range(_) => return Err(unsupported("range types are not supported")),
            TypeDefinition::Base(_) => return Err(unsupported("base types are not supported")),
        };
        let user_type = self.new_type(&create.name, kind)?;
        self.put_type(user_type);
        Ok(())
    }

    /// A type that a statement alters or drops.
    pub fn type_to_change(&self, name: &ObjectName) -> SqlResult<UserType> {
        let (schema, last) = self.split(name)?;
        let found = self.user_type(schema, last)?;
        Ok((*found.ok_or_else(|| undefined_type(&written(name)))?).clone())
    }

    pub fn alter_enum(&mut self, alter: &AlterEnum) -> SqlResult<()> {
        self.tag("ALTER TYPE");
        let mut user_type = self.type_to_change(&alter.name)?;
        self.require_type_owner(&user_type)?;
        let UserTypeKind::Enum(labels) = &mut user_type.kind else {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("{} is not an enum", written(&alter.name)),
            ));
        };
        match &alter.action {
            AlterEnumAction::AddValue { value, if_not_exists, before, after } => {
                require_label(value)?;
                if labels.iter().any(|(label, _)| label == value) {
                    let message = format!("enum label \"{value}\" already exists");
                    if *if_not_exists {
                        self.notice(sqlstate::DUPLICATE_OBJECT, format!("{message}, skipping"));
                        return Ok(());
                    }
                    return Err(error(sqlstate::DUPLICATE_OBJECT, message));
                }
                add_label(labels, value, before.as_deref(), after.as_deref())?;
            }
            AlterEnumAction::RenameValue { from, to } => {
                if labels.iter().any(|(label, _)| label == to) {
                    return Err(error(
                        sqlstate::DUPLICATE_OBJECT,
                        format!("enum label \"{to}\" already exists"),
                    ));
                }
                let Some((label, _)) = labels.iter_mut().find(|(label, _)| label == from) else {
                    return Err(error(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        format!("\"{from}\" is not an existing enum label"),
                    ));
                };
                label.clone_from(to);
            }
        }
        self.put_type(user_type);
        Ok(())
    }

    fn domain_check(
        &self,
        domain: &str,
        base: SqlType,
        constraint: &Constraint,
        expr: &Expr,
        checks: &[(String, String)],
    ) -> SqlResult<(String, String)> {
        let mut expr = expr.clone();
        let mut analysis = Analysis::new(self, Clause::Check);
        let value = VisibleColumn {
            name: "value".to_owned(),
            ty: base,
            qualifier: None,
            origins: Vec::new(),
        };
        let source = Source { columns: vec![value.clone()], complete: true, ..Source::default() };
        analysis.scopes.push(Scope { sources: vec![source], visible: vec![value] });
        let ty = analysis.expression(&mut expr)?;
        analysis.require_boolean(&expr, ty, "CHECK")?;
        let is_taken = |name: &str| checks.iter().any(|(known, _)| known == name);
        let name = match &constraint.name {
            Some(name) if is_taken(name) => {
                return Err(error(
                    sqlstate::DUPLICATE_OBJECT,
                    format!("constraint \"{name}\" for domain \"{domain}\" already exists"),
                ));
            }
            Some(name) => name.clone(),
            None => {
                let mut name = crate::names::object_name(domain, "", "check");
                let mut pass = 0_u32;
                while is_taken(&name) {
                    pass += 1;
                    name = crate::names::object_name(domain, "", &format!("check{pass}"));
                }
                name
            }
        };
        Ok((name, expr.to_string()))
    }

    pub fn create_domain(&mut self, create: &CreateDomain) -> SqlResult<()> {
        self.tag("CREATE DOMAIN");
        let base = self.resolve_type(&mut create.type_name.clone())?;
        let name = create.name.name().to_owned();
        let (mut not_null, mut says_null, mut default) = (false, false, None);
        let mut checks = Vec::new();
        for constraint in &create.constraints {
            match &constraint.kind {
                ConstraintKind::NotNull { .. } => not_null = true,
                ConstraintKind::Null => says_null = true,
                ConstraintKind::Default(expr) => {
                    if default.is_some() {
                        return Err(error(sqlstate::SYNTAX_ERROR, "multiple default expressions"));
                    }
                    default = Some(self.domain_default(&name, base, expr)?);
                }
                ConstraintKind::Check(expr) => {
                    checks.push(self.domain_check(&name, base, constraint, expr, &checks)?);
                }
                ConstraintKind::PrimaryKey(_) => {
                    return Err(not_for_domains("primary key"));
                }
                ConstraintKind::Unique { .. } => return Err(not_for_domains("unique")),
                ConstraintKind::ForeignKey(_) => return Err(not_for_domains("foreign key")),
                ConstraintKind::Exclude(_) => return Err(not_for_domains("exclusion")),
                _ => return Err(unsupported("this constraint is not supported for domains")),
            }
        }
        if not_null && says_null {
            return Err(error(sqlstate::SYNTAX_ERROR, "conflicting NULL/NOT NULL constraints"));
        }
        let kind = UserTypeKind::Domain {
            base: base.oid,
            modifier: base.modifier,
            not_null,
            default: default.flatten(),
            checks,
        };
        let user_type = self.new_type(&create.name, kind)?;
        self.put_type(user_type);
        Ok(())
    }

    fn domain_default(&self, name: &str, base: SqlType, expr: &Expr) -> SqlResult<Option<String>> {
        let column = crate::sequence::new_column(1, name, base);
        self.default_text(&column, expr).map(|(text, _)| text)
    }

    pub fn alter_domain(&mut self, alter: &AlterDomain) -> SqlResult<()> {
        self.tag("ALTER DOMAIN");
        let mut domain = self.type_to_change(&alter.name)?;
        let name = domain.name.clone();
        let UserTypeKind::Domain { base, modifier, not_null, default, checks } = &mut domain.kind
        else {
            return Err(error(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("{} is not a domain", written(&alter.name)),
            ));
        };
        if !self.owns(domain.owner) {
            return Err(crate::privileges::must_be_owner("type", &name));
        }
        let base = SqlType::with_modifier(*base, *modifier);
        let (type_oid, array) = (domain.oid, domain.array_oid);
        let is_used = self.catalog.relations().any(|relation| {
            relation.live_columns().any(|column| [type_oid, array].contains(&column.type_oid))
        });
        let in_use = || {
            unsupported(format!(
                "cannot add a constraint to domain \"{name}\" because a column uses it"
            ))
        };
        match &alter.action {
            AlterDomainAction::SetDefault(expr) => {
                *default = self.domain_default(&name, base, expr)?;
            }
            AlterDomainAction::DropDefault => *default = None,
            AlterDomainAction::SetNotNull if is_used && !*not_null => return Err(in_use()),
            AlterDomainAction::SetNotNull => *not_null = true,
            AlterDomainAction::DropNotNull => *not_null = false,
            AlterDomainAction::AddConstraint(constraint) => {
                let ConstraintKind::Check(expr) = &constraint.kind else {
                    return Err(unsupported("only CHECK constraints can be added to a domain"));
                };
                if is_used && !constraint.not_valid {
                    return Err(in_use());
                }
                let check = self.domain_check(&name, base, constraint, expr, checks)?;
                checks.push(check);
            }
            AlterDomainAction::DropConstraint { name: constraint, if_exists, .. } => {
                let before = checks.len();
                checks.retain(|(known, _)| known != constraint);
                if checks.len() == before {
                    let message =
                        format!("constraint \"{constraint}\" of domain \"{name}\" does not exist");
                    if !if_exists {
                        return Err(error(sqlstate::UNDEFINED_OBJECT, message));
                    }
                    self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
                }
            }
            AlterDomainAction::ValidateConstraint(_) => {
                return Err(unsupported("VALIDATE CONSTRAINT of a domain is not supported"));
            }
        }
        self.put_type(domain);
        Ok(())
    }
}

fn not_for_domains(what: &str) -> types::SqlError {
    error(sqlstate::SYNTAX_ERROR, format!("{what} constraints not possible for domains"))
}

fn require_label(label: &str) -> SqlResult<()> {
    if label.len() > NAME_BYTES || label.is_empty() {
        return Err(error(sqlstate::INVALID_NAME, format!("invalid enum label \"{label}\""))
            .detail(format!("Labels must be {NAME_BYTES} bytes or less.")));
    }
    Ok(())
}

fn add_label(
    labels: &mut Vec<(String, f32)>,
    value: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> SqlResult<()> {
    labels.sort_by(|left, right| left.1.total_cmp(&right.1));
    let place = |neighbour: &str| {
        labels.iter().position(|(label, _)| label == neighbour).ok_or_else(|| {
            error(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("\"{neighbour}\" is not an existing enum label"),
            )
        })
    };
    let index = match (before, after) {
        (Some(before), _) => place(before)?,
        (None, Some(after)) => place(after)? + 1,
        (None, None) => labels.len(),
    };
    let low = index.checked_sub(1).map(|index| labels[index].1);
    let high = labels.get(index).map(|(_, position)| *position);
    let position = match (low, high) {
        (Some(low), Some(high)) => (low + high) / 2.0,
        (Some(low), None) => low + 1.0,
        (None, Some(high)) => high - 1.0,
        (None, None) => 1.0,
    };
    if Some(position) == low || Some(position) == high {
        return Err(error(
            sqlstate::PROGRAM_LIMIT_EXCEEDED,
            "there is no room for another label at that place",
        ));
    }
    labels.insert(index, (value.to_owned(), position));
    Ok(())
}
