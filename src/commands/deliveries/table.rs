//! The log as a table for a terminal of 80 columns.

use super::row::Row;
use crate::clock;
use crate::push::RefName;
use crate::report::{clean, short};
use crate::terminal::{columns, cut};

/// Columns in all, and at most for the names of a hook and of a ref.
const WIDTH: usize = 80;
const HOOK: usize = 10;
const REF: usize = 12;

const HEAD: [&str; 7] = ["ID", "TIME", "HOOK", "REF", "STATE", "TRY", "LAST"];

/// A line a row, as wide as need be; the last column has what is left.
pub(super) fn of(rows: &[Row]) -> String {
    let mut table = vec![HEAD.map(str::to_owned)];
    table.extend(rows.iter().map(cells));
    let widths: Vec<usize> = (0..HEAD.len() - 1).map(|column| widest(&table, column)).collect();
    let mut text = String::new();
    for cells in &table {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - columns(cell)));
        }
        let left = WIDTH.saturating_sub(columns(&line));
        line.push_str(&cut(&cells[HEAD.len() - 1], left));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn widest(table: &[[String; 7]], column: usize) -> usize {
    table.iter().map(|cells| columns(&cells[column])).max().unwrap_or(0)
}

fn cells(row: &Row) -> [String; 7] {
    let unknown = || "-".to_owned();
    let id = row.id.as_deref().map_or_else(unknown, |id| clean(short(id)));
    let hook = row.hook.as_deref().map_or_else(unknown, |hook| cut(&clean(hook), HOOK));
    // The year says nothing about what is kept for weeks.
    let time = clock::local_minutes(row.created_ms).get(5..).unwrap_or_default().to_owned();
    let words = clean(&row.words());
    [id, time, hook, refs(&row.refs), row.state.name().to_owned(), row.attempts.to_string(), words]
}

fn refs(refs: &[RefName]) -> String {
    let Some(first) = refs.first() else { return "-".to_owned() };
    let more = if refs.len() > 1 { format!(" +{}", refs.len() - 1) } else { String::new() };
    let name = cut(&clean(&first.short()), REF - more.len().min(REF / 2));
    format!("{name}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::State;

    fn row(hook: &str, name: &str, said: &str) -> Row {
        Row {
            id: Some("0193a2b4-0000-7000-8000-00001f0c7f2c".into()),
            push_id: "p".into(),
            hook: Some(hook.into()),
            refs: vec![RefName::new(name)],
            state: State::Delivered,
            attempts: 1,
            created_ms: 0,
            next_attempt_ms: None,
            status: Some(200),
            took_ms: None,
            said: said.into(),
            digest: 0,
            sending: false,
        }
    }

    #[test]
    fn a_line_has_eighty_columns_at_most_whatever_the_names_are() {
        let long = "提交提交提交提交提交提交提交提交提交提交提交提交提交".repeat(4);
        let rows = [row(&"h".repeat(64), &format!("refs/heads/{long}"), &long), row("ci", "refs/tags/v1", "")];
        let table = of(&rows);
        let widths: Vec<usize> = table.lines().map(columns).collect();
        assert!(widths.iter().all(|w| *w <= WIDTH) && widths[1] >= WIDTH - 2, "{widths:?}\n{table}");
        assert!(table.lines().nth(2).unwrap().starts_with("1f0c7f2c  "), "{table}");
    }

    #[test]
    fn columns_stand_below_each_other_and_nothing_drives_a_terminal() {
        let table = of(&[row("ci", "refs/heads/main", "a\x1b[31mb"), row("team", "refs/heads/\u{202e}x", "c")]);
        let places: Vec<_> = table.lines().map(|l| l.find("delivered").or(l.find("STATE")).unwrap()).collect();
        assert!(places.iter().all(|p| *p == places[0]), "{table}");
        assert!(!table.contains('\x1b') && !table.contains('\u{202e}'), "{table}");
    }
}
