//! What the configuration of tomorrow does to the pushes of today.

use super::{Pushing, messages, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};

#[test]
fn while_the_file_does_not_parse_pushes_wait_for_it() {
    let receiver = Receiver::start(|_| Answer::ok());
    let good = webhook("ci", &receiver.url("/"));
    let pushing = Pushing::new("[hook.ci\n");
    let said = pushing.push("one");
    assert!(
        said.contains("hooks.toml:1:") && said.contains("the push is recorded and waits"),
        "{said}"
    );
    assert_eq!((pushing.drain(), pushing.pending().len()), (Some(1), 1));
    pushing.configure(&good);
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(
        (messages(&receiver), pushing.pending().len()),
        (vec!["one".to_owned()], 0)
    );
}

#[test]
fn a_server_file_that_cannot_be_read_holds_everything() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    pushing.sandbox.write("server/hooks.toml", "[deliver\n");
    let said = pushing.push("one");
    assert!(said.contains("nothing is sent: "), "{said}");
    assert_eq!(
        (
            pushing.drain(),
            pushing.pending().len(),
            receiver.got().len()
        ),
        (Some(1), 1, 0)
    );
    pushing.sandbox.write("server/hooks.toml", "");
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(messages(&receiver), ["one"]);
}

#[test]
fn a_secret_that_is_not_there_yet_defers_its_hook_without_a_request() {
    let receiver = Receiver::start(|_| Answer::ok());
    let hook = webhook("ci", &receiver.url("/"));
    let pushing = Pushing::new(&format!("{hook}token = {{ file = \"secret\" }}\n"));
    let said = pushing.push("one");
    assert!(
        said.contains("ci: `token`: ") && receiver.got().is_empty(),
        "{said}"
    );
    pushing.sandbox.write("r.git/secret", "s3cret\n");
    eventually("it is delivered once it can be", || {
        pushing.drain();
        pushing.pending().is_empty()
    });
    assert!(receiver.got()[0].header("X-Coding-Signature").is_some());
}

#[test]
fn a_hook_that_has_gone_cancels_and_one_with_a_mistake_keeps() {
    let hooks = |name: &str| webhook(name, "http://127.0.0.1:1/");
    let pushing = Pushing::new(&(hooks("goes") + &hooks("breaks")));
    pushing.push("one");
    pushing.configure(&hooks("breaks").replace("service_url", "servic_url"));
    pushing.drain();
    let record = pushing.records();
    assert!(record.contains("\"outcome\":\"cancelled\""), "{record}");
    assert_eq!(
        (record.matches("cancelled").count(), pushing.pending().len()),
        (1, 1)
    );
}

#[test]
fn filters_keep_a_push_from_everybody_and_it_is_history_at_once() {
    let pushing = Pushing::new(&format!(
        "{}branches = [\"other\"]\n",
        webhook("ci", "http://127.0.0.1:1/")
    ));
    assert_eq!(pushing.push("one"), "");
    assert_eq!((pushing.pending().len(), pushing.done().len()), (0, 1));
}

#[test]
fn drain_walks_all_repositories_below_a_directory() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", "http://127.0.0.1:1/"));
    pushing.push("one");
    pushing.configure(&webhook("ci", &receiver.url("/")));
    eventually("drain --all delivers", || {
        assert_eq!(
            pushing
                .sandbox
                .run("", &["drain", "--all", "."])
                .status
                .code(),
            Some(0)
        );
        pushing.pending().is_empty()
    });
    assert_eq!(messages(&receiver), ["one"]);
}
