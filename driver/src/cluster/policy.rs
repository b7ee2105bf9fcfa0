use std::fmt;
use std::sync::Arc;

use helenus_policies::{
    DcAware, DistanceEvaluator, Evaluated, Filtered, HostFilter, LoadBalancing, Node, ReplicaOrder,
    SetBack, SlowStart, TokenAware,
};

use super::{BuildError, ClusterConfig};
use crate::profile::Balancing;

/// What holds for all policies of a session: which nodes are used, and how near they are.
#[derive(Clone, Default)]
pub(crate) struct Bounds {
    pub(crate) filter: Option<Arc<dyn HostFilter>>,
    pub(crate) distances: Option<Arc<dyn DistanceEvaluator>>,
}

impl Bounds {
    /// A policy within them.
    pub(super) fn around(&self, mut policy: Arc<dyn LoadBalancing>) -> Arc<dyn LoadBalancing> {
        if let Some(distances) = self.distances.clone() {
            policy = Arc::new(Evaluated::new(policy, move |node: &Node| distances.evaluate(node)));
        }
        if let Some(filter) = self.filter.clone() {
            policy = Arc::new(Filtered::new(policy, move |node: &Node| filter.accepts(node)));
        }
        policy
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { filter, distances } = self;
        let (has_filter, has_distances) = (filter.is_some(), distances.is_some());
        f.debug_struct("Bounds")
            .field("has_filter", &has_filter)
            .field("has_distances", &has_distances)
            .finish()
    }
}

/// The policy of requests that choose no profile.
pub(super) fn choose_policy(
    config: &ClusterConfig,
    nodes: &[Node],
) -> Result<Balancing, BuildError> {
    let mut known: Vec<String> = nodes.iter().map(|node| node.datacenter.to_string()).collect();
    known.sort_unstable();
    known.dedup();
    if let Some(wanted) = config.local_datacenter.as_ref().filter(|dc| !known.contains(dc)) {
        return Err(BuildError::UnknownDatacenter { wanted: wanted.clone(), known });
    }
    if let Some(policy) = &config.load_balancing {
        return Ok(Balancing::always(Arc::clone(policy)));
    }
    let local = match (&config.local_datacenter, nodes.first()) {
        (Some(local), _) => local.as_str(),
        // The first node is the one that answered.
        (None, Some(contact)) => &contact.datacenter,
        (None, None) => "",
    };
    if config.local_datacenter.is_none() && known.len() > 1 {
        tracing::warn!(local, ?known, "no local data center is set; the contact point's is taken");
    }
    let replicas_first = TokenAware::new(DcAware::new(local)).with_order(ReplicaOrder::LeastBusy);
    let warm_first =
        SlowStart::new(replicas_first.clone()).with_window(config.pools.health.warm_up);
    Ok(Balancing::with_care(Arc::new(replicas_first), Arc::new(SetBack::new(warm_first))))
}
