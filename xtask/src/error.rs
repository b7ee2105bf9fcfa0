use std::io;

use helenus_testkit::cassandra;

/// Why a command failed, as one paragraph for the person who gave it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Cassandra(#[from] cassandra::Error),
    #[error("could not run `{command}`: {source}")]
    Run { command: String, source: io::Error },
    #[error("interrupted")]
    Interrupted,
    #[error("{0}")]
    Failed(String),
}
