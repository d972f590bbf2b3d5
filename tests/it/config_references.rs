//! What references name is read when an attempt is made, in bounds, and never shown.
