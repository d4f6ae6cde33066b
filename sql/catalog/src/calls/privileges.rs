//! `has_*_privilege`, `pg_has_role`, `acldefault`.

use types::{Datum, Oid, SqlError, SqlResult, sqlstate};

use super::{Arguments, undefined_relation};
use crate::descriptor::{Grant, Relation};
use crate::objects;
use crate::privileges::{self, DATABASE_PRIVILEGES, SCHEMA_PRIVILEGES, SEQUENCE_PRIVILEGES};
use crate::scope::{Scope, acl};

/// SQL's words for privileges.
pub const WORDS: &[(char, &str)] = &[
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('T', "TEMP"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
];

/// `SELECT, UPDATE WITH GRANT OPTION` as letters with their grant options.
fn parse(text: &str, allowed: &str) -> SqlResult<Vec<(char, bool)>> {
    text.split(',')
        .map(|word| {
            let upper = word.trim().to_uppercase();
            let (name, option) = match upper.strip_suffix(" WITH GRANT OPTION") {
                Some(name) => (name.trim().to_owned(), true),
                None => (upper, false),
            };
            WORDS
                .iter()
                .find(|(letter, word)| *word == name && allowed.contains(*letter))
                .map(|(letter, _)| (*letter, option))
                .ok_or_else(|| {
                    SqlError::new(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        format!("unrecognized privilege type: \"{}\"", word.trim()),
                    )
                })
        })
        .collect()
}

fn role_by_name(scope: &Scope<'_>, name: &str) -> SqlResult<Oid> {
    scope.catalog.role_by_name(name).map(|role| role.oid).ok_or_else(|| {
        SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("role \"{name}\" does not exist"))
    })
}

/// The role asked about: the first argument if there is one more than the others need.
fn role(scope: &Scope<'_>, arguments: &Arguments<'_>, others: usize) -> SqlResult<(Oid, usize)> {
    if arguments.len() <= others {
        return Ok((scope.context.current_role(), 0));
    }
    if !arguments.is_text(0) {
        return Ok((arguments.oid(0), 1));
    }
    match arguments.text(0) {
        "public" => Ok((0, 1)),
        name => Ok((role_by_name(scope, name)?, 1)),
    }
}

fn relation<'a>(
    scope: &Scope<'a>,
    arguments: &Arguments<'_>,
    position: usize,
) -> SqlResult<Option<&'a Relation>> {
    if !arguments.is_text(position) {
        return Ok(scope.catalog.relation(arguments.oid(position)).map(|relation| &**relation));
    }
    let name = arguments.text(position);
    let found = objects::relation_oid(scope.catalog, scope.context, name)
        .ok_or_else(|| undefined_relation(name))?;
    Ok(scope.catalog.relation(found).map(|relation| &**relation))
}

fn any(found: impl IntoIterator<Item = bool>) -> Datum {
    Datum::Bool(found.into_iter().any(|held| held))
}

pub(super) fn call(
    scope: &Scope<'_>,
    name: &str,
    arguments: &Arguments<'_>,
) -> Option<SqlResult<Datum>> {
    Some(match name {
        "has_table_privilege" => table(scope, arguments, "arwdDxt"),
        "has_sequence_privilege" => table(scope, arguments, SEQUENCE_PRIVILEGES),
        "has_any_column_privilege" => any_column(scope, arguments),
        "has_column_privilege" => column(scope, arguments),
        "has_schema_privilege" => schema(scope, arguments),
        "has_database_privilege" => database(scope, arguments),
        "has_function_privilege" => routine(scope, arguments),
        "has_language_privilege" => language(scope, arguments),
        "has_type_privilege" => type_privilege(scope, arguments),
        "has_tablespace_privilege"
        | "has_foreign_data_wrapper_privilege"
        | "has_server_privilege"
        | "has_parameter_privilege" => role(scope, arguments, 2)
            .map(|(role, _)| Datum::Bool(privileges::is_superuser(scope.catalog, role))),
        "pg_has_role" => has_role(scope, arguments),
        "acldefault" => default_acl(scope, arguments),
        _ => return None,
    })
}

fn table(scope: &Scope<'_>, arguments: &Arguments<'_>, allowed: &str) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 2)?;
    let Some(relation) = relation(scope, arguments, at)? else { return Ok(Datum::Null) };
    let wanted = parse(arguments.text(at + 1), allowed)?;
    Ok(any(wanted.into_iter().map(|(letter, option)| {
        privileges::has_relation_privilege(scope.catalog, role, relation, letter, option)
    })))
}

fn any_column(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 2)?;
    let Some(relation) = relation(scope, arguments, at)? else { return Ok(Datum::Null) };
    let wanted = parse(arguments.text(at + 1), "arwx")?;
    Ok(any(wanted.into_iter().map(|(letter, option)| {
        privileges::has_any_column_privilege(scope.catalog, role, relation, letter, option)
    })))
}

fn column(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 3)?;
    let Some(relation) = relation(scope, arguments, at)? else { return Ok(Datum::Null) };
    let number = if arguments.is_text(at + 1) {
        let name = arguments.text(at + 1);
        let found = relation.column(name).ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{name}\" of relation \"{}\" does not exist", relation.name),
            )
        })?;
        found.number
    } else {
        i16::try_from(arguments.integer(at + 1)).unwrap_or(0)
    };
    let wanted = parse(arguments.text(at + 2), "arwx")?;
    Ok(any(wanted.into_iter().map(|(letter, option)| {
        privileges::has_column_privilege(scope.catalog, role, relation, number, letter, option)
    })))
}

fn routine(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 2)?;
    let oid = if arguments.is_text(at) {
        let (catalog, context) = (scope.catalog, scope.context);
        objects::object_by_name(catalog, context, types::oid::REGPROCEDURE, arguments.text(at))?
    } else {
        arguments.oid(at)
    };
    let wanted = parse(arguments.text(at + 1), "X")?;
    // Functions that nobody made are open to all.
    let Some(routine) = scope.catalog.routine(oid) else {
        let known = functions::tables::function(oid).is_some();
        return Ok(if known { Datum::Bool(true) } else { Datum::Null });
    };
    Ok(any(wanted.into_iter().map(|(_, option)| {
        privileges::has_routine_privilege(scope.catalog, role, routine, option)
    })))
}

/// USAGE of languages and types cannot be granted or revoked here: everybody has it, superusers with its grant option.
fn usage(scope: &Scope<'_>, role: Oid, words: &str) -> SqlResult<Datum> {
    let superuser = privileges::is_superuser(scope.catalog, role);
    Ok(any(parse(words, "U")?.into_iter().map(|(_, option)| superuser || !option)))
}

fn language(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 2)?;
    let languages = crate::facts::rows("pg_language");
    let name = arguments.text(at);
    let known = languages.iter().any(|row| match (arguments.is_text(at), row.as_slice()) {
        (true, [_, Datum::Text(known), ..]) => &**known == name,
        (false, [Datum::Oid(known), ..]) => *known == arguments.oid(at),
        _ => false,
    });
    match known {
        true => usage(scope, role, arguments.text(at + 1)),
        false if arguments.is_text(at) => Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("language \"{name}\" does not exist"),
        )),
        false => Ok(Datum::Null),
    }
}

fn type_privilege(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 2)?;
    let (catalog, context) = (scope.catalog, scope.context);
    let found = match arguments.is_text(at) {
        true => {
            let text = arguments.text(at);
            objects::object_by_name(catalog, context, types::oid::REGTYPE, text)?
        }
        false => arguments.oid(at),
    };
    match functions::TypeCatalog::facts(catalog, found) {
        Some(_) => usage(scope, role, arguments.text(at + 1)),
        None => Ok(Datum::Null),
    }
}

fn schema(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 2)?;
    let found = if arguments.is_text(at) {
        let name = arguments.text(at);
        Some(scope.catalog.schema_by_name(name).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_SCHEMA_NAME,
                format!("schema \"{name}\" does not exist"),
            )
        })?)
    } else {
        scope.catalog.schema(arguments.oid(at))
    };
    let Some(schema) = found else { return Ok(Datum::Null) };
    let wanted = parse(arguments.text(at + 1), SCHEMA_PRIVILEGES)?;
    Ok(any(wanted.into_iter().map(|(letter, option)| {
        privileges::has_schema_privilege(scope.catalog, role, schema, letter, option)
    })))
}

fn database(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (role, at) = role(scope, arguments, 2)?;
    let found = if arguments.is_text(at) {
        let name = arguments.text(at);
        Some(scope.catalog.database_by_name(name).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_CATALOG_NAME,
                format!("database \"{name}\" does not exist"),
            )
        })?)
    } else {
        scope.catalog.databases().find(|database| database.oid == arguments.oid(at))
    };
    let Some(database) = found else { return Ok(Datum::Null) };
    let wanted = parse(arguments.text(at + 1), DATABASE_PRIVILEGES)?;
    Ok(any(wanted.into_iter().map(|(letter, option)| {
        privileges::has_database_privilege(scope.catalog, role, database, letter, option)
    })))
}

fn has_role(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let (member, at) = role(scope, arguments, 2)?;
    let of = if arguments.is_text(at) {
        role_by_name(scope, arguments.text(at))?
    } else {
        arguments.oid(at)
    };
    let superuser = privileges::is_superuser(scope.catalog, member);
    let mut held = false;
    for word in arguments.text(at + 1).split(',') {
        let upper = word.trim().to_uppercase();
        held |= match upper.as_str() {
            "USAGE" => privileges::has_privileges_of(scope.catalog, member, of),
            "MEMBER" | "SET" => superuser || scope.catalog.is_member(member, of),
            _ if upper.ends_with("WITH ADMIN OPTION") || upper.ends_with("WITH GRANT OPTION") => {
                superuser
                    || scope
                        .catalog
                        .role(member)
                        .is_some_and(|role| role.member_of.iter().any(|m| m.role == of && m.admin))
            }
            _ => {
                return Err(SqlError::new(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("unrecognized privilege type: \"{}\"", word.trim()),
                ));
            }
        };
    }
    Ok(Datum::Bool(held))
}

fn default_acl(scope: &Scope<'_>, arguments: &Arguments<'_>) -> SqlResult<Datum> {
    let kind = match arguments.0.first() {
        Some(Datum::Char(kind)) => *kind,
        Some(Datum::Text(text)) => text.bytes().next().unwrap_or(0),
        _ => 0,
    };
    let owner = arguments.oid(1);
    let (public, own) = match kind {
        b'c' => ("", ""),
        b'r' => ("", "arwdDxt"),
        b's' => ("", "rwU"),
        b'd' => ("Tc", "CTc"),
        b'f' => ("X", "X"),
        b'l' | b'T' => ("U", "U"),
        b'L' => ("", "rw"),
        b'n' => ("", "UC"),
        b'p' => ("", "sA"),
        b't' => ("", "C"),
        b'F' | b'S' => ("", "U"),
        _ => {
            return Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("unrecognized object type abbreviation: {}", char::from(kind)),
            ));
        }
    };
    let grants: Vec<Grant> = [(0, public), (owner, own)]
        .into_iter()
        .filter(|(_, held)| !held.is_empty())
        .map(|(grantee, held)| Grant {
            grantee,
            grantor: owner,
            privileges: held.to_owned(),
            grantable: String::new(),
        })
        .collect();
    Ok(acl(scope.catalog, &grants))
}

/// One `aclitem` as (grantor, grantee, privilege, grantable) rows.
pub(super) fn explode(scope: &Scope<'_>, item: &str) -> Vec<Vec<Datum>> {
    let Some((grantee, rest)) = item.rsplit_once('=') else { return Vec::new() };
    let Some((held, grantor)) = rest.split_once('/') else { return Vec::new() };
    let number =
        |name: &str| scope.catalog.role_by_name(name.trim_matches('"')).map_or(0, |role| role.oid);
    let mut rows = Vec::new();
    let mut letters = held.chars().peekable();
    while let Some(letter) = letters.next() {
        let grantable = letters.next_if_eq(&'*').is_some();
        let word = WORDS.iter().find(|(known, _)| *known == letter).map_or("", |(_, word)| word);
        rows.push(vec![
            Datum::Oid(number(grantor)),
            Datum::Oid(number(grantee)),
            Datum::text(word),
            Datum::Bool(grantable),
        ]);
    }
    rows
}
