//! Which rows of a partition a `WHERE` is about.

use std::ops::Range;
use std::sync::Arc;

use helenus_protocol::CqlType;

use super::choice::Choice;
use super::planner::Planner;
use super::restriction::{
    Filter, Grouped, NEEDS_FILTERING, WhereOf, more_than_one, names_values, unsupported_relation,
};
use super::term::{PlannedTerm, Receiver};
use crate::cql::ast::{Operator, Relation, RelationValue, Term};
use crate::query_error::QueryError;
use crate::schema::Table;

/// Values for the first clustering columns, then a range of the next.
#[derive(Debug, Default)]
pub(super) struct ClusteringRestriction {
    pub(super) equal: Vec<Choice>,
    pub(super) lower: Option<RangeBound>,
    pub(super) upper: Option<RangeBound>,
}

#[derive(Debug)]
pub(super) struct RangeBound {
    pub(super) term: PlannedTerm,
    /// How many columns it bounds, if the term is a tuple of their values.
    pub(super) width: Option<usize>,
    pub(super) inclusive: bool,
}

impl Planner<'_> {
    pub(super) fn clustering_restriction(
        &mut self,
        table: &Arc<Table>,
        grouped: &mut Grouped<'_>,
        scans: bool,
        statement: WhereOf,
        filters: &mut Vec<Filter>,
    ) -> Result<ClusteringRestriction, QueryError> {
        let filters_allowed = statement == (WhereOf::Select { allow_filtering: true });
        let mut clustering = ClusteringRestriction::default();
        let mut unrestricted: Option<&str> = None;
        let mut restricted_until = table.clustering_range().start;
        for index in table.clustering_range() {
            if index < restricted_until {
                continue;
            }
            let several =
                grouped.several.iter().any(|(columns, _)| columns.first() == Some(&index));
            if several && scans && statement == (WhereOf::Select { allow_filtering: false }) {
                return Err(QueryError::invalid(NEEDS_FILTERING));
            }
            if several && unrestricted.is_none() {
                let relations = take_several(grouped, index);
                let width = self.columns_restriction(table, index, &relations, &mut clustering)?;
                restricted_until = index + width;
                self.also_alone(table, grouped, index..restricted_until, &mut clustering)?;
                continue;
            }
            let name = &table.columns[index].name;
            let Some(relations) = grouped.columns.remove(&index) else {
                unrestricted.get_or_insert(name);
                continue;
            };
            let is_indexed = table.indexes.iter().any(|known| known.column == *name);
            let is_contains = relations.iter().any(|relation| {
                matches!(relation.operator, Operator::Contains | Operator::ContainsKey)
            });
            if scans || is_contains {
                if statement == (WhereOf::Select { allow_filtering: false }) && !is_indexed {
                    return Err(QueryError::invalid(NEEDS_FILTERING));
                }
                self.filter(table, index, &relations, filters)?;
                continue;
            }
            let after_range = clustering.lower.is_some() || clustering.upper.is_some();
            if unrestricted.is_some() || after_range {
                let is_select = matches!(statement, WhereOf::Select { .. });
                if filters_allowed || (is_indexed && is_select) {
                    self.filter(table, index, &relations, filters)?;
                    continue;
                }
                return Err(QueryError::Invalid(match unrestricted {
                    Some(before) if !after_range => format!(
                        "PRIMARY KEY column \"{name}\" cannot be restricted as preceding column \"{before}\" is not restricted"
                    ),
                    _ => format!(
                        "Clustering column \"{name}\" cannot be restricted (preceding column \"{}\" is restricted by a non-EQ relation)",
                        table.columns[index - 1].name
                    ),
                }));
            }
            if names_values(&relations) {
                clustering.equal.push(self.choice(table, index, &relations)?);
            } else {
                self.clustering_slice(table, index, &relations, &mut clustering)?;
            }
        }
        if let Some((columns, _)) = grouped.several.first() {
            return Err(misplaced(table, columns));
        }
        Ok(clustering)
    }

    /// Plans the relations of several columns that begin with the one at `first`; returns how many columns they are.
    fn columns_restriction(
        &mut self,
        table: &Arc<Table>,
        first: usize,
        relations: &[(Vec<usize>, &Relation)],
        clustering: &mut ClusteringRestriction,
    ) -> Result<usize, QueryError> {
        let mut widest = 0;
        for (columns, relation) in relations {
            if columns.iter().copied().ne(first..first + columns.len())
                || first + columns.len() > table.clustering_range().end
            {
                return Err(misplaced(table, columns));
            }
            let width = columns.len();
            widest = widest.max(width);
            let names: Vec<_> =
                columns.iter().map(|column| table.columns[*column].name.as_str()).collect();
            let types = columns.iter().map(|column| table.columns[*column].ty.clone());
            let ty = CqlType::Tuple(types.collect());
            let name = format!("({})", names.join(","));
            let receiver = Receiver { table, name: &name, ty: &ty };
            check_width(&relation.value, width)?;
            match relation.operator {
                Operator::Equal | Operator::In => {
                    let choice = Choice::plan(self, &relation.value, receiver)?;
                    clustering.equal.push(choice.of_columns(width));
                }
                operator if operator.is_slice() => {
                    let RelationValue::One(term) = &relation.value else {
                        return Err(unsupported_relation(operator, &name));
                    };
                    let term = self.term(term, receiver)?;
                    bound(clustering, operator, term, Some(width), &name)?;
                }
                operator => return Err(unsupported_relation(operator, &name)),
            }
        }
        Ok(widest)
    }

    /// Columns that are restricted together and alone, too: only the first one can be, by the bound that is missing.
    fn also_alone(
        &mut self,
        table: &Arc<Table>,
        grouped: &mut Grouped<'_>,
        columns: Range<usize>,
        clustering: &mut ClusteringRestriction,
    ) -> Result<(), QueryError> {
        let Some((&column, relations)) = grouped.columns.range(columns.clone()).next() else {
            return Ok(());
        };
        let name = &table.columns[column].name;
        if names_values(relations) || (clustering.lower.is_none() && clustering.upper.is_none()) {
            return Err(QueryError::Invalid(format!(
                "Column \"{name}\" cannot be restricted by both an equality and an inequality relation"
            )));
        }
        if column != columns.start {
            return Err(QueryError::Invalid(format!(
                "Column \"{name}\" cannot be restricted by two inequalities not starting with the same column"
            )));
        }
        let relations = grouped.columns.remove(&column).unwrap_or_default();
        self.clustering_slice(table, column, &relations, clustering)?;
        self.also_alone(table, grouped, columns, clustering)
    }

    fn clustering_slice(
        &mut self,
        table: &Arc<Table>,
        index: usize,
        relations: &[&Relation],
        clustering: &mut ClusteringRestriction,
    ) -> Result<(), QueryError> {
        let column = &table.columns[index];
        for relation in relations {
            if matches!(relation.operator, Operator::Equal | Operator::In) {
                return Err(more_than_one(&column.name, relations));
            }
            let (RelationValue::One(term), true) = (&relation.value, relation.operator.is_slice())
            else {
                return Err(unsupported_relation(relation.operator, &column.name));
            };
            let term = self.term(term, Receiver { table, name: &column.name, ty: &column.ty })?;
            bound(clustering, relation.operator, term, None, &column.name)?;
        }
        Ok(())
    }
}

/// Whether tuples that are written out have a value for each column.
fn check_width(value: &RelationValue, width: usize) -> Result<(), QueryError> {
    let terms = match value {
        RelationValue::One(term) => std::slice::from_ref(term),
        RelationValue::List(terms) => terms,
        RelationValue::ListMarker(_) => &[],
    };
    for term in terms {
        if let Term::Tuple(elements) = term
            && elements.len() != width
        {
            return Err(QueryError::Invalid(format!(
                "Expected {width} elements in value tuple, but got {}: {}",
                elements.len(),
                term.written()
            )));
        }
    }
    Ok(())
}

fn take_several<'r>(grouped: &mut Grouped<'r>, first: usize) -> Vec<(Vec<usize>, &'r Relation)> {
    let begins = |(columns, _): &(Vec<usize>, &Relation)| columns.first() == Some(&first);
    let (taken, others) = std::mem::take(&mut grouped.several).into_iter().partition(begins);
    grouped.several = others;
    taken
}

fn bound(
    clustering: &mut ClusteringRestriction,
    operator: Operator,
    term: PlannedTerm,
    width: Option<usize>,
    name: &str,
) -> Result<(), QueryError> {
    let (slot, inclusive) = match operator {
        Operator::Greater => (&mut clustering.lower, false),
        Operator::GreaterOrEqual => (&mut clustering.lower, true),
        Operator::Less => (&mut clustering.upper, false),
        _ => (&mut clustering.upper, true),
    };
    match slot.replace(RangeBound { term, width, inclusive }) {
        Some(_) => Err(bounded_twice(operator, name)),
        None => Ok(()),
    }
}

/// Whether each end of what a column is filtered by is said once at most.
pub(super) fn check_bounds(name: &str, relations: &[&Relation]) -> Result<(), QueryError> {
    let (mut starts, mut ends) = (0, 0);
    for relation in relations {
        let count = match relation.operator {
            Operator::Greater | Operator::GreaterOrEqual => &mut starts,
            Operator::Less | Operator::LessOrEqual => &mut ends,
            _ => continue,
        };
        *count += 1;
        if *count > 1 {
            return Err(bounded_twice(relation.operator, name));
        }
    }
    Ok(())
}

fn bounded_twice(operator: Operator, name: &str) -> QueryError {
    let is_start = matches!(operator, Operator::Greater | Operator::GreaterOrEqual);
    let bound = if is_start { "start" } else { "end" };
    QueryError::Invalid(format!(
        "More than one restriction was found for the {bound} bound on {name}"
    ))
}

fn misplaced(table: &Table, columns: &[usize]) -> QueryError {
    let key = table.clustering_range();
    let name = |index: &usize| table.columns[*index].name.as_str();
    if let Some(other) = columns.iter().find(|index| !key.contains(index)) {
        return QueryError::Invalid(format!(
            "Multi-column relations can only be applied to clustering columns but was applied to: {}",
            name(other)
        ));
    }
    let names: Vec<_> = columns.iter().map(name).collect();
    let is_in_order = columns.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    if !is_in_order {
        return QueryError::Invalid(format!(
            "Clustering columns must appear in the PRIMARY KEY order in multi-column relations: ({}) ",
            names.join(", ")
        ));
    }
    QueryError::Invalid(format!(
        "PRIMARY KEY column \"{}\" cannot be restricted as preceding column \"{}\" is not restricted",
        names[0],
        name(&columns[0].saturating_sub(1))
    ))
}
