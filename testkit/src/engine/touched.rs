//! The parts of the ring that a statement is about.

use std::ops::Bound;

use helenus_protocol::{BatchKind, Cell, Token};

use super::bounds::{partition_keys, ring_bounds};
use super::modification::ModificationPlan;
use super::planned::{Plan, Planned};
use super::restriction::PartitionRestriction;
use super::term::Bindings;
use super::{Clock, Engine};
use crate::query_error::QueryError;
use crate::replica::Strategy;
use crate::schema::Table;
use crate::storage::PartitionKey;

/// A part of the ring, in a keyspace.
#[derive(Debug, PartialEq)]
pub(crate) enum Touched<'a> {
    Token(Token, &'a Strategy),
    /// Both included.
    Range(Token, Token, &'a Strategy),
    /// A table, on every node.
    Everywhere,
}

impl Touched<'_> {
    /// Where it begins on the ring.
    pub(crate) fn first(&self) -> Token {
        match self {
            Self::Token(first, _) | Self::Range(first, ..) => *first,
            Self::Everywhere => Token(i64::MIN),
        }
    }
}

/// How a statement goes about its tables.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads partitions of a table that are named.
    Partitions(String),
    /// Reads a part of the ring.
    Ranges,
    Write(Vec<String>),
    /// Writes to a table where a condition holds.
    Conditional(String),
    Other,
}

impl Engine {
    /// What `planned` reads or writes with these values.
    pub(crate) fn touched<'p>(
        &self,
        planned: &'p Planned,
        values: &[Cell<'_>],
    ) -> Result<Vec<Touched<'p>>, QueryError> {
        let bindings = Bindings { values, clock: &self.clock, now: Clock::seconds() };
        let modifications = match &planned.plan {
            Plan::Select(select) => {
                let strategy = &select.table.strategy;
                return match &select.restrictions.partition {
                    PartitionRestriction::Keys(choices) => Ok(tokens(
                        &partition_keys(&select.table, choices, &bindings)?,
                        &select.table,
                    )),
                    PartitionRestriction::Tokens { lower, upper } => {
                        let bounds = ring_bounds(lower.as_ref(), upper.as_ref(), &bindings)?;
                        let range = bounds.map(|(lower, upper)| {
                            let first = token_of(&lower).unwrap_or(Token(i64::MIN));
                            let last = token_of(&upper).unwrap_or(Token(i64::MAX));
                            Touched::Range(first, last, strategy)
                        });
                        Ok(range.into_iter().collect())
                    }
                };
            }
            Plan::Modification(modification) => std::slice::from_ref(&**modification),
            Plan::Batch(batch) => batch.statements.as_slice(),
            Plan::Truncate(_) => return Ok(vec![Touched::Everywhere]),
            Plan::Use(_) | Plan::Describe(..) | Plan::Role(..) | Plan::Schema(..) => &[],
        };
        let mut touched = Vec::new();
        for modification in modifications {
            touched.extend(tokens(&modification.partitions(&bindings)?, &modification.table));
        }
        Ok(touched)
    }
}

impl Planned {
    pub(crate) fn access(&self) -> Access {
        let tables = || self.tables().map(|table| table.name.to_string());
        match &self.plan {
            Plan::Select(select) => match select.restrictions.partition {
                PartitionRestriction::Keys(_) => Access::Partitions(select.table.name.to_string()),
                PartitionRestriction::Tokens { .. } => Access::Ranges,
            },
            Plan::Modification(_) | Plan::Batch(_) if self.is_conditional() => {
                Access::Conditional(tables().next().unwrap_or_default())
            }
            Plan::Modification(_) | Plan::Batch(_) => Access::Write(tables().collect()),
            _ => Access::Other,
        }
    }

    /// The strategies of the keyspaces that it is about.
    pub(crate) fn strategies(&self) -> impl Iterator<Item = &Strategy> {
        self.tables().map(|table| &*table.strategy)
    }

    /// The kind of batch that it is, if it is one.
    pub(crate) fn batch_kind(&self) -> Option<BatchKind> {
        match &self.plan {
            Plan::Batch(batch) => Some(batch.kind),
            _ => None,
        }
    }

    /// Whether it counts.
    pub(crate) fn is_about_counters(&self) -> bool {
        self.tables().any(|table| table.is_counter())
    }

    /// Whether it writes only where a condition holds.
    pub(crate) fn is_conditional(&self) -> bool {
        match &self.plan {
            Plan::Modification(modification) => modification.is_conditional(),
            Plan::Batch(batch) => batch.statements.iter().any(ModificationPlan::is_conditional),
            _ => false,
        }
    }
}

fn tokens<'p>(keys: &[PartitionKey], table: &'p Table) -> Vec<Touched<'p>> {
    keys.iter().map(|key| Touched::Token(key.token, &table.strategy)).collect()
}

fn token_of(bound: &Bound<PartitionKey>) -> Option<Token> {
    match bound {
        Bound::Included(key) | Bound::Excluded(key) => Some(key.token),
        Bound::Unbounded => None,
    }
}
