//! Where the pages of commits and comparisons are, by kind of web front end. Ids are hexadecimal: nothing to escape.

/// `[project] web`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Web {
    /// `/commit/ID`, `/compare/A...B`: Gitea, Forgejo, Gogs, GitHub, and by redirect GitLab.
    #[default]
    Forge,
    /// cgit: `/commit/?id=ID`, `/diff/?id=B&id2=A` (cgit's ui-shared.c).
    Cgit,
    /// gitweb(1): `;a=commit;h=ID` behind a query, `/commit/ID` behind a path ("path_info").
    Gitweb,
}

impl Web {
    /// The page of a commit. `project` has no slash at its end.
    pub(super) fn commit(self, project: &str, id: &str) -> String {
        match self {
            Self::Cgit => format!("{project}/commit/?id={id}"),
            Self::Gitweb if project.contains('?') => format!("{project};a=commit;h={id}"),
            Self::Forge | Self::Gitweb => format!("{project}/commit/{id}"),
        }
    }

    /// The page of a comparison.
    pub(super) fn compare(self, project: &str, before: &str, after: &str) -> String {
        match self {
            Self::Forge => format!("{project}/compare/{before}...{after}"),
            Self::Cgit => format!("{project}/diff/?id={after}&id2={before}"),
            Self::Gitweb if project.contains('?') => {
                format!("{project};a=commitdiff;h={after};hp={before}")
            }
            Self::Gitweb => format!("{project}/commitdiff/{before}..{after}"),
        }
    }
}
