//! Expressions: conditions in the language of templates, without the delimiters.

use super::print::Printer;
use super::value::event_value;
use super::{EscapeContext, TemplateError, check_text, engine, thread};
use crate::suggest;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

fn environment() -> Environment<'static> {
    let mut environment = engine::environment(Printer::new(EscapeContext::Plain, 0));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

/// Finds syntax errors, names that are not among `known`, and filters and tests that do not exist where an evaluation
/// without values reads them.
pub fn compile_expression(text: &str, known: &'static [&str]) -> Result<(), TemplateError> {
    check(text)?;
    let source = text.to_owned();
    thread::run(move || {
        let mut environment = environment();
        let compiled = environment
            .compile_expression(&source)
            .map_err(|e| engine::explain(&e, &source))?;
        let names = compiled.undeclared_variables(false);
        let mut unknown = names.iter().filter(|name| !known.contains(&name.as_str()));
        if let Some(name) = unknown.next() {
            let name = suggest::shown(name);
            let why = format!("`{name}` is not one of `{}`", known.join("`, `"));
            return Err(TemplateError::new(why));
        }
        // The engine looks these up when it evaluates: otherwise only a delivery that was sent would find out.
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        let compiled = environment
            .compile_expression(&source)
            .map_err(|e| engine::explain(&e, &source))?;
        match compiled.eval(()) {
            Err(e) if matches!(e.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest) => {
                Err(engine::explain(&e, &source))
            }
            _ => Ok(()),
        }
    })?
}

/// Whether it is true of the context. A member of a missing value is an error.
pub fn holds(text: &str, context: &Value) -> Result<bool, TemplateError> {
    check(text)?;
    let (source, value) = (text.to_owned(), event_value(context, EscapeContext::Plain));
    thread::run(move || {
        let environment = environment();
        let explain = |e| engine::explain(&e, &source);
        let compiled = environment.compile_expression(&source).map_err(explain)?;
        let result = compiled.eval(value).map_err(explain)?;
        if result.is_undefined() {
            return Err(TemplateError::new("its value is undefined"));
        }
        Ok(result.is_true())
    })?
}

fn check(text: &str) -> Result<(), TemplateError> {
    check_text(text)?;
    if text.contains("${") {
        return Err(TemplateError::new("is an expression, without `${ }`"));
    }
    Ok(())
}
