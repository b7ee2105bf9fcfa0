//! Constants as values of the type that they are meant for, and what is said of those that are none.

use helenus_protocol::CqlType;

use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{Literal, Term};
use crate::query_error::QueryError;
use crate::value::{LiteralMismatch, encode_literal};

pub(super) fn constant(
    literal: &Literal,
    ty: &CqlType,
    receiver: Receiver<'_>,
) -> Result<PlannedTerm, QueryError> {
    match encode_literal(literal, ty) {
        Ok(bytes) => Ok(PlannedTerm::Constant(Some(bytes.into()))),
        Err(LiteralMismatch::Kind) => Err(QueryError::Invalid(format!(
            "Invalid {} constant ({}) for \"{}\" of type {ty}",
            literal.kind(),
            literal.constant(),
            receiver.name
        ))),
        Err(LiteralMismatch::Text) => Err(QueryError::Invalid(not_a_value(ty, literal.text()))),
    }
}

/// What is said of a text that is no value of a type.
fn not_a_value(ty: &CqlType, text: &str) -> String {
    match ty {
        CqlType::Date => format!("Unable to coerce '{text}' to a formatted date (long)"),
        CqlType::Timestamp => format!("Unable to parse a date/time from '{text}'"),
        CqlType::Time => {
            format!("(TimeType) Unable to coerce '{text}' to a formatted time (long)")
        }
        CqlType::Inet => format!("Unable to make inet address from '{text}'"),
        CqlType::TimeUuid => "TimeUUID supports only version 1 UUIDs".to_owned(),
        CqlType::TinyInt => format!("Unable to make byte from '{text}'"),
        CqlType::SmallInt => format!("Unable to make short from '{text}'"),
        CqlType::Blob => format!("cannot parse '{text}' as hex bytes"),
        _ => format!("Unable to make {ty} from '{text}'"),
    }
}

/// Whether a constant inside a literal is of a kind that its type takes.
pub(super) fn check_part(
    term: &Term,
    ty: &CqlType,
    what: impl FnOnce() -> String,
) -> Result<(), QueryError> {
    match term {
        Term::Literal(literal) if *literal != Literal::Null => match encode_literal(literal, ty) {
            Err(LiteralMismatch::Kind) => {
                Err(QueryError::Invalid(format!("{} is not of type {ty}", what())))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}
