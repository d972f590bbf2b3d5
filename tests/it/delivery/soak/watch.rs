//! Memory and open files of our processes while it goes on.

use super::fleet::Fleet;
use crate::support::{memory_peak, ours_below};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Hook,
    Deliverer,
    Drain,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Most {
    /// Peak of the resident memory, KiB.
    memory: u64,
    files: usize,
}

/// The most that a process of each part needed, by thirds of the pushes.
#[derive(Debug, Default)]
pub struct Watch(BTreeMap<(Part, usize), Most>);

impl Watch {
    /// Looks until it is over.
    pub fn run(fleet: &Fleet, next: &AtomicUsize, pushes: usize, over: &AtomicBool) -> Self {
        let mut watch = Self::default();
        while !over.load(Ordering::SeqCst) {
            let third = (next.load(Ordering::SeqCst) * 3 / pushes).min(2);
            for process in ours_below(&fleet.sandbox.path("")) {
                watch.look(&process, third);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        watch
    }

    fn look(&mut self, process: &Path, third: usize) -> Option<()> {
        let command = std::fs::read_to_string(process.join("cmdline")).ok()?;
        let part = match command {
            c if c.contains("--push") => Part::Deliverer,
            c if c.contains("drain") => Part::Drain,
            _ => Part::Hook,
        };
        let memory = memory_peak(process.file_name()?.to_str()?.parse().ok()?)?;
        let files = std::fs::read_dir(process.join("fd")).ok()?.count();
        let most = self.0.entry((part, third)).or_default();
        *most = Most {
            memory: most.memory.max(memory),
            files: most.files.max(files),
        };
        Some(())
    }

    /// Nothing needs noticeably more in the last third than before.
    #[track_caller]
    pub fn is_flat(&self) {
        for part in [Part::Hook, Part::Deliverer, Part::Drain] {
            let of = |third| self.0.get(&(part, third)).copied().unwrap_or_default();
            let (first, middle, last) = (of(0), of(1), of(2));
            let before = Most {
                memory: first.memory.max(middle.memory),
                files: first.files.max(middle.files),
            };
            assert!(
                last.memory <= before.memory + before.memory / 4 + 2048,
                "{part:?}: {self}"
            );
            // How many repositories a run works on at the same moment differs from third to third.
            assert!(
                last.files <= before.files + 32 && last.files <= 128,
                "{part:?}: {self}"
            );
        }
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((part, third), Most { memory, files }) in &self.0 {
            write!(
                f,
                "{part:?} in third {}: {} MiB, {files} files; ",
                third + 1,
                memory / 1024
            )?;
        }
        Ok(())
    }
}
