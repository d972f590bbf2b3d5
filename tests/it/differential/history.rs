//! Random histories: merges of every kind, several roots, clocks of every kind, commits and tags with odd texts.

use super::objects::Objects;
use super::trees::{self, Files};
use crate::support::dice::Dice;

/// What was made.
pub struct History {
    pub objects: Objects,
    pub commits: Vec<String>,
    /// Tags of commits, of tags, of trees, of blobs; trees and blobs.
    pub others: Vec<String>,
    /// Whether clocks are so wrong that only a commit-graph shows which commits are new.
    pub broken: bool,
}

/// How far clocks are wrong.
#[derive(Clone, Copy)]
enum Clock {
    Right,
    Stopped,
    /// By so many seconds.
    Wrong(usize),
    /// Some commits say 1970, some 2106.
    Broken,
}

const NOW: usize = 1_714_521_600;
const PEOPLE: [&[u8]; 9] = [
    b"Ann Author <ann@example.com>",
    b"Com Mitter <com@example.com>",
    "\u{dc}n\u{ef} \u{4e2d}\u{6587} <\u{fc}@example.com>".as_bytes(),
    b"<nameless@example.com>",
    b"Mailless <>",
    b"\"Quoted, Q.\" <a b@c>",
    b"A <B> C <a@b>",
    b"Double  Blank <d@e>",
    b"Lat\xedn <l@example.com>",
];
const ZONES: [&str; 7] = [
    "+0000", "+0800", "-0330", "+1400", "-0000", "-1200", "+9960",
];
/// Value of the header, and a text in it.
const TEXTS: [(&str, &[u8]); 14] = [
    ("", b"Subject\n\nBody\nof two lines\n"),
    ("", b"No newline at the end"),
    ("", b""),
    ("", b"   \n"),
    ("", b"\n\nEmpty lines in front\n"),
    ("", b"Many at the end\n\n\n\n"),
    ("", b"Windows\r\n\r\nlines\r\n"),
    (
        "",
        b"Trailers\n\nSigned-off-by: A <a@b>\nCo-authored-by: B <b@c>\n",
    ),
    ("", b"bell \x07 escape \x1b[31m delete \x7f\n"),
    ("", b"Latin-1 without saying so: caf\xe9\n"),
    (
        "",
        "UTF-8: \u{4f60}\u{597d} \u{2028} \u{1f600}\n".as_bytes(),
    ),
    ("UTF-8", "said: \u{e9}\n".as_bytes()),
    ("ISO-8859-1", b"caf\xe9\n"),
    ("GBK", b"\xd6\xd0\xce\xc4\n"),
];
const EXTRA: [&str; 5] = [
    "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ\n -----END PGP SIGNATURE-----\n",
    "mergetag object 1111111111111111111111111111111111111111\n type commit\n tag v0\n tagger T <t@u> 1 +0000\n \n Old\n",
    "x-unknown header of a later Git\n",
    "HG:extra branch:default\n",
    "gpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n abc\n -----END SSH SIGNATURE-----\n",
];

/// Makes one.
pub fn random(dice: &mut Dice) -> History {
    let clock = [
        Clock::Right,
        Clock::Stopped,
        Clock::Wrong(200),
        Clock::Wrong(3000),
        Clock::Wrong(100_000_000),
        Clock::Broken,
    ][dice.below(6)];
    let mut history = History {
        objects: Objects::new(dice.one_in(6)),
        commits: Vec::new(),
        others: Vec::new(),
        broken: matches!(clock, Clock::Broken | Clock::Wrong(100_000_000)),
    };
    let mut files: Vec<Files> = Vec::new();
    let size = 8 + dice.below(50);
    for n in 0..size {
        let parents = parents(dice, n);
        let mut now = parents
            .first()
            .map_or_else(Files::new, |parent| files[*parent].clone());
        for parent in parents.iter().skip(1) {
            trees::merge(&mut now, &files[*parent], dice);
        }
        trees::change(&mut now, &mut history.objects, dice);
        let tree = trees::write(&now, &mut history.objects);
        let ids: Vec<_> = parents
            .iter()
            .map(|parent| history.commits[*parent].clone())
            .collect();
        let seconds = date(dice, clock, n);
        let object = commit(dice, &tree, &ids, seconds);
        history.commits.push(history.objects.commit(object));
        files.push(now);
        if dice.one_in(20) {
            history.others.push(tree);
        }
    }
    history
        .others
        .push(history.objects.blob(b"a blob with a ref".to_vec()));
    for n in 0..6 {
        tag(&mut history, dice, n);
    }
    history
}

/// Mostly the last few; now and then old ones, and none.
fn parents(dice: &mut Dice, n: usize) -> Vec<usize> {
    let mut parents = Vec::new();
    if n > 0 && !dice.one_in(14) {
        for _ in 0..[1, 1, 1, 1, 1, 2, 2, 3, 6][dice.below(9)] {
            let parent = if dice.one_in(4) {
                dice.below(n)
            } else {
                n - 1 - dice.below(n.min(5))
            };
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
    }
    parents
}

fn date(dice: &mut Dice, clock: Clock, n: usize) -> usize {
    match clock {
        Clock::Stopped => NOW,
        Clock::Broken if dice.one_in(5) => 0,
        Clock::Broken if dice.one_in(5) => 4_294_967_296,
        Clock::Right | Clock::Broken => NOW + 60 * n,
        Clock::Wrong(by) => NOW + 60 * n + dice.below(by) - by / 2,
    }
}

fn commit(dice: &mut Dice, tree: &str, parents: &[String], seconds: usize) -> Vec<u8> {
    let mut data = format!("tree {tree}\n").into_bytes();
    for parent in parents {
        data.extend(format!("parent {parent}\n").bytes());
    }
    for (word, early) in [("author", dice.below(5000)), ("committer", 0)] {
        let many = if dice.one_in(3) { PEOPLE.len() } else { 2 };
        let person = *dice.pick(&PEOPLE[..many]);
        let time = format!(" {} {}\n", seconds.saturating_sub(early), dice.pick(&ZONES));
        data.extend([word.as_bytes(), b" ", person, time.as_bytes()].concat());
    }
    let many = if dice.one_in(2) { TEXTS.len() } else { 2 };
    let (encoding, text) = *dice.pick(&TEXTS[..many]);
    let converts = !["", "UTF-8"].contains(&encoding);
    if converts && !data.is_ascii() {
        // A name in another encoding than the message means nothing.
        data.extend(b"\nAscii\n");
        return data;
    }
    if !encoding.is_empty() {
        data.extend(format!("encoding {encoding}\n").bytes());
    }
    if dice.one_in(4) {
        data.extend(dice.pick(&EXTRA).bytes());
    }
    data.push(b'\n');
    data.extend(text);
    data
}

fn tag(history: &mut History, dice: &mut Dice, n: usize) {
    let tags = history.others.len();
    let (target, kind) = match dice.below(4) {
        0 if n > 0 => (history.others[tags - 1].clone(), "tag"),
        1 if n == 0 => (history.others[tags - 1].clone(), "blob"),
        _ => (dice.pick(&history.commits).clone(), "commit"),
    };
    let tagger = if dice.one_in(5) {
        ""
    } else {
        "tagger Tag Ger <tag@example.com> 1714521600 +0800\n"
    };
    let signature = "-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n";
    let text = [
        "Version\n",
        "",
        "Two\n\nlines",
        &format!("Signed\n{signature}"),
    ][dice.below(4)]
    .to_owned();
    let data = format!("object {target}\ntype {kind}\ntag t{n}\n{tagger}\n{text}");
    history.others.push(history.objects.tag(data.into_bytes()));
}
