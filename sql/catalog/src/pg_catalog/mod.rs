//! The rows of `pg_catalog`.

mod activity;
pub mod classes;
pub mod constraints;
mod roles;
pub mod routines;
mod user_types;
mod views;

use types::Row;

use crate::facts;
use crate::scope::Scope;

/// All rows, or those that the query's equalities leave. Relations not listed have only fixed rows, or none: there is
/// nothing of their kind (triggers, policies, publications …).
pub fn rows(scope: &Scope<'_>) -> Vec<Row> {
    match scope.relation.name.as_str() {
        "pg_class" => {
            let mut rows = classes::pg_class(scope);
            rows.extend(user_types::composite_classes(scope));
            rows
        }
        "pg_attribute" => classes::pg_attribute(scope),
        "pg_attrdef" => classes::pg_attrdef(scope),
        "pg_index" => classes::pg_index(scope),
        "pg_namespace" => classes::pg_namespace(scope),
        "pg_init_privs" => classes::pg_init_privs(scope),
        "pg_type" => user_types::pg_type(scope),
        "pg_enum" => user_types::pg_enum(scope),
        "pg_constraint" => constraints::pg_constraint(scope),
        "pg_depend" => constraints::pg_depend(scope),
        "pg_rewrite" => constraints::pg_rewrite(scope),
        "pg_sequence" => constraints::pg_sequence(scope),
        "pg_description" => constraints::pg_description(scope),
        "pg_shdescription" => constraints::pg_shdescription(scope),
        "pg_proc" => routines::pg_proc(scope),
        "pg_trigger" => crate::triggers::pg_trigger(scope),
        "pg_statistic_ext_data" => crate::statistics::pg_statistic_ext_data(scope),
        "pg_stats_ext" => crate::statistics::pg_stats_ext(scope),
        "pg_statistic_ext" => crate::statistics::pg_statistic_ext(scope),
        "pg_operator" => routines::pg_operator(scope),
        "pg_cast" => routines::pg_cast(scope),
        "pg_aggregate" => routines::pg_aggregate(scope),
        "pg_extension" => routines::pg_extension(scope),
        "pg_available_extensions" => routines::pg_available_extensions(scope),
        "pg_authid" => roles::pg_authid(scope),
        "pg_roles" => roles::pg_roles(scope),
        "pg_user" => roles::pg_user(scope),
        "pg_shadow" => roles::pg_shadow(scope),
        "pg_group" => roles::pg_group(scope),
        "pg_auth_members" => roles::pg_auth_members(scope),
        "pg_database" => roles::pg_database(scope),
        "pg_default_acl" => roles::pg_default_acl(scope),
        "pg_db_role_setting" => roles::pg_db_role_setting(scope),
        "pg_tables" => views::pg_tables(scope),
        "pg_views" => views::pg_views(scope),
        "pg_matviews" => views::pg_matviews(scope),
        "pg_indexes" => views::pg_indexes(scope),
        "pg_sequences" => views::pg_sequences(scope),
        "pg_stats" => views::pg_stats(scope),
        "pg_stat_activity" => activity::pg_stat_activity(scope),
        "pg_stat_ssl" => activity::pg_stat_ssl(scope),
        "pg_stat_gssapi" => activity::pg_stat_gssapi(scope),
        "pg_stat_database" => activity::pg_stat_database(scope),
        "pg_settings" => activity::pg_settings(scope),
        "pg_prepared_statements" => activity::pg_prepared_statements(scope),
        "pg_cursors" => activity::pg_cursors(scope),
        "pg_locks" => activity::pg_locks(scope),
        "pg_timezone_names" => activity::pg_timezone_names(scope),
        "pg_stat_all_tables" | "pg_statio_all_tables" | "pg_stat_xact_all_tables" => {
            activity::table_statistics(scope, false)
        }
        "pg_stat_user_tables" | "pg_statio_user_tables" | "pg_stat_xact_user_tables" => {
            activity::table_statistics(scope, true)
        }
        "pg_stat_all_indexes"
        | "pg_statio_all_indexes"
        | "pg_stat_user_indexes"
        | "pg_statio_user_indexes" => activity::index_statistics(scope),
        fixed => facts::rows(fixed).to_vec(),
    }
}
