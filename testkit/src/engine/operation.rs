//! What an UPDATE or a DELETE does to one column.

use helenus_protocol::CqlType;

use super::modification::PlannedAssignment;
use super::planner::{Planner, column_index};
use super::row_filter::{key_type, value_type};
use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{Assignment, Deletion, Literal, Operation, Part, Term};
use crate::query_error::QueryError;
use crate::schema::{Column, Table};

#[derive(Debug)]
pub(super) enum PlannedOperation {
    Set(PlannedTerm),
    Delete,
    /// Adds to a counter, or subtracts.
    Count {
        delta: PlannedTerm,
        negative: bool,
    },
    /// Adds elements to a set or a map, or to the end of a list.
    Append(PlannedTerm),
    /// Puts elements before a list.
    Prepend(PlannedTerm),
    /// Takes elements out of a list or a set, or entries with these keys out of a map.
    Discard(PlannedTerm),
    /// Gives a value, or none, to a map's entry or to a list's element.
    SetElement {
        key: PlannedTerm,
        value: Option<PlannedTerm>,
    },
    /// Gives a value, or none, to a field, by its number.
    SetField {
        field: usize,
        value: Option<PlannedTerm>,
    },
}

impl PlannedOperation {
    /// Whether it depends on what is there.
    pub(super) fn reads(&self, column: &Column) -> bool {
        match self {
            Self::SetElement { .. } | Self::Discard(_) => matches!(column.ty, CqlType::List(_)),
            _ => false,
        }
    }
}

impl Planner<'_> {
    pub(super) fn assignment(
        &mut self,
        table: &Table,
        assignment: &Assignment,
    ) -> Result<PlannedAssignment, QueryError> {
        let index = column_index(table, &assignment.column)?;
        let column = &table.columns[index];
        let name = &column.name;
        if column.is_primary_key() {
            return Err(QueryError::Invalid(format!("PRIMARY KEY part {name} found in SET part")));
        }
        let receiver = Receiver { table, name, ty: &column.ty };
        let counts = column.ty == CqlType::Counter;
        let is_multi_cell = column.data_type.is_multi_cell();
        let operation = match &assignment.operation {
            Operation::Set(_) if counts => {
                return Err(QueryError::Invalid(format!(
                    "Cannot set the value of counter column {name} (counters can only be incremented/decremented, not set)"
                )));
            }
            Operation::Set(term) => PlannedOperation::Set(self.term(term, receiver)?),
            Operation::Add(term) if counts => {
                PlannedOperation::Count { delta: self.term(term, receiver)?, negative: false }
            }
            Operation::Subtract(term) if counts => {
                PlannedOperation::Count { delta: self.term(term, receiver)?, negative: true }
            }
            Operation::SetPart(part, term) => {
                let value = if *term == Term::Literal(Literal::Null) { None } else { Some(term) };
                self.part(table, column, part, value)?
            }
            _ if !is_multi_cell => return Err(not_countable(column, &assignment.operation)),
            Operation::Add(term) => self.addition(column, term, receiver)?,
            Operation::Prepend(term) => match column.ty {
                CqlType::List(_) => PlannedOperation::Prepend(self.term(term, receiver)?),
                _ => {
                    return Err(QueryError::Invalid(format!(
                        "Invalid operation ({name} = ... + {name}) for non list column {name}"
                    )));
                }
            },
            Operation::Subtract(term) => self.subtraction(column, term, receiver)?,
        };
        Ok(PlannedAssignment { column: index, operation })
    }

    fn addition(
        &mut self,
        column: &Column,
        term: &Term,
        receiver: Receiver<'_>,
    ) -> Result<PlannedOperation, QueryError> {
        if matches!(column.ty, CqlType::Udt(_)) {
            return Err(not_countable(column, &Operation::Add(term.clone())));
        }
        Ok(PlannedOperation::Append(self.term(term, receiver)?))
    }

    fn subtraction(
        &mut self,
        column: &Column,
        term: &Term,
        receiver: Receiver<'_>,
    ) -> Result<PlannedOperation, QueryError> {
        let keys = match &column.ty {
            CqlType::Map(key, _) => CqlType::Set(key.clone()),
            CqlType::Udt(_) => {
                return Err(not_countable(column, &Operation::Subtract(term.clone())));
            }
            other => other.clone(),
        };
        let receiver = Receiver { ty: &keys, ..receiver };
        Ok(PlannedOperation::Discard(self.term(term, receiver)?))
    }

    /// Gives a value to an element or a field, or takes it away.
    fn part(
        &mut self,
        table: &Table,
        column: &Column,
        part: &Part,
        value: Option<&Term>,
    ) -> Result<PlannedOperation, QueryError> {
        let name = &column.name;
        match part {
            Part::Element(key) => {
                let of = match &column.ty {
                    CqlType::Map(..) => "key",
                    CqlType::List(_) => "idx",
                    CqlType::Set(_) => {
                        return Err(QueryError::Invalid(format!(
                            "Invalid operation ({name}[{}] = {}) for set column {name}",
                            key.written(),
                            value.map_or_else(|| "null".to_owned(), Term::written)
                        )));
                    }
                    _ => {
                        return Err(QueryError::Invalid(format!(
                            "Invalid operation ({name}[...] = ...) for non collection column {name}"
                        )));
                    }
                };
                if !column.data_type.is_multi_cell() {
                    return Err(QueryError::Invalid(format!(
                        "Invalid operation ({name}[...] = ...) for frozen collection column {name}"
                    )));
                }
                let of_key = format!("{of}({name})");
                let receiver = Receiver { table, name: &of_key, ty: key_type(&column.ty) };
                let key = self.term(key, receiver)?;
                let of_value = format!("value({name})");
                let receiver = Receiver { table, name: &of_value, ty: value_type(&column.ty) };
                let value = value.map(|value| self.term(value, receiver)).transpose()?;
                Ok(PlannedOperation::SetElement { key, value })
            }
            Part::Field(field) => {
                let CqlType::Udt(udt) = &column.ty else {
                    return Err(QueryError::Invalid(format!(
                        "Invalid operation ({name}.{field} = ...) for non-UDT column {name}"
                    )));
                };
                if !column.data_type.is_multi_cell() {
                    return Err(QueryError::Invalid(format!(
                        "Invalid operation ({name}.{field} = ...) for frozen UDT column {name}"
                    )));
                }
                let Some(number) = udt.fields.iter().position(|(known, _)| **known == **field)
                else {
                    return Err(QueryError::Invalid(format!(
                        "UDT column {name} does not have a field named {field}"
                    )));
                };
                let of_field = format!("{name}.{field}");
                let receiver = Receiver { table, name: &of_field, ty: &udt.fields[number].1 };
                let value = value.map(|value| self.term(value, receiver)).transpose()?;
                Ok(PlannedOperation::SetField { field: number, value })
            }
        }
    }

    pub(super) fn deletion(
        &mut self,
        table: &Table,
        deletion: &Deletion,
    ) -> Result<PlannedAssignment, QueryError> {
        let index = column_index(table, &deletion.column)?;
        let column = &table.columns[index];
        let name = &column.name;
        if column.is_primary_key() {
            return Err(QueryError::Invalid(format!(
                "Invalid identifier {name} for deletion (should not be a PRIMARY KEY part)"
            )));
        }
        let operation = match &deletion.part {
            None => PlannedOperation::Delete,
            Some(Part::Element(key)) => self.deleted_element(table, column, key)?,
            Some(field @ Part::Field(shown)) => {
                let CqlType::Udt(udt) = &column.ty else {
                    return Err(QueryError::Invalid(format!(
                        "Invalid field deletion operation for non-UDT column {name}"
                    )));
                };
                if !column.data_type.is_multi_cell() {
                    return Err(QueryError::Invalid(format!(
                        "Frozen UDT column {name} does not support field deletions"
                    )));
                }
                if udt.fields.iter().all(|(known, _)| **known != **shown) {
                    return Err(QueryError::Invalid(format!(
                        "UDT column {name} does not have a field named {shown}"
                    )));
                }
                self.part(table, column, field, None)?
            }
        };
        Ok(PlannedAssignment { column: index, operation })
    }

    fn deleted_element(
        &mut self,
        table: &Table,
        column: &Column,
        key: &Term,
    ) -> Result<PlannedOperation, QueryError> {
        let name = &column.name;
        if !column.data_type.is_multi_cell() || matches!(column.ty, CqlType::Udt(_)) {
            let is_collection =
                matches!(column.ty, CqlType::List(_) | CqlType::Set(_) | CqlType::Map(..));
            let what = if is_collection { "frozen" } else { "non" };
            return Err(QueryError::Invalid(format!(
                "Invalid deletion operation for {what} collection column {name}"
            )));
        }
        let (of, ty) = match &column.ty {
            CqlType::Set(element) => ("value", element),
            CqlType::Map(key, _) => ("key", key),
            _ => return self.part(table, column, &Part::Element(key.clone()), None),
        };
        let of_key = format!("{of}({name})");
        let key = self.term(key, Receiver { table, name: &of_key, ty })?;
        Ok(PlannedOperation::SetElement { key, value: None })
    }
}

fn not_countable(column: &Column, operation: &Operation) -> QueryError {
    let name = &column.name;
    let shown = match operation {
        Operation::Add(_) => format!("{name} = {name} + ..."),
        Operation::Subtract(_) => format!("{name} = {name} - ..."),
        _ => format!("{name} = ... + {name}"),
    };
    let is_collection = matches!(column.ty, CqlType::List(_) | CqlType::Set(_) | CqlType::Map(..));
    let what = if is_collection { "frozen collection" } else { "non counter" };
    QueryError::Invalid(format!("Invalid operation ({shown}) for {what} column {name}"))
}
