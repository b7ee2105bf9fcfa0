mod check;
mod pools;

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus_policies::{
    AddressTranslator, Backoff, DistanceEvaluator, ExponentialReconnection, HostFilter, HostList,
    LoadBalancing, Reconnection, Retry, RetryBudget, Speculation, TimestampGenerator,
};
use helenus_protocol::{Compression, Consistency};

use super::{RequestLimits, Session, SessionConfig};
use crate::cluster::{Bounds, ClusterConfig, ClusterHandle, Translator};
use crate::connection::ConnectionConfig;
use crate::events::Events;
use crate::leak_watch::LeakWatch;
use crate::pool::{PoolConfig, PoolSettings};
use crate::profile::{NodeTags, Profile};
use crate::statement::StatementCache;
use crate::warm_up::Warmer;
use crate::{
    Authenticator, BuildError, EventListener, ExecutionProfile, HealthConfig,
    PasswordAuthenticator, WarmUp,
};

/// Makes a [`Session`]. Every setting has a default but the contact points.
#[derive(Debug, Clone)]
#[must_use]
pub struct SessionBuilder {
    contact_points: Vec<String>,
    port: u16,
    keyspace: Option<String>,
    local_datacenter: Option<String>,
    connection: ConnectionConfig,
    load_balancing: Option<Arc<dyn LoadBalancing>>,
    profile: Profile,
    profiles: Vec<ExecutionProfile>,
    bounds: Bounds,
    tags: NodeTags,
    translator: Option<Translator>,
    timestamps: Option<Arc<dyn TimestampGenerator>>,
    retry_budget: Option<Arc<RetryBudget>>,
    backoff: Backoff,
    reconnection: Arc<dyn Reconnection>,
    pool: PoolConfig,
    limits: RequestLimits,
    warm_up: Option<WarmUp>,
    infers_idempotence: bool,
    statement_cache: usize,
    contact_wait: Duration,
    metadata_timeout: Duration,
    debounce: Duration,
    schema_agreement_timeout: Duration,
    event_listener: Option<Arc<dyn EventListener>>,
    event_buffer: usize,
    health: HealthConfig,
    leak_threshold: Option<Duration>,
}

impl Default for SessionBuilder {
    fn default() -> Self {
        Self {
            contact_points: Vec::new(),
            port: 9042,
            keyspace: None,
            local_datacenter: None,
            connection: ConnectionConfig::default(),
            load_balancing: None,
            profile: Profile::default(),
            profiles: Vec::new(),
            bounds: Bounds::default(),
            tags: NodeTags::default(),
            translator: None,
            timestamps: None,
            retry_budget: None,
            backoff: Backoff::default(),
            reconnection: Arc::new(ExponentialReconnection::default()),
            pool: PoolConfig::default(),
            limits: RequestLimits::default(),
            warm_up: None,
            infers_idempotence: false,
            statement_cache: 1000,
            contact_wait: Duration::ZERO,
            metadata_timeout: Duration::from_secs(5),
            debounce: Duration::from_millis(500),
            schema_agreement_timeout: Duration::from_secs(10),
            event_listener: None,
            event_buffer: 256,
            health: HealthConfig::default(),
            leak_threshold: None,
        }
    }
}

impl SessionBuilder {
    /// Adds a node by which the cluster is found: `host` or `host:port`. The others are found through it.
    pub fn contact_point(self, point: impl ToString) -> Self {
        self.contact_points([point])
    }

    /// Adds several nodes by which the cluster is found.
    pub fn contact_points(mut self, points: impl IntoIterator<Item: ToString>) -> Self {
        self.contact_points.extend(points.into_iter().map(|point| point.to_string()));
        self
    }

    /// The port of contact points that name none. Default 9042.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The keyspace of table names that name none. It must exist. Default none.
    pub fn keyspace(mut self, keyspace: impl Into<String>) -> Self {
        self.keyspace = Some(keyspace.into());
        self
    }

    /// The data center whose nodes get the requests. By default that of the contact point that answers first.
    pub fn local_datacenter(mut self, name: impl Into<String>) -> Self {
        self.local_datacenter = Some(name.into());
        self
    }

    /// Logs in with a name and a password.
    pub fn credentials(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.authenticator(Arc::new(PasswordAuthenticator::new(user, password)))
    }

    /// Answers servers that ask for credentials in any other way.
    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.connection.authenticator = Some(authenticator);
        self
    }

    /// Encrypts connections, and makes sure of who answers them. Default off.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, config: crate::TlsConfig) -> Self {
        self.connection.tls = Some(config);
        self
    }

    /// Compresses frames. Default none.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.connection.compression = Some(compression);
        self
    }

    /// The most that TCP, TLS, start-up and authentication together may take. Default 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connection.connect_timeout = timeout;
        self
    }

    /// How connections are made and kept, beyond what this builder has methods for.
    pub fn connection(mut self, change: impl FnOnce(&mut ConnectionConfig)) -> Self {
        change(&mut self.connection);
        self
    }

    /// Chooses the nodes for each request. By default the replicas of its key in the local data center, then the
    /// other nodes there.
    pub fn load_balancing(mut self, policy: Arc<dyn LoadBalancing>) -> Self {
        self.load_balancing = Some(policy);
        self
    }

    /// Uses those nodes only that a filter accepts, whatever the policies say: [`Allow`](helenus_policies::Allow) and
    /// [`Deny`](helenus_policies::Deny) go by a list. Default: all.
    pub fn host_filter(mut self, filter: Arc<dyn HostFilter>) -> Self {
        self.bounds.filter = Some(filter);
        self
    }

    /// Says how near nodes are, whatever the policies say, as
    /// [`DatacenterDistance`](helenus_policies::DatacenterDistance) does for whole data centers. Default: nothing.
    pub fn distances(mut self, evaluator: Arc<dyn DistanceEvaluator>) -> Self {
        self.bounds.distances = Some(evaluator);
        self
    }

    /// Gives nodes a tag, by which policies of the application may tell them apart:
    /// [`ClusterState::tag`](helenus_policies::ClusterState::tag).
    pub fn node_tag(
        mut self,
        nodes: HostList,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.tags.add(nodes, name.into(), value.into());
        self
    }

    /// Turns the addresses that nodes give for each other into those where this client reaches them. Contact points,
    /// and the node that one is connected to, are taken as they are; nodes that give no port have the one that is set by
    /// [`port`](Self::port). Default: as they are.
    pub fn address_translator(mut self, translator: Arc<dyn AddressTranslator>) -> Self {
        self.translator = Some(Translator { addresses: translator, port: self.port });
        self
    }

    /// Gives writes their timestamps, except those that have one of their own. Default: the server that takes a write
    /// does, by its clock.
    ///
    /// With [`MonotonicTimestamps`](helenus_policies::MonotonicTimestamps) all attempts of a write have the same timestamp,
    /// so that one which is carried out late cannot replace what was written after it: worth it where writes are asked
    /// for twice, by [`speculation`](Self::speculation) or after an [`attempt_timeout`](Self::attempt_timeout). It is
    /// not the default since it takes clients whose clocks agree, and a shared counter that all writes go through.
    pub fn timestamps(mut self, generator: Arc<dyn TimestampGenerator>) -> Self {
        self.timestamps = Some(generator);
        self
    }

    /// Decides what to do after a failed attempt. Default [`DefaultRetry`](helenus_policies::DefaultRetry).
    pub fn retry(mut self, policy: Arc<dyn Retry>) -> Self {
        self.profile.retry = policy;
        self
    }

    /// Adds a profile for requests that choose it, in the place of the one that had its name.
    pub fn profile(mut self, profile: ExecutionProfile) -> Self {
        self.profiles.push(profile);
        self
    }

    /// How many retries the session may make, as a part of its requests, whatever the policy wants. It may be shared
    /// with other sessions. Default [`RetryBudget::new`]: one for five requests, and more for those whose connection
    /// was lost.
    pub fn retry_budget(mut self, budget: Arc<RetryBudget>) -> Self {
        self.retry_budget = Some(budget);
        self
    }

    /// How long a retry waits that asks the same node again, or another one after one was overloaded. Default
    /// [`Backoff::default`]: 5 ms, doubled each time up to 1 s, with jitter.
    pub fn retry_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Decides when another node is asked while those before have not answered: the first answer is taken. Only
    /// idempotent statements are asked for twice. Default: never, so that no request needs a timer of its own.
    pub fn speculation(mut self, policy: Arc<dyn Speculation>) -> Self {
        self.profile.speculation = Some(policy);
        self
    }

    /// Decides how long to wait before a lost node is tried again. Default [`ExponentialReconnection`].
    pub fn reconnection(mut self, policy: Arc<dyn Reconnection>) -> Self {
        self.reconnection = policy;
        self
    }

    /// How many replicas must answer. Default `LOCAL_QUORUM`.
    pub fn consistency(mut self, level: Consistency) -> Self {
        self.profile.settings.consistency = level;
        self
    }

    /// How long a request may take in all, retries included. Default 12 s: more than the servers' own timeouts, so
    /// that their errors, which say more, come first.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.profile.settings.request_timeout = timeout;
        self
    }

    /// How long one attempt of a request may take. Then the retry policy is asked whether another node may do better;
    /// [`DefaultRetry`](helenus_policies::DefaultRetry) asks the next node where the statement is idempotent. Default: as long as the request.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.profile.settings.attempt_timeout = Some(timeout);
        self
    }

    /// Rows per page. Default 5,000.
    pub fn page_size(mut self, rows: i32) -> Self {
        self.profile.settings.page_size = rows;
        self
    }

    /// Takes prepared statements for idempotent whose texts leave no doubt of it, as
    /// [`StatementFacts`](helenus_policies::StatementFacts) reads them: plain SELECT, INSERT, UPDATE and DELETE without
    /// conditions, counters, list elements and functions like `now()`. Default off: only those that say so themselves
    /// are.
    pub fn infer_idempotence(mut self, infers: bool) -> Self {
        self.infers_idempotence = infers;
        self
    }

    /// Prepared statements that the session keeps by their text; 0 keeps none. Default 1,000.
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// How long [`build`](Self::build) waits for a contact point to come up, trying again as the reconnection policy
    /// has it: for applications that are started together with their cluster. Default zero: all are tried once.
    pub fn wait_for_contact(mut self, time: Duration) -> Self {
        self.contact_wait = time;
        self
    }

    /// How long a query of the system tables may take. Default 5 s.
    pub fn metadata_timeout(mut self, timeout: Duration) -> Self {
        self.metadata_timeout = timeout;
        self
    }

    /// How long the cluster's events are collected before the metadata is read again. Default 500 ms.
    pub fn event_debounce(mut self, time: Duration) -> Self {
        self.debounce = time;
        self
    }

    /// How long a statement that changed the schema waits until all nodes have the change; zero does not wait.
    /// Default 10 s.
    pub fn schema_agreement_timeout(mut self, timeout: Duration) -> Self {
        self.schema_agreement_timeout = timeout;
        self
    }

    /// How it is told which nodes are unwell, and what follows from it.
    pub fn health(mut self, change: impl FnOnce(&mut HealthConfig)) -> Self {
        change(&mut self.health);
        self
    }

    /// How long pagers may be held without being used before they are reported, with where they were begun: as a
    /// warning of the log and as [`SessionEvent::HeldUnused`](crate::SessionEvent::HeldUnused). Default: they are not
    /// watched, and pay nothing for it.
    pub fn leak_threshold(mut self, time: Duration) -> Self {
        self.leak_threshold = Some(time);
        self
    }

    /// Is told what happens to the session beside requests. Default none.
    pub fn event_listener(mut self, listener: Arc<dyn EventListener>) -> Self {
        self.event_listener = Some(listener);
        self
    }

    /// Events that each stream of [`Session::events`] keeps for its reader, at least 1. Default 256.
    pub fn event_buffer(mut self, events: usize) -> Self {
        self.event_buffer = events;
        self
    }

    /// Connects to the cluster and opens connections to its nodes.
    ///
    /// # Errors
    /// A setting that makes no sense, no contact point that answers, a login that is refused, a local data center
    /// that the cluster does not have.
    pub async fn build(self) -> Result<Session, BuildError> {
        self.check()?;
        let events = Events::new(self.event_listener, self.event_buffer);
        let cache = Arc::new(StatementCache::new(self.statement_cache));
        let warmer = self.warm_up.map(|config| Warmer::new(config, Arc::clone(&cache)));
        let pools = PoolSettings {
            events,
            leaks: self.leak_threshold.map(LeakWatch::new),
            health: self.health,
            warmer,
            ..PoolSettings::new(self.connection, self.keyspace, self.pool, self.reconnection)
        };
        let cluster = ClusterConfig {
            contact_points: self.contact_points,
            default_port: self.port,
            local_datacenter: self.local_datacenter,
            load_balancing: self.load_balancing,
            profile: self.profile,
            profiles: self.profiles,
            bounds: self.bounds,
            tags: self.tags,
            translator: self
                .translator
                .map(|translator| Translator { port: self.port, ..translator }),
            pools: Arc::new(pools),
            statements: Arc::clone(&cache),
            contact_wait: self.contact_wait,
            metadata_timeout: self.metadata_timeout,
            debounce: self.debounce,
        };
        let config = SessionConfig {
            infers_idempotence: self.infers_idempotence,
            backoff: self.backoff,
            timestamps: self.timestamps,
            limits: self.limits,
            schema_agreement_timeout: self.schema_agreement_timeout,
        };
        let budget =
            self.retry_budget.unwrap_or_else(|| Arc::new(RetryBudget::new(Instant::now())));
        Ok(Session::new(ClusterHandle::connect(cluster).await?, config, cache, budget))
    }
}
