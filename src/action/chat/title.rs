//! The short plain line that stands in conversation lists and push banners.

use super::compose::{count, refs};
use super::{Markup, digest, untrusted, words::words};
use crate::outgoing::{MessageKind, Outgoing};

/// Characters of a title: a banner shows the first 10 to 15, a list somewhat more.
pub const MAX_TITLE: usize = 64;

/// "payments · main", "payments · 3 branches", "payments · 37 pushes"; `plain` is the vendor's markup for plain text.
pub fn title(out: &Outgoing, plain: &dyn Markup) -> String {
    let words = words(out.project.language);
    let refs = refs(out);
    let project = out
        .project
        .display_name
        .as_ref()
        .filter(|n| !n.is_empty())
        .unwrap_or(&out.project.name);
    let trouble = out.push.trouble.as_ref();
    let hook = trouble.map(|trouble| (words.trouble_title)(&untrusted::line(&trouble.hook)));
    let what = match refs.as_slice() {
        [] if hook.is_some() => hook.unwrap_or_default(),
        _ if out.kind == MessageKind::Digest => digest::title(out),
        [(event, _)] if out.updates_omitted == 0 => untrusted::line(&event.ref_name().short()),
        several => count(several, out.updates_omitted, words),
    };
    let test = (out.kind == MessageKind::Test).then_some(words.test_title.to_owned());
    let parts = [test, Some(untrusted::line(project)), Some(what)];
    let parts: Vec<_> = parts
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    plain.escape(&untrusted::truncate(&parts.join(" · "), MAX_TITLE))
}
