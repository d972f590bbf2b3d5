//! Sets up minijinja.

use super::print::Printer;
use super::{EscapeContext, TemplateError, filters};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps; 2048 commits of 10 files need about 300 000. A step also pays for 64 bytes of text.
const FUEL: u64 = 2_000_000;

pub(super) fn environment(printer: Printer) -> Environment<'static> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax
        .variable_delimiters("${", "}")
        .trim_blocks(true)
        .lstrip_blocks(true);
    environment.set_syntax(
        syntax
            .build()
            .expect("the delimiters differ from those of blocks and comments"),
    );
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    // Captured text is marked as escaped only where some escaping is on; how it is done is the printer's business.
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("place".into()));
    environment.set_fuel(Some(FUEL));
    filters::install(&mut environment, printer);
    environment.set_formatter(move |out, _, value| printer.print(out, value));
    environment
}

pub(super) fn compile(template: &str) -> Result<(), TemplateError> {
    let environment = environment(Printer::new(EscapeContext::Header, 0));
    environment
        .template_from_str(template)
        .map(|_| ())
        .map_err(|e| explain(&e, template))
}

/// True when in doubt.
pub(super) fn reads(template: &str, name: &str) -> bool {
    let environment = environment(Printer::new(EscapeContext::Header, 0));
    environment
        .template_from_str(template)
        .map_or(true, |t| t.undeclared_variables(false).contains(name))
}

pub(super) fn render(
    template: &str,
    place: EscapeContext,
    context: Value,
    max_output: usize,
) -> Result<String, TemplateError> {
    let printer = Printer::new(place, max_output);
    let environment = environment(printer);
    let compiled = environment
        .template_from_str(template)
        .map_err(|e| explain(&e, template))?;
    let full = Arc::new(AtomicBool::new(false));
    let mut bounded = Bounded {
        text: Vec::new(),
        limit: printer.limit(),
        full: full.clone(),
    };
    match compiled.render_captured_to(context, &mut bounded) {
        Ok(_) => String::from_utf8(bounded.text)
            .map_err(|_| TemplateError::new("the result is not UTF-8")),
        Err(_) if full.load(Ordering::Relaxed) => Err(TemplateError::too_large(format!(
            "the result is larger than {max_output} bytes"
        ))),
        Err(error) => Err(explain(&error, template)),
    }
}

/// Takes what fits.
struct Bounded {
    text: Vec<u8>,
    limit: usize,
    full: Arc<AtomicBool>,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.limit {
            self.full.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Kind and detail only: the alternate and debug forms of the engine's errors print source lines.
pub(super) fn explain(error: &Error, template: &str) -> TemplateError {
    let detail = error
        .detail()
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    let mut why = match error.kind() {
        ErrorKind::OutOfFuel => "it takes too many steps".to_owned(),
        kind if detail.is_empty() => kind.to_string(),
        ErrorKind::SyntaxError | ErrorKind::InvalidOperation => detail.to_owned(),
        kind => format!("{kind}: {detail}"),
    };
    if let Some((end, _)) = why.char_indices().nth(160) {
        why.truncate(end);
    }
    if error.kind() == ErrorKind::SyntaxError && ends_in_comment(template) {
        why += " (`{#` begins a comment; the text is written `${ \"{#\" }`)";
    }
    let range = error
        .range()
        .filter(|r| r.start <= r.end && template.get(r.clone()).is_some());
    let range = range.or_else(|| line(template, error.line()?));
    let too_large = error.kind() == ErrorKind::OutOfFuel
        || std::error::Error::source(error)
            .is_some_and(|source| source.downcast_ref::<super::value::TooLarge>().is_some());
    TemplateError {
        why,
        range,
        too_large,
    }
}

/// Whether the last comment is never closed.
fn ends_in_comment(template: &str) -> bool {
    template
        .rfind("{#")
        .is_some_and(|at| !template[at..].contains("#}"))
}

/// The bytes of a line, counted from 1.
fn line(template: &str, number: usize) -> Option<std::ops::Range<usize>> {
    let text = template.split_inclusive('\n').nth(number.checked_sub(1)?)?;
    let start = text.as_ptr() as usize - template.as_ptr() as usize;
    Some(start..start + text.trim_end().len())
}
