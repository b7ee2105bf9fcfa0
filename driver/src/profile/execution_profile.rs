use std::sync::Arc;
use std::time::Duration;

use helenus_policies::{LoadBalancing, Priority, Retry, Speculation, Tags};
use helenus_protocol::{Consistency, SerialConsistency};

use super::{Balancing, Profile, Settings};

/// A set of settings under a name, for requests that belong together: the reports of the night, what a user waits for.
///
/// What it leaves open is as the session's builder has it, and what a statement says itself comes before it. It is given
/// to a session by [`SessionBuilder::profile`](crate::SessionBuilder::profile) or, at run time, by
/// [`Session::set_profile`](crate::Session::set_profile), and chosen by [`Session::with_profile`](crate::Session::with_profile)
/// or by the statement's `with_profile`.
///
/// ```
/// use std::time::Duration;
///
/// use helenus::{Consistency, ExecutionProfile};
///
/// let reports = ExecutionProfile::new("reports")
///     .with_consistency(Consistency::One)
///     .with_request_timeout(Duration::from_secs(60))
///     .with_page_size(1000);
/// let urgent_reports = reports.derive("urgent reports").with_request_timeout(Duration::from_secs(5));
/// assert_eq!(urgent_reports.name(), "urgent reports");
/// ```
#[derive(Debug, Clone)]
pub struct ExecutionProfile {
    pub(super) name: Arc<str>,
    consistency: Option<Consistency>,
    serial_consistency: Option<SerialConsistency>,
    request_timeout: Option<Duration>,
    attempt_timeout: Option<Option<Duration>>,
    page_size: Option<i32>,
    load_balancing: Option<Balancing>,
    retry: Option<Arc<dyn Retry>>,
    speculation: Option<Option<Arc<dyn Speculation>>>,
    is_traced: Option<bool>,
    priority: Option<Priority>,
    tags: Tags,
}

impl ExecutionProfile {
    /// The name of the profile that requests follow which choose none.
    pub const DEFAULT: &str = "default";

    /// A profile that leaves everything open.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            consistency: None,
            serial_consistency: None,
            request_timeout: None,
            attempt_timeout: None,
            page_size: None,
            load_balancing: None,
            retry: None,
            speculation: None,
            is_traced: None,
            priority: None,
            tags: Tags::NONE,
        }
    }

    /// The same settings under another name, to be changed from here.
    #[must_use]
    pub fn derive(&self, name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), ..self.clone() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many replicas must answer.
    #[must_use]
    pub fn with_consistency(mut self, level: Consistency) -> Self {
        self.consistency = Some(level);
        self
    }

    /// The level of a conditional statement's Paxos phase.
    #[must_use]
    pub fn with_serial_consistency(mut self, level: SerialConsistency) -> Self {
        self.serial_consistency = Some(level);
        self
    }

    /// How long a request may take in all, retries included.
    #[must_use]
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }

    /// How long one attempt may take; `None`: as long as the request.
    #[must_use]
    pub fn with_attempt_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.attempt_timeout = Some(timeout.into());
        self
    }

    /// Rows per page, at least 1.
    #[must_use]
    pub fn with_page_size(mut self, rows: i32) -> Self {
        self.page_size = Some(rows.max(1));
        self
    }

    /// Chooses the nodes. A node gets connections if any profile's policy wants it to, as many as the nearest distance
    /// has that one of them says.
    #[must_use]
    pub fn with_load_balancing(mut self, policy: Arc<dyn LoadBalancing>) -> Self {
        self.load_balancing = Some(Balancing::always(policy));
        self
    }

    /// Decides what to do after a failed attempt.
    #[must_use]
    pub fn with_retry(mut self, policy: Arc<dyn Retry>) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Decides when another node is asked while those before have not answered; `None`: never.
    #[must_use]
    pub fn with_speculation(mut self, policy: impl Into<Option<Arc<dyn Speculation>>>) -> Self {
        self.speculation = Some(policy.into());
        self
    }

    /// Has the server record how it runs requests.
    #[must_use]
    pub fn with_tracing(mut self, is_traced: bool) -> Self {
        self.is_traced = Some(is_traced);
        self
    }

    /// Who goes first where requests wait for each other.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Says something of its requests, for policies of one's own that go by it:
    /// [`Routing::tags`](helenus_policies::Routing::tags).
    #[must_use]
    pub fn with_tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags = self.tags.with(name, value);
        self
    }

    /// What it says of its requests.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// The same profile with something around its policy, where it has one.
    pub(crate) fn map_load_balancing(
        mut self,
        change: impl Fn(Arc<dyn LoadBalancing>) -> Arc<dyn LoadBalancing>,
    ) -> Self {
        self.load_balancing = self.load_balancing.map(|balancing| balancing.map(change));
        self
    }

    /// The settings, with those of `base` where it leaves them open.
    pub(super) fn over(&self, base: &Profile) -> Profile {
        let of_base = &base.settings;
        let settings = Settings {
            consistency: self.consistency.unwrap_or(of_base.consistency),
            serial_consistency: self.serial_consistency.or(of_base.serial_consistency),
            request_timeout: self.request_timeout.unwrap_or(of_base.request_timeout),
            attempt_timeout: self.attempt_timeout.unwrap_or(of_base.attempt_timeout),
            page_size: self.page_size.unwrap_or(of_base.page_size),
            is_traced: self.is_traced.unwrap_or(of_base.is_traced),
            priority: self.priority.unwrap_or(of_base.priority),
        };
        Profile {
            settings,
            load_balancing: self.load_balancing.as_ref().unwrap_or(&base.load_balancing).clone(),
            retry: self.retry.as_ref().unwrap_or(&base.retry).clone(),
            speculation: self.speculation.as_ref().unwrap_or(&base.speculation).clone(),
            tags: self.tags.clone(),
        }
    }
}
