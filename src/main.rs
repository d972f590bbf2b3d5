//! Starts the library: the name it was started by, the arguments, an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(git_service_hook::cli::run(std::env::args_os()))
}
