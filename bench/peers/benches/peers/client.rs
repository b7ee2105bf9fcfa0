use std::process::{Command, Stdio};
use std::thread;

use bench_peers::Error;
use bench_peers::client::{Driver, Outcome};

use crate::cell::Cell;
use crate::options::Options;
use crate::responder::Responder;

const CORE: usize = 0;

/// Where the clients find their server.
#[derive(Debug)]
pub(crate) enum Server {
    Responder(Responder),
    Real { contact_points: String, keys: u64 },
}

impl Server {
    /// The server for a cell: a responder of its own, unless the options name a real one.
    pub(crate) fn start(cell: &Cell, options: &Options) -> Result<Self, Error> {
        if options.is_real() {
            let contact_points = options.contact_points.join(",");
            return Ok(Self::Real { contact_points, keys: options.keys });
        }
        Ok(Self::Responder(Responder::start(cell.nodes, cell.tls, &options.output)?))
    }

    /// The responder's process id.
    pub(crate) fn process(&self) -> Option<u32> {
        match self {
            Self::Responder(responder) => Some(responder.process()),
            Self::Real { .. } => None,
        }
    }

    /// What a client is told about a cell, the number of its requests left out.
    pub(crate) fn arguments(&self, cell: &Cell, driver: Driver) -> Vec<String> {
        let mut arguments = vec![
            format!("--driver={driver}"),
            format!("--workload={}", cell.workload),
            format!("--in-flight={}", cell.in_flight),
            format!("--connections={}", cell.connections),
            format!("--protocol={}", cell.protocol),
            format!("--compression={}", cell.compression),
        ];
        match self {
            Self::Responder(responder) => {
                arguments.push(format!("--contact-points={}", responder.contact_point));
                let certificate = responder.certificate.as_ref();
                arguments.extend(certificate.map(|file| format!("--tls={}", file.display())));
                if has_core(CORE + 1) {
                    arguments.push(format!("--core={CORE}"));
                }
            }
            Self::Real { contact_points, keys } => {
                arguments.push(format!("--contact-points={contact_points}"));
                arguments.push(format!("--keys={keys}"));
            }
        }
        arguments
    }
}

/// Runs a client to its end.
pub(crate) fn run(program: &str, arguments: &[String]) -> Result<Outcome, Error> {
    let failed = |why: String| format!("`client {}` {why}", arguments.join(" "));
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("failed ({}): what it said is above", output.status)).into());
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(format!("printed what cannot be read: {error}")).into())
}

pub(crate) fn has_core(core: usize) -> bool {
    thread::available_parallelism().is_ok_and(|cores| core < cores.get())
}
