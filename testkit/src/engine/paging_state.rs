//! Where the next page begins, as bytes that mean something to the server only.

use helenus_protocol::Token;
use uuid::Uuid;

use crate::query_error::QueryError;
use crate::storage::PartitionKey;

/// The last row of a page, and how many rows are still wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PagingState {
    pub(super) key: PartitionKey,
    /// The row's byte-comparable clustering; `None` after a row of static columns only.
    pub(super) clustering: Option<Box<[u8]>>,
    pub(super) remaining: u32,
    pub(super) remaining_in_partition: u32,
}

const VERSION: u8 = 1;
const CHECKSUM: usize = 8;

impl PagingState {
    /// For `table` alone: no other one takes these bytes for a state.
    pub(super) fn encode(&self, table: Uuid) -> Vec<u8> {
        let mut out = vec![0; CHECKSUM];
        out.push(VERSION);
        out.extend_from_slice(&self.remaining.to_be_bytes());
        out.extend_from_slice(&self.remaining_in_partition.to_be_bytes());
        // A key has at most 64 KiB for each of its columns, far below what a length can say.
        out.extend_from_slice(
            &u32::try_from(self.key.bytes.len()).unwrap_or(u32::MAX).to_be_bytes(),
        );
        out.extend_from_slice(&self.key.bytes);
        if let Some(clustering) = &self.clustering {
            out.push(1);
            out.extend_from_slice(clustering);
        } else {
            out.push(0);
        }
        let checksum = checksum(&out[CHECKSUM..], table);
        out[..CHECKSUM].copy_from_slice(&checksum);
        out
    }

    pub(super) fn decode(bytes: &[u8], table: Uuid) -> Result<Self, QueryError> {
        Self::read(bytes, table)
            .ok_or_else(|| QueryError::Protocol("Invalid value for the paging state".to_owned()))
    }

    fn read(bytes: &[u8], table: Uuid) -> Option<Self> {
        let (told, rest) = bytes.split_first_chunk::<CHECKSUM>()?;
        if checksum(rest, table) != *told {
            return None;
        }
        let rest = rest.strip_prefix(&[VERSION])?;
        let (remaining, rest) = rest.split_first_chunk()?;
        let (remaining_in_partition, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (key, rest) = rest.split_at_checked(length)?;
        let clustering = match rest.split_first()? {
            (1, order) => Some(order.into()),
            (0, []) => None,
            _ => return None,
        };
        Some(Self {
            key: PartitionKey::new(key.into()),
            clustering,
            remaining: u32::from_be_bytes(*remaining),
            remaining_in_partition: u32::from_be_bytes(*remaining_in_partition),
        })
    }
}

fn checksum(state: &[u8], table: Uuid) -> [u8; CHECKSUM] {
    Token::of_key(&[state, table.as_bytes()].concat()).0.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_to_its_table_and_garbage_does_not_pass_for_one() {
        let table = Uuid::from_u128(1);
        let key = PartitionKey::new((*b"key").into());
        for clustering in [None, Some(Box::from(&b"row"[..]))] {
            let state = PagingState {
                key: key.clone(),
                clustering,
                remaining: 7,
                remaining_in_partition: u32::MAX,
            };
            let encoded = state.encode(table);
            assert_eq!(PagingState::decode(&encoded, table), Ok(state));
            assert!(PagingState::decode(&encoded, Uuid::from_u128(2)).is_err());
            for at in 0..encoded.len() {
                let mut damaged = encoded.clone();
                damaged[at] ^= 1;
                assert!(PagingState::decode(&damaged, table).is_err(), "byte {at}");
                assert!(PagingState::decode(&encoded[..at], table).is_err(), "{at} bytes");
            }
        }
    }
}
