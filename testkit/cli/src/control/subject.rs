//! What can be controlled.

use helenus_testkit::RequestFeed;
use serde_json::Value;

use super::{Problem, Request};

pub(crate) trait Subject: Send + Sync + 'static {
    /// Does what is asked, but for watching.
    fn carry_out(&self, request: Request) -> impl Future<Output = Result<Value, Problem>> + Send;

    /// Its requests from now on, if they can be watched.
    fn feed(&self) -> Option<RequestFeed>;
}
