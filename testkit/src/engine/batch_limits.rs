//! What a coordinator says of batches that are large, or about many partitions.

use std::collections::BTreeSet;
use std::sync::Arc;

use helenus_protocol::BatchKind;

use crate::cql::QuotedName;
use crate::query_error::QueryError;
use crate::schema::Table;
use crate::storage::Mutation;

/// Bytes of a batch that is warned of if it is larger.
const WARNED_SIZE: usize = 5 * 1024;
/// Bytes of the largest batch that is done.
const LARGEST: usize = 50 * 1024;
/// Partitions of an unlogged batch that is warned of if it is about more.
const WARNED_PARTITIONS: usize = 10;

/// The warnings about a batch that makes these changes, unless it is refused.
pub(super) fn check(
    changes: &[(&Arc<Table>, Vec<Mutation>)],
    kind: BatchKind,
) -> Result<Vec<String>, QueryError> {
    let mut warnings = Vec::new();
    let tables_that = |holds: &dyn Fn(&Table) -> bool| {
        let tables = changes.iter().map(|(table, _)| &***table).filter(|table| holds(table));
        tables.map(full_name).collect::<BTreeSet<_>>()
    };
    let forgetful = tables_that(&|table| table.options.number("gc_grace_seconds") == 0);
    if kind == BatchKind::Logged && !forgetful.is_empty() {
        warnings.push(format!(
            "Executing a LOGGED BATCH on table{}, configured with a gc_grace_seconds of 0. The gc_grace_seconds is \
             used to TTL batchlog entries, so setting gc_grace_seconds too low on tables involved in an atomic batch \
             might cause batchlog entries to expire before being replayed.",
            listed(&forgetful)
        ));
    }
    let each =
        || changes.iter().flat_map(|(table, made)| made.iter().map(move |one| (*table, one)));
    let partitions: BTreeSet<_> =
        each().map(|(table, mutation)| (&table.keyspace, &mutation.key)).collect();
    if partitions.len() <= 1 {
        return Ok(warnings);
    }
    let tables = tables_that(&|_| true);
    let updates: BTreeSet<_> = each().map(|(table, mutation)| (table.id, &mutation.key)).collect();
    let size = updates.len() * Mutation::PARTITION_SIZE
        + each().map(|(_, mutation)| mutation.data_size()).sum::<usize>();
    if size > LARGEST {
        return Err(QueryError::invalid("Batch too large"));
    }
    if size > WARNED_SIZE {
        let names = tables.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        warnings.push(format!(
            "Batch for [{names}] is of size {size}, exceeding specified threshold of {WARNED_SIZE} by {}.",
            size - WARNED_SIZE
        ));
    }
    let keys: BTreeSet<_> = partitions.iter().map(|(_, key)| key).collect();
    if kind != BatchKind::Logged && keys.len() > WARNED_PARTITIONS {
        warnings.push(format!(
            "Unlogged batch covering {} partitions detected against table{}. You should use a logged batch for \
             atomicity, or asynchronous writes for performance.",
            keys.len(),
            listed(&tables)
        ));
    }
    Ok(warnings)
}

fn full_name(table: &Table) -> String {
    format!("{}.{}", QuotedName(&table.keyspace), QuotedName(&table.name))
}

/// Tables behind the word `table`.
fn listed(tables: &BTreeSet<String>) -> String {
    let plural = if tables.len() == 1 { "" } else { "s" };
    format!("{plural} [{}]", tables.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
}
