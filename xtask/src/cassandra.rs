use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum};
use helenus_testkit::cassandra::{
    Cluster, ClusterOptions, Datacenter, NodeStatus, TlsMode, Version,
};

use crate::Error;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a cluster with empty nodes and wait until all of them agree.
    Up(Up),
    /// Stop a cluster.
    Down(Name),
    /// Show the clusters that are up and how their nodes are.
    Status,
}

#[derive(Debug, Args)]
pub(crate) struct Name {
    /// The cluster's name.
    #[arg(long, default_value = "main")]
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    name: Name,
    /// Nodes in one datacenter, dc1.
    #[arg(long, default_value_t = 3, conflicts_with = "dcs")]
    nodes: u8,
    /// Several datacenters and their nodes, such as dc1:2,dc2:1.
    #[arg(long, value_delimiter = ',')]
    dcs: Vec<Datacenter>,
    /// Racks a datacenter; its nodes go round them in turn.
    #[arg(long, default_value_t = 1)]
    racks: u8,
    /// The release line: 5.0 or 4.1.
    #[arg(long, default_value = "5.0")]
    version: Version,
    /// TLS beside plain text on the same port; `mutual` also asks clients for a certificate.
    #[arg(long, num_args = 0..=1, default_missing_value = "server")]
    tls: Option<Tls>,
    /// Password authentication and authorization; the superuser is cassandra, password cassandra.
    #[arg(long)]
    auth: bool,
    /// Addresses 127.0.BLOCK.1 and on; clusters that run at the same time need different blocks.
    #[arg(long, default_value_t = 0)]
    block: u8,
    /// Tokens a node; with more than one, nodes start one after another.
    #[arg(long, default_value_t = 1)]
    vnodes: u16,
    /// The largest heap of a node, in MiB.
    #[arg(long, default_value_t = 384)]
    heap: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tls {
    Server,
    Mutual,
}

impl Command {
    pub(crate) fn run(self) -> Result<(), Error> {
        match self {
            Self::Up(up) => up.run(),
            Self::Down(Name { name }) => {
                let cluster = Cluster::attach(&name)?;
                cluster.down(&mut |progress| println!("{progress}"))?;
                println!("cluster {name} is down");
                Ok(())
            }
            Self::Status => status(),
        }
    }
}

impl Up {
    fn run(self) -> Result<(), Error> {
        let mut options = ClusterOptions::new(self.name.name)
            .nodes(self.nodes)
            .racks(self.racks)
            .version(self.version)
            .tls(self.tls.map(|tls| match tls {
                Tls::Server => TlsMode::Server,
                Tls::Mutual => TlsMode::Mutual,
            }))
            .auth(self.auth)
            .block(self.block)
            .vnodes(self.vnodes)
            .heap_mib(self.heap);
        if !self.dcs.is_empty() {
            options = options.datacenters(self.dcs);
        }
        let cluster = Cluster::up(&options, &mut |progress| println!("{progress}"))?;
        describe(&cluster);
        Ok(())
    }
}

fn status() -> Result<(), Error> {
    let names = Cluster::names();
    if names.is_empty() {
        println!("no cluster is up");
    }
    for name in names {
        let cluster = Cluster::attach(&name)?;
        describe(&cluster);
        for node in cluster.nodes() {
            let status = match node.status() {
                NodeStatus::Up => "up",
                NodeStatus::Unresponsive => "unresponsive",
                NodeStatus::Paused => "paused",
                NodeStatus::Down => "down",
                _ => "unknown",
            };
            let process = node.pid().map(|pid| format!("process {pid}")).unwrap_or_default();
            println!(
                "  {:<18} {:<6} {:<6} {status:<12} {process}",
                node.address(),
                node.dc(),
                node.rack()
            );
        }
    }
    Ok(())
}

fn describe(cluster: &Cluster) {
    let points: Vec<String> = cluster.contact_points().iter().map(SocketAddr::to_string).collect();
    println!("cluster {}: Apache Cassandra {}", cluster.name(), cluster.version());
    println!("  contact points  {}", points.join(","));
    if let Some(login) = cluster.credentials() {
        println!("  login           {} / {}", login.user, login.password);
    }
    if let Some(tls) = cluster.tls() {
        println!("  TLS authority   {}", tls.authority.display());
        println!(
            "  TLS client      {}, {}",
            tls.client_certificate.display(),
            tls.client_key.display()
        );
    }
    println!("  state           {}", cluster.state_file().display());
}
