//! The Debian package: made by the script, then installed, used and taken away with dpkg, on a root that is thrown away.
//! And the crate: whether what is published holds what the build needs.

use crate::config_examples::as_server;
use crate::config_mistakes::reported;
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

fn source(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

#[track_caller]
fn lines(command: &mut Command) -> Vec<String> {
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The package of the program under test.
fn package(sandbox: &Sandbox) -> PathBuf {
    let mut script = Command::new(source("packaging/deb.sh"));
    script
        .args(["--binary", PROGRAM, "--fast", "--output"])
        .arg(sandbox.path(""));
    let said = lines(&mut script);
    PathBuf::from(said.last().unwrap())
}

/// Runs a script as root of a copy of this machine: a mount over everything, gone with the script.
fn on_a_machine(sandbox: &Sandbox, script: &str, arguments: &[&str]) -> Command {
    let over = "mount -t tmpfs tmpfs \"$0\" && cd \"$0\" && mkdir upper work root &&
        mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root &&
        mount -t proc proc root/proc && mount --bind /dev root/dev &&
        exec chroot root \"$@\"";
    std::fs::create_dir_all(sandbox.path("machine")).unwrap();
    let mut command = sandbox.command("unshare", "");
    command
        .args(["--mount", "sh", "-c", over])
        .arg(sandbox.path("machine"))
        .arg(source(script))
        .args(arguments);
    command
}

#[needs(
    "cargo-deb",
    "dpkg-deb",
    "strip",
    "man",
    "zsh",
    "fish",
    "/usr/share/bash-completion/bash_completion",
    root,
    overlay
)]
#[test]
fn the_package_is_installed_used_and_taken_away_without_a_trace() {
    let sandbox = Sandbox::new();
    let package = package(&sandbox);
    // Down until the first connection.
    let down = AtomicBool::new(true);
    let receiver = Receiver::start(move |request| {
        if request.target == "/waiting" && down.swap(false, Ordering::Relaxed) {
            Answer::Reply(503, vec![("Retry-After".into(), "1800".into())], Vec::new())
        } else {
            Answer::ok()
        }
    });
    sandbox.init("c");
    sandbox.commit("c", "file.txt", "one\n", "First commit");
    let (package, source) = (package.to_str().unwrap().to_owned(), sandbox.path("c"));
    let arguments = [
        package.as_str(),
        &receiver.url(""),
        source.to_str().unwrap(),
    ];
    let mut machine = on_a_machine(&sandbox, "tests/it/package/machine.sh", &arguments);
    let said = lines(&mut machine).join("\n");
    let part = |name: &str| {
        let rest = said
            .split_once(&format!("= {name}\n"))
            .unwrap_or_else(|| panic!("{name}: {said}"))
            .1;
        rest.split("\n= ").next().unwrap().to_owned()
    };

    let installed = part("install");
    for line in [
        "/etc/git-service-hook drwxr-xr-x root root",
        "/etc/git-service-hook/hooks.toml.example -rw-r--r-- root root",
        "/usr/bin/git-service-hook -rwxr-xr-x root root",
        // Where the links for core.hooksPath and of the examples lead.
        "/usr/bin/git-service-hook",
        "/usr/share/git-service-hook/hooks.schema.json",
        "ExecStart=/usr/bin/git-service-hook drain --timer --all /srv/git --catch-up",
    ] {
        assert!(installed.lines().any(|l| l == line), "{line}: {installed}");
    }
    assert!(
        !installed.contains("the timer is on") && !installed.contains("hooks.toml -"),
        "{installed}"
    );

    let help = part("help").lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(help[0].starts_with("GIT-SERVICE-HOOK(1)"), "{help:?}");
    assert!(
        help[1].ends_with("-F _git__service__hook git-service-hook"),
        "{help:?}"
    );
    assert_eq!(help[2], "zsh: _git-service-hook");
    assert!(help[3].starts_with("drain\t"), "{help:?}");

    let used = part("use");
    assert!(
        used.contains("installed, hooks/post-receive -> /usr/bin/git-service-hook\n"),
        "{used}"
    );
    assert_eq!(
        used.matches("audit: delivered").count(),
        2,
        "by a link, and by core.hooksPath: {used}"
    );
    assert!(
        used.ends_with("/srv/git/linked.git: 1 warning"),
        "`check` misses the timer alone: {used}"
    );

    let removed = part("remove");
    assert!(
        removed.contains("audit: 503 Service Unavailable"),
        "{removed}"
    );
    assert!(
        removed.ends_with("hooks.toml\nhooks.toml.example\na push goes on without it"),
        "{removed}"
    );

    let again = part("again");
    assert!(
        again.contains(r#""state":"pending""#) && again.contains("audit: delivered"),
        "{again}"
    );
    assert_eq!(
        part("purge"),
        "1",
        "nothing is left of it but the history of repositories"
    );
    let delivered = receiver
        .got()
        .iter()
        .map(|request| request.target.clone())
        .collect::<Vec<_>>();
    assert_eq!(delivered, ["/linked", "/shared", "/waiting", "/waiting"]);
}

#[test]
fn the_crate_holds_what_its_build_reads() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(source(""))
        .args(["package", "--list", "--offline", "--allow-dirty"]);
    let packed = lines(&mut cargo);
    let read = [
        "src/main.rs",
        "Cargo.lock",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "install.sh",
    ];
    let more = [
        "packaging/deb.sh",
        "packaging/hooks.toml.example",
        "examples/systemd/git-service-hook.service",
    ];
    for file in read.into_iter().chain(more) {
        assert!(
            packed.iter().any(|packed| packed == file),
            "{file}: {packed:#?}"
        );
    }
    // What the compiler puts into the program.
    let is_code = |file: &&String| {
        file.starts_with("src/") && Path::new(file).extension().is_some_and(|e| e == "rs")
    };
    for file in packed.iter().filter(is_code) {
        let text = std::fs::read_to_string(source(file)).unwrap();
        for named in text
            .split("include_str!(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let path = source(file)
                .parent()
                .unwrap()
                .join(named)
                .canonicalize()
                .unwrap();
            let path = path
                .strip_prefix(source("").canonicalize().unwrap())
                .unwrap()
                .display()
                .to_string();
            assert!(packed.contains(&path), "{file} includes {path}");
        }
    }
    assert!(
        !packed
            .iter()
            .any(|file| file.starts_with(".ci") || file.starts_with("target/")),
        "{packed:#?}"
    );
}

#[test]
fn the_server_file_of_the_package_says_nothing_until_somebody_fills_it_in() {
    let text = std::fs::read_to_string(source("packaging/hooks.toml.example")).unwrap();
    let loaded = as_server(&text);
    assert_eq!((reported(&loaded), loaded.hooks.len()), (Vec::new(), 0));
    let uncommented = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with("[hook.") || rest.contains(" = ") => rest,
        _ => line,
    });
    let filled_in = as_server(&uncommented.collect::<Vec<_>>().join("\n"));
    assert_eq!(
        (reported(&filled_in), filled_in.hooks.len()),
        (Vec::new(), 1),
        "`team` waits for its repositories"
    );
}
