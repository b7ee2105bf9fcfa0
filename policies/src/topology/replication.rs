use std::collections::BTreeMap;

use thiserror::Error;

/// How many copies a keyspace has, and where they go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplicationStrategy {
    /// `SimpleStrategy`: so many copies, along the ring, wherever the nodes stand.
    Simple {
        /// Copies in all.
        factor: usize,
    },
    /// `NetworkTopologyStrategy`: so many copies per data center, on different racks where it can be.
    NetworkTopology {
        /// Copies by data center.
        factors: BTreeMap<String, usize>,
    },
    /// `LocalStrategy`, `EverywhereStrategy` and others, which no token decides.
    Other {
        /// The strategy's class.
        class: String,
    },
}

/// A keyspace's replication that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplicationError {
    /// There is no `class`.
    #[error("the replication options name no class")]
    NoClass,
    /// A replication factor that is no number.
    #[error("the replication factor {option} = {value:?} is not a number")]
    Factor {
        /// The option: `replication_factor`, or a data center.
        option: String,
        /// Its value.
        value: String,
    },
}

impl ReplicationStrategy {
    /// The strategy that the `replication` map of `system_schema.keyspaces` describes.
    ///
    /// Transient replicas (`3/1`) count as copies only if they are full ones, since only those answer alone.
    ///
    /// # Errors
    /// No class, or a replication factor that is no number.
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Self, ReplicationError> {
        let class = options.get("class").ok_or(ReplicationError::NoClass)?;
        match class.rsplit('.').next() {
            Some("SimpleStrategy") => {
                let value = options.get("replication_factor").map_or("", String::as_str);
                Ok(Self::Simple { factor: factor("replication_factor", value)? })
            }
            Some("NetworkTopologyStrategy") => {
                let factors = options
                    .iter()
                    .filter(|(option, _)| *option != "class")
                    .map(|(dc, value)| Ok((dc.clone(), factor(dc, value)?)))
                    .collect::<Result<_, ReplicationError>>()?;
                Ok(Self::NetworkTopology { factors })
            }
            _ => Ok(Self::Other { class: class.clone() }),
        }
    }
}

fn factor(option: &str, value: &str) -> Result<usize, ReplicationError> {
    let error = || ReplicationError::Factor { option: option.to_owned(), value: value.to_owned() };
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| error());
    match value.split_once('/') {
        Some((all, transient)) => number(all)?.checked_sub(number(transient)?).ok_or_else(error),
        None => number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_strategies_of_a_schema_are_understood() {
        let simple = options(&[
            ("class", "org.apache.cassandra.locator.SimpleStrategy"),
            ("replication_factor", "3"),
        ]);
        assert_eq!(
            ReplicationStrategy::from_options(&simple),
            Ok(ReplicationStrategy::Simple { factor: 3 })
        );
        let network =
            options(&[("class", "NetworkTopologyStrategy"), ("dc1", "3/1"), ("dc2", "1")]);
        let factors = [("dc1".to_owned(), 2), ("dc2".to_owned(), 1)].into();
        assert_eq!(
            ReplicationStrategy::from_options(&network),
            Ok(ReplicationStrategy::NetworkTopology { factors })
        );
        let local = options(&[("class", "org.apache.cassandra.locator.LocalStrategy")]);
        assert!(matches!(
            ReplicationStrategy::from_options(&local),
            Ok(ReplicationStrategy::Other { .. })
        ));
    }

    #[test]
    fn a_factor_that_is_no_number_is_an_error() {
        for value in ["three", "", "-1", "1/2"] {
            let options = options(&[("class", "SimpleStrategy"), ("replication_factor", value)]);
            assert!(ReplicationStrategy::from_options(&options).is_err(), "{value}");
        }
        assert_eq!(
            ReplicationStrategy::from_options(&options(&[])),
            Err(ReplicationError::NoClass)
        );
    }
}
