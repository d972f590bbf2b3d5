//! `cargo run --example demo`: three pushes, six receivers, all on this machine.
//!
//! Makes a bare repository and a clone in a temporary directory, starts a receiver on loopback that answers like each of
//! the six services and verifies what they would verify, writes a hooks.toml with all six actions, pushes, and draws
//! what the pusher saw and what arrived. Ends with 1 if anything did not arrive. `-- zh` shows the Chinese wording.
//!
//! An example cannot start the binary, so this program is the hook as well: linked as `hooks/post-receive` it is what
//! the binary would be, and so is the process that delivers.

#![expect(
    unreachable_pub,
    reason = "an example has no outside; `pub` marks what its modules offer each other"
)]

mod draw;
#[path = "../../tests/it/support/receiver.rs"]
#[expect(dead_code, reason = "the tests use what the demo does not")]
mod receiver;
mod receivers;
#[expect(dead_code, reason = "the pictures are of more than the demo")]
mod scene;
mod show;

use receivers::Service;
use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args_os().collect::<Vec<_>>();
    let name = arguments.first().and_then(|a| Path::new(a).file_name());
    if name == Some(OsStr::new("post-receive")) || name == Some(OsStr::new("git-service-hook")) {
        return ExitCode::from(git_service_hook::cli::run(arguments));
    }
    let language = if arguments.get(1).is_some_and(|a| a == "zh") {
        "zh"
    } else {
        "en"
    };
    match scene::Scene::set(language).and_then(|scene| play(&scene)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            show::line(&format!("demo: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether everything arrived, and was what it had to be.
fn play(scene: &scene::Scene) -> Result<bool, String> {
    show::opening();
    let mut arrived = 0;
    for (number, act) in scene::ACTS.iter().enumerate() {
        show::act(number + 1, act.title);
        let seen = scene.push(act)?;
        show::pusher(&act.command(), &seen);
        let got = scene.wait_for(Service::ALL.len() * (number + 1));
        let got = got.get(arrived..).unwrap_or_default();
        arrived += got.len();
        show::receivers(got, number == 0, act.closest);
    }
    Ok(show::closing(
        &scene.got(),
        Service::ALL.len() * scene::ACTS.len(),
    ))
}
