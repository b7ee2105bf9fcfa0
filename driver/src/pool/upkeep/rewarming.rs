use std::sync::Arc;
#[cfg(feature = "schedule")]
use std::time::SystemTime;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use helenus_policies::Distance;
use tokio::time::Instant;

use super::Upkeep;
use crate::pool::PoolSettings;
#[cfg(feature = "schedule")]
use crate::warm_up::Cron;
use crate::warm_up::{Warmed, Warmer};

/// When the connections of a pool are warmed up again, and how far that is.
#[derive(Default)]
pub(super) struct Rewarming {
    #[cfg(feature = "schedule")]
    cron: Option<Cron>,
    next: Option<Instant>,
    under_way: Option<(Instant, BoxFuture<'static, Warmed>)>,
}

impl Rewarming {
    /// As the settings have it for a node so near.
    pub(super) fn new(settings: &PoolSettings, distance: Distance) -> Self {
        let mut rewarming = Self::default();
        #[cfg(feature = "schedule")]
        if distance == Distance::Local {
            rewarming.cron = settings.warmer.as_ref().and_then(Warmer::cron);
        }
        #[cfg(not(feature = "schedule"))]
        let _ = (settings, distance);
        rewarming.plan();
        rewarming
    }

    /// When the next one is due; while one is under way, none is.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next.filter(|_| self.under_way.is_none())
    }

    fn plan(&mut self) {
        #[cfg(feature = "schedule")]
        {
            let wait = self.cron.as_mut().and_then(|cron| cron.next(SystemTime::now()));
            self.next = wait.and_then(|wait| Instant::now().checked_add(wait));
        }
    }

    /// Waits until the one under way is done; for ever where there is none. Dropped before, it goes on later.
    pub(super) async fn done(&mut self) -> (Instant, Warmed) {
        match &mut self.under_way {
            Some((begun, warming)) => {
                let done = (*begun, warming.await);
                self.under_way = None;
                done
            }
            None => std::future::pending().await,
        }
    }
}

impl Upkeep {
    /// Tells that the connections have been warmed up, where that is wanted.
    pub(super) fn report_warmth(&mut self, begun: Instant, warmed: Warmed) {
        if let Some(warmer) = self.warmer() {
            let is_first = !self.was_warmed;
            warmer.report(self.pool.node().address, is_first, warmed, begun.elapsed());
            self.was_warmed = true;
        }
    }

    /// The node is no longer among those that are warmed up.
    pub(super) fn forget_warmth(&self) {
        if let Some(warmer) = self.warmer() {
            warmer.remove_node(self.was_warmed);
        }
    }

    fn warmer(&self) -> Option<&Warmer> {
        let is_local = self.pool.distance() == Distance::Local;
        self.settings.warmer.as_ref().filter(|_| is_local)
    }

    /// Warms all connections up again, if it is time for it.
    pub(super) fn rewarm(&mut self, now: Instant) {
        if self.rewarming.next().is_none_or(|next| next > now) {
            return;
        }
        let connections: Vec<_> =
            self.members.iter().map(|member| Arc::clone(&member.connection)).collect();
        let settings = Arc::clone(&self.settings);
        let warming = async move {
            let mut warmed = Warmed::default();
            let Some(warmer) = &settings.warmer else { return warmed };
            let each = connections.iter().map(|connection| warmer.warm(connection, false));
            let mut each: FuturesUnordered<_> = each.collect();
            while let Some(one) = each.next().await {
                warmed.add(one);
            }
            warmed
        };
        self.rewarming.under_way = Some((now, Box::pin(warming)));
        self.rewarming.plan();
    }
}
