//! `helenus-testkit serve`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use helenus_testkit::{EmbeddedCluster, Fault};

use crate::client::print;
use crate::cluster_options::ClusterOptions;
use crate::control::{ControlAddress, ControlServer, Controlled};
use crate::error::CliError;
use crate::stop::Stop;

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// A TOML file with options of the cluster, under their long names; `user` and `fault` are `users` and `faults`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the other commands reach the cluster: a loopback address and port, or the path of a Unix socket. It is
    /// printed before `ready`, as `control …`.
    #[arg(long)]
    control: Option<ControlAddress>,
    /// End when the standard input does.
    #[arg(long)]
    until_stdin_ends: bool,
    #[command(flatten)]
    cluster: ClusterOptions,
}

pub(crate) async fn run(arguments: ServeArguments) -> Result<(), CliError> {
    let mut stop = Stop::new(arguments.until_stdin_ends)?;
    let options = match &arguments.config {
        None => arguments.cluster,
        Some(path) => arguments.cluster.or(read_options(path)?),
    };
    let faults = options.faults.iter().map(|text| parse_fault(text));
    let faults = faults.collect::<Result<Vec<_>, _>>()?;
    let cluster = options.builder()?.start().await?;
    if let Some(restored) = cluster.restored().filter(|restored| restored.cut_off > 0) {
        let bytes = restored.cut_off;
        eprintln!(
            "helenus-testkit: the last {bytes} bytes of the data are no whole record: left out"
        );
    }
    for path in &options.load {
        let script = read(path)?;
        cluster.load(&script).map_err(|source| CliError::Load { path: path.clone(), source })?;
    }
    if let Some(directory) = &options.tls {
        write_certificates(&cluster, directory)?;
    }
    let cluster = Arc::new(Controlled::new(cluster));
    for fault in faults {
        cluster.inject_everywhere(fault).map_err(CliError::Refused)?;
    }
    let control = match &arguments.control {
        None => None,
        Some(address) => Some(ControlServer::start(address, cluster.clone()).await?),
    };
    announce(&cluster.contact_points(), control.as_ref())?;
    stop.wait().await;
    if let Some(control) = control {
        control.stop().await;
    }
    if let Some(cluster) = Arc::into_inner(cluster) {
        cluster.shutdown().await;
    }
    Ok(())
}

/// Prints where to connect, and that it is time to.
pub(crate) fn announce(
    addresses: &[String],
    control: Option<&ControlServer>,
) -> Result<(), CliError> {
    addresses.iter().try_for_each(|address| print(address))?;
    if let Some(control) = control {
        print(&format!("control {}", control.address()))?;
    }
    print("ready")
}

pub(crate) fn parse_fault(text: &str) -> Result<Fault, CliError> {
    text.parse().map_err(|source| CliError::Fault { text: text.to_owned(), source })
}

pub(crate) fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|source| CliError::Read { path: path.to_owned(), source })
}

fn read_options(path: &Path) -> Result<ClusterOptions, CliError> {
    toml::from_str(&read(path)?).map_err(|source| CliError::Configuration {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn write_certificates(cluster: &EmbeddedCluster, directory: &Path) -> Result<(), CliError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::Write { path, source }
    };
    std::fs::create_dir_all(directory).map_err(failed(directory))?;
    let client = cluster.issue_client_certificate()?;
    for (name, content) in [
        ("authority.pem", cluster.authority_pem()?),
        ("client.pem", client.certificate().to_owned()),
        ("client-key.pem", client.key().to_owned()),
    ] {
        let path = directory.join(name);
        std::fs::write(&path, content).map_err(failed(&path))?;
    }
    Ok(())
}
