//! User-defined types.

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus_protocol::{CqlType, UdtType};

use crate::cql::DataType;

/// The types of a keyspace, by name.
pub(crate) type UserTypes = BTreeMap<String, Arc<UserType>>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserType {
    pub(crate) keyspace: String,
    pub(crate) name: String,
    pub(crate) fields: Vec<(String, DataType)>,
}

impl UserType {
    /// The type on the wire, or the name of a type that is none.
    pub(crate) fn to_cql_type(&self, types: &UserTypes) -> Result<CqlType, &str> {
        let field = |(name, data_type): &'_ (String, DataType)| match data_type.to_cql_type(types) {
            Ok(ty) => Ok((Arc::from(name.as_str()), ty)),
            Err(_) => Err(()),
        };
        let fields: Result<Vec<_>, ()> = self.fields.iter().map(field).collect();
        Ok(CqlType::Udt(Box::new(UdtType {
            keyspace: self.keyspace.clone(),
            name: self.name.clone(),
            fields: fields.map_err(|()| self.name.as_str())?,
        })))
    }
}
