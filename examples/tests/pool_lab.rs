//! Runs pool-lab as a person would, shortly.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn pool_lab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pool-lab"));
    command.args(arguments).env("RUST_LOG", "off");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_burst_ends_with_figures_and_curves() {
    let svg = std::env::temp_dir().join(format!("pool-lab-{}.svg", std::process::id()));
    let path = svg.to_string_lossy().into_owned();
    let arguments =
        ["burst", "--quiet", "0.3", "--burst", "0.5", "--burst-rate", "300", "--svg", &path];
    let output = pool_lab(&arguments).output().expect("it runs");
    let drawn = std::fs::read_to_string(&svg);
    let _ = std::fs::remove_file(&svg);
    assert!(output.status.success(), "{output:?}");
    let text = text(&output);
    for word in ["fixed 1", "fixed 6", "adaptive", "times that of the best"] {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
    assert!(!text.contains('\x1b'), "nobody looks on");
    let drawn = drawn.expect("it is drawn");
    assert!(drawn.starts_with("<svg") && drawn.trim_end().ends_with("</svg>"));
    assert_eq!(drawn.matches("<polyline").count(), 3 * 4);
}

#[test]
fn sizes_that_make_no_sense_are_told() {
    let output = pool_lab(&["burst", "--min", "3", "--max", "3"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--max must be more than --min"));
}

#[test]
fn a_warmed_session_prepares_nothing_twice() {
    let arguments = ["warm-up", "--nodes", "3", "--requests", "50", "--sessions", "2"];
    let output = pool_lab(&arguments).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let text = text(&output);
    let reprepared = |kind: &str| {
        let row = text.lines().find(|line| line.trim_start().starts_with(kind)).expect(kind);
        row.split_whitespace().next_back().and_then(|last| last.parse::<u32>().ok()).expect(row)
    };
    assert!(reprepared("cold") >= 2, "{text}");
    assert_eq!(reprepared("warmed up"), 0, "{text}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_cleanly() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let mut running = pool_lab(&["burst", "--quiet", "60"]).spawn().expect("it starts");
        let pid = running.id().to_string();
        let mut told = String::new();
        let output = running.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut told).expect("it tells that it runs");
        assert!(told.contains("put to work for 135 s"), "{told}");
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs");
        assert!(sent.success());
        let asked = Instant::now();
        let status = running.wait().expect("it ends");
        assert_eq!(status.code(), Some(code));
        assert!(asked.elapsed() < Duration::from_secs(10));
    }
}
