use std::time::Instant;

use helenus_policies::{
    Backoff, DcAware, LoadBalancing, ReplicaOrder, RetryBudget, Speculation, TokenAware,
};

/// The policies of a session.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) balancing: Box<dyn LoadBalancing>,
    pub(crate) speculation: Option<Box<dyn Speculation>>,
    pub(crate) backoff: Backoff,
    /// `None`: as many retries as the retry policy likes.
    pub(crate) budget: Option<RetryBudget>,
}

impl Client {
    pub(crate) fn new(name: &'static str, balancing: impl LoadBalancing + 'static) -> Self {
        Self {
            name,
            balancing: Box::new(balancing),
            speculation: None,
            backoff: Backoff::default(),
            budget: None,
        }
    }

    /// What a session has unless it is told otherwise.
    pub(crate) fn standard() -> Self {
        Self::new("default", Self::replicas(DcAware::new("dc1")))
    }

    /// The less busy replicas first.
    pub(crate) fn replicas<P: LoadBalancing>(child: P) -> TokenAware<P> {
        TokenAware::new(child).with_order(ReplicaOrder::LeastBusy)
    }

    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(crate) fn speculating(mut self, speculation: impl Speculation + 'static) -> Self {
        self.speculation = Some(Box::new(speculation));
        self
    }

    pub(crate) fn on_a_budget(mut self, start: Instant) -> Self {
        self.budget = Some(RetryBudget::new(start));
        self
    }
}
