//! What a SELECT shows of each row, or of all of them together.

use std::borrow::Cow;
use std::sync::Arc;

use helenus_protocol::{ColumnSpec, CqlType};

use super::clock::Clock;
use super::function::Function;
use super::planner::column_index;
use super::row_view::RowView;
use super::term::comparable;
use crate::cql::ast::{Selection, Selector};
use crate::query_error::QueryError;
use crate::schema::Table;

#[derive(Debug)]
pub(super) enum PlannedSelector {
    Column(usize),
    WriteTime(usize),
    Ttl(usize),
    Token,
    Function { function: Function, argument: Option<(CqlType, Box<PlannedSelector>)> },
    Aggregate { aggregate: Aggregate, argument: Option<(CqlType, Box<PlannedSelector>)> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Min,
    Max,
}

/// A selector with the name and the type of its column in the result.
struct Shown {
    selector: PlannedSelector,
    name: String,
    ty: CqlType,
}

/// Plans a selection: the selectors, and the columns that they make.
pub(super) fn plan(
    table: &Arc<Table>,
    selection: &Selection,
) -> Result<(Vec<PlannedSelector>, Vec<ColumnSpec>), QueryError> {
    let Selection::Selectors(items) = selection else {
        let selectors = (0..table.columns.len()).map(PlannedSelector::Column).collect();
        let columns = table
            .columns
            .iter()
            .map(|column| table.spec(&*column.name, column.ty.clone()))
            .collect();
        return Ok((selectors, columns));
    };
    let mut selectors = Vec::with_capacity(items.len());
    let mut columns = Vec::with_capacity(items.len());
    for item in items {
        let shown = plan_selector(table, &item.selector)?;
        columns.push(table.spec(item.alias.clone().unwrap_or(shown.name), shown.ty));
        selectors.push(shown.selector);
    }
    Ok((selectors, columns))
}

fn plan_selector(table: &Table, selector: &Selector) -> Result<Shown, QueryError> {
    match selector {
        Selector::Column(name) => {
            let index = column_index(table, name)?;
            let ty = table.columns[index].ty.clone();
            Ok(Shown { selector: PlannedSelector::Column(index), name: name.clone(), ty })
        }
        Selector::CountRows => Ok(Shown {
            selector: PlannedSelector::Aggregate { aggregate: Aggregate::Count, argument: None },
            name: "count".to_owned(),
            ty: CqlType::BigInt,
        }),
        Selector::Function { name, arguments } => plan_function(table, name, arguments),
    }
}

fn plan_function(table: &Table, name: &str, arguments: &[Selector]) -> Result<Shown, QueryError> {
    match (name, arguments) {
        ("writetime" | "ttl", [Selector::Column(column)]) => {
            let index = column_index(table, column)?;
            if table.columns[index].is_primary_key() {
                let problem =
                    format!("Cannot use selection function {name} on PRIMARY KEY part {column}");
                return Err(QueryError::Invalid(problem));
            }
            let (selector, ty) = if name == "ttl" {
                (PlannedSelector::Ttl(index), CqlType::Int)
            } else {
                (PlannedSelector::WriteTime(index), CqlType::BigInt)
            };
            return Ok(Shown { selector, name: format!("{name}({column})"), ty });
        }
        ("token", arguments) => {
            let key =
                table.partition_key().iter().map(|column| Selector::Column(column.name.clone()));
            if !key.eq(arguments.iter().cloned()) {
                return Err(QueryError::invalid(
                    "Invalid call to function system.token: it takes the partition key",
                ));
            }
            let names: Vec<_> =
                table.partition_key().iter().map(|column| column.name.as_str()).collect();
            let name = format!("system.token({})", names.join(", "));
            return Ok(Shown { selector: PlannedSelector::Token, name, ty: CqlType::BigInt });
        }
        _ => {}
    }
    let arguments: Vec<_> = arguments
        .iter()
        .map(|argument| plan_selector(table, argument))
        .collect::<Result<_, _>>()?;
    let names: Vec<_> = arguments.iter().map(|argument| argument.name.as_str()).collect();
    let shown_name = format!("system.{name}({})", names.join(", "));
    let unfit =
        || QueryError::Invalid(format!("Invalid call to function {shown_name}: wrong arguments"));
    let mut arguments = arguments.into_iter();
    let argument = arguments.next().map(|argument| (argument.ty, Box::new(argument.selector)));
    if arguments.next().is_some() {
        return Err(unfit());
    }
    if let (Some(aggregate), Some((ty, _))) = (Aggregate::named(name), &argument) {
        let ty = if aggregate == Aggregate::Count { CqlType::BigInt } else { ty.clone() };
        return Ok(Shown {
            selector: PlannedSelector::Aggregate { aggregate, argument },
            name: shown_name,
            ty,
        });
    }
    let Some(function) = Function::named(name) else {
        return Err(QueryError::Invalid(format!("Unknown function '{name}'")));
    };
    let fits = match &argument {
        None => function.argument().is_empty(),
        Some((ty, _)) => function.argument().contains(ty),
    };
    if !fits {
        return Err(unfit());
    }
    let selector = PlannedSelector::Function { function, argument };
    Ok(Shown { selector, name: shown_name, ty: function.returns() })
}

impl Aggregate {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }
}

impl PlannedSelector {
    pub(super) fn is_aggregate(&self) -> bool {
        matches!(self, Self::Aggregate { .. })
    }

    /// Its value for one row; an aggregate's argument.
    pub(super) fn evaluate<'a>(&self, view: &RowView<'a>, clock: &Clock) -> Option<Cow<'a, [u8]>> {
        let owned = |bytes: &[u8]| Some(Cow::Owned(bytes.to_vec()));
        match self {
            Self::Column(column) => view.owned_value(*column),
            Self::WriteTime(column) => owned(&view.cell(*column)?.timestamp.to_be_bytes()),
            Self::Ttl(column) => {
                owned(&view.cell(*column)?.lifetime.remaining(view.now)?.to_be_bytes())
            }
            Self::Token => owned(&view.key.token.0.to_be_bytes()),
            Self::Function { function, argument } => {
                let Some((ty, selector)) = argument else {
                    return function.evaluate(None, clock).map(Cow::Owned);
                };
                let value = selector.evaluate(view, clock)?;
                function.evaluate(Some((ty, &value)), clock).map(Cow::Owned)
            }
            Self::Aggregate { argument, .. } => match argument {
                Some((_, selector)) => selector.evaluate(view, clock),
                None => Some(Cow::Borrowed(&[])),
            },
        }
    }
}

/// What a selector has made of the rows so far.
#[derive(Debug)]
pub(super) enum Accumulator {
    Count(i64),
    /// The least or the greatest value, and its byte-comparable form.
    Extreme(Option<(Vec<u8>, Vec<u8>)>),
    /// A plain selector among aggregates shows the first row.
    First(Option<Option<Vec<u8>>>),
}

impl Accumulator {
    pub(super) fn new(selector: &PlannedSelector) -> Self {
        match selector {
            PlannedSelector::Aggregate { aggregate: Aggregate::Count, .. } => Self::Count(0),
            PlannedSelector::Aggregate { .. } => Self::Extreme(None),
            _ => Self::First(None),
        }
    }

    pub(super) fn add(&mut self, selector: &PlannedSelector, view: &RowView<'_>, clock: &Clock) {
        let value = selector.evaluate(view, clock);
        match (self, selector, value) {
            (Self::Count(count), _, Some(_)) => *count += 1,
            (
                Self::Extreme(extreme),
                PlannedSelector::Aggregate { aggregate, argument: Some((ty, _)) },
                Some(value),
            ) => {
                let order = comparable(ty, &value);
                let better = extreme.as_ref().is_none_or(|(best, _)| match aggregate {
                    Aggregate::Min => order < *best,
                    _ => order > *best,
                });
                if better {
                    *extreme = Some((order, value.into_owned()));
                }
            }
            (Self::First(first), _, value) => {
                first.get_or_insert_with(|| value.map(Cow::into_owned));
            }
            _ => {}
        }
    }

    pub(super) fn finish(self) -> Option<Vec<u8>> {
        match self {
            Self::Count(count) => Some(count.to_be_bytes().to_vec()),
            Self::Extreme(extreme) => extreme.map(|(_, value)| value),
            Self::First(first) => first.flatten(),
        }
    }
}
