//! `man`: prints the manual page git-service-hook(1), made from the declared command line and the sections in `text`.

mod text;

use super::{Failure, print};
use crate::exit;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io::{self, Write};

/// A part of the page that clap_mangen renders.
type ManSection = fn(&Man, &mut dyn Write) -> io::Result<()>;

/// Prints the page as roff.
pub fn run(command: Command) -> Result<u8, Failure> {
    let page = page(command).map_err(|e| Failure::new(format!("cannot render the page: {e}")))?;
    print::stdout(page.trim_end());
    Ok(exit::OK)
}

fn page(command: Command) -> io::Result<String> {
    let mut command = command.long_about(text::DESCRIPTION);
    // clap adds `--help` and the usage lines only here.
    command.build();
    let man = Man::new(command.clone())
        .title("GIT-SERVICE-HOOK")
        // An empty argument must be quoted in roff.
        .date("\"\"")
        .manual("Git Service Hook");
    let mut page = String::new();
    let sections: [ManSection; 5] = [
        Man::render_title,
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
    ];
    for section in sections {
        let text = rendered(&man, section)?;
        page += if page.is_empty() {
            &text
        } else {
            without_preamble(&text)
        };
    }
    page += &subsections(&command)?;
    page += without_preamble(&additional_sections().render());
    Ok(bold_backticks(&page))
}

fn rendered(man: &Man, section: ManSection) -> io::Result<String> {
    let mut bytes = Vec::new();
    section(man, &mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // mandoc reports a blank line between breaks.
    Ok(text.replace(".br\n\n.br\n", ".sp\n"))
}

/// One subsection for each command and its subcommands. clap_mangen writes a page for each of them instead, so only the
/// bodies of its sections are used.
fn subsections(program: &Command) -> io::Result<String> {
    let mut page = ".SH COMMANDS\n".to_owned();
    for command in program.get_subcommands().filter(|c| c.get_name() != "help") {
        page += &subsection(command)?;
        for nested in command.get_subcommands().filter(|c| c.get_name() != "help") {
            page += &subsection(nested)?;
        }
    }
    Ok(page)
}

fn subsection(command: &Command) -> io::Result<String> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.lines().next().unwrap_or_default();
    let mut heading = Roff::new();
    heading.control("SS", [usage.strip_prefix("Usage: ").unwrap_or(usage)]);
    let own = |argument: clap::Arg| {
        let is_common = argument.is_global_set() || argument.get_id() == "help";
        let hidden = argument.is_hide_set();
        argument.hide(hidden || is_common)
    };
    let man = Man::new(command.clone().mut_args(own));
    let description = rendered(&man, Man::render_description_section)?;
    let options = rendered(&man, Man::render_options_section)?;
    Ok(heading.to_roff() + body(&description) + body(&options))
}

/// The section from its heading on. The definition of the apostrophe before it is needed once only.
fn without_preamble(section: &str) -> &str {
    section.find(".SH ").map_or("", |at| &section[at..])
}

/// What follows the heading of a section.
fn body(section: &str) -> &str {
    without_preamble(section)
        .split_once('\n')
        .map_or("", |(_, body)| body)
}

fn additional_sections() -> Roff {
    let mut page = Roff::new();
    for (heading, entries) in text::LISTS {
        page.control("SH", [*heading]);
        for (term, about) in *entries {
            page.control("TP", []);
            page.text([bold(*term)]);
            page.text([roman(*about)]);
        }
    }
    page.control("SH", ["EXAMPLES"]);
    for (number, (about, lines)) in text::EXAMPLES.iter().enumerate() {
        if number > 0 {
            page.control("PP", []);
        }
        page.text([roman(*about)]);
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
    page.text([roman(text::SEE_ALSO)]);
    page
}

/// Words in backticks become bold: groff shows a backtick as an opening quote.
fn bold_backticks(page: &str) -> String {
    let mut bold = String::new();
    for (number, piece) in page.split('`').enumerate() {
        bold += match number {
            0 => "",
            odd if odd % 2 == 1 => r"\fB",
            _ => r"\fR",
        };
        bold += piece;
    }
    bold
}
