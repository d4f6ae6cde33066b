//! `search_path`: its text as schemas.

use std::sync::Arc;

use catalog::Catalog;
use types::Oid;

/// The privilege to look into a schema, as in an ACL.
const USAGE: char = 'U';

/// The schemas of `search_path` that exist and that the role may look into, `"$user"` replaced.
pub fn resolve(setting: &str, catalog: &Catalog, role: (Oid, &str)) -> Arc<[Oid]> {
    split_names(setting)
        .into_iter()
        .filter_map(|name| {
            let name = if name == "$user" { role.1.to_owned() } else { name };
            catalog.schema_by_name(&name)
        })
        .filter(|schema| {
            catalog::privileges::has_schema_privilege(catalog, role.0, schema, USAGE, false)
        })
        .map(|schema| schema.oid)
        .collect()
}

/// The identifiers of a comma-separated list, folded unless quoted.
pub fn split_names(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut characters = list.chars().peekable();
    loop {
        while characters.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
        let Some(first) = characters.peek().copied() else { return names };
        let mut name = String::new();
        if first == '"' {
            characters.next();
            while let Some(c) = characters.next() {
                if c == '"' && characters.next_if_eq(&'"').is_none() {
                    break;
                }
                name.push(c);
            }
        } else {
            while let Some(c) = characters.next_if(|c| *c != ',' && !c.is_whitespace()) {
                name.extend(c.to_lowercase());
            }
        }
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::split_names;

    #[test]
    fn search_path_names_fold_unless_quoted() {
        assert_eq!(split_names("\"$user\", Public,\"My \"\"S\""), ["$user", "public", "My \"S"]);
        assert!(split_names(" , ").is_empty());
    }
}
