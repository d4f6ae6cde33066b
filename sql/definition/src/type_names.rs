//! What a type name means in a definition.

use catalog::UserTypeKind;
use functions::type_catalog::{array_type, builtin_type_by_name};
use functions::{TypeCatalog, TypeKind};
use syntax::ast::{Expr, IntervalFields, Literal, LiteralValue, ObjectName, TypeName};
use types::{Oid, SqlError, SqlResult, SqlType, oid, sqlstate};

use crate::run::{Run, error};

impl Run<'_> {
    /// The type with its modifier. A user's type is qualified in place, so that the text can be stored.
    pub fn resolve_type(&self, name: &mut TypeName) -> SqlResult<SqlType> {
        let location = name.location;
        let resolved = self.resolve_unplaced(name);
        resolved.map_err(|failure| failure.at(location))
    }

    fn resolve_unplaced(&self, name: &mut TypeName) -> SqlResult<SqlType> {
        if name.percent_type {
            return self.type_of_column(name);
        }
        let (schema, last) = match name.names.as_slice() {
            [] => return Err(error(sqlstate::SYNTAX_ERROR, "a type needs a name")),
            [last] => (None, last.clone()),
            [.., schema, last] => (Some(schema.clone()), last.clone()),
        };
        let builtin = match schema.as_deref() {
            None | Some("pg_catalog") => builtin_type_by_name(&last),
            _ => None,
        };
        let mut ty = match builtin {
            Some(builtin) => SqlType::with_modifier(builtin, modifier(builtin, name)?),
            None => {
                let found = self.named_type(schema.as_deref(), &last)?;
                let Some((oid, schema)) = found else {
                    return Err(undefined_type(&name.names.join(".")));
                };
                if !name.modifiers.is_empty() {
                    return Err(error(
                        sqlstate::SYNTAX_ERROR,
                        format!("type modifier is not allowed for type \"{last}\""),
                    ));
                }
                name.names = vec![self.schema_name(schema), last.clone()];
                SqlType::new(oid)
            }
        };
        if !name.array_bounds.is_empty() {
            let array = array_type(&self.catalog, ty.oid);
            if array == 0 {
                return Err(error(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("could not find array type for data type {last}"),
                ));
            }
            ty.oid = array;
        }
        if matches!(ty.oid, oid::BPCHAR) && ty.modifier == -1 && name.name() == "bpchar" {
            return Ok(ty);
        }
        Ok(ty)
    }

    /// A user's type or a relation's row type, with its schema.
    fn named_type(&self, schema: Option<&str>, name: &str) -> SqlResult<Option<(Oid, Oid)>> {
        if let Some(found) = self.user_type(schema, name)? {
            return Ok(Some((found.oid, found.schema)));
        }
        let parts = schema.into_iter().chain(Some(name)).map(str::to_owned).collect();
        let name = ObjectName { parts, location: 0 };
        Ok(match self.find(&name)? {
            Some(crate::names::Found::Relation(relation)) if relation.type_oid != 0 => {
                Some((relation.type_oid, relation.schema))
            }
            _ => None,
        })
    }

    fn type_of_column(&self, name: &TypeName) -> SqlResult<SqlType> {
        let Some((column, table)) = name.names.split_last().filter(|(_, rest)| !rest.is_empty())
        else {
            return Err(error(sqlstate::SYNTAX_ERROR, "improper %TYPE reference"));
        };
        let relation =
            self.relation(&ObjectName { parts: table.to_vec(), location: name.location })?;
        let found = relation.column(column).ok_or_else(|| {
            error(
                sqlstate::UNDEFINED_COLUMN,
                format!("column \"{column}\" of relation \"{}\" does not exist", relation.name),
            )
        })?;
        Ok(SqlType::with_modifier(found.type_oid, found.modifier))
    }

    /// A type for a column: not a pseudo-type.
    pub fn column_type(&self, name: &mut TypeName, column: &str) -> SqlResult<SqlType> {
        let ty = self.resolve_type(name)?;
        if name.set_of {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("column \"{column}\" cannot be declared SETOF"),
            ));
        }
        self.require_storable(ty.oid, column)?;
        Ok(ty)
    }

    pub fn require_storable(&self, ty: Oid, column: &str) -> SqlResult<()> {
        let facts = self.catalog.facts(ty);
        if facts.is_some_and(|facts| facts.kind == TypeKind::Pseudo) {
            return Err(error(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("column \"{column}\" has pseudo-type {}", self.type_name(ty)),
            ));
        }
        Ok(())
    }

    /// The type's name with modifier, as SQL text that any search path understands.
    pub fn type_text(&self, ty: SqlType) -> String {
        let element = functions::type_catalog::element_type(&self.catalog, ty.oid);
        if element != 0 && ty.oid != oid::OIDVECTOR && ty.oid != oid::INT2VECTOR {
            return format!("{}[]", self.type_text(SqlType::with_modifier(element, ty.modifier)));
        }
        if let Some(user) = self.catalog.user_type(ty.oid) {
            return self.qualified(user.schema, &user.name);
        }
        if let Some(relation) = self.catalog.relation_of_row_type(ty.oid) {
            return self.qualified(relation.schema, &relation.name);
        }
        let name = self.type_name(ty.oid);
        let modifier = ty.modifier;
        if modifier < 0 {
            return name;
        }
        match ty.oid {
            oid::VARCHAR | oid::BPCHAR => format!("{name}({})", modifier - 4),
            oid::NUMERIC => {
                let packed = modifier - 4;
                let scale = ((packed & 0x7ff) ^ 1024) - 1024;
                format!("{name}({},{scale})", (packed >> 16) & 0xffff)
            }
            oid::BIT | oid::VARBIT | oid::VECTOR => format!("{name}({modifier})"),
            oid::TIME => format!("time({modifier}) without time zone"),
            oid::TIMETZ => format!("time({modifier}) with time zone"),
            oid::TIMESTAMP => format!("timestamp({modifier}) without time zone"),
            oid::TIMESTAMPTZ => format!("timestamp({modifier}) with time zone"),
            _ => name,
        }
    }

    /// Whether rows of the old type can stay as they are.
    pub fn is_same_on_disk(&self, old: SqlType, new: SqlType) -> bool {
        if old.oid == new.oid {
            return old.modifier == new.modifier
                || new.modifier == -1
                || (old.oid == oid::VARCHAR && old.modifier != -1 && old.modifier <= new.modifier);
        }
        old.oid == oid::VARCHAR && new.oid == oid::TEXT
            || old.oid == oid::TEXT && new.oid == oid::VARCHAR && new.modifier == -1
    }

    /// The fields of a composite type.
    pub fn composite_fields(&self, ty: Oid) -> Option<Vec<(String, SqlType)>> {
        if let Some(relation) = self.catalog.relation_of_row_type(ty) {
            let field = |column: &catalog::Column| {
                (column.name.clone(), SqlType::with_modifier(column.type_oid, column.modifier))
            };
            return Some(relation.live_columns().map(field).collect());
        }
        match &self.catalog.user_type(ty)?.kind {
            UserTypeKind::Composite(fields) => Some(
                fields
                    .iter()
                    .map(|(name, ty, modifier)| {
                        (name.clone(), SqlType::with_modifier(*ty, *modifier))
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}

pub(crate) fn undefined_type(name: &str) -> SqlError {
    error(sqlstate::UNDEFINED_OBJECT, format!("type \"{name}\" does not exist"))
}

fn numbers(name: &TypeName) -> SqlResult<Vec<i32>> {
    fn number(expr: &Expr) -> Option<i32> {
        match expr {
            Expr::Literal(Literal { value: LiteralValue::Integer(number), .. }) => Some(*number),
            Expr::Literal(Literal {
                value: LiteralValue::String(text) | LiteralValue::Numeric(text),
                ..
            }) => text.parse().ok(),
            Expr::Operator(sign) if sign.left.is_none() && sign.name == "-" => {
                number(&sign.right).map(|number| -number)
            }
            _ => None,
        }
    }
    let bad = || {
        error(
            sqlstate::INVALID_PARAMETER_VALUE,
            "type modifiers must be simple constants or identifiers",
        )
    };
    name.modifiers.iter().map(|modifier| number(modifier).ok_or_else(bad)).collect()
}

fn modifier(ty: Oid, name: &TypeName) -> SqlResult<i32> {
    if name.modifiers.is_empty() && name.interval_fields.is_none() {
        return Ok(-1);
    }
    let invalid = |message: String| Err(error(sqlstate::INVALID_PARAMETER_VALUE, message));
    let given = numbers(name)?;
    match (ty, given.as_slice()) {
        (oid::VARCHAR | oid::BPCHAR, [length]) => {
            let word = if ty == oid::VARCHAR { "varchar" } else { "char" };
            match *length {
                ..1 => invalid(format!("length for type {word} must be at least 1")),
                10_485_761.. => invalid(format!("length for type {word} cannot exceed 10485760")),
                length => Ok(length + 4),
            }
        }
        (oid::NUMERIC, [precision] | [precision, _]) => {
            let scale = given.get(1).copied().unwrap_or(0);
            if !(1..=1000).contains(precision) {
                return invalid(format!(
                    "NUMERIC precision {precision} must be between 1 and 1000"
                ));
            }
            if !(-1000..=1000).contains(&scale) {
                return invalid(format!("NUMERIC scale {scale} must be between -1000 and 1000"));
            }
            Ok(((precision << 16) | (scale & 0x7ff)) + 4)
        }
        (oid::NUMERIC, _) => invalid("invalid NUMERIC type modifier".to_owned()),
        (oid::VECTOR | oid::VECTOR_ARRAY, [dimensions]) => {
            types::vector::modifier(*dimensions).or_else(invalid)
        }
        (oid::BIT | oid::VARBIT, [length]) => {
            let word = if ty == oid::BIT { "bit" } else { "varbit" };
            match *length {
                ..1 => invalid(format!("length for type {word} must be at least 1")),
                length => Ok(length),
            }
        }
        (oid::TIME | oid::TIMETZ | oid::TIMESTAMP | oid::TIMESTAMPTZ, [precision]) => {
            if *precision < 0 {
                let word = match ty {
                    oid::TIME => "TIME",
                    oid::TIMETZ => "TIME WITH TIME ZONE",
                    oid::TIMESTAMP => "TIMESTAMP",
                    _ => "TIMESTAMP WITH TIME ZONE",
                };
                return invalid(format!("{word}({precision}) precision must not be negative"));
            }
            Ok((*precision).min(6))
        }
        (oid::INTERVAL, _) => {
            let fields = name.interval_fields.map_or(0x7fff, interval_mask);
            let precision = given.first().map_or(0xffff, |precision| (*precision).clamp(0, 6));
            Ok((fields << 16) | precision)
        }
        _ => Err(error(
            sqlstate::SYNTAX_ERROR,
            format!("type modifier is not allowed for type \"{}\"", name.name()),
        )),
    }
}

fn interval_mask(fields: IntervalFields) -> i32 {
    const MONTH: i32 = 1 << 1;
    const YEAR: i32 = 1 << 2;
    const DAY: i32 = 1 << 3;
    const HOUR: i32 = 1 << 10;
    const MINUTE: i32 = 1 << 11;
    const SECOND: i32 = 1 << 12;
    match fields {
        IntervalFields::Year => YEAR,
        IntervalFields::Month => MONTH,
        IntervalFields::Day => DAY,
        IntervalFields::Hour => HOUR,
        IntervalFields::Minute => MINUTE,
        IntervalFields::Second => SECOND,
        IntervalFields::YearToMonth => YEAR | MONTH,
        IntervalFields::DayToHour => DAY | HOUR,
        IntervalFields::DayToMinute => DAY | HOUR | MINUTE,
        IntervalFields::DayToSecond => DAY | HOUR | MINUTE | SECOND,
        IntervalFields::HourToMinute => HOUR | MINUTE,
        IntervalFields::HourToSecond => HOUR | MINUTE | SECOND,
        IntervalFields::MinuteToSecond => MINUTE | SECOND,
    }
}
