//! The strings, and the events that hold them.

use git_service_hook::outgoing::sample::{samples, troubles};
use git_service_hook::outgoing::{Language, Limits, MessageKind, Outgoing, Project, Waiting};
use git_service_hook::push::{Commit, PushEvent, RefName};

/// What takes the place of a hostile text where the expected form is made.
pub const HARMLESS: &str = "harmless";

/// An evaluated template would print this.
pub const EVALUATED: &str = "94011";

/// Each is made to break out of some place.
pub const HOSTILE: [&str; 48] = [
    // JSON
    "\",\"at\":{\"isAtAll\":true},\"x\":\"",
    "\\\",\"msgtype\":\"text\",\"a\":\"\\",
    "\\u0022,\\u0022ref\\u0022:1",
    "\"}]}}\u{0}{\"a\":[",
    "trailing backslash \\",
    "x\u{2028}\u{2029}y\u{85}\u{b}\u{c}z",
    // Markdown
    "[x](http://evil.example)",
    "](http://evil.example) [y",
    "\\](http://evil.example)",
    "![](http://evil.example/p.png)",
    "[x][1]\n\n[1]: http://evil.example",
    "<http://evil.example>",
    "a`b`c ``` d",
    "**b** __x__ *y* ~~z~~ ***",
    "\n\n# heading\n\n> quote\n\n- item\n\n---\n",
    "| a | b |\n|---|---|\n| c | d |",
    "    code",
    "1. x",
    "&#91;x&#93;(http://evil.example) &lt;at&gt;",
    "［x］（http://evil.example）",
    // XML and HTML
    "</font><font color=\"warning\">x",
    "<img src=x onerror=1><br><text_tag>",
    "<![CDATA[x]]><!-- --><?xml ?>",
    "<script>alert(1)</script>",
    // Mentions
    "<at user_id=\"all\">everyone</at>",
    "<at id=all></at>",
    "<@all>",
    "<@ZhangSan>",
    "@所有人 @all @18000000000",
    "<!channel> <!here> <!subteam^S1>",
    // URLs
    "https://evil.example/?a=b&c=d#e",
    "../../admin?x=y",
    "..",
    "a/../../b",
    "%2e%2e%2f%00%0d%0a",
    "@evil.example:80/",
    "//evil.example\\x",
    "a&b=c;d=e#f?g+h i",
    // Headers and log lines
    "x\r\nX-Injected: yes\r\n\r\nGET / HTTP/1.1",
    "x\ngit-service-hook: delivered to evil",
    "x\r\tfolded\n folded",
    "x\u{7f}\u{1}\u{1f}y",
    // Terminals
    "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m",
    "\u{202e}gnp.exe\u{2066}x\u{2069}\u{200f}\u{61c}",
    "zero\u{200b}width\u{feff}\u{ad}",
    // Templates
    "${ 31337 * 3 } {{ 31337 * 3 }}",
    "{% if true %}${ 31337 * 3 }{% endif %}{% raw %}",
    "{# comment #} {% include \"/etc/passwd\" %} ${ hook }",
];

/// Every kind of message about every change, with `text` in every place that somebody else writes.
pub fn events(text: &str, project: &Project) -> Vec<Outgoing> {
    let limits = Limits {
        max_commits: 20,
        max_body: 1 << 20,
    };
    let mut all = samples(project, "team", limits);
    all.extend(troubles(project, "team", limits));
    for out in &mut all {
        fill(out, text);
    }
    let backlog = all.iter().filter(|out| out.kind == MessageKind::Push);
    let backlog = backlog.map(|out| Waiting {
        push: out.push.clone(),
        time: "14:02".to_owned(),
        events: out.events.clone(),
        rest: out.rest.clone(),
    });
    let (delivery, hook) = (all[0].delivery.clone(), "team".to_owned());
    all.extend(Outgoing::digest(
        delivery,
        hook,
        project.clone(),
        backlog.collect(),
        limits,
    ));
    all
}

/// A project with `text` in every place.
pub fn project(text: &str, language: Language) -> Project {
    let text = || text.to_owned();
    Project {
        name: text(),
        // Else a slash in the name would make one.
        owner: Some(text()),
        description: Some(text()),
        display_name: Some(text()),
        team: Some(text()),
        language,
        ..git_service_hook::outgoing::sample::project()
    }
}

fn fill(out: &mut Outgoing, text: &str) {
    let pusher = &mut out.push.pusher;
    for place in [&mut pusher.username, &mut pusher.name] {
        text.clone_into(place);
    }
    pusher.email = Some(text.to_owned());
    out.push.options = vec![text.to_owned()];
    if let Some(trouble) = &mut out.push.trouble {
        text.clone_into(&mut trouble.hook);
        // Of one that is over there is none.
        if !trouble.last_error.is_empty() {
            text.clone_into(&mut trouble.last_error);
        }
    }
    for event in &mut out.events {
        fill_event(event, text);
    }
    for update in &mut out.rest {
        update.name = RefName::new(format!("refs/heads/{text}"));
    }
}

fn fill_event(event: &mut PushEvent, text: &str) {
    let is_tag = event.tag.is_some();
    let folder = if is_tag { "refs/tags" } else { "refs/heads" };
    event.update.name = RefName::new(format!("{folder}/{text}"));
    if let Some(tag) = &mut event.tag {
        text.clone_into(&mut tag.name);
        tag.message = Some(text.to_owned());
    }
    for commit in event.commits.iter_mut().chain(event.head_commit.as_mut()) {
        fill_commit(commit, text);
    }
}

fn fill_commit(commit: &mut Commit, text: &str) {
    for person in [&mut commit.author, &mut commit.committer] {
        text.clone_into(&mut person.name);
        text.clone_into(&mut person.email);
    }
    text.clone_into(&mut commit.message);
    for paths in [&mut commit.added, &mut commit.removed, &mut commit.modified] {
        *paths = vec![text.to_owned()];
    }
}
