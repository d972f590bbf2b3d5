//! What the three robots say, to whom, within which size, and what their answers mean.

#![expect(
    clippy::unwrap_used,
    reason = "what a fixture cannot make fails its test"
)]

mod digest;
mod fixture;
mod golden;
mod hostile;
mod manual;
mod requests;
mod sizes;
mod templates;
mod verdicts;
