//! CREATE and ALTER SEQUENCE, and the sequences behind serial and identity columns.

use catalog::{AttributeNumber, Column, Generated, Relation, RelationKind, Sequence};
use protocol::TableId;
use syntax::ast::{AlterSequence, CreateSequence, ObjectName, Persistence, SequenceOption};
use types::{Oid, SqlResult, SqlType, oid, sqlstate};

use crate::Work;
use crate::names::{Found, written};
use crate::run::{Run, error, unsupported};

/// Options with what they leave to defaults not yet filled in.
#[derive(Default)]
struct Chosen {
    type_oid: Option<Oid>,
    increment: Option<i64>,
    minimum: Option<Option<i64>>,
    maximum: Option<Option<i64>>,
    start: Option<i64>,
    restart: Option<Option<i64>>,
    cache: Option<i64>,
    cycle: Option<bool>,
    owned_by: Option<ObjectName>,
    name: Option<ObjectName>,
}

fn invalid<T>(message: impl Into<String>) -> SqlResult<T> {
    Err(error(sqlstate::INVALID_PARAMETER_VALUE, message))
}

fn number(text: &str) -> SqlResult<i64> {
    text.parse().map_err(|_| {
        error(
            sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
            format!("value \"{text}\" is out of range for type bigint"),
        )
    })
}

fn once<T>(slot: &mut Option<T>, value: T) -> SqlResult<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(error(sqlstate::SYNTAX_ERROR, "conflicting or redundant options")),
    }
}

/// The values of a type that a sequence may have.
fn range(type_oid: Oid) -> (i64, i64) {
    match type_oid {
        oid::INT2 => (i16::MIN.into(), i16::MAX.into()),
        oid::INT4 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

impl Run<'_> {
    fn chosen(&self, options: &[SequenceOption], is_identity: bool) -> SqlResult<Chosen> {
        let mut chosen = Chosen::default();
        for option in options {
            match option {
                SequenceOption::As(type_name) => {
                    let ty = self.resolve_type(&mut type_name.clone())?.oid;
                    if !matches!(ty, oid::INT2 | oid::INT4 | oid::INT8) {
                        let what = if is_identity { "identity column" } else { "sequence" };
                        return invalid(format!(
                            "{what} type must be smallint, integer, or bigint"
                        ));
                    }
                    once(&mut chosen.type_oid, ty)?;
                }
                SequenceOption::Increment(text) => once(&mut chosen.increment, number(text)?)?,
                SequenceOption::MinValue(text) => {
                    once(&mut chosen.minimum, text.as_deref().map(number).transpose()?)?;
                }
                SequenceOption::MaxValue(text) => {
                    once(&mut chosen.maximum, text.as_deref().map(number).transpose()?)?;
                }
                SequenceOption::Start(text) => once(&mut chosen.start, number(text)?)?,
                SequenceOption::Restart(text) => {
                    once(&mut chosen.restart, text.as_deref().map(number).transpose()?)?;
                }
                SequenceOption::Cache(text) => once(&mut chosen.cache, number(text)?)?,
                SequenceOption::Cycle(cycle) => once(&mut chosen.cycle, *cycle)?,
                SequenceOption::OwnedBy(name) => once(&mut chosen.owned_by, name.clone())?,
                SequenceOption::SequenceName(name) => once(&mut chosen.name, name.clone())?,
                SequenceOption::Logged(_) => {}
            }
        }
        Ok(chosen)
    }

    /// A new sequence's descriptor, not yet in the catalog.
    fn built_sequence(
        &self,
        schema: Oid,
        name: &str,
        owner: Oid,
        chosen: &Chosen,
    ) -> SqlResult<Relation> {
        let mut sequence = Sequence {
            type_oid: oid::INT8,
            start: 0,
            increment: 1,
            minimum: 0,
            maximum: 0,
            cache: 1,
            cycle: false,
            owned_by: None,
            generation: 0,
        };
        fill(&mut sequence, chosen, true, &self.type_name(chosen.type_oid.unwrap_or(oid::INT8)))?;
        let oid = self.allocate()?;
        let column = |number, name: &str, type_oid| Column {
            not_null: true,
            ..new_column(number, name, SqlType::new(type_oid))
        };
        Ok(Relation {
            columns: vec![
                column(1, "last_value", oid::INT8),
                column(2, "log_cnt", oid::INT8),
                column(3, "is_called", oid::BOOL),
            ],
            sequence: Some(sequence),
            ..new_relation(oid, schema, name, owner, RelationKind::Sequence)
        })
    }

    /// The sequence of a serial or identity column, put into the catalog.
    pub fn column_sequence(
        &mut self,
        table: &Relation,
        column: &str,
        number: AttributeNumber,
        type_oid: Oid,
        options: &[SequenceOption],
    ) -> SqlResult<Relation> {
        let mut chosen = self.chosen(options, true)?;
        chosen.type_oid.get_or_insert(type_oid);
        let name = match &chosen.name {
            Some(name) => {
                self.require_free(table.schema, name.name())?;
                name.name().to_owned()
            }
            None => self.choose_relation_name(
                table.schema,
                Some(table),
                &table.name,
                column,
                "seq",
                false,
            ),
        };
        let mut relation = self.built_sequence(table.schema, &name, table.owner, &chosen)?;
        if let Some(sequence) = &mut relation.sequence {
            sequence.owned_by = Some((table.oid, number));
        }
        self.put_relation(relation.clone());
        Ok(relation)
    }

    pub fn create_sequence(&mut self, create: &CreateSequence) -> SqlResult<()> {
        self.tag("CREATE SEQUENCE");
        if create.persistence == Persistence::Temporary {
            return Err(unsupported("temporary sequences are not supported"));
        }
        let schema = self.creation_schema(&create.name)?;
        let name = create.name.name();
        if create.if_not_exists && self.catalog.relation_name_taken(schema, name) {
            self.notice(
                sqlstate::DUPLICATE_TABLE,
                format!("relation \"{name}\" already exists, skipping"),
            );
            return Ok(());
        }
        self.require_free(schema, name)?;
        let chosen = self.chosen(&create.options, false)?;
        let mut relation = self.built_sequence(schema, name, self.role(), &chosen)?;
        if let Some(owner) = &chosen.owned_by {
            self.set_owned_by(&mut relation, owner)?;
        }
        self.put_relation(relation);
        Ok(())
    }

    fn set_owned_by(&mut self, relation: &mut Relation, owner: &ObjectName) -> SqlResult<()> {
        let owned_by = if owner.parts.len() == 1 {
            if owner.name() != "none" {
                return Err(error(sqlstate::SYNTAX_ERROR, "invalid OWNED BY option")
                    .hint("Specify OWNED BY table.column or OWNED BY NONE."));
            }
            None
        } else {
            let mut parts = owner.parts.clone();
            let column = parts.pop().unwrap_or_default();
            let table = self.relation(&ObjectName { parts, location: owner.location })?;
            if table.kind != RelationKind::Table && table.kind != RelationKind::View {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("sequence cannot be owned by relation \"{}\"", table.name),
                ));
            }
            let not_ready =
                |message: &str| Err(error(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message));
            if table.owner != relation.owner {
                return not_ready("sequence must have same owner as table it is linked to");
            }
            if table.schema != relation.schema {
                return not_ready("sequence must be in same schema as table it is linked to");
            }
            let column = table.column(&column).ok_or_else(|| {
                error(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{column}\" of relation \"{}\" does not exist", table.name),
                )
            })?;
            Some((table.oid, column.number))
        };
        let Some(sequence) = &mut relation.sequence else {
            return Ok(());
        };
        if let Some((table, number)) = sequence.owned_by {
            let table = self.known_relation(table)?;
            let is_identity = table.column_by_number(number).is_some_and(|column| {
                column.owned_sequence == Some(relation.oid) && is_identity(column)
            });
            if is_identity {
                return Err(unsupported("cannot change ownership of identity sequence").detail(
                    format!(
                        "Sequence \"{}\" is linked to table \"{}\".",
                        relation.name, table.name
                    ),
                ));
            }
        }
        sequence.owned_by = owned_by;
        Ok(())
    }

    pub fn alter_sequence(&mut self, alter: &AlterSequence) -> SqlResult<()> {
        self.tag("ALTER SEQUENCE");
        let relation = match self.find(&alter.name)? {
            Some(Found::Relation(relation)) if relation.kind == RelationKind::Sequence => relation,
            Some(_) => {
                return Err(error(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("\"{}\" is not a sequence", alter.name.name()),
                ));
            }
            None if alter.if_exists => {
                self.notice(
                    sqlstate::SUCCESSFUL_COMPLETION,
                    format!("relation \"{}\" does not exist, skipping", written(&alter.name)),
                );
                return Ok(());
            }
            None => return Err(crate::names::undefined_relation(&alter.name)),
        };
        self.require_relation_owner(&relation)?;
        self.set_sequence_options(relation.oid, &alter.options)
    }

    /// Changes a sequence in place.
    pub fn set_sequence_options(
        &mut self,
        sequence: Oid,
        options: &[SequenceOption],
    ) -> SqlResult<()> {
        let mut relation = (*self.known_relation(sequence)?).clone();
        let chosen = self.chosen(options, false)?;
        if let Some(owner) = &chosen.owned_by {
            self.set_owned_by(&mut relation, owner)?;
        }
        let Some(descriptor) = &mut relation.sequence else {
            return Ok(());
        };
        let type_name = self.type_name(chosen.type_oid.unwrap_or(descriptor.type_oid));
        fill(descriptor, &chosen, false, &type_name)?;
        if let Some(restart) = chosen.restart {
            let next = restart.unwrap_or(descriptor.start);
            if next < descriptor.minimum {
                return invalid(format!(
                    "RESTART value ({next}) cannot be less than MINVALUE ({})",
                    descriptor.minimum
                ));
            }
            if next > descriptor.maximum {
                return invalid(format!(
                    "RESTART value ({next}) cannot be greater than MAXVALUE ({})",
                    descriptor.maximum
                ));
            }
            self.done.work.push(Work::SetSequence { sequence, next });
        }
        descriptor.generation += 1;
        self.put_relation(relation);
        self.changes_definition(sequence, false);
        Ok(())
    }
}

pub(crate) fn is_identity(column: &Column) -> bool {
    matches!(column.generated, Generated::IdentityAlways | Generated::IdentityByDefault)
}

fn fill(sequence: &mut Sequence, chosen: &Chosen, is_new: bool, type_name: &str) -> SqlResult<()> {
    let old_range = range(sequence.type_oid);
    if let Some(ty) = chosen.type_oid {
        sequence.type_oid = ty;
    }
    let (low, high) = range(sequence.type_oid);
    let retyped = chosen.type_oid.is_some() && !is_new;
    if let Some(increment) = chosen.increment {
        sequence.increment = increment;
    }
    if sequence.increment == 0 {
        return invalid("INCREMENT must not be zero");
    }
    let ascending = sequence.increment > 0;
    let keeps_maximum = !(is_new || retyped && sequence.maximum == old_range.1);
    match chosen.maximum {
        Some(Some(maximum)) => sequence.maximum = maximum,
        None if keeps_maximum => {}
        _ => sequence.maximum = if ascending { high } else { -1 },
    }
    if sequence.maximum < low || sequence.maximum > high {
        return invalid(format!(
            "MAXVALUE ({}) is out of range for sequence data type {type_name}",
            sequence.maximum
        ));
    }
    let keeps_minimum = !(is_new || retyped && sequence.minimum == old_range.0);
    match chosen.minimum {
        Some(Some(minimum)) => sequence.minimum = minimum,
        None if keeps_minimum => {}
        _ => sequence.minimum = if ascending { 1 } else { low },
    }
    if sequence.minimum < low || sequence.minimum > high {
        return invalid(format!(
            "MINVALUE ({}) is out of range for sequence data type {type_name}",
            sequence.minimum
        ));
    }
    if sequence.minimum >= sequence.maximum {
        return invalid(format!(
            "MINVALUE ({}) must be less than MAXVALUE ({})",
            sequence.minimum, sequence.maximum
        ));
    }
    match chosen.start {
        Some(start) => sequence.start = start,
        None if is_new => {
            sequence.start = if ascending { sequence.minimum } else { sequence.maximum };
        }
        None => {}
    }
    if sequence.start < sequence.minimum {
        return invalid(format!(
            "START value ({}) cannot be less than MINVALUE ({})",
            sequence.start, sequence.minimum
        ));
    }
    if sequence.start > sequence.maximum {
        return invalid(format!(
            "START value ({}) cannot be greater than MAXVALUE ({})",
            sequence.start, sequence.maximum
        ));
    }
    if let Some(cache) = chosen.cache {
        if cache <= 0 {
            return invalid(format!("CACHE ({cache}) must be greater than zero"));
        }
        sequence.cache = cache;
    }
    if let Some(cycle) = chosen.cycle {
        sequence.cycle = cycle;
    }
    Ok(())
}

/// A column without any property but its type.
pub(crate) fn new_column(number: AttributeNumber, name: &str, ty: SqlType) -> Column {
    Column {
        number,
        name: name.to_owned(),
        type_oid: ty.oid,
        modifier: ty.modifier,
        not_null: false,
        dropped: false,
        default: None,
        missing: None,
        generated: Generated::No,
        owned_sequence: None,
        collation: None,
        grants: None,
        comment: None,
        storage: None,
        statistics_target: None,
        options: Vec::new(),
    }
}

/// A relation without columns; its rows are under its own number.
pub(crate) fn new_relation(
    oid: Oid,
    schema: Oid,
    name: &str,
    owner: Oid,
    kind: RelationKind,
) -> Relation {
    Relation {
        oid,
        type_oid: 0,
        array_type_oid: 0,
        name: name.to_owned(),
        schema,
        owner,
        kind,
        table_id: TableId(oid),
        columns: Vec::new(),
        indexes: Vec::new(),
        next_index: protocol::key::PRIMARY_INDEX + 1,
        constraints: Vec::new(),
        view: None,
        sequence: None,
        grants: None,
        comment: None,
        options: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
    }
}

/// Options as text for descriptors.
pub(crate) fn option_text(options: &[syntax::ast::OptionItem]) -> Vec<(String, String)> {
    use syntax::ast::OptionValue;
    fn shown(value: &OptionValue) -> String {
        match value {
            OptionValue::Word(text) | OptionValue::String(text) | OptionValue::Number(text) => {
                text.clone()
            }
            OptionValue::Star => "*".to_owned(),
            OptionValue::List(values) => values.iter().map(shown).collect::<Vec<_>>().join(","),
            OptionValue::Type(name) => name.to_string(),
            OptionValue::Operator(name) => written(name),
        }
    }
    options
        .iter()
        .map(|option| {
            let name = match &option.namespace {
                Some(namespace) => format!("{namespace}.{}", option.name),
                None => option.name.clone(),
            };
            (name, option.value.as_ref().map_or_else(|| "true".to_owned(), shown))
        })
        .collect()
}
