//! The parameters of any robot: the keys that all have, and what a vendor adds.

use super::Keys;
use crate::action::{Action, Finding, Parameters};
use crate::parameter::{Resolver, Text, Unresolved};

/// What a vendor states of its robot's parameters.
pub(crate) trait RobotParameters: std::fmt::Debug + Send + Sync {
    /// Those that all robots have.
    fn robot_keys(&self) -> Keys<'_>;

    /// What is wrong with the vendor's own.
    fn own_findings(&self) -> Vec<Finding>;

    /// Bytes that the vendor takes.
    fn vendor_limit(&self) -> usize;

    /// Reads references and builds the action.
    fn build_robot(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved>;
}

impl<T: RobotParameters> Parameters for T {
    fn findings(&self) -> Vec<Finding> {
        let mut found = self.robot_keys().findings();
        found.extend(self.own_findings());
        found
    }

    fn lint_templates(&self) -> Vec<Finding> {
        self.robot_keys().lint_templates()
    }

    fn check_address(&self, url: &str) -> Option<Finding> {
        self.robot_keys().check_address(url)
    }

    fn template_reads(&self, name: &str) -> bool {
        self.robot_keys().template_reads(name)
    }

    fn template(&self) -> Option<&Text> {
        self.robot_keys().template
    }

    fn vendor_limit(&self) -> Option<usize> {
        Some(RobotParameters::vendor_limit(self))
    }

    fn service_url(&self) -> Option<&Text> {
        self.robot_keys().service_url
    }

    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        self.build_robot(resolver)
    }
}
