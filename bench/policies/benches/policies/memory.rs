use std::process::{Command, Stdio};

use bench_policies::Error;

/// What is held for a cluster, in bytes.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) topology: f64,
    pub(crate) table: f64,
    /// How often the first node of a plan allocates.
    pub(crate) allocations: u64,
}

impl Memory {
    /// Of a cluster of so many nodes.
    pub(crate) fn of(nodes: u32) -> Result<Self, Error> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_policy-memory"));
        let output = command.arg(nodes.to_string()).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let [topology, table, allocations] = text.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("policy-memory printed {text:?}").into());
        };
        Ok(Self {
            topology: topology.parse()?,
            table: table.parse()?,
            allocations: allocations.parse()?,
        })
    }
}
