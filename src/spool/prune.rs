use super::{Spool, modes, publish};
use std::io;
use std::time::Duration;

/// How much history stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// By age.
    pub age: Duration,
    /// By number of pushes.
    pub count: usize,
    /// By bytes.
    pub size: u64,
}

/// A file that was to become a record and has not for so long never will.
const ABANDONED: Duration = Duration::from_secs(3600);

impl Spool {
    /// Removes the oldest finished records past any of the limits, and what a crash in the middle of publishing left.
    pub fn prune(&self, keep: &Keep, now_ms: i64) -> io::Result<()> {
        let oldest = now_ms.saturating_sub(i64::try_from(keep.age.as_millis()).unwrap_or(i64::MAX));
        let (mut count, mut size) = (0, 0);
        let done = self.names("done")?;
        let surplus = done.iter().rev().filter(|id| {
            count += 1;
            size += self
                .folder("done")
                .join(id)
                .metadata()
                .map_or(0, |m| m.len());
            count > keep.count || size > keep.size || publish::time_of(id) < oldest
        });
        let surplus: Vec<_> = surplus.collect();
        self.note_removed(&surplus)?;
        for id in surplus {
            let _ = std::fs::remove_file(self.folder("done").join(id));
        }
        let folders = [self.root.clone(), self.folder("lane")];
        for entry in folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten()
            .flatten()
        {
            let name = entry.file_name();
            let unfinished = name
                .as_encoded_bytes()
                .starts_with(modes::UNFINISHED.as_bytes());
            let record = entry.path().parent() == Some(&*self.root)
                && name.as_encoded_bytes().starts_with(b"new-");
            let abandoned = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
            if (unfinished || record) && abandoned().is_some_and(|a| a > ABANDONED) {
                let _ = std::fs::remove_file(entry.path())
                    .or_else(|_| std::fs::remove_dir(entry.path()));
            }
        }
        Ok(())
    }
}
