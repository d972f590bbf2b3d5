//! Shows the results of one repository: wrapped to the width of the terminal, each with its line of the file and a caret.
//! The first line of a mistake is what the pusher sees.

use super::results::{CheckResult, CheckResults};
use crate::action::Severity;
use crate::commands::print;
use crate::config::Excerpt;
use crate::terminal::{Style, columns, cut, cut_front, wrapped};

/// What begins in the next line stands so far in.
const HANGING: &str = "  ";

/// Lines of a file stand so far in.
const QUOTED: &str = "    ";

/// How it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) style: Style,
    /// Columns of a line.
    pub(super) width: usize,
}

impl Page {
    /// All results about a repository, and their sum.
    pub(super) fn write(self, repository: &str, results: &CheckResults) -> String {
        let mut lines = results
            .sorted()
            .map(|result| self.result(result))
            .collect::<Vec<_>>();
        lines.push(self.sum(repository, results));
        lines.concat()
    }

    fn sum(self, repository: &str, results: &CheckResults) -> String {
        let (mistakes, warnings) = (
            results.count(Severity::Mistake),
            results.count(Severity::Warning),
        );
        let said = match (mistakes, warnings) {
            (0, 0) => self.style.green("all is well"),
            (0, _) => self.style.yellow(&counted(warnings, "warning")),
            (_, 0) => self.style.red(&counted(mistakes, "mistake")),
            _ => self.style.red(&format!(
                "{}, {}",
                counted(mistakes, "mistake"),
                counted(warnings, "warning")
            )),
        };
        format!(
            "{}: {said}\n",
            self.style.bold(&print::one_line(repository))
        )
    }

    fn result(self, result: &CheckResult) -> String {
        let place = result
            .place
            .as_ref()
            .map(|place| print::one_line(&format!("{place}: ")));
        let place = place.unwrap_or_default();
        let kind = match result.severity {
            None => "ok: ",
            Some(Severity::Warning) => "warning: ",
            Some(Severity::Mistake) if place.is_empty() => "mistake: ",
            Some(Severity::Mistake) => "",
        };
        let text = wrapped(
            &format!("{place}{kind}{}", print::one_line(&result.sentence())),
            self.width,
            HANGING,
        ) + "\n";
        // Nothing of the colours counts as a column, so they come last.
        let lead = wrapped(&format!("{place}{kind}"), self.width, HANGING);
        let lead = lead.trim_end();
        let coloured = match (text.strip_prefix(lead), result.severity) {
            (None, _) => text,
            (Some(rest), None) => format!("{}{rest}", self.style.green(lead)),
            (Some(rest), Some(Severity::Warning)) => format!("{}{rest}", self.style.yellow(lead)),
            (Some(rest), Some(Severity::Mistake)) => format!("{}{rest}", self.style.red(lead)),
        };
        coloured
            + &result
                .excerpt
                .as_ref()
                .map(|excerpt| self.excerpt(excerpt, result.severity))
                .unwrap_or_default()
    }

    /// The line, and the carets.
    fn excerpt(self, excerpt: &Excerpt, severity: Option<Severity>) -> String {
        let Excerpt {
            before,
            meant,
            after,
        } = excerpt;
        let (before, meant, after) = (
            print::plain(before),
            print::plain(meant),
            print::plain(after),
        );
        let room = self.width.saturating_sub(QUOTED.len());
        let meant = cut(&meant, room / 2);
        let before = cut_front(&before, room - columns(&meant));
        let after = cut(&after, room - columns(&meant) - columns(&before));
        let carets = "^".repeat(columns(&meant).max(1));
        let carets = match severity {
            Some(Severity::Mistake) => self.style.red(&carets),
            _ => self.style.yellow(&carets),
        };
        let space = " ".repeat(columns(&before));
        format!(
            "{QUOTED}{before}{}{after}\n{QUOTED}{space}{carets}\n",
            self.style.bold(&meant)
        )
    }
}

/// "1 mistake", "2 mistakes".
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;

    const PAGE: Page = Page {
        style: Style::plain(),
        width: 40,
    };

    fn excerpt(before: &str, meant: &str, after: &str) -> Excerpt {
        Excerpt {
            before: before.into(),
            meant: meant.into(),
            after: after.into(),
        }
    }

    fn mistake() -> CheckResult {
        CheckResult {
            severity: Some(Severity::Mistake),
            place: Some(Place {
                file: "hooks.toml".into(),
                line: 7,
                column: 1,
            }),
            hook: Some("ci".into()),
            message: "unknown key `brnches`, did you mean `branches`?".into(),
            excerpt: Some(excerpt("", "brnches", " = \"…\"")),
        }
    }

    #[test]
    fn mistakes_come_first_and_are_counted() {
        let mut results = CheckResults::default();
        results.passed("hook in place");
        results.warn("hooks".to_owned(), "can be written by everybody");
        results.push(mistake());
        results.push(mistake());
        let page = PAGE.write("/r.git", &results);
        let expected = "hooks.toml:7:1: unknown key `brnches`,\n  \
            did you mean `branches`? hook `ci` is\n  \
            disabled until this is fixed\n    \
            brnches = \"…\"\n    \
            ^^^^^^^\n\
            hooks: warning: can be written by\n  \
            everybody\n\
            ok: hook in place\n\
            /r.git: 1 mistake, 1 warning\n";
        assert_eq!(page, expected);
    }

    #[test]
    fn carets_stand_below_wide_characters_and_lines_are_cut_around_them() {
        let lines = |excerpt: &Excerpt| PAGE.excerpt(excerpt, None);
        assert_eq!(
            lines(&excerpt("提交 = ", "'…'", "")),
            "    提交 = '…'\n           ^^^\n"
        );
        let long = "a".repeat(50);
        let cut = lines(&excerpt(&long, "k", &long));
        let widths: Vec<_> = cut.lines().map(columns).collect();
        assert_eq!(widths, [40, 40]);
        assert!(cut.starts_with("    …aaa") && cut.contains("ak\n"), "{cut}");
        assert_eq!(lines(&excerpt("a =", "", "")), "    a =\n       ^\n");
    }

    #[test]
    fn colours_change_no_line() {
        let mut results = CheckResults::default();
        results.push(mistake());
        let page = Page {
            style: Style::coloured(),
            ..PAGE
        }
        .write("/r.git", &results);
        assert!(
            page.contains("\x1b[31mhooks.toml:7:1:\x1b[0m unknown"),
            "{page:?}"
        );
        let codes = ["\x1b[31m", "\x1b[1m", "\x1b[0m"];
        let plain = codes.iter().fold(page, |page, code| page.replace(code, ""));
        assert_eq!(plain, PAGE.write("/r.git", &results));
    }
}
