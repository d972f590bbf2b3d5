//! The sections of the manual page that the command line does not declare. Words in backticks become bold.

pub(super) const DESCRIPTION: &str = "\
The post-receive hook of a bare repository. It records a push, has it delivered by a process of its own, and shows the \
pusher one line for each delivery. Each table in `hooks.toml` is one hook: what is sent, where, and in which form. \
A delivery that fails is retried for three days.

Git starts it through a link `hooks/post-receive` to this program; people use the commands below. A command started by \
root runs as the owner of each repository.";

/// Sections of terms with their explanations.
pub(super) const LISTS: &[(&str, &[(&str, &str)])] = &[
    (
        "FILES",
        &[
            (
                "/etc/git-service-hook/hooks.toml",
                "The server's configuration, for all repositories.",
            ),
            (
                "hooks.toml",
                "In the Git directory: the repository's configuration, merged over the server's.",
            ),
            (
                "hooks/post-receive",
                "In the Git directory: the link that `install` makes.",
            ),
            (
                "hooks/post-receive.d/",
                "In the Git directory: executable files that run after the push is recorded, by name, each with the \
                 whole standard input. Their status changes nothing.",
            ),
            (
                "service-hook/",
                "In the Git directory: records in `pending` and `done`, and the state of each hook. It holds no secrets.",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            ("GIT_DIR", "The repository, where `-C` does not name one."),
            (
                "GIT_SERVICE_HOOK_CONFIG",
                "An absolute path: the server's file, in place of the one above.",
            ),
            (
                "CREDENTIALS_DIRECTORY",
                "Where `{ credential = \"NAME\" }` is read, as systemd sets it.",
            ),
            (
                "GL_USER, GL_REPO, REMOTE_USER, GIT_PUSH_CERT_SIGNER, SOFT_SERVE_USERNAME",
                "The pusher's name, as the Git server passes it.",
            ),
            (
                "GIT_PUSH_OPTION_COUNT",
                "With the options themselves: `ci.skip`, `service-hook.skip`.",
            ),
            (
                "http_proxy, https_proxy, no_proxy",
                "Proxies; in lower case only.",
            ),
            (
                "SSL_CERT_FILE, SSL_CERT_DIR",
                "The system's certificate authorities, where they are elsewhere.",
            ),
        ],
    ),
    (
        "EXIT STATUS",
        &[
            ("0", "Success. For `drain`: nothing is left due."),
            (
                "1",
                "Failure, or `check` found mistakes. For `drain`: a delivery failed permanently or could not be \
                 tried. As the hook: the push could neither be recorded nor delivered; Git ignores it.",
            ),
            ("2", "Usage error."),
        ],
    ),
];

/// Each with the lines that are typed.
pub(super) const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "Set up a repository, and check it before the first push:",
        &[
            "cd /srv/git/payments.git",
            "git service-hook install",
            "$EDITOR hooks.toml",
            "git service-hook check",
            "git service-hook preview",
            "git service-hook test",
        ],
    ),
    (
        "A hook in `hooks.toml`:",
        &[
            "[hook.team]",
            "action = \"dingding_group_chat_robot\"",
            "service_url = { file = \"team.url\" }",
            "sign = { file = \"team.secret\" }",
            "branches = [\"main\", \"release/**\"]",
        ],
    ),
    (
        "List failed deliveries, show one, and send it again:",
        &[
            "git service-hook deliveries --state failed",
            "git service-hook deliveries show 1f0c7f2c",
            "git service-hook redeliver 1f0c7f2c",
        ],
    ),
    (
        "Run every minute by a timer:",
        &["git service-hook drain --timer --all /srv/git --catch-up"],
    ),
    (
        "Have an editor complete and check `hooks.toml` (with `#:schema ./hooks.schema.json` as its first line):",
        &["git service-hook schema > hooks.schema.json"],
    ),
];

pub(super) const SEE_ALSO: &str = "`githooks`(5), `git-receive-pack`(1), `systemd.timer`(5)";
