//! `preview`: prints each request with its secrets masked, or the reason why a hook would not fire. Sends nothing.

mod request;
mod why;

pub use request::masked_body;

use super::event_selection::{EventSelection, SelectedEvent, find_hook, names, split, unknown};
use super::{Failure, Session, check, print};
use crate::config::{self, Hook, Loaded, SourceMap};
use crate::exit;
use crate::filter::Decision;
use crate::http::Request;
use crate::secret::Secrets;
use crate::terminal::Style;
use std::fmt::Write;
use std::io::{IsTerminal, stdout};

/// Of `preview`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Hooks by name, then the range: two revisions, 0 for a side that does not exist (default: all hooks, the newest
    /// commit)
    #[arg(value_name = "HOOK|OLD NEW")]
    words: Vec<String>,
    /// The ref, in full or a branch's or tag's short name (default: HEAD's branch)
    #[arg(long = "ref", value_name = "REF")]
    name: Option<String>,
    /// As if the push had been made with this option
    #[arg(short = 'o', long = "push-option", value_name = "OPTION")]
    options: Vec<String>,
    /// As if NAME had pushed, for filters and messages (default: the user who runs the command)
    #[arg(long, value_name = "NAME")]
    pusher: Option<String>,
}

/// Prints them one below the other. A hook that would not fire is shown in full when it is named.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let loaded = config::load(repository.git_dir(), &session.environment);
    check::print_mistakes(&loaded);
    let known = |word: &str| {
        names(&loaded)
            .chain(loaded.not_here())
            .any(|name| name == word)
    };
    let (named, range) = split(&arguments.words, known);
    let selection = EventSelection {
        range,
        name: arguments.name.as_deref(),
        options: &arguments.options,
        pusher: arguments.pusher.as_deref(),
    };
    let subject = SelectedEvent::compute(session, &repository, loaded, &selection)?;
    let places = SourceMap::read(repository.git_dir(), &session.environment);
    let style = Style::for_stream(&stdout(), &session.environment);
    let page = PreviewPage {
        subject: &subject,
        places: &places,
        style,
        is_terminal: stdout().is_terminal(),
    };
    page.write(&named)
}

/// What is shown, and how.
#[derive(Clone, Copy)]
struct PreviewPage<'a> {
    subject: &'a SelectedEvent,
    places: &'a SourceMap,
    style: Style,
    /// What is sent is shown byte for byte, unless it could drive a terminal.
    is_terminal: bool,
}

impl PreviewPage<'_> {
    fn write(self, named: &[&str]) -> Result<u8, Failure> {
        let loaded = &self.subject.loaded;
        let all = if named.is_empty() {
            names(loaded).collect()
        } else {
            named.to_vec()
        };
        let parts = all
            .iter()
            .map(|name| self.part(name, !named.is_empty()))
            .collect::<Result<Vec<_>, _>>()?;
        print::stdout(&self.comment(&why::subject(self.subject)));
        let kept_back = kept_back(loaded);
        for why in &kept_back {
            print::stdout(&format!("# {}", self.style.red(&print::plain(why))));
        }
        if all.is_empty() && kept_back.is_empty() && loaded.not_here().next().is_none() {
            return Err(Failure::new(
                "no hook is on: see hooks.toml in the Git directory",
            ));
        }
        for (text, _) in &parts {
            print::stdout(&format!("\n{text}"));
        }
        if let (n @ 1.., true) = (loaded.not_here().count(), named.is_empty()) {
            let text = format!(
                "{n} more in the server's file, for other repositories (see `repositories`)"
            );
            print::stdout(&format!("\n{}", self.comment(&text)));
        }
        let all_made = kept_back.is_empty() && parts.iter().all(|(_, made)| *made);
        Ok(if all_made { exit::OK } else { exit::FAILURE })
    }

    /// The hook's part of the output, and whether a request could be made where one is due.
    fn part(self, name: &str, is_named: bool) -> Result<(String, bool), Failure> {
        let loaded = &self.subject.loaded;
        match (
            find_hook(loaded, name),
            self.subject.why_inactive(self.places, name),
        ) {
            (Some(hook), _) => Ok(self.of_hook(hook, is_named)),
            (None, Some(why)) => {
                let text = format!(
                    "{}\n{}",
                    self.heading(name, None),
                    self.stopped(why.words())
                );
                Ok((text, !why.is_mistake()))
            }
            (None, None) => Err(unknown(loaded, name)),
        }
    }

    fn of_hook(self, hook: &Hook, is_named: bool) -> (String, bool) {
        let mut text = self.heading(&hook.name, Some(hook.kind.id));
        if let Some(note) = why::option_without_effect(hook, &self.subject.push) {
            let _ = write!(text, "\n{}", self.comment(&note));
        }
        if let Decision::Skip(refusal) = hook.decide(&self.subject.push, &self.subject.computed) {
            let _ = write!(
                text,
                "\n{}",
                self.stopped(&why::refused(hook, &refusal, self.places))
            );
            if !is_named && !hook.on_trouble {
                return (text, true);
            }
        }
        let mut made = true;
        if is_named || hook.decide(&self.subject.push, &self.subject.computed) == Decision::Fire {
            made &= self.add_request(&mut text, request::build(self.subject, hook));
        }
        if hook.on_trouble {
            let _ = write!(text, "\n{}", self.comment("trouble of another hook:"));
            made &= self.add_request(&mut text, request::of_trouble(self.subject, hook));
        }
        (text, made)
    }

    /// Adds the request, or why there is none; returns whether there is one.
    fn add_request(self, text: &mut String, made: Result<(Request, Secrets), String>) -> bool {
        match made {
            Ok((request, secrets)) => {
                let harmless = if self.is_terminal {
                    print::plain
                } else {
                    str::to_owned
                };
                let _ = write!(
                    text,
                    "\n{}",
                    request::as_sent(&request, &secrets, self.style, harmless)
                );
                true
            }
            Err(why) => {
                let _ = write!(
                    text,
                    "\n# {}: {}",
                    self.style.red("no request can be made"),
                    print::plain(&why)
                );
                false
            }
        }
    }

    fn heading(self, name: &str, action: Option<&str>) -> String {
        let action = action
            .map(|action| format!(" ({action})"))
            .unwrap_or_default();
        format!("# {}{action}", self.style.bold(&print::plain(name)))
    }

    fn stopped(self, why: &str) -> String {
        format!(
            "# {}: {}",
            self.style.yellow("would not fire"),
            print::plain(why)
        )
    }

    fn comment(self, text: &str) -> String {
        self.style.dim(&format!("# {}", print::plain(text)))
    }
}

/// Why nothing would be sent, whatever the hooks say.
fn kept_back(loaded: &Loaded) -> Vec<String> {
    let hold = loaded
        .hold
        .as_ref()
        .map(|why| format!("nothing is sent, pushes are recorded and wait: {why}"));
    let unresolved = "hooks.toml cannot be used: pushes are recorded and wait until it is fixed";
    hold.into_iter()
        .chain(loaded.unresolved.then(|| unresolved.to_owned()))
        .collect()
}
