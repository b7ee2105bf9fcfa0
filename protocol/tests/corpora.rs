//! The seeds of every fuzz target run through it on a stable compiler.

#[allow(unreachable_pub, reason = "the fuzz crate exports the same functions")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::Path;

fn run(target: &str, feed: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let seeds = fs::read_dir(&corpus).expect("every target has a corpus");
    let mut count = 0;
    for seed in seeds {
        let bytes = fs::read(seed.expect("it was listed").path()).expect("seeds are files");
        feed(&bytes);
        // What the fuzzer would try first.
        for at in 0..bytes.len() {
            feed(&bytes[..at]);
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xFF;
            feed(&damaged);
        }
        count += 1;
    }
    assert!(count >= 3, "{} has {count} seeds", corpus.display());
}

#[test]
fn frames() {
    run("frames", targets::frames);
}

#[test]
fn segments() {
    run("segments", targets::segments);
}

#[test]
fn requests() {
    run("requests", targets::requests);
}

#[test]
fn responses() {
    run("responses", targets::responses);
}

#[test]
fn values() {
    run("values", targets::values);
}
