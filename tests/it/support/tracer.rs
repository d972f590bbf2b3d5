//! Kills a process at its n-th system call, whichever thread makes it. strace counts each call of each thread by itself,
//! so its n-th one never comes for a thread that makes fewer calls than another.

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::HashMap;
use std::process::{Child, Command, Stdio};

/// Whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The program that is started, with all its threads.
    Itself,
    /// The first program that it starts, with all its threads.
    Child,
}

/// A shell that waits to be traced before it becomes `program`.
fn stopped(shell: &mut Command, program: &str) -> (Child, Pid) {
    let child = shell
        .args(["-c", &format!("kill -STOP $$; exec {program}")])
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(child.id().cast_signed());
    waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap();
    (child, pid)
}

/// Runs `program` (a command line for the shell) and kills `whom` on the way into its n-th system call since it was
/// loaded; whether it came to that. Returns when all that was traced has ended. Must have a thread of its own: it waits
/// for whatever that thread has started.
pub fn kill_at(shell: &mut Command, program: &str, whom: Whom, call: usize) -> bool {
    let (mut child, first) = stopped(shell.stderr(Stdio::null()).stdout(Stdio::null()), program);
    let follow = match whom {
        Whom::Itself => Options::empty(),
        Whom::Child => Options::PTRACE_O_TRACEVFORK | Options::PTRACE_O_TRACEFORK,
    };
    let options = Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACESYSGOOD
        | follow;
    ptrace::seize(first, options).unwrap();
    let mut tracer = Tracer {
        first,
        whom,
        call,
        made: 0,
        counted: None,
        inside: HashMap::new(),
    };
    let killed = tracer.run();
    // It is reaped already.
    let _ = child.wait();
    killed
}

struct Tracer {
    first: Pid,
    whom: Whom,
    /// The call to die in, from 1.
    call: usize,
    /// Calls so far.
    made: usize,
    /// The process whose calls count, once it runs the program.
    counted: Option<Pid>,
    /// For each thread that is followed call by call, whether it is in one.
    inside: HashMap<Pid, bool>,
}

impl Tracer {
    fn run(&mut self) -> bool {
        let mut killed = false;
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
            let Some(thread) = status.pid() else { continue };
            let mut signal = None;
            match status {
                WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_EXEC) => self.loaded(thread),
                WaitStatus::PtraceSyscall(_) if self.enters(thread) => {
                    self.made += 1;
                    if self.made == self.call {
                        killed = true;
                        // It may be dying already, of an ordinary end.
                        let _ = kill(self.counted.unwrap_or(thread), Signal::SIGKILL);
                    }
                }
                WaitStatus::Stopped(_, of) => signal = Some(of),
                WaitStatus::Exited(..) | WaitStatus::Signaled(..) => continue,
                _ => {}
            }
            // A thread that has just been killed cannot be resumed, and need not be.
            let _ = if self.follows(thread) {
                ptrace::syscall(thread, signal)
            } else {
                ptrace::cont(thread, signal)
            };
        }
        killed
    }

    fn loaded(&mut self, process: Pid) {
        if self.counted.is_none() && (process == self.first) == (self.whom == Whom::Itself) {
            self.counted = Some(process);
            // The way out of execve comes next.
            self.inside.insert(process, true);
        }
    }

    /// Threads of the process that counts; those of the one that starts it run freely.
    fn follows(&mut self, thread: Pid) -> bool {
        let Some(counted) = self.counted else {
            return false;
        };
        let of_it = || std::path::Path::new(&format!("/proc/{counted}/task/{thread}")).exists();
        if !self.inside.contains_key(&thread) && of_it() {
            self.inside.insert(thread, false);
        }
        self.inside.contains_key(&thread)
    }

    /// Whether a stop at a call is on the way in. Stops of one thread alternate.
    fn enters(&mut self, thread: Pid) -> bool {
        let inside = self.inside.entry(thread).or_default();
        *inside = !*inside;
        *inside
    }
}
