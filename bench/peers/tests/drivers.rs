//! Every driver against the responder: that it answers them, and that wrong answers are noticed.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use bench_peers::Error;
use bench_peers::client::{Compression, Driver, Options, Outcome, Protocol, Report, Workload, run};
use bench_peers::items::{PAGE_ROWS, PAGES};
use clap::Parser;

struct Responder {
    process: Child,
    port: u16,
}

impl Responder {
    fn start(arguments: &[&str]) -> Result<Self, Error> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_responder"));
        let mut process = command.args(arguments).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let port = line.trim().strip_prefix("ready ").ok_or("not ready")?.parse()?;
        Ok(Self { process, port })
    }

    fn options(&self, driver: Driver, workload: Workload) -> Options {
        let [driver, workload] = [driver.to_string(), workload.to_string()];
        let point = format!("127.0.0.1:{}", self.port);
        Options::parse_from([
            "client",
            "--driver",
            &driver,
            "--workload",
            &workload,
            "--contact-points",
            &point,
            "--requests",
            "500",
            "--in-flight",
            "16",
        ])
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const ALL: [Driver; 4] = [Driver::Helenus, Driver::Scylla, Driver::Cdrs, Driver::Bare];

fn measured(options: &Options) -> Result<Report, Error> {
    match run(options, None)? {
        Outcome::Measured(report) => Ok(report),
        Outcome::Unsupported { unsupported } => Err(unsupported.into()),
    }
}

#[test]
fn every_driver_reads_and_writes() {
    let responder = Responder::start(&["--nodes", "3"]).unwrap();
    for driver in ALL {
        for workload in [Workload::Read, Workload::Write] {
            let report = measured(&responder.options(driver, workload)).unwrap();
            assert_eq!((report.requests, report.rows), (500, 500), "{driver} {workload}");
        }
    }
}

#[test]
fn every_driver_speaks_what_it_can() {
    let responder = Responder::start(&[]).unwrap();
    for driver in ALL {
        for compression in [Compression::None, Compression::Lz4] {
            for protocol in [Protocol::V4, Protocol::V5] {
                let read = responder.options(driver, Workload::Read);
                let options = Options { compression, protocol, ..read };
                let is_spoken = driver != Driver::Scylla || protocol == Protocol::V4;
                match run(&options, None).unwrap() {
                    Outcome::Measured(report) => assert!(is_spoken && report.requests == 500),
                    Outcome::Unsupported { .. } => assert!(!is_spoken),
                }
            }
        }
    }
}

#[test]
fn every_driver_speaks_tls() {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let certificate = directory.join("certificate.pem");
    let responder = Responder::start(&["--tls", certificate.to_str().unwrap()]).unwrap();
    for driver in ALL {
        let read = responder.options(driver, Workload::Read);
        let options = Options { tls: Some(certificate.clone()), ..read };
        assert_eq!(measured(&options).unwrap().requests, 500);
    }
}

#[test]
fn every_driver_scans() {
    let responder = Responder::start(&[]).unwrap();
    for driver in ALL {
        let scan = responder.options(driver, Workload::Scan);
        let report = measured(&Options { requests: Some(1), in_flight: 1, ..scan }).unwrap();
        let rows = (PAGES * PAGE_ROWS) as u64;
        assert_eq!((report.requests, report.rows), (PAGES as u64, rows), "{driver}");
    }
}

#[test]
fn a_scan_that_misses_rows_fails() {
    let responder = Responder::start(&[]).unwrap();
    for driver in ALL {
        let scan = responder.options(driver, Workload::Scan);
        let more = Options { requests: Some(1), in_flight: 1, keys: scan.keys + 1, ..scan };
        let error = run(&more, None).unwrap_err().to_string();
        assert!(error.contains("500000 rows"), "{error}");
    }
}

#[test]
fn nobody_there_is_an_error() {
    let responder = Responder::start(&[]).unwrap();
    let options = responder.options(Driver::Bare, Workload::Read);
    drop(responder);
    assert!(run(&options, None).is_err());
}
