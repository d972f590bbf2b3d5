//! Bounds what fuel does not bound: the depth of the engine's recursion and the time of a single step. Chains such as
//! `1+1+…` overflow an ordinary stack, which aborts the process; turning nested lists into text can take minutes.

use super::TemplateError;
use std::sync::mpsc;
use std::time::Duration;

/// Reserved, not touched: a template of 64 KiB needs about 70 MiB in a debug build.
const STACK: usize = 256 << 20;
const DEADLINE: Duration = Duration::from_secs(2);
/// Templates below this cannot nest deep enough for a stack of 2 MiB.
const SHALLOW: usize = 512;

/// Runs `work` on its own thread. Past the deadline the thread is abandoned; it ends with the process.
pub(super) fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TemplateError> {
    let (done, result) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("template".to_owned())
        .stack_size(STACK);
    let spawned = thread.spawn(move || {
        // Nobody listens any more when the deadline is over.
        let _ = done.send(work());
    });
    if spawned.is_err() {
        return Err(TemplateError::new(
            "there is no memory for a thread to evaluate the template",
        ));
    }
    result.recv_timeout(DEADLINE).map_err(|error| match error {
        // Not for want of room: with less of the event it may well take as long, and this thread is still busy.
        mpsc::RecvTimeoutError::Timeout => TemplateError::new("the template takes longer than 2 s"),
        mpsc::RecvTimeoutError::Disconnected => {
            TemplateError::new("the template cannot be evaluated")
        }
    })
}

/// As [`run`], on this thread when the template is too short to do harm.
pub(super) fn run_if_deep<T: Send + 'static>(
    template: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TemplateError> {
    if template.len() < SHALLOW {
        Ok(work())
    } else {
        run(work)
    }
}
