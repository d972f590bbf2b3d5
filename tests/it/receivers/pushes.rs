//! The nine changes, each by a push of its own.

use crate::support::Sandbox;
use serde_json::Value;

pub const SECRET: &str = "s3cret";

const PROJECT: &str = "\
[deliver]
wait = \"20s\"

[project]
name = \"team/app\"
url = \"https://git.example.com/team/app\"
clone_url = \"https://git.example.com/team/app.git\"
ssh_url = \"git@git.example.com:team/app.git\"

[hook.ci]
action = \"webhook_http_post\"
";

/// A change that was pushed, and what the receiver made of it.
pub struct Pushed {
    pub name: &'static str,
    pub ref_name: &'static str,
    /// The newest commit of the ref; none if the ref is deleted.
    pub newest: Option<String>,
    /// What the pusher saw.
    pub seen: String,
    pub reports: Vec<Value>,
}

struct Scene<'a> {
    sandbox: Sandbox,
    reports: &'a mut dyn FnMut() -> Vec<Value>,
    done: Vec<Pushed>,
}

impl Scene<'_> {
    fn push(&mut self, name: &'static str, ref_name: &'static str, from: Option<&str>) {
        let refspec = format!("+{}:{ref_name}", from.unwrap_or_default());
        let refspec = if from.is_some() {
            &refspec
        } else {
            &refspec[1..]
        };
        let seen = self.sandbox.push("c", &["-q", "origin", refspec]);
        let newest = from.map(|from| {
            let commit = format!("{from}^{{commit}}");
            self.sandbox.git("c", &["rev-parse", &commit])
        });
        let reports = (self.reports)();
        self.done.push(Pushed {
            name,
            ref_name,
            newest,
            seen,
            reports,
        });
    }
}

/// Pushes all nine to a hook with this address and further keys; `reports` collects what came of each.
pub fn nine_changes(url: &str, keys: &str, reports: &mut dyn FnMut() -> Vec<Value>) -> Vec<Pushed> {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("r.git");
    let hooks = format!("{PROJECT}service_url = \"{url}\"\n{keys}\n");
    std::fs::write(repo.join("hooks.toml"), hooks).unwrap();
    sandbox.clone_with_commit("r.git", "c");
    for number in 2..6 {
        let file = format!("{number}.txt");
        sandbox.commit("c", &file, "text\n", &format!("Commit {number}"));
    }
    sandbox.git("c", &["tag", "-m", "First release", "v1", "HEAD~2"]);
    sandbox.git("c", &["checkout", "-q", "-b", "other", "HEAD~2"]);
    sandbox.commit("c", "other.txt", "text\n", "Another commit 4");
    sandbox.commit("c", "other.txt", "more\n", "Another commit 5");
    let mut scene = Scene {
        sandbox,
        reports,
        done: Vec::new(),
    };
    let main = "refs/heads/main";
    scene.push("branch created", main, Some("main~2"));
    scene.push("branch updated", main, Some("main"));
    scene.push("branch at an old commit", "refs/heads/old", Some("main~1"));
    scene.push("branch rewritten", main, Some("other"));
    scene.push("branch rewound", main, Some("other~1"));
    scene.push("annotated tag", "refs/tags/v1", Some("v1"));
    scene.push("lightweight tag", "refs/tags/light", Some("other~1"));
    scene.push("branch deleted", "refs/heads/old", None);
    scene.push("tag deleted", "refs/tags/v1", None);
    scene.done
}

/// The receiver accepted every push, and read its ref and its newest commit. Returns the words for the table.
#[track_caller]
pub fn all_read(pushes: &[Pushed]) -> String {
    for push in pushes {
        let name = push.name;
        assert!(push.seen.contains("ci: delivered"), "{name}: {}", push.seen);
        let [report] = push.reports.as_slice() else {
            panic!("{name}: {:?}", push.reports);
        };
        assert_eq!(report["ref"], push.ref_name, "{name}");
        assert_eq!(report["newest"].as_str(), push.newest.as_deref(), "{name}");
    }
    let count = pushes.len();
    format!("accepted {count} of {count} changes; the right ref and newest commit in each")
}
