//! Declares the command line, and dispatches to the commands under [`crate::commands`].

use crate::commands::{
    Failure, Session, as_owner, cancel, check, completions, deliveries, drain, event, install, man,
    preview, print, redeliver, schema, status, test, uninstall,
};
use crate::environment::Environment;
use crate::exit;
use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand, value_parser};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The name under which Git starts the program.
const HOOK: &str = "post-receive";

/// The option that [`as_owner`] adds.
const AS_OWNER_OF: &str = "as-owner-of";

#[derive(Debug, Parser)]
#[command(
    name = "git-service-hook",
    bin_name = "git service-hook",
    version,
    max_term_width = 80
)]
#[command(
    about = "Notifies chat groups, CI servers and webhooks of pushes to a bare Git repository"
)]
#[command(
    after_help = "Exit codes: 0 done, 1 not done or mistakes found, 2 usage error.\n\
    Start with `git service-hook install` in a bare repository, then edit its hooks.toml."
)]
struct Arguments {
    /// The repository: a Git directory, or a work tree (default: $GIT_DIR, else the current directory)
    #[arg(short = 'C', long = "repo", value_name = "DIR", global = true)]
    repo: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the configuration and the set-up
    ///
    /// Reports every mistake and warning with file, line and column, renders every template against sample events,
    /// resolves every secret, and inspects the installed hook and the files around it. Sends nothing.
    /// Exits with 0 when there are no mistakes (warnings are allowed), with 1 otherwise.
    Check(check::Arguments),
    /// Print the event of a ref update as JSON
    ///
    /// The body that a webhook gets. Without arguments it is the newest commit of HEAD's branch.
    Event(event::Arguments),
    /// Print each request as it would go out, and send nothing
    ///
    /// Method, URL, headers and body, secrets masked; and for a hook that would not fire, the filter that prevents it.
    Preview(preview::Arguments),
    /// Send the newest commit's event, marked as a test, and print what the receiver answers
    ///
    /// Filters are ignored. Exits with 0 only when every receiver has accepted.
    Test(test::Arguments),
    /// List deliveries, newest first; `deliveries ID` shows one in full
    ///
    /// Times are local, ids are shortened to their last 8 digits. `keep`, `keep_count` and `keep_size` limit the history.
    Deliveries(deliveries::Arguments),
    /// Queue deliveries again under the same ids, and send them
    ///
    /// Delivered, cancelled and waiting deliveries can be queued as well. Exits with 0 when every selected delivery
    /// is queued and none has failed permanently.
    Redeliver(redeliver::Arguments),
    /// End deliveries that wait, without sending them
    ///
    /// After a restored backup, a copied repository, or for a receiver that is gone. An attempt that is being made ends
    /// first, and its result stands. Exits with 0 when every selected delivery has ended.
    Cancel(cancel::Arguments),
    /// Send the deliveries that are due now: the command for a timer or cron
    ///
    /// Retries due deliveries, and delivers pushes that are recorded and not yet delivered. Exits with 0 when
    /// nothing is left due, with 1 when a delivery has failed permanently.
    Drain(drain::Drain),
    /// Show what waits, what has failed, which receivers are down, and whether a timer runs
    ///
    /// For people and monitors. Sends nothing. Exits with 0 when all is well, with 1 when something needs attention: a
    /// receiver that is down, a delivery that failed permanently within a day, a process that holds a lane, a mistake.
    Status(status::Arguments),
    /// Install the post-receive hook, and a commented hooks.toml if there is none
    ///
    /// Never overwrites a hook of another program. Running it again changes nothing.
    Install(install::Arguments),
    /// Remove the post-receive hook, and restore the one that --chain moved
    ///
    /// A hooks.toml that was changed and the records under service-hook/ are kept; `drain` still sends the deliveries
    /// that wait in them.
    Uninstall(uninstall::Arguments),
    /// Run as the Git hook: read `OLD NEW REF` lines from stdin, record them, have them delivered
    ///
    /// What Git runs as hooks/post-receive. Takes the repository from $GIT_DIR or the current directory.
    /// Exits with 0, and with 1 only when the push could neither be recorded nor delivered.
    PostReceive,
    /// Print the completion script for a shell
    ///
    /// For bash into a file git-service-hook in bash-completion's directory, for zsh into a file _git-service-hook on
    /// $fpath, for fish into a file git-service-hook.fish in its directory of completions.
    Completions(completions::Arguments),
    /// Print the manual page
    ///
    /// As git-service-hook.1 in a directory man1 of $MANPATH it is what `git service-hook --help` shows.
    Man,
    /// Print the JSON Schema of hooks.toml, by which an editor completes and checks it, or of the event
    Schema(schema::Arguments),
}

/// Runs what the arguments say; the first is the name that the program was started by. Returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = arguments.into_iter().collect::<Vec<_>>();
    let environment = Environment::of_process();
    if is_hook(&arguments) {
        return crate::post_receive::run(&environment);
    }
    match parse(&arguments) {
        Ok((parsed, owned)) => {
            protect(owned.is_some());
            let owner_settled = owned.is_some();
            let dir = owned.or_else(|| parsed.repo.clone());
            let arguments = arguments.get(1..).unwrap_or_default().to_vec();
            let environment = if owner_settled {
                environment.of_owner()
            } else {
                environment
            };
            let session = Session {
                dir,
                owner_settled,
                arguments,
                environment,
            };
            answer(dispatch(parsed, &session))
        }
        Err(problem) => usage(&problem),
    }
}

/// What was asked, and the repository that a run as root named for this process, its child that runs as the owner. That
/// option is nobody else's: neither help nor completions know it.
fn parse(arguments: &[OsString]) -> Result<(Arguments, Option<PathBuf>), clap::Error> {
    let owned = Arg::new(AS_OWNER_OF)
        .long(AS_OWNER_OF)
        .value_parser(value_parser!(PathBuf))
        .hide(true)
        .global(true);
    let matches = Arguments::command()
        .arg(owned)
        .try_get_matches_from(arguments)?;
    Ok((
        Arguments::from_arg_matches(&matches)?,
        matches.get_one(AS_OWNER_OF).cloned(),
    ))
}

/// Whether Git speaks to us: by the name of the link in `hooks/`, or by the command. Further arguments mean nothing,
/// but somebody who asks for help gets it.
fn is_hook(arguments: &[OsString]) -> bool {
    let by_name = arguments
        .first()
        .and_then(|a| Path::new(a).file_name())
        .is_some_and(is_name_of_hook);
    let by_command = arguments.get(1).is_some_and(|a| a == HOOK);
    let asks_for_help = arguments.get(2).is_some_and(|a| a == "--help" || a == "-h");
    by_name || (by_command && !asks_for_help)
}

/// `post-receive`, or with a suffix, as programs call their hooks that run several beside each other (gitolite:
/// `post-receive.h00-NAME`).
fn is_name_of_hook(name: &OsStr) -> bool {
    let rest = name.as_encoded_bytes().strip_prefix(HOOK.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
}

/// Keeps secrets in memory out of core files, also of what this process starts. A child of root ends with it, and no
/// other process of the owner can trace it.
fn protect(is_child: bool) {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = rustix::process::setrlimit(Resource::Core, none);
    if is_child {
        let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
    }
}

fn dispatch(parsed: Arguments, session: &Session) -> Result<u8, Failure> {
    if session.owner_settled && rustix::process::geteuid().is_root() {
        let sends = matches!(
            parsed.command,
            Command::Drain(_) | Command::Test(_) | Command::Redeliver(_)
        );
        return Err(as_owner::become_owner(session, sends));
    }
    match parsed.command {
        Command::PostReceive => Err(Failure::usage(
            "post-receive takes its repository from $GIT_DIR, not from -C",
        )),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command()),
        Command::Man => man::run(Arguments::command()),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Check(arguments) => check::run(session, &arguments),
        Command::Cancel(arguments) => cancel::run(session, &arguments),
        Command::Status(arguments) => status::run(session, &arguments),
        Command::Install(arguments) => install::run(session, &arguments),
        Command::Uninstall(arguments) => uninstall::run(session, &arguments),
        Command::Drain(arguments) if !arguments.all.is_empty() && parsed.repo.is_some() => Err(
            Failure::usage("`--all` names the directories itself: leave out `-C`"),
        ),
        Command::Drain(arguments) => as_owner::drain(session, arguments),
        Command::Deliveries(arguments) if arguments.is_for_many() => {
            deliveries::run(session, &arguments)
        }
        Command::Deliveries(arguments) => {
            as_owner::run_as_owner(session, |s| deliveries::run(s, &arguments))
        }
        Command::Redeliver(arguments) if arguments.is_for_many() => {
            redeliver::run(session, &arguments)
        }
        Command::Redeliver(arguments) => {
            as_owner::run_as_owner(session, |s| redeliver::run(s, &arguments))
        }
        Command::Event(arguments) => as_owner::run_as_owner(session, |s| event::run(s, &arguments)),
        Command::Preview(arguments) => {
            as_owner::run_as_owner(session, |s| preview::run(s, &arguments))
        }
        Command::Test(arguments) => as_owner::run_as_owner(session, |s| test::run(s, &arguments)),
    }
}

fn answer(result: Result<u8, Failure>) -> u8 {
    result.unwrap_or_else(|failure| {
        print::error(&failure.message);
        failure.code
    })
}

/// Help and version are no errors; everything else is one of usage.
fn usage(problem: &clap::Error) -> u8 {
    let text = problem.render().to_string();
    if problem.use_stderr() {
        print::stderr(text.trim_end());
        exit::USAGE
    } else {
        print::stdout(text.trim_end());
        exit::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_name_of_the_link_or_the_command_makes_it_the_hook() {
        assert!(is_hook(&words("hooks/post-receive")));
        assert!(is_hook(&words("post-receive event --help")));
        assert!(is_hook(&words("hooks/post-receive.h00-git-service-hook")));
        assert!(!is_hook(&words("hooks/post-receives")));
        assert!(is_hook(&words("git-service-hook post-receive whatever")));
        assert!(!is_hook(&words("git-service-hook post-receive --help")));
        assert!(!is_hook(&words("git-service-hook event")));
        assert!(!is_hook(&[]));
    }

    #[test]
    fn the_repository_can_be_named_before_and_after_the_command() {
        for line in [
            "g -C /x event",
            "g event -C /x",
            "g --repo /x event",
            "g event --repo=/x",
        ] {
            let (parsed, _) = parse(&words(line)).unwrap();
            assert_eq!(parsed.repo.as_deref(), Some(Path::new("/x")), "{line}");
        }
    }

    #[test]
    fn the_declaration_is_sound_and_every_command_explains_itself() {
        let command = Arguments::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            assert!(sub.get_about().is_some(), "{} has no help", sub.get_name());
        }
    }
}
