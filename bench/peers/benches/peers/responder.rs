use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bench_peers::Error;

use crate::client::has_core;

/// The core that the responder has to itself; the client has core 0.
const CORE: usize = 1;

/// A running responder, ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Responder {
    process: Child,
    pub(crate) contact_point: String,
    pub(crate) certificate: Option<PathBuf>,
}

impl Responder {
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Starts it and waits until it listens. With TLS its certificate is put into the directory.
    pub(crate) fn start(nodes: u16, tls: bool, directory: &Path) -> Result<Self, Error> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_responder"));
        command.args(["--nodes", &nodes.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        if has_core(CORE) {
            command.args(["--core", &CORE.to_string()]);
        }
        let certificate = tls.then(|| directory.join("certificate.pem"));
        if let Some(file) = &certificate {
            std::fs::create_dir_all(directory)?;
            command.arg("--tls").arg(file);
        }
        let mut process = command.spawn()?;
        let stdout = process.stdout.take();
        let mut responder = Self { process, contact_point: String::new(), certificate };
        let mut line = String::new();
        BufReader::new(stdout.ok_or("the responder has no output")?).read_line(&mut line)?;
        let port = line.trim().strip_prefix("ready ").ok_or("the responder did not start")?;
        responder.contact_point = format!("127.0.0.1:{port}");
        Ok(responder)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
