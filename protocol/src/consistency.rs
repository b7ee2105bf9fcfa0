use std::fmt;

use crate::WireError;

/// How many replicas must answer before the coordinator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u16)]
pub enum Consistency {
    /// A write may be held by any node, as a hint. Writes only.
    Any = 0x00,
    /// One replica.
    One = 0x01,
    /// Two replicas.
    Two = 0x02,
    /// Three replicas.
    Three = 0x03,
    /// A majority of all replicas.
    Quorum = 0x04,
    /// Every replica.
    All = 0x05,
    /// A majority of the replicas in the coordinator's data center.
    #[default]
    LocalQuorum = 0x06,
    /// A majority of the replicas in each data center.
    EachQuorum = 0x07,
    /// A majority, as a linearizable read.
    Serial = 0x08,
    /// A majority in the coordinator's data center, as a linearizable read.
    LocalSerial = 0x09,
    /// One replica in the coordinator's data center.
    LocalOne = 0x0A,
}

impl Consistency {
    /// The level with this number on the wire.
    ///
    /// # Errors
    /// A number that the protocol does not define.
    pub fn from_number(number: u16) -> Result<Self, WireError> {
        Ok(match number {
            0x00 => Self::Any,
            0x01 => Self::One,
            0x02 => Self::Two,
            0x03 => Self::Three,
            0x04 => Self::Quorum,
            0x05 => Self::All,
            0x06 => Self::LocalQuorum,
            0x07 => Self::EachQuorum,
            0x08 => Self::Serial,
            0x09 => Self::LocalSerial,
            0x0A => Self::LocalOne,
            _ => {
                return Err(WireError::Unknown {
                    what: "a consistency level",
                    value: number.to_string(),
                });
            }
        })
    }

    /// The number on the wire.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// Whether only the coordinator's data center counts.
    pub fn is_local(self) -> bool {
        matches!(self, Self::LocalOne | Self::LocalQuorum | Self::LocalSerial)
    }

    /// Whether this is a level of linearizable reads.
    pub fn is_serial(self) -> bool {
        matches!(self, Self::Serial | Self::LocalSerial)
    }
}

impl fmt::Display for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "ANY",
            Self::One => "ONE",
            Self::Two => "TWO",
            Self::Three => "THREE",
            Self::Quorum => "QUORUM",
            Self::All => "ALL",
            Self::LocalQuorum => "LOCAL_QUORUM",
            Self::EachQuorum => "EACH_QUORUM",
            Self::Serial => "SERIAL",
            Self::LocalSerial => "LOCAL_SERIAL",
            Self::LocalOne => "LOCAL_ONE",
        })
    }
}

/// The level of the Paxos phase of a conditional statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SerialConsistency {
    /// Across all data centers.
    #[default]
    Serial,
    /// Within the coordinator's data center.
    LocalSerial,
}

impl From<SerialConsistency> for Consistency {
    fn from(level: SerialConsistency) -> Self {
        match level {
            SerialConsistency::Serial => Self::Serial,
            SerialConsistency::LocalSerial => Self::LocalSerial,
        }
    }
}

impl TryFrom<Consistency> for SerialConsistency {
    type Error = WireError;

    fn try_from(level: Consistency) -> Result<Self, WireError> {
        match level {
            Consistency::Serial => Ok(Self::Serial),
            Consistency::LocalSerial => Ok(Self::LocalSerial),
            other => Err(WireError::Unknown {
                what: "a serial consistency level",
                value: other.to_string(),
            }),
        }
    }
}
