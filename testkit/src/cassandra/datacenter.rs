use std::str::FromStr;

use super::Error;

/// A datacenter of a cluster to start, written `name:nodes`, such as `dc1:2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datacenter {
    name: String,
    nodes: u8,
}

impl Datacenter {
    /// A datacenter with this many nodes.
    pub fn new(name: impl Into<String>, nodes: u8) -> Self {
        Self { name: name.into(), nodes }
    }

    /// The name, as `system.local` and `system.peers_v2` give it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many nodes it has.
    #[must_use]
    pub fn nodes(&self) -> u8 {
        self.nodes
    }
}

impl FromStr for Datacenter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.split_once(':')
            .and_then(|(name, nodes)| Some(Self::new(name, nodes.parse().ok()?)))
            .filter(|dc| dc.nodes > 0 && super::options::is_plain_name(&dc.name))
            .ok_or_else(|| {
                Error::Options(format!(
                    "`{text}` is no datacenter: write its name and how many nodes, such as dc1:2"
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_count_make_a_datacenter() {
        let spec: Vec<Datacenter> =
            "dc1:2,dc2:1".split(',').map(|dc| dc.parse().unwrap()).collect();
        assert_eq!(spec, [Datacenter::new("dc1", 2), Datacenter::new("dc2", 1)]);
    }

    #[test]
    fn anything_else_is_refused_with_the_text_in_the_message() {
        for text in
            ["dc1", "dc1:", ":2", "dc1:0", "dc1:-1", "dc1:two", "dc1:2:3", "dc 1:2", "dc1:300"]
        {
            let error = text.parse::<Datacenter>().unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
