use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::exchange::Direction;

/// How many values were compared in each direction, by the CQL type that they are of.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    compared: Mutex<BTreeMap<String, BTreeMap<Direction, usize>>>,
}

impl Tally {
    pub(crate) fn add(&self, kind: String, direction: Direction, values: usize) {
        let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        *compared.entry(kind).or_default().entry(direction).or_default() += values;
    }
}

/// A line for each type.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        for (kind, directions) in compared.iter() {
            write!(f, "compared {kind:22}")?;
            for (direction, values) in directions {
                write!(f, "  {values:5} {direction}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
