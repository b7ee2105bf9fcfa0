use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Who talks to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Driver {
    /// This project.
    Helenus,
    /// The scylla crate.
    Scylla,
    /// cdrs-tokio.
    Cdrs,
    /// Nobody: prepared bytes go out, and the key is looked for in what comes back.
    Bare,
}

/// What is asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// Rows by their keys.
    Read,
    /// Rows to store.
    Write,
    /// All rows, page by page, borrowed from the page where the driver can.
    Scan,
    /// All rows, as a stream of owned rows.
    Stream,
    /// Nothing: the session is opened, and its memory is measured.
    Idle,
    /// The table made, and every row of it written.
    Fill,
}

/// The protocol's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Frames, bare.
    V4,
    /// Frames in segments with checksums.
    V5,
}

/// What compresses frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Nothing.
    None,
    /// LZ4.
    Lz4,
}

impl Driver {
    /// The crate that it is.
    pub fn package(self) -> Option<&'static str> {
        match self {
            Self::Helenus => Some("helenus"),
            Self::Scylla => Some("scylla"),
            Self::Cdrs => Some("cdrs-tokio"),
            Self::Bare => None,
        }
    }

    /// The crate's version that was built.
    pub fn version(self) -> &'static str {
        let lock = include_str!("../../../Cargo.lock");
        let Some(package) = self.package() else { return "" };
        let name = format!("name = \"{package}\"");
        let mut lines = lock.lines().skip_while(|line| *line != name);
        lines.nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("of unknown version")
    }
}

/// Writes a choice as the command line calls it.
macro_rules! display_as_argument {
    ($($choice:ty),+) => {
        $(impl fmt::Display for $choice {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let value = self.to_possible_value();
                f.pad(value.as_ref().map_or("", clap::builder::PossibleValue::get_name))
            }
        })+
    };
}

display_as_argument!(Driver, Workload, Protocol, Compression);
