//! Whether the current role may do what a plan does.

use planner::plan::{Access, RelationUse, Statement};
use types::SqlResult;

use crate::environment::StatementEnvironment;

/// Fails with 42501 for the first relation or function that may not be used so.
pub fn check(statement: &Statement, environment: &StatementEnvironment) -> SqlResult<()> {
    for relation in &statement.relations {
        check_relation(relation, environment)?;
    }
    for routine in &statement.routines {
        if let Some(routine) = environment.catalog.routine(*routine) {
            catalog::privileges::check_routine(
                &environment.catalog,
                environment.current_role,
                routine,
            )?;
        }
    }
    Ok(())
}

fn check_relation(relation: &RelationUse, environment: &StatementEnvironment) -> SqlResult<()> {
    let role = relation.check_as.unwrap_or(environment.current_role);
    let privilege = match relation.access {
        Access::Select => 'r',
        Access::Insert => 'a',
        Access::Update => 'w',
        Access::Delete => 'd',
    };
    catalog::privileges::check_relation(
        &environment.catalog,
        role,
        &relation.relation,
        privilege,
        &relation.columns,
    )
}
