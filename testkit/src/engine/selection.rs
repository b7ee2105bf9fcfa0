//! Planning what a SELECT shows: selectors, their names and their types.

use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType};

use super::aggregate::Aggregate;
use super::arithmetic;
use super::function::{Function, is_castable, overloads};
use super::planner::{Planner, column_index};
use super::row_filter::key_type;
use super::selector::{CellPart, PlannedSelector};
use super::term::{Receiver, ambiguous, is_assignable, wrong_count};
use crate::cql::ast::{Literal, Selection, Selector, Term};
use crate::query_error::QueryError;
use crate::schema::Table;

/// A selector with the name and the type of its column in the result.
pub(super) struct Shown {
    pub(super) selector: PlannedSelector,
    pub(super) name: String,
    pub(super) ty: CqlType,
}

impl Planner<'_> {
    /// Plans a selection: the selectors, and the columns that they make.
    pub(super) fn selection(
        &mut self,
        table: &Arc<Table>,
        selection: &Selection,
    ) -> Result<(Vec<PlannedSelector>, Vec<ColumnSpec>), QueryError> {
        let Selection::Selectors(items) = selection else {
            let selectors = (0..table.columns.len()).map(PlannedSelector::Column).collect();
            let columns = table.columns.iter();
            let columns = columns.map(|column| table.spec(&*column.name, column.ty.clone()));
            return Ok((selectors, columns.collect()));
        };
        let mut selectors = Vec::with_capacity(items.len());
        let mut columns = Vec::with_capacity(items.len());
        for item in items {
            let shown = self.selector(table, &item.selector, None)?;
            columns.push(table.spec(item.alias.clone().unwrap_or(shown.name), shown.ty));
            selectors.push(shown.selector);
        }
        Ok((selectors, columns))
    }

    /// Plans a selector; a term among them needs a `wanted` type, or one of its own.
    pub(super) fn selector(
        &mut self,
        table: &Table,
        selector: &Selector,
        wanted: Option<&CqlType>,
    ) -> Result<Shown, QueryError> {
        match selector {
            Selector::Column(name) => {
                let index = column_index(table, name)?;
                let ty = table.columns[index].ty.clone();
                Ok(Shown { selector: PlannedSelector::Column(index), name: name.clone(), ty })
            }
            Selector::CountRows => {
                let selector =
                    PlannedSelector::Aggregate { aggregate: Aggregate::Count, argument: None };
                Ok(Shown { selector, name: "count".to_owned(), ty: CqlType::BigInt })
            }
            Selector::Function { name, arguments } => self.call(table, name, arguments),
            Selector::Cast(of, data_type) => {
                let of = self.selector(table, of, None)?;
                let ty = self.data_type(data_type, table)?;
                let name = format!("cast({} as {data_type})", of.name);
                if !is_castable(&of.ty, &ty) {
                    return Err(QueryError::Invalid(format!(
                        "{} cannot be cast to {data_type}",
                        of.ty
                    )));
                }
                let arguments = vec![(of.ty, of.selector)];
                let function = Function::Cast(ty.clone());
                Ok(Shown { selector: PlannedSelector::Function { function, arguments }, name, ty })
            }
            Selector::Element(of, key) => self.element_of(table, of, key),
            Selector::Slice(of, from, to) => self.slice_of(table, of, from.as_ref(), to.as_ref()),
            Selector::Field(of, field) => {
                let of = self.selector(table, of, None)?;
                let CqlType::Udt(udt) = &of.ty else {
                    return Err(QueryError::Invalid(format!(
                        "Invalid field selection: {} of type {} is not a user type",
                        of.name, of.ty
                    )));
                };
                let found = udt.fields.iter().position(|(name, _)| **name == *field);
                let Some(number) = found else {
                    return Err(QueryError::Invalid(format!(
                        "{} of type {} has no field {field}",
                        of.name, of.ty
                    )));
                };
                let ty = udt.fields[number].1.clone();
                let name = format!("{}.{field}", of.name);
                let selector = PlannedSelector::Field { of: Box::new(of.selector), field: number };
                Ok(Shown { selector, name, ty })
            }
            Selector::Operation(left, operator, right) => {
                self.operation(table, left, *operator, right)
            }
            Selector::Negation(negated) => self.negation(table, negated),
            Selector::Nested(_) | Selector::Tuple(_) => Err(QueryError::Invalid(format!(
                "Cannot infer type for term {} in selection clause (try using a cast to force a type)",
                arithmetic::written(selector)
            ))),
            Selector::Term(term) => self.selected_term(table, term, wanted),
        }
    }

    fn selected_term(
        &mut self,
        table: &Table,
        term: &Term,
        wanted: Option<&CqlType>,
    ) -> Result<Shown, QueryError> {
        let ty = match (term, wanted) {
            (Term::Cast { data_type, .. }, _) => self.data_type(data_type, table)?,
            (_, Some(wanted)) => wanted.clone(),
            (term, None) => type_of(term).ok_or_else(|| {
                QueryError::invalid("Cannot infer type for term in selection clause (try using a cast to force a type)")
            })?,
        };
        let name = term.written();
        let planned = self.term(term, Receiver { table, name: "[selection]", ty: &ty })?;
        Ok(Shown { selector: PlannedSelector::Term(planned), name, ty })
    }

    fn element_of(
        &mut self,
        table: &Table,
        of: &Selector,
        key: &Term,
    ) -> Result<Shown, QueryError> {
        let of = self.selector(table, of, None)?;
        let ty = match &of.ty {
            CqlType::Map(_, value) => (**value).clone(),
            CqlType::Set(element) => (**element).clone(),
            _ => {
                return Err(QueryError::Invalid(format!(
                    "Invalid element selection: {} is of type {} is not a collection",
                    of.name, of.ty
                )));
            }
        };
        let name = format!("{}[{}]", of.name, key.written());
        let key = self.key(table, &of, key)?;
        let selector = PlannedSelector::Element { of: Box::new(of.selector), ty: of.ty, key };
        Ok(Shown { selector, name, ty })
    }

    fn slice_of(
        &mut self,
        table: &Table,
        of: &Selector,
        from: Option<&Term>,
        to: Option<&Term>,
    ) -> Result<Shown, QueryError> {
        let of = self.selector(table, of, None)?;
        if !matches!(of.ty, CqlType::Map(..) | CqlType::Set(_)) {
            return Err(QueryError::Invalid(format!(
                "Invalid slice selection: {} of type {} is not a collection",
                of.name, of.ty
            )));
        }
        let shown = |term: Option<&Term>| term.map(Term::written).unwrap_or_default();
        let name = format!("{}[{}..{}]", of.name, shown(from), shown(to));
        let from = from.map(|key| self.key(table, &of, key)).transpose()?;
        let to = to.map(|key| self.key(table, &of, key)).transpose()?;
        let ty = of.ty.clone();
        let selector = PlannedSelector::Slice { of: Box::new(of.selector), ty: of.ty, from, to };
        Ok(Shown { selector, name, ty })
    }

    fn key(
        &mut self,
        table: &Table,
        of: &Shown,
        key: &Term,
    ) -> Result<super::term::PlannedTerm, QueryError> {
        let ty = if let CqlType::Set(element) = &of.ty { element } else { key_type(&of.ty) };
        let part = if matches!(of.ty, CqlType::Map(..)) { "key" } else { "value" };
        let name = format!("{part}({})", of.name);
        self.term(key, Receiver { table, name: &name, ty })
    }

    fn call(
        &mut self,
        table: &Table,
        name: &str,
        arguments: &[Selector],
    ) -> Result<Shown, QueryError> {
        if let ("writetime" | "maxwritetime" | "ttl", [argument]) = (name, arguments) {
            return self.cell_time(table, name, argument);
        }
        if let Some(aggregate) = Aggregate::named(name) {
            return self.aggregate(table, name, aggregate, arguments);
        }
        if name == "token" {
            return self.token(table, arguments);
        }
        // What is no term has a type of its own, by which those of the terms are found.
        let mut planned = Vec::with_capacity(arguments.len());
        for argument in arguments {
            planned.push(match argument {
                Selector::Term(Term::Literal(Literal::String(_))) => None,
                Selector::Term(term) if type_of(term).is_none() => None,
                other => Some(self.selector(table, other, None)?),
            });
        }
        let given: Vec<_> =
            planned.iter().map(|shown| shown.as_ref().map(|shown| shown.ty.clone())).collect();
        let found = overloads(name, &given, None);
        let names = || {
            let names = planned.iter().zip(arguments).map(|(shown, argument)| match shown {
                Some(shown) => shown.name.clone(),
                None => match argument {
                    Selector::Term(term) => term.written(),
                    _ => "?".to_owned(),
                },
            });
            names.collect::<Vec<_>>().join(", ")
        };
        let Some(first) = found.first() else {
            return Err(QueryError::Invalid(format!("Unknown function '{name}'")));
        };
        if first.arguments.len() != arguments.len() {
            return Err(wrong_count(name, first.arguments.len(), arguments.len()));
        }
        let shown_name = format!("system.{name}({})", names());
        let fits = |overload: &&super::function::Overload| {
            given.iter().zip(&overload.arguments).all(|(given, wanted)| {
                given.as_ref().is_none_or(|given| is_assignable(given, wanted))
            })
        };
        let is_open = |argument: &Selector| matches!(argument, Selector::Term(Term::Marker(_)));
        if arguments.iter().any(is_open) && found.iter().filter(fits).count() > 1 {
            return Err(ambiguous(name, &found));
        }
        let overload = found.iter().find(fits).ok_or_else(|| {
            let given = given.iter().map(|ty| ty.as_ref().map_or_else(|| "?".to_owned(), CqlType::to_string));
            QueryError::Invalid(format!(
                "Invalid call to function {name}, none of its type signatures match (known type signatures: system.{name} : ({}) -> {}), given ({})",
                first.arguments.iter().map(CqlType::to_string).collect::<Vec<_>>().join(", "),
                first.returns,
                given.collect::<Vec<_>>().join(", ")
            ))
        })?;
        let mut values = Vec::with_capacity(arguments.len());
        for ((shown, argument), ty) in planned.into_iter().zip(arguments).zip(&overload.arguments) {
            let shown = match shown {
                Some(shown) => shown,
                None => self.selector(table, argument, Some(ty))?,
            };
            values.push((ty.clone(), shown.selector));
        }
        let selector =
            PlannedSelector::Function { function: overload.function.clone(), arguments: values };
        Ok(Shown { selector, name: shown_name, ty: overload.returns.clone() })
    }

    fn aggregate(
        &mut self,
        table: &Table,
        name: &str,
        aggregate: Aggregate,
        arguments: &[Selector],
    ) -> Result<Shown, QueryError> {
        let [argument] = arguments else {
            return Err(wrong_count(name, 1, arguments.len()));
        };
        let argument = self.selector(table, argument, None)?;
        if argument.selector.is_aggregate() {
            return Err(QueryError::invalid(
                "aggregate functions cannot be used as arguments of aggregate functions",
            ));
        }
        let Some(ty) = aggregate.returns(&argument.ty) else {
            return Err(QueryError::Invalid(format!(
                "Invalid call to function {name}, none of its type signatures match: {}",
                argument.ty
            )));
        };
        let shown_name = format!("system.{name}({})", argument.name);
        let argument = Some((argument.ty, Box::new(argument.selector)));
        let selector = PlannedSelector::Aggregate { aggregate, argument };
        Ok(Shown { selector, name: shown_name, ty })
    }

    fn token(&mut self, table: &Table, arguments: &[Selector]) -> Result<Shown, QueryError> {
        let key = table.partition_key();
        if arguments.len() != key.len() {
            return Err(wrong_count("token", key.len(), arguments.len()));
        }
        let mut values = Vec::with_capacity(key.len());
        let mut names = Vec::with_capacity(key.len());
        for (argument, column) in arguments.iter().zip(key) {
            let shown = self.selector(table, argument, Some(&column.ty))?;
            if shown.ty != column.ty {
                return Err(QueryError::Invalid(format!(
                    "Type error: {} cannot be passed as argument {} of function system.token of type {}",
                    shown.name,
                    values.len(),
                    column.ty
                )));
            }
            names.push(shown.name);
            values.push((shown.ty, shown.selector));
        }
        let name = format!("system.token({})", names.join(", "));
        let selector = PlannedSelector::Function { function: Function::Token, arguments: values };
        Ok(Shown { selector, name, ty: CqlType::BigInt })
    }

    /// `writetime`, `maxwritetime` and `ttl`, of a column or of a part of one.
    fn cell_time(
        &mut self,
        table: &Table,
        name: &str,
        argument: &Selector,
    ) -> Result<Shown, QueryError> {
        let column_of = |selector: &Selector| match selector {
            Selector::Column(column) => column_index(table, column),
            _ => Err(QueryError::Invalid(format!("Cannot use selection function {name} on this"))),
        };
        let is_greatest = name == "maxwritetime";
        let (column, key, field) = match argument {
            Selector::Element(of, key) => {
                let column = column_of(of)?;
                let of = self.selector(table, of, None)?;
                (column, Some(self.key(table, &of, key)?), None)
            }
            Selector::Field(of, field) => {
                let column = column_of(of)?;
                let CqlType::Udt(udt) = &table.columns[column].ty else {
                    return Err(QueryError::Invalid(format!(
                        "{} is no user type",
                        table.columns[column].name
                    )));
                };
                let number = udt.fields.iter().position(|(known, _)| **known == **field);
                (column, None, Some(number.unwrap_or(udt.fields.len())))
            }
            other => (column_of(other)?, None, None),
        };
        let shown = self.selector(table, argument, None)?;
        if table.columns[column].is_primary_key() {
            return Err(QueryError::Invalid(format!(
                "Cannot use selection function {name} on PRIMARY KEY part {}",
                table.columns[column].name
            )));
        }
        let element = if name == "ttl" { CqlType::Int } else { CqlType::BigInt };
        let is_several = table.columns[column].data_type.is_multi_cell()
            && key.is_none()
            && field.is_none()
            && !is_greatest;
        let ty = if is_several { CqlType::List(Box::new(element)) } else { element };
        let part = CellPart { column, key, field, is_greatest };
        let selector = if name == "ttl" {
            PlannedSelector::Ttl(part)
        } else {
            PlannedSelector::WriteTime(part)
        };
        Ok(Shown { selector, name: format!("{name}({})", shown.name), ty })
    }
}

/// The type that a term has by itself.
fn type_of(term: &Term) -> Option<CqlType> {
    match term {
        Term::Literal(Literal::Integer(_)) => Some(CqlType::Int),
        Term::Literal(Literal::Float(_)) => Some(CqlType::Double),
        Term::Literal(Literal::Boolean(_)) => Some(CqlType::Boolean),
        Term::Literal(Literal::Uuid(_)) => Some(CqlType::Uuid),
        Term::Literal(Literal::Blob(_)) => Some(CqlType::Blob),
        Term::Literal(Literal::Duration(_)) => Some(CqlType::Duration),
        Term::Literal(Literal::String(_)) => Some(CqlType::Text),
        _ => None,
    }
}
