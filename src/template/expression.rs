//! Expressions: conditions in the language of templates, without the delimiters.

use super::print::Printer;
use super::value::event_value;
use super::{EscapeContext, TemplateError, check_text, engine, thread};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;

fn environment() -> Environment<'static> {
    let mut environment = engine::environment(Printer::new(EscapeContext::Plain, 0));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

/// Finds syntax errors and names that are not among `known` without evaluating.
pub fn compile_expression(text: &str, known: &'static [&str]) -> Result<(), TemplateError> {
    check(text)?;
    let source = text.to_owned();
    thread::run_if_deep(text, move || {
        let environment = environment();
        let compiled = environment
            .compile_expression(&source)
            .map_err(|e| engine::explain(&e, &source))?;
        let names = compiled.undeclared_variables(false);
        let mut unknown = names.iter().filter(|name| !known.contains(&name.as_str()));
        unknown.next().map_or(Ok(()), |name| {
            let why = format!("`{name}` is not one of `{}`", known.join("`, `"));
            Err(TemplateError::new(why))
        })
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
