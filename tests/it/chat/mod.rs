//! What the three robots say, to whom, within which size, and what their answers mean.

mod fixture;
mod golden;
mod hostile;
mod requests;
mod sizes;
mod templates;
mod verdicts;
