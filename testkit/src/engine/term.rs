//! Terms whose type is known, and their values once the markers have theirs.

use std::borrow::Cow;

use helenus_protocol::{Cell, CqlType};

use super::clock::Clock;
use super::function::Function;
use super::planner::Planner;
use crate::cql::ast::{Literal, Term};
use crate::query_error::QueryError;
use crate::schema::Table;
use crate::value::{
    LiteralMismatch, encode_literal, validate, write_byte_comparable, write_collection,
    write_element, write_unsigned_vint,
};

/// What a value is meant for: a column, or something that is named like one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receiver<'a> {
    pub(super) table: &'a Table,
    pub(super) name: &'a str,
    pub(super) ty: &'a CqlType,
}

#[derive(Debug, Clone)]
pub(super) enum PlannedTerm {
    Constant(Option<Box<[u8]>>),
    Marker { index: usize, name: String, ty: CqlType },
    List(Vec<PlannedTerm>),
    Set { element: CqlType, elements: Vec<PlannedTerm> },
    Map { key: CqlType, entries: Vec<(PlannedTerm, PlannedTerm)> },
    Tuple(Vec<PlannedTerm>),
    Vector { element: CqlType, elements: Vec<PlannedTerm> },
    Function { function: Function, argument: Option<(CqlType, Box<PlannedTerm>)> },
}

/// A term's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Evaluated<'a> {
    Value(Cow<'a, [u8]>),
    Null,
    /// The column is to be left as it is.
    Unset,
}

/// The values of the markers, and the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bindings<'a> {
    pub(super) values: &'a [Cell<'a>],
    pub(super) clock: &'a Clock,
    /// Seconds since the epoch, by which data has or has not expired.
    pub(super) now: u32,
}

impl Planner<'_> {
    /// Plans `term` as a value for `receiver`.
    pub(super) fn term(
        &mut self,
        term: &Term,
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        match (term, receiver.ty) {
            (Term::Literal(Literal::Null), _) => Ok(PlannedTerm::Constant(None)),
            (Term::Literal(literal), ty) => constant(literal, ty, receiver),
            (Term::Marker(index), ty) => {
                self.bind(*index, receiver.table, receiver.name, ty);
                Ok(PlannedTerm::Marker {
                    index: *index,
                    name: receiver.name.to_owned(),
                    ty: ty.clone(),
                })
            }
            (Term::List(elements), CqlType::List(ty)) => {
                Ok(PlannedTerm::List(self.elements(elements, "value", ty, receiver)?))
            }
            (Term::List(elements), CqlType::Vector(ty, dimension)) => {
                if elements.len() != usize::from(*dimension) {
                    return Err(QueryError::Invalid(format!(
                        "Invalid vector literal for {} of type {}; expected {dimension} elements, but given {}",
                        receiver.name,
                        receiver.ty,
                        elements.len()
                    )));
                }
                let elements = self.elements(elements, "value", ty, receiver)?;
                Ok(PlannedTerm::Vector { element: (**ty).clone(), elements })
            }
            (Term::Set(elements), CqlType::Set(ty)) => {
                let elements = self.elements(elements, "value", ty, receiver)?;
                Ok(PlannedTerm::Set { element: (**ty).clone(), elements })
            }
            (Term::Map(entries), CqlType::Set(ty)) if entries.is_empty() => {
                Ok(PlannedTerm::Set { element: (**ty).clone(), elements: Vec::new() })
            }
            (Term::Map(entries), CqlType::Map(key_type, value_type)) => {
                let mut planned = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.element(key, "key", key_type, receiver)?;
                    planned.push((key, self.element(value, "value", value_type, receiver)?));
                }
                Ok(PlannedTerm::Map { key: (**key_type).clone(), entries: planned })
            }
            (Term::Tuple(elements), CqlType::Tuple(types)) if elements.len() <= types.len() => {
                let planned =
                    elements.iter().zip(types).enumerate().map(|(index, (element, ty))| {
                        let name = format!("{}[{index}]", receiver.name);
                        self.term(element, Receiver { name: &name, ty, ..receiver })
                    });
                Ok(PlannedTerm::Tuple(planned.collect::<Result<_, _>>()?))
            }
            // A single value in parentheses is that value.
            (Term::Tuple(elements), _) if elements.len() == 1 => self.term(&elements[0], receiver),
            (Term::Function { name, arguments }, _) => self.function(name, arguments, receiver),
            (Term::Cast { data_type, term }, ty) => {
                if data_type.to_cql_type().as_ref() != Ok(ty) {
                    return Err(QueryError::Invalid(format!(
                        "Cannot assign value of type {data_type} to {} of type {ty}",
                        receiver.name
                    )));
                }
                self.term(term, receiver)
            }
            (Term::List(_), ty) => Err(invalid_literal("list", receiver.name, ty)),
            (Term::Set(_), ty) => Err(invalid_literal("set", receiver.name, ty)),
            (Term::Map(_), ty) => Err(invalid_literal("map", receiver.name, ty)),
            (Term::Tuple(_), ty) => Err(invalid_literal("tuple", receiver.name, ty)),
        }
    }

    fn elements(
        &mut self,
        elements: &[Term],
        part: &str,
        ty: &CqlType,
        receiver: Receiver<'_>,
    ) -> Result<Vec<PlannedTerm>, QueryError> {
        elements.iter().map(|element| self.element(element, part, ty, receiver)).collect()
    }

    fn element(
        &mut self,
        element: &Term,
        part: &str,
        ty: &CqlType,
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        if *element == Term::Literal(Literal::Null) {
            return Err(QueryError::invalid("null is not supported inside collections"));
        }
        let name = format!("{part}({})", receiver.name);
        self.term(element, Receiver { name: &name, ty, ..receiver })
    }

    fn function(
        &mut self,
        name: &str,
        arguments: &[Term],
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        let Some(function) = Function::named(name) else {
            return Err(QueryError::Invalid(format!("Unknown function '{name}'")));
        };
        let returns = function.returns();
        let assignable = returns == *receiver.ty
            || (returns == CqlType::TimeUuid && *receiver.ty == CqlType::Uuid);
        if !assignable {
            return Err(QueryError::Invalid(format!(
                "Type error: cannot assign result of function system.{name} (type {returns}) to {} (type {})",
                receiver.name, receiver.ty
            )));
        }
        let argument = match (arguments, function.argument()) {
            ([], []) => None,
            ([argument], types @ [_, ..]) => {
                // An overloaded function takes the first type that the argument fits.
                let mut planned =
                    Err(QueryError::Invalid(format!("Invalid call to function system.{name}")));
                for ty in types {
                    let name = format!("arg0(system.{name})");
                    planned = self
                        .term(argument, Receiver { name: &name, ty, ..receiver })
                        .map(|term| (ty, term));
                    if planned.is_ok() {
                        break;
                    }
                }
                let (ty, term) = planned?;
                Some((ty.clone(), Box::new(term)))
            }
            (given, wanted) => {
                return Err(QueryError::Invalid(format!(
                    "Invalid number of arguments in call to function system.{name}: {} required but {} provided",
                    usize::from(!wanted.is_empty()),
                    given.len()
                )));
            }
        };
        Ok(PlannedTerm::Function { function, argument })
    }
}

fn constant(
    literal: &Literal,
    ty: &CqlType,
    receiver: Receiver<'_>,
) -> Result<PlannedTerm, QueryError> {
    match encode_literal(literal, ty) {
        Ok(bytes) => Ok(PlannedTerm::Constant(Some(bytes.into()))),
        Err(LiteralMismatch::Kind) => Err(QueryError::Invalid(format!(
            "Invalid {} constant ({}) for \"{}\" of type {ty}",
            literal.kind(),
            shown(literal),
            receiver.name
        ))),
        Err(LiteralMismatch::Text) => {
            Err(QueryError::Invalid(format!("Unable to make {ty} from '{}'", literal.text())))
        }
    }
}

fn shown(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("'{text}'"),
        Literal::Blob(text) => format!("0x{text}"),
        other => other.text().to_owned(),
    }
}

fn invalid_literal(kind: &str, name: &str, ty: &CqlType) -> QueryError {
    QueryError::Invalid(format!("Invalid {kind} literal for {name} of type {ty}"))
}

impl PlannedTerm {
    /// The marker that this is, if it is nothing else.
    pub(super) fn marker(&self) -> Option<usize> {
        match self {
            Self::Marker { index, .. } => Some(*index),
            _ => None,
        }
    }

    pub(super) fn evaluate<'a>(
        &'a self,
        bindings: &Bindings<'a>,
    ) -> Result<Evaluated<'a>, QueryError> {
        let value = match self {
            Self::Constant(Some(value)) => return Ok(Evaluated::Value(Cow::Borrowed(value))),
            Self::Constant(None) => return Ok(Evaluated::Null),
            Self::Marker { index, name, ty } => {
                return bound(bindings.values.get(*index), name, ty);
            }
            Self::List(elements) => {
                let elements = evaluate_all(elements, bindings)?;
                write_collection(elements.len(), elements.iter().map(AsRef::as_ref))
            }
            Self::Set { element, elements } => {
                let mut elements = evaluate_all(elements, bindings)?;
                elements.sort_by_cached_key(|value| comparable(element, value));
                elements.dedup();
                write_collection(elements.len(), elements.iter().map(AsRef::as_ref))
            }
            Self::Map { key, entries } => evaluate_map(key, entries, bindings)?,
            Self::Tuple(elements) => {
                let mut tuple = Vec::new();
                for element in elements {
                    match element.evaluate(bindings)? {
                        Evaluated::Value(value) => write_element(Some(&value), &mut tuple),
                        Evaluated::Null => write_element(None, &mut tuple),
                        Evaluated::Unset => {
                            return Err(QueryError::invalid("Invalid unset value for tuple field"));
                        }
                    }
                }
                tuple
            }
            Self::Vector { element, elements } => {
                let mut vector = Vec::new();
                for value in evaluate_all(elements, bindings)? {
                    if element.fixed_size().is_none() {
                        write_unsigned_vint(value.len() as u64, &mut vector);
                    }
                    vector.extend_from_slice(&value);
                }
                vector
            }
            Self::Function { function, argument } => {
                let argument = match argument {
                    None => None,
                    Some((ty, term)) => match term.evaluate(bindings)? {
                        Evaluated::Value(value) => Some((ty, value)),
                        _ => return Ok(Evaluated::Null),
                    },
                };
                let argument = argument.as_ref().map(|(ty, value)| (*ty, value.as_ref()));
                match function.evaluate(argument, bindings.clock) {
                    Some(value) => value,
                    None => return Ok(Evaluated::Null),
                }
            }
        };
        Ok(Evaluated::Value(Cow::Owned(value)))
    }
}

fn bound<'a>(
    cell: Option<&Cell<'a>>,
    name: &str,
    ty: &CqlType,
) -> Result<Evaluated<'a>, QueryError> {
    match cell {
        Some(Cell::Value(value)) => match validate(ty, value) {
            Ok(()) => Ok(Evaluated::Value(Cow::Borrowed(value))),
            Err(problem) => Err(QueryError::Invalid(problem)),
        },
        Some(Cell::Null) => Ok(Evaluated::Null),
        Some(Cell::Unset) => Ok(Evaluated::Unset),
        None => {
            Err(QueryError::Invalid(format!("Invalid amount of bind variables: none for {name}")))
        }
    }
}

fn evaluate_all<'a>(
    elements: &'a [PlannedTerm],
    bindings: &Bindings<'a>,
) -> Result<Vec<Cow<'a, [u8]>>, QueryError> {
    elements.iter().map(|element| evaluate_element(element, bindings)).collect()
}

fn evaluate_element<'a>(
    element: &'a PlannedTerm,
    bindings: &Bindings<'a>,
) -> Result<Cow<'a, [u8]>, QueryError> {
    match element.evaluate(bindings)? {
        Evaluated::Value(value) => Ok(value),
        Evaluated::Null => Err(QueryError::invalid("null is not supported inside collections")),
        Evaluated::Unset => {
            Err(QueryError::invalid("unset value is not supported inside collections"))
        }
    }
}

/// A map's entries by key; of two with one key the last counts.
fn evaluate_map(
    key_type: &CqlType,
    entries: &[(PlannedTerm, PlannedTerm)],
    bindings: &Bindings<'_>,
) -> Result<Vec<u8>, QueryError> {
    let mut sorted = std::collections::BTreeMap::new();
    for (key, value) in entries {
        let key = evaluate_element(key, bindings)?;
        sorted.insert(comparable(key_type, &key), (key, evaluate_element(value, bindings)?));
    }
    let flat = sorted.values().flat_map(|(key, value)| [key.as_ref(), value.as_ref()]);
    Ok(write_collection(sorted.len(), flat))
}

pub(super) fn comparable(ty: &CqlType, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 3);
    write_byte_comparable(ty, value, false, &mut out);
    out
}
