//! What is asked of a cluster that is served, and what it answers.

use std::fmt;

use helenus_testkit::{ClusterError, FaultError, ScriptError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request, as a line has it. Nodes are counted from 0, in the order in which they joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Every node, and how it is.
    Nodes,
    /// Let `fault` go wrong: on one node, on those of a data center, or on all.
    Inject {
        fault: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        datacenter: Option<String>,
    },
    /// What goes wrong, with numbers.
    Faults,
    /// End one fault, by its number, or all.
    Clear {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<u64>,
    },
    Down {
        node: usize,
    },
    Up {
        node: usize,
    },
    Pause {
        node: usize,
    },
    Resume {
        node: usize,
    },
    Add {
        datacenter: String,
        rack: String,
    },
    Decommission {
        node: usize,
    },
    Replace {
        node: usize,
    },
    CutOff {
        datacenter: String,
    },
    BringBack {
        datacenter: String,
    },
    /// Run statements.
    Load {
        cql: String,
    },
    /// Tell of every request from now on, a line each.
    Watch,
}

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    Ok(Value),
    Error(Problem),
}

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub(crate) enum ProblemKind {
    /// The line is no request, or one that cannot be.
    BadRequest,
    /// The text describes no fault.
    BadFault,
    NoSuchNode,
    NoSuchDatacenter,
    NoSuchFault,
    /// A script's statement failed.
    Script,
    /// There is as much of it as there may be.
    TooMany,
    /// The cluster cannot do it.
    Cluster,
}

impl Problem {
    pub(super) fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        let kind = match error {
            ClusterError::NoSuchNode { .. } => ProblemKind::NoSuchNode,
            ClusterError::NoSuchDatacenter { .. } => ProblemKind::NoSuchDatacenter,
            _ => ProblemKind::Cluster,
        };
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        Self::new(kind, format!("{error}{}", cause.unwrap_or_default()))
    }
}

impl From<FaultError> for Problem {
    fn from(error: FaultError) -> Self {
        Self::new(ProblemKind::BadFault, error.to_string())
    }
}

impl From<ScriptError> for Problem {
    fn from(error: ScriptError) -> Self {
        Self::new(ProblemKind::Script, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_read_as_they_are_written_down() {
        let inject = Request::Inject { fault: "close".to_owned(), node: Some(1), datacenter: None };
        for (request, text) in [
            (Request::Nodes, r#"{"do":"nodes"}"#),
            (inject, r#"{"do":"inject","fault":"close","node":1}"#),
            (Request::Clear { fault: None }, r#"{"do":"clear"}"#),
            (
                Request::CutOff { datacenter: "b".to_owned() },
                r#"{"do":"cut-off","datacenter":"b"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&request).unwrap(), text);
            assert_eq!(serde_json::from_str::<Request>(text).unwrap(), request);
        }
        let problem = Problem::new(ProblemKind::NoSuchFault, "x");
        assert_eq!(
            serde_json::to_value(Answer::Error(problem)).unwrap(),
            json!({"error": {"kind": "no-such-fault", "message": "x"}})
        );
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in [r#"{"do":"explode"}"#, r#"{"do":"up"}"#, r#"{"do":"up","node":1,"x":2}"#, "7"]
        {
            assert!(serde_json::from_str::<Request>(text).is_err(), "{text}");
        }
    }
}
