//! Notices a request to end the process, by a shutdown, a restart of the service, or Ctrl-C. It then makes no further
//! attempt, but waits for the one under way: its receiver may have got the request already.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on SIGTERM, SIGHUP and SIGINT do not end the process at once. A second Ctrl-C does.
pub fn listen() {
    let _ = flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, Arc::clone(&REQUESTED));
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        // Without the handler the process ends at once, as an interrupted one: that is repeated, and nothing is lost.
        let _ = flag::register(signal, Arc::clone(&REQUESTED));
    }
}

/// Whether such a signal has arrived.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
