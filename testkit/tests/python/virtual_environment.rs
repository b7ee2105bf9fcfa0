use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

const REQUIREMENTS: &str = include_str!("requirements.txt");
const HINT: &str =
    "the Python driver is needed: install python3 and python3-venv, and let PyPI be reached";

/// A Python virtual environment with the Python driver and cqlsh in it.
#[derive(Debug)]
pub(crate) struct VirtualEnvironment {
    directory: PathBuf,
}

impl VirtualEnvironment {
    /// The one below cargo's target directory, made anew where it is missing, unfinished or of other requirements.
    pub(crate) fn find_or_create() -> Outcome<Self> {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        let environment = Self { directory };
        // Written last, so that an environment whose making was interrupted has none.
        let finished = environment.directory.join("finished");
        if fs::read_to_string(&finished).is_ok_and(|requirements| requirements == REQUIREMENTS) {
            return Ok(environment);
        }
        eprintln!("installing the Python driver and cqlsh in {}", environment.directory.display());
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment.directory))?;
        let requirements = environment.directory.join("requirements.txt");
        fs::write(&requirements, REQUIREMENTS)?;
        let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(environment.python().args(quiet).arg("--requirement").arg(&requirements))?;
        fs::write(&finished, REQUIREMENTS)?;
        Ok(environment)
    }

    /// A command that runs the environment's Python.
    pub(crate) fn python(&self) -> Command {
        self.script("python")
    }

    /// A command that runs what a package put into the environment.
    pub(crate) fn script(&self, name: &str) -> Command {
        Command::new(self.directory.join("bin").join(name))
    }
}

fn run(command: &mut Command) -> Outcome {
    let output = command.output().map_err(|error| format!("{command:?}: {error}; {HINT}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(format!("{command:?}: {}: {}; {HINT}", output.status, said.trim()).into())
}
