//! Restrictions with their values: keys, stretches of the ring, rows next to each other.

use std::borrow::Cow;
use std::ops::Bound;

use helenus_protocol::Token;

use super::choice::{Choice, components};
use super::clustering_restriction::{ClusteringRestriction, RangeBound};
use super::evaluation::Evaluated;
use super::term::{Bindings, PlannedTerm};
use super::token_restriction::{TokenBound, TokenTerm};
use crate::query_error::QueryError;
use crate::schema::{Column, Table};
use crate::storage::{Clustering, ClusteringRange, PartitionKey};
use crate::value::write_byte_comparable;

const LONGEST_KEY: usize = 65_535;

/// The partition keys that the choices for its columns make, in the order of their values.
pub(super) fn partition_keys(
    table: &Table,
    choices: &[Choice],
    bindings: &Bindings<'_>,
) -> Result<Vec<PartitionKey>, QueryError> {
    let is_one = choices.iter().all(Choice::is_one);
    let mut keys = Vec::with_capacity(1);
    for components in combinations(choices, bindings)? {
        if components.iter().any(|component| component.len() > LONGEST_KEY) {
            return Err(QueryError::Invalid(format!(
                "Key length of {} is longer than maximum of {LONGEST_KEY}",
                components.iter().map(|component| component.len()).sum::<usize>()
            )));
        }
        if let [only] = components.as_slice()
            && only.is_empty()
        {
            return Err(QueryError::invalid("Key may not be empty"));
        }
        let mut order = Vec::new();
        if !is_one {
            for (column, component) in table.partition_key().iter().zip(&components) {
                write_byte_comparable(&column.ty, component, false, &mut order);
            }
        }
        keys.push((order, PartitionKey::of_components(&components)));
    }
    if !is_one {
        keys.sort();
        keys.dedup();
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// Every combination of one value from each choice.
pub(super) fn combinations<'a>(
    choices: &'a [Choice],
    bindings: &Bindings<'a>,
) -> Result<Vec<Vec<Cow<'a, [u8]>>>, QueryError> {
    const MOST: usize = 10_000;
    let mut combinations = vec![Vec::with_capacity(choices.len())];
    for choice in choices {
        let values = choice.components(bindings)?;
        if values.is_empty() {
            // Nothing is chosen, whatever the others are: they are not looked at.
            return Ok(Vec::new());
        }
        if let [only] = values.as_slice() {
            for combination in &mut combinations {
                combination.extend(only.iter().cloned());
            }
            continue;
        }
        if combinations.len().saturating_mul(values.len()) > MOST {
            return Err(QueryError::Invalid(format!(
                "IN restrictions select more than {MOST} combinations"
            )));
        }
        let extended = combinations.iter().flat_map(|combination| {
            values.iter().map(|value| {
                let mut combination = combination.clone();
                combination.extend(value.iter().cloned());
                combination
            })
        });
        combinations = extended.collect();
    }
    Ok(combinations)
}

impl TokenBound {
    pub(super) fn token(&self, bindings: &Bindings<'_>) -> Result<Token, QueryError> {
        match &self.token {
            TokenTerm::Value(term) => {
                let value = value_of(term, "partition key token", bindings)?;
                value.as_ref().try_into().map(|bytes| Token(i64::from_be_bytes(bytes))).map_err(
                    |_| {
                        QueryError::invalid(
                            "Invalid null value in condition for column partition key token",
                        )
                    },
                )
            }
            TokenTerm::OfKey(terms) => {
                let values: Result<Vec<_>, _> = terms
                    .iter()
                    .map(|term| value_of(term, "partition key token", bindings))
                    .collect();
                let values = values?;
                let is_empty = matches!(values.as_slice(), [only] if only.is_empty());
                // No row has an empty key; it stands for the ring's beginning.
                Ok(if is_empty {
                    Token(i64::MIN)
                } else {
                    PartitionKey::of_components(&values).token
                })
            }
        }
    }
}

/// A stretch of the ring.
type RingBounds = (Bound<PartitionKey>, Bound<PartitionKey>);

/// The ring between two tokens, as bounds on partition keys: `None` if it is empty.
pub(super) fn ring_bounds(
    lower: Option<&TokenBound>,
    upper: Option<&TokenBound>,
    bindings: &Bindings<'_>,
) -> Result<Option<RingBounds>, QueryError> {
    // The least key of a token; no key of the token before it comes after.
    let first_of = |token: Token| PartitionKey { token, bytes: Box::default() };
    let after = |token: Token| token.0.checked_add(1).map(|next| first_of(Token(next)));
    let lower = match lower {
        None => Bound::Unbounded,
        Some(bound) if bound.inclusive => Bound::Included(first_of(bound.token(bindings)?)),
        Some(bound) => match after(bound.token(bindings)?) {
            Some(first) => Bound::Included(first),
            None => return Ok(None),
        },
    };
    let upper = match upper {
        None => Bound::Unbounded,
        // As an upper bound, the minimum stands for the end of the ring.
        Some(bound) if bound.token(bindings)? == Token(i64::MIN) => Bound::Unbounded,
        Some(bound) if !bound.inclusive => Bound::Excluded(first_of(bound.token(bindings)?)),
        Some(bound) => after(bound.token(bindings)?).map_or(Bound::Unbounded, Bound::Excluded),
    };
    Ok(Some((lower, upper)))
}

impl ClusteringRestriction {
    pub(super) fn is_unrestricted(&self) -> bool {
        self.equal.is_empty() && self.lower.is_none() && self.upper.is_none()
    }

    /// Whether it names whole rows rather than ranges of them.
    pub(super) fn names_rows(&self, table: &Table) -> bool {
        self.restricted() == table.clustering().len()
    }

    /// How many columns have values.
    pub(super) fn restricted(&self) -> usize {
        self.equal.iter().map(Choice::width).sum()
    }

    /// The rows that it names, in their order.
    pub(super) fn rows(
        &self,
        table: &Table,
        bindings: &Bindings<'_>,
    ) -> Result<Vec<Clustering>, QueryError> {
        let mut rows = Vec::with_capacity(1);
        for values in combinations(&self.equal, bindings)? {
            rows.push(Clustering::new(table.clustering(), values.iter().map(AsRef::as_ref)));
        }
        if rows.len() > 1 {
            rows.sort_by(|a, b| a.order.cmp(&b.order));
            rows.dedup();
        }
        Ok(rows)
    }

    /// Whether its bounds are values: a null selects rows, and deletes none.
    pub(super) fn check_bounds(
        &self,
        table: &Table,
        bindings: &Bindings<'_>,
    ) -> Result<(), QueryError> {
        let Some(column) = table.clustering().get(self.restricted()) else {
            return Ok(());
        };
        for bound in self.lower.iter().chain(&self.upper) {
            value_of(&bound.term, &column.name, bindings)?;
        }
        Ok(())
    }

    /// The ranges of rows that it selects, in their order.
    pub(super) fn ranges(
        &self,
        table: &Table,
        bindings: &Bindings<'_>,
    ) -> Result<Vec<ClusteringRange>, QueryError> {
        if self.is_unrestricted() {
            return Ok(vec![ClusteringRange::all()]);
        }
        let columns = table.clustering();
        let mut prefixes = Vec::with_capacity(1);
        for values in combinations(&self.equal, bindings)? {
            prefixes.push(Clustering::new(columns, values.iter().map(AsRef::as_ref)).order);
        }
        prefixes.sort();
        prefixes.dedup();
        let mut ranges = Vec::with_capacity(prefixes.len());
        for prefix in &prefixes {
            ranges.extend(self.ranges_behind(prefix, &columns[self.restricted()..], bindings)?);
        }
        Ok(ranges)
    }

    fn ranges_behind(
        &self,
        prefix: &[u8],
        next: &[Column],
        bindings: &Bindings<'_>,
    ) -> Result<Vec<ClusteringRange>, QueryError> {
        let mut ranges = vec![ClusteringRange::of_prefix(prefix)];
        for (bound, is_lower) in [(&self.lower, true), (&self.upper, false)] {
            if let Some(bound) = bound {
                let within = bound.ranges(prefix, next, is_lower, bindings)?;
                let meet = |range: &ClusteringRange| {
                    within.iter().filter_map(|other| range.intersection(other)).collect::<Vec<_>>()
                };
                ranges = ranges.iter().flat_map(meet).collect();
            }
        }
        ranges.sort_by(|a, b| a.first().cmp(b.first()));
        Ok(ranges)
    }
}

impl RangeBound {
    /// The rows on the bound's side of it. Of several columns that do not all go one way, they are not next to each
    /// other: those that differ in the first column, those that have its value and differ in the second, and so on.
    fn ranges(
        &self,
        prefix: &[u8],
        columns: &[Column],
        is_lower: bool,
        bindings: &Bindings<'_>,
    ) -> Result<Vec<ClusteringRange>, QueryError> {
        let name = &columns[0].name;
        let starts = |column: &Column| is_lower != column.is_descending();
        let values = match (self.width, self.term.evaluate(bindings)?) {
            // Null stands before all values, whichever way they are ordered.
            (None, Evaluated::Null) if starts(&columns[0]) => {
                return Ok(vec![ClusteringRange::of_prefix(prefix)]);
            }
            (None, Evaluated::Null) => return Ok(Vec::new()),
            (None, _) => vec![value_of(&self.term, name, bindings)?],
            (Some(width), _) => components(&value_of(&self.term, name, bindings)?, width, name)?,
        };
        let mut prefix = prefix.to_vec();
        let mut ranges = Vec::with_capacity(values.len());
        for (index, (column, value)) in columns.iter().zip(&values).enumerate() {
            let range = ClusteringRange::of_prefix(&prefix);
            write_byte_comparable(&column.ty, value, column.is_descending(), &mut prefix);
            let inclusive = self.inclusive && index + 1 == values.len();
            ranges.push(if starts(column) {
                range.starting_from(&prefix, inclusive)
            } else {
                range.ending_at(&prefix, inclusive)
            });
        }
        Ok(ranges)
    }
}

fn value_of<'a>(
    term: &'a PlannedTerm,
    name: &str,
    bindings: &Bindings<'a>,
) -> Result<Cow<'a, [u8]>, QueryError> {
    match term.evaluate(bindings)? {
        Evaluated::Value(value) => Ok(value),
        Evaluated::Null => {
            Err(QueryError::Invalid(format!("Invalid null value in condition for column {name}")))
        }
        Evaluated::Unset => {
            Err(QueryError::Invalid(format!("Invalid unset value for column {name}")))
        }
    }
}
