//! Which collations the columns of a stored query have, as far as their names or a COLLATE say it.

use catalog::Column;
use functions::collations;
use types::{Collation, SqlResult, SqlType, sqlstate};

use super::Output;
use crate::run::{Run, error};

/// The type of a column of a relation; a string column without a collation has the database's.
pub(super) fn column_type(run: &Run<'_>, column: &Column) -> SqlType {
    let ty = SqlType::with_modifier(column.type_oid, column.modifier);
    if !is_string(run, ty) {
        return ty;
    }
    let known = column.collation.as_deref().and_then(collations::by_name);
    ty.collated(Collation::Implicit(known.unwrap_or(collations::DEFAULT)))
}

/// Whether the column does not order by bytes.
pub(super) fn is_foreign(column: &Column) -> bool {
    let known = column.collation.as_deref().and_then(collations::by_name);
    known.and_then(collations::of_icu).is_some()
}

fn is_string(run: &Run<'_>, ty: SqlType) -> bool {
    let base = functions::type_catalog::base_type(&run.catalog, ty.oid);
    functions::type_catalog::category(&run.catalog, base) == 'S'
}

/// The collation that a column made of this output stores.
pub(crate) fn stored_name(ty: SqlType) -> Option<String> {
    match ty.collation.applied() {
        None | Some(0 | collations::DEFAULT) => None,
        Some(collation) => Some(collations::name_of(collation).to_owned()),
    }
}

/// Rows that are stored anew must order as the query that made them: refuses what is not known to.
pub(crate) fn require_known(run: &Run<'_>, outputs: &[Output]) -> SqlResult<()> {
    let unknown =
        |output: &&Output| output.ty.collation == Collation::Default && is_string(run, output.ty);
    match outputs.iter().find(unknown) {
        None => Ok(()),
        Some(output) => Err(error(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!(
                "deriving the collation of the new column \"{}\" is not supported",
                output.name
            ),
        )
        .hint("Use the COLLATE clause to set the collation explicitly.")),
    }
}
