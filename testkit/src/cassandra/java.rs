use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;

const REQUIRED: u32 = 17;

/// Finds a Java 17 runtime: `JAVA_HOME`, then `/usr/lib/jvm`, then `PATH`.
pub(super) fn locate() -> Result<PathBuf, Error> {
    let mut seen = Vec::new();
    for java in candidates() {
        match release(&java) {
            Some(REQUIRED) => return Ok(java),
            Some(other) => seen.push(format!("Java {other} at {}", java.display())),
            None => {}
        }
    }
    Err(Error::JavaMissing { seen: (!seen.is_empty()).then(|| seen.join(", ")) })
}

fn candidates() -> Vec<PathBuf> {
    let mut homes: Vec<PathBuf> = env::var_os("JAVA_HOME").map(PathBuf::from).into_iter().collect();
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/jvm")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    installed
        .retain(|home| home.file_name().is_some_and(|name| name.to_string_lossy().contains("17")));
    installed.sort();
    homes.extend(installed);
    let mut javas: Vec<PathBuf> = homes.into_iter().map(|home| home.join("bin/java")).collect();
    javas.retain(|java| java.is_file());
    javas.push(PathBuf::from("java"));
    javas
}

fn release(java: &Path) -> Option<u32> {
    let output = Command::new(java).arg("-version").stdin(Stdio::null()).output().ok()?;
    parse_release(&String::from_utf8_lossy(&output.stderr))
}

/// Reads the major release from what `java -version` prints, such as `openjdk version "17.0.15" 2025-04-15`.
fn parse_release(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("version \"")?;
    rest.split(['.', '"', '-']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_from_what_java_prints() {
        assert_eq!(
            parse_release("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"),
            Some(17)
        );
        assert_eq!(
            parse_release("Picked up JAVA_TOOL_OPTIONS: -Xmx1g\njava version \"21\" 2023-09-19"),
            Some(21)
        );
        assert_eq!(parse_release("openjdk version \"25-ea\""), Some(25));
        assert_eq!(parse_release("java version \"1.8.0_402\""), Some(1));
        assert_eq!(parse_release("command not found"), None);
    }
}
