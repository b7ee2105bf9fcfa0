use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{ClusterState, Reasons, Routing};
use crate::{Node, NodeIndex};

/// How near a node is, which decides how many connections it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Distance {
    /// Requests go there.
    Local,
    /// Requests go there when no local node can take them.
    Remote,
    /// No request goes there, and no connection.
    Ignored,
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Remote => "remote",
            Self::Ignored => "ignored",
        })
    }
}

/// Takes the nodes of a plan one after another; breaks off when it has what it wants.
pub type Visit<'v> = &'v mut dyn FnMut(NodeIndex) -> ControlFlow<()>;

/// Chooses the nodes that a request may go to, and their order.
pub trait LoadBalancing: fmt::Debug + Send + Sync {
    /// How near a node is.
    fn distance(&self, node: &Node) -> Distance;

    /// Hands the nodes for a request to `visit`, the best first, until it breaks off.
    ///
    /// A node may come twice: whoever visits passes over what it has had. For the same `seed` and state the
    /// order should be the same.
    fn visit(
        &self,
        routing: &Routing<'_>,
        cluster: &dyn ClusterState,
        visit: Visit<'_>,
    ) -> ControlFlow<()>;

    /// How a local replica ranks among those of a request, the lowest first. `None`: the request may not go there.
    ///
    /// A policy around this one that has replicas to choose from asks. By default all are equal.
    fn rank(&self, _: &Node, _: &Routing<'_>) -> Option<u8> {
        Some(0)
    }

    /// Says why a node stands where it stands in the plan of a request. By default there is nothing to say.
    fn explain(&self, _: &Node, _: &Routing<'_>, _: &dyn ClusterState, _: &mut Reasons) {}
}

macro_rules! through_pointer {
    ($pointer:ident) => {
        impl<P: LoadBalancing + ?Sized> LoadBalancing for $pointer<P> {
            fn distance(&self, node: &Node) -> Distance {
                (**self).distance(node)
            }

            fn visit(
                &self,
                routing: &Routing<'_>,
                cluster: &dyn ClusterState,
                visit: Visit<'_>,
            ) -> ControlFlow<()> {
                (**self).visit(routing, cluster, visit)
            }

            fn rank(&self, node: &Node, routing: &Routing<'_>) -> Option<u8> {
                (**self).rank(node, routing)
            }

            fn explain(
                &self,
                node: &Node,
                routing: &Routing<'_>,
                cluster: &dyn ClusterState,
                reasons: &mut Reasons,
            ) {
                (**self).explain(node, routing, cluster, reasons);
            }
        }
    };
}

through_pointer!(Arc);
through_pointer!(Box);
