//! Which statement goes where.

use syntax::ast::Statement;
use types::{SqlResult, sqlstate};

use crate::run::{Run, error, unsupported};
use crate::view::has_into;
use crate::{Definition, DefinitionContext};

pub fn is_definition(statement: &Statement) -> bool {
    match statement {
        Statement::Query(query) => has_into(query),
        Statement::Truncate(_)
        | Statement::CreateTable(_)
        | Statement::CreateTableAs(_)
        | Statement::CreateView(_)
        | Statement::CreateIndex(_)
        | Statement::Reindex(_)
        | Statement::CreateSequence(_)
        | Statement::AlterSequence(_)
        | Statement::CreateSchema(_)
        | Statement::CreateType(_)
        | Statement::AlterEnum(_)
        | Statement::CreateDomain(_)
        | Statement::CreateFunction(_)
        | Statement::AlterFunction(_)
        | Statement::CreateTrigger(_)
        | Statement::CreateStatistics(_)
        | Statement::AlterStatistics(_)
        | Statement::AlterDomain(_)
        | Statement::CreateRole(_)
        | Statement::AlterRole(_)
        | Statement::AlterRoleSetting(_)
        | Statement::AlterDatabaseSetting(_)
        | Statement::CreateExtension(_)
        | Statement::AlterTable(_)
        | Statement::Rename(_)
        | Statement::AlterOwner(_)
        | Statement::AlterSchema(_)
        | Statement::Drop(_)
        | Statement::DropRole(_)
        | Statement::Comment(_)
        | Statement::Grant(_)
        | Statement::AlterDefaultPrivileges(_)
        | Statement::GrantRole(_)
        | Statement::RefreshMaterializedView(_) => true,
        other => unsupported_name(other).is_some(),
    }
}

/// What a statement is called that nothing here runs; `None` if it is run.
pub fn refused(statement: &Statement) -> Option<&'static str> {
    unsupported_name(statement).or(match statement {
        Statement::Load(_) => Some("LOAD"),
        Statement::AlterSystem(_) => Some("ALTER SYSTEM"),
        Statement::IamGrant(_) => Some("AWS IAM"),
        _ => None,
    })
}

/// Definitions that are refused, by name.
fn unsupported_name(statement: &Statement) -> Option<&'static str> {
    Some(match statement {
        Statement::CreateRule(_) => "CREATE RULE",
        Statement::CreateDatabase(_) => "CREATE DATABASE",
        Statement::AlterDatabase(_) => "ALTER DATABASE",
        Statement::DropDatabase(_) => "DROP DATABASE",
        Statement::CreatePolicy(_) => "CREATE POLICY",
        Statement::AlterPolicy(_) => "ALTER POLICY",
        Statement::CreateDefinition(_) => "this CREATE statement",
        Statement::CreateCast(_) => "CREATE CAST",
        Statement::CreatePublication(_) => "CREATE PUBLICATION",
        Statement::DropOwned(_) => "DROP OWNED",
        Statement::ReassignOwned(_) => "REASSIGN OWNED",
        Statement::SecurityLabel(_) => "SECURITY LABEL",
        _ => return None,
    })
}

pub fn execute(statement: &Statement, context: &dyn DefinitionContext) -> SqlResult<Definition> {
    let mut definition = Run::new(context);
    run(&mut definition, statement)?;
    Ok(definition.done)
}

/// Runs one statement on the catalog as it is by now.
pub(crate) fn run(run: &mut Run<'_>, statement: &Statement) -> SqlResult<()> {
    match statement {
        Statement::Query(query) if has_into(query) => run.select_into(query),
        Statement::Truncate(truncate) => run.truncate(truncate),
        Statement::CreateTable(create) => run.create_table(create),
        Statement::CreateTableAs(create) => run.create_table_as(create),
        Statement::CreateView(create) => run.create_view(create),
        Statement::CreateIndex(create) => run.create_index(create),
        Statement::Reindex(reindex) => run.reindex(reindex),
        Statement::CreateSequence(create) => run.create_sequence(create),
        Statement::AlterSequence(alter) => run.alter_sequence(alter),
        Statement::CreateSchema(create) => run.create_schema(create),
        Statement::CreateType(create) => run.create_type(create),
        Statement::AlterEnum(alter) => run.alter_enum(alter),
        Statement::CreateDomain(create) => run.create_domain(create),
        Statement::CreateFunction(create) => run.create_function(create),
        Statement::AlterFunction(alter) => run.alter_function(alter),
        Statement::CreateTrigger(create) => run.create_trigger(create),
        Statement::CreateStatistics(create) => run.create_statistics(create),
        Statement::AlterStatistics(alter) => run.alter_statistics(alter),
        Statement::AlterDomain(alter) => run.alter_domain(alter),
        Statement::CreateRole(create) => run.create_role(create),
        Statement::AlterRole(alter) => run.alter_role(alter),
        Statement::AlterRoleSetting(alter) => run.alter_role_setting(alter),
        Statement::AlterDatabaseSetting(alter) => run.alter_database_setting(alter),
        Statement::CreateExtension(create) => run.create_extension(create),
        Statement::AlterTable(alter) => run.alter_table(alter),
        Statement::Rename(rename) => run.rename(rename),
        Statement::AlterOwner(alter) => run.alter_owner(alter),
        Statement::AlterSchema(alter) => run.alter_schema(alter),
        Statement::Drop(drop) => run.drop(drop),
        Statement::DropRole(drop) => run.drop_role(drop),
        Statement::Comment(comment) => run.comment(comment),
        Statement::Grant(grant) => run.grant(grant),
        Statement::AlterDefaultPrivileges(alter) => run.alter_default_privileges(alter),
        Statement::GrantRole(grant) => run.grant_role(grant),
        Statement::RefreshMaterializedView(refresh) => run.refresh(refresh),
        other => Err(match unsupported_name(other) {
            Some(name) => unsupported(format!("{name} is not supported")),
            None => error(sqlstate::INTERNAL_ERROR, "this statement is no definition"),
        }),
    }
}
