//! Lines for people: control characters and secrets removed, bounded.
