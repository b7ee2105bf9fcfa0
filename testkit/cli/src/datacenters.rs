//! `dc1:2,dc2:1`.

use std::str::FromStr;

use serde::Deserialize;

/// Data centers with how many nodes they have, in order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Datacenters(pub(crate) Vec<(String, usize)>);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DatacentersError {
    #[error("{part:?} is no data center: a name and a number of nodes are, as in dc1:2")]
    Malformed { part: String },
    #[error("the data center {name} comes twice")]
    Twice { name: String },
}

impl Datacenters {
    pub(crate) fn nodes(&self) -> usize {
        self.0.iter().map(|(_, nodes)| nodes).sum()
    }
}

impl FromStr for Datacenters {
    type Err = DatacentersError;

    fn from_str(text: &str) -> Result<Self, DatacentersError> {
        let mut datacenters: Vec<(String, usize)> = Vec::new();
        for part in text.split(',') {
            let malformed = || DatacentersError::Malformed { part: part.to_owned() };
            let (name, nodes) = part.trim().rsplit_once(':').ok_or_else(malformed)?;
            let nodes = nodes.parse().ok().filter(|nodes| *nodes > 0).ok_or_else(malformed)?;
            if name.is_empty() {
                return Err(malformed());
            }
            if datacenters.iter().any(|(known, _)| known == name) {
                return Err(DatacentersError::Twice { name: name.to_owned() });
            }
            datacenters.push((name.to_owned(), nodes));
        }
        Ok(Self(datacenters))
    }
}

impl TryFrom<String> for Datacenters {
    type Error = DatacentersError;

    fn try_from(text: String) -> Result<Self, DatacentersError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_centers_are_read_in_order() {
        let expected = vec![("dc1".to_owned(), 2), ("b".to_owned(), 1)];
        assert_eq!("dc1:2, b:1".parse(), Ok(Datacenters(expected)));
    }

    #[test]
    fn what_is_no_data_center_is_named() {
        for text in ["", "dc1", "dc1:0", ":2", "dc1:2,", "dc1:-1"] {
            let error = text.parse::<Datacenters>();
            assert!(matches!(error, Err(DatacentersError::Malformed { .. })), "{text}");
        }
        let name = "a".to_owned();
        assert_eq!("a:1,a:2".parse::<Datacenters>(), Err(DatacentersError::Twice { name }));
    }
}
