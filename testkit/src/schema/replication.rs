//! How a keyspace is replicated.

use std::collections::BTreeMap;

use crate::query_error::QueryError;
use crate::replica::Strategy;

/// The class of a replication strategy and its options, as `system_schema.keyspaces` shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replication {
    pub(crate) class: &'static str,
    pub(crate) options: BTreeMap<String, String>,
}

impl Replication {
    const LOCAL: &str = "org.apache.cassandra.locator.LocalStrategy";
    const SIMPLE: &str = "org.apache.cassandra.locator.SimpleStrategy";
    const NETWORK_TOPOLOGY: &str = "org.apache.cassandra.locator.NetworkTopologyStrategy";

    pub(crate) fn local() -> Self {
        Self { class: Self::LOCAL, options: BTreeMap::new() }
    }

    pub(crate) fn simple(factor: u32) -> Self {
        let options = BTreeMap::from([("replication_factor".to_owned(), factor.to_string())]);
        Self { class: Self::SIMPLE, options }
    }

    /// The factors as numbers; of a factor with transient replicas, all of them.
    pub(crate) fn strategy(&self) -> Strategy {
        let number = |factor: &String| {
            let all = factor.split_once('/').map_or(factor.as_str(), |(all, _)| all);
            all.parse().unwrap_or(0)
        };
        let factors = || self.options.iter().map(|(name, factor)| (name.clone(), number(factor)));
        match self.class {
            Self::SIMPLE => Strategy::Simple(factors().map(|(_, factor)| factor).sum()),
            Self::NETWORK_TOPOLOGY => Strategy::NetworkTopology(factors().collect()),
            _ => Strategy::Local,
        }
    }

    /// Reads the map behind `WITH replication =` in a cluster of these data centers.
    pub(super) fn parse(
        keyspace: &str,
        map: &[(String, String)],
        datacenters: &[String],
    ) -> Result<Self, QueryError> {
        let configuration = QueryError::Configuration;
        let Some((_, class)) = map.iter().find(|(name, _)| name == "class") else {
            return Err(configuration("Missing replication strategy class".to_owned()));
        };
        let short_class = class.strip_prefix("org.apache.cassandra.locator.").unwrap_or(class);
        let mut options: BTreeMap<_, _> =
            map.iter().filter(|(name, _)| name != "class").cloned().collect();
        for (name, factor) in &options {
            // Transient replicas are written `3/1`.
            let number = factor.split_once('/').map_or(factor.as_str(), |(all, _)| all);
            if number.parse::<u32>().is_err() {
                let problem =
                    format!("Replication factor must be numeric; found {factor} for {name}");
                return Err(configuration(problem));
            }
        }
        let class = match short_class {
            "SimpleStrategy" => {
                // A node has a default for it, which is one.
                options.entry("replication_factor".to_owned()).or_insert_with(|| "1".to_owned());
                options.retain(|name, _| name == "replication_factor");
                Self::SIMPLE
            }
            "NetworkTopologyStrategy" => {
                if let Some(factor) = options.remove("replication_factor") {
                    for datacenter in datacenters {
                        options.entry(datacenter.clone()).or_insert_with(|| factor.clone());
                    }
                }
                let unknown: Vec<_> =
                    options.keys().filter(|name| !datacenters.contains(name)).cloned().collect();
                if !unknown.is_empty() {
                    let problem = format!(
                        "Unrecognized strategy option {{{}}} passed to NetworkTopologyStrategy for keyspace {keyspace}",
                        unknown.join(", ")
                    );
                    return Err(configuration(problem));
                }
                Self::NETWORK_TOPOLOGY
            }
            "LocalStrategy" => {
                let problem = "Unable to use given strategy class: LocalStrategy is reserved for internal use.";
                return Err(configuration(problem.to_owned()));
            }
            _ => {
                let problem = format!(
                    "Unable to find replication strategy class 'org.apache.cassandra.locator.{short_class}'"
                );
                return Err(configuration(problem));
            }
        };
        Ok(Self { class, options })
    }
}
