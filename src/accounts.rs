//! Looks up accounts by user id: in passwd(5), then in the directory services that `getent` knows (LDAP and the like).

use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// An entry of passwd(5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The login name.
    pub login: String,
    /// The first part of the comment field; the login name where that is empty.
    pub full_name: String,
    /// The id of the primary group.
    pub group: u32,
    /// The home directory.
    pub home: String,
}

/// The account with this user id. A directory service may take any time to answer.
pub fn find(uid: u32) -> Option<Account> {
    find_local(uid).or_else(|| find_in_directory(uid))
}

/// Like [`find`], but gives up on a directory service after `limit`.
pub fn find_within(uid: u32, limit: Duration) -> Option<Account> {
    find_local(uid).or_else(|| run_within(limit, move || find_in_directory(uid)))
}

fn find_local(uid: u32) -> Option<Account> {
    let passwd = std::fs::read("/etc/passwd").unwrap_or_default();
    parse(&String::from_utf8_lossy(&passwd), uid)
}

fn find_in_directory(uid: u32) -> Option<Account> {
    let output = Command::new("getent")
        .args(["passwd", &uid.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    parse(&String::from_utf8_lossy(&output.stdout), uid)
}

/// Runs on a thread, which also contains a panic: std has one where the pipe of a child cannot be read.
fn run_within<T: Send + 'static>(
    limit: Duration,
    lookup: impl FnOnce() -> Option<T> + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = channel();
    std::thread::Builder::new()
        .spawn(move || drop(sender.send(lookup())))
        .ok()?;
    receiver.recv_timeout(limit).ok()?
}

fn parse(passwd: &str, uid: u32) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let [login, _password, id, group, comment, home, ..] =
            line.split(':').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let full_name = comment.split(',').next().unwrap_or_default().trim();
        let full_name = if full_name.is_empty() {
            login
        } else {
            full_name
        };
        (id.parse() == Ok(uid)).then_some(())?;
        Some(Account {
            login: login.to_owned(),
            full_name: full_name.to_owned(),
            group: group.parse().ok()?,
            home: home.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_uid() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:997:Ann Author,,,:/home/ann:/bin/sh\n\
                      bad\nbob:x:7:8::/:\n";
        let account = |login: &str, full_name: &str, group, home: &str| Account {
            login: login.to_owned(),
            full_name: full_name.to_owned(),
            group,
            home: home.to_owned(),
        };
        assert_eq!(
            parse(passwd, 1000),
            Some(account("ann", "Ann Author", 997, "/home/ann"))
        );
        assert_eq!(parse(passwd, 7), Some(account("bob", "bob", 8, "/")));
        assert_eq!(parse(passwd, 8), None);
    }

    #[test]
    fn a_directory_service_that_does_not_answer_delays_nothing() {
        let started = std::time::Instant::now();
        let limit = Duration::from_secs(2);
        let never = || {
            std::thread::sleep(Duration::from_secs(60));
            Some(1)
        };
        assert!(run_within(limit, never).is_none() && started.elapsed() < Duration::from_secs(30));
        assert_eq!(run_within(limit, || Some(1)), Some(1));
        assert_eq!(run_within::<()>(limit, || panic!("as std does")), None);
    }
}
