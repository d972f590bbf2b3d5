//! `event`: prints the JSON of a ref update, as a webhook receives it.

use super::event_selection::{EventSelection, LIMITS, SelectedEvent};
use super::{Failure, Session, print};
use crate::exit;
use crate::outgoing::MessageKind;
use crate::terminal;

/// Of `event`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The old value of the ref: a revision, or 0 for a ref that did not exist
    #[arg(value_name = "OLD", requires = "new")]
    old: Option<String>,
    /// The new value: a revision, or 0 for a ref that is gone
    #[arg(value_name = "NEW")]
    new: Option<String>,
    /// The ref, in full or a branch's or tag's short name (default: HEAD's branch)
    #[arg(long = "ref", value_name = "REF")]
    name: Option<String>,
}

/// Prints one line of JSON; indented for eyes.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let range = arguments.old.as_deref().zip(arguments.new.as_deref());
    let selection = EventSelection {
        range,
        name: arguments.name.as_deref(),
        ..EventSelection::default()
    };
    let subject = SelectedEvent::find(session, &selection)?;
    let body = subject.outgoing("", MessageKind::Ref, LIMITS).body_bytes();
    if print::is_terminal() {
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        print::stdout(&terminal::escape_json(
            &serde_json::to_string_pretty(&value).unwrap_or_default(),
        ));
    } else {
        print::stdout(&String::from_utf8_lossy(&body));
    }
    Ok(exit::OK)
}
