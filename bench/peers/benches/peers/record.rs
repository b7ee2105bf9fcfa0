use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use bench_peers::Error;
use serde::Serialize;

use crate::counts::Counts;
use crate::measurement::Measurement;

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    machine: String,
    pub(crate) cells: Vec<Measurement>,
    pub(crate) counts: Vec<Counts>,
}

impl Record {
    pub(crate) fn new(machine: String) -> Self {
        Self { machine, cells: Vec::new(), counts: Vec::new() }
    }

    /// Writes peers.json into the directory.
    pub(crate) fn write(&self, directory: &Path) -> Result<PathBuf, Error> {
        fs::create_dir_all(directory)?;
        let file = directory.join("peers.json");
        serde_json::to_writer_pretty(BufWriter::new(File::create(&file)?), self)?;
        Ok(file.canonicalize()?)
    }
}
