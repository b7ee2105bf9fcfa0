use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use helenus_protocol::Compression;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::form::Form;
use crate::link::Link;
use crate::virtual_environment::VirtualEnvironment;

const SCRIPT: &str = include_str!("differential.py");

/// The Python driver, connected, in a process of its own.
#[derive(Debug)]
pub(crate) struct Peer {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Request<'a> {
    Run { statements: &'a [String] },
    Write { cql: &'a str, rows: &'a [Vec<Form>] },
    Read { cql: &'a str, key: &'a [&'a str] },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Connected { version: u8, compression: Option<String> },
    Done,
    Rows(Vec<Vec<Form>>),
    Error(String),
}

impl Peer {
    pub(crate) fn start(
        python: &VirtualEnvironment,
        node: SocketAddr,
        link: Link,
    ) -> Outcome<Self> {
        let compression = link.compression.map(Compression::name);
        let mut command = python.python();
        command.args(["-c", SCRIPT]).args([node.ip().to_string(), node.port().to_string()]);
        command.args([&link.version.number().to_string(), compression.unwrap_or("none")]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(requests), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the Python driver's pipes are not there".into());
        };
        let mut peer = Self { process, requests, answers: BufReader::new(answers) };
        match peer.answer()? {
            Answer::Connected { version, compression: with } => {
                if version == link.version.number() && with.as_deref() == compression {
                    return Ok(peer);
                }
                let with = with.as_deref().unwrap_or("plain");
                Err(format!("the Python driver connected over v{version}_{with}, not {link}")
                    .into())
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Runs statements without values, such as those that make tables, and waits until all nodes know them.
    pub(crate) fn run(&mut self, statements: &[String]) -> Outcome {
        match self.ask(&Request::Run { statements })? {
            Answer::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Binds each row to the markers of `cql`.
    pub(crate) fn write(&mut self, cql: &str, rows: &[Vec<Form>]) -> Outcome {
        match self.ask(&Request::Write { cql, rows })? {
            Answer::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// The rows of `cql`, whose markers are texts.
    pub(crate) fn read(&mut self, cql: &str, key: &[&str]) -> Outcome<Vec<Vec<Form>>> {
        match self.ask(&Request::Read { cql, key })? {
            Answer::Rows(rows) => Ok(rows),
            other => Err(unexpected(&other)),
        }
    }

    fn ask(&mut self, request: &Request<'_>) -> Outcome<Answer> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.requests.write_all(&line)?;
        self.answer()
    }

    fn answer(&mut self) -> Outcome<Answer> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the Python driver's process ended".into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn unexpected(answer: &Answer) -> libtest_mimic::Failed {
    match answer {
        Answer::Error(error) => format!("the Python driver: {error}").into(),
        other => {
            format!("the Python driver gave another answer than was asked for: {other:?}").into()
        }
    }
}
