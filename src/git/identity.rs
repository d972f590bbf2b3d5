//! Finds the pusher, the push options and the remote address: from the environment that servers set for a hook, and from
//! the account of the process. Reads no repository; the pusher is never the committer.

use super::server::Server;
use crate::accounts;
use crate::environment::Environment;
use crate::push::Pusher;
use std::time::Duration;

/// The name of a pusher whom nobody knows.
const UNKNOWN: &str = "unknown";

/// Push options that are read. Git has no limit.
const OPTIONS: usize = 1000;

/// How long the lookup of an account may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// The first source that has a name, in the order of docs/events.md. The variable of a server counts only beside another
/// one that this server sets: a local user can set any of them.
pub(super) fn pusher(
    environment: &Environment,
    trusted: &[String],
    server: Option<Server>,
) -> Pusher {
    let get_if = |marker: &str, name: &str| {
        environment
            .get(marker)
            .and_then(|_| environment.non_empty(name))
    };
    None.or_else(|| login(&get_if("GL_REPO", "GL_USER")?, "gitolite"))
        .or_else(|| login(&get_if("REQUEST_METHOD", "REMOTE_USER")?, "http"))
        .or_else(|| certificate(environment))
        .or_else(|| {
            trusted
                .iter()
                .find_map(|name| login(&environment.non_empty(name)?, name))
        })
        .or_else(|| login(&environment.non_empty("SOFT_SERVE_USERNAME")?, "soft-serve"))
        .or_else(|| {
            let (variable, source) = server?.pusher();
            login(&environment.non_empty(variable)?, source)
        })
        .or_else(|| anonymous(environment))
        .unwrap_or_else(account)
}

/// Somebody whom `git daemon` let push without asking for a name. It sets the address as a web server does, but none of
/// the other variables of CGI. Its account is not that of the pusher.
fn anonymous(environment: &Environment) -> Option<Pusher> {
    environment.non_empty("REMOTE_ADDR")?;
    let by_daemon = environment.get("REQUEST_METHOD").is_none();
    by_daemon.then(|| Pusher {
        username: UNKNOWN.to_owned(),
        name: UNKNOWN.to_owned(),
        email: None,
        source: UNKNOWN.to_owned(),
    })
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

/// The signer of a push certificate, if receive-pack verified the signature (githooks(5), git-receive-pack(1)):
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

/// The account of this process by its uid. Any user can set `USER`.
fn account() -> Pusher {
    let uid = rustix::process::getuid().as_raw();
    let (username, name) = accounts::find_within(uid, LOOKUP_TIMEOUT).map_or_else(
        || (uid.to_string(), uid.to_string()),
        |account| (account.login, account.full_name),
    );
    Pusher {
        username,
        name,
        email: None,
        source: "account".to_owned(),
    }
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

/// The address of the pusher's machine.
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
        let trusted = ["HOOK_PUSHER".to_owned()];
        let pusher = pusher(&Environment::from(pairs), &trusted, None);
        (pusher.username, pusher.source)
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
    fn a_variable_counts_only_beside_that_of_its_server() {
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
    fn the_variable_of_a_server_counts_only_in_its_repository() {
        let names = [("GITEA_PUSHER_NAME", "tea"), ("GL_USERNAME", "lab")];
        let source = |server| pusher(&Environment::from(names), &[], server).source;
        assert_eq!(source(None), "account");
        assert_eq!(source(Some(Server::SoftServe)), "account");
        assert_eq!(source(Some(Server::Gitea)), "gitea");
        assert_eq!(source(Some(Server::Forgejo)), "gitea");
        assert_eq!(source(Some(Server::GitLab)), "gitlab");
    }

    #[test]
    fn who_pushes_through_git_daemon_is_unknown_and_not_its_account() {
        let address = ("REMOTE_ADDR", "192.0.2.1");
        assert_eq!(who([address]), ("unknown".into(), "unknown".into()));
        let trusted = [address, ("HOOK_PUSHER", "hook")];
        assert_eq!(who(trusted).1, "HOOK_PUSHER");
        let web = [address, ("REQUEST_METHOD", "POST"), ("REMOTE_USER", "ann")];
        assert_eq!(who(web).1, "http");
    }

    #[test]
    fn the_signer_of_a_certificate_has_an_email() {
        let pairs = [
            ("GIT_PUSH_CERT_STATUS", "G"),
            ("GIT_PUSH_CERT_SIGNER", "Key Owner <k@o.example>"),
        ];
        assert_eq!(
            pusher(&Environment::from(pairs), &[], None)
                .email
                .as_deref(),
            Some("k@o.example")
        );
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
    fn the_address_comes_from_the_server_or_from_ssh() {
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
