use std::process::Command;

use crate::workspace::{Metadata, cargo};
use crate::{Error, dependencies};

pub(crate) fn run() -> Result<(), Error> {
    let mut failed = Vec::new();
    for (name, mut command) in checks() {
        println!("── {name}");
        let status =
            command.status().map_err(|source| Error::Run { command: name.into(), source })?;
        if !status.success() {
            failed.push(name);
        }
    }
    println!("── dependencies");
    let complaints = dependencies::check(&Metadata::load()?);
    for complaint in &complaints {
        println!("{complaint}");
    }
    if !complaints.is_empty() {
        failed.push("dependencies");
    }
    match failed.as_slice() {
        [] => Ok(()),
        failed => Err(Error::Failed(format!("lint failed: {}", failed.join(", ")))),
    }
}

fn checks() -> [(&'static str, Command); 3] {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    [
        ("cargo fmt", cargo(&["fmt", "--all", "--check"])),
        (
            "cargo clippy",
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]),
        ),
        ("cargo doc", doc),
    ]
}
