//! One push: the events against the output of Git, field by field.

use super::oracle::{Facts, Object, Oracle, Who};
use git_service_hook::push::{
    Change, Commit, Computed, Needs, ObjectId, Person, PushEvent, RefKind, RefName, RefUpdate, Tag,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Paths that a commit lists.
const FILES: usize = 3000;
/// Discarded commits that an event lists.
const DISCARDED: usize = 20;

/// A push, and what the refs were before it.
pub struct Push {
    pub before: BTreeMap<String, String>,
    pub updates: Vec<RefUpdate>,
    pub needs: Needs,
}

/// The differences, in words.
pub fn differences(oracle: &mut Oracle, push: &Push, ours: &[Computed]) -> Vec<String> {
    let known = push
        .before
        .iter()
        .filter(|(name, _)| RefName::new(name.as_bytes()).kind() != RefKind::Other);
    let known: BTreeSet<String> = known
        .map(|(_, id)| oracle.peeled(id))
        .filter(is_commit)
        .map(|o| o.id)
        .collect();
    let mut judge = Judge {
        oracle,
        push,
        known: known.into_iter().collect(),
        listed: HashSet::new(),
        found: Vec::new(),
    };
    judge.order(ours);
    for (index, computed) in ours.iter().enumerate() {
        judge.event(index, computed);
    }
    judge.totals(ours);
    judge.found
}

fn is_commit(object: &Object) -> bool {
    object.kind == "commit"
}

struct Judge<'a> {
    oracle: &'a mut Oracle,
    push: &'a Push,
    /// Commits that branches and tags named before.
    known: Vec<String>,
    /// Commits of earlier events.
    listed: HashSet<String>,
    found: Vec<String>,
}

/// The commits of an event.
#[derive(Default)]
struct Range {
    /// Oldest first.
    all: Vec<String>,
    distinct: HashSet<String>,
}

impl Judge<'_> {
    fn differ<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, ours: &T, git: &T) {
        if ours != git {
            self.found
                .push(format!("{what}: the event has {ours:?}, Git has {git:?}"));
        }
    }

    fn order(&mut self, ours: &[Computed]) {
        let mut expected = self.push.updates.clone();
        expected.sort_by_key(|u| {
            (
                u.name.as_bytes() != b"refs/heads/main",
                u.name.kind(),
                u.name.clone(),
            )
        });
        let ours: Vec<_> = ours
            .iter()
            .map(|computed| computed.event.update.clone())
            .collect();
        self.differ("order", &ours, &expected);
    }

    fn end(&mut self, id: &ObjectId) -> Option<Object> {
        (!id.is_null()).then(|| self.oracle.peeled(id.as_str()))
    }

    fn event(&mut self, index: usize, computed: &Computed) {
        let update = &computed.event.update;
        let (old, new) = (self.end(&update.old), self.end(&update.new));
        let (from, to) = (old.clone().filter(is_commit), new.clone().filter(is_commit));
        let mut event = PushEvent::bare(update.clone(), index);
        if update.name.kind() == RefKind::Tag {
            event.tag = Some(self.tag(update, new.as_ref().or(old.as_ref()).unwrap()));
        }
        if old.is_some() && new.is_some() {
            event.change = Change::Forced;
        }
        let range = to.as_ref().map_or_else(Range::default, |to| {
            self.range(old.as_ref(), from.as_ref(), to)
        });
        event.total_commits = range.all.len();
        event.total_distinct = range.distinct.len();
        let listed = range.all.len().min(self.push.needs.max_commits);
        event.truncated = listed < range.all.len();
        self.oracle.learn(&range.all[range.all.len() - listed..]);
        event.commits = range.all[range.all.len() - listed..]
            .iter()
            .map(|id| self.commit(id, &range))
            .collect();
        event.head_commit = to.as_ref().map(|to| self.commit(&to.id, &range));
        if let (Some(from), Some(to)) = (&from, &to) {
            self.ends(&mut event, from, to, &computed.event);
        } else if let (None, Some(to), RefKind::Branch) = (&old, &to, update.name.kind()) {
            let bases = self.oracle.bases(&to.id, &self.known);
            event.base = one_of(&bases, computed.event.base.as_ref());
        }
        self.fields(&computed.event, &event);
        self.scan(computed, &range, from.as_ref(), to.as_ref());
        self.listed.extend(range.all);
    }

    fn range(&mut self, old: Option<&Object>, from: Option<&Object>, to: &Object) -> Range {
        let all = match (old, from) {
            (None, _) => self.oracle.range(&to.id, &self.known),
            (Some(_), from) => self.oracle.range(&to.id, from.map(|from| &from.id)),
        };
        if all.is_empty() {
            return Range::default();
        }
        let fresh = if old.is_none() {
            all.clone()
        } else {
            self.oracle.range(&to.id, &self.known)
        };
        let in_range: HashSet<_> = all.iter().collect();
        let distinct = fresh
            .into_iter()
            .filter(|id| in_range.contains(id) && !self.listed.contains(id))
            .collect();
        Range { all, distinct }
    }

    /// What depends on both ends of an update.
    fn ends(&mut self, event: &mut PushEvent, from: &Object, to: &Object, ours: &PushEvent) {
        let lost = self.oracle.range(&from.id, [&to.id]);
        let is_ancestor = self.oracle.is_ancestor(&from.id, &to.id);
        self.differ(
            "nothing is lost, or no ancestor",
            &lost.is_empty(),
            &is_ancestor,
        );
        if is_ancestor {
            event.change = Change::Updated;
            return;
        }
        event.base = one_of(
            &self.oracle.bases(&to.id, std::slice::from_ref(&from.id)),
            ours.base.as_ref(),
        );
        event.total_discarded = lost.len();
        if self.push.needs.discarded {
            event.discarded = self.newest(lost, &ours.discarded);
        }
    }

    /// The newest of the commits that are gone. Where clocks are wrong that has no meaning, and any of them will do.
    fn newest(&mut self, mut lost: Vec<String>, ours: &[ObjectId]) -> Vec<ObjectId> {
        self.oracle.learn(&lost);
        let mut date = |id: &String| self.oracle.facts(id).committer.seconds.unwrap_or(0);
        if lost.windows(2).any(|pair| date(&pair[0]) >= date(&pair[1])) {
            let ours: Vec<_> = ours
                .iter()
                .filter(|id| lost.iter().any(|gone| gone == id.as_str()))
                .cloned()
                .collect();
            let once: HashSet<_> = ours.iter().map(ObjectId::as_str).collect();
            if once.len() == ours.len() && ours.len() == lost.len().min(DISCARDED) {
                return ours;
            }
        }
        lost.reverse();
        lost.iter()
            .take(DISCARDED)
            .map(|id| ObjectId::parse(id).unwrap())
            .collect()
    }

    fn tag(&mut self, update: &RefUpdate, end: &Object) -> Tag {
        let id = if update.new.is_null() {
            &update.old
        } else {
            &update.new
        };
        let annotated = self.oracle.object(id.as_str()).kind == "tag";
        let mut tag = Tag {
            name: update.name.short().into_owned(),
            annotated,
            message: None,
            tagger: None,
            target: ObjectId::parse(&end.id).unwrap(),
            target_type: end.kind.clone(),
            encoding_lossy: false,
            signed: false,
        };
        if annotated {
            let content = String::from_utf8_lossy(&self.oracle.content(id.as_str())).into_owned();
            let (headers, text) = content.split_once("\n\n").unwrap_or((&content, ""));
            let signature = text.find("-----BEGIN PGP SIGNATURE-----\n");
            tag.message = Some(
                text[..signature.unwrap_or(text.len())]
                    .trim_end_matches('\n')
                    .to_owned(),
            );
            tag.signed = signature.is_some();
            tag.tagger = headers
                .lines()
                .find_map(|line| line.strip_prefix("tagger "))
                .map(tagger);
        }
        tag
    }

    fn commit(&mut self, id: &str, range: &Range) -> Commit {
        let facts = self.oracle.facts(id);
        let paths = if self.push.needs.paths {
            &facts.paths[..]
        } else {
            &[]
        };
        let of = |status: &[u8]| -> Vec<String> {
            let listed = paths.iter().take(FILES).filter(|(s, _)| status.contains(s));
            listed
                .map(|(_, path)| String::from_utf8_lossy(path).into_owned())
                .collect()
        };
        let message = String::from_utf8_lossy(&facts.message);
        let lossy = [
            &facts.message,
            &facts.author.name,
            &facts.author.email,
            &facts.committer.name,
            &facts.committer.email,
        ];
        Commit {
            id: ObjectId::parse(id).unwrap(),
            tree_id: ObjectId::parse(&facts.tree).unwrap(),
            parents: facts
                .parents
                .iter()
                .map(|p| ObjectId::parse(p).unwrap())
                .collect(),
            distinct: range.distinct.contains(id),
            message: message.trim_end_matches('\n').to_owned(),
            encoding_lossy: lossy
                .into_iter()
                .any(|bytes| std::str::from_utf8(bytes).is_err()),
            author: person(&facts.author),
            committer: person(&facts.committer),
            added: of(b"A"),
            removed: of(b"D"),
            modified: of(b"MT"),
            files_truncated: paths.len() > FILES,
            paths_lossy: paths
                .iter()
                .take(FILES)
                .any(|(_, path)| std::str::from_utf8(path).is_err()),
            message_truncated: false,
            signed: facts.signed,
            url: None,
        }
    }

    fn scan(
        &mut self,
        computed: &Computed,
        range: &Range,
        from: Option<&Object>,
        to: Option<&Object>,
    ) {
        let scan = &computed.scan;
        self.differ("bounded", &scan.bounded, &false);
        self.oracle.learn(
            if self.push.needs.all_paths || self.push.needs.all_authors {
                &range.all
            } else {
                &[]
            },
        );
        if self.push.needs.all_paths {
            let each = |f: &Facts| {
                f.paths
                    .iter()
                    .map(|(_, path)| path.clone())
                    .collect::<Vec<_>>()
            };
            let mut paths: BTreeSet<_> = range
                .all
                .iter()
                .flat_map(|id| each(self.oracle.facts(id)))
                .collect();
            if let (Some(from), Some(to), RefKind::Branch) = (from, to, computed.event.kind()) {
                paths.extend(
                    self.oracle
                        .between(&from.id, &to.id)
                        .into_iter()
                        .map(|(_, path)| path),
                );
            }
            self.differ("scanned paths", &scan.paths, &paths);
        }
        if self.push.needs.all_authors {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let author = |f: &Facts| (text(&f.author.name), text(&f.author.email));
            let authors = range
                .all
                .iter()
                .map(|id| author(self.oracle.facts(id)))
                .collect();
            self.differ("scanned authors", &scan.authors, &authors);
        }
    }

    /// Each member by its name.
    fn fields(&mut self, ours: &PushEvent, git: &PushEvent) {
        if ours != git {
            let value = |event| serde_json::to_value(event).unwrap();
            self.values(&git.update.name.display(), &value(ours), &value(git));
        }
    }

    fn values(&mut self, place: &str, ours: &Value, git: &Value) {
        match (ours, git) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
                for name in names {
                    let value =
                        |side: &serde_json::Map<_, _>| side.get(name).cloned().unwrap_or_default();
                    self.values(&format!("{place} {name}"), &value(ours), &value(theirs));
                }
            }
            (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
                for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    self.values(&format!("{place}[{at}]"), ours, theirs);
                }
            }
            _ => self.differ(place, ours, git),
        }
    }

    /// The push as a whole.
    fn totals(&mut self, ours: &[Computed]) {
        let mut tips = Vec::new();
        for update in &self.push.updates {
            // Of other refs the old end hides commits that no branch and no tag had.
            let plain = update.name.kind() != RefKind::Other;
            tips.extend(
                self.end(&update.new)
                    .filter(|end| plain && is_commit(end))
                    .map(|end| end.id),
            );
            if !plain && !update.new.is_null() {
                return;
            }
        }
        if !tips.is_empty() {
            let total = ours
                .iter()
                .map(|computed| computed.event.total_distinct)
                .sum::<usize>();
            let count = self.oracle.count(&tips, &self.known);
            self.differ("distinct commits of the push", &total, &count);
        }
    }
}

/// The value of the event, if Git agrees; else the value of Git.
fn one_of(git: &[String], ours: Option<&ObjectId>) -> Option<ObjectId> {
    let agreed = ours.filter(|id| git.iter().any(|base| base == id.as_str()));
    agreed
        .cloned()
        .or_else(|| git.first().map(|id| ObjectId::parse(id).unwrap()))
}

fn person(who: &Who) -> Person {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Person {
        name: text(&who.name),
        email: text(&who.email),
        date: who.seconds.and_then(|s| date(s, &who.zone)),
    }
}

/// RFC 3339; a zone that no clock shows is taken as UTC.
fn date(seconds: u64, zone: &str) -> Option<String> {
    let digits: i32 = zone.get(1..)?.parse().ok()?;
    let minutes = if digits / 100 < 24 && digits % 100 < 60 {
        digits / 100 * 60 + digits % 100
    } else {
        0
    };
    let minutes = if zone.starts_with('-') {
        -minutes
    } else {
        minutes
    };
    let offset = jiff::tz::Offset::from_seconds(minutes * 60).ok()?;
    let time = offset.to_datetime(jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?);
    let sign = if minutes < 0 { '-' } else { '+' };
    Some(format!(
        "{}{sign}{:02}:{:02}",
        time.strftime("%Y-%m-%dT%H:%M:%S"),
        minutes.abs() / 60,
        minutes.abs() % 60
    ))
}

fn tagger(line: &str) -> Person {
    let (name, rest) = line.split_once('<').unwrap_or((line, ""));
    let (email, time) = rest.split_once('>').unwrap_or((rest, ""));
    let mut words = time.split_whitespace();
    let seconds = words.next().and_then(|s| s.parse().ok());
    let date = seconds.and_then(|s| date(s, words.next().unwrap_or("+0000")));
    Person {
        name: name.trim().to_owned(),
        email: email.to_owned(),
        date,
    }
}
