//! `[project]`: addresses, and the links of an event.

use crate::config_mistakes::{load, reported};
use git_service_hook::config::Loaded;
use git_service_hook::outgoing::Project;
use git_service_hook::push::{
    Change, Commit, ObjectId, Person, PushEvent, RefName, RefUpdate, Tag,
};
use std::path::Path;

fn id(digit: char) -> ObjectId {
    ObjectId::parse(&digit.to_string().repeat(40)).unwrap()
}

fn commit(digit: char) -> Commit {
    serde_json::from_value(serde_json::json!({
        "id": id(digit), "tree_id": id('3'), "parents": [], "distinct": true, "message": "m", "signed": false,
        "author": Person::default(), "committer": Person::default(),
    }))
    .unwrap()
}

fn project(text: &str) -> (Loaded, Project) {
    let loaded = load(&format!("[project]\nname = \"team/my app\"\n{text}"));
    assert_eq!(reported(&loaded), [""; 0]);
    let project = loaded
        .own_project()
        .complete(Path::new("/srv/git/x.git"), None, None);
    (loaded, project)
}

/// Page of the head commit, page of the comparison.
fn links(text: &str, change: Change) -> (Option<String>, Option<String>) {
    let (loaded, project) = project(text);
    let update = RefUpdate {
        old: id('1'),
        new: id('2'),
        name: RefName::new("refs/heads/main"),
    };
    let mut event = PushEvent {
        change,
        ..PushEvent::bare(update, 0)
    };
    event.commits = vec![commit('4'), commit('2')];
    event.head_commit = Some(commit('2'));
    loaded.own_project().link(&project, &mut event);
    let [first, last] = [0, 1].map(|index: usize| event.commits[index].url.clone());
    assert_eq!(
        first.map(|url| url.replace(id('4').as_str(), id('2').as_str())),
        last
    );
    let head = event.head_commit.and_then(|commit| commit.url);
    assert_eq!(head, last);
    let short = |url: String| {
        url.replace(id('2').as_str(), "NEW")
            .replace(id('1').as_str(), "OLD")
    };
    (head.map(short), event.compare.map(short))
}

#[test]
fn each_kind_of_web_front_end_has_its_addresses() {
    let name = "https://git.example.com/${project.name}/";
    let base = "https://git.example.com/team/my%20app";
    for (text, commit, compare) in [
        (
            format!("url = \"{name}\""),
            format!("{base}/commit/NEW"),
            format!("{base}/compare/OLD...NEW"),
        ),
        (
            format!("url = \"{name}\"\nweb = \"cgit\""),
            format!("{base}/commit/?id=NEW"),
            format!("{base}/diff/?id=NEW&id2=OLD"),
        ),
        (
            format!("url = \"{name}\"\nweb = \"gitweb\""),
            format!("{base}/commit/NEW"),
            format!("{base}/commitdiff/OLD..NEW"),
        ),
        (
            "url = \"https://x.org/?p=${project.name}.git\"\nweb = \"gitweb\"".to_owned(),
            "https://x.org/?p=team/my%20app.git;a=commit;h=NEW".to_owned(),
            "https://x.org/?p=team/my%20app.git;a=commitdiff;h=NEW;hp=OLD".to_owned(),
        ),
        (
            format!(
                "url = \"{name}\"\ncommit_url = \"${{project.url}}/c/${{commit.id}}?x=1\"\ncompare_url = \"https://d.org/${{before}}/${{after}}\""
            ),
            format!("{base}/c/NEW?x=1"),
            "https://d.org/OLD/NEW".to_owned(),
        ),
    ] {
        assert_eq!(
            links(&text, Change::Updated),
            (Some(commit), Some(compare)),
            "{text}"
        );
    }
}

#[test]
fn a_template_may_do_more_with_an_id_than_print_it() {
    let (loaded, project) = project("commit_url = \"https://d.org/${commit.id[:7]}\"\n");
    let update = RefUpdate {
        old: id('1'),
        new: id('2'),
        name: RefName::new("refs/heads/main"),
    };
    let mut event = PushEvent {
        head_commit: Some(commit('2')),
        ..PushEvent::bare(update, 0)
    };
    loaded.own_project().link(&project, &mut event);
    assert_eq!(
        event.head_commit.unwrap().url.unwrap(),
        "https://d.org/2222222"
    );
}

#[test]
fn what_has_nothing_to_compare_with_leads_to_its_commit_and_no_address_makes_no_link() {
    let url = "url = \"https://git.example.com/x\"";
    let page = |id: &str| Some(format!("https://git.example.com/x/{id}"));
    assert_eq!(links(url, Change::Created).1, page("commit/NEW"));
    assert_eq!(links(url, Change::Deleted).1, page("commit/OLD"));
    assert_eq!(links(url, Change::Forced).1, page("compare/OLD...NEW"));
    assert_eq!(links("", Change::Updated), (None, None));
    let (loaded, project) = project(url);
    let tag = |target_type: &str| Tag {
        name: "v1".into(),
        annotated: true,
        message: None,
        tagger: None,
        target: id('2'),
        target_type: target_type.into(),
        encoding_lossy: false,
        signed: false,
    };
    let compared = |name: &str, base: Option<ObjectId>, tag: Option<Tag>| {
        let update = RefUpdate {
            old: id('0'),
            new: id('3'),
            name: RefName::new(name),
        };
        let mut event = PushEvent {
            base,
            tag,
            ..PushEvent::bare(update, 0)
        };
        loaded.own_project().link(&project, &mut event);
        event.compare
    };
    let base = Some(id('1'));
    let from_base = page(&format!("compare/{}...{}", id('1'), id('3')));
    assert_eq!(compared("refs/heads/new", base, None), from_base);
    let target = page(&format!("commit/{}", id('2')));
    assert_eq!(compared("refs/tags/v1", None, Some(tag("commit"))), target);
    assert_eq!(compared("refs/tags/v1", None, Some(tag("tree"))), None);
}

#[test]
fn a_project_is_reported_as_configured_and_nothing_is_made_up() {
    let (_, plain) = project("");
    assert_eq!(
        plain,
        Project {
            name: "team/my app".into(),
            ..Project::default()
        }
    );
    let (_, full) = project(
        "url = \"https://${project.name}.example.com/\"\nclone_url = \"https://x.org/${project.name}.git\"\n\
         ssh_url = \"ssh://git@x.org/${project.name}.git\"\ndescription = \"d\"\ndisplay_name = \"D\"\nteam = \"t\"\n\
         private = true\nlanguage = \"zh\"\n",
    );
    assert_eq!(
        full.clone_url.as_deref(),
        Some("https://x.org/team/my%20app.git")
    );
    assert_eq!(
        full.ssh_url.as_deref(),
        Some("ssh://git@x.org/team/my%20app.git")
    );
    assert_eq!(
        (full.description.as_deref(), full.display_name.as_deref()),
        (Some("d"), Some("D"))
    );
    assert_eq!(
        (full.team.as_deref(), full.private),
        (Some("t"), Some(true))
    );
}

#[test]
fn addresses_that_no_link_can_have_are_mistakes() {
    let loaded = load("[project]\nurl = \"javascript:alert(1)\"\nname = \"a//b\"\n");
    assert_eq!(
        reported(&loaded),
        [
            "hooks.toml:2:7: `url`: must be an http or https address",
            "hooks.toml:3:8: `name` must be a path such as `team/payments`",
        ]
    );
}

#[test]
fn an_address_that_every_receiver_gets_holds_no_password() {
    for (key, address) in [
        ("url", "https://ci:pw-7f3@git.example.com/x"),
        ("url", "https://token-7f3@git.example.com/x"),
        ("commit_url", "https://ci:pw-7f3@x.org/${commit.id}"),
        ("compare_url", "https://ci:pw-7f3@x.org/${before}"),
        ("clone_url", "https://ci:pw-7f3@x.org/${project.name}.git"),
        ("ssh_url", "ssh://git:pw-7f3@x.org/x.git"),
    ] {
        let loaded = load(&format!("[project]\n{key} = \"{address}\"\n"));
        let [said] = &reported(&loaded)[..] else {
            panic!("{key} = {address}: {:?}", reported(&loaded));
        };
        assert!(
            said.contains(&format!("`{key}`: every receiver gets")),
            "{said}"
        );
        assert!(!said.contains("7f3"), "{said}");
        let project = loaded
            .own_project()
            .complete(Path::new("/srv/git/x.git"), None, None);
        assert!(!format!("{project:?}").contains("7f3"), "{project:?}");
    }
    for (key, address) in [
        ("url", "https://git.example.com/@team/a:b"),
        ("clone_url", "https://git@git.example.com/x.git"),
        ("ssh_url", "ssh://git@git.example.com:2222/x.git"),
        ("ssh_url", "git@git.example.com:team/x.git"),
    ] {
        let loaded = load(&format!("[project]\n{key} = \"{address}\"\n"));
        assert_eq!(reported(&loaded), [""; 0], "{key} = {address}");
    }
}
