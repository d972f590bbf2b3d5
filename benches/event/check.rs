//! What both sides have said, in one form: commits in their order, each with its paths.

use serde_json::Value;

/// Id, and how each path was touched: `A`, `D` or `M`.
pub(crate) type CommitPaths = Vec<(String, Vec<(char, String)>)>;

/// From the events.
pub(crate) fn ours(json: &[u8]) -> CommitPaths {
    let mut commits = CommitPaths::new();
    for line in json.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let event: Value = serde_json::from_slice(line).unwrap();
        assert_eq!(event["error"], Value::Null, "{}", event["error"]);
        for commit in event["commits"].as_array().into_iter().flatten() {
            let mut paths = Vec::new();
            for (touch, list) in [('A', "added"), ('D', "removed"), ('M', "modified")] {
                for path in commit[list].as_array().into_iter().flatten() {
                    paths.push((touch, path.as_str().unwrap().to_owned()));
                }
            }
            paths.sort();
            commits.push((commit["id"].as_str().unwrap().to_owned(), paths));
        }
    }
    commits
}

/// From `--pretty=raw --name-status`: messages are indented, so a letter and a tab begin a path.
pub(crate) fn git(text: &[u8]) -> CommitPaths {
    let mut commits = CommitPaths::new();
    for line in text.split(|b| *b == b'\n') {
        if let Some(rest) = line.strip_prefix(b"commit ") {
            let id = rest.split(|b| *b == b' ').next().unwrap();
            commits.push((String::from_utf8(id.to_vec()).unwrap(), Vec::new()));
        } else if let [touch @ (b'A' | b'D' | b'M' | b'T'), b'\t', path @ ..] = line {
            let touch = if *touch == b'T' {
                'M'
            } else {
                char::from(*touch)
            };
            commits
                .last_mut()
                .unwrap()
                .1
                .push((touch, String::from_utf8_lossy(&unquoted(path)).into_owned()));
        }
    }
    for (_, paths) in &mut commits {
        paths.sort();
    }
    commits
}

/// A path as core.quotePath of git-config(1) writes it.
fn unquoted(path: &[u8]) -> Vec<u8> {
    let Some(quoted) = path
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
    else {
        return path.to_vec();
    };
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = quoted.get(at) {
        at += 1;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let escaped = quoted[at];
        at += 1;
        out.push(match escaped {
            b'a' => 7,
            b'b' => 8,
            b't' => 9,
            b'n' => 10,
            b'v' => 11,
            b'f' => 12,
            b'r' => 13,
            b'0'..=b'3' => {
                let digits = std::str::from_utf8(&quoted[at - 1..at + 2]).unwrap();
                at += 2;
                u8::from_str_radix(digits, 8).unwrap()
            }
            other => other,
        });
    }
    out
}
