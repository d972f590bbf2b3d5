//! Real servers of Debian's packages: started on loopback, ended by their pid.

use super::Sandbox;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A program that is ended when it is dropped.
pub struct Server(Child);

impl Server {
    /// Starts it in its own process group, with its output in `log` below the sandbox.
    pub fn start(sandbox: &Sandbox, log: &str, command: &mut Command) -> Self {
        let log = std::fs::File::create(sandbox.path(log)).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        Self(
            command
                .spawn()
                .unwrap_or_else(|e| panic!("{}: {e}", command.get_program().display())),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // TERM, so that a master process ends its workers as well.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// An sshd for the account that runs the tests; its key makes the pusher `alice`.
pub struct Ssh {
    _server: Server,
    port: u16,
    /// For `GIT_SSH_COMMAND`.
    pub command: String,
}

impl Ssh {
    pub fn start(sandbox: &Sandbox) -> Self {
        key_pair(sandbox, "id");
        let key = std::fs::read_to_string(sandbox.path("id.pub")).unwrap();
        let keys = sandbox.write(
            "authorized_keys",
            format!("environment=\"HOOK_PUSHER=alice\" {key}"),
        );
        Self::serve(sandbox, &keys, "")
    }

    /// With keys that somebody else writes; `environment` are further `NAME=VALUE`.
    pub fn serve(sandbox: &Sandbox, authorized_keys: &Path, environment: &str) -> Self {
        let port = free_port();
        key_pair(sandbox, "hostkey");
        let at = |name: &str| sandbox.path(name).display().to_string();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n\
             PermitUserEnvironment HOOK_*\nSetEnv GIT_SERVICE_HOOK_CONFIG={} {environment}\n",
            at("hostkey"),
            authorized_keys.display(),
            at("server/hooks.toml")
        );
        sandbox.write("sshd_config", config);
        if is_root() {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let mut sshd = Command::new("/usr/sbin/sshd");
        let server = Server::start(
            sandbox,
            "sshd.log",
            sshd.args(["-D", "-e", "-f", &at("sshd_config")]),
        );
        listening(port);
        let mut ssh = Self {
            _server: server,
            port,
            command: String::new(),
        };
        ssh.command = ssh.command_with(&sandbox.path("id"));
        ssh
    }

    /// For `GIT_SSH_COMMAND`, with the key of somebody.
    pub fn command_with(&self, key: &Path) -> String {
        format!(
            "ssh -F none -p {} -i {} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile=/dev/null -o BatchMode=yes",
            self.port,
            key.display()
        )
    }

    pub fn url(&self, repository: &Path) -> String {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        format!(
            "ssh://{}@127.0.0.1:{}{}",
            user.trim(),
            self.port,
            repository.display()
        )
    }
}

/// `NAME` and `NAME.pub` in the sandbox.
pub fn key_pair(sandbox: &Sandbox, name: &str) {
    let mut keygen = sandbox.command("ssh-keygen", "");
    assert!(
        keygen
            .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name])
            .status()
            .unwrap()
            .success()
    );
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Waits until something listens.
#[track_caller]
pub fn listening(port: u16) {
    super::eventually(&format!("port {port} listens"), || {
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
}

/// Whether the tests run as root: servers that drop their rights need it.
pub fn is_root() -> bool {
    let out = Command::new("id").arg("-u").output().unwrap();
    out.stdout == b"0\n"
}

/// Makes the sandbox passable for other accounts and puts a copy of the program there.
pub fn program_for_all(sandbox: &Sandbox) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let copy = sandbox.path("git-service-hook");
    std::fs::copy(super::PROGRAM, &copy).unwrap();
    for path in [sandbox.path(""), copy.clone()] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    copy
}
