//! The hook: reads a push, records it, computes its events, starts the deliverer and reports results.
//!
//! The record is on disk before anything is computed or sent. Every step has a time limit; what takes longer continues
//! in the deliverer, a process of its own. This room knows no HTTP, and prints through [`crate::report`].

mod chain;
mod compute;
mod fit_event;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub mod hook_script;
mod intake;
mod recorded_push;
mod spawn;
mod stdin;
mod unrecorded_push;
mod watch;

pub use chain::{chain_paths, is_program};
pub use compute::{
    ComputedPush, Undecided, compute_deliveries, compute_for_hook, compute_without_repository,
};

use crate::action::Severity;
use crate::clock;
use crate::config::{self, Loaded, Show};
use crate::environment::Environment;
use crate::exit;
use crate::git::{self, Repository, Server};
use crate::push::{Push, RefName};
use crate::report::{self, Lines};
use crate::spool::Spool;
use intake::Intake;
use std::io::{Read, StdinLock};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stdin::Stdin;

/// At the end, the pusher's lines have this long to be written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs the hook: stdin has the ref updates. The exit code is 1 only when the push could neither be recorded nor
/// delivered.
pub fn run(environment: &Environment) -> u8 {
    // The message of a panic may contain anything, and writing to stderr may block.
    std::panic::set_hook(Box::new(|_| {}));
    // Otherwise Ctrl-C during a local push kills the hook before the push is recorded.
    let _ = rustix::process::setsid();
    let mut lines = Lines::to_stderr();
    if environment.get("GIT_QUARANTINE_PATH").is_some() {
        lines.say("this is a post-receive hook, but Git runs it before the refs are updated: call it from there only");
        lines.finish(FLUSH_TIMEOUT);
        return exit::FAILURE;
    }
    let mut stdin = Stdin::new(std::io::stdin().lock());
    let git_dir = PathBuf::from(
        environment
            .non_empty("GIT_DIR")
            .unwrap_or_else(|| ".".to_owned()),
    );
    let mut hooks = Some(git_dir.join("hooks"));
    let ours = AssertUnwindSafe(|| hook(environment, &mut stdin, &mut hooks, &mut lines));
    let code = catch_unwind(ours).unwrap_or_else(|_| {
        lines.say("internal error; please report it (what was recorded is delivered by the next push or `drain`)");
        exit::FAILURE
    });
    // The other hooks run even if ours has failed.
    let copy = stdin.finish();
    if let Some(hooks) = hooks {
        chain::run(&hooks, copy, environment, &mut lines);
    }
    lines.finish(FLUSH_TIMEOUT);
    if stdin.error.is_some() {
        exit::FAILURE
    } else {
        code
    }
}

/// Sets `hooks` to the folder that Git runs hooks from, or to `None` when another start has recorded this push and runs
/// the other hooks.
fn hook(
    environment: &Environment,
    stdin: &mut Stdin<StdinLock<'_>>,
    hooks: &mut Option<PathBuf>,
    lines: &mut Lines,
) -> u8 {
    let repository = git::find(environment, None);
    let git_dir = match &repository {
        Ok(repository) => repository.git_dir().to_owned(),
        Err(_) => PathBuf::from(
            environment
                .non_empty("GIT_DIR")
                .unwrap_or_else(|| ".".to_owned()),
        ),
    };
    let elsewhere = repository.as_ref().ok().and_then(Repository::hooks_path);
    let dir = hooks.insert(elsewhere.unwrap_or_else(|| git_dir.join("hooks")));
    if chain::has_programs(dir, environment) {
        stdin.keep_in(&git_dir);
    }
    let receive_pack = repository
        .as_ref()
        .ok()
        .and_then(|repository| receive_pack_if_several_hooks(repository, dir));
    let loaded = Arc::new(config::load(&git_dir, environment));
    if !loaded.configured {
        return exit::OK;
    }
    if let Err(error) = &repository {
        lines.say(&format!("the repository cannot be opened: {error}"));
    }
    let context = PushContext {
        git_dir: &git_dir,
        environment,
        loaded: &loaded,
        receive_pack,
    };
    context
        .push(repository.ok(), stdin, lines)
        .unwrap_or_else(|| {
            *hooks = None;
            exit::OK
        })
}

/// Only a push of too many updates needs it: a panic must not prevent the record.
fn head_branch(repository: &Repository) -> Option<RefName> {
    catch_unwind(AssertUnwindSafe(|| repository.head_branch())).ok()?
}

/// The receive-pack that took the push, if Git starts several post-receive hooks: two of them may be this program.
fn receive_pack_if_several_hooks(repository: &Repository, hooks: &Path) -> Option<String> {
    let configured = repository.configured_hooks().len();
    let several = configured > 1 || (configured == 1 && hooks.join("post-receive").exists());
    several.then(git::receive_pack)?
}

/// The repository that received a push.
#[derive(Clone)]
struct PushContext<'a> {
    git_dir: &'a Path,
    environment: &'a Environment,
    loaded: &'a Arc<Loaded>,
    receive_pack: Option<String>,
}

impl PushContext<'_> {
    /// The exit code; `None` when another start has recorded this push.
    fn push(
        &self,
        repository: Option<Repository>,
        stdin: &mut Stdin<impl Read>,
        lines: &mut Lines,
    ) -> Option<u8> {
        let spool = Spool::at(
            self.git_dir,
            repository.as_ref().map_or(0, Repository::shared_mode),
        );
        if self.loaded.has_no_active_hooks() {
            self.print_mistakes(lines);
            return Some(exit::OK);
        }
        let mut push = self.facts();
        let head = || repository.as_ref().and_then(head_branch);
        let mut read =
            Intake::new(&push, self.loaded).read(stdin, head, spool.has_catch_up_state());
        if let Some(error) = &stdin.error {
            lines.say(&format!(
                "stdin cannot be read to its end, so part of this push is not recorded: {error}"
            ));
        }
        read.print_bad_lines(lines);
        if read.listed.is_empty() {
            self.print_mistakes(lines);
            return Some(exit::OK);
        }
        if let Some(repository) = &repository {
            // Sorting is optional: a panic in it must not prevent the record.
            let _ = catch_unwind(AssertUnwindSafe(|| repository.order(&mut read.listed)));
        }
        (push.updates, push.unlisted) = (read.listed, read.unlisted);
        let published = match &self.receive_pack {
            None => spool.publish(&mut push).map(Some),
            Some(receive_pack) => spool.publish_once(&mut push, receive_pack),
        };
        let record = published.transpose()?;
        self.print_mistakes(lines);
        Some(match record {
            Ok(record) => {
                recorded_push::deliver(self, repository, &spool, record, &push, lines);
                self.print_failures(&spool, lines);
                exit::OK
            }
            Err(error) => {
                lines.say(&format!(
                    "not recorded: {} cannot be written: {error}",
                    spool.place()
                ));
                unrecorded_push::deliver(self, repository, &spool, &push, lines)
            }
        })
    }

    /// Mistakes in the configuration.
    fn print_mistakes(&self, lines: &mut Lines) {
        for mistake in self
            .loaded
            .diagnostics
            .iter()
            .filter(|m| m.severity == Severity::Mistake)
        {
            lines.say(&mistake.to_string());
        }
    }

    /// How long the push waits for results. Where none is shown there is nothing to wait for.
    fn wait(&self) -> Duration {
        let deliver = &self.loaded.deliver;
        if deliver.show == Show::Nothing {
            Duration::ZERO
        } else {
            deliver.wait
        }
    }

    /// Once a day a push reports permanent failures, so that a broken receiver is noticed.
    fn print_failures(&self, spool: &Spool, lines: &mut Lines) {
        if self.wait().is_zero() || lines.left() == 0 {
            return;
        }
        if let Some(failures) = spool.take_failures(lines.failed(), clock::now_ms()) {
            lines.say(&report::failures_line(failures));
        }
    }

    /// The push before its updates are read. `publish` sets its id.
    fn facts(&self) -> Push {
        let time_ms = clock::now_ms();
        Push {
            id: crate::spool::new_id(time_ms),
            time_ms,
            updates: Vec::new(),
            pusher: git::pusher(
                self.environment,
                &self.loaded.pusher_env,
                Server::of_repository(self.git_dir),
            ),
            options: git::push_options(self.environment),
            remote_addr: git::remote_addr(self.environment),
            gl_repo: self.environment.non_empty("GL_REPO"),
            recovered: false,
            unlisted: None,
            trouble: None,
        }
    }
}
