//! The other end of the control connection.

use std::io::Write;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::arguments::{LoadArguments, Remote, WatchArguments};
use crate::control::{Answer, Fed, LONGEST, LineError, Lines, Request};
use crate::error::CliError;
use crate::serve::read;

type ControlLines = Lines<Box<dyn crate::control::Stream>>;

/// Asks for one thing.
pub(crate) async fn ask(remote: &Remote, request: &Request) -> Result<Value, CliError> {
    Ok(begin(remote, request).await?.0)
}

/// Asks, and gives what is answered with the lines behind it.
async fn begin(remote: &Remote, request: &Request) -> Result<(Value, ControlLines), CliError> {
    let (address, after) = (remote.address()?, remote.timeout());
    let no_answer = |_| CliError::NoAnswer { address: address.clone(), after };
    let lost = |source| CliError::Lost { address: address.clone(), source };
    let exchange = async {
        let mut stream = address
            .connect()
            .await
            .map_err(|source| CliError::Connect { address: address.clone(), source })?;
        let mut bytes =
            serde_json::to_vec(request).map_err(|error| lost(LineError::Io(error.into())))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST {
            return Err(CliError::TooLong { bytes: bytes.len(), most: LONGEST });
        }
        bytes.push(b'\n');
        stream.write_all(&bytes).await.map_err(|error| lost(error.into()))?;
        stream.flush().await.map_err(|error| lost(error.into()))?;
        let mut lines = Lines::new(stream);
        let line = lines.next().await.map_err(lost)?.ok_or_else(|| lost(LineError::Closed))?;
        Ok::<_, CliError>((line, lines))
    };
    let (line, lines) = timeout(after, exchange).await.map_err(no_answer)??;
    match serde_json::from_str(&line) {
        Ok(Answer::Ok(value)) => Ok((value, lines)),
        Ok(Answer::Error(problem)) => Err(CliError::Refused(problem)),
        Err(_) => Err(CliError::StrangeAnswer { address: address.clone(), line }),
    }
}

pub(crate) async fn load(arguments: LoadArguments) -> Result<(), CliError> {
    let cql = read(&arguments.file)?;
    let answer = ask(&arguments.remote, &Request::Load { cql }).await?;
    print(&format!("statements: {}", answer["statements"]))
}

pub(crate) async fn watch(arguments: WatchArguments) -> Result<(), CliError> {
    let address = arguments.remote.address()?;
    let (_, mut lines) = begin(&arguments.remote, &Request::Watch).await?;
    loop {
        let line = lines
            .next()
            .await
            .map_err(|source| CliError::Lost { address: address.clone(), source })?;
        let Some(line) = line else { return Ok(()) };
        if arguments.json {
            print(&line)?;
            continue;
        }
        match serde_json::from_str(&line) {
            Ok(Fed::Request(request)) => {
                print(&format!("+{:.3} s {}", request.after, request.text))?;
            }
            Ok(Fed::Missed(requests)) => print(&format!("({requests} requests were missed)"))?,
            Err(_) => return Err(CliError::StrangeAnswer { address: address.clone(), line }),
        }
    }
}

/// Prints a line.
pub(crate) fn print(line: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(CliError::Print)
}
