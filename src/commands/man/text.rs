//! What the manual page says beside the commands. Words in backticks are bold there.

/// Behind the name.
pub(super) const NAME: &str =
    "tells chat groups, CI servers and webhooks what was pushed to a bare Git repository";

pub(super) const DESCRIPTION: &str = "\
The post-receive hook of a bare repository. It records a push, has it delivered by a process of its own, and shows the \
pusher one line a delivery. What is told, to whom and in which form is said in `hooks.toml`: one table is one hook. \
What a receiver does not take is tried again for three days.

Git starts it by a link `hooks/post-receive` to this program; everybody else by the commands below. Started by root, \
a command runs each repository as its owner.";

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
                "In the Git directory: the repository's configuration, over the server's.",
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
                "In the Git directory: what is `pending`, what is `done`, and how each hook stands. No secret is in \
                 it.",
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
                "Who pushed, where the server that sets them is known to.",
            ),
            (
                "GIT_PUSH_OPTION_COUNT",
                "And the options themselves: `ci.skip`, `service-hook.skip`.",
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
            ("0", "Done. For `drain`: nothing is left due."),
            (
                "1",
                "Not done, or mistakes found. For `drain`: something failed permanently or could not be tried. As the \
                 hook: the push could neither be recorded nor delivered; Git takes no notice.",
            ),
            ("2", "The command line could not be understood."),
        ],
    ),
];

/// Each with the lines that are typed.
pub(super) const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "Set up a repository, and try it out before anybody else does:",
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
        "What was not delivered, why, and once more:",
        &[
            "git service-hook deliveries --state failed",
            "git service-hook deliveries show 1f0c7f2c",
            "git service-hook redeliver 1f0c7f2c",
        ],
    ),
    (
        "What a timer runs every minute:",
        &["git service-hook drain --all /srv/git --catch-up"],
    ),
    (
        "Have an editor complete and check `hooks.toml` (with `#:schema ./hooks.schema.json` as its first line):",
        &["git service-hook schema > hooks.schema.json"],
    ),
];

pub(super) const SEE_ALSO: &str = "`githooks`(5), `git-receive-pack`(1), `systemd.timer`(5)";
