//! The keys that the webhooks and Jenkins share, before anything that they refer to is read.

use super::findings::{
    ReservedNames, check_headers, check_pieces, check_robot, check_url, is_given, mistake, plain,
    url_has_user,
};
use super::pieces::{self, Piece};
use crate::action::Finding;
use crate::parameter::{Pairs, Reference, Text};
use crate::template;

/// What the header `Authorization` is made of.
#[derive(Clone, Copy)]
pub(crate) enum Credentials<'a> {
    /// `username` and `password`.
    Basic(Option<&'a Text>, Option<&'a Text>),
    /// The key of a token, and the token.
    Bearer(&'static str, Option<&'a Text>),
}

impl<'a> Credentials<'a> {
    /// The key that they depend on, if it is given.
    fn key(self) -> Option<&'static str> {
        let (key, text) = match self {
            Self::Basic(username, _) => ("username", username),
            Self::Bearer(key, token) => (key, token),
        };
        is_given(text).then_some(key)
    }

    fn findings(self, service_url: Option<&'a Text>) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Self::Basic(username, password) = self {
            if is_given(password) && !is_given(username) {
                found.push(mistake("password", "is not sent without `username`"));
            }
            if plain(username).is_some_and(|name| name.contains(':')) {
                found.push(mistake("username", NO_COLON));
            }
        }
        let clash = self.key().filter(|_| url_has_user(service_url));
        found.extend(clash.map(|key| mistake(key, "cannot stand beside a user in `service_url`")));
        found
    }
}

/// Why a user name is refused.
pub(super) const NO_COLON: &str = "cannot contain `:` in HTTP Basic authentication";

/// As they stand in the file.
pub(crate) struct WebKeys<'a> {
    /// The identifier of the action.
    pub(crate) action: &'static str,
    pub(crate) service_url: Option<&'a Text>,
    pub(crate) request_parameters: Option<&'a Pairs>,
    /// The key, and what it holds.
    pub(crate) headers: (&'static str, Option<&'a Pairs>),
    /// The header of the key `signature`.
    pub(crate) signature: Option<&'a str>,
    pub(crate) template: Option<&'a Text>,
    /// Fields instead of a template.
    pub(crate) form: Option<&'a Pairs>,
    pub(crate) credentials: Credentials<'a>,
}

impl<'a> WebKeys<'a> {
    /// What is wrong with them.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut found = self.credentials.findings(self.service_url);
        found.extend(check_url(self.service_url));
        let (key, headers) = self.headers;
        let in_url = || url_has_user(self.service_url).then_some("service_url");
        let authorization = self.credentials.key().or_else(in_url);
        let reserved = ReservedNames {
            authorization,
            signature: self.signature,
        };
        found.extend(check_headers(key, headers, &reserved));
        found.extend(check_pieces(&self.pieces()));
        found
    }

    /// An address that is that of a chat robot.
    pub(crate) fn check_address(&self, url: &str) -> Option<Finding> {
        check_robot(
            self.action,
            url,
            is_given(self.template) || self.form.is_some(),
        )
    }

    /// Every template that stands in the file.
    pub(crate) fn pieces(&self) -> Vec<Piece<'a>> {
        let (key, headers) = self.headers;
        let mut all = pieces::text_piece("service_url", self.service_url);
        all.extend(pieces::pair_pieces(
            "request_parameters",
            self.request_parameters,
        ));
        all.extend(pieces::header_pieces(key, headers));
        all.extend(pieces::pair_pieces("form", self.form));
        all.extend(pieces::text_piece("template", self.template));
        all
    }

    /// Whether a template reads `name`. One in a file cannot be read here: it may read anything of an event, except
    /// `updates`, which would change what it gets.
    pub(crate) fn template_reads(&self, name: &str) -> bool {
        let in_a_file = matches!(self.template, Some(Text::Reference(Reference::File(_))));
        let reads = |piece: &Piece<'_>| template::reads(piece.text, name);
        (in_a_file && name != "updates") || self.pieces().iter().any(reads)
    }
}
