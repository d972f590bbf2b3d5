//! Shows the results of one of many repositories in a line: its state, its name, and the most severe problem.

use super::results::CheckResults;
use crate::action::Severity;
use crate::commands::print;
use crate::report::clean;
use crate::terminal::{Style, columns, cut};
use std::fmt::Write as _;

/// Columns of a name at most: what is longer pushes its own line to the right.
const NAME: usize = 40;

/// How a repository stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What is said of one repository. Written as a state, a tab and a sentence: it may come from a process of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    state: State,
    first: String,
}

impl Row {
    /// The most severe result, and the number of the others.
    pub(super) fn of(results: &CheckResults) -> Self {
        let (mistakes, warnings) = (
            results.count(Severity::Mistake),
            results.count(Severity::Warning),
        );
        let (state, number) = match (mistakes, warnings) {
            _ if results.is_unused() => (State::Unused, 0),
            (0, 0) => (State::Ok, 0),
            (0, number) => (State::Warnings, number),
            (number, _) => (State::Mistakes, number),
        };
        let first = results
            .sorted()
            .next()
            .filter(|_| number > 0)
            .map(|result| {
                let place = result
                    .place
                    .as_ref()
                    .map(|place| format!("{place}: "))
                    .unwrap_or_default();
                let more = if number > 1 {
                    format!(" (and {} more)", number - 1)
                } else {
                    String::new()
                };
                format!("{place}{}{more}", result.message)
            });
        Self {
            state,
            first: first.unwrap_or_default(),
        }
    }

    /// A repository that could not be checked.
    pub(super) fn failed(why: &str) -> Self {
        Self {
            state: State::Error,
            first: why.to_owned(),
        }
    }

    /// Reads what its `Display` wrote.
    pub(super) fn parse(text: &str) -> Self {
        let (word, first) = text
            .trim_end()
            .split_once('\t')
            .unwrap_or((text.trim_end(), ""));
        match State::ALL.into_iter().find(|state| state.word() == word) {
            Some(state) => Self {
                state,
                first: clean(first),
            },
            None => Self::failed("could not be checked"),
        }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\t{}", self.state.word(), clean(&self.first))
    }
}

/// All of them below each other, in `width` columns where there is a width, and their sum.
pub(super) fn table(rows: &[(String, Row)], width: Option<usize>, style: Style) -> String {
    let widest = rows
        .iter()
        .map(|(name, _)| columns(name))
        .filter(|w| *w <= NAME)
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, Row { state, first }) in rows {
        let name = print::one_line(name);
        let space = " ".repeat(widest.saturating_sub(columns(&name)) + 2);
        let lead = format!("{:8}  {name}{space}", state.word());
        let line = match width {
            Some(width) => cut(&format!("{lead}{first}"), width),
            None => format!("{lead}{first}"),
        };
        let rest = line.strip_prefix(state.word()).unwrap_or_default();
        let _ = writeln!(
            text,
            "{}{}",
            state.coloured(style, state.word()),
            rest.trim_end()
        );
    }
    let count = |state: State| rows.iter().filter(|(_, row)| row.state == state).count();
    let sum = State::ALL
        .into_iter()
        .map(|state| (count(state), state))
        .filter(|(count, _)| *count > 0);
    let sum =
        sum.map(|(count, state)| state.coloured(style, &format!("{count} {}", state.summed())));
    let repositories = if rows.len() == 1 {
        "repository"
    } else {
        "repositories"
    };
    text + &format!(
        "{} {repositories}: {}\n",
        rows.len(),
        sum.collect::<Vec<_>>().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_first_mistake_and_counts_the_rest() {
        let mut results = CheckResults::default();
        results.warn(None, "no timer");
        assert_eq!(Row::of(&results).to_string(), "warnings\tno timer");
        results.mistake("hooks.toml:7:1".to_owned(), "unknown key\t`x`");
        results.mistake(None, "another");
        let row = Row::of(&results);
        assert_eq!(
            row.to_string(),
            "mistakes\thooks.toml:7:1: unknown key `x` (and 1 more)"
        );
        assert_eq!(Row::parse(&row.to_string()).to_string(), row.to_string());
        assert_eq!(Row::parse("").state, State::Error);
    }

    #[test]
    fn rows_fit_the_terminal_and_are_summed() {
        let rows = [
            (
                "app.git".to_owned(),
                Row {
                    state: State::Mistakes,
                    first: "x".repeat(100),
                },
            ),
            (
                "team/提交.git".to_owned(),
                Row {
                    state: State::Ok,
                    first: String::new(),
                },
            ),
            (
                "n".repeat(50),
                Row {
                    state: State::Unused,
                    first: String::new(),
                },
            ),
        ];
        let shown_rows = table(&rows, Some(40), Style::plain());
        let expected = format!(
            "mistakes  app.git        {}…\nok        team/提交.git\nunused    {}…\n\
             3 repositories: 1 with mistakes, 1 ok, 1 unused\n",
            "x".repeat(14),
            "n".repeat(29)
        );
        assert_eq!(shown_rows, expected);
        assert!(table(&rows, None, Style::plain()).contains(&"x".repeat(100)));
        assert!(
            table(&rows, None, Style::coloured()).starts_with("\x1b[31mmistakes\x1b[0m  app.git")
        );
    }
}
