//! Many repositories at once.

use crate::exit;
use std::sync::Mutex;

/// Repositories that are worked on at the same time: what takes long is waiting for receivers.
const AT_ONCE: usize = 16;

/// Runs `each` for all of them, some at a time; the worst exit code.
pub(super) fn worst<T: Sync>(items: &[T], each: impl Fn(&T) -> u8 + Sync) -> u8 {
    let left = Mutex::new(items.iter());
    let work = || {
        let mut code = exit::OK;
        while let Some(item) = left.lock().ok().and_then(|mut left| left.next()) {
            code = code.max(each(item));
        }
        code
    };
    std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let workers: Vec<_> = (1..AT_ONCE.min(items.len())).map_while(start).collect();
        // This thread is one of them, and the only one where there are no more.
        let code = work();
        workers.into_iter().map(|worker| worker.join().unwrap_or(exit::FAILURE)).fold(code, u8::max)
    })
}
