//! `man`: the manual page, git-service-hook(1). The commands as they are declared, and around them what no declaration
//! says.

mod text;

use super::{Failure, print};
use crate::exit;
use clap::{Arg, Command};
use roff::{Inline, Roff, bold, italic, roman};

/// Prints the page as roff.
pub fn run(command: Command) -> Result<u8, Failure> {
    print::stdout(page(command).trim_end());
    Ok(exit::OK)
}

fn page(mut command: Command) -> String {
    // What clap adds itself (`--help`, usage lines) is there only after this.
    command.build();
    let mut page = Roff::new();
    let version = format!("git-service-hook {}", env!("CARGO_PKG_VERSION"));
    page.control(
        "TH",
        [
            "GIT-SERVICE-HOOK",
            "1",
            "\"\"",
            &version,
            "Git Service Hook",
        ],
    );
    page.control("SH", ["NAME"]);
    page.text([roman(format!("git-service-hook - {}", text::NAME))]);
    page.control("SH", ["SYNOPSIS"]);
    page.text([
        bold("git service-hook"),
        roman(" ["),
        bold("-C"),
        italic(" DIR"),
        roman("] "),
        italic("COMMAND ..."),
    ]);
    page.control("SH", ["DESCRIPTION"]);
    paragraphs(&mut page, "PP", text::DESCRIPTION);
    page.control("SH", ["OPTIONS"]);
    command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
        .for_each(|a| option(&mut page, a));
    page.control("SH", ["COMMANDS"]);
    command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
        .for_each(|sub| subcommand(&mut page, sub));
    for (heading, entries) in text::LISTS {
        page.control("SH", [*heading]);
        for (term, about) in *entries {
            page.control("TP", []);
            page.text([bold(*term)]);
            paragraphs(&mut page, "IP", about);
        }
    }
    page.control("SH", ["EXAMPLES"]);
    for (number, (about, lines)) in text::EXAMPLES.iter().enumerate() {
        if number > 0 {
            page.control("PP", []);
        }
        page.text(words(about));
        page.control("PP", []);
        page.control("RS", ["4"]);
        page.control("nf", []);
        for line in *lines {
            page.text([roman(*line)]);
        }
        page.control("fi", []);
        page.control("RE", []);
    }
    page.control("SH", ["SEE ALSO"]);
    page.text(words(text::SEE_ALSO));
    page.render()
}

fn subcommand(page: &mut Roff, command: &Command) {
    page.control(
        "SS",
        [format!("git service-hook {}", usage(command)).as_str()],
    );
    let about = command.get_long_about().or_else(|| command.get_about());
    paragraphs(
        page,
        "PP",
        &about.map(ToString::to_string).unwrap_or_default(),
    );
    let own = command
        .get_arguments()
        .filter(|a| !a.is_hide_set() && !a.is_global_set() && a.get_id() != "help");
    own.for_each(|argument| option(page, argument));
    command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
        .for_each(|sub| {
            page.control("TP", []);
            page.text([bold(format!("{} {}", command.get_name(), usage(sub)))]);
            paragraphs(
                page,
                "IP",
                &sub.get_about().map(ToString::to_string).unwrap_or_default(),
            );
        });
}

/// Name and arguments in one line.
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let arguments = usage
        .lines()
        .next()
        .and_then(|line| line.split_once(command.get_name()));
    format!(
        "{}{}",
        command.get_name(),
        arguments.map_or("", |(_, arguments)| arguments)
    )
}

fn option(page: &mut Roff, argument: &Arg) {
    page.control("TP", []);
    let long = argument.get_long().map(|long| format!("--{long}"));
    let names = argument
        .get_short()
        .map(|short| format!("-{short}"))
        .into_iter()
        .chain(long)
        .collect::<Vec<_>>();
    let values = argument
        .get_value_names()
        .filter(|_| argument.get_action().takes_values())
        .unwrap_or_default();
    let values = values
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ");
    let gap = if names.is_empty() || values.is_empty() {
        ""
    } else {
        " "
    };
    page.text([bold(names.join(", ")), roman(gap), italic(values)]);
    let about = argument.get_long_help().or_else(|| argument.get_help());
    paragraphs(
        page,
        "IP",
        &about.map(ToString::to_string).unwrap_or_default(),
    );
}

/// Paragraphs are a blank line apart; each but the first begins with `start`.
fn paragraphs(page: &mut Roff, start: &str, text: &str) {
    for (number, paragraph) in text.split("\n\n").enumerate() {
        if number > 0 {
            page.control(start, []);
        }
        page.text(words(paragraph));
    }
}

/// What stands in backticks is bold.
fn words(text: &str) -> Vec<Inline> {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(number, piece)| {
            if number % 2 == 0 {
                roman(piece)
            } else {
                bold(piece)
            }
        })
        .collect()
}
