//! A push that Git announces twice, because two of its post-receive hooks are this program, is recorded once.

use super::line::First;
use super::publish::{Locked, time_of};
use super::{Spool, VERSION};
use crate::push::Push;
use std::io::{self, BufRead, BufReader, Read};

/// Records that are looked at, newest first, and how old they may be: so many pushes, and so long a hook of somebody
/// else, may come between the two starts. On most servers that is none, and nothing is read.
const NEWEST: usize = 200;
const RECENT_MS: i64 = 600_000;

impl Spool {
    /// As [`Spool::publish`], unless the same receive-pack has announced these very updates before: `None`.
    pub fn publish_once(&self, push: &mut Push, receive_pack: &str) -> io::Result<Option<Locked>> {
        self.create_folders()?;
        // What cannot be found out is no reason to drop a push.
        let _turn = self.publishing()?;
        if self.has_announced(push, receive_pack).unwrap_or(false) {
            return Ok(None);
        }
        self.publish_in_turn(push, Some(receive_pack)).map(Some)
    }

    fn has_announced(&self, push: &Push, receive_pack: &str) -> io::Result<bool> {
        // A record that is finished meanwhile moves from the first folder to the second.
        let mut names = self.names("pending")?;
        names.extend(self.names("done")?);
        names.sort_unstable();
        let newest = names
            .iter()
            .rev()
            .take(NEWEST)
            .take_while(|id| time_of(id) >= push.time_ms - RECENT_MS);
        Ok(newest
            .into_iter()
            .any(|id| self.is_of(id, push, receive_pack).unwrap_or(false)))
    }

    fn is_of(&self, id: &str, push: &Push, receive_pack: &str) -> io::Result<bool> {
        let open = |path| std::fs::File::open(path);
        let mut file =
            BufReader::new(open(self.pending_path(id)).or_else(|_| open(self.done_path(id)))?);
        let start = format!("{{\"v\":{VERSION},\"receive_pack\":\"{receive_pack}\"");
        let mut line = Vec::new();
        file.by_ref()
            .take(start.len() as u64)
            .read_to_end(&mut line)?;
        if line != start.as_bytes() {
            return Ok(false);
        }
        file.read_until(b'\n', &mut line)?;
        let first = serde_json::from_slice::<First>(&line)?;
        Ok(first.push.updates == push.updates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::{ObjectId, Pusher, RefName, RefUpdate};
    use crate::spool::Line;

    fn push(name: &str) -> Push {
        let id = |digit: &str| ObjectId::parse(&digit.repeat(40)).unwrap();
        let updates = vec![RefUpdate {
            old: id("1"),
            new: id("2"),
            name: RefName::new(name),
        }];
        Push {
            id: String::new(),
            time_ms: 1_700_000_000_000,
            updates,
            pusher: Pusher::default(),
            options: Vec::new(),
            remote_addr: None,
            gl_repo: None,
            recovered: false,
        }
    }

    #[test]
    fn the_same_updates_of_one_receive_pack_are_recorded_once() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        let recorded =
            |name: &str, by: &str| spool.publish_once(&mut push(name), by).unwrap().is_some();
        assert!(recorded("refs/heads/a", "boot:7:1"));
        assert!(!recorded("refs/heads/a", "boot:7:1"));
        assert!(
            recorded("refs/heads/b", "boot:7:1"),
            "a hook may hand us one update after the other"
        );
        assert!(
            recorded("refs/heads/a", "boot:7:12"),
            "another process with the same beginning of a name"
        );
        assert_eq!(spool.pending().unwrap().len(), 3);
        let mut later = Push {
            time_ms: 1_700_000_000_000 + RECENT_MS + 10,
            ..push("refs/heads/a")
        };
        assert!(
            spool
                .publish_once(&mut later, "boot:7:1")
                .unwrap()
                .is_some(),
            "what is old is not looked at"
        );
    }

    #[test]
    fn what_is_history_already_counts_too() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        let mut first = push("refs/heads/a");
        let lock = spool.publish_once(&mut first, "boot:7:1").unwrap().unwrap();
        lock.append(&Line::Events(Box::default())).unwrap();
        drop(lock);
        spool.finish(&first.id).unwrap();
        assert!(spool.pending().unwrap().is_empty());
        assert!(
            spool
                .publish_once(&mut push("refs/heads/a"), "boot:7:1")
                .unwrap()
                .is_none()
        );
    }
}
