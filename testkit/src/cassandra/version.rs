use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Error;

/// A Cassandra release line that the launcher can start. The default is [`Version::V5_0`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Version {
    /// Apache Cassandra 5.0.
    #[default]
    #[serde(rename = "5.0")]
    V5_0,
    /// Apache Cassandra 4.1.
    #[serde(rename = "4.1")]
    V4_1,
}

impl Version {
    /// The release that is downloaded and started, such as `5.0.6`.
    #[must_use]
    pub fn release(self) -> &'static str {
        match self {
            Self::V5_0 => "5.0.6",
            Self::V4_1 => "4.1.10",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.release())
    }
}

impl FromStr for Version {
    type Err = Error;

    /// Reads `5.0` or `4.1`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "5.0" => Ok(Self::V5_0),
            "4.1" => Ok(Self::V4_1),
            _ => Err(Error::Options(format!(
                "`{text}` is no version that can be started: use 5.0 or 4.1"
            ))),
        }
    }
}
