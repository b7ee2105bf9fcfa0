use std::env;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use helenus::policies::ConstantReconnection;
use helenus::{Session, SessionBuilder};
use helenus_testkit::cassandra::Cluster;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How long a session's end may take.
pub(crate) const SHUTDOWN: Duration = Duration::from_secs(5);

/// The real cluster, as the environment describes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Server {
    contact_points: Vec<String>,
    state: Option<PathBuf>,
    authenticated: Option<Login>,
}

/// A cluster that asks for credentials.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) contact_point: String,
    pub(crate) user: String,
    pub(crate) password: String,
}

/// What a test needs of the cluster.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Needs {
    Cluster,
    ThreeNodes,
    Processes,
    TwoDatacenters,
    Authentication,
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cluster => "a cluster (HELENUS_TEST_CONTACT_POINTS)",
            Self::ThreeNodes => "three nodes in HELENUS_TEST_CONTACT_POINTS",
            Self::Processes => "the nodes' processes (HELENUS_TEST_CLUSTER_STATE)",
            Self::TwoDatacenters => {
                "dc1 and dc2 of two nodes each (cargo xtask cassandra up --dcs dc1:2,dc2:2)"
            }
            Self::Authentication => "a cluster with users (HELENUS_TEST_AUTH_CONTACT_POINTS)",
        })
    }
}

impl Server {
    pub(crate) fn from_environment() -> Self {
        let get = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let points = get("HELENUS_TEST_CONTACT_POINTS").unwrap_or_default();
        let authenticated = get("HELENUS_TEST_AUTH_CONTACT_POINTS").and_then(|point| {
            let contact_point = point.split(',').next()?.to_owned();
            let user = get("HELENUS_TEST_AUTH_USER")?;
            let password = get("HELENUS_TEST_AUTH_PASSWORD")?;
            Some(Login { contact_point, user, password })
        });
        Self {
            contact_points: points
                .split(',')
                .filter(|p| !p.is_empty())
                .map(str::to_owned)
                .collect(),
            state: get("HELENUS_TEST_CLUSTER_STATE").map(PathBuf::from),
            authenticated,
        }
    }

    pub(crate) fn has(&self, needs: Needs) -> bool {
        match needs {
            Needs::Cluster => !self.contact_points.is_empty(),
            Needs::ThreeNodes => self.contact_points.len() >= 3,
            Needs::Processes => self.state.is_some(),
            Needs::TwoDatacenters => self.processes().is_ok_and(|cluster| {
                let nodes_of = |dc| cluster.nodes().iter().filter(|node| node.dc() == dc).count();
                nodes_of("dc1") == 2 && nodes_of("dc2") == 2
            }),
            Needs::Authentication => self.authenticated.is_some(),
        }
    }

    /// How many copies of a row the cluster has room for, two at most.
    pub(crate) fn copies(&self) -> usize {
        self.contact_points.len().clamp(1, 2)
    }

    pub(crate) fn builder(&self) -> SessionBuilder {
        self.builder_at(&self.contact_points)
    }

    /// A session that finds the cluster by these nodes.
    pub(crate) fn builder_at(&self, contact_points: &[String]) -> SessionBuilder {
        let soon = ConstantReconnection(Duration::from_millis(100));
        Session::builder()
            .contact_points(contact_points)
            .reconnection(std::sync::Arc::new(soon))
            .request_timeout(Duration::from_secs(30))
    }

    pub(crate) async fn session(&self) -> Result<Session, Error> {
        Ok(self.builder().build().await?)
    }

    /// The nodes' processes; only where the test said that it needs them.
    pub(crate) fn processes(&self) -> Result<Cluster, Error> {
        let state = self.state.as_ref().ok_or("the cluster's state file is not known")?;
        Ok(Cluster::attach_file(state)?)
    }

    pub(crate) fn login(&self) -> Result<Login, Error> {
        Ok(self.authenticated.clone().ok_or("no cluster with users is known")?)
    }
}
