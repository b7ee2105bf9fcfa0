//! The relations that are checked row by row.

use helenus_protocol::CqlType;

use super::evaluation::comparable;
use super::restriction::{Filter, FilterTarget};
use super::row_view::RowView;
use super::term::Bindings;
use crate::cql::ast::Operator;
use crate::query_error::QueryError;
use crate::schema::Table;
use crate::value::{Collection, collection_elements};

/// Filters with their values, in byte-comparable form.
#[derive(Debug)]
pub(super) struct RowFilter {
    checks: Vec<Check>,
}

#[derive(Debug)]
struct Check {
    target: Target,
    operator: Operator,
    values: Vec<Vec<u8>>,
}

#[derive(Debug)]
enum Target {
    Column(usize),
    /// A map's value behind a key, which is byte-comparable.
    Element(usize, Vec<u8>),
}

impl RowFilter {
    pub(super) fn new(
        filters: &[Filter],
        table: &Table,
        bindings: &Bindings<'_>,
    ) -> Result<Self, QueryError> {
        let check = |filter: &Filter| Check::new(filter, table, bindings);
        Ok(Self { checks: filters.iter().map(check).collect::<Result<_, QueryError>>()? })
    }

    pub(super) fn accepts(&self, view: &RowView<'_>) -> bool {
        self.checks.iter().all(|check| check.accepts(view).unwrap_or(false))
    }
}

impl Check {
    fn new(filter: &Filter, table: &Table, bindings: &Bindings<'_>) -> Result<Self, QueryError> {
        let ty = |column: usize| &table.columns[column].ty;
        let Filter { target, operator, choice } = filter;
        let mut values = Vec::new();
        for components in choice.components(bindings)? {
            let mut value = Vec::new();
            match target {
                FilterTarget::Column(column) => {
                    let ty = operand_type(ty(*column), *operator);
                    components.iter().for_each(|part| value.extend(comparable(ty, part)));
                }
                FilterTarget::Element(column, _) => {
                    let ty = value_type(ty(*column));
                    components.iter().for_each(|part| value.extend(comparable(ty, part)));
                }
            }
            values.push(value);
        }
        let target = match target {
            FilterTarget::Column(column) => Target::Column(*column),
            FilterTarget::Element(column, key) => {
                let key = key.values(bindings)?;
                let key = key.first().map(|key| comparable(key_type(ty(*column)), key));
                Target::Element(*column, key.unwrap_or_default())
            }
        };
        Ok(Self { target, operator: *operator, values })
    }

    fn accepts(&self, view: &RowView<'_>) -> Option<bool> {
        let ty = |column: usize| &view.table.columns[column].ty;
        let matches =
            |found: &[u8]| self.values.iter().any(|wanted| compares(self.operator, found, wanted));
        let found = match &self.target {
            Target::Column(column) => {
                let (ty, value) = (ty(*column), view.value(*column)?);
                match self.operator {
                    Operator::Contains | Operator::ContainsKey => {
                        return Some(
                            elements(ty, &value, self.operator).iter().any(|e| matches(e)),
                        );
                    }
                    _ => comparable(ty, &value),
                }
            }
            Target::Element(column, key) => {
                let (ty, value) = (ty(*column), view.value(*column)?);
                let items: Vec<_> =
                    collection_elements(Collection::Pairs, &value).flatten().collect();
                let entry =
                    items.chunks_exact(2).find(|pair| comparable(key_type(ty), pair[0]) == *key)?;
                comparable(value_type(ty), entry[1])
            }
        };
        Some(matches(&found))
    }
}

/// What `CONTAINS` or `CONTAINS KEY` looks at, in byte-comparable form.
fn elements(ty: &CqlType, value: &[u8], operator: Operator) -> Vec<Vec<u8>> {
    let is_map = matches!(ty, CqlType::Map(..));
    let layout = if is_map { Collection::Pairs } else { Collection::Elements };
    let items = collection_elements(layout, value).flatten();
    let operand = operand_type(ty, operator);
    let skip = usize::from(is_map && operator == Operator::Contains);
    let step = if is_map { 2 } else { 1 };
    items.skip(skip).step_by(step).map(|item| comparable(operand, item)).collect()
}

/// The type of what a relation compares a column of type `ty` with.
pub(super) fn operand_type(ty: &CqlType, operator: Operator) -> &CqlType {
    match operator {
        Operator::Contains => value_type(ty),
        Operator::ContainsKey => key_type(ty),
        _ => ty,
    }
}

pub(super) fn key_type(ty: &CqlType) -> &CqlType {
    match ty {
        CqlType::Map(key, _) => key,
        CqlType::List(_) => &CqlType::Int,
        _ => ty,
    }
}

pub(super) fn value_type(ty: &CqlType) -> &CqlType {
    match ty {
        CqlType::Map(_, element) | CqlType::List(element) | CqlType::Set(element) => element,
        _ => ty,
    }
}

/// Whether `found operator wanted` holds of two byte-comparable values.
pub(super) fn compares(operator: Operator, found: &[u8], wanted: &[u8]) -> bool {
    match operator {
        Operator::Equal | Operator::In | Operator::Contains | Operator::ContainsKey => {
            found == wanted
        }
        Operator::NotEqual => found != wanted,
        Operator::Less => found < wanted,
        Operator::LessOrEqual => found <= wanted,
        Operator::Greater => found > wanted,
        Operator::GreaterOrEqual => found >= wanted,
        Operator::Like | Operator::IsNotNull => false,
    }
}
