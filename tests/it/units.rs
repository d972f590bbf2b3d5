//! The units and the cron line in examples/: what runs `drain` beside the pushes.

use crate::support::{PROGRAM, Sandbox};
use std::path::Path;

const TIMER: &str = "git-service-hook.timer";
const SERVICE: &str = "git-service-hook.service";

fn example(name: &str) -> String {
    std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(name),
    )
    .unwrap()
}

/// The units as somebody installs them whose program stands somewhere else: systemd looks whether it is there.
fn units() -> Sandbox {
    let sandbox = Sandbox::new();
    let service =
        example(&format!("systemd/{SERVICE}")).replace("/usr/local/bin/git-service-hook", PROGRAM);
    sandbox.write(SERVICE, service);
    sandbox.write(TIMER, example(&format!("systemd/{TIMER}")));
    sandbox
}

/// Runs systemd-analyze; everything that it says.
fn analyze(sandbox: &Sandbox, arguments: &[&str]) -> (bool, String) {
    let out = sandbox
        .command("systemd-analyze", "")
        .env("SYSTEMD_COLORS", "0")
        .args(arguments)
        .output()
        .unwrap();
    (
        out.status.success(),
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned(),
    )
}

#[needs("systemd-analyze")]
#[test]
fn systemd_finds_no_fault_with_the_units() {
    let sandbox = units();
    let (well, said) = analyze(
        &sandbox,
        &["verify", &format!("./{SERVICE}"), &format!("./{TIMER}")],
    );
    assert!(well && said.is_empty(), "{said}");
    // What it would say of a mistake.
    sandbox.write(
        SERVICE,
        format!(
            "{}ProtectSystm=strict\n",
            std::fs::read_to_string(sandbox.path(SERVICE)).unwrap()
        ),
    );
    let (_, said) = analyze(&sandbox, &["verify", &format!("./{SERVICE}")]);
    assert!(said.contains("ProtectSystm"), "{said}");
}

#[needs("systemd-analyze")]
#[test]
fn the_service_exposes_little() {
    // Tenths of the exposure level: 0 is nothing, 100 everything.
    let (well, said) = analyze(
        &units(),
        &[
            "security",
            "--offline=true",
            "--threshold=20",
            &format!("./{SERVICE}"),
        ],
    );
    assert!(well && said.contains("Overall exposure level"), "{said}");
}

#[test]
fn the_unit_and_the_cron_line_run_the_same() {
    let service = example(&format!("systemd/{SERVICE}"));
    let unit = service
        .lines()
        .find_map(|l| l.strip_prefix("ExecStart=/usr/local/bin/"))
        .unwrap();
    let cron = example("cron.d/git-service-hook");
    let line = cron.lines().find(|l| l.starts_with('*')).unwrap();
    let fields: Vec<&str> = line.splitn(7, ' ').collect();
    assert_eq!((fields[5], fields[6]), ("git", unit));
    assert!(
        service.contains("\nUser=git\n") && service.contains("\nReadWritePaths=/srv/git\n"),
        "{service}"
    );
}

#[test]
fn what_they_run_is_a_command_of_the_program() {
    let cron = example("cron.d/git-service-hook");
    let command = cron
        .lines()
        .find_map(|l| l.split_once(" git git-service-hook "))
        .unwrap()
        .1;
    let arguments: Vec<&str> = command
        .split(' ')
        .map(|a| if a == "/srv/git" { "." } else { a })
        .collect();
    let out = Sandbox::new().run("", &arguments);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{command}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
}
