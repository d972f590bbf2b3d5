//! Commands in a terminal of 80 columns, with the colours that they use.

use crate::draw;
use crate::scene::Scene;
use crate::svg::{Picture, Run};

const COLUMN: f64 = 8.4;
const ROW: f64 = 20.0;
const MARGIN: f64 = 16.0;
const FONT: &str = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/// What the pusher saw.
pub fn push(command: &str, seen: &str) -> String {
    let lines = seen
        .lines()
        .map(|line| line.rsplit('\r').next().unwrap_or(line).trim_end());
    let lines = lines
        .filter(|line| !line.is_empty() && *line != "remote:")
        .collect::<Vec<_>>();
    window("git push", &[(command.to_owned(), lines.join("\n"))])
}

/// The pictures of commands, by name.
pub fn commands(scene: &Scene) -> Result<Vec<(&'static str, String)>, String> {
    let mut pictures = Vec::new();
    let one = |command: &str| Ok::<_, String>((command.to_owned(), scene.in_terminal(command)?));
    pictures.push((
        "deliveries",
        window("deliveries", &[one("git service-hook deliveries")?]),
    ));
    pictures.push((
        "preview",
        window(
            "preview",
            &[one("git service-hook preview dingtalk mirror")?],
        ),
    ));
    pictures.push(("test", window("test", &[one("git service-hook test")?])));
    scene.break_configuration()?;
    pictures.push(("check", window("check", &[one("git service-hook check")?])));
    Ok(pictures)
}

fn window(title: &str, screens: &[(String, String)]) -> String {
    let mut rows = Vec::new();
    for (command, out) in screens {
        rows.push(format!("\x1b[2m$\x1b[0m \x1b[1m{command}\x1b[0m"));
        rows.extend(out.trim_end().lines().map(str::to_owned));
    }
    let rows: Vec<_> = rows.iter().flat_map(|row| fold(&cells(row))).collect();
    let width = 80.0 * COLUMN + 2.0 * MARGIN;
    let height = ROW * f64::from(u32::try_from(rows.len()).unwrap_or(0)) + 2.0 * MARGIN + 24.0;
    let mut picture = Picture::new(width, height);
    picture.box_at(0.0, 0.0, width, height, 8.0, "#1b1f27");
    for (n, colour) in ["#ff5f57", "#febc2e", "#28c840"].into_iter().enumerate() {
        picture.dot(
            20.0 + 20.0 * f64::from(u8::try_from(n).unwrap_or(0)),
            18.0,
            6.0,
            colour,
        );
    }
    let mut y = MARGIN + 24.0 + 14.0;
    for row in rows {
        picture.line(MARGIN, y, 14.0, FONT, &row);
        y += ROW;
    }
    picture.finish(title)
}

/// A character, its colour, and whether it is bold.
type Cell = (char, &'static str, bool);

/// Takes the escapes out of a line.
fn cells(line: &str) -> Vec<Cell> {
    const PLAIN: &str = "#d7dce5";
    let (mut cells, mut colour, mut bold) = (Vec::new(), PLAIN, false);
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((codes, after)) = rest
            .strip_prefix("\x1b[")
            .and_then(|rest| rest.split_once('m'))
        {
            for code in codes.split(';') {
                match code {
                    "1" => bold = true,
                    "2" => colour = "#8b93a3",
                    "31" => colour = "#ff7b72",
                    "32" => colour = "#7ee787",
                    "33" => colour = "#f2cc60",
                    "34" | "36" => colour = "#79c0ff",
                    _ => (colour, bold) = (PLAIN, false),
                }
            }
            rest = after;
        } else {
            if !c.is_control() {
                cells.push((c, colour, bold));
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    cells
}

/// Rows of 80 columns, as a terminal breaks them; runs of one look, each at its place.
fn fold(cells: &[Cell]) -> Vec<Vec<Run>> {
    let (mut rows, mut row, mut column) = (Vec::new(), Vec::<(usize, Vec<Cell>)>::new(), 0);
    for cell in cells {
        let wide = draw::width(&cell.0.to_string());
        if column + wide > 80 {
            rows.push(std::mem::take(&mut row));
            column = 0;
        }
        match row.last_mut() {
            Some((_, run)) if (run[0].1, run[0].2) == (cell.1, cell.2) => run.push(*cell),
            _ => row.push((column, vec![*cell])),
        }
        column += wide;
    }
    rows.push(row);
    rows.into_iter()
        .map(|row| row.into_iter().map(run).collect())
        .collect()
}

fn run((column, cells): (usize, Vec<Cell>)) -> Run {
    let text: String = cells.iter().map(|cell| cell.0).collect();
    let place = |columns: usize| f64::from(u32::try_from(columns).unwrap_or(0)) * COLUMN;
    let width = Some(place(draw::width(&text)));
    Run {
        x: Some(MARGIN + place(column)),
        width,
        colour: cells[0].1,
        bold: cells[0].2,
        text,
    }
}
