//! One push, top to bottom.
