//! Why a reference cannot be read.

/// The reason, as a lower-case fragment; never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// An environment variable without a value.
    #[error("the environment variable `{0}` is not set")]
    Unset(String),
    /// A credential outside a unit of systemd.
    #[error("there is no $CREDENTIALS_DIRECTORY: systemd sets it for its units")]
    NoCredentials,
    /// A credential in a process that root started to run as the owner of the repository.
    #[error(
        "there is no $CREDENTIALS_DIRECTORY where root runs this as the repository's owner: name the owner by `User=` \
         and `Group=` in the unit"
    )]
    NoCredentialsOfOwner,
    /// A file that cannot be read or used.
    #[error("file `{path}` {why}")]
    File {
        /// Its path.
        path: String,
        /// Follows the path in a sentence.
        why: String,
    },
    /// A value where one line is needed.
    #[error("holds more than one line, or a NUL")]
    SeveralLines,
    /// A document with a NUL.
    #[error("holds a NUL")]
    Nul,
    /// What a repository's file names, but the server's file keeps for itself.
    #[error(
        "belongs to the server's file, which does not list it in `[secrets] shared` (`file:…`)"
    )]
    Reserved,
    /// A variable or credential that the server's file does not list.
    #[error("is not listed in `[secrets] shared` of the server's file (`{kind}:…`)")]
    Unshared {
        /// `env` or `credential`.
        kind: &'static str,
    },
    /// A file that is not below the Git directory of the repository's file that names it.
    #[error(
        "lies outside of the Git directory, and `[secrets] shared` of the server's file does not list it (`file:…`)"
    )]
    Outside,
    /// A file that has another name, perhaps in another place.
    #[error("has more than one hard link: copy it")]
    Linked,
    /// A file that root would read for somebody else.
    #[error("is not read by root, because others can write the hooks.toml that names it")]
    NotForRoot,
}
