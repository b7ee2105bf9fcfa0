use std::sync::Arc;

use helenus_policies::{LoadBalancing, RoundRobin};

use crate::health::Exceptions;

/// The load balancing of a profile.
#[derive(Debug, Clone)]
pub(crate) struct Balancing {
    usual: Arc<dyn LoadBalancing>,
    /// What is followed while nodes are suspected, unhealthy or just up, where that is something else.
    careful: Option<Arc<dyn LoadBalancing>>,
}

impl Balancing {
    /// The same policy, whatever state the nodes are in: it looks at that itself.
    pub(crate) fn always(policy: Arc<dyn LoadBalancing>) -> Self {
        Self { usual: policy, careful: None }
    }

    /// `usual`, and `careful` while there are nodes that are not as usual.
    pub(crate) fn with_care(
        usual: Arc<dyn LoadBalancing>,
        careful: Arc<dyn LoadBalancing>,
    ) -> Self {
        Self { usual, careful: Some(careful) }
    }

    /// The policy to follow now.
    #[inline]
    pub(crate) fn now(&self, exceptions: &Exceptions) -> &dyn LoadBalancing {
        match &self.careful {
            Some(careful) if exceptions.are_there() => &**careful,
            _ => &*self.usual,
        }
    }

    /// The policy that says how near nodes are.
    #[inline]
    pub(crate) fn usual(&self) -> &dyn LoadBalancing {
        &*self.usual
    }

    /// Whether it is the same as another one.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.usual, &other.usual)
    }

    /// The same with something around its policies.
    pub(crate) fn map(
        self,
        change: impl Fn(Arc<dyn LoadBalancing>) -> Arc<dyn LoadBalancing>,
    ) -> Self {
        Self { usual: change(self.usual), careful: self.careful.map(change) }
    }
}

impl Default for Balancing {
    fn default() -> Self {
        Self::always(Arc::new(RoundRobin))
    }
}
