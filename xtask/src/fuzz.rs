use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use crate::Error;
use crate::workspace::root;

/// The most memory that a target may hold, and reserve at once, in MiB: what a hostile peer could make a driver hold.
const MAX_MEMORY: &str = "-rss_limit_mb=512";
const MAX_ALLOCATION: &str = "-malloc_limit_mb=64";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The targets to run; all of them unless named.
    targets: Vec<String>,

    /// How long each target runs, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

/// Runs fuzz targets one after another, each from the seeds in the repository; ends at the first finding.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let fuzz = root().join("fuzz");
    let known = targets(&fuzz).map_err(|error| {
        Error::Failed(format!(
            "the fuzz targets below {} cannot be listed: {error}",
            fuzz.display()
        ))
    })?;
    let unknown = arguments.targets.iter().find(|target| !known.contains(target));
    if let Some(unknown) = unknown {
        return Err(Error::Failed(format!(
            "there is no fuzz target {unknown}: {}",
            known.join(", ")
        )));
    }
    require_cargo_fuzz()?;
    let wanted = if arguments.targets.is_empty() { &known } else { &arguments.targets };
    for target in wanted {
        println!("── fuzz {target}, {} s", arguments.seconds);
        fuzz_target(&fuzz, target, arguments.seconds)?;
    }
    println!("{} passed, 0 failed", wanted.len());
    Ok(())
}

fn targets(fuzz: &Path) -> io::Result<Vec<String>> {
    let mut targets = Vec::new();
    for file in fs::read_dir(fuzz.join("fuzz_targets"))? {
        let path = file?.path();
        targets.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    targets.sort_unstable();
    Ok(targets)
}

fn require_cargo_fuzz() -> Result<(), Error> {
    let version = cargo_fuzz(&["--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(Error::Failed(
        "fuzzing needs a nightly toolchain and cargo-fuzz: rustup toolchain install nightly, then \
         cargo install cargo-fuzz --locked"
            .into(),
    ))
}

fn fuzz_target(fuzz: &Path, target: &str, seconds: u32) -> Result<(), Error> {
    let found = found_directory(fuzz, target);
    fs::create_dir_all(&found)
        .map_err(|source| Error::Failed(format!("{} cannot be made: {source}", found.display())))?;
    let seeds = fuzz.join("corpus").join(target);
    // The first directory takes what is found; the seeds stay as they are.
    let status = cargo_fuzz(&["run", target])
        .args([&found, &seeds])
        .args(["--", MAX_MEMORY, MAX_ALLOCATION, &format!("-max_total_time={seconds}")])
        .current_dir(fuzz)
        .status()
        .map_err(|source| Error::Run { command: format!("cargo fuzz run {target}"), source })?;
    if status.success() {
        return Ok(());
    }
    let artifacts = fuzz.join("artifacts").join(target);
    Err(Error::Failed(format!(
        "the fuzz target {target} found something: see above and {}",
        artifacts.display()
    )))
}

fn found_directory(fuzz: &Path, target: &str) -> PathBuf {
    fuzz.join("target").join("found").join(target)
}

fn cargo_fuzz(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    // The cargo that runs this one would choose its own toolchain again.
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command.args(["+nightly", "fuzz"]).args(arguments).stdin(Stdio::null());
    command
}
