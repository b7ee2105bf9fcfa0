use std::sync::LazyLock;

use bytes::Bytes;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    CqlType, DecodeValue, DecodeValueError, EncodeValue, EncodeValueError, Payload, Token,
};

/// A range of tokens and the shards that hold it, as a node tells a client that asked the wrong one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tablet {
    /// The token before the range.
    pub first: Token,
    /// The last token of the range.
    pub last: Token,
    /// The nodes that hold the range, by host id, each with the shard that does.
    pub replicas: Vec<(Uuid, u16)>,
}

/// A tablet that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TabletError {
    /// The payload is no tablet.
    #[error("a tablet's payload cannot be read: {0}")]
    Value(#[from] DecodeValueError),
    /// The range ends before it starts.
    #[error("a tablet cannot reach from {first} (exclusive) to {last}")]
    Range {
        /// The token before the range.
        first: Token,
        /// The last token of the range.
        last: Token,
    },
    /// A shard that no node can have.
    #[error("a tablet names the impossible shard {shard}")]
    Shard {
        /// The shard.
        shard: i32,
    },
}

static TYPE: LazyLock<CqlType> = LazyLock::new(|| {
    let replica = CqlType::Tuple(vec![CqlType::Uuid, CqlType::Int]);
    CqlType::Tuple(vec![CqlType::BigInt, CqlType::BigInt, CqlType::List(Box::new(replica))])
});

impl Tablet {
    /// The name of a tablet in a response's custom payload.
    pub const PAYLOAD: &'static str = "tablets-routing-v1";

    /// The tablet in a response's custom payload; `None` when the request went to the right node.
    ///
    /// # Errors
    /// A payload that is no tablet, or one that cannot be.
    pub fn from_payload(payload: &Payload) -> Result<Option<Self>, TabletError> {
        let found = payload.iter().find(|(name, _)| name == Self::PAYLOAD);
        found.map(|(_, bytes)| Self::decode(bytes.as_deref())).transpose()
    }

    /// Adds the tablet to a response's custom payload.
    ///
    /// # Errors
    /// More replicas than a value has room for.
    pub fn add_to_payload(&self, payload: &mut Payload) -> Result<(), EncodeValueError> {
        let replicas: Vec<_> =
            self.replicas.iter().map(|(host, shard)| (*host, i32::from(*shard))).collect();
        let mut bytes = Vec::new();
        (self.first.0, self.last.0, replicas).encode(&TYPE, &mut bytes)?;
        payload.push((Self::PAYLOAD.to_owned(), Some(Bytes::from(bytes))));
        Ok(())
    }

    /// Whether the tablet holds a token.
    pub fn contains(&self, token: Token) -> bool {
        self.first < token && token <= self.last
    }

    fn decode(bytes: Option<&[u8]>) -> Result<Self, TabletError> {
        let (first, last, replicas) = <(i64, i64, Vec<(Uuid, i32)>)>::decode(&TYPE, bytes)?;
        let (first, last) = (Token(first), Token(last));
        if last <= first {
            return Err(TabletError::Range { first, last });
        }
        let replica = |(host, shard)| match u16::try_from(shard) {
            Ok(shard) => Ok((host, shard)),
            Err(_) => Err(TabletError::Shard { shard }),
        };
        let replicas = replicas.into_iter().map(replica).collect::<Result<_, _>>()?;
        Ok(Self { first, last, replicas })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tablet(first: i64, last: i64) -> Tablet {
        let replicas = vec![(Uuid::from_u128(1), 3), (Uuid::from_u128(2), 0)];
        Tablet { first: Token(first), last: Token(last), replicas }
    }

    fn payload(tablet: &Tablet) -> Payload {
        let mut payload = vec![("other".to_owned(), None)];
        tablet.add_to_payload(&mut payload).unwrap();
        payload
    }

    #[test]
    fn a_tablet_reads_back_as_it_was_written() {
        let tablet = tablet(-5, 5);
        let payload = payload(&tablet);
        let bytes = payload[1].1.as_deref().unwrap();
        assert_eq!(
            bytes[..24],
            *b"\0\0\0\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFB\0\0\0\x08\0\0\0\0\0\0\0\x05"
        );
        assert_eq!(bytes[24..32], [0, 0, 0, 68, 0, 0, 0, 2]);
        assert_eq!(Tablet::from_payload(&payload), Ok(Some(tablet)));
    }

    #[test]
    fn without_the_payload_the_node_was_the_right_one() {
        assert_eq!(Tablet::from_payload(&Payload::new()), Ok(None));
    }

    #[test]
    fn a_range_holds_its_last_token_and_not_its_first() {
        let tablet = tablet(10, 20);
        assert!(!tablet.contains(Token(10)));
        assert!(tablet.contains(Token(11)));
        assert!(tablet.contains(Token(20)));
        assert!(!tablet.contains(Token(21)));
    }

    #[test]
    fn a_tablet_that_cannot_be_is_refused() {
        for (first, last) in [(5, 5), (5, 4)] {
            let error = Tablet::from_payload(&payload(&tablet(first, last)));
            assert!(matches!(error, Err(TabletError::Range { .. })));
        }
        let mut negative = payload(&tablet(0, 1));
        let mut bytes = negative[1].1.take().unwrap().to_vec();
        let end = bytes.len();
        bytes[end - 4] = 0xFF;
        negative[1].1 = Some(bytes.into());
        let error = Tablet::from_payload(&negative);
        assert!(matches!(error, Err(TabletError::Shard { .. })));
        let null = vec![(Tablet::PAYLOAD.to_owned(), None)];
        assert!(matches!(Tablet::from_payload(&null), Err(TabletError::Value(_))));
    }
}
