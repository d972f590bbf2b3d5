//! A folder of the spool as a descriptor. Members of a group can write these folders, so nothing in them is reached
//! through a symbolic link, and the kind and the owner of a file are judged on the descriptor that is read or written.

use super::modes::UNFINISHED;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

/// To read a file.
pub(super) const READ: OFlags = OFlags::RDONLY;
/// To add lines to a file.
pub(super) const APPEND: OFlags = OFlags::RDWR.union(OFlags::APPEND);
/// To overwrite a file in place.
pub(super) const OVERWRITE: OFlags = OFlags::RDWR;

/// Opening a FIFO must not wait for its other end, and no terminal may become the controlling one.
const ALWAYS: OFlags = OFlags::NOFOLLOW
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    fd: OwnedFd,
    /// The name for messages, with a slash at its end; empty for the Git directory.
    name: String,
    owners: Owners,
}

/// Who may own what is in a folder.
#[derive(Clone, Copy, Debug)]
struct Owners {
    /// The owner of the trusted folder.
    user: u32,
    /// The group of the trusted folder, if it may write there.
    group: Option<u32>,
    /// Whether every account may write there.
    everybody: bool,
}

impl Owners {
    /// `shared` has the mode bits of files that the folder is shared by.
    fn expected_in(folder: &Stat, shared: u32) -> Self {
        Self {
            user: folder.st_uid,
            group: (shared & 0o020 != 0).then_some(folder.st_gid),
            everybody: shared & 0o002 != 0,
        }
    }

    /// Whether the owner of a file is one of them: root, the owner of the folder, this account, or a member of the group,
    /// whose files get the folder's group.
    fn include(self, file: &Stat) -> bool {
        let own = rustix::process::geteuid().as_raw();
        self.everybody
            || [0, self.user, own].contains(&file.st_uid)
            || self.group == Some(file.st_gid)
    }
}

/// One name in a folder.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_file: bool,
}

impl Folder {
    /// A folder that the caller trusts: links in its path are followed. `shared` has the mode bits of files that others
    /// may write in it.
    pub(super) fn trusted(path: &Path, shared: u32) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
        let owners = Owners::expected_in(&rustix::fs::fstat(&fd)?, shared);
        Ok(Self {
            fd,
            name: String::new(),
            owners,
        })
    }

    /// A folder in this one, unless it is a symbolic link.
    pub(super) fn folder(&self, name: &str) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | ALWAYS;
        let fd = rustix::fs::openat(&self.fd, plain(name)?, flags, Mode::empty())
            .map_err(|error| self.refusal(name, error))?;
        self.check_owner(name, &rustix::fs::fstat(&fd)?)?;
        Ok(Self {
            fd,
            name: format!("{}{name}/", self.name),
            owners: self.owners,
        })
    }

    fn check_owner(&self, name: &str, file: &Stat) -> io::Result<()> {
        if self.owners.include(file) {
            return Ok(());
        }
        let who = format!("belongs to user {}, who may not write here", file.st_uid);
        Err(self.error(name, &who))
    }

    /// Opens a regular file that has no other name.
    pub(super) fn open(&self, name: &str, how: OFlags) -> io::Result<File> {
        let fd = rustix::fs::openat(&self.fd, plain(name)?, how | ALWAYS, Mode::empty())
            .map_err(|error| self.refusal(name, error))?;
        let stat = rustix::fs::fstat(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(self.error(name, "is not a regular file"));
        }
        self.check_owner(name, &stat)?;
        if stat.st_nlink > 1 {
            self.remove_unfinished_links(&stat);
            if rustix::fs::fstat(&fd)?.st_nlink > 1 {
                return Err(self.error(name, "has a second name (a hard link)"));
            }
        }
        Ok(File::from(fd))
    }

    /// Creates a file; `AlreadyExists` if the name is taken, also by a link.
    pub(super) fn create_new(&self, name: &str, mode: u32) -> io::Result<File> {
        let flags = APPEND | OFlags::CREATE | OFlags::EXCL | ALWAYS;
        let mode = Mode::from_raw_mode(mode);
        let fd = rustix::fs::openat(&self.fd, plain(name)?, flags, mode)?;
        // `openat` has applied the umask.
        rustix::fs::fchmod(&fd, mode)?;
        Ok(File::from(fd))
    }

    /// Creates a folder with its mode.
    pub(super) fn make_folder(&self, name: &str, mode: u32) -> io::Result<()> {
        rustix::fs::mkdirat(&self.fd, plain(name)?, Mode::RWXU)?;
        let folder = self.folder(name)?;
        Ok(rustix::fs::fchmod(&folder.fd, Mode::from_raw_mode(mode))?)
    }

    /// Whether something has this name, if only a link that leads nowhere.
    pub(super) fn has(&self, name: &str) -> io::Result<bool> {
        match self.stat(name) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether this name is that of an open file.
    pub(super) fn leads_to(&self, name: &str, file: &File) -> io::Result<bool> {
        let found = match self.stat(name) {
            Ok(found) => found,
            Err(Errno::NOENT) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let locked = rustix::fs::fstat(file)?;
        Ok((found.st_dev, found.st_ino) == (locked.st_dev, locked.st_ino))
    }

    /// The size of a file in bytes, and when it was written, in seconds since 1970.
    pub(super) fn size_and_time(&self, name: &str) -> io::Result<(u64, i64)> {
        let stat = self.stat(name)?;
        Ok((u64::try_from(stat.st_size).unwrap_or(0), stat.st_mtime))
    }

    /// What is in the folder, except names that are not UTF-8: the program creates none.
    pub(super) fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.fd)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            if matches!(name, "." | "..") {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => self.stat(name).map_or(FileType::Unknown, |stat| {
                    FileType::from_raw_mode(stat.st_mode)
                }),
                known => known,
            };
            entries.push(Entry {
                name: name.to_owned(),
                is_file: kind == FileType::RegularFile,
            });
        }
        Ok(entries)
    }

    /// Renames and replaces.
    pub(super) fn rename(&self, name: &str, to: &Self, new: &str) -> io::Result<()> {
        let (name, new) = (plain(name)?, plain(new)?);
        Ok(rustix::fs::renameat(&self.fd, name, &to.fd, new)?)
    }

    /// Renames within the folder; `AlreadyExists` if the new name is taken. `None` where the file system cannot do this.
    pub(super) fn rename_to_free(&self, name: &str, new: &str) -> Option<io::Result<()>> {
        let flags = RenameFlags::NOREPLACE;
        match rustix::fs::renameat_with(&self.fd, name, &self.fd, new, flags) {
            Err(Errno::INVAL | Errno::NOSYS) => None,
            renamed => Some(renamed.map_err(io::Error::from)),
        }
    }

    /// Gives a file a second name.
    pub(super) fn link(&self, name: &str, new: &str) -> io::Result<()> {
        let (name, new) = (plain(name)?, plain(new)?);
        Ok(rustix::fs::linkat(
            &self.fd,
            name,
            &self.fd,
            new,
            AtFlags::empty(),
        )?)
    }

    /// Removes a file or a link.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(
            &self.fd,
            plain(name)?,
            AtFlags::empty(),
        )?)
    }

    /// Removes an empty folder.
    pub(super) fn remove_folder(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(
            &self.fd,
            plain(name)?,
            AtFlags::REMOVEDIR,
        )?)
    }

    /// Makes the names in the folder survive a crash of the machine.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    /// Where the file system cannot rename without replacing, a new file has two names for an instant, and keeps both if
    /// its process dies then. Any other second name stays.
    fn remove_unfinished_links(&self, file: &Stat) {
        for entry in self.entries().unwrap_or_default() {
            let same = |stat: Stat| (stat.st_dev, stat.st_ino) == (file.st_dev, file.st_ino);
            if entry.name.starts_with(UNFINISHED) && self.stat(&entry.name).is_ok_and(same) {
                let _ = self.remove(&entry.name);
            }
        }
    }

    fn stat(&self, name: &str) -> rustix::io::Result<Stat> {
        rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Systems say in different ways that a link was not followed.
    fn refusal(&self, name: &str, error: Errno) -> io::Error {
        let link = self
            .stat(name)
            .is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Symlink);
        match error {
            Errno::LOOP | Errno::NOTDIR | Errno::MLINK if link => {
                self.error(name, "is a symbolic link")
            }
            Errno::NOTDIR => self.error(name, "is not a folder"),
            Errno::NXIO => self.error(name, "is not a regular file"),
            other => other.into(),
        }
    }

    fn error(&self, name: &str, what: &str) -> io::Error {
        io::Error::other(format!("`{}{name}` {what}", self.name))
    }
}

/// A name never leads out of its folder: some come from records, which other accounts may have written.
fn plain(name: &str) -> io::Result<&str> {
    if name.contains('/') || matches!(name, "" | "." | "..") {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(name)
}

/// Reads a file from its beginning, up to a limit in bytes. A larger file is an error: it costs nothing.
pub(super) fn read_bounded(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len();
    if size > limit {
        return Err(too_large(limit));
    }
    // Its size, so that the buffer is not doubled on the way.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// A file that is larger than the limit in bytes.
pub(super) fn too_large(limit: u64) -> io::Error {
    let limit = limit >> 20;
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it is larger than {limit} MiB"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("victim"), "").unwrap();
        std::fs::create_dir(dir.path().join("inside")).unwrap();
        let folder = Folder::trusted(&dir.path().join("inside"), 0).unwrap();
        for name in ["../victim", "/etc/passwd", "..", ".", ""] {
            let refused = [
                folder.open(name, READ).map(drop),
                folder.create_new(name, 0o600).map(drop),
                folder.folder(name).map(drop),
                folder.remove(name),
                folder.rename(name, &folder, "x"),
            ];
            for result in refused {
                let kind = result.unwrap_err().kind();
                assert_eq!(kind, io::ErrorKind::InvalidInput, "`{name}`");
            }
        }
        assert!(dir.path().join("victim").exists());
    }
}
