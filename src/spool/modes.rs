use rustix::fs::Mode;
use rustix::process::umask;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Mutex;

/// Mode of files: private, plus what the repository shares. No umask has a say, so that a push by one member of the
/// group can be delivered by another.
pub(super) fn of_file(shared: u32) -> u32 {
    0o600 | (shared & 0o666)
}

/// Mode of folders: who may read may enter; shared ones hand their group down.
pub(super) fn of_folder(shared: u32) -> u32 {
    let file = of_file(shared);
    let enter = (file & 0o444) >> 2;
    let group = if shared & 0o060 == 0 { 0 } else { 0o2000 };
    file | enter | group
}

/// Creates a folder if it is not there.
pub(super) fn create_folder(path: &Path, shared: u32) -> io::Result<()> {
    let mode = of_folder(shared);
    match unmasked(|| DirBuilder::new().mode(mode).create(path)) {
        // mkdir(2) takes no notice of the bit that hands the group down.
        Ok(()) => std::fs::set_permissions(path, Permissions::from_mode(mode)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a file for appending, creating it with the right mode; an existing one is left as it is.
pub(super) fn create_file(path: &Path, shared: u32) -> io::Result<File> {
    create(path, shared, OpenOptions::new().read(true).append(true))
}

/// The same for a file whose content is replaced in its place.
pub(super) fn create_state(path: &Path, shared: u32) -> io::Result<File> {
    create(path, shared, OpenOptions::new().read(true).write(true))
}

fn create(path: &Path, shared: u32, how: &OpenOptions) -> io::Result<File> {
    unmasked(|| how.clone().create(true).mode(of_file(shared)).open(path))
}

/// Creates something without the umask. Given its mode afterwards, it would be closed to the rest of the group for ever
/// if this process died in between. Whatever else is created meanwhile has a mode of its own as well.
fn unmasked<T>(create: impl FnOnce() -> T) -> T {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let before = umask(Mode::empty());
    let created = create();
    umask(before);
    created
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_follow_shared_repository() {
        assert_eq!((of_file(0), of_folder(0)), (0o600, 0o700));
        assert_eq!((of_file(0o060), of_folder(0o060)), (0o660, 0o2770));
        assert_eq!((of_file(0o064), of_folder(0o064)), (0o664, 0o2775));
        assert_eq!((of_file(0o640), of_folder(0o640)), (0o640, 0o2750));
    }
}
