//! ALTER ROLE and ALTER DATABASE … SET: settings that sessions start with.

use catalog::Descriptor;
use syntax::ast::{AlterDatabaseSetting, AlterRoleSetting, SetItem, SetValue, SetVariable};
use types::{SqlResult, sqlstate};

use crate::run::{Run, error, unsupported};

type Settings = Vec<(String, String)>;

pub(crate) fn change(settings: &mut Settings, setting: &SetVariable) -> SqlResult<()> {
    match &setting.value {
        SetValue::ResetAll => settings.clear(),
        SetValue::Default | SetValue::Reset => {
            settings.retain(|(name, _)| *name != setting.name);
        }
        SetValue::FromCurrent => return Err(unsupported("SET FROM CURRENT is not supported")),
        SetValue::Values(items) => {
            let texts: Vec<&str> = items
                .iter()
                .map(|item| match item {
                    SetItem::String(text) | SetItem::Word(text) | SetItem::Number(text) => text,
                    SetItem::Interval { text, .. } => text,
                })
                .map(String::as_str)
                .collect();
            settings.retain(|(name, _)| *name != setting.name);
            settings.push((setting.name.clone(), texts.join(", ")));
        }
    }
    Ok(())
}

impl Run<'_> {
    pub fn alter_role_setting(&mut self, alter: &AlterRoleSetting) -> SqlResult<()> {
        self.tag("ALTER ROLE");
        if alter.database.is_some() {
            return Err(unsupported("settings of a role in one database are not supported"));
        }
        let Some(role) = &alter.role else {
            return Err(unsupported("ALTER ROLE ALL SET is not supported"));
        };
        let oid = self.role_named(role)?;
        let Some(mut role) = self.catalog.role(oid).map(|role| (**role).clone()) else {
            return Ok(());
        };
        if oid != self.role() && !self.is_superuser() {
            return Err(error(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied to alter role"));
        }
        change(&mut role.settings, &alter.setting)?;
        self.put(Descriptor::Role(role));
        Ok(())
    }

    pub fn alter_database_setting(&mut self, alter: &AlterDatabaseSetting) -> SqlResult<()> {
        self.tag("ALTER DATABASE");
        let name = &alter.name.name;
        let Some(found) = self.catalog.database_by_name(name).cloned() else {
            return Err(error(
                sqlstate::INVALID_CATALOG_NAME,
                format!("database \"{name}\" does not exist"),
            ));
        };
        if !self.owns(found.owner) {
            return Err(crate::privileges::must_be_owner("database", name));
        }
        let mut database = (*found).clone();
        change(&mut database.settings, &alter.setting)?;
        self.put(Descriptor::Database(database));
        Ok(())
    }
}
