use std::time::Duration;

use super::SessionBuilder;
use crate::BuildError;
use crate::profile::Settings;

impl SessionBuilder {
    /// Whether all settings make sense.
    pub(super) fn check(&self) -> Result<(), BuildError> {
        let at_least_one = |setting, value: usize| match value {
            0 => Err(BuildError::Setting {
                setting,
                value: value.to_string(),
                reason: "there must be at least one",
            }),
            _ => Ok(()),
        };
        let not_zero = |setting, value: Duration| {
            if !value.is_zero() {
                return Ok(());
            }
            let reason = "nothing happens in no time";
            Err(BuildError::Setting { setting, value: "zero".to_owned(), reason })
        };
        self.check_pools()?;
        at_least_one("page_size", usize::try_from(self.profile.settings.page_size).unwrap_or(0))?;
        not_zero("connect_timeout", self.connection.connect_timeout)?;
        let Settings { request_timeout, attempt_timeout, .. } = self.profile.settings;
        not_zero("request_timeout", request_timeout)?;
        not_zero("attempt_timeout", attempt_timeout.unwrap_or(request_timeout))?;
        not_zero("leak_threshold", self.leak_threshold.unwrap_or(Duration::MAX))?;
        not_zero("metadata_timeout", self.metadata_timeout)?;
        Ok(())
    }
}
