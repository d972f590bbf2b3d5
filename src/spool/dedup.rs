//! Records a push once that Git announces twice, because two of its post-receive hooks are this program.

use super::line::FirstLine;
use super::writer::{LockedRecord, time_of_id};
use super::{MAX_RECORD, Spool, VERSION};
use crate::push::Push;
use std::io::{self, BufRead, BufReader, Read};

/// How many records are searched, newest first, and how old they may be. Between the two starts of one push, so many
/// other pushes may come, and another program's hook may take so long. On most servers it is none, and nothing is read.
const NEWEST: usize = 200;
const RECENT_MS: i64 = 600_000;

impl Spool {
    /// As [`Spool::publish`]; `None` if the same receive-pack has announced the same updates before.
    pub fn publish_once(
        &self,
        push: &mut Push,
        receive_pack: &str,
    ) -> io::Result<Option<LockedRecord>> {
        self.create_folders()?;
        let _lock = self.lock_publishing();
        // An error while searching is no reason to lose a push.
        if self.has_announced(push, receive_pack).unwrap_or(false) {
            return Ok(None);
        }
        self.publish_locked(push, Some(receive_pack)).map(Some)
    }

    fn has_announced(&self, push: &Push, receive_pack: &str) -> io::Result<bool> {
        let ids = self.record_ids()?;
        let mut recent = ids
            .iter()
            .take(NEWEST)
            .take_while(|id| time_of_id(id) >= push.time_ms - RECENT_MS);
        Ok(recent.any(|id| self.is_same(id, push, receive_pack).unwrap_or(false)))
    }

    fn is_same(&self, id: &str, push: &Push, receive_pack: &str) -> io::Result<bool> {
        let Some(file) = self.open(id)? else {
            return Ok(false);
        };
        let mut file = BufReader::new(file);
        let start = format!("{{\"v\":{VERSION},\"receive_pack\":\"{receive_pack}\"");
        let mut line = Vec::new();
        file.by_ref()
            .take(start.len() as u64)
            .read_to_end(&mut line)?;
        if line != start.as_bytes() {
            return Ok(false);
        }
        file.take(MAX_RECORD).read_until(b'\n', &mut line)?;
        let first = serde_json::from_slice::<FirstLine>(&line)?;
        Ok(first.push.updates == push.updates && first.push.unlisted == push.unlisted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::{ObjectId, Pusher, RefName, RefUpdate};
    use crate::spool::RecordLine;

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
            unlisted: None,
            trouble: None,
        }
    }

    #[test]
    fn updates_of_one_receive_pack_are_recorded_once() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        let recorded =
            |name: &str, by: &str| spool.publish_once(&mut push(name), by).unwrap().is_some();
        assert!(recorded("refs/heads/a", "boot:7:1"));
        assert!(!recorded("refs/heads/a", "boot:7:1"));
        assert!(
            recorded("refs/heads/b", "boot:7:1"),
            "a hook may pass one update after the other"
        );
        assert!(
            recorded("refs/heads/a", "boot:7:12"),
            "another process whose name begins the same"
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
            "old records are not searched"
        );
    }

    #[test]
    fn a_finished_record_counts_too() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        let mut first = push("refs/heads/a");
        let lock = spool.publish_once(&mut first, "boot:7:1").unwrap().unwrap();
        lock.append(&RecordLine::Events(Box::default())).unwrap();
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
