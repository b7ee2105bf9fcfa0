use std::sync::Arc;

use helenus_policies::{DefaultRetry, Distance, Node, Retry, Speculation, Tags};
use rustc_hash::FxHashMap;

use super::{Balancing, ExecutionProfile, NodeTags, Settings};

/// What a request follows where its statement says nothing.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) settings: Settings,
    pub(crate) load_balancing: Balancing,
    pub(crate) retry: Arc<dyn Retry>,
    pub(crate) speculation: Option<Arc<dyn Speculation>>,
    pub(crate) tags: Tags,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            settings: Settings::DEFAULT,
            load_balancing: Balancing::default(),
            retry: Arc::new(DefaultRetry),
            speculation: None,
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
        let is_the_one = |other: &Named| other.profile.load_balancing.is(one);
        self.has_one_policy = self.named.values().all(is_the_one);
        self
    }

    /// The profile of requests that choose none.
    #[inline]
    pub(crate) fn default(&self) -> &Profile {
        &self.default
    }

    /// The profile of this name.
    #[cold]
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
        let distance = |profile: &Profile| profile.load_balancing.usual().distance(node);
        let others = self.named.values().map(|named| distance(&named.profile));
        others.fold(distance(&self.default), Distance::min)
    }
}
