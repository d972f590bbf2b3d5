//! Who pushed, with what options and from where: what servers leave in the environment of a hook, and what the system
//! says about the process. Reads no repository; never takes the committer for the pusher.

use crate::environment::Environment;
use crate::push::Pusher;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Push options that are read; Git sets no bound.
const OPTIONS: usize = 1000;

/// How long the system may take to name an account.
const PATIENCE: Duration = Duration::from_secs(2);

/// The first source that knows a name, in the order of docs/events.md. Each server's variable counts only where that
/// server shows itself: a local user can set any of them.
pub(super) fn pusher(environment: &Environment, trusted: &[String]) -> Pusher {
    let beside = |mark: &str, name: &str| {
        environment
            .get(mark)
            .and_then(|_| environment.non_empty(name))
    };
    None.or_else(|| login(&beside("GL_REPO", "GL_USER")?, "gitolite"))
        .or_else(|| login(&beside("REQUEST_METHOD", "REMOTE_USER")?, "http"))
        .or_else(|| certificate(environment))
        .or_else(|| {
            trusted
                .iter()
                .find_map(|name| login(&environment.non_empty(name)?, name))
        })
        .or_else(|| login(&environment.non_empty("SOFT_SERVE_USERNAME")?, "soft-serve"))
        .unwrap_or_else(account)
}

fn login(name: &str, source: &str) -> Option<Pusher> {
    let trimmed = name.trim();
    (!trimmed.is_empty()).then(|| Pusher {
        username: trimmed.to_owned(),
        name: trimmed.to_owned(),
        email: None,
        source: source.to_owned(),
    })
}

/// The signer of a push certificate, when receive-pack found the signature good (githooks(5), git-receive-pack(1)):
/// `Name <mail>`.
fn certificate(environment: &Environment) -> Option<Pusher> {
    environment
        .non_empty("GIT_PUSH_CERT_STATUS")
        .filter(|status| status == "G")?;
    let signer = environment.non_empty("GIT_PUSH_CERT_SIGNER")?;
    let (name, rest) = signer.split_once('<').unwrap_or((&signer, ""));
    let email = Some(rest.trim_end().trim_end_matches('>').trim()).filter(|mail| !mail.is_empty());
    let name = Some(name.trim())
        .filter(|name| !name.is_empty())
        .or(email)?
        .to_owned();
    Some(Pusher {
        username: name.clone(),
        name,
        email: email.map(str::to_owned),
        source: "certificate".into(),
    })
}

/// The account of this process by its uid; `USER` is anybody's to set.
fn account() -> Pusher {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read(PASSWD).unwrap_or_default();
    let known =
        in_passwd(&String::from_utf8_lossy(&passwd), uid).or_else(|| soon(move || from_id(uid)));
    let (username, name) = known.unwrap_or_else(|| (uid.to_string(), uid.to_string()));
    Pusher {
        username,
        name,
        email: None,
        source: "account".to_owned(),
    }
}

const PASSWD: &str = "/etc/passwd";

/// Login and full name (the first part of the comment field) by passwd(5).
fn in_passwd(text: &str, uid: u32) -> Option<(String, String)> {
    let uid = uid.to_string();
    text.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        let login = *fields
            .first()
            .filter(|_| fields.get(2) == Some(&uid.as_str()))?;
        let full = fields
            .get(4)
            .and_then(|comment| comment.split(',').next())
            .unwrap_or("")
            .trim();
        Some((
            login.to_owned(),
            if full.is_empty() { login } else { full }.to_owned(),
        ))
    })
}

/// The push is recorded with the name of its pusher: no directory service may hold it up for long. On a thread, which
/// also bears a panic: std has one where the pipe of a child cannot be read.
fn soon<T: Send + 'static>(ask: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let (answer, answered) = channel();
    std::thread::Builder::new()
        .spawn(move || drop(answer.send(ask())))
        .ok()?;
    answered.recv_timeout(PATIENCE).ok()?
}

/// Accounts that are kept elsewhere (LDAP and the like).
fn from_id(uid: u32) -> Option<(String, String)> {
    let mut id = Command::new("id");
    let out = id
        .args(["-un", &uid.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let name = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    (out.status.success() && !name.is_empty()).then(|| (name.clone(), name))
}

/// `git push -o`: as many as the count says and are there.
pub(super) fn push_options(environment: &Environment) -> Vec<String> {
    let count = environment
        .non_empty("GIT_PUSH_OPTION_COUNT")
        .and_then(|n| n.trim().parse().ok())
        .unwrap_or(0);
    (0..OPTIONS.min(count))
        .filter_map(|n| environment.get(&format!("GIT_PUSH_OPTION_{n}")))
        .collect()
}

/// The address that the push came from.
pub(super) fn remote_addr(environment: &Environment) -> Option<String> {
    let ssh = || {
        Some(
            environment
                .non_empty("SSH_CONNECTION")?
                .split_whitespace()
                .next()?
                .to_owned(),
        )
    };
    environment.non_empty("REMOTE_ADDR").or_else(ssh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who<const N: usize>(pairs: [(&str, &str); N]) -> (String, String) {
        let pusher = pusher(&Environment::from(pairs), &["HOOK_PUSHER".to_owned()]);
        (pusher.username, pusher.source)
    }

    #[test]
    fn a_system_that_does_not_answer_holds_nothing_up() {
        let started = std::time::Instant::now();
        let never = || {
            std::thread::sleep(Duration::from_secs(60));
            Some(1)
        };
        assert!(soon(never).is_none() && started.elapsed() < Duration::from_secs(30));
        assert_eq!(soon(|| Some(1)), Some(1));
        assert_eq!(soon::<()>(|| panic!("as std does")), None);
    }

    #[test]
    fn each_server_names_its_user_and_the_order_is_fixed() {
        let all = [
            ("GL_REPO", "r"),
            ("GL_USER", "gl"),
            ("REQUEST_METHOD", "POST"),
            ("REMOTE_USER", "web"),
            ("GIT_PUSH_CERT_STATUS", "G"),
            ("GIT_PUSH_CERT_SIGNER", "Key Owner <k@o>"),
            ("HOOK_PUSHER", "hook"),
            ("SOFT_SERVE_USERNAME", "soft"),
        ];
        assert_eq!(who(all), ("gl".into(), "gitolite".into()));
        let [_, _, rest @ ..] = all;
        assert_eq!(who::<6>(rest), ("web".into(), "http".into()));
        let [_, _, rest @ ..] = rest;
        assert_eq!(who::<4>(rest), ("Key Owner".into(), "certificate".into()));
        let [_, _, rest @ ..] = rest;
        assert_eq!(who::<2>(rest), ("hook".into(), "HOOK_PUSHER".into()));
        assert_eq!(who([all[7]]), ("soft".into(), "soft-serve".into()));
    }

    #[test]
    fn a_name_counts_only_where_its_server_shows_itself() {
        for pairs in [
            ("GL_USER", "x"),
            ("REMOTE_USER", "x"),
            ("USER", "x"),
            ("GIT_COMMITTER_NAME", "x"),
        ] {
            assert_eq!(who([pairs]).1, "account", "{pairs:?}");
        }
        assert_eq!(
            who([("REQUEST_METHOD", "POST"), ("REMOTE_USER", "")]).1,
            "account"
        );
        assert_eq!(
            who([
                ("GIT_PUSH_CERT_STATUS", "B"),
                ("GIT_PUSH_CERT_SIGNER", "K <k@o>")
            ])
            .1,
            "account"
        );
    }

    #[test]
    fn the_signer_of_a_certificate_has_a_mail() {
        let pairs = [
            ("GIT_PUSH_CERT_STATUS", "G"),
            ("GIT_PUSH_CERT_SIGNER", "Key Owner <k@o.example>"),
        ];
        assert_eq!(
            pusher(&Environment::from(pairs), &[]).email.as_deref(),
            Some("k@o.example")
        );
    }

    #[test]
    fn the_account_is_that_of_the_uid() {
        let text = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann Author,,,:/home/ann:/bin/sh\nbad\nbob:x:7:7::/:\n";
        assert_eq!(
            in_passwd(text, 1000),
            Some(("ann".into(), "Ann Author".into()))
        );
        assert_eq!(in_passwd(text, 7), Some(("bob".into(), "bob".into())));
        assert_eq!(in_passwd(text, 8), None);
    }

    #[test]
    fn push_options_are_as_many_as_are_there() {
        let options = |pairs: &[(&str, &str)]| {
            let mut all = [("A", ""), ("B", ""), ("C", "")];
            all[..pairs.len()].copy_from_slice(pairs);
            push_options(&Environment::from(all))
        };
        let (one, two) = (
            ("GIT_PUSH_OPTION_0", "ci.skip"),
            ("GIT_PUSH_OPTION_1", "ci.skip"),
        );
        assert_eq!(
            options(&[("GIT_PUSH_OPTION_COUNT", "2"), one, two]),
            ["ci.skip", "ci.skip"]
        );
        assert_eq!(
            options(&[("GIT_PUSH_OPTION_COUNT", "1"), one, two]),
            ["ci.skip"]
        );
        assert_eq!(
            options(&[("GIT_PUSH_OPTION_COUNT", "999999999"), two]),
            ["ci.skip"]
        );
        for count in ["0", "", "x", "-1"] {
            assert!(options(&[("GIT_PUSH_OPTION_COUNT", count), one]).is_empty());
        }
        assert!(options(&[one]).is_empty(), "without a count there are none");
    }

    #[test]
    fn the_address_is_the_servers_or_that_of_ssh() {
        let address = |pairs| remote_addr(&Environment::from([pairs]));
        assert_eq!(
            address(("REMOTE_ADDR", "192.0.2.1")).as_deref(),
            Some("192.0.2.1")
        );
        assert_eq!(
            address(("SSH_CONNECTION", "2001:db8::1 5000 2001:db8::2 22")).as_deref(),
            Some("2001:db8::1")
        );
        assert_eq!(address(("SSH_CONNECTION", "")), None);
    }
}
