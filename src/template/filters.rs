//! Filters of our own. The engine keeps "already escaped" on what `replace`, `split` and others make of a captured
//! text, by which a template could take the escapes out again; here whatever a filter changes is plain text.

use super::EscapeContext;
use super::print::{COMPONENT, JSON, JSON_END, MARKS, Printer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, State};
use percent_encoding::utf8_percent_encode;

/// Columns by which `indent` may indent: it allocates them before the engine counts.
const MAX_INDENT: usize = 256;
/// Bytes that `replace` may make.
const MAX_REPLACED: usize = 8 << 20;

pub(super) fn install(environment: &mut Environment<'_>, printer: Printer) {
    for filter in ["safe", "pprint", "chain"] {
        environment.remove_filter(filter);
    }
    for global in ["debug", "namespace", "dict"] {
        environment.remove_global(global);
    }
    environment.add_filter("tojson", move |value: Value| to_json(printer, &value));
    environment.add_filter("truncate", truncate);
    environment.add_filter("urlencode", move |value: Value| url_encode(printer, value));
    environment.add_filter("b64encode", base64_encode);
    environment.add_filter("split", split);
    environment.add_filter("lines", lines);
    environment.add_filter("replace", replace);
    environment.add_filter("indent", indent);
    // Everything is escaped where it is printed.
    environment.add_filter("escape", plain);
    environment.add_filter("e", plain);
    let stock = [
        ("upper", Value::from_function(minijinja::filters::upper)),
        ("lower", Value::from_function(minijinja::filters::lower)),
        (
            "capitalize",
            Value::from_function(minijinja::filters::capitalize),
        ),
        ("trim", Value::from_function(minijinja::filters::trim)),
        ("last", Value::from_function(minijinja::filters::last)),
        ("reverse", Value::from_function(minijinja::filters::reverse)),
        ("format", Value::from_function(minijinja::filters::format)),
    ];
    for (name, filter) in stock {
        environment.add_filter(
            name,
            move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
                let arguments = arguments
                    .into_values()
                    .into_iter()
                    .map(plain)
                    .collect::<Vec<_>>();
                filter.call(state, &arguments)
            },
        );
    }
}

/// The value without "already escaped"; marks that a captured text holds go with it.
fn plain(value: Value) -> Value {
    if value.is_safe() {
        Value::from(value.as_str().unwrap_or_default().replace(MARKS, ""))
    } else {
        value
    }
}

fn text(value: Value) -> String {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => String::new(),
        _ => plain(value).to_string(),
    }
}

/// JSON; a missing value is `null`. In a JSON template it stands as it is.
fn to_json(printer: Printer, value: &Value) -> Result<Value, Error> {
    let json = printer.json_of(&plain(value.clone()))?;
    Ok(match printer.place {
        EscapeContext::Json { .. } => Value::from_safe_string(format!("{JSON}{json}{JSON_END}")),
        _ => Value::from(json),
    })
}

/// Percent-encoded. In a URL every value is encoded where it is printed.
fn url_encode(printer: Printer, value: Value) -> Result<Value, Error> {
    let text = bounded(text(value))?;
    Ok(match printer.place {
        EscapeContext::Url => Value::from(text),
        _ => Value::from(utf8_percent_encode(&text, COMPONENT).to_string()),
    })
}

fn base64_encode(value: Value) -> Result<Value, Error> {
    Ok(Value::from(STANDARD.encode(bounded(text(value))?)))
}

/// A text whose encoded form is not too long.
fn bounded(text: String) -> Result<String, Error> {
    if text.len().saturating_mul(3) > MAX_REPLACED {
        let why = "the encoded text would be too long";
        return Err(Error::new(ErrorKind::InvalidOperation, why));
    }
    Ok(text)
}

/// At most `length` characters, the last one `…` (or `end`) when something was cut.
fn truncate(value: Value, length: Option<usize>, end: Option<String>) -> Value {
    let (text, length) = (text(value), length.unwrap_or(255));
    if text.char_indices().nth(length).is_none() {
        return Value::from(text);
    }
    let end = end.unwrap_or_else(|| "…".to_owned());
    let keep = length.saturating_sub(end.chars().count());
    let mut cut = text.chars().take(keep).collect::<String>();
    cut.extend(end.chars().take(length));
    Value::from(cut)
}

/// At blanks, or at a separator; a missing value has no parts.
fn split(value: Value, separator: Option<String>, splits: Option<usize>) -> Value {
    let text = text(value);
    if text.is_empty() {
        return Value::from(Vec::<Value>::new());
    }
    let parts = splits.map_or(usize::MAX, |n| n.saturating_add(1));
    match separator.filter(|s| !s.is_empty()) {
        Some(separator) => text
            .splitn(parts, separator.as_str())
            .map(Value::from)
            .collect(),
        None if parts == usize::MAX => text.split_whitespace().map(Value::from).collect(),
        None => text
            .trim_start()
            .splitn(parts, char::is_whitespace)
            .map(Value::from)
            .collect(),
    }
}

/// Without their line ends; a missing value has no lines.
fn lines(value: Value) -> Value {
    text(value).lines().map(Value::from).collect()
}

fn replace(arguments: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = arguments.into_values();
    let (value, from, to, count, named) =
        from_args::<(Value, Value, Value, Option<usize>, Kwargs)>(&arguments)?;
    let count = match count {
        Some(count) => count,
        None => named.get::<Option<usize>>("count")?.unwrap_or(usize::MAX),
    };
    named.assert_all_used()?;
    let (value, from, to) = (text(value), text(from), text(to));
    let found = value.matches(from.as_str()).take(count).count();
    if value.len().saturating_add(found.saturating_mul(to.len())) > MAX_REPLACED {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "the replaced text would be too long",
        ));
    }
    Ok(Value::from(value.replacen(from.as_str(), &to, count)))
}

fn indent(state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = arguments
        .into_values()
        .into_iter()
        .map(plain)
        .collect::<Vec<_>>();
    let named = arguments
        .last()
        .filter(|last| last.is_kwargs())
        .and_then(|named| named.get_attr("width").ok());
    let width = arguments
        .get(1)
        .filter(|second| !second.is_kwargs())
        .cloned()
        .or(named);
    if width.is_some_and(|w| !w.is_undefined() && w.as_usize().is_none_or(|w| w > MAX_INDENT)) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "`indent` takes a width of at most 256",
        ));
    }
    Value::from_function(minijinja::filters::indent).call(state, &arguments)
}
