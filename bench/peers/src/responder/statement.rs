use bytes::Bytes;
use helenus_protocol::{
    ColumnSpec, CqlType, ErrorKind, Prepared, PreparedMetadata, ProtocolVersion, ResultMetadata,
    ServerError,
};

use super::answers::columns;
use super::select::Select;
use super::system::SystemTables;
use crate::items::{READ, SCAN, WRITE};

/// A statement that clients may prepare and run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Statement {
    Read,
    Write,
    Scan,
    System(Select),
}

/// Bytes in a statement's id, of which the last two are its place.
pub(super) const ID: usize = 16;

/// What clients have prepared, by place.
#[derive(Debug)]
pub(super) struct Statements(Vec<Statement>);

impl Statement {
    pub(super) fn parse(cql: &str) -> Result<Self, ServerError> {
        match cql {
            READ => Ok(Self::Read),
            WRITE => Ok(Self::Write),
            SCAN => Ok(Self::Scan),
            _ => {
                let error =
                    || ServerError::new(ErrorKind::SyntaxError, format!("no answer to {cql:?}"));
                Select::parse(cql).map(Self::System).ok_or_else(error)
            }
        }
    }
}

impl Default for Statements {
    fn default() -> Self {
        Self(vec![Statement::Read, Statement::Write, Statement::Scan])
    }
}

impl Statements {
    pub(super) fn at(&self, place: u16) -> Option<&Statement> {
        self.0.get(usize::from(place))
    }

    pub(super) fn prepare(
        &mut self,
        cql: &str,
        version: ProtocolVersion,
        tables: &SystemTables,
    ) -> Result<Prepared, ServerError> {
        let statement = Statement::parse(cql)?;
        let (markers, partition_key, result) = match &statement {
            Statement::Read => (columns()[..1].to_vec(), vec![0], ResultMetadata::of(columns())),
            Statement::Write => (columns(), vec![0], no_rows()),
            Statement::Scan => (Vec::new(), Vec::new(), ResultMetadata::of(columns())),
            Statement::System(select) => {
                let marker =
                    ColumnSpec::new(&*select.keyspace, &*select.table, "key", CqlType::Text);
                let columns = tables.select(0, select)?.metadata;
                (vec![marker; select.markers], Vec::new(), columns)
            }
        };
        let place = self.0.iter().position(|known| *known == statement).unwrap_or_else(|| {
            self.0.push(statement);
            self.0.len() - 1
        });
        let mut id = *b"bench-statement\0";
        id[ID - 2..].copy_from_slice(&(place as u16).to_be_bytes());
        let id = Bytes::copy_from_slice(&id);
        let metadata = PreparedMetadata { flags: 0, partition_key, columns: markers };
        let result_metadata_id = (version == ProtocolVersion::V5).then(|| id.clone());
        Ok(Prepared { id, result_metadata_id, metadata, result })
    }
}

fn no_rows() -> ResultMetadata {
    ResultMetadata::default()
}
