//! Recognizes the server that keeps a repository by the files that it puts there.

use std::path::Path;

/// A server with hooks of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Writes `hooks/post-receive` itself, at any time, and through a link.
    Gitea,
    /// As Gitea, of which it is a fork.
    Forgejo,
    /// As Gitea.
    SoftServe,
    /// Runs what is in `custom_hooks/`, and nothing in `hooks/`.
    GitLab,
}

impl Server {
    /// The server of a repository.
    pub fn of_repository(git_dir: &Path) -> Option<Self> {
        let marks = [
            ("hooks/post-receive.d/gitea", Self::Gitea),
            ("hooks/post-receive.d/forgejo", Self::Forgejo),
            ("hooks/post-receive.d/soft-serve", Self::SoftServe),
            ("custom_hooks", Self::GitLab),
        ];
        let found = marks
            .into_iter()
            .find(|(mark, _)| git_dir.join(mark).exists());
        found.map(|(_, server)| server)
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gitea => "Gitea",
            Self::Forgejo => "Forgejo",
            Self::SoftServe => "soft-serve",
            Self::GitLab => "GitLab",
        }
    }

    /// Whether a hook at `hooks/post-receive` must be its own.
    pub fn writes_hook(self) -> bool {
        self != Self::GitLab
    }

    /// The variable in which it names the pusher, and what this source is called.
    pub(super) fn pusher(self) -> (&'static str, &'static str) {
        match self {
            Self::Gitea | Self::Forgejo => ("GITEA_PUSHER_NAME", "gitea"),
            Self::SoftServe => ("SOFT_SERVE_USERNAME", "soft-serve"),
            Self::GitLab => ("GL_USERNAME", "gitlab"),
        }
    }
}
