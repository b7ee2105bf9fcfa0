//! Terms whose type is known, as a statement's planner makes them.

use helenus_protocol::{Cell, CqlType};

use super::clock::Clock;
use super::constant::{check_part, constant};
use super::function::{Function, Overload, overloads};
use super::planner::Planner;
use crate::cql::ast::{Literal, Term};
use crate::query_error::QueryError;
use crate::schema::Table;

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
    Marker {
        index: usize,
        name: String,
        ty: CqlType,
    },
    List(Vec<PlannedTerm>),
    Set {
        element: CqlType,
        elements: Vec<PlannedTerm>,
    },
    Map {
        key: CqlType,
        entries: Vec<(PlannedTerm, PlannedTerm)>,
    },
    /// A tuple's elements, or the fields of a user-defined type.
    Tuple(Vec<PlannedTerm>),
    Vector {
        element: CqlType,
        elements: Vec<PlannedTerm>,
    },
    Function {
        /// As it was called.
        name: Box<str>,
        function: Function,
        arguments: Vec<(CqlType, PlannedTerm)>,
    },
    /// The value that a JSON text gives to a column.
    JsonField {
        json: Box<PlannedTerm>,
        column: String,
        ty: CqlType,
        default_unset: bool,
    },
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
            (Term::Tuple(elements), CqlType::Tuple(types)) => self.tuple(elements, types, receiver),
            (Term::Map(entries), CqlType::Udt(_)) if entries.is_empty() => {
                self.user_type(&[], receiver)
            }
            (Term::UserType(fields), CqlType::Udt(_)) => self.user_type(fields, receiver),
            // A single value in parentheses is that value.
            (Term::Tuple(elements), _) if elements.len() == 1 => self.term(&elements[0], receiver),
            (Term::Function { name, arguments }, _) => self.function(name, arguments, receiver),
            (Term::Operation(left, operator, right), _) => {
                self.operation_term(left, *operator, right, receiver)
            }
            (Term::Negation(term), _) => self.negated_term(term, receiver),
            (Term::Cast { data_type, term }, ty) => {
                let cast = self.data_type(data_type, receiver.table)?;
                if cast != *ty {
                    return Err(QueryError::Invalid(format!(
                        "Cannot assign value {}{} to {} of type {ty}",
                        format_args!("({data_type})"),
                        term.written(),
                        receiver.name
                    )));
                }
                self.term(term, receiver)
            }
            (Term::List(_), ty) => Err(QueryError::Invalid(format!(
                "Unexpected receiver type '{ty}'; only list and vector are expected"
            ))),
            (Term::Set(_), ty) => Err(invalid_literal("set", receiver.name, ty)),
            (Term::Map(_), ty) => Err(invalid_literal("map", receiver.name, ty)),
            (Term::Tuple(_), ty) => Err(invalid_literal("tuple", receiver.name, ty)),
            (Term::UserType(_), ty) => Err(invalid_literal("user type", receiver.name, ty)),
        }
    }

    fn tuple(
        &mut self,
        elements: &[Term],
        types: &[CqlType],
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        if elements.len() > types.len() {
            return Err(QueryError::Invalid(format!(
                "Invalid tuple literal for {}: too many elements. Type {} expects {} but got {}",
                receiver.name,
                receiver.ty,
                types.len(),
                elements.len()
            )));
        }
        let planned = elements.iter().zip(types).enumerate().map(|(index, (element, ty))| {
            let name = match columns_of(receiver.name).nth(index) {
                Some(column) => column.to_owned(),
                None => {
                    check_part(element, ty, || {
                        format!("Invalid tuple literal for {}: component {index}", receiver.name)
                    })?;
                    format!("{}[{index}]", receiver.name)
                }
            };
            self.term(element, Receiver { name: &name, ty, ..receiver })
        });
        Ok(PlannedTerm::Tuple(planned.collect::<Result<_, _>>()?))
    }

    fn user_type(
        &mut self,
        fields: &[(String, Term)],
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        let CqlType::Udt(udt) = receiver.ty else {
            return Err(invalid_literal("user type", receiver.name, receiver.ty));
        };
        let unknown =
            fields.iter().find(|(name, _)| udt.fields.iter().all(|(field, _)| **field != **name));
        if let Some((unknown, _)) = unknown {
            return Err(QueryError::Invalid(format!(
                "Unknown field '{unknown}' in value of user defined type {}",
                udt.name
            )));
        }
        let planned = udt.fields.iter().map(|(field, ty)| {
            let Some((_, term)) = fields.iter().find(|(name, _)| **name == **field) else {
                return Ok(PlannedTerm::Constant(None));
            };
            check_part(term, ty, || {
                format!("Invalid user type literal for {}: field {field}", receiver.name)
            })?;
            let name = format!("{}.{field}", receiver.name);
            self.term(term, Receiver { name: &name, ty, ..receiver })
        });
        Ok(PlannedTerm::Tuple(planned.collect::<Result<_, QueryError>>()?))
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
        let kind = match receiver.ty {
            CqlType::List(_) => Some("list"),
            CqlType::Set(_) => Some("set"),
            CqlType::Map(..) => Some("map"),
            _ => None,
        };
        if let (Term::Marker(_), Some(kind)) = (element, kind) {
            return Err(QueryError::Invalid(format!(
                "Invalid {kind} literal for {}: bind variables are not supported inside collection literals",
                receiver.name
            )));
        }
        check_part(element, ty, || {
            let kind =
                if matches!(receiver.ty, CqlType::Vector(..)) { Some("vector") } else { kind };
            let kind = kind.unwrap_or("tuple");
            format!("Invalid {kind} literal for {}: value {}", receiver.name, element.written())
        })?;
        let name = format!("{part}({})", receiver.name);
        self.term(element, Receiver { name: &name, ty, ..receiver })
    }

    fn function(
        &mut self,
        name: &str,
        arguments: &[Term],
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        let found = if name == "token" {
            let key = receiver.table.partition_key().iter().map(|column| column.ty.clone());
            let (function, returns) = (Function::Token, CqlType::BigInt);
            vec![Overload { function, arguments: key.collect(), returns }]
        } else {
            overloads(name, &[], Some(receiver.ty))
        };
        if found.is_empty() {
            return Err(QueryError::Invalid(format!("Unknown function {name} called")));
        }
        let wanted = found[0].arguments.len();
        if wanted != arguments.len() {
            return Err(wrong_count(name, wanted, arguments.len()));
        }
        let returns: Vec<_> = found.iter().map(|overload| overload.returns.clone()).collect();
        if returns.iter().all(|returns| !is_assignable(returns, receiver.ty)) {
            return Err(QueryError::Invalid(format!(
                "Type error: cannot assign result of function system.{name} (type {}) to {} (type {})",
                returns[0], receiver.name, receiver.ty
            )));
        }
        let is_open = arguments.iter().any(|argument| matches!(argument, Term::Marker(_)));
        if is_open && found.len() > 1 {
            return Err(ambiguous(name, &found));
        }
        // An overloaded function takes the first types that the arguments fit.
        let mut refusal = QueryError::Invalid(format!("Invalid call to function system.{name}"));
        for overload in found {
            if !is_assignable(&overload.returns, receiver.ty) {
                continue;
            }
            match self.arguments(name, arguments, &overload, receiver.table) {
                Ok(arguments) => {
                    let name = name.into();
                    return Ok(PlannedTerm::Function {
                        name,
                        function: overload.function,
                        arguments,
                    });
                }
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    fn arguments(
        &mut self,
        name: &str,
        arguments: &[Term],
        overload: &Overload,
        table: &Table,
    ) -> Result<Vec<(CqlType, PlannedTerm)>, QueryError> {
        let planned = arguments.iter().zip(&overload.arguments).enumerate();
        planned
            .map(|(index, (argument, ty))| {
                let name = format!("arg{index}(system.{name})");
                Ok((ty.clone(), self.term(argument, Receiver { table, name: &name, ty })?))
            })
            .collect()
    }
}

/// What a call could mean that could mean several things.
pub(super) fn ambiguous(name: &str, found: &[Overload]) -> QueryError {
    let signatures = found.iter().map(|overload| {
        let types: Vec<_> = overload.arguments.iter().map(ToString::to_string).collect();
        format!("system.{name} : ({}) -> {}", types.join(", "), overload.returns)
    });
    QueryError::Invalid(format!(
        "Ambiguous call to function {name} (can be matched by following signatures: {}): use type casts to disambiguate",
        signatures.collect::<Vec<_>>().join(", ")
    ))
}

pub(super) fn wrong_count(name: &str, wanted: usize, given: usize) -> QueryError {
    QueryError::Invalid(format!(
        "Invalid number of arguments in call to function system.{name}: {wanted} required but {given} provided"
    ))
}

/// Whether a value of one type may stand where another is wanted.
pub(super) fn is_assignable(given: &CqlType, wanted: &CqlType) -> bool {
    given == wanted
        || matches!(
            (given, wanted),
            (CqlType::TimeUuid, CqlType::Uuid)
                | (CqlType::Ascii, CqlType::Text)
                | (_, CqlType::Blob)
                | (
                    CqlType::BigInt,
                    CqlType::Counter | CqlType::Timestamp | CqlType::Time | CqlType::VarInt
                )
                | (CqlType::Int, CqlType::Date | CqlType::VarInt)
                | (CqlType::Counter, CqlType::BigInt)
        ) && !matches!(given, CqlType::Custom(_))
}

/// The columns that a tuple stands for, if it stands for columns: `(a,b)`.
fn columns_of(name: &str) -> impl Iterator<Item = &str> {
    let columns = name.strip_prefix('(').and_then(|name| name.strip_suffix(')'));
    columns.into_iter().flat_map(|columns| columns.split(','))
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
}
