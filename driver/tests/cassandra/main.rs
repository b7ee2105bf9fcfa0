//! A session on a real cluster: the one that `HELENUS_TEST_CONTACT_POINTS` names.
//!
//! A test is left out, and said to be, where the cluster cannot do what it needs.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod authentication;
#[path = "../behaviours/mod.rs"]
mod behaviours;
mod crash;
mod datacenters;
mod frozen;
mod link;
mod load;
mod membership;
mod outages;
mod replicas;
mod server;
mod tokens;

use std::future::Future;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use behaviours::Outcome;
use link::Link;
use server::{Needs, Server};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The tests share one cluster, and some of them stop its nodes.
    arguments.test_threads = Some(1);
    let server = Server::from_environment();
    libtest_mimic::run(&arguments, trials(&server)).exit_code()
}

fn trials(server: &Server) -> Vec<Trial> {
    let mut trials = Vec::new();
    /// What a session does, in a keyspace of its own, over each link.
    macro_rules! behaviour {
        ($($module:ident::$name:ident)*) => {
            $(for link in Link::ALL {
                let name = format!("{link}::{}", stringify!($name));
                trials.push(trial(&name, server, &[Needs::Cluster], move |server| async move {
                    let session = link.set(server.builder()).build().await?;
                    let keyspace = concat!("t_", stringify!($name));
                    let keyspace = &keyspace[..keyspace.len().min(48)];
                    behaviours::keyspace(&session, keyspace, server.copies()).await?;
                    $module::$name(&session, keyspace).await?;
                    session.query(format!("DROP KEYSPACE {keyspace}"), ()).await?;
                    session.shutdown(server::SHUTDOWN).await;
                    Ok(())
                }));
            })*
        };
    }
    macro_rules! on_real {
        ($($module:ident::$name:ident [$($needs:ident),*])*) => {
            $(trials.push(trial(stringify!($name), server, &[$(Needs::$needs),*], $module::$name));)*
        };
    }
    behaviour! {
        behaviours::altered_tables_are_never_misread
        behaviours::batches_are_written_whole
        behaviours::errors_say_what_where_and_why
        behaviours::pages_hold_every_row_once
        behaviours::pages_of_altered_tables_are_never_misread
        behaviours::rows_stream_across_pages
        behaviours::simple_statements_take_values
        behaviours::statements_are_prepared_once
        behaviours::values_of_every_native_type_come_back
    }
    on_real! {
        replicas::every_request_is_coordinated_by_a_replica [Cluster, ThreeNodes]
        replicas::replica_sets_are_the_servers_for_ten_thousand_tokens [Cluster, Processes]
        tokens::tokens_equal_the_servers [Cluster]
        authentication::a_login_is_accepted_or_refused_with_what_to_do [Authentication]
        crash::every_stream_gets_its_own_answer [Cluster, Processes]
        crash::nodes_restarted_one_by_one_fail_no_idempotent_request [Cluster, ThreeNodes, Processes]
        frozen::a_frozen_node_fails_no_idempotent_request [Cluster, ThreeNodes, Processes]
        crash::a_node_killed_under_load_fails_no_idempotent_request [Cluster, ThreeNodes, Processes]
        outages::a_cluster_that_was_away_is_found_again [Cluster, ThreeNodes, Processes]
        outages::idle_connections_to_a_stopped_node_are_closed_in_time [Cluster, ThreeNodes, Processes]
        crash::the_control_connection_moves_when_its_node_dies_and_nothing_is_lost
            [Cluster, ThreeNodes, Processes]
        membership::nodes_that_join_leave_and_come_back_elsewhere_fail_no_idempotent_request
            [Cluster, ThreeNodes, Processes]
        datacenters::the_loss_and_return_of_a_data_center_fails_no_idempotent_request
            [Cluster, Processes, TwoDatacenters]
    }
    trials
}

fn trial<F>(
    name: &str,
    server: &Server,
    needs: &[Needs],
    test: impl FnOnce(Server) -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = Outcome>,
{
    let missing = needs.iter().find(|needs| !server.has(**needs));
    if let Some(missing) = missing {
        println!("left out: {name} needs {missing}");
    }
    let server = server.clone();
    let run = move || {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(test(server)).map_err(|error| Failed::from(error.to_string()))
    };
    Trial::test(name, run).with_ignored_flag(missing.is_some())
}
