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
        let workers: Vec<_> = (0..AT_ONCE.min(items.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(exit::FAILURE)).max().unwrap_or(exit::OK)
    })
}
