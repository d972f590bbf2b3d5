//! `cargo run --example pictures [FOLDER]`: draws the pictures of the documentation (docs/pictures) from what the program
//! really says and sends.
//!
//! The play of the demo is played once. Its pushes, the commands that an administrator would run then, and the messages
//! that the robots got are drawn. Needs `script` (util-linux), which gives the commands a terminal.

#![expect(
    unreachable_pub,
    reason = "an example has no outside; `pub` marks what its modules offer each other"
)]

mod chat;
#[path = "../demo/draw.rs"]
#[expect(dead_code, reason = "the demo draws in a terminal")]
mod draw;
#[path = "../../tests/it/support/receiver.rs"]
#[expect(dead_code, reason = "the tests use what the pictures do not")]
mod receiver;
#[path = "../demo/receivers.rs"]
mod receivers;
#[path = "../demo/scene.rs"]
#[expect(dead_code, reason = "the demo tells each act")]
mod scene;
mod svg;
mod terminal;

use receivers::Service;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args_os().collect::<Vec<_>>();
    let name = arguments.first().and_then(|a| Path::new(a).file_name());
    if name == Some(OsStr::new("post-receive")) || name == Some(OsStr::new("git-service-hook")) {
        return ExitCode::from(git_service_hook::cli::run(arguments));
    }
    let standard = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pictures"));
    let folder = arguments.get(1).map_or_else(standard, PathBuf::from);
    match pictures(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "pictures: {why}");
            ExitCode::FAILURE
        }
    }
}

fn pictures(folder: &Path) -> Result<(), String> {
    let write = |name: &str, picture: String| {
        std::fs::write(folder.join(name), picture)
            .map_err(|error| format!("{name} cannot be written: {error}"))
    };
    for (language, suffix) in [("en", ""), ("zh", ".zh-CN")] {
        let scene = scene::Scene::set(language)?;
        let act = &scene::ACTS[0];
        let seen = scene.push(act)?;
        let got = scene.wait_for(Service::ALL.len());
        for (service, name) in [
            (Service::DingTalk, "dingtalk"),
            (Service::WeCom, "wecom"),
            (Service::Feishu, "feishu"),
        ] {
            let request = got.iter().find(|request| Service::of(request) == service);
            let request = request.ok_or_else(|| format!("{name} got nothing"))?;
            write(
                &format!("{name}{suffix}.svg"),
                chat::picture(service, &request.json()),
            )?;
        }
        if language == "en" {
            write(
                "push.svg",
                terminal::push(&act.command(), &scene.elsewhere(&seen)),
            )?;
            for (name, picture) in terminal::commands(&scene)? {
                write(&format!("{name}.svg"), picture)?;
            }
        }
    }
    Ok(())
}
