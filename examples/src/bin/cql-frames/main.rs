//! Prints the messages of a captured byte stream, one after another: one direction of a connection, from its start, as
//! `tshark -z follow,tcp,raw,0` or a proxy writes it.
//!
//! ```text
//! cql-frames requests.bin
//! cql-frames --compression lz4 responses.bin
//! cql-frames --hex < dump.txt
//! ```

mod messages;

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use helenus::Compression;
use messages::Messages;

/// Prints the messages of a captured byte stream of the CQL native protocol, v4 or v5.
#[derive(Debug, Parser)]
#[command(name = "cql-frames", version)]
struct Options {
    /// The captured bytes of one direction; without it, standard input.
    file: Option<PathBuf>,

    /// The input is text: hexadecimal digits, with white space anywhere.
    #[arg(long)]
    hex: bool,

    /// What the two sides agreed to compress with. Requests say it themselves; answers do not.
    #[arg(long)]
    compression: Option<Compression>,
}

fn main() -> ExitCode {
    match run(&Options::parse(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cql-frames: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut input = match &options.file {
        Some(path) => fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?,
        None => {
            let mut input = Vec::new();
            io::stdin().lock().read_to_end(&mut input)?;
            input
        }
    };
    if options.hex {
        input = from_hex(&input)?;
    }
    let mut messages = Messages::new(&input, options.compression);
    while let Some(message) = messages.next_message()? {
        writeln!(out, "{message}")?;
    }
    match messages.left_over() {
        0 => Ok(()),
        bytes => Err(format!("the stream ends {bytes} bytes into a message").into()),
    }
}

fn from_hex(text: &[u8]) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("an odd number of hexadecimal digits".to_owned());
    }
    let byte = |pair: &[u8; 2]| {
        let text = String::from_utf8_lossy(pair);
        u8::from_str_radix(&text, 16).map_err(|_| format!("{text:?} is not hexadecimal"))
    };
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_text_may_be_spaced_and_must_be_whole() {
        assert_eq!(from_hex(b"04 00\n0aFF"), Ok(vec![4, 0, 10, 255]));
        assert!(from_hex(b"0").is_err());
        assert!(from_hex(b"0x").is_err());
    }
}
