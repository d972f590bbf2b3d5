//! What shells complete, and the manual page, asked in real shells and by the programs that show manual pages.

use crate::support::{PROGRAM, Sandbox};
use std::process::Command;

/// A sandbox with what a command prints, in a file.
fn printed(arguments: &[&str], file: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let out = sandbox.run("", arguments);
    assert_eq!(
        (out.status.code(), out.stderr.is_empty()),
        (Some(0), true),
        "{arguments:?}"
    );
    sandbox.write(file, &out.stdout);
    sandbox
}

/// What a program says on stdout, which must succeed and say nothing else.
#[track_caller]
fn says(command: &mut Command) -> String {
    let out = command.output().unwrap();
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success() && errors.is_empty(),
        "{command:?}: {errors}"
    );
    String::from_utf8(out.stdout).unwrap()
}

/// Words of a command line in, what bash offers for the last of them out.
fn bash(sandbox: &Sandbox, function: &str, words: &str) -> String {
    let script = format!(
        "source completions\n\
         [ $1 != git ] || source /usr/share/bash-completion/completions/git\n\
         COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)) COMP_LINE=\"$*\" COMP_POINT=${{#COMP_LINE}}\n\
         {function} \"$1\" \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
         echo \"${{COMPREPLY[@]}}\""
    );
    says(
        sandbox
            .command("bash", "")
            .args(["-c", &script, "bash"])
            .args(words.split(' ')),
    )
    .trim()
    .to_owned()
}

#[needs("bash")]
#[test]
fn bash_completes_commands_options_and_their_values() {
    let sandbox = printed(&["completions", "bash"], "completions");
    let registered = says(
        sandbox
            .command("bash", "")
            .args(["-c", "source completions; complete -p"]),
    );
    assert!(
        registered.contains("-F _git__service__hook git-service-hook\n"),
        "{registered}"
    );
    let offered = |words| bash(&sandbox, "_git__service__hook", words);
    assert_eq!(offered("git-service-hook dr"), "drain");
    assert_eq!(offered("git-service-hook post"), "post-receive");
    assert_eq!(offered("git-service-hook drain --c"), "--catch-up");
    assert_eq!(offered("git-service-hook deliveries --state f"), "failed");
    assert_eq!(offered("git-service-hook deliveries sh"), "show");
    assert_eq!(offered("git-service-hook completions z"), "zsh");
    let everything = offered("git-service-hook ");
    for command in [
        "check",
        "event",
        "preview",
        "test",
        "redeliver",
        "install",
        "uninstall",
        "man",
        "schema",
    ] {
        assert!(
            everything.split(' ').any(|word| word == command),
            "{everything}"
        );
    }
    assert!(!everything.contains("as-owner-of"), "{everything}");
}

#[needs("bash", "/usr/share/bash-completion/completions/git")]
#[test]
fn gits_own_completion_in_bash_finds_ours() {
    let sandbox = printed(&["completions", "bash"], "completions");
    let offered = |words| bash(&sandbox, "__git_wrap__git_main", words);
    assert_eq!(offered("git service-hook dr"), "drain");
    assert_eq!(offered("git -C . service-hook drain --c"), "--catch-up");
    assert_eq!(offered("git service-hook deliveries --state f"), "failed");
}

#[needs("zsh")]
#[test]
fn zsh_loads_ours_for_the_program() {
    let sandbox = printed(&["completions", "zsh"], "functions/_git-service-hook");
    says(
        sandbox
            .command("zsh", "")
            .args(["-n", "functions/_git-service-hook"]),
    );
    let script = "fpath=($PWD/functions $fpath); autoload -U compinit; compinit -D -u; \
                      print $_comps[git-service-hook]; autoload +X _git-service-hook && print loaded";
    assert_eq!(
        says(sandbox.command("zsh", "").args(["-fc", script])),
        "_git-service-hook\nloaded\n"
    );
}

#[needs("fish")]
#[test]
fn fish_completes_commands_and_options() {
    let sandbox = printed(&["completions", "fish"], "completions.fish");
    let offered = |line: &str| {
        let script = format!("source completions.fish; complete -C '{line}'");
        let out = says(
            sandbox
                .command("fish", "")
                .args(["--no-config", "-c", &script]),
        );
        out.lines()
            .map(|line| line.split('\t').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(offered("git-service-hook dr"), ["drain"]);
    assert_eq!(offered("git-service-hook drain --c"), ["--catch-up"]);
    assert_eq!(offered("git-service-hook deliveries --state f"), ["failed"]);
}

#[needs("groff", "mandoc")]
#[test]
fn the_manual_page_is_right_for_groff_and_mandoc() {
    let sandbox = printed(&["man"], "git-service-hook.1");
    says(sandbox.command("groff", "").args([
        "-Kutf8",
        "-ww",
        "-man",
        "-Tutf8",
        "-P-c",
        "git-service-hook.1",
    ]));
    // It is the same whenever it is made, hence without a date.
    let lint = sandbox
        .command("mandoc", "")
        .args(["-T", "lint", "git-service-hook.1"])
        .output()
        .unwrap();
    let lint = String::from_utf8(lint.stdout).unwrap();
    let wrong = lint
        .lines()
        .filter(|line| !line.contains("STYLE: ") && !line.contains("missing date"));
    assert_eq!(wrong.collect::<Vec<_>>(), [""; 0]);
}

#[needs("man")]
#[test]
fn git_shows_the_manual_page_when_asked_for_help() {
    let sandbox = printed(&["man"], "share/man/man1/git-service-hook.1");
    let path = std::env::var_os("PATH").unwrap().into_string().unwrap();
    let ours = std::path::Path::new(PROGRAM)
        .parent()
        .unwrap()
        .display()
        .to_string();
    let mut git = sandbox.command("git", "");
    git.args(["service-hook", "--help"])
        .env("PATH", format!("{ours}:{path}"));
    git.env("MANPATH", sandbox.path("share/man"))
        .env("MANPAGER", "cat")
        .env("MANWIDTH", "80");
    let page = says(&mut git);
    for section in [
        "NAME",
        "SYNOPSIS",
        "OPTIONS",
        "COMMANDS",
        "FILES",
        "ENVIRONMENT",
        "EXIT STATUS",
        "EXAMPLES",
    ] {
        assert!(
            page.lines().any(|line| line == section),
            "{section}: {page}"
        );
    }
    for command in [
        "check",
        "deliveries",
        "drain",
        "post-receive",
        "completions",
    ] {
        let begins = format!("git service-hook {command} [OPTIONS]");
        assert!(
            page.lines().any(|line| line.trim().starts_with(&begins)),
            "{command}: {page}"
        );
    }
    assert!(
        page.contains("--catch-up") && page.contains("GIT_SERVICE_HOOK_CONFIG"),
        "{page}"
    );
    assert!(
        page.lines().all(|line| line.chars().count() <= 80),
        "{page}"
    );
    assert!(!page.contains("as-owner-of"), "{page}");
}
