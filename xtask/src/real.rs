use std::env;
use std::process::{Command, Stdio};

use helenus_testkit::cassandra::{Cluster, ClusterOptions, Datacenter, Progress, Version};

use crate::Error;
use crate::run::Interrupt;
use crate::workspace::root;

/// Where tests find a real cluster.
const CONTACT_POINTS: &str = "HELENUS_TEST_CONTACT_POINTS";
/// The launcher's state file of that cluster, by which tests hurt and heal its nodes.
const CLUSTER_STATE: &str = "HELENUS_TEST_CLUSTER_STATE";
/// Where tests find a real cluster with authentication, and how they log in.
const AUTH_CONTACT_POINTS: &str = "HELENUS_TEST_AUTH_CONTACT_POINTS";
const AUTH_USER: &str = "HELENUS_TEST_AUTH_USER";
const AUTH_PASSWORD: &str = "HELENUS_TEST_AUTH_PASSWORD";

/// All variables by which tests are told of real clusters.
pub(crate) const VARIABLES: [&str; 5] =
    [CONTACT_POINTS, CLUSTER_STATE, AUTH_CONTACT_POINTS, AUTH_USER, AUTH_PASSWORD];

/// The addresses of docker-compose.yml.
const COMPOSE_CONTACT_POINTS: &str = "127.0.0.1,127.0.0.2,127.0.0.3";

/// Real clusters for tests. What was started for it is taken down when it is dropped.
#[derive(Debug)]
pub(crate) struct RealClusters {
    /// What tests are told: variables and their values.
    pub(crate) environment: Vec<(&'static str, String)>,
    launched: Vec<Cluster>,
    composed: bool,
}

/// Whether real clusters could be had.
#[derive(Debug)]
pub(crate) enum Real {
    Here(RealClusters),
    /// Nothing on this machine can run Cassandra, for this reason.
    Nowhere(String),
}

impl RealClusters {
    /// The user's cluster, else the launcher's, else Docker's.
    pub(crate) fn find(interrupt: &Interrupt) -> Result<Real, Error> {
        if let Some(points) = given() {
            println!("── real cluster: yours at {points}");
            let given = VARIABLES.into_iter().filter_map(|name| Some((name, env::var(name).ok()?)));
            return Ok(Real::Here(Self {
                environment: given.collect(),
                launched: Vec::new(),
                composed: false,
            }));
        }
        match Cluster::check_requirements(Version::default()) {
            Ok(()) => Self::launch(interrupt).map(Real::Here),
            Err(_) if docker_answers() => Self::compose().map(Real::Here),
            Err(missing) => Ok(Real::Nowhere(format!("{missing}; and no Docker engine answers"))),
        }
    }

    fn launch(interrupt: &Interrupt) -> Result<Self, Error> {
        let mut clusters = Self { environment: Vec::new(), launched: Vec::new(), composed: false };
        let main = clusters.up(&ClusterOptions::new("test").nodes(3).block(10), interrupt)?;
        let environment = whereabouts(main);
        clusters.environment.extend(environment);

        let auth = clusters
            .up(&ClusterOptions::new("test-auth").auth(true).block(11).heap_mib(256), interrupt)?;
        let mut environment = vec![(AUTH_CONTACT_POINTS, hosts(auth))];
        if let Some(login) = auth.credentials() {
            environment
                .extend([(AUTH_USER, login.user.clone()), (AUTH_PASSWORD, login.password.clone())]);
        }
        clusters.environment.extend(environment);
        Ok(clusters)
    }

    /// Whether real clusters are the launcher's, so that there may be others than those that [`find`](Self::find) starts.
    pub(crate) fn are_launched() -> bool {
        given().is_none() && Cluster::check_requirements(Version::default()).is_ok()
    }

    /// A cluster of two data centers of two nodes each.
    pub(crate) fn of_two_datacenters(interrupt: &Interrupt) -> Result<Self, Error> {
        let mut clusters = Self { environment: Vec::new(), launched: Vec::new(), composed: false };
        let datacenters = ["dc1", "dc2"].map(|name| Datacenter::new(name, 2));
        let options = ClusterOptions::new("test-datacenters").datacenters(datacenters.into());
        let cluster = clusters.up(&options.block(12).heap_mib(320), interrupt)?;
        clusters.environment = whereabouts(cluster).into();
        Ok(clusters)
    }

    fn up(&mut self, options: &ClusterOptions, interrupt: &Interrupt) -> Result<&Cluster, Error> {
        println!("── real cluster: starting");
        let cluster = Cluster::up(options, &mut |progress| println!("{progress}"))?;
        self.launched.push(cluster);
        interrupt.check()?;
        Ok(&self.launched[self.launched.len() - 1])
    }

    fn compose() -> Result<Self, Error> {
        println!("── real cluster: docker compose up");
        let clusters = Self {
            environment: vec![(CONTACT_POINTS, COMPOSE_CONTACT_POINTS.into())],
            launched: Vec::new(),
            composed: true,
        };
        let arguments = ["compose", "up", "--detach", "--wait"];
        let status = docker(&arguments).status();
        match status.map_err(|source| Error::Run { command: "docker compose up".into(), source })? {
            status if status.success() => Ok(clusters),
            status => Err(Error::Failed(format!("docker compose up failed: {status}"))),
        }
    }
}

impl Drop for RealClusters {
    fn drop(&mut self) {
        for cluster in self.launched.drain(..) {
            let name = cluster.name().to_owned();
            if let Err(error) = cluster.down(&mut |progress: Progress| println!("{progress}")) {
                eprintln!("cluster {name} is not down: {error}");
            }
        }
        if self.composed
            && !docker(&["compose", "down", "--volumes"])
                .status()
                .is_ok_and(|status| status.success())
        {
            eprintln!("docker compose down failed: its containers may still run");
        }
    }
}

/// The contact points of a cluster that the user has.
fn given() -> Option<String> {
    env::var(CONTACT_POINTS).ok().filter(|points| !points.is_empty())
}

/// What tests are told of a cluster whose nodes they may stop.
fn whereabouts(cluster: &Cluster) -> [(&'static str, String); 2] {
    [(CONTACT_POINTS, hosts(cluster)), (CLUSTER_STATE, cluster.state_file().display().to_string())]
}

/// The addresses without the port, which is CQL's own.
fn hosts(cluster: &Cluster) -> String {
    let hosts: Vec<String> =
        cluster.contact_points().iter().map(|address| address.ip().to_string()).collect();
    hosts.join(",")
}

fn docker_answers() -> bool {
    let quiet = docker(&["info"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}
