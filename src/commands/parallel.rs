//! Runs a function for many repositories in parallel.

use super::progress;
use crate::exit;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Repositories that are worked on at the same time: what takes long is waiting for receivers.
const AT_ONCE: usize = 16;

/// Runs `each` for all of them, some at a time; the worst exit code. Somebody at a terminal sees how many are done.
pub(super) fn worst<T: Sync>(items: &[T], each: impl Fn(&T) -> u8 + Sync) -> u8 {
    let done = AtomicUsize::new(0);
    let counted = |item: &T| {
        let code = each(item);
        done.fetch_add(1, Ordering::Relaxed);
        code
    };
    let far = || {
        format!(
            "{} of {} repositories",
            done.load(Ordering::Relaxed),
            items.len()
        )
    };
    let codes = progress::watch(far, || map(items, counted)).into_iter();
    codes
        .map(|code| code.unwrap_or(exit::FAILURE))
        .max()
        .unwrap_or(exit::OK)
}

/// The same for any result, in the order of the items; `None` where a thread died of it.
pub(super) fn map<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<Option<R>> {
    let left = Mutex::new(items.iter().enumerate());
    let work = || {
        let mut done = Vec::new();
        while let Some((place, item)) = left.lock().ok().and_then(|mut left| left.next()) {
            done.push((place, each(item)));
        }
        done
    };
    let done = std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let workers: Vec<_> = (1..AT_ONCE.min(items.len())).map_while(start).collect();
        // This thread is one of them, and the only one where there are no more.
        let mine = work();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .flatten()
            .chain(mine)
            .collect::<Vec<_>>()
    });
    let mut results = items.iter().map(|_| None).collect::<Vec<_>>();
    for (place, result) in done {
        results[place] = Some(result);
    }
    results
}
