use std::any::type_name;
use std::fmt;

use thiserror::Error;

use crate::CqlType;

/// A Rust type and a CQL type that do not match.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub struct TypeMismatch {
    /// The Rust type.
    pub rust: &'static str,
    /// The CQL type.
    pub cql: CqlType,
    /// The field of a user-defined type where they meet, with dots between nested fields; empty outside of them.
    pub field: String,
    /// A field that the Rust type has and the CQL type, a user-defined one, has not.
    pub missing: Option<&'static str>,
}

impl TypeMismatch {
    /// The mismatch of `T` with `cql`.
    pub fn of<T: ?Sized>(cql: &CqlType) -> Self {
        Self { rust: type_name::<T>(), cql: cql.clone(), field: String::new(), missing: None }
    }

    /// The mismatch of `T` with a user-defined type that lacks a field.
    pub fn missing_field<T: ?Sized>(cql: &CqlType, field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::of::<T>(cql) }
    }

    /// The same mismatch, seen from the user-defined type whose field it is in.
    #[must_use]
    pub fn in_field(mut self, field: &str) -> Self {
        self.field = if self.field.is_empty() {
            field.to_owned()
        } else {
            format!("{field}.{}", self.field)
        };
        self
    }
}

impl fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "field {}: ", self.field)?;
        }
        write!(f, "the CQL type {} does not match the Rust type {}", self.cql, self.rust)?;
        match self.missing {
            Some(field) => write!(f, ": it has no field {field}"),
            None => Ok(()),
        }
    }
}
