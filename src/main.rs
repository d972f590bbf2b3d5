//! Passes the arguments to the library and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(git_service_hook::cli::run(std::env::args_os()))
}
