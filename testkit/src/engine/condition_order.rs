//! The order in which Cassandra looks at the conditions of a statement: that of a Java hash table, whose keys are their
//! columns and elements. The first that does not hold ends it, so that a bad value behind it is not complained of.

use super::condition::ColumnCondition;
use super::term::Bindings;
use crate::query_error::QueryError;
use crate::schema::Table;

/// Buckets of a new table. It doubles once more than three in four are taken.
const BUCKETS: usize = 16;

pub(super) fn in_order<'c>(
    conditions: &'c [ColumnCondition],
    table: &Table,
    bindings: &Bindings<'_>,
) -> Result<Vec<&'c ColumnCondition>, QueryError> {
    let mut buckets = BUCKETS;
    while conditions.len() > buckets / 4 * 3 {
        buckets *= 2;
    }
    let mut placed = Vec::with_capacity(conditions.len());
    for condition in conditions {
        let element = condition.element(bindings)?;
        let column = table.columns[condition.column].name.as_bytes();
        let hash = hash_of_pair(column, element.as_deref());
        placed.push(((hash ^ (hash >> 16)) as usize & (buckets - 1), condition));
    }
    placed.sort_by_key(|(bucket, _)| *bucket);
    Ok(placed.into_iter().map(|(_, condition)| condition).collect())
}

fn hash_of_pair(column: &[u8], element: Option<&[u8]>) -> u32 {
    let element = element.map_or(0, hash_of_bytes);
    31u32.wrapping_add(hash_of_bytes(column)).wrapping_mul(31).wrapping_add(element)
}

/// As a `ByteBuffer` has it: from the last byte to the first, each with a sign.
fn hash_of_bytes(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(1, |hash: u32, byte| {
        let signed = i32::from(byte.cast_signed()).cast_unsigned();
        hash.wrapping_mul(31).wrapping_add(signed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_java_s() {
        assert_eq!(hash_of_bytes(b""), 1);
        assert_eq!(hash_of_bytes(b"l"), 139);
        // ((1 * 31 - 1) * 31 + 2)
        assert_eq!(hash_of_bytes(&[2, 0xFF]), 932);
        assert_eq!(hash_of_pair(b"l", None), 5270);
        assert_eq!(hash_of_pair(b"m", Some(b"a")), 5429);
    }
}
