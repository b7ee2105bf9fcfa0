//! The command, as it is typed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers included")]

mod client;
mod controlling;
#[path = "../../../tests/cluster/directory.rs"]
mod directory;
mod proxying;
mod served;
mod serving;
mod watching;

impl directory::Directory {
    /// A file of this content.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}
