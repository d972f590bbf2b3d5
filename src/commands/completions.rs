//! `completions`: prints the shell completions of `git-service-hook …` and `git service-hook …`.

use super::{Failure, print};
use crate::exit;
use clap::ValueEnum;
use clap_complete::{Generator, shells};

/// What a shell calls the program.
const PROGRAM: &str = "git-service-hook";

/// For bash alone: zsh and fish find the completion of a subcommand of Git by its name.
const BASH_FOR_GIT: &str = include_str!("completions/git.bash");

/// Of `completions`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The shell to complete for
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Fish,
    Zsh,
}

/// Prints the script for a shell, made from the command line as it is declared.
pub fn run(arguments: &Arguments, command: clap::Command) -> Result<u8, Failure> {
    let script = match arguments.shell {
        Shell::Bash => bash(command),
        Shell::Fish => script(shells::Fish, command, PROGRAM),
        Shell::Zsh => script(shells::Zsh, command, PROGRAM),
    };
    print::stdout(script.trim_end());
    Ok(exit::OK)
}

/// The generator for bash mixes up the parts of a name with commands (clap_complete 4.6), so it gets one without hyphens,
/// which is the function's as well.
fn bash(command: clap::Command) -> String {
    const FUNCTION: &str = "git__service__hook";
    let named_last = |name: &str| format!(" {name}\n");
    script(shells::Bash, command, FUNCTION).replace(&named_last(FUNCTION), &named_last(PROGRAM))
        + BASH_FOR_GIT
}

fn script(shell: impl Generator, mut command: clap::Command, name: &str) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
