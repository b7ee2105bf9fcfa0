use helenus_policies::{Explanation, Plan, View};
use helenus_protocol::EncodeRow;
use tokio::time::Instant;

use super::Session;
use super::ask::Ask;
use super::attempt::Trouble;
use super::call::Call;
use super::handle::bind;
use crate::{PreparedStatement, RequestError, RequestErrorKind};

impl Session {
    /// The nodes that a statement with these values may be sent to now, in order, and those that it is not, each with
    /// the reasons that the load balancing gives. It sends nothing, and costs far more than what it explains.
    ///
    /// ```
    /// # use helenus::{PreparedStatement, RequestError, Session};
    /// # fn show(session: &Session, select: &PreparedStatement) -> Result<(), RequestError> {
    /// print!("{}", session.explain(select, (42,))?);
    /// // 1. 10.0.0.2:9042: dc1/r1, local, 3 in flight, 0.8 ms, replica 2 of 3
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Values that do not match the markers, a profile that the session does not have.
    pub fn explain(
        &self,
        statement: &PreparedStatement,
        values: impl EncodeRow,
    ) -> Result<Explanation, RequestError> {
        let values = bind(statement, &values)?;
        let mut ask =
            Ask::new(self, Call::of_prepared(statement, &values), &statement.options, None);
        let cluster = self.inner.cluster.snapshot();
        ask.settle(&cluster).map_err(|trouble| {
            let kind = match trouble {
                Trouble::Final(kind) => kind,
                _ => RequestErrorKind::NoNode,
            };
            RequestError::new(statement.cql(), kind, Vec::new(), 0)
        })?;
        let now = cluster.at(Instant::now().into_std());
        let profile = ask.profile(&cluster);
        let policy = profile.load_balancing.now(cluster.exceptions());
        let view = View::new(&now, policy);
        let routing = ask.routing(&cluster, profile, ask.settings.consistency);
        Ok(Plan::explain(policy, &routing, &view))
    }
}
