use std::sync::Arc;
use std::time::Duration;

use helenus_policies::{
    DefaultRetry, Distance, LoadBalancing, Node, Priority, Retry, RoundRobin, Speculation, Tags,
};
use helenus_protocol::{Consistency, SerialConsistency};
use rustc_hash::FxHashMap;

use super::{ExecutionProfile, NodeTags};

/// The settings that a request follows where its statement says nothing.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) consistency: Consistency,
    pub(crate) serial_consistency: Option<SerialConsistency>,
    pub(crate) request_timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) page_size: i32,
    pub(crate) load_balancing: Arc<dyn LoadBalancing>,
    pub(crate) retry: Arc<dyn Retry>,
    pub(crate) speculation: Option<Arc<dyn Speculation>>,
    pub(crate) is_traced: bool,
    pub(crate) priority: Priority,
    pub(crate) tags: Tags,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            consistency: Consistency::LocalQuorum,
            serial_consistency: None,
            request_timeout: Duration::from_secs(12),
            attempt_timeout: None,
            page_size: 5000,
            load_balancing: Arc::new(RoundRobin),
            retry: Arc::new(DefaultRetry),
            speculation: None,
            is_traced: false,
            priority: Priority::Normal,
            tags: Tags::NONE,
        }
    }
}

/// The profiles of a session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profiles {
    /// What the session's builder was told.
    base: Profile,
    default: Profile,
    named: FxHashMap<Arc<str>, Named>,
    /// Whether nodes are as near to one profile as to another.
    has_one_policy: bool,
    tags: NodeTags,
}

#[derive(Debug, Clone)]
struct Named {
    said: ExecutionProfile,
    profile: Profile,
}

impl Profiles {
    pub(crate) fn new(base: Profile, named: Vec<ExecutionProfile>, tags: NodeTags) -> Self {
        let none = Self {
            default: base.clone(),
            base,
            named: FxHashMap::default(),
            has_one_policy: true,
            tags,
        };
        named.into_iter().fold(none, Self::with)
    }

    /// These and another one, in the place of the one that had its name.
    pub(crate) fn with(mut self, said: ExecutionProfile) -> Self {
        let profile = said.over(&self.base);
        if &*said.name == ExecutionProfile::DEFAULT {
            self.default = profile.clone();
        }
        self.named.insert(Arc::clone(&said.name), Named { said, profile });
        let one = &self.default.load_balancing;
        let is_the_one = |other: &Named| Arc::ptr_eq(&other.profile.load_balancing, one);
        self.has_one_policy = self.named.values().all(is_the_one);
        self
    }

    /// The profile of requests that choose none.
    #[inline]
    pub(crate) fn default(&self) -> &Profile {
        &self.default
    }

    /// The profile of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Profile> {
        match self.named.get(name) {
            None if name == ExecutionProfile::DEFAULT => Some(&self.default),
            named => named.map(|named| &named.profile),
        }
    }

    /// What the profile of this name was made to say.
    pub(crate) fn said(&self, name: &str) -> Option<&ExecutionProfile> {
        self.named.get(name).map(|named| &named.said)
    }

    /// What the application says of nodes.
    pub(crate) fn tags(&self) -> &NodeTags {
        &self.tags
    }

    #[inline]
    pub(crate) fn has_one_policy(&self) -> bool {
        self.has_one_policy
    }

    /// The nearest distance that any of the policies says a node has.
    pub(crate) fn distance(&self, node: &Node) -> Distance {
        let others = self.named.values().map(|named| named.profile.load_balancing.distance(node));
        others.fold(self.default.load_balancing.distance(node), Distance::min)
    }
}
