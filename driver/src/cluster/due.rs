use std::collections::BTreeSet;
use std::time::Duration;

use helenus_protocol::{Event, SchemaTarget};
use tokio::time::Instant;

/// Changed keyspaces that are read one by one. Beyond that all are read together.
pub(super) const MAX_KEYSPACES: usize = 16;

/// What of the metadata is to be read again, and when.
#[derive(Debug, Default)]
pub(super) struct Due {
    at: Option<Instant>,
    scope: Scope,
}

/// What of the metadata is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scope {
    pub(super) nodes: bool,
    pub(super) keyspaces: KeyspaceScope,
}

/// Which keyspaces are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyspaceScope {
    These(BTreeSet<String>),
    All,
}

impl Default for KeyspaceScope {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Scope {
    /// Everything.
    pub(super) fn all() -> Self {
        Self { nodes: true, keyspaces: KeyspaceScope::All }
    }

    /// One keyspace.
    pub(super) fn keyspace(name: String) -> Self {
        Self { nodes: false, keyspaces: KeyspaceScope::These([name].into()) }
    }

    /// What may be different after an event. `is_known_up`: the event's node is known, and up.
    pub(super) fn of(event: &Event, is_known_up: bool) -> Self {
        match event {
            // Tables, types and functions change nothing that requests are routed by.
            Event::Schema(change) if change.target == SchemaTarget::Keyspace => {
                Self::keyspace(change.keyspace.clone())
            }
            Event::Topology(..) => Self { nodes: true, ..Self::default() },
            // It may have come back with another rack or other tokens.
            Event::Status(helenus_protocol::StatusChange::Up, _) if !is_known_up => {
                Self { nodes: true, ..Self::default() }
            }
            _ => Self::default(),
        }
    }

    fn add(&mut self, other: Self) {
        self.nodes |= other.nodes;
        match (&mut self.keyspaces, other.keyspaces) {
            (KeyspaceScope::These(known), KeyspaceScope::These(more)) => {
                known.extend(more);
                if known.len() > MAX_KEYSPACES {
                    self.keyspaces = KeyspaceScope::All;
                }
            }
            (_, KeyspaceScope::All) => self.keyspaces = KeyspaceScope::All,
            (KeyspaceScope::All, _) => {}
        }
    }
}

impl Due {
    /// Adds what is to be read `after` that time, unless a time is set already.
    pub(super) fn add(&mut self, scope: Scope, after: Duration) {
        if scope != Scope::default() {
            self.scope.add(scope);
            self.at.get_or_insert(Instant::now() + after);
        }
    }

    /// When there is something to be read.
    pub(super) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// What is to be read; nothing is due then.
    pub(super) fn take(&mut self) -> Scope {
        std::mem::take(self).scope
    }
}

#[cfg(test)]
mod tests {
    use helenus_protocol::{SchemaChange, SchemaChangeKind, StatusChange, TopologyChange};

    use super::*;

    fn schema(target: SchemaTarget) -> Event {
        let (kind, keyspace) = (SchemaChangeKind::Updated, "ks".to_owned());
        Event::Schema(SchemaChange { kind, keyspace, target })
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_may_be_different_is_read() {
        let node = ([127, 0, 0, 1], 9042).into();
        let nothing = Scope::default();
        let nodes = Scope { nodes: true, ..Scope::default() };
        assert_eq!(Scope::of(&schema(SchemaTarget::Table("t".into())), true), nothing);
        assert_eq!(Scope::of(&schema(SchemaTarget::Keyspace), true), Scope::keyspace("ks".into()));
        assert_eq!(Scope::of(&Event::Status(StatusChange::Down, node), true), nothing);
        assert_eq!(Scope::of(&Event::Status(StatusChange::Up, node), true), nothing);
        assert_eq!(Scope::of(&Event::Status(StatusChange::Up, node), false), nodes);
        assert_eq!(Scope::of(&Event::Topology(TopologyChange::MovedNode, node), true), nodes);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_while_something_is_due_is_read_with_it() {
        let mut due = Due::default();
        due.add(Scope::default(), Duration::from_secs(1));
        assert_eq!(due.at(), None);
        let begun = Instant::now();
        due.add(Scope::keyspace("a".into()), Duration::from_secs(1));
        due.add(Scope::keyspace("b".into()), Duration::from_secs(9));
        assert_eq!(due.at(), Some(begun + Duration::from_secs(1)));
        let both = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        assert_eq!(due.take().keyspaces, KeyspaceScope::These(both));
        assert_eq!((due.at(), due.take()), (None, Scope::default()));
    }

    #[tokio::test(start_paused = true)]
    async fn many_keyspaces_are_read_together() {
        let mut due = Due::default();
        for number in 0..=MAX_KEYSPACES {
            due.add(Scope::keyspace(number.to_string()), Duration::ZERO);
        }
        due.add(Scope::keyspace("one more".into()), Duration::ZERO);
        assert_eq!(due.take(), Scope { nodes: false, keyspaces: KeyspaceScope::All });
    }
}
