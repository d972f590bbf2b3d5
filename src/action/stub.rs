//! Stands in for an action until it is written.

/// Parameters without a meaning.
macro_rules! stub {
    ($name:ident) => {
        impl crate::action::Parameters for $name {
            fn findings(&self) -> Vec<crate::action::Finding> {
                Vec::new()
            }

            fn template_reads(&self, _: &str) -> bool {
                false
            }

            fn has_template(&self) -> bool {
                false
            }

            fn build(
                &self,
                _: &crate::parameter::Resolver<'_>,
            ) -> Result<Box<dyn crate::action::Action>, crate::parameter::Unresolved> {
                Err(crate::parameter::Unresolved { key: "action".to_owned(), why: "is not written yet".to_owned() })
            }
        }
    };
}

pub(crate) use stub;
