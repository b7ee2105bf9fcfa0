use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::time::Instant;

use helenus_policies::{
    ClusterState, Distance, NodeIndex, Plan, ReplicationStrategy, Routing, StatementKind,
};
use helenus_protocol::{Consistency, Token};
use proptest::prelude::*;

use super::cluster::{Cluster, State, state, topology};
use super::composition::{Composition, composition};

/// What of a request is not said by the cluster.
#[derive(Debug, Clone)]
struct Asked {
    token: Option<i64>,
    consistency: Consistency,
    is_conditional: bool,
    kind: StatementKind,
    seed: u64,
}

prop_compose! {
    fn asked()(
        token in prop::option::weighted(0.8, any::<i64>()),
        consistency in prop::sample::select(vec![
            Consistency::One, Consistency::LocalQuorum, Consistency::Serial,
        ]),
        is_conditional in prop::bool::weighted(0.2),
        kind in prop::sample::select(vec![
            StatementKind::Read, StatementKind::Write, StatementKind::Other,
        ]),
        seed: u64,
    ) -> Asked {
        Asked { token, consistency, is_conditional, kind, seed }
    }
}

/// Hands a cluster, and a request to it, to a check.
fn with_request(
    composition: &Composition,
    states: &[State],
    asked: &Asked,
    check: impl FnOnce(&Cluster<'_>, &Routing<'_>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let policy = composition.build();
    let topology = topology(states);
    let factors: BTreeMap<_, _> = (0..3).map(|dc| (format!("dc{dc}"), 2)).collect();
    let table = topology.replicas(&ReplicationStrategy::NetworkTopology { factors });
    let routing = Routing {
        token: asked.token.map(Token),
        replicas: Some(&table),
        is_conditional: asked.is_conditional,
        kind: asked.kind,
        ..Routing::new(asked.consistency, asked.seed)
    };
    let cluster = Cluster { topology: &topology, states, policy: &*policy, now: Instant::now() };
    check(&cluster, &routing)
}

fn plan(cluster: &Cluster<'_>, routing: &Routing<'_>) -> Vec<NodeIndex> {
    let mut plan = Plan::default();
    std::iter::from_fn(|| plan.next(cluster.policy, routing, cluster)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_node_that_should_be_there_comes_once_and_no_other(
        composition in composition(),
        states in prop::collection::vec(state(), 0..12),
        asked in asked(),
    ) {
        with_request(&composition, &states, &asked, |cluster, routing| {
            let plan = plan(cluster, routing);
            let distinct: HashSet<_> = plan.iter().collect();
            prop_assert_eq!(distinct.len(), plan.len());
            for node in cluster.topology.nodes() {
                let is_up = cluster.is_up(node.index);
                if distinct.contains(&node.index) {
                    prop_assert!(is_up, "{:?} is down", node.index);
                    prop_assert!(composition.may(node, routing), "{:?} must not be there", node.index);
                    prop_assert_ne!(cluster.distance(node.index), Distance::Ignored);
                } else {
                    prop_assert!(!is_up || !composition.must(node, routing), "{:?} is missing", node.index);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn local_replicas_come_before_all_other_nodes(
        child in composition(),
        order in prop::sample::select(vec![0, 1, 2]),
        states in prop::collection::vec(state(), 1..12),
        asked in asked(),
    ) {
        use helenus_policies::ReplicaOrder::{LeastBusy, Ring, Shuffled};
        let composition = Composition::TokenAware(Box::new(child), [LeastBusy, Ring, Shuffled][order]);
        with_request(&composition, &states, &asked, |cluster, routing| {
            let plan = plan(cluster, routing);
            let is_replica = |node: &NodeIndex| routing.replicas().contains(node);
            let leads = |index: &NodeIndex| {
                let node = &cluster.topology.nodes()[index.get()];
                let rank = cluster.policy.rank(node, routing);
                is_replica(index) && cluster.distance(*index) == Distance::Local && rank.is_some()
            };
            let leading = plan.iter().take_while(|node| leads(node)).count();
            prop_assert!(!plan[leading..].iter().any(leads), "{plan:?}");
            let missing = routing.replicas().iter().find(|node| {
                leads(node) && cluster.is_up(**node) && !plan.contains(node)
            });
            prop_assert_eq!(missing, None);
            Ok(())
        })?;
    }

    #[test]
    fn no_policy_goes_on_after_the_visit_was_broken_off(
        composition in composition(),
        states in prop::collection::vec(state(), 0..12),
        asked in asked(),
        enough in 1..6_usize,
    ) {
        with_request(&composition, &states, &asked, |cluster, routing| {
            let mut visited = 0;
            let end = cluster.policy.visit(routing, cluster, &mut |_| {
                visited += 1;
                if visited >= enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            prop_assert!(visited <= enough);
            prop_assert_eq!(end.is_break(), visited == enough);
            Ok(())
        })?;
    }

    #[test]
    fn an_explanation_tells_of_the_plan_as_it_is(
        composition in composition(),
        states in prop::collection::vec(state(), 0..12),
        asked in asked(),
    ) {
        with_request(&composition, &states, &asked, |cluster, routing| {
            let explanation = Plan::explain(cluster.policy, routing, cluster);
            let explained: Vec<_> = explanation.nodes.iter().map(|node| node.index).collect();
            prop_assert_eq!(explained, plan(cluster, routing));
            let all = explanation.nodes.len() + explanation.left_out.len();
            prop_assert_eq!(all, states.len());
            prop_assert_eq!(explanation.to_string().lines().count(), all);
            Ok(())
        })?;
    }
}
