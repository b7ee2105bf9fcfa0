use crate::wire::{Reader, Writer};
use crate::{EncodeError, WireError};

/// A change of the schema: the answer to DDL, and an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaChange {
    /// What happened.
    pub kind: SchemaChangeKind,
    /// The keyspace that it happened in, or to.
    pub keyspace: String,
    /// What it happened to.
    pub target: SchemaTarget,
}

/// What happened to a part of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaChangeKind {
    /// It is new.
    Created,
    /// It changed.
    Updated,
    /// It is gone.
    Dropped,
}

/// A part of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaTarget {
    /// The keyspace itself.
    Keyspace,
    /// A table or a view.
    Table(String),
    /// A user-defined type.
    Type(String),
    /// A function with the types of its arguments.
    Function(String, Vec<String>),
    /// An aggregate with the types of its arguments.
    Aggregate(String, Vec<String>),
}

impl SchemaChange {
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let kind = match self.kind {
            SchemaChangeKind::Created => "CREATED",
            SchemaChangeKind::Updated => "UPDATED",
            SchemaChangeKind::Dropped => "DROPPED",
        };
        let (target, name, arguments) = match &self.target {
            SchemaTarget::Keyspace => ("KEYSPACE", None, None),
            SchemaTarget::Table(name) => ("TABLE", Some(name), None),
            SchemaTarget::Type(name) => ("TYPE", Some(name), None),
            SchemaTarget::Function(name, arguments) => ("FUNCTION", Some(name), Some(arguments)),
            SchemaTarget::Aggregate(name, arguments) => ("AGGREGATE", Some(name), Some(arguments)),
        };
        out.put_string("a schema change", kind)?;
        out.put_string("a schema target", target)?;
        out.put_string("a keyspace", &self.keyspace)?;
        if let Some(name) = name {
            out.put_string("a schema target's name", name)?;
        }
        if let Some(arguments) = arguments {
            out.put_string_list("a function's arguments", arguments)?;
        }
        Ok(())
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let kind = match reader.string("a schema change")? {
            "CREATED" => SchemaChangeKind::Created,
            "UPDATED" => SchemaChangeKind::Updated,
            "DROPPED" => SchemaChangeKind::Dropped,
            other => return Err(unknown("a schema change", other)),
        };
        let target = reader.string("a schema target")?;
        let keyspace = reader.string("a keyspace")?.to_owned();
        let mut name = || reader.string("a schema target's name").map(str::to_owned);
        let target = match target {
            "KEYSPACE" => SchemaTarget::Keyspace,
            "TABLE" => SchemaTarget::Table(name()?),
            "TYPE" => SchemaTarget::Type(name()?),
            "FUNCTION" => {
                SchemaTarget::Function(name()?, reader.string_list("a function's arguments")?)
            }
            "AGGREGATE" => {
                SchemaTarget::Aggregate(name()?, reader.string_list("a function's arguments")?)
            }
            other => return Err(unknown("a schema target", other)),
        };
        Ok(Self { kind, keyspace, target })
    }
}

fn unknown(what: &'static str, value: &str) -> WireError {
    WireError::Unknown { what, value: value.to_owned() }
}
