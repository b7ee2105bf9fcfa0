use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Error, Progress, Version, log};

/// The directory that holds Cassandra's jars of this version, downloaded by the first process that asks.
///
/// It is in `$HELENUS_CASSANDRA_CACHE`, else in `$XDG_CACHE_HOME/helenus`, else in `$HOME/.cache/helenus`.
pub(super) fn fetch(
    version: Version,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, Error> {
    let cache = cache_directory();
    let jars = directory(&cache, version);
    if jars.is_dir() {
        return Ok(jars);
    }
    fs::create_dir_all(&cache).map_err(Error::io("create", &cache))?;
    let lock_path = cache.join(format!("cassandra-{version}.lock"));
    let lock = File::create(&lock_path).map_err(Error::io("create", &lock_path))?;
    lock.lock().map_err(Error::io("lock", &lock_path))?;
    if !jars.is_dir() {
        progress(Progress::Downloading(version));
        download(version, &cache, &jars)?;
    }
    Ok(jars)
}

/// Whether the jars are there or Maven is, to download them.
pub(super) fn check_requirements(version: Version) -> Result<(), Error> {
    let cache = cache_directory();
    let maven = || Command::new("mvn").arg("--version").stdin(Stdio::null()).output();
    if directory(&cache, version).is_dir() || maven().is_ok_and(|output| output.status.success()) {
        Ok(())
    } else {
        Err(Error::MavenMissing { version, cache })
    }
}

fn directory(cache: &Path, version: Version) -> PathBuf {
    cache.join(format!("cassandra-{version}"))
}

fn cache_directory() -> PathBuf {
    let named_by =
        |variable| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    named_by("HELENUS_CASSANDRA_CACHE")
        .or_else(|| Some(named_by("XDG_CACHE_HOME")?.join("helenus")))
        .or_else(|| Some(named_by("HOME")?.join(".cache/helenus")))
        .unwrap_or_else(|| env::temp_dir().join("helenus"))
}

/// Downloads beside the final place and renames at the end, so that a directory that is there is complete.
fn download(version: Version, cache: &Path, jars: &Path) -> Result<(), Error> {
    let work = cache.join(format!("cassandra-{version}.download"));
    if work.exists() {
        fs::remove_dir_all(&work).map_err(Error::io("remove", &work))?;
    }
    fs::create_dir(&work).map_err(Error::io("create", &work))?;
    let pom = work.join("pom.xml");
    fs::write(&pom, project(version)).map_err(Error::io("write", &pom))?;
    let log_path = cache.join(format!("cassandra-{version}.maven.log"));
    let output = File::create(&log_path).map_err(Error::io("create", &log_path))?;
    let errors = output.try_clone().map_err(Error::io("write", &log_path))?;
    let status = Command::new("mvn")
        .args([
            "--batch-mode",
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            "-DoutputDirectory=lib",
        ])
        .current_dir(&work)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .status()
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::MavenMissing { version, cache: cache.to_owned() },
            _ => Error::Io { action: "run", path: "mvn".into(), source },
        })?;
    if !status.success() {
        let output = fs::read(&log_path).unwrap_or_default();
        let line = log::telling_line(&String::from_utf8_lossy(&output));
        return Err(Error::Download { version, line, log: log_path });
    }
    fs::rename(work.join("lib"), jars).map_err(Error::io("create", jars))?;
    fs::remove_dir_all(&work).map_err(Error::io("remove", &work))
}

fn project(version: Version) -> String {
    format!(
        "<project>\n  \
           <modelVersion>4.0.0</modelVersion>\n  \
           <groupId>helenus</groupId><artifactId>cassandra</artifactId><version>{version}</version>\n  \
           <dependencies><dependency>\n    \
             <groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId>\n    \
             <version>{version}</version>\n  \
           </dependency></dependencies>\n\
         </project>\n"
    )
}
