//! Shows the results of many repositories: each problem once, with the repository or the number of those that have it,
//! mistakes first, and a sum.

use super::results::{CheckResult, CheckResults};
use crate::action::Severity;
use crate::commands::print;
use crate::report::clean;
use crate::terminal::{Style, wrapped};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The next line of a long message begins so far in.
const HANGING: &str = "          ";

/// How a repository stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// A repository that could not be checked.
    Error,
    Mistakes,
    Warnings,
    Ok,
    /// Nothing is configured and no hook is in place.
    Unused,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Error,
        Self::Mistakes,
        Self::Warnings,
        Self::Ok,
        Self::Unused,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Mistakes => "mistakes",
            Self::Warnings => "warnings",
            Self::Ok => "ok",
            Self::Unused => "unused",
        }
    }

    /// In the sum behind a number.
    fn summed(self) -> &'static str {
        match self {
            Self::Error => "not checked",
            Self::Mistakes => "with mistakes",
            Self::Warnings => "with warnings",
            Self::Ok => "ok",
            Self::Unused => "unused",
        }
    }

    fn coloured(self, style: Style, text: &str) -> String {
        match self {
            Self::Error | Self::Mistakes => style.red(text),
            Self::Warnings => style.yellow(text),
            Self::Ok => style.green(text),
            Self::Unused => style.dim(text),
        }
    }
}

/// The results of one repository. Written as its state and its problems, each a word and a sentence, separated by tabs: it
/// may come from a process of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    state: State,
    problems: Vec<(State, String)>,
}

impl Row {
    /// All mistakes and warnings, unless the repository is unused.
    pub(super) fn of(results: &CheckResults) -> Self {
        let state = match results.count(Severity::Mistake) {
            _ if results.is_unused() => State::Unused,
            0 if results.count(Severity::Warning) == 0 => State::Ok,
            0 => State::Warnings,
            _ => State::Mistakes,
        };
        let problem = |result: &CheckResult| {
            let state = match result.severity? {
                Severity::Mistake => State::Mistakes,
                Severity::Warning => State::Warnings,
            };
            let place = result.place.as_ref().map(|place| format!("{place}: "));
            let sentence = place.unwrap_or_default() + &result.message;
            Some((state, clean(&sentence)))
        };
        let found = results.sorted().filter_map(problem);
        Self {
            state,
            problems: found.filter(|_| state != State::Unused).collect(),
        }
    }

    /// A repository that could not be checked.
    pub(super) fn failed(why: &str) -> Self {
        Self {
            state: State::Error,
            problems: vec![(State::Error, clean(why))],
        }
    }

    /// Reads what its `Display` wrote.
    pub(super) fn parse(text: &str) -> Self {
        let named = |word: &str| State::ALL.into_iter().find(|state| state.word() == word);
        let mut parts = text.trim_end().split('\t');
        let Some(state) = parts.next().and_then(named) else {
            return Self::failed("could not be checked");
        };
        let mut problems = Vec::new();
        while let (Some(word), Some(sentence)) = (parts.next(), parts.next()) {
            problems.extend(named(word).map(|state| (state, clean(sentence))));
        }
        Self { state, problems }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.state.word())?;
        for (state, sentence) in &self.problems {
            write!(f, "\t{}\t{sentence}", state.word())?;
        }
        Ok(())
    }
}

/// Each problem once, in `width` columns where there is a width: the most severe first, and of those the most frequent.
/// Then the sum.
pub(super) fn table(rows: &[(String, Row)], width: Option<usize>, style: Style) -> String {
    let mut found = BTreeMap::<&(State, String), Vec<&str>>::new();
    for (name, row) in rows {
        for problem in &row.problems {
            found.entry(problem).or_default().push(name);
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|((state, _), names)| (*state, std::cmp::Reverse(names.len())));
    let mut text = String::new();
    for ((state, sentence), names) in found {
        let example = print::one_line(names[0]);
        let concerned = match names.len() {
            1 => example,
            number => format!("{number} repositories, such as {example}"),
        };
        let line = format!("{:8}  {concerned}: {sentence}", state.word());
        let line = width.map_or_else(|| line.clone(), |width| wrapped(&line, width, HANGING));
        let rest = line.strip_prefix(state.word()).unwrap_or_default();
        let _ = writeln!(text, "{}{rest}", state.coloured(style, state.word()));
    }
    text + &sum(rows, style)
}

fn sum(rows: &[(String, Row)], style: Style) -> String {
    let count = |state: State| rows.iter().filter(|(_, row)| row.state == state).count();
    let counts = State::ALL.into_iter().map(|state| (count(state), state));
    let parts: Vec<_> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| state.coloured(style, &format!("{count} {}", state.summed())))
        .collect();
    let repositories = match rows.len() {
        1 => "1 repository".to_owned(),
        number => format!("{number} repositories"),
    };
    format!("{repositories}: {}\n", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_all_mistakes_and_warnings() {
        let mut results = CheckResults::default();
        results.warn(None, "no timer");
        assert_eq!(
            Row::of(&results).to_string(),
            "warnings\twarnings\tno timer"
        );
        results.mistake("hooks.toml:7:1".to_owned(), "unknown key\t`x`");
        let row = Row::of(&results);
        assert_eq!(
            row.to_string(),
            "mistakes\tmistakes\thooks.toml:7:1: unknown key `x`\twarnings\tno timer"
        );
        assert_eq!(Row::parse(&row.to_string()), row);
        assert_eq!(Row::parse("").state, State::Error);
    }

    #[test]
    fn a_problem_of_many_repositories_is_written_once_after_the_mistakes() {
        let row = |state, problems: &[(State, &str)]| Row {
            state,
            problems: problems
                .iter()
                .map(|(s, text)| (*s, (*text).to_owned()))
                .collect(),
        };
        let timer = (State::Warnings, "no timer");
        let rows = [
            ("a.git".to_owned(), row(State::Warnings, &[timer])),
            (
                "b.git".to_owned(),
                row(State::Mistakes, &[(State::Mistakes, "unknown key"), timer]),
            ),
            ("c.git".to_owned(), row(State::Ok, &[])),
        ];
        let expected = "mistakes  b.git: unknown key\n\
            warnings  2 repositories, such as a.git: no timer\n\
            3 repositories: 1 with mistakes, 1 with warnings, 1 ok\n";
        assert_eq!(table(&rows, None, Style::plain()), expected);
        let narrow = table(&rows, Some(40), Style::plain());
        assert!(
            narrow.contains("such as a.git:\n          no timer\n"),
            "{narrow}"
        );
        assert!(
            table(&rows, None, Style::coloured()).starts_with("\x1b[31mmistakes\x1b[0m  b.git")
        );
    }
}
