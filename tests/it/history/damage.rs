//! Records with every kind of damage are mentioned and passed over.

use super::{complaints, log, run};
use crate::delivery::Pushing;

const ID: &str = "0193a2b4-0000-7000-8000-00001f0c7f2c";

fn first() -> String {
    let (old, new) = ("1".repeat(40), "2".repeat(40));
    let updates = format!("[{{\"old\":\"{old}\",\"new\":\"{new}\",\"ref\":\"refs/heads/main\"}}]");
    let pusher =
        "{\"username\":\"ann\",\"name\":\"A\\u001b[31mnn\",\"email\":null,\"source\":\"account\"}";
    format!(
        "{{\"v\":1,\"push\":{{\"id\":\"x\",\"time_ms\":1700000000000,\"updates\":{updates},\"pusher\":{pusher},\"options\":[],\"remote_addr\":null,\"gl_repo\":null}}}}\n"
    )
}

/// Its event does not parse, a place in it is out of bounds, and the hook's name drives a terminal.
fn events() -> String {
    let delivery = |id: &str, hook: &str, place: usize| {
        format!("{{\"id\":\"{id}\",\"hook\":\"{hook}\",\"kind\":\"ref\",\"events\":[{place}]}}")
    };
    let (known, lost) = (
        delivery(ID, "ci", 0),
        delivery("0193a2b4-0000-7000-8000-00001f0c7f2d", "c\\u001b]0;x", 7),
    );
    format!(
        "{{\"events\":{{\"push_total_commits\":1,\"events\":[{{\"n\":1}}],\"deliveries\":[{known},{lost}]}}}}\n"
    )
}

fn with(records: &[(&str, String)]) -> Pushing {
    let pushing = Pushing::new(
        "[hook.ci]\naction = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:1/\"\n",
    );
    for (path, text) in records {
        pushing
            .sandbox
            .write(&format!("r.git/service-hook/{path}"), text);
    }
    pushing
}

#[test]
fn what_is_no_record_is_mentioned_and_stays_where_it_is() {
    let files = [
        ("pending/1-torn", "{\"v\":1,\"pu".to_owned()),
        ("pending/2-empty", String::new()),
        (
            "pending/3-newer",
            "{\"v\":99,\"push\":\"a rocket\"}\n".to_owned(),
        ),
        ("pending/4-foreign", "\u{1b}[31mnonsense\n".to_owned()),
        ("done/5-torn", "{".to_owned()),
        ("corrupt/6", "nonsense\n".to_owned()),
        ("pending/7-good", first() + &events()),
    ];
    let pushing = with(&files);
    std::os::unix::fs::symlink(
        "/dev/zero",
        pushing.sandbox.path("r.git/service-hook/pending/0-link"),
    )
    .unwrap();
    let out = run(&pushing, &["deliveries", "--json"]);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(
        String::from_utf8_lossy(&out.stdout).lines().count(),
        2,
        "those of the good one"
    );
    let said = complaints(&out);
    for what in [
        "1-torn has no complete first line",
        "2-empty has no complete first line",
        "3-newer was written by a newer version (format 99)",
        "4-foreign is not a record",
        "5-torn has no complete first line",
        "1 in service-hook/corrupt/: not records; inspect and remove them",
    ] {
        assert!(said.contains(what), "`{what}`: {said}");
    }
    assert!(
        pushing
            .sandbox
            .path("r.git/service-hook/pending/4-foreign")
            .exists(),
        "who reads moves nothing"
    );
}

#[test]
fn the_drain_that_puts_aside_what_is_no_record_says_so() {
    let pushing = with(&[
        ("pending/4-foreign", "nonsense\n".to_owned()),
        ("corrupt/6", "nonsense\n".to_owned()),
    ]);
    let out = run(&pushing, &["drain"]);
    assert!(
        complaints(&out).contains("4-foreign is not a record and was moved to corrupt/"),
        "{}",
        complaints(&out)
    );
    assert_eq!(out.status.code(), Some(1));
    assert!(
        pushing
            .sandbox
            .path("r.git/service-hook/corrupt/4-foreign")
            .exists()
    );
    assert_eq!(run(&pushing, &["drain"]).status.code(), Some(0), "once");
}

#[test]
fn a_push_whose_events_are_not_computed_is_a_row() {
    let pushing = with(&[("pending/1", first())]);
    let rows = log(&pushing, &[]);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert!(row["id"].is_null() && row["hook"].is_null(), "{row}");
    assert_eq!(
        (&row["state"], &row["ref"]),
        (&"pending".into(), &"refs/heads/main".into())
    );
    assert_eq!(row["error"], "its events are not computed yet");
    assert_eq!(log(&pushing, &["--hook", "ci"]).len(), 0);
    assert!(
        super::reported(&pushing, &["deliveries"])
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("-  ")
    );
}

#[test]
fn lines_that_make_no_sense_spoil_only_themselves() {
    let lines = [
        "\n\n{\"started\":{\"delivery\":\"nobody\",\"attempt\":1,\"at_ms\":1}}\n",
        "{\"what\":\"is this\"}\nnull\n[]\n\u{0}\u{1}\n",
        &format!(
            "{{\"ended\":{{\"delivery\":\"{ID}\",\"at_ms\":9223372036854775807,\"outcome\":\"failed\",\"why\":\"\\u001b[31mred\\u202e\"}}}}\n"
        ),
        &format!(
            "{{\"started\":{{\"delivery\":\"{ID}\",\"attempt\":4294967295,\"at_ms\":-9223372036854775808}}}}\n"
        ),
        "{\"ended\":{\"delivery\":\"",
    ];
    let pushing = with(&[("done/1", first() + &events() + &lines.concat())]);
    let rows = log(&pushing, &[]);
    assert_eq!(rows.len(), 2);
    for arguments in [
        &["deliveries"][..],
        &["deliveries", "show", ID],
        &["deliveries", "show", "1f0c7f2d"],
    ] {
        let out = run(&pushing, arguments);
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &complaints(&out);
        assert_eq!(out.status.code(), Some(0), "{arguments:?}: {text}");
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{arguments:?}: {text}"
        );
    }
    let text = super::reported(&pushing, &["deliveries", "show", ID]);
    assert!(text.contains("the stored event cannot be read"), "{text}");
}
