//! Two files, one configuration: what the repository's may change, and whose files are read at all.

use crate::config_mistakes::reported;
use crate::support::Sandbox;
use git_service_hook::action::Severity;
use git_service_hook::config::{self, Found, Loaded, Show};
use git_service_hook::environment::Environment;
use git_service_hook::filter::{Decision, Refusal};
use git_service_hook::push::{
    Change, Computed, ObjectId, Push, PushEvent, Pusher, RefName, RefUpdate, Scan,
};
use std::os::unix::fs::{PermissionsExt, chown};
use std::time::Duration;

/// A sandbox with both files.
struct Files(Sandbox);

impl Files {
    fn new(server: &str, repository: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("etc/hooks.toml", server);
        sandbox.write("srv/team/app.git/hooks.toml", repository);
        Self(sandbox)
    }

    fn load(&self) -> Loaded {
        self.load_with(&[])
    }

    fn load_with(&self, more: &[(&str, &str)]) -> Loaded {
        let server = self.0.path("etc/hooks.toml").display().to_string();
        let pairs = |key: &str| {
            more.iter()
                .find(|(k, _)| *k == key)
                .map_or("", |(_, value)| *value)
                .to_owned()
        };
        let environment = Environment::from([
            ("GIT_SERVICE_HOOK_CONFIG", server.as_str()),
            ("GL_REPO", &pairs("GL_REPO")),
        ]);
        config::load(&self.0.path("srv/team/app.git"), &environment)
    }

    /// The diagnostics, with the server's path as `ETC`.
    fn reported(&self, loaded: &Loaded) -> Vec<String> {
        let path = self.0.path("etc/hooks.toml").display().to_string();
        reported(loaded)
            .iter()
            .map(|line| line.replace(&path, "ETC"))
            .collect()
    }
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.hooks.iter().map(|hook| hook.name.as_str()).collect()
}

const TEAM: &str = "[hook.team]\naction = \"feishu_group_chat_robot\"\nservice_url = \"https://open.feishu.cn/open-apis/bot/v2/hook/x\"\n";

fn fires(loaded: &Loaded, hook: &str, name: &str) -> Decision {
    let id = |digit: &str| ObjectId::parse(&digit.repeat(40)).unwrap();
    let update = RefUpdate {
        old: id("1"),
        new: id("2"),
        name: RefName::new(name),
    };
    let event = PushEvent {
        change: Change::Updated,
        ..PushEvent::bare(update, 0)
    };
    let push = Push {
        id: "1".into(),
        time_ms: 0,
        updates: Vec::new(),
        pusher: Pusher::default(),
        options: vec!["service-hook.skip".into()],
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    };
    let Found::Active(hook) = loaded.find(hook) else {
        return Decision::Skip(skipped("off"));
    };
    hook.decide(
        &push,
        &Computed {
            event,
            scan: Scan::default(),
        },
    )
}

fn skipped(why: &str) -> Refusal {
    Refusal {
        key: None,
        set: 0,
        why: why.to_owned(),
    }
}

#[test]
fn settings_are_merged_key_by_key_and_the_repositorys_win() {
    let server = "[deliver]\nwait = \"1s\"\nkeep_count = 5\ntimeout = \"20s\"\n[pusher]\nenv = [\"HOOK_PUSHER\"]\n\
                  [project]\nlanguage = \"zh\"\nteam = \"core\"\n";
    let files = Files::new(
        server,
        "[deliver]\nwait = \"2s\"\n[project]\nteam = \"web\"\n",
    );
    let loaded = files.load();
    assert_eq!(reported(&loaded), [""; 0]);
    assert_eq!(loaded.deliver.wait, Duration::from_secs(2));
    assert_eq!(
        (loaded.deliver.keep_count, loaded.deliver.timeout),
        (5, Some(Duration::from_secs(20)))
    );
    assert_eq!(loaded.pusher_env, ["HOOK_PUSHER"]);
    let project =
        loaded
            .own_project()
            .complete(&files.0.path("srv/team/app.git"), None, Some("main"));
    assert_eq!(
        (project.team.as_deref(), project.default_branch.as_deref()),
        (Some("web"), Some("main"))
    );
    assert_eq!(
        project.language,
        git_service_hook::outgoing::Language::Chinese
    );
}

#[test]
fn the_servers_hooks_come_first_each_file_in_its_order() {
    let hook = |name: &str| TEAM.replace("team", name);
    let files = Files::new(&(hook("zz") + &hook("aa")), &(hook("mm") + &hook("bb")));
    assert_eq!(names(&files.load()), ["zz", "aa", "mm", "bb"]);
}

#[test]
fn a_repository_may_narrow_the_servers_hook_and_nothing_else() {
    let server = format!("{TEAM}branches = [\"main\", \"dev\"]\nskippable = true\n");
    let files = Files::new(
        &server,
        "[hook.team]\nbranches = [\"dev\", \"other\"]\nskip_ci = true\n",
    );
    let loaded = files.load();
    assert_eq!(reported(&loaded), [""; 0]);
    assert_eq!(loaded.hooks[0].filters.len(), 2);

    let files = Files::new(
        &server,
        "[hook.team]\nservice_url = \"http://evil.example/\"\nskip_ci = false\n",
    );
    let loaded = files.load();
    let off = "; hook `team` is disabled until this is fixed";
    let expected = [
        format!(
            "hooks.toml:2:1: `service_url`: the hook `team` is the server's, only its filters and `enabled` may be set here{off}"
        ),
        format!("hooks.toml:3:1: `skip_ci` can only be switched on here{off}"),
    ];
    assert_eq!(reported(&loaded), expected);
    assert_eq!(names(&loaded), [""; 0]);
    assert!(matches!(loaded.find("team"), Found::Broken));
}

#[test]
fn both_sets_of_filters_must_let_an_event_pass() {
    let server = format!("{TEAM}branches = [\"main\", \"dev\"]\nrefs = [\"refs/notes/**\"]\n");
    let loaded = Files::new(&server, "[hook.team]\nbranches = [\"dev\"]\n").load();
    assert_eq!(fires(&loaded, "team", "refs/heads/dev"), Decision::Fire);
    assert_ne!(fires(&loaded, "team", "refs/heads/main"), Decision::Fire);
    assert_ne!(fires(&loaded, "team", "refs/notes/commits"), Decision::Fire);
    // A filter on something else lets every name pass.
    let loaded = Files::new(&server, "[hook.team]\nskip_ci = true\n").load();
    assert_eq!(fires(&loaded, "team", "refs/notes/commits"), Decision::Fire);
    assert_ne!(fires(&loaded, "team", "refs/heads/x"), Decision::Fire);
}

#[test]
fn a_pusher_can_leave_out_a_servers_hook_only_where_it_says_so() {
    let loaded = Files::new(TEAM, &TEAM.replace("team", "own")).load();
    assert_eq!(fires(&loaded, "team", "refs/heads/dev"), Decision::Fire);
    assert_eq!(
        fires(&loaded, "own", "refs/heads/dev"),
        Decision::Skip(skipped("push option `service-hook.skip`"))
    );
    let loaded = Files::new(&format!("{TEAM}skippable = true\n"), "").load();
    assert_ne!(fires(&loaded, "team", "refs/heads/dev"), Decision::Fire);
}

#[test]
fn a_locked_hook_stays_on_whatever_the_repository_writes() {
    let server = format!("{TEAM}locked = true\n");
    let files = Files::new(
        &server,
        "[hook.team]\nenabled = false\nbranches = [3]\nlabel = \"x\"\n",
    );
    let loaded = files.load();
    assert_eq!(names(&loaded), ["team"]);
    assert_eq!(
        reported(&loaded),
        ["hooks.toml:1:1: the server's file has locked `team`: nothing can be set for it here",]
    );
    let loaded = Files::new(TEAM, "[hook.team]\nenabled = false\n").load();
    assert_eq!(names(&loaded), [""; 0]);
    assert!(matches!(loaded.find("team"), Found::Gone));
    let off = format!("{TEAM}enabled = false\n");
    let loaded = Files::new(&off, "[hook.team]\nenabled = true\n").load();
    assert_eq!(names(&loaded), [""; 0], "a repository switches nothing on");
}

#[test]
fn a_hook_may_be_meant_for_some_repositories() {
    for (glob, here) in [
        ("app", true),
        ("team/*", false),
        ("**/srv/team/*.git", true),
        ("!app", false),
    ] {
        let files = Files::new(
            &format!("{TEAM}repositories = [\"{glob}\"]\n"),
            "[project]\nname = \"app\"\n",
        );
        let loaded = files.load_with(&[("GL_REPO", "app")]);
        assert_eq!(!loaded.hooks.is_empty(), here, "{glob}");
        assert_eq!(
            matches!(loaded.find("team"), Found::Active(_)),
            here,
            "{glob}"
        );
    }
}

#[test]
fn a_name_that_only_gitolite_knows_does_not_cancel_deliveries_later() {
    let files = Files::new(&format!("{TEAM}repositories = [\"team/*\"]\n"), "");
    assert_eq!(
        names(&files.load_with(&[("GL_REPO", "team/app")])),
        ["team"]
    );
    assert_eq!(
        names(&files.load_with(&[("GL_REPO", "other/app")])),
        [""; 0]
    );
    // A person who pushes over a local path chooses the variable.
    let elsewhere = Files::new(&format!("{TEAM}repositories = [\"payments/*\"]\n"), "");
    let loaded = elsewhere.load_with(&[("GL_REPO", "payments/app")]);
    assert_eq!(names(&loaded), [""; 0], "the path ends in team/app.git");
    // Started by a timer, nobody knows: it fires for no new push, but what is queued goes out.
    let later = files.load();
    assert_eq!(names(&later), [""; 0]);
    assert!(matches!(later.find("team"), Found::Active(_)));
}

#[test]
fn the_name_of_a_project_has_four_sources() {
    let name = |server: &str, repository: &str, gl_repo: &str| {
        let files = Files::new("", repository);
        let root = files.0.path("srv");
        let server = server.replace(
            "ROOT",
            root.to_str().expect("a temporary directory is UTF-8"),
        );
        files.0.write("etc/hooks.toml", server);
        let loaded = files.load();
        assert_eq!(reported(&loaded), [""; 0]);
        loaded
            .own_project()
            .complete(&files.0.path("srv/team/app.git"), Some(gl_repo), None)
            .name
    };
    assert_eq!(
        name(
            "[project]\nroot = \"ROOT\"\n",
            "[project]\nname = \"my/own\"\n",
            "gl"
        ),
        "my/own"
    );
    assert_eq!(name("[project]\nroot = \"ROOT\"\n", "", "gl"), "team/app");
    assert_eq!(name("", "", "gl/app"), "gl/app");
    assert_eq!(name("", "", ""), "app");
    assert_eq!(
        name("[project]\nroot = \"/somewhere/else\"\n", "", ""),
        "app"
    );
}

#[test]
fn without_any_file_nothing_is_configured() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("repo.git")).unwrap();
    let loaded = config::load(
        &sandbox.path("repo.git"),
        &crate::config_mistakes::none(&sandbox),
    );
    assert!(
        !loaded.configured
            && loaded.hold.is_none()
            && !loaded.unresolved
            && loaded.diagnostics.is_empty()
    );
}

#[test]
fn a_servers_file_that_cannot_be_used_holds_everything_back() {
    let files = Files::new("[hook.x\n", TEAM);
    let loaded = files.load();
    assert!(loaded.hold.is_some() && loaded.configured && !loaded.unresolved);
    assert!(
        files.reported(&loaded)[0].starts_with("ETC:1:8: not TOML: "),
        "{:?}",
        files.reported(&loaded)
    );
    assert!(
        matches!(loaded.find("any"), Found::Broken),
        "nothing is cancelled meanwhile"
    );

    let files = Files::new("[secrets]\nshared = [\"path:x\"]\n", "");
    let loaded = files.load();
    assert!(loaded.hold.is_some());
    assert_eq!(
        files.reported(&loaded),
        ["ETC:2:11: `shared` must be a list of `file:GLOB`, `env:GLOB` and `credential:GLOB`"]
    );
    let loaded = Files::new("[pusher]\nenvv = [\"A\"]\n", "").load();
    assert!(loaded.hold.is_some());

    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("repo.git")).unwrap();
    let relative = Environment::from([("GIT_SERVICE_HOOK_CONFIG", "hooks.toml")]);
    assert!(
        config::load(&sandbox.path("repo.git"), &relative)
            .hold
            .is_some()
    );
}

#[test]
fn what_others_can_write_is_not_read() {
    let files = Files::new(TEAM, "");
    let (server, repository) = (
        files.0.path("etc/hooks.toml"),
        files.0.path("srv/team/app.git/hooks.toml"),
    );
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };

    mode(&repository, 0o664);
    let loaded = files.load();
    assert_eq!(
        reported(&loaded),
        ["hooks.toml: its group can write it, and with it decide what is sent where"]
    );
    assert_eq!(
        (loaded.diagnostics[0].severity, loaded.unresolved),
        (Severity::Warning, false)
    );

    mode(&repository, 0o646);
    let loaded = files.load();
    assert_eq!(
        reported(&loaded),
        ["hooks.toml: is not read: everybody can write it (chmod o-w)"]
    );
    assert!(loaded.unresolved && loaded.hold.is_none());

    mode(&repository, 0o644);
    mode(&server, 0o646);
    let loaded = files.load();
    assert!(loaded.hold.is_some() && names(&loaded).is_empty());
}

#[needs(root)]
#[test]
fn only_root_and_the_owner_of_the_repository_are_trusted() {
    let files = Files::new("", TEAM);
    let git_dir = files.0.path("srv/team/app.git");
    let repository = git_dir.join("hooks.toml");
    chown(&git_dir, Some(1234), None).unwrap();
    assert_eq!(
        names(&files.load()),
        ["team"],
        "root's file in somebody's repository"
    );
    chown(&repository, Some(1234), None).unwrap();
    assert_eq!(names(&files.load()), ["team"], "the owner's own");
    chown(&repository, Some(4321), None).unwrap();
    let loaded = files.load();
    assert_eq!(
        reported(&loaded),
        [
            "hooks.toml: is not read: uid 4321 owns it, and only files of root and of the repository's owner are trusted"
        ]
    );
    assert!(loaded.unresolved && names(&loaded).is_empty());

    chown(&repository, Some(0), None).unwrap();
    chown(files.0.path("etc/hooks.toml"), Some(4321), None).unwrap();
    let loaded = files.load();
    assert!(
        loaded.hold.is_some(),
        "what the variable names is under the same rule"
    );
}

#[test]
fn a_pipe_or_a_directory_is_no_configuration() {
    let files = Files::new("", "");
    let repository = files.0.path("srv/team/app.git/hooks.toml");
    std::fs::remove_file(&repository).unwrap();
    std::fs::create_dir(&repository).unwrap();
    assert_eq!(
        reported(&files.load()),
        ["hooks.toml: is not a regular file"]
    );
    std::fs::remove_dir(&repository).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(&repository)
        .status()
        .unwrap();
    assert!(made.success());
    assert_eq!(
        reported(&files.load()),
        ["hooks.toml: is not a regular file"]
    );
}

#[test]
fn outside_of_root_a_repository_matches_by_its_absolute_path_alone() {
    for (glob, here) in [
        ("app", false),
        ("team/app", false),
        ("**/srv/team/*.git", true),
    ] {
        let files = Files::new("", "[project]\nname = \"team/app\"\n");
        let root = files.0.path("elsewhere").display().to_string();
        let server = format!("[project]\nroot = \"{root}\"\n{TEAM}repositories = [\"{glob}\"]\n");
        files.0.write("etc/hooks.toml", server);
        let loaded = files.load_with(&[("GL_REPO", "team/app")]);
        assert_eq!(!loaded.hooks.is_empty(), here, "{glob}");
    }
}

#[test]
fn the_servers_hooks_keep_the_times_of_the_servers_file() {
    let server = format!("[deliver]\nretry_for = \"10h\"\nkeep_count = 5\nkeep = \"9d\"\n{TEAM}");
    let repository = "[deliver]\nretry_for = \"1s\"\ntimeout = \"1s\"\nconnect_timeout = \"1s\"\n\
                      wait = \"1s\"\nshow = \"failures\"\nkeep_count = 1\nkeep = \"90d\"\nkeep_size = \"1KiB\"\n";
    let own = TEAM.replace("team", "own");
    let loaded = Files::new(&server, &format!("{repository}{own}")).load();
    assert_eq!(reported(&loaded), [""; 0]);
    let times = |index: usize| {
        let hook = &loaded.hooks[index];
        [hook.retry_for, hook.timeout, hook.connect_timeout].map(|time| time.as_secs())
    };
    assert_eq!((times(0), times(1)), ([36000, 10, 3], [1, 1, 1]));
    let deliver = &loaded.deliver;
    assert_eq!(deliver.wait, Duration::from_secs(1), "of the push");
    assert_eq!(deliver.show, Show::All);
    assert_eq!((deliver.keep_count, deliver.keep_size), (5, 64 << 20));
    assert_eq!(deliver.keep, Duration::from_secs(90 * 86400));
    let shorter = repository.replace("90d", "1d");
    let keep = Files::new(&server, &shorter).load().deliver.keep;
    assert_eq!(keep, Duration::from_secs(9 * 86400));
    // Where no hook of the server's applies, the history is the repository's own.
    let elsewhere = server + "repositories = [\"!**\"]\n[project]\nroot = \"/\"\n";
    let loaded = Files::new(&elsewhere, repository).load();
    let deliver = &loaded.deliver;
    assert_eq!((deliver.keep_count, deliver.keep_size), (1, 1024));
    assert_eq!(deliver.show, Show::Failures);
}

#[test]
fn from_repository_lists_what_a_repository_may_set_for_the_servers_hooks() {
    let repository = "[project]\nteam = \"mine\"\ndescription = \"d\"\nlanguage = \"zh\"\nurl = \"https://x.example\"\n";
    let seen = |server: &str| {
        let files = Files::new(&format!("{server}{TEAM}"), repository);
        let loaded = files.load();
        assert_eq!(reported(&loaded), [""; 0]);
        let dir = files.0.path("srv/team/app.git");
        let project = loaded
            .project_of(&loaded.hooks[0])
            .complete(&dir, None, None);
        (project.team, project.description, project.url)
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(seen(""), (None, text("d"), None));
    assert_eq!(
        seen("[project]\nfrom_repository = [\"team\"]\n"),
        (text("mine"), None, None)
    );
    let loaded = Files::new(
        "[project]\nfrom_repository = [\"root\"]\n",
        "[project]\nfrom_repository = []\n",
    )
    .load();
    assert_eq!(reported(&loaded).len(), 2, "{:?}", reported(&loaded));
}

#[test]
fn what_narrows_a_hook_of_a_servers_file_that_cannot_be_read_is_no_mistake() {
    let narrowing = "[hook.team]\nbranches = [\"main\"]\n";
    let own = TEAM.replace("team", "own");
    let files = Files::new("[hook.team\n", &format!("{narrowing}{own}"));
    let loaded = files.load();
    let lines = files.reported(&loaded);
    assert!(
        lines.iter().all(|line| line.starts_with("ETC:")),
        "{lines:?}"
    );
    assert_eq!(names(&loaded), ["own"]);
}
