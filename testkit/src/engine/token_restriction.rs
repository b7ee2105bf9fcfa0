//! Which part of the ring a `WHERE` with `token(…)` is about.

use std::sync::Arc;

use helenus_protocol::CqlType;

use super::planner::Planner;
use super::restriction::{PartitionRestriction, unsupported_relation};
use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{Operator, Relation, RelationValue, Term};
use crate::query_error::QueryError;
use crate::schema::Table;

#[derive(Debug)]
pub(super) struct TokenBound {
    pub(super) token: TokenTerm,
    pub(super) inclusive: bool,
}

#[derive(Debug)]
pub(super) enum TokenTerm {
    Value(PlannedTerm),
    /// `token(a, b)` of values.
    OfKey(Vec<PlannedTerm>),
}

impl Planner<'_> {
    pub(super) fn token_restriction(
        &mut self,
        table: &Arc<Table>,
        relations: &[&Relation],
    ) -> Result<PartitionRestriction, QueryError> {
        let (mut lower, mut upper) = (None, None);
        for relation in relations {
            let RelationValue::One(term) = &relation.value else {
                return Err(QueryError::invalid("IN cannot be used with the token function"));
            };
            let mut bound = |inclusive| {
                Ok::<_, QueryError>(TokenBound { token: self.token_term(table, term)?, inclusive })
            };
            let slots: &mut [(&mut Option<TokenBound>, bool)] = match relation.operator {
                Operator::Greater => &mut [(&mut lower, false)],
                Operator::GreaterOrEqual => &mut [(&mut lower, true)],
                Operator::Less => &mut [(&mut upper, false)],
                Operator::LessOrEqual => &mut [(&mut upper, true)],
                Operator::Equal => &mut [(&mut lower, true), (&mut upper, true)],
                other => return Err(unsupported_relation(other, "token")),
            };
            for (slot, inclusive) in slots {
                if slot.replace(bound(*inclusive)?).is_some() {
                    let problem = "More than one restriction was found for the same bound on the partition key";
                    return Err(QueryError::invalid(problem));
                }
            }
        }
        Ok(PartitionRestriction::Tokens { lower, upper })
    }

    fn token_term(&mut self, table: &Arc<Table>, term: &Term) -> Result<TokenTerm, QueryError> {
        match term {
            Term::Function { name, arguments } if name == "token" => {
                let key = table.partition_key();
                if arguments.len() != key.len() {
                    return Err(QueryError::Invalid(format!(
                        "Invalid number of arguments in call to function system.token: {} required but {} provided",
                        key.len(),
                        arguments.len()
                    )));
                }
                let values =
                    arguments.iter().zip(key).enumerate().map(|(index, (argument, column))| {
                        let name = format!("arg{index}(system.token)");
                        self.term(argument, Receiver { table, name: &name, ty: &column.ty })
                    });
                values.collect::<Result<_, _>>().map(TokenTerm::OfKey)
            }
            _ => {
                let receiver =
                    Receiver { table, name: "partition key token", ty: &CqlType::BigInt };
                self.term(term, receiver).map(TokenTerm::Value)
            }
        }
    }
}
