//! Restrictions with their values: keys, stretches of the ring, rows next to each other.

use std::borrow::Cow;
use std::ops::Bound;

use helenus_protocol::Token;

use super::choice::Choice;
use super::restriction::{ClusteringRestriction, RangeBound, TokenBound, TokenTerm};
use super::term::{Bindings, Evaluated, PlannedTerm};
use crate::query_error::QueryError;
use crate::schema::{Column, Table};
use crate::storage::{Clustering, ClusteringRange, PartitionKey};
use crate::value::write_byte_comparable;

const LONGEST_KEY: usize = 65_535;

/// The partition keys that the choices for its columns make, in the order of the ring.
pub(super) fn partition_keys(
    choices: &[Choice],
    bindings: &Bindings<'_>,
) -> Result<Vec<PartitionKey>, QueryError> {
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
        keys.push(PartitionKey::of_components(&components));
    }
    if keys.len() > 1 {
        keys.sort();
        keys.dedup();
    }
    Ok(keys)
}

/// Every combination of one value from each choice.
fn combinations<'a>(
    choices: &'a [Choice],
    bindings: &Bindings<'a>,
) -> Result<Vec<Vec<Cow<'a, [u8]>>>, QueryError> {
    const MOST: usize = 10_000;
    let mut combinations = vec![Vec::with_capacity(choices.len())];
    for choice in choices {
        let mut values = choice.values(bindings)?;
        if let [only] = values.as_mut_slice() {
            for combination in &mut combinations {
                combination.push(only.clone());
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
                combination.push(value.clone());
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
                Ok(PartitionKey::of_components(&values?).token)
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
        self.equal.len() == table.clustering().len()
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
        prefixes
            .iter()
            .map(|prefix| self.range(prefix, columns.get(self.equal.len()), bindings))
            .collect()
    }

    fn range(
        &self,
        prefix: &[u8],
        next: Option<&Column>,
        bindings: &Bindings<'_>,
    ) -> Result<ClusteringRange, QueryError> {
        let mut range = ClusteringRange::of_prefix(prefix);
        let Some(column) = next else {
            return Ok(range);
        };
        let (first, last) = if column.is_descending() {
            (&self.upper, &self.lower)
        } else {
            (&self.lower, &self.upper)
        };
        if let Some(bound) = first {
            range = range.starting_from(&bound.prefix(prefix, column, bindings)?, bound.inclusive);
        }
        if let Some(bound) = last {
            range = range.ending_at(&bound.prefix(prefix, column, bindings)?, bound.inclusive);
        }
        Ok(range)
    }
}

impl RangeBound {
    fn prefix(
        &self,
        prefix: &[u8],
        column: &Column,
        bindings: &Bindings<'_>,
    ) -> Result<Vec<u8>, QueryError> {
        let value = value_of(&self.term, &column.name, bindings)?;
        let mut prefix = prefix.to_vec();
        write_byte_comparable(&column.ty, &value, column.is_descending(), &mut prefix);
        Ok(prefix)
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
