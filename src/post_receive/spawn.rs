//! Starting the process that outlives the push.

use crate::environment::Environment;
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::config::SERVER_FILE_VARIABLE as SERVER_FILE;

/// Variables that a request sets begin so; a deliverer lives longer than the request.
const REQUEST_PREFIXES: [&str; 10] = [
    "HTTP_",
    "SSH_",
    "GL_",
    "GIT_",
    "REMOTE_",
    "CONTENT_",
    "CONTEXT_",
    "REDIRECT_",
    "FCGI_",
    "SOFT_SERVE_",
];

/// The other meta-variables of CGI (RFC 3875, 4.1) and of its servers, by their whole names: a prefix such as `AUTH_`
/// would take away what a reference like `{ env = "AUTH_TOKEN" }` names.
const REQUEST_NAMES: [&str; 20] = [
    "AUTH_TYPE",
    "DOCUMENT_ROOT",
    "DOCUMENT_URI",
    "GATEWAY_INTERFACE",
    "PATH_INFO",
    "PATH_TRANSLATED",
    "QUERY_STRING",
    "REQUEST_METHOD",
    "REQUEST_SCHEME",
    "REQUEST_URI",
    "SCRIPT_FILENAME",
    "SCRIPT_NAME",
    "SCRIPT_URI",
    "SCRIPT_URL",
    "SERVER_ADDR",
    "SERVER_ADMIN",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
];

/// Variables that loaders and TLS obey; behind a web server nobody of ours has set them.
const OBEYED_PREFIXES: [&str; 3] = ["LD_", "SSL", "GLIBC_"];

/// Starts this program once more as `drain` for one push. Nothing of ours is left open in it: not the pusher's
/// connection, which would hold the push, and not what a caller of Git has open, which might be a lock.
pub(super) fn deliverer(
    git_dir: &Path,
    environment: &Environment,
    push: &str,
) -> io::Result<Child> {
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let start = |program: &Path| command(program, git_dir, environment, push).spawn();
    // The link names the file that runs, also after an upgrade has put another one in its place.
    start(Path::new("/proc/self/exe")).or_else(|_| start(&std::env::current_exe()?))
}

fn command(program: &Path, git_dir: &Path, environment: &Environment, push: &str) -> Command {
    let mut command = Command::new(program);
    command
        .arg0("git-service-hook")
        .args(["drain", "--push", push])
        .current_dir(git_dir)
        .env_clear();
    command.envs(
        environment
            .iter()
            .filter(|(name, _)| is_kept(name, environment)),
    );
    if let Some(file) = environment.non_empty(SERVER_FILE) {
        let absolute = std::path::absolute(&file).unwrap_or_else(|_| file.into());
        command.env(SERVER_FILE, absolute);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn is_kept(name: &OsStr, environment: &Environment) -> bool {
    let name = name.to_string_lossy();
    let behind_web_server = environment.get("REQUEST_METHOD").is_some();
    let obeyed = behind_web_server && OBEYED_PREFIXES.iter().any(|p| name.starts_with(p));
    let of_request =
        REQUEST_NAMES.contains(&&*name) || REQUEST_PREFIXES.iter().any(|p| name.starts_with(p));
    !obeyed && !of_request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(environment: &Environment) -> Vec<String> {
        let command = command(Path::new("x"), Path::new("/"), environment, "id");
        command
            .get_envs()
            .filter(|(_, v)| v.is_some())
            .map(|(n, _)| n.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn nothing_that_a_request_sets_reaches_the_deliverer() {
        let request = Environment::from([
            ("PATH", "/bin"),
            ("JENKINS_TOKEN", "for a reference"),
            ("AUTH_TOKEN", "for another one"),
            ("SERVER_NAME", "x"),
            ("AUTH_TYPE", "Basic"),
            ("HTTP_PROXY", "http://evil:1"),
            ("HTTP_AUTHORIZATION", "Basic x"),
            ("GIT_DIR", "."),
            ("GIT_PUSH_OPTION_0", "x"),
            ("GL_USER", "x"),
            ("SSH_CONNECTION", "x"),
            ("QUERY_STRING", "x"),
            ("REQUEST_METHOD", "POST"),
            ("LD_PRELOAD", "x"),
            ("SSL_CERT_FILE", "x"),
        ]);
        assert_eq!(kept(&request), ["AUTH_TOKEN", "JENKINS_TOKEN", "PATH"]);
    }

    #[test]
    fn the_servers_file_is_named_to_it_from_anywhere() {
        let environment = Environment::from([
            (SERVER_FILE, "relative.toml"),
            ("SSL_CERT_FILE", "of the account"),
        ]);
        assert_eq!(kept(&environment), [SERVER_FILE, "SSL_CERT_FILE"]);
        let command = command(Path::new("x"), Path::new("/"), &environment, "id");
        let file = command
            .get_envs()
            .find(|(n, _)| *n == SERVER_FILE)
            .and_then(|(_, v)| v)
            .unwrap();
        assert!(Path::new(file).is_absolute());
    }
}
