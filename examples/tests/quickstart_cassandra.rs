//! Runs quickstart as a person would, on the real clusters that the environment names.

mod program;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use program::Quickstart;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Every run uses the same keyspace.
    arguments.test_threads = Some(1);
    let get = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let cluster = get("HELENUS_TEST_CONTACT_POINTS");
    let with_users = get("HELENUS_TEST_AUTH_CONTACT_POINTS").and_then(|points| {
        Some((points, get("HELENUS_TEST_AUTH_USER")?, get("HELENUS_TEST_AUTH_PASSWORD")?))
    });
    let trials = vec![
        trial("it_succeeds", cluster.clone(), |points| {
            let run = Quickstart::new().args(["--contact-points", &points]).run();
            run.succeeded();
            assert!(run.output.contains("10000 of 10000 at a replica"), "{run:?}");
        }),
        trial("a_wrong_data_center_ends_it_with_the_right_ones", cluster, |points| {
            let arguments = ["--contact-points", &points, "--local-dc", "no-such-dc"];
            Quickstart::new().args(arguments).run().failed_with(&["\"no-such-dc\"", "it has"]);
        }),
        trial(
            "a_wrong_password_ends_it_without_showing_it",
            with_users,
            |(points, user, right)| {
                let login = ["--contact-points", &points, "--user", &user];
                let run = Quickstart::new().args(login).env("HELENUS_PASSWORD", "wr0ng").run();
                run.failed_with(&["Check the user name and the password"]);
                assert!(!run.errors.contains("wr0ng"), "{run:?}");
                Quickstart::new().args(login).env("HELENUS_PASSWORD", &right).run().succeeded();
            },
        ),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test that is left out, and said to be, where there is no cluster for it.
fn trial<C: Send + 'static>(
    name: &str,
    cluster: Option<C>,
    test: impl FnOnce(C) + Send + 'static,
) -> Trial {
    let is_missing = cluster.is_none();
    if is_missing {
        println!("left out: {name} needs a real cluster (HELENUS_TEST_CONTACT_POINTS, …_AUTH_…)");
    }
    let run = move || {
        let cluster = cluster.ok_or_else(|| Failed::from("there is no cluster for this"))?;
        test(cluster);
        Ok(())
    };
    Trial::test(name, run).with_ignored_flag(is_missing)
}
