//! Planning what is counted: the types of both sides are known, or follow from the type that is wanted.

use helenus_protocol::CqlType;

use super::function::{Function, NUMBERS, overloads, result_of};
use super::planner::Planner;
use super::selection::Shown;
use super::selector::PlannedSelector;
use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{Arithmetic, Literal, Selector, Term};
use crate::query_error::QueryError;
use crate::schema::Table;

const NEGATE: &str = "_negate";

impl Planner<'_> {
    /// `a + b`, as it is selected.
    pub(super) fn operation(
        &mut self,
        table: &Table,
        left: &Selector,
        operator: Arithmetic,
        right: &Selector,
    ) -> Result<Shown, QueryError> {
        let Some((left, right)) = self.operand(table, left)?.zip(self.operand(table, right)?)
        else {
            return Err(ambiguous(operator, &written(left), &written(right)));
        };
        let returns = result_of(operator, &left.ty, &right.ty)
            .ok_or_else(|| unsupported(operator, &left.name, &right.name))?;
        let name = format!("{} {} {}", left.name, operator.symbol(), right.name);
        let function = Function::Operation(operator, returns.clone());
        let arguments = vec![(left.ty, left.selector), (right.ty, right.selector)];
        Ok(Shown { selector: PlannedSelector::Function { function, arguments }, name, ty: returns })
    }

    /// `-a`, as it is selected.
    pub(super) fn negation(
        &mut self,
        table: &Table,
        negated: &Selector,
    ) -> Result<Shown, QueryError> {
        let Some(shown) = self.operand(table, negated)? else {
            return Err(QueryError::invalid("Ambiguous negation: use type casts to disambiguate"));
        };
        check_number(&shown.ty, &shown.name)?;
        let arguments = vec![(shown.ty.clone(), shown.selector)];
        let selector = PlannedSelector::Function { function: Function::Negation, arguments };
        Ok(Shown { selector, name: format!("-{}", shown.name), ty: shown.ty })
    }

    /// One side; `None` if its type cannot be told.
    fn operand(&mut self, table: &Table, selector: &Selector) -> Result<Option<Shown>, QueryError> {
        match selector {
            Selector::Term(Term::Literal(literal)) => {
                let ty = literal_type(literal);
                ty.map(|ty| self.selector(table, selector, Some(&ty))).transpose()
            }
            Selector::Term(Term::Marker(_)) => Ok(None),
            // Parentheses hide no type from an operator.
            Selector::Nested(nested) => {
                let shown = self.operand(table, nested)?;
                Ok(shown.map(|shown| Shown { name: format!("({})", shown.name), ..shown }))
            }
            _ => self.selector(table, selector, None).map(Some),
        }
    }

    /// `a + b`, as a value for `receiver`.
    pub(super) fn operation_term(
        &mut self,
        left: &Term,
        operator: Arithmetic,
        right: &Term,
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        let unsupported = || unsupported(operator, &left.written(), &right.written());
        let is_open = |term: &Term| matches!(term, Term::Marker(_));
        let shifts = matches!(receiver.ty, CqlType::Timestamp | CqlType::Date);
        if is_open(right) || (is_open(left) && !shifts) {
            return Err(ambiguous(operator, &left.written(), &right.written()));
        }
        let of_right = if shifts { &CqlType::Duration } else { receiver.ty };
        let left_type = self.side(left, receiver.ty, receiver.table)?.ok_or_else(unsupported)?;
        let right_type = self.side(right, of_right, receiver.table)?.ok_or_else(unsupported)?;
        let returns = result_of(operator, &left_type, &right_type).ok_or_else(unsupported)?;
        if returns != *receiver.ty {
            return Err(QueryError::Invalid(format!(
                "Type error: cannot assign result of function system.{} (type {returns}) to {} (type {})",
                operator.function_name(),
                receiver.name,
                receiver.ty
            )));
        }
        let mut arguments = Vec::with_capacity(2);
        for (index, (term, ty)) in [(left, left_type), (right, right_type)].into_iter().enumerate()
        {
            let name = format!("arg{index}(system.{})", operator.function_name());
            let planned = self.term(term, Receiver { name: &name, ty: &ty, ..receiver })?;
            arguments.push((ty, planned));
        }
        let function = Function::Operation(operator, returns);
        Ok(PlannedTerm::Function { name: operator.function_name().into(), function, arguments })
    }

    /// `-a`, as a value for `receiver`.
    pub(super) fn negated_term(
        &mut self,
        term: &Term,
        receiver: Receiver<'_>,
    ) -> Result<PlannedTerm, QueryError> {
        check_number(receiver.ty, &term.written())?;
        let name = format!("arg0(system.{NEGATE})");
        let planned = self.term(term, Receiver { name: &name, ..receiver })?;
        let arguments = vec![(receiver.ty.clone(), planned)];
        Ok(PlannedTerm::Function { name: NEGATE.into(), function: Function::Negation, arguments })
    }

    /// The type of one side of an operation of terms: its own, else the one that is wanted if it can be that.
    fn side(
        &self,
        term: &Term,
        wanted: &CqlType,
        table: &Table,
    ) -> Result<Option<CqlType>, QueryError> {
        Ok(match term {
            Term::Cast { data_type, .. } => Some(self.data_type(data_type, table)?),
            Term::Function { name, .. } => {
                let found = overloads(name, &[], Some(wanted));
                let fits = found.iter().any(|overload| overload.returns == *wanted);
                match found.into_iter().next() {
                    Some(first) if !fits => Some(first.returns),
                    _ => Some(wanted.clone()),
                }
            }
            Term::Literal(Literal::Float(_)) => {
                let fits = matches!(wanted, CqlType::Float | CqlType::Double | CqlType::Decimal);
                fits.then(|| wanted.clone())
            }
            _ => Some(wanted.clone()),
        })
    }
}

/// The type of a constant that is counted with.
fn literal_type(literal: &Literal) -> Option<CqlType> {
    Some(match literal {
        Literal::Integer(text) if text.parse::<i32>().is_ok() => CqlType::Int,
        Literal::Integer(text) if text.parse::<i64>().is_ok() => CqlType::BigInt,
        Literal::Integer(_) => CqlType::VarInt,
        Literal::Float(_) => CqlType::Double,
        Literal::String(text) if text.is_ascii() => CqlType::Ascii,
        Literal::String(_) => CqlType::Text,
        Literal::Duration(_) => CqlType::Duration,
        Literal::Boolean(_) => CqlType::Boolean,
        Literal::Uuid(_) => CqlType::Uuid,
        Literal::Blob(_) => CqlType::Blob,
        Literal::Null => return None,
    })
}

fn check_number(ty: &CqlType, name: &str) -> Result<(), QueryError> {
    if NUMBERS.contains(ty) {
        return Ok(());
    }
    Err(QueryError::Invalid(format!("the '-' operation is not supported on {name}")))
}

fn ambiguous(operator: Arithmetic, left: &str, right: &str) -> QueryError {
    QueryError::Invalid(format!(
        "Ambiguous '{}' operation with args {left} and {right}: use type hint to disambiguate, example '(int) ?'",
        operator.symbol()
    ))
}

fn unsupported(operator: Arithmetic, left: &str, right: &str) -> QueryError {
    QueryError::Invalid(format!(
        "the '{}' operation is not supported between {left} and {right}",
        operator.symbol()
    ))
}

/// A selector as CQL writes it, near enough for a message.
pub(super) fn written(selector: &Selector) -> String {
    match selector {
        Selector::Column(name) => name.clone(),
        Selector::Term(term) => term.written(),
        Selector::Nested(nested) => format!("({})", written(nested)),
        Selector::Tuple(selectors) => {
            let all: Vec<_> = selectors.iter().map(written).collect();
            format!("({})", all.join(", "))
        }
        Selector::Operation(left, operator, right) => {
            format!("{} {} {}", written(left), operator.symbol(), written(right))
        }
        Selector::Negation(negated) => format!("-{}", written(negated)),
        _ => "?".to_owned(),
    }
}
