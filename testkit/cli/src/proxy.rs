//! `helenus-testkit proxy` and `helenus-testkit replay`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use helenus_testkit::{Proxy, Recording, Replay};

use crate::control::{ControlAddress, ControlServer, ControlledProxy};
use crate::error::CliError;
use crate::serve::{announce, parse_fault};
use crate::stop::Stop;

#[derive(Args)]
pub(crate) struct ProxyArguments {
    /// The node, as address:port.
    #[arg(long)]
    to: SocketAddr,
    /// Where clients connect.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Write what is said to this file, in the place of one that may be there.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Let this go wrong from the start, as `fault add` has it. It may be given several times.
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<String>,
    /// Where `fault` reaches the proxy: a loopback address and port, or the path of a Unix socket. It is printed
    /// before `ready`, as `control …`.
    #[arg(long)]
    control: Option<ControlAddress>,
    /// End when the standard input does.
    #[arg(long)]
    until_stdin_ends: bool,
}

#[derive(Args)]
pub(crate) struct ReplayArguments {
    /// What a proxy recorded.
    file: PathBuf,
    /// Where clients connect.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Let answers come as late as they did then.
    #[arg(long)]
    keep_time: bool,
    /// End when the standard input does.
    #[arg(long)]
    until_stdin_ends: bool,
}

pub(crate) async fn run(arguments: ProxyArguments) -> Result<(), CliError> {
    let mut stop = Stop::new(arguments.until_stdin_ends)?;
    let faults = arguments.faults.iter().map(|text| parse_fault(text));
    let faults = faults.collect::<Result<Vec<_>, _>>()?;
    let mut builder = Proxy::to(arguments.to).listen(arguments.listen);
    if let Some(path) = arguments.record {
        builder = builder.record(path);
    }
    let proxy = builder.start().await?;
    let address = proxy.address().to_string();
    let proxy = Arc::new(ControlledProxy::new(proxy));
    for fault in faults {
        proxy.inject(fault).map_err(CliError::Refused)?;
    }
    let control = match &arguments.control {
        None => None,
        Some(address) => Some(ControlServer::start(address, proxy.clone()).await?),
    };
    announce(&[address], control.as_ref())?;
    stop.wait().await;
    if let Some(control) = control {
        control.stop().await;
    }
    match Arc::into_inner(proxy) {
        Some(proxy) => Ok(proxy.shutdown().await?),
        None => Ok(()),
    }
}

pub(crate) async fn replay(arguments: ReplayArguments) -> Result<(), CliError> {
    let mut stop = Stop::new(arguments.until_stdin_ends)?;
    let recording = Recording::open(&arguments.file)?;
    if recording.cut_off() > 0 {
        let (file, bytes) = (arguments.file.display(), recording.cut_off());
        eprintln!("helenus-testkit: the last {bytes} bytes of {file} are no whole record");
    }
    let builder = Replay::of(recording).listen(arguments.listen);
    let replay = if arguments.keep_time { builder.keep_time() } else { builder }.start().await?;
    announce(&[replay.address().to_string()], None)?;
    stop.wait().await;
    for request in replay.unanswered() {
        eprintln!("helenus-testkit: the recording has no answer to {request}");
    }
    replay.shutdown().await;
    Ok(())
}
