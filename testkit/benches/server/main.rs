//! What an embedded cluster costs, on Linux: `cargo bench -p helenus-testkit`.
#![expect(clippy::unwrap_used, reason = "a measurement that fails is none")]

mod client;
mod process;
mod proxy;
mod reads;
mod start;
mod storage;
mod writes;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo tests benchmarks, too, in a build whose figures mean nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let figures = [
        start::time(),
        start::memory(),
        reads::rate(helenus_protocol::ProtocolVersion::V4),
        reads::rate(helenus_protocol::ProtocolVersion::V5),
        proxy::rate(helenus_protocol::ProtocolVersion::V4, false),
        proxy::rate(helenus_protocol::ProtocolVersion::V5, false),
        proxy::rate(helenus_protocol::ProtocolVersion::V5, true),
        start::many_tests(),
    ];
    let figures = figures.into_iter().chain(storage::figures()).chain(writes::figures());
    let mut is_missed = false;
    for Figure { what, measured, wanted, is_met } in figures {
        is_missed |= !is_met;
        let mark = if is_met { "" } else { ": MISSED" };
        println!("{what}: {measured} (wanted: {wanted}){mark}");
    }
    if is_missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Something measured, and what it is to be.
struct Figure {
    what: String,
    measured: String,
    wanted: &'static str,
    is_met: bool,
}
