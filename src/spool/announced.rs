use super::line::{First, VERSION, VersionOnly};
use super::{Spool, append, modes};
use crate::push::{Push, RefUpdate};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader};

/// What was removed from the history is noted up to this size; then nobody seems to look for what was missed any more.
const MOST: u64 = 64 << 20;

/// What the records say about the refs.
#[derive(Debug, Default)]
pub struct Announced {
    /// Names of all records.
    pub records: BTreeSet<String>,
    /// Updates of those that were not known, in the order of recording.
    pub updates: Vec<RefUpdate>,
    /// `GL_REPO` of the newest of those.
    pub gl_repo: Option<String>,
}

/// A record that has gone from the history: a line of the file `announced`.
#[derive(Deserialize, Serialize)]
struct Gone {
    id: String,
    updates: Vec<RefUpdate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gl_repo: Option<String>,
}

impl Spool {
    /// What all records except the `known` ones announced. An error when one of them cannot be read now: what it
    /// announces would look as if nobody had. To be called by whoever is catching up.
    pub fn announced(&self, known: &BTreeSet<String>) -> io::Result<Announced> {
        let mut pushes: BTreeMap<String, Option<Gone>> = BTreeMap::new();
        // A record may move to the history, or back, while we look.
        for folder in ["pending", "done", "pending"] {
            for id in self.names(folder)? {
                if !known.contains(&id) && pushes.get(&id).is_none_or(Option::is_none) {
                    let gone = |push: Push| Gone {
                        id: id.clone(),
                        updates: push.updates,
                        gl_repo: push.gl_repo,
                    };
                    let push = self
                        .first(&id)
                        .map_err(|e| io::Error::new(e.kind(), format!("record {id}: {e}")))?;
                    pushes.insert(id.clone(), push.map(gone));
                } else {
                    pushes.entry(id).or_default();
                }
            }
        }
        // Or be removed; whoever does so has noted it before.
        for gone in self.take_removed()? {
            let record = pushes.entry(gone.id.clone()).or_default();
            if !known.contains(&gone.id) {
                record.get_or_insert(gone);
            }
        }
        let mut announced = Announced::default();
        for (id, push) in pushes {
            announced.records.insert(id);
            let Some(push) = push else { continue };
            announced.updates.extend(push.updates);
            announced.gl_repo = push.gl_repo.or(announced.gl_repo);
        }
        Ok(announced)
    }

    /// What Git said to a record, wherever it stands; `None` when it is not there, or its first line is none of ours.
    fn first(&self, id: &str) -> io::Result<Option<Push>> {
        for folder in ["pending", "done", "pending"] {
            match File::open(self.folder(folder).join(id)) {
                Ok(file) => return first_of(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// What was noted of removed records. The notes are put aside, so that others are not lost when these are forgotten.
    fn take_removed(&self) -> io::Result<Vec<Gone>> {
        let (notes, aside) = (self.folder("announced"), self.folder("announced-counted"));
        if !aside.exists() {
            absent(std::fs::rename(&notes, &aside))?;
        }
        let mut gone = Vec::new();
        for file in [aside, notes] {
            let text = absent(std::fs::read(file))?.unwrap_or_default();
            gone.extend(
                text.split(|b| *b == b'\n')
                    .filter_map(|line| serde_json::from_slice(line).ok()),
            );
        }
        Ok(gone)
    }

    /// Forgets the notes that [`Self::announced`] gave, now that they are in what is remembered.
    pub fn forget_removed(&self) -> io::Result<()> {
        absent(std::fs::remove_file(self.folder("announced-counted"))).map(drop)
    }

    /// Notes what these finished records announced, durably, before they are removed. Nothing to do where nobody has ever
    /// looked for what was missed.
    pub(super) fn note_removed(&self, ids: &[&String]) -> io::Result<()> {
        let refs = self.folder("refs");
        if ids.is_empty() || !refs.exists() {
            return Ok(());
        }
        drop(modes::create_file(&self.folder("announced"), self.shared)?);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(self.folder("announced"))?;
        for id in ids {
            if let Ok(Some(Push {
                updates, gl_repo, ..
            })) = self.first(id)
            {
                append::to(
                    &file,
                    &Gone {
                        id: (*id).clone(),
                        updates,
                        gl_repo,
                    },
                )?;
            }
        }
        file.sync_all()?;
        if file.metadata()?.len() > MOST {
            // The next run, should there be one, begins like the first.
            absent(std::fs::remove_file(&refs))?;
        }
        Ok(())
    }
}

fn first_of(file: File) -> io::Result<Option<Push>> {
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line)?;
    match serde_json::from_slice::<First>(&line) {
        Ok(First {
            v: VERSION, push, ..
        }) => Ok(Some(push)),
        _ => match serde_json::from_slice::<VersionOnly>(&line) {
            Ok(VersionOnly { v }) if v > VERSION => Err(io::Error::other(format!(
                "written by a newer version of this program (format {v})"
            ))),
            _ => Ok(None),
        },
    }
}

/// What is not there is no error.
fn absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
