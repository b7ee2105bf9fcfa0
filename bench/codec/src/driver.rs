use std::fmt;

/// A driver whose codec is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// This project.
    Helenus,
    /// The scylla crate, whose codec is in scylla-cql.
    Scylla,
    /// cdrs-tokio, whose codec is in cassandra-protocol.
    Cdrs,
}

impl Driver {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Helenus, Self::Scylla, Self::Cdrs];

    /// The crate that its codec is in.
    pub fn codec(self) -> &'static str {
        match self {
            Self::Helenus => "helenus-protocol",
            Self::Scylla => "scylla-cql",
            Self::Cdrs => "cassandra-protocol",
        }
    }

    /// The codec's version that was built.
    pub fn version(self) -> &'static str {
        let lock = include_str!("../../Cargo.lock");
        let name = format!("name = \"{}\"", self.codec());
        let mut lines = lock.lines().skip_while(|line| *line != name);
        lines.nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("of unknown version")
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Helenus => "helenus",
            Self::Scylla => "scylla",
            Self::Cdrs => "cdrs-tokio",
        })
    }
}
