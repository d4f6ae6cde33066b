//! The variables of a call: how they are declared, found, read and assigned.

use types::{Datum, Oid, Row, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::host::Binding;
use crate::interpreter::{Interpreter, Variable, error};
use crate::tree::Declaration;

impl Interpreter<'_> {
    pub(crate) fn push(
        &mut self,
        name: &str,
        qualifier: Option<String>,
        ty: SqlType,
        value: Datum,
    ) {
        self.variables.push(Variable {
            name: name.to_owned(),
            qualifier,
            ty,
            fields: None,
            is_record: false,
            value,
            constant: false,
            not_null: false,
            alias_of: None,
            cursor: None,
        });
    }

    pub(crate) fn declare(
        &mut self,
        declaration: &Declaration,
        label: Option<&String>,
    ) -> SqlResult<()> {
        self.place = (declaration.line, "during statement block local variable initialization");
        if let Some(original) = &declaration.alias {
            return self.declare_alias(&declaration.name, original, label);
        }
        let written = declaration.type_name.trim();
        let of_variable = written
            .strip_suffix("%TYPE")
            .or_else(|| written.strip_suffix("%type"))
            .and_then(|name| self.find(&[name.trim().to_lowercase()]));
        let (ty, fields) = match of_variable {
            Some((index, None)) => (self.variables[index].ty, self.variables[index].fields.clone()),
            _ if written.eq_ignore_ascii_case("record") => (SqlType::new(oid::RECORD), None),
            _ => {
                let shape = self.host.type_named(written)?;
                (shape.ty, shape.fields)
            }
        };
        let value = match &declaration.default {
            None => Datum::Null,
            Some(text) => self.evaluate_as(text, ty)?,
        };
        if declaration.not_null && value.is_null() {
            return Err(self.null_refused(&declaration.name));
        }
        self.variables.push(Variable {
            name: declaration.name.clone(),
            qualifier: label.cloned(),
            ty,
            fields,
            is_record: ty.oid == oid::RECORD,
            value,
            constant: declaration.constant,
            not_null: declaration.not_null,
            alias_of: None,
            cursor: declaration.cursor.clone(),
        });
        Ok(())
    }

    fn declare_alias(
        &mut self,
        name: &str,
        original: &str,
        label: Option<&String>,
    ) -> SqlResult<()> {
        let Some((index, _)) = self.find(&[original.to_owned()]) else {
            return Err(error(
                sqlstate::UNDEFINED_OBJECT,
                format!("variable \"{original}\" does not exist"),
            ));
        };
        self.push(name, label.cloned(), self.variables[index].ty, Datum::Null);
        if let Some(alias) = self.variables.last_mut() {
            alias.alias_of = Some(index);
        }
        Ok(())
    }

    fn null_refused(&self, name: &str) -> SqlError {
        error(
            "22004",
            format!("null value cannot be assigned to variable \"{name}\" declared NOT NULL"),
        )
    }

    /// Every variable in sight; later ones hide earlier ones of the same name.
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        let mut bindings = Vec::new();
        // `$1` is the first parameter of every statement, and so on.
        for (place, argument) in self.variables[..self.arguments].iter().enumerate() {
            bindings.push(Binding {
                qualifiers: Vec::new(),
                bare: false,
                name: format!("${}", place + 1),
                ty: argument.ty,
                value: argument.value.clone(),
            });
        }
        let internal = [("found", oid::BOOL, Datum::Bool(self.found))];
        for (name, ty, value) in internal {
            bindings.push(Binding {
                qualifiers: Vec::new(),
                bare: true,
                name: name.to_owned(),
                ty: SqlType::new(ty),
                value,
            });
        }
        for named in &self.variables {
            let variable = named.alias_of.map_or(named, |original| &self.variables[original]);
            let qualifiers: Vec<String> = named.qualifier.iter().cloned().collect();
            if let Some(fields) = &variable.fields {
                for (index, (name, ty)) in fields.iter().enumerate() {
                    let value = match &variable.value {
                        Datum::Record(values) => {
                            values.get(index).map_or(Datum::Null, |field| field.1.clone())
                        }
                        _ => Datum::Null,
                    };
                    bindings.push(Binding {
                        qualifiers: vec![named.name.clone()],
                        bare: false,
                        name: name.clone(),
                        ty: *ty,
                        value,
                    });
                }
            }
            bindings.push(Binding {
                qualifiers,
                bare: true,
                name: named.name.clone(),
                ty: variable.ty,
                value: variable.value.clone(),
            });
        }
        bindings
    }

    /// A variable, or a field of one.
    pub(crate) fn find(&self, path: &[String]) -> Option<(usize, Option<usize>)> {
        let original = |index: usize| self.variables[index].alias_of.unwrap_or(index);
        let named =
            |name: &str| self.variables.iter().rposition(|known| known.name == name).map(original);
        match path {
            [name] => match name.strip_prefix('$').and_then(|number| number.parse().ok()) {
                Some(number) => {
                    let place = usize::checked_sub(number, 1)?;
                    (place < self.arguments).then_some((place, None))
                }
                None => named(name).map(|index| (index, None)),
            },
            [first, second] => {
                let field = named(first).and_then(|index| {
                    let fields = self.variables[index].fields.as_ref()?;
                    let field = fields.iter().position(|field| field.0 == *second)?;
                    Some((index, Some(field)))
                });
                field.or_else(|| {
                    let index = self.variables.iter().rposition(|known| {
                        known.name == *second && known.qualifier.as_ref() == Some(first)
                    })?;
                    Some((original(index), None))
                })
            }
            _ => None,
        }
    }

    pub(crate) fn assign(
        &mut self,
        path: &[String],
        value: Datum,
        given: SqlType,
    ) -> SqlResult<()> {
        let Some((index, field)) = self.find(path) else {
            let name = path.join(".");
            return Err(match path {
                [record, field] if self.find(std::slice::from_ref(record)).is_some() => error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("record \"{record}\" has no field \"{field}\""),
                ),
                _ => error(sqlstate::SYNTAX_ERROR, format!("\"{name}\" is not a known variable")),
            });
        };
        let variable = &self.variables[index];
        if variable.constant {
            return Err(error(
                "22005",
                format!("variable \"{}\" is declared CONSTANT", variable.name),
            ));
        }
        let Some(field) = field else {
            let ty = variable.ty;
            let value = match variable.is_record {
                true => value,
                false => self.host.coerce(value, given.oid, ty)?,
            };
            if variable.not_null && value.is_null() {
                return Err(self.null_refused(&variable.name));
            }
            self.variables[index].value = value;
            return Ok(());
        };
        let fields = variable.fields.clone().unwrap_or_default();
        let value = self.host.coerce(value, given.oid, fields[field].1)?;
        let mut values: Vec<(Oid, Datum)> = match &variable.value {
            Datum::Record(values) => values.to_vec(),
            _ => fields.iter().map(|(_, ty)| (ty.oid, Datum::Null)).collect(),
        };
        values[field].1 = value;
        self.variables[index].value = Datum::Record(values.into());
        Ok(())
    }

    /// Puts a row into targets: one record or row variable, or as many variables as there are columns.
    pub(crate) fn assign_row(
        &mut self,
        targets: &[Vec<String>],
        columns: &[(String, SqlType)],
        row: Option<Row>,
    ) -> SqlResult<()> {
        let row = row.unwrap_or_else(|| vec![Datum::Null; columns.len()]);
        if let [target] = targets
            && let Some((index, None)) = self.find(target)
            && (self.variables[index].is_record || self.variables[index].fields.is_some())
        {
            if self.variables[index].is_record {
                let values = columns.iter().map(|column| column.1.oid).zip(row).collect();
                self.variables[index].fields = Some(columns.to_vec());
                self.variables[index].value = Datum::Record(values);
                return Ok(());
            }
            let fields = self.variables[index].fields.clone().unwrap_or_default();
            let mut values = Vec::new();
            for (position, (_, ty)) in fields.iter().enumerate() {
                let value = row.get(position).cloned().unwrap_or_default();
                let given = columns.get(position).map_or(ty.oid, |column| column.1.oid);
                values.push((ty.oid, self.host.coerce(value, given, *ty)?));
            }
            self.variables[index].value = Datum::Record(values.into());
            return Ok(());
        }
        for (position, target) in targets.iter().enumerate() {
            let value = row.get(position).cloned().unwrap_or_default();
            let given = columns.get(position).map_or(SqlType::new(oid::UNKNOWN), |c| c.1);
            self.assign(target, value, given)?;
        }
        Ok(())
    }
}
