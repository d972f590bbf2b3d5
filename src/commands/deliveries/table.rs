//! Lays out the log as a table of the width of the terminal.

use super::row::Row;
use crate::clock;
use crate::push::RefName;
use crate::report::{clean, short_id};
use crate::spool::DeliveryState;
use crate::terminal::{Style, columns, cut, cut_front};

/// Columns at most for the names of a hook and of a ref.
const HOOK: usize = 10;
const REF: usize = 12;

/// The same for the path of a repository, of which the end is shown.
const REPOSITORY: usize = 20;

const HEAD: [&str; 7] = ["ID", "TIME", "HOOK", "REF", "STATE", "TRY", "LAST"];

/// The column that is coloured.
const STATE: usize = 4;

/// The column before which the repository stands, where there are several.
const PLACE: usize = 2;

/// A line a row, each column as wide as need be; the last one has what is left of `width`.
pub(super) fn of(rows: &[Row], width: usize, style: Style) -> String {
    let now_ms = clock::now_ms();
    let mut table = vec![HEAD.map(str::to_owned).to_vec()];
    table.extend(rows.iter().map(|row| cells(row, now_ms).to_vec()));
    let several = rows.iter().any(|row| row.repository.is_some());
    if several {
        let names = rows.iter().map(|row| row.repository.as_deref());
        let names = std::iter::once(Some("REPOSITORY")).chain(names);
        for (cells, name) in table.iter_mut().zip(names) {
            let name = cut_front(&clean(name.unwrap_or_default()), REPOSITORY);
            cells.insert(PLACE, name);
        }
    }
    let state = STATE + usize::from(several);
    let last = table[0].len() - 1;
    let widths: Vec<usize> = (0..last).map(|column| widest(&table, column)).collect();
    let mut text = String::new();
    let left = width.saturating_sub(widths.iter().map(|width| width + 2).sum());
    for (number, cells) in table.iter().enumerate() {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Nothing of the colours counts as a column.
            let state = number
                .checked_sub(1)
                .and_then(|row| rows.get(row))
                .filter(|_| column == state);
            line.push_str(
                &state.map_or_else(|| cell.clone(), |row| coloured(row.state, cell, style)),
            );
            line.extend(std::iter::repeat_n(' ', width + 2 - columns(cell)));
        }
        line.push_str(&cut(&cells[last], left));
        let line = line.trim_end();
        text.push_str(&if number == 0 {
            style.dim(line)
        } else {
            line.to_owned()
        });
        text.push('\n');
    }
    text
}

/// A state in its colour.
pub(super) fn coloured(state: DeliveryState, text: &str, style: Style) -> String {
    match state {
        DeliveryState::Pending => style.yellow(text),
        DeliveryState::Delivered => style.green(text),
        DeliveryState::Failed => style.red(text),
        DeliveryState::Cancelled => style.dim(text),
    }
}

fn widest(table: &[Vec<String>], column: usize) -> usize {
    table
        .iter()
        .map(|cells| columns(&cells[column]))
        .max()
        .unwrap_or(0)
}

fn cells(row: &Row, now_ms: i64) -> [String; 7] {
    let unknown = || "-".to_owned();
    let id = row
        .id
        .as_deref()
        .map_or_else(unknown, |id| clean(short_id(id)));
    let hook = row
        .hook
        .as_deref()
        .map_or_else(unknown, |hook| cut(&clean(hook), HOOK));
    // The year says nothing about what is kept for weeks.
    let time = clock::local_minutes(row.created_ms)
        .get(5..)
        .unwrap_or_default()
        .to_owned();
    let words = clean(&row.words_with_due(now_ms));
    [
        id,
        time,
        hook,
        refs(&row.refs, row.unlisted),
        row.state.name().to_owned(),
        row.attempts.to_string(),
        words,
    ]
}

fn refs(refs: &[RefName], unlisted: usize) -> String {
    let Some(first) = refs.first() else {
        return "-".to_owned();
    };
    let others = refs.len() - 1 + unlisted;
    let more = if others > 0 {
        format!(" +{others}")
    } else {
        String::new()
    };
    let name = cut(&clean(&first.short()), REF - more.len().min(REF / 2));
    format!("{name}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(hook: &str, name: &str, said: &str) -> Row {
        Row {
            id: Some("0193a2b4-0000-7000-8000-00001f0c7f2c".into()),
            repository: None,
            push_id: "p".into(),
            hook: Some(hook.into()),
            refs: vec![RefName::new(name)],
            unlisted: 0,
            state: DeliveryState::Delivered,
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
        let rows = [
            row(&"h".repeat(64), &format!("refs/heads/{long}"), &long),
            row("ci", "refs/tags/v1", ""),
        ];
        let table = of(&rows, 80, Style::plain());
        let widths: Vec<usize> = table.lines().map(columns).collect();
        assert!(
            widths.iter().all(|w| *w <= 80) && widths[1] >= 78,
            "{widths:?}\n{table}"
        );
        assert!(
            table.lines().nth(2).unwrap().starts_with("1f0c7f2c  "),
            "{table}"
        );
    }

    #[test]
    fn columns_stand_below_each_other_and_nothing_drives_a_terminal() {
        let rows = [
            row("ci", "refs/heads/main", "a\x1b[31mb"),
            row("team", "refs/heads/\u{202e}x", "c"),
        ];
        let table = of(&rows, 80, Style::plain());
        let places: Vec<_> = table
            .lines()
            .map(|l| l.find("delivered").or(l.find("STATE")).unwrap())
            .collect();
        assert!(places.iter().all(|p| *p == places[0]), "{table}");
        assert!(
            !table.contains('\x1b') && !table.contains('\u{202e}'),
            "{table}"
        );
    }

    #[test]
    fn what_waits_says_when_it_is_due() {
        let waiting = |next_ms: i64| Row {
            state: DeliveryState::Pending,
            next_attempt_ms: Some(next_ms),
            ..row("ci", "refs/heads/main", "503 Service Unavailable")
        };
        let (past, later) = (waiting(0), waiting(clock::now_ms() + 60_000));
        let table = of(&[past, later.clone()], 80, Style::plain());
        assert!(table.contains("due now, 503 Service Una"), "{table}");
        let moment = clock::local_moment(later.next_attempt_ms.unwrap());
        assert!(table.contains(&format!("due {moment}, 503")), "{table}");
    }

    #[test]
    fn colours_move_no_column() {
        let rows = [row("ci", "refs/heads/main", "a")];
        let (plain, coloured) = (
            of(&rows, 80, Style::plain()),
            of(&rows, 80, Style::coloured()),
        );
        assert!(
            coloured.contains("\x1b[32mdelivered\x1b[0m  1"),
            "{coloured}"
        );
        let codes = ["\x1b[32m", "\x1b[2m", "\x1b[0m"];
        assert_eq!(
            codes
                .iter()
                .fold(coloured, |text, code| text.replace(code, "")),
            plain
        );
    }
}
