//! A repository for git-fast-import(1): the same bytes, hence the same ids, wherever it is made.

use crate::dice::Dice;
use std::io::Write;

/// Folders at the top, in each of them, and files in each of those.
const SHAPE: (usize, usize, usize) = (40, 12, 30);

/// Writes a history of so many commits: each touches two files, every tenth is a merge of a side line.
pub(crate) fn stream(commits: usize, out: &mut dyn Write) {
    let mut dice = Dice::new(1);
    let mut out = std::io::BufWriter::new(out);
    let mut side = None;
    for mark in 1..=commits {
        let date = 1_600_000_000 + mark * 600;
        writeln!(out, "commit refs/heads/main\nmark :{mark}").unwrap();
        writeln!(out, "author Ann Author <ann@example.com> {date} +0200").unwrap();
        writeln!(out, "committer Com Mitter <com@example.com> {date} +0000").unwrap();
        let message = format!(
            "Change number {mark}\n\n{}\n",
            "Why this was done, in a few words. ".repeat(dice.below(12))
        );
        writeln!(out, "data {}\n{message}", message.len()).unwrap();
        if mark > 1 {
            writeln!(out, "from :{}", mark - 1).unwrap();
        }
        if mark % 10 == 0 {
            side.replace(mark - 7)
                .into_iter()
                .for_each(|other| writeln!(out, "merge :{other}").unwrap());
        }
        for _ in 0..if mark == 1 { 4000 } else { 2 } {
            let path = format!(
                "part{}/room{}/file{}.c",
                dice.below(SHAPE.0),
                dice.below(SHAPE.1),
                dice.below(SHAPE.2)
            );
            let text = format!("{mark} {}\n", dice.below(1 << 30));
            writeln!(out, "M 100644 inline {path}\ndata {}\n{text}", text.len()).unwrap();
        }
    }
    writeln!(out, "done").unwrap();
}
