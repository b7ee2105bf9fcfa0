use std::error::Error;
use std::fmt;
use std::time::Duration;

use clap::Args;
use helenus::Session;
use helenus_testkit::EmbeddedCluster;

/// Where the cluster is and how to log in.
#[derive(Clone, Args)]
pub struct ConnectOptions {
    /// Nodes of a real cluster, as host or host:port, with commas between them. Without any, an embedded cluster of
    /// three nodes is started in this process.
    #[arg(long, env = "HELENUS_CONTACT_POINTS", value_delimiter = ',')]
    pub contact_points: Vec<String>,

    /// The data center whose nodes get the requests. By default that of the first contact point that answers.
    #[arg(long, env = "HELENUS_LOCAL_DC")]
    pub local_dc: Option<String>,

    /// The user to log in as.
    #[arg(long, env = "HELENUS_USER", requires = "password")]
    pub user: Option<String>,

    /// The user's password. The environment hides it better than the command line.
    #[arg(long, env = "HELENUS_PASSWORD", hide_env_values = true)]
    pub password: Option<String>,

    /// The most that making one connection may take, in milliseconds.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    pub connect_timeout: u64,
}

/// A session, with the embedded cluster that it talks to if there is no real one.
#[derive(Debug)]
pub struct Target {
    /// The session.
    pub session: Session,
    embedded: Option<EmbeddedCluster>,
}

impl ConnectOptions {
    /// Connects, to an embedded cluster where no contact point was given.
    ///
    /// # Errors
    /// Whatever keeps the cluster from starting or the session from being built, in words for a person.
    pub async fn connect(&self) -> Result<Target, Box<dyn Error>> {
        let embedded = match self.contact_points.is_empty() {
            true => Some(EmbeddedCluster::start(3).await?),
            false => None,
        };
        let mut builder = Session::builder()
            .contact_points(&self.contact_points)
            .contact_points(embedded.iter().flat_map(EmbeddedCluster::contact_points))
            .connect_timeout(Duration::from_millis(self.connect_timeout));
        if let Some(name) = &self.local_dc {
            builder = builder.local_datacenter(name);
        }
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            builder = builder.credentials(user, password);
        }
        Ok(Target { session: builder.build().await?, embedded })
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("contact_points", &self.contact_points)
            .field("local_dc", &self.local_dc)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// Whether the cluster is in this process.
    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Ends the session, and the embedded cluster if there is one.
    pub async fn shutdown(self) {
        self.session.shutdown(Duration::from_secs(5)).await;
        if let Some(cluster) = self.embedded {
            cluster.shutdown().await;
        }
    }
}
