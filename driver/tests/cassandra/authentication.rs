use helenus::{BuildError, Session};

use crate::behaviours::Outcome;
use crate::server::{Login, SHUTDOWN, Server};

pub(crate) async fn a_login_is_accepted_or_refused_with_what_to_do(server: Server) -> Outcome {
    let Login { contact_point, user, password } = server.login()?;
    let builder = || Session::builder().contact_point(&contact_point);
    let session = builder().credentials(&user, &password).build().await?;
    let who = session.query("SELECT role FROM system_auth.roles WHERE role = ?", (&*user,)).await?;
    assert_eq!(who.one_row::<(&str,)>()?.0, user);
    session.shutdown(SHUTDOWN).await;

    for refused in [builder(), builder().credentials(&user, "not the password")] {
        let error = refused.build().await.expect_err("the login is refused");
        assert!(matches!(error, BuildError::Authentication { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("Check the user name") && !text.contains("not the password"),
            "{text}"
        );
    }
    Ok(())
}
