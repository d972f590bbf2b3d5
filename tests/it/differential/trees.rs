//! Random files: odd names, modes of every kind, files that become directories and back.

use super::objects::Objects;
use crate::support::dice::Dice;
use std::collections::BTreeMap;

/// Path to mode and id.
pub type Files = BTreeMap<Vec<u8>, (&'static str, String)>;

/// Parts of paths; many sort around the slash, some are no UTF-8.
const PARTS: [&[u8]; 22] = [
    b"a",
    b"a.c",
    b"a-b",
    b"a!",
    b"a0",
    b"ab",
    b"B",
    b"b",
    b"dir",
    b"z",
    b"sp ace",
    b"q\"uote",
    b"back\\slash",
    b"new\nline",
    b"tab\there",
    b"caf\xe9",
    "caf\u{e9}".as_bytes(),
    "文件".as_bytes(),
    b"-dash",
    b"\x01",
    b"\xff\xfe",
    b".x",
];
const MODES: [&str; 6] = ["100644", "100644", "100644", "100755", "120000", "100664"];

/// Does some things to the files.
pub fn change(files: &mut Files, objects: &mut Objects, dice: &mut Dice) {
    for _ in 0..dice.below(6) {
        let any = (!files.is_empty())
            .then(|| files.keys().nth(dice.below(files.len())).cloned())
            .flatten();
        match (dice.below(10), any) {
            (0, Some(path)) => drop(files.remove(&path)),
            (1 | 2, Some(path)) => put(files, path, entry(objects, dice)),
            (3, Some(path)) => {
                let (_, id) = files[&path].clone();
                let mode = if files[&path].0 == "160000" {
                    "160000"
                } else {
                    *dice.pick(&MODES)
                };
                files.insert(path, (mode, id));
            }
            (4, Some(path)) => {
                let moved = files.remove(&path).unwrap();
                put(files, random_path(dice), moved);
            }
            (5, Some(path)) => put(
                files,
                [&path[..], b"/", *dice.pick(&PARTS)].concat(),
                entry(objects, dice),
            ),
            (6, Some(path)) => {
                let parent = path
                    .iter()
                    .rposition(|b| *b == b'/')
                    .map_or(&path[..], |at| &path[..at]);
                put(files, parent.to_vec(), entry(objects, dice));
            }
            _ => put(files, random_path(dice), entry(objects, dice)),
        }
    }
}

fn entry(objects: &mut Objects, dice: &mut Dice) -> (&'static str, String) {
    if dice.one_in(12) {
        let digits = if objects.sha256 { 64 } else { 40 };
        return ("160000", format!("{:x}", 1 + dice.below(3)).repeat(digits));
    }
    (
        *dice.pick(&MODES),
        objects.blob(dice.below(9).to_string().into_bytes()),
    )
}

fn random_path(dice: &mut Dice) -> Vec<u8> {
    let depth = if dice.one_in(40) {
        60
    } else {
        1 + dice.below(4)
    };
    let few = if dice.one_in(2) { 6 } else { PARTS.len() };
    (0..depth)
        .map(|_| PARTS[dice.below(few)])
        .collect::<Vec<_>>()
        .join(&b'/')
}

/// A file takes the place of directories, and a directory that of a file.
fn put(files: &mut Files, path: Vec<u8>, entry: (&'static str, String)) {
    let inside = [&path[..], b"/"].concat();
    files.retain(|other, _| {
        !other.starts_with(&inside) && !path.starts_with(&[&other[..], b"/"].concat())
    });
    files.insert(path, entry);
}

/// Takes over some files of another tree.
pub fn merge(files: &mut Files, other: &Files, dice: &mut Dice) {
    for (path, entry) in other {
        if dice.one_in(2) {
            put(files, path.clone(), entry.clone());
        }
    }
}

/// Writes the tree.
pub fn write(files: &Files, objects: &mut Objects) -> String {
    let all: Vec<_> = files
        .iter()
        .map(|(path, (mode, id))| (&path[..], *mode, id.as_str()))
        .collect();
    folder(&all, objects)
}

/// Path, mode and id.
type Entry<'a> = (&'a [u8], &'a str, &'a str);

fn folder(files: &[Entry<'_>], objects: &mut Objects) -> String {
    let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut folders: BTreeMap<&[u8], Vec<Entry<'_>>> = BTreeMap::new();
    let mut add = |sorted: Vec<u8>, mode: &str, name: &[u8], id: &str| {
        entries.push((
            sorted,
            [
                mode.as_bytes(),
                b" ",
                name,
                b"\0",
                &hex::decode(id).unwrap(),
            ]
            .concat(),
        ));
    };
    for (path, mode, id) in files {
        match path.iter().position(|b| *b == b'/') {
            None => add(path.to_vec(), mode, path, id),
            Some(at) => folders
                .entry(&path[..at])
                .or_default()
                .push((&path[at + 1..], *mode, *id)),
        }
    }
    for (name, inside) in folders {
        let id = folder(&inside, objects);
        add([name, b"/"].concat(), "40000", name, &id);
    }
    entries.sort();
    objects.tree(entries.into_iter().flat_map(|(_, line)| line).collect())
}
