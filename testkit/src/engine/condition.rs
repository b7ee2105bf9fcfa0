//! What must hold for a conditional modification to be applied.

use std::borrow::Cow;

use helenus_protocol::CqlType;

use super::choice::Choice;
use super::condition_order::in_order;
use super::evaluation::{Evaluated, comparable};
use super::planner::{Planner, column_index};
use super::row_filter::{compares, key_type, operand_type, value_type};
use super::row_view::RowView;
use super::term::{Bindings, PlannedTerm, Receiver};
use crate::cql::ast::{Condition, Operator, Relation, RelationTarget, RelationValue, Term};
use crate::query_error::QueryError;
use crate::schema::Table;
use crate::value::{Collection, collection_elements};

#[derive(Debug)]
pub(super) enum PlannedCondition {
    None,
    NotExists,
    Exists,
    Columns(Vec<ColumnCondition>),
}

#[derive(Debug)]
pub(super) struct ColumnCondition {
    pub(super) column: usize,
    part: Part,
    operator: Operator,
    wanted: Wanted,
}

/// What of the column's value is looked at.
#[derive(Debug)]
enum Part {
    Whole,
    /// `a[key]`
    Element(PlannedTerm),
    /// `a.field`, by the field's number.
    Field(usize, CqlType),
}

#[derive(Debug)]
enum Wanted {
    One(PlannedTerm),
    Any(Choice),
}

impl Planner<'_> {
    pub(super) fn condition(
        &mut self,
        table: &Table,
        condition: &Condition,
    ) -> Result<PlannedCondition, QueryError> {
        Ok(match condition {
            Condition::None => PlannedCondition::None,
            Condition::NotExists => PlannedCondition::NotExists,
            Condition::Exists => PlannedCondition::Exists,
            Condition::Columns(relations) => {
                let planned =
                    relations.iter().map(|relation| self.column_condition(table, relation));
                PlannedCondition::Columns(planned.collect::<Result<_, _>>()?)
            }
        })
    }

    fn column_condition(
        &mut self,
        table: &Table,
        relation: &Relation,
    ) -> Result<ColumnCondition, QueryError> {
        let name = match &relation.target {
            RelationTarget::Column(name)
            | RelationTarget::Element(name, _)
            | RelationTarget::Field(name, _) => name,
            RelationTarget::Token(_) | RelationTarget::Columns(_) => {
                return Err(QueryError::invalid("Only columns can be used in IF conditions"));
            }
        };
        let index = column_index(table, name)?;
        let column = &table.columns[index];
        if column.is_primary_key() {
            return Err(QueryError::Invalid(format!(
                "PRIMARY KEY column '{name}' cannot have IF conditions"
            )));
        }
        let operator = relation.operator;
        if matches!(operator, Operator::Like | Operator::IsNotNull) {
            return Err(QueryError::Invalid(format!(
                "Unsupported \"{}\" relation on {name}",
                operator.symbol()
            )));
        }
        let (part, of, ty) = match &relation.target {
            RelationTarget::Element(_, key) => self.condition_element(table, index, key)?,
            RelationTarget::Field(_, field) => field_of(table, index, field)?,
            _ => {
                let of = match operator {
                    Operator::Contains => format!("value({name})"),
                    Operator::ContainsKey => format!("key({name})"),
                    _ => name.clone(),
                };
                (Part::Whole, of, operand_type(&column.ty, operator).clone())
            }
        };
        let receiver = Receiver { table, name: &of, ty: &ty };
        let wanted = match &relation.value {
            RelationValue::One(term) => Wanted::One(self.term(term, receiver)?),
            several => Wanted::Any(Choice::plan(self, several, receiver)?),
        };
        Ok(ColumnCondition { column: index, part, operator, wanted })
    }

    fn condition_element(
        &mut self,
        table: &Table,
        index: usize,
        key: &Term,
    ) -> Result<(Part, String, CqlType), QueryError> {
        let column = &table.columns[index];
        let name = &column.name;
        let of_key = match &column.ty {
            CqlType::Map(..) => format!("key({name})"),
            CqlType::List(_) => format!("idx({name})"),
            _ => {
                return Err(QueryError::Invalid(format!(
                    "Invalid element access syntax for non-collection column {name}"
                )));
            }
        };
        let receiver = Receiver { table, name: &of_key, ty: key_type(&column.ty) };
        let key = self.term(key, receiver)?;
        Ok((Part::Element(key), format!("value({name})"), value_type(&column.ty).clone()))
    }
}

fn field_of(
    table: &Table,
    index: usize,
    field: &str,
) -> Result<(Part, String, CqlType), QueryError> {
    let column = &table.columns[index];
    let CqlType::Udt(udt) = &column.ty else {
        return Err(QueryError::Invalid(format!(
            "Cannot refer to field {field} of non-UDT column {}",
            column.name
        )));
    };
    let found = udt.fields.iter().position(|(name, _)| **name == *field);
    let Some(number) = found else {
        return Err(QueryError::Invalid(format!(
            "Unknown field {field} for column {}",
            column.name
        )));
    };
    let ty = udt.fields[number].1.clone();
    Ok((Part::Field(number, ty.clone()), format!("{}.{field}", column.name), ty))
}

impl PlannedCondition {
    /// Whether it holds of the row, which is `None` in the view where it does not exist.
    pub(super) fn holds(
        &self,
        view: &RowView<'_>,
        exists: bool,
        bindings: &Bindings<'_>,
    ) -> Result<bool, QueryError> {
        match self {
            Self::None => Ok(true),
            Self::NotExists => Ok(!exists),
            Self::Exists => Ok(exists),
            Self::Columns(conditions) => {
                conditions.iter().try_for_each(|condition| condition.check_bound(bindings))?;
                for condition in in_order(conditions, view.table, bindings)? {
                    condition.check(view.table, bindings)?;
                    if !condition.holds(view, bindings)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    /// The columns that a refusal shows.
    pub(super) fn columns(&self) -> Vec<usize> {
        match self {
            Self::Columns(conditions) => {
                conditions.iter().map(|condition| condition.column).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl ColumnCondition {
    fn holds(&self, view: &RowView<'_>, bindings: &Bindings<'_>) -> Result<bool, QueryError> {
        let column = &view.table.columns[self.column];
        let whole = view.value(self.column);
        if matches!(self.operator, Operator::Contains | Operator::ContainsKey) {
            return self.contains(&column.ty, whole.as_deref(), bindings);
        }
        let (found, ty) = match &self.part {
            Part::Whole => (whole, &column.ty),
            Part::Element(key) => {
                let Some(key) = key.evaluate(bindings)?.into_option() else {
                    return Ok(false);
                };
                let found = whole.and_then(|whole| element(&column.ty, &whole, &key));
                // Cassandra compares a map's value as if it were a key.
                let ty = if let CqlType::Map(key, _) = &column.ty {
                    key
                } else {
                    value_type(&column.ty)
                };
                (found.map(Cow::Owned), ty)
            }
            Part::Field(number, ty) => {
                let field = whole.and_then(|whole| {
                    let field = collection_elements(Collection::Tuple, &whole).nth(*number);
                    field.flatten().map(<[u8]>::to_vec)
                });
                (field.map(Cow::Owned), ty)
            }
        };
        let found = found.map(|value| comparable(ty, &value));
        match &self.wanted {
            Wanted::Any(choice) => {
                let values = choice.nullable_values(bindings)?;
                Ok(values
                    .iter()
                    .any(|value| value.as_ref().map(|value| comparable(ty, value)) == found))
            }
            Wanted::One(term) => match (term.evaluate(bindings)?, found) {
                // A collection without elements is none.
                (Evaluated::Value(wanted), found)
                    if column.data_type.is_multi_cell()
                        && matches!(self.part, Part::Whole)
                        && *wanted == [0; 4] =>
                {
                    let nothing = comparable(ty, &[0; 4]);
                    let found = found.unwrap_or_else(|| nothing.clone());
                    Ok(compares(self.operator, &found, &nothing))
                }
                (Evaluated::Value(wanted), Some(found)) => {
                    Ok(compares(self.operator, &found, &comparable(ty, &wanted)))
                }
                (Evaluated::Value(_), None) => Ok(self.operator == Operator::NotEqual),
                (Evaluated::Null, found) => {
                    Ok(found.is_none() == (self.operator == Operator::Equal))
                }
                // It was refused before.
                (Evaluated::Unset, _) => Ok(false),
            },
        }
    }

    /// The key or the index of what it looks at inside a collection.
    pub(super) fn element<'a>(
        &'a self,
        bindings: &Bindings<'a>,
    ) -> Result<Option<Cow<'a, [u8]>>, QueryError> {
        match &self.part {
            Part::Element(key) => Ok(key.evaluate(bindings)?.into_option()),
            Part::Whole | Part::Field(..) => Ok(None),
        }
    }

    /// Whether it has been given all its values.
    fn check_bound(&self, bindings: &Bindings<'_>) -> Result<(), QueryError> {
        match &self.wanted {
            Wanted::Any(choice) => choice.nullable_values(bindings).map(drop),
            Wanted::One(term) if term.evaluate(bindings)? == Evaluated::Unset => {
                Err(QueryError::invalid("Invalid 'unset' value in condition"))
            }
            Wanted::One(_) => Ok(()),
        }
    }

    /// Whether its values are such as it can compare with.
    fn check(&self, table: &Table, bindings: &Bindings<'_>) -> Result<(), QueryError> {
        if let Part::Element(key) = &self.part {
            check_key(&table.columns[self.column].ty, key, bindings)?;
        }
        let Wanted::One(term) = &self.wanted else {
            return Ok(());
        };
        match (term.evaluate(bindings)?, self.operator) {
            (Evaluated::Null, Operator::Equal | Operator::NotEqual)
            | (Evaluated::Value(_) | Evaluated::Unset, _) => Ok(()),
            (Evaluated::Null, other) => Err(QueryError::Invalid(format!(
                "Invalid comparison with null for operator \"{}\"",
                other.symbol()
            ))),
        }
    }

    fn contains(
        &self,
        ty: &CqlType,
        whole: Option<&[u8]>,
        bindings: &Bindings<'_>,
    ) -> Result<bool, QueryError> {
        let Wanted::One(term) = &self.wanted else {
            return Ok(false);
        };
        let (Some(wanted), Some(whole)) = (term.evaluate(bindings)?.into_option(), whole) else {
            return Ok(false);
        };
        let is_map = matches!(ty, CqlType::Map(..));
        let layout = if is_map { Collection::Pairs } else { Collection::Elements };
        let skip = usize::from(is_map && self.operator == Operator::Contains);
        let step = if is_map { 2 } else { 1 };
        Ok(collection_elements(layout, whole)
            .flatten()
            .skip(skip)
            .step_by(step)
            .any(|item| *item == *wanted))
    }
}

fn check_key(ty: &CqlType, key: &PlannedTerm, bindings: &Bindings<'_>) -> Result<(), QueryError> {
    if key.evaluate(bindings)? == Evaluated::Null {
        return Err(QueryError::Invalid(format!(
            "Invalid null value for {} element access",
            if matches!(ty, CqlType::List(_)) { "list" } else { "map" }
        )));
    }
    Ok(())
}

/// A list's element at an index, or a map's behind a key.
pub(super) fn element(ty: &CqlType, whole: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    if let CqlType::Map(key_type, _) = ty {
        let items: Vec<_> = collection_elements(Collection::Pairs, whole).flatten().collect();
        let wanted = comparable(key_type, key);
        let entry = items.chunks_exact(2).find(|pair| comparable(key_type, pair[0]) == wanted)?;
        return Some(entry[1].to_vec());
    }
    let index = usize::try_from(i32::from_be_bytes(key.try_into().ok()?)).ok()?;
    collection_elements(Collection::Elements, whole).flatten().nth(index).map(<[u8]>::to_vec)
}
