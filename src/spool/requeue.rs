use super::publish::{Locked, claim};
use super::{Line, Read, Spool};
use std::fs::File;
use std::io;
use std::time::Duration;

/// How often, and how long each time, a record is waited for that another process holds.
const TURNS: u32 = 150;
const TURN: Duration = Duration::from_millis(20);

/// The same for one that is only to be moved away.
const MOMENTS: u32 = 50;
const MOMENT: Duration = Duration::from_millis(2);

impl Spool {
    /// Moves a record whose deliveries have all ended into the history. Another process may have been faster. One that
    /// is held for long stays: a later run moves it.
    pub fn finish(&self, id: &str) -> io::Result<()> {
        let Some(_held) = self.claim_soon(id)? else {
            return Ok(());
        };
        // Read again under the lock: a line that asks for a delivery again must not end up in the history.
        if !matches!(self.read(id)?, Read::Record(record) if record.is_finished()) {
            return Ok(());
        }
        match std::fs::rename(self.pending_path(id), self.done_path(id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Two lanes that end the same record at once both want it for a moment, and neither may leave it to the other.
    fn claim_soon(&self, id: &str) -> io::Result<Option<Locked>> {
        for _ in 0..MOMENTS {
            let held = self.claim(id)?;
            if held.is_some() || !self.pending_path(id).try_exists()? {
                return Ok(held);
            }
            std::thread::sleep(MOMENT);
        }
        Ok(None)
    }

    /// Queues deliveries of a record again, under the same ids. `NotFound`: the record has been removed meanwhile;
    /// `WouldBlock`: another process holds it for longer than we wait.
    ///
    /// The record goes back first and gets its lines then: dying in between leaves a finished record among those that
    /// wait, which the next run moves away, and never one in the history that has something to do.
    pub fn requeue(&self, id: &str, deliveries: &[String], at_ms: i64) -> io::Result<()> {
        let held = self.hold(id)?;
        if !self.pending_path(id).try_exists()? {
            std::fs::rename(self.done_path(id), self.pending_path(id))?;
        }
        for delivery in deliveries {
            held.append(&Line::Requeued {
                delivery: delivery.clone(),
                at_ms,
            })?;
        }
        held.sync()?;
        File::open(self.folder("pending"))?.sync_all()
    }

    /// Locks a record wherever it stands: only who holds it moves it.
    fn hold(&self, id: &str) -> io::Result<Locked> {
        for _ in 0..TURNS {
            for path in [self.pending_path(id), self.done_path(id)] {
                if let Some(held) = claim(&path)? {
                    return Ok(held);
                }
            }
            if matches!(self.look(id)?, Read::Gone) {
                return Err(io::ErrorKind::NotFound.into());
            }
            std::thread::sleep(TURN);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}
