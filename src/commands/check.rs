//! `check`: everything that can be known about configuration and set-up before a push depends on it. Sends nothing,
//! changes nothing.

mod files;
mod hook;
mod hooks_toml;
mod mount;

use super::{Failure, Session, install, print};
use crate::action::Severity;
use crate::config::{self, Loaded, Mistake};
use crate::spool::Spool;
use crate::{clock, exit};
use serde_json::json;
use std::path::PathBuf;

/// Of `check`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Every repository below DIR
    #[arg(long, value_name = "DIR")]
    all: Option<PathBuf>,
    /// One JSON object a line instead of words
    #[arg(long)]
    json: bool,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `None`: all is well there.
    pub severity: Option<Severity>,
    /// `hooks.toml:7:1`, or a path.
    pub place: Option<String>,
    /// The hook that it is about.
    pub hook: Option<String>,
    /// One sentence fragment.
    pub message: String,
}

/// What was found, in the order of looking.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// All is well with something.
    pub fn fine(&mut self, message: impl Into<String>) {
        self.add(None, None, message.into());
    }

    /// It works, but not as somebody might expect.
    pub fn warn(&mut self, place: impl Into<Option<String>>, message: impl Into<String>) {
        self.add(Some(Severity::Warning), place.into(), message.into());
    }

    /// It does not work.
    pub fn mistake(&mut self, place: impl Into<Option<String>>, message: impl Into<String>) {
        self.add(Some(Severity::Mistake), place.into(), message.into());
    }

    fn add(&mut self, severity: Option<Severity>, place: Option<String>, message: String) {
        self.push(Finding { severity, place, hook: None, message });
    }

    /// Each thing is told once.
    pub fn push(&mut self, finding: Finding) {
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|f| f.severity == Some(severity)).count()
    }
}

/// Checks one repository, or all below a directory.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    install::for_all(session, arguments.all.as_deref(), |session| check(session, arguments))
}

fn check(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let repository = session.repository()?;
    let loaded = config::load(repository.git_dir(), &session.environment);
    let mut findings = Findings::default();
    hooks_toml::look(repository.git_dir(), &loaded, session, &mut findings);
    let spool = Spool::at(repository.git_dir(), repository.shared_mode());
    hook::look(&repository, spool.is_caught_up(), &mut findings);
    files::look(&repository, &mut findings);
    if let n @ 1.. = spool.put_aside() {
        let message = format!("{n} in it that are no records: look at them and remove them");
        findings.warn(format!("{}corrupt/", spool.place()), message);
    }
    if !loaded.hooks.is_empty() && !spool.timer_seen(clock::now_ms()) {
        findings.warn(
            None,
            "no timer was seen in the last 2 hours: what fails is tried again at the next push only (let cron or systemd \
             run `git service-hook drain`, see docs/operating.md)",
        );
    }
    let name = repository.git_dir().display().to_string();
    if arguments.json {
        findings.0.iter().for_each(|f| print::stdout(&as_json(&name, f)));
    } else {
        print::stdout(&print::plain(&as_words(&name, &findings)));
    }
    Ok(if findings.count(Severity::Mistake) == 0 { exit::OK } else { exit::FAILURE })
}

fn as_json(repository: &str, finding: &Finding) -> String {
    let severity = match finding.severity {
        None => "ok",
        Some(Severity::Warning) => "warning",
        Some(Severity::Mistake) => "mistake",
    };
    let (place, hook) = (&finding.place, &finding.hook);
    json!({"repository": repository, "severity": severity, "place": place, "hook": hook, "message": finding.message})
        .to_string()
}

/// Mistakes first, then warnings, then what is well; a sum at the end.
fn as_words(repository: &str, findings: &Findings) -> String {
    let mut lines = vec![format!("{repository}:")];
    for (severity, mark) in [(Some(Severity::Mistake), "mistake"), (Some(Severity::Warning), "warning"), (None, "ok")] {
        for finding in findings.0.iter().filter(|f| f.severity == severity) {
            let place = finding.place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
            let off = match (&finding.hook, severity) {
                (Some(hook), Some(Severity::Mistake)) => {
                    let join = if finding.message.ends_with('?') { "" } else { ";" };
                    format!("{join} hook `{hook}` is off until this is mended")
                }
                _ => String::new(),
            };
            lines.push(format!("  {mark:7}  {place}{}{off}", finding.message));
        }
    }
    let (mistakes, warnings) = (findings.count(Severity::Mistake), findings.count(Severity::Warning));
    lines.push(match (mistakes, warnings) {
        (0, 0) => "  all is well".to_owned(),
        _ => format!("  {}, {}", counted(mistakes, "mistake"), counted(warnings, "warning")),
    });
    lines.join("\n")
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `file:line:column`, as editors jump to it.
pub fn place(mistake: &Mistake) -> String {
    match mistake.line {
        0 => mistake.file.clone(),
        line => format!("{}:{line}:{}", mistake.file, mistake.column),
    }
}

/// Says on stderr what is off because of a mistake, where another command leaves it out silently.
pub fn tell_mistakes(loaded: &Loaded) {
    for mistake in loaded.mistakes.iter().filter(|m| m.severity == Severity::Mistake) {
        print::error(&mistake.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_come_first_and_are_counted() {
        let mut findings = Findings::default();
        findings.fine("hook in place");
        findings.warn(None, "no timer was seen");
        let mistake = Finding {
            severity: Some(Severity::Mistake),
            place: Some("hooks.toml:7:1".into()),
            hook: Some("ci".into()),
            message: "unknown key `brnches`".into(),
        };
        findings.push(mistake.clone());
        findings.push(mistake);
        let words = as_words("/r.git", &findings);
        let expected = "/r.git:\n  \
            mistake  hooks.toml:7:1: unknown key `brnches`; hook `ci` is off until this is mended\n  \
            warning  no timer was seen\n  \
            ok       hook in place\n  \
            1 mistake, 1 warning";
        assert_eq!(words, expected);
    }
}
