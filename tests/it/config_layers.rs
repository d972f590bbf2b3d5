//! Two files, one configuration: what the repository's may change, and whose files are read at all.
