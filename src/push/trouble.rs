//! Trouble of a hook: what is reported to hooks with `on = ["trouble"]`.

use serde::{Deserialize, Serialize};

/// What has happened to a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TroubleKind {
    /// Its receiver accepts nothing.
    Down,
    /// Deliveries have failed permanently.
    Failed,
    /// Its receiver accepts deliveries again.
    Back,
}

impl TroubleKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Down, Self::Failed, Self::Back];

    /// As it is written in bodies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Failed => "failed",
            Self::Back => "back",
        }
    }
}

/// Trouble of one hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The hook's name.
    pub hook: String,
    /// What has happened.
    pub kind: TroubleKind,
    /// When it began, in milliseconds since 1970.
    pub since_ms: i64,
    /// How many deliveries have failed, or wait.
    pub count: usize,
    /// Why the newest attempt failed; empty if that is not known, or over.
    pub last_error: String,
}
